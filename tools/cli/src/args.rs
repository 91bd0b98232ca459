//! The command line, and the configuration made from it.

use crate::exit;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use polar_license::{Config, Error, ErrorKind as Kind, Key};
use std::env;
use std::path::PathBuf;

/// What was asked for, with the flags before and after the subcommand in one place.
pub(crate) struct Args {
    pub(crate) common: Common,
    pub(crate) task: Task,
}

pub(crate) enum Task {
    License(Operation),
    Serve(Serve),
    Demo,
}

/// What to do with the license.
pub(crate) enum Operation {
    Activate { key: Option<String>, replace_previous: bool },
    Validate,
    Refresh,
    Status,
    Allows { feature: String },
    Consume { count: u32 },
    Deactivate,
    Forget,
}

/// Which license, and how to treat it. Taken before and after the subcommand.
#[derive(Clone, Default, clap::Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// The id of the organization that sells the keys (Polar's dashboard: Settings, General)
    /// [env: POLAR_LICENSE_ORGANIZATION]
    #[arg(long, value_name = "UUID")]
    organization: Option<String>,

    /// The app's id, such as com.acme.app: each app has a license of its own [default: polar-license-cli]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,

    /// Which Polar to ask: production, sandbox, or the address of another [env: POLAR_LICENSE_ENVIRONMENT]
    /// [default: production]
    #[arg(long, value_name = "NAME|URL")]
    environment: Option<String>,

    /// Accept only keys of this benefit; may be repeated
    #[arg(long = "benefit", value_name = "UUID")]
    benefits: Vec<String>,

    /// A feature, and the benefit that turns it on; may be repeated
    #[arg(long = "feature", value_name = "NAME=BENEFIT", value_parser = feature)]
    features: Vec<(String, String)>,

    /// The directory in which the license is kept [default: the platform's directory for application data]
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) data_dir: Option<PathBuf>,

    /// How long access lasts while Polar cannot be reached, such as 14d [default: 14d]
    #[arg(long, value_name = "DURATION")]
    offline_grace: Option<humantime::Duration>,

    /// How long a confirmation counts as fresh, such as 24h or 10m [default: 24h]
    #[arg(long, value_name = "DURATION")]
    refresh_interval: Option<humantime::Duration>,

    /// How long validate waits at most, such as 10s; activate, consume and deactivate wait 25s longer [default: 10s]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<humantime::Duration>,

    /// Identifies this device, instead of the system's machine id
    #[arg(long, value_name = "TEXT")]
    device_id: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to run the local Polar.
#[derive(clap::Args)]
pub(crate) struct Serve {
    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 8787)]
    pub(crate) port: u16,

    /// Keys to sell, as JSON, instead of the demo keys
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,

    /// Limit requests as Polar does: after the fourth within a second, all are refused for a minute
    #[arg(long)]
    pub(crate) rate_limit: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Reads the process's arguments. The error is to be printed: help, the version, or what is wrong.
pub(crate) fn parse() -> Result<Args, clap::Error> {
    let matches = Line::command().try_get_matches().map_err(|error| without_usage(without_keys(error)))?;
    let Line { before, command } = Line::from_arg_matches(&matches)?;
    let (after, task) = command.split();
    let common = before.with(after).or_from_environment();
    if matches!(task, Task::License(_)) && common.organization.is_none() {
        let message = "missing required option `--organization`; add it, or set POLAR_LICENSE_ORGANIZATION";
        return Err(Line::command().error(ErrorKind::MissingRequiredArgument, message));
    }
    if let Task::License(Operation::Allows { feature }) = &task
        && !common.features.iter().any(|(name, _)| name == feature)
    {
        let message = format!("no feature `{feature}` is configured; add `--feature {feature}=BENEFIT`");
        return Err(Line::command().error(ErrorKind::InvalidValue, message));
    }
    Ok(Args { common, task })
}

/// Activate and check license keys sold through Polar
#[derive(Parser)]
#[command(name = "polar-license", version, after_help = exit::HELP, disable_help_subcommand = true)]
struct Line {
    #[command(flatten)]
    before: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Activate a license key on this device, and remember it
    Activate {
        /// The key; `-` reads it from standard input, so that it is not in the shell's history [default: the stored key]
        key: Option<String>,
        /// If no seat is free, give up the older activation known on this device
        #[arg(long)]
        replace_previous: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Ask Polar about the license
    Validate(Common),
    /// Ask Polar if a check is due; run it when a program starts
    Refresh(Common),
    /// Show the license, without asking Polar
    Status(Common),
    /// Report by the exit status whether a feature is on, without asking Polar
    Allows {
        /// The name of a feature that --feature defines
        feature: String,
        #[command(flatten)]
        common: Common,
    },
    /// Record uses of a key with a usage limit
    Consume {
        /// The number of uses
        #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2_147_483_647))]
        count: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Release the seat and remove the license from this device
    Deactivate(Common),
    /// Remove the license from this device without releasing the seat
    Forget(Common),
    /// Run a local Polar with demo keys, until interrupted (Ctrl-C)
    Serve(Serve),
    /// Show the life of a license on a local Polar
    Demo {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    fn split(self) -> (Common, Task) {
        let of_json = |json| Common { json, ..Common::default() };
        let (common, operation) = match self {
            Self::Activate { key, replace_previous, common } => (common, Operation::Activate { key, replace_previous }),
            Self::Validate(common) => (common, Operation::Validate),
            Self::Refresh(common) => (common, Operation::Refresh),
            Self::Status(common) => (common, Operation::Status),
            Self::Allows { feature, common } => (common, Operation::Allows { feature }),
            Self::Consume { count, common } => (common, Operation::Consume { count }),
            Self::Deactivate(common) => (common, Operation::Deactivate),
            Self::Forget(common) => (common, Operation::Forget),
            Self::Serve(options) => return (of_json(options.json), Task::Serve(options)),
            Self::Demo { json } => return (of_json(json), Task::Demo),
        };
        (common, Task::License(operation))
    }
}

impl Common {
    /// The flags after the subcommand win over those before it; lists grow. (clap's global arguments would drop the
    /// part of a list that stands before the subcommand.)
    fn with(mut self, after: Self) -> Self {
        self.benefits.extend(after.benefits);
        self.features.extend(after.features);
        Self {
            organization: after.organization.or(self.organization),
            app: after.app.or(self.app),
            environment: after.environment.or(self.environment),
            benefits: self.benefits,
            features: self.features,
            data_dir: after.data_dir.or(self.data_dir),
            offline_grace: after.offline_grace.or(self.offline_grace),
            refresh_interval: after.refresh_interval.or(self.refresh_interval),
            timeout: after.timeout.or(self.timeout),
            device_id: after.device_id.or(self.device_id),
            json: self.json || after.json,
        }
    }

    /// Not clap's own, which could not distinguish a flag before the subcommand from a default after it.
    fn or_from_environment(self) -> Self {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            organization: self.organization.or_else(|| variable("POLAR_LICENSE_ORGANIZATION")),
            environment: self.environment.or_else(|| variable("POLAR_LICENSE_ENVIRONMENT")),
            ..self
        }
    }

    /// The library's configuration.
    ///
    /// # Errors
    /// `invalid_config`, with what is wrong.
    pub(crate) fn config(&self) -> Result<Config, Error> {
        let organization = self.organization.as_deref().unwrap_or_default();
        let app = self.app.as_deref().unwrap_or("polar-license-cli");
        let mut config = Config::builder(organization, app).benefits(self.benefits.iter().cloned());
        if let Some(environment) = &self.environment {
            config = config.environment(environment.as_str());
        }
        for (name, benefit) in &self.features {
            config = config.feature(name, [benefit]);
        }
        if let Some(grace) = self.offline_grace {
            config = config.offline_grace(*grace);
        }
        if let Some(interval) = self.refresh_interval {
            config = config.refresh_interval(*interval);
        }
        if let Some(timeout) = self.timeout {
            config = config.timeout(*timeout);
        }
        if let Some(id) = &self.device_id {
            config = config.device_id(id);
        }
        config.build()
    }
}

fn feature(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, benefit)) if !name.is_empty() && !benefit.is_empty() => Ok((name.to_owned(), benefit.to_owned())),
        _ => Err(String::from("write NAME=BENEFIT, such as export=UUID with the benefit's id from Polar's dashboard")),
    }
}

/// What is wrong with the command line, for scripts, if they asked for JSON anywhere in it.
pub(crate) fn wrong_usage(error: &clap::Error) -> Option<Error> {
    if !error.use_stderr() || !env::args_os().any(|argument| argument == "--json") {
        return None;
    }
    let text = error.render().to_string();
    // clap's advice follows after an empty line
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.trim_start_matches("error: ").split_whitespace().collect();
    Some(Error::new(Kind::InvalidConfig, words.join(" ")))
}

/// For an option that does not exist, clap suggests to pass it as a license key, and shows how one would call a command that
/// has only the options given so far.
fn without_usage(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::UnknownArgument {
        error.remove(ContextKind::Suggested);
        error.remove(ContextKind::Usage);
    }
    error
}

/// clap repeats what it did not understand, which may be a license key in the wrong place.
fn without_keys(mut error: clap::Error) -> clap::Error {
    let misplaced = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::ValueValidation => ContextKind::InvalidValue,
        _ => return error,
    };
    if let Some(ContextValue::String(text)) = error.get(misplaced)
        && may_be_key(text)
        && let Ok(key) = Key::parse(text)
    {
        error.insert(misplaced, ContextValue::String(key.to_string()));
    }
    error
}

/// Whether it is neither an option nor a plain word, and too long for a number or a duration.
fn may_be_key(text: &str) -> bool {
    let typical = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    text.len() >= 8 && !text.starts_with('-') && !text.contains('=') && text.contains(typical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Line::command().debug_assert();
    }
}
