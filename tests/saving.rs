//! Tests results that cannot be saved. Saving is tried again until the deadline, and then the operation fails.
#![expect(clippy::unwrap_used, clippy::unreachable, reason = "a test's helpers fail by panicking")]

#[path = "steps/polar.rs"]
mod polar;

use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Operation, Outcome, Pacer, Step};
use polar_license::time::Now;
use polar_license::transport::{Answer, Request};
use polar_license::{Config, ErrorKind, NextStep, State, Timestamp};

const KEY: &str = "SAVE-D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";

/// A device whose disk fails. It begins to fail after the first request to the endpoint `fails_after`, and works again
/// after a number of failed writes.
struct Device {
    engine: Engine,
    stored: Option<Vec<u8>>,
    now: Now,
    fails_after: &'static str,
    failures_left: u32,
    /// Whether the request at which the disk begins to fail was sent.
    broken: bool,
    /// Whether a failing write has nevertheless written the record, as when only the sync of the directory fails.
    fails_late: bool,
    /// Whether the key needs no seat.
    is_unlimited: bool,
    /// The endpoint whose answers do not reach the device.
    loses: &'static str,
    requests: Vec<String>,
    /// The engine's waits before each repeated write, in ms.
    waits: Vec<u64>,
}

impl Device {
    fn new(fails_after: &'static str, failures: u32) -> Self {
        let config = Config::builder(polar::ORGANIZATION, "com.acme.app").label("Till 7").build().unwrap();
        let host = Host {
            device: DeviceId::derive(&config.organization_id(), "here"),
            system: "Debian 12".into(),
            seed: [7; 16],
            takes_turns: false,
        };
        let now = Now { wall: Timestamp::from_unix_ms(1_795_000_000_000), mono: 1_000 };
        let engine = Engine::new(config, host, Pacer::new());
        let (requests, waits) = (Vec::new(), Vec::new());
        let mut device = Self {
            engine,
            stored: None,
            now,
            fails_after,
            failures_left: failures,
            broken: false,
            fails_late: false,
            is_unlimited: false,
            loses: "nothing",
            requests,
            waits,
        };
        device.run(Operation::Open).result.unwrap();
        device
    }

    fn activated(fails_after: &'static str, failures: u32) -> Self {
        let mut device = Self::new(fails_after, failures);
        device.run(activate()).result.unwrap();
        device.waits.clear();
        device
    }

    fn run(&mut self, operation: Operation) -> Outcome {
        let mut step = self.engine.begin(operation, self.now);
        loop {
            step = match step {
                Step::Store(mut step) => {
                    let wait = step.not_before.saturating_sub(self.now.mono);
                    self.pass(wait);
                    if wait > 0 {
                        self.waits.push(wait);
                    }
                    let change = step.merge(&self.engine, Ok(self.stored.as_deref()), self.now);
                    let written = self.write(change);
                    step.resume(&mut self.engine, written, self.now)
                }
                Step::Send(step) => {
                    self.pass(600);
                    let answer = self.polar(&step.request);
                    step.resume(&mut self.engine, answer, self.now)
                }
                Step::Join(_) | Step::Turn(_) => unreachable!("one operation at a time"),
                Step::Done(outcome) => return outcome,
            };
        }
    }

    fn pass(&mut self, ms: u64) {
        self.now.mono += ms;
        self.now.wall = Timestamp::from_unix_ms(self.now.wall.unix_ms() + i64::try_from(ms).unwrap());
    }

    fn write(&mut self, change: Change) -> Result<(), String> {
        let fails = change != Change::Keep && self.broken && self.failures_left > 0;
        let failed = || Err(String::from("no space left"));
        if fails {
            self.failures_left -= 1;
        }
        if fails && !self.fails_late {
            return failed();
        }
        match change {
            Change::Keep => {}
            Change::Put(record, _) => self.stored = Some(record),
            Change::Remove => self.stored = None,
        }
        if fails { failed() } else { Ok(()) }
    }

    fn polar(&mut self, request: &Request) -> Answer {
        let endpoint = polar::endpoint(request);
        self.requests.push(endpoint.to_owned());
        self.broken |= endpoint == self.fails_after;
        if endpoint == self.loses {
            return Answer::timed_out();
        }
        match polar::answer(request, self.now) {
            Answer::Reply { status, retry_after, location, body } if self.is_unlimited => {
                let text = std::str::from_utf8(&body).unwrap();
                let body = text.replace(r#""limit_activations":1"#, r#""limit_activations":null"#).into_bytes().into();
                Answer::Reply { status, retry_after, location, body }
            }
            answer @ (Answer::Reply { .. } | Answer::Failed { .. }) => answer,
        }
    }

    /// Returns the decision of a process that starts a minute later. Its disk works.
    fn next_start(&self) -> polar_license::Decision {
        let mut next = Self::new("", 0);
        next.stored.clone_from(&self.stored);
        next.now = self.now;
        next.pass(60_000);
        next.run(Operation::Open).result.unwrap()
    }
}

fn activate() -> Operation {
    Operation::Activate { key: Some(KEY.into()), replace_previous: false }
}

#[test]
fn a_seat_is_saved_as_soon_as_the_disk_works() {
    let mut device = Device::new("activate", 3);
    let decision = device.run(activate()).result.unwrap();
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    assert_eq!(device.waits, [250, 500, 1_000]);
    assert_eq!(device.requests, ["validate", "activate"], "nothing is sent again");
    assert_eq!(device.next_start().state(), State::Active);
}

#[test]
fn a_seat_that_was_stored_is_kept_although_saving_reported_a_failure() {
    let mut device = Device::new("activate", 1);
    device.fails_late = true;
    let decision = device.run(activate()).result.unwrap();
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    assert_eq!(device.requests, ["validate", "activate"], "its own seat is not released");
}

#[test]
fn an_activation_whose_seat_cannot_be_saved_by_the_deadline_fails() {
    let mut device = Device::new("activate", u32::MAX);
    let begun = device.now.mono;
    let error = device.run(activate()).result.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Storage, true), "{error}");
    assert!(error.decision().unwrap().allowed(), "the license works until the app ends");
    assert!(device.now.mono - begun <= 35_000, "within the time of the call: {} ms", device.now.mono - begun);
    assert_eq!(device.waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]);
    let next = device.next_start();
    let problem = next.problem().unwrap();
    assert_eq!((next.state(), problem.kind), (State::Unlicensed, ErrorKind::SeatUncertain));
    assert!(problem.message.contains("Till 7"), "{}", problem.message);
    // the process still knows the seat, and saves it once the disk has space again
    device.failures_left = 0;
    device.run(Operation::Validate).result.unwrap();
    assert_eq!(device.next_start().state(), State::Active);
}

/// No seat can be lost here, so the operation must not make the user wait half a minute.
#[test]
fn a_key_that_needs_no_seat_fails_at_once_if_it_cannot_be_saved() {
    let mut device = Device::new("validate", u32::MAX);
    device.is_unlimited = true;
    let error = device.run(activate()).result.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Storage, false));
    assert_eq!((device.requests.as_slice(), device.waits.len()), (["validate".to_owned()].as_slice(), 0));
    assert_eq!(device.next_start().state(), State::Unlicensed);
}

#[test]
fn a_seat_is_not_released_if_the_record_cannot_be_written() {
    let mut device = Device::activated("nothing", 0);
    device.broken = true;
    device.failures_left = u32::MAX;
    device.requests.clear();
    let error = device.run(Operation::Deactivate).result.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Storage, false), "{error}");
    assert_eq!(device.requests, [""; 0]);
    assert_eq!(device.next_start().state(), State::Active);
}

/// The number of uncertain seats is limited, because a record is only read up to a certain size. The disk is not the
/// cause here, so the message must not blame it.
#[test]
fn no_seat_is_taken_while_too_many_are_uncertain_and_the_message_says_so() {
    let mut device = Device::new("nothing", 0);
    device.loses = "activate";
    for number in 0..256 {
        let error = device.run(activate()).result.unwrap_err();
        assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Timeout, true), "{number}: {error}");
        device.pass(60_000);
    }
    device.loses = "nothing";
    device.requests.clear();
    let error = device.run(activate()).result.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Storage, false), "{error}");
    assert_eq!(device.requests, ["validate"], "no seat is taken");
    assert_eq!(error.next_step(), NextStep::ContactVendor);
    let sentence = "Too many earlier activations of this device are unresolved. Contact the vendor.";
    assert_eq!(error.message(), sentence);
    assert!(error.detail().contains("256 activations of this device are not settled"), "{error}");
    let problem = device.next_start().problem().cloned().unwrap();
    assert_eq!(problem.kind, ErrorKind::SeatUncertain, "none is forgotten");
}

#[test]
fn a_license_is_removed_as_soon_as_the_disk_works() {
    let mut device = Device::activated("deactivate", 2);
    let outcome = device.run(Operation::Deactivate);
    assert_eq!(outcome.result.unwrap().state(), State::Unlicensed);
    assert_eq!(device.waits, [250, 500]);
    assert_eq!(device.stored, None);
}

#[test]
fn a_deactivation_fails_if_the_license_cannot_be_removed_after_the_release() {
    let mut device = Device::activated("deactivate", u32::MAX);
    let error = device.run(Operation::Deactivate).result.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Storage, true));
    assert!(error.to_string().contains("still stored"), "{error}");
    assert!(error.message().starts_with("The license was released, but"), "{}", error.message());
    assert!(!error.decision().unwrap().allowed());
}
