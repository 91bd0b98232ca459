//! Rust's standard library for other targets, and the cargo that builds with it.
//! Never changes which toolchain the user's own commands use.
//!
//! The user's toolchain is taken where it has, or rustup can give it, the target. Where rustup's server cannot be
//! reached, Debian's packages bring a toolchain of their own and the sources to build the library from:
//! `debian-rust-std.sh` does that once per user, in `~/.cache/polar-license`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{debian, process, workspace};

/// The target of browsers and Node.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// What `debian-rust-std.sh` needs; they hold the library's source, too.
pub(crate) const PACKAGES: [&str; 7] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22", "rust-web-clippy", "rustfmt-web"];

/// Raise it when `debian-rust-std.sh` builds something else than before, so that nobody keeps the old library.
const RECIPE: u32 = 1;

/// A Rust toolchain with the standard library for one target.
pub(crate) enum Toolchain {
    /// The one that `cargo` means in the user's shell.
    Own,
    /// The one that `debian-rust-std.sh` made.
    Debian(PathBuf),
}

impl Toolchain {
    /// The one to use for `target`, if there is any yet.
    pub(crate) fn find(target: &str) -> Option<Self> {
        let own = process::read(process::command("rustc").args(["--print", "target-libdir", "--target", target]))
            .is_ok_and(|folder| has_core(Path::new(folder.trim())));
        if own {
            return Some(Self::Own);
        }
        let debian = debian_toolchain()?;
        has_core(&debian.join("lib/rustlib").join(target).join("lib")).then_some(Self::Debian(debian))
    }

    /// The cargo to build for that target with: `cargo build --target …`, `cargo clippy --target …`.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = process::cargo();
        if let Self::Debian(toolchain) = self {
            process::forget_toolchain(&mut cargo);
            cargo.env("PATH", process::path_with([toolchain.join("bin")]).unwrap_or_default());
        }
        cargo
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Own => "in the active Rust toolchain".into(),
            Self::Debian(toolchain) => format!("in {}", toolchain.display()),
        }
    }
}

/// Gets the standard library for `target` from rustup, else from Debian.
pub(crate) fn install(target: &str) -> Result<()> {
    let mut rustup = process::command("rustup");
    rustup.args(["target", "add", target]);
    // where its server cannot be reached, rustup may wait for minutes
    let Err(refused) = process::quietly(&mut rustup, Duration::from_secs(30)) else { return Ok(()) };
    build_on_debian(target).with_context(|| format!("rustup: {}\nDebian's packages", format!("{refused:#}").trim_end()))
}

/// What to do by hand where [`install`] cannot.
pub(crate) fn hint(target: &str) -> String {
    format!(
        "`rustup target add {target}`; or on Debian, as root, `{}`, then `cargo xtask setup`",
        debian::command_for(&PACKAGES)
    )
}

fn build_on_debian(target: &str) -> Result<()> {
    debian::install(&PACKAGES)?;
    let toolchain = debian_toolchain().context("`/usr/bin/rustc` does not run")?;
    println!("    building it from Debian's sources (about a minute)");
    let mut script = process::command("bash");
    script.arg(workspace::root().join("tools/xtask/debian-rust-std.sh")).arg(toolchain).arg(target);
    process::quietly(&mut script, Duration::from_secs(1800))
}

/// Where the toolchain of the installed Debian packages is, or will be.
fn debian_toolchain() -> Option<PathBuf> {
    let version = process::read(process::command("/usr/bin/rustc").arg("--version")).ok()?;
    let version = version.split_whitespace().nth(1)?;
    Some(cache().join(format!("rust-{version}-{RECIPE}")))
}

/// Shared by all clones of the repository, so that a fresh one does not build everything again.
fn cache() -> PathBuf {
    let absolute = |name: &str| -> Option<OsString> { env::var_os(name).filter(|path| Path::new(path).is_absolute()) };
    let user = absolute("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| absolute("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(|| workspace::root().join("target"));
    user.join("polar-license")
}

fn has_core(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
}
