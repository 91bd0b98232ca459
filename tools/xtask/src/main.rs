//! `cargo xtask`: everything a contributor or CI does to this repository, in one program.
//! It is never shipped, and it connects to nothing but package registries, and test servers on this machine.
//!
//! ```text
//!                main
//!        ┌────────┴──────┐
//!        │              steps
//!        │      ┌────────┴─────────────────────────────────────────────────────┐
//!        │      │   book ── readme · crate_package · budget · locks · layers   │
//!        │      │   npm_check · js_tests · mock_package ── npm_package         │
//!        │      │                                 └── wasm_build               │
//!   requirements│   fetch ── local_polar · soak                                │
//!        └──────┤   c_library · c_package · c_cross                            │
//!               └────────┬─────────────────────────────────────────────────────┘
//!              tools (built from crates.io) · shell · workspace
//! ```

mod book;
mod budget;
mod c_cross;
mod c_library;
mod c_licenses;
mod c_package;
mod crate_package;
mod fetch;
mod js_tests;
mod languages;
mod layers;
mod local_polar;
mod locks;
mod mock_package;
mod npm_check;
mod npm_package;
mod readme;
mod requirements;
mod shell;
mod soak;
mod steps;
mod tools;
mod wasm_build;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use c_package::Variant;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Sets up, tests and packages this repository")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check for the tools that building and testing need, and install the missing ones
    Setup,
    /// Run every test, check and lint, after installing what they need
    Test {
        /// Only these steps
        #[arg(value_name = "STEP")]
        steps: Vec<String>,
        /// List the steps and what each one proves
        #[arg(long)]
        list: bool,
    },
    /// Look for what nobody thought of: fail system calls, kill, cut the power, fuzz
    Soak {
        /// About how long
        #[arg(long, default_value_t = 20)]
        minutes: u32,
    },
    /// Build the book, in target/book
    Docs,
    /// Build a package for release, in target/package
    #[command(subcommand)]
    Package(Package),
}

#[derive(Subcommand)]
enum Package {
    /// The C library, with headers, pkg-config file and CMake package
    C {
        /// For apps that have a network stack: without HTTP and TLS
        #[arg(long)]
        without_http: bool,
    },
    /// The npm packages: the client's, and the local Polar's
    Npm,
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
        Command::Test { steps, .. } => steps::test(sh, &steps),
        Command::Soak { minutes } => soak::run(sh, minutes),
        Command::Docs => {
            requirements::MDBOOK.ensure(sh)?;
            book::build(sh)
        }
        Command::Package(Package::C { without_http }) => {
            requirements::OPENSSL.ensure(sh)?;
            requirements::CARGO_C.ensure(sh)?;
            c_package::package(sh, if without_http { Variant::OwnTransport } else { Variant::Full }).map(drop)
        }
        Command::Package(Package::Npm) => {
            requirements::NPM_PACKAGE.iter().try_for_each(|requirement| requirement.ensure(sh))?;
            npm_package::package(sh)?;
            mock_package::package(sh).map(drop)
        }
    }
}
