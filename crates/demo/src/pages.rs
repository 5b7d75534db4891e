//! Knowledge pages: framing texts by an editor and an expert around what members contributed.

use std::sync::Arc;

use app::{App, By};
use chrono::TimeDelta;
use domain::{
    Aggregate as _, Timestamp,
    id::{PageId, SectionId},
    knowledge_page::{CiteSource, DraftPage, KnowledgePage, PublishPage, Source, WriteSection},
    sealed::KeyScope,
};
use rand::Rng as _;

use crate::{
    LoadError, agenda,
    people::place_of,
    questions::Asked,
    stage::Job,
    texts::{line, prose},
    world::World,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The nth page.
    Draft(usize),
    /// A section of a page, by its place among those drafted.
    Write {
        page: usize,
        section: usize,
    },
    Cite {
        page: usize,
        section: usize,
        nth: usize,
    },
    Revise(usize),
    Publish(usize),
}

impl From<Step> for agenda::Step {
    fn from(step: Step) -> Self {
        Self::Page(step)
    }
}

/// A page that was drafted.
#[derive(Debug)]
pub(crate) struct Drafted {
    id: PageId,
    text: usize,
    sections: Vec<SectionId>,
}

/// Drafted in the last eight months, when there was something to bundle.
pub(crate) fn open(world: &mut World) {
    let count = world.scaled(world.texts.pages.len());
    for nth in 0..count {
        let days = 240 - 200 * i64::try_from(nth).unwrap_or_default() / i64::try_from(count).unwrap_or(1);
        world.at_work(world.calendar.before_end(TimeDelta::days(days)), TimeDelta::zero(), Step::Draft(nth).into());
    }
}

/// The place of the page that a step is about.
pub(crate) fn place(world: &World, step: Step) -> usize {
    match step {
        Step::Draft(_) => world.pages.len(),
        Step::Write { page, .. } | Step::Cite { page, .. } | Step::Revise(page) | Step::Publish(page) => page,
    }
}

pub(crate) fn perform(world: &mut World, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    match step {
        Step::Draft(nth) => draft(world, nth, at, app).map(Some),
        Step::Write { page, section } => {
            let text = &texts.pages[world.pages[page].text].sections[section];
            write(world, page, section, &text.text, app).map(Some)
        }
        Step::Revise(page) => {
            let (section, text) = &texts.pages[world.pages[page].text].revision;
            write(world, page, *section, text, app).map(Some)
        }
        Step::Cite { page, section, nth } => {
            let drafted = &world.pages[page];
            let text = &texts.pages[drafted.text];
            let key = &text.sections[section].cites[nth];
            let (id, section) = (drafted.id, drafted.sections[section]);
            let Some(source) =
                source(world, key, (nth == 0).then_some(text.theme.as_str()), (page + nth).is_multiple_of(2))
            else {
                return Ok(None);
            };
            Ok(editor(world).map(|by| Job::new(app, by, CiteSource { page: id, section, source })))
        }
        Step::Publish(page) => {
            let page = world.pages[page].id;
            Ok(editor(world).map(|by| Job::new(app, by, PublishPage { page })))
        }
    }
}

fn editor(world: &World) -> Option<By> {
    place_of(world, "bram").map(|place| By::Member(world.people.all[place].id))
}

fn draft(world: &mut World, nth: usize, at: Timestamp, app: &Arc<App>) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let (text, round) = (nth % texts.pages.len(), nth / texts.pages.len());
    let words = &texts.pages[text];
    let unknown = |key: &String| LoadError::Unknown(key.clone());
    let intervention = texts.intervention(&words.intervention).ok_or_else(|| unknown(&words.intervention))?;
    let theme = texts.theme(&words.theme).ok_or_else(|| unknown(&words.theme))?;
    let id: PageId = app.source().id();
    let title = if round == 0 { words.title.clone() } else { format!("{}, deel {}", words.title, round + 1) };
    let command = DraftPage {
        page: id,
        title: line(&KeyScope::of(KnowledgePage::KIND, id), &title)?,
        intervention: world.interventions[intervention],
        theme: world.themes[theme],
    };
    let page = world.pages.len();
    let sections = words.sections.iter().map(|_| app.source().id()).collect();
    world.pages.push(Drafted { id, text, sections });
    let mut then = at;
    for (section, written) in words.sections.iter().enumerate() {
        then += TimeDelta::hours(world.rng.random_range(3..50));
        then = world.calendar.at_work(&mut world.rng, then);
        world.agenda.put(then, Step::Write { page, section }.into());
        for nth in 0..written.cites.len() {
            then += TimeDelta::minutes(world.rng.random_range(2..15));
            world.agenda.put(then, Step::Cite { page, section, nth }.into());
        }
    }
    then += TimeDelta::hours(20);
    world.at_work(then, TimeDelta::zero(), Step::Publish(page).into());
    // One page has changes that are not published yet.
    if nth == texts.pages.len() - 1 {
        world.agenda.put(world.calendar.before_end(TimeDelta::hours(30)), Step::Revise(page).into());
    } else if nth.is_multiple_of(2) {
        then = world.calendar.at_work(&mut world.rng, then + TimeDelta::days(31));
        world.agenda.put(then, Step::Revise(page).into());
        world.agenda.put(then + TimeDelta::minutes(25), Step::Publish(page).into());
    }
    let by = editor(world).ok_or_else(|| LoadError::Unknown("bram".into()))?;
    Ok(Job::new(app, by, command))
}

/// By the editor, or every third section by the expert.
fn write(world: &mut World, page: usize, section: usize, text: &str, app: &Arc<App>) -> Result<Job, LoadError> {
    let drafted = &world.pages[page];
    let heading = &world.texts.pages[drafted.text].sections[section].heading;
    let scope = KeyScope::of(KnowledgePage::KIND, drafted.id);
    let command = WriteSection {
        page: drafted.id,
        section: drafted.sections[section],
        heading: line(&scope, heading)?,
        text: prose(&scope, text)?,
    };
    let expert = place_of(world, "hanneke").filter(|_| section % 3 == 2);
    let by = expert.map(|place| By::Member(world.people.all[place].id)).or_else(|| editor(world));
    Ok(Job::new(app, by.ok_or_else(|| LoadError::Unknown("bram".into()))?, command))
}

/// The latest contribution with this key: an experience, a question or the answer that helped. While there is none,
/// another question on the theme that was answered, if a theme is given.
fn source(world: &World, key: &str, theme: Option<&str>, answer: bool) -> Option<Source> {
    if let Some(experience) = world.experiences_by_key.get(key) {
        return Some(Source::Experience { experience: *experience });
    }
    let questions = &world.questions;
    let named = questions.by_key.get(key).copied();
    let place = named.or_else(|| {
        let about =
            |asked: &Asked| asked.accepted.is_some() && theme.is_some_and(|theme| asked.is_on(theme, &world.texts));
        questions.asked.iter().rposition(about)
    })?;
    let asked = &questions.asked[place];
    let question = asked.id;
    Some(match asked.accepted.filter(|_| answer) {
        Some(answer) => Source::Answer { question, answer },
        None => Source::Question { question },
    })
}
