//! Ensures that a package does not contain the names of folders on the machine that builds it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// The environment variable with which cargo receives flags for rustc. These flags replace the flags in the user's own
/// settings.
pub(crate) const FLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";

/// Returns flags for rustc that replace the paths of this machine with names that are the same everywhere.
pub(crate) fn remapped(target: &Path) -> String {
    let flags = names(target).into_iter().map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()));
    flags.collect::<Vec<_>>().join("\u{1f}")
}

/// Returns flags that make a C compiler, such as gcc or clang, replace the paths of this machine. `remapped` returns
/// such flags for rustc.
pub(crate) fn remapped_for_c(target: &Path) -> String {
    let flags = names(target).into_iter().map(|(path, name)| format!("-ffile-prefix-map={}={name}", path.display()));
    flags.collect::<Vec<_>>().join(" ")
}

/// Checks that a file contains neither the path of a home folder on this machine nor the path of this checkout.
pub(crate) fn check_none(file: &Path) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let homes = ["HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(|name| env::var(name).ok());
    for path in homes.chain([workspace::root().display().to_string()]) {
        if path.len() > 1 && bytes.windows(path.len()).any(|part| part == path.as_bytes()) {
            bail!("`{}` contains the path `{path}` of this machine", file.display());
        }
    }
    Ok(())
}

fn names(target: &Path) -> Vec<(PathBuf, &'static str)> {
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
    paths.into_iter().filter_map(|(path, name)| Some((path?, name))).collect()
}
