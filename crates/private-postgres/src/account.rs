//! Which user runs Postgres: ourselves, or an unprivileged user when we are root.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{User, getegid};

use crate::{StartError, user_id};

/// The user asked for when nothing else is said: Debian's package makes it.
const USUAL: &str = "postgres";

/// Who runs Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    gid: u32,
    /// We are root and this is somebody else.
    drops: bool,
}

impl Account {
    /// As an ordinary user: ourselves. As root: whoever owns the existing `cluster`, else the user named in
    /// `LEERWERK_POSTGRES_USER`, else `postgres`.
    pub(crate) fn choose(data_dir: &Path, cluster: &Path) -> Result<Self, StartError> {
        let us = user_id();
        let owner = fs::metadata(cluster).ok().map(|found| (found.uid(), found.gid()));
        if us != 0 {
            return match owner {
                Some((owner, _)) if owner != us => {
                    Err(StartError::OtherOwner { data_dir: data_dir.to_owned(), owner, us })
                }
                _ => Ok(Self { uid: us, gid: getegid().as_raw(), drops: false }),
            };
        }
        if let Some((uid, gid)) = owner.filter(|(uid, _)| *uid != 0) {
            return Ok(Self { uid, gid, drops: true });
        }
        let name = std::env::var("LEERWERK_POSTGRES_USER").unwrap_or_else(|_| USUAL.to_owned());
        match User::from_name(&name) {
            Ok(Some(user)) if !user.uid.is_root() => {
                Ok(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), drops: true })
            }
            _ => Err(StartError::NoUser(name)),
        }
    }

    /// A command that runs as this user, in a process group of its own (a Ctrl-C meant for us must not end Postgres
    /// before we are done with it) and with next to no environment: keys and passwords of ours are none of its business.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/").process_group(0);
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if self.drops {
            command.uid(self.uid).gid(self.gid); // std empties the supplementary groups as well
        }
        command
    }

    /// Gives `path` and everything in it to this user.
    pub(crate) fn give(self, path: &Path) -> Result<(), StartError> {
        if !self.drops {
            return Ok(());
        }
        lchown(path, Some(self.uid), Some(self.gid)).map_err(StartError::io("change the owner of", path))?;
        if !path.is_symlink() && path.is_dir() {
            for entry in fs::read_dir(path).map_err(StartError::io("read", path))? {
                self.give(&entry.map_err(StartError::io("read", path))?.path())?;
            }
        }
        Ok(())
    }

    /// Makes sure that this user can reach what is inside `data_dir`. The folder itself is ours and gets opened to the
    /// user's group when needed (enter only, not list); the folders above it are not ours to change.
    pub(crate) fn check_way_to(self, data_dir: &Path) -> Result<(), StartError> {
        if !self.drops {
            return Ok(());
        }
        let not_open = self.closed_folder(data_dir)?;
        if not_open.as_deref() == Some(data_dir) {
            let found = fs::metadata(data_dir).map_err(StartError::io("read", data_dir))?;
            if found.uid() == 0 {
                chown(data_dir, None, Some(self.gid)).map_err(StartError::io("change the group of", data_dir))?;
                let mode = fs::Permissions::from_mode(found.mode() | 0o010);
                fs::set_permissions(data_dir, mode).map_err(StartError::io("open", data_dir))?;
            }
        } else if not_open.is_none() {
            return Ok(());
        }
        match self.closed_folder(data_dir)? {
            Some(folder) => Err(StartError::NotEnterable { folder, uid: self.uid }),
            None => Ok(()),
        }
    }

    /// The outermost folder on the way to `folder` that this user cannot enter. Tried rather than computed from mode
    /// bits: access lists and mounts have a say too.
    fn closed_folder(self, folder: &Path) -> Result<Option<PathBuf>, StartError> {
        let mut way: Vec<_> = folder.ancestors().collect();
        way.reverse();
        let output = self
            .command("sh")
            .args(["-c", r#"for f; do cd -- "$f" 2>/dev/null || { printf %s "$f"; exit; }; done"#, "sh"])
            .args(way)
            .output()
            .map_err(StartError::io("run", Path::new("sh")))?;
        Ok((!output.stdout.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(&output.stdout))))
    }
}
