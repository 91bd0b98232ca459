//! Checks the device's identity, and the place where the license is kept. Rehearses a save, and leaves nothing behind.
//! Never interprets or changes a record.

use super::finding::{Check, Fault, Finding};
use super::network::{named, other_environment};
use super::privacy::{shell_path, shown_path};
use crate::blocking::file_store::{FileStore, Hindrance, default_directory};
use crate::blocking::files::{failure, hex};
use crate::blocking::local::machine;
use crate::blocking::machine::machine_source;
use crate::client::opening::{self, Opened};
use crate::config::{Config, Environment};
use std::io;
use std::path::{Path, PathBuf};

/// Checks the device's identifier, and whether a license can be kept in `directory`, or in [`default_directory`] if
/// `directory` is `None`. Removes everything that it creates there.
pub fn storage(config: &Config, directory: Option<&Path>) -> Vec<Finding> {
    let Some(directory) = directory.map(Path::to_owned).or_else(default_directory) else {
        let detail = "this system names no directory for application data";
        return vec![Finding::faulty(Check::Storage, Fault::NoDirectory, detail)];
    };
    let place = Place::of(config, &directory);
    let mut findings = vec![place.device(config), place.storage()];
    findings.extend(place.record());
    findings.extend(place.elsewhere(config));
    findings
}

struct Place {
    directory: PathBuf,
    opened: Opened,
    store: FileStore,
}

impl Place {
    fn of(config: &Config, directory: &Path) -> Self {
        let opened = open(config.clone(), directory);
        let store = FileStore::new(directory, &opened.app_id, opened.product, opened.device);
        Self { directory: directory.to_owned(), opened, store }
    }

    /// Returns the finding about the device's id. Shows only a hash of the id. This hash is also part of the record's
    /// file name, and it reveals nothing about the machine.
    fn device(&self, config: &Config) -> Finding {
        let hash = hex(&self.opened.device);
        let source = match (config.device_id(), machine_source()) {
            (Some(_), _) => "from the device id that was set",
            (None, Some(_)) => "from the system's machine id",
            (None, None) if self.directory.join("device-id").exists() => "from a random id in the license directory",
            (None, None) => {
                let detail = "this system has no machine id, and none is kept in the license directory yet";
                return Finding::warning(Check::Device, Fault::NoDeviceId, detail);
            }
        };
        Finding::good(Check::Device, format!("hash {hash}, {source}"))
    }

    fn storage(&self) -> Finding {
        let shown = shown_path(&self.directory);
        let fault = |fault, detail: String| Finding::faulty(Check::Storage, fault, format!("{shown}: {detail}"));
        let is_there = self.directory.is_dir();
        match self.store.rehearse_save() {
            Ok(()) if !is_there => Finding::good(Check::Storage, format!("{shown}: can be made, and written to")),
            Ok(()) if self.has_record() => {
                Finding::good(Check::Storage, format!("{shown}: can be written to; a license is kept there"))
            }
            Ok(()) => Finding::good(Check::Storage, format!("{shown}: can be written to; no license is kept there")),
            Err(Hindrance::Locked { held_for }) => {
                let since = held_for.map(|held| format!(" for {} s", held.as_secs())).unwrap_or_default();
                fault(Fault::Locked, format!("another process has locked the license file{since}"))
            }
            Err(Hindrance::Failed(error)) => {
                let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
                let which = source.map_or(Fault::NotWritable, |error| of_error(error.kind()));
                let finding = fault(which, error.to_string());
                match make_writable(&self.directory).filter(|_| cfg!(unix) && which == Fault::NotWritable) {
                    Some(advice) => finding.advising(advice),
                    None => finding,
                }
            }
        }
    }

    /// Returns a finding if the license file cannot be read, or can be read by other users.
    fn record(&self) -> Option<Finding> {
        if !self.has_record() {
            return None;
        }
        let path = self.store.path();
        let Some(error) = self.store.unreadable() else { return self.readable_by_others() };
        let (fault, advice) = match error.kind() == io::ErrorKind::PermissionDenied {
            true => (Fault::NotReadable, give_back(&path)),
            false => (Fault::Obstructed, move_away(&path)),
        };
        let error = failure("read the license file", error);
        let finding = Finding::faulty(Check::License, fault, format!("{}: {error}", shown_path(&path)));
        Some(if cfg!(unix) { finding.advising(advice) } else { finding })
    }

    /// Returns `true` if anything exists at the path of the license file.
    fn has_record(&self) -> bool {
        self.store.path().symlink_metadata().is_ok()
    }

    #[cfg(unix)]
    fn readable_by_others(&self) -> Option<Finding> {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(self.store.path()).ok()?.permissions().mode();
        (mode & 0o077 != 0).then(|| {
            let detail = format!("{}: the license file has the mode {:03o}", shown_path(&self.directory), mode & 0o777);
            Finding::warning(Check::Storage, Fault::ReadableByOthers, detail)
        })
    }

    /// Returns no fault: outside Unix, only the user can read application data.
    #[cfg(not(unix))]
    fn readable_by_others(&self) -> Option<Finding> {
        None
    }

    /// Returns a fault if there is no license for this configuration, but there is a license for another environment,
    /// organization or server.
    fn elsewhere(&self, config: &Config) -> Option<Finding> {
        if self.has_record() {
            return None;
        }
        let here = named(config.environment());
        let other = other_environment(config.environment()).filter(|other| self.has_license(config, other));
        if let Some(other) = other {
            let detail = format!("no license for {here} is kept on this device, but one for {} is", named(&other));
            return Some(Finding::faulty(Check::License, Fault::OtherEnvironment, detail));
        }
        self.store.has_other_product().then(|| {
            let detail = "a license of this app for another organization or server is kept on this device";
            Finding::faulty(Check::License, Fault::OtherProduct, detail)
        })
    }

    fn has_license(&self, config: &Config, environment: &Environment) -> bool {
        let Opened { app_id, product, device, .. } = open(config.in_environment(environment.clone()), &self.directory);
        FileStore::new(&self.directory, &app_id, product, device).path().exists()
    }
}

/// Returns advice with a command that makes this user the owner of `directory`, or of its closest parent that exists.
/// Returns `None` if that directory is outside of the home directory, where other users' files may be.
fn make_writable(directory: &Path) -> Option<String> {
    let path = shell_path(directory.ancestors().find(|path| path.symlink_metadata().is_ok())?);
    path.starts_with("~/").then(|| {
        format!(
            "Let this user write there: `sudo chown \"$(id -un)\" {path} && chmod u+rwx {path}`. Or choose another \
             directory."
        )
    })
}

fn give_back(path: &Path) -> String {
    let path = shell_path(path);
    format!(
        "Another user has written it, root by `sudo` for example. Give it back to this user: \
         `sudo chown \"$(id -un)\" {path} && chmod 600 {path}`. If that is not possible, move it away and activate the \
         license key again: `mv {path} {path}.old`."
    )
}

fn move_away(path: &Path) -> String {
    let path = shell_path(path);
    format!("Something else is in the place of the license file. Move it away: `mv {path} {path}.old`.")
}

/// Opens the engine as a client does, but creates no random device identifier, because that would leave a file behind.
fn open(config: Config, directory: &Path) -> Opened {
    let kept = directory.join("device-id").exists().then_some(directory);
    let machine = machine(&config, kept, true);
    opening::open(config, machine, true)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn of_error(kind: io::ErrorKind) -> Fault {
    use io::ErrorKind as Kind;
    match kind {
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Fault::DiskFull,
        Kind::NotADirectory | Kind::IsADirectory | Kind::AlreadyExists => Fault::Obstructed,
        _ => Fault::NotWritable,
    }
}
