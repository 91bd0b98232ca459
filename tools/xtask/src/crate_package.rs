//! The packed crate, as it would be uploaded to crates.io.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::{shell, workspace};

const CRATE: &str = "polar-license";

/// The files that cargo adds to every crate.
const ADDED_BY_CARGO: [&str; 4] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

/// The files that every version must have.
const EXPECTED: [&str; 4] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];

/// Packs the crate, lets cargo build it from what was packed, and compares what is inside with `include`.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    // a developer packs before committing; building the tests has downloaded the dependencies
    shell::cargo(sh, "package --locked --offline --allow-dirty --package").arg(CRATE).run()?;

    let folder = format!("{CRATE}-{}", workspace::version(CRATE)?);
    let file = workspace::target()?.join("package").join(format!("{folder}.crate"));
    let listing = cmd!(sh, "tar -tzf {file}").read()?;
    let packed: BTreeSet<String> = listing
        .lines()
        .filter_map(|line| line.strip_prefix(&folder)?.strip_prefix('/'))
        .filter(|path| !ADDED_BY_CARGO.contains(path))
        .map(Into::into)
        .collect();

    let expected = included(&include_patterns(&workspace::text("Cargo.toml")?)?)?;
    let mut wrong: Vec<String> =
        packed.difference(&expected).map(|path| format!("packed by mistake: {path}")).collect();
    wrong.extend(expected.difference(&packed).map(|path| format!("not packed: {path}")));
    wrong.extend(EXPECTED.iter().filter(|path| !packed.contains(**path)).map(|path| format!("missing: {path}")));
    if !wrong.is_empty() {
        bail!("the crate's files differ from `include` in Cargo.toml\n{}", wrong.join("\n"));
    }
    println!("the crate holds {} files, the same as `include` in Cargo.toml", packed.len());
    Ok(())
}

fn include_patterns(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().context("Cargo.toml is not valid TOML")?;
    let include = manifest.get("package").and_then(|package| package.get("include")).cloned();
    include.context("Cargo.toml has no `include`")?.try_into().context("`include` must be an array of strings")
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
