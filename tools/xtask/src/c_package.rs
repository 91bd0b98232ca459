//! The C library as it is shipped: headers, static and shared library, pkg-config files, CMake package and licenses, in
//! `target/package/c`; and what a program gets that is built with nothing but these.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use xshell::{Cmd, Shell, cmd};

use crate::{c_licenses, shell, tools, workspace};

/// The most bytes that an app grows by, with the static and with the shared library.
const LIMITS: [(Variant, u64, u64); 2] =
    [(Variant::Full, 2_500_000, 2_500_000), (Variant::OwnTransport, 640_000, 740_000)];

/// No single command of a check takes longer.
const TIME_LIMIT: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Full,
    /// Without HTTP and TLS, for apps that have a network stack.
    OwnTransport,
}

impl Variant {
    fn name(self) -> &'static str {
        match self {
            Self::Full => "c",
            Self::OwnTransport => "c-own-transport",
        }
    }

    /// What cargo is told about features.
    fn features(self) -> &'static [&'static str] {
        match self {
            Self::Full => &[],
            Self::OwnTransport => &["--no-default-features"],
        }
    }
}

/// `cargo xtask package c`.
pub(crate) fn package(sh: &Shell, variant: Variant) -> Result<PathBuf> {
    let folder = workspace::target()?.join("package").join(variant.name());
    install_into(sh, &folder, variant, &[])?;
    println!("the C library is in {}", folder.display());
    Ok(folder)
}

/// Builds the package, and programs with it, as an app developer would.
pub(crate) fn check(sh: &Shell) -> Result<()> {
    let full = package(sh, Variant::Full)?;
    exports(sh, &full)?;
    let scratch = tempfile::tempdir()?;
    pkg_config(sh, &full, scratch.path())?;
    cmake(sh, &full, scratch.path())?;
    quick_reads(sh, &full, scratch.path())?;
    let small = package(sh, Variant::OwnTransport)?;
    exports(sh, &small)?;
    catches_panics(sh, &small, scratch.path())?;
    for (variant, program_limit, library_limit) in LIMITS {
        let folder = if variant == Variant::Full { &full } else { &small };
        let program = link_statically(sh, folder, "examples/c/gate.c", scratch.path(), &["-O2", "-s"])?;
        check_size("a stripped program with the static library", &program, program_limit, variant)?;
        check_size("the stripped shared library", &shared(folder)?, library_limit, variant)?;
    }
    Ok(())
}

fn install_into(sh: &Shell, folder: &Path, variant: Variant, features: &[&str]) -> Result<()> {
    sh.remove_path(folder)?;
    let (program, build) = (tools::program("cargo-cinstall")?, workspace::target()?.join("package/build"));
    let install = cmd!(sh, "{program} cinstall --locked --manifest-path bindings/c/Cargo.toml --profile size")
        .args(["--prefix", "/", "--libdir", "lib", "--destdir"])
        .arg(folder)
        .arg("--target-dir")
        .arg(build.join(variant.name()))
        .args(variant.features())
        .args(features.iter().flat_map(|feature| ["--features", feature]));
    with_versioned_symbols(sh, install)?.run()?;
    add_pkg_config(folder)?;
    add_cmake(sh, folder)?;
    c_licenses::write(sh, &folder.join("share/doc/polar_license"), variant.features())
}

/// On systems with ELF the functions carry the interface's version, as the soname does: a program cannot start with a
/// library of another version, and two of them in one process are kept apart.
fn with_versioned_symbols<'a>(sh: &'a Shell, command: Cmd<'a>) -> Result<Cmd<'a>> {
    if !cfg!(target_os = "linux") {
        return Ok(command);
    }
    let rustc = cmd!(sh, "rustc -vV").quiet().read()?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc did not print its host")?;
    let variable = format!("CARGO_TARGET_{}_LINKER", host.to_uppercase().replace(['-', '.'], "_"));
    let linker = workspace::root().join("tools/xtask/versioned-cc.sh");
    Ok(command.env(variable, linker).env("POLAR_LICENSE_NODE", node()?))
}

/// What changes with the interface: the first two numbers of the version, at the end of the soname too.
fn interface() -> Result<String> {
    Ok(workspace::version("polar-license-c")?.split('.').take(2).collect::<Vec<_>>().join("."))
}

/// The version of the exported functions.
fn node() -> Result<String> {
    Ok(format!("POLAR_LICENSE_{}", interface()?))
}

/// In place of cargo-c's file two that find the package from where they are, wherever that is. With `--static` a program
/// links the static library; cargo-c's has the linker take the shared one, which is beside it.
fn add_pkg_config(folder: &Path) -> Result<()> {
    let (version, libraries) = (workspace::version("polar-license-c")?, static_libraries(folder)?.join(" "));
    for name in ["polar_license.pc", "polar_license_shared.pc"] {
        let text = workspace::text(format!("bindings/c/pkgconfig/{name}.in"))?
            .replace("@VERSION@", &version)
            .replace("@STATIC_LIBS@", &libraries);
        fs::write(folder.join("lib/pkgconfig").join(name), text)?;
    }
    Ok(())
}

fn add_cmake(sh: &Shell, folder: &Path) -> Result<()> {
    let version = workspace::version("polar-license-c")?;
    let shared = shared(folder)?;
    let file = shared.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let destination = folder.join("lib/cmake/PolarLicense");
    sh.create_dir(&destination)?;
    for name in ["PolarLicenseConfig.cmake", "PolarLicenseConfigVersion.cmake"] {
        let text = workspace::text(format!("bindings/c/cmake/{name}.in"))?
            .replace("@VERSION@", &version)
            .replace("@SHARED_FILE@", &file)
            .replace("@SONAME@", &soname(sh, &shared)?)
            .replace("@STATIC_LIBS@", &static_libraries(folder)?.join(";"));
        fs::write(destination.join(name), text)?;
    }
    Ok(())
}

/// The shared library itself, not one of the links to it.
fn shared(folder: &Path) -> Result<PathBuf> {
    Ok(folder.join("lib/libpolar_license.so").canonicalize()?)
}

fn soname(sh: &Shell, library: &Path) -> Result<String> {
    let dynamic = cmd!(sh, "readelf --dynamic {library}").quiet().read()?;
    let line = dynamic.lines().find(|line| line.contains("(SONAME)")).context("the library has no soname")?;
    Ok(line.split(['[', ']']).nth(1).context("the soname is not in brackets")?.into())
}

/// What the static library needs, as rustc told cargo-c.
fn static_libraries(folder: &Path) -> Result<Vec<String>> {
    let pc = fs::read_to_string(folder.join("lib/pkgconfig/polar_license.pc"))?;
    let line = pc.lines().find_map(|line| line.strip_prefix("Libs.private:")).context("no Libs.private")?;
    Ok(line.split_whitespace().filter(|word| word.starts_with("-l")).map(Into::into).collect())
}

/// The soname and the functions' version change with the interface, and nothing but the header's functions is offered.
fn exports(sh: &Shell, folder: &Path) -> Result<()> {
    let library = shared(folder)?;
    let (soname, expected, node) = (soname(sh, &library)?, interface()?, node()?);
    if soname != format!("libpolar_license.so.{expected}") {
        bail!("the soname is {soname} at version {expected}");
    }
    let names = dynamic_symbols(sh, &library, "--defined-only")?;
    // the version itself is listed, too
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

/// A program refers to the functions of this interface, not to any of these names.
fn uses_version(sh: &Shell, program: &Path) -> Result<()> {
    let (names, end) = (dynamic_symbols(sh, program, "--undefined-only")?, format!("@{}", node()?));
    let used: Vec<&str> = names.lines().filter(|name| name.starts_with("polar_license_")).collect();
    if used.is_empty() || !used.iter().all(|name| name.ends_with(&end)) {
        bail!("{} refers to {used:?}, and not all of them end with {end}", program.display());
    }
    println!("a program with the shared library refers to {} functions, all of them with {end}", used.len());
    Ok(())
}

fn dynamic_symbols(sh: &Shell, file: &Path, which: &str) -> Result<String> {
    Ok(cmd!(sh, "nm --dynamic --format=just-symbols {which} {file}").quiet().read()?)
}

/// A program built with the flags that pkg-config prints, statically and with the shared library.
fn pkg_config(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    for form in ["--static", "--shared"] {
        let printed = cmd!(sh, "pkg-config --cflags --libs {form} polar_license");
        let printed = printed.env("PKG_CONFIG_PATH", folder.join("lib/pkgconfig")).read()?;
        let program = scratch.join(format!("gate{form}"));
        cmd!(sh, "gcc -std=c11 examples/c/gate.c -o {program}").args(printed.split_whitespace()).run()?;
        runs(sh, &program, folder)?;
        if form == "--shared" {
            uses_version(sh, &program)?;
        } else if cmd!(sh, "readelf --dynamic {program}").quiet().read()?.contains("libpolar_license") {
            bail!("a program built with `pkg-config --static` needs the shared library");
        }
    }
    Ok(())
}

/// The examples as they stand, with `find_package`.
fn cmake(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    for example in ["c", "cpp"] {
        for form in ["static", "shared"] {
            let source = scratch.join(format!("{example}-{form}"));
            sh.create_dir(&source)?;
            let program = format!("gate.{example}");
            let from = workspace::root().join("examples").join(example);
            fs::copy(from.join(&program), source.join(&program))?;
            let lists = fs::read_to_string(from.join("CMakeLists.txt"))?;
            let chosen = lists.replace("PRIVATE PolarLicense::static", &format!("PRIVATE PolarLicense::{form}"));
            fs::write(source.join("CMakeLists.txt"), chosen)?;
            let build = source.join("build");
            let configure = cmd!(sh, "cmake -S {source} -B {build} -DCMAKE_PREFIX_PATH={folder}");
            shell::quietly(configure, TIME_LIMIT)?;
            shell::quietly(cmd!(sh, "cmake --build {build}"), TIME_LIMIT)?;
            runs(sh, &build.join("gate"), folder)?;
            println!("examples/{example} builds with CMake and PolarLicense::{form}, and runs");
        }
    }
    Ok(())
}

/// Without a license and without a network, the example asks for a key and ends without an error.
fn runs(sh: &Shell, program: &Path, folder: &Path) -> Result<()> {
    let home = tempfile::tempdir()?;
    let command = sh.cmd(program).env("POLAR", "http://127.0.0.1:9").env("LD_LIBRARY_PATH", folder.join("lib"));
    let printed = command.env("HOME", home.path()).env("XDG_DATA_HOME", home.path()).read_stderr()?;
    if !printed.contains("Enter a license key") {
        bail!("{} does not ask for a license key, but prints: {printed}", program.display());
    }
    Ok(())
}

fn link_statically(sh: &Shell, folder: &Path, source: &str, scratch: &Path, flags: &[&str]) -> Result<PathBuf> {
    let program = scratch.join(Path::new(source).file_stem().unwrap_or_default());
    let libraries = static_libraries(folder)?;
    cmd!(sh, "gcc -std=c11 {flags...} -I {folder}/include -I tests/c {source} {folder}/lib/libpolar_license.a")
        .args(libraries)
        .args(["-Wl,--gc-sections", "-o"])
        .arg(&program)
        .run()?;
    Ok(program)
}

/// A panic in the packed library must not end the app.
fn catches_panics(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    let panicking = scratch.join("panicking");
    install_into(sh, &panicking, Variant::OwnTransport, &["test-panic"])?;
    for (folder, source) in [(panicking.as_path(), "tests/c/panics.c"), (folder, "tests/c/callbacks.c")] {
        let program = link_statically(sh, folder, source, scratch, &["-O2"])?;
        shell::quietly(sh.cmd(program), TIME_LIMIT)?;
    }
    Ok(())
}

fn quick_reads(sh: &Shell, folder: &Path, scratch: &Path) -> Result<()> {
    let program = link_statically(sh, folder, "tests/c/stalled.c", scratch, &["-O2"])?;
    println!("while a validate hangs:");
    // printed, not asserted: how long a call takes says as much about the machine's other work
    Ok(sh.cmd(program).run()?)
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
