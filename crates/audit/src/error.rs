//! What can go wrong while reading for an audit.

use std::{
    io,
    path::{Path, PathBuf},
};

use eventlog::{CheckpointError, KeyError, Position, ReadError};

/// An export was not made. What was written of it has been removed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// The head of the log cannot be signed.
    #[error("the head of the log cannot be signed")]
    Sign(#[from] CheckpointError),
    /// The first event asked for comes after the last.
    #[error("the range begins at position {first} and ends before it, at {last}")]
    Backwards {
        /// Where it was to begin.
        first: Position,
        /// Where it was to end.
        last: Position,
    },
    /// Positions are dense: an event that is missing was taken away.
    #[error("the log has no event at position {0}, though it goes on after it")]
    Gap(Position),
    /// Files of two exports must not end up in one directory.
    #[error("{} is not empty: an export needs a directory of its own", .0.display())]
    NotEmpty(PathBuf),
    /// A file cannot be written.
    #[error("{} cannot be written", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ExportError {
    /// For `map_err`: names the file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

/// A history cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// Sealed texts cannot be opened.
    #[error("sealed texts cannot be opened")]
    Keys(#[from] KeyError),
    /// An event does not read; a history with a hole would be none.
    #[error("event {position} does not read")]
    Event {
        /// Where it stands.
        position: Position,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
