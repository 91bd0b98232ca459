//! The customer's machine is dead, and holds the last seat.

use super::support::{app, open};
use super::{EMAIL, Story, licensed};
use mock_polar::{DEMO_LINK, Endpoint, Fault, NewKey};
use polar_license::blocking::{HttpTransport, Transport};
use polar_license::portal::{ConfirmedByUser, Devices, Restored};
use polar_license::transport::Request;
use polar_license::{Deactivated, Decision, ErrorKind, Reason};
use std::time::Duration;

#[test]
fn a_dead_machines_seat_is_listed_released_and_taken() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1));
    story.active_elsewhere(&key, "The laptop that fell into the lake");
    let session = story.session();
    let Restored::NoSeat(full) = session.restore().unwrap() else { panic!("there is one seat, and it is taken") };
    assert_eq!((full.error.kind(), full.error.reason()), (ErrorKind::Refused, Some(Reason::ActivationLimit)));
    let Devices::Listed(devices) = &full.devices else { panic!("they are shown") };
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].label(), "The laptop that fell into the lake");
    assert!(!devices[0].is_this() && devices[0].since().to_string().starts_with("2026-11-21"));
    assert_eq!(session.release(&full.key, &devices[0]).unwrap(), Deactivated::Released);
    assert_eq!(session.release(&full.key, &devices[0]).unwrap(), Deactivated::Unknown, "it is free already");
    assert!(licensed(session.activate(&full.key).unwrap()).allowed());
    let Devices::Listed(devices) = session.devices(&full.key).unwrap() else { panic!("they are shown") };
    assert!(devices.len() == 1 && devices[0].is_this());
    let released = story.polar.requests().into_iter().filter(|request| request.path.ends_with("/deactivate"));
    assert!(released.into_iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn this_device_is_released_as_by_a_deactivation() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    let keys = session.license_keys().unwrap();
    assert!(keys[0].is_here());
    let Devices::Listed(devices) = session.devices(&keys[0]).unwrap() else { panic!("they are shown") };
    assert_eq!(session.release(&keys[0], &devices[0]).unwrap(), Deactivated::Released);
    assert!(!session.license_keys().unwrap()[0].is_here());
    assert!(!story.client.current().allowed() && story.client.current().license().is_none());
    assert!(story.polar.activations(&key).is_empty());
}

#[test]
fn an_interrupted_activation_is_warned_of_until_its_seat_is_released() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(3));
    story.active_elsewhere(&key, "The laptop that fell into the lake");
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).once());
    assert!(story.client.activate(&key).unwrap_err().maybe_applied());
    let warns = |decision: Decision| decision.problem().is_some_and(|problem| problem.kind == ErrorKind::SeatUncertain);
    assert!(warns(story.client.activate(&key).unwrap()), "another activation does not tell what became of the first");
    let session = story.session();
    let keys = session.license_keys().unwrap();
    let Devices::Listed(devices) = session.devices(&keys[0]).unwrap() else { panic!("they are shown") };
    let [laptop, lost, here] = devices.as_slice() else { panic!("{devices:?}") };
    assert!(here.is_this() && lost.is_this() && !laptop.is_this());
    assert_eq!(session.release(&keys[0], laptop).unwrap(), Deactivated::Released);
    assert!(warns(story.client.current()), "the seat of another device was released");
    assert_eq!(session.release(&keys[0], lost).unwrap(), Deactivated::Released);
    assert!(story.client.current().allowed() && !warns(story.client.current()));
    let again = open(app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    assert!(again.current().allowed() && !warns(again.current()), "and it stays so");
}

#[test]
fn a_device_whose_release_was_not_answered_may_have_been_released() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1));
    story.active_elsewhere(&key, "The laptop that fell into the lake");
    let session = story.session();
    let Restored::NoSeat(full) = session.restore().unwrap() else { panic!("there is one seat, and it is taken") };
    let Devices::Listed(devices) = &full.devices else { panic!("they are shown") };
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Deactivate).once());
    let lost = session.release(&full.key, &devices[0]).unwrap_err();
    assert!(lost.maybe_applied() && lost.message().ends_with("The device may have been released all the same."));
    assert!(story.polar.activations(&key).is_empty(), "and it was");
}

#[test]
fn hidden_devices_say_so_and_name_the_page() {
    let story = Story::begin();
    let checkout = story.client.portal().checkout(DEMO_LINK).unwrap();
    drop(story.polar.pay(checkout.address().rsplit('/').next().unwrap(), EMAIL));
    story.polar.run_worker();
    let key = story.polar.keys().pop().unwrap().key;
    story.polar.set_limit_activations(&key, 1);
    story.polar.show_activations("pro", false);
    let session = story.session();
    let keys = session.license_keys().unwrap();
    let Devices::Hidden(none) = session.devices(&keys[0]).unwrap() else { panic!("nobody can tell") };
    assert!(!none.is_certain(), "there is none, in fact");
    // a customer may have been granted more than Polar lists on a page
    let asked = story.polar.requests().pop().unwrap().path;
    assert!(asked.ends_with(&format!("?benefit_id={}&limit=1", keys[0].benefit_id())), "{asked}");
    story.active_elsewhere(&key, "The laptop that fell into the lake");
    let Restored::NoSeat(full) = session.restore().unwrap() else { panic!("there is one seat, and it is taken") };
    let Devices::Hidden(hidden) = &full.devices else { panic!("they are hidden") };
    assert!(hidden.is_certain());
    let page = format!("{}/demo/portal", story.polar.url());
    assert_eq!(hidden.page(), Some(page.as_str()));
    let words = "The license is in use on other devices, which only the vendor can see. Ask the vendor to remove one.";
    assert_eq!(hidden.message(), words);
}

#[test]
fn no_device_is_certain_only_if_the_vendor_shows_them() {
    let story = Story::begin();
    let checkout = story.client.portal().checkout(DEMO_LINK).unwrap();
    drop(story.polar.pay(checkout.address().rsplit('/').next().unwrap(), EMAIL));
    story.polar.run_worker();
    let key = story.polar.keys().pop().unwrap().key;
    let other = story.bought(NewKey::new("basic").limit_activations(1));
    let session = story.session();
    let says = |ends: &str| {
        let keys = session.license_keys().unwrap();
        let key = keys.iter().find(|key| ends.ends_with(key.masked().trim_start_matches("****-"))).unwrap();
        let Devices::Hidden(none) = session.devices(key).unwrap() else { panic!("there is none") };
        assert!(!none.is_certain());
        (none.message().to_owned(), none.page().is_some())
    };
    let (no_device, unknown) =
        ("This license key is active on no device.", "This license shows no devices to its customers.");
    assert_eq!(says(&key), (no_device.to_owned(), false));
    // nothing was granted for this one, as far as the portal shows
    assert!(says(&other).0.starts_with(unknown));
    story.polar.show_activations("pro", false);
    let (message, has_page) = says(&key);
    assert!(message.starts_with(unknown) && has_page, "{message}");
    // this device's seat was removed by the vendor
    story.polar.show_activations("pro", true);
    drop(story.client.activate(&key).unwrap());
    story.polar.remove_activation(&story.polar.activations(&key)[0].id);
    assert_eq!(says(&key), (no_device.to_owned(), false));
}

#[test]
fn a_seat_whose_answer_was_lost_is_found_and_used_by_restore() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(2));
    story.active_elsewhere(&key, "Till 7");
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).once());
    assert!(story.client.activate(&key).unwrap_err().maybe_applied());
    let session = story.session();
    let keys = session.license_keys().unwrap();
    let Devices::Listed(devices) = session.devices(&keys[0]).unwrap() else { panic!("they are shown") };
    assert_eq!(devices.iter().map(|device| device.is_this()).collect::<Vec<_>>(), [false, true]);
    let license = licensed(session.restore().unwrap());
    assert!(license.allowed() && license.problem().is_none(), "{license:?}");
    assert_eq!(story.polar.activations(&key).len(), 2, "no other seat was taken");
    let lost = story.polar.activations(&key).pop().unwrap();
    assert_eq!(license.license().unwrap().activation_id.unwrap().to_string(), lost.id);
    let next = open(app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    assert!(next.current().allowed() && next.current().problem().is_none());
}

#[test]
fn a_second_seat_of_this_device_is_released_by_restore() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(3));
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).once());
    assert!(story.client.activate(&key).unwrap_err().maybe_applied());
    assert!(story.client.activate(&key).unwrap().allowed(), "without a session, nobody can tell");
    assert_eq!(story.polar.activations(&key).len(), 2);
    let license = licensed(story.session().restore().unwrap());
    assert!(license.allowed() && license.problem().is_none(), "{license:?}");
    let left = story.polar.activations(&key);
    assert_eq!(left.len(), 1);
    assert_eq!(license.license().unwrap().activation_id.unwrap().to_string(), left[0].id);
}

/// Takes a seat as anybody can who has the key.
fn take_seat(story: &Story, key: &str, label: &str) {
    let organization = mock_polar::DEMO_ORGANIZATION;
    let body = serde_json::json!({ "key": key, "organization_id": organization, "label": label }).to_string();
    let url = format!("{}/v1/customer-portal/license-keys/activate", story.polar.url());
    // the answer repeats the label, and may be longer than is read
    drop(HttpTransport::new().send(&Request::post(url, body, Duration::from_secs(60))));
}

#[test]
fn a_stranger_with_a_key_cannot_make_it_unmanageable() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1_201));
    take_seat(&story, &key, &"x".repeat(300_000));
    for number in 0..1_200 {
        take_seat(&story, &key, &format!("Device {number}"));
    }
    let session = story.session();
    let Restored::NoSeat(full) = session.restore().unwrap() else { panic!("every seat is taken") };
    let Devices::Listed(devices) = &full.devices else { panic!("they are shown") };
    assert_eq!(devices.len(), 1_201);
    let longest = devices.iter().map(|device| device.label().chars().count()).max().unwrap();
    assert!(longest <= 201, "{longest}");
    assert_eq!(session.release(&full.key, &devices[0]).unwrap(), Deactivated::Released);
    assert!(licensed(session.activate(&full.key).unwrap()).allowed());
    assert!(session.rotate(&full.key, ConfirmedByUser).unwrap().is_here());
    assert!(story.client.validate().allowed());
}

#[test]
fn a_key_without_a_limit_has_no_devices() {
    let story = Story::begin();
    story.bought(NewKey::new("pro"));
    let session = story.session();
    let keys = session.license_keys().unwrap();
    assert_eq!(session.devices(&keys[0]).unwrap(), Devices::Listed(Vec::new()));
}
