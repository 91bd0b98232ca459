//! Tests versions of the API that are added and removed while the server runs.

use std::collections::BTreeSet;

use mock_polar::{
    ApiVersion, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_MEMBERS, DEMO_MEMBERS_ORGANIZATION, Endpoint, NewKey,
};
use serde_json::{Value, json};

use super::polar::Polar;
use crate::wire::{Reply, activate, call, path, post, validate};

/// Validates a key with a request that names this version of the API.
fn validate_in(polar: &Polar, version: &str, headers: &[(&str, &str)]) -> Reply {
    let body = json!({ "key": DEMO_KEY_PLAIN, "organization_id": polar.organization() }).to_string();
    call(polar, "POST", path(Endpoint::Validate), &[&[("Polar-Version", version)], headers].concat(), &body)
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn a_key_shows_in_each_version_what_polar_declares() {
    let of_a_member = ["member", "member_id"].map(str::to_owned);
    let of_the_sale = ["order", "order_id", "subscription", "subscription_id"].map(str::to_owned);
    let [mut validated, mut activated] = [Vec::new(), Vec::new()];
    for version in ApiVersion::KNOWN {
        let polar = Polar::builder().api_version(version).start().unwrap();
        let reply = validate(&polar, DEMO_KEY_PLAIN);
        assert_eq!(reply.header("polar-version"), Some(version.to_string().as_str()));
        validated.push(names(&reply.json()));
        activated.push(names(&activate(&polar, DEMO_KEY_ONE_DEVICE).json()["license_key"]));
    }
    let added = |names: &[BTreeSet<String>], at: usize| {
        assert!(names[at - 1].is_subset(&names[at]), "a version takes nothing away");
        names[at].difference(&names[at - 1]).cloned().collect::<Vec<_>>()
    };
    assert_eq!((added(&validated, 1), added(&validated, 2)), (of_a_member.to_vec(), of_the_sale.to_vec()));
    assert_eq!((added(&activated, 1), added(&activated, 2)), (of_a_member.to_vec(), vec![]));
}

#[test]
fn a_removed_version_is_a_bare_404_that_no_page_can_read() {
    let polar = Polar::builder().api_version(ApiVersion::V2026_04).start().unwrap();
    assert_eq!(validate_in(&polar, "2026-04", &[]).status, 200);
    polar.release_api_version("2027-01");
    polar.remove_api_version("2026-04");
    let reply = validate_in(&polar, "2026-04", &[("Origin", "https://app.example.com")]);
    assert_eq!((reply.status, reply.text().as_str()), (404, r#"{"detail":"Not Found"}"#));
    assert_eq!((reply.header("polar-version"), reply.header("access-control-allow-origin")), (None, None));
    assert_eq!(validate_in(&polar, "2026-10", &[]).header("polar-version"), Some("2026-10"));
    let current = validate(&polar, DEMO_KEY_PLAIN);
    assert_eq!((current.status, current.header("polar-version")), (200, Some("2027-01")));
    polar.reset();
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).header("polar-version"), Some("2026-04"));
}

#[test]
fn a_version_of_the_future_answers_like_the_newest_one_known() {
    let polar = Polar::start().unwrap();
    polar.release_api_version("2028-07");
    let reply = validate(&polar, DEMO_KEY_PLAIN);
    assert_eq!(reply.header("polar-version"), Some("2028-07"));
    assert_eq!(names(&reply.json()), names(&validate_in(&polar, "2027-01", &[]).json()));
}

#[test]
fn a_key_shows_who_has_it_and_what_it_was_sold_by() {
    let polar = Polar::builder().api_version(ApiVersion::V2027_01).start().unwrap();
    let [_, _, member] = DEMO_MEMBERS;
    let seat = polar.add_key(NewKey::new("studio").email(member));
    let named = json!({ "key": seat, "organization_id": DEMO_MEMBERS_ORGANIZATION });
    let shown = post(&polar, Endpoint::Validate, &named).json();
    assert_eq!(shown["member"]["email"], member);
    assert_eq!(shown["member"]["id"], shown["member_id"]);
    assert!(polar.personal_data().contains(&member.to_owned()));

    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).json()["subscription"], Value::Null);
    let subscription = json!({ "status": "past_due", "ends_at": "2027-03-01T00:00:00Z" });
    polar.change(DEMO_KEY_PLAIN, &json!({ "subscription": subscription, "order": { "status": "refunded" } }));
    let shown = validate(&polar, DEMO_KEY_PLAIN).json();
    let subscription = &shown["subscription"];
    assert_eq!((&subscription["status"], &subscription["id"]), (&json!("past_due"), &shown["subscription_id"]));
    assert_eq!(subscription["ends_at"], "2027-03-01T00:00:00Z");
    let members = ["cancel_at_period_end", "current_period_end", "current_period_start", "ends_at", "id", "status"];
    assert_eq!(names(subscription), members.map(str::to_owned).into());
    assert_eq!(names(&shown["order"]), ["created_at", "id", "paid", "status"].map(str::to_owned).into());
    assert_eq!(shown["order"]["status"], "refunded");
}
