//! Builds the Python package (the wheels and the source distribution) in `target/package/python`. Runs its tests in an
//! environment that contains only the wheel and its dependencies. If Python is missing, skips the tests and prints a
//! line that says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::licenses::{self, Shipped};
use crate::local_polar::LocalPolar;
use crate::requirements::{PYTHON_TOOLS, PYTHON_WITH_PIP};
use crate::target::{System, Target};
use crate::{paths, shell, tools, workspace};

const SOURCE: &str = "bindings/python";
const MANIFEST: &str = "bindings/python/pyproject.toml";

/// The targets whose wheels are built on Linux, for manylinux2014. On macOS and Windows only the machine's own wheel is
/// built.
const LINUX: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// The longest time that one build may take. A build is slow, because the compiler optimizes the whole library as one
/// unit, and the machine may be busy.
const TIME_LIMIT: Duration = Duration::from_secs(900);

/// Builds the wheels for Linux and the source distribution: `cargo xtask package python`.
pub(crate) fn package(sh: &Shell) -> Result<()> {
    let folder = empty_output(sh)?;
    for target in LINUX {
        println!("{}", wheel(sh, target, &folder)?.display());
    }
    println!("{}", sdist(sh, &folder)?.display());
    Ok(())
}

/// Builds only the wheel for this machine: `cargo xtask package python --this-machine`.
pub(crate) fn package_for_this_machine(sh: &Shell) -> Result<()> {
    println!("{}", wheel(sh, &own_target(sh)?, &empty_output(sh)?)?.display());
    Ok(())
}

/// Builds the wheel for this machine, and runs the tests of `tests/python` with it.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    if let Err(error) = PYTHON_WITH_PIP.ensure(sh) {
        println!("NOT RUN: {error:#}");
        return Ok(());
    }
    PYTHON_TOOLS.ensure(sh)?;
    let folder = empty_output(sh)?;
    let (wheel, sdist) = (wheel(sh, &own_target(sh)?, &folder)?, sdist(sh, &folder)?);
    let python = installed(sh, &wheel, &folder.join("venv"))?;
    style(sh, &python)?;
    let polar = LocalPolar::start(sh)?;
    let tests = cmd!(sh, "{python} -m unittest discover --start-directory tests/python");
    // with this setting Python writes no bytecode beside the sources
    let tests = tests.env("PYTHONDONTWRITEBYTECODE", "1").env("POLAR_LICENSE_POLAR", polar.url());
    Ok(tests.env("POLAR_LICENSE_WHEEL", wheel).env("POLAR_LICENSE_SDIST", sdist).run()?)
}

/// Checks that the manifest has no version of its own, and that its addresses are those of Cargo.toml.
pub(crate) fn check_manifest() -> Result<()> {
    check_project(&workspace::text(MANIFEST)?, &workspace::addresses()?)
}

fn check_project(manifest: &str, addresses: &[(&str, String)]) -> Result<()> {
    let manifest: toml::Table = manifest.parse()?;
    let project = manifest.get("project").with_context(|| format!("{MANIFEST} has no `project`"))?;
    if project.get("version").is_some() {
        bail!("{MANIFEST} must have no `version`: maturin takes that of the C library, which is the workspace's");
    }
    let urls = project.get("urls").and_then(|urls| urls.as_table());
    for (name, expected) in addresses {
        // the comparison ignores case, because the names in pyproject.toml begin with capital letters, as PyPI shows
        // them
        let url = urls.into_iter().flatten().find(|(title, _)| title.eq_ignore_ascii_case(name));
        let own = url.and_then(|(_, address)| address.as_str()).unwrap_or_default();
        if own != expected {
            bail!("the URL `{name}` in {MANIFEST} must be \"{expected}\", as in Cargo.toml; it is \"{own}\"");
        }
    }
    Ok(())
}

/// Returns the target for which this machine's wheel is built.
fn own_target(sh: &Shell) -> Result<String> {
    let host = Target::host(sh)?;
    if host.system == System::Linux && !LINUX.contains(&host.triple.as_str()) {
        bail!("there is no wheel for {}", host.triple);
    }
    Ok(host.triple)
}

/// Empties the output folder, and returns it.
fn empty_output(sh: &Shell) -> Result<PathBuf> {
    let folder = workspace::target()?.join("package/python");
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;
    Ok(folder)
}

/// Builds the wheel, which contains the license texts of this project and of its dependencies.
fn wheel(sh: &Shell, target: &str, folder: &Path) -> Result<PathBuf> {
    let built = folder.join("built");
    sh.remove_path(&built)?;
    build(sh, &["--locked", "--target", target], &built)?;
    let (unpacked, python) = (folder.join("unpacked"), tools::PYTHON_PACKAGE.program("python")?);
    sh.remove_path(&unpacked)?;
    let wheel = only_file(sh, &built, "whl")?;
    cmd!(sh, "{python} -m wheel unpack {wheel} --dest {unpacked}").quiet().ignore_stdout().run()?;
    let version = workspace::version("polar-license-c")?;
    let content = unpacked.join(format!("polar_license-{version}"));
    let dist_info = content.join(format!("polar_license-{version}.dist-info"));
    let shipped = Shipped { package: "polar-license-c", features: &[], target: &Target::named(sh, Some(target))? };
    licenses::write(sh, &dist_info.join("licenses"), &shipped)?;
    add_own_licenses(sh, &dist_info)?;
    workspace::copy_guides_for_agents(&content.join("polar_license"))?;
    for library in sh.read_dir(content.join("polar_license/_native"))? {
        paths::check_none(&library)?;
    }
    sh.create_dir(dist_info.join("sboms"))?;
    fs::rename(dist_info.join("licenses/sbom.cdx.json"), dist_info.join("sboms/sbom.cdx.json"))?;
    cmd!(sh, "{python} -m wheel pack {content} --dest-dir {folder}").quiet().ignore_stdout().run()?;
    sh.remove_path(&unpacked)?;
    sh.remove_path(&built)?;
    Ok(folder.join(wheel.file_name().context("the wheel has no name")?))
}

/// Adds this project's licenses to the wheel. maturin adds license files only from the folder of pyproject.toml. In the
/// repository, the licenses are in the top folder instead, so maturin does not find them. (In the source distribution,
/// they are in the folder of pyproject.toml.)
fn add_own_licenses(sh: &Shell, dist_info: &Path) -> Result<()> {
    let metadata = sh.read_file(dist_info.join("METADATA"))?;
    let (before, after) = metadata.split_once("License-Expression: ").context("the wheel names no license")?;
    let mut named = String::new();
    for license in workspace::LICENSES {
        sh.copy_file(workspace::root().join(license), dist_info.join("licenses"))?;
        named.push_str(&format!("License-File: {license}\n"));
    }
    Ok(sh.write_file(dist_info.join("METADATA"), format!("{before}{named}License-Expression: {after}"))?)
}

/// Builds the source distribution. Also builds a wheel from it, to see that no file is missing. Building this wheel
/// takes almost no time, because cargo sees that the files have not changed since it built the library.
fn sdist(sh: &Shell, folder: &Path) -> Result<PathBuf> {
    let built = folder.join("built");
    build(sh, &["--sdist"], &built)?;
    let sdist = only_file(sh, &built, "gz")?;
    let kept = folder.join(sdist.file_name().context("the source distribution has no name")?);
    fs::rename(sdist, &kept)?;
    sh.remove_path(&built)?;
    Ok(kept)
}

/// Runs maturin, with `zig` on the search path.
fn build(sh: &Shell, arguments: &[&str], to: &Path) -> Result<()> {
    let python = tools::PYTHON_PACKAGE.program("python")?;
    let programs = python.parent().context("Python is in no folder")?.to_path_buf();
    let path = std::env::join_paths(
        std::iter::once(programs.clone()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )?;
    let target = workspace::target()?.join("package/build/python");
    let _inside = sh.push_dir(SOURCE);
    let maturin = shell::without_own_variables(sh.cmd(programs.join("maturin"))).env("PATH", path);
    let maturin = maturin.arg("build").args(arguments);
    // with zig as the linker, the wheel needs only the glibc that manylinux2014 allows, even if this machine has a
    // newer one
    let maturin =
        if cfg!(target_os = "linux") { maturin.args(["--zig", "--compatibility", "manylinux2014"]) } else { maturin };
    let maturin = maturin.env(paths::FLAGS, paths::remapped(&target)).env("CFLAGS", paths::remapped_for_c(&target));
    shell::quietly(maturin.arg("--target-dir").arg(target).arg("--out").arg(to), TIME_LIMIT)
}

/// Creates an environment with the wheel and its dependencies. Needs no network, because `cargo xtask setup` has stored
/// the dependencies. Returns the path of the environment's `python`.
fn installed(sh: &Shell, wheel: &Path, folder: &Path) -> Result<PathBuf> {
    let (tools, stored) = (tools::PYTHON_PACKAGE.program("python")?, tools::PYTHON_PACKAGE.wheels()?);
    cmd!(sh, "{tools} -m venv --without-pip {folder}").run()?;
    let python = folder.join("bin/python");
    let install = cmd!(sh, "{tools} -m pip --quiet --python {python} install --no-index --find-links {stored} {wheel}");
    install.run()?;
    Ok(python)
}

/// Checks the style and the types of the package's code and of the tests. The types of the tests are checked against
/// the installed package.
fn style(sh: &Shell, python: &Path) -> Result<()> {
    let tools = tools::PYTHON_PACKAGE.program("python")?;
    for check in [&["check"][..], &["format", "--check"]] {
        cmd!(sh, "{tools} -m ruff {check...} --quiet --no-cache --config {MANIFEST} {SOURCE} tests/python").run()?;
    }
    let cache = workspace::target()?.join("mypy");
    cmd!(sh, "{tools} -m mypy --cache-dir {cache} --config-file {MANIFEST} {SOURCE}/src").run()?;
    let mypy = cmd!(sh, "{tools} -m mypy --cache-dir {cache} --config-file {MANIFEST} --python-executable {python}");
    Ok(mypy.arg("tests/python").run()?)
}

fn only_file(sh: &Shell, folder: &Path, extension: &str) -> Result<PathBuf> {
    let mut files = sh.read_dir(folder)?;
    files.retain(|file| file.extension().is_some_and(|end| end == extension));
    match files.as_slice() {
        [file] => Ok(file.clone()),
        files => bail!("`{}` holds {} files that end in `{extension}`", folder.display(), files.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_with_its_own_version_or_another_address_is_an_error() {
        check_manifest().unwrap();
        let own_version = check_project("[project]\nversion = \"0.1.0\"", &[]).unwrap_err().to_string();
        assert!(own_version.contains("must have no `version`"), "{own_version}");
        for (name, shown) in [("repository", "Repository"), ("homepage", "Homepage")] {
            let named = format!("[project.urls]\n{shown} = \"https://example.com/acme\"");
            check_project(&named, &[(name, "https://example.com/acme".into())]).unwrap();
            let other = check_project(&named, &[(name, "https://example.com/other".into())]).unwrap_err().to_string();
            assert!(other.contains("must be \"https://example.com/other\""), "{other}");
        }
    }
}
