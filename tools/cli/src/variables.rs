//! Reads options from environment variables. clap does most of this. But clap does not know that a common option may
//! stand before or after the subcommand, or that a variable without a value counts as absent.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error};

/// Reads the process's arguments and its variables. An option before or after the subcommand wins over its variable.
pub(crate) fn parse(command: Command) -> Result<ArgMatches, Error> {
    let shown = command.mut_args(without_empty).mut_subcommands(|command| command.mut_args(without_empty));
    // variables apply only to the options before the subcommand; otherwise a variable would also set the option after
    // the subcommand, and win over an option before it
    let read = shown.clone().mut_subcommands(|command| command.mut_args(|arg| arg.env(None::<&str>)));
    match read.try_get_matches() {
        Ok(mut matches) => {
            prefer_flags(&mut matches);
            Ok(matches)
        }
        // for the help, the options after the subcommand have their variables as well, so that each text names its
        // variable
        Err(error) if error.kind() == ErrorKind::DisplayHelp => shown.try_get_matches(),
        Err(error) => Err(error),
    }
}

/// Ignores a variable whose value is empty, as it is after `NAME= command` in a shell.
fn without_empty(arg: clap::Arg) -> clap::Arg {
    let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    if is_empty { arg.env(None::<&str>) } else { arg }
}

/// Removes the value that a variable gave to an option before the subcommand, if the option is also given after the
/// subcommand. Otherwise the two lists would be joined, but the list on the command line must replace the variable's
/// list.
fn prefer_flags(matches: &mut ArgMatches) {
    let Some((_, after)) = matches.subcommand() else { return };
    let is_flag = |id: &&clap::Id| after.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    let flags: Vec<clap::Id> = after.ids().filter(is_flag).cloned().collect();
    let is_variable = |matches: &ArgMatches, flag: &clap::Id| {
        matches.ids().any(|id| id == flag) && matches.value_source(flag.as_str()) == Some(ValueSource::EnvVariable)
    };
    for flag in flags {
        if is_variable(matches, &flag) {
            // clearing an option fails only if it is unknown, and this one is known
            let _ = matches.try_clear_id(flag.as_str());
        }
    }
}
