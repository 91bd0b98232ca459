//! Programs from crates.io that the build needs at one certain version, in `target/tools`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{shell, workspace};

/// Refuses to work with a library of another version.
pub(crate) const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    version: |sh| {
        let id = cmd!(sh, "cargo pkgid --locked --offline wasm-bindgen").quiet().read()?;
        Ok(id.rsplit('@').next().context("Cargo.lock has no wasm-bindgen")?.into())
    },
};

/// Later versions want a later Rust.
pub(crate) const CARGO_C: Tool = Tool { package: "cargo-c", version: |_| Ok("0.10.24+cargo-0.98.0".into()) };

/// Builds the book.
pub(crate) const MDBOOK: Tool = Tool { package: "mdbook", version: |_| Ok("0.5.4".into()) };

/// A package of crates.io, and the version to use.
pub(crate) struct Tool {
    package: &'static str,
    version: fn(&Shell) -> Result<String>,
}

impl Tool {
    /// Which one is installed, if it has the right version.
    pub(crate) fn found(&self, sh: &Shell) -> Option<String> {
        let folder = folder().ok()?;
        let wanted = format!("{} v{}", self.package, (self.version)(sh).ok()?);
        let installed = shell::probe(cmd!(sh, "cargo install --list --root {folder}"))?;
        installed.lines().any(|line| line.trim_end_matches(':') == wanted).then_some(wanted)
    }

    /// Builds it without optimization, which takes half as long and is fast enough. With the dependencies that it was
    /// published with, because the newest may want a later Rust; with the newest where a registry lacks one of those.
    pub(crate) fn install(&self, sh: &Shell) -> Result<()> {
        let as_published = self.install_with(sh, "install --debug --locked");
        as_published.or_else(|error| {
            self.install_with(sh, "install --debug").with_context(|| format!("{error:#}\nwithout `--locked`"))
        })
    }

    fn install_with(&self, sh: &Shell, words: &str) -> Result<()> {
        let (name, version, folder) = (self.package, (self.version)(sh)?, folder()?);
        let build = shell::cargo(sh, words).args([name, "--version", &version, "--root"]).arg(folder);
        shell::quietly(build.env("CARGO_PROFILE_DEV_DEBUG", "0"), Duration::from_secs(1800))
    }
}

/// The path of an installed program: `wasm-bindgen`, `cargo-cinstall`.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    Ok(folder()?.join("bin").join(name))
}

fn folder() -> Result<PathBuf> {
    Ok(workspace::target()?.join("tools"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_bindgen_has_the_version_of_the_lock_file() {
        let version = (WASM_BINDGEN.version)(&shell::new().unwrap()).unwrap();
        let entry = format!("name = \"wasm-bindgen\"\nversion = \"{version}\"\n");
        assert!(workspace::text("Cargo.lock").unwrap().contains(&entry), "{version}");
    }
}
