//! What is there by now, as far as the stories need it: who could act, and on what.

use std::{collections::HashMap, sync::Arc};

use app::App;
use chrono::TimeDelta;
use domain::{
    Timestamp,
    id::{BasisId, ExperienceId, InterventionId, MemberId, OrganisationId, RegionId, RoundId, ThemeId},
    member::Profession,
};
use rand::{Rng, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use crate::{
    LoadError, Summary,
    agenda::{Agenda, Step},
    clock::Calendar,
    cycles::{self, Cycles},
    experiences, pages, people,
    projects::{self, Project},
    questions::{self, Questions},
    register,
    stage::Job,
    texts::{Setting, Texts},
};

/// Everything that is there, and the dice.
pub(crate) struct World {
    pub(crate) texts: Arc<Texts>,
    pub(crate) calendar: Calendar,
    pub(crate) agenda: Agenda,
    pub(crate) rng: ChaCha8Rng,
    /// How many times the small world this one is.
    size: f64,
    pub(crate) regions: Vec<RegionId>,
    pub(crate) organisations: Vec<OrganisationId>,
    pub(crate) themes: Vec<ThemeId>,
    pub(crate) interventions: Vec<InterventionId>,
    pub(crate) rounds: Vec<RoundId>,
    /// The latest grant or own funding of each organisation that has one.
    pub(crate) bases: HashMap<usize, BasisId>,
    pub(crate) people: People,
    pub(crate) projects: Vec<Project>,
    /// For each project that comes: from when on it does not only prepare any more, if ever.
    pub(crate) works_from: Vec<Option<Timestamp>>,
    /// For each project that comes: the PDSA ramps it will have, by their texts.
    pub(crate) ramps_of: Vec<Vec<usize>>,
    /// For each project that comes: its place among the projects, once it is registered.
    pub(crate) registered: Vec<Option<usize>>,
    pub(crate) questions: Questions,
    pub(crate) experiences: Vec<Experience>,
    /// The latest experience made from a text with a key.
    pub(crate) experiences_by_key: HashMap<String, ExperienceId>,
    pub(crate) cycles: Cycles,
    pub(crate) pages: Vec<pages::Drafted>,
}

/// Somebody who takes part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    /// Their place in the list of all that come: the personas first.
    pub(crate) number: usize,
    pub(crate) id: MemberId,
    /// The place of their organisation in the register.
    pub(crate) organisation: usize,
    /// The place of its region in the register.
    pub(crate) region: usize,
    pub(crate) profession: Profession,
    pub(crate) setting: Setting,
}

/// Who takes part by now, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) all: Vec<Person>,
    /// Those who ask, answer and share.
    active: Vec<usize>,
    by_setting: [Vec<usize>; Setting::COUNT],
    by_region: Vec<Vec<usize>>,
    /// The projects of each, in the order of `all`.
    projects: Vec<Vec<usize>>,
}

/// An experience somebody shared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Experience {
    pub(crate) id: ExperienceId,
    pub(crate) author: usize,
    pub(crate) project: Option<usize>,
    pub(crate) intervention: Option<usize>,
}

impl People {
    pub(crate) fn add(&mut self, person: Person, contributes: bool) -> usize {
        let place = self.all.len();
        self.all.push(person);
        self.projects.push(Vec::new());
        if contributes {
            self.active.push(place);
            self.by_setting[person.setting as usize].push(place);
            if self.by_region.len() <= person.region {
                self.by_region.resize_with(person.region + 1, Vec::new);
            }
            self.by_region[person.region].push(place);
        }
        place
    }

    /// Somebody who works in such a place, if that matters and there is anybody; those who came first do more.
    pub(crate) fn somebody(&self, rng: &mut impl Rng, by: Option<Setting>) -> usize {
        let crowd = match by.map(|setting| &self.by_setting[setting as usize]) {
            Some(crowd) if !crowd.is_empty() => crowd,
            _ => &self.active,
        };
        let skewed = rng.random::<f64>().powf(1.5);
        crowd[part(crowd.len(), skewed)]
    }

    /// Somebody else, if there is anybody else.
    pub(crate) fn other(&self, rng: &mut impl Rng, by: Option<Setting>, than: &[usize]) -> Option<usize> {
        (0..20)
            .map(|_| self.somebody(rng, by))
            .chain((0..20).map(|n| self.active[n % self.active.len()]))
            .find(|somebody| !than.contains(somebody))
    }

    /// The projects somebody takes part in.
    pub(crate) fn projects_of(&self, person: usize) -> &[usize] {
        &self.projects[person]
    }

    pub(crate) fn joins(&mut self, person: usize, project: usize) {
        self.projects[person].push(project);
    }

    pub(crate) fn leaves(&mut self, person: usize, project: usize) {
        self.projects[person].retain(|one| *one != project);
    }

    /// Some colleagues in a region, each once.
    pub(crate) fn neighbours(&self, rng: &mut impl Rng, region: usize, count: usize) -> Vec<usize> {
        self.by_region.get(region).map(|crowd| crowd.choose_multiple(rng, count).copied().collect()).unwrap_or_default()
    }
}

impl World {
    pub(crate) fn new(texts: Texts, calendar: Calendar, seed: u64, size: f64) -> Self {
        Self {
            texts: Arc::new(texts),
            calendar,
            agenda: Agenda::new(calendar.until),
            rng: ChaCha8Rng::seed_from_u64(seed),
            size,
            regions: Vec::new(),
            organisations: Vec::new(),
            themes: Vec::new(),
            interventions: Vec::new(),
            rounds: Vec::new(),
            bases: HashMap::new(),
            people: People::default(),
            projects: Vec::new(),
            works_from: Vec::new(),
            ramps_of: Vec::new(),
            registered: Vec::new(),
            questions: Questions::default(),
            experiences: Vec::new(),
            experiences_by_key: HashMap::new(),
            cycles: Cycles::default(),
            pages: Vec::new(),
        }
    }

    /// Puts the beginning of every story on the agenda.
    pub(crate) fn open(&mut self) {
        people::open(self);
        projects::open(self);
        questions::open(self);
        experiences::open(self);
        cycles::open(self);
        pages::open(self);
    }

    /// The command of a step. None when there turns out to be nothing to do.
    pub(crate) fn perform(&mut self, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
        match step {
            Step::People(step) => people::perform(self, step, at, app),
            Step::Register(step) => register::perform(self, step, at, app).map(Some),
            Step::Project(step) => projects::perform(self, step, at, app),
            Step::Question(step) => questions::perform(self, step, at, app),
            Step::Experience(step) => experiences::perform(self, step, at, app),
            Step::Cycle(step) => cycles::perform(self, step, at, app),
            Step::Page(step) => pages::perform(self, step, at, app),
        }
    }

    /// Tells steps apart that can run side by side: what happens to one thing has one number.
    pub(crate) fn lane(&self, step: Step) -> usize {
        let (kind, place) = match step {
            Step::People(step) => (0, people::place(step)),
            Step::Register(step) => (5, register::place(step)),
            Step::Project(step) => (1, projects::place(self, step)),
            // A cycle leans on its project.
            Step::Cycle(step) => (1, cycles::project(self, step)),
            Step::Question(step) => (2, questions::place(self, step)),
            Step::Experience(step) => (3, experiences::place(self, step)),
            Step::Page(step) => (4, pages::place(self, step)),
        };
        kind * 11 + place
    }

    /// So many in the small world; more in a larger one.
    pub(crate) fn scaled(&self, count: usize) -> usize {
        part(count, self.size).max(count)
    }

    /// Puts a step on the agenda, some time from now when people are at work.
    pub(crate) fn at_work(&mut self, from: Timestamp, after: TimeDelta, step: Step) -> bool {
        let at = self.calendar.at_work(&mut self.rng, from + after);
        self.agenda.put(at, step)
    }

    /// The words of somebody.
    pub(crate) fn in_words_of(&self, person: usize, text: &str) -> String {
        let Person { setting, region, .. } = self.people.all[person];
        self.texts.words.fit(text, setting, &self.texts.register.regions[region].name)
    }

    /// The themes with these keys.
    pub(crate) fn themes_of(&self, keys: &[String]) -> Result<Vec<ThemeId>, LoadError> {
        let found = |key: &String| self.texts.theme(key).map(|place| self.themes[place]);
        keys.iter().map(|key| found(key).ok_or_else(|| LoadError::Unknown(key.clone()))).collect()
    }

    /// The place of an intervention in the catalogue.
    pub(crate) fn intervention(&self, key: Option<&str>) -> Result<Option<usize>, LoadError> {
        let place = |key: &str| self.texts.intervention(key).ok_or_else(|| LoadError::Unknown(key.to_owned()));
        key.map(place).transpose()
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary {
            events: 0,
            regions: self.regions.len(),
            organisations: self.organisations.len(),
            members: self.people.all.len(),
            projects: self.projects.len(),
            questions: self.questions.asked.len(),
            anonymous: self.questions.asked.iter().filter(|question| question.anonymous).count(),
            unanswered: self.questions.asked.iter().filter(|question| question.answers.is_empty()).count(),
            experiences: self.experiences.len(),
            cycles: self.cycles.planned.len(),
            pages: self.pages.len(),
        }
    }
}

/// A part of a count, rounded down.
pub(crate) fn part(count: usize, fraction: f64) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are small and fractions positive"
    )]
    let part = (count as f64 * fraction) as usize;
    part
}
