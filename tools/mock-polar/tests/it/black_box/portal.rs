//! Tests the customer portal: codes, tokens, keys, devices, seats and purchases.

use std::time::Duration;

use mock_polar::{
    DEMO_EMAIL, DEMO_INVITATION, DEMO_KEY_ONE_DEVICE, DEMO_KEY_REVOKED, DEMO_LINK, DEMO_LINK_PAID, DEMO_MEMBERS,
    DEMO_MEMBERS_ORGANIZATION, DEMO_VENDOR_TOKEN, NewKey, Status,
};
use serde_json::{Value, json};

use super::polar::Polar;
use crate::wire::{
    AUTHENTICATE, KEYS, REQUEST_CODE, Reply, activate, call, call_as, deactivate, exchange, open_checkout, validate,
    validate_with,
};

fn post(polar: &Polar, path: &str, token: Option<&str>, body: &Value) -> Reply {
    match token {
        Some(token) => call_as(token, polar, "POST", path, body),
        None => call(polar, "POST", path, &[], &body.to_string()),
    }
}

fn get(polar: &Polar, path: &str, token: &str) -> Reply {
    call_as(token, polar, "GET", path, &Value::Null)
}

fn request_code(polar: &Polar, email: &str, organization: &str) -> Reply {
    post(polar, REQUEST_CODE, None, &json!({ "email": email, "organization_id": organization }))
}

fn authenticate(polar: &Polar, code: &str) -> Reply {
    post(polar, AUTHENTICATE, None, &json!({ "code": code }))
}

/// Requests a code by mail, exchanges it for a token, and returns the token.
fn log_in(polar: &Polar, email: &str, organization: &str) -> String {
    assert_eq!(request_code(polar, email, organization).status, 202);
    let mail = polar.mails().pop().expect("a mail");
    authenticate(polar, &mail.code.unwrap()).json()["token"].as_str().unwrap().to_owned()
}

fn items(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["items"].as_array().unwrap().clone()
}

fn id_of(polar: &Polar, key: &str) -> String {
    polar.key(key).id
}

#[test]
fn a_lost_key_is_found_by_a_code() {
    let polar = Polar::start().unwrap();
    let organization = polar.organization();
    assert_eq!(request_code(&polar, " Ottilie.Quillfeather@EXAMPLE.com ", &organization).json(), json!(null));
    let mail = &polar.mails()[0];
    assert_eq!(mail.subject, "Access your demo purchases");
    assert!(
        mail.to.eq_ignore_ascii_case(DEMO_EMAIL) && mail.url == format!("{}/demo/portal/authenticate", polar.url())
    );
    let code = mail.code.clone().unwrap();
    if code != code.to_lowercase() {
        assert_eq!(authenticate(&polar, &code.to_lowercase()).status, 401);
    }
    let token = authenticate(&polar, &code).json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("polar_cst_"));
    let again = authenticate(&polar, &code);
    assert_eq!((again.status, &again.json()["error"]), (401, &json!("CustomerSessionCodeInvalidOrExpired")));
    let keys = items(&get(&polar, KEYS, &token));
    assert_eq!(keys.len(), 7, "all but another customer's");
    assert!(keys.iter().any(|key| key["key"] == DEMO_KEY_ONE_DEVICE) && keys[0].get("activations").is_none());
    let reply = post(&polar, &format!("{KEYS}validate"), None, &json!({}));
    assert_eq!(reply.status, 422, "the endpoints of keys are still beside it");
}

#[test]
fn nobody_learns_whether_an_address_is_known() {
    let polar = Polar::start().unwrap();
    let unknown = "a0010000-0000-4000-8000-00000000000f".to_owned();
    for (email, organization) in [
        ("nobody@example.com", polar.organization()),
        (DEMO_EMAIL, unknown),
        (DEMO_EMAIL, DEMO_MEMBERS_ORGANIZATION.to_owned()),
    ] {
        let reply = request_code(&polar, email, &organization);
        assert_eq!((reply.status, reply.json()), (202, json!(null)), "{email}");
    }
    assert!(polar.mails().is_empty());
    for email in
        ["ada", "@example.com", "ada@", "ada@localhost", "ada@nosuchdomain.example.org", "ada@nomail.example.com"]
    {
        let reply = request_code(&polar, email, &polar.organization());
        assert_eq!((reply.status, &reply.json()["detail"][0]["loc"]), (422, &json!(["body", "email"])), "{email}");
    }
}

#[test]
fn codes_last_half_an_hour_and_tokens_an_hour() {
    let polar = Polar::start().unwrap();
    let token = log_in(&polar, DEMO_EMAIL, &polar.organization());
    request_code(&polar, DEMO_EMAIL, &polar.organization());
    let code = polar.mails()[1].code.clone().unwrap();
    let introspected = get(&polar, "/v1/customer-portal/customer-session/introspect", &token).json();
    assert!(introspected["expires_at"].as_str().unwrap() > polar.now().to_string().as_str());
    polar.advance_clock(Duration::from_secs(1801));
    assert_eq!(authenticate(&polar, &code).status, 401);
    assert_eq!(get(&polar, KEYS, &token).status, 200);
    polar.advance_clock(Duration::from_secs(1800));
    let expired = get(&polar, KEYS, &token);
    assert_eq!((expired.status, &expired.json()["error"]), (401, &json!("invalid_token")));
}

#[test]
fn with_an_invalid_token_requests_fail_that_need_none() {
    let polar = Polar::start().unwrap();
    let body = json!({ "key": DEMO_KEY_ONE_DEVICE, "organization_id": polar.organization() });
    let path = format!("{KEYS}validate");
    assert_eq!(post(&polar, &path, Some("polar_cst_garbage"), &body).status, 401);
    let token = polar.customer_token(DEMO_EMAIL);
    assert_eq!(post(&polar, &path, Some(&token), &body).status, 200);
    assert_eq!(get(&polar, KEYS, DEMO_VENDOR_TOKEN).json()["error"], "Unauthorized");
}

#[test]
fn lists_have_pages() {
    let polar = Polar::start().unwrap();
    for _ in 0..100 {
        polar.add_key(NewKey::new("pro").email("many@example.com"));
    }
    polar.add_key(NewKey::new("basic").email("many@example.com"));
    let token = polar.customer_token("many@example.com");
    let page = |query: &str| get(&polar, &format!("{KEYS}{query}"), &token);
    let pages = |query: &str| page(query).json()["pagination"].clone();
    assert_eq!(items(&page("")).len(), 10);
    assert_eq!(pages("?limit=1000"), json!({ "total_count": 101, "max_page": 2 }));
    assert_eq!((items(&page("?limit=1000")).len(), items(&page("?limit=100&page=2")).len()), (100, 1));
    assert!(items(&page("?page=99")).is_empty());
    let basic = polar.benefit("basic");
    assert_eq!(items(&page(&format!("?benefit_id=x&benefit_id={basic}&organization_id=y"))).len(), 1);
    for wrong in ["?page=0", "?limit=0", "?page=x", "?benefit_id=pro"] {
        let reply = page(wrong);
        assert_eq!((reply.status, &reply.json()["detail"][0]["loc"][0]), (422, &json!("query")), "{wrong}");
    }
}

#[test]
fn a_dead_devices_seat_is_found_and_freed() {
    let polar = Polar::start().unwrap();
    activate(&polar, DEMO_KEY_ONE_DEVICE);
    assert_eq!(activate(&polar, DEMO_KEY_ONE_DEVICE).status, 403);
    let token = polar.customer_token(DEMO_EMAIL);
    let path = format!("{KEYS}{}", id_of(&polar, DEMO_KEY_ONE_DEVICE));
    let activations = || get(&polar, &path, &token).json()["activations"].as_array().unwrap().clone();
    let device = &activations()[0];
    assert_eq!((&device["label"], device.get("conditions")), (&json!("test device"), None));
    polar.show_activations("pro", false);
    assert!(activations().is_empty(), "hidden, which looks like none");
    let id = device["id"].as_str().unwrap();
    assert_eq!(deactivate(&polar, DEMO_KEY_ONE_DEVICE, id).status, 204, "also while hidden");
    assert_eq!(activate(&polar, DEMO_KEY_ONE_DEVICE).status, 200);
    for (path, status) in [(format!("{KEYS}de300000-0000-4000-8000-000000001004"), 404), (format!("{KEYS}x"), 422)] {
        assert_eq!(get(&polar, &path, &token).status, status, "{path}");
    }
}

#[test]
fn rotating_gives_another_key_each_time() {
    let polar = Polar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").prefix("MYAPP").limit_activations(1).email(DEMO_EMAIL));
    let seat = activate(&polar, &key).json()["id"].as_str().unwrap().to_owned();
    let token = polar.customer_token(DEMO_EMAIL);
    let path = format!("{KEYS}{}/rotate", id_of(&polar, &key));
    let rotate = || post(&polar, &path, Some(&token), &json!({})).json()["key"].as_str().unwrap().to_owned();
    let (first, second) = (rotate(), rotate());
    assert!(first != second && second.starts_with("MYAPP-"));
    assert_eq!((validate(&polar, &key).status, validate(&polar, &first).status), (404, 404));
    assert_eq!(validate_with(&polar, &second, json!({ "activation_id": seat })).status, 200);
    let revoked = format!("{KEYS}{}/rotate", id_of(&polar, DEMO_KEY_REVOKED));
    assert_eq!(post(&polar, &revoked, Some(&token), &json!({})).json()["error"], "RotateNotPermitted");
}

#[test]
fn members_have_their_own_tokens_and_see_their_own_keys() {
    let polar = Polar::start().unwrap();
    let [owner, _, member] = DEMO_MEMBERS;
    let key = polar.add_key(NewKey::new("studio").email(member));
    let token = log_in(&polar, member, DEMO_MEMBERS_ORGANIZATION);
    assert!(token.starts_with("polar_mst_"));
    let user = get(&polar, "/v1/customer-portal/customer-session/user", &token).json();
    assert_eq!((&user["type"], &user["role"], &user["email"]), (&json!("member"), &json!("member"), &json!(member)));
    assert_eq!(items(&get(&polar, KEYS, &token))[0]["key"], key.as_str());
    let owners = log_in(&polar, owner, DEMO_MEMBERS_ORGANIZATION);
    assert!(items(&get(&polar, KEYS, &owners)).is_empty(), "the owner too sees only her own");
    let refused = get(&polar, "/v1/customer-portal/orders/", &token);
    assert_eq!((refused.status, &refused.json()["error"]), (403, &json!("NotPermitted")));
    assert_eq!(get(&polar, "/v1/customer-portal/members", &owners).json()["items"].as_array().unwrap().len(), 3);
}

#[test]
fn a_member_of_several_customers_has_to_choose() {
    let seed = r#"{
        "organizations": { "main": { "id": "a0010000-0000-4000-8000-000000000001", "members": true } },
        "benefits": { "pro": "b0010000-0000-4000-8000-000000000001" },
        "customers": {
            "one": { "id": "c0010000-0000-4000-8000-000000000001", "name": "One" },
            "two": { "id": "c0010000-0000-4000-8000-000000000002", "type": "team" },
            "solo": { "id": "c0010000-0000-4000-8000-000000000003", "email": "solo@example.com" }
        },
        "keys": [],
        "members": [
            { "customer_id": "c0010000-0000-4000-8000-000000000001", "email": "mia@example.com", "role": "owner" },
            { "customer_id": "c0010000-0000-4000-8000-000000000002", "email": "mia@example.com" }
        ]
    }"#;
    let polar = Polar::builder().seed(seed).start().unwrap();
    let organization = polar.organization();
    let choice = request_code(&polar, "mia@example.com", &organization);
    assert_eq!((choice.status, &choice.json()["error"]), (409, &json!("customer_selection_required")));
    let customers = choice.json()["customers"].clone();
    assert_eq!((&customers[0]["name"], &customers[1]["name"]), (&json!("One"), &json!(null)));
    assert!(polar.mails().is_empty());
    for (customer, mails) in [(&customers[1]["id"], 1), (&json!("c0010000-0000-4000-8000-000000000003"), 1)] {
        let body = json!({ "email": "mia@example.com", "organization_id": organization, "customer_id": customer });
        assert_eq!(post(&polar, REQUEST_CODE, None, &body).status, 202);
        assert_eq!(polar.mails().len(), mails, "{customer}");
    }
    let token = log_in(&polar, "solo@example.com", &organization);
    let user = get(&polar, "/v1/customer-portal/customer-session/user", &token).json();
    assert_eq!(user["role"], "owner", "made for the customer's own address");
}

#[test]
fn an_invitation_gives_a_token_once_and_the_key_comes_later() {
    let polar = Polar::start().unwrap();
    polar.freeze_clock(polar.now());
    let info = get(&polar, &format!("/v1/customer-seats/claim/{DEMO_INVITATION}"), DEMO_VENDOR_TOKEN).json();
    assert_eq!((&info["product_name"], &info["can_claim"]), (&json!("Team"), &json!(true)));
    let claim = || post(&polar, "/v1/customer-seats/claim", None, &json!({ "invitation_token": DEMO_INVITATION }));
    let token = claim().json()["customer_session_token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("polar_mst_"));
    assert_eq!((claim().status, &claim().json()["error"]), (400, &json!("InvalidInvitationToken")));
    assert!(items(&get(&polar, KEYS, &token)).is_empty());
    polar.advance_clock(Duration::from_secs(1));
    let key = items(&get(&polar, KEYS, &token))[0]["key"].as_str().unwrap().to_owned();
    assert_eq!(validate(&polar, &key).status, 200);
    let buyer = polar.customer_token(DEMO_EMAIL);
    let me = get(&polar, "/v1/customer-portal/customers/me", &token).json();
    assert_eq!(me["email"], DEMO_EMAIL, "the token of a seat speaks for the buyer");
    let seats = "/v1/customer-portal/seats?order_id=de300000-0000-4000-8000-0000000000d1";
    let listed = get(&polar, seats, &buyer).json();
    assert_eq!((&listed["available_seats"], &listed["total_seats"]), (&json!(2), &json!(3)));
    let seat = format!("/v1/customer-portal/seats/{}", listed["seats"][0]["id"].as_str().unwrap());
    assert_eq!(call_as(&token, &polar, "DELETE", &seat, &Value::Null).status, 403, "its holder may not");
    assert_eq!(call_as(&buyer, &polar, "DELETE", &seat, &Value::Null).json()["status"], "revoked");
    polar.run_worker();
    assert_eq!((validate(&polar, &key).status, polar.key(&key).status), (404, Status::Revoked));
}

#[test]
fn an_assigned_seat_sends_an_invitation() {
    let polar = Polar::start().unwrap();
    let buyer = polar.customer_token(DEMO_EMAIL);
    let order = "de300000-0000-4000-8000-0000000000d1";
    let assign = |email: &str| {
        post(&polar, "/v1/customer-portal/seats", Some(&buyer), &json!({ "order_id": order, "email": email }))
    };
    assert_eq!(assign("pia@example.com").json()["status"], "pending");
    let mail = polar.mails().pop().unwrap();
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("pia@example.com", "You've been invited to access Team"));
    let token = mail.invitation_token.unwrap();
    assert!(mail.url.ends_with(&format!("/demo/portal/claim?token={token}")));
    assert_eq!(post(&polar, "/v1/customer-seats/claim", None, &json!({ "invitation_token": token })).status, 200);
    assert_eq!((assign("quin@example.com").status, assign("ria@example.com").status), (200, 400), "three seats");
    let late = polar.mails().pop().unwrap().invitation_token.unwrap();
    polar.advance_clock(Duration::from_secs(24 * 3600));
    assert_eq!(post(&polar, "/v1/customer-seats/claim", None, &json!({ "invitation_token": late })).status, 400);
}

fn checkout(polar: &Polar, secret: &str) -> Reply {
    exchange(polar.address(), "GET", &format!("/v1/checkouts/client/{secret}"), &[], b"").unwrap()
}

fn confirm(polar: &Polar, secret: &str, email: &str) -> Reply {
    let body = json!({ "customer_email": email, "customer_billing_address": { "country": "FR" } });
    post(polar, &format!("/v1/checkouts/client/{secret}/confirm"), None, &body)
}

#[test]
fn a_free_product_is_bought_and_its_key_comes_after_a_second() {
    let polar = Polar::start().unwrap();
    polar.freeze_clock(polar.now());
    let secret = open_checkout(&polar, DEMO_LINK);
    let page = exchange(polar.address(), "GET", &format!("/checkout/{secret}"), &[], b"").unwrap();
    assert_eq!((page.status, &checkout(&polar, &secret).json()["status"]), (200, &json!("open")));
    let confirmed = confirm(&polar, &secret, "new@example.com").json();
    assert_eq!(confirmed["status"], "confirmed");
    let token = confirmed["customer_session_token"].as_str().unwrap().to_owned();
    let grants = format!(
        "/v1/customer-portal/benefit-grants/?type=license_keys&checkout_id={}",
        confirmed["id"].as_str().unwrap()
    );
    assert!(items(&get(&polar, &grants, &token)).is_empty());
    assert!(checkout(&polar, &secret).json().get("customer_session_token").is_none(), "only once");
    polar.advance_clock(Duration::from_secs(1));
    assert_eq!(checkout(&polar, &secret).json()["status"], "succeeded");
    let grant = items(&get(&polar, &grants, &token))[0].clone();
    let id = grant["properties"]["license_key_id"].as_str().unwrap();
    let key = get(&polar, &format!("{KEYS}{id}"), &token).json();
    assert_eq!((&key["status"], &key["limit_activations"]), (&json!("granted"), &json!(2)));
    let again = confirm(&polar, &secret, "new@example.com");
    assert_eq!((again.status, &again.json()["error"]), (403, &json!("NotOpenCheckout")));
    polar.advance_clock(Duration::from_secs(24 * 3600));
    assert_eq!(checkout(&polar, &secret).status, 410, "also when it was paid");
}

#[test]
fn a_key_may_come_minutes_after_the_purchase() {
    let polar = Polar::start().unwrap();
    polar.freeze_clock(polar.now());
    polar.delay_purchases(Duration::from_secs(180));
    let secret = open_checkout(&polar, DEMO_LINK);
    let token =
        confirm(&polar, &secret, "new@example.com").json()["customer_session_token"].as_str().unwrap().to_owned();
    polar.advance_clock(Duration::from_secs(179));
    assert_eq!(
        (checkout(&polar, &secret).json()["status"].clone(), items(&get(&polar, KEYS, &token)).len()),
        (json!("confirmed"), 0)
    );
    polar.advance_clock(Duration::from_secs(1));
    assert_eq!(items(&get(&polar, KEYS, &token)).len(), 1);
}

#[test]
fn a_known_address_gets_no_token_from_a_purchase() {
    let polar = Polar::start().unwrap();
    let bought = confirm(&polar, &open_checkout(&polar, DEMO_LINK), &DEMO_EMAIL.to_uppercase());
    assert_eq!((bought.status, &bought.json()["customer_session_token"]), (200, &json!(null)));
    polar.run_worker();
    let token = log_in(&polar, DEMO_EMAIL, &polar.organization());
    assert_eq!(items(&get(&polar, KEYS, &token)).len(), 8, "a code shows the new key too");
}

#[test]
fn a_paid_product_needs_a_browser() {
    let polar = Polar::start().unwrap();
    let secret = open_checkout(&polar, DEMO_LINK_PAID);
    assert_eq!(confirm(&polar, &secret, "new@example.com").status, 422);
    let purchase = polar.pay(&secret, "new@example.com");
    let token = purchase.customer_session_token.unwrap();
    let page = format!("{}/checkout/{secret}/confirmation?customer_session_token={token}", polar.url());
    assert_eq!(purchase.success_url, page);
    polar.run_worker();
    assert_eq!(items(&get(&polar, KEYS, &token)).len(), 1);
    let second = polar.pay(&open_checkout(&polar, DEMO_LINK_PAID), "new@example.com");
    assert!(second.customer_session_token.is_none() && !second.success_url.contains("token"));
}

#[test]
fn a_vendors_backend_hands_over_tokens_and_success_urls() {
    let polar = Polar::start().unwrap();
    let body = json!({ "customer_id": "de300000-0000-4000-8000-0000000000c1" });
    let session = post(&polar, "/v1/customer-sessions/", Some(DEMO_VENDOR_TOKEN), &body);
    assert_eq!(session.status, 201);
    let token = session.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(items(&get(&polar, KEYS, &token)).len(), 7);
    let body = json!({
        "products": ["de300000-0000-4000-8000-0000000000f1"],
        "success_url": "http://127.0.0.1:47123/polar?checkout_id={CHECKOUT_ID}",
    });
    let created = post(&polar, "/v1/checkouts/", Some(DEMO_VENDOR_TOKEN), &body).json();
    let expected = format!("http://127.0.0.1:47123/polar?checkout_id={}", created["id"].as_str().unwrap());
    assert_eq!(created["success_url"], expected.as_str());
    let purchase = polar.pay(created["client_secret"].as_str().unwrap(), "new@example.com");
    assert!(purchase.success_url.starts_with(&format!("{expected}&customer_session_token=polar_cst_")));
    let custom = json!({ "products": ["de300000-0000-4000-8000-0000000000f1"], "success_url": "myapp://bought" });
    assert_eq!(post(&polar, "/v1/checkouts/", Some(DEMO_VENDOR_TOKEN), &custom).status, 422);
    assert_eq!(post(&polar, "/v1/checkouts/", Some(&token), &body).status, 401);
}

#[test]
fn an_organization_says_whether_it_has_members() {
    let polar = Polar::start().unwrap();
    let has_members = |slug: &str| {
        let path = format!("/v1/customer-portal/organizations/{slug}");
        let page = exchange(polar.address(), "GET", &path, &[], b"").unwrap().json();
        page["organization"]["organization_features"]["member_model_enabled"].clone()
    };
    assert_eq!((has_members("DEMO"), has_members("demo-team")), (json!(false), json!(true)));
    assert_eq!(has_members("nope"), json!(null));
}

#[test]
fn mails_can_be_late() {
    let polar = Polar::start().unwrap();
    polar.delay_mails(Duration::from_secs(60));
    request_code(&polar, DEMO_EMAIL, &polar.organization());
    assert!(polar.mails().is_empty() && !polar.wait_for_mails(1, Duration::from_millis(1)));
    polar.advance_clock(Duration::from_secs(60));
    assert!(polar.wait_for_mails(1, crate::wire::TIMEOUT), "the worker runs between requests too");
}

#[test]
fn members_are_personal_data_too() {
    let personal = Polar::start().unwrap().personal_data();
    for address in DEMO_MEMBERS.into_iter().chain([DEMO_EMAIL]) {
        assert!(personal.contains(&address.to_owned()), "{address}");
    }
}
