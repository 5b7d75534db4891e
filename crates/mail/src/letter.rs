//! Letters, written when they are sent: with the name and address of then, or not at all.

use chrono::NaiveDate;
use domain::{
    Event,
    id::MemberId,
    member::{AccessEnd, MemberEvent},
    period::day_of,
};
use eventlog::Position;
use readmodel::models::member::{MemberRow, Members, Standing};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Mail, MailError, confirmation::HOLDS, warn};

/// In which language somebody is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Dutch.
    Dutch,
    /// English.
    English,
}

/// What a letter is about: ids, no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum About {
    /// Somebody is to show that the address is theirs.
    Confirm { confirmation: Uuid },
    /// They were invited.
    Invited { member: MemberId, position: Position },
    /// They asked and may take part, or may on a further basis.
    Granted { member: MemberId, position: Position },
    /// They asked and may not.
    Refused { member: MemberId, position: Position },
    /// Their access ended.
    Ended { member: MemberId, position: Position },
    /// A text of theirs, or in a project that they lead, was destroyed.
    Redacted { member: MemberId, position: Position, own: bool },
    /// Their access ends soon.
    EndsSoon { member: MemberId, last_day: NaiveDate, days: i64 },
}

impl About {
    /// What it tells to whom: the same again is not told twice.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Confirm { confirmation } => format!("confirm:{confirmation}"),
            Self::Invited { member, position } => format!("invited:{member}:{position}"),
            Self::Granted { member, position } => format!("granted:{member}:{position}"),
            Self::Refused { member, position } => format!("refused:{member}:{position}"),
            Self::Ended { member, position } => format!("ended:{member}:{position}"),
            Self::Redacted { member, position, .. } => format!("redacted:{member}:{position}"),
            Self::EndsSoon { member, last_day, days } => format!("ends:{member}:{last_day}:{days}"),
        }
    }
}

/// What leaves.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) name: Option<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// What a letter says, in Dutch and in English.
struct Text {
    subject: [&'static str; 2],
    paragraphs: Vec<[String; 2]>,
}

impl Mail {
    /// Writes a letter. Nothing when it is not to be sent any more: the member was erased, or what it would say is no
    /// longer so.
    pub(crate) async fn write(&self, about: &About) -> Result<Option<Letter>, MailError> {
        let base = &self.options.base;
        let (member, text) = match about {
            About::Confirm { confirmation } => return self.ask_to_confirm(*confirmation).await,
            About::Invited { member, .. } => (*member, invited(base)),
            About::Granted { member, position } => match self.event(*position).await? {
                Some(MemberEvent::AccessGranted { reason: Some(reason), .. }) => {
                    let Some(reason) = reason.open() else { return Ok(None) };
                    (*member, granted(base, reason.as_str()))
                }
                _ => return Ok(None),
            },
            About::Refused { member, position } => match self.event(*position).await? {
                Some(MemberEvent::AccessRefused { reason }) => {
                    let Some(reason) = reason.open() else { return Ok(None) };
                    (*member, refused(base, reason.as_str()))
                }
                _ => return Ok(None),
            },
            About::Ended { member, position } => match self.event(*position).await? {
                Some(MemberEvent::AccessEnded { cause, reason, .. }) => {
                    let reason = reason.as_ref().and_then(|reason| reason.open()).map(domain::text::Prose::as_str);
                    (*member, ended(base, cause, reason))
                }
                _ => return Ok(None),
            },
            About::Redacted { member, position, own } => (*member, redacted(base, *position, *own)),
            About::EndsSoon { member, last_day, .. } => (*member, ends_soon(base, *last_day)),
        };
        if let About::Invited { position, .. }
        | About::Granted { position, .. }
        | About::Refused { position, .. }
        | About::Ended { position, .. } = about
        {
            self.models.reach(*position).await?;
        }
        let Some(row) = self.models.row::<Members>(member.to_string()).await? else { return Ok(None) };
        if !self.still_so(about, &row).await? {
            return Ok(None);
        }
        let (Some(email), name) = (row.email.text(), row.name.text()) else { return Ok(None) };
        Ok(Some(address(email, name, &text, None)))
    }

    /// Whether what a letter would say still is so.
    async fn still_so(&self, about: &About, row: &MemberRow) -> Result<bool, MailError> {
        Ok(match about {
            About::Confirm { .. } => true,
            About::Invited { .. } | About::Granted { .. } => row.standing == Standing::Admitted,
            About::Redacted { .. } => row.came(),
            About::Refused { .. } => row.standing == Standing::Refused,
            About::Ended { .. } if row.standing == Standing::Ended => true,
            About::Ended { .. } => {
                let (last, today) = self.last_day(row).await?;
                row.standing == Standing::Admitted && last.is_some_and(|last| last < today)
            }
            About::EndsSoon { last_day, .. } => {
                let (last, today) = self.last_day(row).await?;
                last == Some(*last_day) && warn::is_soon(*last_day, today)
            }
        })
    }

    /// The last day on which a basis gives somebody access, and today.
    async fn last_day(&self, row: &MemberRow) -> Result<(Option<NaiveDate>, NaiveDate), MailError> {
        let now = sqlx::query_scalar!(r#"SELECT now() AS "now!""#).fetch_one(&self.pool).await?;
        Ok((row.last_day(&self.models.bases().await?), day_of(now)))
    }

    async fn event(&self, position: Position) -> Result<Option<MemberEvent>, MailError> {
        let Some(recorded) = self.log.at(position).await? else { return Ok(None) };
        let seen = self.models.see(std::slice::from_ref(&recorded)).await?.pop();
        Ok(seen.and_then(|seen| match seen.event {
            Event::Member(happened) => Some(happened),
            _ => None,
        }))
    }

    /// Says what to do to somebody who asked for access; to members also that they have it.
    async fn ask_to_confirm(&self, confirmation: Uuid) -> Result<Option<Letter>, MailError> {
        let Some(asked) = self.asked(confirmation).await? else { return Ok(None) };
        let known = !self.models.members_with_email(&asked.email).await?.is_empty();
        let text = confirm(&self.options.base, &asked.token, known);
        // Without the name that was typed: what a stranger types is sent to nobody.
        Ok(Some(address(&asked.email, None, &text, Some(asked.language))))
    }
}

/// A letter to somebody; in both languages when theirs is not known.
fn address(email: &str, name: Option<&str>, text: &Text, language: Option<Language>) -> Letter {
    let part = |place: usize| {
        let (hello, goodbye) =
            [("Beste", "Met vriendelijke groet,\nLeerwerk"), ("Dear", "Kind regards,\nLeerwerk")][place];
        let reader = name.unwrap_or(["lezer", "reader"][place]);
        let paragraphs: Vec<&str> = text.paragraphs.iter().map(|paragraph| &*paragraph[place]).collect();
        format!("{hello} {reader},\n\n{}\n\n{goodbye}\n", paragraphs.join("\n\n"))
    };
    let text_of = match language {
        Some(Language::Dutch) => part(0),
        Some(Language::English) => part(1),
        None => format!("{}\n-- English --\n\n{}", part(0), part(1)),
    };
    let subject = text.subject[usize::from(language == Some(Language::English))];
    Letter { to: email.to_owned(), name: name.map(str::to_owned), subject: subject.to_owned(), text: text_of }
}

fn both(nl: impl Into<String>, en: impl Into<String>) -> [String; 2] {
    [nl.into(), en.into()]
}

/// A day as people write it in each language.
fn day(day: NaiveDate) -> [String; 2] {
    const MONTHS: [&str; 12] = [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ];
    let month = usize::try_from(chrono::Datelike::month0(&day)).unwrap_or_default();
    let (number, year) = (chrono::Datelike::day(&day), chrono::Datelike::year(&day));
    [format!("{number} {} {year}", MONTHS[month]), day.format("%-d %B %Y").to_string()]
}

fn confirm(base: &str, token: &str, known: bool) -> Text {
    let mut paragraphs = vec![both(
        format!(
            "Met dit e-mailadres is toegang gevraagd tot Leerwerk, waar zorgverleners in de palliatieve zorg van elkaar \
             leren. Was jij dat? Bevestig dan je aanvraag:\n\n{base}/toegang/bevestig#{token}\n\nDe link werkt {HOLDS} uur."
        ),
        format!(
            "Somebody asked for access to Leerwerk, where professionals in palliative care learn from each other, with \
             this e-mail address. Was it you? Then confirm your request:\n\n{base}/toegang/bevestig#{token}\n\nThe link \
             works for {HOLDS} hours."
        ),
    )];
    if known {
        paragraphs.push(both(
            format!(
                "Je bent met dit e-mailadres al deelnemer. Om in te loggen heb je geen aanvraag nodig: {base}/aanmelden. \
                 Bevestig alleen als je toegang wilt op een nieuwe grond."
            ),
            format!(
                "You are a member with this e-mail address already. To sign in you need no request: {base}/aanmelden. \
                 Confirm only when you want access on a new basis."
            ),
        ));
    }
    paragraphs.push(both(
        "Was jij het niet? Dan hoef je niets te doen. We bewaren deze aanvraag niet.",
        "Was it not you? Then there is nothing to do. We do not keep this request.",
    ));
    Text { subject: ["Bevestig je aanvraag voor Leerwerk", "Confirm your request for Leerwerk"], paragraphs }
}

fn invited(base: &str) -> Text {
    Text {
        subject: ["Je bent uitgenodigd voor Leerwerk", "You are invited to Leerwerk"],
        paragraphs: vec![both(
            format!(
                "Je bent uitgenodigd om mee te doen op Leerwerk, waar zorgverleners in de palliatieve zorg van elkaar \
                 leren. Log in met dit e-mailadres:\n\n{base}/aanmelden"
            ),
            format!(
                "You are invited to take part in Leerwerk, where professionals in palliative care learn from each other. \
                 Sign in with this e-mail address:\n\n{base}/aanmelden"
            ),
        )],
    }
}

fn granted(base: &str, reason: &str) -> Text {
    Text {
        subject: ["Je hebt toegang tot Leerwerk", "You have access to Leerwerk"],
        paragraphs: vec![
            both(
                format!("Je hebt toegang tot Leerwerk. Log in met dit e-mailadres:\n\n{base}/aanmelden"),
                format!("You have access to Leerwerk. Sign in with this e-mail address:\n\n{base}/aanmelden"),
            ),
            both(format!("De reden:\n\n{reason}"), format!("The reason:\n\n{reason}")),
        ],
    }
}

fn refused(base: &str, reason: &str) -> Text {
    Text {
        subject: ["Je aanvraag voor Leerwerk is afgewezen", "Your request for Leerwerk was refused"],
        paragraphs: vec![
            both(
                "We kunnen je nu geen toegang geven tot Leerwerk. De reden:",
                "We cannot give you access to Leerwerk now. The reason:",
            ),
            both(reason, reason),
            both(
                format!("Is er iets veranderd of klopt er iets niet? Je kunt opnieuw toegang vragen: {base}/toegang"),
                format!("Has anything changed, or is something wrong? You can ask for access again: {base}/toegang"),
            ),
        ],
    }
}

fn ended(base: &str, cause: AccessEnd, reason: Option<&str>) -> Text {
    let mut paragraphs = vec![match cause {
        AccessEnd::BasisEnded => both(
            "Je toegang tot Leerwerk is afgelopen, omdat de subsidie of het project waarop die rustte is afgelopen.",
            "Your access to Leerwerk has ended, because the grant or project on which it rested has ended.",
        ),
        AccessEnd::Withdrawn => both("Je toegang tot Leerwerk is beëindigd.", "Your access to Leerwerk was ended."),
    }];
    if let Some(reason) = reason {
        paragraphs.push(both(format!("De reden:\n\n{reason}"), format!("The reason:\n\n{reason}")));
    }
    paragraphs.push(both(
        format!("Wat je hebt bijgedragen, blijft staan. Met een nieuwe subsidie of een nieuw project kun je opnieuw toegang vragen: {base}/toegang"),
        format!("What you contributed stays. With a new grant or project you can ask for access again: {base}/toegang"),
    ));
    Text { subject: ["Je toegang tot Leerwerk is afgelopen", "Your access to Leerwerk has ended"], paragraphs }
}

fn redacted(base: &str, position: Position, own: bool) -> Text {
    let [nl, en] = if own {
        ["Een tekst van jou op Leerwerk", "A text of yours on Leerwerk"]
    } else {
        ["Een tekst bij een project dat je leidt", "A text of a project that you lead"]
    };
    Text {
        subject: ["Er is een tekst weggehaald op Leerwerk", "A text was taken away on Leerwerk"],
        paragraphs: vec![
            both(
                format!(
                    "{nl} is weggehaald door een moderator, omdat iemand eraan te herkennen was of erdoor geraakt werd. De \
                     tekst is voorgoed weg. Dat er iets stond, blijft zichtbaar:\n\n{base}/spoor/{position}"
                ),
                format!(
                    "{en} was taken away by a moderator, because somebody could be recognised by it or was hurt by it. The \
                     text is gone for good. That there was one stays visible:\n\n{base}/spoor/{position}"
                ),
            ),
            both(
                "Schrijf het gerust opnieuw, zonder namen of gegevens van anderen. Begrijp je niet waarom? Vraag het een moderator.",
                "Feel free to write it again, without names or details of others. Do you not see why? Ask a moderator.",
            ),
        ],
    }
}

fn ends_soon(base: &str, last_day: NaiveDate) -> Text {
    let [nl, en] = day(last_day);
    Text {
        subject: ["Je toegang tot Leerwerk loopt af", "Your access to Leerwerk ends soon"],
        paragraphs: vec![
            both(
                format!("Je toegang tot Leerwerk loopt af. De laatste dag is {nl}."),
                format!("Your access to Leerwerk ends soon. The last day is {en}."),
            ),
            both(
                format!(
                    "Loopt je subsidie of project langer door, of heb je een nieuwe? Laat het het programma weten, of vraag \
                     opnieuw toegang: {base}/toegang"
                ),
                format!(
                    "Does your grant or project run on, or do you have a new one? Tell the programme, or ask for access \
                     again: {base}/toegang"
                ),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_in_the_language_of_whoever_asked_or_in_both() {
        let written = address(
            "noor@linde.example",
            Some("Noor"),
            &confirm("https://l.example", "t", false),
            Some(Language::English),
        );
        assert_eq!(written.subject, "Confirm your request for Leerwerk");
        assert!(written.text.starts_with("Dear Noor,\n\nSomebody asked"));
        let written = address("noor@linde.example", None, &invited("https://l.example"), None);
        assert!(written.text.starts_with("Beste lezer,"));
        assert!(written.text.contains("-- English --\n\nDear reader,"));
    }

    #[test]
    fn only_members_hear_that_they_are() {
        let known =
            |known| address("a@b.example", None, &confirm("https://l.example", "t", known), Some(Language::Dutch)).text;
        assert!(known(true).contains("al deelnemer") && !known(false).contains("al deelnemer"));
    }

    #[test]
    fn a_day_is_written_as_people_do() {
        let [nl, en] = day(NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"));
        assert_eq!((&*nl, &*en), ("1 maart 2026", "1 March 2026"));
    }

    #[test]
    fn the_same_is_told_once() {
        let about = About::EndsSoon {
            member: Uuid::nil().into(),
            last_day: NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"),
            days: 7,
        };
        assert_eq!(about.name(), "ends:00000000-0000-0000-0000-000000000000:2026-03-01:7");
        let json = serde_json::to_value(&about).expect("serialises");
        assert_eq!(serde_json::from_value::<About>(json).expect("reads"), about);
    }
}
