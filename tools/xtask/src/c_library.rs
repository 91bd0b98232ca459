//! Runs the test programs of the C library. Also runs the test scenarios of the crate with the C functions in place of
//! the Rust API. All of them run under tools that find errors in the use of memory and threads.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Cmd, Shell, cmd};

use crate::{shell, target, workspace};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The command for valgrind. Memory that is still allocated at the end also counts as an error.
const VALGRIND: &str = "valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
                        --error-exitcode=99 --fair-sched=yes";

/// The environment variable that shortens the test `the_runner_notices_everything_that_is_wrong`, and its value. The
/// test makes wrong copies of the scenarios, and checks that each copy fails. With the value 50, it checks only every
/// 50th copy, because programs are slow under valgrind and with sanitizers.
const STRIDE: (&str, &str) = ("POLAR_LICENSE_C_STRIDE", "50");

/// Runs the test programs and the scenarios under valgrind.
pub(crate) fn under_valgrind(sh: &Shell) -> Result<()> {
    let suppressions = workspace::root().join("tests/c/valgrind.supp");
    let runner = format!("{VALGRIND} --suppressions={}", suppressions.display());
    let scenarios = shell::cargo(sh, "test --locked --workspace --test c_functions").env(STRIDE.0, STRIDE.1);
    scenarios.env(target::setting(TARGET, "RUNNER"), &runner).run()?;
    // the test `book` is added, because the C code in the book must also free what it allocates
    Ok(test_programs(sh).args(["--test", "book"]).env("POLAR_LICENSE_C_RUNNER", runner).run()?)
}

/// Runs the test programs with AddressSanitizer in the library and in the programs.
pub(crate) fn with_address_sanitizer(sh: &Shell) -> Result<()> {
    let folder = workspace::target()?.join("c-asan");
    let flags = "-Zsanitizer=address";
    nightly_scenarios(sh, &folder).env("RUSTFLAGS", flags).run()?;
    nightly_build(sh, &folder).env("RUSTFLAGS", flags).run()?;
    let tests = test_programs(sh).env("POLAR_LICENSE_C_LIBRARY", library(&folder));
    let tests = tests.env("POLAR_LICENSE_C_CC", "gcc -fsanitize=address -fno-omit-frame-pointer");
    Ok(tests.env("POLAR_LICENSE_C_CXX", "g++ -fsanitize=address -fno-omit-frame-pointer").run()?)
}

/// Runs the test programs that start threads. The library, the programs and Rust's standard library are built with
/// ThreadSanitizer. If the standard library were built without it, ThreadSanitizer would not see how mutexes order
/// accesses, and would report races that do not exist.
pub(crate) fn with_thread_sanitizer(sh: &Shell) -> Result<()> {
    let folder = workspace::target()?.join("c-tsan");
    let (flags, instrumented) = ("-Zsanitizer=thread", "-Zbuild-std=std,panic_unwind");
    nightly_scenarios(sh, &folder).arg(instrumented).env("RUSTFLAGS", flags).run()?;
    let build = nightly_build(sh, &folder).args(["--no-default-features", instrumented]);
    build.env("RUSTFLAGS", flags).run()?;

    let rust = cmd!(sh, "rustup run nightly rustc --print target-libdir").read()?;
    let mut files = sh.read_dir(rust)?.into_iter();
    let runtime = files.find(|path| path.to_string_lossy().ends_with("_rt.tsan.a"));
    let runtime = runtime.context("nightly Rust has no runtime of ThreadSanitizer for this machine")?;
    let libraries =
        format!("-Wl,--whole-archive {} -Wl,--no-whole-archive -lpthread -ldl -lm -lresolv -lrt", runtime.display());
    let tests = test_programs(sh).env("POLAR_LICENSE_C_LIBRARY", library(&folder));
    // keeps out clang's own runtime of ThreadSanitizer, which is older than the one that the library needs
    let tests = tests.env("POLAR_LICENSE_C_CC", "clang -O1 -fsanitize=thread -fno-sanitize-link-runtime");
    let tests = tests.env("POLAR_LICENSE_C_LIBS", libraries);
    Ok(tests.args(["--", "threads", "callbacks", "stalled", "story"]).run()?)
}

/// Builds the static library with nightly Rust, because stable Rust does not have the option `-Zsanitizer`.
fn nightly_build<'a>(sh: &'a Shell, folder: &Path) -> Cmd<'a> {
    cmd!(sh, "rustup run nightly cargo build --locked --package polar-license-c --lib")
        .args(["--target", TARGET, "--target-dir"])
        .arg(folder)
}

/// Returns the command that runs the test scenarios against the C functions. These tests are written in Rust, and are
/// built with the sanitizer too.
fn nightly_scenarios<'a>(sh: &'a Shell, folder: &Path) -> Cmd<'a> {
    let test = "--package polar-license --test c_functions --no-default-features --features blocking";
    cmd!(sh, "rustup run nightly cargo test --locked")
        .args(test.split(' '))
        .args(["--target", TARGET, "--target-dir"])
        .arg(folder)
        .env(STRIDE.0, STRIDE.1)
}

fn library(folder: &Path) -> PathBuf {
    folder.join(TARGET).join("debug/libpolar_license_c.a")
}

/// Returns the command that runs the test programs. Like the step `tests`, the command names the whole workspace, so
/// that cargo does not build all dependencies again.
fn test_programs(sh: &Shell) -> Cmd<'_> {
    shell::cargo(sh, "test --locked --workspace --test programs")
}
