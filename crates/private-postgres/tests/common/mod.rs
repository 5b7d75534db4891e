//! What these tests share: folders, `psql`, the example program `hold`, and waiting.
#![expect(dead_code, reason = "each test binary uses its part of this")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The user and group number of `nobody`, where there is no other to be.
const NOBODY: u32 = 65534;

/// A folder that every user may enter.
pub(crate) fn folder() -> TempDir {
    let everyone = fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(everyone).tempdir().expect("a temporary folder")
}

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Runs one statement and gives what it prints.
pub(crate) fn psql(url: &str, sql: &str) -> String {
    let output = Command::new("psql").arg(url).args(["-XAtqc", sql]).output().expect("psql runs");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// Waits for `condition`, at most half a minute.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < Duration::from_secs(30), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process of this number exists (one that ended but was not collected yet does not count).
pub(crate) fn exists(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The postmasters whose command line names the cluster in `data_dir`.
pub(crate) fn postmasters(data_dir: &Path) -> Vec<u32> {
    let cluster = data_dir.join("postgres").to_string_lossy().into_owned();
    let numbers = fs::read_dir("/proc").expect("/proc").flatten();
    numbers
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let mut words = line.split('\0');
            words.next().is_some_and(|program| program.ends_with("/postgres")) && words.any(|word| word == cluster)
        })
        .collect()
}

/// A command that runs as whoever owns the cluster in `data_dir`.
pub(crate) fn as_postgres(data_dir: &Path, program: &str) -> Command {
    use std::os::unix::fs::MetadataExt;
    let mut command = Command::new(program);
    if is_root() {
        command.uid(fs::metadata(data_dir.join("postgres")).expect("a cluster").uid());
    }
    command
}

/// The example program `hold`, which stands beside the test binaries.
pub(crate) fn hold(data_dir: &Path) -> Command {
    let mut command = Command::new(hold_path());
    command.arg(data_dir);
    command
}

fn hold_path() -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    let path = tests.parent().and_then(Path::parent).expect("target folder").join("examples/hold");
    assert!(path.exists(), "{} is missing: cargo build -p private-postgres --examples", path.display());
    path
}

/// A process that owns a private Postgres.
pub(crate) struct Holder {
    child: Child,
    /// Where to reach it.
    pub(crate) url: String,
}

impl Holder {
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::wait_for_url(hold(data_dir))
    }

    /// In `data_dir`, whose parent this makes as that user's home.
    pub(crate) fn start_as_ordinary_user(data_dir: &Path) -> Self {
        let home = data_dir.parent().expect("a parent");
        fs::create_dir(home).expect("made");
        let program = home.join("hold"); // the build folder may be closed to that user
        fs::copy(hold_path(), &program).expect("copied");
        let mut command = Command::new(program);
        command.arg(data_dir);
        if is_root() {
            chown(home, Some(NOBODY), Some(NOBODY)).expect("given");
            command.uid(NOBODY).gid(NOBODY);
        }
        Self::wait_for_url(command)
    }

    fn wait_for_url(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("hold runs");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut url).expect("a line");
        assert!(url.starts_with("postgres:"), "hold said {url:?}");
        Self { child, url: url.trim().to_owned() }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("killed");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.child.stdin.take()); // the sign to end
        self.child.wait().ok();
    }
}
