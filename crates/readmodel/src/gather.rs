//! Reading many things at once: in one statement, together with what nearly always goes with them; and what was read
//! before and has not changed, without any.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::id::ProjectId;
use eventlog::Moment;
use quick_cache::Weighter;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use crate::{
    ReadModels,
    definition::Definition,
    error::ReadModelError,
    forgetting::ForgettingCache,
    model::Model,
    models::{
        cycle::{CycleRow, Cycles},
        timeline::{self, Entry, Timeline},
    },
    tables,
};

/// How much is kept, in bytes of documents.
const KEPT: u64 = 128 << 20;
/// About how many things these are.
const THINGS: usize = 20_000;

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// The row of a model whose key is this id.
    Row {
        /// The model.
        model: &'static str,
        /// The key.
        id: Uuid,
    },
    /// The cycles of a project, in the order in which they were planned.
    Cycles(ProjectId),
    /// Entries of a project's timeline, strictly between two positions.
    Timeline {
        /// The project.
        project: ProjectId,
        /// After this position.
        after: i64,
        /// Before this one.
        before: i64,
        /// The latest first.
        newest_first: bool,
        /// At most so many.
        limit: i64,
    },
}

impl Ask {
    /// The row of a model.
    pub fn row<M: Model>(id: impl Into<Uuid>) -> Self {
        Self::Row { model: M::NAME, id: id.into() }
    }

    /// What it is about: only events that concern this change it.
    pub fn subject(&self) -> Uuid {
        match self {
            Self::Row { id, .. } => *id,
            Self::Cycles(project) | Self::Timeline { project, .. } => project.0,
        }
    }

    /// The model it is read from.
    fn model(&self) -> &'static str {
        match self {
            Self::Row { model, .. } => model,
            Self::Cycles(_) => Cycles::NAME,
            Self::Timeline { .. } => Timeline::NAME,
        }
    }
}

/// What was read: a row or rows of the model's type, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Answer(Option<Arc<dyn Any + Send + Sync>>);

impl Answer {
    /// The row.
    pub fn row<M: Model>(&self) -> Option<Arc<M::Row>> {
        Arc::downcast(self.0.clone()?).ok()
    }

    /// The cycles.
    pub fn cycles(&self) -> Arc<Vec<CycleRow>> {
        self.0.clone().and_then(|rows| Arc::downcast(rows).ok()).unwrap_or_default()
    }

    /// The entries of the timeline.
    pub fn timeline(&self) -> Arc<Vec<Entry>> {
        self.0.clone().and_then(|rows| Arc::downcast(rows).ok()).unwrap_or_default()
    }
}

/// An answer as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    answer: Answer,
    /// As of when.
    moment: Moment,
    /// Of its documents.
    bytes: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Weight;

impl Weighter<Ask, Kept> for Weight {
    fn weight(&self, _: &Ask, kept: &Kept) -> u64 {
        // Rows take about twice what their documents do.
        2 * kept.bytes as u64 + 200
    }
}

/// What was read before.
pub(crate) type Memory = ForgettingCache<Ask, Kept, Weight>;

/// Nothing yet.
pub(crate) fn memory() -> Memory {
    Memory::new(THINGS, KEPT, Weight)
}

impl ReadModels {
    /// What was read before, if it is still so. What an event has changed that can be seen is not.
    pub fn kept(&self, ask: &Ask) -> Option<Answer> {
        let kept = self.memory.get(ask)?;
        self.log.changes().is_fresh(ask.subject(), kept.moment).then_some(kept.answer)
    }

    /// Reads all of it in one statement, and keeps it.
    pub async fn gather(&self, asks: &[Ask]) -> Result<HashMap<Ask, Answer>, ReadModelError> {
        let moments: HashMap<&str, Moment> = self
            .definitions
            .iter()
            .zip(self.standing.all())
            .map(|(definition, stand)| (definition.name(), self.log.changes().as_of(stand.position)))
            .collect();
        let mut question = Question::default();
        for ask in asks {
            question.ask(ask);
        }
        let mut query = sqlx::query(AssertSqlSafe(question.sql(self)));
        for bind in question.binds {
            query = match bind {
                Bind::Keys(keys) => query.bind(keys),
                Bind::Text(text) => query.bind(text),
                Bind::Number(number) => query.bind(number),
            };
        }
        let mut docs: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for row in query.fetch_all(&self.by_key).await? {
            docs.entry(row.try_get(0)?).or_default().push((row.try_get(1)?, row.try_get(2)?));
        }
        let mut found: HashMap<Ask, Answer> = HashMap::new();
        let mut keep = |ask: Ask, answer: Answer, bytes: usize| {
            if let Some(moment) = moments.get(ask.model()) {
                let kept = Kept { answer: answer.clone(), moment: *moment, bytes };
                self.memory.keep(self.log.changes(), &ask, kept, *moment);
            }
            found.insert(ask, answer);
        };
        for definition in self.definitions.iter() {
            let model = definition.name();
            for (key, doc) in docs.remove(model).unwrap_or_default() {
                let Ok(id) = Uuid::parse_str(&key) else { continue };
                let answer = Answer(Some(definition.model.read(&doc)?));
                keep(Ask::Row { model, id }, answer, doc.len());
            }
        }
        let mut cycles: HashMap<String, (Vec<CycleRow>, usize)> = HashMap::new();
        for (project, doc) in docs.remove("cycles").unwrap_or_default() {
            let (rows, bytes) = cycles.entry(project).or_default();
            rows.push(tables::read::<Cycles>(&doc)?);
            *bytes += doc.len();
        }
        for (n, ask) in asks.iter().enumerate() {
            match ask {
                // A row that there is has been kept already; that there is none may be kept as well.
                Ask::Row { .. } => {}
                Ask::Cycles(project) => {
                    let (mut rows, bytes) = cycles.remove(&project.to_string()).unwrap_or_default();
                    rows.sort_unstable_by_key(|row| row.planned_position);
                    keep(ask.clone(), Answer(Some(Arc::new(rows))), bytes);
                }
                Ask::Timeline { newest_first, .. } => {
                    let docs = docs.remove(&format!("timeline{n}")).unwrap_or_default();
                    let bytes = docs.iter().map(|(_, doc)| doc.len()).sum();
                    let mut entries = timeline::entries(docs.iter().map(|(_, doc)| &**doc))?;
                    entries.sort_unstable_by_key(|entry| entry.position);
                    if *newest_first {
                        entries.reverse();
                    }
                    keep(ask.clone(), Answer(Some(Arc::new(entries))), bytes);
                }
            }
        }
        let missing = asks.iter().filter(|ask| matches!(ask, Ask::Row { .. }) && !found.contains_key(ask));
        let missing: Vec<Ask> = missing.cloned().collect();
        for ask in missing {
            if let Some(moment) = moments.get(ask.model()) {
                let kept = Kept { answer: Answer(None), moment: *moment, bytes: 0 };
                self.memory.keep(self.log.changes(), &ask, kept, *moment);
            }
            found.insert(ask, Answer(None));
        }
        Ok(found)
    }
}

/// A value of the statement.
enum Bind {
    Keys(Vec<String>),
    Text(String),
    Number(i64),
}

/// One statement for everything that is asked.
#[derive(Default)]
struct Question {
    rows: BTreeMap<&'static str, Vec<String>>,
    cycles: Vec<String>,
    /// Named by their places among what is asked.
    timelines: Vec<(usize, ProjectId, i64, i64, bool, i64)>,
    asked: usize,
    binds: Vec<Bind>,
    /// `WITH` these tables.
    tables: Vec<String>,
    /// What each contributes.
    parts: Vec<String>,
    /// Expressions that give keys of a model, over the tables that hold them; with the model of each table.
    along: BTreeMap<&'static str, Vec<(&'static str, String)>>,
}

impl Question {
    fn ask(&mut self, ask: &Ask) {
        match ask {
            Ask::Row { model, id } => self.rows.entry(model).or_default().push(id.to_string()),
            Ask::Cycles(project) => self.cycles.push(project.to_string()),
            Ask::Timeline { project, after, before, newest_first, limit } => {
                self.timelines.push((self.asked, *project, *after, *before, *newest_first, *limit));
            }
        }
        self.asked += 1;
    }

    fn bind(&mut self, bind: Bind) -> usize {
        self.binds.push(bind);
        self.binds.len()
    }

    /// Adds a table of the statement that holds rows of a model, and what goes along with them.
    fn table(&mut self, model: &Definition, what: &str, key: &str, select: &str) {
        let name = self.add(what, key, select);
        for (keys, of) in model.model.brings() {
            self.along.entry(of).or_default().push((model.name(), format!("SELECT {keys} FROM {name}")));
        }
    }

    fn add(&mut self, what: &str, key: &str, select: &str) -> String {
        let name = format!("t{}", self.tables.len());
        self.tables.push(format!("{name} AS ({select})"));
        self.parts.push(format!("SELECT '{what}', {key}, doc::text FROM {name}"));
        name
    }

    /// The statement. Models bring only rows of models before them in the list, so that each is taken once, from the last
    /// to the first: a page cites a question, which has an author, who works somewhere. What a model brings of its own
    /// kind, such as the project from which something was taken over, brings nothing more.
    fn sql(&mut self, models: &ReadModels) -> String {
        for definition in models.definitions.iter().rev() {
            let model = definition.name();
            if let Some(keys) = self.rows.remove(model) {
                let n = self.bind(Bind::Keys(keys));
                self.table(definition, model, "key", &format!("SELECT key, doc FROM {model} WHERE key = ANY(${n})"));
            }
            if model == Cycles::NAME && !self.cycles.is_empty() {
                let projects = std::mem::take(&mut self.cycles);
                let n = self.bind(Bind::Keys(projects));
                let select = format!("SELECT key, doc FROM cycle WHERE doc ->> 'project' = ANY(${n})");
                self.table(definition, "cycles", "doc ->> 'project'", &select);
            }
            if model == Timeline::NAME {
                for (place, project, after, before, newest_first, limit) in std::mem::take(&mut self.timelines) {
                    let (from, to) = timeline::between(project, after, before);
                    let [from, to] = [from, to].map(|key| self.bind(Bind::Text(key)));
                    let limit = self.bind(Bind::Number(limit));
                    let order = if newest_first { "DESC" } else { "ASC" };
                    let select = format!(
                        "SELECT key, doc FROM timeline WHERE key > ${from} AND key < ${to}
                         ORDER BY key {order} LIMIT ${limit}"
                    );
                    self.table(definition, &format!("timeline{place}"), "key", &select);
                }
            }
            // An array, as the planner then looks each key up instead of reading all rows; one that comes twice is looked
            // up once.
            let select = |keys: &[(&str, String)]| {
                let keys: Vec<&str> = keys.iter().map(|(_, keys)| keys.as_str()).collect();
                format!("SELECT key, doc FROM {model} WHERE key = ANY(ARRAY({}))", keys.join(" UNION ALL "))
            };
            let others = self.along.remove(model).unwrap_or_default();
            if !others.is_empty() {
                let (own, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|(from, _)| *from == model);
                if !others.is_empty() {
                    self.table(definition, model, "key", &select(&others));
                }
                if !own.is_empty() {
                    self.add(model, "key", &select(&own));
                }
            }
        }
        format!("WITH {} {}", self.tables.join(", "), self.parts.join(" UNION ALL "))
    }
}

#[cfg(test)]
mod tests {
    use crate::definition;

    #[test]
    fn a_model_brings_rows_of_models_before_it_or_of_its_own() {
        let definitions = definition::all();
        for (place, definition) in definitions.iter().enumerate() {
            for (_, of) in definition.model.brings() {
                let found = definitions.iter().position(|other| other.name() == *of);
                assert!(found.is_some_and(|found| found <= place), "{} brings {of}", definition.name());
            }
        }
    }
}
