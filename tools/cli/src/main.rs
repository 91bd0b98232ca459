//! The `polar-license` command, for scripts and for trying the library out. It has one subcommand for each operation of
//! the library, and one that runs a local Polar on which operations can be tried.
//!
//! ```text
//! main ─► args ─┬► license ─► polar_license::blocking::Client     one operation, one decision, one exit status
//!               ├► portal ──► polar_license::blocking::Portal     restore, devices, buy: by a code from a mail
//!               ├► doctor ──► polar_license::blocking::diagnosis  the cause of a problem, and what to do
//!               ├► serve ───► mock_polar::MockPolar               until interrupted
//!               ├► demo ────► both
//!               ├► mcp ─────► license, doctor, serve                for a coding agent (feature `mcp`)
//!               └► manual                                         completions and manual pages, from args
//! ```
//!
//! The command decides nothing about licenses. It prints only the last six characters of a license key, except that
//! `serve` prints its invented keys in full. It prints no code and no token. It prints an e-mail address only on the
//! terminal where the code is typed.

mod args;
mod demo;
mod doctor;
mod exit;
mod failure;
mod input;
mod license;
mod manual;
#[cfg(feature = "mcp")]
mod mcp;
mod output;
mod portal;
mod serve;
mod show;
mod variables;
mod verbose;

use args::{Args, Task};
use exit::Exit;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Args { common, task } = match args::parse() {
        Ok(args) => args,
        Err(error) => {
            // clap returns help and version as errors, but they are printed on stdout
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Allowed };
            let json = args::usage_error(&error).map_or(Ok(()), |error| output::failure_as_json(&error, None));
            return json.and_then(|()| error.print()).map_or(Exit::Failed, |()| exit).into();
        }
    };
    if common.verbose {
        verbose::log_to_stderr();
    }
    let json = common.json;
    let exit = match task {
        Task::License(operation) => license::run(&common, operation),
        Task::Portal(command) => portal::run(&common, command),
        Task::Doctor { key } => doctor::run(&common, key),
        Task::Serve(options) => serve::run(&options, json),
        #[cfg(feature = "mcp")]
        Task::Mcp => mcp::run(common),
        Task::Demo => demo::run(json),
        Task::Completions(shell) => manual::completions(shell),
        Task::Man { directory } => manual::pages(directory.as_deref()),
    };
    exit.unwrap_or_else(|error| {
        // it is not an error if a reader, such as `head`, stops early
        if error.kind() != io::ErrorKind::BrokenPipe {
            output::error(&error.to_string());
        }
        Exit::Failed
    })
    .into()
}
