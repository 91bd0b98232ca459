//! The life of a license, over real `fetch` to a local Polar.

use std::time::Duration;

use polar_license::engine::Deactivated;
use polar_license::{ErrorKind, Reason, State};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::server::{TestClock, app, change_of, control, fault, no_faults, one_seat_key, open, seats};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[wasm_bindgen_test]
async fn a_license_is_activated_works_offline_and_is_deactivated() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let client = open(app(), &clock).await;
    assert_eq!(client.refresh().await.state(), State::Unlicensed);
    assert_eq!(client.activate(&key).await.unwrap().state(), State::Active);
    assert!(client.allows("export"));
    assert_eq!(seats(&key).await, 1);

    fault(json!({ "fault": "drop_connection" })).await;
    clock.advance(25 * HOUR).await;
    let offline = client.refresh().await;
    assert_eq!((offline.state(), offline.allows("export")), (State::Grace, true));
    assert_eq!(offline.problem().unwrap().kind, ErrorKind::Network);
    clock.advance(15 * 24 * HOUR).await;
    assert_eq!(client.refresh().await.state(), State::Lapsed);
    assert!(!client.allows("export"));
    assert_eq!(client.deactivate().await.unwrap_err().kind(), ErrorKind::Network);

    no_faults().await;
    assert_eq!(client.validate().await.state(), State::Active);
    assert_eq!(client.deactivate().await.unwrap().deactivated, Deactivated::Released);
    assert_eq!(client.current().state(), State::Unlicensed);
    assert_eq!(seats(&key).await, 0);
}

#[wasm_bindgen_test]
async fn a_second_device_is_refused_and_takes_no_seat() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    open(app(), &clock).await.activate(&key).await.unwrap();
    let second = open(app().device_id("another"), &clock).await;
    let error = second.activate(&key).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, Some(Reason::ActivationLimit)));
    assert_eq!(seats(&key).await, 1);
}

#[wasm_bindgen_test]
async fn a_reply_that_is_not_polars_leaves_the_license_unchanged() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let client = open(app().timeout(Duration::from_millis(300)), &clock).await;
    client.activate(&key).await.unwrap();
    let cases = [
        (json!({ "fault": "stall" }), ErrorKind::Timeout),
        (json!({ "fault": "truncated_body", "cors": true }), ErrorKind::Network),
        (json!({ "fault": "huge_body", "bytes": 2_000_000, "cors": true }), ErrorKind::Network),
        (json!({ "fault": "garbage", "garbage": "foreign_json", "cors": true }), ErrorKind::Network),
        (json!({ "fault": "captive_portal", "status": 302, "cors": true }), ErrorKind::Network),
        (json!({ "fault": "captive_portal", "status": 200 }), ErrorKind::Network),
        (json!({ "fault": "drop_connection", "after_handling": true }), ErrorKind::Network),
        (json!({ "fault": "server_error", "status": 503, "cors": true }), ErrorKind::Server),
    ];
    for (what, kind) in cases {
        fault(what.clone()).await;
        let decision = client.validate().await;
        no_faults().await;
        assert_eq!(decision.problem().map(|problem| problem.kind), Some(kind), "{what}: {:?}", decision.problem());
        assert_eq!(decision.state(), State::Active, "{what}");
    }
    assert_eq!(client.validate().await.problem(), None);
}

#[wasm_bindgen_test]
async fn an_activation_without_answer_may_have_taken_a_seat() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let client = open(app().timeout(Duration::from_millis(300)), &clock).await;
    fault(json!({ "fault": "drop_connection", "after_handling": true, "on": "activate" })).await;
    let error = client.activate(&key).await.unwrap_err();
    no_faults().await;
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Network, true));
    assert_eq!(seats(&key).await, 1);
    assert_eq!(client.current().problem().unwrap().kind, ErrorKind::SeatUncertain);
}

#[wasm_bindgen_test]
async fn a_request_says_that_it_is_json_and_names_no_version() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let client = open(app(), &clock).await;
    client.activate(&key).await.unwrap();
    let requests = control("/requests", None).await;
    let last = requests.as_array().unwrap().last().unwrap();
    let headers = last["headers"].to_string().to_lowercase();
    assert!(headers.contains("application/json") && !headers.contains("polar-version"), "{headers}");
    assert!(!headers.contains("cookie") && !headers.contains("referer"), "{headers}");
}

#[wasm_bindgen_test]
async fn auto_refresh_keeps_a_license_confirmed_until_it_is_stopped() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let client = open(app(), &clock).await;
    client.activate(&key).await.unwrap();
    clock.advance(25 * HOUR).await;
    assert_eq!(client.current().state(), State::Grace);
    let (_listening, change) = change_of(&client);
    client.start_auto_refresh();
    change.await.unwrap();
    assert_eq!(client.current().state(), State::Active);
    client.stop_auto_refresh();
}
