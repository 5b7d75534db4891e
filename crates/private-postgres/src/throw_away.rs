//! A cluster without durability that several processes share, for tests: the first one starts it, it ends by itself.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::launch::{self, Server, Watchdog};
use crate::{Options, StartError, folder, user_id};

/// A shared throw-away cluster. It outlives this value and this process, until nobody has called
/// [`touch`](Self::touch) for the time agreed.
#[derive(Debug, Clone)]
pub struct ThrowAway {
    socket_dir: PathBuf,
    heartbeat: PathBuf,
}

/// Joins the throw-away cluster in `data_dir`, or starts an empty one. It ends, and its files go, when it has not been
/// touched for `idle` (whole seconds, at least 1, as said by whoever started it).
pub fn throw_away(data_dir: &Path, idle: Duration) -> Result<ThrowAway, StartError> {
    folder::create(data_dir)?;
    let data_dir = &data_dir.canonicalize().map_err(StartError::io("find", data_dir))?;
    let owner = fs::metadata(data_dir).map_err(StartError::io("read", data_dir))?.uid();
    if owner != user_id() {
        return Err(StartError::ForeignFolder(data_dir.clone())); // names in /tmp can be taken by anybody
    }
    let path = data_dir.join("lock");
    let lock = folder::open_lock(&path)?;
    lock.lock().map_err(StartError::io("lock", &path))?; // the others wait while one of us starts it

    let shared = ThrowAway { socket_dir: folder::socket_dir(data_dir), heartbeat: data_dir.join("heartbeat") };
    shared.touch()?;
    if UnixStream::connect(shared.socket_dir.join(folder::SOCKET)).is_ok() {
        return Ok(shared);
    }
    // None runs, or one is about to end. Without fsync its files may be broken: always begin anew.
    let path = data_dir.join("postgres.lock");
    folder::open_lock(&path)?.lock().map_err(StartError::io("lock", &path))?;
    let cluster = data_dir.join("postgres");
    if cluster.exists() {
        fs::remove_dir_all(&cluster).map_err(StartError::io("remove", &cluster))?;
    }
    let options = Options { data_dir: data_dir.clone(), durable: false, settings: Vec::new() };
    let (_never_told, stopped) = channel();
    let watchdog = Watchdog::Heartbeat(shared.heartbeat.clone(), idle);
    Server::prepare(&options, watchdog)?.launch(&stopped)?.detach()?;
    shared.touch()?;
    Ok(shared)
}

impl ThrowAway {
    /// Says that somebody still uses the cluster.
    pub fn touch(&self) -> Result<(), StartError> {
        fs::write(&self.heartbeat, "in use\n").map_err(StartError::io("write", &self.heartbeat))
    }

    /// The connection string of `database` as superuser, for sqlx and libpq.
    pub fn url(&self, database: &str) -> String {
        launch::url(&self.socket_dir, database)
    }
}
