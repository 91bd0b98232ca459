//! The life of a license over several years.

use std::time::Duration;

use mock_polar::{DEMO_KEY_BASIC, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_TWO_DEVICES, MockPolar};
use polar_license::blocking::{ActivateOptions, Client};
use polar_license::clock::{Clock, SystemClock};
use polar_license::engine::Deactivated;
use polar_license::{ErrorKind, Reason, State};

use crate::support::{Directory, TestClock, app, open};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn a_whole_life() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let clock = TestClock::with(&polar);
    let reopen = || open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
    let pass = |by| {
        clock.advance(by);
        polar.advance_clock(by);
    };

    let client = reopen();
    assert_eq!(client.current().state(), State::Unlicensed);
    let decision = client.activate(DEMO_KEY_TWO_DEVICES).unwrap();
    assert_eq!((decision.state(), decision.allows("export")), (State::Active, true));
    let seats = polar.activations(DEMO_KEY_TWO_DEVICES);
    assert_eq!(seats.len(), 1);
    assert_eq!(seats[0].label, "Till 7");
    assert_eq!(decision.license().unwrap().activation_id.unwrap().to_string(), seats[0].id);
    assert!(seats[0].conditions["device"].is_string());

    // the device is offline for three days
    polar.stop();
    pass(DAY * 3);
    let client = {
        drop(client);
        reopen()
    };
    assert_eq!((client.current().state(), client.allows("export")), (State::Grace, true));
    let decision = client.refresh();
    assert_eq!(decision.state(), State::Grace);
    assert_eq!(decision.problem().unwrap().kind, ErrorKind::Network);

    // the device stays offline for too long
    pass(DAY * 11);
    assert_eq!((client.current().state(), client.allows("export")), (State::Lapsed, false));
    let client = {
        drop(client);
        reopen()
    };
    assert_eq!(client.current().state(), State::Lapsed);

    // the device is online again
    polar.restart().unwrap();
    let decision = client.refresh();
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));

    // the merchant revokes the key, and going offline does not restore access
    polar.revoke(DEMO_KEY_TWO_DEVICES);
    let decision = client.validate();
    assert_eq!((decision.state(), decision.reason()), (State::Denied, Some(Reason::Inactive)));
    polar.stop();
    let client = {
        drop(client);
        reopen()
    };
    assert_eq!((client.refresh().state(), client.allows("export")), (State::Denied, false));
    polar.restart().unwrap();

    // the merchant grants the key again, and the license keeps its seat
    polar.grant(DEMO_KEY_TWO_DEVICES);
    assert_eq!(client.validate().state(), State::Active);
    assert_eq!(polar.activations(DEMO_KEY_TWO_DEVICES).len(), 1);

    assert_eq!(client.deactivate().unwrap().deactivated, Deactivated::Released);
    assert_eq!(polar.activations(DEMO_KEY_TWO_DEVICES).len(), 0);
    assert_eq!(client.current().state(), State::Unlicensed);
    // the record that is left contains the times of the last requests, and nothing else
    let left = directory.files();
    assert!(left.iter().all(|(name, bytes)| !name.ends_with(".license") || bytes.len() <= 120), "{left:?}");
    assert_eq!(reopen().current().state(), State::Unlicensed);
}

#[test]
fn a_second_key_frees_the_seat_of_the_first() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar));
    client.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    client.activate(DEMO_KEY_BASIC).unwrap();
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 0);
    assert_eq!(polar.activations(DEMO_KEY_BASIC).len(), 1);
    assert!(!client.allows("export"));
}

#[test]
fn a_rotated_key_keeps_its_seat() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar));
    client.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    let seat = polar.activations(DEMO_KEY_ONE_DEVICE).remove(0).id;
    let rotated = polar.rotate(DEMO_KEY_ONE_DEVICE);
    assert_eq!(client.validate().reason(), Some(Reason::NotFound));
    assert_eq!(client.activate(&rotated).unwrap().state(), State::Active);
    let seats = polar.activations(&rotated);
    assert_eq!(seats.iter().map(|seat| &seat.id).collect::<Vec<_>>(), [&seat]);
}

#[test]
fn a_home_directory_moved_to_another_machine_moves_its_license() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let clock = TestClock::with(&polar);
    open(app(&polar.url(), "com.example.app"), directory.path(), &clock).activate(DEMO_KEY_ONE_DEVICE).unwrap();

    let elsewhere = || app(&polar.url(), "com.example.app").device_id("another machine");
    let client = open(elsewhere(), directory.path(), &clock);
    assert_eq!(client.current().reason(), Some(Reason::OtherDevice));
    assert_eq!(client.refresh().state(), State::Unlicensed, "Polar compares the device");
    assert_eq!(client.activate_with(ActivateOptions::new()).unwrap_err().reason(), Some(Reason::ActivationLimit));
    let moved = client.activate_with(ActivateOptions::new().replace_previous(true)).unwrap();
    assert_eq!(moved.state(), State::Active);
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
    assert_eq!(open(elsewhere(), directory.path(), &clock).current().state(), State::Active);

    let left_behind = open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
    assert_eq!(left_behind.validate().state(), State::Denied);
}

#[test]
fn apps_of_one_vendor_share_a_directory() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let clock = TestClock::with(&polar);
    let [one, two] =
        ["com.example.one", "com.example.two"].map(|id| open(app(&polar.url(), id), directory.path(), &clock));
    one.activate(DEMO_KEY_PLAIN).unwrap();
    assert_eq!(two.refresh().state(), State::Unlicensed);
    two.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    assert_eq!(one.deactivate().unwrap().deactivated, Deactivated::NotNeeded);
    assert_eq!(two.refresh().state(), State::Active);
    let reopened = open(app(&polar.url(), "com.example.two"), directory.path(), &clock);
    assert_eq!(reopened.current().state(), State::Active);
}

/// Checks that all clients of a process share one pace. They can, because none of them has a clock of its own. Polar's
/// rate limit is on.
#[test]
fn all_clients_of_a_process_share_one_pace() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = |id: &str| {
        let config = app(&polar.url(), id).build().unwrap();
        Client::builder(config).directory(directory.path()).open().unwrap()
    };
    let [one, two] = ["com.example.one", "com.example.two"].map(client);
    let clock = SystemClock::new();
    let start = clock.now().mono;
    std::thread::scope(|scope| {
        for client in [&one, &two] {
            scope.spawn(|| {
                client.activate(DEMO_KEY_PLAIN).unwrap();
                assert_eq!(client.validate().problem(), None);
                assert_eq!(client.validate().problem(), None);
            });
        }
    });
    assert_eq!(polar.requests().len(), 6);
    // two requests are sent at once, two after 1.1 s, and two after 2.2 s or later; with a pace of its own for each
    // client, all would be sent sooner
    assert!(clock.now().mono - start >= 2_200);
}
