//! Events as the log keeps them.

use std::{fmt, str::FromStr};

use serde_json::value::RawValue;
use uuid::Uuid;

/// A place in the log: 1-based, dense, in commit order. 0 stands for "before the first".
pub type Position = i64;

/// A moment, UTC, microsecond precision.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// The name of a stream: a kind and the id of one thing of that kind. As text `kind-uuid`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// E.g. `project`; 1 to 64 lower-case letters.
    pub kind: String,
    /// Which one.
    pub id: Uuid,
}

impl StreamId {
    /// The stream of one thing.
    pub fn new(kind: &str, id: impl Into<Uuid>) -> Self {
        Self { kind: kind.to_owned(), id: id.into() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind, self.id)
    }
}

/// The text is not of the form `kind-uuid`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not name a stream")]
pub struct StreamIdError(String);

impl FromStr for StreamId {
    type Err = StreamIdError;

    fn from_str(text: &str) -> Result<Self, StreamIdError> {
        let (kind, id) = text.split_once('-').ok_or_else(|| StreamIdError(text.to_owned()))?;
        let id = Uuid::parse_str(id).map_err(|_| StreamIdError(text.to_owned()))?;
        if !names_a_kind(kind) {
            return Err(StreamIdError(text.to_owned()));
        }
        Ok(Self::new(kind, id))
    }
}

/// Whether a text can be the kind of a stream.
pub(crate) fn names_a_kind(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// A moment as the database keeps it; a leap second is the first of the next minute.
pub(crate) fn whole_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

/// An event as recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its place in the log.
    pub position: Position,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream: 1-based, dense.
    pub version: i32,
    /// Its own id (a UUID of version 7).
    pub id: Uuid,
    /// What happened, e.g. `PhaseAdvanced`.
    pub event_type: String,
    /// The version of the payload's schema.
    pub schema_version: i16,
    /// When it was recorded; never earlier than the event before it.
    pub at: Timestamp,
    /// Who did it; the log does not interpret it.
    pub actor: String,
    /// What belongs together: the request that led to it.
    pub correlation: Uuid,
    /// The event that led to it, if any.
    pub causation: Option<Uuid>,
    /// The ids of everything it touches; sorted, without repeats.
    pub concerns: Vec<Uuid>,
    /// The payload as stored: canonical (RFC 8785), texts sealed.
    pub data: Box<RawValue>,
    /// SHA-256(0x00 ‖ canonical envelope): a Merkle tree leaf (RFC 6962 §2.1).
    pub leaf_hash: [u8; 32],
}
