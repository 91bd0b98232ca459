//! What is certain about the npm package: its size, what `tests/js/package` checks of the tarball, and that it works
//! wherever `tests/js/runtimes` installs it.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::npm_package::{self, Packed};
use crate::wasm_build::Std;
use crate::workspace::Metadata;
use crate::{process, workspace};

/// Where the tests are, and the tools that they need.
const TESTS: &str = "tests/js";

/// Where the runtimes and bundlers are installed that the package is tried in.
const RUNTIMES: &str = "tests/js/runtimes";

/// The package with the local Polar.
const CLI: &str = "polar-license-cli";

/// The most that a page downloads for `./slim`: brotli of its script, minified, and of the WebAssembly. Only ever lowered;
/// the goal was 24,576.
const SLIM_LIMIT: u64 = 33_200;

/// Packs it, and checks the tarball as somebody who installs it would meet it.
pub(crate) fn check() -> Result<()> {
    let packed = npm_package::package()?;
    check_size(&packed)?;
    install_tools(TESTS)?;
    let mut node = process::command("node");
    node.args(["--test", "--test-reporter=spec"]).args(tests()?);
    node.env("POLAR_LICENSE_TARBALL", &packed.file).env("POLAR_LICENSE_VERSION", &packed.version);
    process::run(&mut node)
}

/// Packs it, and lets an app in every runtime live through the same story against the local Polar.
pub(crate) fn check_runtimes() -> Result<()> {
    let packed = npm_package::package()?;
    process::run(process::cargo().args(["build", "--locked", "--package", CLI]))?;
    let polar = Metadata::read()?.target().join("debug").join(format!("polar-license{}", env::consts::EXE_SUFFIX));
    install_tools(RUNTIMES)?;
    process::run(process::command("node").arg(Path::new(RUNTIMES).join("run.mjs")).arg(packed.file).arg(polar))
}

/// What the tests of this folder need from npm, at the versions of its lock file.
pub(crate) fn install_tools(folder: &str) -> Result<()> {
    npm_package::ci(folder)
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
