//! The data folder, its lock, and the folder of the socket.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::StartError;
use crate::account::Account;

/// `sun_path` of a Unix socket address holds 108 bytes with the closing zero.
const LONGEST_SOCKET: usize = 107;
/// The name Postgres gives the socket on its usual port.
pub(crate) const SOCKET: &str = ".s.PGSQL.5432";

/// Makes the data folder where it is missing and takes its lock, which is held as long as the file is open.
pub(crate) fn create_and_lock(data_dir: &Path) -> Result<File, StartError> {
    create(data_dir)?;
    let lock = open_lock(&data_dir.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::AlreadyRunning(data_dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(StartError::io("lock", &data_dir.join("lock"))(source)),
    }
}

/// Makes the data folder, open to its owner only, with the folders above it.
pub(crate) fn create(data_dir: &Path) -> Result<(), StartError> {
    if data_dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = data_dir.parent() {
        fs::create_dir_all(parent).map_err(StartError::io("create", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(data_dir) {
        Err(error) if !data_dir.is_dir() => Err(StartError::io("create", data_dir)(error)),
        _ => Ok(()), // made by us, or by another process in the meantime
    }
}

/// A file to lock; its content means nothing.
pub(crate) fn open_lock(path: &Path) -> Result<File, StartError> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(StartError::io("open", path))
}

/// Makes the folder for the socket, for `account` alone: `socket` in the data folder, or a short one elsewhere where
/// that path is too long or cannot stand in a connection string.
pub(crate) fn create_socket_dir(data_dir: &Path, account: Account) -> Result<PathBuf, StartError> {
    let folder = socket_dir(data_dir);
    match DirBuilder::new().mode(0o700).create(&folder) {
        Ok(()) => account.give(&folder)?,
        Err(_) if folder.is_dir() && folder.starts_with(data_dir) => account.give(&folder)?,
        Err(_) if folder.symlink_metadata().is_ok() => {}
        Err(error) => return Err(StartError::io("create", &folder)(error)),
    }
    // Names in /tmp can be taken by anybody: only a folder that is the account's alone will do.
    let found = folder.symlink_metadata().map_err(StartError::io("read", &folder))?;
    if found.is_dir() && found.uid() == account.uid && found.mode() & 0o777 == 0o700 {
        Ok(folder)
    } else {
        Err(StartError::ForeignFolder(folder))
    }
}

/// Where the folder for the socket is to be.
pub(crate) fn socket_dir(data_dir: &Path) -> PathBuf {
    place_of_socket(data_dir, std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from))
}

fn place_of_socket(data_dir: &Path, runtime_dir: Option<PathBuf>) -> PathBuf {
    let fits = |folder: &Path| {
        let text = folder.to_str().filter(|text| !text.contains([',', '"'])); // both mean something in a list of hosts
        text.is_some_and(|text| text.len() + 1 + SOCKET.len() <= LONGEST_SOCKET)
    };
    let inside = data_dir.join("socket");
    if fits(&inside) {
        return inside;
    }
    let name = format!("leerwerk-{:016x}", fnv1a(data_dir.as_os_str().as_bytes()));
    runtime_dir
        .filter(|dir| dir.is_absolute() && dir.is_dir())
        .map(|dir| dir.join(&name))
        .filter(|folder| fits(folder))
        .unwrap_or_else(|| Path::new("/tmp").join(&name))
}

/// FNV-1a, 64 bits (RFC 9923): the same in every version of the program, unlike the standard library's hasher.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_stands_in_the_data_folder_while_its_path_fits() {
        let longest = format!("/{}", "d".repeat(LONGEST_SOCKET - "//socket/".len() - SOCKET.len()));
        assert_eq!(place_of_socket(Path::new(&longest), None), Path::new(&longest).join("socket"));
        for unfit in [format!("{longest}d"), "/a,b".to_owned()] {
            assert!(place_of_socket(Path::new(&unfit), None).starts_with("/tmp"), "{unfit}");
        }
    }

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
