//! Programs that the build needs in one exact version. A program from crates.io is built into a folder for its version.
//! All checkouts of a user share these folders, because building takes minutes. Programs from PyPI are in virtual
//! environments of Python, in `target/tools`.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{shell, workspace};

/// The command line tool of wasm-bindgen. It works only if the library wasm-bindgen has the same version.
pub(crate) const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    version: |sh| {
        let id = cmd!(sh, "cargo pkgid --locked --offline wasm-bindgen").quiet().read()?;
        Ok(id.rsplit('@').next().context("Cargo.lock has no wasm-bindgen")?.into())
    },
    any_version: None,
};

/// The tool that builds and installs the C library. This is not the newest version, because newer versions need a newer
/// Rust than this repository uses.
pub(crate) const CARGO_C: Tool =
    Tool { package: "cargo-c", version: |_| Ok("0.10.24+cargo-0.98.0".into()), any_version: Some("cargo-cinstall") };

/// The tool that builds the book.
pub(crate) const MDBOOK: Tool =
    Tool { package: "mdbook", version: |_| Ok("0.5.4".into()), any_version: Some("mdbook") };

/// The WebDriver server for the window of a Tauri app.
pub(crate) const TAURI_DRIVER: Tool =
    Tool { package: "tauri-driver", version: |_| Ok("2.1.0".into()), any_version: None };

/// A tool from crates.io: the package that contains it, and the version to use.
pub(crate) struct Tool {
    package: &'static str,
    version: fn(&Shell) -> Result<String>,
    /// The name of a program that the user may have installed already. Any version of the program may be used, if the
    /// program runs with `--version`. `None` if only the exact version in `version` may be used.
    any_version: Option<&'static str>,
}

impl Tool {
    /// Returns a description of the installed tool, or `None` if the tool is not installed in the right version.
    pub(crate) fn found(&self, sh: &Shell) -> Option<String> {
        self.built(sh).or_else(|| self.ready_made(sh))
    }

    /// Returns the path of one of the tool's programs, such as `cargo-cinstall`. Prefers the program that `install` has
    /// built to one that the user has installed.
    pub(crate) fn program(&self, sh: &Shell, name: &str) -> Result<PathBuf> {
        if self.built(sh).is_none() && self.ready_made(sh).is_some() {
            return Ok(name.into());
        }
        Ok(self.folder(sh)?.join("bin").join(name))
    }

    fn built(&self, sh: &Shell) -> Option<String> {
        let folder = self.folder(sh).ok()?;
        let wanted = format!("{} v{}", self.package, (self.version)(sh).ok()?);
        let installed = shell::probe(cmd!(sh, "cargo install --list --root {folder}"))?;
        installed.lines().any(|line| line.trim_end_matches(':') == wanted).then_some(wanted)
    }

    /// Returns the version that the user has installed. Returns `None` if the user has not installed the tool, or if
    /// only the exact version may be used.
    fn ready_made(&self, sh: &Shell) -> Option<String> {
        shell::probe(sh.cmd(self.any_version?).arg("--version"))
    }

    /// Builds the tool without optimization, because the build then takes half as long, and the tool is still fast
    /// enough. First tries the versions of the dependencies in the tool's lock file, because newer versions may need a
    /// newer Rust. If this build fails, for example because a registry lacks a version, tries the newest versions.
    pub(crate) fn install(&self, sh: &Shell) -> Result<()> {
        let as_published = self.install_with(sh, "install --debug --locked");
        as_published.or_else(|error| {
            self.install_with(sh, "install --debug").with_context(|| format!("{error:#}\nwithout `--locked`"))
        })
    }

    fn install_with(&self, sh: &Shell, words: &str) -> Result<()> {
        let (name, version, folder) = (self.package, (self.version)(sh)?, self.folder(sh)?);
        println!("building {name} {version} from crates.io into {}, which takes minutes", folder.display());
        let build = shell::cargo(sh, words).args([name, "--version", &version, "--root"]).arg(folder);
        shell::quietly(build.env("CARGO_PROFILE_DEV_DEBUG", "0"), Duration::from_secs(1800))
    }

    /// Returns the folder that this version of the tool is built into.
    fn folder(&self, sh: &Shell) -> Result<PathBuf> {
        let home = env::home_dir().context("this user has no home folder to keep tools in")?;
        Ok(home.join(".cache/polar-license").join(format!("{}-{}", self.package, (self.version)(sh)?)))
    }
}

/// The tools that build and check the Python package.
pub(crate) const PYTHON_PACKAGE: PythonTools =
    PythonTools { folder: "python", list: "bindings/python/tools.txt", wheels: &["cffi"] };

/// The package manager Conan, which tests use to build an app with the C library.
pub(crate) const CONAN: PythonTools = PythonTools { folder: "conan", list: "bindings/c/conan/tools.txt", wheels: &[] };

/// Packages from PyPI, in a virtual environment of their own.
pub(crate) struct PythonTools {
    /// The name of the environment's folder in `target/tools`.
    folder: &'static str,
    /// The path of the requirements file, relative to the repository's top folder.
    list: &'static str,
    /// The packages whose wheels are also saved in the environment's folder. Tests create environments of their own,
    /// and install these packages from the saved wheels, without the network.
    wheels: &'static [&'static str],
}

impl PythonTools {
    /// Returns a description of the virtual environment. Returns `None` if the environment is missing, or if the
    /// requirements file has changed since the environment was installed.
    pub(crate) fn found(&self) -> Option<String> {
        let installed = fs::read_to_string(self.stamp().ok()?).ok()?;
        (installed == workspace::text(self.list).ok()?).then(|| format!("as {} lists it", self.list))
    }

    /// Returns the path of one of the environment's programs, such as `python`.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        Ok(self.folder()?.join(if cfg!(windows) { "Scripts" } else { "bin" }).join(name))
    }

    /// Returns the folder with the saved wheels.
    pub(crate) fn wheels(&self) -> Result<PathBuf> {
        Ok(self.folder()?.join("wheels"))
    }

    /// Creates the environment from scratch, even if it already exists.
    pub(crate) fn install(&self, sh: &Shell) -> Result<()> {
        let (folder, list, python) = (self.folder()?, self.list, self.program("python")?);
        sh.remove_path(&folder)?;
        shell::quietly(cmd!(sh, "python3 -m venv {folder}"), shell::PATIENCE)?;
        shell::quietly(cmd!(sh, "{python} -m pip install --requirement {list}"), shell::PATIENCE)?;
        if !self.wheels.is_empty() {
            let wheels = cmd!(sh, "{python} -m pip wheel --constraint {list} --wheel-dir").arg(self.wheels()?);
            shell::quietly(wheels.args(self.wheels), shell::PATIENCE)?;
        }
        // the copy of the list is written last, so that an interrupted installation does not count as a complete one
        Ok(sh.write_file(self.stamp()?, workspace::text(list)?)?)
    }

    fn stamp(&self) -> Result<PathBuf> {
        Ok(self.folder()?.join("tools.txt"))
    }

    fn folder(&self) -> Result<PathBuf> {
        Ok(workspace::target()?.join("tools").join(self.folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_bindgen_has_the_version_of_the_lock_file() {
        let version = (WASM_BINDGEN.version)(&shell::new().unwrap()).unwrap();
        let entry = format!("name = \"wasm-bindgen\"\nversion = \"{version}\"\n");
        assert!(workspace::text("Cargo.lock").unwrap().contains(&entry), "{version}");
    }
}
