//! `cargo xtask test`: tables of steps. The steps that find mistakes soonest come first. To add a step, add an entry to
//! a table. No step changes a file of the repository.
//!
//! ```text
//!   --quick:     CHECKS ── CORE
//!   everything:  CHECKS ── BUILDS ── install the needs of all others ──┬── RUST, in order, in a process of its own
//!                                                                     └── ELSEWHERE, in order, in a process of its own
//! ```
//!
//! RUST and ELSEWHERE run at the same time, as two lanes. Two lanes use the processors better than one, because many
//! steps spend most of their time waiting for linkers, emulators, browsers and time limits. Both lanes write to
//! `target/debug`, which cargo locks while it builds. They share no other folder.

mod history;
mod lanes;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lanes::Lane;
use xshell::{Cmd, Shell};

use crate::requirements::{
    ARM_STD, ARM_TOOLS, C_COMPILERS, CARGO_C, CHROMIUM, CLIPPY, CMAKE, FAKETIME, GO, GTK, JAVA, LUAJIT, MONO, NIGHTLY,
    NODE, NPM_PACKAGE, OPENSSL, PYTHON, QT, RUSTFMT, Requirement, STRACE, VALGRIND, WASM_BINDGEN, WASM_STD,
    WINDOWS_STD, WINDOWS_TOOLS, XVFB,
};
use crate::shell::cargo;
use crate::{
    api_docs, bench, book, budget, c_cross, c_library, c_package_check, crate_package, fetch, js_tests, languages,
    layers, locks, mock_package, npm_check, npm_package, python_package, readme, soak, tauri, wasm_build, workspace,
};

struct Step {
    name: &'static str,
    /// The statement that is true if the step passes. `--list` prints it.
    proves: &'static str,
    needs: &'static [&'static Requirement],
    run: fn(&Shell) -> Result<()>,
}

/// The steps that take only seconds. They need nothing but Rust.
const CHECKS: &[Step] = &[
    Step {
        name: "format",
        proves: "the code is formatted as rustfmt does it",
        needs: &[&RUSTFMT],
        run: |sh| {
            cargo(sh, "fmt --all --check").run()?;
            let mut others = [tauri::MANIFEST, bench::MANIFEST].into_iter();
            others.try_for_each(|manifest| Ok(cargo(sh, "fmt --all --check --manifest-path").arg(manifest).run()?))
        },
    },
    Step {
        name: "layers",
        proves: "no two files of a crate, or of the npm package, import each other in a circle",
        needs: &[],
        run: |_| layers::check(),
    },
    Step { name: "budget", proves: "the crate adds few dependencies to an app", needs: &[], run: budget::check },
];

/// The steps that `cargo xtask test --quick` runs after those in `CHECKS`. They need nothing but Rust. A full run
/// leaves them out, because its steps `clippy` and `tests` check the same things and more.
const CORE: &[Step] = &[
    Step {
        name: "core-lints",
        proves: "no compiler or clippy warning in the library, the command and their tests (not in bindings and optional features)",
        needs: &[&CLIPPY],
        run: |sh| clippy(cargo(sh, "clippy --all-targets").args(CORE_PACKAGES)),
    },
    Step {
        name: "core",
        proves: "the library, the scenarios, an eighth of the model, the life of a client over real HTTP, and the command pass their tests",
        needs: &[],
        run: |sh| {
            let test = cargo(sh, "test --locked --lib --bins").args(CORE_PACKAGES);
            let test = test.args(["--test", "scenarios", "--test", "model", "--test", "end_to_end", "--test", "it"]);
            // the test `model` runs only 30 of its random sequences of events, because running all of them takes longer
            // than all the other tests together
            Ok(test.env("POLAR_MODEL_CASES", "30").env(TEST_THREADS.0, TEST_THREADS.1).run()?)
        },
    },
];

/// The parts of the repository that `cargo xtask test --quick` leaves out.
const NOT_QUICK: &str = "the bindings, optional features such as `tokio`, `fetch` and `mcp`, the documents, the packages, \
                         and seven eighths of the model";

/// The packages that `cargo xtask test --quick` checks. Its two steps name the same packages, so that cargo compiles
/// the macros and build scripts of their dependencies only once.
const CORE_PACKAGES: [&str; 4] = ["--package", "polar-license", "--package", "polar-license-cli"];

/// The number of tests that a test program runs at the same time. It is the same on every machine, because many tests
/// only wait: a client sends at most two requests in a second.
const TEST_THREADS: (&str, &str) = ("RUST_TEST_THREADS", "8");

/// The lints of all code, checks of lock files and dependencies, and builds for other platforms.
const BUILDS: &[Step] = &[
    Step {
        name: "clippy",
        proves: "no compiler or clippy warning, in all code and with all features",
        needs: &[&CLIPPY],
        run: |sh| {
            clippy(cargo(sh, "clippy --workspace --all-targets --all-features"))?;
            // Only the program of this project is linted in `bench/`. The other programs use no code of this
            // repository.
            let measured = cargo(sh, "clippy --features polar-license --manifest-path").arg(bench::MANIFEST);
            clippy(measured.arg("--target-dir").arg(workspace::target()?))
        },
    },
    Step {
        name: "locks",
        proves: "lock files are up to date and hold no download address but crates.io's index",
        needs: &[],
        run: locks::check,
    },
    Step {
        name: "deny",
        proves: "DESIGN.md lists the dependencies, and deny.toml allows their licenses and sources (if cargo-deny is installed)",
        needs: &[],
        run: soak::check_dependencies,
    },
    Step {
        name: "minimal",
        proves: "the crate builds without any feature, and without its own network stack, which a client then asks for",
        needs: &[&CLIPPY],
        run: |sh| {
            clippy(cargo(sh, "clippy --package polar-license --no-default-features"))?;
            clippy(cargo(sh, "clippy --package polar-license --no-default-features --features blocking"))?;
            clippy(cargo(sh, "clippy --package polar-license --no-default-features --features tokio-client"))?;
            clippy(cargo(sh, "clippy --package polar-license --no-default-features --features tokio"))?;
            clippy(cargo(sh, "clippy --package polar-license --no-default-features --features portal"))?;
            clippy(cargo(sh, "clippy --package polar-license --no-default-features --features blocking,portal"))?;
            let test = cargo(sh, "test --locked --package polar-license --no-default-features");
            Ok(test.args(["--features", "blocking,tokio-client", "--test", "without_network"]).run()?)
        },
    },
    Step {
        name: "wasm",
        proves: "the crate builds for wasm32",
        needs: &[&CLIPPY, &WASM_STD],
        run: |sh| {
            let core = cargo(sh, "clippy --package polar-license --no-default-features --target");
            clippy(core.arg(wasm_build::TARGET))
        },
    },
];

/// Tests of the crates, the C library and the documents.
const RUST: &[Step] = &[
    Step {
        name: "tests",
        proves: "unit, integration and documentation tests pass, including those of the C library and the customer portal",
        needs: &[&C_COMPILERS, &PYTHON, &NODE, &STRACE, &VALGRIND, &FAKETIME],
        run: |sh| {
            // some tests of this step compare the file store in Rust with the npm package's file store, which is built
            // with these tools
            npm_package::install_tools(sh)?;
            Ok(cargo(sh, "test --locked --workspace").env(TEST_THREADS.0, TEST_THREADS.1).run()?)
        },
    },
    Step {
        name: "mcp",
        proves: "the command serves a coding agent, and shows it no license key (feature `mcp`)",
        needs: &[],
        run: |sh| {
            // this build has a folder of its own, because another step may build the same program at the same time,
            // without the feature `mcp`
            let folder = workspace::target()?.join("mcp");
            let test = cargo(sh, "test --locked --package polar-license-cli --features mcp --test it");
            let test = test.env(TEST_THREADS.0, TEST_THREADS.1);
            Ok(test.arg("--target-dir").arg(folder).args(["--", "mcp::", "help::"]).run()?)
        },
    },
    Step {
        name: "tokio",
        proves: "the client for tokio passes its tests, including the scenarios, the customer portal and TLS",
        needs: &[],
        run: |sh| {
            // `portal` is enabled because the step `tests` enables it; with other features, cargo would compile
            // everything again
            let test = || cargo(sh, "test --locked --package polar-license --features portal,tokio");
            test()
                .args(["--lib", "--test", "tokio", "--test", "tokio_scenarios", "--test", "http", "--test", "tls"])
                .run()?;
            Ok(test().args(["--doc", "--", "tokio", "portal"]).run()?)
        },
    },
    Step {
        name: "c-memory",
        proves: "the C library's tests leak nothing and access no memory that they do not own, checked by valgrind",
        needs: &[&C_COMPILERS, &VALGRIND],
        run: c_library::under_valgrind,
    },
    Step {
        name: "c-asan",
        proves: "the same, checked by AddressSanitizer, which sees the stack too",
        needs: &[&C_COMPILERS, &NIGHTLY],
        run: c_library::with_address_sanitizer,
    },
    Step {
        name: "c-tsan",
        proves: "the C library's tests with threads have no data race, checked by ThreadSanitizer",
        needs: &[&C_COMPILERS, &NIGHTLY],
        run: c_library::with_thread_sanitizer,
    },
    Step {
        name: "c-package",
        proves: "the packed C library has the right files, links by pkg-config, CMake and Conan, is small, and answers while Polar hangs",
        needs: &[&C_COMPILERS, &CMAKE, &OPENSSL, &CARGO_C],
        run: c_package_check::check,
    },
    Step {
        name: "languages",
        proves: "the examples in Python, C#, Java, Go, Lua and Node, and with Qt and GTK, use the C library",
        needs: &[&C_COMPILERS, &CMAKE, &PYTHON, &MONO, &JAVA, &GO, &LUAJIT, &NODE, &QT, &GTK],
        run: languages::check,
    },
    Step {
        name: "python",
        proves: "the packed Python package runs the scenarios, is typed, and has the right files (if Python is installed)",
        needs: &[&C_COMPILERS],
        run: python_package::check,
    },
    Step {
        name: "docs",
        proves: "the documentation builds without warnings with any features, for wasm32 too, and its front pages have no dead link",
        needs: &[&WASM_STD],
        run: api_docs::check,
    },
    Step {
        name: "readme",
        proves: "every code block in README.md and SKILL.md does what it says, and their tables of states are the same",
        needs: &[],
        run: readme::check_front_pages,
    },
    Step {
        name: "book",
        proves: "the book's code blocks do what they say, no Markdown file has a dead link, and the map names every file",
        needs: &[&C_COMPILERS],
        run: book::check,
    },
    Step {
        name: "package",
        proves: "the packed crates have the files that their manifests include and the metadata that crates.io shows, and build alone",
        needs: &[],
        run: crate_package::check,
    },
];

/// The steps for other platforms: the npm packages, Rust in web pages, the Tauri plugin, and other operating systems.
const ELSEWHERE: &[Step] = &[
    Step {
        name: "npm",
        proves: "the packed npm package is small, loads everywhere, and its types and README are right",
        needs: &NPM_PACKAGE,
        run: npm_check::check,
    },
    Step {
        name: "runtimes",
        proves: "the packed npm package works in Node, Bun, Deno, workerd and Chromium, and so do the examples with it",
        needs: &[&WASM_STD, &WASM_BINDGEN, &NODE, &CHROMIUM],
        run: npm_check::check_runtimes,
    },
    Step {
        name: "js",
        proves: "the packed npm package runs the scenarios in Node and in Chromium, and settles every operation, whatever goes wrong",
        needs: &[&WASM_STD, &WASM_BINDGEN, &NODE, &CHROMIUM],
        run: js_tests::check,
    },
    Step {
        name: "mock",
        proves: "the packed local Polar for Node passes the black-box tests of the server in Rust",
        needs: &[&WASM_STD, &WASM_BINDGEN, &NODE],
        run: mock_package::check,
    },
    Step {
        name: "fetch",
        proves: "the client for web apps passes its tests in Node and in Chromium, including the scenarios",
        needs: &[&CLIPPY, &WASM_STD, &WASM_BINDGEN, &NODE, &CHROMIUM],
        run: fetch::check,
    },
    Step {
        name: "tauri",
        proves: "the Tauri plugin works in a real window: activate, gate, offline, grace, deactivate, and closing while it asks Polar",
        needs: &[&WASM_STD, &WASM_BINDGEN, &NODE, &FAKETIME],
        run: tauri::check,
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
];

/// The steps that run only if the command line names them, because they download programs that are not in any package
/// registry.
const BY_NAME: &[Step] = &[Step {
    name: "electron",
    proves: "the packed example for Electron works in Electron's own program (on Linux; runs only if it is named)",
    needs: &[&WASM_STD, &WASM_BINDGEN, &NODE, &XVFB],
    run: npm_check::check_electron,
}];

/// The choice of steps for one run.
pub(crate) enum Selection {
    /// The steps that need no installation beyond Rust.
    Quick,
    /// All steps.
    Everything,
    /// The remaining steps of an interrupted run. In each table, these are the named step and all steps after it.
    From(Vec<String>),
    /// Only these steps.
    Named(Vec<String>),
}

/// Prints the steps: `cargo xtask test --list`.
pub(crate) fn list() {
    for step in all() {
        println!("{:10} {}", step.name, step.proves);
    }
}

/// Runs the selected steps until one fails.
pub(crate) fn test(sh: &Shell, selection: &Selection) -> Result<()> {
    let (result, time) = timed(|| match selection {
        Selection::Quick => {
            let steps = in_order(sh, &CHECKS.iter().chain(CORE).collect::<Vec<_>>())?;
            println!("\nnot checked by the quick run: {NOT_QUICK}");
            Ok(steps)
        }
        Selection::Everything => {
            if let (true, Some(command)) = (history::is_unfinished(), resume_command()) {
                println!("the last run did not end well; {command} resumes it\n");
            }
            history::begin()?;
            everything(sh, Tables::all())
        }
        Selection::From(names) => everything(sh, Tables::from(names)?),
        Selection::Named(names) => in_order(sh, &chosen(names)?),
    });
    println!("\npassed: {} steps, in {:.1} s", result?, time.as_secs_f32());
    Ok(())
}

/// The steps of a full run. The steps in `first` run in order. After them, the lanes `rust` and `elsewhere` run at the
/// same time.
struct Tables {
    first: Vec<&'static Step>,
    rust: Vec<&'static Step>,
    elsewhere: Vec<&'static Step>,
}

impl Tables {
    fn all() -> Self {
        Self {
            first: CHECKS.iter().chain(BUILDS).collect(),
            rust: RUST.iter().collect(),
            elsewhere: ELSEWHERE.iter().collect(),
        }
    }

    /// Returns the steps that are still to be run. Each table starts at its named step. A table without a named step
    /// becomes empty, because all of its steps have passed. But if a step of `first` is named, both lanes run all of
    /// their steps, because lanes start only after `first`.
    fn from(names: &[String]) -> Result<Self> {
        chosen(names)?;
        let rest = |steps: Vec<&'static Step>| -> Vec<_> {
            steps.into_iter().skip_while(|step| names.iter().all(|name| name != step.name)).collect()
        };
        let Self { first, rust, elsewhere } = Self::all();
        let first = rest(first);
        if first.is_empty() {
            return Ok(Self { first, rust: rest(rust), elsewhere: rest(elsewhere) });
        }
        Ok(Self { first, rust, elsewhere })
    }

    fn steps(&self) -> impl Iterator<Item = &'static Step> {
        self.first.iter().chain(&self.rust).chain(&self.elsewhere).copied()
    }
}

/// Runs all steps of the tables, and returns the number of steps. For most of the run, two steps run at the same time.
fn everything(sh: &Shell, tables: Tables) -> Result<usize> {
    plan(sh, &tables);
    let run = || -> Result<()> {
        in_order(sh, &tables.first)?;
        // the tools are installed before the lanes start, because otherwise both lanes would try to install the same
        // things at the same time
        let needs = tables.rust.iter().chain(&tables.elsewhere).flat_map(|step| step.needs);
        needs.into_iter().try_for_each(|requirement| requirement.ensure(sh))?;
        npm_package::install_all(sh)?;
        let lane = |name, steps: &[&Step]| Lane { name, steps: steps.iter().map(|step| step.name).collect() };
        lanes::run(&[lane("rust", &tables.rust), lane("elsewhere", &tables.elsewhere)])
    };
    run().with_context(|| format!("{} resumes this run", resume_command().unwrap_or_default()))?;
    history::end()?;
    Ok(tables.steps().count())
}

/// Prints one line for each step: its name, how long it took in the last run, and the tools that must be installed
/// before it can run.
fn plan(sh: &Shell, tables: &Tables) {
    for step in tables.steps() {
        let last = history::last(step.name).map_or_else(String::new, |time| format!("{:.0} s", time.as_secs_f32()));
        let missing: Vec<_> = step.needs.iter().filter(|need| need.is_missing(sh)).map(|need| need.name()).collect();
        let installs = if missing.is_empty() { String::new() } else { format!("installs {}", missing.join(", ")) };
        println!("{:10} {last:>6}  {installs}", step.name);
    }
}

/// Returns the command that resumes an interrupted run. In each table, the resumed run begins with the first step that
/// has not passed.
fn resume_command() -> Option<String> {
    let Tables { first, rust, elsewhere } = Tables::all();
    let next =
        |steps: &[&'static Step]| steps.iter().find(|step| !history::has_passed(step.name)).map(|step| step.name);
    let names = match next(&first) {
        Some(name) => vec![name],
        None => [next(&rust), next(&elsewhere)].into_iter().flatten().collect(),
    };
    let options: Vec<_> = names.iter().map(|name| format!("--from {name}")).collect();
    (!options.is_empty()).then(|| format!("`cargo xtask test {}`", options.join(" ")))
}

/// Runs the steps one after the other, and stops at the first that fails. Returns the number of steps.
fn in_order(sh: &Shell, steps: &[&Step]) -> Result<usize> {
    for (number, step) in steps.iter().enumerate() {
        println!("\n── {} ({} of {}): {}", step.name, number + 1, steps.len(), step.proves);
        let (result, time) = timed(|| {
            step.needs.iter().try_for_each(|requirement| requirement.ensure(sh))?;
            (step.run)(sh)
        });
        let seconds = time.as_secs_f32();
        if let Err(error) = result {
            eprintln!("\n{error:#}");
            bail!("step `{0}` failed after {seconds:.1} s; to repeat it: `cargo xtask test {0}`", step.name);
        }
        history::passed(step.name, time)?;
        println!("── {} passed in {seconds:.1} s", step.name);
    }
    Ok(steps.len())
}

fn all() -> impl Iterator<Item = &'static Step> {
    CHECKS.iter().chain(CORE).chain(BUILDS).chain(RUST).chain(ELSEWHERE).chain(BY_NAME)
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = names.iter().find(|name| all().all(|step| step.name != **name)) {
        bail!("unknown step `{unknown}`; `cargo xtask test --list` prints all of them");
    }
    Ok(all().filter(|step| names.iter().any(|name| name == step.name)).collect())
}

fn clippy(command: Cmd) -> Result<()> {
    Ok(command.args(["--locked", "--", "-D", "warnings"]).run()?)
}

#[expect(clippy::disallowed_methods, reason = "the duration of a step is only printed; nothing depends on it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(names: &[&str]) -> Result<Vec<&'static str>> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Ok(chosen(&names)?.iter().map(|step| step.name).collect())
    }

    #[test]
    fn steps_run_in_the_order_of_the_tables_and_an_unknown_step_is_an_error() {
        assert_eq!(names(&["docs", "format"]).unwrap(), ["format", "docs"]);
        assert!(names(&["docs", "dcos"]).unwrap_err().to_string().contains("`dcos`"));
    }

    #[test]
    fn a_run_resumes_in_each_lane_or_before_both() {
        let from = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            Tables::from(&names).unwrap().steps().map(|step| step.name).collect::<Vec<_>>()
        };
        assert_eq!(from(&["package", "c-windows"]), ["package", "c-windows", "c-aarch64"]);
        assert_eq!(from(&["c-aarch64"]), ["c-aarch64"]);
        assert!(from(&["wasm"]).starts_with(&["wasm", "tests", "mcp"]) && from(&["wasm"]).ends_with(&["c-aarch64"]));
        assert!(Tables::from(&["dcos".into()]).is_err());
    }

    #[test]
    fn each_step_has_a_name_of_its_own() {
        let unique: BTreeSet<&str> = all().map(|step| step.name).collect();
        assert_eq!(unique.len(), all().count());
    }
}
