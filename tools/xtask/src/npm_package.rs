//! The npm package: WebAssembly, JavaScript, declarations and the template, packed as npm would publish it.
//!
//! ```text
//!   wasm_build ── target/npm/wasm ── build.mjs, types.mjs ──┐
//!                                          pkg-template/ ──┴── target/package/npm ── npm pack ── the tarball
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use xshell::{Cmd, Shell, cmd};

use crate::{wasm_build, workspace};

/// Where the JavaScript is built.
pub(crate) const SCRIPTS: &str = "bindings/wasm/ts";

/// The licenses, which the template does not repeat.
pub(crate) const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The name that `sizes.mjs` gives to everything that a page with the separate WebAssembly downloads.
pub(crate) const SLIM_PAGE: &str = "a page with ./slim, in all";

/// The packed package.
pub(crate) struct Packed {
    /// The tarball.
    pub(crate) file: PathBuf,
    /// The workspace's.
    pub(crate) version: String,
    /// Of what a page downloads.
    pub(crate) sizes: Vec<Size>,
}

/// How many bytes something has that a page downloads.
#[derive(Deserialize)]
pub(crate) struct Size {
    /// In words.
    pub(crate) name: String,
    raw: u64,
    gzip: u64,
    /// At the highest quality.
    pub(crate) brotli: u64,
}

/// Builds and packs it, and prints its sizes.
pub(crate) fn package(sh: &Shell) -> Result<Packed> {
    let version = workspace::version("polar-license-wasm")?;
    let packages = workspace::target()?.join("package");
    let folder = packages.join("npm");
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;

    let wasm = wasm_build::build(sh)?;
    install_tools(sh)?;
    cmd!(sh, "node {SCRIPTS}/build.mjs {wasm} {folder}").run()?;
    cmd!(sh, "node {SCRIPTS}/types.mjs {folder}").run()?;
    wasm_build::check_no_paths(&folder.join("polar_license.wasm"))?;
    let sizes = cmd!(sh, "node {SCRIPTS}/sizes.mjs {folder}").quiet().read()?;
    let sizes: Vec<Size> = serde_json::from_str(&sizes).context("sizes.mjs did not print a list of sizes")?;
    let table = table(&sizes);
    fill_template(&folder, &version, &table)?;

    npm(sh).args(["pack", "--silent", "--pack-destination"]).arg(&packages).arg(&folder).run()?;
    let file = packages.join(format!("polar-license-{version}.tgz"));
    println!("\n{table}\n{}", file.display());
    Ok(Packed { file, version, sizes })
}

/// Installs what builds the scripts.
pub(crate) fn install_tools(sh: &Shell) -> Result<()> {
    ci(sh, SCRIPTS)
}

/// Installs the packages in a folder's lock file.
pub(crate) fn ci(sh: &Shell, folder: &str) -> Result<()> {
    let _inside = sh.push_dir(folder);
    Ok(npm(sh).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).run()?)
}

/// npm, with whatever arguments.
pub(crate) fn npm(sh: &Shell) -> Cmd<'_> {
    sh.cmd(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// Copies the template, and fills in what only the build knows.
fn fill_template(folder: &Path, version: &str, sizes: &str) -> Result<()> {
    let template = workspace::root().join("pkg-template");
    for path in workspace::files(&template)? {
        let text = workspace::text(&path)?.replace("{{version}}", version).replace("{{sizes}}", sizes.trim_end());
        let to = folder.join(path.strip_prefix(&template)?);
        fs::write(&to, text).with_context(|| format!("cannot write `{}`", to.display()))?;
    }
    for license in LICENSES {
        fs::copy(workspace::root().join(license), folder.join(license)).with_context(|| format!("no `{license}`"))?;
    }
    let texts = folder.join("texts");
    fs::create_dir(&texts)?;
    for path in workspace::files(&workspace::root().join("texts"))? {
        let name = path.file_name().unwrap_or_default();
        fs::copy(&path, texts.join(name)).with_context(|| format!("cannot copy `{}`", path.display()))?;
    }
    Ok(())
}

/// The sizes in Markdown, for the README and for the developer.
fn table(sizes: &[Size]) -> String {
    let mut table = String::from("| bytes | as it is | gzip | brotli |\n|---|---:|---:|---:|\n");
    for Size { name, raw, gzip, brotli } in sizes {
        table += &format!("| {name} | {} | {} | {} |\n", grouped(*raw), grouped(*gzip), grouped(*brotli));
    }
    table
}

/// `12345` as `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_as_people_read_them() {
        let sizes: Vec<Size> =
            serde_json::from_str(r#"[{"name":"a page","raw":1234567,"gzip":12345,"brotli":999}]"#).unwrap();
        assert!(table(&sizes).ends_with("| a page | 1,234,567 | 12,345 | 999 |\n"), "{}", table(&sizes));
    }
}
