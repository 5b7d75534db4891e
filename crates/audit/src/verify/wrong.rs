//! What can be wrong with a log, in words an auditor can act on.

use std::fmt;

use eventlog::Position;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Events are not there.
    Missing {
        /// The first position without an event.
        first: Position,
        /// The last one.
        last: Position,
    },
    /// An event stands where none should be.
    Unexpected {
        /// Where.
        position: Position,
    },
    /// An event is not what its leaf hash was computed from.
    Changed {
        /// Where it stands.
        position: Position,
    },
    /// An event does not even read.
    Unreadable {
        /// Where it stands, or should.
        position: Position,
    },
    /// The versions of a stream are not 1, 2, 3 …
    Version {
        /// Where the event stands.
        position: Position,
        /// The version that is due.
        due: i32,
        /// The one it has.
        has: i32,
    },
    /// An event is recorded before the one that stands before it.
    BackInTime {
        /// Where it stands.
        position: Position,
    },
    /// A hash inside the tree is not that of the events under it.
    Node {
        /// The first event under it.
        first: Position,
        /// The last one.
        last: Position,
    },
    /// The head row says that the log ends elsewhere, or holds another tree.
    Head {
        /// Where the head row says that the log ends.
        head: Position,
    },
    /// An event is another than in an earlier export.
    Rewritten {
        /// Where it stands.
        position: Position,
    },
    /// A checkpoint that was kept is of a longer log.
    Truncated {
        /// Where the log ends.
        end: Position,
        /// Where it ended when the checkpoint was signed.
        signed: Position,
        /// What the checkpoint is called.
        checkpoint: String,
    },
    /// A checkpoint that was kept is of another history.
    Forked {
        /// Up to here every kept checkpoint agrees.
        agreed: Position,
        /// The size of the first one that does not.
        signed: Position,
        /// What it is called.
        checkpoint: String,
    },
    /// A checkpoint cannot be taken.
    Checkpoint {
        /// What it is called.
        checkpoint: String,
        /// Why not.
        why: String,
    },
    /// A file of an export is not as its manifest says.
    File {
        /// Its name.
        name: String,
        /// What of it.
        what: String,
    },
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { first, last } if first == last => write!(f, "position {first}: the event is missing"),
            Self::Missing { first, last } => write!(f, "positions {first} to {last}: the events are missing"),
            Self::Unexpected { position } => write!(f, "position {position}: an event stands where none was recorded"),
            Self::Changed { position } => write!(f, "position {position}: the event is not what was recorded"),
            Self::Unreadable { position } => write!(f, "position {position}: the event does not read"),
            Self::Version { position, due, has } => {
                write!(f, "position {position}: version {has} of its stream stands where version {due} is due")
            }
            Self::BackInTime { position } => {
                write!(f, "position {position}: it is recorded before the event before it")
            }
            Self::Node { first, last } => {
                write!(f, "positions {first} to {last}: the tree holds another hash than that of these events")
            }
            Self::Head { head } => {
                write!(f, "the head of the log says position {head}, or has another tree than that of the events")
            }
            Self::Rewritten { position } => {
                write!(f, "position {position}: the event is another than in the earlier export")
            }
            Self::Truncated { end, signed, checkpoint } => write!(
                f,
                "positions {} to {signed}: the events are missing; the log ends at {end}, and when {checkpoint} was \
                 signed it ended at {signed}",
                end + 1
            ),
            Self::Forked { agreed, signed, checkpoint } => write!(
                f,
                "positions {} to {signed}: the history is another than the one that was signed ({checkpoint})",
                agreed + 1
            ),
            Self::Checkpoint { checkpoint, why } => write!(f, "{checkpoint}: {why}"),
            Self::File { name, what } => write!(f, "{name}: {what}"),
        }
    }
}
