//! Tests the behavior of the npm package: its parts for Node and Electron, an app's tests under Vitest and jest, the
//! entries for frameworks, the dialog, and `tests/js/behavior` in Node and on pages in Chromium.

use std::path::Path;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::requirements::FIREFOX;
use crate::{demo_web, npm_package, shell, workspace};

/// Packs the npm package, and runs the tests against it and a local Polar.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let packed = npm_package::package(sh)?;
    npm_package::install_all(sh)?;
    // `--workspace` gives the dependencies the same features as in the step `tests`, so that cargo does not compile
    // them again
    shell::cargo(sh, "build --locked --workspace --bin polar-license").run()?;
    let target = workspace::target()?;
    let program = target.join("debug/polar-license");
    let units = cmd!(sh, "node --test --test-reporter=spec tests/js/node/ tests/js/electron/");
    units.env("POLAR_LICENSE_CLI", &program).env("POLAR_LICENSE_JS", target.join("package/npm")).run()?;
    check_air_gap(sh, &target)?;
    let tarball = &packed.file;
    cmd!(sh, "node tests/js/runners/run.mjs {tarball}").run()?;
    let frameworks = cmd!(sh, "node --test --test-reporter=spec tests/js/frameworks/frameworks.test.mjs");
    frameworks.env("POLAR_LICENSE_CLI", &program).env("POLAR_LICENSE_JS", target.join("package/npm")).run()?;
    check_dialog(sh, &program)?;
    let behavior = cmd!(sh, "node tests/js/behavior/run.mjs").env("POLAR_LICENSE_TARBALL", &packed.file);
    behavior.env("POLAR_LICENSE_PROGRAM", program).run()?;
    // these tests read `tests/hostile/table.json`, like the tests of other languages
    let hostile = shell::cargo(sh, "test --locked --workspace --test hostile -- --ignored --nocapture");
    let app = format!("node node {}", workspace::root().join("tests/js/behavior/hostile-app.mjs").display());
    Ok(hostile.env("POLAR_LICENSE_TARBALL", &packed.file).env("POLAR_LICENSE_HOSTILE_APPS", app).run()?)
}

/// Runs the story of `tools/cli/tests/it/namespaces.rs` with a program in Node. The program plays computer A, computer
/// B, or both. The command plays the other computer.
fn check_air_gap(sh: &Shell, target: &Path) -> Result<()> {
    let computer = workspace::root().join("tests/js/node/air-gap-computer.mjs");
    let words = ["node".into(), computer.display().to_string(), target.join("package/npm").display().to_string()];
    let test = shell::cargo(sh, "test --locked --workspace --test it namespaces -- --nocapture");
    Ok(test.env("POLAR_AIR_GAP_PROGRAM", serde_json::to_string(&words)?).run()?)
}

/// Tests the dialog: in Chromium, in Firefox if Firefox can be installed, and in the page of `cargo xtask demo-web`.
fn check_dialog(sh: &Shell, program: &Path) -> Result<()> {
    if let Err(error) = FIREFOX.ensure(sh) {
        println!("NOT RUN: the dialog in Firefox\n{error:#}");
    }
    let target = workspace::target()?;
    let demo = demo_web::folder()?;
    demo_web::write(sh, &demo)?;
    let files = ["dialog", "offline", "demo-web"].map(|name| format!("tests/js/dialog/{name}.test.mjs"));
    let test = cmd!(sh, "node --test --test-reporter=spec {files...}");
    let test = test.env("POLAR_LICENSE_CLI", program).env("POLAR_LICENSE_JS", target.join("package/npm"));
    Ok(test.env("POLAR_LICENSE_DEMO", demo).run()?)
}
