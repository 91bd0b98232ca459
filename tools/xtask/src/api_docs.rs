//! Checks the documentation of the crates. rustdoc must build it without a warning, for `polar-license` with several
//! sets of features. The crates' front pages on docs.rs must have no dead link. This module checks these links itself,
//! because some front pages are READMEs, and rustdoc does not check the links of a README.

use anyhow::Result;
use xshell::{Cmd, Shell};

use crate::shell::cargo;
use crate::{html_links, wasm_build, workspace};

/// The crates that have a page on docs.rs.
const CRATES: [&str; 2] = ["polar_license", "mock_polar"];

pub(crate) fn check(sh: &Shell) -> Result<()> {
    without_warnings(cargo(sh, "doc --locked --workspace --no-deps --all-features"))?;
    for name in CRATES {
        let page = workspace::target()?.join("doc").join(name).join("index.html");
        println!("{}: {} links lead somewhere", page.display(), html_links::check(&page)?);
    }
    for features in [&["--no-default-features"][..], &["--no-default-features", "--features", "tokio-client"]] {
        without_warnings(cargo(sh, "doc --locked --package polar-license --no-deps").args(features))?;
    }
    // documents the crate for wasm32 twice: with the features that docs.rs shows, and with the features of a web app
    for features in [&["--all-features"][..], &["--no-default-features", "--features", "fetch"]] {
        let doc = cargo(sh, "doc --locked --package polar-license --no-deps --target");
        without_warnings(doc.arg(wasm_build::TARGET).args(features))?;
    }
    Ok(())
}

/// Runs rustdoc with warnings as errors.
fn without_warnings(doc: Cmd) -> Result<()> {
    Ok(doc.env("RUSTDOCFLAGS", "-D warnings").run()?)
}
