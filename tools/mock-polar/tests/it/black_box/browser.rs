//! Tests whether a page in a browser can read the reply after each kind of fault. Polar's own CORS headers are tested
//! with recordings.

use mock_polar::{DEMO_KEY_PLAIN, Endpoint, Fault, Garbage};

use super::polar::Polar;
use crate::wire::{Reply, activation, exchange, path, post_without_reading, read_reply};

const ORIGIN: (&str, &str) = ("Origin", "https://app.example");

fn from_page(polar: &Polar) -> Reply {
    let mut stream = post_without_reading(polar, Endpoint::Validate, &activation(polar, DEMO_KEY_PLAIN), &[ORIGIN]);
    read_reply(&mut stream, "POST").unwrap()
}

fn is_readable(reply: &Reply) -> bool {
    reply.header("access-control-allow-origin") == Some("*")
}

#[test]
fn portals_and_gateways_are_network_errors_to_a_page_by_default() {
    let polar = Polar::start().unwrap();
    for fault in [Fault::captive_portal(200), Fault::server_error(502), Fault::server_error_html(503)] {
        polar.fault(fault.clone().once());
        assert!(!is_readable(&from_page(&polar)), "{fault:?}");
        polar.fault(fault.clone().with_cors(true).once());
        assert!(is_readable(&from_page(&polar)), "{fault:?}");
    }
}

#[test]
fn faults_of_polar_itself_are_readable_to_a_page_by_default() {
    let polar = Polar::start().unwrap();
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
fn a_fault_neither_applies_to_a_preflight_nor_counts_it() {
    let polar = Polar::start().unwrap();
    polar.fault(Fault::server_error(500).once());
    let headers =
        [ORIGIN, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")];
    let preflight = exchange(polar.address(), "OPTIONS", path(Endpoint::Validate), &headers, b"").unwrap();
    assert_eq!((preflight.status, preflight.text().as_str()), (200, "OK"));
    assert_eq!(from_page(&polar).status, 500);
    assert_eq!(from_page(&polar).status, 200);
}

#[test]
fn a_page_may_use_the_control_endpoint() {
    let polar = Polar::start().unwrap();
    let headers = [ORIGIN, ("Access-Control-Request-Method", "PATCH"), ("Access-Control-Request-Headers", "x-any")];
    let preflight = exchange(polar.address(), "OPTIONS", "/_mock/keys/X", &headers, b"").unwrap();
    assert!(preflight.status == 204 && is_readable(&preflight));
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(is_readable(&exchange(polar.address(), "GET", "/_mock/keys", &[ORIGIN], b"").unwrap()));
}
