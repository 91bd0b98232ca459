//! The C library for other systems: built by a cross compiler, as an app developer would, then its test programs and
//! examples and the crate's own tests, run by what stands for such a system here.
//! Never more than that: how Windows itself, or a real ARM processor, does is not known from it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::rust_std::Toolchain;
use crate::workspace::Metadata;
use crate::{process, workspace};

pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
pub(crate) const ARM: &str = "aarch64-unknown-linux-gnu";

pub(crate) const MINGW: [&str; 2] = ["x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-g++"];
pub(crate) const ARM_TOOLS: [&str; 3] = ["aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", QEMU];
const QEMU: &str = "qemu-aarch64";

const PACKAGE: &str = "polar-license-c";

/// Those whose result can differ between systems.
const TESTS: [&str; 5] = ["--lib", "--test=scenarios", "--test=end_to_end", "--test=two_processes", "--test=tls"];

/// It tests the tests, and takes longest.
const NOT_NEEDED: &str = "the_runner_notices_everything_that_is_wrong";

/// Those that start themselves, which the kernel does for ARM only where qemu is registered with it.
const NOT_ON_ARM: [&str; 7] = [
    "a_full_disk_loses_nothing",
    "a_directory_without_permission_is_an_error",
    "a_process_killed_while_saving_leaves_a_whole_record",
    "processes_lose_no_update",
    "a_proxy_that_refuses_sent_nothing",
    "a_system_without_roots_uses_the_bundled_ones",
    "loopback_is_never_proxied",
];

/// A system that is not this one.
struct System {
    target: &'static str,
    compilers: [&'static str; 2],
    /// What a program with the static library links to, as rustc says; the README says it too.
    libraries: &'static str,
    /// For the test programs: so that they need no library of the compiler's.
    flags: &'static str,
    /// What runs its programs.
    runner: String,
    environment: Vec<(&'static str, PathBuf)>,
}

/// On Windows, as far as Wine is that.
pub(crate) fn on_windows() -> Result<()> {
    let wine = wine().context("there is no Wine")?;
    let folder = Metadata::read()?.target().join("wine");
    fs::create_dir_all(folder.join("bin"))?;
    let mut compiler = process::command(MINGW[0]);
    compiler.args(["-shared", "tools/xtask/wine/bcryptprimitives.c", "-ladvapi32", "-o"]);
    process::run(compiler.arg(folder.join("bin/bcryptprimitives.dll")))?;
    let system = System {
        target: WINDOWS,
        compilers: MINGW,
        libraries: "-lbcrypt -ladvapi32 -lkernel32 -lntdll -luserenv -lws2_32 -ldbghelp",
        flags: "-static -lpthread",
        runner: wine,
        environment: vec![
            ("WINEPREFIX", folder.join("prefix")),
            ("WINEPATH", folder.join("bin")),
            ("WINEDEBUG", "-all".into()),
        ],
    };
    // makes the prefix, for which no test should have to wait
    let mut start = process::command(&system.runner);
    start.args(["wineboot", "--init"]).envs(system.environment.clone());
    process::quietly(&mut start, Duration::from_secs(300))?;
    system.c_programs()?;
    system.crate_tests(&TESTS, &[])
}

/// On 64-bit ARM, as far as qemu is that.
pub(crate) fn on_arm() -> Result<()> {
    let system = System {
        target: ARM,
        compilers: [ARM_TOOLS[0], ARM_TOOLS[1]],
        libraries: "-lpthread -ldl -lm",
        flags: "",
        runner: format!("{QEMU} -L /usr/aarch64-linux-gnu"),
        environment: Vec::new(),
    };
    system.c_programs()?;
    system.crate_tests(&TESTS[..2], &NOT_ON_ARM)
}

/// How Wine is called here: Debian keeps the program without its 32-bit half out of the way.
pub(crate) fn wine() -> Option<String> {
    let names = ["wine", "wine64", "/usr/lib/wine/wine64"];
    let runs = |name: &&str| process::read(process::command(name).arg("--version")).is_ok();
    names.into_iter().find(runs).map(Into::into)
}

impl System {
    /// The test programs and examples of the C library, against a Polar that runs natively.
    fn c_programs(&self) -> Result<()> {
        if !workspace::text("README.md")?.contains(self.libraries) {
            bail!("README.md does not say what a program for {} links to: {}", self.target, self.libraries);
        }
        let folder = Metadata::read()?.target();
        let library = self.build(&folder, &[])?;
        let panicking =
            self.build(&folder.join("c-panicking"), &["--no-default-features", "--features", "test-panic"])?;
        let mut tests = process::cargo();
        // the workspace for the sake of what is built already: see `c_library`
        tests.args(["test", "--locked", "--workspace", "--test", "programs", "--test", "examples"]);
        tests.args(["--", "--skip", "python"]);
        tests.env("POLAR_LICENSE_C_CC", self.compilers[0]).env("POLAR_LICENSE_C_CXX", self.compilers[1]);
        tests.env("POLAR_LICENSE_C_LIBRARY", library).env("POLAR_LICENSE_C_PANICKING", panicking);
        tests.env("POLAR_LICENSE_C_LIBS", format!("{} {}", self.libraries, self.flags));
        tests.env("POLAR_LICENSE_C_RUNNER", &self.runner);
        process::run(tests.envs(self.environment.clone()))
    }

    /// The static library.
    fn build(&self, folder: &Path, features: &[&str]) -> Result<PathBuf> {
        let mut cargo = self.cargo()?;
        cargo.args(["build", "--locked", "--package", PACKAGE, "--lib", "--target", self.target]);
        process::run(cargo.args(features).arg("--target-dir").arg(folder))?;
        Ok(folder.join(self.target).join("debug/libpolar_license_c.a"))
    }

    fn crate_tests(&self, tests: &[&str], skipped: &[&str]) -> Result<()> {
        let mut cargo = self.cargo()?;
        cargo.args(["test", "--locked", "--package", "polar-license", "--target", self.target]).args(tests);
        cargo.arg("--").args([NOT_NEEDED].iter().chain(skipped).flat_map(|name| ["--skip", name]));
        cargo.env(self.setting("RUNNER"), &self.runner).envs(self.environment.clone());
        process::run(&mut cargo)
    }

    fn cargo(&self) -> Result<Command> {
        let toolchain = Toolchain::find(self.target).context("there is no standard library for it")?;
        let mut cargo = toolchain.cargo();
        cargo.env(self.setting("LINKER"), self.compilers[0]);
        Ok(cargo)
    }

    /// The variable by which cargo learns about this target.
    fn setting(&self, name: &str) -> String {
        format!("CARGO_TARGET_{}_{name}", self.target.to_uppercase().replace('-', "_"))
    }
}
