//! Tests every exit status, with each of its causes.

use crate::support::{Device, start_polar};
use mock_polar::{
    DEMO_BENEFIT_BASIC, DEMO_KEY_BASIC, DEMO_KEY_DISABLED, DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN,
    DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES, Fault, NewKey,
};
use serde_json::Value;
use std::fs;
use std::time::Duration;

#[test]
fn zero_is_allowed_or_done() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TEN_USES);
    for args in [
        &["validate"][..],
        &["refresh"],
        &["status"],
        &["allows", "export"],
        &["consume", "10"],
        &["activate", DEMO_KEY_TWO_DEVICES],
        &["deactivate"],
        &["forget"],
        &["--help"],
        &["--version"],
    ] {
        assert_eq!(device.run(args).status, 0, "{args:?}");
    }
}

#[test]
fn three_is_not_allowed() {
    let polar = start_polar();
    let unlicensed = Device::new(&polar);
    for args in [&["status"][..], &["validate"], &["refresh"], &["allows", "export"]] {
        assert_eq!(unlicensed.run(args).status, 3, "{args:?}");
    }

    let licensed = Device::licensed(&polar, DEMO_KEY_PLAIN);
    assert_eq!(licensed.run(&["allows", "sync"]).status, 3, "another benefit's feature");
    let plan = licensed.run(&["allows", "sync"]);
    assert!(plan.stdout.starts_with("sync: off. Your license does not include this feature."), "{plan:?}");
    assert_eq!(licensed.run(&["status", "--benefit", DEMO_BENEFIT_BASIC]).status, 3);

    let expiring = polar.add_key(NewKey::new("pro").expires_in(Duration::from_secs(60)));
    let expired = Device::licensed(&polar, &expiring);
    polar.advance_clock(Duration::from_secs(120));
    let (status, decision) = expired.json(&["validate"]);
    assert_eq!((status, decision["state"].as_str()), (3, Some("expired")), "{decision}");
}

#[test]
fn three_is_a_refusal() {
    let polar = start_polar();
    Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    for (args, reason) in [
        (&["activate", "NO-SUCH-KEY"][..], "not_found"),
        (&["activate", DEMO_KEY_REVOKED], "inactive"),
        (&["activate", DEMO_KEY_DISABLED], "inactive"),
        (&["activate", DEMO_KEY_EXPIRED], "expired"),
        (&["activate", DEMO_KEY_ONE_DEVICE], "activation_limit"),
        (&["activate", DEMO_KEY_BASIC, "--benefit", mock_polar::DEMO_BENEFIT_PRO], "benefit"),
    ] {
        let (status, after) = Device::new(&polar).json(args);
        assert_eq!((status, after["error"]["reason"].as_str()), (3, Some(reason)), "{args:?}: {after}");
        assert_eq!(after["error"]["kind"], "refused", "{args:?}");
    }
}

#[test]
fn one_is_a_refusal_that_leaves_access() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TEN_USES);
    for (args, kind) in [
        (&["activate", "NOPE"][..], "refused"),
        (&["activate", DEMO_KEY_REVOKED], "refused"),
        (&["consume", "11"], "usage_exhausted"),
    ] {
        let (status, after) = device.json(args);
        assert_eq!((status, after["error"]["kind"].as_str()), (1, Some(kind)), "{args:?}: {after}");
        assert_eq!((&after["allowed"], &after["license"]["allowed"]), (&Value::Null, &true.into()), "{after}");
    }
    assert_eq!(polar.usage(DEMO_KEY_TEN_USES), 0);
}

#[test]
fn four_is_undetermined() {
    let polar = start_polar();
    let tampered = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    tampered.tamper();
    let (unlicensed, licensed) = (Device::new(&polar), Device::licensed(&polar, DEMO_KEY_ONE_DEVICE));
    polar.stop();
    for operation in ["validate", "refresh"] {
        let (status, decision) = tampered.json(&[operation]);
        assert_eq!((status, decision["reason"].as_str()), (4, Some("tampered")), "{operation}: {decision}");
    }
    assert_eq!(tampered.run(&["status"]).status, 3, "status asks nothing");
    assert_eq!(unlicensed.run(&["activate", DEMO_KEY_PLAIN]).status, 4);
    assert_eq!(licensed.run(&["consume", "1"]).status, 4);
    assert_eq!(licensed.run(&["deactivate"]).status, 4);
    assert_eq!(licensed.run(&["activate", DEMO_KEY_PLAIN]).status, 4);
    assert_eq!(licensed.run(&["validate"]).status, 0, "access does not depend on Polar");

    polar.restart().unwrap();
    assert_eq!(tampered.run(&["validate"]).status, 0, "a confirmation restores it");
    polar.fault(Fault::rate_limited(60));
    assert_eq!(unlicensed.run(&["activate", DEMO_KEY_PLAIN]).status, 4);
}

#[test]
fn one_is_any_other_failure() {
    let polar = start_polar();
    let device = Device::new(&polar);
    for args in [&["activate"][..], &["consume", "1"], &["deactivate"]] {
        let (status, after) = device.json(args);
        assert_eq!((status, after["error"]["kind"].as_str()), (1, Some("not_activated")), "{args:?}: {after}");
    }
    let (status, after) = device.json(&["activate", "\u{feff} "]);
    assert_eq!((status, after["error"]["kind"].as_str()), (1, Some("invalid_argument")), "{after}");

    let file = tempfile::NamedTempFile::new().unwrap();
    let no_directory = file.path().to_str().unwrap();
    let (status, after) = device.json(&["activate", DEMO_KEY_TWO_DEVICES, "--data-dir", no_directory]);
    assert_eq!((status, after["error"]["kind"].as_str()), (1, Some("storage")), "{after}");
    assert!(polar.activations(DEMO_KEY_TWO_DEVICES).is_empty(), "no seat is taken that cannot be remembered");
    assert_eq!(fs::read(file.path()).unwrap(), b"");
}
