//! Tests the server's clock and its rate limits.

use std::time::Duration;

use mock_polar::{DEMO_KEY_DISABLED, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, NewKey, Status, Timestamp};

use super::polar::Polar;
use crate::wire::{activate, exchange, validate};

#[test]
fn a_key_expires_by_the_servers_clock() {
    let polar = Polar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").expires_in(Duration::from_secs(3600)));
    assert_eq!(validate(&polar, &key).status, 200);
    assert_eq!(polar.key(&key).shown_status, "granted");
    polar.advance_clock(Duration::from_secs(3600));
    assert_eq!(validate(&polar, &key).json()["detail"], "License key has expired.");
    let expired = polar.key(&key);
    assert_eq!((expired.status, expired.shown_status.as_str()), (Status::Granted, "expired"));
    let shown = |key| polar.key(key).shown_status;
    assert_eq!([shown(DEMO_KEY_REVOKED), shown(DEMO_KEY_DISABLED)], ["revoked", "disabled"]);
}

#[test]
fn replies_show_the_servers_clock() {
    let polar = Polar::start().unwrap();
    let noon = Timestamp::parse("2031-05-06T12:00:00Z").unwrap();
    polar.freeze_clock(noon);
    let reply = validate(&polar, DEMO_KEY_PLAIN);
    assert_eq!(reply.json()["last_validated_at"], "2031-05-06T12:00:00Z", "the fraction is absent when it is zero");
    assert_eq!(reply.header("date"), Some("Tue, 06 May 2031 12:00:00 GMT"));
    polar.advance_clock(Duration::from_millis(1500));
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).json()["last_validated_at"], "2031-05-06T12:00:01.500000Z");
    polar.set_limit_activations(DEMO_KEY_PLAIN, 1);
    assert_eq!(activate(&polar, DEMO_KEY_PLAIN).json()["created_at"], "2031-05-06T12:00:01.500000Z");
    polar.set_clock(noon);
    assert!((noon..noon + Duration::from_secs(600)).contains(&polar.now()));
    polar.skew_clock(0);
    assert!(polar.now() < noon);
}

#[test]
fn the_fourth_request_in_a_second_blocks_for_a_minute() {
    let polar = Polar::builder().rate_limit(true).start().unwrap();
    polar.freeze_clock(polar.now());
    let validate_plain = || {
        let reply = validate(&polar, DEMO_KEY_PLAIN);
        (reply.status, reply.header("retry-after").map(str::to_owned))
    };
    let replies: Vec<u16> = (0..4).map(|_| validate_plain().0).collect();
    assert_eq!(replies, [200, 200, 200, 429]);
    polar.advance_clock(Duration::from_secs(20));
    assert_eq!(validate_plain(), (429, Some("40".to_owned())));
    assert_eq!(exchange(polar.address(), "GET", "/v1/products", &[], b"").unwrap().status, 429, "every /v1 path");
    assert_eq!(exchange(polar.address(), "GET", "/elsewhere", &[], b"").unwrap().status, 404);
    polar.advance_clock(Duration::from_secs(40));
    assert_eq!(validate_plain().0, 200);
    assert_eq!(polar.key(DEMO_KEY_PLAIN).validations, 4);
}

#[test]
fn error_replies_count_for_the_rate_limit_and_it_can_be_turned_off() {
    let polar = Polar::start().unwrap();
    polar.freeze_clock(polar.now());
    polar.set_rate_limit(true);
    let statuses: Vec<u16> = (0..4).map(|_| validate(&polar, "UNKNOWN").status).collect();
    assert_eq!(statuses, [404, 404, 404, 429]);
    polar.set_rate_limit(false);
    let statuses: Vec<u16> = (0..9).map(|_| validate(&polar, "UNKNOWN").status).collect();
    assert_eq!(statuses, [404; 9]);
}
