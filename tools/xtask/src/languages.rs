//! Tests the examples that use the C library: the examples with Qt and GTK, and the examples in other languages. The
//! example in Node is one of them, because it calls the C library through koffi.

use anyhow::Result;
use xshell::Shell;

use crate::{npm_package, shell, workspace};

/// Runs all of the examples. Their requirements must be installed.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    npm_package::install_all(sh)?;
    // `--workspace` gives the dependencies the same features as in the step `tests`, so that cargo does not compile
    // them again
    let tests = shell::cargo(sh, "test --locked --workspace --test languages");
    let tests = tests.env("POLAR_LICENSE_ALL_LANGUAGES", "1").env("NODE_PATH", workspace::root().join("node_modules"));
    Ok(tests.run()?)
}
