//! Tests the rate limits of the customer portal, its event streams, and faults at its endpoints.

use std::time::Duration;

use mock_polar::{DEMO_EMAIL, DEMO_INVITATION, DEMO_KEY_PLAIN, DEMO_LINK, Endpoint, Fault, Garbage};
use serde_json::json;

use super::polar::Polar;
use crate::wire::{
    AUTHENTICATE, KEYS, REQUEST_CODE, TIMEOUT, call, open_checkout, read_events, read_head, send, stays_silent,
    try_call, validate,
};

fn limited() -> Polar {
    let polar = Polar::builder().rate_limit(true).start().unwrap();
    polar.freeze_clock(polar.now());
    polar
}

fn from(polar: &Polar, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Option<String>) {
    let reply = call(polar, method, path, headers, body);
    (reply.status, reply.header("retry-after").map(str::to_owned))
}

fn code_body(polar: &Polar) -> String {
    json!({ "email": DEMO_EMAIL, "organization_id": polar.organization() }).to_string()
}

#[test]
fn the_seventh_code_or_try_in_a_minute_blocks_the_address_for_a_quarter_of_an_hour() {
    let polar = limited();
    let request = code_body(&polar);
    for _ in 0..3 {
        assert_eq!(from(&polar, "POST", REQUEST_CODE, &[], &request).0, 202);
        assert_eq!(from(&polar, "POST", AUTHENTICATE, &[], r#"{"code":"WRONG1"}"#).0, 401);
    }
    let blocked = (429, Some("900".to_owned()));
    assert_eq!(from(&polar, "POST", REQUEST_CODE, &[], &request), blocked);
    let code = polar.mails()[0].code.clone().unwrap();
    let right = json!({ "code": code }).to_string();
    assert_eq!(from(&polar, "POST", AUTHENTICATE, &[], &right), blocked, "the right code too");
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 429, "and everybody's validate");
    assert_eq!(from(&polar, "POST", REQUEST_CODE, &[("True-Client-IP", "10.0.0.7")], &request).0, 202, "elsewhere");
    let token = format!("Bearer {}", polar.customer_token(DEMO_EMAIL));
    assert_eq!(from(&polar, "GET", KEYS, &[("Authorization", &token)], "").0, 200, "who has a token");
    polar.advance_clock(Duration::from_secs(600));
    assert_eq!(from(&polar, "GET", "/v1/anything", &[], ""), (429, Some("300".to_owned())));
    polar.advance_clock(Duration::from_secs(300));
    assert_eq!(from(&polar, "POST", AUTHENTICATE, &[], &right).0, 200);
}

#[test]
fn the_thirteenth_code_in_an_hour_blocks_the_address_too() {
    let polar = limited();
    let request = code_body(&polar);
    for _ in 0..12 {
        assert_eq!(from(&polar, "POST", REQUEST_CODE, &[], &request).0, 202);
        polar.advance_clock(Duration::from_secs(20));
    }
    assert_eq!(from(&polar, "POST", REQUEST_CODE, &[], &request), (429, Some("900".to_owned())));
}

#[test]
fn confirming_checkouts_and_listening_to_invitations_is_limited() {
    let polar = limited();
    let confirm = "/v1/checkouts/client/polar_c_nope/confirm";
    assert!((0..6).all(|_| from(&polar, "POST", confirm, &[], "{}").0 == 404));
    assert_eq!(from(&polar, "POST", confirm, &[], "{}"), (429, Some("1800".to_owned())));
    let there = [("True-Client-IP", "10.0.0.7")];
    let claim = "/v1/customer-seats/claim/nope/stream";
    assert!((0..10).all(|_| from(&polar, "GET", claim, &there, "").0 == 404));
    assert_eq!(from(&polar, "GET", claim, &there, ""), (429, Some("300".to_owned())));
}

#[test]
fn an_invalid_token_is_another_identity() {
    let polar = limited();
    let bad = [("Authorization", "Bearer polar_cst_garbage")];
    assert!((0..60).all(|_| from(&polar, "GET", KEYS, &bad, "").0 == 401));
    assert_eq!(from(&polar, "GET", KEYS, &bad, ""), (429, Some("60".to_owned())));
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

const BUY: &str = r#"{"customer_email":"new@example.com","customer_billing_address":{"country":"FR"}}"#;

#[test]
fn streams_report_a_purchase_as_it_happens() {
    let polar = Polar::start().unwrap();
    polar.freeze_clock(polar.now());
    let path = format!("/v1/checkouts/client/{}", open_checkout(&polar, DEMO_LINK));
    let origin = [("Origin", "https://app.example")];
    let mut checkout = send(polar.address(), "GET", &format!("{path}/stream"), &origin, b"");
    let head = read_head(&mut checkout);
    assert_eq!(head.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(
        (head.header("cache-control"), head.header("access-control-allow-origin")),
        (Some("no-store"), Some("*"))
    );
    let confirmed = call(&polar, "POST", &format!("{path}/confirm"), &[], BUY).json();
    let token = format!("Bearer {}", confirmed["customer_session_token"].as_str().unwrap());
    let mut customer =
        send(polar.address(), "GET", "/v1/customer-portal/customers/stream", &[("Authorization", &token)], b"");
    read_head(&mut customer);
    assert_eq!(polar.open_streams(), 2);
    polar.advance_clock(Duration::from_secs(1));
    let received = read_events(&mut checkout, 5);
    let keys: Vec<&str> = received.split("\"key\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "checkout.updated",
            "checkout.webhook_event_delivered",
            "checkout.order_created",
            "checkout.updated",
            "checkout.webhook_event_delivered"
        ]
    );
    assert!(received.starts_with("data: {") && received.contains(r#""payload":{"status":"succeeded"}"#));
    assert!(read_events(&mut customer, 1).contains(r#""benefit_type":"license_keys""#));
    let mut late = send(polar.address(), "GET", &format!("{path}/stream"), &[], b"");
    read_head(&mut late);
    assert!(stays_silent(&mut late), "what happened before is not repeated");
}

#[test]
fn a_stream_is_kept_alive_and_ends_after_ten_minutes() {
    let polar = Polar::start().unwrap();
    polar.freeze_clock(polar.now());
    let path = format!("/v1/customer-seats/claim/{DEMO_INVITATION}/stream");
    let mut stream = send(polar.address(), "GET", &path, &[], b"");
    read_head(&mut stream);
    polar.advance_clock(Duration::from_secs(15));
    assert!(read_events(&mut stream, 1).starts_with(": ping - "));
    polar.advance_clock(Duration::from_secs(584));
    assert!(read_events(&mut stream, 1).starts_with(": ping - "), "just before the end");
    polar.advance_clock(Duration::from_secs(1));
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stream, &mut rest).unwrap();
    assert!(rest.contains(r#"data: {"type":"reconnect"}"#) && rest.ends_with("0\r\n\r\n"), "{rest}");
    assert_eq!(polar.open_streams(), 0);
}

#[test]
fn a_listener_that_leaves_is_forgotten() {
    let polar = Polar::start().unwrap();
    let path = format!("/v1/customer-seats/claim/{DEMO_INVITATION}/stream");
    let open = || {
        let mut stream = send(polar.address(), "GET", &path, &[], b"");
        read_head(&mut stream);
        stream
    };
    let (left, _kept) = (open(), open());
    assert_eq!(polar.open_streams(), 2);
    drop(left);
    // The server notices only after a moment that a client has left. So the test sends requests until the server has
    // noticed.
    let noticed = (0..10_000).any(|_| validate(&polar, DEMO_KEY_PLAIN).status == 200 && polar.open_streams() == 1);
    assert!(noticed);
}

#[test]
fn faults_occur_at_the_endpoints_of_the_portal_too() {
    let polar = Polar::start().unwrap();
    let request = code_body(&polar);
    polar.fault(Fault::drop_connection().after_handling().on(Endpoint::RequestCode).once());
    assert!(try_call(&polar, "POST", REQUEST_CODE, &[], &request).is_none());
    assert_eq!(polar.mails().len(), 1, "the mail is on its way nevertheless");
    polar.fault(Fault::rate_limited(900).on(Endpoint::Authenticate));
    assert_eq!(from(&polar, "POST", REQUEST_CODE, &[], &request).0, 202);
    assert_eq!(from(&polar, "POST", AUTHENTICATE, &[], "{}"), (429, Some("900".to_owned())));
    polar.fault(Fault::garbage(Garbage::OtherOrganization).on(Endpoint::ListKeys));
    let token = format!("Bearer {}", polar.customer_token(DEMO_EMAIL));
    let listed = call(&polar, "GET", KEYS, &[("Authorization", &token)], "").json();
    let items = listed["items"].as_array().unwrap();
    assert!(items.len() > 1 && items.iter().all(|key| key["organization_id"] != polar.organization()));
    polar.fault(Fault::drop_connection().after_handling().on(Endpoint::RotateKey).once());
    let path = format!("{KEYS}{}/rotate", polar.key(DEMO_KEY_PLAIN).id);
    assert!(try_call(&polar, "POST", &path, &[("Authorization", &token)], "").is_none());
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 404, "nobody has the new key");
}

#[test]
fn a_stalled_stream_opens_once_the_fault_is_cleared() {
    let polar = Polar::start().unwrap();
    polar.fault(Fault::stall().on(Endpoint::CheckoutStream));
    let path = format!("/v1/checkouts/client/{}/stream", open_checkout(&polar, DEMO_LINK));
    let mut stream = send(polar.address(), "GET", &path, &[], b"");
    assert!(polar.wait_for_requests(2, TIMEOUT));
    assert!(stays_silent(&mut stream));
    polar.clear_faults();
    assert_eq!(read_head(&mut stream).status, 200);
}
