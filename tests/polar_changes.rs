//! Polar changes its answers. Each member on which the library relies, as DESIGN.md lists them, is renamed, left out,
//! made null, given another type, or given an unknown value. And a license that is installed meets new versions of
//! Polar's API, while old versions disappear.
//!
//! The tests check three things: nobody who has a license is refused access, no seat is lost in silence, and the error
//! names the member that could not be read.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mock_polar::{ApiVersion, KeyOrder, KeySubscription, MockPolar, NewKey};
use polar_license::blocking::{Client, HttpTransport, Transport};
use polar_license::transport::{Answer, Request};
use polar_license::{ErrorKind, State};
use support::changes::{self, Case, Change};
use support::{Bytes, TestClock, app};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the cases for a row of DESIGN.md's table of the license endpoints.
fn cases(row: &str, endpoint: &'static str, status: u16) -> Vec<Case> {
    changes::cases("The license endpoints:", row, endpoint, status)
}

/// The real network, in which a case changes Polar's answers.
#[derive(Clone)]
struct Changing {
    clock: TestClock,
    case: Arc<Mutex<Option<Case>>>,
}

impl Transport for Changing {
    fn send(&self, request: &Request) -> Answer {
        self.clock.advance(Duration::from_millis(600));
        let mut answer = HttpTransport::new().send(request);
        if let (Answer::Reply { status, body, .. }, Some(case)) = (&mut answer, &*self.case.lock().unwrap()) {
            case.apply(&request.url, *status, body);
        }
        answer
    }
}

/// A device with a key for two devices, in a network that changes Polar's answers.
struct Device {
    polar: MockPolar,
    key: String,
    network: Changing,
    store: Bytes,
}

impl Device {
    fn new(version: ApiVersion) -> Self {
        let polar = MockPolar::builder().api_version(version).start().unwrap();
        let sold = NewKey::new("pro").subscription(KeySubscription::default()).order(KeyOrder::default());
        let key = polar.add_key(sold.limit_activations(2));
        let network = Changing { clock: TestClock::with(&polar), case: Arc::default() };
        Self { polar, key, network, store: Bytes::default() }
    }

    fn open(&self) -> Client {
        self.open_as("a test machine", self.store.clone())
    }

    fn open_as(&self, device: &str, store: Bytes) -> Client {
        let config = app(&self.polar.url(), "com.example.app").device_id(device).build().unwrap();
        let client = Client::builder(config).clock(self.network.clock.clone()).store(store);
        client.transport(self.network.clone()).open().unwrap()
    }

    fn becomes(&self, case: &Case) {
        *self.network.case.lock().unwrap() = Some(case.clone());
    }

    fn pass(&self, time: Duration) {
        self.network.clock.advance(time);
        self.polar.advance_clock(time);
    }

    fn seats(&self) -> usize {
        self.polar.activations(&self.key).len()
    }
}

/// The license on the device stays, and so does its seat. If a required member is not as expected, the problem names
/// it.
#[test]
fn an_installed_license_outlives_every_change_of_a_confirmation() {
    let cases = cases("`validate` 200", "validate", 200);
    for case in &cases {
        let device = Device::new(ApiVersion::V2027_01);
        device.open().activate(&device.key).unwrap();
        device.pass(2 * DAY);
        device.becomes(case);
        let client = device.open();
        let decision = client.validate();
        assert!(decision.allowed(), "{case:?}: {decision:?}");
        assert_eq!(device.seats(), 1, "{case:?}");
        if case.is_required {
            assert_eq!(decision.state(), State::Grace, "{case:?}");
            let problem = decision.problem().unwrap();
            assert!(case.is_named_in(&problem.detail), "{case:?}: {problem:?}");
        } else {
            assert_eq!((decision.state(), decision.problem()), (State::Active, None), "{case:?}");
        }
        assert!(device.open().current().allowed(), "{case:?}: the next start");
        *device.network.case.lock().unwrap() = None;
        assert_eq!(device.open().validate().problem(), None, "{case:?}: Polar takes it back");
    }
    println!("{} changes of a confirmation", cases.len());
}

/// Either the key is activated, or the error says why not. A seat that was taken is known or reported.
#[test]
fn no_seat_is_lost_by_a_change_of_an_answer_to_an_activation() {
    let of_seats = cases("`activate` 200", "activate", 200);
    let of_keys = cases("`validate` 200", "validate", 200);
    for case in of_seats.iter().chain(&of_keys) {
        let device = Device::new(ApiVersion::V2027_01);
        device.becomes(case);
        let client = device.open();
        match client.activate(&device.key) {
            Ok(decision) => {
                assert!(decision.allowed() && decision.problem().is_none(), "{case:?}: {decision:?}");
                let seat = decision.license().unwrap().activation_id.map(|id| id.to_string());
                let taken = device.polar.activations(&device.key).pop().map(|seat| seat.id);
                assert_eq!(seat, taken, "{case:?}");
            }
            Err(error) => {
                assert!(case.is_required && case.is_named_in(error.detail()), "{case:?}: {error:?}");
                assert_eq!(error.maybe_applied(), device.seats() == 1, "{case:?}");
                let problem = device.open().current().problem().map(|problem| problem.kind);
                assert_eq!(problem, error.maybe_applied().then_some(ErrorKind::SeatUncertain), "{case:?}");
            }
        }
    }
    println!("{} changes before and after a seat is taken", of_seats.len() + of_keys.len());
}

/// A denial that is incomplete does not count as a denial.
#[test]
fn a_denial_that_has_changed_denies_nobody() {
    let cases = cases("400, 403, 404", "validate", 404);
    for case in &cases {
        let device = Device::new(ApiVersion::V2027_01);
        device.open().activate(&device.key).unwrap();
        device.polar.revoke(&device.key);
        device.becomes(case);
        let decision = device.open().validate();
        if case.member == "detail" && case.change == Change::UnknownValue {
            // `detail` is a text for people, so its value may change: the library relies on the error's name
            assert_eq!(decision.state(), State::Denied, "{case:?}");
            continue;
        }
        assert!(decision.allowed(), "{case:?}: {decision:?}");
        assert!(case.is_named_in(&decision.problem().unwrap().detail), "{case:?}: {decision:?}");
    }
    println!("{} changes of a denial", cases.len());
}

/// Polar adds a version of its API each quarter and removes the oldest. An app that was shipped earlier must not be
/// affected.
#[test]
fn an_installed_license_lives_through_four_quarters_of_versions() {
    let device = Device::new(ApiVersion::V2026_04);
    device.open().activate(&device.key).unwrap();
    let quarters = [("2026-10", "2026-04"), ("2027-01", "2026-10"), ("2027-04", "2027-01"), ("2027-07", "2027-04")];
    for (released, removed) in quarters {
        device.polar.release_api_version(released.parse().unwrap());
        for day in 0..91 {
            device.pass(DAY);
            if day == 7 {
                device.polar.remove_api_version(removed.parse().unwrap());
            }
            let client = device.open();
            assert!(client.current().allowed(), "{released}, day {day}: at the start");
            let decision = client.refresh();
            assert_eq!((decision.state(), decision.problem()), (State::Active, None), "{released}, day {day}");
        }
        // another device is activated and released
        let client = device.open_as("another machine", Bytes::default());
        assert!(client.activate(&device.key).unwrap().allowed(), "{released}");
        assert_eq!(device.seats(), 2, "{released}");
        drop(client.deactivate().unwrap());
        assert_eq!(device.seats(), 1, "{released}");
    }
    assert!(device.polar.requests().iter().all(|request| request.header("polar-version").is_none()));
}
