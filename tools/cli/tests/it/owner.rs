//! Tests that files in a user's home still belong to the user after root has run the command there, as with `sudo`. The
//! tests must run as root.
#![cfg(unix)]

use crate::skipped::skipped;
use crate::support::{BINARY, Run, command, run, start_polar};
use mock_polar::{DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION, MockPolar};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const ROOT: u32 = 0;
const USER: u32 = 65534;

/// The home directory of a user. Both the user and root run the command in this directory.
struct Home<'a> {
    polar: &'a MockPolar,
    place: TempDir,
}

impl<'a> Home<'a> {
    /// Creates a home. Returns `None` if the tests do not run as root.
    fn new(polar: &'a MockPolar) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        if place.path().metadata().unwrap().uid() != ROOT {
            skipped("only root can be two users");
            return None;
        }
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // the user runs a copy, because the build may be readable only by root
        fs::copy(BINARY, place.path().join("polar-license")).unwrap();
        let home = Self { polar, place };
        fs::create_dir(home.path()).unwrap();
        chown(home.path(), Some(USER), Some(USER)).unwrap();
        Some(home)
    }

    fn path(&self) -> PathBuf {
        self.place.path().join("home")
    }

    fn run_as(&self, user: u32, args: &[&str]) -> Run {
        let mut ran = Command::new(self.place.path().join("polar-license"));
        for (name, value) in command().get_envs() {
            match value {
                Some(value) => ran.env(name, value),
                None => ran.env_remove(name),
            };
        }
        ran.uid(user).gid(user).env("HOME", self.path()).env_remove("XDG_DATA_HOME");
        ran.args(["--organization", DEMO_ORGANIZATION, "--environment", &self.polar.url()]).args(args);
        run(ran, "")
    }

    fn by_user(&self, args: &[&str]) -> Run {
        self.run_as(USER, args)
    }

    fn by_root(&self, args: &[&str]) {
        let run = self.run_as(ROOT, args);
        assert_eq!(run.status, 0, "{run:?}");
    }

    fn licensed(polar: &'a MockPolar) -> Option<Self> {
        let home = Self::new(polar)?;
        let activated = home.by_user(&["activate", DEMO_KEY_TWO_DEVICES]);
        assert_eq!(activated.status, 0, "{activated:?}");
        Some(home)
    }

    fn directory(&self) -> PathBuf {
        self.path().join(".local/share/polar-license")
    }

    fn record(&self) -> PathBuf {
        let mut files = fs::read_dir(self.directory()).unwrap().map(|file| file.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "license")).unwrap()
    }

    /// Runs `doctor` as the user who owns the license in this home.
    fn diagnosis(&self) -> (i32, Value) {
        let doctor = self.by_user(&["doctor", "--json"]);
        let findings = doctor.json()["findings"].as_array().unwrap().clone();
        let faulty = findings.into_iter().find(|finding| finding["outcome"] == "fault");
        (doctor.status, faulty.unwrap_or_default())
    }

    /// Runs the first command in the advice as root, as `sudo` would. `HOME` is the user's home, and `$(id -un)` is
    /// replaced by the user's id.
    fn follow(&self, advice: &str) {
        let advised = advice.split('`').find(|part| part.contains(" ~/")).unwrap();
        // `sudo` is removed, because it may not be installed
        let advised = advised.replace("sudo ", "").replace("$(id -un)", &USER.to_string());
        let done = Command::new("sh").args(["-c", &advised]).env("HOME", self.path()).status().unwrap();
        assert!(done.success(), "{advised}");
    }
}

/// Returns the files in a folder that belong to a user other than the owner of the home.
fn foreign(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut foreign = Vec::new();
    for path in entries {
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            foreign.extend(self::foreign(&path));
        }
        if (metadata.uid(), metadata.gid()) != (USER, USER) {
            foreign.push(path);
        }
    }
    foreign
}

#[test]
fn files_that_root_writes_stay_the_users() {
    let polar = start_polar();
    let Some(home) = Home::licensed(&polar) else { return };
    for by_root in [&["validate"][..], &["refresh"], &["activate", DEMO_KEY_TWO_DEVICES]] {
        home.by_root(by_root);
        let status = home.by_user(&["status"]);
        assert_eq!((status.status, foreign(&home.path())), (0, vec![]), "{by_root:?}: {status:?}");
    }
}

#[test]
fn a_home_in_which_root_was_first_stays_the_users() {
    let polar = start_polar();
    let Some(home) = Home::new(&polar) else { return };
    home.by_root(&["activate", DEMO_KEY_TWO_DEVICES]);
    assert_eq!(foreign(&home.path()), [""; 0].map(PathBuf::from));
    assert_eq!(home.by_user(&["validate"]).status, 0);
    assert_eq!(polar.activations(DEMO_KEY_TWO_DEVICES).len(), 1);
}

/// Tests a record whose owner was changed by a program that does not preserve the owners of files.
#[test]
fn a_record_that_belongs_to_root_is_a_fault_with_the_command_that_helps() {
    let polar = start_polar();
    let Some(home) = Home::licensed(&polar) else { return };
    for (path, fault) in [(home.record(), "not_readable"), (home.directory(), "not_writable")] {
        chown(&path, Some(ROOT), Some(ROOT)).unwrap();
        let (status, finding) = home.diagnosis();
        assert_eq!((status, &finding["fault"]), (1, &Value::from(fault)), "{finding:#}");
        home.follow(finding["advice"].as_str().unwrap());
        assert_eq!(home.diagnosis(), (0, Value::Null));
    }
    assert_eq!(home.by_user(&["status"]).status, 0);
}

#[test]
fn a_record_that_root_writes_anew_is_the_users_again() {
    let polar = start_polar();
    let Some(home) = Home::licensed(&polar) else { return };
    chown(home.record(), Some(ROOT), Some(ROOT)).unwrap();
    home.by_root(&["validate"]);
    assert_eq!(home.by_user(&["status"]).status, 0);
}

#[test]
fn a_folder_of_everybodys_gives_nobody_the_key() {
    let polar = start_polar();
    let Some(home) = Home::licensed(&polar) else { return };
    chown(home.directory(), Some(ROOT), Some(ROOT)).unwrap();
    fs::set_permissions(home.directory(), fs::Permissions::from_mode(0o1777)).unwrap();
    home.by_root(&["validate"]);
    assert_eq!(home.record().metadata().unwrap().uid(), ROOT, "anybody may have put the record there before");
    fs::set_permissions(home.directory(), fs::Permissions::from_mode(0o775)).unwrap();
    chown(home.record(), Some(USER), Some(USER)).unwrap();
    home.by_root(&["validate"]);
    assert_eq!(home.record().metadata().unwrap().uid(), USER, "a folder of a group's");
}
