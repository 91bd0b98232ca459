//! What building and testing need besides cargo itself: how to see that it is there, and how to get it.
//! A further tool is one more entry in [`ALL`]. Nothing is installed that is there already.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::std_source::StdSource;
use crate::{c_cross, c_library, c_package, debian, process, rust_std, std_source, wasm_bindgen};

/// Everything that `cargo xtask setup` takes care of.
const ALL: [&Requirement; 18] = [
    &RUSTFMT,
    &CLIPPY,
    &WASM_STD,
    &STD_SOURCE,
    &WASM_BINDGEN,
    &NODE,
    &CHROMIUM,
    &C_COMPILERS,
    &PYTHON,
    &VALGRIND,
    &NIGHTLY,
    &RUST_TSAN,
    &CMAKE,
    &CARGO_C,
    &WINDOWS_TOOLS,
    &WINDOWS_STD,
    &ARM_TOOLS,
    &ARM_STD,
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

pub(crate) static WASM_BINDGEN: Requirement = Requirement {
    name: "wasm-bindgen",
    found: wasm_bindgen::found,
    install: wasm_bindgen::install,
    hint: || "`cargo xtask setup` builds it, at the version in Cargo.lock".into(),
};

pub(crate) static NODE: Requirement = Requirement {
    name: "Node",
    found: || programs(&["node", "npm"]).filter(|version| major(version) >= Some(20)),
    install: || debian::install(&["nodejs", "npm"]),
    hint: || "Node 20 or newer, with npm; from Debian 13 on `apt-get install nodejs npm`".into(),
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

pub(crate) static RUST_TSAN: Requirement = Requirement {
    name: "ThreadSanitizer for Rust",
    found: || {
        c_library::thread_sanitizer()?;
        matches!(StdSource::find()?, StdSource::Own)
            .then(|| "in the active Rust toolchain, with the source of its std".into())
    },
    install: || add_component("rust-src"),
    hint: || "`rustup component add rust-src`; the sanitizer comes with rustup's toolchains for Linux".into(),
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

pub(crate) static STD_SOURCE: Requirement = Requirement {
    name: "source of Rust's std",
    found: || Some(StdSource::find()?.describe().into()),
    install: std_source::install,
    hint: std_source::hint,
};

pub(crate) static WINDOWS_TOOLS: Requirement = Requirement {
    name: "MinGW and Wine",
    found: || {
        programs(&c_cross::MINGW)?;
        let wine = c_cross::wine()?;
        programs(&[&wine])
    },
    install: || debian::install(&WINDOWS_PACKAGES),
    hint: || format!("MinGW-w64 with POSIX threads, and Wine; on Debian `{}`", debian::command_for(&WINDOWS_PACKAGES)),
};

const WINDOWS_PACKAGES: [&str; 3] = ["gcc-mingw-w64-x86-64-posix", "g++-mingw-w64-x86-64-posix", "wine64"];

pub(crate) static WINDOWS_STD: Requirement = Requirement {
    name: "std for Windows",
    found: || rust_std::Toolchain::find(c_cross::WINDOWS).map(|toolchain| toolchain.describe()),
    install: || rust_std::install(c_cross::WINDOWS),
    hint: || rust_std::hint(c_cross::WINDOWS),
};

pub(crate) static ARM_TOOLS: Requirement = Requirement {
    name: "ARM compilers and qemu",
    found: || programs(&c_cross::ARM_TOOLS),
    install: || debian::install(&ARM_PACKAGES),
    hint: || {
        format!("gcc and g++ for aarch64-linux-gnu, and qemu-user; on Debian `{}`", debian::command_for(&ARM_PACKAGES))
    },
};

const ARM_PACKAGES: [&str; 3] = ["gcc-aarch64-linux-gnu", "g++-aarch64-linux-gnu", "qemu-user"];

pub(crate) static ARM_STD: Requirement = Requirement {
    name: "std for ARM",
    found: || rust_std::Toolchain::find(c_cross::ARM).map(|toolchain| toolchain.describe()),
    install: || rust_std::install(c_cross::ARM),
    hint: || rust_std::hint(c_cross::ARM),
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

/// The first number of a version such as `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

/// The version of the first of the programs, if all of them run.
fn programs(names: &[&str]) -> Option<String> {
    let versions: Option<Vec<String>> =
        names.iter().map(|name| process::read(process::command(name).arg("--version")).ok()).collect();
    versions?.first()?.lines().next().map(Into::into)
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
