//! Why a campaign could not be carried out. (What the log did wrong is no error here: it is the verdict.)

/// The campaign itself failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No Postgres to try the log on.
    #[error("Postgres did not start")]
    Postgres(#[from] private_postgres::StartError),
    /// The tables could not be made.
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The coordinator's own connection failed when nothing was broken.
    #[error("the database failed the coordinator")]
    Database(#[from] sqlx::Error),
    /// The log could not be opened or read when nothing was broken.
    #[error("the log cannot be read")]
    Read(#[from] eventlog::ReadError),
    /// The read models could not be read when nothing was broken.
    #[error("the read models cannot be read")]
    ReadModels(#[from] readmodel::ReadModelError),
    /// A file, a process or a socket.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A task of the coordinator panicked.
    #[error("a task of the campaign broke")]
    Task(#[from] tokio::task::JoinError),
    /// Something did not come back after a fault, and that is a verdict too.
    #[error("waited in vain: {0}")]
    Stalled(String),
}

impl Error {
    /// An error of the system, with what was tried.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
