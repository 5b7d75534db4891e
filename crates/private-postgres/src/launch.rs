//! One run of Postgres: launched beside its watchdog, awaited until ready, stopped.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::{Options, StartError, StopError, cluster, folder, is_stopped};

/// Becomes Postgres, and leaves a watchdog behind that is no child of it (a postmaster minds strange children).
///
/// In: standard input is a pipe held by us, standard output the lock of the cluster, standard error the log. The
/// watchdog exits on a word (Postgres has ended, its number may belong to another by now); at the end of the pipe
/// (we are gone) it asks Postgres for a fast shutdown, and for an immediate one if that takes too long.
const WITH_PARENT: &str = r#"
exec 3<&0 4>&1 1>&2 </dev/null
( ( exec 4>&-
    trap '' HUP INT QUIT TERM
    read -r word <&3 && exit
    n=0
    while [ $n -lt 30 ] && kill -INT $$; do n=$((n + 1)); sleep 1; done
    kill -QUIT $$
  ) 2>/dev/null & )
exec 3<&-
exec "$@"
"#;

/// The same for a cluster shared by test processes: the watchdog ends it when `$1` has not been written for `$2`
/// seconds, and removes its files. It holds the lock until that is done, so that nobody starts in between.
const WITH_HEARTBEAT: &str = r#"
beat=$1 idle=$2 cluster=$3; shift 3
exec 4>&1 1>&2 </dev/null
( ( trap '' HUP INT QUIT TERM
    while kill -0 $$ && [ $(($(date +%s) - $(date -r "$beat" +%s || echo 0))) -lt "$idle" ]; do sleep 1; done
    n=0
    while [ $n -lt 30 ] && kill -INT $$; do n=$((n + 1)); sleep 1; done
    kill -QUIT $$
    rm -rf "$cluster"/*
  ) 2>/dev/null & )
exec "$@"
"#;

/// How often a condition is looked at while waiting.
const POLL: Duration = Duration::from_millis(10);
/// How long what is left of an earlier Postgres may take to end: the watchdog's fast and immediate shutdown, and more.
const ORPHAN: Duration = Duration::from_mins(1);
/// How long a fast, an immediate shutdown and a kill may take. The first writes a checkpoint.
const STOPPING: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_mins(1)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];
/// A log larger than this (bytes) is set aside at the next start.
const LOG_LIMIT: u64 = 16 << 20;
/// How many lines of the log go into an error.
const TAIL: usize = 20;

/// Who ends Postgres when nobody needs it any more.
#[derive(Debug, Clone)]
pub(crate) enum Watchdog {
    /// It ends with this process.
    Parent,
    /// It ends when the file has not been written for so long.
    Heartbeat(PathBuf, Duration),
}

/// Everything needed to launch Postgres, again and again.
#[derive(Debug)]
pub(crate) struct Server {
    data_dir: PathBuf,
    cluster: PathBuf,
    socket_dir: PathBuf,
    account: Account,
    postgres: PathBuf,
    settings: Vec<String>,
    watchdog: Watchdog,
}

impl Server {
    /// Finds the programs and the user, and makes the cluster and the folders. The data folder's lock is ours.
    pub(crate) fn prepare(options: &Options, watchdog: Watchdog) -> Result<Self, StartError> {
        let data_dir = options.data_dir.canonicalize().map_err(StartError::io("find", &options.data_dir))?;
        let cluster = data_dir.join("postgres");
        let account = Account::choose(&data_dir, &cluster)?;
        let major = cluster::major(&cluster)?;
        let binaries = Binaries::find(&data_dir, major.as_deref())?;
        account.check_way_to(&data_dir)?;
        if major.is_none() {
            cluster::create(&cluster, &binaries, account, options.durable)?;
        } else if fs::metadata(&cluster).is_ok_and(|found| found.uid() != account.uid) {
            account.give(&cluster)?; // restored by root from a backup
        }
        let socket_dir = folder::create_socket_dir(&data_dir, account)?;
        let settings = cluster::arguments(options).collect();
        let postgres = binaries.program("postgres");
        Ok(Self { data_dir, cluster, socket_dir, account, postgres, settings, watchdog })
    }

    /// The folder of the socket.
    pub(crate) fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Removes the folder of the socket after Postgres has ended (it removes the socket itself).
    pub(crate) fn clean_up(&self) {
        if let Err(error) = fs::remove_dir(&self.socket_dir) {
            tracing::debug!(folder = %self.socket_dir.display(), %error, "socket folder not removed");
        }
    }

    /// Waits for the end of an earlier Postgres, launches one, and waits until it is ready.
    pub(crate) fn launch(&self, stopped: &Receiver<()>) -> Result<Running, StartError> {
        let lock = self.lock_cluster(stopped)?;
        self.remove_stale_pid_file();
        self.beat()?;
        let (log, log_start) = self.open_log()?;
        let mut command = self.account.command("sh");
        match &self.watchdog {
            Watchdog::Parent => command.args(["-c", WITH_PARENT, "sh"]).stdin(Stdio::piped()),
            Watchdog::Heartbeat(file, idle) => command
                .args(["-c", WITH_HEARTBEAT, "sh"])
                .arg(file)
                .arg(idle.as_secs().to_string())
                .arg(&self.cluster)
                .stdin(Stdio::null()),
        };
        let mut child = command
            .arg(&self.postgres)
            .arg("-D")
            .arg(&self.cluster)
            .args(["-c", &format!("unix_socket_directories=\"{}\"", self.socket_dir.display())])
            .args(&self.settings)
            .stdout(lock)
            .stderr(log)
            .spawn()
            .map_err(StartError::io("run", Path::new("sh")))?;
        let pipe = child.stdin.take();
        let mut running = Running { child, pipe };
        let mut waited = Instant::now();
        while !self.is_ready(running.pid()) {
            self.beat()?;
            if let Some(status) = running.ended() {
                return Err(StartError::Exited { status, log: self.log_since(log_start) });
            }
            if is_stopped(stopped, POLL) {
                running.stop().ok();
                return Err(StartError::Stopped);
            }
            if waited.elapsed() > Duration::from_secs(10) {
                tracing::info!(pid = running.pid(), "Postgres is not ready yet, probably recovering");
                waited = Instant::now();
            }
        }
        Ok(running)
    }

    /// Until it runs, whoever starts it is its user.
    fn beat(&self) -> Result<(), StartError> {
        match &self.watchdog {
            Watchdog::Parent => Ok(()),
            Watchdog::Heartbeat(file, _) => fs::write(file, "in use\n").map_err(StartError::io("write", file)),
        }
    }

    /// The lock that Postgres and all its children hold: once it is ours, none of an earlier run is alive.
    fn lock_cluster(&self, stopped: &Receiver<()>) -> Result<File, StartError> {
        let path = self.data_dir.join("postgres.lock");
        let lock = folder::open_lock(&path)?;
        let since = Instant::now();
        let mut asked = false;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::Error(source)) => return Err(StartError::io("lock", &path)(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            let pid = self.postmaster().unwrap_or(0);
            if since.elapsed() > ORPHAN {
                return Err(StartError::OrphanRemains { data_dir: self.data_dir.clone(), pid });
            }
            // Its watchdog has asked it already, unless that was killed too.
            if !asked && self.is_ours(pid) == Some(true) {
                asked = true;
                tracing::info!(pid, "waiting for an earlier Postgres to end");
                send(Signal::SIGINT, pid);
            }
            if is_stopped(stopped, POLL) {
                return Err(StartError::Stopped);
            }
        }
    }

    /// After a crash of the machine the number in `postmaster.pid` may be that of another process of the same user;
    /// Postgres would refuse to start. Where the process is known to be something else, the file goes.
    fn remove_stale_pid_file(&self) {
        let Some(pid) = self.postmaster() else { return };
        if self.is_ours(pid) == Some(false) {
            tracing::warn!(pid, "removing a stale postmaster.pid: the process is no Postgres of ours");
            fs::remove_file(self.cluster.join("postmaster.pid")).ok();
        }
    }

    /// Whether the process works in our cluster's folder, as a postmaster does; nothing when that cannot be seen.
    fn is_ours(&self, pid: u32) -> Option<bool> {
        let folder = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
        Some(folder == self.cluster)
    }

    /// The process number in `postmaster.pid`.
    fn postmaster(&self) -> Option<u32> {
        let text = fs::read_to_string(self.cluster.join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// `postmaster.pid` names the process in line 1 and its state in line 8 (`miscadmin.h`).
    fn is_ready(&self, pid: u32) -> bool {
        let text = fs::read_to_string(self.cluster.join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines();
        lines.next() == Some(&pid.to_string()) && lines.nth(6).is_some_and(|state| state.trim() == "ready")
    }

    /// The log, and where this run's part of it starts.
    fn open_log(&self) -> Result<(File, u64), StartError> {
        let path = self.log();
        let length = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
        if length(&path) > LOG_LIMIT {
            fs::rename(&path, path.with_extension("log.old")).map_err(StartError::io("rename", &path))?;
        }
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        Ok((log.map_err(StartError::io("open", &path))?, length(&path)))
    }

    fn log(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    fn log_since(&self, start: u64) -> String {
        let mut bytes = Vec::new();
        let read = File::open(self.log()).and_then(|mut file| {
            file.seek(SeekFrom::Start(start))?;
            file.read_to_end(&mut bytes)
        });
        if let Err(error) = read {
            return format!("({} cannot be read: {error})", self.log().display());
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }
}

/// A Postgres that has been launched. Dropping it leaves its end to the watchdog.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Running {
    /// The postmaster's process number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets it live on without us; it is only collected when it ends.
    pub(crate) fn detach(mut self) -> Result<(), StartError> {
        let collect = move || self.child.wait().map(drop).ok();
        std::thread::Builder::new().spawn(collect).map(drop).map_err(StartError::Thread)
    }

    /// How it ended, if it has; its watchdog is sent home.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten()?;
        if let Some(mut pipe) = self.pipe.take() {
            pipe.write_all(b"ended\n").ok(); // nobody reads: there is no watchdog to send home
        }
        Some(status)
    }

    /// A fast shutdown, and firmer ones where that takes too long.
    pub(crate) fn stop(mut self) -> Result<(), StopError> {
        for (how, patience) in STOPPING {
            send(how, self.pid());
            let since = Instant::now();
            while since.elapsed() < patience {
                match self.ended() {
                    Some(status) if status.success() => return Ok(()),
                    Some(status) => return Err(StopError::NotClean(status)),
                    None => std::thread::sleep(POLL),
                }
            }
        }
        Err(StopError::Remains(self.pid()))
    }
}

fn send(signal: Signal, pid: u32) {
    if let Ok(pid) = i32::try_from(pid)
        && pid > 0 // 0 and below are process groups
        && let Err(error) = kill(Pid::from_raw(pid), signal)
    {
        tracing::debug!(pid, %signal, %error, "signal not sent");
    }
}

/// The connection string for sqlx and libpq. It names everything, as both read what is left out from `PG…` variables.
pub(crate) fn url(socket_dir: &Path, database: &str) -> String {
    let socket_dir = encode(&socket_dir.to_string_lossy());
    format!("postgres:///{}?host={socket_dir}&port=5432&user=postgres", encode(database))
}

/// Percent-encoding (RFC 3986) of all but unreserved characters and `/`.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").ok(); // writing to a string cannot fail
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_characters_in_a_folder_do_not_break_the_connection_string() {
        assert_eq!(
            url(Path::new("/a b/c+d&e"), "één"),
            "postgres:///%C3%A9%C3%A9n?host=/a%20b/c%2Bd%26e&port=5432&user=postgres"
        );
    }
}
