//! Runs every scenario. Checks that the scenarios show everything they should, and that the runner notices wrong
//! expectations.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use super::format::{Common, File, Scenario};
use super::world::run;
use super::{coverage, format, wrong};

#[test]
fn every_scenario_goes_as_it_says() {
    let mut failures = Vec::new();
    let mut count = 0;
    let only = std::env::var("SCENARIO").unwrap_or_default();
    for (common, file) in Common::all_files() {
        for scenario in file.scenarios.iter().filter(|scenario| scenario.name.contains(&only)) {
            count += 1;
            let failed = run(&common, &file.name, scenario);
            match (&scenario.broken, failed.is_empty()) {
                (None, _) => failures.extend(failed),
                (Some(why), true) => failures.push(format!(
                    "{}: `{}` works although it says `broken` ({why}); remove that member",
                    file.name, scenario.name
                )),
                (Some(_), false) => {}
            }
        }
    }
    assert!(failures.is_empty(), "of {count} scenarios, not as expected:\n{}", failures.join("\n"));
    assert!(count > 0, "there is no scenario");
}

#[test]
fn every_file_in_the_folder_is_run() {
    for (folder, files) in [("", format::FILES), ("portal", format::PORTAL_FILES)] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(folder);
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let there: BTreeSet<String> = names
            .filter(|name| name.ends_with(".json") && !["common.json", "members.json"].contains(&name.as_str()))
            .collect();
        let known: BTreeSet<String> = files.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(there, known, "tests/scenarios/format.rs lists the files");
    }
}

#[test]
fn the_scenarios_show_all_there_is_to_show() {
    let files = Common::all_files();
    let scenarios = || files.iter().flat_map(|(_, file)| &file.scenarios);
    let shown: BTreeSet<&str> = scenarios().flat_map(|scenario| &scenario.shows).map(String::as_str).collect();
    let missing: Vec<_> = coverage::ALL.iter().filter(|name| !shown.contains(*name)).collect();
    assert!(missing.is_empty(), "no scenario shows {missing:?}");
    let unknown: Vec<_> = shown.iter().filter(|name| !coverage::ALL.contains(name)).collect();
    assert!(unknown.is_empty(), "tests/scenarios/coverage.rs does not know {unknown:?}");
    let names: BTreeSet<&str> = scenarios().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names.len(), scenarios().count(), "two scenarios have the same name");
}

/// Changes each expectation of each scenario in turn, so that it is wrong. No changed scenario may pass.
#[test]
fn the_runner_notices_everything_that_is_wrong() {
    let unnoticed_in = |(common, file): (Arc<Common>, File)| {
        let mut unnoticed = Vec::new();
        for scenario in file.scenarios.iter().filter(|scenario| scenario.broken.is_none()) {
            for (what, wrong) in wrong::wrong_ones(scenario) {
                if run(&common, &file.name, &wrong).is_empty() {
                    unnoticed.push(format!("{}: `{}`: {what}", file.name, scenario.name));
                }
            }
        }
        unnoticed
    };
    let unnoticed: Vec<String> = thread::scope(|scope| {
        let files: Vec<_> = Common::all_files().into_iter().map(|file| scope.spawn(|| unnoticed_in(file))).collect();
        files.into_iter().flat_map(|file| file.join().unwrap()).collect()
    });
    assert!(unnoticed.is_empty(), "the runner did not notice:\n{}", unnoticed.join("\n"));
}

#[test]
fn a_failure_says_where_and_what() {
    let common = Common::load();
    let scenario: Scenario = serde_json::from_str(
        r#"{
            "name": "made up", "why": "", "shows": [], "given": "plain",
            "steps": [{ "clock": { "pass": "25h" }, "expect": { "state": "active" } }]
        }"#,
    )
    .unwrap();
    assert_eq!(
        run(&common, "made-up.json", &scenario),
        [r#"made-up.json: `made up`: step 2 (clock): state: expected "active", got "grace""#]
    );
}

#[test]
fn a_member_that_the_format_does_not_know_is_an_error() {
    let common = Common::load();
    let file = r#"{ "about": "", "scenarios": [{
        "name": "a typo", "why": "", "shows": [], "steps": [{ "do": "current", "expects": { "state": "active" } }]
    }] }"#;
    let error = common.parse("made-up.json", file).err().unwrap();
    assert!(error.contains("made-up.json: unknown field `expects`"), "{error}");
}

#[test]
fn a_request_that_nobody_expects_is_a_failure() {
    let common = Common::load();
    let scenario: Scenario = serde_json::from_str(
        r#"{ "name": "made up", "why": "", "shows": [], "given": "plain", "steps": [{ "do": "validate" }] }"#,
    )
    .unwrap();
    let failures = run(&common, "made-up.json", &scenario);
    assert!(failures[0].contains("step 2 (validate): request: expected none, got Validate"), "{failures:?}");
}
