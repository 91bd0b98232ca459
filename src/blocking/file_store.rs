//! The record as a file that several processes share, such as an app and its updater, or programs in Rust and in Node.
//! This module never interprets the record, never reads a clock, and never names a path in an error (paths contain the
//! user's name).
//!
//! # Files
//! All files are in one directory, and only their owner can read them; `files.rs` says who owns the files that root
//! creates. `NAME` is [`file_name`]. If this device answers for a computer without a network, it keeps a record for that
//! computer too. `NAME` of such a record is `APP-PRODUCT-DEVICE.other.license`. A store loads records of only one of
//! these two kinds.
//!
//! | file | content |
//! |---|---|
//! | `NAME` | the record, or `no license` and a line feed: see `NOTHING` below |
//! | `NAME.lock`, `NAME.TOKEN.old`, `NAME.TOKEN.take1` to `take99` | the lock: see `file_lock.rs` |
//! | `NAME.asking.lock`, and `NAME.asking.TOKEN.…` as above | the lock that a process holds while it asks Polar |
//! | `NAME.TOKEN.tmp` | a record being written by the holder of the lock with that token |
//!
//! # Saving
//! 1. Lock.
//! 2. Create `NAME.TOKEN.tmp`, which must not exist yet. Write it and sync it.
//! 3. Check that `NAME.lock` still holds the token.
//! 4. Rename `NAME.TOKEN.tmp` to `NAME`.
//! 5. Sync the directory. A save that may be lost ([`Durability::Relaxed`]) skips this step.
//!
//! A crash at any instant leaves the old or the new record whole. Even a save that may be lost syncs the file before
//! the rename, because a file system may write a rename before the data of the renamed file. A power cut in between
//! would leave an empty record in place of a good one.
//!
//! # Directory
//! [`default_directory`] is `polar-license` in
//!
//! | system | directory |
//! |---|---|
//! | macOS, iOS | `~/Library/Application Support` |
//! | Windows | `%LOCALAPPDATA%` |
//! | all others | `$XDG_DATA_HOME` if it is an absolute path, otherwise `~/.local/share` |
//!
//! `~` is `$HOME` if it is set, and otherwise the home directory in the system's user database.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::file_lock::FileLock;
use super::files::{
    failure, hex, is_lower_hex, names_in, read_file, remove_file, rename, sync_directory, write_synced,
};
use crate::store::{Durability, HeldTurn, Store, StoreError};

/// The largest number of bytes to read, which is more than any record has. A longer file is cut off at this limit, and
/// the record is then rejected as tampered with.
const READ_LIMIT: u64 = 1024 * 1024;
const EXTENSION: &str = ".license";
/// The extension of a record that this device keeps for another computer.
const OTHER_EXTENSION: &str = ".other.license";
/// If this device's record is removed while a record of another device is in the directory, a file with this content
/// takes its place. Otherwise the store would load the other device's record, and the app would offer to move that
/// license.
const NOTHING: &[u8] = b"no license\n";
const TAG_DIGITS: usize = 16;
/// The longest wait for other processes if the caller sets no limit.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// A store that keeps one record in a file. Threads and processes can share it safely.
///
/// Creating a store touches no file; the directory is created at the first lock or save.
pub struct FileStore {
    directory: PathBuf,
    name: String,
    lock: FileLock,
    /// The lock that is held while a process asks Polar.
    asking: FileLock,
    /// Whether this store has removed the files of dead processes.
    has_swept: AtomicBool,
}

impl FileStore {
    /// Creates the store for one app, product and device in `directory`, for example [`default_directory`].
    pub fn new(directory: impl Into<PathBuf>, app_id: &str, product_tag: [u8; 8], device_tag: [u8; 8]) -> Self {
        Self::named(directory.into(), file_name(app_id, product_tag, device_tag))
    }

    /// Creates the store for the record that this device keeps for another computer. This store loads only that record,
    /// and the store of this device's own record never loads it.
    pub(super) fn of_other_device(directory: PathBuf, app_id: &str, product_tag: [u8; 8], device_tag: [u8; 8]) -> Self {
        let name = file_name(app_id, product_tag, device_tag);
        let stem = name.strip_suffix(EXTENSION).unwrap_or(&name);
        Self::named(directory, format!("{stem}{OTHER_EXTENSION}"))
    }

    fn named(directory: PathBuf, name: String) -> Self {
        let asking = FileLock::kept(directory.join(format!("{name}.asking")));
        Self {
            lock: FileLock::brief(directory.join(&name)),
            asking,
            has_swept: AtomicBool::new(false),
            directory,
            name,
        }
    }

    /// Returns the path of the record's file. It contains the user's name on most systems: show it to the user, and do
    /// not send it anywhere.
    pub fn path(&self) -> PathBuf {
        self.directory.join(&self.name)
    }
}

/// Returns the name of a record's file: `APP-PRODUCT-DEVICE.license`. `PRODUCT` and `DEVICE` are the tags in lower-case
/// hexadecimal digits. `APP` is the app id, cut to 64 Unicode code points. In it, `_` replaces a `.` at the start and
/// every code point other than `A-Z a-z 0-9 . - _`.
///
/// ```
/// let name = polar_license::blocking::file_name("com.acme/app", [0x0a; 8], [0xff; 8]);
/// assert_eq!(name, "com.acme_app-0a0a0a0a0a0a0a0a-ffffffffffffffff.license");
/// ```
pub fn file_name(app_id: &str, product_tag: [u8; 8], device_tag: [u8; 8]) -> String {
    let safe = |(index, c): (usize, char)| match c {
        '.' if index == 0 => '_',
        'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '-' | '_' => c,
        _ => '_',
    };
    let app: String = app_id.chars().take(64).enumerate().map(safe).collect();
    format!("{app}-{}-{}{EXTENSION}", hex(&product_tag), hex(&device_tag))
}

/// Returns the directory in which records are stored by default, or `None` if the system defines no such place.
///
/// | system | directory |
/// |---|---|
/// | macOS, iOS | `~/Library/Application Support/polar-license` |
/// | Windows | `%LOCALAPPDATA%\polar-license` |
/// | all others | `$XDG_DATA_HOME/polar-license` if that is absolute, otherwise `~/.local/share/polar-license` |
pub fn default_directory() -> Option<PathBuf> {
    directory_on(System::THIS, |name| env::var_os(name), env::home_dir())
}

impl Store for FileStore {
    /// Returns the record, at most its first MiB.
    ///
    /// If there is no record for this device, returns the newest record of the same app and product for another device.
    /// For example, the home directory may have been moved here from another machine. The app can then offer to move
    /// the license.
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        match read_record(&self.path()) {
            Ok(Some(record)) => Ok(Some(record).filter(|record| record != NOTHING)),
            Ok(None) => Ok(self.newest_sibling()),
            Err(error) => Err(failure("read the license file", error)),
        }
    }

    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError> {
        self.while_locked(|token| {
            if !self.has_swept.swap(true, Ordering::Relaxed) {
                self.lock.sweep(token);
            }
            self.write(record, token)?;
            match durability {
                Durability::Synced => {
                    sync_directory(&self.directory).map_err(|error| failure("write the license file", error))
                }
                Durability::Relaxed => Ok(()),
            }
        })
    }

    fn remove(&self) -> Result<(), StoreError> {
        let beside_another = self.newest_sibling().is_some();
        let is_absent = fs::symlink_metadata(self.path()).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        if is_absent && !beside_another {
            return Ok(());
        }
        self.while_locked(|token| {
            if beside_another {
                self.write(NOTHING, token)?;
            } else {
                self.lock.check(token)?;
                match remove_file(&self.path()) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(failure("remove the license file", error));
                    }
                    _ => {}
                }
            }
            // The record is gone; only a power cut could still bring it back.
            if let Err(error) = sync_directory(&self.directory) {
                log::warn!("the removal of the license file may not survive a power cut: {}", error.kind());
            }
            Ok(())
        })
    }

    fn locked(&self, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.locked_within(LOCK_TIMEOUT, work)
    }

    fn locked_within(&self, timeout: Duration, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        let _lock = self.lock.acquire(timeout)?;
        work();
        Ok(())
    }

    /// Acquires the lock `NAME.asking.lock`, which a process holds while it asks Polar. If the lock file cannot be
    /// created in the directory, returns a turn without a lock, so that the caller can ask Polar at once. Waiting for
    /// another process would be useless, because that process cannot save its answer in the directory either.
    fn take_turn(&self, timeout: Duration) -> Option<Box<dyn HeldTurn + '_>> {
        match self.asking.try_acquire(timeout) {
            Ok(held) => held.map(|held| Box::new(held) as _),
            Err(error) => {
                log::debug!("other processes may ask Polar as well: {error}");
                Some(Box::new(()))
            }
        }
    }

    /// Returns a hash of the file's metadata, which changes with every save. On Unix the hash includes the inode
    /// number, because the new file may have the same length and modification time as the file that it replaces.
    fn stamp(&self) -> Option<u64> {
        let mut stamp = DefaultHasher::new();
        if let Ok(metadata) = fs::metadata(self.path()) {
            (metadata.len(), metadata.modified().ok(), file_number(&metadata)).hash(&mut stamp);
        }
        Some(stamp.finish())
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileStore")
    }
}

/// The reason why a record cannot be saved.
#[cfg(feature = "http")]
pub(super) enum Hindrance {
    /// Another process has the lock.
    Locked {
        /// The time for which the other process has held the lock, if it is known.
        held_for: Option<Duration>,
    },
    Failed(StoreError),
}

#[cfg(feature = "http")]
impl FileStore {
    /// Does everything that a save does, without touching the record: acquires the lock, and writes and syncs a
    /// temporary file. Then removes everything that it created, including the directory if it did not exist before.
    pub(super) fn rehearse_save(&self) -> Result<(), Hindrance> {
        /// The content of the temporary file. It is larger than a record, so that a disk with only one free block
        /// counts as full.
        static REHEARSAL: [u8; 16 * 1024] = [0; 16 * 1024];
        let missing: Vec<&Path> = self.directory.ancestors().take_while(|path| !path.exists()).collect();
        let rehearsed = match self.lock.try_acquire(LOCK_TIMEOUT) {
            Ok(Some(held)) => {
                let temporary = self.lock.side_path(&held.token, "tmp");
                let written = write_synced(&temporary, &REHEARSAL, &self.path());
                let _ = fs::remove_file(&temporary);
                written.map_err(|error| Hindrance::Failed(failure("write the license file", error)))
            }
            Ok(None) => Err(Hindrance::Locked { held_for: self.lock.held_for() }),
            Err(error) => Err(Hindrance::Failed(error)),
        };
        for path in missing {
            // Fails if another process has created a file in the directory meanwhile. The directory then stays.
            let _ = fs::remove_dir(path);
        }
        rehearsed
    }

    /// Returns the reason why the record cannot be read. Returns `None` if it can be read, or if there is none.
    pub(super) fn unreadable(&self) -> Option<io::Error> {
        read_record(&self.path()).err()
    }

    /// Returns `true` if there is a record of this app on this device for another organization or server.
    pub(super) fn has_other_product(&self) -> bool {
        let Some((app, device)) = self.app_and_device() else { return false };
        let is_other = |name: &str| {
            let product = name.strip_prefix(app).and_then(|rest| rest.strip_suffix(device));
            name != self.name && product.is_some_and(|tag| tag.len() == TAG_DIGITS && is_lower_hex(tag))
        };
        names_in(&self.directory).iter().any(|name| name.to_str().is_some_and(is_other))
    }

    /// Splits the record's file name around the product's tag: returns the part before the tag, and the part after it.
    fn app_and_device(&self) -> Option<(&str, &str)> {
        let device = self.name.len().checked_sub(EXTENSION.len())?.checked_sub(TAG_DIGITS)?.checked_sub(1)?;
        let product = device.checked_sub(TAG_DIGITS)?;
        Some((self.name.get(..product)?, self.name.get(device..)?))
    }
}

impl FileStore {
    /// Runs `work` under the lock, and acquires the lock first if this thread does not hold it yet.
    fn while_locked(&self, work: impl FnOnce(&str) -> Result<(), StoreError>) -> Result<(), StoreError> {
        match self.lock.own_token() {
            Some(token) => work(&token),
            None => {
                let lock = self.lock.acquire(LOCK_TIMEOUT)?;
                work(&lock.token)
            }
        }
    }

    /// Replaces the record. Until the directory is synced, a power cut may bring the old record back.
    fn write(&self, record: &[u8], token: &str) -> Result<(), StoreError> {
        let temporary = self.lock.side_path(token, "tmp");
        let result = self.replace(&temporary, record, token);
        if result.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        result
    }

    fn replace(&self, temporary: &Path, record: &[u8], token: &str) -> Result<(), StoreError> {
        let failed = |error| failure("write the license file", error);
        write_synced(temporary, record, &self.path()).map_err(failed)?;
        self.lock.check(token)?;
        rename(temporary, &self.path()).map_err(failed)
    }

    /// Returns the newest readable record of this app and product that belongs to another device. Its license is not
    /// valid on this device, but the app can offer to move it here.
    fn newest_sibling(&self) -> Option<Vec<u8>> {
        if self.name.ends_with(OTHER_EXTENSION) {
            return None;
        }
        let stem = self.name.strip_suffix(EXTENSION)?;
        let prefix = stem.get(..stem.len().checked_sub(TAG_DIGITS)?)?;
        let mut siblings: Vec<(SystemTime, OsString)> = names_in(&self.directory)
            .into_iter()
            .filter(|name| name.to_str() != Some(&self.name) && is_sibling(name.to_str(), prefix))
            .filter_map(|name| Some((fs::metadata(self.directory.join(&name)).ok()?.modified().ok()?, name)))
            .collect();
        siblings.sort_unstable();
        let mut records =
            siblings.iter().rev().filter_map(|(_, name)| read_record(&self.directory.join(name)).ok().flatten());
        records.find(|record| record != NOTHING)
    }
}

fn is_sibling(name: Option<&str>, prefix: &str) -> bool {
    let device = name.and_then(|name| name.strip_prefix(prefix)?.strip_suffix(EXTENSION));
    device.is_some_and(|device| device.len() == TAG_DIGITS && is_lower_hex(device))
}

#[cfg(unix)]
fn file_number(metadata: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(metadata))
}

#[cfg(not(unix))]
fn file_number(_: &Metadata) -> Option<u64> {
    None
}

fn read_record(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read_file(path, READ_LIMIT) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        record => record.map(Some),
    }
}

/// The kinds of operating systems. Each kind keeps apps' data in a different directory.
#[derive(Clone, Copy)]
enum System {
    Apple,
    Windows,
    Other,
}

impl System {
    const THIS: Self = if cfg!(target_vendor = "apple") {
        Self::Apple
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Other
    };
}

fn directory_on(system: System, variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|home| home.is_absolute());
    let data = match system {
        System::Apple => home?.join("Library").join("Application Support"),
        System::Windows => absolute("LOCALAPPDATA")?,
        System::Other => match absolute("XDG_DATA_HOME") {
            Some(directory) => directory,
            None => home?.join(".local").join("share"),
        },
    };
    Some(data.join("polar-license"))
}

#[cfg(test)]
mod tests;
