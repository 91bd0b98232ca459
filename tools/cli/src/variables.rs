//! Reads options from environment variables. clap does most of this, but does not know two rules: a common option may
//! stand before or after the subcommand, and a variable without a value counts as absent.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error, Id};

/// Reads the process's arguments and environment variables. An option on the command line wins over its variable,
/// whether the option stands before or after the subcommand.
///
/// In `command`, only the options before the subcommand may have variables. A variable of an option after the
/// subcommand would win over the same option before the subcommand. `with_help` returns the command from which the help
/// is printed.
pub(crate) fn parse(command: Command, with_help: fn() -> Command) -> Result<ArgMatches, Error> {
    match hidden(command).try_get_matches() {
        Ok(mut matches) => {
            prefer_flags(&mut matches);
            Ok(matches)
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelp => with_help().try_get_matches(),
        Err(error) => Err(error),
    }
}

/// Hides the values of variables from the help, because they may be secret, or too long for a line. Ignores a variable
/// that is set to an empty value, for example by `NAME= command` in a shell.
pub(crate) fn hidden(command: Command) -> Command {
    command.mut_args(|arg| {
        let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if is_empty { arg.env(None::<&str>) } else { arg.hide_env_values(true) }
    })
}

/// If an option is also given after the subcommand, removes the value that the option got from its variable, because an
/// option that may be repeated would keep both values.
fn prefer_flags(matches: &mut ArgMatches) {
    let Some((_, after)) = matches.subcommand() else { return };
    let is_flag = |id: &&Id| after.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    let flags: Vec<Id> = after.ids().filter(is_flag).cloned().collect();
    let is_variable = |matches: &ArgMatches, flag: &Id| {
        matches.ids().any(|id| id == flag) && matches.value_source(flag.as_str()) == Some(ValueSource::EnvVariable)
    };
    for flag in flags {
        if is_variable(matches, &flag) {
            // this fails only if the option is unknown, and this option is known
            let _ = matches.try_clear_id(flag.as_str());
        }
    }
}
