//! The source of Rust's standard library, which lets it be built along with what links it, without its own code for
//! printing backtraces: a third of the size of a small C program with the library. Panics unwind as ever.
//! Never changes which toolchain the user's own commands use.
//!
//! The user's toolchain is taken where rustup has given it the source, or can; else Debian's packages bring a toolchain
//! that has it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{debian, process, rust_std};

const DEBIAN: &str = "/usr/bin";

/// A Rust toolchain that has the source.
#[derive(Clone, Copy)]
pub(crate) enum StdSource {
    /// The one that `cargo` means in the user's shell.
    Own,
    /// The one of Debian's packages.
    Debian,
}

impl StdSource {
    /// The one to use, if there is any yet.
    pub(crate) fn find() -> Option<Self> {
        if has_source("rustc") {
            return Some(Self::Own);
        }
        has_source(&format!("{DEBIAN}/rustc")).then_some(Self::Debian)
    }

    /// The cargo to build with it.
    pub(crate) fn cargo(self) -> Command {
        let mut cargo = process::cargo();
        if let Some(folder) = self.folder() {
            process::forget_toolchain(&mut cargo);
            cargo.env("PATH", process::path_with([folder]).unwrap_or_default());
        }
        // what a stable compiler wants before it takes the flags that this needs
        cargo.env("RUSTC_BOOTSTRAP", "1");
        cargo
    }

    /// Makes a build of cargo's, or of one of its subcommands, one that builds the standard library too.
    pub(crate) fn build_with(self, cargo: &mut Command) -> Result<()> {
        if matches!(self, Self::Debian) {
            process::forget_toolchain(cargo);
        }
        let version = process::read(process::command(&self.rustc()).arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
        // without a target cargo would take this library for its own build scripts as well
        cargo.args(["--target", host, "-Zbuild-std=std,panic_unwind", "-Zbuild-std-features="]);
        // what a stable compiler wants before it takes such flags
        cargo.env("RUSTC_BOOTSTRAP", "1");
        Ok(())
    }

    /// What belongs at the head of `PATH` for it.
    pub(crate) fn folder(self) -> Option<PathBuf> {
        matches!(self, Self::Debian).then(|| DEBIAN.into())
    }

    /// For people.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Own => "in the active Rust toolchain",
            Self::Debian => "in Debian's Rust toolchain",
        }
    }

    fn rustc(self) -> String {
        self.folder().map_or_else(|| "rustc".into(), |folder| folder.join("rustc").to_string_lossy().into_owned())
    }
}

/// Gets the source from rustup, else from Debian.
pub(crate) fn install() -> Result<()> {
    let mut rustup = process::command("rustup");
    rustup.args(["component", "add", "rust-src"]);
    // where its server cannot be reached, rustup may wait for minutes
    let Err(refused) = process::quietly(&mut rustup, Duration::from_secs(30)) else { return Ok(()) };
    debian::install(&rust_std::PACKAGES)
        .with_context(|| format!("rustup: {}\nDebian's packages", format!("{refused:#}").trim_end()))
}

/// What to do by hand where [`install`] cannot.
pub(crate) fn hint() -> String {
    format!("`rustup component add rust-src`; or on Debian, as root, `{}`", debian::command_for(&rust_std::PACKAGES))
}

/// Whether the toolchain of this rustc has it, as rustup and Debian put it there.
fn has_source(rustc: &str) -> bool {
    let sysroot = process::read(process::command(rustc).args(["--print", "sysroot"]));
    sysroot.is_ok_and(|folder| Path::new(folder.trim()).join("lib/rustlib/src/rust/library/Cargo.lock").exists())
}
