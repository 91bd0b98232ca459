//! The programs of wasm-bindgen, at the very version of the library: they refuse to work with another one.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::workspace::Metadata;
use crate::{process, workspace};

const LIBRARY: &str = "wasm-bindgen";

/// Which one there is, if it has the version of the lock file.
pub(crate) fn found() -> Option<String> {
    let version = version().ok()?;
    let said = process::read(process::command(&program("wasm-bindgen").ok()?).arg("--version")).ok()?;
    said.split_whitespace().any(|word| word == version).then(|| said.trim().into())
}

/// Builds them into `target/tools`. A debug build, which takes half as long and is fast enough.
pub(crate) fn install() -> Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["install", "--debug", "wasm-bindgen-cli", "--version", &version()?, "--root"]).arg(tools()?);
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", tools()?.join("build"));
    process::quietly(&mut cargo, Duration::from_secs(1800))
}

/// Where one of the programs is: `wasm-bindgen`, `wasm-bindgen-test-runner`.
pub(crate) fn program(name: &str) -> Result<String> {
    let path = tools()?.join("bin").join(name);
    path.into_os_string().into_string().ok().context("the path of the target folder is not text")
}

fn tools() -> Result<PathBuf> {
    Ok(Metadata::read()?.target().join("tools"))
}

fn version() -> Result<String> {
    version_of(LIBRARY, &workspace::text("Cargo.lock")?).context("Cargo.lock has no wasm-bindgen")
}

fn version_of(name: &str, lock: &str) -> Option<String> {
    let lock: toml::Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let package = packages.iter().find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name))?;
    package.get("version")?.as_str().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_lock_file() {
        let lock = "version = 4\n[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_of("wasm-bindgen", lock).as_deref(), Some("0.2.130"));
        assert_eq!(version_of("js-sys", lock), None);
    }
}
