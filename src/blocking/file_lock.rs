//! A lock for programs in any language: a file that is created only if it does not exist (create-new). The lock
//! protects the record, which is the file beside it. The code here never reads a clock, and never touches the record.
//!
//! ```text
//!            create-new NAME.lock, write a random token
//!   ┌──────► made ────────────────────────────► work ── token still there? ── delete NAME.lock
//!   │        exists ──┬── may not be taken over ── wait about 10 ms, at most until the timeout, then fail
//!   │                 └── left behind
//!   └── take it over ◄──┘
//! ```
//! `flock` is not used, because Node does not have it and network file systems implement it differently.
//!
//! A lock counts as left behind if it is so old that its holder must have died, or if this process itself has failed to
//! delete it. A lock reaches that age after 10 s. The lock that a process holds while it asks Polar reaches that age
//! after 5 s, because its holder writes the lock file again every second. A lock that cannot be read (another user's
//! file, a directory, a dangling link) is judged by its age alone. Only regular files are ever opened, because opening
//! a pipe would block until somebody writes to it.
//!
//! The age of a lock is the difference between its modification time and the modification time of a new file,
//! `NAME.TOKEN.old`. Both times come from the file system, so neither a wrong clock nor a file server's own clock
//! matters. A lock also counts as old if its modification time lies that far in the future, because the clock must have
//! been set back after the holder died.
//!
//! A process takes over a lock in four steps. `TOKEN` is the token of this process. `DEAD` is the token in the lock, or
//! `0000000000000000` if the lock has no readable token.
//! 1. Claim the lock: create-new `NAME.DEAD.take1`. Only the process that created the claim may go on. Without claims,
//!    a second process could take away the lock that the first process has just acquired. If the claim exists and is as
//!    old as a lock that was left behind, the process that made it died too: go on to `take2`, and so on to `take99`.
//!    If the claim is younger, that process may still be alive: wait, and try again.
//! 2. Read the lock again. If its token or its modification time has changed since it was judged, another process was
//!    faster: stop.
//! 3. Rename the lock to `NAME.TOKEN.old`, and read that file. It may contain a live lock after all, because a holder
//!    that was only suspended may have resumed just before the rename. In that case put the lock back: link it to
//!    `NAME.lock` or, without hard links, create-new `NAME.lock` with its token.
//! 4. Delete the dead holder's `.tmp`, then `NAME.TOKEN.old` and the claims, and start again from create-new.
//!
//! After a power cut, these side files may exist without the lock that they belong to. The first save of each process
//! removes them.
//!
//! If the system refuses a step, for example because this user may only read the directory, locking fails at once,
//! because waiting would not help.
//!
//! One fault remains: a process may be suspended for more than 10 s between its last check of the lock and the rename
//! that saves its record. When the process goes on, its own older record overwrites the record that another process may
//! have saved in the meantime. The older record is complete as well.

use std::array;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::iter::Cycle;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, SystemTime};

use super::files::{
    create_private, create_private_directory, directory_of, failure, hex, is_in_use, is_lower_hex, names_in, open_file,
    random_bytes, remove_file, rename, retry_while_in_use,
};
use crate::store::{HeldTurn, StoreError};

/// The length of a token. It is short because eCryptfs limits file names to 143 bytes, and the record's own name may
/// already have 106.
pub(super) const TOKEN_BYTES: usize = 8;
/// The age at which the holder of a lock counts as dead. A live process holds a lock only for milliseconds.
const STALE_AFTER: Duration = Duration::from_secs(10);
/// The age at which the holder of a long-held lock counts as dead. A live holder writes the lock file again every
/// second. This age is shorter than the time limit of a `validate`. So after a crash, a restarted app can wait until
/// the lock of its previous run counts as left behind, and still has time to ask Polar.
const KEPT_STALE_AFTER: Duration = Duration::from_secs(5);
/// If a lock could not be taken over, it is examined again after this time.
const JUDGED_FOR: Duration = Duration::from_secs(1);
/// The largest number of claims that may be left behind at one lock. A process creates a claim (a file) to take over a
/// lock, and leaves it behind if it dies. The claim's number is part of the file's name. It has at most two digits,
/// because file names must be short.
const MOST_CLAIMS: u32 = 99;
/// Stands for the token of a lock file that has no readable token.
const NO_TOKEN: &str = "0000000000000000";

/// The tokens of locks that this process could not delete. The lock files may still exist, but no thread holds these
/// locks.
static LEFT_BEHIND: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The lock of one record. While one thread holds it, no other process and no other thread that uses this `FileLock`
/// can acquire it.
pub(super) struct FileLock {
    record: PathBuf,
    stale_after: Duration,
    holder: Mutex<Option<Holder>>,
}

/// The thread of this process that holds the lock.
struct Holder {
    thread: ThreadId,
    token: String,
}

/// A held lock. Dropping it releases the lock, even if the work under the lock panics.
pub(super) struct Held<'a> {
    lock: &'a FileLock,
    pub(super) token: String,
    /// Whether the lock file has been created. As long as it has not, the lock excludes only the other threads of this
    /// process.
    file: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Tries twice, because a lock that is left behind would block other processes for seconds.
        if self.file && !self.lock.delete(&self.token) && !self.lock.delete(&self.token) {
            log::warn!(
                "could not unlock the license file; other processes wait up to {} s",
                self.lock.stale_after.as_secs()
            );
            left_behind().push(self.token.clone());
        }
        *self.lock.holder() = None;
    }
}

/// Lets a holder keep the lock for longer than a few milliseconds. Other processes do not take over the lock as long as
/// its holder calls `keep` regularly.
impl HeldTurn for Held<'_> {
    /// Writes the token again, which renews the modification time of the lock.
    fn keep(&self) {
        let path = self.lock.path();
        if self.file && self.lock.check(&self.token).is_ok() {
            let write = || OpenOptions::new().write(true).open(&path)?.write_all(self.token.as_bytes());
            if let Err(error) = retry_while_in_use(write) {
                log::debug!("another process may ask Polar as well: {}", error.kind());
            }
        }
    }
}

impl FileLock {
    /// Creates a lock that each holder keeps for milliseconds only.
    pub(super) fn brief(record: PathBuf) -> Self {
        Self { record, stale_after: STALE_AFTER, holder: Mutex::new(None) }
    }

    /// Creates a lock that a process may hold as long as it asks Polar. The holder must call [`keep`](HeldTurn::keep)
    /// every second.
    pub(super) fn kept(record: PathBuf) -> Self {
        Self { record, stale_after: KEPT_STALE_AFTER, holder: Mutex::new(None) }
    }

    /// Acquires the lock. If somebody else holds the lock, waits for at most `timeout`, and then fails.
    pub(super) fn acquire(&self, timeout: Duration) -> Result<Held<'_>, StoreError> {
        let busy = || StoreError::new("another process has locked the license file; try again in a few seconds");
        self.try_acquire(timeout)?.ok_or_else(busy)
    }

    /// Does the same as [`acquire`](Self::acquire), but returns `None` if the lock does not become free within
    /// `timeout`.
    pub(super) fn try_acquire(&self, timeout: Duration) -> Result<Option<Held<'_>>, StoreError> {
        let random: [u8; TOKEN_BYTES] = random_bytes()?;
        let token = hex(&random);
        let mut wait = Wait::new(timeout, random);
        while !self.reserve(&token)? {
            if !wait.pause() {
                return Ok(None);
            }
        }
        let mut held = Held { lock: self, token, file: false };
        create_private_directory(directory_of(&self.record))
            .map_err(|error| failure("make the license directory", error))?;
        let mut judged = None;
        while !self.create(&held.token)? {
            if !self.clear(&held.token, &mut judged, wait.waited)? && !wait.pause() {
                return Ok(None);
            }
        }
        held.file = true;
        Ok(Some(held))
    }

    /// Reserves the lock for this thread within this process. Returns `false` if another thread has reserved it. The
    /// lock file alone is not enough: if a thread of this process holds the lock for too long, another one could take
    /// the file over as left behind.
    fn reserve(&self, token: &str) -> Result<bool, StoreError> {
        let thread = thread::current().id();
        let mut holder = self.holder();
        match &*holder {
            Some(holder) if holder.thread == thread => {
                Err(StoreError::new("this thread has locked the license file already"))
            }
            Some(_) => Ok(false),
            None => {
                *holder = Some(Holder { thread, token: token.to_owned() });
                Ok(true)
            }
        }
    }

    /// Creates the lock file. Returns `false` if there is one already.
    fn create(&self, token: &str) -> Result<bool, StoreError> {
        let path = self.path();
        let create = || match create_private(&path) {
            // Windows reports this error if the lock file was deleted while another process had it open and has not
            // closed it yet. The file is the lock of a previous holder.
            Err(error) if cfg!(windows) && error.kind() == ErrorKind::PermissionDenied && path.exists() => {
                Err(ErrorKind::AlreadyExists.into())
            }
            result => result,
        };
        let mut file = match retry_while_in_use(create) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(failure("lock the license file", error)),
        };
        file.write_all(token.as_bytes()).map_err(|error| {
            let _ = fs::remove_file(&path);
            failure("lock the license file", error)
        })?;
        Ok(true)
    }

    /// Fails unless the holder of `token` still has the lock.
    pub(super) fn check(&self, token: &str) -> Result<(), StoreError> {
        match retry_while_in_use(|| LockFile::open(&self.path())) {
            Ok(lock) if lock.token.as_deref() == Some(token) => Ok(()),
            _ => Err(StoreError::new("another process took over the lock of the license file; try again")),
        }
    }

    /// Unlocks the lock that is held with `token`. Returns `false` if the lock file may still be there.
    fn delete(&self, token: &str) -> bool {
        let path = self.path();
        match retry_while_in_use(|| LockFile::open(&path)) {
            Ok(lock) if lock.token.as_deref() == Some(token) => remove_file(&path).is_ok(),
            // Another process has taken the lock over.
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::NotFound,
        }
    }

    /// Removes the lock if it was left behind. Returns `true` if the lock was removed.
    ///
    /// `judged` holds the last lock that was examined and not removed, so that a caller that tries again does not
    /// examine the same lock again.
    fn clear(&self, token: &str, judged: &mut Option<Judged>, waited: Duration) -> Result<bool, StoreError> {
        let Some(seen) = LockFile::read(&self.path()) else {
            return Ok(false);
        };
        if judged.as_ref().is_some_and(|judged| judged.lock == seen && waited < judged.until) {
            return Ok(false);
        }
        let old_path = self.side_path(token, "old");
        let now = time_at(&old_path).map_err(|error| failure("lock the license file", error))?;
        let taken = self.take_over(&seen, &old_path, now);
        remove_anything(&old_path);
        let taken = taken.map_err(refused)?;
        if !taken {
            *judged = Some(Judged { lock: seen, until: waited.saturating_add(JUDGED_FOR) });
        }
        Ok(taken)
    }

    /// Takes over the lock `seen` if it was left behind, by moving the lock file to `old_path`: see the top of this
    /// file. Returns `false` if the lock was not left behind, or if another process is taking it over.
    fn take_over(&self, seen: &LockFile, old_path: &Path, now: SystemTime) -> io::Result<bool> {
        if !is_older(seen.modified, now, self.stale_after) && !seen.is_own() {
            return Ok(false);
        }
        let dead = seen.token.as_deref().filter(|token| is_token(token)).unwrap_or(NO_TOKEN);
        let Some(claims) = self.claim(dead, now)? else {
            return Ok(false);
        };
        let taken = self.move_away(seen, old_path);
        if let Ok(true) = taken {
            remove_anything(&self.side_path(dead, "tmp"));
            remove_anything(&self.side_path(dead, "old"));
            left_behind().retain(|token| token != dead);
            log::info!("took over a lock of the license file that was left behind");
        }
        claims.iter().for_each(|claim| remove_anything(claim));
        taken
    }

    /// Claims the right to take over the lock of the dead holder with the token `dead`. Only the process with the claim
    /// may move the lock away. Returns the paths of this claim, and of earlier claims by processes that died before
    /// they had taken over the lock. Returns `None` if another process is taking over the lock.
    fn claim(&self, dead: &str, now: SystemTime) -> io::Result<Option<Vec<PathBuf>>> {
        let mut claims = Vec::new();
        for attempt in 1..=MOST_CLAIMS {
            let claim = self.side_path(dead, &format!("take{attempt}"));
            let made = match create_private(&claim) {
                Ok(_) => true,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
                Err(error) if passes(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            if !made && !modified(&claim).is_ok_and(|modified| is_older(modified, now, self.stale_after)) {
                return Ok(None);
            }
            claims.push(claim);
            if made {
                return Ok(Some(claims));
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    fn move_away(&self, seen: &LockFile, old_path: &Path) -> io::Result<bool> {
        let path = self.path();
        if LockFile::read(&path).as_ref() != Some(seen) {
            return Ok(false);
        }
        match rename(&path, old_path) {
            Err(error) if passes(&error) => return Ok(false),
            result => result?,
        }
        let moved = LockFile::read(old_path);
        let right = moved.as_ref() == Some(seen);
        if !right {
            put_back(old_path, &path, moved.as_ref());
        }
        Ok(right)
    }

    /// Returns the age of the lock by the file system's clock.
    #[cfg(feature = "http")]
    pub(super) fn held_for(&self) -> Option<Duration> {
        let random: [u8; TOKEN_BYTES] = random_bytes().ok()?;
        let now = time_at(&self.side_path(&hex(&random), "old")).ok()?;
        now.duration_since(modified(&self.path()).ok()?).ok()
    }

    /// Removes the files that dead processes have left beside the record. The caller holds the lock with `token`, so
    /// every `.tmp` with another token was left by an earlier holder. Other files may belong to processes that are
    /// waiting for the lock or taking it over. They are removed only when they are as old as a lock that counts as left
    /// behind.
    pub(super) fn sweep(&self, token: &str) {
        let (Some(name), Some(directory)) = (self.record.file_name().and_then(OsStr::to_str), self.record.parent())
        else {
            return;
        };
        let Ok(now) = modified(&self.path()) else { return };
        for entry in names_in(directory) {
            let Some((maker, extension)) = entry.to_str().and_then(|entry| side_file(entry, name)) else { continue };
            let path = directory.join(&entry);
            let is_left = match extension {
                "tmp" => maker != token,
                _ => modified(&path).is_ok_and(|modified| is_older(modified, now, STALE_AFTER)),
            };
            if is_left {
                remove_anything(&path);
            }
        }
    }

    fn path(&self) -> PathBuf {
        self.beside("lock")
    }

    /// Returns the path of a file that belongs to the holder of `token`.
    pub(super) fn side_path(&self, token: &str, extension: &str) -> PathBuf {
        self.beside(&format!("{token}.{extension}"))
    }

    fn beside(&self, extension: &str) -> PathBuf {
        let mut path = self.record.clone().into_os_string();
        path.push(".");
        path.push(extension);
        path.into()
    }

    fn holder(&self) -> MutexGuard<'_, Option<Holder>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the token of the lock if this thread holds the lock.
    pub(super) fn own_token(&self) -> Option<String> {
        let holder = self.holder();
        holder.as_ref().filter(|holder| holder.thread == thread::current().id()).map(|holder| holder.token.clone())
    }
}

/// The content of a lock file, and its modification time. `token` is `None` if the file cannot be read.
#[derive(PartialEq, Eq)]
struct LockFile {
    token: Option<String>,
    modified: SystemTime,
}

/// A lock that this process has examined and could not take over. The process examines the lock again when the lock has
/// changed, or when the total time that the process has waited reaches `until`.
struct Judged {
    lock: LockFile,
    until: Duration,
}

impl LockFile {
    /// Reads the lock, or returns `None` if there is nothing at `path`.
    fn read(path: &Path) -> Option<Self> {
        match Self::open(path) {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(_) => Some(Self { token: None, modified: modified(path).ok()? }),
        }
    }

    /// Reads a lock file. Fails for anything but a regular file that can be read.
    fn open(path: &Path) -> io::Result<Self> {
        if !fs::symlink_metadata(path)?.is_file() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let file = open_file(path)?;
        let modified = file.metadata()?.modified()?;
        let mut token = Vec::new();
        file.take(64).read_to_end(&mut token)?;
        Ok(Self { token: Some(String::from_utf8_lossy(&token).into_owned()), modified })
    }

    /// Returns `true` if this process created the lock and then failed to delete it.
    fn is_own(&self) -> bool {
        self.token.as_ref().is_some_and(|token| left_behind().contains(token))
    }
}

fn left_behind() -> MutexGuard<'static, Vec<String>> {
    LEFT_BEHIND.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the modification time of a file, a directory or a link. For a link, this is the time of the link itself, and
/// not of its target.
fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::symlink_metadata(path)?.modified()
}

/// Returns the present time of the file system's clock. To read that clock, creates a file at `probe` and removes it
/// again.
fn time_at(probe: &Path) -> io::Result<SystemTime> {
    let time = create_private(probe)?.metadata().and_then(|metadata| metadata.modified());
    let _ = fs::remove_file(probe);
    time
}

/// Removes a file or an empty directory, if possible.
fn remove_anything(path: &Path) {
    if fs::remove_file(path).is_err() {
        let _ = fs::remove_dir(path);
    }
}

/// Returns `true` for a temporary error: another process has just removed or renamed the file, or still has it open (on
/// Windows).
fn passes(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || (cfg!(windows) && is_in_use(error))
}

/// Returns the error for a lock that was left behind and could not be removed.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn refused(error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::AlreadyExists => StoreError::with_source(
            "a lock that this user may not remove was left behind; delete the file ending in `.lock` in the license \
             directory",
            error,
        ),
        _ => failure("take over the lock of the license file", error),
    }
}

/// Returns `true` if two times differ by `age` or more.
fn is_older(modified: SystemTime, now: SystemTime, age: Duration) -> bool {
    now.duration_since(modified).unwrap_or_else(|ahead| ahead.duration()) >= age
}

/// Puts back a lock file that was moved away by mistake, because its holder is still alive. Uses a hard link, or
/// otherwise creates the file again. Does nothing if another process has acquired the lock meanwhile. The former holder
/// then notices that it has lost the lock, because it checks the lock before it changes anything.
fn put_back(old_path: &Path, path: &Path, lock: Option<&LockFile>) {
    if fs::hard_link(old_path, path).is_err()
        && let (Some(token), Ok(mut file)) = (lock.and_then(|lock| lock.token.as_ref()), create_private(path))
    {
        let _ = file.write_all(token.as_bytes());
    }
}

/// A wait in small steps of at most `limit` in total. Counts the steps and reads no clock, so that the wait does not
/// end early if the process was suspended.
struct Wait {
    limit: Duration,
    waited: Duration,
    jitter: Cycle<array::IntoIter<u8, TOKEN_BYTES>>,
}

impl Wait {
    fn new(limit: Duration, random: [u8; TOKEN_BYTES]) -> Self {
        Self { limit, waited: Duration::ZERO, jitter: random.into_iter().cycle() }
    }

    /// Sleeps for one step. Returns `false` without sleeping if the limit is used up.
    fn pause(&mut self) -> bool {
        let left = self.limit.saturating_sub(self.waited);
        if left.is_zero() {
            return false;
        }
        // Pauses for 7.5 to 12.6 ms, so that two waiting processes do not stay in step.
        let jitter = u64::from(self.jitter.next().unwrap_or_default());
        let pause = Duration::from_micros(jitter.saturating_mul(20).saturating_add(7500)).min(left);
        thread::sleep(pause);
        self.waited = self.waited.saturating_add(pause);
        true
    }
}

/// Splits the name of a side file into its token and its extension. Side files are the temporary files of a record and
/// of its locks. `record` is the name of the record. Returns `None` for all other files, such as the record and the
/// locks themselves, whose names contain no token.
fn side_file<'a>(entry: &'a str, record: &str) -> Option<(&'a str, &'a str)> {
    let rest = entry.strip_prefix(record)?.strip_prefix('.')?;
    let (token, extension) = rest.strip_prefix("asking.").unwrap_or(rest).split_once('.')?;
    let is_ours = extension == "tmp"
        || extension == "old"
        || extension.strip_prefix("take").is_some_and(|number| number.parse::<u8>().is_ok());
    (is_token(token) && is_ours).then_some((token, extension))
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN_BYTES.saturating_mul(2) && is_lower_hex(text)
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::Scratch;
    use super::*;

    const DEAD: &str = "0123456789abcdef";

    /// Creates a lock file with the token `DEAD`, and reads it.
    fn judged(lock: &FileLock) -> LockFile {
        fs::write(lock.path(), DEAD).unwrap();
        LockFile::read(&lock.path()).unwrap()
    }

    /// Returns the time at which this lock counts as left behind.
    fn later(seen: &LockFile) -> SystemTime {
        seen.modified + STALE_AFTER
    }

    /// Makes a file so old that it is stale.
    fn age(path: &Path) {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(modified(path).unwrap() - STALE_AFTER).unwrap();
    }

    fn names(scratch: &Scratch) -> Vec<String> {
        let entries = fs::read_dir(&scratch.0).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_lock_that_changed_hands_since_it_was_judged_is_left_alone() {
        let scratch = Scratch::new();
        let lock = FileLock::brief(scratch.0.join("record"));
        let seen = judged(&lock);
        fs::write(lock.path(), "fedcba9876543210").unwrap();
        assert!(!lock.take_over(&seen, &lock.side_path("1111111111111111", "old"), later(&seen)).unwrap());
        assert_eq!(fs::read(lock.path()).unwrap(), b"fedcba9876543210");
        assert_eq!(names(&scratch), ["record.lock"]);
    }

    #[test]
    fn one_process_at_a_time_takes_over() {
        let scratch = Scratch::new();
        let lock = FileLock::brief(scratch.0.join("record"));
        judged(&lock);
        let old_path = lock.side_path("1111111111111111", "old");
        create_private(&lock.side_path(DEAD, "take1")).unwrap();
        age(&lock.path());
        let seen = LockFile::read(&lock.path()).unwrap();
        let now = modified(&lock.side_path(DEAD, "take1")).unwrap();
        assert!(!lock.take_over(&seen, &old_path, now).unwrap(), "another process is taking over");
        assert_eq!(names(&scratch), [format!("record.{DEAD}.take1"), "record.lock".into()]);
        assert!(lock.take_over(&seen, &old_path, now + STALE_AFTER).unwrap(), "that process died");
        assert_eq!(names(&scratch), ["record.1111111111111111.old"]);
    }

    #[test]
    fn a_lock_that_stays_is_judged_once_a_second() {
        let scratch = Scratch::new();
        let lock = FileLock::brief(scratch.0.join("record"));
        judged(&lock);
        age(&lock.path());
        let claim = lock.side_path(DEAD, "take1");
        create_private(&claim).unwrap();
        let mut judged = None;
        let mut clear = |waited| lock.clear("1111111111111111", &mut judged, Duration::from_millis(waited)).unwrap();
        assert!(!clear(0), "another process is taking over");
        fs::remove_file(&claim).unwrap();
        assert!(!clear(990));
        assert!(clear(1000));
    }

    #[test]
    fn waiting_ends_when_the_caller_says() {
        for limit in [0, 5, 100] {
            let limit = Duration::from_millis(limit);
            let mut wait = Wait::new(limit, [255; TOKEN_BYTES]);
            while wait.pause() {}
            assert_eq!(wait.waited, limit);
        }
    }

    #[test]
    fn a_lock_is_stale_after_ten_seconds_in_either_direction() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for (seconds, stale) in [(0, false), (9, false), (10, true), (86_400, true)] {
            assert_eq!(is_older(now - Duration::from_secs(seconds), now, STALE_AFTER), stale, "{seconds} s ago");
            assert_eq!(is_older(now + Duration::from_secs(seconds), now, STALE_AFTER), stale, "{seconds} s ahead");
        }
    }

    #[test]
    fn a_dead_process_costs_the_next_one_no_more_than_half_a_validate() {
        let scratch = Scratch::new();
        let turn = FileLock::kept(scratch.0.join("record.asking"));
        let seen = judged(&turn);
        let old_path = turn.side_path("1111111111111111", "old");
        assert!(!turn.take_over(&seen, &old_path, seen.modified + Duration::from_millis(4_999)).unwrap());
        assert!(turn.take_over(&seen, &old_path, seen.modified + Duration::from_secs(5)).unwrap());
    }

    #[test]
    fn the_file_systems_time_comes_from_a_new_file() {
        let scratch = Scratch::new();
        assert!(time_at(&scratch.0.join("probe")).is_ok());
        assert_eq!(names(&scratch), [""; 0]);
        fs::write(scratch.0.join("probe"), "").unwrap();
        assert!(time_at(&scratch.0.join("probe")).is_err(), "it has to be a new file");
        assert!(time_at(&scratch.0.join("nowhere").join("probe")).is_err());
    }

    #[test]
    fn a_fresh_lock_taken_by_mistake_is_put_back_unless_there_is_another() {
        let scratch = Scratch::new();
        let (old_path, path) = (scratch.0.join("old_path"), scratch.0.join("lock"));
        fs::write(&old_path, "fresh").unwrap();
        let fresh = LockFile::read(&old_path);
        put_back(&old_path, &path, fresh.as_ref());
        assert!(LockFile::read(&path) == fresh, "with its time");
        fs::write(&path, "third").unwrap();
        put_back(&old_path, &path, fresh.as_ref());
        assert_eq!(fs::read(&path).unwrap(), b"third");
        // Without `old_path` the hard link fails, just as on a file system without hard links.
        fs::remove_file(&path).unwrap();
        fs::remove_file(&old_path).unwrap();
        put_back(&old_path, &path, fresh.as_ref());
        assert_eq!(fs::read(&path).unwrap(), b"fresh");
    }
}
