//! Tests every fault, as a client sees it on the wire.

use std::io::Read;
use std::thread;
use std::time::Duration;

use mock_polar::{
    DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES, Endpoint, Fault, Garbage,
};
use serde_json::json;

use super::polar::Polar;
use crate::wire::{
    TIMEOUT, activate, activation, exchange, post_without_reading, read_head, read_reply, stays_silent, try_post,
    validate, validate_with,
};

fn start_with(fault: Fault) -> Polar {
    let polar = Polar::start().unwrap();
    polar.fault(fault);
    polar
}

#[test]
fn a_captive_portal_replies_with_html_and_any_status() {
    let polar = Polar::start().unwrap();
    for status in [200, 302, 403, 404, 407, 511] {
        polar.fault(Fault::captive_portal(status).once());
        let reply = validate(&polar, DEMO_KEY_PLAIN);
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(reply.text().contains("<html>"));
        assert_eq!(reply.header("polar-version"), None);
        assert_eq!(reply.header("location").is_some(), status == 302);
        assert_eq!(reply.header("proxy-authenticate").is_some(), status == 407);
    }
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
    assert_eq!(polar.key(DEMO_KEY_PLAIN).validations, 1, "Polar handled none of the others");
}

#[test]
fn a_portals_redirect_leads_to_a_page_on_this_machine() {
    let polar = start_with(Fault::captive_portal(302));
    let location = validate(&polar, DEMO_KEY_PLAIN).header("location").unwrap().to_owned();
    let path = location.strip_prefix(&polar.url()).expect("a page of the server itself");
    let page = exchange(polar.address(), "GET", path, &[], b"").unwrap();
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Guest network"));
}

#[test]
fn a_portal_intercepts_every_path() {
    let polar = start_with(Fault::captive_portal(403));
    assert_eq!(exchange(polar.address(), "GET", "/anything", &[], b"").unwrap().status, 403);
}

#[test]
fn server_errors_are_text_or_html() {
    let polar = Polar::start().unwrap();
    for status in [500, 502, 503, 504, 599] {
        polar.fault(Fault::server_error(status).once());
        polar.fault(Fault::server_error_html(status).once());
        let text = validate(&polar, DEMO_KEY_PLAIN);
        let html = validate(&polar, DEMO_KEY_PLAIN);
        assert_eq!((text.status, html.status), (status, status));
        assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(html.header("content-type"), Some("text/html; charset=utf-8"));
    }
}

#[test]
fn a_rate_limit_comes_with_and_without_retry_after() {
    let polar = start_with(Fault::rate_limited(17).once());
    polar.fault(Fault::rate_limited(None).once());
    let with = validate(&polar, DEMO_KEY_PLAIN);
    let without = validate(&polar, DEMO_KEY_PLAIN);
    assert_eq!((with.status, without.status), (429, 429));
    assert_eq!((with.header("retry-after"), without.header("retry-after")), (Some("17"), None));
    assert!(with.body.is_empty() && with.complete);
}

#[test]
fn any_other_reply() {
    let polar = start_with(Fault::reply(418, "text/plain", "teapot"));
    let reply = validate(&polar, DEMO_KEY_PLAIN);
    assert_eq!((reply.status, reply.text().as_str()), (418, "teapot"));
}

#[test]
fn a_connection_dropped_before_handling_changes_nothing() {
    let polar = start_with(Fault::drop_connection());
    assert!(try_post(&polar, Endpoint::Activate, &activation(&polar, DEMO_KEY_ONE_DEVICE)).is_none());
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
}

#[test]
fn a_connection_dropped_after_handling_has_taken_the_seat() {
    let polar = start_with(Fault::drop_connection().after_handling().on(Endpoint::Activate));
    assert!(try_post(&polar, Endpoint::Activate, &activation(&polar, DEMO_KEY_ONE_DEVICE)).is_none());
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE)[0].label, "test device");
}

#[test]
fn a_gateway_error_after_handling_has_counted_the_usage() {
    let polar = start_with(Fault::server_error(504).after_handling());
    assert_eq!(validate_with(&polar, DEMO_KEY_TEN_USES, json!({ "increment_usage": 3 })).status, 504);
    assert_eq!(polar.usage(DEMO_KEY_TEN_USES), 3);
}

#[test]
fn a_stalled_request_is_handled_once_the_fault_is_cleared() {
    let polar = start_with(Fault::stall().once());
    let mut stream = post_without_reading(&polar, Endpoint::Activate, &activation(&polar, DEMO_KEY_ONE_DEVICE), &[]);
    assert!(polar.wait_for_requests(1, TIMEOUT));
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200, "other requests are handled meanwhile");
    assert!(stays_silent(&mut stream));
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
    polar.clear_faults();
    assert_eq!(read_reply(&mut stream, "POST").unwrap().status, 200);
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
}

#[test]
fn a_stalled_reply_leaves_what_was_done() {
    let polar = Polar::start().unwrap();
    let stall = polar.fault(Fault::stall().after_handling().on(Endpoint::Activate));
    let other = polar.fault(Fault::server_error(500).on(Endpoint::Deactivate));
    let mut stream = post_without_reading(&polar, Endpoint::Activate, &activation(&polar, DEMO_KEY_ONE_DEVICE), &[]);
    assert!(polar.wait_for_requests(1, TIMEOUT));
    let seat = polar.activations(DEMO_KEY_ONE_DEVICE)[0].id.clone();
    polar.clear_fault(other);
    assert!(stays_silent(&mut stream), "still stalled");
    polar.clear_fault(stall);
    assert_eq!(read_reply(&mut stream, "POST").unwrap().json()["id"], seat.as_str());
}

#[test]
fn a_stalled_request_ends_when_its_client_disconnects() {
    let polar = start_with(Fault::stall().once());
    let stream = post_without_reading(&polar, Endpoint::Activate, &activation(&polar, DEMO_KEY_ONE_DEVICE), &[]);
    assert!(polar.wait_for_requests(1, TIMEOUT));
    drop(stream);
    // Before the server replies to this second request, it notices that the first client has disconnected. So clearing
    // the faults below does not bring the first request back.
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
    polar.clear_faults();
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
}

#[test]
fn a_delay_only_delays() {
    let polar = start_with(Fault::delay(Duration::from_millis(20)));
    assert_eq!(activate(&polar, DEMO_KEY_ONE_DEVICE).status, 200);
    polar.clear_faults();
    polar.fault(Fault::delay(Duration::from_secs(3600)));
    let mut stream = post_without_reading(&polar, Endpoint::Validate, &activation(&polar, DEMO_KEY_PLAIN), &[]);
    assert!(polar.wait_for_requests(2, TIMEOUT));
    assert!(stays_silent(&mut stream), "an hour has not passed");
}

#[test]
fn a_slow_body_arrives_as_a_whole() {
    let polar = start_with(Fault::slow_body(Duration::ZERO));
    let reply = validate(&polar, DEMO_KEY_PLAIN);
    assert!(reply.complete);
    assert_eq!(reply.json()["key"], DEMO_KEY_PLAIN);
}

#[test]
fn a_slow_body_makes_a_client_wait_after_the_head() {
    let polar = start_with(Fault::slow_body(Duration::from_secs(3600)));
    let mut stream = post_without_reading(&polar, Endpoint::Validate, &activation(&polar, DEMO_KEY_PLAIN), &[]);
    assert_eq!(read_head(&mut stream).status, 200);
    assert!(stays_silent(&mut stream), "the body is an hour away");
}

#[test]
fn a_truncated_body_is_shorter_than_announced() {
    let polar = start_with(Fault::truncated_body());
    let reply = activate(&polar, DEMO_KEY_ONE_DEVICE);
    let announced: usize = reply.header("content-length").unwrap().parse().unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body.len(), announced / 2);
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1, "the seat is taken nevertheless");
}

#[test]
fn a_huge_body_is_as_long_as_asked_and_valid_json() {
    for bytes in [2, 65_536, 65_537, 5_000_000] {
        let polar = start_with(Fault::huge_body(bytes));
        let reply = validate(&polar, DEMO_KEY_PLAIN);
        assert_eq!(reply.body.len() as u64, bytes);
        assert_eq!(reply.json().as_str().unwrap().len() as u64, bytes - 2);
    }
}

#[test]
fn a_body_larger_than_any_memory_ends_when_the_client_disconnects() {
    let polar = start_with(Fault::huge_body(u64::MAX / 2).once());
    let mut stream = post_without_reading(&polar, Endpoint::Validate, &activation(&polar, DEMO_KEY_PLAIN), &[]);
    stream.read_exact(&mut [0; 100_000]).unwrap();
    drop(stream);
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

#[test]
fn garbage_that_replaces_polars_reply() {
    let polar = Polar::start().unwrap();
    let body = |garbage| {
        polar.fault(Fault::garbage(garbage).once());
        let reply = activate(&polar, DEMO_KEY_ONE_DEVICE);
        assert_eq!((reply.status, reply.complete), (200, true), "{garbage:?}");
        reply.body
    };
    assert!(std::str::from_utf8(&body(Garbage::Binary)).is_err());
    assert!(body(Garbage::Empty).is_empty());
    assert!(body(Garbage::DeepJson).starts_with(b"[[[["));
    let foreign: serde_json::Value = serde_json::from_slice(&body(Garbage::ForeignJson)).unwrap();
    assert!(foreign.get("key").is_none());
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty(), "Polar did not handle it");
}

#[test]
fn garbage_that_alters_one_field_of_polars_reply() {
    let polar = Polar::start().unwrap();
    let seat = activate(&polar, DEMO_KEY_TWO_DEVICES).json()["id"].clone();
    let validated = || validate_with(&polar, DEMO_KEY_TWO_DEVICES, json!({ "activation_id": seat })).json();
    for (garbage, place) in [
        (Garbage::OtherKey, "/key"),
        (Garbage::OtherOrganization, "/organization_id"),
        (Garbage::OtherActivation, "/activation/id"),
    ] {
        let expected = validated();
        polar.fault(Fault::garbage(garbage).once());
        let mut found = validated();
        assert_ne!(found.pointer(place), expected.pointer(place), "{garbage:?}");
        *found.pointer_mut(place).unwrap() = expected.pointer(place).unwrap().clone();
        for counted in ["validations", "last_validated_at", "modified_at"] {
            found[counted] = expected[counted].clone();
        }
        assert_eq!(found, expected, "nothing else differs");
    }
    polar.fault(Fault::garbage(Garbage::OtherActivation).once());
    let activated = activate(&polar, DEMO_KEY_TWO_DEVICES).json();
    let real = &polar.activations(DEMO_KEY_TWO_DEVICES)[1].id;
    assert_ne!(activated["id"], real.as_str());
    assert_eq!(activated["license_key"]["key"], DEMO_KEY_TWO_DEVICES);
}

#[test]
fn a_skewed_clock_shows_in_one_reply() {
    let polar = start_with(Fault::skewed_clock(-86_400).once());
    let timestamp =
        |name: &str| mock_polar::Timestamp::parse(validate(&polar, DEMO_KEY_PLAIN).json()[name].as_str().unwrap());
    let (wrong, right) = (timestamp("last_validated_at").unwrap(), timestamp("last_validated_at").unwrap());
    let apart = right.unix_micros() - wrong.unix_micros();
    assert!((86_400_000_000..86_460_000_000).contains(&apart), "{apart}");
}

#[test]
fn a_fault_applies_to_its_endpoint_after_skipping_and_until_used_up() {
    let polar = start_with(Fault::server_error(503).on(Endpoint::Validate).skip(1).times(2));
    assert_eq!(activate(&polar, DEMO_KEY_ONE_DEVICE).status, 200);
    let statuses: Vec<u16> = (0..4).map(|_| validate(&polar, DEMO_KEY_PLAIN).status).collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[test]
fn faults_apply_in_the_order_they_were_added() {
    let polar = start_with(Fault::server_error(500).once());
    polar.fault(Fault::server_error(502));
    let statuses: Vec<u16> = (0..3).map(|_| validate(&polar, DEMO_KEY_PLAIN).status).collect();
    assert_eq!(statuses, [500, 502, 502]);
    polar.clear_faults();
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

#[test]
fn the_last_seat_is_taken_once_by_concurrent_activations() {
    let polar = Polar::start().unwrap();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| activate(&polar, DEMO_KEY_ONE_DEVICE).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 7, "{statuses:?}");
}

#[test]
fn a_common_http_client_sees_the_faults_too() {
    let polar = Polar::start().unwrap();
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let url = format!("{}/v1/customer-portal/license-keys/validate", polar.url());
    let body = json!({ "key": DEMO_KEY_PLAIN, "organization_id": polar.organization() }).to_string();
    let validate = || {
        let mut response =
            agent.post(&url).header("content-type", "application/json").send(&body).map_err(|_| "send")?;
        response.body_mut().read_to_string().map_err(|_| "body")
    };
    assert!(validate().unwrap().contains("\"granted\""));
    polar.fault(Fault::truncated_body().once());
    assert_eq!(validate(), Err("body"));
    polar.fault(Fault::drop_connection());
    assert_eq!(validate(), Err("send"));
    polar.clear_faults();
    assert!(validate().unwrap().contains("\"granted\""));
}
