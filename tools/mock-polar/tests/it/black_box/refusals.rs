//! Tests that Polar refuses values of the wrong form before it does anything else with the request.

use mock_polar::{DEMO_EMAIL, DEMO_LINK, DEMO_LINK_PAID};
use serde_json::{Value, json};

use super::polar::Polar;
use crate::wire::{REQUEST_CODE, Reply, call, call_as, open_checkout};

const GRANTS: &str = "/v1/customer-portal/benefit-grants/";

const ACCEPTED_ADDRESSES: [(&str, &str); 6] = [
    ("a@example.com", "a@example.com"),
    (" a@example.com ", "a@example.com"),
    ("Lena <a@example.com>", "a@example.com"),
    ("A+b@EXAMPLE.com", "A+b@example.com"),
    ("o'neill@example.com", "o'neill@example.com"),
    ("ä@bücher.example.com", "ä@bücher.example.com"),
];

const REFUSED_ADDRESSES: [&str; 22] = [
    "",
    " ",
    "example.com",
    "@example.com",
    "a@",
    "a@@example.com",
    "a@b@example.com",
    "a@example.com, b@example.com",
    "mailto:a@example.com",
    ".a@example.com",
    "a..b@example.com",
    "a b@example.com",
    "a,b@example.com",
    "a@localhost",
    "a@example.com.",
    "a@example..com",
    "a@exa mple.com",
    "a@[127.0.0.1]",
    "a@x.test",
    "a@nosuchdomain.example.com",
    "a@nomail.example.com",
    "Lena <a@example.com",
];

fn send(polar: &Polar, method: &str, path: &str, body: &Value) -> Reply {
    call(polar, method, path, &[], &body.to_string())
}

fn request_code(polar: &Polar, email: &str) -> Reply {
    send(polar, "POST", REQUEST_CODE, &json!({ "email": email, "organization_id": polar.organization() }))
}

/// Opens a checkout by a link, and returns the path of the request that confirms the checkout.
fn open(polar: &Polar, link: &str) -> String {
    format!("/v1/checkouts/client/{}/confirm", open_checkout(polar, link))
}

/// Asserts that a reply is a 422 from Polar's framework. `kind` and `place` are the expected type and location of its
/// first problem.
fn assert_refused(reply: &Reply, kind: &str, place: &Value, what: &str) {
    let body = reply.json();
    assert_eq!((reply.status, &body["error"]), (422, &json!("RequestValidationError")), "{what}: {}", reply.text());
    assert_eq!((&body["detail"][0]["type"], &body["detail"][0]["loc"]), (&json!(kind), place), "{what}");
}

#[test]
fn malformed_addresses_are_refused() {
    let polar = Polar::start().unwrap();
    let confirm = open(&polar, DEMO_LINK);
    for email in REFUSED_ADDRESSES {
        let reply = request_code(&polar, email);
        assert_refused(&reply, "value_error", &json!(["body", "email"]), email);
        assert_eq!(reply.json()["detail"][0]["input"], email);
        let bought = send(&polar, "POST", &confirm, &json!({ "customer_email": email }));
        assert_refused(&bought, "value_error", &json!(["body", "customer_email"]), email);
    }
    for (email, taken) in ACCEPTED_ADDRESSES {
        assert_eq!(request_code(&polar, email).status, 202, "{email}");
        let bought = send(&polar, "POST", &open(&polar, DEMO_LINK), &json!({ "customer_email": email }));
        assert_eq!((bought.status, &bought.json()["customer_email"]), (200, &json!(taken)), "{}", bought.text());
    }
}

#[test]
fn a_code_requested_with_a_name_is_mailed_to_the_address() {
    let polar = Polar::start().unwrap();
    assert_eq!(request_code(&polar, &format!("Ottilie Quillfeather <{DEMO_EMAIL}>")).status, 202);
    assert_eq!(polar.mails()[0].to, DEMO_EMAIL);
}

#[test]
fn malformed_members_of_a_purchase_are_refused() {
    let polar = Polar::start().unwrap();
    let confirm = open(&polar, DEMO_LINK);
    let change = confirm.strip_suffix("/confirm").unwrap();
    let address = "customer_billing_address";
    let country = json!(["body", address, "country"]);
    for (sent, kind, place) in [
        (json!({ address: { "country": "XX" } }), "enum", country.clone()),
        (json!({ address: { "country": "RU" } }), "enum", country.clone()),
        (json!({ address: { "country": "FRA" } }), "enum", country.clone()),
        (json!({ address: { "country": " FR" } }), "enum", country.clone()),
        (json!({ address: { "country": null } }), "enum", country.clone()),
        (json!({ address: { "country": 7 } }), "enum", country.clone()),
        (json!({ address: { "city": "Paris" } }), "missing", country),
        (json!({ address: { "city": 7, "country": "FR" } }), "string_type", json!(["body", address, "city"])),
        (json!({ address: "FR" }), "model_attributes_type", json!(["body", address])),
        (json!({ "customer_email": 7 }), "string_type", json!(["body", "customer_email"])),
        (json!({ "customer_name": 7 }), "string_type", json!(["body", "customer_name"])),
        (json!({ "customer_name": "x".repeat(257) }), "string_too_long", json!(["body", "customer_name"])),
        (json!({ "locale": "nonsense" }), "string_pattern_mismatch", json!(["body", "locale"])),
        (json!([]), "model_attributes_type", json!(["body"])),
        (json!(null), "missing", json!(["body"])),
    ] {
        assert_refused(&send(&polar, "POST", &confirm, &sent), kind, &place, &sent.to_string());
        assert_refused(&send(&polar, "PATCH", change, &sent), kind, &place, &sent.to_string());
    }
    let missing = send(&polar, "POST", &confirm, &json!({}));
    let expected =
        json!([{ "type": "missing", "loc": ["body", "customer_email"], "msg": "Field is required.", "input": null }]);
    assert_eq!((missing.status, &missing.json()["error"]), (422, &json!("PolarRequestValidationError")));
    assert_eq!(missing.json()["detail"], expected);
    let sent = json!({
        "customer_email": "new@example.com",
        "customer_name": null,
        address: { "country": "fr", "city": " Paris ", "line1": "", "unknown": 1 },
        "unknown": 1,
    });
    let bought = send(&polar, "POST", &confirm, &sent).json();
    assert_eq!((&bought["status"], &bought[address]["country"]), (&json!("confirmed"), &json!("FR")));
    assert_eq!(
        (&bought[address]["city"], &bought[address]["line1"], &bought[address]["unknown"]),
        (&json!("Paris"), &json!(null), &json!(null))
    );
}

#[test]
fn a_purchase_is_validated_before_its_checkout_is_looked_up() {
    let polar = Polar::start().unwrap();
    let sent = json!({ "customer_email": "a" });
    for confirm in [open(&polar, DEMO_LINK_PAID), "/v1/checkouts/client/nope/confirm".to_owned()] {
        let reply = send(&polar, "POST", &confirm, &sent);
        assert_refused(&reply, "value_error", &json!(["body", "customer_email"]), &confirm);
    }
}

/// Opens a checkout by a link that contains an e-mail address. Returns the path of the request that confirms the
/// checkout.
fn open_prefilled(polar: &Polar, email: &str) -> String {
    let path = format!("/v1/checkout-links/{DEMO_LINK}/redirect?customer_email={email}");
    let location = send(polar, "GET", &path, &json!({})).header("location").unwrap().to_owned();
    format!("/v1/checkouts/client/{}/confirm", location.rsplit('/').next().unwrap())
}

#[test]
fn a_malformed_address_in_a_checkout_link_is_ignored() {
    let polar = Polar::start().unwrap();
    let confirm = open_prefilled(&polar, "a");
    assert_eq!(send(&polar, "POST", &confirm, &json!({})).json()["error"], "PolarRequestValidationError");
    let confirm = open_prefilled(&polar, "new@example.com");
    assert_eq!(send(&polar, "POST", &confirm, &json!({})).json()["customer_email"], "new@example.com");
}

#[test]
fn grants_are_filtered_by_known_types() {
    let polar = Polar::start().unwrap();
    let bought = send(&polar, "POST", &open(&polar, DEMO_LINK), &json!({ "customer_email": "new@example.com" }));
    polar.run_worker();
    let token = bought.json()["customer_session_token"].as_str().unwrap().to_owned();
    let list = |query: &str| call_as(&token, &polar, "GET", &format!("{GRANTS}?{query}"), &Value::Null);
    let count = |query: &str| list(query).json()["pagination"]["total_count"].clone();
    assert_eq!((count("type=license_keys"), count("type=discord")), (json!(1), json!(0)));
    assert_eq!(count("type=discord&type=license_keys&type=discord"), 1);
    for query in ["type=nonsense", "type=", "type=License_keys", "type=license_keys&type=nonsense"] {
        let reply = list(query);
        assert_refused(&reply, "enum", &json!(["query", "type", "str-enum[BenefitType]"]), query);
    }
}
