//! Packs the command `polar-license` as an archive for download: the program, completions, manual pages and licenses.
//! The packed program itself writes the completions and the manual pages, which proves that the program runs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use xshell::Shell;

use crate::licenses::{self, Shipped};
use crate::target::Target;
use crate::{archive, c_cross, paths, shell, signing, workspace};

const PACKAGE: &str = "polar-license-cli";

/// The features that are enabled when the command in the archives is built. With the feature `mcp`, the command
/// contains the server for coding agents.
const FEATURES: [&str; 2] = ["--features", "mcp"];

/// The names of the shells for which clap writes completions.
const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// Builds the command and packs its archive: `cargo xtask package cli`.
pub(crate) fn package(sh: &Shell, target: &Target) -> Result<()> {
    let built = build(sh, target)?;
    let program = target.program("polar-license");
    let folder = archive::folder(sh, PACKAGE, &workspace::version(PACKAGE)?, target)?;
    sh.copy_file(built, folder.join(&program))?;
    paths::check_none(&folder.join(&program))?;
    signing::sign(sh, &folder.join(&program), target.system)?;
    add_manual(sh, &folder, &folder.join(&program), target)?;
    sh.copy_file(workspace::root().join("tools/cli/README.md"), folder.join("README.md"))?;
    sh.copy_file(workspace::root().join("CHANGELOG.md"), folder.join("CHANGELOG.md"))?;
    for license in workspace::LICENSES {
        sh.copy_file(workspace::root().join(license), folder.join(license))?;
    }
    licenses::write(sh, &folder.join("licenses"), &Shipped { package: PACKAGE, features: &FEATURES, target })?;
    archive::pack(sh, &folder, target).map(drop)
}

/// Builds the command as it is shipped, and returns the program.
pub(crate) fn build(sh: &Shell, target: &Target) -> Result<PathBuf> {
    let build = shell::cargo(sh, "build --locked --profile size --package")
        .arg(PACKAGE)
        .args(FEATURES)
        .args(target.arguments());
    let build = build.env(paths::FLAGS, paths::remapped(&workspace::target()?));
    let build = match target.foreign() {
        Some(triple) => build.env(target.setting("LINKER"), c_cross::compilers(triple)?[0]),
        None => build,
    };
    build.run()?;
    let folder = workspace::target()?.join(target.foreign().unwrap_or_default()).join("size");
    Ok(folder.join(target.program("polar-license")))
}

fn add_manual(sh: &Shell, folder: &Path, program: &Path, target: &Target) -> Result<()> {
    let completions = sh.create_dir(folder.join("completions"))?;
    for shell in SHELLS {
        let script = c_cross::program(sh, target, program, folder)?.args(["completions", shell]).read()?;
        fs::write(completions.join(format!("polar-license.{shell}")), script.replace("\r\n", "\n") + "\n")?;
    }
    // The path is relative to the current folder, because a program for Windows runs under Wine, which does not
    // understand absolute paths of this machine.
    let _inside = sh.push_dir(folder);
    Ok(c_cross::program(sh, target, program, folder)?.args(["man", "man"]).run()?)
}
