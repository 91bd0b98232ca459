//! The C library: its test programs once more, under what finds mistakes with memory.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Metadata;
use crate::{process, workspace};

const PACKAGE: &str = "polar-license-c";

/// What valgrind reports as an error: anything that is lost at the end, too.
const VALGRIND: &str = "valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
                        --error-exitcode=99 --fair-sched=yes";

/// The test programs under valgrind.
pub(crate) fn under_valgrind() -> Result<()> {
    let known = workspace::root().join("tests/c/valgrind.supp");
    let runner = format!("{VALGRIND} --suppressions={}", known.display());
    process::run(test_programs().env("POLAR_LICENSE_C_RUNNER", runner))
}

/// The test programs with the library and themselves instrumented.
pub(crate) fn with_address_sanitizer() -> Result<()> {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    let folder = Metadata::read()?.target().join("c-asan");
    let mut build = process::command("rustup");
    build.args(["run", "nightly", "cargo", "build", "--locked", "--package", PACKAGE, "--lib", "--target", TARGET]);
    build.arg("--target-dir").arg(&folder).env("RUSTFLAGS", "-Zsanitizer=address");
    process::forget_toolchain(&mut build);
    process::run(&mut build)?;
    let library = folder.join(TARGET).join("debug/libpolar_license_c.a");
    let mut tests = test_programs();
    tests.env("POLAR_LICENSE_C_LIBRARY", library);
    tests.env("POLAR_LICENSE_C_CC", "gcc -fsanitize=address -fno-omit-frame-pointer");
    tests.env("POLAR_LICENSE_C_CXX", "g++ -fsanitize=address -fno-omit-frame-pointer");
    process::run(&mut tests)
}

/// Programs in which threads meet, with everything instrumented: themselves, the library and Rust's standard library,
/// without which the sanitizer would not see what a mutex orders and report races that are none.
pub(crate) fn with_thread_sanitizer() -> Result<()> {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    let folder = Metadata::read()?.target().join("c-tsan");
    let mut build = process::cargo();
    build.args(["build", "--locked", "--package", PACKAGE, "--lib", "--no-default-features", "--target", TARGET]);
    build.args(["-Zbuild-std=std,panic_unwind", "--target-dir"]).arg(&folder);
    // the user's own compiler, with options that are not stable
    build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=thread");
    process::run(&mut build)?;
    let runtime = thread_sanitizer().context("the toolchain lost its ThreadSanitizer")?;
    let libraries =
        format!("-Wl,--whole-archive {} -Wl,--no-whole-archive -lpthread -ldl -lm -lresolv -lrt", runtime.display());
    let mut tests = test_programs();
    tests.env("POLAR_LICENSE_C_LIBRARY", folder.join(TARGET).join("debug/libpolar_license_c.a"));
    // the compiler's own runtime is older than the one that the library wants
    tests.env("POLAR_LICENSE_C_CC", "clang -O1 -fsanitize=thread -fno-sanitize-link-runtime");
    tests.env("POLAR_LICENSE_C_LIBS", libraries);
    process::run(tests.args(["--", "threads", "callbacks", "stalled", "scenarios"]))
}

/// The runtime that comes with Rust's compiler.
pub(crate) fn thread_sanitizer() -> Option<PathBuf> {
    let folder = process::read(process::command("rustc").args(["--print", "target-libdir"])).ok()?;
    let runtimes = fs::read_dir(folder.trim()).ok()?.flatten().map(|entry| entry.path());
    runtimes.into_iter().find(|path| path.to_string_lossy().ends_with("_rt.tsan.a"))
}

/// The whole workspace is named, as in the step `tests`, so that cargo does not build all dependencies once more.
fn test_programs() -> Command {
    let mut cargo = process::cargo();
    cargo.args(["test", "--locked", "--workspace", "--test", "programs"]);
    cargo
}
