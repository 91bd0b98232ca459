//! Collects the license texts of everything that is linked into a package, and writes a bill of materials in
//! CycloneDX's format. Includes only crates that are linked into the package for its target, and no build tools or
//! procedural macros.
//!
//! Two existing tools are not used. If cargo-about is built without optimization, it takes seven minutes, because it
//! compares every text with all known license texts. cargo-cyclonedx writes a file beside every manifest of the
//! workspace, and this file contains paths of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::{MetadataCommand, Package};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::target::Target;
use crate::{shell, workspace};

/// A package that is shipped, with the target for which it is built and the arguments that select its features.
pub(crate) struct Shipped<'a> {
    pub(crate) package: &'a str,
    pub(crate) features: &'a [&'a str],
    pub(crate) target: &'a Target,
}

/// Writes the license texts and the bill of materials into `folder`.
pub(crate) fn write(sh: &Shell, folder: &Path, of: &Shipped<'_>) -> Result<()> {
    let packages = linked(sh, of)?;
    sh.create_dir(folder)?;
    fs::write(folder.join("LICENSES.txt"), license_texts(&packages)?)?;
    fs::write(folder.join("sbom.cdx.json"), serde_json::to_string_pretty(&bill_of_materials(sh, of, &packages)?)?)?;
    fs::copy(standard_library_licenses(sh)?, folder.join("LICENSES-rust-standard-library.html"))?;
    println!("{} crates are linked in; their licenses are in {}", packages.len(), folder.display());
    Ok(())
}

/// Returns the crates that are linked into the package, including the package itself.
fn linked(sh: &Shell, of: &Shipped<'_>) -> Result<Vec<Package>> {
    let tree = shell::cargo(sh, "tree --locked --edges normal,no-proc-macro --prefix none --package");
    let tree = tree.arg(of.package).args(["--target", &of.target.triple]).args(of.features).read()?;
    let linked: BTreeSet<(&str, &str)> = tree.lines().filter_map(name_and_version).collect();
    let mut command = MetadataCommand::new();
    command.current_dir(workspace::root()).other_options(["--locked".into()]);
    let mut packages = command.exec().context("cannot read cargo's metadata of the dependencies")?.packages;
    packages.retain(|package| linked.contains(&(package.name.as_str(), package.version.to_string().as_str())));
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    if packages.len() != linked.len() {
        bail!("cargo tree lists {} crates, and cargo metadata knows {} of them", linked.len(), packages.len());
    }
    Ok(packages)
}

/// Parses a line of `cargo tree`, such as `sha2 v0.11.1`. The line may go on after the version.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(" v")?;
    Some((name, rest.split(' ').next()?))
}

/// Returns a text that contains each different license text once, with the crates to which it applies.
fn license_texts(packages: &[Package]) -> Result<String> {
    let mut crates_of_text = BTreeMap::<String, BTreeSet<String>>::new();
    let mut list = String::new();
    for package in packages {
        let title = format!("{} {}", package.name, package.version);
        let files = license_files(package)?;
        if files.is_empty() {
            bail!("{title} contains no license text; find it, and decide whether it may be shipped");
        }
        writeln!(list, "{title}: {}", license(package)?)?;
        for file in files {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
            crates_of_text.entry(text.trim().to_owned()).or_default().insert(title.clone());
        }
    }
    let mut all = format!(
        "This package contains the following Rust crates. It also contains Rust's standard library: see\n\
         LICENSES-rust-standard-library.html.\n\n{list}"
    );
    for (text, crates) in crates_of_text {
        let crates: Vec<&str> = crates.iter().map(String::as_str).collect();
        write!(all, "\n{}\n\n{}\n\n{text}\n", "=".repeat(80), crates.join(", "))?;
    }
    Ok(all)
}

fn license_files(package: &Package) -> Result<Vec<PathBuf>> {
    let is_own = package.source.is_none();
    let folder =
        if is_own { Some(workspace::root()) } else { package.manifest_path.parent().map(|path| path.as_std_path()) };
    let folder = folder.context("a manifest is in no folder")?;
    let mut files = workspace::files(folder)?;
    // a dependency's subfolders are searched too, because they may contain third-party code with a license of its own
    files.retain(|file| is_license(file) && (!is_own || file.parent() == Some(folder)));
    Ok(files)
}

fn is_license(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let starts = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
    let is_code = [".RS", ".TOML", ".JSON"].iter().any(|end| name.ends_with(end));
    starts.iter().any(|start| name.starts_with(start)) && !is_code
}

/// Returns the license as an SPDX expression. Replaces `/`, which older manifests use, with `OR`.
fn license(package: &Package) -> Result<String> {
    let license = package.license.as_ref().with_context(|| format!("{} names no license", package.name))?;
    Ok(license.replace('/', " OR "))
}

/// Returns the bill of materials. It contains no time and no random number, so that the same sources give the same
/// file.
fn bill_of_materials(sh: &Shell, of: &Shipped<'_>, packages: &[Package]) -> Result<Value> {
    let (shipped, dependencies): (Vec<&Package>, Vec<&Package>) =
        packages.iter().partition(|package| package.name.as_str() == of.package);
    let shipped = shipped.first().context("the package is not among its own crates")?;
    let mut components = dependencies.into_iter().map(component).collect::<Result<Vec<_>>>()?;
    let rustc = cmd!(sh, "rustc --version").quiet().read()?;
    let rust = rustc.split_whitespace().nth(1).context("rustc did not print its version")?;
    components.push(json!({ "type": "library", "name": "Rust standard library", "version": rust }));
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component(shipped)? },
        "components": components,
    }))
}

fn component(package: &Package) -> Result<Value> {
    let (name, version) = (package.name.as_str(), package.version.to_string());
    let url = format!("pkg:cargo/{name}@{version}");
    Ok(json!({
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "licenses": [{ "expression": license(package)? }],
        "purl": url,
    }))
}

/// Returns the path of the page with the licenses of the standard library and its dependencies. The page comes with
/// rustc.
fn standard_library_licenses(sh: &Shell) -> Result<PathBuf> {
    let sysroot = cmd!(sh, "rustc --print sysroot").quiet().read()?;
    let page = Path::new(&sysroot).join("share/doc/rust/COPYRIGHT-library.html");
    if !page.exists() {
        bail!("`{}` is missing; build the package with a toolchain from rustup, which has it", page.display());
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn license_files_are_recognized_by_their_names() {
        for name in ["LICENSE", "LICENSE_MIT", "license-apache.txt", "COPYING", "UNLICENSE", "LICENSE-BoringSSL"] {
            assert!(is_license(Path::new(name)), "{name}");
        }
        for name in ["licenses.rs", "README.md", "license.json", "lib.rs"] {
            assert!(!is_license(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn the_name_and_version_of_a_crate_are_read_from_a_line_of_the_tree() {
        assert_eq!(name_and_version("sha2 v0.11.1 (*)"), Some(("sha2", "0.11.1")));
        assert_eq!(name_and_version("polar-license v0.1.0 (/home/me)"), Some(("polar-license", "0.1.0")));
        assert_eq!(name_and_version(""), None);
    }
}
