//! The `polar-license` command: the library's operations, one per subcommand, for scripts and for trying things out;
//! and a local Polar to try them on.
//!
//! ```text
//! main ─► args ─┬► license ─► polar_license::blocking::Client     one operation, one decision, one exit status
//!               ├► portal ──► polar_license::blocking::Portal     what a customer does, by a code from a mail
//!               ├► doctor ──► polar_license::blocking::diagnosis  what is wrong, and what to do
//!               ├► serve ───► mock_polar::MockPolar               until interrupted
//!               ├► demo ────► both
//!               └► manual                                         completions and manual pages, from args
//! ```
//!
//! Decides nothing about licenses. Prints no license key beyond its last six characters, except the invented ones that
//! `serve` hands out; and no code, no token, and an e-mail address only to the terminal where the code is typed.

mod args;
mod demo;
mod doctor;
mod exit;
mod failure;
mod input;
mod license;
mod manual;
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
            // help and version are "errors" of clap's that go to stdout
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Allowed };
            let json = args::wrong_usage(&error).map_or(Ok(()), |error| output::failure_as_json(&error, None));
            return json.and_then(|()| error.print()).map_or(Exit::Failed, |()| exit).into();
        }
    };
    if common.verbose {
        verbose::log_to_stderr();
    }
    let json = common.json;
    let exit = match task {
        Task::License(operation) => license::run(common, operation),
        Task::Portal(errand) => portal::run(&common, errand),
        Task::Doctor { key } => doctor::run(&common, key),
        Task::Serve(options) => serve::run(&options, json),
        Task::Demo => demo::run(json),
        Task::Completions(shell) => manual::completions(shell),
        Task::Man { directory } => manual::pages(directory.as_deref()),
    };
    exit.unwrap_or_else(|error| {
        // a reader that stops early, such as `head`, is no error
        if error.kind() != io::ErrorKind::BrokenPipe {
            output::error(&error.to_string());
        }
        Exit::Failed
    })
    .into()
}
