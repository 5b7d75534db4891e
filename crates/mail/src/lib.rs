//! What the platform writes to people, by mail.
//!
//! A follower reads the log from a position of its own and puts into a queue what somebody is to be told. The queue holds
//! ids only: a letter is written when it is sent, with the name and address of then, or not at all when they were erased.
//! So rebuilding read models sends nothing twice, and erasing a member leaves nothing in the queue.
//!
//! **Architecture invariant:** mail leaves through this crate alone, and nothing waits for it: what people do succeeds
//! whether or not a mail server can be reached.

mod confirmation;
mod follow;
mod letter;
mod outbox;
mod prune;
mod transport;
mod warn;

use std::sync::Arc;

use eventlog::{KeyError, Log, ReadError};
use readmodel::{ReadModelError, ReadModels};
use sqlx::PgPool;
use tokio::{sync::Notify, task::JoinSet};

pub use confirmation::{Confirmed, HOLDS as LINK_HOLDS_HOURS, NotConfirmed};
pub use letter::Language;
pub use prune::{confirmations_before, letters_before, prune_confirmations, prune_letters};
pub use transport::{Post, PostError};

/// Where what is kept of people lies, for whoever sees to it that nothing deleted is left in files.
pub const TABLES: [&str; 2] = ["mail.outbox", "mail.confirmation"];

/// How mail leaves, and what stands in it.
#[derive(Clone, Debug)]
pub struct Options {
    /// How it leaves.
    pub post: Post,
    /// From whom it is, e.g. `Leerwerk <leerwerk@voorbeeld.example>`.
    pub from: String,
    /// The address of the platform, for links, e.g. `https://leerwerk.example`.
    pub base: String,
}

/// Mail over an open platform.
#[derive(Clone, Debug)]
pub struct Mail {
    pool: PgPool,
    log: Arc<Log>,
    models: Arc<ReadModels>,
    options: Arc<Options>,
    transport: transport::Transport,
    /// Something is due.
    due: Arc<Notify>,
}

/// Something about mail broke.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The database cannot be used.
    #[error("the queue of mail cannot be used")]
    Database(#[from] sqlx::Error),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// The read models cannot be read.
    #[error("the read models cannot be read")]
    ReadModels(#[from] ReadModelError),
    /// The keys cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] KeyError),
    /// What is in the queue does not read.
    #[error("what is in the queue of mail does not read")]
    Queue(#[from] serde_json::Error),
}

/// Mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot leave.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Its queue cannot be used.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl Mail {
    /// Checks how mail leaves, and notes from where on the log is followed: nobody is told what happened before there was
    /// mail, and everybody is what happens from here on. Sends nothing yet.
    pub async fn open(
        pool: PgPool,
        log: Arc<Log>,
        models: Arc<ReadModels>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let transport = transport::Transport::new(&options)?;
        let mail = Self { pool, log, models, options: Arc::new(options), transport, due: Arc::default() };
        follow::begin(&mail).await?;
        Ok(mail)
    }

    /// Begins to follow the log, to warn and to send, among other tasks.
    pub fn start(&self, tasks: &mut JoinSet<()>) {
        tasks.spawn(follow::follow(self.clone()));
        tasks.spawn(outbox::send(self.clone()));
        tasks.spawn(warn::warn(self.clone()));
    }
}
