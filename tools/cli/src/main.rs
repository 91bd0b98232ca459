//! The `polar-license` command: the library's operations, one per subcommand, for scripts and for trying things out;
//! and a local Polar to try them on.
//!
//! ```text
//! main ─► args ─┬► license ─► polar_license::blocking::Client     one operation, one decision, one exit status
//!               ├► portal ──► polar_license::blocking::Portal     restore, devices, buy: by a code from a mail
//!               ├► doctor ──► polar_license::blocking::diagnosis  the cause of a problem, and what to do
//!               ├► serve ───► mock_polar::MockPolar               until interrupted
//!               ├► demo ────► both
//!               └► manual                                         completions and manual pages, from args
//! ```
//!
//! Decides nothing about licenses. Prints only the last six characters of a license key, except of the invented keys of
//! `serve`. Prints no code and no token, and an e-mail address only on the terminal where the code is typed.

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
            // to clap, help and version are errors that go to stdout
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
        Task::License(operation) => license::run(common, operation),
        Task::Portal(command) => portal::run(&common, command),
        Task::Doctor { key } => doctor::run(&common, key),
        Task::Serve(options) => serve::run(&options, json),
        Task::Demo => demo::run(json),
        Task::Completions(shell) => manual::completions(shell),
        Task::Man { directory } => manual::pages(directory.as_deref()),
    };
    exit.unwrap_or_else(|error| {
        // a reader that stops early, such as `head`, is not an error
        if error.kind() != io::ErrorKind::BrokenPipe {
            output::error(&error.to_string());
        }
        Exit::Failed
    })
    .into()
}
