//! A lock that any runtime can take part in: a file made with create-new. Protects the file beside it, the record. Never
//! reads a clock, never touches the record.
//!
//! ```text
//!            create-new NAME.lock, write the token
//!   ┌──────► made ────────────────────────────► work ── token still there? ── delete NAME.lock
//!   │        exists ──┬── less than 10 s old ── wait about 10 ms, at most 2 s in all, then give up
//!   │                 └── older: its holder died
//!   └── take it over ◄──┘
//! ```
//! No `flock`: Node has none, and network file systems differ in it.
//!
//! How old a lock is, its file's modification time says, compared to that of `NAME.TOKEN.old`, made for the purpose: both
//! come from the file system, so a wrong clock, or a server's other clock, does not matter. A lock from 10 s or more in
//! the future is as old as one from the past: the clock was set back after its holder died.
//!
//! Taking over, where `TOKEN` is the taker's and `DEAD` the lock's (`0000000000000000` where it has none):
//! 1. Claim it: create-new `NAME.DEAD.take1`. Only who made that may go on; this is what keeps a taker that is late by a
//!    hair from carrying off the lock of the one that was first. Where it exists and is 10 s old, its maker died too: go
//!    on to `take2`, and so on to `take9`; where it is younger, wait as for a lock.
//! 2. Read the lock again; if it is not the one judged (token and modification time), that was done already: stop.
//! 3. Rename it to `NAME.TOKEN.old` and read that. Should it be another lock after all, because its holder was not dead
//!    but stopped, and went on just now, put it back: link it to `NAME.lock`, or, without hard links, create-new
//!    `NAME.lock` with its token.
//! 4. Delete the dead holder's `.tmp`, then `NAME.TOKEN.old` and the claims, and start again from create-new.
//!
//! What remains: a process that was stopped for over 10 s just between its last check and the rename after it. It
//! overwrites what was saved meanwhile, with a whole record.

use std::array;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::iter::Cycle;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, SystemTime};

use super::files::{create_private, create_private_directory, failure, hex, is_lower_hex, patiently, random_bytes};
use crate::store::StoreError;

/// Kept short: eCryptfs allows names of 143 bytes, and the record's own can have 106.
pub(super) const TOKEN_BYTES: usize = 8;
/// A lock is held for milliseconds; after this long its holder is dead.
const STALE_AFTER: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(2);
/// Stands for the token of a lock whose holder died before writing one.
const NO_TOKEN: &str = "0000000000000000";

/// The lock of one record, for all threads of this process that share it and for other processes.
pub(super) struct FileLock {
    record: PathBuf,
    holder: Mutex<Option<Holder>>,
}

/// Who is inside the lock.
struct Holder {
    thread: ThreadId,
    token: String,
}

/// The lock, held. Dropping it unlocks, also when the work panics.
pub(super) struct Held<'a> {
    lock: &'a FileLock,
    pub(super) token: String,
    /// Whether the lock's file was made, and not only this process's other threads kept out.
    file: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.file && self.lock.check(&self.token).is_ok() && patiently(|| fs::remove_file(self.lock.path())).is_err()
        {
            log::warn!("could not unlock the license file; others wait up to {} s", STALE_AFTER.as_secs());
        }
        *self.lock.holder() = None;
    }
}

impl FileLock {
    pub(super) fn new(record: PathBuf) -> Self {
        Self { record, holder: Mutex::new(None) }
    }

    /// Locks, or says why not.
    pub(super) fn acquire(&self) -> Result<Held<'_>, StoreError> {
        let random: [u8; TOKEN_BYTES] = random_bytes()?;
        let token = hex(&random);
        let mut patience = Patience::new(random);
        while !self.reserve(&token)? {
            patience.pause()?;
        }
        let mut held = Held { lock: self, token, file: false };
        let directory = self.record.parent().unwrap_or(Path::new(""));
        create_private_directory(directory).map_err(|error| failure("make the license directory", error))?;
        let mut left = None;
        while !self.create(&held.token)? {
            if self.clear_stale(&held.token, &mut left) {
                continue;
            }
            patience.pause()?;
        }
        held.file = true;
        Ok(held)
    }

    /// Keeps the other threads of this process out; the lock's file would too, but only it is taken over after a while.
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

    /// Whether it was made, and not there already.
    fn create(&self, token: &str) -> Result<bool, StoreError> {
        let path = self.path();
        let create = || match create_private(&path) {
            // Windows says so of a file that is deleted but still open somewhere: the lock of a moment ago.
            Err(error) if cfg!(windows) && error.kind() == ErrorKind::PermissionDenied && path.exists() => {
                Err(ErrorKind::AlreadyExists.into())
            }
            result => result,
        };
        let mut file = match patiently(create) {
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

    /// Whether the holder of `token` still has the lock.
    pub(super) fn check(&self, token: &str) -> Result<(), StoreError> {
        match patiently(|| LockFile::open(&self.path())) {
            Ok(lock) if lock.token == token => Ok(()),
            _ => Err(StoreError::new("another process took over the lock of the license file; try again")),
        }
    }

    /// Takes a dead holder's lock away. Whether it makes sense to try for the lock at once.
    /// `left` is the lock last left to its holder, so that one is judged once and not at every turn.
    fn clear_stale(&self, token: &str, left: &mut Option<LockFile>) -> bool {
        let Some(seen) = LockFile::read(&self.path()) else {
            // Unlocked since, or not readable: no reason to hurry in either case.
            return false;
        };
        if left.as_ref() == Some(&seen) {
            return false;
        }
        let aside = self.side_path(token, "old");
        let taken =
            time_at(&aside).is_some_and(|now| is_stale(seen.modified, now) && self.take_over(&seen, &aside, now));
        let _ = fs::remove_file(&aside);
        if !taken {
            *left = Some(seen);
        }
        taken
    }

    /// Moves the lock that was `seen` to `aside`; see the module head. False where that is not this process's to do.
    fn take_over(&self, seen: &LockFile, aside: &Path, now: SystemTime) -> bool {
        let dead = if is_token(&seen.token) { &seen.token } else { NO_TOKEN };
        let Some(claims) = self.claim(dead, now) else {
            return false;
        };
        let taken = self.move_aside(seen, aside);
        if taken {
            let _ = fs::remove_file(self.side_path(dead, "tmp"));
            let _ = fs::remove_file(self.side_path(dead, "old"));
            log::info!("took over the license file's lock from a process that ended while holding it");
        }
        for claim in claims {
            let _ = fs::remove_file(claim);
        }
        taken
    }

    /// Makes this process the one that takes over from `dead`. Returns its claim and those of who died trying.
    fn claim(&self, dead: &str, now: SystemTime) -> Option<Vec<PathBuf>> {
        let mut claims = Vec::new();
        for attempt in 1..=9 {
            let claim = self.side_path(dead, &format!("take{attempt}"));
            let made = create_private(&claim).is_ok();
            if !made && !is_stale(fs::metadata(&claim).ok()?.modified().ok()?, now) {
                return None;
            }
            claims.push(claim);
            if made {
                return Some(claims);
            }
        }
        None
    }

    fn move_aside(&self, seen: &LockFile, aside: &Path) -> bool {
        let path = self.path();
        if LockFile::read(&path).as_ref() != Some(seen) || patiently(|| fs::rename(&path, aside)).is_err() {
            return false;
        }
        let moved = LockFile::read(aside);
        let right = moved.as_ref() == Some(seen);
        if !right {
            put_back(aside, &path, moved.as_ref());
        }
        right
    }

    fn path(&self) -> PathBuf {
        self.beside("lock")
    }

    /// A file that belongs to the holder of `token`.
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

    /// The token of the lock that this thread holds.
    pub(super) fn own_token(&self) -> Option<String> {
        let holder = self.holder();
        holder.as_ref().filter(|holder| holder.thread == thread::current().id()).map(|holder| holder.token.clone())
    }
}

/// What a lock's file says.
#[derive(PartialEq, Eq)]
struct LockFile {
    token: String,
    modified: SystemTime,
}

impl LockFile {
    /// `None` where there is none, or it cannot be read.
    fn read(path: &Path) -> Option<Self> {
        Self::open(path).ok()
    }

    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let modified = file.metadata()?.modified()?;
        let mut token = Vec::new();
        file.take(64).read_to_end(&mut token)?;
        Ok(Self { token: String::from_utf8_lossy(&token).into_owned(), modified })
    }
}

/// What time it is for the file system, by a file made at `probe`, which the caller removes.
fn time_at(probe: &Path) -> Option<SystemTime> {
    create_private(probe).ok()?.metadata().ok()?.modified().ok()
}

fn is_stale(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified).unwrap_or_else(|ahead| ahead.duration()) >= STALE_AFTER
}

/// Returns a lock to its holder. Both ways fail where somebody else has the lock by now; its holder then finds out
/// before it changes anything.
fn put_back(aside: &Path, path: &Path, lock: Option<&LockFile>) {
    if fs::hard_link(aside, path).is_err()
        && let (Some(lock), Ok(mut file)) = (lock, create_private(path))
    {
        let _ = file.write_all(lock.token.as_bytes());
    }
}

/// Waits in small steps, up to [`PATIENCE`] in all. Counts the steps instead of reading a clock: a process that was
/// suspended in between has not waited.
struct Patience {
    waited: Duration,
    jitter: Cycle<array::IntoIter<u8, TOKEN_BYTES>>,
}

impl Patience {
    fn new(random: [u8; TOKEN_BYTES]) -> Self {
        Self { waited: Duration::ZERO, jitter: random.into_iter().cycle() }
    }

    fn pause(&mut self) -> Result<(), StoreError> {
        if self.waited >= PATIENCE {
            return Err(StoreError::new(
                "another process has locked the license file; try again, and if no other copy of the app runs, delete \
                 the file ending in `.lock` in the license directory",
            ));
        }
        // 7.5 to 12.6 ms: two processes that wait do not keep in step.
        let jitter = u64::from(self.jitter.next().unwrap_or_default());
        let pause = Duration::from_micros(jitter.saturating_mul(20).saturating_add(7500));
        thread::sleep(pause);
        self.waited = self.waited.saturating_add(pause);
        Ok(())
    }
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN_BYTES.saturating_mul(2) && is_lower_hex(text)
}

#[cfg(test)]
mod tests {
    use super::super::files::tests::Scratch;
    use super::*;

    const DEAD: &str = "0123456789abcdef";

    /// A lock that was judged to be stale.
    fn judged(lock: &FileLock) -> LockFile {
        fs::write(lock.path(), DEAD).unwrap();
        LockFile::read(&lock.path()).unwrap()
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
        let lock = FileLock::new(scratch.0.join("record"));
        let seen = judged(&lock);
        fs::write(lock.path(), "fedcba9876543210").unwrap();
        assert!(!lock.take_over(&seen, &lock.side_path("1111111111111111", "old"), seen.modified));
        assert_eq!(fs::read(lock.path()).unwrap(), b"fedcba9876543210");
        assert_eq!(names(&scratch), ["record.lock"]);
    }

    #[test]
    fn one_taker_at_a_time() {
        let scratch = Scratch::new();
        let lock = FileLock::new(scratch.0.join("record"));
        let seen = judged(&lock);
        let aside = lock.side_path("1111111111111111", "old");
        create_private(&lock.side_path(DEAD, "take1")).unwrap();
        assert!(!lock.take_over(&seen, &aside, seen.modified), "somebody else is at it");
        assert_eq!(names(&scratch), [format!("record.{DEAD}.take1"), "record.lock".into()]);
        assert!(lock.take_over(&seen, &aside, seen.modified + Duration::from_secs(60)), "who was at it died");
        assert_eq!(names(&scratch), ["record.1111111111111111.old"]);
    }

    #[test]
    fn a_lock_in_use_is_told_from_a_dead_one() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for (seconds, stale) in [(0, false), (9, false), (10, true), (86_400, true)] {
            assert_eq!(is_stale(now - Duration::from_secs(seconds), now), stale, "{seconds} s ago");
            assert_eq!(is_stale(now + Duration::from_secs(seconds), now), stale, "{seconds} s ahead");
        }
    }

    #[test]
    fn without_the_file_systems_time_nothing_is_judged() {
        let scratch = Scratch::new();
        assert!(time_at(&scratch.0.join("probe")).is_some());
        assert_eq!(time_at(&scratch.0.join("probe")), None, "it has to be a new file");
        assert_eq!(time_at(&scratch.0.join("nowhere").join("probe")), None);
    }

    #[test]
    fn a_fresh_lock_taken_by_mistake_is_put_back_unless_there_is_another() {
        let scratch = Scratch::new();
        let (aside, path) = (scratch.0.join("aside"), scratch.0.join("lock"));
        fs::write(&aside, "fresh").unwrap();
        let fresh = LockFile::read(&aside);
        put_back(&aside, &path, fresh.as_ref());
        assert!(LockFile::read(&path) == fresh, "with its time");
        fs::write(&path, "third").unwrap();
        put_back(&aside, &path, fresh.as_ref());
        assert_eq!(fs::read(&path).unwrap(), b"third");
        // As on a file system without hard links: there is nothing to link.
        fs::remove_file(&path).unwrap();
        fs::remove_file(&aside).unwrap();
        put_back(&aside, &path, fresh.as_ref());
        assert_eq!(fs::read(&path).unwrap(), b"fresh");
    }
}
