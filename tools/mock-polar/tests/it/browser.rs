//! What a page in a browser may see of faults. Polar's own CORS answers are in the recordings.

use mock_polar::{DEMO_KEY_PLAIN, Endpoint, Fault, Garbage, MockPolar};

use crate::wire::{Answer, activation, exchange, path, post_unread, read_answer};

const ORIGIN: (&str, &str) = ("Origin", "https://app.example");

fn from_page(polar: &MockPolar) -> Answer {
    let mut stream = post_unread(polar, Endpoint::Validate, &activation(polar, DEMO_KEY_PLAIN), &[ORIGIN]);
    read_answer(&mut stream, "POST").unwrap()
}

fn is_readable(answer: &Answer) -> bool {
    answer.header("access-control-allow-origin") == Some("*")
}

#[test]
fn portals_and_gateways_are_network_errors_to_a_page_unless_the_test_says_otherwise() {
    let polar = MockPolar::start().unwrap();
    for fault in [Fault::captive_portal(200), Fault::server_error(502), Fault::server_error_html(503)] {
        polar.fault(fault.clone().once());
        assert!(!is_readable(&from_page(&polar)), "{fault:?}");
        polar.fault(fault.clone().with_cors(true).once());
        assert!(is_readable(&from_page(&polar)), "{fault:?}");
    }
}

#[test]
fn polars_own_faults_are_readable_unless_the_test_says_otherwise() {
    let polar = MockPolar::start().unwrap();
    let faults = [
        Fault::rate_limited(60),
        Fault::garbage(Garbage::Binary),
        Fault::garbage(Garbage::OtherKey),
        Fault::truncated_body(),
        Fault::huge_body(100),
        Fault::skewed_clock(5),
    ];
    for fault in faults {
        polar.fault(fault.clone().once());
        assert!(is_readable(&from_page(&polar)), "{fault:?}");
        polar.fault(fault.clone().with_cors(false).once());
        assert!(!is_readable(&from_page(&polar)), "{fault:?}");
    }
}

#[test]
fn a_preflight_passes_and_uses_no_fault_up() {
    let polar = MockPolar::start().unwrap();
    polar.fault(Fault::server_error(500).once());
    let headers =
        [ORIGIN, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")];
    let preflight = exchange(polar.address(), "OPTIONS", path(Endpoint::Validate), &headers, b"").unwrap();
    assert_eq!((preflight.status, preflight.text().as_str()), (200, "OK"));
    assert_eq!(from_page(&polar).status, 500);
    assert_eq!(from_page(&polar).status, 200);
}

#[test]
fn a_page_may_steer_the_server() {
    let polar = MockPolar::start().unwrap();
    let headers = [ORIGIN, ("Access-Control-Request-Method", "PATCH"), ("Access-Control-Request-Headers", "x-any")];
    let preflight = exchange(polar.address(), "OPTIONS", "/_mock/keys/X", &headers, b"").unwrap();
    assert!(preflight.status == 204 && is_readable(&preflight));
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(is_readable(&exchange(polar.address(), "GET", "/_mock/keys", &[ORIGIN], b"").unwrap()));
}
