//! `cargo xtask`: everything a contributor or CI does to this repository, in one program.
//! Never part of what is shipped, and never reaches further than the package registries.
//!
//! ```text
//! main ── steps (what `test` runs) ── readme, package, c_library, c_package, fetch (local_polar), budget, locks
//!   │       │
//!   └───────┴── requirements (what `setup` installs) ── rust_std, debian, wasm_bindgen
//!                                                 all of them ── process, workspace
//! ```

mod budget;
mod c_library;
mod c_package;
mod debian;
mod fetch;
mod local_polar;
mod locks;
mod package;
mod process;
mod readme;
mod requirements;
mod rust_std;
mod steps;
mod wasm_bindgen;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

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
    Package {
        /// `c`: the C library, with headers, pkg-config file and CMake package
        what: Package,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Package {
    C,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Setup => requirements::set_up(),
        Command::Test { list: true, .. } => {
            steps::list();
            Ok(())
        }
        Command::Package { what: Package::C } => {
            requirements::CARGO_C.ensure().and_then(|()| c_package::package()).map(drop)
        }
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
