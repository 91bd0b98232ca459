//! Checks the content of the packed C library. Builds programs as an app developer would, from nothing but the package:
//! with pkg-config, CMake and Conan, each with the static and with the shared library. Prints how long some calls take,
//! and does not check these times.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Cmd, Shell, cmd};

use crate::c_package::{
    TEXTS, Variant, archive, install_into, interface, linked_name, node, package, shared, static_libraries,
};
use crate::requirements::{CONAN, PYTHON_WITH_PIP};
use crate::target::{System, Target};
use crate::{c_cross, shell, tools, workspace};

/// The size limits in bytes for each variant: first for a program with the static library, then for the shared library.
const LIMITS: [(Variant, u64, u64); 2] =
    [(Variant::Full, 2_600_000, 2_600_000), (Variant::OwnTransport, 720_000, 880_000)];

/// The size limit, in bytes, for the unstripped example when pkg-config or CMake links it with the static library.
const LINKED_LIMIT: u64 = 2_900_000;

/// The list of the files in the package for Linux.
const CONTENTS: &str = "bindings/c/package.txt";

/// Builds the package, and builds and runs programs with it.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let host = &Target::host(sh)?;
    let full = package(sh, Variant::Full, host)?;
    exports(sh, &full)?;
    let scratch = tempfile::tempdir()?;
    pkg_config(sh, &full, scratch.path())?;
    checked_archive(sh, Variant::Full, host)?;
    conan(sh, &full, scratch.path())?;
    quick_reads(sh, &full, scratch.path())?;
    two_rust_libraries(sh, &full, scratch.path())?;
    two_computers(sh, &full, scratch.path())?;
    speaks_german(sh, &full, scratch.path())?;
    let small = package(sh, Variant::OwnTransport, host)?;
    contents(sh, &small)?;
    exports(sh, &small)?;
    catches_panics(sh, &small, scratch.path())?;
    for (variant, program_limit, library_limit) in LIMITS {
        let folder = if variant == Variant::Full { &full } else { &small };
        let program = link_statically(sh, folder, "examples/c/gate.c", scratch.path(), &["-O2", "-s"])?;
        check_size("a stripped program with the static library", &program, program_limit, variant)?;
        check_size("the stripped shared library", &shared(folder, System::Linux)?, library_limit, variant)?;
    }
    check_sizes_in_book(&shared(&full, System::Linux)?, &scratch.path().join("gate"))
}

/// Makes the archive for download (`cargo xtask package c --archive`), unpacks it, and builds and runs the examples
/// with it.
pub(crate) fn checked_archive(sh: &Shell, variant: Variant, target: &Target) -> Result<()> {
    let archive = archive(sh, variant, target)?;
    let scratch = tempfile::tempdir()?;
    let unpacked = crate::archive::unpack(sh, &archive, scratch.path())?;
    if target.system == System::Linux {
        crate::archive::verify(sh, &archive)?;
        contents(sh, &unpacked)?;
    }
    cmake(sh, &unpacked, variant, target, scratch.path())
}

/// Checks that the package contains exactly the files of the list.
fn contents(sh: &Shell, folder: &Path) -> Result<()> {
    // `-not -type d` includes symbolic links, which give the shared library two more names
    let found = cmd!(sh, "find {folder} -not -type d -printf %P\\n").quiet().read()?;
    let list = workspace::text(CONTENTS)?.replace("@VERSION@", &workspace::version("polar-license-c")?);
    let list = list.replace("@INTERFACE@", &interface()?);
    let wrong = differences(&found, &list);
    if !wrong.is_empty() {
        bail!("the packed C library differs from {CONTENTS}\n{}", wrong.join("\n"));
    }
    println!("the packed C library holds {} files, those of {CONTENTS}", found.lines().count());
    Ok(())
}

/// Returns the differences between the packed files and the list. A line of the list that begins with `#` is a comment.
fn differences(found: &str, list: &str) -> Vec<String> {
    let found: BTreeSet<&str> = found.lines().collect();
    let listed: BTreeSet<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    let unexpected = found.difference(&listed).map(|path| format!("packed by mistake: {path}"));
    unexpected.chain(listed.difference(&found).map(|path| format!("not packed: {path}"))).collect()
}

/// Checks that the soname and the exported symbols contain the version of the C interface. Also checks that the library
/// exports only functions that the header declares.
fn exports(sh: &Shell, folder: &Path) -> Result<()> {
    let library = shared(folder, System::Linux)?;
    let (soname, expected, node) = (soname(sh, &library)?, linked_name(System::Linux)?, node()?);
    if soname != expected {
        bail!("the soname is {soname}; it must be {expected}");
    }
    let names = dynamic_symbols(sh, &library, "--defined-only")?;
    // `nm` also lists the name of the version as if it were a function
    let (versioned, bare): (Vec<&str>, Vec<&str>) =
        names.lines().filter(|name| *name != node).partition(|name| name.ends_with(&format!("@@{node}")));
    if !bare.is_empty() {
        bail!("these are exported without the version {node}: {bare:?}");
    }
    let exported: BTreeSet<&str> = versioned.iter().filter_map(|name| name.split('@').next()).collect();
    let header = fs::read_to_string(folder.join("include/polar_license.h"))?;
    let undeclared: Vec<&&str> = exported.iter().filter(|name| !header.contains(&format!("{name}("))).collect();
    if !undeclared.is_empty() || exported.len() < 80 {
        bail!("{} names are exported, and these are not in the header: {undeclared:?}", exported.len());
    }
    println!("{soname} exports {} functions as {node}, all of them in the header", exported.len());
    Ok(())
}

fn soname(sh: &Shell, library: &Path) -> Result<String> {
    let dynamic = cmd!(sh, "readelf --dynamic {library}").quiet().read()?;
    let line = dynamic.lines().find(|line| line.contains("(SONAME)")).context("the library has no soname")?;
    Ok(line.split(['[', ']']).nth(1).context("the soname is not in brackets")?.into())
}

/// Checks how the program refers to the functions of the library. Each reference must contain the interface version
/// after the name of the function, as in `…@POLAR_LICENSE_0.1`.
fn uses_version(sh: &Shell, program: &Path) -> Result<()> {
    let (names, end) = (dynamic_symbols(sh, program, "--undefined-only")?, format!("@{}", node()?));
    let used: Vec<&str> = names.lines().filter(|name| name.starts_with("polar_license_")).collect();
    if used.is_empty() || !used.iter().all(|name| name.ends_with(&end)) {
        bail!("{} refers to {used:?}; all of these must end with {end}", program.display());
    }
    println!("a program with the shared library refers to {} functions, all of them with {end}", used.len());
    Ok(())
}

fn dynamic_symbols(sh: &Shell, file: &Path, which: &str) -> Result<String> {
    Ok(cmd!(sh, "nm --dynamic --format=just-symbols {which} {file}").quiet().read()?)
}

/// Builds a program with the flags that pkg-config prints, once for the static and once for the shared library, and
/// runs it.
fn pkg_config(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    for form in ["--static", "--shared"] {
        let program = link_by_pkg_config(sh, folder, form, scratch)?;
        check_gate(sh.cmd(&program), folder)?;
        if form == "--shared" {
            uses_version(sh, &program)?;
        } else if cmd!(sh, "readelf --dynamic {program}").quiet().read()?.contains("libpolar_license") {
            bail!("a program built with `pkg-config --static` needs the shared library");
        } else {
            check_size("a program as `pkg-config --static` links it", &program, LINKED_LIMIT, Variant::Full)?;
        }
    }
    Ok(())
}

/// Builds the C example with the flags that pkg-config prints for `form`, which is `--static` or `--shared`.
pub(crate) fn link_by_pkg_config(sh: &Shell, folder: &Path, form: &str, scratch: &Path) -> Result<PathBuf> {
    let printed = cmd!(sh, "pkg-config --cflags --libs {form} polar_license");
    let printed = printed.env("PKG_CONFIG_PATH", folder.join("lib/pkgconfig")).read()?;
    let program = scratch.join(format!("gate{form}"));
    cmd!(sh, "gcc -std=c11 examples/c/gate.c -o {program}").args(printed.split_whitespace()).run()?;
    Ok(program)
}

/// Builds the examples with CMake's `find_package`, once with the static and once with the shared library, and runs
/// them.
fn cmake(sh: &Shell, folder: &Path, variant: Variant, target: &Target, scratch: &Path) -> Result<()> {
    for example in ["c", "cpp"] {
        for form in ["static", "shared"] {
            let program = link_by_cmake(sh, folder, example, form, target, scratch)?;
            check_gate(c_cross::program(sh, target, &program, &folder.join("bin"))?, folder)?;
            if form == "static" && target.system == System::Linux {
                check_size("a program as CMake links it", &program, LINKED_LIMIT, variant)?;
            }
            println!("examples/{example} builds with CMake and PolarLicense::{form}, and runs");
        }
    }
    Ok(())
}

/// Builds an example with CMake's `find_package`. `form` is `static` or `shared`.
pub(crate) fn link_by_cmake(
    sh: &Shell,
    folder: &Path,
    example: &str,
    form: &str,
    target: &Target,
    scratch: &Path,
) -> Result<PathBuf> {
    let source = scratch.join(format!("{example}-{form}"));
    sh.create_dir(&source)?;
    let program = format!("gate.{example}");
    let from = workspace::root().join("examples").join(example);
    fs::copy(from.join(&program), source.join(&program))?;
    let lists = fs::read_to_string(from.join("CMakeLists.txt"))?;
    let chosen = lists.replace("PRIVATE PolarLicense::static", &format!("PRIVATE PolarLicense::{form}"));
    fs::write(source.join("CMakeLists.txt"), chosen)?;
    let build = source.join("build");
    // without this option Visual Studio would put the programs into a subfolder for each build type
    let output = format!("-DCMAKE_RUNTIME_OUTPUT_DIRECTORY_RELEASE:PATH={}", build.display());
    let configure = cmd!(sh, "cmake -S {source} -B {build} -DCMAKE_PREFIX_PATH:PATH={folder} {output}");
    let configure = configure.arg("-DCMAKE_BUILD_TYPE=Release").args(c_cross::cmake_options(target)?);
    shell::quietly(configure, shell::PATIENCE)?;
    shell::quietly(cmd!(sh, "cmake --build {build} --config Release"), shell::PATIENCE)?;
    Ok(build.join(target.program("gate")))
}

/// Builds the C example as a Conan app. If there is no Python that can install Conan, skips the test, and prints a line
/// that says so.
fn conan(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    if let Err(error) = PYTHON_WITH_PIP.ensure(sh) {
        println!("NOT RUN: an app with Conan: {error:#}");
        return Ok(());
    }
    CONAN.ensure(sh)?;
    let conan = tools::CONAN.program("conan")?;
    let app = sh.create_dir(scratch.join("conan-app"))?;
    for file in ["gate.c", "CMakeLists.txt"] {
        fs::copy(workspace::root().join("examples/c").join(file), app.join(file))?;
    }
    let requirement = format!("polar-license/{}", workspace::version("polar-license-c")?);
    fs::write(app.join("conanfile.txt"), format!("[requires]\n{requirement}\n[generators]\nCMakeToolchain\n"))?;
    let _home = sh.push_env("CONAN_HOME", scratch.join("conan-home"));
    let build = app.join("build");
    let commands = [
        cmd!(sh, "{conan} profile detect"),
        cmd!(sh, "{conan} export-pkg {folder}"),
        cmd!(sh, "{conan} install {app} --output-folder {build} --no-remote"),
        cmd!(sh, "cmake -S {app} -B {build} -DCMAKE_TOOLCHAIN_FILE=conan_toolchain.cmake -DCMAKE_BUILD_TYPE=Release"),
        cmd!(sh, "cmake --build {build}"),
    ];
    commands.into_iter().try_for_each(|command| shell::quietly(command, shell::PATIENCE))?;
    check_gate(sh.cmd(build.join("gate")), folder)?;
    println!("examples/c builds with the Conan package, and runs");
    Ok(())
}

/// Runs the example without a license and without a network. The example must ask for a key and end without an error.
fn check_gate(program: Cmd, folder: &Path) -> Result<()> {
    let (home, shown) = (tempfile::tempdir()?, program.to_string());
    let command = program.env("POLAR", "http://127.0.0.1:9").env("LD_LIBRARY_PATH", folder.join("lib"));
    let command = command.env("HOME", home.path()).env("XDG_DATA_HOME", home.path()).env("LOCALAPPDATA", home.path());
    let printed = command.read_stderr()?;
    if !printed.contains("Enter a license key") {
        bail!("`{shown}` does not ask for a license key, but prints: {printed}");
    }
    Ok(())
}

/// Builds a program with the static library, without the parts of the library that the program does not use.
pub(crate) fn link_statically(
    sh: &Shell,
    folder: &Path,
    source: &str,
    scratch: &Path,
    flags: &[&str],
) -> Result<PathBuf> {
    let program = scratch.join(Path::new(source).file_stem().unwrap_or_default());
    let libraries = static_libraries(folder)?;
    cmd!(sh, "gcc -std=c11 {flags...} -I {folder}/include -I tests/c {source} {folder}/lib/libpolar_license.a")
        .args(libraries)
        .args(["-Wl,--gc-sections", "-o"])
        .arg(&program)
        .run()?;
    Ok(program)
}

/// Links a program with two static libraries that are written in Rust: the packed library and another one. Then runs
/// the program. docs/src/guides/c.md describes two ways to link such a program; this function tests both.
fn two_rust_libraries(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    let (program, other) = (scratch.join("two_rust"), scratch.join("libother_rust.a"));
    let build = cmd!(sh, "rustc --edition 2024 --crate-type staticlib tests/c/other_rust.rs -o {other}");
    build.env_remove("RUSTFLAGS").run()?;
    let libraries = static_libraries(folder)?;
    let lib = folder.join("lib");
    let own = lib.join("libpolar_license.a").display().to_string();
    let shared = vec![format!("-L{}", lib.display()), "-lpolar_license".into()];
    for link in [shared, vec![own, "-Wl,--allow-multiple-definition".into()]] {
        let compile = cmd!(sh, "gcc -std=c11 tests/c/two_rust.c -I {folder}/include -o {program} {other} {link...}");
        compile.args(&libraries).run()?;
        shell::quietly(sh.cmd(&program).env("LD_LIBRARY_PATH", &lib), shell::PATIENCE)?;
    }
    println!("a program has two static libraries in Rust, and runs");
    Ok(())
}

/// Runs the story of two computers, one of which is never online. The example in C and the command play both of them.
fn two_computers(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    let program = link_statically(sh, folder, "examples/c/air_gap.c", scratch, &["-O2"])?;
    let command_line = serde_json::to_string(&[program.display().to_string()])?;
    let story = shell::cargo(sh, "test --locked --workspace --test it namespaces");
    story.env("POLAR_AIR_GAP_PROGRAM", command_line).run()?;
    println!("examples/c/air_gap.c plays a computer that is never online, and one that answers it");
    Ok(())
}

/// Checks that a panic in the packed library does not end the app.
fn catches_panics(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    let panicking = scratch.join("panicking");
    install_into(sh, &panicking, Variant::OwnTransport, &Target::host(sh)?, &["portal", "test-panic"])?;
    for (folder, source) in [(panicking.as_path(), "tests/c/panics.c"), (folder, "tests/c/callbacks.c")] {
        let program = link_statically(sh, folder, source, scratch, &["-O2"])?;
        shell::quietly(sh.cmd(program), shell::PATIENCE)?;
    }
    Ok(())
}

fn quick_reads(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    let program = link_statically(sh, folder, "tests/c/stalled.c", scratch, &["-O2"])?;
    println!("while a validate hangs:");
    // the test program prints the times and does not check them, because they depend on what else the machine is doing
    Ok(sh.cmd(program).run()?)
}

/// Checks two sizes that the book gives in millions of bytes: the size of the shared library, and the size that the
/// library without HTTP and TLS adds to a program.
fn check_sizes_in_book(library: &Path, program: &Path) -> Result<()> {
    const PAGE: &str = "docs/src/guides/c.md";
    let page = workspace::text(PAGE)?.replace('\n', " ");
    for (before, file, after) in
        [("the shared library (", library, " MB)"), ("builds one that adds ", program, " MB to a program")]
    {
        let tenths = fs::metadata(file)?.len().saturating_add(50_000) / 100_000;
        let sentence = format!("{before}{}.{}{after}", tenths / 10, tenths % 10);
        if !page.contains(&sentence) {
            bail!("{PAGE} does not say: {sentence}");
        }
    }
    Ok(())
}

/// Checks that a program shows a German sentence from the catalogue in the package.
fn speaks_german(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    let catalogue = fs::read_to_string(folder.join(TEXTS).join("de.json"))?;
    let sentences: serde_json::Value = serde_json::from_str(&catalogue)?;
    let expected = sentences
        .get("reason.no_license")
        .and_then(|text| text.as_str())
        .context("texts/de.json has no sentence `reason.no_license`")?;
    let program = link_statically(sh, folder, "tests/c/texts.c", scratch, &["-O2"])?;
    let printed = sh.cmd(program).stdin(catalogue).read()?;
    if printed != expected {
        bail!("with texts/de.json the program prints `{printed}`; it must print `{expected}`");
    }
    Ok(())
}

fn check_size(what: &str, file: &Path, limit: u64, variant: Variant) -> Result<()> {
    let size = fs::metadata(file)?.len();
    let build = if variant == Variant::Full { "" } else { " without HTTP and TLS" };
    println!("{what}{build}: {size} bytes; the limit is {limit}");
    if size > limit {
        bail!("{what}{build} is too large");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_unlisted_files_are_found() {
        let list = "# a list\ninclude/a.h\nlib/a.so\n";
        assert_eq!(differences("lib/a.so\ninclude/a.h", list), Vec::<String>::new());
        assert_eq!(differences("lib/a.so\nsecret", list), ["packed by mistake: secret", "not packed: include/a.h"]);
    }
}
