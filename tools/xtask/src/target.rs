//! The target of a build: this machine, or another system or processor. Also the names of the C library's files for
//! each target.

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// A target of rustc.
pub(crate) struct Target {
    pub(crate) triple: String,
    pub(crate) system: System,
    is_host: bool,
}

/// An operating system and, for Windows, also a toolchain. It determines how libraries are named and linked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    MacOs,
    /// Windows with MinGW's compiler.
    WindowsGnu,
    /// Windows with Microsoft's compiler.
    WindowsMsvc,
}

impl Target {
    /// Returns this machine as a target.
    pub(crate) fn host(sh: &Shell) -> Result<Self> {
        let rustc = cmd!(sh, "rustc -vV").quiet().read()?;
        let host =
            rustc.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc did not print its host")?;
        Ok(Self { triple: host.into(), system: System::of(host)?, is_host: true })
    }

    /// Returns the target that is called `triple`, or this machine's target if `triple` is `None`.
    pub(crate) fn named(sh: &Shell, triple: Option<&str>) -> Result<Self> {
        let host = Self::host(sh)?;
        match triple {
            Some(triple) if triple != host.triple => {
                Ok(Self { triple: triple.into(), system: System::of(triple)?, is_host: false })
            }
            Some(_) | None => Ok(host),
        }
    }

    /// Returns the target triple, or `None` if the target is this machine.
    pub(crate) fn foreign(&self) -> Option<&str> {
        (!self.is_host).then_some(self.triple.as_str())
    }

    /// Returns the arguments that make cargo build for this target. If the target is this machine, returns no
    /// arguments, so that cargo reuses its earlier builds.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        self.foreign().map_or_else(Vec::new, |triple| vec!["--target", triple])
    }

    /// Returns the name of the environment variable with which cargo reads a setting for this target. `name` is the
    /// name of the setting, such as `LINKER`.
    pub(crate) fn setting(&self, name: &str) -> String {
        setting(&self.triple, name)
    }

    /// Returns the file name of a program on this target.
    pub(crate) fn program(&self, name: &str) -> String {
        if self.system.is_windows() { format!("{name}.exe") } else { name.into() }
    }
}

/// Returns the name of the environment variable with which cargo reads the setting `name` for the target `triple`.
pub(crate) fn setting(triple: &str, name: &str) -> String {
    format!("CARGO_TARGET_{}_{name}", triple.to_uppercase().replace(['-', '.'], "_"))
}

impl System {
    fn of(triple: &str) -> Result<Self> {
        let systems = [
            ("-linux-gnu", Self::Linux),
            ("-apple-darwin", Self::MacOs),
            ("-windows-gnu", Self::WindowsGnu),
            ("-windows-msvc", Self::WindowsMsvc),
        ];
        let known = systems.into_iter().find(|(end, _)| triple.ends_with(end));
        match known {
            Some((_, system)) => Ok(system),
            None => {
                bail!("no package is made for `{triple}`; its name must end with {}", systems.map(|it| it.0).join(", "))
            }
        }
    }

    pub(crate) fn is_windows(self) -> bool {
        matches!(self, Self::WindowsGnu | Self::WindowsMsvc)
    }

    /// Returns the file name of the static library in the package's `lib` folder.
    pub(crate) fn static_library(self) -> &'static str {
        match self {
            Self::Linux | Self::MacOs | Self::WindowsGnu => "libpolar_license.a",
            Self::WindowsMsvc => "polar_license.lib",
        }
    }

    /// Returns the path of the shared library in the package, or of a symbolic link to it.
    pub(crate) fn shared_library(self) -> &'static str {
        match self {
            Self::Linux => "lib/libpolar_license.so",
            Self::MacOs => "lib/libpolar_license.dylib",
            Self::WindowsGnu | Self::WindowsMsvc => "bin/polar_license.dll",
        }
    }

    /// Returns the linker option that removes unused functions from a program.
    pub(crate) fn without_unused(self) -> &'static str {
        match self {
            Self::Linux | Self::WindowsGnu => "-Wl,--gc-sections",
            Self::MacOs => "-Wl,-dead_strip",
            // Microsoft's linker needs no option to remove unused functions
            Self::WindowsMsvc => "",
        }
    }

    /// Returns the linker option that makes a program depend only on the libraries that it uses. The option applies
    /// only to the libraries after it on the command line.
    pub(crate) fn as_needed(self) -> &'static str {
        match self {
            Self::Linux => "-Wl,--as-needed",
            Self::MacOs => "-Wl,-dead_strip_dylibs",
            // no option is needed: on Windows a program refers to a DLL only if it uses something in the DLL
            Self::WindowsGnu | Self::WindowsMsvc => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_this_machine_or_a_known_system() {
        let sh = &crate::shell::new().unwrap();
        let host = Target::host(sh).unwrap();
        assert!(Target::named(sh, Some(&host.triple)).unwrap().arguments().is_empty());
        let other = Target::named(sh, Some("x86_64-pc-windows-msvc")).unwrap();
        assert_eq!(other.arguments(), ["--target", "x86_64-pc-windows-msvc"]);
        assert_eq!(other.setting("LINKER"), "CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_LINKER");
        assert_eq!(other.program("polar-license"), "polar-license.exe");
        assert!(Target::named(sh, Some("sparc-unknown-none")).is_err());
    }
}
