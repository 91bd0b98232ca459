//! Builds the C library for Swift packages and Xcode: an XCFramework with one static library for both processors of
//! Macs, and the header as the module `CPolarLicense`. Tests the Swift example with this XCFramework. Needs macOS,
//! because only Xcode has `lipo` and `xcodebuild`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::c_package::{self, Variant};
use crate::local_polar::LocalPolar;
use crate::target::{System, Target};
use crate::{archive, manifests, workspace};

/// The name of the module that Swift imports.
const MODULE: &str = "CPolarLicense";

const EXAMPLE: &str = "examples/swift";

/// Builds the XCFramework, tests the example with it, and packs it for a release: `cargo xtask package apple`.
pub(crate) fn package(sh: &Shell) -> Result<()> {
    if !cfg!(target_os = "macos") {
        bail!("only macOS can build an XCFramework, by `lipo` and `xcodebuild` of Xcode");
    }
    let folder = workspace::target()?.join("package/apple");
    sh.remove_path(&folder)?;
    let mut built = Vec::new();
    for triple in manifests::apple_targets() {
        let library = folder.join(triple);
        c_package::install_into(sh, &library, Variant::Full, &Target::named(sh, Some(triple))?, &[])?;
        built.push(library);
    }
    let first = built.first().context("no target of Apple is released")?;
    let headers = sh.create_dir(folder.join("Headers"))?;
    add_module(sh, &headers, first)?;

    let name = System::MacOs.static_library();
    let libraries: Vec<_> = built.iter().map(|library| library.join("lib").join(name)).collect();
    let (universal, framework) = (folder.join(name), folder.join(format!("{MODULE}.xcframework")));
    cmd!(sh, "lipo -create {libraries...} -output {universal}").run()?;
    cmd!(sh, "xcodebuild -create-xcframework -library {universal} -headers {headers} -output {framework}").run()?;
    check(sh, &framework)?;
    archive::zip(sh, &framework, &manifests::xcframework(&workspace::version("polar-license-c")?))
}

/// Adds the header and the module map to the headers of the XCFramework, in a subfolder with the module's name. Without
/// the subfolder, `module.modulemap` could overwrite a file of the same name, because Xcode copies the headers of all
/// XCFrameworks of an app into one folder.
fn add_module(sh: &Shell, headers: &Path, package: &Path) -> Result<()> {
    let folder = sh.create_dir(headers.join(MODULE))?;
    sh.copy_file(package.join("include/polar_license.h"), &folder)?;
    let map = module_map(&c_package::static_libraries(package)?);
    Ok(sh.write_file(folder.join("module.modulemap"), map)?)
}

/// Returns the module map. It names the libraries that the static library needs, so that apps need not name them.
fn module_map(libraries: &[String]) -> String {
    let mut map = format!("module {MODULE} {{\n  header \"polar_license.h\"\n");
    for library in libraries {
        match (library.strip_prefix("-framework "), library.strip_prefix("-l")) {
            (Some(framework), _) => map += &format!("  link framework \"{framework}\"\n"),
            (None, Some(name)) => map += &format!("  link \"{name}\"\n"),
            (None, None) => {}
        }
    }
    map + "  export *\n}\n"
}

/// Runs the tests of the Swift example with the XCFramework. The tests use a local Polar, which is a server on this
/// machine that behaves like Polar.
fn check(sh: &Shell, framework: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let project = scratch.path().join("acme");
    let example = workspace::root().join(EXAMPLE);
    cmd!(sh, "cp -R {example} {project}").run()?;
    cmd!(sh, "cp -R {framework} {project}").run()?;
    let polar = LocalPolar::start(sh)?;
    let _inside = sh.push_dir(&project);
    Ok(cmd!(sh, "swift test").env("POLAR", polar.url()).run()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_links_what_the_static_library_needs() {
        let libraries = ["-framework Security", "-liconv"].map(String::from);
        let expected = "module CPolarLicense {\n  header \"polar_license.h\"\n  link framework \"Security\"\n  \
                        link \"iconv\"\n  export *\n}\n";
        assert_eq!(module_map(&libraries), expected);
    }
}
