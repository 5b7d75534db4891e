//! What is appended, and what the caller is told.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use uuid::Uuid;

use crate::{
    Log,
    error::AppendError,
    keys::NewKey,
    record::{self, Position, StreamId, Timestamp},
    seal::CanonicalJson,
};

/// The most events of one append.
const MOST_EVENTS: usize = 1_000;
/// The most bytes of one payload.
const MOST_PAYLOAD: usize = 1 << 20;
/// The most bytes of one append.
const MOST_BYTES: usize = 16 << 20;
/// What an event holds besides its payload and names, roughly.
const ENVELOPE: usize = 256;

/// Events to append to one stream, together or not at all.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: StreamId,
    /// What the caller believes about it.
    pub expected: Expected,
    /// At least one.
    pub events: Vec<NewEvent>,
    /// Who does it.
    pub actor: String,
    /// The request this belongs to.
    pub correlation: Uuid,
    /// The event that led to it.
    pub causation: Option<Uuid>,
    /// Now, by the caller's clock; what is finer than a microsecond is cut off. The log never goes back in time,
    /// so a clock that jumps back is overruled.
    pub at: Timestamp,
    /// Makes a retry safe.
    pub key: Option<IdempotencyKey>,
    /// Data keys that sealing these events called for; stored with them or not at all.
    pub new_keys: Vec<NewKey>,
}

/// One event to append.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// A fresh UUID of version 7; what is sealed in `data` is bound to it.
    pub id: Uuid,
    /// What happened.
    pub event_type: String,
    /// The version of the payload's schema.
    pub schema_version: i16,
    /// The payload, sealed and canonical.
    pub data: CanonicalJson,
    /// The ids of everything it touches; sorted and freed of repeats when appended.
    pub concerns: Vec<Uuid>,
}

/// What must be true of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: append at its end.
    Any,
    /// It does not exist.
    NoStream,
    /// It has at least one event.
    Exists,
    /// Its last event has this version; 0 is the same as [`Expected::NoStream`].
    Exact(i32),
}

impl Expected {
    /// Whether a stream at this version (0: none) is as expected.
    pub(crate) fn holds(self, version: i32) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => version == 0,
            Self::Exists => version > 0,
            Self::Exact(expected) => version == expected,
        }
    }

    /// The one version it allows, if it allows but one.
    pub(crate) fn version(self) -> Option<i32> {
        match self {
            Self::Any | Self::Exists => None,
            Self::NoStream => Some(0),
            Self::Exact(expected) => Some(expected),
        }
    }
}

/// Makes one append out of many tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Names the intention. Make it a keyed hash of what the client sent: it is stored.
    pub key: [u8; 32],
    /// Names its content. The same key with another fingerprint is refused.
    pub fingerprint: [u8; 32],
}

/// Where the events of an append stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The stream; for a retry that of the first try.
    pub stream: StreamId,
    /// The version of the first event.
    pub first_version: i32,
    /// The version of the last event.
    pub last_version: i32,
    /// The position of the last event; the events stand at consecutive positions.
    pub position: Position,
    /// Whether an earlier append with the same key was found.
    pub repeated: bool,
}

/// An append waiting for the writer.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) append: Append,
    /// About how much memory it takes.
    pub(crate) bytes: usize,
    pub(crate) answer: oneshot::Sender<Result<Receipt, AppendError>>,
    /// Its share of what may wait; given back when it has been answered.
    pub(crate) _room: OwnedSemaphorePermit,
}

impl Log {
    /// Appends events to one stream; returns once they are durable. See [`AppendError`] for what a caller may
    /// retry. When the future is dropped, the events may be appended all the same.
    pub async fn append(&self, mut append: Append) -> Result<Receipt, AppendError> {
        let bytes = append.tidy()?;
        let new_keys = append.new_keys.clone();
        let era = self.keys.era();
        let share = u32::try_from(bytes.min(self.room_at_all)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(share).map_err(|_| AppendError::Busy)?;
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Queued { append, bytes, answer, _room: room }).map_err(AppendError::from)?;
        // Who is not answered was cut off in the middle.
        let receipt = answered.await.map_err(|_| AppendError::OutcomeUnknown)??;
        if !receipt.repeated {
            self.keys.remember(era, new_keys);
        }
        Ok(receipt)
    }
}

impl Append {
    /// Brings it into the form in which it is stored. Returns about how much memory it takes.
    pub(crate) fn tidy(&mut self) -> Result<usize, AppendError> {
        let bytes = size(self)?;
        if !record::names_a_kind(&self.stream.kind) {
            return Err(AppendError::Kind);
        }
        // The database keeps microseconds, and the leaf hash must cover what is kept.
        self.at = record::whole_microseconds(self.at);
        for event in &mut self.events {
            event.concerns.sort_unstable();
            event.concerns.dedup();
        }
        Ok(bytes)
    }
}

/// The memory an append takes, if it is not too large.
fn size(append: &Append) -> Result<usize, AppendError> {
    let payloads = append.events.iter().map(|event| event.data.as_str().len());
    if append.events.is_empty() || append.events.len() > MOST_EVENTS || payloads.clone().any(|size| size > MOST_PAYLOAD)
    {
        return Err(AppendError::Size);
    }
    let names = append.events.iter().map(|event| event.event_type.len() + 16 * event.concerns.len() + ENVELOPE);
    let bytes = append.actor.len() + payloads.sum::<usize>() + names.sum::<usize>();
    if bytes > MOST_BYTES { Err(AppendError::Size) } else { Ok(bytes) }
}
