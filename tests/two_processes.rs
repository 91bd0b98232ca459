//! Tests several processes that share a record, and processes that die. A child process is this test program, in which
//! an environment variable chooses the action.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_TWO_DEVICES, Endpoint, Fault, MockPolar};
use polar_license::clock::{Clock, SystemClock};
use polar_license::{Decision, ErrorKind, Reason, State};
use support::{Directory, TestClock, app, open};

/// A time limit that is far longer than any operation takes. Only a failing test waits for it.
const LONG: Duration = Duration::from_secs(300);

const DOES: &str = "POLAR_LICENSE_TEST_DOES";
const URL: &str = "POLAR_LICENSE_TEST_URL";
const DIRECTORY: &str = "POLAR_LICENSE_TEST_DIRECTORY";

const APP: &str = "com.example.app";

/// The entry point of a child process. It is not a test of its own.
#[test]
fn child() {
    let Ok(does) = std::env::var(DOES) else { return };
    let [url, directory] = [URL, DIRECTORY].map(|name| std::env::var(name).unwrap());
    let client = open(app(&url, APP), Path::new(&directory), &TestClock::new());
    match does.split_once(' ') {
        // ignores the result, because the test checks the store instead
        Some(("activate", key)) => drop(client.activate(key)),
        None if does == "deactivate" => drop(client.deactivate().unwrap()),
        None if does == "validate-for-ever" => loop {
            client.validate();
        },
        _ => panic!("a child cannot `{does}`"),
    }
}

fn start(polar: &MockPolar, directory: &Directory, does: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .envs([(DOES, does), (URL, &polar.url())])
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn run(polar: &MockPolar, directory: &Directory, does: &str) {
    assert!(start(polar, directory, does).wait().unwrap().success(), "{does}");
}

fn stored(polar: &MockPolar, directory: &Directory) -> Decision {
    open(app(&polar.url(), APP), directory.path(), &TestClock::with(polar)).current()
}

fn both_activate_at_once(key: &str) -> (MockPolar, Directory) {
    let polar = MockPolar::start().unwrap();
    TestClock::with(&polar);
    let directory = Directory::new();
    let held = polar.fault(Fault::stall().on(Endpoint::Activate));
    let does = format!("activate {key}");
    let children = [(); 2].map(|()| start(&polar, &directory, &does));
    // the first process has validated the key and asks for a seat, while the second waits for its turn
    assert!(polar.wait_for_requests(2, LONG));
    polar.clear_fault(held);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let asked: Vec<_> = polar.requests().iter().map(|request| request.endpoint()).collect();
    assert_eq!(
        asked,
        [Some(Endpoint::Validate), Some(Endpoint::Activate), Some(Endpoint::Validate)],
        "the seat is found"
    );
    (polar, directory)
}

#[test]
fn two_processes_activate_a_key_for_two_devices_at_once() {
    let (polar, directory) = both_activate_at_once(DEMO_KEY_TWO_DEVICES);
    let client = open(app(&polar.url(), APP), directory.path(), &TestClock::with(&polar));
    let decision = client.validate();
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    let seats = polar.activations(DEMO_KEY_TWO_DEVICES);
    let ids: Vec<_> = seats.iter().map(|seat| seat.id.as_str()).collect();
    assert_eq!(ids, [decision.license().unwrap().activation_id.unwrap().to_string()], "one device, one seat");
}

#[test]
fn two_processes_activate_a_key_for_one_device_at_once() {
    let (polar, directory) = both_activate_at_once(DEMO_KEY_ONE_DEVICE);
    let decision = stored(&polar, &directory);
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    let seats = polar.activations(DEMO_KEY_ONE_DEVICE);
    assert_eq!(seats.len(), 1);
    assert_eq!(decision.license().unwrap().activation_id.unwrap().to_string(), seats[0].id);
}

#[test]
fn one_process_deactivates_and_the_other_notices() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = open(app(&polar.url(), APP), directory.path(), &TestClock::with(&polar));
    client.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    run(&polar, &directory, "deactivate");
    assert!(client.current().allowed(), "it has not read the store yet");
    let decision = client.refresh();
    assert_eq!((decision.state(), decision.reason()), (State::Unlicensed, Some(Reason::NoLicense)));
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 0);
}

#[test]
fn one_process_activates_and_the_other_notices() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = open(app(&polar.url(), APP), directory.path(), &TestClock::with(&polar));
    run(&polar, &directory, &format!("activate {DEMO_KEY_ONE_DEVICE}"));
    assert_eq!(client.refresh().state(), State::Active);
}

#[test]
fn a_process_that_dies_while_it_saves_leaves_a_whole_record() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let clock = TestClock::with(&polar);
    open(app(&polar.url(), APP), directory.path(), &clock).activate(DEMO_KEY_PLAIN).unwrap();
    let exists = |ending: &str| directory.files().iter().any(|(name, _)| name.ends_with(ending));
    let is_whole = |when: &str| {
        let decision = stored(&polar, &directory);
        assert_eq!((decision.state(), decision.reason()), (State::Active, None), "{when}");
    };
    // each answer leads to a save; kills the process while it holds the lock, while it writes, or at any other point
    for (round, ending) in [".lock", ".tmp", ".license"].into_iter().cycle().take(24).enumerate() {
        polar.clear_requests();
        let mut child = start(&polar, &directory, "validate-for-ever");
        assert!(polar.wait_for_requests(1, LONG), "the child asks: {:?}", child.try_wait());
        let patience = SystemClock::new().now().mono + 30_000;
        // reads the store all the time, because a crash leaves what a reader can see at that moment
        while polar.requests().len() < 2 + round % 4 || !exists(ending) {
            is_whole("while another process saves");
            assert!(SystemClock::new().now().mono < patience, "the child saves: {:?}", child.try_wait());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        is_whole(ending);
        make_locks_old(&directory);
    }
    let client = open(app(&polar.url(), APP), directory.path(), &clock);
    assert_eq!(client.validate().problem(), None, "a dead process's lock is taken over");
}

/// Sets the times of locks back, so that the test does not have to wait for the ten seconds after which a dead
/// process's lock is taken over.
fn make_locks_old(directory: &Directory) {
    for (name, _) in directory.files().into_iter().filter(|(name, _)| name.ends_with(".lock")) {
        let lock = File::options().write(true).open(directory.path().join(name)).unwrap();
        let modified = lock.metadata().unwrap().modified().unwrap();
        lock.set_modified(modified - Duration::from_secs(11)).unwrap();
    }
}

#[test]
fn the_seat_of_a_process_that_died_while_activating_is_reported() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    TestClock::with(&polar);
    polar.fault(Fault::stall().after_handling().on(Endpoint::Activate));
    let mut child = start(&polar, &directory, &format!("activate {DEMO_KEY_ONE_DEVICE}"));
    assert!(polar.wait_for_requests(2, LONG));
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let decision = stored(&polar, &directory);
    assert_eq!(decision.state(), State::Unlicensed);
    let problem = decision.problem().unwrap();
    assert_eq!((problem.kind, problem.maybe_applied), (ErrorKind::SeatUncertain, true));
    assert!(problem.message.contains("Till 7"), "{}", problem.message);
}
