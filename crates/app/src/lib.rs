//! Runs commands: authorise, load, decide, seal, append, receipt.
//!
//! **Architecture invariant:** everything that changes the platform goes through [`App::run`]. Reading what
//! people see is the business of `readmodel`, which this crate does not know.

mod access_log;
mod asker;
mod error;
mod load;
mod policy;
mod run;
mod source;
mod turns;

pub use access_log::{AccessLog, Ground, Line as AccessLine, Looked, Person};
pub use error::{Declined, Failure, RunError};
pub use policy::{
    Act, CREATE_ACCESS_TOKEN, DOWNLOAD_OWN_DATA, END_SESSION, Grounds, Policies, READ_ACCESS_LOG, READ_ENTRIES,
    READ_RETENTION, REVOKE_ACCESS_TOKEN,
};
pub use run::{By, Done, Request, Retry};
pub use source::Source;

use std::sync::Arc;

use eventlog::Log;

/// Everything a command needs: the log, the policies, the clock and the source of ids.
#[derive(Debug)]
pub struct App {
    log: Arc<Log>,
    policies: Policies,
    source: Source,
    states: load::States,
    turns: turns::Turns,
}

impl App {
    /// Over an open log.
    pub fn new(log: Arc<Log>, policies: Policies, source: Source) -> Self {
        Self { log, policies, source, states: load::States::default(), turns: turns::Turns::default() }
    }

    /// The log commands are appended to.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// The clock and the source of ids.
    pub fn source(&self) -> &Source {
        &self.source
    }
}
