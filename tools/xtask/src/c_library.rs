//! The C library: its test programs once more, under what finds mistakes with memory.

use anyhow::Result;
use std::process::Command;

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

/// The whole workspace is named, as in the step `tests`, so that cargo does not build all dependencies once more.
fn test_programs() -> Command {
    let mut cargo = process::cargo();
    cargo.args(["test", "--locked", "--workspace", "--test", "programs"]);
    cargo
}
