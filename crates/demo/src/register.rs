//! What access rests on: funding rounds, grants and promising projects; and who acts as one.

use std::sync::Arc;

use app::{App, By};
use chrono::{NaiveDate, TimeDelta};
use domain::{
    Period, Timestamp,
    basis::{AwardGrant, GrantNumber, ListPromisingProject, Terms},
    collaboration::FormCollaboration,
    funding_round::OpenFundingRound,
    id::{BasisId, CollaborationId, InterventionId, OrganisationId, RoundId},
    organisation::OrganisationKind,
    period::day_of,
};

use crate::{
    LoadError, agenda, people,
    stage::Job,
    texts::{Register, plain_line},
    world::World,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Round(usize),
    /// A grant of a round for an organisation.
    Grant {
        round: usize,
        organisation: usize,
    },
    OwnFunding(usize),
    Collaboration(usize),
}

impl From<Step> for agenda::Step {
    fn from(step: Step) -> Self {
        Self::Register(step)
    }
}

/// A number for what a step is about.
pub(crate) fn place(step: Step) -> usize {
    match step {
        Step::Round(place) | Step::OwnFunding(place) | Step::Collaboration(place) => place,
        Step::Grant { organisation, .. } => organisation,
    }
}

/// Everything of the first days from a moment on; gives when that is done. Later rounds come later.
pub(crate) fn open(world: &mut World, from: Timestamp) -> Timestamp {
    let texts = world.texts.clone();
    let register = &texts.register;
    let mut end = from;
    for (round, opens) in register.rounds.iter().enumerate() {
        let mut steps = vec![Step::Round(round)];
        let organisations = (0..register.organisations.len()).filter(|place| is_granted(register, *place, round));
        steps.extend(organisations.map(|organisation| Step::Grant { round, organisation }));
        if round == 0 {
            steps.extend((0..register.own_funding.len()).map(Step::OwnFunding));
            steps.extend((0..register.collaborations.len()).map(Step::Collaboration));
        }
        let mut at = from + TimeDelta::days(opens.day);
        for step in steps {
            at += TimeDelta::seconds(20);
            world.agenda.put(at, step.into());
        }
        if round == 0 {
            end = at;
        }
    }
    end
}

/// Whether an organisation gets a grant in a round: in the first all that give care and have no funds of their own, later
/// some a second one.
fn is_granted(register: &Register, place: usize, round: usize) -> bool {
    let organisation = &register.organisations[place];
    let gives_care =
        !matches!(organisation.kind, OrganisationKind::KnowledgeOrganisation | OrganisationKind::ProgrammeOrganisation);
    let pays_itself = register.own_funding.iter().any(|own| own.organisation == organisation.name);
    gives_care && !pays_itself && [true, place % 3 == 1, place.is_multiple_of(6)][round.min(2)]
}

/// The last day of a grant: some of the first round end soon after the world does.
fn last_day(round: usize, place: usize) -> TimeDelta {
    TimeDelta::days(match round {
        0 => [20, 45, 300][place % 3],
        1 => 400,
        _ => 700,
    })
}

pub(crate) fn perform(world: &mut World, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let register = &texts.register;
    // Before anybody is there, the platform fills the register.
    let by = match step {
        Step::Round(round) | Step::Grant { round, .. } if round > 0 => people::by_manager(false),
        _ => By::Platform,
    };
    let today = day_of(at);
    Ok(match step {
        Step::Round(place) => {
            let id: RoundId = app.source().id();
            world.rounds.push(id);
            let round = &register.rounds[place];
            let interventions = interventions(world, &round.interventions)?;
            let planned = period(today, today + TimeDelta::days(180))?;
            let programme = plain_line(&round.name)?;
            Job::new(app, by, OpenFundingRound { round: id, programme, interventions, planned })
        }
        Step::Grant { round, organisation } => {
            let end = day_of(world.calendar.until) + last_day(round, organisation);
            let terms = Terms {
                organisations: vec![world.organisations[organisation]],
                interventions: interventions(world, &register.rounds[round].interventions)?,
                period: period(today, end)?,
            };
            let typed = format!("SL-{}-{:03}", round + 1, organisation + 1);
            let number = GrantNumber::parse(&typed).ok_or(LoadError::Unknown(typed))?;
            world.bases.insert(organisation, number.basis());
            Job::new(app, by, AwardGrant { number, round: world.rounds.get(round).copied(), terms })
        }
        Step::OwnFunding(place) => {
            let own = &register.own_funding[place];
            let terms = Terms {
                organisations: vec![organisation(world, &own.organisation)?],
                interventions: interventions(world, std::slice::from_ref(&own.intervention))?,
                period: period(today, day_of(world.calendar.until) + TimeDelta::days(365))?,
            };
            let basis: BasisId = app.source().id();
            if let Some(place) = register.organisations.iter().position(|one| one.name == own.organisation) {
                world.bases.insert(place, basis);
            }
            Job::new(app, by, ListPromisingProject { basis, name: plain_line(&own.name)?, terms })
        }
        Step::Collaboration(place) => {
            let collaboration = &register.collaborations[place];
            let names = collaboration.organisations.iter();
            let organisations = names.map(|name| organisation(world, name)).collect::<Result<_, _>>()?;
            let (id, name): (CollaborationId, _) = (app.source().id(), plain_line(&collaboration.name)?);
            Job::new(app, by, FormCollaboration { collaboration: id, name, organisations })
        }
    })
}

fn period(from: NaiveDate, until: NaiveDate) -> Result<Period, LoadError> {
    Period::new(from, until).ok_or_else(|| LoadError::Unknown(format!("the period {from} to {until}")))
}

fn interventions(world: &World, keys: &[String]) -> Result<Vec<InterventionId>, LoadError> {
    let found = |key: &String| Ok(world.intervention(Some(key))?.map(|place| world.interventions[place]));
    keys.iter().filter_map(|key| found(key).transpose()).collect()
}

fn organisation(world: &World, name: &str) -> Result<OrganisationId, LoadError> {
    let place = world.texts.register.organisations.iter().position(|one| one.name == name);
    place.map(|place| world.organisations[place]).ok_or_else(|| LoadError::Unknown(name.to_owned()))
}
