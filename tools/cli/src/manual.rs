//! Generates completions and manual pages from the description of the command line.

use crate::exit::Exit;
use crate::{args, output};
use clap_complete::Shell;
use std::path::Path;
use std::{fs, io};

/// Prints a script with which the shell completes the words of this command.
pub(crate) fn completions(shell: Shell) -> io::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "polar-license", &mut script);
    print(&script)
}

/// Prints the manual page of the command. If a directory is given, writes files to this directory instead: one page for
/// the command, and one for each subcommand.
pub(crate) fn pages(directory: Option<&Path>) -> io::Result<Exit> {
    match directory {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(in_full()).render(&mut page)?;
            print(&page)
        }
        Some(directory) => {
            let failed = |error: io::Error| {
                io::Error::new(error.kind(), format!("could not write to `{}`: {error}", directory.display()))
            };
            fs::create_dir_all(directory)
                .and_then(|()| clap_mangen::generate_to(in_full(), directory))
                .map_err(failed)?;
            Ok(Exit::Allowed)
        }
    }
}

/// Returns the command with all options visible, because clap_mangen would leave out the texts of options that `-h`
/// does not list.
fn in_full() -> clap::Command {
    let listed = |arg: clap::Arg| arg.hide_short_help(false);
    let mut command = args::command();
    // `build` adds the common options to the subcommands
    command.build();
    command.mut_args(listed).mut_subcommands(|command| command.mut_args(listed))
}

fn print(text: &[u8]) -> io::Result<Exit> {
    output::print(String::from_utf8_lossy(text).trim_end())?;
    Ok(Exit::Allowed)
}
