//! Compiles the engine and the local Polar to WebAssembly, with stable Rust and optimized for size. Puts wasm-bindgen's
//! glue into the same folder as the WebAssembly.

use std::path::PathBuf;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{paths, shell, tools, workspace};

/// The target for browsers and Node.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Builds a package of the workspace for bundlers. wasm-bindgen writes its output into a folder with the name `folder`,
/// and this function returns the folder's path. All packages have the same file names, because the WebAssembly imports
/// its glue by file name, and because the TypeScript that loads the WebAssembly knows only one name.
pub(crate) fn build(sh: &Shell, package: &str, folder: &str) -> Result<PathBuf> {
    let folder = workspace::target()?.join("npm").join(folder);
    let (compiled, bindgen) = (compile(sh, package)?, tools::WASM_BINDGEN.program(sh, "wasm-bindgen")?);
    cmd!(sh, "{bindgen} --target bundler --out-dir {folder} --out-name polar_license_wasm {compiled}").run()?;
    Ok(folder)
}

/// A platform that needs no bundler: wasm-bindgen writes glue that loads the WebAssembly.
#[derive(Clone, Copy)]
pub(crate) enum Platform {
    /// Node, with glue in CommonJS.
    Node,
    /// Web pages without a bundler, with glue that is an ES module.
    Page,
}

impl Platform {
    fn name(self) -> &'static str {
        match self {
            Self::Node => "nodejs",
            Self::Page => "web",
        }
    }
}

/// Builds a package of the workspace for a platform. The names of the built files, including wasm-bindgen's
/// JavaScript glue, begin with `name`. Returns the path of wasm-bindgen's output folder.
pub(crate) fn build_for(sh: &Shell, platform: Platform, package: &str, name: &str) -> Result<PathBuf> {
    let platform = platform.name();
    let folder = workspace::target()?.join("npm").join(format!("{package}-{platform}"));
    sh.remove_path(&folder)?;
    let (compiled, bindgen) = (compile(sh, package)?, tools::WASM_BINDGEN.program(sh, "wasm-bindgen")?);
    cmd!(sh, "{bindgen} --target {platform} --out-dir {folder} --out-name {name} {compiled}").run()?;
    Ok(folder)
}

fn compile(sh: &Shell, package: &str) -> Result<PathBuf> {
    let target = workspace::target()?.join("npm");
    let build = shell::cargo(sh, "build --locked --profile wasm --package").args([package, "--target"]);
    let build = build.arg(TARGET).arg("--target-dir").arg(&target).env(paths::FLAGS, paths::remapped(&target));
    build.run()?;
    Ok(target.join(TARGET).join("wasm").join(format!("{}.wasm", package.replace('-', "_"))))
}
