//! The record as a file that several processes share: an app's, its updater's, one written in Rust, one running in Node.
//! Never looks into the record, never reads a clock, never names a path in an error (paths contain the user's name).
//!
//! # Files
//! All in one directory, readable by their owner only; `files.rs` says whose those are that root makes. `NAME` is
//! [`file_name`].
//!
//! | file | content |
//! |---|---|
//! | `NAME` | the record; or `no license` and a line feed if it was removed while another device's record was there |
//! | `NAME.lock`, `NAME.TOKEN.old`, `NAME.TOKEN.take1` to `take99` | the lock: see `file_lock.rs` |
//! | `NAME.asking.lock` and so on | a lock that a process holds while it asks Polar |
//! | `NAME.TOKEN.tmp` | a record being written by the holder of the lock with that token |
//!
//! # Saving
//! Lock; write `NAME.TOKEN.tmp`, made with create-new; sync it; check that `NAME.lock` still holds the token; rename it to
//! `NAME`; sync the directory. A crash at any instant leaves the old or the new record whole. A save that may be lost
//! ([`Durability::Relaxed`]) skips the last step and no other: a file system may write a rename before the data of the
//! renamed file, and a power cut in between would leave an empty record in place of a good one.
//!
//! # Directory
//! [`default_directory`] is `polar-license` in
//!
//! | system | directory |
//! |---|---|
//! | macOS, iOS | `~/Library/Application Support` |
//! | Windows | `%LOCALAPPDATA%` |
//! | all others | `$XDG_DATA_HOME` where it is an absolute path, else `~/.local/share` |
//!
//! `~` is `$HOME` where set, else what the system's user database says.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::file_lock::FileLock;
use super::files::{
    failure, hex, is_lower_hex, names_in, open_file, remove_file, rename, sync_directory, write_synced,
};
use crate::store::{Durability, HeldTurn, Store, StoreError};

/// Longer than any record. Of a longer file this much is read, which then fails as a record that was tampered with.
const READ_LIMIT: u64 = 1024 * 1024;
const EXTENSION: &str = ".license";
/// Replaces a record that is removed while another device's is beside it: without a file that one would be offered.
const NOTHING: &[u8] = b"no license\n";
const TAG_DIGITS: usize = 16;
/// How long to wait for other processes if the caller does not say.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Keeps one record in a file, shared safely by threads and processes.
///
/// Creating a store touches no file; the directory is created at the first lock or save.
pub struct FileStore {
    directory: PathBuf,
    name: String,
    lock: FileLock,
    /// Held while a process asks Polar.
    asking: FileLock,
    /// Whether what dead processes have left was removed.
    has_swept: AtomicBool,
}

impl FileStore {
    /// The store for one app, product and device in `directory`, for example [`default_directory`].
    pub fn new(directory: impl Into<PathBuf>, app_id: &str, product_tag: [u8; 8], device_tag: [u8; 8]) -> Self {
        let directory = directory.into();
        let name = file_name(app_id, product_tag, device_tag);
        let asking = FileLock::kept(directory.join(format!("{name}.asking")));
        Self {
            lock: FileLock::brief(directory.join(&name)),
            asking,
            has_swept: AtomicBool::new(false),
            directory,
            name,
        }
    }

    /// The record's file. It contains the user's name on most systems: show it to the user, do not send it anywhere.
    pub fn path(&self) -> PathBuf {
        self.directory.join(&self.name)
    }
}

/// The name of a record's file: `APP-PRODUCT-DEVICE.license`, where `PRODUCT` and `DEVICE` are the tags in lower-case
/// hexadecimal digits and `APP` is the app id with every character other than `A-Z a-z 0-9 . - _` replaced by one `_`
/// (one for each Unicode code point), cut to 64, and a leading `.` replaced by `_`.
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

/// Where records are kept unless the app says otherwise, or `None` if the system defines no such place.
///
/// | system | directory |
/// |---|---|
/// | macOS, iOS | `~/Library/Application Support/polar-license` |
/// | Windows | `%LOCALAPPDATA%\polar-license` |
/// | all others | `$XDG_DATA_HOME/polar-license` where that is absolute, else `~/.local/share/polar-license` |
pub fn default_directory() -> Option<PathBuf> {
    directory_on(System::THIS, |name| env::var_os(name), env::home_dir())
}

impl Store for FileStore {
    /// The record, at most its first MiB.
    ///
    /// If there is none for this device, the newest of the same app and product for another device: the home directory was
    /// moved to this machine, and the app can offer to move the license.
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

    /// By a second lock, `NAME.asking.lock`, that is kept for as long as Polar is asked. Where it cannot be made, nobody can
    /// save an answer either, and each process asks for itself.
    fn take_turn(&self, timeout: Duration) -> Option<Box<dyn HeldTurn + '_>> {
        match self.asking.try_acquire(timeout) {
            Ok(held) => held.map(|held| Box::new(held) as _),
            Err(error) => {
                log::debug!("other processes may ask Polar as well: {error}");
                Some(Box::new(()))
            }
        }
    }

    /// By the file's metadata. A record is replaced by another file, which may be as long and as old, and has another number.
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

/// What keeps a record from being saved.
#[cfg(feature = "http")]
pub(super) enum Hindrance {
    /// Another process has the lock.
    Locked {
        /// How long already, where that is known.
        held_for: Option<Duration>,
    },
    Failed(StoreError),
}

#[cfg(feature = "http")]
impl FileStore {
    /// Takes every step of a save but the last: lock, write, sync. Leaves nothing behind, not even the directory.
    pub(super) fn rehearse_save(&self) -> Result<(), Hindrance> {
        /// More than a record, so that a disk with its last block free counts as full.
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
            // one that is in use by now stays
            let _ = fs::remove_dir(path);
        }
        rehearsed
    }

    /// Why the record cannot be read, if so.
    pub(super) fn unreadable(&self) -> Option<io::Error> {
        read_record(&self.path()).err()
    }

    /// Whether there is a record of this app on this device for another organization or server.
    pub(super) fn has_other_product(&self) -> bool {
        let Some((app, device)) = self.app_and_device() else { return false };
        let is_other = |name: &str| {
            let product = name.strip_prefix(app).and_then(|rest| rest.strip_suffix(device));
            name != self.name && product.is_some_and(|tag| tag.len() == TAG_DIGITS && is_lower_hex(tag))
        };
        names_in(&self.directory).iter().any(|name| name.to_str().is_some_and(is_other))
    }

    /// What stands before and after the product in the record's name.
    fn app_and_device(&self) -> Option<(&str, &str)> {
        let device = self.name.len().checked_sub(EXTENSION.len())?.checked_sub(TAG_DIGITS)?.checked_sub(1)?;
        let product = device.checked_sub(TAG_DIGITS)?;
        Some((self.name.get(..product)?, self.name.get(device..)?))
    }
}

impl FileStore {
    /// Runs `work` while holding the lock: the one that this thread holds already, or else one for this call.
    fn while_locked(&self, work: impl FnOnce(&str) -> Result<(), StoreError>) -> Result<(), StoreError> {
        match self.lock.own_token() {
            Some(token) => work(&token),
            None => {
                let lock = self.lock.acquire(LOCK_TIMEOUT)?;
                work(&lock.token)
            }
        }
    }

    /// Replaces the record. Until the directory is synced, a power cut may undo that.
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

    /// Other devices' records of this app and product, best effort: they are an offer, not this device's state.
    fn newest_sibling(&self) -> Option<Vec<u8>> {
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
    let mut record = Vec::new();
    match open_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?.take(READ_LIMIT).read_to_end(&mut record)?,
    };
    Ok(Some(record))
}

/// Systems that differ in where an app's data belongs.
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
mod tests {
    use std::fs::OpenOptions;
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use super::super::file_lock::TOKEN_BYTES;
    use super::super::files::DiskStep::{Remove, Rename, SyncDirectory, SyncFile, Write};
    use super::super::files::tests::{Scratch, disk_steps, fail_next};
    use super::super::files::{create_private, create_private_directory};
    use super::*;

    static OLD: [u8; 70_000] = [b'o'; 70_000];
    static NEW: [u8; 50_000] = [b'n'; 50_000];

    fn new_store(scratch: &Scratch) -> FileStore {
        store_in(&scratch.0.join("data"))
    }

    /// What is in the store's directory.
    fn names(scratch: &Scratch) -> Vec<String> {
        let entries = fs::read_dir(scratch.0.join("data")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn lock_path(store: &FileStore) -> PathBuf {
        store.directory.join(format!("{}.lock", store.name))
    }

    fn store_in(directory: &Path) -> FileStore {
        FileStore::new(directory, "com.acme.app", [1; 8], [2; 8])
    }

    fn save(store: &FileStore, record: &[u8]) {
        store.save(record, Durability::Relaxed).unwrap();
    }

    fn load(store: &FileStore) -> Option<Vec<u8>> {
        store.load().unwrap()
    }

    /// Moves a file's modification time back by `seconds`, or forward if negative.
    fn age(path: &Path, seconds: i64) {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        let shift = Duration::from_secs(seconds.unsigned_abs());
        let then = if seconds < 0 { modified + shift } else { modified - shift };
        file.set_modified(then).unwrap();
    }

    /// Leaves the files that a process leaves which is killed while saving.
    fn die_while_saving(store: &FileStore, token: &str, seconds_ago: i64) {
        create_private_directory(&store.directory).unwrap();
        fs::write(lock_path(store), token).unwrap();
        fs::write(store.lock.side_path(token, "tmp"), "half a rec").unwrap();
        age(&lock_path(store), seconds_ago);
    }

    #[test]
    fn names_are_safe_and_tell_records_apart() {
        let tail = "-0102030405060708-ffffffffffffffff.license";
        let name = |app: &str| file_name(app, [1, 2, 3, 4, 5, 6, 7, 8], [255; 8]);
        assert_eq!(name("com.acme.app"), format!("com.acme.app{tail}"));
        assert_eq!(name("../..\\a b/\0c:d"), format!("_._.._a_b__c_d{tail}"));
        assert_eq!(name(".hidden"), format!("_hidden{tail}"));
        assert_eq!(name("Ä𝄞-_"), format!("__-_{tail}"));
        assert_eq!(name(&"x".repeat(200)), format!("{}{tail}", "x".repeat(64)));
        // eCryptfs, the encrypted home of older Ubuntus, allows 143 bytes.
        let token = hex(&[0; TOKEN_BYTES]);
        assert!(format!("{}.{token}.tmp", name(&"x".repeat(64))).len() <= 143);
    }

    #[test]
    fn a_record_is_kept_replaced_and_removed() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        assert_eq!(load(&store), None);
        store.remove().unwrap();
        assert!(!scratch.0.join("data").exists(), "nothing is made before there is something to keep");
        store.save(&OLD, Durability::Synced).unwrap();
        store.save(&NEW, Durability::Relaxed).unwrap();
        assert_eq!(load(&store).unwrap(), NEW);
        assert_eq!(load(&new_store(&scratch)).unwrap(), NEW);
        assert_eq!(names(&scratch), [store.name.as_str()]);
        store.remove().unwrap();
        assert_eq!(load(&store), None);
        store.remove().unwrap();
        assert_eq!(names(&scratch), [""; 0]);
    }

    /// A file system may write a rename before the data of the renamed file: XFS does, and ext4 with `noauto_da_alloc`.
    #[test]
    fn the_data_is_synced_before_every_rename_and_only_the_directory_may_be_relaxed() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        create_private_directory(&store.directory).unwrap();
        let saving = |durability| disk_steps(|| store.save(b"a", durability).unwrap());
        // the removal is the lock's
        assert_eq!(saving(Durability::Synced), [Write, SyncFile, Rename, SyncDirectory, Remove]);
        assert_eq!(saving(Durability::Relaxed), [Write, SyncFile, Rename, Remove]);
        assert_eq!(disk_steps(|| store.remove().unwrap()), [Remove, SyncDirectory, Remove]);
        save(&FileStore::new(&store.directory, "com.acme.app", [1; 8], [3; 8]), b"another device's");
        assert_eq!(disk_steps(|| store.remove().unwrap()), [Write, SyncFile, Rename, SyncDirectory, Remove]);
    }

    /// A power cut can lose the creation of the lock alone.
    #[test]
    fn the_first_save_removes_what_dead_processes_left_without_a_lock() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        create_private_directory(&store.directory).unwrap();
        let (dead, name) = ("0123456789abcdef", store.name.clone());
        let leave = |name: &str, seconds_ago| {
            fs::write(store.directory.join(name), "half a rec").unwrap();
            age(&store.directory.join(name), seconds_ago);
        };
        leave(&format!("{name}.{dead}.tmp"), 0);
        for extension in ["old", "take1", "take99"] {
            leave(&format!("{name}.{dead}.{extension}"), 11);
            leave(&format!("{name}.asking.{dead}.{extension}"), 11);
        }
        let stay = [
            format!("{name}.{dead}.bak"),
            format!("{name}.asking.lock"),
            format!("{name}.fedcba9876543210.old"),
            format!("{name}.tmp"),
            format!("{}.{dead}.tmp", name.replace("0202", "0303")),
        ];
        for stays in &stay {
            leave(stays, if stays.ends_with("old") { 9 } else { 11 });
        }
        save(&store, b"a");
        let mut expected: Vec<String> = stay.into_iter().chain([name]).collect();
        expected.sort();
        assert_eq!(names(&scratch), expected);
    }

    #[test]
    fn a_lock_holder_can_load_save_and_remove() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        let mut runs = 0;
        store
            .locked(&mut || {
                runs += 1;
                assert_eq!(load(&store), None);
                save(&store, b"a");
                assert_eq!(names(&scratch), [store.name.clone(), format!("{}.lock", store.name)]);
                store.remove().unwrap();
                save(&store, b"b");
            })
            .unwrap();
        assert_eq!((runs, load(&store)), (1, Some(b"b".to_vec())));
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }

    #[test]
    fn locking_twice_in_one_thread_is_an_error_and_not_a_deadlock() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        let mut inner = Ok(());
        store.locked(&mut || inner = store.locked(&mut || panic!("ran"))).unwrap();
        assert_eq!(inner.unwrap_err().to_string(), "this thread has locked the license file already");
    }

    #[test]
    fn work_that_panics_unlocks() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.locked(&mut || panic!("on purpose"))));
        assert!(panicked.is_err());
        save(&store, b"a");
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        store
            .locked(&mut || {
                save(&store, b"a");
                assert_eq!(mode(&lock_path(&store)), 0o600);
            })
            .unwrap();
        assert_eq!(mode(&store.path()), 0o600);
        assert_eq!(mode(&store.directory), 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_directories_and_from_a_planted_name_are_fine() {
        let scratch = Scratch::new();
        fs::create_dir(scratch.0.join("real")).unwrap();
        std::os::unix::fs::symlink(scratch.0.join("real"), scratch.0.join("data")).unwrap();
        let store = new_store(&scratch);
        fs::write(scratch.0.join("victim"), "untouched").unwrap();
        std::os::unix::fs::symlink(scratch.0.join("victim"), store.path()).unwrap();
        save(&store, b"a");
        assert_eq!(load(&store).unwrap(), b"a");
        assert_eq!(fs::read(scratch.0.join("victim")).unwrap(), b"untouched");
    }

    #[test]
    fn a_file_too_long_to_be_a_record_is_read_to_the_limit() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, &vec![7; 3_000_000]);
        assert_eq!(load(&store).unwrap(), vec![7; 1 << 20]);
    }

    #[test]
    fn another_devices_newest_record_is_offered_and_never_touched() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        let sibling = |app, product, device, record: &[u8], seconds| {
            let other = FileStore::new(&store.directory, app, product, device);
            save(&other, record);
            age(&other.path(), seconds);
            other
        };
        let older = sibling("com.acme.app", [1; 8], [3; 8], b"older", 200);
        let newer = sibling("com.acme.app", [1; 8], [4; 8], b"newer", 100);
        sibling("com.acme.app", [9; 8], [2; 8], b"other product", 0);
        sibling("com.acme.app-0101010101010101", [1; 8], [2; 8], b"other app", 0);
        fs::write(store.lock.side_path("0", "tmp"), "x").unwrap();
        assert_eq!(load(&store).unwrap(), b"newer");
        fs::remove_file(newer.path()).unwrap();
        fs::create_dir(newer.path()).unwrap();
        assert_eq!(load(&store).unwrap(), b"older", "one that cannot be read is passed over");
        save(&store, b"own");
        assert_eq!(load(&store).unwrap(), b"own");
        store.remove().unwrap();
        assert_eq!(load(&store), None, "what was removed here does not bring up another device's");
        assert_eq!(load(&older).unwrap(), b"older", "nor is its absence another device's record");
        fs::remove_file(store.path()).unwrap();
        store.remove().unwrap();
        assert_eq!(load(&store), None, "what was only offered can be declined");
    }

    #[test]
    fn a_dead_holders_lock_is_taken_over_and_its_half_written_record_removed() {
        for seconds in [11, 1_000_000, -60, -1_000_000] {
            let scratch = Scratch::new();
            let store = new_store(&scratch);
            save(&store, &OLD);
            die_while_saving(&store, "0123456789abcdef", seconds);
            assert_eq!(load(&store).unwrap(), OLD);
            save(&store, &NEW);
            assert_eq!(load(&store).unwrap(), NEW);
            assert_eq!(names(&scratch), [store.name.as_str()]);
        }
    }

    #[test]
    fn a_lock_whose_holder_died_before_writing_its_token_is_taken_over() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, b"a");
        fs::write(lock_path(&store), "").unwrap();
        age(&lock_path(&store), 11);
        save(&store, b"b");
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }

    /// Makes a file, directory or link (not what it links to) as old as a stale lock.
    #[cfg(unix)]
    fn make_old(path: &Path) {
        let touched = Command::new("touch").args(["-h", "-t", "202001010000"]).arg(path).status().unwrap();
        assert!(touched.success());
    }

    /// Acquires the lock without waiting.
    fn lock_at_once(store: &FileStore) -> Result<(), StoreError> {
        let mut runs = 0;
        store.locked_within(Duration::ZERO, &mut || runs += 1).inspect(|()| assert_eq!(runs, 1))
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_no_file_is_judged_by_its_age() {
        let make = |kind: &str, path: &Path| match kind {
            "directory" => fs::create_dir(path).unwrap(),
            "filled directory" => fs::create_dir_all(path.join("x")).unwrap(),
            "dangling link" => std::os::unix::fs::symlink("nowhere", path).unwrap(),
            _ => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        };
        for kind in ["directory", "filled directory", "dangling link", "pipe"] {
            let scratch = Scratch::new();
            let store = new_store(&scratch);
            save(&store, b"a");
            make(kind, &lock_path(&store));
            let error = lock_at_once(&store).expect_err(kind).to_string();
            assert_eq!(error, "another process has locked the license file; try again in a few seconds", "{kind}");
            make_old(&lock_path(&store));
            lock_at_once(&store).expect(kind);
            // What is in a directory is not this library's to delete.
            let left = if kind == "filled directory" { 2 } else { 1 };
            assert_eq!(names(&scratch).len(), left, "{:?}", names(&scratch));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_place_of_a_held_lock_blocks_nobody() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        let work = &mut || {
            fs::remove_file(lock_path(&store)).unwrap();
            assert!(Command::new("mkfifo").arg(lock_path(&store)).status().unwrap().success());
            assert!(store.save(b"a", Durability::Synced).is_err());
        };
        store.locked(work).unwrap();
        assert_eq!(load(&store), None);
    }

    #[test]
    fn claims_of_any_number_of_dead_takers_are_overcome() {
        for claims in [1, 8, 9, 10, 40] {
            let scratch = Scratch::new();
            let store = new_store(&scratch);
            die_while_saving(&store, "0123456789abcdef", 11);
            for claim in 1..=claims {
                let claim = store.lock.side_path("0123456789abcdef", &format!("take{claim}"));
                create_private(&claim).unwrap();
                age(&claim, 11);
            }
            lock_at_once(&store).unwrap();
            assert_eq!(names(&scratch), [""; 0], "after {claims} claims");
        }
    }

    #[test]
    fn a_lock_that_this_process_failed_to_delete_is_its_own() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        for next in [&store, &new_store(&scratch)] {
            store.locked(&mut || fail_next(&[Remove, Remove])).unwrap();
            assert!(lock_path(&store).exists());
            lock_at_once(next).unwrap();
            assert_eq!(names(&scratch), [""; 0]);
        }
    }

    #[test]
    fn a_deletion_that_fails_once_leaves_no_lock() {
        let scratch = Scratch::new();
        new_store(&scratch).locked(&mut || fail_next(&[Remove])).unwrap();
        assert_eq!(names(&scratch), [""; 0]);
    }

    #[test]
    fn a_removal_succeeds_even_if_the_directory_cannot_be_synced() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, b"a");
        fail_next(&[SyncDirectory]);
        store.remove().unwrap();
        assert_eq!(load(&store), None);
        save(&FileStore::new(&store.directory, "com.acme.app", [1; 8], [3; 8]), b"another device's");
        fail_next(&[SyncDirectory]);
        store.remove().unwrap();
        assert_eq!(load(&store), None);
    }

    #[test]
    fn a_save_that_fails_at_any_step_before_the_last_keeps_the_old_record() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        store.save(b"old", Durability::Synced).unwrap();
        for step in [Write, SyncFile, Rename] {
            fail_next(&[step]);
            let error = store.save(b"new", Durability::Relaxed).unwrap_err().to_string();
            assert!(error.starts_with("could not write the license file: "), "{error}");
            assert_eq!(
                (load(&store).unwrap(), names(&scratch)),
                (b"old".to_vec(), vec![store.name.clone()]),
                "{step:?}"
            );
        }
        fail_next(&[SyncDirectory]);
        assert!(store.save(b"new", Durability::Synced).is_err(), "it may not be on the disk yet");
    }

    #[test]
    fn a_token_is_not_trusted_as_a_path() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, b"a");
        let victim = store.lock.side_path("x/../../victim", "tmp");
        fs::create_dir(store.directory.join(format!("{}.x", store.name))).unwrap();
        fs::write(&victim, "untouched").unwrap();
        fs::write(lock_path(&store), "x/../../victim").unwrap();
        age(&lock_path(&store), 11);
        save(&store, b"b");
        assert!(victim.exists());
    }

    #[test]
    fn a_living_holder_keeps_its_lock() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, &OLD);
        die_while_saving(&store, "0123456789abcdef", 2);
        let error = store.locked(&mut || panic!("ran")).unwrap_err().to_string();
        assert!(error.starts_with("another process has locked the license file; "), "{error}");
        assert_eq!(load(&store).unwrap(), OLD);
        assert_eq!(fs::read(lock_path(&store)).unwrap(), b"0123456789abcdef");
        assert_eq!(names(&scratch).len(), 3, "{:?}", names(&scratch));
    }

    #[test]
    fn a_process_that_lost_the_lock_changes_nothing() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, &OLD);
        store
            .locked(&mut || {
                fs::write(lock_path(&store), "fedcba9876543210").unwrap();
                for result in [store.save(&NEW, Durability::Synced), store.remove()] {
                    let error = result.unwrap_err().to_string();
                    assert_eq!(error, "another process took over the lock of the license file; try again");
                }
            })
            .unwrap();
        assert_eq!(load(&store).unwrap(), OLD);
        assert_eq!(fs::read(lock_path(&store)).unwrap(), b"fedcba9876543210", "it is somebody else's to delete");
        assert_eq!(names(&scratch).len(), 2);
    }

    #[test]
    fn of_many_that_take_over_at_once_one_wins() {
        const TAKERS: usize = 4;
        for _ in 0..100 {
            let scratch = Scratch::new();
            die_while_saving(&new_store(&scratch), "0123456789abcdef", 11);
            let start = Barrier::new(TAKERS);
            let inside = AtomicU32::new(0);
            let count = AtomicU32::new(0);
            thread::scope(|scope| {
                for _ in 0..TAKERS {
                    scope.spawn(|| {
                        let store = new_store(&scratch);
                        start.wait();
                        let mut work = || {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                            save(&store, b"a");
                            count.fetch_add(1, Ordering::SeqCst);
                            inside.fetch_sub(1, Ordering::SeqCst);
                        };
                        // a busy disk may take longer to save than a lock is waited for
                        assert!((0..10).any(|_| store.locked(&mut work).is_ok()), "the lock is never free");
                    });
                }
            });
            assert_eq!(count.load(Ordering::SeqCst), TAKERS as u32);
            assert_eq!(names(&scratch), [new_store(&scratch).name.as_str()]);
        }
    }

    /// How often each of several adds to the number. All of that has to fit into a lock's timeout, and under Wine each
    /// operation on a file asks a server.
    const TIMES: u32 = if cfg!(windows) { 10 } else { 50 };

    /// Adds one to the number in the record, `times` times.
    fn count_up(store: &FileStore, times: u32) {
        for _ in 0..times {
            let mut add = || {
                let count: u32 = load(store).map_or(0, |record| String::from_utf8(record).unwrap().parse().unwrap());
                save(store, (count + 1).to_string().as_bytes());
            };
            // a busy disk may take longer to save than a lock is waited for
            assert!((0..10).any(|_| store.locked(&mut add).is_ok()), "the lock is never free");
        }
    }

    #[test]
    fn threads_of_one_store_lose_no_update() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| count_up(&store, TIMES));
            }
        });
        assert_eq!(load(&store).unwrap(), (4 * TIMES).to_string().as_bytes());
    }

    /// Windows refuses to replace or delete a file that is open somewhere.
    #[test]
    fn readers_disturb_no_writer() {
        const ROUNDS: usize = 200;
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, &OLD);
        let start = Barrier::new(2);
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                for _ in 0..ROUNDS {
                    start.wait();
                    for _ in 0..10 {
                        let record = load(&store).unwrap();
                        assert!(record == OLD || record == NEW, "{} bytes", record.len());
                        let _ = fs::read(lock_path(&store));
                    }
                }
            });
            let mut failures = Vec::new();
            for round in 0..ROUNDS {
                start.wait();
                let record = if round % 2 == 0 { &NEW[..] } else { &OLD };
                failures.extend(store.save(record, Durability::Relaxed).err());
            }
            reader.join().unwrap();
            assert!(failures.is_empty(), "{} of {ROUNDS}: {:?}", failures.len(), failures.first());
        });
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }

    /// Runs one test of this file in a process of its own, which finds the directory in the environment.
    fn child(test: &str, directory: &Path) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "--nocapture", &format!("blocking::file_store::tests::{test}")])
            .env("POLAR_LICENSE_TEST_STORE", directory);
        command
    }

    fn child_store() -> Option<FileStore> {
        env::var_os("POLAR_LICENSE_TEST_STORE").map(|directory| store_in(Path::new(&directory)))
    }

    #[test]
    fn processes_lose_no_update() {
        if let Some(store) = child_store() {
            return count_up(&store, 2 * TIMES);
        }
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        let start = || child("processes_lose_no_update", &store.directory).stdout(Stdio::null()).spawn().unwrap();
        let children = [start(), start()];
        count_up(&store, 2 * TIMES);
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(load(&store).unwrap(), (6 * TIMES).to_string().as_bytes());
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }

    #[test]
    fn a_process_killed_while_saving_leaves_a_whole_record() {
        if let Some(store) = child_store() {
            loop {
                for record in [&OLD[..], &NEW[..]] {
                    store.save(record, Durability::Synced).unwrap();
                    println!("saved");
                }
            }
        }
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        for round in 0..25 {
            let mut child: Child = child("a_process_killed_while_saving_leaves_a_whole_record", &store.directory)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
            for _ in 0..=round % 5 {
                assert!(lines.any(|line| line.ends_with("saved")), "the child failed");
            }
            // Wherever in the next save it happens to be.
            child.kill().unwrap();
            child.wait().unwrap();
            let record = load(&store).unwrap();
            assert!(record == OLD || record == NEW, "{} bytes", record.len());
            if lock_path(&store).exists() {
                age(&lock_path(&store), 11);
            }
        }
        save(&store, b"a");
        assert_eq!(load(&store).unwrap(), b"a");
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }

    #[cfg(unix)]
    #[test]
    fn a_full_disk_loses_nothing() {
        if let Some(store) = child_store() {
            let before = load(&store);
            let error = store.save(&NEW, Durability::Synced).unwrap_err().to_string();
            assert!(error.ends_with("the license file: no space left; free some and try again"), "{error}");
            assert_eq!(load(&store), before);
            return;
        }
        // One block is enough for a lock, and none for nothing.
        for blocks in ["1", "0"] {
            let scratch = Scratch::new();
            let store = new_store(&scratch);
            save(&store, &OLD);
            let test = child("a_full_disk_loses_nothing", &store.directory);
            let status = Command::new("sh")
                // Without the trap the signal of a file that grows too large would end the process.
                .args(["-c", "trap '' XFSZ; ulimit -f \"$0\" && exec \"$@\"", blocks])
                .arg(test.get_program())
                .args(test.get_args())
                .env("POLAR_LICENSE_TEST_STORE", &store.directory)
                .output()
                .unwrap();
            assert!(status.status.success(), "{status:?}");
            assert_eq!(load(&store).unwrap(), OLD);
            assert_eq!(names(&scratch), [store.name.as_str()]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_without_permission_is_an_error() {
        use std::os::unix::fs::PermissionsExt;
        if let Some(store) = child_store() {
            let error = store.save(&NEW, Durability::Synced).unwrap_err().to_string();
            assert!(error.contains("the license file: permission denied; let this user"), "{error}");
            println!("refused");
            return;
        }
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, &OLD);
        fs::set_permissions(&store.directory, fs::Permissions::from_mode(0o555)).unwrap();
        let mut child = child("a_directory_without_permission_is_an_error", &store.directory);
        if create_private(&store.directory.join("x")).is_ok() {
            // This is root, who may do anything: let somebody else try, where that user can reach this program.
            std::os::unix::process::CommandExt::uid(&mut child, 65534);
        }
        if let Ok(output) = child.output() {
            assert!(output.status.success(), "{output:?}");
            assert!(String::from_utf8_lossy(&output.stdout).contains("refused"), "{output:?}");
        }
        fs::set_permissions(&store.directory, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(load(&store).unwrap(), OLD);
    }

    #[cfg(unix)]
    const NOBODY: u32 = 65534;

    #[cfg(unix)]
    fn is_root(scratch: &Scratch) -> bool {
        std::os::unix::fs::MetadataExt::uid(&fs::metadata(&scratch.0).unwrap()) == 0
    }

    /// The output of a child process that runs `test`, not as root. `None` if that user cannot run this program.
    #[cfg(unix)]
    fn output_without_privileges(test: &str, scratch: &Scratch) -> Option<String> {
        let mut child = child(test, &new_store(scratch).directory);
        if is_root(scratch) {
            std::os::unix::process::CommandExt::uid(&mut child, NOBODY);
        }
        let output = child.output().ok()?;
        assert!(output.status.success(), "{output:?}");
        Some(String::from_utf8(output.stdout).unwrap())
    }

    /// Leaves a stale lock, with these permissions for it and the directory.
    #[cfg(unix)]
    fn leave_lock(store: &FileStore, directory_mode: u32, lock_mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        create_private_directory(&store.directory).unwrap();
        fs::write(lock_path(store), "0123456789abcdef").unwrap();
        make_old(&lock_path(store));
        fs::set_permissions(lock_path(store), fs::Permissions::from_mode(lock_mode)).unwrap();
        fs::set_permissions(&store.directory, fs::Permissions::from_mode(directory_mode)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_this_user_cannot_read_is_taken_over() {
        if let Some(store) = child_store() {
            assert!(fs::read(lock_path(&store)).is_err(), "this user can read everything");
            lock_at_once(&store).unwrap();
            return println!("locked");
        }
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        leave_lock(&store, 0o700, 0);
        if is_root(&scratch) {
            std::os::unix::fs::chown(&store.directory, Some(NOBODY), None).unwrap();
        }
        if let Some(said) = output_without_privileges("a_lock_that_this_user_cannot_read_is_taken_over", &scratch) {
            assert!(said.contains("locked"), "{said}");
            assert_eq!(names(&scratch), [""; 0]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_this_user_can_never_take_over_is_reported_at_once() {
        use std::os::unix::fs::PermissionsExt;
        if let Some(store) = child_store() {
            return println!("{}", lock_at_once(&store).unwrap_err());
        }
        // In a directory with the sticky bit only its owner may remove a file, which needs root to set up.
        let sticky =
            (0o1777, "a lock that this user may not remove was left behind; delete the file ending in `.lock`");
        let read_only = (0o555, "could not lock the license file: permission denied; let this user read and write");
        for (mode, expected) in [sticky, read_only] {
            let scratch = Scratch::new();
            let store = new_store(&scratch);
            leave_lock(&store, mode, 0o600);
            if mode == 0o555 || is_root(&scratch) {
                let said = output_without_privileges(
                    "a_lock_that_this_user_can_never_take_over_is_reported_at_once",
                    &scratch,
                );
                assert!(said.is_none_or(|said| said.contains(expected)), "{expected}");
                assert_eq!(names(&scratch).len(), 1, "{:?}", names(&scratch));
            }
            fs::set_permissions(&store.directory, fs::Permissions::from_mode(0o700)).unwrap();
        }
    }

    #[test]
    fn obstacles_are_named_in_errors() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        fs::write(&store.directory, "a file").unwrap();
        let error = store.save(b"a", Durability::Synced).unwrap_err().to_string();
        assert_eq!(
            error,
            "could not make the license directory: a file is where the license directory should be; move it away, or \
             choose another directory"
        );
        assert!(store.locked(&mut || panic!("ran")).is_err());
        fs::remove_file(&store.directory).unwrap();

        fs::create_dir_all(store.path()).unwrap();
        let expected = "something else is where the license file should be; move it away";
        assert_eq!(store.load().unwrap_err().to_string(), format!("could not read the license file: {expected}"));
        assert!(store.save(b"a", Durability::Synced).is_err());
        assert!(store.remove().is_err());
        assert_eq!(names(&scratch), [store.name.as_str()], "no other file stays behind");
        fs::remove_dir(store.path()).unwrap();

        fs::create_dir(lock_path(&store)).unwrap();
        assert!(store.save(b"a", Durability::Synced).is_err());
    }

    #[test]
    fn errors_and_debug_name_no_path() {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        fs::write(&store.directory, "a file").unwrap();
        let error = store.save(b"a", Durability::Synced).unwrap_err();
        for text in [format!("{error} {error:?}"), format!("{store:?}")] {
            assert!(!text.contains("polar-license-test"), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn data_is_kept_where_each_system_keeps_it() {
        let home = || Some(PathBuf::from("/home/u"));
        let none = |_: &str| None;
        let xdg = |value: &'static str| move |name: &str| (name == "XDG_DATA_HOME").then(|| value.into());
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(directory_on(System::Other, none, home()), path("/home/u/.local/share/polar-license"));
        assert_eq!(directory_on(System::Other, xdg("/data"), home()), path("/data/polar-license"));
        assert_eq!(directory_on(System::Other, xdg("/data"), None), path("/data/polar-license"));
        assert_eq!(directory_on(System::Other, xdg("data"), home()), path("/home/u/.local/share/polar-license"));
        assert_eq!(directory_on(System::Other, xdg(""), home()), path("/home/u/.local/share/polar-license"));
        assert_eq!(directory_on(System::Other, none, None), None);
        assert_eq!(directory_on(System::Other, none, path("")), None);
        let mac = path("/home/u/Library/Application Support/polar-license");
        assert_eq!(directory_on(System::Apple, xdg("/data"), home()), mac);
        let local = |name: &str| (name == "LOCALAPPDATA").then(|| "/local".into());
        assert_eq!(directory_on(System::Windows, local, home()), path("/local/polar-license"));
        assert_eq!(directory_on(System::Windows, none, home()), None);
    }
}
