//! Tests how merchants and customers change keys.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use mock_polar::{
    DEMO_BENEFIT_BASIC, DEMO_KEY_BASIC, DEMO_KEY_DISABLED, DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN,
    DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES, MockPolar, NewKey, Status,
};
use serde_json::json;

use crate::wire::{activate, deactivate, validate, validate_with};

#[test]
fn the_demo_keys_behave_as_their_names_say() {
    let polar = MockPolar::start().unwrap();
    let detail = |key| validate(&polar, key).json()["detail"].as_str().map(str::to_owned);
    for key in [DEMO_KEY_PLAIN, DEMO_KEY_TWO_DEVICES, DEMO_KEY_ONE_DEVICE, DEMO_KEY_BASIC, DEMO_KEY_TEN_USES] {
        assert_eq!(detail(key), None, "{key}");
    }
    assert_eq!(detail(DEMO_KEY_EXPIRED).unwrap(), "License key has expired.");
    assert_eq!(detail(DEMO_KEY_REVOKED).unwrap(), "License key is no longer active.");
    assert_eq!(detail(DEMO_KEY_DISABLED).unwrap(), "License key is no longer active.");
    let limits = |key| (polar.key(key).limit_activations, polar.key(key).limit_usage);
    assert_eq!(limits(DEMO_KEY_PLAIN), (None, None));
    assert_eq!(limits(DEMO_KEY_TWO_DEVICES), (Some(2), None));
    assert_eq!(limits(DEMO_KEY_ONE_DEVICE), (Some(1), None));
    assert_eq!(limits(DEMO_KEY_TEN_USES), (None, Some(10)));
    assert_eq!(polar.key(DEMO_KEY_BASIC).benefit_id, DEMO_BENEFIT_BASIC);
}

#[test]
fn an_issued_key_is_as_requested() {
    let polar = MockPolar::start().unwrap();
    let at = polar.now() + Duration::from_secs(60);
    let new_key = NewKey::new("basic").limit_activations(1).limit_usage(10).expires_at(at).prefix("MYAPP");
    let key = polar.add_key(new_key);
    assert!(key.starts_with("MYAPP-") && key.len() == 42 && key == key.to_uppercase(), "{key}");
    let reply = validate(&polar, &key).json();
    assert_eq!(reply["benefit_id"], DEMO_BENEFIT_BASIC);
    assert_eq!((&reply["limit_activations"], &reply["limit_usage"]), (&json!(1), &json!(10)));
    assert_eq!(reply["expires_at"], at.to_string());
    assert_eq!(reply["display_key"], format!("****-{}", key.split_at(36).1));
    let revoked = polar.add_key(NewKey::new("pro").status(Status::Revoked));
    assert_eq!(validate(&polar, &revoked).status, 404);
}

#[test]
fn revoked_disabled_granted_deleted() {
    let polar = MockPolar::start().unwrap();
    let status = || validate(&polar, DEMO_KEY_PLAIN).status;
    for change in [MockPolar::revoke, MockPolar::disable] {
        change(&polar, DEMO_KEY_PLAIN);
        assert_eq!(status(), 404);
        polar.grant(DEMO_KEY_PLAIN);
        assert_eq!(status(), 200);
    }
    polar.delete(DEMO_KEY_PLAIN);
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).json()["detail"], "Not found");
}

#[test]
fn rotation_keeps_activations_and_invalidates_the_old_key_at_once() {
    let polar = MockPolar::start().unwrap();
    let old = polar.add_key(NewKey::new("pro").limit_activations(2).prefix("MYAPP"));
    let seat = activate(&polar, &old).json()["id"].as_str().unwrap().to_owned();
    let new = polar.rotate(&old);
    assert!(new.starts_with("MYAPP-") && new != old);
    assert_eq!(validate(&polar, &old).status, 404);
    assert_eq!(validate_with(&polar, &new, json!({ "activation_id": seat })).status, 200);
    assert_eq!(deactivate(&polar, &old, &seat).status, 404);
    assert_eq!(polar.activations(&new).len(), 1, "the seat stays taken");
    assert_eq!(deactivate(&polar, &new, &seat).status, 204);
}

#[test]
fn removing_an_activation_frees_its_seat() {
    let polar = MockPolar::start().unwrap();
    let seat = activate(&polar, DEMO_KEY_ONE_DEVICE).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(activate(&polar, DEMO_KEY_ONE_DEVICE).status, 403);
    polar.remove_activation(&seat);
    assert_eq!(validate_with(&polar, DEMO_KEY_ONE_DEVICE, json!({ "activation_id": seat })).status, 404);
    assert_eq!(activate(&polar, DEMO_KEY_ONE_DEVICE).status, 200);
}

#[test]
fn limits_benefit_and_expiry_can_be_changed() {
    let polar = MockPolar::start().unwrap();
    polar.set_limit_activations(DEMO_KEY_PLAIN, 1);
    assert_eq!(activate(&polar, DEMO_KEY_PLAIN).status, 200);
    polar.set_limit_activations(DEMO_KEY_PLAIN, None);
    assert_eq!(activate(&polar, DEMO_KEY_PLAIN).status, 403);
    polar.set_limit_usage(DEMO_KEY_PLAIN, 2);
    assert_eq!(validate_with(&polar, DEMO_KEY_PLAIN, json!({ "increment_usage": 3 })).status, 400);
    polar.set_benefit(DEMO_KEY_PLAIN, "basic");
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).json()["benefit_id"], DEMO_BENEFIT_BASIC);
    polar.set_expires_at(DEMO_KEY_PLAIN, polar.now() - Duration::from_secs(1));
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 404);
    polar.set_expires_at(DEMO_KEY_PLAIN, None);
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

#[test]
fn data_that_a_device_sent_is_visible() {
    let polar = MockPolar::start().unwrap();
    let body = json!({
        "key": DEMO_KEY_ONE_DEVICE, "organization_id": polar.organization(), "label": "Ada's laptop",
        "conditions": { "device": "abc" }, "meta": { "cores": 8, "ratio": 2.0 },
    });
    crate::wire::post(&polar, mock_polar::Endpoint::Activate, &body);
    let seat = &polar.activations(DEMO_KEY_ONE_DEVICE)[0];
    assert_eq!(seat.label, "Ada's laptop");
    assert_eq!(seat.conditions, json!({ "device": "abc" }));
    assert_eq!(seat.meta, json!({ "cores": 8, "ratio": 2.0 }));
}

#[test]
fn every_license_contains_personal_data() {
    let polar = MockPolar::start().unwrap();
    let personal = polar.personal_data();
    assert!(personal.len() > 10);
    for (key, reply) in [
        (DEMO_KEY_PLAIN, validate(&polar, DEMO_KEY_PLAIN)),
        (DEMO_KEY_ONE_DEVICE, activate(&polar, DEMO_KEY_ONE_DEVICE)),
        (DEMO_KEY_BASIC, validate(&polar, DEMO_KEY_BASIC)),
    ] {
        let text = reply.text();
        let found = personal.iter().filter(|piece| text.contains(piece.as_str())).count();
        assert!(found >= 8, "{key}: {found}");
        let body = reply.json();
        let customer = &body.get("license_key").unwrap_or(&body)["customer"];
        for field in ["email", "name", "billing_name", "billing_address", "tax_id", "external_id", "avatar_url"] {
            assert!(!customer[field].is_null(), "{key}: {field}");
        }
    }
}

#[test]
fn unknown_keys_benefits_and_activations_panic() {
    let polar = MockPolar::start().unwrap();
    let message = |act: &dyn Fn()| {
        let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("a panic");
        panic.downcast_ref::<String>().unwrap().clone()
    };
    assert!(message(&|| polar.revoke("TYPO")).contains("there is no key `TYPO`"));
    assert!(message(&|| drop(polar.benefit("gold"))).contains("use one of `pro`, `basic`"));
    assert!(message(&|| drop(polar.add_key(NewKey::new("pro").key(DEMO_KEY_PLAIN)))).contains("already"));
    assert!(message(&|| polar.remove_activation("none")).contains("there is no activation `none`"));
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200, "the server still runs");
}
