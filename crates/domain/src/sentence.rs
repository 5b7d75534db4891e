//! Every event in one plain sentence, in Dutch and in English: what timelines and histories show.
//!
//! Sentences hold no free text, so nothing in them needs erasing. People stand in them as `{actor}` and
//! `{member:<uuid>}`, to be replaced by their names when shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Actor, Event,
    basis::BasisEvent,
    collaboration::CollaborationEvent,
    experience::ExperienceEvent,
    funding_round::FundingRoundEvent,
    id::MemberId,
    intervention::InterventionEvent,
    knowledge_page::PageEvent,
    member::{AccessEnd, Contributions, ErasureGround, MemberEvent},
    organisation::OrganisationEvent,
    pdsa::{CycleEvent, Decision, PredictionMet},
    project::ProjectEvent,
    question::QuestionEvent,
    region::RegionEvent,
    theme::ThemeEvent,
};

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sentence {
    /// Who did it: `member:<uuid>`, `asker:<uuid>` or `platform`.
    pub actor: String,
    /// In Dutch.
    pub nl: String,
    /// In English.
    pub en: String,
}

impl Sentence {
    /// The sentence with names filled in. `name` tells a member's name, or nothing when it was erased.
    pub fn fill(&self, dutch: bool, name: impl Fn(MemberId) -> Option<String>) -> String {
        let unknown = || if dutch { "een oud-deelnemer" } else { "a former member" }.to_owned();
        let actor = match self.actor.parse() {
            Ok(Actor::Member(member)) => name(member).unwrap_or_else(unknown),
            Ok(Actor::Asker(_)) => if dutch { "de vraagsteller" } else { "the asker" }.to_owned(),
            Ok(Actor::Platform) | Err(_) => if dutch { "het platform" } else { "the platform" }.to_owned(),
        };
        // One pass, so that a name that looks like a blank is shown as it is.
        let template = if dutch { &self.nl } else { &self.en };
        let mut text = String::with_capacity(template.len() + 40);
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((blank, after)) = after.split_once('}') else { break };
            match blank.strip_prefix("member:").and_then(|id| uuid::Uuid::parse_str(id).ok()) {
                Some(id) => text.push_str(&name(id.into()).unwrap_or_else(unknown)),
                None => text.push_str(&actor),
            }
            rest = after;
        }
        text.push_str(rest);
        capitalise(&text)
    }

    /// The members it names.
    pub fn members(&self) -> Vec<MemberId> {
        let actor = self.actor.parse().ok().and_then(Actor::member);
        let named = self.nl.split("{member:").skip(1).filter_map(|rest| {
            let (id, _) = rest.split_once('}')?;
            uuid::Uuid::parse_str(id).ok().map(MemberId::from)
        });
        actor.into_iter().chain(named).collect()
    }
}

fn capitalise(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Tells an event.
pub fn tell(event: &Event, actor: Actor) -> Sentence {
    let (nl, en) = match event {
        Event::Organisation(happened) => organisation(happened),
        Event::Collaboration(happened) => collaboration(happened),
        Event::Region(happened) => region(happened),
        Event::Round(happened) => round(happened),
        Event::Basis(happened) => basis(happened),
        Event::Theme(ThemeEvent::ThemeAdded { name, name_in_english }) => {
            let (name, name_in_english) = (plain(name), plain(name_in_english));
            (format!("{{actor}} voegde het thema {name} toe"), format!("{{actor}} added the theme {name_in_english}"))
        }
        Event::Intervention(InterventionEvent::InterventionAdded { name, .. }) => {
            let name = plain(name);
            (format!("{{actor}} voegde de interventie {name} toe"), format!("{{actor}} added the intervention {name}"))
        }
        Event::Member(happened) => member(happened),
        Event::Question(happened) => question(happened),
        Event::Experience(happened) => experience(happened),
        Event::Project(happened) => project(happened),
        Event::Cycle(happened) => cycle(happened),
        Event::Page(happened) => page(happened),
    };
    Sentence { actor: actor.to_string(), nl, en }
}

/// A name that cannot be taken for a blank.
fn plain(name: &str) -> String {
    name.replace(['{', '}'], "")
}

fn both(nl: &str, en: &str) -> (String, String) {
    (nl.to_owned(), en.to_owned())
}

fn organisation(happened: &OrganisationEvent) -> (String, String) {
    match happened {
        OrganisationEvent::OrganisationRegistered { name, .. } => {
            let name = plain(name);
            (
                format!("{{actor}} schreef organisatie {name} in"),
                format!("{{actor}} registered the organisation {name}"),
            )
        }
        OrganisationEvent::OrganisationRenamed { name } => {
            let name = plain(name);
            (format!("{{actor}} noemde de organisatie {name}"), format!("{{actor}} renamed the organisation to {name}"))
        }
        OrganisationEvent::OrganisationMoved { .. } => {
            both("{actor} zette de organisatie in een andere regio", "{actor} moved the organisation to another region")
        }
    }
}

fn collaboration(happened: &CollaborationEvent) -> (String, String) {
    match happened {
        CollaborationEvent::CollaborationFormed { name, .. } => {
            let name = plain(name);
            (
                format!("{{actor}} schreef samenwerkingsverband {name} in"),
                format!("{{actor}} registered the collaboration {name}"),
            )
        }
        CollaborationEvent::CollaborationJoined { .. } => both(
            "{actor} voegde een organisatie toe aan het samenwerkingsverband",
            "{actor} added an organisation to the collaboration",
        ),
        CollaborationEvent::CollaborationLeft { .. } => both(
            "{actor} haalde een organisatie uit het samenwerkingsverband",
            "{actor} took an organisation out of the collaboration",
        ),
    }
}

fn region(happened: &RegionEvent) -> (String, String) {
    match happened {
        RegionEvent::RegionRegistered { facts } => {
            let name = plain(&facts.name);
            (format!("{{actor}} schreef regio {name} in"), format!("{{actor}} registered the region {name}"))
        }
        RegionEvent::RegionRevised { facts } => {
            let name = plain(&facts.name);
            (
                format!("{{actor}} werkte de gegevens van regio {name} bij"),
                format!("{{actor}} revised the figures of the region {name}"),
            )
        }
    }
}

fn round(happened: &FundingRoundEvent) -> (String, String) {
    match happened {
        FundingRoundEvent::FundingRoundOpened { programme, .. } => {
            let programme = plain(programme);
            (
                format!("{{actor}} opende de subsidieronde {programme}"),
                format!("{{actor}} opened the funding round {programme}"),
            )
        }
        FundingRoundEvent::FundingRoundClosed {} => {
            both("{actor} sloot de subsidieronde", "{actor} closed the funding round")
        }
    }
}

fn basis(happened: &BasisEvent) -> (String, String) {
    match happened {
        BasisEvent::GrantAwarded { number, .. } => (
            format!("{{actor}} schreef subsidie {} in", number.as_str()),
            format!("{{actor}} registered the grant {}", number.as_str()),
        ),
        BasisEvent::PromisingProjectListed { name, .. } => {
            let name = plain(name);
            (
                format!("{{actor}} schreef het kansrijke project {name} in"),
                format!("{{actor}} registered the promising project {name}"),
            )
        }
        BasisEvent::BasisRevised { terms } => {
            let until = terms.period.until();
            (
                format!("{{actor}} paste de toegangsgrond aan; die loopt tot en met {}", until.format("%d-%m-%Y")),
                format!("{{actor}} revised the basis of access; it runs up to and including {until}"),
            )
        }
        BasisEvent::GrantEnded { last_day, .. } => (
            format!("{{actor}} beëindigde de subsidie per {}", last_day.format("%d-%m-%Y")),
            format!("{{actor}} ended the grant as of {last_day}"),
        ),
        BasisEvent::PromisingProjectEnded { last_day, .. } => (
            format!("{{actor}} beëindigde het kansrijke project per {}", last_day.format("%d-%m-%Y")),
            format!("{{actor}} ended the promising project as of {last_day}"),
        ),
    }
}

fn member(happened: &MemberEvent) -> (String, String) {
    match happened {
        MemberEvent::MemberInvited { .. } => both("{actor} nodigde een deelnemer uit", "{actor} invited a member"),
        MemberEvent::AccessRequested { .. } => both("{actor} vroeg toegang aan", "{actor} asked for access"),
        MemberEvent::AccessGranted { .. } => both("{actor} gaf toegang", "{actor} granted access"),
        MemberEvent::AccessRefused { .. } => both("{actor} wees de aanvraag af", "{actor} refused the request"),
        MemberEvent::AccessEnded { cause: AccessEnd::BasisEnded, .. } => {
            both("de toegang liep af met de toegangsgrond", "access ended with its basis")
        }
        MemberEvent::AccessEnded { cause: AccessEnd::Withdrawn, .. } => {
            both("{actor} beëindigde de toegang", "{actor} ended the access")
        }
        MemberEvent::MemberErased { ground: ErasureGround::RequestLapsed, .. } => both(
            "{actor} wiste de gegevens van een aanvraag, omdat de bewaartermijn voorbij was",
            "{actor} erased what was known of somebody who asked for access, because it is kept no longer",
        ),
        MemberEvent::MemberErased { ground: ErasureGround::AccessLapsed, .. } => both(
            "{actor} wiste de gegevens van een oud-deelnemer, omdat de bewaartermijn voorbij was",
            "{actor} erased what was known of a former member, because it is kept no longer",
        ),
        MemberEvent::MemberErased { contributions: Contributions::Kept, ground: ErasureGround::Asked } => {
            both("{actor} wiste de gegevens van een deelnemer", "{actor} erased what is known of a member")
        }
        MemberEvent::MemberErased { contributions: Contributions::Erased, ground: ErasureGround::Asked } => both(
            "{actor} wiste de gegevens en teksten van een deelnemer",
            "{actor} erased what is known of a member and what they wrote",
        ),
        MemberEvent::ProfileRevised { .. } => both("{actor} werkte het profiel bij", "{actor} revised the profile"),
        MemberEvent::RoleGiven { role, .. } => (
            format!("{{actor}} gaf de rol {}", role.named(true)),
            format!("{{actor}} gave the role {}", role.named(false)),
        ),
        MemberEvent::RoleTaken { role, .. } => (
            format!("{{actor}} nam de rol {} terug", role.named(true)),
            format!("{{actor}} took back the role {}", role.named(false)),
        ),
    }
}

fn question(happened: &QuestionEvent) -> (String, String) {
    match happened {
        QuestionEvent::QuestionAsked { .. } => both("{actor} stelde een vraag", "{actor} asked a question"),
        QuestionEvent::SameQuestionHad {} => both("{actor} had deze vraag ook", "{actor} had this question too"),
        QuestionEvent::AnswerGiven { .. } => both("{actor} gaf een antwoord", "{actor} gave an answer"),
        QuestionEvent::AnswerAccepted { .. } => {
            both("{actor} was geholpen met een antwoord", "{actor} was helped by an answer")
        }
        QuestionEvent::AnswerUnaccepted { .. } => {
            both("{actor} is toch niet geholpen met een antwoord", "{actor} was not helped by an answer after all")
        }
        QuestionEvent::HelpfulMarked { .. } => {
            both("{actor} vond een antwoord nuttig", "{actor} found an answer helpful")
        }
        QuestionEvent::HelpfulUnmarked { .. } => {
            both("{actor} vond een antwoord toch niet nuttig", "{actor} did not find an answer helpful after all")
        }
        QuestionEvent::ContributionRedacted { answer: None, .. } => {
            both("{actor} haalde de tekst van een vraag weg", "{actor} took away the text of a question")
        }
        QuestionEvent::ContributionRedacted { answer: Some(_), .. } => {
            both("{actor} haalde de tekst van een antwoord weg", "{actor} took away the text of an answer")
        }
        QuestionEvent::AskerRevealed { member } => (
            format!("{{member:{member}}} maakte bekend de vraag te hebben gesteld"),
            format!("{{member:{member}}} made known having asked the question"),
        ),
    }
}

fn experience(happened: &ExperienceEvent) -> (String, String) {
    match happened {
        ExperienceEvent::ContributionRedacted { .. } => {
            both("{actor} haalde de tekst van een ervaring weg", "{actor} took away the text of an experience")
        }
        ExperienceEvent::ExperienceShared { .. } => both("{actor} deelde een ervaring", "{actor} shared an experience"),
        ExperienceEvent::HelpfulMarked {} => {
            both("{actor} vond een ervaring nuttig", "{actor} found an experience helpful")
        }
        ExperienceEvent::HelpfulUnmarked {} => {
            both("{actor} vond een ervaring toch niet nuttig", "{actor} did not find an experience helpful after all")
        }
    }
}

fn project(happened: &ProjectEvent) -> (String, String) {
    match happened {
        ProjectEvent::ProjectRegistered { .. } => both("{actor} begon het project", "{actor} began the project"),
        ProjectEvent::ParticipantJoined { member } => (
            format!("{{member:{member}}} doet mee aan het project"),
            format!("{{member:{member}}} takes part in the project"),
        ),
        ProjectEvent::ParticipantLeft { member } => (
            format!("{{member:{member}}} doet niet meer mee aan het project"),
            format!("{{member:{member}}} takes part in the project no longer"),
        ),
        ProjectEvent::PhaseAdvanced { to, .. } => (
            format!("{{actor}} schoof het project door naar {}", to.in_dutch()),
            format!("{{actor}} advanced the project to {}", to.in_english()),
        ),
        ProjectEvent::PhaseReturned { to, .. } => (
            format!("{{actor}} zette het project terug naar {}", to.in_dutch()),
            format!("{{actor}} returned the project to {}", to.in_english()),
        ),
        ProjectEvent::BottleneckRaised { .. } => both("{actor} meldde een knelpunt", "{actor} raised a bottleneck"),
        ProjectEvent::BottleneckResolved { .. } => {
            both("{actor} loste een knelpunt op", "{actor} resolved a bottleneck")
        }
        ProjectEvent::SolutionReused { .. } => {
            both("{actor} nam een oplossing over van elders", "{actor} took over a solution from elsewhere")
        }
        ProjectEvent::ContributionRedacted { .. } => {
            both("{actor} haalde een tekst bij het project weg", "{actor} took away a text of the project")
        }
        ProjectEvent::UpdatePosted { .. } => both("{actor} plaatste een bericht", "{actor} posted an update"),
    }
}

fn cycle(happened: &CycleEvent) -> (String, String) {
    match happened {
        CycleEvent::CyclePlanned { number, .. } => {
            (format!("{{actor}} plande PDSA-cyclus {number}"), format!("{{actor}} planned PDSA cycle {number}"))
        }
        CycleEvent::PredictionMade { .. } => {
            both("{actor} schreef op wat de cyclus zou opleveren", "{actor} wrote down what the cycle would bring")
        }
        CycleEvent::CycleStarted {} => both("{actor} startte een PDSA-cyclus", "{actor} started a PDSA cycle"),
        CycleEvent::ObservationRecorded { as_planned: true, .. } => {
            both("{actor} noteerde een waarneming", "{actor} recorded an observation")
        }
        CycleEvent::ObservationRecorded { as_planned: false, .. } => both(
            "{actor} noteerde een waarneming: het ging anders dan gepland",
            "{actor} recorded an observation: it did not go as planned",
        ),
        CycleEvent::PdsaResultLogged { prediction_met, .. } => {
            let (nl, en) = match prediction_met {
                PredictionMet::Met => ("de voorspelling kwam uit", "the prediction came true"),
                PredictionMet::PartlyMet => ("de voorspelling kwam deels uit", "the prediction came true in part"),
                PredictionMet::NotMet => ("de voorspelling kwam niet uit", "the prediction did not come true"),
            };
            (
                format!("{{actor}} legde het resultaat van een PDSA-cyclus vast: {nl}"),
                format!("{{actor}} logged the result of a PDSA cycle: {en}"),
            )
        }
        CycleEvent::CycleDecided { decision, .. } => {
            let (nl, en) = match decision {
                Decision::Adopt => ("de verandering blijft", "the change stays"),
                Decision::Adapt => ("de verandering wordt aangepast", "the change is adapted"),
                Decision::Abandon => ("de verandering vervalt", "the change is dropped"),
            };
            (format!("{{actor}} besloot: {nl}"), format!("{{actor}} decided: {en}"))
        }
        CycleEvent::CycleAbandoned { .. } => both("{actor} stopte een PDSA-cyclus", "{actor} stopped a PDSA cycle"),
    }
}

fn page(happened: &PageEvent) -> (String, String) {
    match happened {
        PageEvent::PageDrafted { .. } => both("{actor} begon een kennispagina", "{actor} began a knowledge page"),
        PageEvent::SectionWritten { .. } => {
            both("{actor} schreef aan een kennispagina", "{actor} wrote on a knowledge page")
        }
        PageEvent::SourceCited { .. } => both("{actor} verwees naar een bron", "{actor} cited a source"),
        PageEvent::SourceDropped { .. } => {
            both("{actor} haalde een verwijzing weg", "{actor} removed a reference to a source")
        }
        PageEvent::PagePublished { version } => (
            format!("{{actor}} publiceerde versie {version} van een kennispagina"),
            format!("{{actor}} published version {version} of a knowledge page"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{phase::Phase, testing::id};

    #[test]
    fn a_sentence_names_people_and_begins_with_a_capital() {
        let event = Event::Project(ProjectEvent::PhaseAdvanced {
            from: Phase::Preparation,
            to: Phase::Implementation,
            note: None,
        });
        let told = tell(&event, Actor::Member(id(1)));
        assert_eq!(
            told.fill(true, |_| Some("Sanne van Dijk".into())),
            "Sanne van Dijk schoof het project door naar uitvoering"
        );
        assert_eq!(told.fill(false, |_| None), "A former member advanced the project to implementation");
        assert_eq!(told.members(), [id(1)]);
    }

    #[test]
    fn whoever_asked_anonymously_is_not_named() {
        let accepted = Event::Question(QuestionEvent::AnswerAccepted { answer: id(3) });
        let told = tell(&accepted, Actor::Asker(id(2)));
        assert!(told.members().is_empty());
        assert_eq!(told.fill(true, |_| Some("Sanne".into())), "De vraagsteller was geholpen met een antwoord");
    }

    #[test]
    fn a_member_other_than_the_actor_is_named_too() {
        let joined = Event::Project(ProjectEvent::ParticipantJoined { member: id(5) });
        let told = tell(&joined, Actor::Member(id(1)));
        assert_eq!(told.fill(true, |member| Some(member.0.as_u128().to_string())), "5 doet mee aan het project");
    }
}
