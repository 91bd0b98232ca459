//! Runs every file of `tests/scenarios` with the blocking client. The files are data, which other clients and bindings
//! run too. `tests/scenarios/README.md` describes the files.
#![cfg(all(feature = "blocking", feature = "portal"))]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers fail by panicking"
)]

#[path = "scenarios/app_blocking.rs"]
mod app;
#[path = "scenarios/coverage.rs"]
mod coverage;
#[path = "scenarios/expect.rs"]
mod expect;
#[path = "scenarios/format.rs"]
mod format;
#[path = "scenarios/local_polar.rs"]
mod local_polar;
#[path = "scenarios/polar.rs"]
mod polar;
#[path = "scenarios/tests.rs"]
mod tests;
#[path = "scenarios/typed.rs"]
mod typed;
#[cfg(feature = "http")]
#[path = "scenarios/versions.rs"]
mod versions;
#[path = "scenarios/world.rs"]
mod world;
#[path = "scenarios/wrong.rs"]
mod wrong;
