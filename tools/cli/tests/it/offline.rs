//! Tests the command without a network, as on a train.

use crate::support::{Device, start_polar};
use mock_polar::{DEMO_KEY_PLAIN, DEMO_KEY_TWO_DEVICES, Fault};
use std::time::Duration;

#[test]
fn in_grace_a_refresh_is_short_and_the_next_one_does_not_ask() {
    let polar = start_polar();
    let device = Device::licensed_days_ago(&polar, DEMO_KEY_TWO_DEVICES, 2);
    polar.fault(Fault::stall());
    let status = device.run(&["status", "--json"]);
    assert_eq!((status.status, status.json()["state"].as_str()), (0, Some("grace")), "{status:?}");
    assert_eq!(polar.requests().len(), 0);

    let refresh = device.run(&["refresh", "--timeout", "5m", "--json"]);
    let decision = refresh.json();
    assert_eq!((refresh.status, decision["state"].as_str()), (0, Some("grace")), "{refresh:?}");
    assert_eq!(decision["problem"]["kind"], "timeout");
    assert_eq!(polar.requests().len(), 1);
    assert!(refresh.took < Duration::from_secs(150), "two seconds and a busy machine's delay: {:?}", refresh.took);

    let again = device.run(&["refresh", "--json"]);
    assert_eq!((again.status, again.json()["state"].as_str()), (0, Some("grace")), "{again:?}");
    assert_eq!(polar.requests().len(), 1);
}

#[test]
fn the_number_of_days_decides() {
    let cases = [
        (0, 0, "active", "none"),
        (2, 0, "grace", "none"),
        (12, 0, "grace", "connect"),
        (15, 3, "lapsed", "connect"),
        (-1, 0, "active", "none"),
        (-3, 3, "clock_suspect", "connect"),
    ];
    for (days, status, state, next_step) in cases {
        let polar = start_polar();
        let device = Device::licensed_days_ago(&polar, DEMO_KEY_TWO_DEVICES, days);
        polar.stop();
        for operation in ["status", "validate", "refresh"] {
            let (exit, decision) = device.json(&[operation]);
            assert_eq!((exit, decision["state"].as_str()), (status, Some(state)), "{operation} after {days} days");
            assert_eq!(decision["nextStep"], next_step, "{operation} after {days} days");
        }
        polar.restart().unwrap();
        let (exit, decision) = device.json(&["validate"]);
        assert_eq!((exit, decision["state"].as_str()), (0, Some("active")), "recovered after {days} days");
    }
}

#[test]
fn the_options_for_time_have_an_effect() {
    let polar = start_polar();
    let device = Device::licensed_days_ago(&polar, DEMO_KEY_TWO_DEVICES, 2);
    polar.stop();
    for (flags, state) in [
        (&["--offline-grace", "30h"][..], "lapsed"),
        (&["--refresh-interval", "3d"], "active"),
        (&["--refresh-interval", "10m", "--offline-grace", "90d"], "grace"),
    ] {
        let (_, decision) = device.json(&[&["status"], flags].concat());
        assert_eq!(decision["state"], state, "{flags:?}");
    }
}

#[test]
fn after_a_failure_the_next_step_is_the_command_that_failed() {
    let polar = start_polar();
    let device = Device::licensed_days_ago(&polar, DEMO_KEY_TWO_DEVICES, 15);
    polar.stop();
    for words in [&["deactivate"][..], &["activate", DEMO_KEY_PLAIN], &["consume", "1"]] {
        let run = device.run(words);
        assert!(
            run.stdout.contains("  next step   go online, then run the same command again\n"),
            "{words:?}: {run:?}"
        );
    }
    let status = device.run(&["status"]);
    assert!(status.stdout.contains("  next step   go online, then run `polar-license validate`\n"), "{status:?}");
}
