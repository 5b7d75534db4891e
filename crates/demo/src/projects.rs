//! Implementation projects: from orientation to scale-up, with what stands in their way and what they take over.

use std::sync::Arc;

use app::{App, By};
use chrono::TimeDelta;
use domain::{
    Aggregate as _, Timestamp,
    id::{BottleneckId, ExperienceId, ProjectId, UpdateId},
    phase::Phase,
    project::{
        self, AdvancePhase, JoinProject, LeaveProject, PostUpdate, RaiseBottleneck, RegisterProject, ResolveBottleneck,
        ReturnPhase, ReuseSolution,
    },
    sealed::KeyScope,
};
use rand::{Rng as _, seq::IndexedRandom as _};

use crate::{
    LoadError, agenda,
    clock::{Calendar, scale},
    people::place_of,
    stage::Job,
    texts::{line, prose},
    world::{World, part},
};

/// Who leads the first projects of the small world.
const LEADS: [&str; 3] = ["sanne", "femke", "marjan"];
/// Who joins the first of them.
const PARTNER: &str = "joost";
/// A phase takes at most so many times its part of the time.
const LATEST: f64 = 1.05;
/// One in so many projects goes back a phase.
const RETURNS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The nth project.
    Register(usize),
    /// Somebody joins a project, by its place among those registered.
    Join(usize),
    Leave(usize),
    Advance(usize),
    Return(usize),
    Raise(usize),
    Resolve {
        project: usize,
        nth: usize,
    },
    Reuse(usize),
    Update(usize),
}

impl From<Step> for agenda::Step {
    fn from(step: Step) -> Self {
        Self::Project(step)
    }
}

/// A project, as it stands.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) phase: Phase,
    pub(crate) interventions: Vec<usize>,
    pub(crate) region: usize,
    /// The lead first.
    pub(crate) members: Vec<usize>,
    bottlenecks: Vec<Bottleneck>,
    /// Updates posted so far.
    updates: usize,
}

/// A bottleneck: which text, and whether it was resolved.
#[derive(Debug)]
struct Bottleneck {
    id: BottleneckId,
    text: usize,
    resolved: bool,
    /// What was shared about how it was solved.
    experience: Option<ExperienceId>,
}

/// Each begins so long ago that it can be in the phase its text says.
pub(crate) fn open(world: &mut World) {
    let texts = world.texts.clone();
    let plans = &texts.projects;
    for nth in 0..world.scaled(plans.len()) {
        let (least, most) = match plans[nth % plans.len()].phase {
            Phase::Orientation => (20, 80),
            Phase::Preparation => (100, 190),
            // The first is long enough under way for all its PDSA cycles.
            Phase::Implementation if nth == 0 => (300, 380),
            Phase::Implementation => (200, 380),
            Phase::Embedding => (390, 560),
            Phase::ScaleUp => (570, 695),
        };
        let (from, to) = (TimeDelta::days(most), TimeDelta::days(least));
        let (from, to) = (world.calendar.before_end(from), world.calendar.before_end(to));
        let raw = Calendar::between(&mut world.rng, from, to);
        let at = world.calendar.at_work(&mut world.rng, raw);
        world.agenda.put(at, Step::Register(nth).into());
        let phases = phases_before(plans[nth % plans.len()].phase);
        let works = at + scale(world.calendar.until - at, part_of_each(phases) * LATEST) + TimeDelta::days(5);
        world.works_from.push((phases > 0).then_some(works));
    }
    world.ramps_of = vec![Vec::new(); world.works_from.len()];
    world.registered = vec![None; world.works_from.len()];
}

fn phases_before(reached: Phase) -> usize {
    Phase::ALL.iter().filter(|phase| **phase < reached).count()
}

impl Project {
    /// How many bottlenecks were raised.
    pub(crate) fn raised(&self) -> usize {
        self.bottlenecks.len()
    }

    /// Whether it met what this text says.
    pub(crate) fn met(&self, text: usize) -> bool {
        self.bottlenecks.iter().any(|bottleneck| bottleneck.text == text)
    }

    /// Somebody told how a bottleneck was solved.
    pub(crate) fn told(&mut self, nth: usize, experience: ExperienceId) {
        self.bottlenecks[nth].experience = Some(experience);
    }
}

/// The part of a project's time that one phase takes, when it left so many behind.
fn part_of_each(phases: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most five")]
    let phases = phases as f64;
    1.0 / (phases + 0.6)
}

/// The place of the project that a step is about.
pub(crate) fn place(world: &World, step: Step) -> usize {
    match step {
        Step::Register(_) => world.projects.len(),
        Step::Join(place)
        | Step::Leave(place)
        | Step::Advance(place)
        | Step::Return(place)
        | Step::Raise(place)
        | Step::Resolve { project: place, .. }
        | Step::Reuse(place)
        | Step::Update(place) => place,
    }
}

pub(crate) fn perform(world: &mut World, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    match step {
        Step::Register(nth) => register(world, nth, at, app).map(Some),
        Step::Join(project) => Ok(join(world, project, app)),
        Step::Leave(project) => Ok(leave(world, project, app)),
        Step::Advance(project) => advance(world, project, app),
        Step::Return(project) => go_back(world, project, at, app),
        Step::Raise(project) => raise(world, project, at, app).map(Some),
        Step::Resolve { project, nth } => resolve(world, project, nth, app).map(Some),
        Step::Reuse(project) => Ok(reuse(world, project, app)),
        Step::Update(project) => update(world, project, app).map(Some),
    }
}

fn register(world: &mut World, nth: usize, at: Timestamp, app: &Arc<App>) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let (plan, round) = (&texts.projects[nth % texts.projects.len()], nth / texts.projects.len());
    let named = LEADS.get(nth).and_then(|key| place_of(world, key));
    let lead = named.unwrap_or_else(|| world.people.somebody(&mut world.rng, Some(plan.by)));
    let person = world.people.all[lead];
    let id: ProjectId = app.source().id();
    let scope = KeyScope::of(project::Project::KIND, id);
    let mut organisations = vec![person.organisation];
    // Sanne's hospital does it together with Joost's practice.
    let partner = place_of(world, PARTNER).filter(|_| named.is_some() && nth == 0);
    organisations.extend(partner.map(|partner| world.people.all[partner].organisation));
    for neighbour in world.people.neighbours(&mut world.rng, person.region, 6) {
        let organisation = world.people.all[neighbour].organisation;
        if !organisations.contains(&organisation) && organisations.len() < 2 + nth % 3 {
            organisations.push(organisation);
        }
    }
    let mut interventions = Vec::with_capacity(plan.interventions.len());
    for key in &plan.interventions {
        interventions.extend(world.intervention(Some(key))?);
    }
    let name = if round == 0 { plan.name.clone() } else { format!("{} – {{regio}} {}", plan.name, round + 1) };
    let command = RegisterProject {
        project: id,
        name: line(&scope, &world.in_words_of(lead, &name))?,
        aim: prose(&scope, &world.in_words_of(lead, &plan.aim))?,
        interventions: interventions.iter().map(|place| world.interventions[*place]).collect(),
        organisations: organisations.iter().map(|place| world.organisations[*place]).collect(),
        region: world.regions[person.region],
        lead: person.id,
        start: at.date_naive() + TimeDelta::days(world.rng.random_range(0..14)),
    };
    let place = world.projects.len();
    world.registered[nth] = Some(place);
    world.projects.push(Project {
        id,
        phase: Phase::Orientation,
        interventions,
        region: person.region,
        members: vec![lead],
        bottlenecks: Vec::new(),
        updates: 0,
    });
    world.people.joins(lead, place);
    plan_ahead(world, place, plan.phase, at);
    Ok(Job::new(app, By::Member(person.id), command))
}

/// Everything that will happen in a project, spread over the time until the world ends.
fn plan_ahead(world: &mut World, place: usize, reaches: Phase, at: Timestamp) {
    let span = world.calendar.until - at;
    for _ in 0..world.rng.random_range(3..6) {
        let after = scale(span, world.rng.random_range(0.01..0.25));
        world.at_work(at, after, Step::Join(place).into());
    }
    let phases = phases_before(reaches);
    let mut day = 0.0;
    for phase in 0..phases {
        day += part_of_each(phases) * world.rng.random_range(0.8..LATEST);
        world.at_work(at, scale(span, day), Step::Advance(place).into());
        if phase == 1 && place % RETURNS == 3 {
            world.at_work(at, scale(span, day + part_of_each(phases) * 0.3), Step::Return(place).into());
        }
    }
    let months = usize::try_from(span.num_days() / 30).unwrap_or_default();
    for _ in 0..=months / 5 {
        let after = scale(span, world.rng.random_range(0.05..0.97));
        world.at_work(at, after, Step::Raise(place).into());
    }
    for _ in 0..(2 + part(months, 0.5)) {
        let after = scale(span, world.rng.random_range(0.02..0.99));
        world.at_work(at, after, Step::Update(place).into());
    }
    for _ in 0..2 {
        let after = scale(span, world.rng.random_range(0.25..0.98));
        world.at_work(at, after, Step::Reuse(place).into());
    }
    if world.rng.random_bool(0.3) {
        let after = scale(span, world.rng.random_range(0.6..0.9));
        world.at_work(at, after, Step::Leave(place).into());
    }
}

fn by_member(world: &World, person: usize) -> By {
    By::Member(world.people.all[person].id)
}

fn join(world: &mut World, place: usize, app: &Arc<App>) -> Option<Job> {
    let region = world.projects[place].region;
    let neighbours = world.people.neighbours(&mut world.rng, region, 8);
    let project = &world.projects[place];
    let of_sanne = place_of(world, "sanne") == Some(project.members[0]);
    let joost = place_of(world, PARTNER).filter(|_| of_sanne);
    let member = joost.into_iter().chain(neighbours).find(|member| !project.members.contains(member))?;
    let (id, by) = (project.id, by_member(world, project.members[0]));
    world.projects[place].members.push(member);
    world.people.joins(member, place);
    Some(Job::new(app, by, JoinProject { project: id, member: world.people.all[member].id }))
}

/// Somebody leaves who has nothing running there; they say so themselves.
fn leave(world: &mut World, place: usize, app: &Arc<App>) -> Option<Job> {
    let project = &world.projects[place];
    let busy = world.cycles.owners(place);
    let leaving = project.members.iter().skip(1).rposition(|member| !busy.contains(member))? + 1;
    let member = world.projects[place].members.remove(leaving);
    world.people.leaves(member, place);
    let id = world.people.all[member].id;
    Some(Job::new(app, By::Member(id), LeaveProject { project: world.projects[place].id, member: id }))
}

fn advance(world: &mut World, place: usize, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    let project = &mut world.projects[place];
    let Some(to) = project.phase.next() else { return Ok(None) };
    let notes = &texts.updates.notes[project.phase as usize];
    project.phase = to;
    let (id, lead) = (project.id, project.members[0]);
    let scope = KeyScope::of(project::Project::KIND, id);
    let note = match notes.choose(&mut world.rng).filter(|_| world.rng.random_bool(0.8)) {
        Some(note) => Some(prose(&scope, &world.in_words_of(lead, note))?),
        None => None,
    };
    Ok(Some(Job::new(app, by_member(world, lead), AdvancePhase { project: id, to, note })))
}

fn go_back(world: &mut World, place: usize, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    let project = &mut world.projects[place];
    let Some(to) = project.phase.previous() else { return Ok(None) };
    project.phase = to;
    let (id, lead) = (project.id, project.members[0]);
    let reason = texts.updates.returns.choose(&mut world.rng).map_or("", String::as_str);
    let reason = prose(&KeyScope::of(project::Project::KIND, id), &world.in_words_of(lead, reason))?;
    let days = world.rng.random_range(30..60);
    world.at_work(at, TimeDelta::days(days), Step::Advance(place).into());
    Ok(Some(Job::new(app, by_member(world, lead), ReturnPhase { project: id, to, reason })))
}

/// What most projects meet at some time; sooner or later most of it is solved.
fn raise(world: &mut World, place: usize, at: Timestamp, app: &Arc<App>) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let project = &world.projects[place];
    let fits: Vec<usize> = (0..texts.bottlenecks.len())
        .filter(|text| !project.met(*text))
        .filter(|text| {
            let about = texts.bottlenecks[*text].intervention.as_deref().and_then(|key| texts.intervention(key));
            about.is_none_or(|about| project.interventions.contains(&about))
        })
        .collect();
    let text = fits.choose(&mut world.rng).copied().unwrap_or_default();
    let member = project.members.choose(&mut world.rng).copied().unwrap_or(project.members[0]);
    let nth = project.bottlenecks.len();
    if world.rng.random_bool(0.72) {
        let days = world.rng.random_range(9..75);
        world.at_work(at, TimeDelta::days(days), Step::Resolve { project: place, nth }.into());
    }
    raise_as(world, place, member, text, app)
}

/// Somebody of a project says what stands in the way. It will be the last of the project's bottlenecks.
pub(crate) fn raise_as(
    world: &mut World,
    place: usize,
    member: usize,
    text: usize,
    app: &Arc<App>,
) -> Result<Job, LoadError> {
    let id: BottleneckId = app.source().id();
    let texts = world.texts.clone();
    let obstacle = &texts.bottlenecks[text];
    let command = RaiseBottleneck {
        project: world.projects[place].id,
        bottleneck: id,
        text: prose(&KeyScope::of("bottleneck", id), &world.in_words_of(member, &obstacle.text))?,
        kind: obstacle.kind,
    };
    world.projects[place].bottlenecks.push(Bottleneck { id, text, resolved: false, experience: None });
    Ok(Job::new(app, by_member(world, member), command))
}

fn resolve(world: &mut World, place: usize, nth: usize, app: &Arc<App>) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let project = &mut world.projects[place];
    let bottleneck = &mut project.bottlenecks[nth];
    bottleneck.resolved = true;
    let (id, text, experience) = (bottleneck.id, bottleneck.text, bottleneck.experience);
    let project = &world.projects[place];
    let member = project.members.choose(&mut world.rng).copied().unwrap_or(project.members[0]);
    let command = ResolveBottleneck {
        project: project.id,
        bottleneck: id,
        solution: prose(
            &KeyScope::of("bottleneck", id),
            &world.in_words_of(member, &texts.bottlenecks[text].solution),
        )?,
        experience,
    };
    Ok(Job::new(app, by_member(world, member), command))
}

/// Takes over what another project with the same intervention shared; one that is further, if there is one.
fn reuse(world: &mut World, place: usize, app: &Arc<App>) -> Option<Job> {
    let project = &world.projects[place];
    let useful: Vec<usize> = (0..world.experiences.len())
        .rev()
        .filter(|nth| {
            let shared = &world.experiences[*nth];
            shared.intervention.is_some_and(|about| project.interventions.contains(&about))
                && shared.project.is_some_and(|from| from != place && world.projects[from].phase >= project.phase)
        })
        .take(12)
        .collect();
    let shared = world.experiences[*useful.choose(&mut world.rng)?];
    let open = project.bottlenecks.iter().rfind(|bottleneck| !bottleneck.resolved);
    let member = *project.members.choose(&mut world.rng)?;
    let command = ReuseSolution {
        project: project.id,
        experience: shared.id,
        from_project: shared.project.map(|from| world.projects[from].id),
        bottleneck: open.map(|bottleneck| bottleneck.id),
    };
    Some(Job::new(app, by_member(world, member), command))
}

fn update(world: &mut World, place: usize, app: &Arc<App>) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let project = &mut world.projects[place];
    let news = texts.updates.of(project.phase);
    // Each project begins elsewhere in the list, and tells nothing twice before it has told all.
    let text = &news[(place * 3 + project.updates) % news.len()];
    project.updates += 1;
    let (project, members) = (project.id, &project.members);
    let member = members.choose(&mut world.rng).copied().unwrap_or(members[0]);
    let update: UpdateId = app.source().id();
    let text = prose(&KeyScope::of("update", update), &world.in_words_of(member, text))?;
    Ok(Job::new(app, by_member(world, member), PostUpdate { project, update, text }))
}
