//! Tests the C library for other systems. Builds it with a cross compiler, as an app developer would. Wine and qemu
//! then run its test programs, its examples and the tests of the crate `polar-license`. Other modules call this one
//! when they build or run a program for one of these systems. Tests that pass under Wine or qemu prove nothing about
//! Windows itself or about a real ARM processor.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, anyhow, bail};
use xshell::{Cmd, Shell, cmd};

use crate::target::{self, Target};
use crate::{shell, workspace};

pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
pub(crate) const ARM: &str = "aarch64-unknown-linux-gnu";

pub(crate) const MINGW: [&str; 2] = ["x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-g++"];
pub(crate) const ARM_TOOLS: [&str; 3] = ["aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", QEMU];
const QEMU: &str = "qemu-aarch64";

/// The environment variable with the folders in which Wine looks for DLLs.
const DLL_FOLDERS: &str = "WINEPATH";

/// The tests of the crate `polar-license` whose results can differ between systems, and the tests that run the
/// scenarios with the C functions.
const TESTS: [&str; 7] = [
    "--lib",
    "--test=scenarios",
    "--test=c_functions",
    "--test=end_to_end",
    "--test=two_processes",
    "--test=http",
    "--test=tls",
];

/// A test of the test runner itself. It is skipped under Wine and qemu, because it takes longer than the other tests
/// and gives the same result on every system.
const NOT_NEEDED: &str = "the_runner_notices_everything_that_is_wrong";

/// Tests that start their own program again as a second process. They are skipped for ARM, because qemu can start a
/// second ARM program only if it is registered with the kernel.
const NOT_ON_ARM: [&str; 9] = [
    "a_lock_that_this_user_can_never_take_over_is_reported_at_once",
    "a_lock_that_this_user_cannot_read_is_taken_over",
    "a_full_disk_loses_nothing",
    "a_directory_without_permission_is_an_error",
    "a_process_killed_while_saving_leaves_a_whole_record",
    "processes_lose_no_update",
    "a_refusal_by_the_proxy_is_reported_as_not_sent",
    "a_system_without_roots_uses_the_bundled_ones",
    "loopback_is_never_proxied",
];

/// A system other than this machine's, for which this machine can build and run programs.
struct System<'a> {
    sh: &'a Shell,
    target: &'static str,
    compilers: [&'static str; 2],
    /// The libraries that a program needs in addition to the static library, as rustc and docs/src/guides/c.md list
    /// them.
    libraries: &'static str,
    /// The compiler flags that link a test program statically, so that it needs no shared library of the compiler.
    flags: &'static str,
    /// The command that runs programs for this system.
    runner: String,
    environment: Vec<(&'static str, PathBuf)>,
}

/// Tests the library for Windows, under Wine.
pub(crate) fn on_windows(sh: &Shell) -> Result<()> {
    let system = windows(sh)?;
    system.c_programs()?;
    system.crate_tests(&TESTS, &[])
}

/// Tests the library for 64-bit ARM, under qemu.
pub(crate) fn on_arm(sh: &Shell) -> Result<()> {
    let system = arm(sh);
    system.c_programs()?;
    system.crate_tests(&TESTS[..3], &NOT_ON_ARM)
}

/// Returns the C and C++ compilers for another system.
pub(crate) fn compilers(triple: &str) -> Result<[&'static str; 2]> {
    match triple {
        WINDOWS => Ok(MINGW),
        ARM => Ok([ARM_TOOLS[0], ARM_TOOLS[1]]),
        other => Err(unknown(other)),
    }
}

/// Returns the program that removes debug information from libraries for another system.
pub(crate) fn strip(triple: &str) -> Result<&'static str> {
    match triple {
        WINDOWS => Ok("x86_64-w64-mingw32-strip"),
        ARM => Ok("aarch64-linux-gnu-strip"),
        other => Err(unknown(other)),
    }
}

fn unknown(triple: &str) -> Error {
    anyhow!("this machine cannot build and run programs for {triple}; make the package on such a machine")
}

/// Returns the options with which CMake builds a program for the target.
pub(crate) fn cmake_options(target: &Target) -> Result<Vec<String>> {
    let Some(triple) = target.foreign() else { return Ok(Vec::new()) };
    let [c, cpp] = compilers(triple)?;
    let mut options = vec![format!("-DCMAKE_C_COMPILER={c}"), format!("-DCMAKE_CXX_COMPILER={cpp}")];
    if target.system.is_windows() {
        // links the compiler's libraries statically, because Wine would not find them as DLLs
        options.extend(["-DCMAKE_SYSTEM_NAME=Windows".into(), "-DCMAKE_EXE_LINKER_FLAGS=-static".into()]);
    } else {
        options.push("-DCMAKE_SYSTEM_NAME=Linux".into());
    }
    Ok(options)
}

/// Returns the command that runs a program built for the target. On Windows the program finds its DLLs in the folder
/// `dlls`.
pub(crate) fn program<'a>(sh: &'a Shell, target: &Target, program: &Path, dlls: &Path) -> Result<Cmd<'a>> {
    let Some(triple) = target.foreign() else {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = [dlls.to_path_buf()].into_iter().chain(env::split_paths(&path));
        return Ok(sh.cmd(program).env("PATH", env::join_paths(folders)?));
    };
    let system = match triple {
        WINDOWS => windows(sh)?,
        ARM => arm(sh),
        other => return Err(unknown(other)),
    };
    let mut words = system.runner.split_whitespace();
    let runner = sh.cmd(words.next().context("no command runs programs of another system")?).args(words).arg(program);
    let found = system.environment.into_iter().map(|(name, value)| {
        let value = if name == DLL_FOLDERS { format!("{};{}", value.display(), dlls.display()).into() } else { value };
        (name, value)
    });
    Ok(runner.envs(found.collect::<Vec<_>>()))
}

/// Prepares Wine, and returns the `System` that uses Wine as its runner.
fn windows(sh: &Shell) -> Result<System<'_>> {
    let wine = wine(sh).context("Wine is not installed")?;
    let folder = workspace::target()?.join("wine");
    let library = sh.create_dir(folder.join("bin"))?.join("bcryptprimitives.dll");
    let (compiler, source) = (MINGW[0], workspace::root().join("tools/xtask/wine/bcryptprimitives.c"));
    cmd!(sh, "{compiler} -shared {source} -ladvapi32 -o {library}").quiet().run()?;
    let system = System {
        sh,
        target: WINDOWS,
        compilers: MINGW,
        libraries: "-lbcrypt -ladvapi32 -lkernel32 -lntdll -lsecur32 -luserenv -lws2_32 -ldbghelp",
        flags: "-static -lpthread",
        runner: wine.into(),
        environment: vec![
            ("WINEPREFIX", folder.join("prefix")),
            (DLL_FOLDERS, folder.join("bin")),
            ("WINEDEBUG", "-all".into()),
        ],
    };
    // When Wine first runs, it creates a folder with its settings. The commands below make Wine do that, so that no
    // test has to wait for it.
    let drivers = r"HKCU\Software\Wine\Drivers";
    let commands = [
        cmd!(sh, "{wine} wineboot --init"),
        // the driver `null` lets programs open windows without a screen; `--kill` ends processes that began to look for
        // a screen before this driver was set
        cmd!(sh, "{wine} reg add {drivers} /v Graphics /d null /f"),
        cmd!(sh, "{wine} wineboot --kill"),
    ];
    for command in commands {
        shell::quietly(command.envs(system.environment.clone()), shell::PATIENCE)?;
    }
    Ok(system)
}

/// Returns the system that runs programs for 64-bit ARM with qemu.
fn arm(sh: &Shell) -> System<'_> {
    System {
        sh,
        target: ARM,
        compilers: [ARM_TOOLS[0], ARM_TOOLS[1]],
        libraries: "-lpthread -ldl -lm",
        flags: "",
        runner: format!("{QEMU} -L /usr/aarch64-linux-gnu"),
        environment: Vec::new(),
    }
}

/// Returns the name or the path of the program that starts Wine on this machine. Debian installs 64-bit Wine outside of
/// `PATH`.
pub(crate) fn wine(sh: &Shell) -> Option<&'static str> {
    let names = ["wine", "wine64", "/usr/lib/wine/wine64"];
    names.into_iter().find(|name| shell::probe(cmd!(sh, "{name} --version")).is_some())
}

impl System<'_> {
    /// Runs the test programs and examples of the C library for the other system. The local Polar that they call runs
    /// directly on this machine.
    fn c_programs(&self) -> Result<()> {
        if !workspace::text("docs/src/guides/c.md")?.contains(self.libraries) {
            bail!("docs/src/guides/c.md must name what a program for {} links to: {}", self.target, self.libraries);
        }
        let folder = workspace::target()?;
        let library = self.build(&folder, &[])?;
        let panicking =
            self.build(&folder.join("c-panicking"), &["--no-default-features", "--features", "portal,test-panic"])?;
        // `--workspace` gives the dependencies the same features as in the step `tests`, so that cargo does not compile
        // them again
        let tests = shell::cargo(self.sh, "test --locked --workspace --test programs --test examples -- --skip python");
        let tests = tests.env("POLAR_LICENSE_C_CC", self.compilers[0]).env("POLAR_LICENSE_C_CXX", self.compilers[1]);
        let tests = tests.env("POLAR_LICENSE_C_LIBRARY", library).env("POLAR_LICENSE_C_PANICKING", panicking);
        let tests = tests.env("POLAR_LICENSE_C_LIBS", format!("{} {}", self.libraries, self.flags));
        Ok(tests.env("POLAR_LICENSE_C_RUNNER", &self.runner).envs(self.environment.clone()).run()?)
    }

    /// Builds the static library, and returns the path of its file.
    fn build(&self, folder: &Path, features: &[&str]) -> Result<PathBuf> {
        let build = self.cargo("build --locked --package polar-license-c --lib").args(features);
        build.arg("--target-dir").arg(folder).run()?;
        Ok(folder.join(self.target).join("debug/libpolar_license_c.a"))
    }

    fn crate_tests(&self, tests: &[&str], skipped: &[&str]) -> Result<()> {
        let run = self.cargo("test --locked --package polar-license").args(tests).arg("--");
        let run = run.args([NOT_NEEDED].iter().chain(skipped).flat_map(|name| ["--skip", name]));
        Ok(run.env(self.setting("RUNNER"), &self.runner).envs(self.environment.clone()).run()?)
    }

    fn cargo(&self, words: &str) -> Cmd<'_> {
        let cargo = shell::cargo(self.sh, words).args(["--target", self.target]);
        cargo.env(self.setting("LINKER"), self.compilers[0])
    }

    /// Returns the name of the environment variable with which cargo reads the setting `name` for this target.
    fn setting(&self, name: &str) -> String {
        target::setting(self.target, name)
    }
}
