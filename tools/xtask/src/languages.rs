//! Tests the examples that use the C library: the examples in other languages, and those with Qt and GTK. The example
//! in Node uses koffi.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{shell, workspace};

/// Runs all of the examples. Their requirements must be installed.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let node = workspace::target()?.join("languages/node");
    sh.create_dir(&node)?;
    for file in ["package.json", "package-lock.json"] {
        sh.copy_file(workspace::root().join("examples/node").join(file), &node)?;
    }
    shell::quietly(cmd!(sh, "npm ci --no-audit --no-fund --prefix {node}"), shell::PATIENCE)?;
    // `--workspace`, as in the step `tests`: with other features, cargo would build the dependencies again
    let tests = shell::cargo(sh, "test --locked --workspace --test languages");
    let tests = tests.env("POLAR_LICENSE_ALL_LANGUAGES", "1").env("NODE_PATH", node.join("node_modules"));
    Ok(tests.run()?)
}
