//! What can go wrong, in words an operator can act on.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why Postgres could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No `postgres` and `initdb` on this machine.
    #[error(
        "no Postgres found on PATH, in /usr/lib/postgresql or another usual place; \
         install it with `apt-get install postgresql`, or set DATABASE_URL to one that runs elsewhere"
    )]
    NoBinaries,
    /// Only versions that the log cannot run on.
    #[error("Postgres {found} is too old, {needed} or newer is needed: `apt-get install postgresql`")]
    TooOld {
        /// The newest major version on this machine.
        found: u32,
        /// The oldest major version that will do.
        needed: u32,
    },
    /// The cluster was made by a major version that is not here; Postgres cannot read another major's files.
    #[error(
        "the data in {} is of Postgres {cluster}, which is not installed: `apt-get install postgresql-{cluster}`",
        data_dir.display()
    )]
    OtherMajor {
        /// The data folder.
        data_dir: PathBuf,
        /// The major version in `PG_VERSION`.
        cluster: String,
    },
    /// We are root, and there is no unprivileged user to run Postgres as.
    #[error(
        "Postgres refuses to run as root and there is no user `{0}` to run it as; \
         create it (`adduser --system --group {0}`) or name another in LEERWERK_POSTGRES_USER"
    )]
    NoUser(String),
    /// The cluster belongs to another user than the one we run as.
    #[error("the data in {} belongs to user id {owner}, but this runs as {us}", data_dir.display())]
    OtherOwner {
        /// The data folder.
        data_dir: PathBuf,
        /// Whose the cluster is.
        owner: u32,
        /// Who we are.
        us: u32,
    },
    /// A folder above the cluster is closed to the user that Postgres runs as.
    #[error(
        "Postgres runs as user id {uid}, which may not enter {}; \
         choose a data folder elsewhere (/var/lib/…) or open it with `chmod o+x`",
        folder.display()
    )]
    NotEnterable {
        /// The outermost folder that is closed.
        folder: PathBuf,
        /// The user that Postgres runs as.
        uid: u32,
    },
    /// The socket folder exists already and is not ours alone, so somebody else could sit at the socket.
    #[error("{} exists already and is not a folder of ours alone", .0.display())]
    ForeignFolder(PathBuf),
    /// Another process holds the lock.
    #[error("another instance already runs on {}", .0.display())]
    AlreadyRunning(PathBuf),
    /// What is left of an earlier Postgres does not end.
    #[error("an earlier Postgres on {} (process {pid}) is still shutting down", data_dir.display())]
    OrphanRemains {
        /// The data folder.
        data_dir: PathBuf,
        /// Its postmaster as far as known, else 0.
        pid: u32,
    },
    /// `initdb` failed.
    #[error("initdb failed ({status}):\n{output}")]
    Init {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        output: String,
    },
    /// Postgres ended before it was ready.
    #[error("Postgres ended while starting ({status}); the end of its log:\n{log}")]
    Exited {
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its log since this start.
        log: String,
    },
    /// We were told to stop while starting.
    #[error("stopped while starting")]
    Stopped,
    /// The supervisor thread could not be started.
    #[error("cannot start the supervisor thread")]
    Thread(#[source] io::Error),
    /// A file or program could not be used.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// What was tried: "create", "read" …
        what: &'static str,
        /// On which file or program.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl StartError {
    /// For `map_err`: names what was tried, and on what.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// Why Postgres did not stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// It ended, but not by an orderly shutdown; the next start recovers.
    #[error("Postgres ended without an orderly shutdown ({0})")]
    NotClean(ExitStatus),
    /// It did not end, whatever was tried.
    #[error("Postgres (process {0}) does not end")]
    Remains(u32),
    /// The thread that watches Postgres panicked; its watchdog ends Postgres.
    #[error("the supervisor of Postgres panicked")]
    SupervisorPanicked,
}
