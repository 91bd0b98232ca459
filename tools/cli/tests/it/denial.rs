//! Tests that a denial ends access, and that going offline does not bring access back.

use crate::support::{Device, start_polar};
use mock_polar::{DEMO_KEY_TWO_DEVICES, MockPolar};

#[test]
fn a_denial_is_remembered_offline_until_polar_confirms_again() {
    let cases = [("revoked", MockPolar::revoke as fn(&MockPolar, &str)), ("disabled", MockPolar::disable)];
    for (name, take_back) in cases {
        let polar = start_polar();
        let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
        take_back(&polar, DEMO_KEY_TWO_DEVICES);
        assert_denied(device.json(&["validate"]), name);
        polar.stop();
        for offline in ["status", "refresh", "validate"] {
            assert_denied(device.json(&[offline]), name);
        }
        assert_eq!(device.run(&["allows", "export"]).status, 3, "{name}");
        polar.restart().unwrap();
        assert_denied(device.json(&["validate"]), name);
        polar.grant(DEMO_KEY_TWO_DEVICES);
        // the user need not enter the key again
        let (status, decision) = device.json(&["refresh"]);
        assert_eq!((status, decision["state"].as_str()), (0, Some("active")), "{name}: {decision}");
        assert_eq!(polar.activations(DEMO_KEY_TWO_DEVICES).len(), 1, "{name}");
    }
}

#[test]
fn a_seat_removed_in_the_portal_can_be_taken_again() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    polar.remove_activation(&polar.activations(DEMO_KEY_TWO_DEVICES)[0].id);
    let (status, decision) = device.json(&["validate"]);
    assert_eq!(
        (status, decision["reason"].as_str(), decision["nextStep"].as_str()),
        (3, Some("not_found"), Some("activate"))
    );
    assert_eq!(device.run(&["activate"]).status, 0);
}

fn assert_denied((status, decision): (i32, serde_json::Value), name: &str) {
    assert_eq!((status, decision["state"].as_str()), (3, Some("denied")), "{name}: {decision}");
    assert_eq!(decision["reason"], "inactive", "{name}: {decision}");
    assert_eq!(decision["features"]["export"], false, "{name}: {decision}");
}
