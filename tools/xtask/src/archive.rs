//! Makes the archives of a release in `target/package/archives`, and `SHA256SUMS` with their checksums. The name of an
//! archive consists of its content, the version and the target. CMake creates the archives and the checksums, because
//! it works the same way on every system.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::target::Target;
use crate::workspace;

const SUMS: &str = "SHA256SUMS";

/// Creates an empty folder, which the caller fills and packs. The folder has the name of the archive, such as
/// `polar-license-c-0.1.0-TARGET`.
pub(crate) fn folder(sh: &Shell, what: &str, version: &str, target: &Target) -> Result<PathBuf> {
    let folder = archives()?.join(format!("{what}-{version}-{}", target.triple));
    sh.remove_path(&folder)?;
    Ok(sh.create_dir(folder)?)
}

/// Packs the folder, removes it, and writes the checksums of all archives again.
pub(crate) fn pack(sh: &Shell, folder: &Path, target: &Target) -> Result<PathBuf> {
    let name = folder.file_name().context("the folder has no name")?.to_string_lossy().into_owned();
    let (end, format) = if target.system.is_windows() { ("zip", "zip") } else { ("tar.gz", "gnutar") };
    let archive = archives()?.join(format!("{name}.{end}"));
    {
        let _inside = sh.push_dir(archives()?);
        let compressed = if target.system.is_windows() { "cf" } else { "czf" };
        cmd!(sh, "cmake -E tar {compressed} {archive} --format={format} {name}").run()?;
    }
    sh.remove_path(folder)?;
    checksums(sh)?;
    println!("{}", archive.display());
    Ok(archive)
}

/// Packs a folder into an archive with this name.
pub(crate) fn zip(sh: &Shell, folder: &Path, name: &str) -> Result<()> {
    let archive = sh.create_dir(archives()?)?.join(name);
    let parent = folder.parent().context("the folder has no parent")?;
    let content = folder.file_name().context("the folder has no name")?;
    {
        let _inside = sh.push_dir(parent);
        cmd!(sh, "cmake -E tar cf {archive} --format=zip {content}").run()?;
    }
    checksums(sh)?;
    println!("{}", archive.display());
    Ok(())
}

/// Checks the archive against its line in `SHA256SUMS`, with the command that the documentation gives to users.
pub(crate) fn verify(sh: &Shell, archive: &Path) -> Result<()> {
    let name = archive.file_name().context("the archive has no name")?.to_string_lossy();
    let _inside = sh.push_dir(archives()?);
    let printed = cmd!(sh, "sha256sum --check --strict --ignore-missing {SUMS}").read()?;
    if !printed.lines().any(|line| line == format!("{name}: OK")) {
        bail!("{SUMS} does not list {name}:\n{printed}");
    }
    Ok(())
}

/// Unpacks an archive, and returns the unpacked folder.
pub(crate) fn unpack(sh: &Shell, archive: &Path, into: &Path) -> Result<PathBuf> {
    let _inside = sh.push_dir(into);
    cmd!(sh, "cmake -E tar xf {archive}").run()?;
    let name = archive.file_name().context("the archive has no name")?.to_string_lossy();
    let name = name.strip_suffix(".zip").or_else(|| name.strip_suffix(".tar.gz")).context("not an archive")?;
    Ok(into.join(name))
}

/// Writes the checksums of all archives in the format of `sha256sum --check`.
pub(crate) fn checksums(sh: &Shell) -> Result<()> {
    let folder = archives()?;
    let mut names = Vec::new();
    for path in sh.read_dir(&folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && name != SUMS {
            names.push(name);
        }
    }
    let _inside = sh.push_dir(&folder);
    let sums = cmd!(sh, "cmake -E sha256sum {names...}").quiet().read()?;
    fs::write(folder.join(SUMS), sums + "\n").context("cannot write the checksums")
}

/// Calculates the checksums of all archives, writes them into `SHA256SUMS`, and returns them. The map's keys are the
/// names of the archives.
pub(crate) fn read_checksums(sh: &Shell) -> Result<BTreeMap<String, String>> {
    checksums(sh)?;
    let sums = fs::read_to_string(archives()?.join(SUMS))?;
    let line = |line: &str| line.split_once("  ").map(|(sum, name)| (name.to_owned(), sum.to_owned()));
    Ok(sums.lines().filter_map(line).collect())
}

fn archives() -> Result<PathBuf> {
    Ok(workspace::target()?.join("package/archives"))
}
