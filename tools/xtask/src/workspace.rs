//! Finds this repository and its files, and reads the manifests of its packages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};

/// The license texts in the top folder. Every package contains them too.
pub(crate) const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The guides for coding agents in the top folder. The packages and the book contain them too.
const GUIDES_FOR_AGENTS: [&str; 2] = ["SKILL.md", "llms.txt"];

/// Copies the guides for coding agents into a folder.
pub(crate) fn copy_guides_for_agents(folder: &Path) -> Result<()> {
    for guide in GUIDES_FOR_AGENTS {
        let to = folder.join(guide);
        fs::copy(root().join(guide), &to).with_context(|| format!("cannot write `{}`", to.display()))?;
    }
    Ok(())
}

/// Returns the repository's top folder.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.ancestors().nth(2).unwrap_or(xtask)
}

/// Returns the text of a file. `path` is relative to the repository's top folder.
pub(crate) fn text(path: impl AsRef<Path>) -> Result<String> {
    let path = root().join(path);
    fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Returns every file below `folder`, except the output of builds and of package managers.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            let generated = ["target", "node_modules", ".git"].iter().any(|name| entry.file_name() == *name);
            if kind.is_dir() && !generated {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the packages of this workspace. Does not ask cargo for their dependencies, and so needs no network.
pub(crate) fn metadata() -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.current_dir(root()).no_deps().other_options(["--offline".into()]);
    command.exec().context("cannot read the workspace's manifests")
}

/// Returns the package of this name.
pub(crate) fn package<'a>(metadata: &'a Metadata, name: &str) -> Result<&'a Package> {
    let found = metadata.packages.iter().find(|package| package.name.as_str() == name);
    found.with_context(|| format!("`{name}` is not a package of this workspace"))
}

/// Returns the version of the package of this name.
pub(crate) fn version(name: &str) -> Result<String> {
    Ok(package(&metadata()?, name)?.version.to_string())
}

/// Returns the address of this repository, or an empty string if Cargo.toml has none.
pub(crate) fn repository() -> Result<String> {
    Ok(package(&metadata()?, "polar-license")?.repository.clone().unwrap_or_default())
}

/// Returns the addresses that every package shows: the repository and the homepage. Each address comes with the name of
/// its field in Cargo.toml. An address is an empty string until the project's owner has filled it in.
pub(crate) fn addresses() -> Result<[(&'static str, String); 2]> {
    let homepage = package(&metadata()?, "polar-license")?.homepage.clone().unwrap_or_default();
    Ok([("repository", repository()?), ("homepage", homepage)])
}

/// Returns the address where people can give money to the project: `funding` in `[workspace.metadata]` of Cargo.toml.
pub(crate) fn funding() -> Result<Option<String>> {
    Ok(metadata()?.workspace_metadata.get("funding").and_then(|funding| funding.as_str()).map(Into::into))
}

/// Returns cargo's output folder.
pub(crate) fn target() -> Result<PathBuf> {
    Ok(metadata()?.target_directory.into())
}
