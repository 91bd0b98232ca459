//! What building and testing need besides cargo itself: how to see that it is there, and how to get it.
//! A further tool is one more entry in [`ALL`]. Nothing is installed that is there already.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::{c_package, debian, process, rust_std, wasm_bindgen};

/// Everything that `cargo xtask setup` takes care of.
const ALL: [&Requirement; 13] = [
    &RUSTFMT,
    &CLIPPY,
    &WASM_STD,
    &STD_SOURCES,
    &WASM_BINDGEN,
    &NODE,
    &CHROMIUM,
    &C_COMPILERS,
    &PYTHON,
    &VALGRIND,
    &NIGHTLY,
    &CMAKE,
    &CARGO_C,
];

pub(crate) static RUSTFMT: Requirement = Requirement {
    name: "rustfmt",
    found: || version_of("fmt"),
    install: || add_component("rustfmt"),
    hint: || "`rustup component add rustfmt`, or your distribution's package (Debian: rustfmt)".into(),
};

pub(crate) static CLIPPY: Requirement = Requirement {
    name: "clippy",
    found: || version_of("clippy"),
    install: || add_component("clippy"),
    hint: || "`rustup component add clippy`, or your distribution's package (Debian: rust-clippy)".into(),
};

pub(crate) static WASM_STD: Requirement = Requirement {
    name: "std for wasm32",
    found: || rust_std::Toolchain::find(rust_std::WASM).map(|toolchain| toolchain.describe()),
    install: || rust_std::install(rust_std::WASM),
    hint: || rust_std::hint(rust_std::WASM),
};

pub(crate) static STD_SOURCES: Requirement = Requirement {
    name: "std's sources",
    found: || rust_std::Toolchain::with_sources().map(|toolchain| toolchain.describe()),
    install: rust_std::install_sources,
    hint: || "`rustup component add rust-src`; with them the npm package is smaller".into(),
};

pub(crate) static WASM_BINDGEN: Requirement = Requirement {
    name: "wasm-bindgen",
    found: wasm_bindgen::found,
    install: wasm_bindgen::install,
    hint: || "`cargo xtask setup` builds it, at the version in Cargo.lock".into(),
};

pub(crate) static NODE: Requirement = Requirement {
    name: "Node",
    found: || programs(&["node", "npm"]),
    install: || debian::install(&["nodejs", "npm"]),
    hint: || "Node 20 or newer, with npm; on Debian `apt-get install nodejs npm`".into(),
};

pub(crate) static CHROMIUM: Requirement = Requirement {
    name: "Chromium",
    found: || programs(&["chromium", "chromedriver"]),
    install: || debian::install(&["chromium", "chromium-driver"]),
    hint: || "Chromium and its driver; on Debian `apt-get install chromium chromium-driver`".into(),
};

pub(crate) static C_COMPILERS: Requirement = Requirement {
    name: "C and C++ compilers",
    found: || programs(&["gcc", "g++", "clang", "nm"]),
    install: || debian::install(&["gcc", "g++", "clang", "binutils"]),
    hint: || "gcc, g++, clang and nm; on Debian `apt-get install gcc g++ clang binutils`".into(),
};

pub(crate) static PYTHON: Requirement = Requirement {
    name: "python3",
    found: || programs(&["python3"]),
    install: || debian::install(&["python3"]),
    hint: || "Python 3; on Debian `apt-get install python3`".into(),
};

pub(crate) static VALGRIND: Requirement = Requirement {
    name: "valgrind",
    found: || programs(&["valgrind"]),
    install: || debian::install(&["valgrind", "libc6-dbg"]),
    hint: || "valgrind; on Debian `apt-get install valgrind libc6-dbg`".into(),
};

pub(crate) static NIGHTLY: Requirement = Requirement {
    name: "nightly Rust",
    found: || {
        let version = process::read(process::command("rustup").args(["run", "nightly", "rustc", "--version"])).ok()?;
        Some(version.trim().into())
    },
    install: || {
        let mut rustup = process::command("rustup");
        rustup.args(["toolchain", "install", "nightly", "--profile", "minimal"]);
        process::quietly(&mut rustup, Duration::from_secs(300))
    },
    hint: || "`rustup toolchain install nightly --profile minimal`; it builds with AddressSanitizer".into(),
};

pub(crate) static CMAKE: Requirement = Requirement {
    name: "CMake and pkg-config",
    found: || programs(&["cmake", "pkg-config", "make"]),
    install: || debian::install(&["cmake", "pkg-config", "make"]),
    hint: || "cmake, pkg-config and make; on Debian `apt-get install cmake pkg-config make`".into(),
};

pub(crate) static CARGO_C: Requirement = Requirement {
    name: "cargo-c",
    found: c_package::cargo_c,
    install: c_package::install_cargo_c,
    hint: || "`cargo xtask setup` builds it; it needs OpenSSL's headers (Debian: libssl-dev)".into(),
};

/// A tool, a library or a setting of the machine.
pub(crate) struct Requirement {
    name: &'static str,
    /// Which one is there, in a few words, or none. Quick, and changes nothing.
    found: fn() -> Option<String>,
    /// Gets it, within a bounded time, without asking anybody anything.
    install: fn() -> Result<()>,
    /// What to do by hand where `install` fails.
    hint: fn() -> String,
}

/// `cargo xtask setup`: one line for each requirement, and everything that is missing at the end.
pub(crate) fn set_up() -> Result<()> {
    let mut missing = Vec::new();
    for requirement in ALL {
        if let Some(found) = (requirement.found)() {
            println!("{}: {found}", requirement.name);
        } else if let Err(error) = requirement.get() {
            println!("{}: missing", requirement.name);
            missing.push(format!("{error:#}"));
        }
    }
    if !missing.is_empty() {
        bail!("{} of {} requirements could not be installed\n\n{}", missing.len(), ALL.len(), missing.join("\n\n"));
    }
    println!("everything is there: `cargo xtask test` runs the tests");
    Ok(())
}

impl Requirement {
    /// Installs it unless it is there, with a line about it only then.
    pub(crate) fn ensure(&self) -> Result<()> {
        if (self.found)().is_some() { Ok(()) } else { self.get() }
    }

    fn get(&self) -> Result<()> {
        println!("{}: not there, installing", self.name);
        let failure = match (self.install)() {
            Ok(()) => match (self.found)() {
                Some(found) => {
                    println!("{}: installed, {found}", self.name);
                    return Ok(());
                }
                None => "it installed but is still not found".into(),
            },
            Err(error) => format!("{error:#}"),
        };
        bail!("{} is missing: {failure}\nwhat to do by hand: {}", self.name, (self.hint)());
    }
}

fn version_of(subcommand: &str) -> Option<String> {
    let version = process::read(process::cargo().args([subcommand, "--version"])).ok()?;
    Some(version.trim().into())
}

fn add_component(name: &str) -> Result<()> {
    process::quietly(process::command("rustup").args(["component", "add", name]), Duration::from_secs(60))
}

/// The version of the first of the programs, if all of them run.
fn programs(names: &[&str]) -> Option<String> {
    let versions: Option<Vec<String>> =
        names.iter().map(|name| process::read(process::command(name).arg("--version")).ok()).collect();
    versions?.first()?.lines().next().map(Into::into)
}
