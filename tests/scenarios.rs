//! Runs every file of `tests/scenarios` through the blocking client. The files are data, and other drivers and bindings
//! run the same ones: `tests/scenarios/README.md` says how.
#![cfg(feature = "blocking")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers fail by panicking"
)]

#[path = "scenarios/expect.rs"]
mod expect;
#[path = "scenarios/format.rs"]
mod format;
#[path = "scenarios/polar.rs"]
mod polar;
#[path = "scenarios/world.rs"]
mod world;

use format::Common;
use world::run;

#[test]
fn every_scenario_goes_as_it_says() {
    let common = Common::load();
    let mut failures = Vec::new();
    let mut count = 0;
    let only = std::env::var("SCENARIO").unwrap_or_default();
    for file in common.files() {
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
