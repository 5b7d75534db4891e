//! Projections of the log and their queries: what people look at.
//!
//! A read model is one file in `models/`: a row type, which rows an event touches, and a pure fold. The engine does
//! the rest, the same for all: it reads a batch in order, loads the touched rows at once, folds in memory, writes
//! them back together and moves the checkpoint in the same transaction (exactly once). The same fold rebuilds a
//! model from the beginning, tells how one thing was at an earlier position, and is what the replay check compares
//! with.
//!
//! **Architecture invariant:** nothing but this crate writes read models, and it writes nothing else.

mod analysis;
mod check;
mod engine;
mod error;
mod model;
pub mod models;
mod past;
mod rebuild;
mod tables;

pub use analysis::lexemes;
pub use check::{Comparison, Difference};
pub use engine::{Health, ReadModels};
pub use error::ReadModelError;
pub use model::{Model, Origin, Rows, Seen, Shown};
pub use past::as_of;
pub use rebuild::renew;
