//! What the server tells about the requests it got, and the ones it refuses.

use std::thread;
use std::time::Duration;

use mock_polar::{DEMO_KEY_PLAIN, Endpoint, MockPolar};
use serde_json::json;

use crate::wire::{PATIENCE, exchange, path, send, validate};

#[test]
fn requests_are_recorded_whole_and_the_control_endpoint_is_not() {
    let polar = MockPolar::start().unwrap();
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
fn waiting_for_requests_ends_with_them_or_with_time() {
    let polar = MockPolar::start().unwrap();
    assert!(polar.wait_for_requests(0, Duration::ZERO));
    assert!(!polar.wait_for_requests(1, Duration::from_millis(1)));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| polar.wait_for_requests(2, PATIENCE));
        validate(&polar, DEMO_KEY_PLAIN);
        validate(&polar, DEMO_KEY_PLAIN);
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn a_chunked_request_lacks_its_length() {
    let polar = MockPolar::start().unwrap();
    let body = json!({ "key": DEMO_KEY_PLAIN, "organization_id": polar.organization() }).to_string();
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let headers = [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")];
    let answer = exchange(polar.address(), "POST", path(Endpoint::Validate), &headers, chunked.as_bytes()).unwrap();
    assert_eq!((answer.status, &answer.json()["error"]), (411, &json!("LengthRequired")));
}

#[test]
fn unknown_paths_have_a_404_without_an_error_name() {
    let polar = MockPolar::start().unwrap();
    for unknown in ["/", "/v1/customer-portal/license-keys", "/v1/customer-portal/license-keys/validate/x"] {
        let answer = exchange(polar.address(), "POST", unknown, &[("Content-Length", "0")], b"").unwrap();
        assert_eq!((answer.status, answer.json()), (404, json!({ "detail": "Not Found" })), "{unknown}");
    }
}

#[test]
fn a_body_beyond_reason_ends_the_connection_and_not_the_server() {
    let polar = MockPolar::start().unwrap();
    let size = 17 * 1024 * 1024;
    let length = size.to_string();
    let body = vec![b' '; size];
    thread::scope(|scope| {
        let sent = scope.spawn(|| {
            std::panic::catch_unwind(|| send(polar.address(), "POST", "/v1", &[("Content-Length", &length)], &body))
        });
        // Whether the client notices while writing or while reading depends on the system's buffers.
        let _ = sent.join();
    });
    assert!(polar.requests().is_empty());
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

#[test]
fn nested_and_other_unreadable_bodies() {
    let polar = MockPolar::start().unwrap();
    let ask = |body: &str| {
        let length = body.len().to_string();
        let headers = [("Content-Type", "application/json"), ("Content-Length", length.as_str())];
        exchange(polar.address(), "POST", path(Endpoint::Validate), &headers, body.as_bytes()).unwrap()
    };
    let deep = ask(&"[".repeat(100_000));
    assert_eq!((deep.status, deep.json()), (400, json!({ "detail": "There was an error parsing the body" })));
    let comma = ask("{\"key\": 1,}");
    let problem = &comma.json()["detail"][0];
    assert_eq!((comma.status, &problem["type"], &problem["loc"]), (422, &json!("json_invalid"), &json!(["body", 9])));
}
