//! Packs the npm package `polar-license-mock`, as npm would publish it. The package is the local Polar as WebAssembly
//! behind Node's HTTP server. To check the package, runs the same black-box tests that check the local Polar in Rust,
//! and tests of what the package's command prints.
//!
//! ```text
//!   tools/mock-polar/npm ── wasm_build ── target/npm ────── ts/ by tsc ──┐
//!                                         template/ ──────────────────────┴── target/package/mock ── npm pack
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::wasm_build::Platform;
use crate::{npm_package, paths, shell, wasm_build, workspace};

/// The folder of the package's sources.
const SOURCES: &str = "tools/mock-polar/npm";

/// The line that opens a code block in `tools/mock-polar/README.md`. The block shows how to use the control endpoint,
/// and is repeated in the README of the npm package.
const COMMANDS: &str = "```sh\n";

/// Builds and packs the package, and returns the tarball.
pub(crate) fn package(sh: &Shell) -> Result<PathBuf> {
    let version = workspace::version("polar-license-mock")?;
    let packages = workspace::target()?.join("package");
    let folder = packages.join("mock");
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;

    npm_package::install_tools(sh)?;
    let built = build(sh)?;
    for name in ["cli.mjs", "server.mjs", "server.d.mts", "mock_polar.cjs"] {
        sh.copy_file(built.join(name), folder.join(name))?;
    }
    optimize(sh, &built, &folder)?;

    let commands = commands(&workspace::text("tools/mock-polar/README.md")?)?;
    let template = workspace::root().join(SOURCES).join("template");
    for path in workspace::files(&template)? {
        let text = workspace::text(&path)?.replace("{{version}}", &version).replace("{{commands}}", &commands);
        let to = folder.join(path.strip_prefix(&template)?);
        fs::write(&to, text).with_context(|| format!("cannot write `{}`", to.display()))?;
    }
    npm_package::add_common(sh, &folder)?;
    npm_package::npm(sh).args(["pack", "--silent", "--pack-destination"]).arg(&packages).arg(&folder).run()?;
    let tarball = packages.join(format!("polar-license-mock-{version}.tgz"));
    println!("{}", tarball.display());
    Ok(tarball)
}

/// Builds the local Polar for web pages without a bundler, and puts the WebAssembly and its glue into a folder.
pub(crate) fn build_for_pages(sh: &Shell, folder: &Path) -> Result<()> {
    npm_package::install_tools(sh)?;
    let built = wasm_build::build_for(sh, Platform::Page, "polar-license-mock", "mock_polar")?;
    sh.copy_file(built.join("mock_polar.js"), folder.join("mock_polar.js"))?;
    optimize(sh, &built, folder)
}

/// Packs the package, installs it in an empty folder, and runs the tests against the installed command.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let tarball = package(sh)?;
    let folder = tempfile::tempdir()?;
    let project = folder.path();
    sh.write_file(project.join("package.json"), r#"{ "private": true }"#)?;
    {
        let _inside = sh.push_dir(project);
        npm_package::npm(sh).args(["install", "--offline", "--no-audit", "--no-fund"]).arg(&tarball).run()?;
    }
    let command = project.join("node_modules/polar-license-mock/cli.mjs");
    let tests = shell::cargo(sh, "test --locked --package mock-polar --test it black_box::");
    tests.env("MOCK_POLAR_COMMAND", &command).run()?;
    let shown = cmd!(sh, "node --test --test-reporter=spec {SOURCES}/tests/command.test.mjs");
    shown.env("MOCK_POLAR_COMMAND", &command).run()?;
    let script = project.join("readme.mjs");
    sh.write_file(&script, script_of(&workspace::text(format!("{SOURCES}/template/README.md"))?)?)?;
    Ok(cmd!(sh, "node {script}").run()?)
}

/// Builds the WebAssembly and its glue, compiles the scripts into the same folder, and returns the folder.
fn build(sh: &Shell) -> Result<PathBuf> {
    let glue = wasm_build::build_for(sh, Platform::Node, "polar-license-mock", "mock_polar")?;
    // in a package of ES modules, Node loads a file as CommonJS only if its name ends in `.cjs`; `.d.cts` is the
    // matching extension for types
    fs::rename(glue.join("mock_polar.js"), glue.join("mock_polar.cjs")).context("wasm-bindgen wrote no glue")?;
    fs::rename(glue.join("mock_polar.d.ts"), glue.join("mock_polar.d.cts")).context("wasm-bindgen wrote no types")?;
    let sources = workspace::root().join(SOURCES).join("ts");
    for path in workspace::files(&sources)? {
        sh.copy_file(&path, glue.join(path.strip_prefix(&sources)?))?;
    }
    let tsc = workspace::root().join(npm_package::SCRIPTS).join("node_modules/typescript/bin/tsc");
    let types = workspace::root().join("node_modules/@types");
    cmd!(sh, "node {tsc} -p {glue}/tsconfig.json --typeRoots {types}").run()?;
    Ok(glue)
}

/// Optimizes the built WebAssembly for size, and puts the result into a folder.
fn optimize(sh: &Shell, built: &Path, folder: &Path) -> Result<()> {
    let (wasm, to) = (built.join("mock_polar_bg.wasm"), folder.join("mock_polar_bg.wasm"));
    let wasm_opt = workspace::root().join("node_modules/binaryen/bin/wasm-opt");
    cmd!(sh, "node {wasm_opt} {wasm} -o {to} -Oz --strip-debug --strip-producers").run()?;
    paths::check_none(&to)
}

fn commands(readme: &str) -> Result<String> {
    let (_, after) = readme.split_once(COMMANDS).context("mock-polar's README has no commands")?;
    let (block, _) = after.split_once("```").context("a block of mock-polar's README does not end")?;
    Ok(format!("{COMMANDS}{block}```"))
}

/// Returns the script that the package's README shows.
fn script_of(readme: &str) -> Result<&str> {
    let (_, after) = readme.split_once("```js\n").context("the README has no script")?;
    Ok(after.split_once("```").context("the README's script does not end")?.0)
}
