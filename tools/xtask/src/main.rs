//! `cargo xtask` is one program for every task that contributors and CI run on this repository. It is never shipped,
//! and connects only to package registries and to test servers on this machine.
//!
//! ```text
//!                main
//!        ┌────────┴──────┐
//!        │              steps
//!        │      ┌────────┴─────────────────────────────────────────────────────┐
//!        │      │   book ── readme · crate_package · budget · locks · layers   │
//!        │      │     ├── html_links ── api_docs                               │
//!        │      │     └── demo_web ── mock_package ── npm_package ── wasm_build│
//!        │      │   js_tests ──┘       npm_check · tauri ──┘                   │
//!   requirements│   fetch · python_package ── local_polar                      │
//!        │      │   bench ── local_polar · npm_package · python_package ·      │
//!        ├──────┤            c_package_check · cli_package                     │
//!        │      │   soak · release ── python_package · tauri                   │
//!        └──────┤   c_library · c_package_check                                │
//!               │             · apple_package ─── c_package ──┬─ archive       │
//!               │   cli_package ──────────────────────────────┼─ licenses      │
//!               │                                             └─ signing       │
//!               │   c_cross ── target                                          │
//!               └────────┬─────────────────────────────────────────────────────┘
//!          tools (built from crates.io) · paths · shell · workspace
//! ```

mod api_docs;
mod apple_package;
mod archive;
mod bench;
mod book;
mod budget;
mod c_cross;
mod c_library;
mod c_package;
mod c_package_check;
mod cli_package;
mod crate_package;
mod demo_web;
mod fetch;
mod html_links;
mod js_tests;
mod languages;
mod layers;
mod licenses;
mod local_polar;
mod locks;
mod manifests;
mod mock_package;
mod npm_check;
mod npm_package;
mod paths;
mod python_package;
mod readme;
mod release;
mod requirements;
mod shell;
mod signing;
mod soak;
mod steps;
mod target;
mod tauri;
mod tools;
mod wasm_build;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use c_package::Variant;
use clap::{Parser, Subcommand};
use steps::Selection;
use target::Target;
use xshell::Shell;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Sets up, tests and packages this repository")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install the missing tools for building and testing the repository
    Setup,
    /// Run every test, check and lint, after installing what they need
    Test {
        /// Run only these steps
        #[arg(value_name = "STEP")]
        steps: Vec<String>,
        /// Run the steps that need no installation beyond Rust: format, lints, library, scenarios, model, command
        #[arg(long, conflicts_with = "steps")]
        quick: bool,
        /// Resume an interrupted run at this step; to resume both lanes, name a step of each
        ///
        /// A full run first runs a group of steps in order, and then two lanes at the same time. If you name a step of
        /// the first group, both lanes run in full. Otherwise a lane runs only if you name one of its steps. A failed
        /// run prints the command that resumes it.
        #[arg(long, value_name = "STEP", conflicts_with_all = ["steps", "quick"])]
        from: Vec<String>,
        /// List the steps and what each of them proves
        #[arg(long)]
        list: bool,
    },
    /// Search for unknown bugs: fail system calls, kill processes, cut the power, fuzz
    Soak {
        /// The approximate duration
        #[arg(long, default_value_t = 20)]
        minutes: u32,
    },
    /// Measure what the packages cost an app, beside the alternatives, and write a report into target/bench
    Bench {
        /// Measure only this figure; may be repeated
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
        /// Write the report into BENCHMARKS.md too
        #[arg(long, conflicts_with = "only")]
        keep: bool,
    },
    /// Serve a demonstration for a browser: an app with the license dialog, controls for a local Polar, and a list of
    /// the library's decisions
    DemoWeb {
        /// Write the page into this folder, for any static file server, instead of serving it
        #[arg(long = "static", value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Build the book and the reference of the npm package into target/book
    Docs,
    /// Build a package for release into target/package
    #[command(subcommand)]
    Package(Package),
    /// Check that a version can be published, and write its release notes; this publishes nothing
    Release {
        /// The tag of the version, such as v0.1.0
        tag: String,
    },
}

#[derive(Subcommand)]
enum Package {
    /// The C library, with headers, pkg-config file and CMake package
    C {
        /// Build without HTTP and TLS, for apps that have a network stack of their own
        #[arg(long)]
        without_http: bool,
        /// Build for another system, given as a target triple of rustc
        #[arg(long, value_name = "TRIPLE")]
        target: Option<String>,
        /// Pack an archive, build and run the examples with it, and write SHA256SUMS
        #[arg(long)]
        archive: bool,
    },
    /// An archive of the command `polar-license` with completions and manual pages, and SHA256SUMS
    Cli {
        /// Build for another system, given as a target triple of rustc
        #[arg(long, value_name = "TRIPLE")]
        target: Option<String>,
    },
    /// The XCFramework for Swift packages and Xcode, as an archive, and SHA256SUMS; needs macOS
    Apple,
    /// The manifests for Homebrew, Scoop and winget, and the Swift package; needs the archives of all targets
    Manifests,
    /// SHA256SUMS of all archives in target/package/archives, including archives that another machine made
    Sums,
    /// The npm packages of the client and of the local Polar
    Npm,
    /// The Python package: wheels and the source distribution
    Python {
        /// Build only the wheel for this machine, which needs no cross compiler
        #[arg(long)]
        this_machine: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let sh = &shell::new()?;
    match command {
        Command::Setup => requirements::set_up(sh),
        Command::Test { list: true, .. } => {
            steps::list();
            Ok(())
        }
        Command::Test { quick: true, .. } => steps::test(sh, &Selection::Quick),
        Command::Test { from, .. } if !from.is_empty() => steps::test(sh, &Selection::From(from)),
        Command::Test { steps, .. } if !steps.is_empty() => steps::test(sh, &Selection::Named(steps)),
        Command::Test { .. } => steps::test(sh, &Selection::Everything),
        Command::Soak { minutes } => soak::run(sh, minutes),
        Command::Bench { only, keep } => bench::run(sh, &only, keep),
        Command::DemoWeb { folder } => {
            requirements::NPM_PACKAGE.iter().try_for_each(|requirement| requirement.ensure(sh))?;
            match folder {
                Some(folder) => demo_web::write(sh, &std::path::absolute(folder)?),
                None => demo_web::run(sh),
            }
        }
        Command::Docs => {
            requirements::MDBOOK.ensure(sh)?;
            requirements::NPM_PACKAGE.iter().try_for_each(|requirement| requirement.ensure(sh))?;
            book::build(sh)
        }
        Command::Package(what) => package(sh, what),
        Command::Release { tag } => release::check(&tag),
    }
}

/// Installs the tools that are needed to build the package, and builds the package.
fn package(sh: &Shell, what: Package) -> Result<()> {
    match what {
        Package::C { without_http, target, archive } => {
            [&requirements::OPENSSL, &requirements::CARGO_C]
                .iter()
                .try_for_each(|requirement| requirement.ensure(sh))?;
            if archive {
                requirements::CMAKE.ensure(sh)?;
            }
            let variant = if without_http { Variant::OwnTransport } else { Variant::Full };
            let target = Target::named(sh, target.as_deref())?;
            if archive {
                c_package_check::checked_archive(sh, variant, &target)
            } else {
                c_package::package(sh, variant, &target).map(drop)
            }
        }
        Package::Cli { target } => {
            requirements::CMAKE.ensure(sh)?;
            cli_package::package(sh, &Target::named(sh, target.as_deref())?)
        }
        Package::Apple => {
            [&requirements::CMAKE, &requirements::CARGO_C].iter().try_for_each(|requirement| requirement.ensure(sh))?;
            apple_package::package(sh)
        }
        Package::Sums => {
            requirements::CMAKE.ensure(sh)?;
            archive::checksums(sh)
        }
        Package::Manifests => {
            requirements::CMAKE.ensure(sh)?;
            manifests::package(sh)
        }
        Package::Npm => {
            requirements::NPM_PACKAGE.iter().try_for_each(|requirement| requirement.ensure(sh))?;
            npm_package::package(sh)?;
            mock_package::package(sh).map(drop)
        }
        Package::Python { this_machine } => {
            requirements::PYTHON_WITH_PIP.ensure(sh)?;
            requirements::PYTHON_TOOLS.ensure(sh)?;
            if this_machine {
                return python_package::package_for_this_machine(sh);
            }
            requirements::ARM_STD.ensure(sh)?;
            python_package::package(sh)
        }
    }
}
