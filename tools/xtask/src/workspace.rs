//! Where this repository is, which files are in it, and what its manifests say.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The repository's top folder.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.ancestors().nth(2).unwrap_or(xtask)
}

/// The text of a file, named from the repository's top folder.
pub(crate) fn text(path: impl AsRef<Path>) -> Result<String> {
    let path = root().join(path);
    fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Every file below `folder`, without what builds and package managers put there.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            let made = ["target", "node_modules", ".git"].iter().any(|made| entry.file_name() == *made);
            if kind.is_dir() && !made {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What `cargo metadata` says about the packages of this workspace.
pub(crate) struct Metadata(Value);

impl Metadata {
    /// Asks cargo, which takes a few milliseconds and no network.
    pub(crate) fn read() -> Result<Self> {
        let output =
            process::read(process::cargo().args(["metadata", "--no-deps", "--offline", "--format-version=1"]))?;
        Ok(Self(serde_json::from_str(&output).context("cargo metadata did not print JSON")?))
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> PathBuf {
        self.0.get("target_directory").and_then(Value::as_str).map_or_else(|| root().join("target"), PathBuf::from)
    }

    /// The version of a package of this workspace.
    pub(crate) fn version(&self, package: &str) -> Option<&str> {
        self.package(package)?.get("version")?.as_str()
    }

    /// Whether a package of this workspace has a feature of this name.
    pub(crate) fn has_feature(&self, package: &str, feature: &str) -> bool {
        self.package(package).is_some_and(|package| package.get("features").and_then(|all| all.get(feature)).is_some())
    }

    fn package(&self, name: &str) -> Option<&Value> {
        self.0.get("packages")?.as_array()?.iter().find(|package| package.get("name").is_some_and(|own| own == name))
    }
}
