//! PDSA cycles in ramps: most are through, some run, wait or were stopped when the world ends.

use std::sync::Arc;

use app::{App, By};
use chrono::TimeDelta;
use domain::{
    Aggregate as _, Timestamp,
    id::{CycleId, ObservationId},
    pdsa::{AbandonCycle, Cycle, DecideCycle, LogResult, MakePrediction, PlanCycle, RecordObservation, StartCycle},
    sealed::KeyScope,
};
use rand::{Rng as _, seq::IndexedRandom as _};

use crate::{
    LoadError, agenda,
    clock::Calendar,
    people::place_of,
    stage::Job,
    texts::{CycleText, Texts, line, prose},
    world::World,
};

/// Cycles of the small world.
const CYCLES: usize = 60;
/// From planning one cycle to planning the next.
const PACE: i64 = 33;
/// Days after planning on which Do starts, the result is logged, and the decision is taken.
const START: i64 = 6;
const RESULT: i64 = 23;
const DECIDE: i64 = 26;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The nth cycle of a ramp.
    Plan {
        ramp: usize,
        nth: usize,
    },
    /// For a cycle by its place among those planned.
    Predict(usize),
    Start(usize),
    Observe {
        cycle: usize,
        nth: usize,
    },
    Result(usize),
    Decide(usize),
    Abandon(usize),
}

impl From<Step> for agenda::Step {
    fn from(step: Step) -> Self {
        Self::Cycle(step)
    }
}

/// How the ramps end that are not through.
const ENDINGS: [Ending; 6] =
    [Ending::Running, Ending::Studied, Ending::Running, Ending::Predicted, Ending::Planned, Ending::Abandoned];

/// How far the last cycle of a ramp comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Decided,
    Studied,
    Running,
    Predicted,
    Planned,
    Abandoned,
}

impl Ending {
    /// How many days before the end its last cycle was planned.
    fn days(self) -> Option<i64> {
        match self {
            Self::Decided => None,
            // With room for weekends, so that all that is to happen by the end does.
            Self::Studied => Some(RESULT + 9),
            Self::Running => Some(START + 17),
            Self::Predicted => Some(8),
            Self::Planned => Some(3),
            Self::Abandoned => Some(40),
        }
    }
}

/// All ramps and cycles.
#[derive(Debug, Default)]
pub(crate) struct Cycles {
    ramps: Vec<Ramp>,
    pub(crate) planned: Vec<Planned>,
}

#[derive(Clone, Copy, Debug)]
struct Ramp {
    text: usize,
    count: usize,
    ending: Ending,
    /// The project it is tried in, by its place among all that come.
    project: usize,
    /// Who sees to it, once it began.
    owner: Option<usize>,
    latest: Option<CycleId>,
}

/// A cycle that was planned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    id: CycleId,
    ramp: usize,
    nth: usize,
    project: usize,
    owner: usize,
}

impl Cycles {
    /// Who sees to cycles of a project.
    pub(crate) fn owners(&self, project: usize) -> Vec<usize> {
        self.planned.iter().filter(|cycle| cycle.project == project).map(|cycle| cycle.owner).collect()
    }
}

/// Ramps until there are cycles enough, every second of them not yet at its end.
pub(crate) fn open(world: &mut World) {
    let texts = world.texts.clone();
    let mut left = world.scaled(CYCLES);
    for ramp in 0.. {
        if left == 0 {
            break;
        }
        let text = ramp % texts.ramps.len();
        let count = texts.ramps[text].cycles.len().min(left);
        let unfinished = ENDINGS[ramp / 2 % ENDINGS.len()];
        let wanted = if ramp % 2 == 0 { unfinished } else { Ending::Decided };
        let Some((project, ending, last)) = settle(world, text, count, wanted) else { continue };
        left -= count;
        world.ramps_of[project].push(text);
        let place = world.cycles.ramps.len();
        world.cycles.ramps.push(Ramp { text, count, ending, project, owner: None, latest: None });
        for nth in 0..count {
            let hours = world.rng.random_range(0..30);
            let raw = last - TimeDelta::days(PACE * days(count - 1 - nth));
            world.at_work(raw, TimeDelta::hours(hours), Step::Plan { ramp: place, nth }.into());
        }
    }
}

fn days(count: usize) -> i64 {
    i64::try_from(count).unwrap_or_default()
}

/// The project in which so many cycles can be tried: it suits, works long enough, has not tried them yet, and has the
/// fewest ramps. With how far the last cycle comes and when that is planned.
fn settle(world: &mut World, place: usize, count: usize, wanted: Ending) -> Option<(usize, Ending, Timestamp)> {
    let texts = world.texts.clone();
    let text = &texts.ramps[place];
    let span = TimeDelta::days(PACE * days(count - 1));
    let done = world.calendar.before_end(TimeDelta::days(DECIDE + 6));
    let last = |ending: Ending| ending.days().map_or(done, |days| world.calendar.before_end(TimeDelta::days(days)));
    let suits = |nth: &usize| {
        let plan = &texts.projects[nth % texts.projects.len()];
        let about = text.intervention.as_ref().is_none_or(|about| plan.interventions.contains(about));
        about && (text.by.is_empty() || text.by.contains(&plan.by)) && !world.ramps_of[*nth].contains(&place)
    };
    let works = |nth: &usize, ending: Ending| world.works_from[*nth].is_some_and(|from| from + span <= last(ending));
    let fewest = |ending: Ending| {
        let fitting = (0..world.works_from.len()).filter(|nth| suits(nth) && works(nth, ending));
        fitting.min_by_key(|nth| world.ramps_of[*nth].len())
    };
    let (project, ending) = fewest(wanted)
        .map(|project| (project, wanted))
        .or_else(|| fewest(Ending::Decided).map(|project| (project, Ending::Decided)))?;
    let last = last(ending);
    let from = world.works_from[project]? + span;
    let last = if ending == Ending::Decided { Calendar::between(&mut world.rng, from, last) } else { last };
    Some((project, ending, last))
}

/// The place of the project that a step's cycle belongs to.
pub(crate) fn project(world: &World, step: Step) -> usize {
    match step {
        Step::Plan { ramp, .. } => world.registered[world.cycles.ramps[ramp].project].unwrap_or_default(),
        Step::Predict(cycle)
        | Step::Start(cycle)
        | Step::Observe { cycle, .. }
        | Step::Result(cycle)
        | Step::Decide(cycle)
        | Step::Abandon(cycle) => world.cycles.planned[cycle].project,
    }
}

pub(crate) fn perform(world: &mut World, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    let (cycle, text) = match step {
        Step::Plan { ramp, nth } => return plan(world, ramp, nth, at, app),
        Step::Predict(cycle)
        | Step::Start(cycle)
        | Step::Observe { cycle, .. }
        | Step::Result(cycle)
        | Step::Decide(cycle)
        | Step::Abandon(cycle) => {
            let planned = world.cycles.planned[cycle];
            (planned, text_of(&texts, world, planned))
        }
    };
    let scope = KeyScope::of(Cycle::KIND, cycle.id);
    let owner = By::Member(world.people.all[cycle.owner].id);
    let words = |text: &str| world.in_words_of(cycle.owner, text);
    let job = match step {
        Step::Plan { .. } => return Ok(None),
        Step::Predict(_) => {
            let prediction = prose(&scope, &words(&text.prediction))?;
            Job::new(app, owner, MakePrediction { cycle: cycle.id, prediction })
        }
        Step::Start(_) => Job::new(app, owner, StartCycle { cycle: cycle.id }),
        Step::Observe { nth, .. } => return observe(world, cycle, text, nth, app),
        Step::Result(_) => {
            let (result, learned) = (prose(&scope, &words(&text.result))?, prose(&scope, &words(&text.learned))?);
            let command = LogResult { cycle: cycle.id, result, prediction_met: text.met, learned };
            Job::new(app, owner, command)
        }
        Step::Decide(_) => {
            let reason = text.reason.as_deref().map(|reason| prose(&scope, &words(reason))).transpose()?;
            Job::new(app, owner, DecideCycle { cycle: cycle.id, decision: text.decision, reason })
        }
        Step::Abandon(_) => {
            let stopped = &texts.words.stopped;
            let reason = text.stopped.as_ref().unwrap_or(&stopped[cycle.ramp % stopped.len()]);
            Job::new(app, owner, AbandonCycle { cycle: cycle.id, reason: prose(&scope, &words(reason))? })
        }
    };
    Ok(Some(job.within(world.projects[cycle.project].id)))
}

fn text_of<'a>(texts: &'a Texts, world: &World, planned: Planned) -> &'a CycleText {
    &texts.ramps[world.cycles.ramps[planned.ramp].text].cycles[planned.nth]
}

fn plan(world: &mut World, ramp: usize, nth: usize, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    let Ramp { text, count, ending, latest, project, owner } = world.cycles.ramps[ramp];
    let Some(project) = world.registered[project] else { return Ok(None) };
    let members = &world.projects[project].members;
    let owner = match owner {
        Some(owner) => owner,
        // The first ramp is that of whoever leads the first project.
        None if ramp == 0 => members[0],
        None => members.choose(&mut world.rng).copied().unwrap_or(members[0]),
    };
    world.cycles.ramps[ramp].owner = Some(owner);
    let text = &texts.ramps[text].cycles[nth];
    let ending = if nth + 1 == count { ending } else { Ending::Decided };
    let id: CycleId = app.source().id();
    let scope = KeyScope::of(Cycle::KIND, id);
    let predicted_at_once = ending != Ending::Planned && world.rng.random_bool(0.7);
    let words = |text: &str| world.in_words_of(owner, text);
    let command = PlanCycle {
        cycle: id,
        project: world.projects[project].id,
        follows: latest,
        number: u32::try_from(nth + 1).unwrap_or(1),
        aim: line(&scope, &words(&text.aim))?,
        change: prose(&scope, &words(&text.change))?,
        prediction: if predicted_at_once { Some(prose(&scope, &words(&text.prediction))?) } else { None },
        plan: text.plan.as_deref().map(|plan| prose(&scope, &words(plan))).transpose()?,
        owner: world.people.all[owner].id,
        starts: at.date_naive() + TimeDelta::days(START),
        ends: at.date_naive() + TimeDelta::days(RESULT - 2),
    };
    let cycle = world.cycles.planned.len();
    world.cycles.planned.push(Planned { id, ramp, nth, project, owner });
    world.cycles.ramps[ramp].latest = Some(id);
    plan_ahead(world, cycle, ending, !predicted_at_once, text.observations.len(), at);
    Ok(Some(Job::new(app, By::Member(world.people.all[owner].id), command)))
}

/// The further steps of a cycle, as far as it comes.
fn plan_ahead(world: &mut World, cycle: usize, ending: Ending, predict: bool, seen: usize, at: Timestamp) {
    let mut then = at;
    let mut put = |days: i64, step: Step| {
        let after = TimeDelta::days(days) + TimeDelta::hours(world.rng.random_range(0..26));
        // Never before what comes before it, however the weekend falls.
        let raw = (at + after).max(then + TimeDelta::hours(3));
        then = world.calendar.at_work(&mut world.rng, raw);
        world.agenda.put(then, step.into());
    };
    if ending == Ending::Planned {
        return;
    }
    if predict {
        put(1, Step::Predict(cycle));
    }
    if ending == Ending::Predicted {
        return;
    }
    put(START, Step::Start(cycle));
    if ending == Ending::Abandoned {
        return put(START + 7, Step::Abandon(cycle));
    }
    let seen = seen.min(3);
    let soon = if ending == Ending::Running { seen.saturating_sub(1) } else { seen };
    for nth in 0..soon {
        put(START + 2 + 4 * days(nth), Step::Observe { cycle, nth });
    }
    if ending == Ending::Running {
        // The latest is news.
        let ago = TimeDelta::hours(world.rng.random_range(3..30));
        let last = Step::Observe { cycle, nth: seen.saturating_sub(1) };
        world.agenda.put(world.calendar.before_end(ago), last.into());
        return;
    }
    put(RESULT - 1, Step::Result(cycle));
    if ending == Ending::Decided {
        put(DECIDE, Step::Decide(cycle));
    }
}

/// By somebody who takes part; now and then by the coach.
fn observe(
    world: &mut World,
    cycle: Planned,
    text: &CycleText,
    nth: usize,
    app: &Arc<App>,
) -> Result<Option<Job>, LoadError> {
    let observation: ObservationId = app.source().id();
    let seen = &text.observations[nth];
    let command = RecordObservation {
        cycle: cycle.id,
        observation,
        text: prose(&KeyScope::of(Cycle::KIND, cycle.id), &world.in_words_of(cycle.owner, &seen.text))?,
        as_planned: !seen.otherwise,
    };
    let coach = place_of(world, "ruben").filter(|_| world.rng.random_bool(0.1));
    let project = &world.projects[cycle.project];
    let member = coach.or_else(|| project.members.choose(&mut world.rng).copied()).unwrap_or(cycle.owner);
    Ok(Some(Job::new(app, By::Member(world.people.all[member].id), command).within(project.id)))
}
