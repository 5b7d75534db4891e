//! A small disk of our own, to be filled: a tmpfs.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

/// A mounted tmpfs; unmounted with this value.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one over a folder. Only root may, and not everywhere.
    pub(crate) fn mount(folder: &Path, mebibytes: u64) -> io::Result<Self> {
        let options = format!("size={mebibytes}m,mode=0755");
        mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV, Some(options.as_str()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) -> io::Result<()> {
        let mut ballast = File::options().create(true).append(true).open(self.ballast())?;
        for size in [1 << 20, 1 << 12, 1] {
            let zeros = vec![0; size];
            while ballast.write_all(&zeros).is_ok() {}
        }
        Ok(())
    }

    /// Gives back what was filled.
    pub(crate) fn free(&self) -> io::Result<()> {
        std::fs::remove_file(self.ballast())
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Detached: whoever still uses it may go on, and it goes with the last of them.
        let _ = umount2(&self.folder, MntFlags::MNT_DETACH);
    }
}

/// Whether a small disk can be had here; if not, why not.
pub fn can_be_mounted() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    SmallDisk::mount(folder.path(), 1).map(drop).map_err(|error| error.to_string())
}
