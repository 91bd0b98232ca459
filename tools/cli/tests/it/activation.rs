//! Tests that an activation is sent at most once, and that an activation that fails does not remove the license on this
//! device.

use crate::faults::{self, Case};
use crate::support::{Device, LONG, for_each, requests_to, start_polar};
use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_TEN_USES, DEMO_KEY_TWO_DEVICES, Endpoint, Fault};
use polar_license::ErrorKind;
use serde_json::Value;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

#[test]
fn no_fault_makes_it_send_twice_or_lose_the_license_that_is_here() {
    for_each(faults::all(), |Case { name, fault, kind, maybe_applied, hangs }| {
        // The client cannot notice this fault, because a reply that names a seat of another device looks like any other
        // reply.
        let kind = kind.filter(|_| name != "OtherActivation");
        let polar = start_polar();
        let device = Device::licensed(&polar, DEMO_KEY_PLAIN);
        polar.fault(fault.on(Endpoint::Activate));
        let activate = || device.json(&["activate", DEMO_KEY_TWO_DEVICES]);
        let (status, after) = thread::scope(|scope| {
            let run = scope.spawn(activate);
            if hangs {
                // `stop` is called to break the connection, because the request would otherwise hang for half a minute
                assert!(polar.wait_for_requests(2, LONG), "{name}");
                polar.stop();
            }
            run.join().unwrap()
        });
        assert_eq!(requests_to(&polar, "activate"), 1, "{name}");
        match kind {
            None => assert_eq!((status, after["displayKey"].as_str()), (0, Some("****-EVICES")), "{name}: {after}"),
            Some(kind) => {
                let kind = if hangs { "network" } else { kind };
                assert_eq!((status, after["error"]["kind"].as_str()), (4, Some(kind)), "{name}: {after}");
                assert_eq!(after["error"]["maybeApplied"], maybe_applied, "{name}: {after}");
                let (status, standing) = device.json(&["status"]);
                assert_eq!((status, standing["displayKey"].as_str()), (0, Some("****-PLAIN")), "{name}: {standing}");
                let uncertain = maybe_applied.then_some("seat_uncertain");
                assert_eq!(standing["problem"]["kind"].as_str(), uncertain, "{name}: {standing}");
            }
        }
    });
}

#[test]
fn a_fault_before_the_question_costs_no_seat() {
    for_each(faults::all(), |Case { name, fault, kind, hangs, .. }| {
        // Leaves out the cases in which Polar never answers, because each `validate` would then take 25 s longer. An
        // `activate` without an answer is tested by the test before this one, and by
        // `a_process_killed_while_activating_leaves_a_trace_of_the_seat`.
        let Some(kind) = kind.filter(|_| !hangs && name != "OtherActivation") else { return };
        let polar = start_polar();
        let device = Device::new(&polar);
        polar.fault(fault.on(Endpoint::Validate));
        let (status, after) = device.json(&["activate", DEMO_KEY_TWO_DEVICES]);
        assert_eq!((status, after["error"]["kind"].as_str()), (4, Some(kind)), "{name}: {after}");
        assert_eq!(requests_to(&polar, "activate"), 0, "{name}");
        assert!(polar.activations(DEMO_KEY_TWO_DEVICES).is_empty(), "{name}");
    });
}

#[test]
fn a_seat_that_may_be_taken_is_not_forgotten() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let lost = polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate));
    let run = device.run(&["activate", DEMO_KEY_TWO_DEVICES]);
    assert_eq!(run.status, 4, "{run:?}");
    let [seat] = &polar.activations(DEMO_KEY_TWO_DEVICES)[..] else { panic!("one seat was taken") };
    let later = device.run(&["status"]);
    assert!(later.stdout.contains("seat_uncertain") && later.stdout.contains(&seat.label), "{later:?}");

    polar.clear_fault(lost);
    let again = device.run(&["activate", DEMO_KEY_TWO_DEVICES]);
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(requests_to(&polar, "activate"), 2, "one for each time the user asked");
}

#[test]
fn after_a_possible_change_the_command_advises_to_look_first() {
    let polar = start_polar();
    let look = "  next step   go online, then look at what `polar-license validate` shows before you run the same command \
                again\n";
    let device = Device::licensed(&polar, DEMO_KEY_TEN_USES);
    polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Validate).once());
    let lost = device.run(&["consume", "2"]);
    assert!(lost.status == 4 && lost.stdout.contains(look), "{lost:?}");
    assert!(lost.stderr.contains("may have been counted. Check the usage before you try again.\n"), "{lost:?}");
    let shown = device.run(&["validate"]);
    assert!(shown.stdout.contains("  usage       2 of 10\n"), "{shown:?}");

    let device = Device::new(&polar);
    polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).once());
    let lost = device.run(&["activate", DEMO_KEY_TWO_DEVICES]);
    let restore = "  next step   go online, then run `polar-license restore`, which uses the seat if one was taken\n";
    assert!(lost.status == 4 && lost.stdout.contains(restore), "{lost:?}");
    assert!(lost.stderr.contains("Check the devices of the license before you try again.\n"), "{lost:?}");
    assert!(device.run(&["validate"]).stdout.contains("seat_uncertain"));
}

#[test]
fn usage_without_a_limit_is_shown_if_there_is_some() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_PLAIN);
    assert!(!device.run(&["status"]).stdout.contains("  usage "));
    let counted = device.run(&["consume", "3"]);
    assert!(counted.stdout.contains("  usage       3\n"), "{counted:?}");
}

#[test]
fn a_process_killed_while_activating_leaves_a_trace_of_the_seat() {
    let polar = start_polar();
    let device = Device::new(&polar);
    polar.fault(Fault::stall().on(Endpoint::Activate));
    let mut activate = device.command(&["activate", DEMO_KEY_TWO_DEVICES]).stdout(Stdio::null()).spawn().unwrap();
    assert!(polar.wait_for_requests(2, LONG));
    activate.kill().unwrap();
    activate.wait().unwrap();
    let (status, decision) = device.json(&["status"]);
    assert_eq!(
        (status, &decision["problem"]),
        (3, &Value::Null),
        "another process may still be activating: {decision}"
    );
    let decision = device.decision_after(Duration::from_secs(60));
    let problem = decision.problem().unwrap();
    assert_eq!((problem.kind, problem.maybe_applied), (ErrorKind::SeatUncertain, true));
}

#[test]
fn processes_that_activate_at_once_share_one_seat() {
    let polar = start_polar();
    let device = Device::new(&polar);
    // Polar does not answer until the fault is cleared. So one process waits for Polar, and the other one waits for
    // that process.
    let held = polar.fault(Fault::stall().on(Endpoint::Activate));
    thread::scope(|scope| {
        let runs = [(); 2].map(|()| scope.spawn(|| device.run(&["activate", DEMO_KEY_TWO_DEVICES])));
        assert!(polar.wait_for_requests(2, LONG));
        polar.clear_fault(held);
        for run in runs {
            let run = run.join().unwrap();
            assert_eq!(run.status, 0, "{run:?}");
        }
    });
    assert_eq!(polar.activations(DEMO_KEY_TWO_DEVICES).len(), 1);
    assert_eq!(device.run(&["validate"]).status, 0);
}

#[test]
fn a_key_that_is_active_here_takes_no_second_seat() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    for args in [&["activate", DEMO_KEY_ONE_DEVICE][..], &["activate"]] {
        assert_eq!(device.run(args).status, 0);
    }
    assert_eq!((requests_to(&polar, "activate"), polar.activations(DEMO_KEY_ONE_DEVICE).len()), (0, 1));
}

#[test]
fn a_typing_error_can_be_corrected() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    let (status, after) = device.json(&["activate", "DEMO-0NE-DEVICE"]);
    assert_eq!((status, after["error"]["reason"].as_str()), (1, Some("not_found")), "{after}");
    assert_eq!((&after["license"]["allowed"], requests_to(&polar, "activate")), (&true.into(), 0), "{after}");
}

#[test]
fn another_license_replaces_the_old_one_and_releases_its_seat() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    let run = device.run(&["activate", DEMO_KEY_TWO_DEVICES]);
    assert_eq!(run.status, 0, "{run:?}");
    let seats = [DEMO_KEY_ONE_DEVICE, DEMO_KEY_TWO_DEVICES].map(|key| polar.activations(key).len());
    assert_eq!(seats, [0, 1]);
}

#[test]
fn a_copied_directory_moves_only_when_told_to() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    let there = ["--device-id", "the new computer"];
    let copied = device.run(&[&["validate"], &there[..]].concat());
    assert_eq!(copied.status, 3, "{copied:?}");
    let (status, refused) = device.json(&[&["activate"], &there[..]].concat());
    assert_eq!((status, refused["error"]["reason"].as_str()), (3, Some("activation_limit")), "{refused}");
    let entered = device.run(&[&["activate", DEMO_KEY_ONE_DEVICE], &there[..]].concat());
    let advice = "  next step   run `polar-license activate KEY --replace-previous`\n";
    assert!(entered.stdout.contains(advice), "{entered:?}");
    let (status, moved) = device.json(&[&["activate", "--replace-previous"], &there[..]].concat());
    assert_eq!((status, moved["state"].as_str()), (0, Some("active")), "{moved}");
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
}

#[test]
fn a_key_can_come_from_standard_input() {
    let polar = start_polar();
    for input in ["DEMO-TWO-DEVICES\r\n", "\u{feff}DEMO-TWO-DEVICES", "DEMO-TWO-DEVICES \nand nothing else\n"] {
        let device = Device::new(&polar);
        let run = device.run_with_input(&["activate", "-"], input);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(device.run(&["deactivate"]).stdout.contains("seat is free"));
    }
    let run = Device::new(&polar).run_with_input(&["activate", "-"], "\n");
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("The license key is empty."), "{run:?}");
    for command in ["activate", "doctor"] {
        let run = Device::new(&polar).run_with_input(&[command, "-", "--json"], "");
        assert_eq!((run.status, run.json()["error"]["kind"].as_str()), (2, Some("invalid_config")), "{run:?}");
        assert!(run.stderr.contains("no license key on standard input"), "{run:?}");
    }
}
