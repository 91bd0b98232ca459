//! Tests that the license is removed only if Polar confirms that the seat is free, or does not know the seat.

use crate::faults::{self, Case};
use crate::support::{Device, LONG, for_each, requests_to, start_polar};
use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, Endpoint};
use std::thread;

/// Faults that change only the body of a reply. They have no effect on a deactivation, because Polar confirms it with
/// status 204, which has no body.
const WITHOUT_A_BODY: [&str; 5] = ["truncated", "endless", "OtherKey", "OtherOrganization", "OtherActivation"];

#[test]
fn no_fault_removes_a_license_that_may_still_take_its_seat() {
    for_each(faults::all(), |Case { name, fault, kind, hangs, .. }| {
        let kind = kind.filter(|_| !WITHOUT_A_BODY.contains(&name.as_str()));
        let polar = start_polar();
        let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
        let fault = polar.fault(fault.on(Endpoint::Deactivate));
        let (status, after) = thread::scope(|scope| {
            let run = scope.spawn(|| device.json(&["deactivate"]));
            if hangs && kind.is_some() {
                assert!(polar.wait_for_requests(1, LONG), "{name}");
                polar.stop();
            }
            run.join().unwrap()
        });
        assert_eq!(requests_to(&polar, "deactivate"), 1, "{name}");
        let Some(kind) = kind else {
            assert_eq!((status, device.has_license()), (0, false), "{name}: {after}");
            assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty(), "{name}");
            return;
        };
        let kind = if hangs { "network" } else { kind };
        assert_eq!((status, after["error"]["kind"].as_str()), (4, Some(kind)), "{name}: {after}");
        let license = &after["license"];
        assert_eq!((&license["state"], &license["features"]["export"]), (&"active".into(), &true.into()), "{name}");
        assert_eq!(device.run(&["status"]).status, 0, "{name}");

        if name.starts_with("429") {
            return;
        }
        polar.clear_fault(fault);
        polar.restart().unwrap();
        let again = device.run(&["deactivate"]);
        assert_eq!((again.status, device.has_license()), (0, false), "{name}: {again:?}");
    });
}

#[test]
fn a_seat_that_polar_does_not_know_is_gone() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    polar.remove_activation(&polar.activations(DEMO_KEY_ONE_DEVICE)[0].id);
    let run = device.run(&["deactivate"]);
    assert!(run.status == 0 && run.stdout.contains("Polar knows no such seat"), "{run:?}");
    assert!(!device.has_license());
}

#[test]
fn the_seat_of_a_rotated_key_waits_for_the_new_one() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    let new = polar.rotate(DEMO_KEY_ONE_DEVICE);
    let run = device.run(&["deactivate"]);
    assert!(run.status == 0 && run.stdout.contains("until you activate the new key here"), "{run:?}");
    let run = device.run(&["activate", &new]);
    assert!(run.status == 0 && polar.activations(&new).len() == 1, "{run:?}");
}

#[test]
fn a_license_without_a_seat_is_removed_without_a_request() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_PLAIN);
    polar.stop();
    let run = device.run(&["deactivate"]);
    assert!(run.status == 0 && run.stdout.contains("took no seat"), "{run:?}");
    assert_eq!((device.has_license(), polar.requests().len()), (false, 0));
}

#[test]
fn forgetting_says_that_the_seat_stays_taken() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    let run = device.run(&["forget"]);
    let [seat] = &polar.activations(DEMO_KEY_ONE_DEVICE)[..] else { panic!("the seat is still taken") };
    assert!(run.status == 0 && run.stdout.contains(&format!("the seat {} stays taken", seat.id)), "{run:?}");
    assert_eq!((device.has_license(), polar.requests().len()), (false, 0));
}

#[test]
fn forgetting_says_in_json_that_the_seat_stays_taken() {
    let polar = start_polar();
    let (status, json) = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE).json(&["forget"]);
    let [seat] = &polar.activations(DEMO_KEY_ONE_DEVICE)[..] else { panic!("the seat is still taken") };
    assert_eq!((status, json["takenSeat"].as_str()), (0, Some(seat.id.as_str())), "{json}");
    let (status, json) = Device::licensed(&polar, DEMO_KEY_PLAIN).json(&["forget"]);
    assert_eq!((status, json.get("takenSeat")), (0, Some(&serde_json::Value::Null)), "{json}");
}
