//! Writes the manifests with which package managers install the command `polar-license` from a release's archives: a
//! formula for Homebrew, a manifest for Scoop, and the three manifests that winget requires. Also writes the Swift
//! package, which installs the C library.
//!
//! The archives of all targets must be in `target/package/archives`. In the workflow `release.yml`, the job `release`
//! downloads them to that folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use xshell::Shell;

use crate::{archive, workspace};

const PACKAGE: &str = "polar-license-cli";

const DESCRIPTION: &str = "License keys sold through Polar, on the command line";

/// The Swift code that wraps the C functions. It is the only source file of the Swift package.
const SWIFT_WRAPPER: &str = "examples/swift/Sources/PolarLicense/License.swift";

/// A target for which archives are released. `installed_on` is the system and processor on which package managers
/// install the archive.
pub(crate) struct Released {
    pub(crate) target: &'static str,
    installed_on: InstalledOn,
}

enum InstalledOn {
    /// The names that Homebrew uses for the system and the processor.
    Homebrew(&'static str, &'static str),
    /// The names that Scoop and winget use for the processor.
    Windows { scoop: &'static str, winget: &'static str },
}

/// The targets for which the command is released.
pub(crate) const RELEASED: [Released; 6] = [
    Released { target: "x86_64-unknown-linux-gnu", installed_on: InstalledOn::Homebrew("linux", "intel") },
    Released { target: "aarch64-unknown-linux-gnu", installed_on: InstalledOn::Homebrew("linux", "arm") },
    Released { target: "x86_64-apple-darwin", installed_on: InstalledOn::Homebrew("macos", "intel") },
    Released { target: "aarch64-apple-darwin", installed_on: InstalledOn::Homebrew("macos", "arm") },
    Released { target: "x86_64-pc-windows-msvc", installed_on: InstalledOn::Windows { scoop: "64bit", winget: "x64" } },
    Released {
        target: "aarch64-pc-windows-msvc",
        installed_on: InstalledOn::Windows { scoop: "arm64", winget: "arm64" },
    },
];

/// The name of the Swift package's archive.
pub(crate) fn xcframework(version: &str) -> String {
    format!("polar-license-xcframework-{version}.zip")
}

/// Returns the targets whose libraries are in the XCFramework.
pub(crate) fn apple_targets() -> impl Iterator<Item = &'static str> {
    RELEASED.iter().map(|released| released.target).filter(|target| target.ends_with("-apple-darwin"))
}

/// The values that all manifests share.
struct Release {
    version: String,
    repository: String,
    /// The checksums of the archives. The key is the archive's name.
    sums: BTreeMap<String, String>,
}

/// Writes all manifests into `target/package/manifests`: `cargo xtask package manifests`.
pub(crate) fn package(sh: &Shell) -> Result<()> {
    let release = Release {
        version: workspace::version(PACKAGE)?,
        repository: workspace::repository()?,
        sums: archive::read_checksums(sh)?,
    };
    if release.repository.is_empty() {
        bail!("`repository` in Cargo.toml is empty: the manifests download the archives from its releases");
    }
    let folder = workspace::target()?.join("package/manifests");
    sh.remove_path(&folder)?;
    for (path, text) in manifests(&release)? {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        fs::write(&file, text).with_context(|| format!("cannot write `{}`", file.display()))?;
        println!("{}", file.display());
    }
    Ok(())
}

/// Returns each manifest's path and text.
fn manifests(release: &Release) -> Result<Vec<(String, String)>> {
    let mut all = vec![
        ("homebrew/polar-license.rb".to_owned(), release.formula()?),
        ("scoop/polar-license.json".to_owned(), release.scoop()?),
    ];
    all.extend(release.winget()?);
    all.extend(release.swift()?);
    Ok(all)
}

impl Release {
    /// Returns the name of a target's archive, without the file extension.
    fn name(&self, target: &str) -> String {
        format!("{PACKAGE}-{}-{target}", self.version)
    }

    /// Returns the address and the checksum of a target's archive.
    fn download(&self, target: &str) -> Result<(String, &str)> {
        let end = if target.contains("windows") { "zip" } else { "tar.gz" };
        self.address(&format!("{}.{end}", self.name(target)))
    }

    /// Returns the address and the checksum of an archive.
    fn address(&self, file: &str) -> Result<(String, &str)> {
        let sum = self.sums.get(file).with_context(|| format!("there is no archive `{file}`"))?;
        Ok((format!("{}/releases/download/v{}/{file}", self.repository, self.version), sum))
    }

    fn formula(&self) -> Result<String> {
        let mut systems = String::new();
        for system in ["macos", "linux"] {
            let mut processors = String::new();
            for released in &RELEASED {
                let InstalledOn::Homebrew(on, processor) = released.installed_on else { continue };
                if on == system {
                    let (address, sum) = self.download(released.target)?;
                    processors +=
                        &format!("    on_{processor} do\n      url \"{address}\"\n      sha256 \"{sum}\"\n    end\n");
                }
            }
            systems += &format!("\n  on_{system} do\n{processors}  end\n");
        }
        let Self { version, repository, .. } = self;
        Ok(format!(
            r##"class PolarLicense < Formula
  desc "{DESCRIPTION}"
  homepage "{repository}"
  version "{version}"
  license any_of: ["MIT", "Apache-2.0"]
{systems}
  def install
    bin.install "polar-license"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/polar-license.bash" => "polar-license"
    fish_completion.install "completions/polar-license.fish"
    zsh_completion.install "completions/polar-license.zsh" => "_polar-license"
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/polar-license --version")
  end
end
"##
        ))
    }

    fn scoop(&self) -> Result<String> {
        let mut architecture = Map::new();
        for released in &RELEASED {
            let InstalledOn::Windows { scoop, .. } = released.installed_on else { continue };
            let (url, hash) = self.download(released.target)?;
            let folder = self.name(released.target);
            architecture.insert(scoop.to_owned(), json!({ "url": url, "hash": hash, "extract_dir": folder }));
        }
        let manifest = json!({
            "version": self.version,
            "description": DESCRIPTION,
            "homepage": self.repository,
            "license": "MIT|Apache-2.0",
            "architecture": architecture,
            "bin": "polar-license.exe",
        });
        Ok(serde_json::to_string_pretty(&manifest)? + "\n")
    }

    /// Returns the files of the Swift package. The package needs a repository of its own for two reasons. First, the
    /// Swift package manager reads a manifest only from the top folder of a repository. Second, the manifest contains
    /// the checksum of an archive that is built from a commit of the main repository. The manifest cannot be part of
    /// that commit, because the checksum is known only after the commit exists.
    fn swift(&self) -> Result<Vec<(String, String)>> {
        let archive = xcframework(&self.version);
        let (address, sum) = self.address(&archive)?;
        let manifest = format!(
            r#"// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "polar-license",
    platforms: [.macOS(.v11)],
    products: [.library(name: "PolarLicense", targets: ["PolarLicense"])],
    targets: [
        .binaryTarget(
            name: "CPolarLicense",
            url: "{address}",
            checksum: "{sum}"
        ),
        .target(name: "PolarLicense", dependencies: ["CPolarLicense"]),
    ]
)
"#
        );
        let wrapper = workspace::text(SWIFT_WRAPPER)?;
        let mut files = vec![
            ("swift/Package.swift".to_owned(), manifest),
            ("swift/Sources/PolarLicense/License.swift".to_owned(), wrapper),
        ];
        for license in workspace::LICENSES {
            files.push((format!("swift/{license}"), workspace::text(license)?));
        }
        Ok(files)
    }

    /// Returns the three manifests for winget. They are written as JSON, which is valid YAML too.
    fn winget(&self) -> Result<Vec<(String, String)>> {
        let owner = self.repository.rsplit('/').nth(1).unwrap_or_default();
        let id = format!("{owner}.PolarLicense");
        let mut installers = Vec::new();
        for released in &RELEASED {
            let InstalledOn::Windows { winget, .. } = released.installed_on else { continue };
            let (address, sum) = self.download(released.target)?;
            let program = format!("{}\\polar-license.exe", self.name(released.target));
            installers.push(json!({
                "Architecture": winget,
                "InstallerUrl": address,
                "InstallerSha256": sum.to_uppercase(),
                "NestedInstallerFiles": [{ "RelativeFilePath": program, "PortableCommandAlias": "polar-license" }],
            }));
        }
        let kinds = [
            ("", json!({ "ManifestType": "version", "DefaultLocale": "en-US" })),
            (
                ".installer",
                json!({
                    "ManifestType": "installer",
                    "InstallerType": "zip",
                    "NestedInstallerType": "portable",
                    "Installers": installers,
                }),
            ),
            (
                ".locale.en-US",
                json!({
                    "ManifestType": "defaultLocale",
                    "PackageLocale": "en-US",
                    "Publisher": owner,
                    "PackageName": "polar-license",
                    "PackageUrl": self.repository,
                    "License": "MIT OR Apache-2.0",
                    "ShortDescription": DESCRIPTION,
                }),
            ),
        ];
        let common = json!({ "PackageIdentifier": id, "PackageVersion": self.version, "ManifestVersion": "1.6.0" });
        let mut manifests = Vec::new();
        for (kind, own) in kinds {
            let members = [&common, &own].into_iter().filter_map(Value::as_object).flatten();
            let manifest: Map<_, _> = members.map(|(member, value)| (member.clone(), value.clone())).collect();
            manifests.push((format!("winget/{id}{kind}.yaml"), serde_json::to_string_pretty(&manifest)? + "\n"));
        }
        Ok(manifests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Release {
        let end = |target: &str| if target.contains("windows") { "zip" } else { "tar.gz" };
        let name = |target| format!("{PACKAGE}-1.2.3-{target}.{}", end(target));
        let sums = RELEASED.iter().enumerate().map(|(at, released)| (name(released.target), format!("{at:064x}")));
        let repository = "https://example.com/acme/polar-license".to_owned();
        let framework = (xcframework("1.2.3"), format!("{:064x}", 0xabc));
        Release { version: "1.2.3".into(), repository, sums: sums.chain([framework]).collect() }
    }

    #[test]
    fn every_archive_is_installed_by_a_package_manager_with_its_checksum() {
        let manifests = manifests(&release()).unwrap();
        for released in &RELEASED {
            let (address, sum) =
                release().download(released.target).map(|(address, sum)| (address, sum.to_owned())).unwrap();
            let with_it = manifests.iter().filter(|(_, text)| text.contains(&address) && text.contains(&sum)).count();
            let managers = if released.target.contains("windows") { 2 } else { 1 };
            assert_eq!(with_it, managers, "{}", released.target);
        }
        assert_eq!(manifests.iter().filter(|(path, _)| !path.starts_with("swift/")).count(), 5);
    }

    #[test]
    fn the_swift_package_downloads_the_xcframework_and_contains_the_wrapper() {
        let files: BTreeMap<_, _> = manifests(&release()).unwrap().into_iter().collect();
        let manifest = &files["swift/Package.swift"];
        let address =
            "https://example.com/acme/polar-license/releases/download/v1.2.3/polar-license-xcframework-1.2.3.zip";
        assert!(manifest.contains(&format!("url: \"{address}\"")), "{manifest}");
        assert!(manifest.contains(&format!("checksum: \"{:064x}\"", 0xabc)), "{manifest}");
        assert!(files["swift/Sources/PolarLicense/License.swift"].contains("import CPolarLicense"));
        assert_eq!(apple_targets().count(), 2);
    }

    #[test]
    fn a_missing_archive_is_named() {
        let mut release = release();
        release.sums.retain(|name, _| !name.contains("aarch64-apple"));
        let error = manifests(&release).unwrap_err().to_string();
        assert_eq!(error, "there is no archive `polar-license-cli-1.2.3-aarch64-apple-darwin.tar.gz`");
    }

    #[test]
    fn the_workflow_builds_an_archive_for_every_target() {
        let workflow = workspace::text(".github/workflows/release.yml").unwrap();
        for released in &RELEASED {
            assert!(workflow.contains(&format!("target: {} }}", released.target)), "{}", released.target);
        }
    }
}
