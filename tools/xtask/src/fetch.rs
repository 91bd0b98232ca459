//! Compiles the client for web apps to wasm32, and tests it in Node and in headless Chromium.

use anyhow::Result;
use xshell::{Cmd, Shell};

use crate::local_polar::LocalPolar;
use crate::{shell, tools, wasm_build};

const CRATE: [&str; 8] = [
    "--locked",
    "--package",
    "polar-license",
    "--no-default-features",
    "--features",
    "fetch,portal",
    "--target",
    wasm_build::TARGET,
];

/// Lints the client. Then runs the library's tests in Node, `tests/fetch.rs` in Node and in Chromium, and
/// `tests/fetch_pages.rs` in Chromium.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let polar = LocalPolar::start(sh)?;
    let lint = ["--lib", "--test", "fetch", "--test", "fetch_pages", "--", "-D", "warnings"];
    cargo(sh, &polar, "clippy")?.args(lint).run()?;
    cargo(sh, &polar, "test")?.args(["--lib", "--test", "fetch"]).run()?;
    let pages = ["--test", "fetch", "--test", "fetch_pages"];
    cargo(sh, &polar, "test")?.args(pages).env("WASM_BINDGEN_USE_BROWSER", "1").run()?;
    // the documentation tests are compiled but not run, because they need a web page
    Ok(cargo(sh, &polar, "test")?.args(["--doc", "fetch"]).run()?)
}

/// Returns a cargo command, with the address of the local Polar in an environment variable. The tests read the variable
/// when they are compiled, because a test on a web page cannot read it when it runs.
fn cargo<'a>(sh: &'a Shell, polar: &LocalPolar, subcommand: &str) -> Result<Cmd<'a>> {
    let cargo = shell::cargo(sh, subcommand).args(CRATE).env("POLAR_LICENSE_TEST_POLAR", polar.url());
    let cargo = cargo.env(
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
        tools::WASM_BINDGEN.program(sh, "wasm-bindgen-test-runner")?,
    );
    // without this, all tests of a page would have only 20 s in total
    let cargo = cargo.env("WASM_BINDGEN_TEST_TIMEOUT", shell::PATIENCE.as_secs().to_string());
    // names the driver for Chromium; otherwise the test runner would first look for the drivers of other browsers
    Ok(cargo.env("CHROMEDRIVER", "chromedriver").env_remove("WASM_BINDGEN_USE_BROWSER"))
}
