//! The limits of offline protection: what a user gains by setting the clock, or by restoring a backup of the record.
//! Each test checks a sentence of SECURITY.md. If a test fails because the library now prevents more, remove the
//! sentence.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_ORGANIZATION, MockPolar, Timestamp as PolarTime};
use polar_license::blocking::{Client, HttpTransport, Transport};
use polar_license::clock::{Clock, ManualClock};
use polar_license::transport::{Answer, Failure, Request, Sent};
use polar_license::{Config, State, Timestamp};
use support::Bytes;

const START: &str = "2026-11-21T12:00:00Z";
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A device whose clock the user sets, and which the user connects to the network or disconnects.
struct Device {
    polar: MockPolar,
    name: &'static str,
    store: Bytes,
    is_online: bool,
}

/// The clock during one run of the app.
#[derive(Clone)]
struct TestClock(Arc<ManualClock>);

impl Clock for TestClock {
    fn now(&self) -> polar_license::time::Now {
        self.0.now()
    }
}

/// The network. It is real if the flag is set, otherwise no request gets through. Each request advances the clock.
struct Network(bool, TestClock);

impl Transport for Network {
    fn send(&self, request: &Request) -> Answer {
        self.1.0.advance(Duration::from_millis(600));
        if self.0 {
            return HttpTransport::new().send(request);
        }
        Answer::Failed { failure: Failure::Network, sent: Sent::No, message: String::from("no network") }
    }
}

impl Device {
    fn new() -> Self {
        let polar = MockPolar::start().unwrap();
        polar.freeze_clock(PolarTime::parse(START).unwrap());
        Self { polar, name: "one device", store: Bytes::default(), is_online: true }
    }

    /// Starts the app while the wall clock shows this time.
    fn run(&self, wall: Timestamp) -> (Client, TestClock) {
        let clock = TestClock(Arc::new(ManualClock::new(wall)));
        let config = Config::builder(DEMO_ORGANIZATION, "com.acme.app").environment(self.polar.url());
        let client = Client::builder(config.device_id(self.name).build().unwrap()).store(self.store.clone());
        let network = Network(self.is_online, clock.clone());
        (client.transport(network).clock(clock.clone()).open().unwrap(), clock)
    }

    /// Returns the state of the license in a run of the app at this time.
    fn state(&self, wall: Timestamp) -> State {
        self.run(wall).0.current().state()
    }
}

fn start() -> Timestamp {
    Timestamp::parse(START).unwrap()
}

#[test]
fn setting_the_clock_back_prolongs_grace_between_runs_and_not_within_a_run() {
    let mut device = Device::new();
    device.run(start()).0.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    device.is_online = false;
    // the app runs every day of a year, each time with the clock set back to the first day
    for _ in 0..365 {
        assert!(device.run(start()).0.current().allowed());
    }
    let (client, clock) = device.run(start());
    for _ in 0..15 {
        clock.0.advance(DAY);
        clock.0.set_wall(start());
        client.refresh();
    }
    assert_eq!(client.current().state(), State::Lapsed, "a run counts the time itself");
    assert_ne!(device.state(start()), State::Active, "and the counted time is saved");
}

#[test]
fn a_clock_ahead_at_a_confirmation_adds_26_hours_once() {
    let mut device = Device::new();
    device.run(start().plus(26 * HOUR)).0.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    device.is_online = false;
    let grace = 14 * DAY;
    assert!(device.state(start().plus(grace + 25 * HOUR)).is_allowed());
    assert_eq!(device.state(start().plus(grace + 27 * HOUR)), State::Lapsed);
    // Setting the clock back after that gains nothing.
    assert_eq!(device.state(start().plus(grace + 2 * HOUR)), State::Lapsed);
}

#[test]
fn a_clock_ahead_at_a_confirmation_and_behind_at_the_next_start_adds_52_hours() {
    let mut device = Device::new();
    device.run(start().plus(26 * HOUR)).0.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    device.is_online = false;
    let grace = 14 * DAY;
    // returns the state at this true time, at which the clock is 26 hours behind
    let state = |at: Timestamp| device.state(at.minus(26 * HOUR));
    assert!(state(start().plus(grace + 51 * HOUR)).is_allowed());
    assert_eq!(state(start().plus(grace + 53 * HOUR)), State::Lapsed);
}

#[test]
fn a_confirmation_made_with_the_clock_ahead_can_be_used_when_that_time_comes() {
    let mut device = Device::new();
    device.run(start()).0.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    // makes a confirmation and a backup of it for each fortnight of the coming year
    let fortnight = 14 * DAY;
    let backups: Vec<Vec<u8>> = (1..=26)
        .map(|number| {
            device.polar.advance_clock(Duration::from_secs(1));
            assert!(device.run(start().plus(fortnight * number)).0.validate().allowed());
            device.store.0.lock().unwrap().clone().unwrap()
        })
        .collect();
    device.is_online = false;
    for (number, backup) in (1..).zip(backups) {
        *device.store.0.lock().unwrap() = Some(backup);
        assert!(device.state(start().plus(fortnight * number + 13 * DAY)).is_allowed(), "fortnight {number}");
        assert_eq!(device.state(start().plus(fortnight * number + 16 * DAY)), State::Lapsed, "fortnight {number}");
    }
}

#[test]
fn a_backup_of_the_record_works_on_its_device_until_its_grace_ends() {
    let mut device = Device::new();
    let client = device.run(start()).0;
    client.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    let backup = device.store.0.lock().unwrap().clone().unwrap();
    client.deactivate().unwrap();
    assert_eq!(device.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 0);
    device.is_online = false;
    let restore = || *device.store.0.lock().unwrap() = Some(backup.clone());
    restore();
    assert_eq!(device.state(start().plus(13 * DAY)), State::Grace, "offline it works until its grace ends");
    restore();
    assert_eq!(device.state(start().plus(15 * DAY)), State::Lapsed);
    restore();
    device.is_online = true;
    assert_eq!(device.run(start().plus(DAY)).0.validate().state(), State::Denied, "online it does not work");
}

#[test]
fn a_backup_of_the_record_does_not_work_on_another_device() {
    let mut device = Device::new();
    device.run(start()).0.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    device.name = "another device";
    let (client, _) = device.run(start());
    assert!(!client.current().allowed());
    assert!(!client.validate().allowed(), "online it does not work either: Polar checks the seat's device");
    assert_eq!(device.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
}
