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
//! Taking over: read the lock again; if it is unchanged, rename it to `NAME.TOKEN.old`. Only one of several processes can.
//! If what was renamed is another lock than the one judged (token and modification time), because somebody else was
//! faster by a hair, put it back: link `NAME.TOKEN.old` to `NAME.lock`, or, without hard links, create-new `NAME.lock` with
//! its token. Then delete `NAME.TOKEN.old` and the dead holder's `.tmp`, and start again from create-new.
//!
//! What remains, and costs an update but never a whole record: a process stopped for over 10 s between its check of the
//! token and the rename after it overwrites what was saved meanwhile; and while a lock taken by mistake is not yet put back,
//! a third process can lock, save and unlock unseen. The second takes a dead holder and three processes within microseconds.

use std::array;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::iter::Cycle;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, SystemTime};

use super::files::{create_private, create_private_directory, failure, hex, is_lower_hex, random_bytes};
use crate::store::StoreError;

/// Kept short: eCryptfs allows names of 143 bytes, and the record's own can have 106.
pub(super) const TOKEN_BYTES: usize = 8;
/// A lock is held for milliseconds; after this long its holder is dead.
const STALE_AFTER: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(2);

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
        if self.file && self.lock.check(&self.token).is_ok() && fs::remove_file(self.lock.path()).is_err() {
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
        let mut file = match create_private(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            // Windows says so of a file that is deleted but still open somewhere: the lock of a moment ago.
            Err(error) if cfg!(windows) && error.kind() == ErrorKind::PermissionDenied && path.exists() => {
                return Ok(false);
            }
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
        match LockFile::read(&self.path()) {
            Some(lock) if lock.token == token => Ok(()),
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
        let taken = is_stale(&seen, &aside) && self.take_over(&seen, &aside);
        let _ = fs::remove_file(&aside);
        if !taken {
            *left = Some(seen);
        }
        taken
    }

    /// Moves the lock that was `seen` to `aside`; see the module head. False where another was faster.
    fn take_over(&self, seen: &LockFile, aside: &Path) -> bool {
        let path = self.path();
        if LockFile::read(&path).as_ref() != Some(seen) || fs::rename(&path, aside).is_err() {
            return false;
        }
        match LockFile::read(aside) {
            Some(moved) if moved == *seen => {
                if is_token(&moved.token) {
                    let _ = fs::remove_file(self.side_path(&moved.token, "tmp"));
                    let _ = fs::remove_file(self.side_path(&moved.token, "old"));
                }
                log::info!("took over the license file's lock from a process that ended while holding it");
                true
            }
            other => {
                put_back(aside, &path, other.as_ref());
                false
            }
        }
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
        let file = File::open(path).ok()?;
        let modified = file.metadata().ok()?.modified().ok()?;
        let mut token = Vec::new();
        file.take(64).read_to_end(&mut token).ok()?;
        Some(Self { token: String::from_utf8_lossy(&token).into_owned(), modified })
    }
}

/// Compares the lock's age to a file made for it, `probe`, which the caller removes.
fn is_stale(lock: &LockFile, probe: &Path) -> bool {
    let Ok(now) = create_private(probe).and_then(|file| file.metadata()?.modified()) else {
        return false;
    };
    let apart = now.duration_since(lock.modified).unwrap_or_else(|ahead| ahead.duration());
    apart >= STALE_AFTER
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

    #[test]
    fn a_lock_that_changed_hands_since_it_was_judged_is_left_alone() {
        let scratch = Scratch::new();
        let lock = FileLock::new(scratch.0.join("record"));
        fs::write(lock.path(), "0123456789abcdef").unwrap();
        let judged = LockFile::read(&lock.path()).unwrap();
        fs::write(lock.path(), "fedcba9876543210").unwrap();
        assert!(!lock.take_over(&judged, &lock.side_path("1111111111111111", "old")));
        assert_eq!(fs::read(lock.path()).unwrap(), b"fedcba9876543210");
    }

    #[test]
    fn a_lock_in_use_is_told_from_a_dead_one_by_the_file_systems_clock() {
        let scratch = Scratch::new();
        let path = scratch.0.join("lock");
        fs::write(&path, "0123456789abcdef").unwrap();
        let made = LockFile::read(&path).unwrap().modified;
        let seconds = Duration::from_secs;
        for (modified, stale) in [
            (made, false),
            (made - seconds(5), false),
            (made + seconds(5), false),
            (made - seconds(10), true),
            (made - seconds(86_400), true),
            (made + seconds(60), true),
            (made + seconds(86_400), true),
        ] {
            let probe = scratch.0.join("probe");
            assert_eq!(is_stale(&LockFile { token: String::new(), modified }, &probe), stale);
            fs::remove_file(probe).unwrap();
        }
        let unknown = LockFile::read(&path).unwrap();
        assert!(!is_stale(&unknown, &path), "without a probe nothing is judged");
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
