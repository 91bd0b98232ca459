//! Runs the demo as a test. The demo checks itself: it exits with 0 only if every step had the expected result.

use crate::support::{command, run};
use mock_polar::DEMO_KEY_TWO_DEVICES;
use serde_json::Value;

#[test]
fn every_step_has_the_expected_result() {
    let mut demo = command();
    demo.arg("demo");
    let run = run(demo, "");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("All 16 steps had the expected results."), "{run:?}");
    for state in ["unlicensed", "active", "grace", "lapsed", "denied"] {
        assert!(run.stdout.contains(state), "{state}: {run:?}");
    }
    assert!(!run.stdout.contains(DEMO_KEY_TWO_DEVICES), "{run:?}");
    assert!(run.stdout.contains("in use on: the laptop"), "{run:?}");
    assert!(!run.stdout.contains('@'), "no address is shown: {run:?}");
    assert!(!run.stdout.contains('\x1b'), "coloured only in a terminal: {run:?}");
}

#[test]
fn a_program_can_read_it() {
    let mut demo = command();
    demo.args(["--json", "demo"]);
    let run = run(demo, "");
    let story = run.json();
    assert_eq!((run.status, &story["passed"]), (0, &true.into()), "{run:?}");
    let states: Vec<&str> = story["steps"].as_array().unwrap().iter().map(state).collect();
    let expected = [
        "unlicensed",
        "active",
        "active",
        "grace",
        "grace",
        "lapsed",
        "active",
        "denied",
        "denied",
        "active",
        "unlicensed",
        // the act about the lost laptop begins here
        "active",
        "unlicensed",
        "unlicensed",
        "unlicensed",
        "active",
    ];
    assert_eq!(states, expected);
}

fn state(step: &Value) -> &str {
    step["decision"]["state"].as_str().unwrap()
}
