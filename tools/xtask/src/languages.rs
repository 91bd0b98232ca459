//! The examples in languages, and with Qt and GTK, that use the C library, with koffi for the one in Node.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{shell, workspace};

/// Runs all of them. What they need is installed by now.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let node = workspace::target()?.join("languages/node");
    sh.create_dir(&node)?;
    for file in ["package.json", "package-lock.json"] {
        sh.copy_file(workspace::root().join("examples/node").join(file), &node)?;
    }
    shell::quietly(cmd!(sh, "npm ci --no-audit --no-fund --prefix {node}"), shell::PATIENCE)?;
    // the whole workspace, as in the step `tests`, so that cargo does not build all dependencies once more
    let tests = shell::cargo(sh, "test --locked --workspace --test languages");
    let tests = tests.env("POLAR_LICENSE_ALL_LANGUAGES", "1").env("NODE_PATH", node.join("node_modules"));
    Ok(tests.run()?)
}
