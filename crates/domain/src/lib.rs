//! Events, commands and rules of learning and improving together in palliative care.
//!
//! This crate is pure: no I/O, no clock, no randomness, no async. Time, ids and the person who acts
//! are passed in. Each kind of thing has a room of its own (`project/`, `question/`, …) with the
//! facts that can happen to it (`event.rs`), what deciding needs to remember (`state.rs`) and one
//! file per command. Rule numbers in the docs (**L**, **P**, rule 3 …) are those of the domain text.

pub mod actor;
pub mod basis;
pub mod collaboration;
pub mod command;
pub mod event;
pub mod experience;
pub mod funding_round;
pub mod id;
pub mod intervention;
pub mod knowledge_page;
pub mod member;
pub mod organisation;
pub mod patient_details;
pub mod pdsa;
pub mod period;
pub mod phase;
pub mod project;
pub mod question;
pub mod redaction;
pub mod region;
pub mod scope;
pub mod sealed;
pub mod sentence;
pub mod text;
pub mod theme;

#[cfg(test)]
pub(crate) mod testing;

pub use actor::Actor;
pub use command::{Aggregate, Command, Refusal, Standing};
pub use event::{DomainEvent, Event};
pub use period::Period;
pub use scope::Scope;
pub use sealed::Sealed;

/// A moment, UTC, microsecond precision (that of the log).
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Each once, in the order in which they were named.
pub(crate) fn distinct<T: PartialEq>(named: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(named.len());
    for one in named {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}
