//! The tools that are needed, besides Rust, to build and test the repository. Each entry says how to find the tool and
//! how to install it. To add a tool, add an entry to [`ALL`]. A tool that is already installed is not installed again.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use xshell::{Cmd, Shell, cmd};

use crate::tools::{self, PythonTools, Tool};
use crate::{c_cross, shell, wasm_build, workspace};

/// All requirements that `cargo xtask setup` installs.
const ALL: &[&Requirement] = &[
    &RUSTFMT,
    &CLIPPY,
    &WASM_STD,
    &WASM_BINDGEN,
    &NODE,
    &CHROMIUM,
    &FIREFOX,
    &C_COMPILERS,
    &PYTHON,
    &PYTHON_WITH_PIP,
    &PYTHON_TOOLS,
    &VALGRIND,
    &STRACE,
    &FAKETIME,
    &XFS_TOOLS,
    &NIGHTLY,
    &CMAKE,
    &OPENSSL,
    &CARGO_C,
    &WINDOWS_TOOLS,
    &WINDOWS_STD,
    &ARM_TOOLS,
    &ARM_STD,
    &MONO,
    &JAVA,
    &GO,
    &LUAJIT,
    &QT,
    &GTK,
    &CONAN,
    &WEBKIT,
    &TAURI_DRIVER,
];

pub(crate) static RUSTFMT: Requirement = Requirement {
    name: "rustfmt",
    find: |sh| versions(sh, &["cargo fmt"]),
    source: Source::Rustup(&["component", "add", "rustfmt"]),
};

pub(crate) static CLIPPY: Requirement = Requirement {
    name: "clippy",
    find: |sh| versions(sh, &["cargo clippy"]),
    source: Source::Rustup(&["component", "add", "clippy"]),
};

pub(crate) static WASM_STD: Requirement = Requirement {
    name: "std for wasm32",
    find: |sh| find_std(sh, wasm_build::TARGET),
    source: Source::Rustup(&["target", "add", wasm_build::TARGET]),
};

pub(crate) static WASM_BINDGEN: Requirement = Requirement {
    name: "wasm-bindgen",
    find: |sh| tools::WASM_BINDGEN.found(sh),
    source: Source::CratesIo(&tools::WASM_BINDGEN),
};

pub(crate) static NODE: Requirement = Requirement {
    name: "Node 20 or newer",
    find: |sh| versions(sh, &["node", "npm"]).filter(|version| major(version) >= Some(20)),
    source: Source::Debian(&["nodejs", "npm"]),
};

pub(crate) static CHROMIUM: Requirement = Requirement {
    name: "Chromium",
    find: |sh| versions(sh, &["chromium", "chromedriver"]),
    source: Source::Debian(&["chromium", "chromium-driver"]),
};

/// The second browser in which the dialog is tested. If it cannot be installed, the tests print a line that says so,
/// and go on without it.
pub(crate) static FIREFOX: Requirement = Requirement {
    name: "Firefox",
    find: |sh| versions(sh, &["firefox-esr"]),
    source: Source::Debian(&["firefox-esr"]),
};

pub(crate) static C_COMPILERS: Requirement = Requirement {
    name: "C and C++ compilers",
    find: |sh| versions(sh, &["gcc", "g++", "clang", "nm"]),
    source: Source::Debian(&["gcc", "g++", "clang", "binutils"]),
};

pub(crate) static PYTHON: Requirement =
    Requirement { name: "Python 3", find: |sh| versions(sh, &["python3"]), source: Source::Debian(&["python3"]) };

/// The Python with which the Python package is built and tested.
pub(crate) static PYTHON_WITH_PIP: Requirement = Requirement {
    name: "Python 3.11 or newer with pip",
    find: |sh| {
        let script = "import sys, venv, ensurepip; print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 11))";
        shell::probe(cmd!(sh, "python3 -c {script}"))
    },
    source: Source::Debian(&["python3", "python3-venv"]),
};

pub(crate) static PYTHON_TOOLS: Requirement = Requirement {
    name: "maturin, zig and mypy",
    find: |_| tools::PYTHON_PACKAGE.found(),
    source: Source::PyPi(&tools::PYTHON_PACKAGE),
};

pub(crate) static VALGRIND: Requirement = Requirement {
    name: "valgrind",
    find: |sh| versions(sh, &["valgrind"]),
    source: Source::Debian(&["valgrind", "libc6-dbg"]),
};

/// A tool that records system calls or makes them fail. Some tests need it.
pub(crate) static STRACE: Requirement =
    Requirement { name: "strace", find: |sh| versions(sh, &["strace"]), source: Source::Debian(&["strace"]) };

/// A tool that runs a command with another system time. The tests of `doctor` need it.
pub(crate) static FAKETIME: Requirement =
    Requirement { name: "faketime", find: |sh| versions(sh, &["faketime"]), source: Source::Debian(&["faketime"]) };

/// The tools for the test that simulates a power failure on a real file system. The test is skipped if it cannot mount
/// a file system.
pub(crate) static XFS_TOOLS: Requirement = Requirement {
    name: "tools of XFS",
    find: |sh| shell::probe(cmd!(sh, "xfs_io -V")),
    source: Source::Debian(&["xfsprogs"]),
};

/// The toolchain that has the sanitizers. ThreadSanitizer also needs the source of std.
pub(crate) static NIGHTLY: Requirement = Requirement {
    name: "nightly Rust with the source of std",
    find: |sh| {
        let sysroot = shell::probe(cmd!(sh, "rustup run nightly rustc --print sysroot"))?;
        if !Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock").exists() {
            return None;
        }
        versions(sh, &["rustup run nightly rustc"])
    },
    source: Source::Rustup(&[
        "toolchain",
        "install",
        "nightly",
        "--no-self-update",
        "--profile",
        "minimal",
        "--component",
        "rust-src",
    ]),
};

pub(crate) static CMAKE: Requirement = Requirement {
    name: "CMake and pkg-config",
    find: |sh| versions(sh, &["cmake", "pkg-config", "make"]),
    source: Source::Debian(&["cmake", "pkg-config", "make"]),
};

/// The headers that are needed to build cargo-c. They are not needed if cargo-c is already installed.
pub(crate) static OPENSSL: Requirement = Requirement {
    name: "OpenSSL's headers",
    find: |sh| tools::CARGO_C.found(sh).or_else(|| shell::probe(cmd!(sh, "pkg-config --modversion openssl"))),
    source: Source::Debian(&["libssl-dev", "pkg-config", "zlib1g-dev"]),
};

pub(crate) static CARGO_C: Requirement =
    Requirement { name: "cargo-c", find: |sh| tools::CARGO_C.found(sh), source: Source::CratesIo(&tools::CARGO_C) };

/// The tool that builds the book. Only `cargo xtask docs` needs it; the tests do not.
pub(crate) static MDBOOK: Requirement =
    Requirement { name: "mdBook", find: |sh| tools::MDBOOK.found(sh), source: Source::CratesIo(&tools::MDBOOK) };

pub(crate) static WINDOWS_TOOLS: Requirement = Requirement {
    name: "MinGW-w64 and Wine",
    find: |sh| versions(sh, &[c_cross::MINGW[0], c_cross::MINGW[1], c_cross::wine(sh)?]),
    source: Source::Debian(&["gcc-mingw-w64-x86-64-posix", "g++-mingw-w64-x86-64-posix", "wine64"]),
};

pub(crate) static WINDOWS_STD: Requirement = Requirement {
    name: "std for Windows",
    find: |sh| find_std(sh, c_cross::WINDOWS),
    source: Source::Rustup(&["target", "add", c_cross::WINDOWS]),
};

pub(crate) static ARM_TOOLS: Requirement = Requirement {
    name: "ARM compilers and qemu",
    find: |sh| versions(sh, &c_cross::ARM_TOOLS),
    source: Source::Debian(&["gcc-aarch64-linux-gnu", "g++-aarch64-linux-gnu", "qemu-user"]),
};

pub(crate) static ARM_STD: Requirement = Requirement {
    name: "std for ARM",
    find: |sh| find_std(sh, c_cross::ARM),
    source: Source::Rustup(&["target", "add", c_cross::ARM]),
};

pub(crate) static MONO: Requirement = Requirement {
    name: "Mono",
    find: |sh| versions(sh, &["mono", "mcs"]).filter(|_| Path::new("/usr/lib/mono/4.5/System.Net.Http.dll").exists()),
    source: Source::Debian(&["mono-mcs", "mono-runtime", "libmono-system-net-http4.0-cil"]),
};

pub(crate) static JAVA: Requirement = Requirement {
    name: "Java with JNA",
    find: |sh| versions(sh, &["java", "javac"]).filter(|_| Path::new("/usr/share/java/jna.jar").exists()),
    source: Source::Debian(&["libjna-java", "default-jdk-headless"]),
};

pub(crate) static GO: Requirement =
    Requirement { name: "Go", find: |sh| shell::probe(cmd!(sh, "go version")), source: Source::Debian(&["golang-go"]) };

pub(crate) static LUAJIT: Requirement =
    Requirement { name: "LuaJIT", find: |sh| shell::probe(cmd!(sh, "luajit -v")), source: Source::Debian(&["luajit"]) };

pub(crate) static QT: Requirement = Requirement {
    name: "Qt 6",
    find: |sh| shell::probe(cmd!(sh, "pkg-config --modversion Qt6Widgets")),
    source: Source::Debian(&["qt6-base-dev", "pkg-config"]),
};

/// GTK, and Xvfb for the display that GTK's windows need.
pub(crate) static GTK: Requirement = Requirement {
    name: "GTK 4 and Xvfb",
    find: |sh| {
        shell::probe(cmd!(sh, "xvfb-run --help"))?;
        shell::probe(cmd!(sh, "pkg-config --modversion gtk4"))
    },
    source: Source::Debian(&["libgtk-4-dev", "pkg-config", "xauth", "xvfb"]),
};

/// The virtual display on which Electron opens its windows. Electron also needs the libraries that Chrome needs.
pub(crate) static XVFB: Requirement = Requirement {
    name: "Xvfb",
    find: |sh| shell::probe(cmd!(sh, "xvfb-run --help")),
    source: Source::Debian(&["xauth", "xvfb"]),
};

/// The package manager with which a test builds the C example. The C package contains a recipe for Conan.
pub(crate) static CONAN: Requirement =
    Requirement { name: "Conan", find: |_| tools::CONAN.found(), source: Source::PyPi(&tools::CONAN) };

/// The libraries with which a Tauri app is built, and the programs that open its window without a screen.
pub(crate) static WEBKIT: Requirement = Requirement {
    name: "WebKitGTK with its WebDriver, and Xvfb",
    find: |sh| {
        shell::probe(cmd!(sh, "WebKitWebDriver --help"))?;
        shell::probe(cmd!(sh, "xvfb-run --help"))?;
        shell::probe(cmd!(sh, "pkg-config --modversion webkit2gtk-4.1"))
    },
    source: Source::Debian(&["libwebkit2gtk-4.1-dev", "webkit2gtk-driver", "pkg-config", "xauth", "xvfb"]),
};

pub(crate) static TAURI_DRIVER: Requirement = Requirement {
    name: "tauri-driver",
    find: |sh| tools::TAURI_DRIVER.found(sh),
    source: Source::CratesIo(&tools::TAURI_DRIVER),
};

/// The requirements for building the npm package.
pub(crate) static NPM_PACKAGE: [&Requirement; 3] = [&WASM_STD, &WASM_BINDGEN, &NODE];

/// A tool or a library that has to be installed.
pub(crate) struct Requirement {
    name: &'static str,
    /// Returns the installed version, or `None` if the requirement is missing. Must be fast, and must change nothing.
    find: fn(&Shell) -> Option<String>,
    source: Source,
}

/// The place from which a requirement is installed.
enum Source {
    /// The arguments for rustup.
    Rustup(&'static [&'static str]),
    /// Names of Debian packages.
    Debian(&'static [&'static str]),
    /// A package from crates.io. The built programs are stored in the user's cache.
    CratesIo(&'static Tool),
    /// A Python environment with packages from PyPI.
    PyPi(&'static PythonTools),
}

/// Installs everything that is missing: `cargo xtask setup`. Prints one line for each requirement, and at the end the
/// requirements that could not be installed.
pub(crate) fn set_up(sh: &Shell) -> Result<()> {
    let mut missing = Vec::new();
    for requirement in ALL {
        match (requirement.find)(sh) {
            Some(found) => println!("{}: {found}", requirement.name),
            None => missing.extend(requirement.get(sh).err().map(|error| format!("{error:#}"))),
        }
    }
    if !missing.is_empty() {
        bail!("{} of {} requirements could not be installed\n\n{}", missing.len(), ALL.len(), missing.join("\n\n"));
    }
    println!("everything is installed: `cargo xtask test` runs the tests");
    Ok(())
}

impl Requirement {
    /// Returns the requirement's name, as people know it.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns `true` if the requirement is not installed.
    pub(crate) fn is_missing(&self, sh: &Shell) -> bool {
        (self.find)(sh).is_none()
    }

    /// Installs the requirement if it is missing. Prints nothing if it is already installed.
    pub(crate) fn ensure(&self, sh: &Shell) -> Result<()> {
        if (self.find)(sh).is_some() { Ok(()) } else { self.get(sh) }
    }

    /// Returns `true` if the requirement is installed on this machine, or can be installed. Debian packages can be
    /// installed only if the machine has `apt-get`.
    pub(crate) fn is_obtainable(&self, sh: &Shell) -> bool {
        (self.find)(sh).is_some() || !matches!(self.source, Source::Debian(_)) || versions(sh, &["apt-get"]).is_some()
    }

    fn get(&self, sh: &Shell) -> Result<()> {
        println!("{}: missing, installing it", self.name);
        let failure = match (self.source.install(sh), (self.find)(sh)) {
            (Ok(()), Some(found)) => {
                println!("{}: installed, {found}", self.name);
                return Ok(());
            }
            (Ok(()), None) => "it was installed but still cannot be found".into(),
            (Err(error), _) => format!("{error:#}"),
        };
        bail!("{} is missing: {failure}\nto install it by hand: {}", self.name, self.source.by_hand());
    }
}

impl Source {
    /// Installs a requirement from this source, within a time limit and without asking the user anything.
    fn install(&self, sh: &Shell) -> Result<()> {
        match self {
            // rustup may wait for minutes if its server cannot be reached
            Self::Rustup(arguments) => shell::quietly(rustup(sh, arguments), shell::PATIENCE),
            Self::Debian(packages) => {
                let script = sh.cmd(workspace::root().join(".ci/apt-install")).args(*packages);
                shell::quietly(script, Duration::from_secs(900))
            }
            Self::CratesIo(tool) => tool.install(sh),
            Self::PyPi(tools) => tools.install(sh),
        }
    }

    fn by_hand(&self) -> String {
        match self {
            Self::Rustup(arguments) => format!("`rustup {}`", arguments.join(" ")),
            Self::Debian(packages) => {
                format!("on Debian, as root: `apt-get install {}`", packages.join(" "))
            }
            Self::CratesIo(_) | Self::PyPi(_) => "resolve the error above, then run `cargo xtask setup`".into(),
        }
    }
}

fn rustup<'a>(sh: &'a Shell, arguments: &[&str]) -> Cmd<'a> {
    sh.cmd("rustup").args(arguments)
}

/// Runs each program with `--version`. Returns the version of the first program. Returns `None` if one of them cannot
/// be run.
fn versions(sh: &Shell, programs: &[&str]) -> Option<String> {
    let version = |program: &&str| {
        let mut words = program.split_whitespace();
        shell::probe(sh.cmd(words.next()?).args(words).arg("--version"))
    };
    let versions: Option<Vec<String>> = programs.iter().map(version).collect();
    versions?.first()?.lines().next().map(Into::into)
}

/// Returns the first number of a version such as `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

/// Finds the standard library for another target in the active toolchain. This works for toolchains from rustup and for
/// others.
fn find_std(sh: &Shell, target: &str) -> Option<String> {
    let folder = shell::probe(cmd!(sh, "rustc --print target-libdir --target {target}"))?;
    let mut files = sh.read_dir(folder).ok()?.into_iter();
    let is_core = |file: &Path| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libcore-"));
    files.any(|file| is_core(&file)).then(|| "in the active Rust toolchain".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(major("v20.20.2") >= Some(20));
        assert!(major("v100.0.0") >= Some(20));
        assert!(major("v9.11.2") < Some(20));
        assert_eq!(major("unknown"), None);
    }
}
