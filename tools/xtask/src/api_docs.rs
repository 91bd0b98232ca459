//! The documentation of the crates by rustdoc: it builds without a warning, whatever features are chosen, and no link on the
//! front pages leads nowhere. These are the READMEs, whose links to files are redirected by `src/lib.rs`; rustdoc does not
//! look at them.

use anyhow::Result;
use xshell::{Cmd, Shell};

use crate::shell::cargo;
use crate::{html_links, wasm_build, workspace};

/// The crates that have a page on docs.rs.
const CRATES: [&str; 2] = ["polar_license", "mock_polar"];

pub(crate) fn check(sh: &Shell) -> Result<()> {
    warned(cargo(sh, "doc --locked --workspace --no-deps --all-features"))?;
    for name in CRATES {
        let page = workspace::target()?.join("doc").join(name).join("index.html");
        println!("{}: {} links lead somewhere", page.display(), html_links::check(&page)?);
    }
    for features in [&["--no-default-features"][..], &["--no-default-features", "--features", "tokio-client"]] {
        warned(cargo(sh, "doc --locked --package polar-license --no-deps").args(features))?;
    }
    // both as on docs.rs, and as an app for the web has it
    for features in [&["--all-features"][..], &["--no-default-features", "--features", "fetch"]] {
        let doc = cargo(sh, "doc --locked --package polar-license --no-deps --target");
        warned(doc.arg(wasm_build::TARGET).args(features))?;
    }
    Ok(())
}

/// With warnings as errors.
fn warned(doc: Cmd) -> Result<()> {
    Ok(doc.env("RUSTDOCFLAGS", "-D warnings").run()?)
}
