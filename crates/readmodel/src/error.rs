//! What can go wrong with read models.

use eventlog::{KeyError, Position, ReadError};

/// A read model cannot be read, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReadModelError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// Sealed texts cannot be opened.
    #[error("sealed texts cannot be opened")]
    Keys(#[from] KeyError),
    /// The database refused or is away.
    #[error("the read models cannot be reached")]
    Database(#[from] sqlx::Error),
    /// An event does not read; the models stop before it rather than skip it.
    #[error("event {position} does not read")]
    Event {
        /// Where it stands.
        position: Position,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stored row does not read as its type: the model must be rebuilt.
    #[error("a row of the read model {model} does not read")]
    Row {
        /// Which model.
        model: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A build would show less than is shown now.
    #[error("{model} would go back from position {from} to {to}: {why}")]
    WouldGoBack {
        /// Which model.
        model: &'static str,
        /// Where it stands.
        from: Position,
        /// Where the build stopped.
        to: Position,
        /// Why.
        why: String,
    },
    /// There are no tables of before to go back to.
    #[error("there is no previous table of the read model {model}")]
    NoPrevious {
        /// Which model.
        model: &'static str,
    },
    /// A program with another definition still runs.
    #[error("a program with the definition {version} of the read model {model} is still running")]
    InUse {
        /// Which model.
        model: String,
        /// Its other version.
        version: String,
    },
    /// A task that builds ended before its work was done.
    #[error("building ended early")]
    Ended(#[source] tokio::task::JoinError),
    /// The read models did not reach the position in time.
    #[error("the read models have not reached position {position} yet")]
    Behind {
        /// The position waited for.
        position: Position,
    },
}

impl ReadModelError {
    pub(crate) fn ended(error: tokio::task::JoinError) -> Self {
        Self::Ended(error)
    }

    /// Whether it is worth trying again later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Log(error) => matches!(error, ReadError::Unavailable(_)),
            Self::Database(error) => !matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound),
            Self::Behind { .. } | Self::Keys(KeyError::Database(_)) => true,
            Self::Keys(_)
            | Self::Event { .. }
            | Self::Row { .. }
            | Self::WouldGoBack { .. }
            | Self::NoPrevious { .. }
            | Self::InUse { .. }
            | Self::Ended(_) => false,
        }
    }
}
