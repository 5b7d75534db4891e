//! The cluster on disk: made by `initdb`, and the settings it runs with.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::{Options, StartError, folder};

/// For every cluster.
const ALWAYS: &[(&str, &str)] = &[
    // No way in but the socket, and that only for ourselves.
    ("listen_addresses", ""),
    ("port", "5432"), // part of the socket's name; one folder per cluster, so they never meet
    ("unix_socket_permissions", "0700"),
    // Times read the same on every machine.
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_line_prefix", "%m [%p] "),
    // Statements and the detail of errors carry what people wrote; the log must not.
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    // Our queries are short: compiling them costs more than it gains.
    ("jit", "off"),
    // Data on SSD: an index read costs hardly more than a sequential one.
    ("random_page_cost", "1.1"),
];

/// For clusters whose acknowledged commits survive a power cut.
const DURABLE: &[(&str, &str)] = &[
    // The defaults, said aloud because every promise of the log rests on them.
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    // The hot part of a small platform; the rest is left to the page cache of the system.
    ("shared_buffers", "256MB"),
    ("effective_cache_size", "1GB"),
    // Some pools of ours, and room for psql and a backup.
    ("max_connections", "100"),
    // Rebuilding indexes of read models is the one thing here that wants memory.
    ("maintenance_work_mem", "128MB"),
    // Fewer checkpoints, thus fewer full pages in the WAL; recovery still takes less than a minute.
    ("checkpoint_timeout", "15min"),
    ("max_wal_size", "2GB"),
    ("wal_compression", "on"),
    // A recycled WAL file keeps old bytes, erased text among them, for as long as it waits for its turn.
    ("wal_recycle", "off"),
];

/// For clusters that tests throw away: as fast as can be, lost with the power.
const THROW_AWAY: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("shared_buffers", "128MB"),
    // Many test processes, each with a pool.
    ("max_connections", "500"),
    // Nobody replicates or archives it. (Not `minimal`: creating a database by copy would flush everything.)
    ("max_wal_senders", "0"),
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "1h"),
    // Autovacuum would sit in the templates just when they are copied.
    ("autovacuum", "off"),
];

/// The settings as arguments of `postgres`: ours, then the caller's.
pub(crate) fn arguments(options: &Options) -> impl Iterator<Item = String> {
    let chosen = if options.durable { DURABLE } else { THROW_AWAY };
    let ours = ALWAYS.iter().chain(chosen).map(|(name, value)| format!("{name}={value}"));
    let theirs = options.settings.iter().map(|(name, value)| format!("{name}={value}"));
    ours.chain(theirs).flat_map(|setting| ["-c".to_owned(), setting])
}

/// The major version of the cluster in `cluster`, if there is one.
pub(crate) fn major(cluster: &Path) -> Result<Option<String>, StartError> {
    let path = cluster.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(version) => Ok(Some(version.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StartError::io("read", &path)(error)),
    }
}

/// Makes an empty cluster: first beside its place, then renamed into it, so that there is a whole one or none.
pub(crate) fn create(cluster: &Path, binaries: &Binaries, account: Account, durable: bool) -> Result<(), StartError> {
    let fresh = cluster.with_extension("new");
    // Held by `initdb` as well, which may outlive a program that is killed: two in one folder would make a mess.
    let path = cluster.with_extension("lock");
    let lock = folder::open_lock(&path)?;
    lock.lock().map_err(StartError::io("lock", &path))?;
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(StartError::io("remove", &fresh))?; // left by an attempt that was cut off
    }
    fs::create_dir(&fresh).map_err(StartError::io("create", &fresh))?;
    account.give(&fresh)?;
    let initdb = binaries.program("initdb");
    let output = account
        .command(&initdb)
        .args(["--encoding=UTF8", "--locale=C", "--data-checksums", "--username=postgres"])
        .args(["--auth-local=trust", "--auth-host=reject"]) // the folder of the socket is the guard
        .args((!durable).then_some("--no-sync"))
        .arg("-D")
        .arg(&fresh)
        .stdin(lock)
        .output()
        .map_err(StartError::io("run", &initdb))?;
    if !output.status.success() {
        let output_text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        return Err(StartError::Init { status: output.status, output: output_text.concat() });
    }
    fs::rename(&fresh, cluster).map_err(StartError::io("rename", &fresh))?;
    let parent = cluster.parent().unwrap_or(cluster);
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(StartError::io("sync", parent))
}
