//! Calls each typed function of the blocking client once, with real HTTP requests. The stories in
//! `tests/scenarios/portal` call the same operations by their names.

use super::{EMAIL, Story, licensed};
use mock_polar::{DEMO_INVITATION, DEMO_LINK, Fault, NewKey};
use polar_license::portal::{CodeRequest, ConfirmedByUser, Devices, KeyStatus, Restored, Stage};
use polar_license::{Deactivated, ErrorKind, Reason};
use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

const HALF_AN_HOUR: Duration = Duration::from_secs(1800);

#[test]
fn a_lost_key_of_a_dead_machine_is_restored_and_replaced() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1));
    story.active_elsewhere(&key, "A dead machine");
    let portal = story.client.portal();
    let CodeRequest::Sent(code) = portal.request_code(EMAIL).unwrap() else { panic!("one customer") };
    assert!(code.email() == EMAIL && code.message().contains(EMAIL));
    // The code is entered as people type it.
    let session = portal.authenticate(&format!(" {} ", story.code().to_lowercase())).unwrap();
    let Restored::NoSeat(full) = session.restore().unwrap() else { panic!("the only seat is taken") };
    assert_eq!((full.error.kind(), full.error.reason()), (ErrorKind::Refused, Some(Reason::ActivationLimit)));
    let Devices::Listed(devices) = session.devices(&full.key).unwrap() else { panic!("the devices are listed") };
    assert!(devices[0].label() == "A dead machine" && !devices[0].is_this());
    assert!(devices[0].since().to_string().starts_with("2026-11-21"));
    assert_eq!(session.release(&full.key, &devices[0]).unwrap(), Deactivated::Released);
    assert!(licensed(session.activate(&full.key).unwrap()).allowed());
    let keys = session.usable_keys().unwrap();
    assert_eq!((keys[0].status(), keys[0].limit_activations()), (KeyStatus::Granted, Some(1)));
    assert!(keys[0].is_here() && keys[0].benefit_id().to_string() == mock_polar::DEMO_BENEFIT_PRO);
    let new = session.rotate(&keys[0], ConfirmedByUser).unwrap();
    assert_ne!(new.masked(), keys[0].masked());
    assert_eq!(session.license_keys().unwrap()[0].masked(), new.masked());
    story.polar.fault(Fault::server_error(502));
    let claimed = portal.claim_seat("ABC").unwrap_err();
    assert!(claimed.kind().is_unreachable() && claimed.maybe_applied());
}

#[test]
fn a_purchase_is_followed_and_an_invitation_accepted() {
    let story = Story::begin();
    let portal = story.client.portal();
    let checkout = portal.checkout(DEMO_LINK).unwrap();
    let secret = checkout.address().rsplit('/').next().unwrap();
    assert_eq!(portal.checkout_from_secret(secret).unwrap().address(), checkout.address());
    assert_eq!(checkout.follow(HALF_AN_HOUR, |_| Break(())).unwrap_err().kind(), ErrorKind::Cancelled);
    drop(story.polar.pay(secret, EMAIL));
    let waits = |progress: polar_license::portal::Progress| {
        assert_ne!(progress.stage(), Stage::Open);
        story.pass(progress.next_in());
        Continue(())
    };
    let purchase = checkout.follow(HALF_AN_HOUR, waits).unwrap();
    assert!(matches!(&purchase.code, CodeRequest::Sent(code) if code.email() == EMAIL));
    let session = portal.authenticate(&story.code()).unwrap();
    assert!(licensed(session.restore_purchase(&purchase, waits).unwrap()).allowed());
    let session = portal.claim_seat(DEMO_INVITATION).unwrap();
    assert!(licensed(session.restore_when_granted(waits).unwrap()).allowed());
}

#[test]
fn one_of_several_customers_with_the_same_address_is_chosen() {
    let seed = mock_polar::Seed::from_json(include_str!("two-customers.json")).unwrap();
    let story = Story::with(mock_polar::MockPolar::builder().seed(seed).start().unwrap());
    let portal = story.client.portal();
    let CodeRequest::Choose(choice) = portal.request_code(EMAIL).unwrap() else { panic!("two customers") };
    let names: Vec<_> = choice.customers().iter().map(|customer| customer.name()).collect();
    assert_eq!((names, choice.email()), (vec![Some("Studio Nord"), None], EMAIL));
    let sent = portal.request_code_for(&choice, &choice.customers()[1]).unwrap();
    assert!(matches!(sent, CodeRequest::Sent(_)));
    assert!(portal.authenticate(&story.code()).unwrap().license_keys().unwrap().is_empty());
}
