//! The demo world: two years of invented people who ask, answer, share, and improve care in small steps.
//!
//! Nothing is written to the log behind the platform's back: every event comes from a command, run by the member who
//! would give it, under the same rules and policies as in daily use, in simulated time. A refusal while the world is
//! made is therefore an error. The same seed and end give the same world: ids, texts, moments and order.
//!
//! `people` and `register` fill the register, `questions`, `experiences`, `projects`, `cycles` and `pages` each tell one kind of
//! story; a story puts steps on the `agenda`, and the `stage` carries them out as commands.

mod agenda;
mod clock;
mod cycles;
mod experiences;
mod pages;
mod people;
mod personas;
mod projects;
mod questions;
mod register;
mod stage;
mod texts;
mod world;

use std::sync::Arc;

use app::{App, Policies, Source};
use domain::{Timestamp, text::TextError};
use eventlog::{Log, Position};

pub use personas::{About, PERSONAS, Persona};

use crate::{
    clock::{Calendar, Clock},
    stage::Stage,
    texts::Texts,
    world::World,
};

/// Events that a world of size 1 has at the least, whatever its seed.
const EVENTS: usize = 2_600;
/// Commands that a larger world runs at once.
const LANES: usize = 32;

/// Which demo world.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another seed, another world.
    pub seed: u64,
    /// When the world ends; it begins two years earlier.
    pub until: Timestamp,
    /// At least so many events, by more of everything. Absent: the small world, a few thousand events.
    pub events: Option<usize>,
}

/// What a world holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Events in the log.
    pub events: usize,
    /// Regions.
    pub regions: usize,
    /// Organisations.
    pub organisations: usize,
    /// Members, the personas among them.
    pub members: usize,
    /// Projects.
    pub projects: usize,
    /// Questions.
    pub questions: usize,
    /// Questions that were asked anonymously.
    pub anonymous: usize,
    /// Questions without an answer.
    pub unanswered: usize,
    /// Shared experiences.
    pub experiences: usize,
    /// PDSA cycles.
    pub cycles: usize,
    /// Knowledge pages.
    pub pages: usize,
}

/// The demo world was not loaded, or not wholly.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is something in the log; the demo world is for empty ones.
    #[error("the log holds {events} events already")]
    NotEmpty {
        /// How many.
        events: Position,
    },
    /// A file with texts does not read.
    #[error("the demo texts in {file} do not read")]
    Texts {
        /// Which.
        file: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A text is not one that members could write.
    #[error("the platform does not take the demo text {text:?}")]
    Text {
        /// Which.
        text: String,
        /// Why.
        source: TextError,
    },
    /// The texts refer to something that is not there.
    #[error("the demo texts refer to {0:?}, which they do not hold")]
    Unknown(String),
    /// A command was refused or failed.
    #[error("{command} was not carried out")]
    Command {
        /// Its name.
        command: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] eventlog::ReadError),
    /// The policies as delivered do not parse.
    #[error("the policies cannot be used")]
    Policies(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes the demo world in an empty log. `progress` is told now and then how many events there are.
///
/// The small world is made one command after the other, so that also the order in the log is the same every time. A
/// larger one runs commands of one simulated moment side by side: there everything is the same but the order of
/// events of the same moment.
pub async fn load(log: Arc<Log>, options: &Options, progress: impl Fn(usize)) -> Result<Summary, LoadError> {
    let head = log.head().await?;
    if head.position > 0 {
        return Err(LoadError::NotEmpty { events: head.position });
    }
    let texts = Texts::read()?;
    let calendar = Calendar::ending(options.until);
    let clock = Clock::at(calendar.begin);
    let lanes = if options.events.is_some() { LANES } else { 1 };
    let mut apps = Vec::with_capacity(lanes);
    for lane in 0..lanes {
        let clock = clock.clone();
        let source = Source::simulated(move || clock.now(), options.seed.wrapping_mul(1_000).wrapping_add(lane as u64));
        let policies = Policies::embedded().map_err(|error| LoadError::Policies(Box::new(error)))?;
        apps.push(Arc::new(App::new(log.clone(), policies, source)));
    }
    let size = options.events.map_or(1.0, |events| scale(events).max(1.0));
    let mut world = World::new(texts, calendar, options.seed, size);
    let mut stage = Stage::new(apps, clock);
    let events = stage.play(&mut world, progress).await?;
    let summary = Summary { events, ..world.summary() };
    tracing::debug!(?summary, "the demo world is there");
    Ok(summary)
}

/// How many times the small world so many events are.
fn scale(events: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nobody asks for more than a billion events")]
    let (events, small) = (events as f64, EVENTS as f64);
    events / small
}
