//! Tests which requests are recorded, and which are rejected.

use std::thread;
use std::time::Duration;

use mock_polar::{DEMO_KEY_PLAIN, Endpoint};
use serde_json::json;

use super::polar::Polar;
use crate::wire::{TIMEOUT, call, exchange, path, validate};

#[test]
fn requests_are_recorded_whole_and_the_control_endpoint_is_not() {
    let polar = Polar::start().unwrap();
    exchange(polar.address(), "GET", "/_mock", &[], b"").unwrap();
    validate(&polar, DEMO_KEY_PLAIN);
    let requests = polar.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("POST", path(Endpoint::Validate)));
    assert_eq!(requests[0].header("Content-Type"), Some("application/json"));
    assert_eq!(requests[0].endpoint(), Some(Endpoint::Validate));
    assert_eq!(requests[0].json()["key"], DEMO_KEY_PLAIN);
    polar.clear_requests();
    assert!(polar.requests().is_empty());
}

#[test]
fn waiting_ends_with_the_requests_or_with_the_timeout() {
    let polar = Polar::start().unwrap();
    assert!(polar.wait_for_requests(0, Duration::ZERO));
    assert!(!polar.wait_for_requests(1, Duration::from_millis(1)));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| polar.wait_for_requests(2, TIMEOUT));
        validate(&polar, DEMO_KEY_PLAIN);
        validate(&polar, DEMO_KEY_PLAIN);
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn unknown_paths_have_a_404_without_an_error_name() {
    let polar = Polar::start().unwrap();
    for unknown in ["/", "/v1", "/v1/customer-portal/license-keys/validate/x"] {
        let reply = exchange(polar.address(), "POST", unknown, &[("Content-Length", "0")], b"").unwrap();
        assert_eq!((reply.status, reply.json()), (404, json!({ "detail": "Not Found" })), "{unknown}");
    }
}

#[test]
fn a_syntax_error_has_a_place() {
    let polar = Polar::start().unwrap();
    let comma = call(&polar, "POST", path(Endpoint::Validate), &[], "{\"key\": 1,}");
    let problem = &comma.json()["detail"][0];
    assert_eq!((comma.status, &problem["type"], &problem["loc"]), (422, &json!("json_invalid"), &json!(["body", 10])));
}
