//! The async client, built for wasm32 and tested where it runs: in Node, and in Chromium without a window.

use std::process::Command;

use anyhow::{Context, Result};

use crate::local_polar::LocalPolar;
use crate::rust_std::{Toolchain, WASM};
use crate::{process, wasm_bindgen};

const CRATE: [&str; 8] =
    ["--locked", "--package", "polar-license", "--no-default-features", "--features", "fetch", "--target", WASM];

/// Lints it, and runs the tests of the library, those in `tests/fetch.rs` in both places, and a page's.
pub(crate) fn check() -> Result<()> {
    let polar = LocalPolar::start()?;
    let lint = ["--lib", "--test", "fetch", "--test", "fetch_pages", "--", "-D", "warnings"];
    process::run(cargo(&polar, "clippy")?.args(lint))?;
    process::run(cargo(&polar, "test")?.args(["--lib", "--test", "fetch"]))?;
    let pages = ["--test", "fetch", "--test", "fetch_pages"];
    process::run(cargo(&polar, "test")?.args(pages).env("WASM_BINDGEN_USE_BROWSER", "1"))?;
    // these are compiled only: a page would have to be there for them to run
    process::run(cargo(&polar, "test")?.args(["--doc", "fetch"]))
}

/// Knows at build time where Polar is, since nothing can tell a page later.
fn cargo(polar: &LocalPolar, subcommand: &str) -> Result<Command> {
    let mut cargo = Toolchain::find(WASM).context("there is no standard library for it")?.cargo();
    cargo.arg(subcommand).args(CRATE).env("POLAR_LICENSE_TEST_POLAR", polar.url());
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", wasm_bindgen::program("wasm-bindgen-test-runner")?);
    // otherwise the runner looks for drivers of other browsers first
    cargo.env("CHROMEDRIVER", "chromedriver").env_remove("WASM_BINDGEN_USE_BROWSER");
    Ok(cargo)
}
