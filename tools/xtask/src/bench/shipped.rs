//! The sizes of everything that this project ships, by part.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::row::Row;
use super::setting::Setting;
use crate::c_package::{self, Variant};
use crate::target::{System, Target};
use crate::{c_package_check, npm_package, python_package, workspace};

/// Returns the sizes in bytes of the packages, and of the parts that a page can download.
pub(crate) fn packages(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let npm = npm_package::package(setting.sh)?;
    python_package::package_for_this_machine(setting.sh)?;
    let python = workspace::target()?.join("package/python");
    let wheel = workspace::files(&python)?.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl"));
    let mut rows = vec![
        file("the command `polar-license`", setting.command()?)?,
        file("the npm package, packed", &npm.file)?,
        file("the Python package, a wheel", &wheel.context("there is no wheel in target/package/python")?)?,
    ];
    let parts = npm.sizes.iter().filter(|size| !size.name.starts_with("a page with"));
    rows.extend(parts.map(|size| Row::ours(format!("{}, brotli", size.name), size.brotli as f64)));
    Ok(rows)
}

/// Returns the sizes in bytes of the C library and of small programs, which are linked with the library in different
/// ways.
pub(crate) fn c_programs(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let (sh, host, scratch) = (setting.sh, &Target::host(setting.sh)?, &setting.folder("c")?);
    let mut rows = Vec::new();
    for (variant, what) in [(Variant::Full, ""), (Variant::OwnTransport, " without HTTP and TLS")] {
        let package = &c_package::package(sh, variant, host)?;
        let smallest = c_package_check::link_statically(sh, package, "examples/c/gate.c", scratch, &["-O2", "-s"])?;
        rows.push(file(&format!("the shared library{what}"), &c_package::shared(package, System::Linux)?)?);
        rows.push(file(&format!("a stripped program with the static library{what}"), &smallest)?);
        if variant == Variant::Full {
            let linked = c_package_check::link_by_pkg_config(sh, package, "--static", scratch)?;
            rows.push(file("a program as `pkg-config --static` links it", &linked)?);
            let linked = c_package_check::link_by_cmake(sh, package, "c", "static", host, scratch)?;
            rows.push(file("a program as CMake links it", &linked)?);
        }
    }
    Ok(rows)
}

fn file(what: &str, path: &Path) -> Result<Row> {
    let size = fs::metadata(path).with_context(|| format!("there is no `{}`", path.display()))?.len();
    Ok(Row::ours(what, size as f64))
}
