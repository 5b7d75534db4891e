//! What can go wrong with a log.

use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;

use crate::record::{Position, StreamId};

/// When to try again what found the log busy: several commits later, even on a slow disk.
pub const BUSY_FOR: Duration = Duration::from_millis(500);
/// When to try again what found the database away: restarting takes it a few seconds.
pub const AWAY_FOR: Duration = Duration::from_secs(2);

/// An append was not done (or, in one case, may have been).
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The stream is not at the version the caller expected. Load it again and decide again.
    #[error("stream {stream} is at version {actual}, which was not expected")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// Its version; 0 when it does not exist.
        actual: i32,
    },
    /// The idempotency key was used before, for something else.
    #[error("the idempotency key was used before with other content")]
    KeyReused,
    /// A data key that was to be made exists by now, or was destroyed. Seal again.
    #[error("a data key changed while sealing")]
    KeysChanged,
    /// Too much waits for the writer. Nothing was stored; try again [a little later](BUSY_FOR).
    #[error("the log is busy")]
    Busy,
    /// The database cannot be reached. Nothing was stored; try again later.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Option<sqlx::Error>),
    /// The connection was lost during commit and the database did not come back soon enough to look: it may have
    /// been stored. Retry with the same idempotency key to find out.
    #[error("the connection was lost while storing; it may or may not have been stored")]
    OutcomeUnknown,
    /// The database refused the event for a reason the log does not know.
    #[error("the database refused the append")]
    Database(#[source] sqlx::Error),
    /// An append without events, with more than 1,000, with one larger than 1 MiB, or larger than 16 MiB.
    #[error("an append holds 1 to 1,000 events of at most 1 MiB each, and at most 16 MiB")]
    Size,
    /// The kind of the stream is not a name.
    #[error("the kind of a stream has 1 to 64 lower-case letters")]
    Kind,
}

impl AppendError {
    /// When to try the same again, if that may help by itself.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy => Some(BUSY_FOR),
            Self::Unavailable(_) | Self::OutcomeUnknown => Some(AWAY_FOR),
            Self::Conflict { .. }
            | Self::KeyReused
            | Self::KeysChanged
            | Self::Database(_)
            | Self::Size
            | Self::Kind => None,
        }
    }
}

/// Reading failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database cannot be reached or is starting. Try again later.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The database refused the query, or a stored row does not read.
    #[error("the log cannot be read")]
    Database(#[source] sqlx::Error),
    /// An event is missing though later ones are there: somebody removed it behind the log's back.
    #[error("the event at position {position} is missing from the log")]
    Gap {
        /// Where it should be.
        position: Position,
    },
    /// The log has no tree of this size, no such event in it, or the hashes inside it are not as they should be.
    #[error("the log has no tree of {size} events that holds this")]
    Tree {
        /// The size that was asked for.
        size: Position,
    },
    /// The keys of sealed texts could not be had.
    #[error("sealed texts cannot be opened")]
    Keys(#[from] KeyError),
}

/// Sealing or opening failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key table cannot be read.
    #[error("the data keys cannot be read")]
    Database(#[source] sqlx::Error),
    /// The scope's key was destroyed: nothing can be sealed under it any more.
    #[error("the key of {scope} was destroyed")]
    Destroyed {
        /// The scope.
        scope: String,
    },
    /// The scope has no key though something was sealed under it.
    #[error("the key of {scope} is missing")]
    Missing {
        /// The scope.
        scope: String,
    },
    /// The key-encryption key is not the one that wrapped this key, or the stored bytes were changed.
    #[error("what is sealed under {scope} does not open: wrong key-encryption key, or changed bytes")]
    Broken {
        /// The scope.
        scope: String,
    },
    /// The scope is the log's own: nothing is sealed under it, and its key is not destroyed.
    #[error("the scope is reserved for the log itself")]
    Reserved,
    /// A payload is not canonicalisable JSON or holds a malformed sealed value.
    #[error("the payload cannot be sealed or opened: {0}")]
    Payload(String),
}

/// Postgres: `lock_not_available`, the head stayed locked too long.
pub(crate) const LOCK_TIMEOUT: &str = "55P03";

/// The SQLSTATE the database gave, if it was the database that erred.
pub(crate) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(String::from)
}

/// Whether an error means that the connection is gone: what was asked last may or may not have been done.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // 08: connection; 57P01 to 57P05: shut down, crashed, starting, dropped, idle too long; 25P03 and 25P04: a
        // transaction was left open too long.
        _ => code(error).is_some_and(|code| {
            code.starts_with("08") || code.starts_with("57P") || code == "25P03" || code == "25P04"
        }),
    }
}

/// Whether an error of the database means that it is away for now.
pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    let told = |code: String| {
        // 57: also a statement that took too long; 53: out of connections, memory or disk; 28 and 3D: it does not let
        // us in; 55000: nor anybody else; 25006: read-only, as after a failover.
        ["57", "53", "28", "3D"].iter().any(|class| code.starts_with(class)) || code == "55000" || code == "25006"
    };
    is_lost(error)
        || matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)
        || code(error).is_some_and(told)
}

impl<T> From<TrySendError<T>> for AppendError {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::Busy,
            TrySendError::Closed(_) => Self::Unavailable(None),
        }
    }
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) { Self::Unavailable(error) } else { Self::Database(error) }
    }
}

impl From<sqlx::Error> for KeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
