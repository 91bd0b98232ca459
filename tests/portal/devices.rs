//! A key with more devices than Polar lists on one page.

use super::{Story, licensed};
use mock_polar::NewKey;
use polar_license::Deactivated;
use polar_license::blocking::{HttpTransport, Transport};
use polar_license::portal::{ConfirmedByUser, Devices, Restored};
use polar_license::transport::Request;
use std::time::Duration;

/// Takes a seat, as anybody can who has the key.
fn take_seat(story: &Story, key: &str, label: &str) {
    let organization = mock_polar::DEMO_ORGANIZATION;
    let body = serde_json::json!({ "key": key, "organization_id": organization, "label": label }).to_string();
    let url = format!("{}/v1/customer-portal/license-keys/activate", story.polar.url());
    // The result is ignored: the answer repeats the label, so it may be longer than the transport reads.
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
