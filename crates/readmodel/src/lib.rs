//! Projections of the log and their queries: what people look at.
//!
//! A read model is one file in `models/`: a row type, which rows an event touches, and a pure fold. The engine does
//! the rest, the same for all: it reads a batch in order, loads the touched rows at once, folds in memory, writes
//! them back together and moves the position in the same transaction (exactly once). The same fold builds a model from
//! the beginning, tells how one thing was at an earlier position, and is what the replay check compares with.
//!
//! | file | what |
//! |---|---|
//! | `model.rs`, `models/` | what a read model is, and all of them with their queries |
//! | `definition.rs`, `tables.rs` | where the tables of each definition are; reading and writing rows |
//! | `engine.rs` | opening, waiting, how they are doing |
//! | `worker.rs`, `standing.rs` | which process folds what, and how far each model is |
//! | `follower.rs`, `told.rs` | folding page by page; events that do not read |
//! | `rebuild.rs`, `bulk.rs` | building beside what is there, at speed, and switching |
//! | `gather.rs` | reading many things in one statement, and keeping them until they change |
//! | `colleagues.rs` | who is open to contact, by what they do and where |
//! | `lapsing.rs` | who takes part no longer or never did, and since when |
//! | `mend.rs` | folding rows anew that held what was erased |
//! | `past.rs`, `check.rs` | as of an earlier position; live compared with rebuilt |
//!
//! **Architecture invariant:** nothing but this crate writes read models, and it writes nothing else.

mod analysis;
mod bulk;
mod check;
mod colleagues;
mod definition;
mod engine;
mod error;
mod follower;
mod forgetting;
mod gather;
mod lapsing;
mod mend;
mod model;
pub mod models;
mod past;
mod rebuild;
mod standing;
mod tables;
#[cfg(test)]
mod tests;
mod told;
mod worker;

pub use analysis::lexemes;
pub use bulk::{BuildOptions, Building};
pub use check::{Comparison, Difference};
pub use colleagues::ColleagueFilter;
pub use definition::table;
pub use engine::{Health, Options, ReadModels, Stale};
pub use error::ReadModelError;
pub use forgetting::ForgettingCache;
pub use gather::{Answer, Ask};
pub use lapsing::Lapsing;
pub use model::{Model, Origin, Rows, Seen, Shown};
pub use past::as_of;
pub use rebuild::{Built, built, go_back, rebuild, renew};

/// A position as metrics take it.
#[expect(clippy::cast_precision_loss, reason = "positions stay far below 2^52")]
pub(crate) fn as_gauge(position: eventlog::Position) -> f64 {
    position as f64
}
