//! The packed crate, as crates.io would get it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::Metadata;
use crate::{process, workspace};

const CRATE: &str = "polar-license";

/// What cargo adds to every crate.
const CARGOS_OWN: [&str; 4] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

/// What nobody should have to look for elsewhere.
const EXPECTED: [&str; 4] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];

/// Packs the crate, lets cargo build it from what was packed, and compares what is inside with `include`.
pub(crate) fn check() -> Result<()> {
    // a developer packs before committing; what is needed from the registry is there since the tests were built
    process::run(process::cargo().args(["package", "--locked", "--offline", "--allow-dirty", "--package", CRATE]))?;

    let metadata = Metadata::read()?;
    let version = metadata.version(CRATE).context("the workspace has lost its crate")?;
    let folder = format!("{CRATE}-{version}");
    let file = metadata.target().join("package").join(format!("{folder}.crate"));
    let listing = process::read(process::command("tar").arg("-tzf").arg(file))?;
    let packed: BTreeSet<String> = listing
        .lines()
        .filter_map(|line| line.strip_prefix(&folder)?.strip_prefix('/'))
        .filter(|path| !CARGOS_OWN.contains(path))
        .map(Into::into)
        .collect();

    let wanted = included(&include_patterns(&workspace::text("Cargo.toml")?)?)?;
    let mut wrong: Vec<String> = packed.difference(&wanted).map(|path| format!("packed by mistake: {path}")).collect();
    wrong.extend(wanted.difference(&packed).map(|path| format!("not packed: {path}")));
    wrong.extend(EXPECTED.iter().filter(|path| !packed.contains(**path)).map(|path| format!("missing: {path}")));
    if !wrong.is_empty() {
        bail!("the crate does not hold what `include` in Cargo.toml says\n{}", wrong.join("\n"));
    }
    println!("{} files in the crate, as `include` says", packed.len());
    Ok(())
}

fn include_patterns(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().context("Cargo.toml is no TOML")?;
    let include = manifest.get("package").and_then(|package| package.get("include")).cloned();
    include.context("Cargo.toml has no `include`")?.try_into().context("`include` is no list of texts")
}

/// The files of the repository that the patterns name, relative to its top folder.
fn included(patterns: &[String]) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for path in workspace::files(workspace::root())? {
        let path = path.strip_prefix(workspace::root())?;
        if patterns.iter().any(|pattern| matches(pattern, path)) {
            found.insert(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(found)
}

/// Understands the two forms in use: `/name` for a file or a whole folder, and `/start*`.
fn matches(pattern: &str, path: &Path) -> bool {
    let Some(pattern) = pattern.strip_prefix('/') else { return false };
    match pattern.strip_suffix('*') {
        Some(start) => path.components().count() == 1 && path.to_string_lossy().starts_with(start),
        None => path.starts_with(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_cargo() {
        let matches = |pattern, path| matches(pattern, Path::new(path));
        assert!(matches("/src", "src/engine/mod.rs"));
        assert!(matches("/README.md", "README.md"));
        assert!(matches("/LICENSE-*", "LICENSE-MIT"));
        assert!(!matches("/src", "tools/cli/src/main.rs"));
        assert!(!matches("/src", "srcs/lib.rs"));
        assert!(!matches("/LICENSE-*", "tools/LICENSE-MIT"));
    }
}
