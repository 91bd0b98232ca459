//! What the npm package does, as it was packed: `tests/js/behavior`, in Node and on pages in Chromium.

use anyhow::Result;

use crate::workspace::Metadata;
use crate::{npm_check, npm_package, process};

/// Packs it, and runs the tests against it and a local Polar.
pub(crate) fn check() -> Result<()> {
    let packed = npm_package::package()?;
    npm_check::install_tools()?;
    // the whole workspace, as in the step `tests`, so that cargo does not build its dependencies once more
    process::run(process::cargo().args(["build", "--locked", "--workspace", "--bin", "polar-license"]))?;
    let mut node = process::command("node");
    node.arg("tests/js/behavior/run.mjs").env("POLAR_LICENSE_TARBALL", &packed.file);
    node.env("POLAR_LICENSE_PROGRAM", Metadata::read()?.target().join("debug/polar-license"));
    process::run(&mut node)
}
