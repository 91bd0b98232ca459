//! `cargo xtask`: everything a contributor or CI does to this repository, in one program.
//! Never part of what is shipped, and never reaches further than the package registries.
//!
//! ```text
//! main ── steps (what `test` runs) ── readme, package, fetch, c_library, c_package, c_cross, npm_check, js_tests, budget, locks
//!   │       │                             │                                    └── npm_package ── wasm_build
//!   │       │                             └── local_polar
//!   └───────┴── requirements (what `setup` installs) ── rust_std, std_source, debian, wasm_bindgen
//!                                                 all of them ── process, workspace
//! ```

mod budget;
mod c_cross;
mod c_library;
mod c_package;
mod debian;
mod fetch;
mod js_tests;
mod local_polar;
mod locks;
mod npm_check;
mod npm_package;
mod package;
mod process;
mod readme;
mod requirements;
mod rust_std;
mod std_source;
mod steps;
mod wasm_bindgen;
mod wasm_build;
mod workspace;

use std::process::ExitCode;

use c_package::Variant;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Set-up and tests of this repository")]
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
        /// Say which steps there are and what each one proves
        #[arg(long)]
        list: bool,
    },
    /// Build what is shipped, into target/package
    #[command(subcommand)]
    Package(Package),
}

#[derive(Subcommand)]
enum Package {
    /// The C library, with headers, pkg-config file and CMake package
    C {
        /// For apps that have a network stack: without HTTP and TLS, and as small as it gets
        #[arg(long)]
        without_http: bool,
    },
    /// The npm package
    Npm,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Setup => requirements::set_up(),
        Command::Test { list: true, .. } => {
            steps::list();
            Ok(())
        }
        Command::Package(Package::C { without_http }) => {
            let variant = if without_http { Variant::OwnTransport } else { Variant::Full };
            requirements::CARGO_C.ensure().and_then(|()| c_package::package(variant)).map(drop)
        }
        Command::Package(Package::Npm) => npm_package::NEEDS
            .iter()
            .try_for_each(|requirement| requirement.ensure())
            .and_then(|()| npm_package::package())
            .map(drop),
        Command::Test { steps, .. } => steps::test(&steps),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
