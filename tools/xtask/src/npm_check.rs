//! Checks the npm package: its size, its tarball (by the tests in `tests/js/package`), and that it works in every
//! runtime of `tests/js/runtimes`.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::npm_package::{self, Packed};
use crate::{shell, workspace};

/// The script that runs one test in every JavaScript runtime, and one test in every example.
const RUN: &str = "tests/js/runtimes/run.mjs";

/// The largest number of bytes that a page may download for `./slim`: its minified script and the WebAssembly, both
/// compressed with brotli. The limit is the current size, rounded up, so that nothing large can be added unnoticed.
///
/// The same sources give the same size on every machine, but a change to one line can make it 100 bytes larger or
/// smaller. DESIGN.md says how many bytes each library adds.
const SLIM_LIMIT: u64 = 90_500;

/// The largest size in bytes of the script of `./slim`, without the WebAssembly. When a user opens a page again, the
/// page shows the license as soon as this script has run, and does not wait for the WebAssembly.
const SLIM_SCRIPT_LIMIT: u64 = 10_000;

/// The largest number of bytes that a page may download for the main entry, whose script contains the WebAssembly.
const MAIN_LIMIT: u64 = 93_000;

/// The entry points that an app can use in addition to the client, and a limit for each. The limit is the number of
/// bytes, compressed with brotli, that the entry point may add to a page that already has the client.
const BESIDE: [(&str, u64); 5] = [
    ("`polar-license/react`", 1_500),
    ("`polar-license/openfeature`", 1_000),
    ("`polar-license/dialog`", 8_200),
    ("`polar-license/dialog-portal`", 2_800),
    ("`polar-license/dialog-offline`", 6_700),
];

/// Packs the package, and checks the tarball that an app developer gets.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let packed = npm_package::package(sh)?;
    check_size(packed)?;
    check_design(packed)?;
    npm_package::install_all(sh)?;
    let mut tests = workspace::files(&workspace::root().join("tests/js/package"))?;
    tests.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    let node = cmd!(sh, "node --test --test-reporter=spec {tests...}");
    let node = node.env("POLAR_LICENSE_TARBALL", &packed.file).env("POLAR_LICENSE_VERSION", &packed.version);
    Ok(node.env("POLAR_LICENSE_REPOSITORY", workspace::repository()?).run()?)
}

/// Packs the package. Runs one test in every runtime and one test in every example, against the local Polar.
pub(crate) fn check_runtimes(sh: &Shell) -> Result<()> {
    let (tarball, polar) = prepare_runtimes(sh)?;
    Ok(cmd!(sh, "node {RUN} {tarball} {polar}").run()?)
}

/// Downloads Electron's program, and runs the example for Electron in it, on a virtual display.
pub(crate) fn check_electron(sh: &Shell) -> Result<()> {
    let (tarball, polar) = prepare_runtimes(sh)?;
    cmd!(sh, "node node_modules/electron/install.js").run()?;
    Ok(cmd!(sh, "xvfb-run --auto-servernum node {RUN} {tarball} {polar}").arg("examples/electron in Electron").run()?)
}

/// Packs the npm package, builds the local Polar, and installs the JavaScript runtimes. Returns the paths of the packed
/// package and of the local Polar.
fn prepare_runtimes(sh: &Shell) -> Result<(&'static Path, PathBuf)> {
    let tarball = &npm_package::package(sh)?.file;
    // `--workspace` gives the dependencies the same features as in the step `tests`, so that cargo does not compile
    // them again
    shell::cargo(sh, "build --locked --workspace --bin polar-license").run()?;
    let polar = workspace::target()?.join("debug").join(format!("polar-license{}", env::consts::EXE_SUFFIX));
    npm_package::install_all(sh)?;
    Ok((tarball, polar))
}

/// Checks that DESIGN.md gives the right download sizes, in thousands of bytes.
fn check_design(packed: &Packed) -> Result<()> {
    let thousands = |name: &str| {
        let size = packed.sizes.iter().find(|size| size.name == name);
        let size = size.with_context(|| format!("sizes.mjs printed no size of {name}"))?;
        anyhow::Ok(size.brotli.saturating_add(500) / 1000)
    };
    let (all, wasm, script) = (
        thousands(npm_package::SLIM_PAGE)?,
        thousands("polar_license.wasm")?,
        thousands("a page with ./slim, its script")?,
    );
    let sentence = format!("The page downloads {all} KB: {wasm} of WebAssembly and {script} of script.");
    if !workspace::text("DESIGN.md")?.contains(&sentence) {
        bail!("DESIGN.md does not say: {sentence}");
    }
    Ok(())
}

fn check_size(packed: &Packed) -> Result<()> {
    let pages = [
        (npm_package::SLIM_PAGE, SLIM_LIMIT),
        ("a page with ./slim, its script", SLIM_SCRIPT_LIMIT),
        ("a page with the main entry", MAIN_LIMIT),
    ];
    for (name, limit) in pages.into_iter().chain(BESIDE) {
        let size = packed.sizes.iter().find(|size| size.name.starts_with(name));
        let bytes = size.with_context(|| format!("sizes.mjs printed no size of {name}"))?.brotli;
        println!("{name} downloads {bytes} bytes; the limit is {limit}");
        if bytes > limit {
            bail!("{name} is too large");
        }
    }
    Ok(())
}
