//! Reads a stable identifier of this machine, and the system's name and version, from the operating system. Never reads
//! the name of the host or of the user. The identifier is passed only to
//! [`DeviceId::derive`](crate::device::DeviceId::derive).
//!
//! The identifier comes from the first of these sources that has one:
//!
//! | system | source |
//! |---|---|
//! | Linux | `/etc/machine-id`, then `/var/lib/dbus/machine-id` |
//! | Android | `/etc/machine-id` |
//! | macOS | `gethostuuid`, which is the `IOPlatformUUID` of `ioreg -rd1 -c IOPlatformExpertDevice` |
//! | Windows | `MachineGuid` in `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography`, 64-bit view |
//! | BSD | `/etc/hostid`, then `kenv -q smbios.system.uuid` |
//! | all | the file `device-id` in the data directory: 32 random lower-case hexadecimal digits, created once |
//!
//! ASCII white space at the ends of an identifier is removed. Nothing else is changed in it; letters keep their case.
//! An identifier counts as absent if it is empty, `uninitialized` (systemd's first boot), or only zeros and hyphens.

use std::fs;
use std::io;
use std::path::Path;

use super::files::{create_private_directory, hex, random_bytes, read_file, rename, sync_directory, write_synced};

const RANDOM_NAME: &str = "device-id";
const RANDOM_BYTES: usize = 16;
/// The largest number of bytes to read from a file. No identifier or description of a system is nearly as long.
const READ_LIMIT: u64 = 64 * 1024;

/// Returns the identifier that the operating system has for this machine, or `None` if there is none.
///
/// The identifier may be the same on machines that were cloned, and in all containers of one image.
pub fn machine_source() -> Option<String> {
    identifier()
}

/// Returns the identifier of this device: [`machine_source`], or else a random identifier. The first call stores the
/// random identifier in `directory`, and later calls read it. Returns `None` if it cannot be stored, because the next
/// start would create another identifier, and this device would look like a different one.
pub fn device_source(directory: Option<&Path>) -> Option<String> {
    machine_source().or_else(|| random_source(directory?))
}

/// Returns the operating system's name and version, for labels that people read: `Debian GNU/Linux 12`, `macOS 14.5`,
/// `Windows 11`. At most 40 characters.
pub fn system_name() -> String {
    let distribution = whoami::distro().unwrap_or_default();
    let name: String = short_name(&distribution).chars().filter(|c| !c.is_control()).take(40).collect();
    match name.trim() {
        "" => fallback_name().to_owned(),
        name => name.to_owned(),
    }
}

fn usable(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let blank = text.chars().all(|c| matches!(c, '0' | '-'));
    (!blank && text != "uninitialized").then(|| text.to_owned())
}

/// Returns the random identifier in the directory, and creates it if there is none. If two processes start at the same
/// time, both get the same identifier, because only one of them can create the file, and the other process sees the
/// file only when it is complete.
fn random_source(directory: &Path) -> Option<String> {
    let path = directory.join(RANDOM_NAME);
    if let Some(id) = read_random(&path) {
        return Some(id);
    }
    create_private_directory(directory).ok()?;
    let bytes: [u8; RANDOM_BYTES] = random_bytes().ok()?;
    let temporary = directory.join(format!("{RANDOM_NAME}.{}.tmp", hex(&random_bytes::<8>().ok()?)));
    let kept = write_synced(&temporary, hex(&bytes).as_bytes(), &path).and_then(|()| install(&temporary, &path));
    let _ = fs::remove_file(&temporary);
    match kept {
        Ok(()) => read_random(&path),
        Err(error) => {
            log::warn!("could not keep an identifier for this device: {}", error.kind());
            None
        }
    }
}

/// Gives the temporary file its final name, unless a usable file has that name already. A rename alone could replace a
/// file that another process has created, and perhaps used, in the meantime.
fn install(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Err(_) if read_random(path).is_some() => {}
        // The existing file is broken, or the file system has no hard links. In both cases the file can be replaced.
        Err(_) => rename(temporary, path)?,
        Ok(()) => {}
    }
    path.parent().map_or(Ok(()), sync_directory)
}

fn read_random(path: &Path) -> Option<String> {
    let text = usable(&read(path)?)?;
    let whole = text.len() == RANDOM_BYTES.saturating_mul(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then_some(text)
}

fn read(path: &Path) -> Option<String> {
    String::from_utf8(read_file(path, READ_LIMIT).ok()?).ok()
}

fn fallback_name() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "macOS",
        "ios" => "iOS",
        "windows" => "Windows",
        "android" => "Android",
        other => other,
    }
}

/// Returns the system's name as `whoami` reports it, but without a code name, an edition or a build number in brackets.
/// Returns an empty text for a system that `whoami` does not know.
fn short_name(distribution: &str) -> String {
    let name = distribution.split_once(" (").map_or(distribution, |(name, _)| name);
    match name.split_once(' ') {
        Some(("Unknown", _)) => String::new(),
        // Windows 10, Windows 11 and Windows Server share version numbers, so "Windows 10" would be wrong for a server.
        Some(("Windows", _)) if !distribution.ends_with("(Workstation)") => "Windows Server".to_owned(),
        // such as 10.0.19045
        Some(("Windows", version)) => format!("Windows {}", version.split('.').next().unwrap_or_default()),
        _ => name.to_owned(),
    }
}

/// Returns the system's identifier. On Linux and Android, tries `/etc/machine-id` first, because `machine-uid` prefers
/// D-Bus's file. On a cloned machine, D-Bus's file often still identifies the original machine, while `/etc/machine-id`
/// was created anew. The order must never change, because a device with another identifier would lose its seat.
fn identifier() -> Option<String> {
    let own =
        if cfg!(any(target_os = "linux", target_os = "android")) { read(Path::new("/etc/machine-id")) } else { None };
    first_of(own, library_identifier)
}

fn first_of(own: Option<String>, library: impl FnOnce() -> Option<String>) -> Option<String> {
    own.and_then(|text| usable(&text)).or_else(|| usable(&library()?))
}

/// Returns the identifier that the crate `machine-uid` finds. `Cargo.toml` lists this dependency for the same systems.
#[cfg(any(
    windows,
    target_os = "linux",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd",
    target_os = "netbsd"
))]
fn library_identifier() -> Option<String> {
    machine_uid::get().ok()
}

#[cfg(not(any(
    windows,
    target_os = "linux",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd",
    target_os = "netbsd"
)))]
fn library_identifier() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, Mutex};

    use super::super::files::tests::Scratch;
    use super::*;

    #[test]
    fn placeholders_are_not_identifiers() {
        for text in ["", " \n", "uninitialized\n", "00000000000000000000000000000000", "00000000-0000-0000", "-"] {
            assert_eq!(usable(text), None, "{text:?}");
        }
        assert_eq!(usable("\t4C4C45 44\r\n").as_deref(), Some("4C4C45 44"));
    }

    #[test]
    fn the_library_is_asked_if_the_file_holds_no_identifier() {
        let first =
            |own: Option<&str>, library: Option<&str>| first_of(own.map(str::to_owned), || library.map(str::to_owned));
        assert_eq!(first(Some(" first\n"), Some("second")).as_deref(), Some("first"));
        for nothing in [None, Some(""), Some("uninitialized\n"), Some("00000000000000000000000000000000")] {
            assert_eq!(first(nothing, Some("second\n")).as_deref(), Some("second"), "{nothing:?}");
            assert_eq!(first(nothing, nothing), None, "{nothing:?}");
        }
    }

    /// If the identifier changed, the device would lose its seat.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_identifier_is_the_same_as_ever() {
        let expected = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
            .iter()
            .find_map(|path| usable(&fs::read_to_string(path).ok()?));
        assert_eq!(machine_source(), expected);
    }

    #[test]
    fn a_random_identifier_stays() {
        let scratch = Scratch::new();
        let directory = scratch.0.join("a").join("b");
        let id = random_source(&directory).unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(random_source(&directory), Some(id.clone()));
        assert_ne!(random_source(&scratch.0), Some(id));
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_random_identifier_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new();
        random_source(&scratch.0).unwrap();
        assert_eq!(fs::metadata(scratch.0.join(RANDOM_NAME)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_broken_identifier_is_replaced() {
        let scratch = Scratch::new();
        for broken in ["", "0123", &"0".repeat(32), &"x".repeat(32)] {
            fs::write(scratch.0.join(RANDOM_NAME), broken).unwrap();
            let id = random_source(&scratch.0).unwrap();
            assert_eq!(random_source(&scratch.0), Some(id));
        }
    }

    #[test]
    fn without_a_place_to_keep_it_there_is_no_random_identifier() {
        let scratch = Scratch::new();
        fs::write(scratch.0.join("file"), "").unwrap();
        assert_eq!(random_source(&scratch.0.join("file").join("data")), None);
        fs::create_dir(scratch.0.join(RANDOM_NAME)).unwrap();
        assert_eq!(random_source(&scratch.0), None);
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2, "no temporary file stays");
    }

    #[test]
    fn all_that_start_at_once_agree() {
        for _ in 0..50 {
            let scratch = Scratch::new();
            let start = Barrier::new(4);
            let ids = Mutex::new(Vec::new());
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        start.wait();
                        let id = random_source(&scratch.0).unwrap();
                        ids.lock().unwrap().push(id);
                    });
                }
            });
            let mut ids = ids.into_inner().unwrap();
            ids.dedup();
            assert_eq!(ids.len(), 1);
        }
    }

    #[test]
    fn system_names_end_before_brackets() {
        for (distribution, name) in [
            ("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux 12"),
            ("Fedora Linux 43 (Workstation Edition)", "Fedora Linux 43"),
            ("Ubuntu 24.04.2 LTS", "Ubuntu 24.04.2 LTS"),
            ("Arch Linux", "Arch Linux"),
            ("macOS 14.5", "macOS 14.5"),
            ("Windows 11 (10.0.22631) (Workstation)", "Windows 11"),
            ("Windows 10.0.19045 (Workstation)", "Windows 10"),
            ("Windows 10.0.20348 (Server)", "Windows Server"),
            ("Windows 11 (10.0.26100) (Domain Controller)", "Windows Server"),
            ("Unknown Android", ""),
            ("", ""),
        ] {
            assert_eq!(short_name(distribution), name);
        }
    }

    #[test]
    fn this_system_has_a_name() {
        let name = system_name();
        assert!(!name.is_empty() && name.chars().count() <= 40, "{name}");
    }
}
