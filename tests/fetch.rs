//! The client for web apps in Node and in a browser: runs the scenarios, sends requests to a local Polar, and tests
//! pages that change `fetch`. `cargo xtask test fetch` starts the local Polar and runs this program both in Node and in
//! a browser.
#![cfg(all(feature = "fetch", feature = "portal", target_arch = "wasm32", target_os = "unknown"))]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers fail by panicking"
)]

#[path = "fetch/air_gap.rs"]
mod air_gap;
#[path = "scenarios/app_fetch.rs"]
mod app;
#[path = "fetch/book.rs"]
mod book;
#[path = "fetch/dropped.rs"]
mod dropped;
#[path = "scenarios/expect.rs"]
mod expect;
#[path = "fetch/foreign.rs"]
mod foreign;
#[path = "scenarios/format.rs"]
#[expect(dead_code, reason = "only tests/scenarios.rs compares the rules that the scenarios show")]
mod format;
#[path = "fetch/life.rs"]
mod life;
#[path = "scenarios/local_polar.rs"]
mod local_polar;
#[path = "fetch/other_computer.rs"]
mod other_computer;
#[path = "scenarios/polar.rs"]
mod polar;
#[path = "fetch/portal.rs"]
mod portal;
#[path = "fetch/server.rs"]
mod server;
#[path = "scenarios/typed.rs"]
mod typed;
#[path = "scenarios/world.rs"]
#[expect(clippy::arc_with_non_send_sync, reason = "the clients of other drivers need it to be `Send`")]
mod world;

use wasm_bindgen_test::{console_log, wasm_bindgen_test};

#[wasm_bindgen_test]
fn every_scenario_passes() {
    let (mut failures, mut skipped) = (Vec::new(), Vec::new());
    for (common, file) in format::Common::all_files() {
        for scenario in file.scenarios.iter().filter(|scenario| scenario.broken.is_none()) {
            // the other computers have folders, and a page has no files
            if scenario.all_steps(&common).iter().any(|step| step.computer.is_some()) {
                assert_eq!(file.name, "air-gap.json");
                skipped.push(scenario.name.clone());
            } else {
                failures.extend(world::run(&common, &file.name, scenario));
            }
        }
    }
    console_log!("skipped {} scenarios with other computers:\n{}", skipped.len(), skipped.join("\n"));
    assert!(failures.is_empty(), "scenarios failed:\n{}", failures.join("\n"));
}

#[wasm_bindgen_test]
fn a_failure_names_the_step_and_the_difference() {
    let scenario: format::Scenario = serde_json::from_str(
        r#"{
            "name": "made up", "why": "", "shows": [], "given": "plain",
            "steps": [{ "clock": { "pass": "25h" }, "expect": { "state": "active" } }]
        }"#,
    )
    .unwrap();
    assert_eq!(
        world::run(&format::Common::load(), "made-up.json", &scenario),
        [r#"made-up.json: `made up`: step 2 (clock): state: expected "active", got "grace""#]
    );
}
