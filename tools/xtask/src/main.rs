//! `cargo xtask`: everything a contributor or CI does to this repository, in one program.
//! Never part of what is shipped, and never reaches further than the package registries.

mod debian;
mod process;
mod requirements;
mod rust_std;
mod workspace;

use std::process::ExitCode;

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
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Setup => requirements::set_up(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
