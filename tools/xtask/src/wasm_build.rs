//! The engine as WebAssembly: compiled for size, with wasm-bindgen's glue beside it.
//!
//! The standard library is compiled along with it where its sources are there: without the texts and the unwinding that
//! the ready-made one brings, the file is a fifth smaller. What is published is built that way.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::rust_std::{Toolchain, WASM};
use crate::std_source::StdSource;
use crate::workspace::Metadata;
use crate::{process, wasm_bindgen, workspace};

/// Which standard library is in the WebAssembly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Std {
    /// Compiled along with it, for size.
    FromSources,
    /// The ready-made one.
    Prebuilt,
}

/// True of every build: the hash that needs the least code, and no hints for debuggers that outlive the build.
const FLAGS: [&str; 2] = [r#"--cfg=sha2_backend="soft""#, r#"--cfg=sha2_backend_soft="compact""#];

/// Panics end the engine at once and say nothing; the driver in TypeScript starts it anew.
const SMALLEST: [&str; 11] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
    // the other scheme, which comes with unstable options, has longer names in the glue
    "-Csymbol-mangling-version=legacy",
    // one instruction copies any number of bytes, where the compiler would rather load and store four times
    "-Cllvm-args=-max-store-memcpy=1",
    "-Cllvm-args=-max-store-memmove=1",
    "-Cllvm-args=-max-store-memset=1",
    // no second counters in loops, which make them faster
    "-Cllvm-args=-disable-lsr",
    // a twentieth of it is used; addresses are the shorter the lower they are
    "-Clink-arg=-zstack-size=65536",
    // numbers and bytes cross the boundary, for which wasm-bindgen needs no table of JavaScript's values
    "-Ctarget-feature=-reference-types",
];

/// Builds it, and returns the folder that wasm-bindgen wrote.
pub(crate) fn build() -> Result<(PathBuf, Std)> {
    let target = Metadata::read()?.target().join("npm");
    let (mut cargo, std) = cargo(&target)?;
    cargo.args(["build", "--locked", "--package", "polar-license-wasm", "--target", WASM, "--profile", "wasm"]);
    process::run(cargo.arg("--target-dir").arg(&target))?;

    let compiled = target.join(WASM).join("wasm/polar_license_wasm.wasm");
    let folder = target.join("wasm");
    let mut bindgen = process::command(&wasm_bindgen::program("wasm-bindgen")?);
    bindgen.args(["--target", "bundler", "--no-typescript", "--out-dir"]);
    process::run(bindgen.arg(&folder).arg(compiled))?;
    Ok((folder, std))
}

fn cargo(target: &Path) -> Result<(Command, Std)> {
    let mut flags: Vec<String> = FLAGS.map(Into::into).into();
    flags.extend(remapped(target));
    let (mut cargo, std) = if let Some(source) = StdSource::find() {
        flags.extend(SMALLEST.map(Into::into));
        let mut cargo = source.cargo();
        cargo.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        (cargo, Std::FromSources)
    } else {
        (Toolchain::find(WASM).context("there is no standard library for wasm32")?.cargo(), Std::Prebuilt)
    };
    // flags of the user's own must not get in
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    Ok((cargo, std))
}

/// Names that are the same wherever it is built, for the paths that would say who built it.
fn remapped(target: &Path) -> Vec<String> {
    let home = |name: &str, folder: &str| -> Option<PathBuf> {
        let own = env::var_os(name).map(PathBuf::from);
        own.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(folder)))
    };
    let places = [
        (home("CARGO_HOME", ".cargo"), "/cargo"),
        (home("RUSTUP_HOME", ".rustup"), "/rustup"),
        (Some(workspace::root().to_path_buf()), "/polar-license"),
        (Some(target.to_path_buf()), "/target"),
    ];
    let remap = |(path, name): (Option<PathBuf>, &str)| Some(format!("--remap-path-prefix={}={name}", path?.display()));
    places.into_iter().filter_map(remap).collect()
}

/// Checks that a file does not say where it was built.
pub(crate) fn check_no_paths(file: &Path) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let homes = ["HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(|name| env::var(name).ok());
    for path in homes.chain([workspace::root().display().to_string()]) {
        if path.len() > 1 && bytes.windows(path.len()).any(|part| part == path.as_bytes()) {
            bail!("`{}` contains the path `{path}` of whoever built it", file.display());
        }
    }
    Ok(())
}
