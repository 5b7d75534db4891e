//! Questions and answers: asked openly or anonymously, mostly answered within a day.

use std::{collections::HashMap, sync::Arc};

use app::{App, By};
use chrono::TimeDelta;
use domain::{
    Aggregate as _, Timestamp,
    id::{AnswerId, QuestionId},
    question::{
        AcceptAnswer, AskQuestion, GiveAnswer, HadSameQuestion, MarkHelpful, Question, RevealAsker, UnacceptAnswer,
    },
    sealed::KeyScope,
};
use rand::{
    Rng,
    seq::{IndexedRandom as _, SliceRandom as _},
};

use crate::{
    LoadError, agenda,
    clock::Calendar,
    people::place_of,
    stage::Job,
    texts::{Ask, Setting, Texts, line, prose},
    world::World,
};

/// Questions of the small world.
const QUESTIONS: usize = 180;
/// One in so many is asked anonymously.
const ANONYMOUS: usize = 6;
/// One in so many anonymous askers makes themselves known later: the third, and so on.
const REVEALED: usize = 10;
/// One in so many accepted answers turns out not to be the answer: the twentieth, and so on.
const RECONSIDERED: usize = 50;
/// Personas who answer often: their setting, the theme they answer on (any when empty), and how often they answer what
/// calls for somebody from that setting; a third of that when anybody could answer.
const HELPERS: [(&str, Setting, &str, f64); 4] = [
    ("femke", Setting::Hospice, "", 0.3),
    ("joost", Setting::Practice, "", 0.2),
    ("hanneke", Setting::Hospital, "zorginhoud", 0.4),
    ("ruben", Setting::Network, "meten", 0.4),
];
/// The one that Sanne asks anonymously.
const OF_SANNE: usize = ANONYMOUS * 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The nth question.
    Ask(usize),
    /// An answer to a question, by their places.
    Answer {
        question: usize,
        nth: usize,
    },
    Accept {
        question: usize,
        nth: usize,
    },
    Unaccept {
        question: usize,
        nth: usize,
    },
    SameHere(usize),
    Helpful {
        question: usize,
        nth: usize,
    },
    Reveal(usize),
}

impl From<Step> for agenda::Step {
    fn from(step: Step) -> Self {
        Self::Question(step)
    }
}

/// All that was asked.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    pub(crate) asked: Vec<Asked>,
    /// The latest question on a topic with a key.
    pub(crate) by_key: HashMap<String, usize>,
    /// How many of them anonymously.
    hidden: usize,
    /// How many answers were or will be accepted.
    accepted: usize,
    /// In which words each question will be asked.
    script: Vec<Wording>,
}

impl Asked {
    /// Whether it is on a theme.
    pub(crate) fn is_on(&self, theme: &str, texts: &Texts) -> bool {
        texts.topics[self.wording.topic].themes.iter().any(|about| about == theme)
    }
}

/// A question that was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) id: QuestionId,
    pub(crate) asker: usize,
    pub(crate) anonymous: bool,
    /// Whether who asked it anonymously will make themselves known.
    revealed: bool,
    pub(crate) answers: Vec<(AnswerId, usize)>,
    pub(crate) accepted: Option<AnswerId>,
    wording: Wording,
    /// Members who said they had it too.
    same: Vec<usize>,
}

/// Which words of which topic, and how often these were used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wording {
    topic: usize,
    ask: usize,
    round: usize,
}

/// Every way to ask, each once before any is used again; those that stay open come at moments of their own.
pub(crate) fn open(world: &mut World) {
    let texts = world.texts.clone();
    let (open, closed): (Vec<Wording>, Vec<Wording>) =
        lines(&texts).partition(|line| texts.topics[line.topic].answers.is_empty());
    let count = world.scaled(QUESTIONS);
    let rounds = count / closed.len().max(1) + 1;
    let mut script = Vec::with_capacity(count + closed.len());
    for round in 0..rounds {
        let mut again: Vec<Wording> = closed.iter().map(|line| Wording { round, ..*line }).collect();
        again.shuffle(&mut world.rng);
        script.append(&mut again);
    }
    script.truncate(count - open.len());
    let (from, until) = (world.calendar.begin + TimeDelta::days(24), world.calendar.until);
    for question in 0..script.len() {
        let raw = Calendar::growing(&mut world.rng, from, until - TimeDelta::hours(26));
        world.at_work(raw, TimeDelta::zero(), Step::Ask(question).into());
    }
    let ago = [2, 7, 27, 49, 74, 190, 600, 1_300];
    for (line, hours) in open.iter().zip(ago.into_iter().cycle()) {
        let at = world.calendar.before_end(TimeDelta::hours(hours));
        world.agenda.put(at, Step::Ask(script.len()).into());
        script.push(*line);
    }
    world.questions.script = script;
}

fn lines(texts: &Texts) -> impl Iterator<Item = Wording> {
    let topics = texts.topics.iter().enumerate();
    topics.flat_map(|(topic, text)| (0..text.asks.len()).map(move |ask| Wording { topic, ask, round: 0 }))
}

/// The place of the question that a step is about.
pub(crate) fn place(world: &World, step: Step) -> usize {
    match step {
        Step::Ask(_) => world.questions.asked.len(),
        Step::Answer { question: place, .. }
        | Step::Accept { question: place, .. }
        | Step::Unaccept { question: place, .. }
        | Step::SameHere(place)
        | Step::Helpful { question: place, .. }
        | Step::Reveal(place) => place,
    }
}

pub(crate) fn perform(world: &mut World, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    match step {
        Step::Ask(nth) => ask(world, nth, at, app).map(Some),
        Step::Answer { question, nth } => answer(world, question, nth, at, app),
        Step::Accept { question, nth } => {
            let asked = &mut world.questions.asked[question];
            let answer = asked.answers[nth].0;
            asked.accepted = Some(answer);
            let by = By::Member(world.people.all[asked.asker].id);
            Ok(Some(Job::new(app, by, AcceptAnswer { question: asked.id, answer })))
        }
        Step::Unaccept { question, nth } => {
            let asked = &mut world.questions.asked[question];
            let answer = asked.answers[nth].0;
            asked.accepted = None;
            let by = By::Member(world.people.all[asked.asker].id);
            Ok(Some(Job::new(app, by, UnacceptAnswer { question: asked.id, answer })))
        }
        Step::SameHere(question) => {
            let asked = &world.questions.asked[question];
            let than: Vec<usize> = asked.same.iter().copied().chain([asked.asker]).collect();
            let Some(member) = world.people.other(&mut world.rng, None, &than) else { return Ok(None) };
            let asked = &mut world.questions.asked[question];
            asked.same.push(member);
            let command = HadSameQuestion { question: asked.id };
            Ok(Some(Job::new(app, By::Member(world.people.all[member].id), command)))
        }
        Step::Helpful { question, nth } => {
            let asked = &world.questions.asked[question];
            let (answer, author) = asked.answers[nth];
            let than = [asked.asker, author];
            let Some(member) = world.people.other(&mut world.rng, None, &than) else { return Ok(None) };
            let command = MarkHelpful { question: asked.id, answer };
            Ok(Some(Job::new(app, By::Member(world.people.all[member].id), command)))
        }
        Step::Reveal(question) => {
            let asked = &world.questions.asked[question];
            let member = world.people.all[asked.asker].id;
            Ok(Some(Job::new(app, By::Member(member), RevealAsker { question: asked.id, member })))
        }
    }
}

fn ask(world: &mut World, nth: usize, at: Timestamp, app: &Arc<App>) -> Result<Job, LoadError> {
    let texts = world.texts.clone();
    let wording = world.questions.script[nth];
    let topic = &texts.topics[wording.topic];
    let words = &topic.asks[wording.ask];
    let anonymous = nth.is_multiple_of(ANONYMOUS);
    let intervention = world.intervention(topic.intervention.as_deref())?;
    let (who, project) = asker(world, nth, words, intervention);
    let project = project.filter(|_| !anonymous);
    let id: QuestionId = app.source().id();
    let scope = KeyScope::of(Question::KIND, id);
    let command = AskQuestion {
        question: id,
        title: line(&scope, &title(world, who, words, wording.round))?,
        body: prose(&scope, &world.in_words_of(who, &words.body))?,
        themes: world.themes_of(&topic.themes)?,
        intervention: intervention.map(|place| world.interventions[place]),
        phase: project.map(|project| world.projects[project].phase).or(topic.phase),
        project: project.map(|project| world.projects[project].id),
        anonymous: None,
    };
    let place = world.questions.asked.len();
    world.questions.hidden += usize::from(anonymous);
    let revealed = anonymous && world.questions.hidden % REVEALED == 3;
    world.questions.asked.push(Asked {
        id,
        asker: who,
        anonymous,
        revealed,
        answers: Vec::new(),
        accepted: None,
        wording,
        same: Vec::new(),
    });
    if let Some(key) = &topic.key {
        world.questions.by_key.insert(key.clone(), place);
    }
    plan(world, place, topic.answers_to(wording.ask).len(), at);
    let member = world.people.all[who].id;
    if !anonymous {
        return Ok(Job::new(app, By::Member(member), command));
    }
    Ok(Job::prepared(app, By::Member(member), command, move |app, command| async move {
        let hidden = app.hide_asker(command.question, member).await?;
        Ok(AskQuestion { anonymous: Some(hidden), ..command })
    }))
}

/// Who asks, and in which of their projects it came up.
fn asker(world: &mut World, nth: usize, words: &Ask, intervention: Option<usize>) -> (usize, Option<usize>) {
    let sanne = place_of(world, "sanne")
        .filter(|_| nth == OF_SANNE || nth % 26 == 5)
        .filter(|_| words.by.is_none_or(|setting| setting == Setting::Hospital));
    let asker = sanne.unwrap_or_else(|| {
        let from_project = intervention.filter(|_| world.rng.random_bool(0.5)).and_then(|intervention| {
            let project = world.projects.choose(&mut world.rng)?;
            let member = *project.members.choose(&mut world.rng)?;
            let fits = words.by.is_none_or(|setting| world.people.all[member].setting == setting);
            (fits && project.interventions.contains(&intervention)).then_some(member)
        });
        from_project.unwrap_or_else(|| world.people.somebody(&mut world.rng, words.by))
    });
    let fits =
        |project: &usize| intervention.is_none_or(|wanted| world.projects[*project].interventions.contains(&wanted));
    let project = world.people.projects_of(asker).iter().copied().rfind(fits);
    let project = project.filter(|_| world.rng.random_bool(0.7));
    (asker, project)
}

fn title(world: &mut World, asker: usize, words: &Ask, round: usize) -> String {
    let texts = world.texts.clone();
    let title = world.in_words_of(asker, &words.title);
    if round == 0 {
        return title;
    }
    let again = texts.words.again.choose(&mut world.rng).map_or("", String::as_str);
    let between = if title.ends_with(['?', '.']) { " " } else { ". " };
    world.in_words_of(asker, &format!("{title}{between}{again}"))
}

/// When answers come and what comes of them.
fn plan(world: &mut World, question: usize, known: usize, at: Timestamp) {
    let rng = &mut world.rng;
    let same = [0, 0, 0, 1, 1, 2, 2, 3, 5].choose(rng).copied().unwrap_or_default();
    let answers = if known == 0 { 0 } else { [1, 1, 2, 2, 3].choose(rng).copied().unwrap_or(1).min(known) };
    let quick = rng.random_bool(0.8);
    let mut then = at;
    for nth in 0..answers {
        let minutes = match nth {
            0 if quick => world.rng.random_range(12..14 * 60),
            0 => world.rng.random_range(20 * 60..6 * 1_440),
            _ => world.rng.random_range(40..2 * 1_440),
        };
        // Every question that can be answered is: the first answer comes before the world ends.
        let after = if nth == 0 {
            TimeDelta::minutes(minutes).min((world.calendar.until - at) / 2)
        } else {
            TimeDelta::minutes(minutes)
        };
        then = world.calendar.awake(&mut world.rng, then + after);
        world.agenda.put(then, Step::Answer { question, nth }.into());
    }
    for _ in 0..same {
        let after = TimeDelta::minutes(world.rng.random_range(60..9 * 1_440));
        world.at_work(at, after, Step::SameHere(question).into());
    }
}

fn answer(
    world: &mut World,
    question: usize,
    nth: usize,
    at: Timestamp,
    app: &Arc<App>,
) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    let Asked { id, asker, wording, ref answers, .. } = world.questions.asked[question];
    let replies = texts.topics[wording.topic].answers_to(wording.ask);
    // Another way of asking begins with another answer.
    let reply = replies[(nth + wording.ask + wording.round) % replies.len()];
    let than: Vec<usize> = answers.iter().map(|(_, author)| *author).chain([asker]).collect();
    let helper = helper(world, &texts.topics[wording.topic].themes, reply.by).filter(|helper| !than.contains(helper));
    let author = helper.or_else(|| world.people.other(&mut world.rng, reply.by, &than));
    let Some(author) = author else { return Ok(None) };
    let answer: AnswerId = app.source().id();
    let body = prose(&KeyScope::of("answer", answer), &world.in_words_of(author, &reply.body))?;
    world.questions.asked[question].answers.push((answer, author));
    let nth = world.questions.asked[question].answers.len() - 1;
    react(world, question, nth, at);
    let command = GiveAnswer { question: id, answer, body };
    Ok(Some(Job::new(app, By::Member(world.people.all[author].id), command)))
}

/// A persona who answers this, if one does.
fn helper(world: &mut World, themes: &[String], by: Option<Setting>) -> Option<usize> {
    let knows = |theme: &str| theme.is_empty() || themes.iter().any(|about| about == theme);
    let helpful = HELPERS.iter().find(|(_, setting, theme, chance)| {
        let suits = by.is_none_or(|by| by == *setting) && knows(theme);
        let chance = if by.is_some() { *chance } else { chance / 3.0 };
        suits && world.rng.random_bool(chance)
    });
    helpful.and_then(|(key, ..)| place_of(world, key))
}

/// What readers and the asker do with an answer.
fn react(world: &mut World, question: usize, nth: usize, at: Timestamp) {
    let accepts = world.rng.random_bool(if nth == 0 { 0.62 } else { 0.25 });
    if accepts {
        let after = TimeDelta::minutes(world.rng.random_range(25..3 * 1_440));
        let put = world.at_work(at, after, Step::Accept { question, nth }.into());
        world.questions.accepted += usize::from(put);
        if put && world.questions.accepted % RECONSIDERED == 20 {
            world.at_work(at, after + TimeDelta::days(4), Step::Unaccept { question, nth }.into());
        }
    }
    if nth == 0 && world.questions.asked[question].revealed {
        world.at_work(at, TimeDelta::days(11), Step::Reveal(question).into());
    }
    let helpful = [0, 0, 1, 1, 2, 2, 3, 4].choose(&mut world.rng).copied().unwrap_or_default();
    for _ in 0..helpful {
        let after = TimeDelta::minutes(world.rng.random_range(30..20 * 1_440));
        world.at_work(at, after, Step::Helpful { question, nth }.into());
    }
}
