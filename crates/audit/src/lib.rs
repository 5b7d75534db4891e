//! What auditors and evaluators read: the history of one thing, the log as files, and whether anybody altered it.
//!
//! Both stop at a [`Moment`]: a position, a time or a day, so that the same question asked again is answered the
//! same. An export holds events as they are stored, texts sealed, each beside its leaf hash, so that anybody can
//! recompute the hash in any language without the platform.
//!
//! **Architecture invariant:** this crate only reads. It writes files where it is told to and nothing else.

mod error;
mod export;
mod files;
mod history;
mod manifest;
mod moment;
mod selection;
mod subject;
mod verify;

pub use error::{ExportError, HistoryError};
pub use export::{Export, Exported, Progress, export};
pub use files::{Format, ndjson_line};
pub use history::{Happened, history, names};
pub use manifest::{Counts, Filters, Manifest, WrittenFile};
pub use moment::{Moment, NotAMoment};
pub use selection::{Filter, Pages, Selection};
pub use subject::{NotASubject, Subject};
pub use verify::{Against, Report, VerifyError, Wrong, verify_database, verify_export};
