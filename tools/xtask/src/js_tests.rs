//! What the npm package does: its parts for Node and Electron, and as it was packed, `tests/js/behavior`, in Node and on
//! pages in Chromium.

use anyhow::Result;

use crate::workspace::Metadata;
use crate::{npm_check, npm_package, process};

/// Packs it, and runs the tests against it and a local Polar.
pub(crate) fn check() -> Result<()> {
    let packed = npm_package::package()?;
    npm_check::install_tools("tests/js")?;
    // the whole workspace, as in the step `tests`, so that cargo does not build its dependencies once more
    process::run(process::cargo().args(["build", "--locked", "--workspace", "--bin", "polar-license"]))?;
    let target = Metadata::read()?.target().to_path_buf();
    let program = target.join("debug/polar-license");
    let mut units = process::command("node");
    units.args(["--test", "--test-reporter=spec", "tests/js/node/", "tests/js/electron/"]);
    units.env("POLAR_LICENSE_CLI", &program).env("POLAR_LICENSE_JS", target.join("package/npm"));
    process::run(&mut units)?;
    let mut behavior = process::command("node");
    behavior.arg("tests/js/behavior/run.mjs").env("POLAR_LICENSE_TARBALL", &packed.file);
    process::run(behavior.env("POLAR_LICENSE_PROGRAM", program))
}
