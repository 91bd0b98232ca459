//! The customer reads the app's sentences: those of both German catalogues, which the app passes.

use super::{EMAIL, Story, licensed};
use mock_polar::{DEMO_LINK, Endpoint, Fault, MockPolar, NewKey};
use polar_license::blocking::SuccessPage;
use polar_license::portal::{CodeRequest, ConfirmedByUser, Devices, Restored};
use polar_license::{Deactivated, Error};
use std::collections::BTreeMap;
use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

const CATALOGUES: [&str; 2] = [include_str!("../../texts/de.json"), include_str!("../../texts/portal.de.json")];
const MINUTE: Duration = Duration::from_secs(60);

fn begin() -> Story {
    let polar = MockPolar::start().unwrap();
    Story::configured(polar, |config| CATALOGUES.into_iter().fold(config, |config, texts| config.texts(texts)))
}

/// Returns the translator's sentence for this code.
fn german(code: &str) -> String {
    let find = |catalogue| serde_json::from_str::<BTreeMap<String, String>>(catalogue).unwrap().remove(code);
    CATALOGUES.into_iter().find_map(find).unwrap_or_else(|| panic!("`{code}` is in no catalogue"))
}

#[track_caller]
fn says<T>(result: Result<T, Error>, code: &str) {
    let Err(error) = result else { panic!("it succeeded") };
    assert_eq!(error.message(), german(code), "{error:?}");
}

#[test]
fn a_customer_who_lost_the_key_reads_german() {
    let story = begin();
    let deleted = story.bought(NewKey::new("pro"));
    story.polar.delete(&deleted);
    let portal = story.client.portal();
    says(portal.request_code("iona"), "portal.not_an_address");
    says(portal.request_code("iona@nosuchdomain.example.org"), "portal.wrong_address");
    let CodeRequest::Sent(sent) = portal.request_code(EMAIL).unwrap() else { panic!("one customer") };
    assert_eq!(sent.message(), german("portal.code_sent").replace("{email}", EMAIL));
    says(portal.authenticate("AAA-AAA"), "portal.not_a_code");
    says(portal.authenticate("AAAAAA"), "portal.wrong_code");
    says(portal.claim_seat("?"), "portal.not_an_invitation");
    says(portal.claim_seat("ABC"), "portal.invitation_over");
    let session = story.session();
    says(session.restore(), "portal.no_key");
    says(session.restore_when_granted(|_| Break(())), "error.cancelled");
    let wrong = portal.session_from_token("secret").unwrap_err();
    assert!(wrong.message().starts_with("Diese App hat einen Fehler gemacht: "), "{wrong:?}");
    let down = story.polar.fault(Fault::server_error(502));
    says(session.license_keys(), "error.server");
    let maybe = portal.claim_seat("ABC").unwrap_err();
    assert_eq!(maybe.message(), format!("{} {}", german("error.server"), german("portal.maybe_claimed")));
    story.polar.clear_fault(down);
    story.pass(MINUTE * 60);
    says(session.restore(), "portal.session_over");
}

#[test]
fn too_many_codes_are_refused_in_german() {
    let story = begin();
    let portal = story.client.portal();
    for _ in 0..2 {
        drop(portal.request_code(EMAIL).unwrap());
    }
    let early = portal.request_code(EMAIL).unwrap_err();
    let wait = early.retry_after().unwrap();
    let seconds = wait.as_millis().div_ceil(1000).to_string();
    assert_eq!(early.message(), german("portal.too_many_codes_seconds").replace("{seconds}", &seconds));
    story.pass(wait - Duration::from_millis(1));
    says(portal.request_code(EMAIL), "portal.too_many_codes_second");
    story.pass(Duration::from_secs(1));
    // Polar's own limit
    let blocks = Fault::reply(429, "application/json", "{}").on(Endpoint::RequestCode);
    story.polar.fault(blocks);
    let blocked = portal.request_code(EMAIL).unwrap_err();
    assert_eq!(blocked.message(), german("portal.too_many_codes_minutes").replace("{minutes}", "15"));
    story.polar.fault(Fault::rate_limited(892).on(Endpoint::ClaimSeat).once());
    let blocked = portal.claim_seat("ABC").unwrap_err();
    assert_eq!(blocked.message(), german("error.busy_minutes").replace("{minutes}", "15"));
    for (seconds, code) in [(60, "error.busy_seconds"), (1, "error.busy_second")] {
        story.polar.fault(Fault::rate_limited(seconds).on(Endpoint::ClaimSeat).once());
        let blocked = portal.claim_seat("ABC").unwrap_err();
        assert_eq!(blocked.message(), german(code).replace("{seconds}", "60"));
    }
}

#[test]
fn a_customer_who_manages_devices_reads_german() {
    let story = begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1));
    story.polar.show_activations("pro", false);
    let session = story.session();
    let keys = session.license_keys().unwrap();
    let Devices::Hidden(none) = session.devices(&keys[0]).unwrap() else { panic!("nobody can tell") };
    assert_eq!(none.message(), german("portal.devices_unknown"));
    story.active_elsewhere(&key, "The laptop that fell into the lake");
    let Restored::NoSeat(full) = session.restore().unwrap() else { panic!("there is one seat, and it is taken") };
    assert_eq!(full.error.message(), german("refused.activation_limit"));
    let Devices::Hidden(hidden) = full.devices else { panic!("they are hidden") };
    assert_eq!(hidden.message(), german("portal.devices_hidden"));
    story.polar.show_activations("pro", true);
    let Devices::Listed(devices) = session.devices(&full.key).unwrap() else { panic!("they are shown") };
    let down = story.polar.fault(Fault::server_error(502));
    let lost = session.release(&full.key, &devices[0]).unwrap_err();
    assert_eq!(lost.message(), format!("{} {}", german("error.server"), german("portal.maybe_released")));
    story.polar.clear_fault(down);
    story.pass(MINUTE);
    assert_eq!(session.release(&full.key, &devices[0]).unwrap(), Deactivated::Released);
    licensed(session.restore().unwrap());
    story.polar.fault(Fault::drop_connection().on(Endpoint::RotateKey).once());
    let lost = session.rotate(&full.key, ConfirmedByUser).unwrap_err();
    assert_eq!(lost.message(), format!("{} {}", german("error.network"), german("portal.maybe_rotated")));
    story.polar.revoke(&key);
    says(session.rotate(&full.key, ConfirmedByUser), "portal.not_possible");
}

#[test]
fn a_buyer_reads_german() {
    let story = begin();
    let portal = story.client.portal();
    let checkout = portal.checkout(DEMO_LINK).unwrap();
    let pass = |progress: polar_license::portal::Progress| {
        story.pass(progress.next_in());
        Continue(())
    };
    says(checkout.follow(MINUTE, pass), "portal.not_completed");
    story.polar.fault(Fault::reply(200, "application/json", NO_GRANT).on(Endpoint::ListGrants));
    drop(story.polar.pay(checkout.address().rsplit('/').next().unwrap(), EMAIL));
    let purchase = checkout.follow(MINUTE, pass).unwrap();
    let session = portal.authenticate(&story.code()).unwrap();
    says(session.restore_purchase(&purchase, pass), "portal.key_late");
    let old = portal.checkout(DEMO_LINK).unwrap();
    story.pass(MINUTE * 60 * 24);
    says(old.follow(MINUTE, pass), "portal.checkout_expired");
    let page = SuccessPage::listen(0).unwrap();
    says(portal.session_from_page(&page, Duration::ZERO), "portal.not_returned");
}

const NO_GRANT: &str = r#"{"items":[],"pagination":{"total_count":0,"max_page":0}}"#;
