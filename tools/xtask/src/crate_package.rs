//! Checks the packed crates that would be uploaded to crates.io.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use anyhow::{Context, Result, bail};
use cargo_metadata::Package;
use xshell::{Shell, cmd};

use crate::{shell, workspace};

struct Crate {
    name: &'static str,
    /// The crate's folder, relative to the repository's top folder.
    folder: &'static str,
    /// The main source file. Like the licenses and the README, it must be in the packed crate.
    main: &'static str,
}

const CRATES: [Crate; 3] = [
    Crate { name: "polar-license", folder: "", main: "src/lib.rs" },
    Crate { name: "mock-polar", folder: "tools/mock-polar", main: "src/lib.rs" },
    Crate { name: "polar-license-cli", folder: "tools/cli", main: "src/main.rs" },
];

/// The files that cargo adds to every crate.
const ADDED_BY_CARGO: [&str; 4] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

const README: &str = "README.md";

/// crates.io accepts at most this many keywords, and at most this many categories.
const MOST_WORDS: usize = 5;

/// Packs the crates, lets cargo build each from its packed files, and compares the packed files with `include` in the
/// manifest.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    remove_unpacked_crates()?;
    let names = CRATES.iter().flat_map(|it| ["--package", it.name]);
    let folder = workspace::target()?.join("packed");
    remove(&folder)?;
    // `--allow-dirty` is needed because a developer packs before committing; `--offline` works because the dependencies
    // were downloaded when the tests were built
    shell::cargo(sh, "package --locked --offline --allow-dirty --target-dir").arg(&folder).args(names).run()?;
    let (metadata, addresses) = (workspace::metadata()?, workspace::addresses()?);
    for it in &CRATES {
        let mut wrong = wrong_files(sh, it, &folder)?;
        wrong.extend(missing_words(workspace::package(&metadata, it.name)?, &addresses));
        if !wrong.is_empty() {
            bail!("the crate {} cannot be published like this\n{}", it.name, wrong.join("\n"));
        }
    }
    Ok(())
}

/// Removes copies of this repository's crates that an earlier run left in cargo's home. When one packed crate depends
/// on another, cargo unpacks the dependency into its home, unless a copy of the same version is there already. Such a
/// copy may be outdated, or may come from another clone that was at the same path.
fn remove_unpacked_crates() -> Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = home.context("no home directory")?.join("registry/src");
    for registry in fs::read_dir(&registries).with_context(|| format!("cannot read {}", registries.display()))? {
        let registry = registry?;
        // The name of a registry's folder begins with the registry's host, such as `index.crates.io-1949cf8c6b5b557f`.
        // The name of the folder for the packed crates begins with `-`, because cargo takes these crates from a local
        // folder, which has no host.
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for it in &CRATES {
            let unpacked = registry.path().join(format!("{}-{}", it.name, workspace::version(it.name)?));
            remove(&unpacked)?;
        }
    }
    Ok(())
}

/// Removes a folder if it exists.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).context(folder.display().to_string()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Returns the differences between the files of the packed crate and the files that its manifest includes.
fn wrong_files(sh: &Shell, of: &Crate, target: &Path) -> Result<Vec<String>> {
    let folder = format!("{}-{}", of.name, workspace::version(of.name)?);
    let file = target.join("package").join(format!("{folder}.crate"));
    let listing = cmd!(sh, "tar -tzf {file}").read()?;
    let packed: BTreeSet<String> = listing
        .lines()
        .filter_map(|line| line.strip_prefix(&folder)?.strip_prefix('/'))
        .filter(|path| !ADDED_BY_CARGO.contains(path))
        .map(Into::into)
        .collect();

    let manifest = workspace::text(Path::new(of.folder).join("Cargo.toml"))?;
    let expected = included(&workspace::root().join(of.folder), &include_patterns(&manifest)?)?;
    let mut wrong: Vec<String> =
        packed.difference(&expected).map(|path| format!("packed by mistake: {path}")).collect();
    wrong.extend(expected.difference(&packed).map(|path| format!("not packed: {path}")));
    let needed = workspace::LICENSES.into_iter().chain([README, of.main]);
    wrong.extend(needed.filter(|path| !packed.contains(*path)).map(|path| format!("missing: {path}")));
    for license in workspace::LICENSES {
        if workspace::text(Path::new(of.folder).join(license))? != workspace::text(license)? {
            wrong.push(format!("{license} differs from the one in the top folder"));
        }
    }
    println!("{} holds {} files, compared with `include` in its manifest", of.name, packed.len());
    Ok(wrong)
}

/// Returns a message for each field that crates.io shows but that this manifest does not have.
fn missing_words(package: &Package, addresses: &[(&str, String)]) -> Vec<String> {
    let few = |words: &[String]| (1..=MOST_WORDS).contains(&words.len());
    let [repository, homepage] = [&package.repository, &package.homepage].map(|own| own.clone().unwrap_or_default());
    let own = [("repository", repository), ("homepage", homepage)];
    let facts = [
        ("description", package.description.is_some()),
        ("license", package.license.is_some()),
        ("readme", package.readme.is_some()),
        ("rust-version", package.rust_version.is_some()),
        ("keywords, one to five", few(&package.keywords)),
        ("categories, one to five", few(&package.categories)),
        ("documentation", package.documentation.is_some()),
        ("repository.workspace = true, homepage.workspace = true", own == *addresses),
        ("leave to publish", package.publish.is_none()),
    ];
    facts.into_iter().filter(|(_, given)| !given).map(|(name, _)| format!("missing in the manifest: {name}")).collect()
}

fn include_patterns(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().context("Cargo.toml is not valid TOML")?;
    let include = manifest.get("package").and_then(|package| package.get("include")).cloned();
    include.context("Cargo.toml has no `include`")?.try_into().context("`include` must be an array of strings")
}

/// Returns the files in a crate's folder that match the patterns, relative to the folder.
fn included(folder: &Path, patterns: &[String]) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for path in workspace::files(folder)? {
        let path = path.strip_prefix(folder)?;
        if patterns.iter().any(|pattern| matches(pattern, path)) {
            found.insert(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(found)
}

/// Returns `true` if the pattern includes the path. Supports the two forms in use: `/name` for a file or a whole
/// folder, and `/start*`.
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
    fn the_release_publishes_each_crate_after_those_it_depends_on() {
        let names = CRATES.map(|it| it.name).join(" ");
        let workflow = workspace::text(".github/workflows/release.yml").unwrap();
        assert!(workflow.contains(&format!("for crate in {names}; do")), "{names}");
        let metadata = workspace::metadata().unwrap();
        for (number, it) in CRATES.iter().enumerate() {
            let package = workspace::package(&metadata, it.name).unwrap();
            // If a dependency has a path but no version, cargo leaves it out of the packed crate. Such a dependency
            // need not be published.
            let needed = package.dependencies.iter().filter(|it| it.path.is_some() && it.req.to_string() != "*");
            for dependency in needed {
                let earlier = CRATES.iter().take(number).any(|it| it.name == dependency.name);
                assert!(earlier, "{} needs {}", it.name, dependency.name);
            }
        }
    }

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
