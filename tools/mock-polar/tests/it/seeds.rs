//! Tests how seeds are read, and the messages for mistakes in them.

use mock_polar::{MockPolar, Seed, Status};
use serde_json::json;

use crate::wire::{AUTHENTICATE, call, call_as, open_checkout, validate, validate_with};

const FULL: &str = r#"{
    "comment": "unknown fields are ignored",
    "organizations": { "main": "a0010000-0000-4000-8000-000000000001", "else": "a0010000-0000-4000-8000-000000000002" },
    "benefits": { "pro": "b0010000-0000-4000-8000-000000000001" },
    "customers": {
        "ada": "c0010000-0000-4000-8000-000000000001",
        "bob": { "id": "c0010000-0000-4000-8000-000000000002", "email": "bob.seeded@example.com", "name": "Bob Seeded" }
    },
    "keys": [
        { "role": "laptop", "key": "K1", "benefit": "pro", "limit_activations": 2, "usage": 3, "what": "ever" },
        { "key": "K2", "benefit_id": "b0010000-0000-4000-8000-000000000001", "status": "revoked",
          "customer_id": "c0010000-0000-4000-8000-000000000002" },
        { "key": "K3", "benefit": "pro", "organization_id": "a0010000-0000-4000-8000-000000000002" },
        { "key": "K4", "benefit": "pro", "soft_deleted": true },
        { "key": "K5", "benefit": "pro", "customer_id": "c0010000-0000-4000-8000-000000000002" }
    ],
    "activations": [
        { "id": "ac700000-0000-4000-8000-000000000001", "key_role": "laptop", "label": "one", "conditions": { "v": 1 } },
        { "key": "K1", "label": "two" }
    ]
}"#;

#[test]
fn the_server_starts_with_its_seed() {
    let polar = MockPolar::builder().seed(Seed::from_json(FULL).unwrap()).start().unwrap();
    assert_eq!(polar.organization(), "a0010000-0000-4000-8000-000000000001");
    let keys: Vec<_> = polar.keys().into_iter().map(|key| key.key).collect();
    assert_eq!(keys, ["K1", "K2", "K3", "K5"]);
    assert_eq!((polar.usage("K1"), polar.key("K2").status), (3, Status::Revoked));
    let labels: Vec<_> = polar.activations("K1").into_iter().map(|seat| seat.label).collect();
    assert_eq!(labels, ["one", "two"]);
    assert_eq!(validate(&polar, "K3").status, 404, "it belongs to another organization");
    let seat = json!({ "activation_id": "ac700000-0000-4000-8000-000000000001", "conditions": { "v": 1.0 } });
    assert_eq!(validate_with(&polar, "K1", seat).status, 200);
    let bob = validate(&polar, "K5").json();
    assert_eq!(
        (&bob["customer"]["email"], &bob["user"]["public_name"]),
        (&json!("bob.seeded@example.com"), &json!("B"))
    );
    assert_eq!(bob["customer"]["tax_id"], json!(null));
    assert!(polar.personal_data().contains(&"Bob Seeded".to_owned()));
    assert!(!validate(&polar, "K1").json()["customer"]["billing_address"].is_null(), "ada has every field");
}

#[test]
fn a_seed_may_have_products_and_sessions() {
    let ada = "c0010000-0000-4000-8000-000000000001";
    let mut seed: serde_json::Value = serde_json::from_str(FULL).unwrap();
    let product = "f0010000-0000-4000-8000-000000000001";
    seed["products"] = json!([{ "id": product, "name": "Pro", "amount": 1900, "benefit": seed["benefits"]["pro"] }]);
    seed["checkout_links"] = json!([{ "client_secret": "polar_cl_X", "product_id": product }]);
    seed["sessions"] = json!([{ "token": "polar_cst_X", "customer_id": ada, "expires": "2020-01-01T00:00:00Z" }]);
    seed["codes"] = json!([{ "code": "ABC123", "customer_id": ada, "email": "ada@example.com" }]);
    let polar = MockPolar::builder().seed(Seed::from_json(&seed.to_string()).unwrap()).start().unwrap();
    let get = |path: &str, token: &str| call_as(token, &polar, "GET", path, &serde_json::Value::Null);
    assert_eq!(get("/v1/customer-portal/license-keys/", "polar_cst_X").status, 401, "it has expired");
    let token = polar.pay(&open_checkout(&polar, "polar_cl_X"), "new@example.com").customer_session_token.unwrap();
    polar.run_worker();
    assert_eq!(get("/v1/customer-portal/license-keys/", &token).json()["pagination"]["total_count"], 1);
    assert_eq!(call(&polar, "POST", AUTHENTICATE, &[], r#"{"code":"ABC123"}"#).status, 200);
    for (field, row, part) in [
        ("products", json!([{ "name": "Pro" }]), "`amount` or `seat_amount`"),
        ("products", json!([{ "name": "Pro", "amount": 1, "organization": "acme" }]), "`acme`"),
        ("sessions", json!([{ "token": "polar_cst_X" }]), "`customer_id` or `member_id`"),
    ] {
        let mut wrong = seed.clone();
        wrong[field] = row;
        let message = Seed::from_json(&wrong.to_string()).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_mistake_in_a_seed_has_a_message_that_says_what_to_change() {
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut seed = serde_json::from_str(FULL).unwrap();
        change(&mut seed);
        let error = Seed::from_json(&seed.to_string()).unwrap_err();
        assert!(error.is_seed());
        error.to_string()
    };
    let contains = |message: String, parts: &[&str]| {
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    };
    contains(with(&|seed| seed["keys"][0]["benefit"] = json!("gold")), &["`K1`", "`gold`", "one of `pro`"]);
    contains(with(&|seed| seed["keys"][0]["benefit"] = json!(null)), &["`K1`", "`benefit_id`"]);
    contains(with(&|seed| seed["organizations"]["main"] = json!("acme")), &["`acme`", "UUID of version 4"]);
    contains(with(&|seed| seed["organizations"] = json!({})), &["no organization", "`organizations`"]);
    contains(with(&|seed| seed["activations"][0]["key_role"] = json!("desk")), &["`one`", "`key_role`"]);
    let nobody = json!("c0010000-0000-4000-8000-00000000000f");
    contains(with(&|seed| seed["keys"][0]["customer_id"] = nobody.clone()), &["`K1`", "`customers`"]);
    contains(with(&|seed| seed["customers"]["bob"] = json!({})), &["`bob`", "`id`"]);
    contains(with(&|seed| seed["keys"][0]["expires_at"] = json!("soon")), &["`soon`", "2099-01-01T00:00:00Z"]);
    contains(with(&|seed| seed["keys"][0]["status"] = json!("gone")), &["`gone`", "`granted`"]);
    contains(Seed::from_json("{").unwrap_err().to_string(), &["cannot be read", "`Seed::from_json`"]);
}
