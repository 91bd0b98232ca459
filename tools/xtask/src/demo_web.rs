//! A page that shows the dialog of the built npm package beside controls of a local Polar, for people. Tests nothing:
//! `tests/js/dialog` goes through it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::local_polar::LocalPolar;
use crate::{npm_package, workspace};

/// Serves it until the user interrupts.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    npm_package::package(sh)?;
    let polar = LocalPolar::start(sh)?;
    let (package, url) = (workspace::target()?.join("package/npm"), polar.url());
    let mut serve = Command::from(cmd!(sh, "node tools/demo-web/serve.mjs {package} {url}"));
    let mut site = serve.stdin(Stdio::piped()).spawn().context("cannot start `node`")?;
    // it ends with its input, which this process holds: whatever ends this one
    let mut input = site.stdin.take();
    ctrlc::set_handler(move || drop(input.take()))?;
    site.wait()?;
    Ok(())
}
