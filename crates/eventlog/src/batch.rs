//! One commit's worth of appends: each is accepted or refused on its own, in the order they queued.

use std::collections::HashMap;

use lru::LruCache;
use uuid::Uuid;

use crate::{
    append::{Append, Receipt},
    canonical::Envelope,
    error::AppendError,
    record::{Position, StreamId, Timestamp},
    tree::{Node, Tree},
};

/// The head row as the writer saw it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) position: Position,
    pub(crate) at: Timestamp,
    /// The tree of all events up to it.
    pub(crate) tree: Tree,
    /// The transaction that wrote the row: as long as it stays the same, nothing was appended.
    pub(crate) xmin: String,
}

/// What is known, or assumed, of the log while a batch is decided.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The version of each stream involved; absent: 0.
    pub(crate) versions: HashMap<StreamId, i32>,
    /// The receipts of keys used before, with the fingerprint they were used for.
    pub(crate) receipts: HashMap<[u8; 32], ([u8; 32], Receipt)>,
    /// Scopes that have a data key, or had one.
    pub(crate) scopes: Vec<String>,
    /// Versions that were not looked up but taken from what callers expect; to be checked when storing.
    pub(crate) guesses: Vec<(StreamId, i32)>,
}

impl Known {
    /// What can be said of a batch without asking the database: versions as remembered, or else as the callers
    /// expect them; keys are taken to be new. Nothing when a version cannot even be guessed.
    pub(crate) fn guess<'a>(
        appends: impl Iterator<Item = &'a Append>,
        remembered: &mut LruCache<StreamId, i32>,
    ) -> Option<Self> {
        let mut known = Self::default();
        for append in appends {
            if known.versions.contains_key(&append.stream) {
                continue;
            }
            let version = if let Some(version) = remembered.get(&append.stream) {
                *version
            } else {
                let version = append.expected.version()?;
                known.guesses.push((append.stream.clone(), version));
                version
            };
            known.versions.insert(append.stream.clone(), version);
        }
        Some(known)
    }
}

/// Events that will be stored, column by column.
#[derive(Debug, Default)]
pub(crate) struct Columns<'a> {
    pub(crate) position: Vec<i64>,
    pub(crate) stream_kind: Vec<&'a str>,
    pub(crate) stream_id: Vec<Uuid>,
    pub(crate) version: Vec<i32>,
    pub(crate) id: Vec<Uuid>,
    pub(crate) event_type: Vec<&'a str>,
    pub(crate) schema_version: Vec<i16>,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) actor: Vec<&'a str>,
    pub(crate) correlation: Vec<Uuid>,
    pub(crate) causation: Vec<Option<Uuid>>,
    pub(crate) concerns: Vec<&'a [Uuid]>,
    pub(crate) data: Vec<&'a str>,
    pub(crate) leaf_hash: Vec<[u8; 32]>,
}

/// What changes besides the events.
#[derive(Debug)]
pub(crate) struct Change {
    /// Position and moment of the head once this is stored.
    pub(crate) position: Position,
    pub(crate) at: Timestamp,
    /// The tree once this is stored.
    pub(crate) tree: Tree,
    pub(crate) nodes: Vec<Node>,
    /// Scope, wrapped key, moment.
    pub(crate) keys: Vec<(String, Vec<u8>, Timestamp)>,
    /// Key, fingerprint, receipt, moment.
    pub(crate) receipts: Vec<([u8; 32], [u8; 32], Receipt, Timestamp)>,
    pub(crate) known: Known,
}

impl Change {
    /// The head once this is stored, by a transaction that is known by now.
    pub(crate) fn seen(&self, xmin: String) -> Seen {
        Seen { position: self.position, at: self.at, tree: self.tree.clone(), xmin }
    }
}

/// The batch, decided.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) change: Change,
    pub(crate) columns: Columns<'a>,
    /// Where envelopes are written to be hashed.
    envelope: String,
}

/// What each caller of a batch is told.
pub(crate) type Answers = Vec<Result<Receipt, AppendError>>;

impl<'a> Batch<'a> {
    /// Decides a batch on top of a head.
    pub(crate) fn decide(before: &Seen, known: Known, appends: impl Iterator<Item = &'a Append>) -> (Self, Answers) {
        let mut decided = Self::on(before, known);
        let answers = appends.map(|append| decided.decide_one(append)).collect();
        (decided, answers)
    }

    /// An empty batch on top of a head.
    pub(crate) fn on(before: &Seen, known: Known) -> Self {
        let change = Change {
            position: before.position,
            at: before.at,
            tree: before.tree.clone(),
            nodes: Vec::new(),
            keys: Vec::new(),
            receipts: Vec::new(),
            known,
        };
        Self { change, columns: Columns::default(), envelope: String::new() }
    }

    /// Decides one append and, if accepted, gives its events their places.
    pub(crate) fn decide_one(&mut self, append: &'a Append) -> Result<Receipt, AppendError> {
        let change = &mut self.change;
        if let Some(key) = append.key
            && let Some((fingerprint, receipt)) = change.known.receipts.get(&key.key)
        {
            return if *fingerprint == key.fingerprint {
                Ok(Receipt { repeated: true, ..receipt.clone() })
            } else {
                Err(AppendError::KeyReused)
            };
        }
        let version = change.known.versions.get(&append.stream).copied().unwrap_or_default();
        if !append.expected.holds(version) {
            return Err(AppendError::Conflict { stream: append.stream.clone(), actual: version });
        }
        if append.new_keys.iter().any(|new| change.known.scopes.contains(&new.scope)) {
            return Err(AppendError::KeysChanged);
        }
        change.at = change.at.max(append.at);
        let receipt = self.place(append, version);
        let change = &mut self.change;
        change.known.versions.insert(append.stream.clone(), receipt.last_version);
        for new in &append.new_keys {
            change.known.scopes.push(new.scope.clone());
            change.keys.push((new.scope.clone(), new.wrapped.clone(), change.at));
        }
        if let Some(key) = append.key {
            change.known.receipts.insert(key.key, (key.fingerprint, receipt.clone()));
            change.receipts.push((key.key, key.fingerprint, receipt.clone(), change.at));
        }
        Ok(receipt)
    }

    fn place(&mut self, append: &'a Append, mut version: i32) -> Receipt {
        let first_version = version + 1;
        let Self { change, columns, envelope: buffer } = self;
        for event in &append.events {
            version += 1;
            change.position += 1;
            let envelope = Envelope {
                position: change.position,
                stream: &append.stream,
                version,
                id: event.id,
                event_type: &event.event_type,
                schema_version: event.schema_version,
                at: change.at,
                actor: &append.actor,
                correlation: append.correlation,
                causation: append.causation,
                concerns: &event.concerns,
                data: event.data.as_str(),
            };
            let leaf = envelope.leaf_hash(buffer);
            change.tree.push(leaf, |node| change.nodes.push(node));
            columns.leaf_hash.push(leaf);
            columns.position.push(change.position);
            columns.stream_kind.push(&append.stream.kind);
            columns.stream_id.push(append.stream.id);
            columns.version.push(version);
            columns.id.push(event.id);
            columns.event_type.push(&event.event_type);
            columns.schema_version.push(event.schema_version);
            columns.at.push(change.at);
            columns.actor.push(&append.actor);
            columns.correlation.push(append.correlation);
            columns.causation.push(append.causation);
            columns.concerns.push(&event.concerns);
            columns.data.push(event.data.as_str());
        }
        Receipt {
            stream: append.stream.clone(),
            first_version,
            last_version: version,
            position: change.position,
            repeated: false,
        }
    }

    /// The last event and its place: when it is there, so is the whole batch.
    pub(crate) fn last(&self) -> Option<(Position, Uuid)> {
        self.columns.id.last().map(|id| (self.change.position, *id))
    }
}
