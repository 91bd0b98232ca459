//! Reads options from environment variables. clap does most of it, but does not know that a common option may stand before
//! or after the subcommand, and that a variable without a value counts as absent.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error};

/// Reads the process's arguments and variables. An option on either side of the subcommand wins over its variable.
pub(crate) fn parse(command: Command) -> Result<ArgMatches, Error> {
    let shown = command.mut_args(without_empty).mut_subcommands(|command| command.mut_args(without_empty));
    // a variable fills the option before the subcommand only: after it, it would win over one before
    let read = shown.clone().mut_subcommands(|command| command.mut_args(|arg| arg.env(None::<&str>)));
    match read.try_get_matches() {
        Ok(mut matches) => {
            prefer_flags(&mut matches);
            Ok(matches)
        }
        // the help names the variables on both sides
        Err(error) if error.kind() == ErrorKind::DisplayHelp => shown.try_get_matches(),
        Err(error) => Err(error),
    }
}

/// Ignores a variable that is set to nothing, as `NAME= command` in a shell does.
fn without_empty(arg: clap::Arg) -> clap::Arg {
    let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    if is_empty { arg.env(None::<&str>) } else { arg }
}

/// Drops the variables of options that are given after the subcommand. Lists grow from one side of the subcommand to the
/// other, but not from a variable to an option.
fn prefer_flags(matches: &mut ArgMatches) {
    let Some((_, after)) = matches.subcommand() else { return };
    let is_flag = |id: &&clap::Id| after.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    let flags: Vec<clap::Id> = after.ids().filter(is_flag).cloned().collect();
    let is_variable = |matches: &ArgMatches, flag: &clap::Id| {
        matches.ids().any(|id| id == flag) && matches.value_source(flag.as_str()) == Some(ValueSource::EnvVariable)
    };
    for flag in flags {
        if is_variable(matches, &flag) {
            // an option that is known cannot fail to be cleared
            let _ = matches.try_clear_id(flag.as_str());
        }
    }
}
