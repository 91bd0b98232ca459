//! What is certain about the npm package: its size, and what `tests/js/package` checks of the tarball.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::npm_package::{self, Packed};
use crate::wasm_build::Std;
use crate::{process, workspace};

/// Where the tests are, and the tools that they need.
const TESTS: &str = "tests/js";

/// The most that a page downloads for `./slim`: brotli of its script, minified, and of the WebAssembly.
const SLIM_LIMIT: u64 = 66_000;

/// Packs it, and checks the tarball as somebody who installs it would meet it.
pub(crate) fn check() -> Result<()> {
    let packed = npm_package::package()?;
    check_size(&packed)?;
    install_tools()?;
    let mut node = process::command("node");
    node.args(["--test", "--test-reporter=spec"]).args(tests()?);
    node.env("POLAR_LICENSE_TARBALL", &packed.file).env("POLAR_LICENSE_VERSION", &packed.version);
    process::run(&mut node)
}

/// What the tests need from npm, at the versions of the lock file.
pub(crate) fn install_tools() -> Result<()> {
    process::run(npm_package::npm(TESTS).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

fn check_size(packed: &Packed) -> Result<()> {
    let slim = packed.sizes.iter().find(|size| size.name == npm_package::SLIM_PAGE);
    let bytes = slim.context("sizes.mjs says nothing about a page with ./slim")?.brotli;
    if packed.std == Std::Prebuilt {
        println!("a page with ./slim is {bytes} bytes; with the ready-made standard library there is no limit");
    } else if bytes > SLIM_LIMIT {
        bail!("a page with ./slim downloads {bytes} bytes, which is more than {SLIM_LIMIT}");
    }
    Ok(())
}

fn tests() -> Result<Vec<PathBuf>> {
    let mut files = workspace::files(&workspace::root().join(TESTS).join("package"))?;
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    Ok(files)
}
