//! Creates and changes files and directories that only their owner can read, and composes the messages for failures.
//! Never names a path in an error: paths contain the user's name. Never opens a named pipe in a way that blocks.
//!
//! # Owners
//! `sudo` keeps the user's home directory, so a program that runs as root may work in a user's directory. If its files
//! belonged to root, that user could not read them. So root gives each file that it creates to the owner of the file
//! that it replaces, or otherwise to the owner of the directory. In a directory to which everybody may write, the owner
//! of the directory always gets the file. Otherwise anybody could put a file there in advance, and become the owner of
//! a file with a license key.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::store::StoreError;

/// Creates a file that only its owner can read. Fails if something exists at the path, even a dangling link.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let file = create(path)?;
    give_to_owner_of(directory_of(path), None, &file);
    Ok(file)
}

/// Creates a file that only its owner can read and that will replace the file `replaced`. When this function returns,
/// the new file's content is on the disk.
pub(super) fn write_synced(path: &Path, content: &[u8], replaced: &Path) -> io::Result<()> {
    let mut file = create(path)?;
    give_to_owner_of(directory_of(path), Some(replaced), &file);
    observe(DiskStep::Write)?;
    file.write_all(content)?;
    observe(DiskStep::SyncFile)?;
    file.sync_all()
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// If root has just created the file, makes another user its owner: the owner of the file that it replaces, or else the
/// owner of the directory. The head of this module says why. The change is made through the open file, because another
/// program may meanwhile have put a different file at its path.
#[cfg(unix)]
fn give_to_owner_of(directory: &Path, replaced: Option<&Path>, made: &File) {
    use std::os::unix::fs::{MetadataExt, fchown};
    const ROOT: u32 = 0;
    const EVERYBODY_WRITES: u32 = 0o002;
    if !made.metadata().is_ok_and(|made| made.uid() == ROOT) {
        return;
    }
    let Ok(directory) = fs::metadata(directory) else { return };
    let replaced = replaced.filter(|_| directory.mode() & EVERYBODY_WRITES == 0);
    let replaced = replaced.and_then(|path| fs::symlink_metadata(path).ok());
    let owner = replaced.into_iter().chain([directory]).find(|it| it.uid() != ROOT);
    if let Some(Err(error)) = owner.map(|owner| fchown(made, Some(owner.uid()), Some(owner.gid()))) {
        log::warn!("a file for the license stays root's, and its user cannot read it: {}", error.kind());
    }
}

/// Does nothing. On systems other than Unix, a new file has the access rights of its directory.
#[cfg(not(unix))]
fn give_to_owner_of(_: &Path, _: Option<&Path>, _: &File) {}

/// Reads a file, at most its first `limit` bytes. Fails for anything but a regular file.
pub(super) fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, length) = open(path)?;
    let mut content = Vec::with_capacity(usize::try_from(length.min(limit)).unwrap_or_default());
    file.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

/// Opens a file for reading. Fails for anything but a regular file.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    Ok(open(path)?.0)
}

/// Opens a regular file for reading, and returns it with its length. Fails for anything else, because opening a pipe
/// would block until somebody writes to it.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let metadata = retry_while_in_use(|| fs::metadata(path)).map_err(unless_loop)?;
    if !metadata.is_file() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut options = OpenOptions::new();
    options.read(true);
    // The file was a regular file a moment ago, but may have been replaced by a pipe. Opening must not block even then.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::fcntl::OFlag::O_NONBLOCK.bits());
    Ok((retry_while_in_use(|| options.open(path))?, metadata.len()))
}

/// Converts the error for a loop of symbolic links to `IsADirectory`, which this module uses for everything that is not
/// a file. (The standard library's own error kind for a loop is unstable.) Returns other errors unchanged.
#[cfg(unix)]
fn unless_loop(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(nix::libc::ELOOP) { ErrorKind::IsADirectory.into() } else { error }
}

#[cfg(not(unix))]
fn unless_loop(error: io::Error) -> io::Error {
    error
}

/// Renames a file. Replaces a file that has the new name.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    observe(DiskStep::Rename)?;
    retry_while_in_use(|| fs::rename(from, to))
}

/// Returns the names of the entries of a directory. If an entry cannot be read, returns the names before it.
///
/// The standard library is not used, because its `ReadDir` panics if `closedir` fails, even when all names have been
/// read.
#[cfg(unix)]
pub(super) fn names_in(directory: &Path) -> Vec<OsString> {
    use nix::dir::Dir;
    use nix::fcntl::OFlag;
    use nix::sys::stat::Mode;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let Ok(mut listed) = Dir::open(directory, flags, Mode::empty()) else { return Vec::new() };
    let entries = listed.iter().map_while(Result::ok);
    entries.map(|entry| OsStr::from_bytes(entry.file_name().to_bytes()).to_owned()).collect()
}

/// Returns the names of the entries of a directory. If an entry cannot be read, returns the names before it.
#[cfg(not(unix))]
pub(super) fn names_in(directory: &Path) -> Vec<OsString> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    entries.map_while(Result::ok).map(|entry| entry.file_name()).collect()
}

pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    observe(DiskStep::Remove)?;
    retry_while_in_use(|| fs::remove_file(path))
}

/// Creates a directory that only its owner can enter, and the missing directories above it. Does not change a directory
/// that exists.
pub(super) fn create_private_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = directory_of(path);
    create_private_directory(parent)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // another process has just created the directory
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(ErrorKind::NotADirectory.into()),
        made => made?,
    }
    if let Ok(directory) = open_directory(path) {
        give_to_owner_of(parent, None, &directory);
    }
    // After a power cut, the parent directory must still contain the new directory.
    let _ = sync_directory(parent);
    Ok(())
}

/// Returns the directory that contains a file or directory.
pub(super) fn directory_of(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Opens a directory. Fails for a link to a directory.
fn open_directory(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use nix::fcntl::OFlag;
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits());
    }
    options.open(path)
}

/// Calls `attempt` once. On Windows, calls it again while another program has the file open, up to 50 times in about a
/// quarter of a second. Windows refuses to replace, delete, open or create a file that another program has open. The
/// other program may be a reader, or a virus scanner that scans every file after it has been written.
pub(super) fn retry_while_in_use<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..50 {
        match attempt() {
            Err(error) if cfg!(windows) && is_in_use(&error) => thread::sleep(Duration::from_millis(5)),
            result => return result,
        }
    }
    attempt()
}

/// Returns `true` for the errors that Windows reports if another program has the file open.
pub(super) fn is_in_use(error: &io::Error) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const DELETE_PENDING: i32 = 303;
    matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION | DELETE_PENDING))
}

/// Writes a directory to the disk, so that the renames and removals in it survive a power cut. Does nothing if the
/// system cannot sync directories, or does not let this user do it.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    observe(DiskStep::SyncDirectory)?;
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(path).and_then(|directory| directory.sync_all()) {
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// A step that changes the disk. Tests check the order of such steps, and make individual steps fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiskStep {
    Write,
    SyncFile,
    Rename,
    Remove,
    SyncDirectory,
}

#[cfg(test)]
use tests::observe;

#[cfg(not(test))]
fn observe(_: DiskStep) -> io::Result<()> {
    Ok(())
}

pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    match getrandom::getrandom(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(StoreError::new(format!("the system gives no random numbers: {error}"))),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the error for a failed task. For the usual causes, the error says what to do.
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
pub(super) fn failure(task: &str, error: io::Error) -> StoreError {
    let cause = match error.kind() {
        ErrorKind::PermissionDenied => {
            "permission denied; let this user read and write the license directory, or choose another one".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only; choose another directory".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "no space left; free some and try again".to_owned()
        }
        ErrorKind::NotADirectory => {
            "a file is where the license directory should be; move it away, or choose another directory".to_owned()
        }
        ErrorKind::IsADirectory => "something else is where the license file should be; move it away".to_owned(),
        kind => kind.to_string(),
    };
    StoreError::with_source(format!("could not {task}: {cause}"), error)
}

pub(super) fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::env;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    thread_local! {
        static STEPS: RefCell<Vec<DiskStep>> = const { RefCell::new(Vec::new()) };
        static FAILS: RefCell<Vec<DiskStep>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn observe(step: DiskStep) -> io::Result<()> {
        STEPS.with_borrow_mut(|steps| steps.push(step));
        let planned = |fails: &mut Vec<DiskStep>| fails.iter().position(|it| *it == step).map(|at| fails.remove(at));
        FAILS.with_borrow_mut(planned).map_or(Ok(()), |_| Err(io::Error::other("on purpose")))
    }

    /// Runs `work`, and returns the disk steps that this thread takes while `work` runs.
    pub(in crate::blocking) fn disk_steps(work: impl FnOnce()) -> Vec<DiskStep> {
        STEPS.take();
        work();
        STEPS.take()
    }

    /// Makes the next step of each of these kinds fail on this thread.
    pub(in crate::blocking) fn fail_next(steps: &[DiskStep]) {
        FAILS.set(steps.to_vec());
    }

    /// A new directory for one test. It is removed at the end of the test.
    pub(in crate::blocking) struct Scratch(pub(in crate::blocking) PathBuf);

    impl Scratch {
        pub(in crate::blocking) fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = env::temp_dir().join(format!("polar-license-test-{}-{count}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn existing_files_and_directories_are_not_created_again() {
        let scratch = Scratch::new();
        let path = scratch.0.join("file");
        create_private(&path).unwrap();
        assert_eq!(create_private(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        create_private_directory(&scratch.0.join("a").join("b")).unwrap();
        create_private_directory(&scratch.0.join("a").join("b")).unwrap();
        assert_eq!(create_private_directory(&path).unwrap_err().kind(), ErrorKind::NotADirectory);
        assert_eq!(create_private_directory(&path.join("b")).unwrap_err().kind(), ErrorKind::NotADirectory);
    }

    /// While a virus scanner reads a file, nobody else can delete or replace the file.
    #[cfg(windows)]
    #[test]
    fn a_file_that_was_in_use_can_be_replaced_afterwards() {
        use std::os::windows::fs::OpenOptionsExt;
        let scratch = Scratch::new();
        let (from, to) = (scratch.0.join("from"), scratch.0.join("to"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        let mut scanner = Some(OpenOptions::new().read(true).share_mode(1).open(&to).unwrap());
        let mut attempts = 0;
        let replace = || {
            attempts += 1;
            let result = fs::rename(&from, &to);
            // The open file has made the first replacement fail. The scanner now closes the file, so the second
            // replacement succeeds.
            scanner.take();
            result
        };
        retry_while_in_use(replace).unwrap();
        assert_eq!((attempts, fs::read(&to).unwrap()), (2, b"new".to_vec()));
    }

    #[test]
    fn a_permanent_error_is_returned_at_once() {
        let scratch = Scratch::new();
        let mut attempts = 0;
        let result = retry_while_in_use(|| {
            attempts += 1;
            fs::rename(scratch.0.join("absent"), scratch.0.join("to"))
        });
        assert_eq!((attempts, result.unwrap_err().kind()), (1, ErrorKind::NotFound));
    }

    #[test]
    fn an_error_tells_what_to_do() {
        let text = |kind: ErrorKind| failure("write the license file", kind.into()).to_string();
        assert_eq!(
            text(ErrorKind::StorageFull),
            "could not write the license file: no space left; free some and try again"
        );
        assert_eq!(text(ErrorKind::TimedOut), "could not write the license file: timed out");
    }
}
