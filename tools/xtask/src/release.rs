//! Checks whether a version can be published, and writes its release notes. Publishes nothing. The workflow
//! `.github/workflows/release.yml` runs this check, and then publishes the version.

use std::fs;

use anyhow::{Result, bail};
use cargo_metadata::Package;

use crate::{python_package, tauri, workspace};

/// Checks that the version can be published, and writes its release notes into `target/package/NOTES.md`: `cargo xtask
/// release TAG`.
pub(crate) fn check(tag: &str) -> Result<()> {
    let (metadata, changelog) = (workspace::metadata()?, workspace::text("CHANGELOG.md")?);
    let version = tag.strip_prefix('v').unwrap_or_default();
    let mut wrong = obstacles(tag, &metadata.packages, &workspace::addresses()?);
    // The Tauri plugin and the Python package are checked separately, because their manifests cannot inherit the
    // version and the addresses from the workspace's manifest.
    let others = [tauri::check_manifest(), python_package::check_manifest()];
    wrong.extend(others.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")));
    let notes = notes(&changelog, version);
    if notes.is_none() {
        wrong.push(format!("CHANGELOG.md has no section `## {version} - YYYY-MM-DD`, or the section is empty"));
    }
    if !wrong.is_empty() {
        bail!("{tag} cannot be released (RELEASING.md):\n{}", wrong.join("\n"));
    }
    let file = workspace::target()?.join("package/NOTES.md");
    fs::create_dir_all(file.with_file_name(""))?;
    fs::write(&file, notes.unwrap_or_default())?;
    println!("{tag} can be released; its notes are in {}", file.display());
    Ok(())
}

fn obstacles(tag: &str, packages: &[Package], addresses: &[(&str, String)]) -> Vec<String> {
    let empty = addresses.iter().filter(|(_, address)| address.is_empty());
    let message = |(name, _): &(&str, String)| {
        format!(
            "`{name}` in Cargo.toml is empty: write the address there, because crates.io and PyPI show it, and what was \
             published cannot be changed"
        )
    };
    let mut wrong: Vec<String> = empty.map(message).collect();
    let others = packages.iter().filter(|package| format!("v{}", package.version) != tag);
    wrong.extend(others.map(|package| format!("the version of {} is {}", package.name, package.version)));
    wrong
}

/// Returns the version's section of the changelog. Returns `None` if the heading of the section has no date, or if the
/// section is missing or empty.
fn notes(changelog: &str, version: &str) -> Option<String> {
    let start = format!("## {version} - ");
    let mut lines = changelog.lines().skip_while(|line| !line.starts_with(&start)).skip(1).peekable();
    lines.peek()?;
    let section: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    Some(section.join("\n").trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_address_and_another_version_are_reported() {
        let packages = workspace::metadata().unwrap().packages;
        let tag = format!("v{}", workspace::version("polar-license").unwrap());
        let addresses = ["repository", "homepage"].map(|name| (name, "https://example.com/acme".to_owned()));
        assert_eq!(obstacles(&tag, &packages, &addresses), Vec::<String>::new());
        for name in ["repository", "homepage"] {
            let wrong = obstacles(&tag, &packages, &[(name, String::new())]);
            assert!(wrong.iter().any(|wrong| wrong.starts_with(&format!("`{name}` in Cargo.toml is empty"))));
        }
        let other = obstacles("v7.0.0", &packages, &addresses);
        assert_eq!(other.len(), packages.len(), "{other:?}");
    }

    #[test]
    fn the_workflow_also_publishes_the_packages_outside_the_workspace() {
        let workflow = workspace::text(".github/workflows/release.yml").unwrap();
        let tauri = format!("cargo publish --locked --manifest-path {}\n", tauri::MANIFEST);
        for command in [tauri.as_str(), "cargo xtask package python $ONLY\n", "uses: pypa/gh-action-pypi-publish@"] {
            assert!(workflow.contains(command), "{command}");
        }
    }

    #[test]
    fn the_notes_are_the_section_of_the_version_in_the_changelog() {
        let changelog = "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2027-01-01\n\n- two\n- more\n\n## 0.1.0 - 2026-12-01\n\n- one\n";
        assert_eq!(notes(changelog, "0.2.0").as_deref(), Some("- two\n- more"));
        assert_eq!(notes(changelog, "0.1.0").as_deref(), Some("- one"));
        assert_eq!(notes(changelog, "0.3.0"), None);
        assert_eq!(notes("## 0.1.0 - 2026-12-01\n\n## 0.0.1 - 2026-11-01\n- x", "0.1.0"), None);
    }
}
