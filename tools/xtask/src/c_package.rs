//! Builds the C library as it is shipped: headers, static and shared library, pkg-config files, CMake package,
//! licenses, and the catalogues of texts for users. The output is in `target/package/c`, or in a folder for an archive.
//! The only check that this module makes is that the package contains no path of this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Cmd, Shell, cmd};

use crate::licenses::{self, Shipped};
use crate::target::{System, Target};
use crate::{archive, c_cross, paths, signing, tools, workspace};

/// The folder in the package for the catalogues of texts.
pub(crate) const TEXTS: &str = "share/polar_license/texts";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Full,
    /// The library without HTTP and TLS, for apps that have a network stack of their own.
    OwnTransport,
}

impl Variant {
    fn name(self) -> &'static str {
        match self {
            Self::Full => "c",
            Self::OwnTransport => "c-own-transport",
        }
    }

    /// Returns the arguments for cargo that choose the features.
    fn features(self) -> &'static [&'static str] {
        match self {
            Self::Full => &[],
            Self::OwnTransport => &["--no-default-features"],
        }
    }
}

/// Builds the package, and returns its folder: `cargo xtask package c`.
pub(crate) fn package(sh: &Shell, variant: Variant, target: &Target) -> Result<PathBuf> {
    let name = target.foreign().map_or_else(|| variant.name().into(), |target| format!("{}-{target}", variant.name()));
    let folder = workspace::target()?.join("package").join(name);
    sh.remove_path(&folder)?;
    install_into(sh, &folder, variant, target, &[])?;
    println!("the C library is in {}", folder.display());
    Ok(folder)
}

/// Builds the package for download, and returns its archive.
pub(crate) fn archive(sh: &Shell, variant: Variant, target: &Target) -> Result<PathBuf> {
    let version = workspace::version("polar-license-c")?;
    let folder = archive::folder(sh, &format!("polar-license-{}", variant.name()), &version, target)?;
    install_into(sh, &folder, variant, target, &[])?;
    signing::sign(sh, &shared(&folder, target.system)?, target.system)?;
    archive::pack(sh, &folder, target)
}

pub(crate) fn install_into(
    sh: &Shell,
    folder: &Path,
    variant: Variant,
    target: &Target,
    features: &[&str],
) -> Result<()> {
    let cinstall = tools::CARGO_C.program(sh, "cargo-cinstall")?;
    let build = workspace::target()?.join("package/build").join(variant.name());
    let install = cmd!(sh, "{cinstall} cinstall --locked --manifest-path bindings/c/Cargo.toml --profile size")
        .args(["--prefix", "/", "--libdir", "lib", "--destdir"])
        .arg(folder)
        .arg("--target-dir")
        .arg(&build)
        .args(target.arguments())
        .args(variant.features())
        .args(features.iter().flat_map(|feature| ["--features", feature]));
    let install = install.env(paths::FLAGS, paths::remapped(&build));
    let install = match target.system {
        System::Linux | System::MacOs | System::WindowsGnu => install.env("CFLAGS", paths::remapped_for_c(&build)),
        System::WindowsMsvc => install,
    };
    with_linker(install, target)?.run()?;
    if target.system == System::MacOs {
        let (library, id) = (shared(folder, target.system)?, linked_name(target.system)?);
        cmd!(sh, "install_name_tool -id {id} {library}").run()?;
    }
    strip_static(sh, &folder.join("lib").join(target.system.static_library()), target)?;
    paths::check_none(&shared(folder, target.system)?)?;
    paths::check_none(&folder.join("lib").join(target.system.static_library()))?;
    let parts = Parts::of(folder, target.system)?;
    add_pkg_config(folder, &parts)?;
    add_cmake(sh, folder, &parts)?;
    add_conan(folder, target)?;
    add_texts(sh, folder)?;
    let shipped = Shipped { package: "polar-license-c", features: variant.features(), target };
    licenses::write(sh, &folder.join("share/doc/polar_license"), &shipped)
}

/// Removes debug information from the static library. The debug information comes from Rust's standard library. Cargo
/// cannot remove it here, because it strips only the shared library.
fn strip_static(sh: &Shell, library: &Path, target: &Target) -> Result<()> {
    let program = match (target.foreign(), target.system) {
        (_, System::WindowsMsvc) => return Ok(()),
        (None, System::Linux | System::WindowsGnu) | (_, System::MacOs) => "strip",
        (Some(triple), System::Linux | System::WindowsGnu) => c_cross::strip(triple)?,
    };
    Ok(cmd!(sh, "{program} -S {library}").run()?)
}

/// Adds the catalogues of the sentences that users see, for translators and for apps that show another language.
fn add_texts(sh: &Shell, folder: &Path) -> Result<()> {
    let destination = folder.join(TEXTS);
    sh.create_dir(&destination)?;
    for catalogue in sh.read_dir("texts")? {
        sh.copy_file(catalogue, &destination)?;
    }
    Ok(())
}

/// Sets the linker of the target. On Linux the linker is a script, which marks each exported function with the version
/// of the C interface. The soname contains this version too. Because of the version, a program cannot start with a
/// library of another version, and one process can load two versions of the library.
fn with_linker<'a>(command: Cmd<'a>, target: &Target) -> Result<Cmd<'a>> {
    if target.system != System::Linux {
        return Ok(command);
    }
    let linker = workspace::root().join("tools/xtask/versioned-cc.sh");
    let compiler = target.foreign().map_or(Ok("cc"), |triple| c_cross::compilers(triple).map(|[c, _]| c))?;
    let command = command.env(target.setting("LINKER"), linker).env("POLAR_LICENSE_CC", compiler);
    Ok(command.env("POLAR_LICENSE_NODE", node()?))
}

/// Returns the version of the interface: the first two numbers of the package's version. The soname also ends with this
/// version.
pub(crate) fn interface() -> Result<String> {
    Ok(workspace::version("polar-license-c")?.split('.').take(2).collect::<Vec<_>>().join("."))
}

/// Returns the symbol version of the exported functions.
pub(crate) fn node() -> Result<String> {
    Ok(format!("POLAR_LICENSE_{}", interface()?))
}

/// Returns the name by which a program refers to the shared library that it was linked with.
pub(crate) fn linked_name(system: System) -> Result<String> {
    let interface = interface()?;
    Ok(match system {
        System::Linux => format!("libpolar_license.so.{interface}"),
        System::MacOs => format!("@rpath/libpolar_license.{interface}.dylib"),
        System::WindowsGnu | System::WindowsMsvc => "polar_license.dll".into(),
    })
}

/// The values that are inserted into the pkg-config and CMake files of the package.
struct Parts {
    version: String,
    system: System,
    /// The path of the shared library in the package: of the file itself, and not of a symbolic link to the file.
    shared: String,
    /// The libraries that a program must link besides the static library.
    static_libraries: Vec<String>,
}

impl Parts {
    fn of(folder: &Path, system: System) -> Result<Self> {
        let shared = shared(folder, system)?;
        let shared = shared.strip_prefix(folder.canonicalize()?)?.to_string_lossy().replace('\\', "/");
        let static_libraries = static_libraries(folder)?;
        Ok(Self { version: workspace::version("polar-license-c")?, system, shared, static_libraries })
    }

    /// Returns the CMake property for linking a program with the shared library.
    fn cmake_link(&self) -> Result<String> {
        Ok(match self.system {
            System::Linux | System::MacOs => format!("IMPORTED_SONAME \"{}\"", linked_name(self.system)?),
            System::WindowsGnu => imports("polar_license.dll.a"),
            System::WindowsMsvc => imports("polar_license.dll.lib"),
        })
    }
}

fn imports(file: &str) -> String {
    format!("IMPORTED_IMPLIB \"${{_polar_license_prefix}}/lib/{file}\"")
}

/// Writes two pkg-config files in place of cargo-c's. The paths in these files are relative to the files, so the
/// package can be in any folder. With these files, `pkg-config --static` makes a program link the static library. With
/// cargo-c's file, the linker would choose the shared library, which is in the same folder.
fn add_pkg_config(folder: &Path, parts: &Parts) -> Result<()> {
    for name in ["polar_license.pc", "polar_license_shared.pc"] {
        let text = workspace::text(format!("bindings/c/pkgconfig/{name}.in"))?
            .replace("@VERSION@", &parts.version)
            .replace("@STATIC_FILE@", parts.system.static_library())
            .replace("@STATIC_LIBS@", &parts.static_libraries.join(" "))
            .replace("@WITHOUT_UNUSED@", parts.system.without_unused())
            .replace("@AS_NEEDED@", parts.system.as_needed());
        fs::write(folder.join("lib/pkgconfig").join(name), text)?;
    }
    Ok(())
}

fn add_cmake(sh: &Shell, folder: &Path, parts: &Parts) -> Result<()> {
    let destination = folder.join("lib/cmake/PolarLicense");
    sh.create_dir(&destination)?;
    for name in ["PolarLicenseConfig.cmake", "PolarLicenseConfigVersion.cmake"] {
        let text = workspace::text(format!("bindings/c/cmake/{name}.in"))?
            .replace("@VERSION@", &parts.version)
            .replace("@STATIC_FILE@", parts.system.static_library())
            .replace("@STATIC_LIBS@", &parts.static_libraries.join(";"))
            .replace("@WITHOUT_UNUSED@", parts.system.without_unused())
            .replace("@SHARED_FILE@", &parts.shared)
            .replace("@SHARED_LINK@", &parts.cmake_link()?);
        fs::write(destination.join(name), text)?;
    }
    Ok(())
}

/// Adds a Conan recipe with which an app developer can use the finished package. A package for MinGW gets no recipe,
/// because a recipe cannot be restricted to MinGW: it would apply to every compiler for Windows, or only to one version
/// of one compiler.
fn add_conan(folder: &Path, target: &Target) -> Result<()> {
    let system = match target.system {
        System::Linux => "Linux",
        System::MacOs => "Macos",
        System::WindowsMsvc => "Windows",
        System::WindowsGnu => return Ok(()),
    };
    let processor = if target.triple.starts_with("aarch64") { "armv8" } else { "x86_64" };
    let recipe = workspace::text("bindings/c/conan/conanfile.py.in")?
        .replace("@VERSION@", &workspace::version("polar-license-c")?)
        .replace("@CONAN_OS@", system)
        .replace("@CONAN_ARCH@", processor);
    Ok(fs::write(folder.join("conanfile.py"), recipe)?)
}

pub(crate) fn shared(folder: &Path, system: System) -> Result<PathBuf> {
    let link = folder.join(system.shared_library());
    link.canonicalize().with_context(|| format!("`{}` was not built", link.display()))
}

/// Returns the libraries that the static library needs, in the form in which rustc reported them to cargo-c, such as
/// `-lm`, `ws2_32.lib` or `-framework Security`.
pub(crate) fn static_libraries(folder: &Path) -> Result<Vec<String>> {
    let pc = fs::read_to_string(folder.join("lib/pkgconfig/polar_license.pc"))?;
    let line = pc
        .lines()
        .find_map(|line| line.strip_prefix("Libs.private:"))
        .context("polar_license.pc has no `Libs.private`")?;
    Ok(link_options(line))
}

fn link_options(line: &str) -> Vec<String> {
    let mut words = line.split_whitespace();
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        if word == "-framework" {
            options.extend(words.next().map(|name| format!("{word} {name}")));
        } else if word.starts_with("-l") || word.ends_with(".lib") {
            options.push(word.into());
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_unix_macos_and_windows_are_recognized() {
        let options = link_options(" -L/lib -lm -framework Security -liconv kernel32.lib /defaultlib:msvcrt");
        assert_eq!(options, ["-lm", "-framework Security", "-liconv", "kernel32.lib"]);
    }
}
