//! The engine and the local Polar as WebAssembly: built by stable Rust for size, with wasm-bindgen's glue beside it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::{shell, tools, workspace};

/// The target of browsers and Node.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Builds it for bundlers, and returns wasm-bindgen's output folder.
pub(crate) fn build(sh: &Shell) -> Result<PathBuf> {
    let folder = workspace::target()?.join("npm/wasm");
    let (compiled, bindgen) = (compile(sh, "polar-license-wasm")?, tools::program("wasm-bindgen")?);
    cmd!(sh, "{bindgen} --target bundler --out-dir {folder} {compiled}").run()?;
    Ok(folder)
}

/// Builds another package of the workspace for Node, with glue of this name, and returns wasm-bindgen's output folder.
pub(crate) fn build_for_node(sh: &Shell, package: &str, name: &str) -> Result<PathBuf> {
    let folder = workspace::target()?.join("npm").join(package);
    sh.remove_path(&folder)?;
    let (compiled, bindgen) = (compile(sh, package)?, tools::program("wasm-bindgen")?);
    cmd!(sh, "{bindgen} --target nodejs --out-dir {folder} --out-name {name} {compiled}").run()?;
    Ok(folder)
}

fn compile(sh: &Shell, package: &str) -> Result<PathBuf> {
    let target = workspace::target()?.join("npm");
    let flags = remapped_paths(&target);
    let build = shell::cargo(sh, "build --locked --profile wasm --package").args([package, "--target"]);
    // the variable also overrides flags in the user's own settings
    let build = build.arg(TARGET).arg("--target-dir").arg(&target).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    build.run()?;
    Ok(target.join(TARGET).join("wasm").join(format!("{}.wasm", package.replace('-', "_"))))
}

/// Checks that a file does not hold the path of the place where it was built.
pub(crate) fn check_no_paths(file: &Path) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let homes = ["HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(|name| env::var(name).ok());
    for path in homes.chain([workspace::root().display().to_string()]) {
        if path.len() > 1 && bytes.windows(path.len()).any(|part| part == path.as_bytes()) {
            bail!("`{}` contains the path `{path}` of this machine", file.display());
        }
    }
    Ok(())
}

/// Replaces the paths of this machine by names that are the same everywhere.
fn remapped_paths(target: &Path) -> Vec<String> {
    let home = |variable: &str, folder: &str| -> Option<PathBuf> {
        let own = env::var_os(variable).map(PathBuf::from);
        own.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(folder)))
    };
    let paths = [
        (home("CARGO_HOME", ".cargo"), "/cargo"),
        (home("RUSTUP_HOME", ".rustup"), "/rustup"),
        (Some(workspace::root().to_path_buf()), "/polar-license"),
        (Some(target.to_path_buf()), "/target"),
    ];
    let remap = |(path, name): (Option<PathBuf>, &str)| Some(format!("--remap-path-prefix={}={name}", path?.display()));
    paths.into_iter().filter_map(remap).collect()
}
