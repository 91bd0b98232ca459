//! What the operating system says about this machine: a stable identifier, and a name for people. Never the host's or
//! the user's name. The identifier goes nowhere but into [`DeviceId::derive`](crate::device::DeviceId::derive).
//!
//! The identifier is the first that there is of:
//!
//! | system | source |
//! |---|---|
//! | Linux, Android | `/etc/machine-id`, then `/var/lib/dbus/machine-id` |
//! | macOS | `gethostuuid`, which is the `IOPlatformUUID` of `ioreg -rd1 -c IOPlatformExpertDevice` |
//! | Windows | `MachineGuid` in `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography`, 64-bit view |
//! | BSD | `/etc/hostid`, then `kenv -q smbios.system.uuid` |
//! | all | the file `device-id` in the data directory: 32 random lower-case hexadecimal digits, made once |
//!
//! Without ASCII white space at its ends, one that is empty, `uninitialized` (systemd's first boot), or nothing but zeros
//! and hyphens counts as absent. Nothing else is changed in it; letters keep their case.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::files::{create_private, create_private_directory, hex, random_bytes, sync_directory};

const RANDOM_NAME: &str = "device-id";
const RANDOM_BYTES: usize = 16;
/// No identifier or description of a system is nearly as long.
const READ_LIMIT: u64 = 64 * 1024;

/// The identifier that the operating system has for this machine, or `None` where it has none.
///
/// It may be the same on machines that were cloned, and in all containers of one image.
pub fn machine_source() -> Option<String> {
    identifier().and_then(|text| usable(&text))
}

/// What identifies this device: [`machine_source`], else a random identifier that is kept in `directory` from the first
/// call on. `None` where it cannot be kept either; an identifier for this run alone would then be another device's at
/// the next start.
pub fn device_source(directory: Option<&Path>) -> Option<String> {
    machine_source().or_else(|| random_source(directory?))
}

/// The operating system's name and version, for labels that people read: `Debian GNU/Linux 12`, `macOS 14.5`, `Windows`.
/// At most 40 characters.
pub fn system_name() -> String {
    let name = reported_name().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
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

/// Two processes that start at once agree: the file appears whole, and only one of them can make it.
fn random_source(directory: &Path) -> Option<String> {
    let path = directory.join(RANDOM_NAME);
    if let Some(id) = read_random(&path) {
        return Some(id);
    }
    create_private_directory(directory).ok()?;
    let bytes: [u8; RANDOM_BYTES] = random_bytes().ok()?;
    let temporary = directory.join(format!("{RANDOM_NAME}.{}.tmp", hex(&random_bytes::<8>().ok()?)));
    let kept = write_synced(&temporary, &hex(&bytes)).and_then(|()| install(&temporary, &path));
    let _ = fs::remove_file(&temporary);
    match kept {
        Ok(()) => read_random(&path),
        Err(error) => {
            log::warn!("could not keep an identifier for this device: {}", error.kind());
            None
        }
    }
}

fn write_synced(path: &Path, text: &str) -> io::Result<()> {
    let mut file = create_private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives the file its name unless a usable one has it. A rename alone would replace the one that another process made,
/// and perhaps used, in between.
fn install(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Err(_) if read_random(path).is_some() => {}
        // What is there is broken, or the file system has no hard links.
        Err(_) => fs::rename(temporary, path)?,
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
    // Opening a pipe would wait for somebody to write to it.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path).ok()?.take(READ_LIMIT).read_to_string(&mut text).ok()?;
    Some(text)
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

#[cfg(any(target_os = "linux", target_os = "android"))]
fn identifier() -> Option<String> {
    first_of(Path::new("/etc/machine-id"), Path::new("/var/lib/dbus/machine-id"))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn first_of(first: &Path, second: &Path) -> Option<String> {
    [first, second].into_iter().find_map(|path| usable(&read(path)?))
}

/// The systems that `Cargo.toml` names for `machine-uid`.
#[cfg(any(
    windows,
    target_os = "macos",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd",
    target_os = "netbsd"
))]
fn identifier() -> Option<String> {
    machine_uid::get().ok()
}

#[cfg(not(any(
    windows,
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd",
    target_os = "netbsd"
)))]
fn identifier() -> Option<String> {
    None
}

#[cfg(target_os = "macos")]
fn reported_name() -> Option<String> {
    system_version(&read(Path::new("/System/Library/CoreServices/SystemVersion.plist"))?)
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn reported_name() -> Option<String> {
    ["/etc/os-release", "/usr/lib/os-release"].into_iter().find_map(|path| os_release(&read(Path::new(path))?))
}

/// Windows tells its version in the registry alone, and there Windows 11 calls itself 10.
#[cfg(not(any(target_os = "macos", all(unix, not(target_vendor = "apple")))))]
fn reported_name() -> Option<String> {
    None
}

/// `NAME` and `VERSION_ID` of an `os-release(5)`, whose values are quoted as for a shell, without substitutions.
#[cfg(any(test, all(unix, not(target_vendor = "apple"))))]
fn os_release(text: &str) -> Option<String> {
    let value = |key: &str| {
        let value = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))?;
        let quoted = |mark| value.strip_prefix(mark).and_then(|rest: &str| rest.strip_suffix(mark));
        let inner = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
        Some(inner.chars().filter(|c| *c != '\\').collect::<String>()).filter(|value| !value.is_empty())
    };
    let name = value("NAME")?;
    Some(value("VERSION_ID").map_or(name.clone(), |version| format!("{name} {version}")))
}

/// `ProductName` and `ProductVersion` of a `SystemVersion.plist`.
#[cfg(any(test, target_os = "macos"))]
fn system_version(plist: &str) -> Option<String> {
    let value = |key: &str| {
        let (_, rest) = plist.split_once(&format!("<key>{key}</key>"))?;
        let (value, _) = rest.trim_start().strip_prefix("<string>")?.split_once("</string>")?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let name = value("ProductName")?;
    Some(value("ProductVersion").map_or(name.clone(), |version| format!("{name} {version}")))
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, Mutex};

    use super::super::files::tests::Scratch;
    use super::*;

    #[test]
    fn what_stands_for_nothing_is_absent() {
        for text in ["", " \n", "uninitialized\n", "00000000000000000000000000000000", "00000000-0000-0000", "-"] {
            assert_eq!(usable(text), None, "{text:?}");
        }
        assert_eq!(usable("\t4C4C45 44\r\n").as_deref(), Some("4C4C45 44"));
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn the_second_file_counts_where_the_first_says_nothing() {
        let scratch = Scratch::new();
        let (first, second) = (scratch.0.join("first"), scratch.0.join("second"));
        assert_eq!(first_of(&first, &second), None);
        fs::write(&second, "second\n").unwrap();
        assert_eq!(first_of(&first, &second).as_deref(), Some("second"));
        for nothing in [&b""[..], b"uninitialized\n", b"\xff\xfe"] {
            fs::write(&first, nothing).unwrap();
            assert_eq!(first_of(&first, &second).as_deref(), Some("second"));
        }
        fs::write(&first, "first\n").unwrap();
        assert_eq!(first_of(&first, &second).as_deref(), Some("first"));
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
    fn all_who_start_at_once_agree() {
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
    fn os_release_is_read_as_a_shell_would() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n";
        assert_eq!(os_release(debian).as_deref(), Some("Debian GNU/Linux 12"));
        assert_eq!(os_release("NAME=Fedora\r\nVERSION_ID=43\r\n").as_deref(), Some("Fedora 43"));
        assert_eq!(os_release("# x\nNAME='Arch Linux'\nVERSION_ID=\n").as_deref(), Some("Arch Linux"));
        assert_eq!(os_release("NAME=\"a \\\"b\\\" \\$c\"").as_deref(), Some("a \"b\" $c"));
        assert_eq!(os_release("NAME=\"\"\nVERSION_ID=1"), None);
        assert_eq!(os_release("CPE_NAME=x\nNAME"), None);
    }

    #[test]
    fn system_version_is_read_from_the_plist() {
        let plist = "<dict>\n\t<key>ProductName</key>\n\t<string>macOS</string>\n\t<key>ProductVersion</key>\n\t\
                     <string>14.5</string>\n</dict>";
        assert_eq!(system_version(plist).as_deref(), Some("macOS 14.5"));
        assert_eq!(system_version("<key>ProductName</key><string>macOS</string>").as_deref(), Some("macOS"));
        assert_eq!(system_version("<key>ProductName</key><integer>1</integer>"), None);
        assert_eq!(system_version(""), None);
    }

    #[test]
    fn this_system_has_a_name() {
        let name = system_name();
        assert!(!name.is_empty() && name.chars().count() <= 40, "{name}");
    }
}
