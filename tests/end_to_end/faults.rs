//! Runs every operation with every fault that the local Polar can simulate.

use std::time::Duration;

use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES, Endpoint, Fault, Garbage, MockPolar};
use polar_license::{ErrorKind, State};

use crate::support::{Directory, TestClock, app, open};

/// A fault with a name, and whether the operation succeeds despite it.
struct Case {
    name: String,
    fault: Fault,
    harmless: bool,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: &str, fault: Fault, harmless| {
        let name = name.to_owned();
        cases.push(Case { name: format!("{name}, after handling"), fault: fault.clone().after_handling(), harmless });
        cases.push(Case { name, fault, harmless });
    };
    for status in [200, 302, 403, 404, 407, 511] {
        add(&format!("captive portal {status}"), Fault::captive_portal(status), false);
    }
    for status in [500, 502, 503, 504] {
        add(&format!("server error {status}"), Fault::server_error(status), false);
    }
    add("gateway's page", Fault::server_error_html(502), false);
    add("unknown version", Fault::reply(404, "application/json", r#"{"detail":"Not Found"}"#), false);
    add(
        "unparsable body",
        Fault::reply(400, "application/json", r#"{"detail":"There was an error parsing the body"}"#),
        false,
    );
    add("a bare 404", Fault::reply(404, "text/plain", ""), false);
    add("dropped connection", Fault::drop_connection(), false);
    add("huge body", Fault::huge_body(1 << 20), false);
    add("delay", Fault::delay(Duration::from_millis(1)), true);
    for garbage in [Garbage::Binary, Garbage::ForeignJson, Garbage::DeepJson, Garbage::Empty] {
        add(&format!("{garbage:?}"), Fault::garbage(garbage), false);
    }
    let mut add = |name: &str, fault, harmless| cases.push(Case { name: name.to_owned(), fault, harmless });
    add("rate limit", Fault::rate_limited(60), false);
    add("rate limit without a time", Fault::rate_limited(None), false);
    add("clock an hour ahead", Fault::skewed_clock(3600), true);
    add("clock a day behind", Fault::skewed_clock(-86_400), true);
    cases
}

/// Returns all cases, including those that change the body of Polar's own reply.
fn cases_with_a_body() -> Vec<Case> {
    let add = |name: &str, fault| Case { name: name.to_owned(), fault, harmless: false };
    let mut cases = cases();
    cases.push(add("truncated body", Fault::truncated_body()));
    cases.push(add("another key", Fault::garbage(Garbage::OtherKey)));
    cases.push(add("another organization", Fault::garbage(Garbage::OtherOrganization)));
    cases
}

fn sent(polar: &MockPolar, endpoint: &str) -> usize {
    polar.requests().iter().filter(|request| request.path.ends_with(endpoint)).count()
}

#[test]
fn no_fault_ends_a_license() {
    let polar = MockPolar::start().unwrap();
    let other = Case {
        name: String::from("another activation"),
        fault: Fault::garbage(Garbage::OtherActivation),
        harmless: false,
    };
    for Case { name, fault, harmless } in cases_with_a_body().into_iter().chain([other]) {
        polar.reset();
        let directory = Directory::new();
        let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar));
        let before = client.activate(DEMO_KEY_TWO_DEVICES).unwrap();
        polar.clear_requests();
        polar.fault(fault);
        let decision = client.validate();
        assert_eq!((decision.state(), client.allows("export")), (State::Active, true), "{name}");
        assert_eq!(decision.problem().is_none(), harmless, "{name}: {:?}", decision.problem());
        assert_eq!(polar.requests().len(), 1, "{name}");
        if !harmless {
            assert_eq!(decision.license(), before.license(), "{name}");
        }
    }
}

#[test]
fn no_fault_takes_a_second_seat_or_hides_the_first() {
    let polar = MockPolar::start().unwrap();
    for Case { name, fault, harmless } in cases_with_a_body() {
        polar.reset();
        let directory = Directory::new();
        let clock = TestClock::with(&polar);
        let client = open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
        polar.fault(fault.on(Endpoint::Activate));
        let result = client.activate(DEMO_KEY_TWO_DEVICES);
        assert_eq!(sent(&polar, "/activate"), 1, "{name}");
        let seats = polar.activations(DEMO_KEY_TWO_DEVICES).len();
        polar.clear_faults();
        let later = open(app(&polar.url(), "com.example.app"), directory.path(), &clock).current();
        let uncertain = later.problem().filter(|problem| problem.kind == ErrorKind::SeatUncertain);
        match result {
            Ok(decision) => {
                assert_eq!((decision.state(), seats, later.state()), (State::Active, 1, State::Active), "{name}");
                assert!(harmless && later.problem().is_none(), "{name}");
            }
            Err(error) => {
                assert!(!harmless && !later.allowed(), "{name}: {error:?}");
                assert_eq!(
                    error.maybe_applied(),
                    uncertain.is_some(),
                    "{name}: {error:?}, later {:?}",
                    later.problem()
                );
                assert!(seats == 0 || error.maybe_applied(), "{name}: a seat was taken, and the error does not say so");
            }
        }
        if let Some(uncertain) = uncertain {
            assert!(uncertain.message.contains("Till 7"), "{name}: {}", uncertain.message);
        }
    }
}

#[test]
fn no_fault_counts_usage_twice_or_without_an_error() {
    let polar = MockPolar::start().unwrap();
    for Case { name, fault, harmless } in cases_with_a_body() {
        polar.reset();
        let directory = Directory::new();
        let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar));
        client.activate(DEMO_KEY_TEN_USES).unwrap();
        polar.clear_requests();
        polar.fault(fault);
        let result = client.consume(3);
        assert_eq!(polar.requests().len(), 1, "{name}");
        let counted = polar.usage(DEMO_KEY_TEN_USES);
        match result {
            Ok(decision) => assert_eq!((decision.license().unwrap().usage, counted, harmless), (3, 3, true), "{name}"),
            Err(error) => {
                assert!(!harmless, "{name}: {error:?}");
                assert!(
                    counted == 0 || error.maybe_applied(),
                    "{name}: usage was counted, and the error does not say so"
                );
                assert!(error.decision().unwrap().allowed(), "{name}");
            }
        }
    }
}

#[test]
fn no_fault_removes_a_license_whose_seat_may_be_taken() {
    let polar = MockPolar::start().unwrap();
    for Case { name, fault, harmless } in cases() {
        polar.reset();
        let directory = Directory::new();
        let clock = TestClock::with(&polar);
        let client = open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
        client.activate(DEMO_KEY_ONE_DEVICE).unwrap();
        polar.clear_requests();
        polar.fault(fault);
        let result = client.deactivate();
        assert_eq!(polar.requests().len(), 1, "{name}");
        let seats = polar.activations(DEMO_KEY_ONE_DEVICE).len();
        let kept = open(app(&polar.url(), "com.example.app"), directory.path(), &clock).current().allowed();
        match result {
            Ok(_) => assert_eq!((seats, kept, client.current().allowed(), harmless), (0, false, false, true), "{name}"),
            Err(error) => {
                assert!(!harmless && kept && client.current().allowed(), "{name}: {error:?}");
                assert!(
                    seats == 1 || error.maybe_applied(),
                    "{name}: the seat was released, and the error does not say so"
                );
            }
        }
    }
}

#[test]
fn a_body_that_trickles_in_is_read_to_its_end() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar));
    polar.fault(Fault::slow_body(Duration::from_micros(1)));
    assert_eq!(client.activate(mock_polar::DEMO_KEY_PLAIN).unwrap().state(), State::Active);
}

#[test]
fn a_body_that_trickles_in_for_too_long_is_a_time_out() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let config = app(&polar.url(), "com.example.app").timeout(Duration::from_secs(1));
    let client = open(config, directory.path(), &TestClock::with(&polar));
    client.activate(mock_polar::DEMO_KEY_PLAIN).unwrap();
    for fault in [Fault::slow_body(Duration::from_millis(100)), Fault::stall()] {
        let fault = polar.fault(fault);
        let decision = client.validate();
        assert_eq!(decision.state(), State::Active);
        assert_eq!(decision.problem().unwrap().kind, ErrorKind::Timeout);
        polar.clear_fault(fault);
    }
}
