//! Files and directories that only their owner can read, and what to say when they cannot be made. Never names a path in
//! an error: paths contain the user's name.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::store::StoreError;

/// Makes a file that only its owner can read. Fails where there is one, even a dangling link.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a directory that only its owner can enter, and those above it; one that is there stays as it is.
pub(super) fn create_private_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(ErrorKind::NotADirectory.into()),
        result => result,
    }?;
    // The new directory's own entry has to survive a power cut as well.
    if let Some(parent) = path.parent() {
        let _ = sync_directory(parent);
    }
    Ok(())
}

/// Makes a rename or a removal last. Does nothing where directories cannot be synced, or not by this user.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
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

pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(StoreError::new(format!("the system gives no random numbers: {error}"))),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Says what to do about the usual causes.
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
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::{env, fs};

    use super::*;

    /// A directory of its own for each test, removed at the end.
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
    fn what_exists_is_not_made_again() {
        let scratch = Scratch::new();
        let path = scratch.0.join("file");
        create_private(&path).unwrap();
        assert_eq!(create_private(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        create_private_directory(&scratch.0.join("a").join("b")).unwrap();
        create_private_directory(&scratch.0.join("a").join("b")).unwrap();
        assert_eq!(create_private_directory(&path).unwrap_err().kind(), ErrorKind::NotADirectory);
        assert_eq!(create_private_directory(&path.join("b")).unwrap_err().kind(), ErrorKind::NotADirectory);
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
