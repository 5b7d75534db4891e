//! Finds the Postgres programs on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::StartError;

/// The oldest major version the event log runs on (`STRATEGY`, `MERGE` and `NULLS NOT DISTINCT` came with it).
const OLDEST: u32 = 15;

/// Folders whose sub-folders (one per major version) hold a `bin`, by packager.
const PER_MAJOR: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),          // Debian, Ubuntu
    ("/usr", "pgsql-"),                   // Red Hat, from postgresql.org
    ("/usr/libexec", "postgresql"),       // Alpine
    ("/opt/homebrew/opt", "postgresql@"), // macOS on ARM
    ("/usr/local/opt", "postgresql@"),    // macOS on Intel
];

/// A `bin` folder with its major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) dir: PathBuf,
    pub(crate) major: u32,
}

impl Binaries {
    /// The programs for the cluster of the major version `cluster`, or for a new one: what is first on PATH, else the
    /// newest.
    pub(crate) fn find(data_dir: &Path, cluster: Option<&str>) -> Result<Self, StartError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path: Vec<_> = std::env::split_paths(&path).filter_map(|dir| Self::in_folder(&dir)).collect();
        let mut elsewhere: Vec<_> = usual_places().iter().filter_map(|dir| Self::in_folder(dir)).collect();
        elsewhere.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
        choose(on_path.into_iter().chain(elsewhere).collect(), data_dir, cluster)
    }

    /// One of the programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn in_folder(dir: &Path) -> Option<Self> {
        let postgres = dir.join("postgres");
        if !postgres.is_file() || !dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&postgres).arg("--version").output().ok()?;
        let major = major_in(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { dir: dir.to_owned(), major })
    }
}

fn choose(found: Vec<Binaries>, data_dir: &Path, cluster: Option<&str>) -> Result<Binaries, StartError> {
    let newest = found.iter().map(|binaries| binaries.major).max().ok_or(StartError::NoBinaries)?;
    let fits = |binaries: &Binaries| match cluster {
        Some(cluster) => binaries.major.to_string() == cluster,
        None => binaries.major >= OLDEST,
    };
    found.into_iter().find(fits).ok_or_else(|| match cluster {
        Some(cluster) => StartError::OtherMajor { data_dir: data_dir.to_owned(), cluster: cluster.to_owned() },
        None => StartError::TooOld { found: newest, needed: OLDEST },
    })
}

fn usual_places() -> Vec<PathBuf> {
    let mut places: Vec<_> = PER_MAJOR
        .into_iter()
        .filter_map(|(parent, prefix)| Some((std::fs::read_dir(parent).ok()?, prefix)))
        .flat_map(|(entries, prefix)| {
            entries.flatten().filter_map(move |entry| {
                let rest = entry.file_name().to_str()?.strip_prefix(prefix)?.to_owned();
                rest.parse::<u32>().ok().map(|_| entry.path().join("bin"))
            })
        })
        .collect();
    places.extend(["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    places.sort();
    places.dedup_by(|a, b| a.as_os_str() == OsStr::new(b));
    places
}

/// The major version in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL)").nth(1)?.trim_start();
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|&major| Binaries { dir: format!("/{major}").into(), major }).collect()
    }

    #[test]
    fn the_major_version_is_read_from_what_packagers_print() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(major_in("something else"), None);
    }

    #[test]
    fn a_cluster_is_only_opened_by_its_own_major_version() {
        let chosen = choose(found(&[17, 16, 15]), Path::new("/data"), Some("16"));
        assert_eq!(chosen.map(|binaries| binaries.major).ok(), Some(16));
        let message = choose(found(&[17]), Path::new("/data"), Some("15")).expect_err("refused").to_string();
        assert!(message.contains("apt-get install postgresql-15"), "{message}");
    }

    #[test]
    fn no_or_old_binaries_say_what_to_install() {
        let message = choose(vec![], Path::new("/data"), None).expect_err("refused").to_string();
        assert!(message.contains("apt-get install postgresql"), "{message}");
        let message = choose(found(&[13]), Path::new("/data"), None).expect_err("refused").to_string();
        assert!(message.contains("13 is too old"), "{message}");
    }
}
