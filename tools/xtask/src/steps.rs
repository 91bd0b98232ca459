//! `cargo xtask test`: a table of steps, in the order in which they find mistakes soonest.
//! A further step is one more entry in [`STEPS`]. No step changes a file of the repository.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::requirements::{
    ARM_STD, ARM_TOOLS, C_COMPILERS, CARGO_C, CHROMIUM, CLIPPY, CMAKE, NIGHTLY, NODE, PYTHON, RUST_TSAN, RUSTFMT,
    Requirement, STD_SOURCE, VALGRIND, WASM_BINDGEN, WASM_STD, WINDOWS_STD, WINDOWS_TOOLS,
};
use crate::rust_std::{Toolchain, WASM};
use crate::{
    budget, c_cross, c_library, c_package, fetch, js_tests, locks, npm_check, npm_package, package, process, readme,
};

struct Step {
    name: &'static str,
    /// What is certain after it passed.
    proves: &'static str,
    needs: &'static [&'static Requirement],
    run: fn() -> Result<()>,
}

const STEPS: [Step; 20] = [
    Step {
        name: "format",
        proves: "the code is formatted as rustfmt does it",
        needs: &[&RUSTFMT],
        run: || process::run(process::cargo().args(["fmt", "--all", "--check"])),
    },
    Step {
        name: "locks",
        proves: "lock files are up to date and name no download address but crates.io's index",
        needs: &[],
        run: locks::check,
    },
    Step { name: "budget", proves: "the crate brings few dependencies into an app", needs: &[], run: budget::check },
    Step {
        name: "clippy",
        proves: "no compiler or clippy warning, in all code and with all features",
        needs: &[&CLIPPY],
        run: || clippy(process::cargo(), &["--workspace", "--all-targets", "--all-features"]),
    },
    Step {
        name: "minimal",
        proves: "the crate builds without any feature, and without its own network stack",
        needs: &[&CLIPPY],
        run: || {
            let bare = ["--package", "polar-license", "--no-default-features"];
            clippy(process::cargo(), &bare)?;
            clippy(process::cargo(), &[&bare[..], &["--features", "blocking"]].concat())
        },
    },
    Step {
        name: "wasm",
        proves: "the crate builds for wasm32",
        needs: &[&CLIPPY, &WASM_STD],
        run: || {
            let toolchain = Toolchain::find(WASM).context("there is no standard library for it")?;
            clippy(toolchain.cargo(), &["--package", "polar-license", "--no-default-features", "--target", WASM])
        },
    },
    Step {
        name: "tests",
        proves: "unit, integration and documentation tests pass, those of the C library among them",
        needs: &[&C_COMPILERS, &PYTHON, &NODE],
        run: || {
            // some compare the file store with the npm package's
            npm_package::install_tools()?;
            process::run(process::cargo().args(["test", "--locked", "--workspace"]))
        },
    },
    Step {
        name: "c-memory",
        proves: "the C library's tests leak nothing and touch no memory that is not theirs, says valgrind",
        needs: &[&C_COMPILERS, &VALGRIND],
        run: c_library::under_valgrind,
    },
    Step {
        name: "c-asan",
        proves: "the same, says AddressSanitizer, which sees the stack too",
        needs: &[&C_COMPILERS, &NIGHTLY],
        run: c_library::with_address_sanitizer,
    },
    Step {
        name: "c-tsan",
        proves: "no two threads touch the same memory without order, in the C library's tests that have threads",
        needs: &[&C_COMPILERS],
        run: || match RUST_TSAN.ensure() {
            Ok(()) => c_library::with_thread_sanitizer(),
            // nothing else brings a runtime that fits the compiler
            Err(error) => {
                println!("NOT RUN, since this machine has no ThreadSanitizer for Rust: {error:#}");
                Ok(())
            }
        },
    },
    Step {
        name: "c-package",
        proves: "the packed C library links by pkg-config and CMake, is small, and answers while Polar hangs",
        needs: &[&C_COMPILERS, &CMAKE, &CARGO_C, &STD_SOURCE],
        run: c_package::check,
    },
    Step {
        name: "fetch",
        proves: "the client for web apps passes its tests in Node and in Chromium, the scenarios among them",
        needs: &[&CLIPPY, &WASM_STD, &WASM_BINDGEN, &NODE, &CHROMIUM],
        run: fetch::check,
    },
    Step {
        name: "c-windows",
        proves: "the crate and the C library, cross-built for Windows, pass their tests under Wine",
        needs: &[&C_COMPILERS, &WINDOWS_TOOLS, &WINDOWS_STD],
        run: c_cross::on_windows,
    },
    Step {
        name: "c-aarch64",
        proves: "the same for Linux on 64-bit ARM, under qemu",
        needs: &[&C_COMPILERS, &ARM_TOOLS, &ARM_STD],
        run: c_cross::on_arm,
    },
    Step {
        name: "npm",
        proves: "the packed npm package is small, loads everywhere, and its types and README hold",
        needs: &npm_package::NEEDS,
        run: npm_check::check,
    },
    Step {
        name: "runtimes",
        proves: "the packed npm package works in Node, Bun, Deno, workerd and Chromium, by itself and bundled",
        needs: &[&WASM_STD, &WASM_BINDGEN, &NODE, &CHROMIUM],
        run: npm_check::check_runtimes,
    },
    Step {
        name: "js",
        proves: "the packed npm package runs the scenarios in Node and in Chromium, and settles whatever goes wrong there",
        needs: &[&WASM_STD, &WASM_BINDGEN, &NODE, &CHROMIUM],
        run: js_tests::check,
    },
    Step {
        name: "docs",
        proves: "the documentation builds without warnings",
        needs: &[],
        run: || {
            let mut cargo = process::cargo();
            cargo.args(["doc", "--locked", "--workspace", "--no-deps", "--all-features"]);
            process::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
        },
    },
    Step {
        name: "readme",
        proves: "every code block in README.md does what it says",
        needs: &[&C_COMPILERS],
        run: || readme::check("README.md"),
    },
    Step {
        name: "package",
        proves: "the packed crate holds what Cargo.toml includes, and builds alone",
        needs: &[],
        run: package::check,
    },
];

/// `cargo xtask test --list`.
pub(crate) fn list() {
    for step in &STEPS {
        println!("{:9} {}", step.name, step.proves);
    }
}

/// Runs the steps of these names, all of them where there are none, until one fails.
pub(crate) fn test(names: &[String]) -> Result<()> {
    let steps = chosen(names)?;
    let mut total = Duration::ZERO;
    for (number, step) in steps.iter().enumerate() {
        println!("\n── {} ({} of {}): {}", step.name, number + 1, steps.len(), step.proves);
        let (result, time) = timed(|| {
            step.needs.iter().try_for_each(|requirement| requirement.ensure())?;
            (step.run)()
        });
        total += time;
        let seconds = time.as_secs_f32();
        if let Err(error) = result {
            eprintln!("\n{error:#}");
            bail!("step `{0}` failed after {seconds:.1} s; to repeat it: `cargo xtask test {0}`", step.name);
        }
        println!("── {} passed in {seconds:.1} s", step.name);
    }
    println!("\npassed: {} of {} steps, in {:.1} s", steps.len(), STEPS.len(), total.as_secs_f32());
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    const ALL: &[Step] = &STEPS;
    if let Some(unknown) = names.iter().find(|name| ALL.iter().all(|step| step.name != **name)) {
        bail!("there is no step `{unknown}`; `cargo xtask test --list` shows them all");
    }
    Ok(ALL.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect())
}

fn clippy(mut cargo: std::process::Command, what: &[&str]) -> Result<()> {
    process::run(cargo.args(["clippy", "--locked"]).args(what).args(["--", "-D", "warnings"]))
}

#[expect(clippy::disallowed_methods, reason = "how long a step took is for people to read; nothing depends on it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &[&str]) -> Result<Vec<&'static str>> {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        Ok(chosen(&wanted)?.iter().map(|step| step.name).collect())
    }

    #[test]
    fn steps_run_in_the_order_of_the_table_and_an_unknown_one_is_an_error() {
        assert_eq!(names(&[]).unwrap().len(), STEPS.len());
        assert_eq!(names(&["docs", "format"]).unwrap(), ["format", "docs"]);
        assert!(names(&["docs", "dcos"]).unwrap_err().to_string().contains("`dcos`"));
    }
}
