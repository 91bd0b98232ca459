//! Packs the npm package as npm would publish it: WebAssembly, JavaScript, TypeScript declarations and the files of the
//! template.
//!
//! ```text
//!   wasm_build ── target/npm/wasm, wasm-portal ── build.mjs, types.mjs ──┐
//!                                                       pkg-template/ ──┴── target/package/npm ── npm pack ── the tarball
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use serde::Deserialize;
use xshell::{Cmd, Shell, cmd};

use crate::{paths, wasm_build, workspace};

/// The folder with the scripts that build the JavaScript, and with the dependencies of these scripts.
pub(crate) const SCRIPTS: &str = "bindings/wasm/ts";

/// The files that this module copies into every npm package. So the templates of the packages need not contain them.
const COMMON: [&str; 3] = ["CHANGELOG.md", workspace::LICENSES[0], workspace::LICENSES[1]];

/// The lock file of all npm packages of the repository.
const LOCK: &str = "package-lock.json";

/// The arguments with which npm installs only the tools that build the published packages. A release installs nothing
/// else.
const TOOLS: [&str; 2] = ["--workspace", SCRIPTS];

/// A copy of package-lock.json, written after npm has installed the tools that build the package. If package-lock.json
/// differs from the copy, npm must install the tools again.
const INSTALLED_TOOLS: &str = "node_modules/.installed-tools.json";

/// A copy of package-lock.json, written after npm has installed all packages.
const INSTALLED_ALL: &str = "node_modules/.installed-all.json";

/// The name under which `sizes.mjs` prints the size of a page that loads the WebAssembly as a separate file. The size
/// includes everything that the page downloads.
pub(crate) const SLIM_PAGE: &str = "a page with ./slim, in all";

/// The packed package.
#[derive(Clone)]
pub(crate) struct Packed {
    /// The tarball.
    pub(crate) file: PathBuf,
    /// The package's version, which is also the version of the workspace.
    pub(crate) version: String,
    /// The sizes of the files that a page downloads.
    pub(crate) sizes: Vec<Size>,
}

/// The size in bytes of something that a page downloads.
#[derive(Clone, Deserialize)]
pub(crate) struct Size {
    /// The name of the download in the printed table.
    pub(crate) name: String,
    raw: u64,
    gzip: u64,
    /// The size after compression by brotli at the highest quality.
    pub(crate) brotli: u64,
}

/// Builds and packs the package, and prints its sizes. Several steps test the same package, so only the first call in a
/// run does this. Later calls return the same result.
pub(crate) fn package(sh: &Shell) -> Result<&'static Packed> {
    static PACKED: OnceLock<Packed> = OnceLock::new();
    if let Some(packed) = PACKED.get() {
        return Ok(packed);
    }
    let packed = pack(sh)?;
    Ok(PACKED.get_or_init(|| packed))
}

fn pack(sh: &Shell) -> Result<Packed> {
    let version = workspace::version("polar-license-wasm")?;
    let packages = workspace::target()?.join("package");
    let folder = packages.join("npm");
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;

    let wasm = wasm_build::build(sh, "polar-license-wasm", "wasm")?;
    let portal = wasm_build::build(sh, "polar-license-wasm-portal", "wasm-portal")?;
    install_tools(sh)?;
    cmd!(sh, "node {SCRIPTS}/build.mjs {wasm} {portal} {folder} {version}").run()?;
    cmd!(sh, "node {SCRIPTS}/types.mjs {folder}").run()?;
    paths::check_none(&folder.join("polar_license.wasm"))?;
    paths::check_none(&portal.join("optimized.wasm"))?;
    let sizes = cmd!(sh, "node {SCRIPTS}/sizes.mjs {folder}").quiet().read()?;
    let sizes: Vec<Size> = serde_json::from_str(&sizes).context("sizes.mjs did not print a list of sizes")?;
    let table = table(&sizes);
    fill_template(&folder, &version, &table)?;
    add_common(sh, &folder)?;

    npm(sh).args(["pack", "--silent", "--pack-destination"]).arg(&packages).arg(&folder).run()?;
    let file = packages.join(format!("polar-license-{version}.tgz"));
    println!("\n{table}\n{}", file.display());
    Ok(Packed { file, version, sizes })
}

/// Installs the tools that build the JavaScript.
pub(crate) fn install_tools(sh: &Shell) -> Result<()> {
    if is_installed(sh, INSTALLED_ALL)? { Ok(()) } else { ci(sh, &TOOLS, INSTALLED_TOOLS) }
}

/// Installs the packages of all workspaces: those that build the package, and those that test it.
pub(crate) fn install_all(sh: &Shell) -> Result<()> {
    ci(sh, &[], INSTALLED_ALL)
}

/// Installs the packages of the given workspaces, and removes the packages of all other workspaces. Does nothing if the
/// packages were already installed from the same lock file.
fn ci(sh: &Shell, workspaces: &[&str], installed: &str) -> Result<()> {
    if is_installed(sh, installed)? {
        return Ok(());
    }
    let _inside = sh.push_dir(workspace::root());
    let ci = npm(sh).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).args(workspaces);
    // Electron's program is not downloaded, because the tests never start it, and the registry does not have it
    ci.env("ELECTRON_SKIP_BINARY_DOWNLOAD", "1").run()?;
    // npm deletes `node_modules` before it installs anything, and this copy of the lock file is written afterwards. So
    // the copy exists only after a complete installation.
    Ok(sh.copy_file(LOCK, installed)?)
}

fn is_installed(sh: &Shell, installed: &str) -> Result<bool> {
    let _inside = sh.push_dir(workspace::root());
    let lock = sh.read_file(LOCK)?;
    Ok(sh.read_file(installed).is_ok_and(|copy| copy == lock))
}

/// Returns a command for npm.
pub(crate) fn npm(sh: &Shell) -> Cmd<'_> {
    sh.cmd(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// Adds the licenses, the changelog and the repository's addresses to the folder of a package, before it is packed.
pub(crate) fn add_common(sh: &Shell, folder: &Path) -> Result<()> {
    for file in COMMON {
        sh.copy_file(workspace::root().join(file), folder.join(file))?;
    }
    add_addresses(sh, folder, &workspace::repository()?, workspace::funding()?.as_deref())
}

/// Writes the repository's address, and the address for donations if there is one, into the members of package.json
/// that npm shows. Does nothing if `repository` is empty.
fn add_addresses(sh: &Shell, folder: &Path, repository: &str, funding: Option<&str>) -> Result<()> {
    if repository.is_empty() {
        return Ok(());
    }
    let _inside = sh.push_dir(folder);
    let members = [
        "repository.type=git".into(),
        format!("repository.url=git+{repository}.git"),
        format!("homepage={repository}#readme"),
        format!("bugs.url={repository}/issues"),
    ];
    let funding = funding.map(|address| format!("funding={address}"));
    Ok(npm(sh).args(["pkg", "set"]).args(members).args(funding).run()?)
}

/// Copies the template, the texts and the guides for agents, and inserts the version and the sizes.
fn fill_template(folder: &Path, version: &str, sizes: &str) -> Result<()> {
    let template = workspace::root().join("pkg-template");
    for path in workspace::files(&template)? {
        let text = workspace::text(&path)?.replace("{{version}}", version).replace("{{sizes}}", sizes.trim_end());
        let to = folder.join(path.strip_prefix(&template)?);
        fs::write(&to, text).with_context(|| format!("cannot write `{}`", to.display()))?;
    }
    workspace::copy_guides_for_agents(folder)?;
    let texts = folder.join("texts");
    fs::create_dir(&texts)?;
    for path in workspace::files(&workspace::root().join("texts"))? {
        let name = path.file_name().unwrap_or_default();
        fs::copy(&path, texts.join(name)).with_context(|| format!("cannot copy `{}`", path.display()))?;
    }
    Ok(())
}

/// Returns the sizes as a Markdown table. The table is printed, and is inserted into the package's README.
fn table(sizes: &[Size]) -> String {
    let mut table = String::from("| bytes | as it is | gzip | brotli |\n|---|---:|---:|---:|\n");
    for Size { name, raw, gzip, brotli } in sizes {
        table += &format!("| {name} | {} | {} | {} |\n", grouped(*raw), grouped(*gzip), grouped(*brotli));
    }
    table
}

/// Groups the digits of a number: `12345` becomes `12,345`.
pub(crate) fn grouped(number: u64) -> String {
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
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn package_json_gets_the_address_of_the_repository_if_it_has_one() {
        let sh = &crate::shell::new().unwrap();
        for template in ["pkg-template/package.json", "tools/mock-polar/npm/template/package.json"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("package.json");
            fs::write(&file, workspace::text(template).unwrap().replace("{{version}}", "1.0.0")).unwrap();
            let before = fs::read_to_string(&file).unwrap();
            add_addresses(sh, folder.path(), "", None).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), before);
            let (repository, funding) = ("https://example.com/acme/polar-license", "https://example.com/acme");
            add_addresses(sh, folder.path(), repository, Some(funding)).unwrap();
            let mut manifest: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            let added = ["repository", "homepage", "bugs", "funding"].map(|name| manifest[name].take());
            let expected = [
                json!({ "type": "git", "url": "git+https://example.com/acme/polar-license.git" }),
                json!("https://example.com/acme/polar-license#readme"),
                json!({ "url": "https://example.com/acme/polar-license/issues" }),
                json!("https://example.com/acme"),
            ];
            assert_eq!(added, expected);
        }
    }

    #[test]
    fn sizes_are_shown_with_separators_between_thousands() {
        let sizes: Vec<Size> =
            serde_json::from_str(r#"[{"name":"a page","raw":1234567,"gzip":12345,"brotli":999}]"#).unwrap();
        assert!(table(&sizes).ends_with("| a page | 1,234,567 | 12,345 | 999 |\n"), "{}", table(&sizes));
    }
}
