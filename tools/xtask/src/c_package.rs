//! The C library as it is shipped: headers, static and shared library, pkg-config file and CMake package, in
//! `target/package/c`; and what a program gets that is built with nothing but these.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::std_source::StdSource;
use crate::workspace::Metadata;
use crate::{process, workspace};

/// The version whose tests ran here; later ones want a later Rust.
const CARGO_C: &str = "0.10.24+cargo-0.98.0";

/// The most bytes that an app grows by. Without HTTP and TLS they can be kept only by [`StdSource`]: with the standard
/// library as it comes it is 610,000 and 695,000.
const LIMITS: [(Variant, usize, usize); 2] =
    [(Variant::Full, 2_500_000, 2_500_000), (Variant::OwnTransport, 430_000, 520_000)];

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
}

/// Which cargo-c there is.
pub(crate) fn cargo_c() -> Option<String> {
    let program = tools().ok()?.join("bin/cargo-cinstall");
    let version = process::read(Command::new(program).args(["cinstall", "--version"])).ok()?;
    version.contains(CARGO_C.split('+').next()?).then(|| version.trim().into())
}

/// A debug build, which takes half as long and is fast enough.
pub(crate) fn install_cargo_c() -> Result<()> {
    crate::debian::install(&["libssl-dev", "pkg-config", "zlib1g-dev"]).or_else(|error| {
        // elsewhere they may be there under other names
        if Path::new("/etc/debian_version").exists() { Err(error) } else { Ok(()) }
    })?;
    let mut cargo = process::cargo();
    cargo.args(["install", "--debug", "--locked", "cargo-c", "--version", CARGO_C, "--root"]).arg(tools()?);
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", tools()?.join("build"));
    process::quietly(&mut cargo, std::time::Duration::from_secs(1800))
}

fn tools() -> Result<PathBuf> {
    Ok(Metadata::read()?.target().join("tools"))
}

/// `cargo xtask package c`.
pub(crate) fn package(variant: Variant) -> Result<PathBuf> {
    let folder = install(variant)?;
    println!("the C library is in {}", folder.display());
    Ok(folder)
}

/// Builds the package, and programs with it, as an app developer would.
pub(crate) fn check() -> Result<()> {
    let folder = package(Variant::Full)?;
    exports(&folder)?;
    let scratch = tempfile::tempdir()?;
    pkg_config(&folder, scratch.path())?;
    cmake(&folder, scratch.path())?;
    quick_reads(&folder, scratch.path())?;
    let small = package(Variant::OwnTransport)?;
    exports(&small)?;
    catches_panics(&small, scratch.path())?;
    for (variant, program_limit, library_limit) in LIMITS {
        let folder = if variant == Variant::Full { &folder } else { &small };
        let program = link_statically(folder, "examples/c/gate.c", scratch.path(), &["-O2", "-s"])?;
        size("a stripped program with the static library", &program, program_limit, variant)?;
        size("the stripped shared library", &shared(folder)?, library_limit, variant)?;
    }
    Ok(())
}

fn install(variant: Variant) -> Result<PathBuf> {
    let folder = Metadata::read()?.target().join("package").join(variant.name());
    install_into(&folder, variant, &[])?;
    Ok(folder)
}

fn install_into(folder: &Path, variant: Variant, features: &[&str]) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let source = if variant == Variant::OwnTransport { small_std() } else { None };
    let folders = [tools()?.join("bin")].into_iter().chain(source.and_then(StdSource::folder));
    let mut cargo = process::cargo();
    cargo.env("PATH", process::path_with(folders)?);
    cargo.args(["cinstall", "--locked", "--manifest-path", "bindings/c/Cargo.toml", "--profile", "size"]);
    cargo.args(["--prefix", "/", "--libdir", "lib", "--destdir"]).arg(folder);
    cargo.arg("--target-dir").arg(Metadata::read()?.target().join("package/build").join(variant.name()));
    if variant == Variant::OwnTransport {
        cargo.arg("--no-default-features");
    }
    for feature in features {
        cargo.args(["--features", feature]);
    }
    if let Some(source) = source {
        source.build_with(&mut cargo)?;
    }
    with_versioned_symbols(&mut cargo)?;
    process::run(&mut cargo)?;
    relocatable(folder)?;
    add_cmake(folder)
}

/// The way to the smallest library, if it is open here; and a line that says so.
fn small_std() -> Option<StdSource> {
    let source = StdSource::find();
    match source {
        Some(source) => {
            println!("Rust's standard library is built without backtraces, from the source {}", source.describe())
        }
        None => println!(
            "Rust's standard library is taken as it comes, with 200 KB for backtraces; it would be built without where \
             its source is: `rustup component add rust-src`"
        ),
    }
    source
}

/// On systems with ELF the functions carry the interface's version, as the soname does: a program cannot start with a
/// library of another one, nor mix two of them up that are in one process.
fn with_versioned_symbols(cargo: &mut Command) -> Result<()> {
    if cfg!(target_os = "linux") {
        let rustc = process::read(process::command("rustc").arg("-vV"))?;
        let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
        let variable = format!("CARGO_TARGET_{}_LINKER", host.to_uppercase().replace(['-', '.'], "_"));
        cargo.env(variable, workspace::root().join("tools/xtask/versioned-cc.sh"));
        cargo.env("POLAR_LICENSE_NODE", node()?);
    }
    Ok(())
}

/// What changes with the interface: the first two numbers of the version, at the end of the soname too.
fn interface() -> Result<String> {
    let metadata = Metadata::read()?;
    let version = metadata.version("polar-license-c").context("the workspace has lost its C library")?;
    Ok(version.split('.').take(2).collect::<Vec<_>>().join("."))
}

/// The version of the exported functions.
fn node() -> Result<String> {
    Ok(format!("POLAR_LICENSE_{}", interface()?))
}

/// Makes the pkg-config file find the package from where it is, wherever that is.
fn relocatable(folder: &Path) -> Result<()> {
    let path = folder.join("lib/pkgconfig/polar_license.pc");
    let text = fs::read_to_string(&path)?.replace("prefix=/\n", "prefix=${pcfiledir}/../..\n");
    fs::write(&path, text)?;
    Ok(())
}

fn add_cmake(folder: &Path) -> Result<()> {
    let metadata = Metadata::read()?;
    let version = metadata.version("polar-license-c").context("the workspace has lost its C library")?;
    let shared = shared(folder)?;
    let file = shared.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let destination = folder.join("lib/cmake/PolarLicense");
    fs::create_dir_all(&destination)?;
    for name in ["PolarLicenseConfig.cmake", "PolarLicenseConfigVersion.cmake"] {
        let text = workspace::text(format!("bindings/c/cmake/{name}.in"))?
            .replace("@VERSION@", version)
            .replace("@SHARED_FILE@", &file)
            .replace("@SONAME@", &soname(&shared)?)
            .replace("@STATIC_LIBS@", &static_libraries(folder)?.join(";"));
        fs::write(destination.join(name), text)?;
    }
    Ok(())
}

/// The shared library itself, not one of the links to it.
fn shared(folder: &Path) -> Result<PathBuf> {
    Ok(folder.join("lib/libpolar_license.so").canonicalize()?)
}

fn soname(library: &Path) -> Result<String> {
    let dynamic = process::read(Command::new("readelf").arg("--dynamic").arg(library))?;
    let line = dynamic.lines().find(|line| line.contains("(SONAME)")).context("the library has no soname")?;
    Ok(line.split(['[', ']']).nth(1).context("the soname is not in brackets")?.into())
}

/// What the static library needs, as rustc told cargo-c.
fn static_libraries(folder: &Path) -> Result<Vec<String>> {
    let pc = fs::read_to_string(folder.join("lib/pkgconfig/polar_license.pc"))?;
    let line = pc.lines().find_map(|line| line.strip_prefix("Libs.private:")).context("no Libs.private")?;
    Ok(line.split_whitespace().map(Into::into).collect())
}

/// The soname and the functions' version change with the interface, and nothing but the header's functions is offered.
fn exports(folder: &Path) -> Result<()> {
    let library = shared(folder)?;
    let (soname, expected, node) = (soname(&library)?, interface()?, node()?);
    if soname != format!("libpolar_license.so.{expected}") {
        bail!("the soname is {soname} at version {expected}");
    }
    let names = dynamic_symbols(&library, "--defined-only")?;
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
fn asks_for_version(program: &Path) -> Result<()> {
    let (names, end) = (dynamic_symbols(program, "--undefined-only")?, format!("@{}", node()?));
    let used: Vec<&str> = names.lines().filter(|name| name.starts_with("polar_license_")).collect();
    if used.is_empty() || !used.iter().all(|name| name.ends_with(&end)) {
        bail!("{} asks for {used:?}, not all of them with {end}", program.display());
    }
    println!("a program with the shared library asks for {} functions, all of them with {end}", used.len());
    Ok(())
}

fn dynamic_symbols(file: &Path, which: &str) -> Result<String> {
    process::read(Command::new("nm").args(["--dynamic", "--format=just-symbols", which]).arg(file))
}

/// A program built with the flags that pkg-config prints, statically and with the shared library.
fn pkg_config(folder: &Path, scratch: &Path) -> Result<()> {
    for form in ["--static", "--shared"] {
        let mut ask = Command::new("pkg-config");
        ask.args(["--cflags", "--libs", form]).arg("polar_license");
        let printed = process::read(ask.env("PKG_CONFIG_PATH", folder.join("lib/pkgconfig")))?;
        let flags = printed.split_whitespace().map(|flag| {
            let is_library = form == "--static" && flag == "-lpolar_license";
            if is_library { "-l:libpolar_license.a" } else { flag }
        });
        let program = scratch.join(format!("gate{form}"));
        let mut compiler = process::command("gcc");
        compiler.args(["-std=c11", "examples/c/gate.c", "-o"]).arg(&program).args(flags);
        process::run(&mut compiler)?;
        runs(&program, folder)?;
        if form == "--shared" {
            asks_for_version(&program)?;
        }
    }
    Ok(())
}

/// The examples as they stand, with `find_package`.
fn cmake(folder: &Path, scratch: &Path) -> Result<()> {
    for example in ["c", "cpp"] {
        for form in ["static", "shared"] {
            let source = scratch.join(format!("{example}-{form}"));
            fs::create_dir_all(&source)?;
            let program = format!("gate.{example}");
            let from = workspace::root().join("examples").join(example);
            fs::copy(from.join(&program), source.join(&program))?;
            let lists = fs::read_to_string(from.join("CMakeLists.txt"))?;
            let chosen = lists.replace("PRIVATE PolarLicense::static", &format!("PRIVATE PolarLicense::{form}"));
            fs::write(source.join("CMakeLists.txt"), chosen)?;
            let build = source.join("build");
            let mut configure = Command::new("cmake");
            configure.arg("-S").arg(&source).arg("-B").arg(&build);
            configure.arg(format!("-DCMAKE_PREFIX_PATH={}", folder.display()));
            process::quietly(&mut configure, std::time::Duration::from_secs(120))?;
            process::quietly(Command::new("cmake").arg("--build").arg(&build), std::time::Duration::from_secs(120))?;
            runs(&build.join("gate"), folder)?;
            println!("examples/{example} builds with CMake and PolarLicense::{form}, and runs");
        }
    }
    Ok(())
}

/// Without a license and without a network it says so, and ends well.
fn runs(program: &Path, folder: &Path) -> Result<()> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(program);
    command.env("POLAR", "http://127.0.0.1:9").env("HOME", home.path()).env("XDG_DATA_HOME", home.path());
    command.env("LD_LIBRARY_PATH", folder.join("lib"));
    let output = command.output().with_context(|| format!("{} does not start", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !said.contains("Enter a license key") {
        bail!("{} ended with {} and said: {said}", program.display(), output.status);
    }
    Ok(())
}

fn link_statically(folder: &Path, source: &str, scratch: &Path, flags: &[&str]) -> Result<PathBuf> {
    let program = scratch.join(Path::new(source).file_stem().unwrap_or_default());
    let mut compiler = process::command("gcc");
    compiler.args(["-std=c11"]).args(flags).arg("-I").arg(folder.join("include")).args(["-I", "tests/c", source]);
    compiler.arg(folder.join("lib/libpolar_license.a")).args(static_libraries(folder)?);
    process::run(compiler.args(["-Wl,--gc-sections", "-o"]).arg(&program))?;
    Ok(program)
}

/// The standard library that is built here must not let a panic end the app.
fn catches_panics(folder: &Path, scratch: &Path) -> Result<()> {
    let panicking = scratch.join("panicking");
    install_into(&panicking, Variant::OwnTransport, &["test-panic"])?;
    for (folder, source) in [(panicking.as_path(), "tests/c/panics.c"), (folder, "tests/c/callbacks.c")] {
        let program = link_statically(folder, source, scratch, &["-O2"])?;
        process::quietly(&mut Command::new(program), std::time::Duration::from_secs(120))?;
    }
    Ok(())
}

fn quick_reads(folder: &Path, scratch: &Path) -> Result<()> {
    let program = link_statically(folder, "tests/c/stalled.c", scratch, &["-O2"])?;
    println!("while a validate hangs:");
    // printed, not asserted: how long a call takes says as much about the machine's other work
    process::run(&mut Command::new(program))
}

fn size(what: &str, file: &Path, limit: usize, variant: Variant) -> Result<()> {
    let size = fs::metadata(file)?.len();
    let build = if variant == Variant::Full { "" } else { " without HTTP and TLS" };
    println!("{what}{build}: {size} bytes; the limit is {limit}");
    if usize::try_from(size)? > limit {
        bail!("{what}{build} is too large");
    }
    Ok(())
}
