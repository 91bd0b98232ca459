//! Tests that a licensed user keeps access, whatever goes wrong between the command and Polar.

use crate::faults::{self, Case};
use crate::support::{Device, for_each, requests_to, start_polar};
use mock_polar::{DEMO_KEY_TWO_DEVICES, Fault};

#[test]
fn no_fault_ends_access() {
    for_each(faults::all(), |Case { name, fault, kind, hangs, .. }| {
        let polar = start_polar();
        let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
        polar.fault(fault);
        // The timeout is longer than a second, because the activation has used up the requests of the first second, and
        // `validate` may have to wait.
        let timeout = if hangs { "3s" } else { "10s" };
        let run = device.run(&["validate", "--timeout", timeout, "--json"]);
        assert_eq!(run.status, 0, "{name}: {run:?}");
        let decision = run.json();
        assert_eq!(decision["problem"]["kind"].as_str(), kind, "{name}: {decision}");
        assert_eq!(decision["state"], "active", "{name}");
        assert_eq!(decision["features"]["export"], true, "{name}");
        assert_eq!(requests_to(&polar, "validate"), 1, "{name}: sent once, redirects not followed");
        assert_eq!(polar.requests().len(), 1, "{name}");

        polar.stop();
        let (status, later) = device.json(&["status"]);
        assert_eq!((status, &later["state"]), (0, &decision["state"]), "{name}: {later}");
    });
}

#[test]
fn a_stalled_request_ends_at_the_default_timeout() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    polar.fault(Fault::stall());
    let run = device.run(&["validate", "--json"]);
    assert_eq!((run.status, run.json()["problem"]["kind"].as_str()), (0, Some("timeout")), "{run:?}");
}

#[test]
fn a_pause_that_polar_asked_for_binds_the_next_run() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    polar.fault(Fault::rate_limited(30).once());
    device.run(&["validate"]);
    let (status, decision) = device.json(&["validate"]);
    assert_eq!((status, decision["problem"]["kind"].as_str()), (0, Some("rate_limited")));
    let wait = decision["problem"]["retryAfterMs"].as_u64().unwrap();
    assert!((1..=30_000).contains(&wait), "{wait}");
    assert_eq!(polar.requests().len(), 1);
}
