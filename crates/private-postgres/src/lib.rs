//! A Postgres of the program's own: found on the machine, initialised, started, watched, restarted and ended with it.
//!
//! [`start`] gives a durable cluster that lives exactly as long as the program: a fast stop when the handle goes, a
//! watchdog that ends it when the program is killed, a supervisor that brings it back when Postgres itself dies.
//! [`throw_away`] gives a cluster without durability that several test processes share and that ends by itself.
//!
//! Everything here blocks; from async code call it through `spawn_blocking`.
//!
//! Layout of the data folder:
//!
//! | Path | What |
//! |---|---|
//! | `postgres/` | the cluster |
//! | `postgres.log` | what Postgres says; moved to `postgres.log.old` when it grows large |
//! | `socket/` | the Unix socket, mode 0700 (in `$XDG_RUNTIME_DIR` or `/tmp` when the path would be too long) |
//! | `lock` | held by the program: one instance per data folder |
//! | `postgres.lock` | held by Postgres and `initdb` and their children: free means that none of them is alive |
//!
//! **Architecture invariant**: no TCP port is opened and no password exists; whoever may enter the socket folder is
//! the superuser, so that folder is never open to another user.

mod account;
mod binaries;
mod cluster;
mod error;
mod folder;
mod launch;
mod throw_away;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub use error::{StartError, StopError};
pub use throw_away::{ThrowAway, throw_away};

use launch::{Running, Server, Watchdog};

/// The number of the user this process runs as; 0 is root.
pub fn user_id() -> u32 {
    nix::unistd::geteuid().as_raw()
}

/// How often the supervisor looks whether Postgres is still alive.
const LOOK: Duration = Duration::from_millis(100);
/// First and longest pause before Postgres is started again after it died.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Where the cluster lives and how it runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds everything; created when missing.
    pub data_dir: PathBuf,
    /// Whether an acknowledged commit survives a power cut. `false` (`fsync=off`) is for throw-away clusters only.
    pub durable: bool,
    /// Postgres settings on top of ours, as `(name, value)`; the last one wins.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// A durable cluster in `data_dir` with our settings.
    pub fn durable(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), durable: true, settings: Vec::new() }
    }
}

/// A running Postgres that ends with this value: by [`stop`](Self::stop), by drop, or by the death of the process.
#[derive(Debug)]
pub struct PrivatePostgres {
    socket_dir: PathBuf,
    pid: Arc<AtomicU32>,
    stop: Option<Sender<()>>,
    supervisor: Option<JoinHandle<Result<(), StopError>>>,
}

/// Starts the cluster in `options.data_dir`, creating it when there is none, and waits until it accepts connections.
///
/// After a crash this waits for what is left of the previous Postgres to end and then for recovery, however long that
/// takes: ending a recovery half-way would only start it anew.
pub fn start(options: &Options) -> Result<PrivatePostgres, StartError> {
    let lock = folder::create_and_lock(&options.data_dir)?;
    let server = Server::prepare(options, Watchdog::Parent)?;
    let (stop, stopped) = channel();
    let running = server.launch(&stopped).inspect_err(|_| server.clean_up())?;
    let pid = Arc::new(AtomicU32::new(running.pid()));
    let socket_dir = server.socket_dir().to_owned();
    let shown = Arc::clone(&pid);
    let supervisor = std::thread::Builder::new()
        .name("private-postgres".into())
        .spawn(move || {
            let outcome = supervise(&server, running, &stopped, &shown);
            shown.store(0, Ordering::Relaxed);
            server.clean_up();
            drop(lock); // only now may another instance start here
            outcome
        })
        .map_err(StartError::Thread)?;
    Ok(PrivatePostgres { socket_dir, pid, stop: Some(stop), supervisor: Some(supervisor) })
}

impl PrivatePostgres {
    /// The folder of the Unix socket, for `host=` in a connection string. It stays the same across restarts.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The connection string of `database` as superuser, for sqlx and libpq.
    pub fn url(&self, database: &str) -> String {
        launch::url(&self.socket_dir, database)
    }

    /// The process id of the postmaster that runs now; 0 while it is being brought back after it died.
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// A fast stop: clients are disconnected, a checkpoint is written, the process ends.
    pub fn stop(mut self) -> Result<(), StopError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), StopError> {
        drop(self.stop.take());
        match self.supervisor.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => Err(StopError::SupervisorPanicked),
            None => Ok(()),
        }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(error = &error as &dyn std::error::Error, "private Postgres did not stop cleanly");
        }
    }
}

/// Watches one Postgres after the other until told to stop.
fn supervise(server: &Server, first: Running, stopped: &Receiver<()>, shown: &AtomicU32) -> Result<(), StopError> {
    let mut running = first;
    loop {
        let Some(status) = wait_for_end(&mut running, stopped) else { return running.stop() };
        shown.store(0, Ordering::Relaxed);
        tracing::error!(%status, "Postgres ended by itself, starting it again");
        drop(running);
        let Some(next) = bring_back(server, stopped) else { return Ok(()) };
        running = next;
        shown.store(running.pid(), Ordering::Relaxed);
        tracing::info!(pid = running.pid(), "Postgres is back");
    }
}

/// The exit status of a Postgres that ended by itself, or nothing when we are to stop it.
fn wait_for_end(running: &mut Running, stopped: &Receiver<()>) -> Option<ExitStatus> {
    loop {
        if let Some(status) = running.ended() {
            return Some(status);
        }
        if is_stopped(stopped, LOOK) {
            return None;
        }
    }
}

/// Starts Postgres until that works, with growing pauses; nothing when we are to stop meanwhile.
fn bring_back(server: &Server, stopped: &Receiver<()>) -> Option<Running> {
    let mut pause = BACKOFF.0;
    loop {
        if is_stopped(stopped, pause) {
            return None;
        }
        match server.launch(stopped) {
            Ok(running) => return Some(running),
            Err(StartError::Stopped) => return None,
            Err(error) => {
                pause = (pause * 2).min(BACKOFF.1);
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    again_in_ms = pause.as_millis(),
                    "Postgres did not come back"
                );
            }
        }
    }
}

/// Waits for `at_most`, or less when we are to stop, and says which.
fn is_stopped(stopped: &Receiver<()>, at_most: Duration) -> bool {
    !matches!(stopped.recv_timeout(at_most), Err(RecvTimeoutError::Timeout))
}
