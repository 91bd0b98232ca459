//! Writes the demonstration as a folder of files. Any web server can serve the folder, under any path. The page of the
//! demonstration contains an app that uses the built npm package and its dialog. It also contains a local Polar as
//! WebAssembly, and controls with which a visitor changes how this Polar behaves. The page sends no requests to a
//! server except to load its own files. This module tests nothing; `tests/js/dialog` tests the page.
//!
//! ```text
//!   tools/demo-web/page ────────────────────────────┐
//!   npm_package ── target/package/npm ── package/ ──┼── the folder
//!   mock_package ── mock_polar.js, its WebAssembly ─┘
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{mock_package, npm_package, workspace};

/// The modules of the npm package that the page imports.
const ENTRIES: [&str; 3] = ["dialog.js", "dialog-portal.js", "portal.js"];

/// Serves the demonstration until the user interrupts it.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let folder = folder()?;
    write(sh, &folder)?;
    let mut serve = Command::from(cmd!(sh, "node tools/demo-web/serve.mjs {folder}"));
    let mut site = serve.stdin(Stdio::piped()).spawn().context("cannot start `node`")?;
    // the server ends when its standard input closes; that happens when the user interrupts this process, and also when
    // this process ends for another reason
    let mut input = site.stdin.take();
    ctrlc::set_handler(move || drop(input.take()))?;
    site.wait()?;
    Ok(())
}

/// Returns the folder into which the demonstration is written if no other folder is named.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(workspace::target()?.join("demo-web/site"))
}

/// Writes the demonstration into a folder. Keeps other files that are in the folder.
pub(crate) fn write(sh: &Shell, folder: &Path) -> Result<()> {
    npm_package::package(sh)?;
    sh.create_dir(folder.join("package/shared"))?;
    mock_package::build_for_pages(sh, folder)?;
    let copy = |from: &Path, to: &Path| sh.copy_file(from, to.join(from.file_name().unwrap_or_default()));
    for file in workspace::files(&workspace::root().join("tools/demo-web/page"))? {
        copy(&file, folder)?;
    }
    let package = workspace::target()?.join("package/npm");
    for entry in ENTRIES {
        copy(&package.join(entry), &folder.join("package"))?;
    }
    // all modules in `shared` are copied, because they import each other
    let shared = workspace::files(&package.join("shared"))?.into_iter();
    for module in shared.filter(|file| file.extension().is_some_and(|extension| extension == "js")) {
        copy(&module, &folder.join("package/shared"))?;
    }
    println!("the demonstration: {}", folder.join("index.html").display());
    Ok(())
}
