//! How every mutation works: read the input, run the command, wait until it shows, tell the result or the refusal.

use std::time::Duration;

use app::{By, Done, Ground, Request, Retry, RunError};
use async_graphql::{Context, Enum, ID, InputObject, SimpleObject};
use domain::{
    Command, Sealed,
    id::MemberId,
    sealed::KeyScope,
    text::{Line, Prose, TextError},
};
use readmodel::Model;
use serde::Serialize;
use uuid::Uuid;

use super::{
    access_log::note,
    context::{Caller, Viewing as _},
    error::Failed,
    id, patient_details,
};
use crate::language::Language;

/// How often it is looked whether a text is gone from what is shown, and how long between.
const GLANCES: usize = 40;
const GLANCE: Duration = Duration::from_millis(25);
/// The longest idempotency key.
const LONGEST_KEY: usize = 200;

/// The rules said no; nothing changed.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Refusal {
    /// Stable, for programs; `schema/refusals.txt` lists those of the rules.
    pub(crate) code: String,
    /// A whole sentence in the language of the request.
    pub(crate) message: String,
    /// The field of the input it is about, if it is about one.
    pub(crate) field: Option<String>,
}

/// What every input may carry that creates something.
#[derive(Clone, Debug, Default, Serialize, InputObject)]
#[graphql(name = "CreationInput")]
pub(crate) struct Creation {
    /// Makes a retry safe: the same key with the same content gives the same result, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idempotency_key: Option<String>,
    /// Whoever sends it looked at what in it may tell who a patient is, and nobody can be recognised. Without this such a text
    /// is refused with `TEXT_MAY_IDENTIFY_PATIENT`.
    #[graphql(default)]
    #[serde(skip)]
    pub(crate) patient_details_checked: bool,
}

/// What every input may carry that changes something.
#[derive(Clone, Debug, Default, Serialize, InputObject)]
#[graphql(name = "ChangeInput")]
pub(crate) struct Change {
    /// Makes a retry safe: the same key with the same content gives the same result, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idempotency_key: Option<String>,
    /// Refused when the thing is no longer at this `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected_version: Option<i32>,
    /// Whoever sends it looked at what in it may tell who a patient is, and nobody can be recognised. Without this such a text
    /// is refused with `TEXT_MAY_IDENTIFY_PATIENT`.
    #[graphql(default)]
    #[serde(skip)]
    pub(crate) patient_details_checked: bool,
}

impl From<&Creation> for Change {
    fn from(creation: &Creation) -> Self {
        let Creation { idempotency_key, patient_details_checked } = creation.clone();
        Self { idempotency_key, expected_version: None, patient_details_checked }
    }
}

/// A field of an input that cannot be taken.
#[derive(Clone, Debug)]
pub(crate) enum Wrong {
    /// A text.
    Text(&'static str, TextError),
    /// An id of nothing, or of something else.
    Id(&'static str),
    /// No e-mail address.
    Email(&'static str),
    /// A period that ends before it begins; the field says when it ends.
    Period(&'static str),
    /// No grant number.
    GrantNumber(&'static str),
    /// Neither or too many of some fields were given.
    Choice(&'static str),
    /// The idempotency key is empty or too long.
    Key,
}

impl Wrong {
    /// In the words of whoever typed it.
    pub(crate) fn refusal(&self, language: Language) -> Refusal {
        let say = |nl: String, en: String| if language.is_dutch() { nl } else { en };
        let (code, field, message) = match self {
            Self::Text(field, TextError::Empty) => {
                ("TEXT_EMPTY", *field, say("Vul dit veld in.".into(), "Fill in this field.".into()))
            }
            Self::Text(field, TextError::TooLong { max }) => (
                "TEXT_TOO_LONG",
                *field,
                say(
                    format!("Deze tekst is te lang: er passen {max} tekens in."),
                    format!("This text is too long: it can have {max} characters."),
                ),
            ),
            Self::Text(field, TextError::Unprintable) => (
                "TEXT_UNPRINTABLE",
                *field,
                say(
                    "In deze tekst staan tekens die niet getoond kunnen worden.".into(),
                    "This text holds characters that cannot be shown.".into(),
                ),
            ),
            Self::Text(field, TextError::CitizenServiceNumber) => (
                "TEXT_HOLDS_BSN",
                *field,
                say(
                    "In deze tekst staat een burgerservicenummer. Haal het weg: gegevens van patiënten horen hier niet."
                        .into(),
                    "This text holds a citizen service number. Take it out: patient data does not belong here.".into(),
                ),
            ),
            Self::Id(field) => (
                "NOT_FOUND",
                *field,
                say("Dit bestaat niet (meer). Kies iets anders.".into(), "This does not exist (any more). Choose something else.".into()),
            ),
            Self::Email(field) => (
                "EMAIL_INVALID",
                *field,
                say(
                    "Dit is geen e-mailadres. Schrijf het zoals naam@organisatie.nl.".into(),
                    "This is no e-mail address. Write it like name@organisation.nl.".into(),
                ),
            ),
            Self::Period(field) => (
                "PERIOD_ENDS_BEFORE_IT_BEGINS",
                *field,
                say(
                    "De laatste dag ligt voor de eerste. Kies een latere dag.".into(),
                    "The last day is before the first. Choose a later day.".into(),
                ),
            ),
            Self::GrantNumber(field) => (
                "GRANT_NUMBER_INVALID",
                *field,
                say(
                    "Dit is geen subsidienummer: het heeft 4 tot 24 letters, cijfers en streepjes.".into(),
                    "This is no grant number: it has 4 to 24 letters, digits and hyphens.".into(),
                ),
            ),
            Self::Choice(field) => (
                "CHOOSE_ONE",
                *field,
                say("Kies precies één bron.".into(), "Choose exactly one source.".into()),
            ),
            Self::Key => (
                "IDEMPOTENCY_KEY_INVALID",
                "idempotencyKey",
                say(
                    format!("Een idempotencyKey heeft 1 tot {LONGEST_KEY} tekens."),
                    format!("An idempotencyKey has 1 to {LONGEST_KEY} characters."),
                ),
            ),
        };
        Refusal { code: code.into(), message, field: Some(field.into()) }
    }
}

/// A one-line text of an input.
pub(crate) fn line(field: &'static str, typed: &str) -> Result<Line, Wrong> {
    Line::parse(typed).map_err(|error| Wrong::Text(field, error))
}

/// An e-mail address of an input.
pub(crate) fn email(field: &'static str, typed: &str) -> Result<Line, Wrong> {
    let line = line(field, typed)?;
    if domain::text::is_email(line.as_str()) { Ok(line) } else { Err(Wrong::Email(field)) }
}

/// A longer text of an input, sealed.
pub(crate) fn prose(field: &'static str, scope: &KeyScope, typed: &str) -> Result<Sealed<Prose>, Wrong> {
    let prose = Prose::parse(typed).map_err(|error| Wrong::Text(field, error))?;
    Ok(Sealed::new(scope.clone(), prose))
}

/// A longer text that may be left out; blank counts as left out.
pub(crate) fn maybe_prose(
    field: &'static str,
    scope: &KeyScope,
    typed: Option<&String>,
) -> Result<Option<Sealed<Prose>>, Wrong> {
    typed.filter(|typed| !typed.trim().is_empty()).map(|typed| prose(field, scope, typed)).transpose()
}

/// The thing behind an id of an input.
pub(crate) fn thing<T: From<Uuid>>(field: &'static str, kind: &str, id: &ID) -> Result<T, Wrong> {
    id::local(kind, id).ok_or(Wrong::Id(field))
}

/// As [`thing`], for many.
pub(crate) fn things<T: From<Uuid>>(field: &'static str, kind: &str, ids: &[ID]) -> Result<Vec<T>, Wrong> {
    ids.iter().map(|id| thing(field, kind, id)).collect()
}

/// As [`thing`], when it may be left out.
pub(crate) fn maybe<T: From<Uuid>>(field: &'static str, kind: &str, id: Option<&ID>) -> Result<Option<T>, Wrong> {
    id.map(|id| thing(field, kind, id)).transpose()
}

/// What makes a retry of an input safe, if its client asked for that.
pub(crate) fn retry(input: &impl Serialize, change: &Change) -> Result<Option<Retry>, Failed> {
    let Some(key) = change.idempotency_key.clone() else { return Ok(None) };
    let content = serde_json::to_vec(input).map_err(|error| Failed::internal(&error))?;
    Ok(Some(Retry { key, content }))
}

/// Why the text of a contribution is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "domain::redaction::RedactionGround")]
pub(crate) enum RedactionGround {
    /// Somebody could tell from it who a patient or next of kin is.
    NamesPatient,
    /// It tells of a colleague what is nobody else's business.
    NamesColleague,
    /// It hurts or insults.
    Harms,
}

/// After a text was redacted: destroys the key it was sealed under. Repeating the mutation repeats this, should it have been
/// interrupted.
pub(crate) async fn destroy_text(ctx: &Context<'_>, kind: &str, id: impl Into<Uuid>) -> Result<(), Failed> {
    let app = &ctx.platform()?.app;
    let scope = KeyScope::of(kind, id);
    app.log().keys().destroy(scope.as_str(), app.source().now()).await.map_err(|error| Failed::internal(&error))?;
    Ok(())
}

/// A row as soon as it shows that a text is gone: folding it anew takes a moment. As it is then, when that takes longer.
pub(crate) async fn once_gone<M: Model>(
    ctx: &Context<'_>,
    id: impl Into<Uuid>,
    gone: impl Fn(&M::Row) -> bool,
) -> Result<M::Row, Failed> {
    let (models, key) = (&ctx.platform()?.models, id.into().to_string());
    for _ in 0..GLANCES {
        let row = models.row::<M>(key.clone()).await?.ok_or(Failed::Unavailable)?;
        if gone(&row) {
            return Ok(row);
        }
        tokio::time::sleep(GLANCE).await;
    }
    models.row::<M>(key).await?.ok_or(Failed::Unavailable)
}

/// Whoever may change something now, not too often; or why not.
pub(crate) fn admit(ctx: &Context<'_>, change: &Change) -> Result<Result<MemberId, Refusal>, Failed> {
    let viewer = ctx.contributor()?;
    let Caller { language, address, .. } = ctx.caller()?;
    ctx.pace()?.contribute(viewer, address)?;
    if ctx.platform()?.as_of.is_some() {
        return Ok(Err(read_only(language)));
    }
    if change.idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Ok(Err(Wrong::Key.refusal(language)));
    }
    Ok(Ok(viewer))
}

/// Runs the command made of an input and waits until read models show what it did.
pub(crate) async fn run<C: Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<Result<Done, Refusal>, Failed> {
    let viewer = match admit(ctx, &change)? {
        Ok(viewer) => viewer,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let language = ctx.caller()?.language;
    let command = match command {
        Ok(command) => command,
        Err(wrong) => return Ok(Err(wrong.refusal(language))),
    };
    if !change.patient_details_checked
        && let Some(refusal) = patient_details::warning(C::NAME, input, language)?
    {
        return Ok(Err(refusal));
    }
    let platform = ctx.platform()?;
    let request = Request {
        by: By::Member(viewer),
        retry: retry(input, &change)?,
        expected_version: change.expected_version,
        // One per command: several in one request, or over one connection, must not be tied together by it.
        correlation: platform.app.source().id(),
        causation: None,
    };
    let about = command.about().filter(|member| *member != viewer);
    match platform.app.run(command, &request).await {
        Ok(done) => {
            if let Some(member) = about {
                note(ctx, C::NAME, vec![member.0], Ground::Administration).await?;
            }
            platform.models.reach(done.position).await?;
            Ok(Ok(done))
        }
        Err(RunError::Refused(told)) => Ok(Err(refused(&told, language))),
        Err(RunError::Declined(told)) => Ok(Err(refused(&told, language))),
        Err(RunError::Failed(failure)) => Err(failure.into()),
    }
}

/// The past is to look at.
pub(crate) fn read_only(language: Language) -> Refusal {
    let message = if language.is_dutch() {
        "Je ziet het platform zoals het was. Hier kun je niets veranderen."
    } else {
        "You see the platform as it was. Nothing can be changed here."
    };
    Refusal { code: "READ_ONLY".into(), message: message.into(), field: None }
}

/// What the rules said, in the language of the request.
pub(crate) fn refused(refused: &impl domain::Refusal, language: Language) -> Refusal {
    Refusal { code: refused.code().into(), message: language.tell(refused), field: None }
}
