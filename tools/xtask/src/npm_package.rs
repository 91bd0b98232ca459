//! The npm package: WebAssembly, JavaScript, declarations and the template, packed as npm would publish it.
//!
//! ```text
//!   wasm_build ── target/npm/wasm ── build.mjs, types.mjs ──┐
//!                                          pkg-template/ ──┴── target/package/npm ── npm pack ── the tarball
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::requirements::{NODE, Requirement, STD_SOURCE, WASM_BINDGEN, WASM_STD};
use crate::wasm_build::{self, Std};
use crate::workspace::Metadata;
use crate::{process, workspace};

/// What packing needs besides cargo. The sources of the standard library only make it smaller.
pub(crate) const NEEDS: [&Requirement; 3] = [&WASM_STD, &WASM_BINDGEN, &NODE];

/// Where the JavaScript is built.
const SCRIPTS: &str = "bindings/wasm/ts";

/// The licenses, which the template does not repeat.
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// What `sizes.mjs` calls all that a page with the separate WebAssembly downloads.
pub(crate) const SLIM_PAGE: &str = "a page with ./slim, in all";

/// What was packed.
pub(crate) struct Packed {
    /// The tarball.
    pub(crate) file: PathBuf,
    /// The workspace's.
    pub(crate) version: String,
    /// What is compiled into it.
    pub(crate) std: Std,
    /// Of what a page downloads.
    pub(crate) sizes: Vec<Size>,
}

/// How large something is that a page downloads.
pub(crate) struct Size {
    /// In words.
    pub(crate) name: String,
    raw: u64,
    gzip: u64,
    /// In bytes, at the highest quality.
    pub(crate) brotli: u64,
}

/// Builds and packs it, and prints how large it is.
pub(crate) fn package() -> Result<Packed> {
    let metadata = Metadata::read()?;
    let version = metadata.version("polar-license-wasm").context("the workspace has lost polar-license-wasm")?;
    let packages = metadata.target().join("package");
    let folder = packages.join("npm");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty `{}`", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;

    if let Err(error) = STD_SOURCE.ensure() {
        println!("{error:#}\nbuilding without them, which makes the package larger\n");
    }
    let (wasm, std) = wasm_build::build()?;
    install_tools()?;
    process::run(node("build.mjs").arg(wasm).arg(&folder))?;
    process::run(node("types.mjs").arg(&folder))?;
    wasm_build::check_no_paths(&folder.join("polar_license.wasm"))?;
    let sizes = sizes(&process::read(node("sizes.mjs").arg(&folder))?)?;
    let table = table(&sizes);
    fill_template(&folder, version, &table)?;

    let mut pack = npm(".");
    pack.args(["pack", "--silent", "--pack-destination"]).arg(&packages).arg(&folder);
    process::run(&mut pack)?;
    println!("\n{table}");
    if std == Std::Prebuilt {
        println!("With the ready-made standard library: `rustup component add rust-src` makes it smaller.");
    }
    let file = packages.join(format!("polar-license-{version}.tgz"));
    println!("{}", file.display());
    Ok(Packed { file, version: version.into(), std, sizes })
}

/// What builds the scripts.
pub(crate) fn install_tools() -> Result<()> {
    ci(SCRIPTS)
}

/// Installs what a folder's lock file names.
pub(crate) fn ci(folder: &str) -> Result<()> {
    process::run(npm(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

fn node(script: &str) -> std::process::Command {
    let mut node = process::command("node");
    node.arg(Path::new(SCRIPTS).join(script));
    node
}

/// npm in a folder of the repository.
pub(crate) fn npm(folder: &str) -> std::process::Command {
    let mut npm = process::command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(workspace::root().join(folder));
    npm
}

/// Copies the template, with what only the build knows.
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
    Ok(())
}

/// What `sizes.mjs` printed.
fn sizes(json: &str) -> Result<Vec<Size>> {
    let list: Vec<Value> = serde_json::from_str(json).context("sizes.mjs did not print a list")?;
    list.iter().map(|size| read_size(size).with_context(|| format!("no size: {size}"))).collect()
}

fn read_size(size: &Value) -> Option<Size> {
    let number = |name: &str| size.get(name)?.as_u64();
    let name = size.get("name")?.as_str()?.into();
    Some(Size { name, raw: number("raw")?, gzip: number("gzip")?, brotli: number("brotli")? })
}

/// In Markdown, for the README and for whoever builds.
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
        let sizes = sizes(r#"[{"name":"a page","raw":1234567,"gzip":12345,"brotli":999}]"#).unwrap();
        assert!(table(&sizes).ends_with("| a page | 1,234,567 | 12,345 | 999 |\n"), "{}", table(&sizes));
        assert!(super::sizes(r#"[{"name":"a page"}]"#).is_err());
    }
}
