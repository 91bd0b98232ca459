//! The demo is a test of its own: it exits 0 only if every step came out as it should.

use crate::support::{command, run};
use mock_polar::DEMO_KEY_TWO_DEVICES;
use serde_json::Value;
use std::time::Duration;

#[test]
fn every_step_comes_out_as_it_should() {
    let mut demo = command();
    demo.arg("demo");
    let run = run(demo, "");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("All 11 steps came out as they should."), "{run:?}");
    for state in ["unlicensed", "active", "grace", "lapsed", "denied"] {
        assert!(run.stdout.contains(state), "{state}: {run:?}");
    }
    assert!(!run.stdout.contains(DEMO_KEY_TWO_DEVICES), "{run:?}");
    assert!(!run.stdout.contains('\x1b'), "coloured only in a terminal: {run:?}");
    assert!(run.took < Duration::from_secs(10), "{:?}", run.took);
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
    ];
    assert_eq!(states, expected);
}

fn state(step: &Value) -> &str {
    step["decision"]["state"].as_str().unwrap()
}
