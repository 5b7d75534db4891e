//! What a read model is.

use std::collections::{HashMap, HashSet};

use domain::{Actor, Event, Sealed, Timestamp};
use eventlog::{Position, Recorded, StreamId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::error::ReadModelError;

/// An event as read models see it: typed, its texts opened or erased.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its place in the log.
    pub position: Position,
    /// The thing it happened to.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: i32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// The catalogue's name of what happened.
    pub event_type: String,
    /// Everything it touches.
    pub concerns: Vec<Uuid>,
    /// What happened.
    pub event: Event,
}

impl Seen {
    /// Types a recorded event whose payload was opened: JSON.
    pub fn new(recorded: &Recorded, opened: &str) -> Result<Self, ReadModelError> {
        let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| ReadModelError::Event {
            position: recorded.position,
            source,
        };
        let schema_version = u16::try_from(recorded.schema_version).map_err(|error| unreadable(error.into()))?;
        let event = Event::decode(&recorded.stream.kind, &recorded.event_type, schema_version, opened)
            .map_err(|error| unreadable(error.into()))?;
        Ok(Self {
            position: recorded.position,
            stream: recorded.stream.clone(),
            version: recorded.version,
            at: recorded.at,
            actor: recorded.actor.parse().map_err(|error: domain::actor::NotAnActor| unreadable(error.into()))?,
            event_type: recorded.event_type.clone(),
            concerns: recorded.concerns.clone(),
            event,
        })
    }
}

/// A read model: rows with a key, folded from events.
pub trait Model: Send + Sync + 'static {
    /// Its table is called so, with the columns `key text` and `doc jsonb`, in a schema for this definition of it.
    const NAME: &'static str;
    /// The kinds of streams whose events it folds: no other event changes a row.
    const KINDS: &'static [&'static str];
    /// The file that defines it, `include_str!` of itself: when that changes, the model is rebuilt on start.
    const DEFINITION: &'static str;
    /// Raise it when something elsewhere changes what is folded, such as how events are told. (A test says so: see
    /// `schema/readmodels.txt`.)
    const VERSION: u32;
    /// Statements after the table is made, with `{table}` for its name.
    const INDEXES: &'static [&'static str];
    /// Which events a row comes from, where its key is the id of a thing.
    const ORIGIN: Origin = Origin::Concerning;
    /// Rows that nearly always go along with a row: an SQL expression over `doc` that gives their keys, and their model.
    const BRINGS: &'static [(&'static str, &'static str)] = &[];
    /// A row, stored as a document.
    type Row: Serialize + DeserializeOwned + Clone + Send + Sync;

    /// The keys of the rows that folding this event may read. (Rows it only writes need not be named.)
    fn touches(event: &Seen) -> Vec<String>;

    /// The thing that every event concerns which the row with a key comes from.
    fn subject(key: &str) -> Option<Uuid> {
        Uuid::parse_str(key).ok()
    }

    /// Whether the row with a key is written once and never read or written by a fold again.
    fn is_final(_key: &str) -> bool {
        false
    }

    /// Takes an event into account. Pure: the same rows and event give the same rows.
    fn fold(rows: &mut Rows<Self::Row>, event: &Seen);
}

/// Which events a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Those of the stream whose id is its key, and no others.
    Stream,
    /// All that concern the thing whose id is its key.
    Concerning,
}

/// The rows that a batch of events touches, in memory.
#[derive(Debug)]
pub struct Rows<R> {
    rows: HashMap<String, R>,
    changed: HashSet<String>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self::new(HashMap::new())
    }
}

impl<R> Rows<R> {
    pub(crate) fn new(rows: HashMap<String, R>) -> Self {
        Self { rows, changed: HashSet::new() }
    }

    /// Adds rows as they are stored.
    pub(crate) fn add_stored(&mut self, rows: HashMap<String, R>) {
        self.rows.extend(rows);
    }

    /// Takes away written rows for which there is nothing more to do.
    pub(crate) fn take_changed(&mut self, which: impl Fn(&str) -> bool) -> Vec<(String, R)> {
        let taken: Vec<String> = self.changed.extract_if(|key| which(key)).collect();
        taken.into_iter().filter_map(|key| self.rows.remove_entry(&key)).collect()
    }

    /// The row, if there is one.
    pub fn get(&self, key: &str) -> Option<&R> {
        self.rows.get(key)
    }

    /// Writes a row.
    pub fn put(&mut self, key: impl Into<String>, row: R) {
        let key = key.into();
        self.changed.insert(key.clone());
        self.rows.insert(key, row);
    }

    /// Changes a row, if there is one.
    pub fn change(&mut self, key: &str, change: impl FnOnce(&mut R)) {
        if let Some(row) = self.rows.get_mut(key) {
            change(row);
            self.changed.insert(key.to_owned());
        }
    }

    /// The keys of the rows that were written.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.changed.iter().map(String::as_str)
    }

    /// Takes no row as written any more, and forgets some.
    pub fn settle(&mut self, forget: impl Fn(&str) -> bool) {
        for key in std::mem::take(&mut self.changed) {
            if forget(&key) {
                self.rows.remove(&key);
            }
        }
    }

    /// All rows by their keys.
    pub fn into_map(self) -> HashMap<String, R> {
        self.rows
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &R)> {
        self.rows.iter()
    }

    /// The rows that were written, in the order of their keys.
    pub(crate) fn changed(&self) -> Vec<(&str, &R)> {
        let mut changed: Vec<_> =
            self.changed.iter().filter_map(|key| self.rows.get(key).map(|row| (key.as_str(), row))).collect();
        changed.sort_unstable_by_key(|(key, _)| *key);
        changed
    }
}

/// A text as read models keep it: readable, or erased for good.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shown {
    /// What was written.
    Text(String),
    /// The key of its scope was destroyed.
    Erased {
        /// Always true; tells the two forms apart.
        erased: bool,
    },
}

impl Shown {
    /// The text, unless it was erased.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Erased { .. } => None,
        }
    }

    /// From a sealed value.
    pub fn of<T>(sealed: &Sealed<T>, text: impl Fn(&T) -> &str) -> Self {
        sealed.open().map_or(Self::Erased { erased: true }, |value| Self::Text(text(value).to_owned()))
    }
}

impl From<&Sealed<domain::text::Line>> for Shown {
    fn from(sealed: &Sealed<domain::text::Line>) -> Self {
        Self::of(sealed, domain::text::Line::as_str)
    }
}

impl From<&Sealed<domain::text::Prose>> for Shown {
    fn from(sealed: &Sealed<domain::text::Prose>) -> Self {
        Self::of(sealed, domain::text::Prose::as_str)
    }
}
