//! Shared experiences: of trainings, interventions, bottlenecks, approaches and meetings.

use std::sync::Arc;

use app::{App, By};
use chrono::TimeDelta;
use domain::{
    Aggregate as _, Timestamp,
    experience::{Experience, MarkExperienceHelpful, ShareExperience},
    id::ExperienceId,
    phase::Phase,
    sealed::KeyScope,
};
use rand::{
    Rng as _,
    seq::{IndexedRandom as _, SliceRandom as _},
};

use crate::{
    LoadError, agenda,
    clock::Calendar,
    projects,
    stage::Job,
    texts::{Account, line, prose},
    world::{self, World},
};

/// Experiences of the small world.
const EXPERIENCES: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A project meets what will be told about later.
    Meet(Telling),
    Share(Telling, Option<Met>),
    Helpful(usize),
}

/// The account with this place in the texts, told for the nth time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Telling {
    account: usize,
    round: usize,
}

/// A bottleneck that somebody raised, by its place in their project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Met {
    author: usize,
    project: usize,
    nth: usize,
}

impl From<Step> for agenda::Step {
    fn from(step: Step) -> Self {
        Self::Experience(step)
    }
}

pub(crate) fn open(world: &mut World) {
    let (count, known) = (world.scaled(EXPERIENCES), world.texts.experiences.len());
    let mut order: Vec<usize> = (0..known).collect();
    order.shuffle(&mut world.rng);
    let (from, until) = (world.calendar.begin + TimeDelta::days(50), world.calendar.until - TimeDelta::hours(30));
    for nth in 0..count {
        let telling = Telling { account: order[nth % known], round: nth / known };
        let raw = Calendar::growing(&mut world.rng, from, until);
        let solves = world.texts.experiences[telling.account].solves.is_some();
        let (before, step) =
            if solves { (raw - TimeDelta::days(35), Step::Meet(telling)) } else { (raw, Step::Share(telling, None)) };
        world.at_work(before.max(from), TimeDelta::zero(), step.into());
    }
}

/// The place of the experience that a step is about.
pub(crate) fn place(world: &World, step: Step) -> usize {
    match step {
        Step::Meet(_) | Step::Share(..) => world.experiences.len(),
        Step::Helpful(place) => place,
    }
}

pub(crate) fn perform(world: &mut World, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    match step {
        Step::Meet(telling) => meet(world, telling, at, app),
        Step::Share(telling, met) => share(world, telling, met, at, app).map(Some),
        Step::Helpful(nth) => {
            let shared = world.experiences[nth];
            let Some(member) = world.people.other(&mut world.rng, None, &[shared.author]) else { return Ok(None) };
            let command = MarkExperienceHelpful { experience: shared.id };
            Ok(Some(Job::new(app, By::Member(world.people.all[member].id), command)))
        }
    }
}

/// Somebody raises the bottleneck, and tells some weeks later how it was solved.
fn meet(world: &mut World, telling: Telling, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    let account = &texts.experiences[telling.account];
    let obstacle =
        texts.bottlenecks.iter().position(|obstacle| obstacle.key.is_some() && obstacle.key == account.solves);
    let obstacle = obstacle.ok_or_else(|| LoadError::Unknown(account.solves.clone().unwrap_or_default()))?;
    let intervention = world.intervention(account.intervention.as_deref())?;
    let (author, project) = author(world, account, intervention);
    let project = project.filter(|project| !world.projects[*project].met(obstacle));
    let met = project.map(|project| Met { author, project, nth: world.projects[project].raised() });
    // Told before the world ends, however late it was met.
    let days = TimeDelta::days(world.rng.random_range(14..34)).min((world.calendar.until - at) * 2 / 3);
    world.at_work(at, days, Step::Share(telling, met).into());
    project.map(|project| projects::raise_as(world, project, author, obstacle, app)).transpose()
}

fn share(
    world: &mut World,
    Telling { account, round }: Telling,
    met: Option<Met>,
    at: Timestamp,
    app: &Arc<App>,
) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let account = &texts.experiences[account];
    let intervention = world.intervention(account.intervention.as_deref())?;
    let (author, project) = match met {
        Some(Met { author, project, .. }) => (author, Some(project)),
        None => author(world, account, intervention),
    };
    let id: ExperienceId = app.source().id();
    let scope = KeyScope::of(Experience::KIND, id);
    let title = if round == 0 { account.title.clone() } else { format!("{} (regio {{regio}})", account.title) };
    let command = ShareExperience {
        experience: id,
        kind: account.kind,
        title: line(&scope, &world.in_words_of(author, &title))?,
        body: prose(&scope, &world.in_words_of(author, &account.body))?,
        outcome: match &account.outcome {
            Some(outcome) => Some(prose(&scope, &world.in_words_of(author, outcome))?),
            None => None,
        },
        themes: world.themes_of(&account.themes)?,
        intervention: intervention.map(|place| world.interventions[place]),
        phase: project.map(|project| world.projects[project].phase),
        project: project.map(|project| world.projects[project].id),
    };
    let place = world.experiences.len();
    world.experiences.push(world::Experience { id, author, project, intervention });
    if let Some(Met { project, nth, .. }) = met {
        world.projects[project].told(nth, id);
        let hours = world.rng.random_range(1..90);
        world.at_work(at, TimeDelta::hours(hours), projects::Step::Resolve { project, nth }.into());
    }
    if let Some(key) = &account.key {
        world.experiences_by_key.insert(key.clone(), id);
    }
    let helpful = [0, 1, 1, 2, 3, 4, 5, 7].choose(&mut world.rng).copied().unwrap_or_default();
    for _ in 0..helpful {
        let after = TimeDelta::minutes(world.rng.random_range(30..30 * 1_440));
        world.at_work(at, after, Step::Helpful(place).into());
    }
    Ok(Job::new(app, By::Member(world.people.all[author].id), command))
}

/// Who tells it: somebody of a project with that intervention that has begun to work, if there is one.
fn author(world: &mut World, account: &Account, intervention: Option<usize>) -> (usize, Option<usize>) {
    for _ in 0..40 {
        if world.projects.is_empty() {
            break;
        }
        let project = world.rng.random_range(0..world.projects.len());
        let candidate = &world.projects[project];
        if candidate.phase < Phase::Preparation
            || intervention.is_some_and(|wanted| !candidate.interventions.contains(&wanted))
        {
            continue;
        }
        if let Some(member) = candidate.members.choose(&mut world.rng)
            && account.by.is_none_or(|setting| world.people.all[*member].setting == setting)
        {
            return (*member, Some(project));
        }
    }
    (world.people.somebody(&mut world.rng, account.by), None)
}
