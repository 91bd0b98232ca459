//! Tests a device whose storage cannot be read or written: operations fail, the exit status says so, and no seat is
//! taken.

use crate::support::{Device, requests_to, run, start_polar};
use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_data_directory_below_a_file_fails_every_change() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("licenses");
    let below = below.to_str().unwrap();
    for operation in [&["activate", DEMO_KEY_ONE_DEVICE][..], &["forget"]] {
        let (status, after) = device.json(&[operation, &["--data-dir", below]].concat());
        assert_eq!((status, kind(&after)), (1, Some("storage")), "{operation:?}: {after}");
    }
    // the command cannot read the file, so it does not know whether there is a license
    let (status, after) = device.json(&["deactivate", "--data-dir", below]);
    assert_eq!((status, after["license"]["problem"]["kind"].as_str()), (1, Some("storage")), "{after}");
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty(), "no seat is taken that cannot be stored");
    assert_eq!(fs::read(file.path()).unwrap(), b"");
}

#[test]
fn an_unreadable_license_is_exit_status_3_with_advice_to_run_doctor() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    let record = device.record().unwrap();
    fs::remove_file(&record).unwrap();
    // a directory takes the place of the record's file, so that not even root can read the record
    fs::create_dir(&record).unwrap();
    for operation in ["status", "validate"] {
        let run = device.run(&[operation]);
        assert_eq!(run.status, 3, "{run:?}");
        assert!(run.stdout.contains("run `polar-license doctor`"), "{run:?}");
        assert!(!run.stdout.contains("vendor"), "{run:?}");
    }
    let help = run(device.command(&["--help"]), "").stdout;
    assert!(help.contains("confirmed for too long, or cannot be read"), "{help}");
}

/// The key has no activation limit, so activating it takes no seat that could be lost. The command therefore asks Polar
/// even though the license cannot be stored. The license exists only until the command ends.
#[test]
fn a_license_that_could_not_be_stored_is_not_said_to_work() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("licenses");
    let run = device.run(&["activate", DEMO_KEY_PLAIN, "--data-dir", below.to_str().unwrap()]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("The next command will not find the license."), "{run:?}");
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains("until") && !text.contains("works"), "{run:?}");
    }
}

/// Simulates a full disk by limiting the size of files. Unlike permissions, this limit also applies to root.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_nothing_more_fails_every_change() {
    let polar = start_polar();
    let licensed = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    polar.clear_requests();
    let after = without_writing(&licensed, &["deactivate"]);
    assert_eq!(kind(&after), Some("storage"), "{after}");
    assert_eq!(requests_to(&polar, "deactivate"), 0, "the license could not have been removed after it");
    assert_eq!((licensed.run(&["status"]).status, polar.activations(DEMO_KEY_ONE_DEVICE).len()), (0, 1));

    assert_eq!(licensed.run(&["deactivate"]).status, 0);
    let unlicensed = Device::new(&polar);
    let after = without_writing(&unlicensed, &["activate", DEMO_KEY_ONE_DEVICE]);
    assert_eq!(kind(&after), Some("storage"), "{after}");
    assert_eq!(requests_to(&polar, "activate"), 0);
    assert_eq!(unlicensed.record(), None);
}

/// Runs the command with a file size limit of zero, so that it can read files but not write them. Asserts that the exit
/// status is 1, and returns the JSON.
#[cfg(unix)]
fn without_writing(device: &Device<'_>, args: &[&str]) -> Value {
    let command = device.command(&[args, &["--json"]].concat());
    let mut limited = Command::new("sh");
    // `trap` makes the command ignore the signal SIGXFSZ, which would otherwise end it when a write exceeds the limit
    limited.args(["-c", r#"trap "" XFSZ; ulimit -f 0; exec "$@""#, "sh"]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.env_remove("POLAR_LICENSE_ORGANIZATION").env_remove("POLAR_LICENSE_ENVIRONMENT");
    let run = crate::support::run(limited, "");
    assert_eq!(run.status, 1, "{run:?}");
    run.json()
}

fn kind(after: &Value) -> Option<&str> {
    after["error"]["kind"].as_str()
}

/// Tests a lock that a killed process or another user has left behind: a file, a directory, a named pipe, or a symbolic
/// link to nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_that_was_left_behind_blocks_no_request() {
    let polar = start_polar();
    let device = Device::licensed_days_ago(&polar, DEMO_KEY_PLAIN, 2);
    let record = device.record().unwrap();
    let due = fs::read(&record).unwrap();
    let turn = format!("{}.asking.lock", record.display());
    let turn = Path::new(&turn);
    for make in ["echo 0123456789abcdef >", "mkdir", "mkfifo", "ln -s /nowhere"] {
        let made = format!(r#"{make} "$0" && touch --no-dereference --date="6 seconds ago" "$0""#);
        assert!(Command::new("sh").args(["-c", &made]).arg(turn).status().unwrap().success(), "{make}");
        fs::write(&record, &due).unwrap();
        polar.clear_requests();
        let (status, after) = device.json(&["refresh"]);
        assert_eq!((status, &after["problem"]), (0, &Value::Null), "{make}: {after}");
        assert_eq!(requests_to(&polar, "validate"), 1, "{make}");
        assert!(turn.symlink_metadata().is_err(), "{make}: it is still there");
    }
}
