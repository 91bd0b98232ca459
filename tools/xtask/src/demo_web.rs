//! Serves a page that shows the dialog of the built npm package, with controls for a local Polar beside it. The page is
//! for people. This module tests nothing; `tests/js/dialog` tests the page.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::local_polar::LocalPolar;
use crate::{npm_package, workspace};

/// Serves the page until the user interrupts it.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    npm_package::package(sh)?;
    let polar = LocalPolar::start(sh)?;
    let (package, url) = (workspace::target()?.join("package/npm"), polar.url());
    let mut serve = Command::from(cmd!(sh, "node tools/demo-web/serve.mjs {package} {url}"));
    let mut site = serve.stdin(Stdio::piped()).spawn().context("cannot start `node`")?;
    // the server ends when its input closes, so it also ends when this process ends for any reason
    let mut input = site.stdin.take();
    ctrlc::set_handler(move || drop(input.take()))?;
    site.wait()?;
    Ok(())
}
