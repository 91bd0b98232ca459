//! Tests the Tauri plugin. Builds the app in `examples/tauri` with the plugin, and runs `tests/js/tauri`, which drives
//! the app's window. The plugin and the app form a separate workspace, which is built in `target/tauri`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use xshell::{Cmd, Shell, cmd};

use crate::npm_package::{self, Packed};
use crate::requirements::{TAURI_DRIVER, WEBKIT};
use crate::{readme, shell, tools, workspace};

/// The plugin's manifest. It is also the manifest of the workspace that contains the plugin and the app.
pub(crate) const MANIFEST: &str = "bindings/tauri/Cargo.toml";

const README: &str = "bindings/tauri/README.md";
const APP: &str = "examples/tauri";
const TESTS: &str = "tests/js/tauri";

/// Checks the manifest and the README, builds the plugin and the app, and runs the tests in the app's window. If no
/// window can be opened, checks only the manifest and the README.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    check_manifest()?;
    readme::check(sh, README)?;
    if !cfg!(target_os = "linux") || !WEBKIT.is_obtainable(sh) {
        println!("NOT RUN: the tests of the window, which need WebKitGTK; there is no apt-get to install it");
        return Ok(());
    }
    WEBKIT.ensure(sh)?;
    TAURI_DRIVER.ensure(sh)?;
    add_package(sh, npm_package::package(sh)?)?;
    npm_package::install_all(sh)?;
    let app = build(sh)?;
    // `--workspace` gives the dependencies the same features as in the step `tests`, so that cargo does not compile
    // them again
    shell::cargo(sh, "build --locked --workspace --bin polar-license").run()?;
    let target = workspace::target()?;
    let tests = cmd!(sh, "xvfb-run --auto-servernum node --test --test-reporter=spec {TESTS}/window.test.mjs");
    let tests = tests
        .env("POLAR_LICENSE_TAURI_APP", app)
        .env("POLAR_LICENSE_TAURI_DRIVER", tools::TAURI_DRIVER.program(sh, "tauri-driver")?);
    Ok(tests
        .env("POLAR_LICENSE_CLI", target.join("debug/polar-license"))
        .env("POLAR_LICENSE_JS", target.join("package/npm"))
        .run()?)
}

/// Builds the page and the program, and returns the program's path.
fn build(sh: &Shell) -> Result<PathBuf> {
    {
        let _inside = sh.push_dir(APP);
        npm_package::npm(sh).args(["run", "--silent", "build"]).run()?;
    }
    in_workspace(sh, "build --locked --workspace --features acme/custom-protocol")?.run()?;
    in_workspace(sh, "test --locked --workspace --doc --features acme/custom-protocol")?.run()?;
    Ok(target()?.join("debug/acme"))
}

/// Unpacks the npm package into the app's `node_modules`. The app finds its other dependencies in the repository's
/// `node_modules`, which contains the dependencies of the tests.
fn add_package(sh: &Shell, packed: &Packed) -> Result<()> {
    let (tarball, modules) = (&packed.file, workspace::root().join(APP).join("node_modules"));
    sh.remove_path(&modules)?;
    let folder = sh.create_dir(modules.join("polar-license"))?;
    Ok(cmd!(sh, "tar -xzf {tarball} -C {folder} --strip-components=1").run()?)
}

fn in_workspace<'a>(sh: &'a Shell, words: &str) -> Result<Cmd<'a>> {
    let cargo = shell::cargo(sh, words).args(["--manifest-path", MANIFEST]);
    Ok(cargo.env("CARGO_TARGET_DIR", target()?))
}

fn target() -> Result<PathBuf> {
    Ok(workspace::target()?.join("tauri"))
}

/// Checks the fields that the plugin's manifest repeats from the main workspace. The plugin is not in that workspace, so
/// its manifest cannot inherit them.
pub(crate) fn check_manifest() -> Result<()> {
    let (manifest, readme) = (workspace::text(MANIFEST)?, workspace::text(README)?);
    check_versions(&manifest, &readme)?;
    check_addresses(&manifest, &workspace::addresses()?)
}

fn check_addresses(manifest: &str, addresses: &[(&str, String)]) -> Result<()> {
    let manifest: toml::Table = manifest.parse()?;
    for (name, expected) in addresses {
        let own = manifest.get("package").and_then(|package| package.get(*name)?.as_str()).unwrap_or_default();
        if own != expected {
            bail!("`{name}` in {MANIFEST} must be \"{expected}\", as in Cargo.toml; it is \"{own}\"");
        }
    }
    Ok(())
}

/// Checks that the plugin and the crate `polar-license` have the same version, and that the plugin's README names this
/// version.
fn check_versions(manifest: &str, readme: &str) -> Result<()> {
    let version = workspace::version("polar-license")?;
    let manifest: toml::Table = manifest.parse()?;
    let own = manifest.get("package").and_then(|package| package.get("version")?.as_str());
    let core = manifest.get("dependencies").and_then(|it| it.get("polar-license")?.get("version")?.as_str());
    if own != Some(&version) || core != Some(&version) {
        bail!("{MANIFEST} must have version {version}, for itself and for polar-license; it has {own:?} and {core:?}");
    }
    let line = format!("tauri-plugin-polar-license = \"{version}\"\n");
    readme.contains(&line).then_some(()).with_context(|| format!("{README} must name the version {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_differs_from_the_crates_is_an_error() {
        let (manifest, readme) = (workspace::text(MANIFEST).unwrap(), workspace::text(README).unwrap());
        check_versions(&manifest, &readme).unwrap();
        let version = workspace::version("polar-license").unwrap();
        assert!(check_versions(&manifest.replace(&version, "99.0.0"), &readme).is_err());
        assert!(check_versions(&manifest, &readme.replace(&version, "99.0.0")).is_err());
    }

    #[test]
    fn an_address_that_differs_from_the_workspaces_is_an_error() {
        check_manifest().unwrap();
        for name in ["repository", "homepage"] {
            let addresses = [(name, "https://example.com/acme".to_owned())];
            let error = check_addresses("[package]", &addresses).unwrap_err().to_string();
            assert!(error.contains("must be \"https://example.com/acme\""), "{error}");
            check_addresses(&format!("[package]\n{name} = \"https://example.com/acme\""), &addresses).unwrap();
        }
    }
}
