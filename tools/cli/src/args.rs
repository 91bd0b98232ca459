//! The command line, and the configuration that the client gets from it.

pub(crate) mod portal;

use crate::{exit, variables};
use clap::builder::{Resettable, ValueHint};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use mock_polar::ApiVersion;
use polar_license::{Config, Error, ErrorKind as Kind, Key, Value};
use portal::{Buyer, Choices, OneKey, PortalCommand};
use std::env;
use std::path::PathBuf;

/// The parsed command line. The options before the subcommand are merged with those after it.
pub(crate) struct Args {
    pub(crate) common: Common,
    pub(crate) task: Task,
}

pub(crate) enum Task {
    License(Operation),
    Portal(PortalCommand),
    Doctor {
        key: Option<String>,
    },
    Serve(Serve),
    #[cfg(feature = "mcp")]
    Mcp,
    Demo,
    Completions(Shell),
    Man {
        directory: Option<PathBuf>,
    },
}

/// An operation on the license.
pub(crate) enum Operation {
    Activate {
        key: Option<String>,
        replace_previous: bool,
    },
    Validate,
    Refresh,
    Status,
    Allows {
        feature: String,
    },
    Consume {
        count: u32,
    },
    Deactivate,
    Forget,
    StartTrial,
    /// Write a request for a license, on a computer without a network.
    Request,
    /// Answer the request of a computer without a network.
    Answer {
        request: String,
        key: String,
    },
    Import {
        answer: String,
    },
    /// Give back the license of a computer without a network, or release its seat with the text that was printed there.
    Return {
        text: Option<String>,
    },
}

/// Options that select the license. The tools of `mcp` accept them as arguments, which then apply to one call.
#[derive(Clone, Default, clap::Args)]
#[cfg_attr(feature = "mcp", derive(serde::Deserialize, schemars::JsonSchema), serde(default))]
pub(crate) struct AppOptions {
    /// The id of the organization that sells the keys
    ///
    /// In Polar's dashboard: Settings, General.
    #[arg(long, value_name = "UUID", env = "POLAR_LICENSE_ORGANIZATION")]
    pub(crate) organization: Option<String>,

    /// The app's id, such as com.acme.app [default: polar-license-cli]
    ///
    /// Each app has a license of its own on a device. Give the id of your app to look at its license.
    #[arg(id = "app", long = "app", value_name = "NAME", env = "POLAR_LICENSE_APP")]
    #[cfg_attr(feature = "mcp", serde(rename = "app"))]
    id: Option<String>,

    /// production, sandbox, or an address [default: production]
    ///
    /// The server to ask. The sandbox has keys, organizations and benefits of its own.
    #[arg(long, value_name = "NAME|URL", env = "POLAR_LICENSE_ENVIRONMENT")]
    pub(crate) environment: Option<String>,

    /// The directory of the license [default: the user's app data]
    ///
    /// The default is the same as for an app that sets no directory: polar-license in ~/.local/share or $XDG_DATA_HOME,
    /// in ~/Library/Application Support, or in %LOCALAPPDATA%.
    #[arg(long, value_name = "DIRECTORY", value_hint = ValueHint::DirPath, env = "POLAR_LICENSE_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// A feature and the id of a benefit that turns it on; may be repeated
    ///
    /// If several benefits turn on the same feature, repeat the option for each benefit. A comma separates several
    /// features.
    #[arg(
        long = "feature",
        value_name = "NAME=BENEFIT",
        value_parser = feature,
        value_delimiter = ',',
        env = "POLAR_LICENSE_FEATURES"
    )]
    #[cfg_attr(
        feature = "mcp",
        serde(deserialize_with = "features"),
        schemars(with = "Vec<String>", description = "The features, each as NAME=BENEFIT")
    )]
    features: Vec<(String, String)>,
}

/// Options that select the license and configure the client. On the command line, they may stand before or after the
/// subcommand.
#[derive(Clone, Default, clap::Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) app: AppOptions,

    /// Accept only keys of this benefit; may be repeated
    ///
    /// A comma separates several benefits.
    #[arg(
        long = "benefit",
        value_name = "UUID",
        value_delimiter = ',',
        hide_short_help = true,
        env = "POLAR_LICENSE_BENEFITS"
    )]
    benefits: Vec<String>,

    /// A condition that Polar stores with an activation and compares at every validate; may be repeated
    ///
    /// A whole number is a number, true and false are booleans, and everything else is a string. To give a number, true
    /// or false as a string, put it in double quotes, and keep the shell from removing them. A comma separates several
    /// conditions, even inside of quotes. Give all conditions that the app sets.
    #[arg(
        long = "condition",
        value_name = "NAME=VALUE",
        value_parser = condition,
        value_delimiter = ',',
        hide_short_help = true,
        env = "POLAR_LICENSE_CONDITIONS"
    )]
    conditions: Vec<(String, Value)>,

    /// The secret that the app seals its license with
    ///
    /// Give the secret that the app uses, and none if it uses none. Otherwise its license counts as tampered with.
    /// Other users of this machine can see the arguments of a program, so prefer the variable.
    #[arg(long, value_name = "TEXT", hide_short_help = true, env = "POLAR_LICENSE_APP_SECRET")]
    app_secret: Option<String>,

    /// A secret that earlier versions of the app used; may be repeated
    ///
    /// An empty text stands for versions without a secret. The variable may have several lines, with a secret in each.
    #[arg(
        long = "previous-app-secret",
        value_name = "TEXT",
        hide_short_help = true,
        env = "POLAR_LICENSE_PREVIOUS_APP_SECRETS"
    )]
    previous_app_secrets: Vec<String>,

    /// The app's own id for this device, instead of the system's machine id
    #[arg(long, value_name = "TEXT", hide_short_help = true, env = "POLAR_LICENSE_DEVICE_ID")]
    device_id: Option<String>,

    /// How long access lasts without a confirmation by Polar [default: 14d]
    #[arg(long, value_name = "DURATION", hide_short_help = true, env = "POLAR_LICENSE_OFFLINE_GRACE")]
    offline_grace: Option<humantime::Duration>,

    /// How many days a license is valid on a computer that is never online [default: not permitted]
    #[arg(long, value_name = "DAYS", hide_short_help = true, env = "POLAR_LICENSE_AIR_GAP_DAYS")]
    air_gap_days: Option<u32>,

    /// The number of days for which people can try the app before they buy a license [default: no trial]
    #[arg(long, value_name = "DAYS", hide_short_help = true, env = "POLAR_LICENSE_TRIAL_DAYS")]
    trial_days: Option<u32>,

    /// A feature that the trial includes; may be repeated [default: all features]
    ///
    /// A comma separates several features.
    #[arg(
        long = "trial-feature",
        value_name = "NAME",
        value_delimiter = ',',
        hide_short_help = true,
        env = "POLAR_LICENSE_TRIAL_FEATURES"
    )]
    trial_features: Vec<String>,

    /// The page on which people can buy or renew a license
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, hide_short_help = true, env = "POLAR_LICENSE_PURCHASE_URL")]
    purchase_url: Option<String>,

    /// How long a confirmation counts as fresh [default: 24h]
    #[arg(long, value_name = "DURATION", hide_short_help = true, env = "POLAR_LICENSE_REFRESH_INTERVAL")]
    refresh_interval: Option<humantime::Duration>,

    /// The longest time that validate waits [default: 10s]
    ///
    /// activate, consume and deactivate wait up to 25s longer, because a lost answer can cost a seat.
    #[arg(long, value_name = "DURATION", hide_short_help = true, env = "POLAR_LICENSE_TIMEOUT")]
    timeout: Option<humantime::Duration>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Log requests and replies to stderr, without license keys
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// The options of the local Polar. The `mcp` tool that starts a local Polar takes the same options as arguments.
#[derive(clap::Args)]
#[cfg_attr(feature = "mcp", derive(serde::Deserialize, schemars::JsonSchema), serde(default))]
pub(crate) struct Serve {
    /// The port on 127.0.0.1; 0 takes any free port
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub(crate) port: u16,

    /// A JSON file with the initial keys, instead of the demo keys
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) seed: Option<PathBuf>,

    /// Limit requests as Polar does
    ///
    /// For example, three license requests within a second are allowed. The fourth is refused, and so is every further
    /// request for a minute. Codes, purchases and other requests have other limits.
    #[arg(long)]
    pub(crate) rate_limit: bool,

    /// The API version for requests that name none: 2026-04, 2026-10 or 2027-01
    #[arg(long, value_name = "VERSION", default_value_t, value_parser = api_version)]
    #[cfg_attr(feature = "mcp", serde(deserialize_with = "known_version"), schemars(with = "String"))]
    pub(crate) api_version: ApiVersion,

    /// Print one JSON object
    #[arg(long)]
    #[cfg_attr(feature = "mcp", serde(skip))]
    json: bool,
}

const DEFAULT_PORT: u16 = 8787;

impl Default for Serve {
    fn default() -> Self {
        Self { port: DEFAULT_PORT, seed: None, rate_limit: false, api_version: ApiVersion::default(), json: false }
    }
}

/// Parses the process's arguments. Returns an error if the command line is wrong. Also returns an error if the user
/// asks for the help or the version, because clap reports these texts as errors. The caller must print the error.
pub(crate) fn parse() -> Result<Args, clap::Error> {
    let matches =
        variables::parse(CommandLine::command(), command).map_err(|error| without_usage(without_secrets(error)))?;
    let CommandLine { before, command } = CommandLine::from_arg_matches(&matches)?;
    let (After(after), task) = command.split();
    let common = before.with(after);
    let feature = if let Task::License(Operation::Allows { feature }) = &task { Some(feature.as_str()) } else { None };
    if matches!(task, Task::License(_) | Task::Portal(_))
        && let Some((kind, message)) = common.app.missing(feature)
    {
        return Err(CommandLine::command().error(kind, message));
    }
    Ok(Args { common, task })
}

/// Returns the description of the command line, from which help, manual pages and completions are generated.
pub(crate) fn command() -> clap::Command {
    let with_variables = |command: clap::Command| command.defer(|command| variables::hidden(After::describe(command)));
    let of_license = |command: clap::Command| match command.get_name() {
        "serve" | "demo" | "completions" | "man" => command,
        "mcp" => with_variables(command),
        "doctor" => with_variables(command).after_help(exit::DOCTOR_HELP),
        _ => with_variables(command).after_long_help(exit::HELP),
    };
    variables::hidden(CommandLine::command()).mut_subcommands(of_license)
}

/// Activate and check license keys sold through Polar
///
/// By default, the command is an app of its own, with the app id polar-license-cli. To look at the license of your app,
/// give the organization, the app id and the environment that the app uses. If the app sets a data directory, a device
/// id, an app secret or conditions, give these too.
///
/// Each common option that has a value can also be set by an environment variable. An option wins over its variable.
#[derive(Parser)]
#[command(name = "polar-license", version, after_help = exit::HELP, disable_help_subcommand = true, term_width = 80)]
struct CommandLine {
    #[command(flatten)]
    before: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Activate a license key on this device, and remember it
    Activate {
        /// The key [default: the stored one]; `-` reads it from standard input
        ///
        /// A key read from standard input is not in the shell's history.
        key: Option<String>,
        /// If no seat is free, release the older seat of this key that this device knows of
        #[arg(long)]
        replace_previous: bool,
        #[command(flatten)]
        common: After,
    },
    /// Ask Polar about the license
    Validate(After),
    /// Ask Polar, but only when a check is due; run it when a program starts
    Refresh(After),
    /// Show the license, without asking Polar
    Status(After),
    /// Report by the exit status whether a feature is on
    ///
    /// Does not ask Polar.
    Allows {
        /// The name of a feature that --feature defines
        feature: String,
        #[command(flatten)]
        common: After,
    },
    /// Record uses of a key with a usage limit
    Consume {
        /// The number of uses
        #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2_147_483_647))]
        count: u32,
        #[command(flatten)]
        common: After,
    },
    /// Release the seat and remove the license from this device
    Deactivate(After),
    /// Remove the license from this device without releasing the seat
    Forget(After),
    /// Start the trial of this device
    ///
    /// Needs --trial-days. A device has one trial. Sends nothing.
    StartTrial(After),
    /// Print a request for a license, on a computer that is never online
    ///
    /// Take the text to a computer with a network, and run `answer` there. The text contains no license key. Needs
    /// --air-gap-days and --app-secret.
    Request(After),
    /// Answer the request of a computer that is never online
    ///
    /// Activates the key for that computer, and prints the text to import there. The text contains the license key.
    Answer {
        /// The request; `-` reads it from standard input
        request: String,
        /// The key; `-` reads it from the first line of standard input
        key: String,
        #[command(flatten)]
        common: After,
    },
    /// Import the answer to the request of this computer
    Import {
        /// The answer; `-` reads it from standard input
        answer: String,
        #[command(flatten)]
        common: After,
    },
    /// Give back the license of a computer that is never online
    ///
    /// Without TEXT, removes the license from this computer, and prints a text that contains its key. Run the same
    /// command with this text on a computer with a network to release the seat.
    Return {
        /// The text that the other computer printed; `-` reads it from standard input
        text: Option<String>,
        #[command(flatten)]
        common: After,
    },
    /// Restore a lost license with a code sent by e-mail
    ///
    /// For a customer who has lost the license key or has another computer. Polar mails a code to the e-mail address of
    /// the purchase. With this code, the license key is activated on this device. If no seat is free, the devices are
    /// listed, and one of them can be released.
    Restore {
        #[command(flatten)]
        choices: Choices,
        #[command(flatten)]
        buyer: Buyer,
        #[command(flatten)]
        common: After,
    },
    /// List the devices of the customer's license keys
    ///
    /// Polar mails a code to the e-mail address of the purchase. `release` releases one of the devices.
    Devices {
        #[command(flatten)]
        key: OneKey,
        #[command(flatten)]
        buyer: Buyer,
        #[command(flatten)]
        common: After,
    },
    /// Release the seat of a device, such as a lost computer
    ///
    /// Polar mails a code to the e-mail address of the purchase.
    Release {
        /// The device's label, or a part of it [default: asked for]
        ///
        /// A single argument that is an e-mail address counts as EMAIL. With --code-sent, a single argument always
        /// counts as the label.
        device: Option<String>,
        #[command(flatten)]
        key: OneKey,
        #[command(flatten)]
        buyer: Buyer,
        #[command(flatten)]
        common: After,
    },
    /// Replace a license key that somebody else knows
    ///
    /// Polar mails a code to the e-mail address of the purchase. The old key stops working at once, on all devices of
    /// the customer. `restore` gives each of them the new key. The license of this device continues.
    Rotate {
        /// Confirm: the old key stops working at once, on all devices
        #[arg(long, required = true)]
        yes: bool,
        #[command(flatten)]
        key: OneKey,
        #[command(flatten)]
        buyer: Buyer,
        #[command(flatten)]
        common: After,
    },
    /// Accept an invitation to a team, and activate its license key
    ///
    /// The key comes a moment later; the command waits up to five minutes for it.
    Claim {
        /// The link in the mail, or its token; `-` reads it from standard input
        #[arg(value_name = "TOKEN")]
        invitation: Option<String>,
        #[command(flatten)]
        choices: Choices,
        #[command(flatten)]
        common: After,
    },
    /// Buy through the vendor's checkout link, and activate the license key
    ///
    /// Prints on stderr the address to open in a browser, and waits until the purchase is completed there. Then Polar
    /// mails a code to the buyer. The command reads the code from the terminal, or from the first line of standard
    /// input.
    Buy {
        /// The link, such as https://buy.polar.sh/polar_cl_...
        link: String,
        /// The time to wait for the purchase
        #[arg(long, value_name = "DURATION", default_value = "30m")]
        within: humantime::Duration,
        /// The customer's name or number, if several customers have the buyer's address
        #[arg(long, value_name = "NAME")]
        customer: Option<String>,
        #[command(flatten)]
        common: After,
    },
    /// Find out what is wrong: network, clock, storage, settings
    ///
    /// Asks Polar once, without a license key. Its output can be pasted into a bug report: it has no license key and
    /// no user's name; a path in it is shown in full, but with ~ for the home directory, and USER for the user's name.
    /// It takes no seat and changes no license.
    Doctor {
        /// Check this key as well; `-` reads it from standard input
        ///
        /// Without a key, Polar does not say whether the organization is right. If Polar does not know the key, the
        /// command also asks its other environment (the sandbox, or production).
        key: Option<String>,
        #[command(flatten)]
        common: After,
    },
    /// Run a local Polar with demo keys, until interrupted (Ctrl-C)
    Serve(Serve),
    /// Let a coding agent look at licenses and use a local Polar (MCP)
    ///
    /// A server of the Model Context Protocol on standard input and output, which the agent starts. Its tools show the
    /// license, say why a feature is on or off, run `doctor`, find out why a key was refused, and run a local Polar.
    /// They show no license key, and take and release no seat.
    #[cfg(feature = "mcp")]
    Mcp(After),
    /// Show the life of a license on a local Polar
    Demo {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print completions for a shell
    ///
    /// For bash: polar-license completions bash > ~/.local/share/bash-completion/completions/polar-license
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write those of all subcommands
    Man {
        /// Write a page for each subcommand into this directory
        #[arg(value_hint = ValueHint::DirPath)]
        directory: Option<PathBuf>,
    },
}

impl Command {
    fn split(self) -> (After, Task) {
        let of_json = |json| After(Common { json, ..Common::default() });
        let (common, operation) = match self {
            Self::Activate { key, replace_previous, common } => (common, Operation::Activate { key, replace_previous }),
            Self::Validate(common) => (common, Operation::Validate),
            Self::Refresh(common) => (common, Operation::Refresh),
            Self::Status(common) => (common, Operation::Status),
            Self::Allows { feature, common } => (common, Operation::Allows { feature }),
            Self::Consume { count, common } => (common, Operation::Consume { count }),
            Self::Deactivate(common) => (common, Operation::Deactivate),
            Self::Forget(common) => (common, Operation::Forget),
            Self::StartTrial(common) => (common, Operation::StartTrial),
            Self::Request(common) => (common, Operation::Request),
            Self::Answer { request, key, common } => (common, Operation::Answer { request, key }),
            Self::Import { answer, common } => (common, Operation::Import { answer }),
            Self::Return { text, common } => (common, Operation::Return { text }),
            Self::Restore { choices, buyer, common } => {
                return (common, Task::Portal(PortalCommand::Restore { buyer, choices }));
            }
            Self::Devices { key, buyer, common } => {
                return (common, Task::Portal(PortalCommand::Devices { buyer, key }));
            }
            Self::Release { device, key, mut buyer, common } => {
                let device = buyer.address_or_label(device);
                return (common, Task::Portal(PortalCommand::Release { device, buyer, key }));
            }
            // clap has already required `--yes`
            Self::Rotate { yes: _, key, buyer, common } => {
                return (common, Task::Portal(PortalCommand::Rotate { buyer, key }));
            }
            Self::Claim { invitation, choices, common } => {
                return (common, Task::Portal(PortalCommand::Claim { invitation, choices }));
            }
            Self::Buy { link, within, customer, common } => {
                return (common, Task::Portal(PortalCommand::Buy { link, within: within.into(), customer }));
            }
            Self::Doctor { key, common } => return (common, Task::Doctor { key }),
            Self::Serve(options) => return (of_json(options.json), Task::Serve(options)),
            #[cfg(feature = "mcp")]
            Self::Mcp(common) => return (common, Task::Mcp),
            Self::Demo { json } => return (of_json(json), Task::Demo),
            Self::Completions { shell } => return (After::default(), Task::Completions(shell)),
            Self::Man { directory } => return (After::default(), Task::Man { directory }),
        };
        (common, Task::License(operation))
    }
}

/// The common options that stand after the subcommand. Unlike those before it, they do not read environment variables;
/// [`variables::parse`] says why. They are added only to the subcommand that is called. Adding them to every subcommand
/// would take longer than all other work of `status`.
#[derive(Default)]
struct After(Common);

impl After {
    /// Adds the common options, with their variables, to the description of a subcommand.
    fn describe(command: clap::Command) -> clap::Command {
        // clap would replace the subcommand's description with the description of `Common`
        let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
        <Common as clap::Args>::augment_args(command)
            .about(Resettable::from(about))
            .long_about(Resettable::from(long_about))
    }
}

impl clap::Args for After {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.defer(|command| Self::describe(command).mut_args(|arg| arg.env(None::<&str>)))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for After {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Common::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl AppOptions {
    /// Returns an error if `--organization` is missing, which every operation on the license needs. `feature` is the
    /// feature that the user asks about, if there is one. Also returns an error if no `--feature` defines this feature.
    pub(crate) fn missing(&self, feature: Option<&str>) -> Option<(ErrorKind, String)> {
        if self.organization.is_none() {
            let message = "missing required option `--organization`; add it, or set POLAR_LICENSE_ORGANIZATION";
            return Some((ErrorKind::MissingRequiredArgument, message.to_owned()));
        }
        let unknown = feature.filter(|feature| !self.features.iter().any(|(name, _)| name == feature))?;
        let unknown = masked(unknown).unwrap_or_else(|| unknown.to_owned());
        let message = format!("no feature `{unknown}` is configured; add `--feature {unknown}=BENEFIT`");
        Some((ErrorKind::InvalidValue, message))
    }

    /// Merges `after` into these options. If both set an option, the value in `after` wins. The features of both are
    /// kept.
    pub(crate) fn with(mut self, after: Self) -> Self {
        self.features.extend(after.features);
        Self {
            organization: after.organization.or(self.organization),
            id: after.id.or(self.id),
            environment: after.environment.or(self.environment),
            data_dir: after.data_dir.or(self.data_dir),
            features: self.features,
        }
    }
}

impl Common {
    /// Merges the options after the subcommand into the options before it. If both have a value for an option, the
    /// later one wins. Lists are joined. (clap's global arguments would drop the part of a list that stands before the
    /// subcommand.)
    fn with(mut self, after: Self) -> Self {
        self.benefits.extend(after.benefits);
        self.conditions.extend(after.conditions);
        self.previous_app_secrets.extend(after.previous_app_secrets);
        self.trial_features.extend(after.trial_features);
        Self {
            app: self.app.with(after.app),
            benefits: self.benefits,
            conditions: self.conditions,
            app_secret: after.app_secret.or(self.app_secret),
            previous_app_secrets: self.previous_app_secrets,
            device_id: after.device_id.or(self.device_id),
            offline_grace: after.offline_grace.or(self.offline_grace),
            air_gap_days: after.air_gap_days.or(self.air_gap_days),
            trial_days: after.trial_days.or(self.trial_days),
            trial_features: self.trial_features,
            purchase_url: after.purchase_url.or(self.purchase_url),
            refresh_interval: after.refresh_interval.or(self.refresh_interval),
            timeout: after.timeout.or(self.timeout),
            json: self.json || after.json,
            verbose: self.verbose || after.verbose,
        }
    }

    /// Returns `true` if the options permit licenses for computers without a network.
    pub(crate) fn permits_air_gap(&self) -> bool {
        self.air_gap_days.is_some()
    }

    /// Builds the library's configuration from the options.
    ///
    /// # Errors
    /// Fails with `invalid_config` if a setting is wrong. The error names the setting.
    pub(crate) fn config(&self) -> Result<Config, Error> {
        let AppOptions { organization, id, environment, data_dir: _, features } = &self.app;
        let organization = organization.as_deref().unwrap_or_default();
        let app = id.as_deref().unwrap_or("polar-license-cli");
        let mut config = Config::builder(organization, app).benefits(self.benefits.iter().cloned());
        // The library's own sentence says that the license works until the app ends. This command ends at once, so it
        // uses another sentence.
        config = config.text("also.until_exit", "The next command will not find the license.");
        if let Some(environment) = environment {
            config = config.environment(environment.as_str());
        }
        for (name, benefit) in features {
            config = config.feature(name, [benefit]);
        }
        for (name, value) in &self.conditions {
            config = config.condition(name, value.clone());
        }
        if let Some(secret) = &self.app_secret {
            config = config.app_secret(secret);
        }
        for secret in self.previous_app_secrets.iter().flat_map(|secrets| secrets_of(secrets)) {
            config = config.previous_app_secret(secret);
        }
        if let Some(grace) = self.offline_grace {
            config = config.offline_grace(*grace);
        }
        if let Some(days) = self.air_gap_days {
            config = config.air_gap_days(days);
        }
        if let Some(days) = self.trial_days {
            config = config.trial_days(days);
        }
        for feature in &self.trial_features {
            config = config.trial_feature(feature);
        }
        if let Some(url) = &self.purchase_url {
            config = config.purchase_url(url);
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

/// Returns the secrets in the value of an option or a variable: one in each line. An empty value is an empty secret. An
/// empty line is none, because a line break at the end must not have the meaning of an empty secret.
fn secrets_of(value: &str) -> impl Iterator<Item = &str> {
    let empty = value.is_empty().then_some(value);
    empty.into_iter().chain(value.lines().filter(|line| !line.is_empty()))
}

/// Parses an API version. Accepts only the versions that mock-polar supports.
fn api_version(text: &str) -> Result<ApiVersion, String> {
    let known = ApiVersion::KNOWN.map(|version| version.to_string());
    match ApiVersion::KNOWN.into_iter().find(|version| version.to_string() == text) {
        Some(version) => Ok(version),
        None => Err(format!("use one of {}", known.join(", "))),
    }
}

/// Parses the API version that an agent has passed to a tool. Accepts the same versions as [`api_version`].
#[cfg(feature = "mcp")]
fn known_version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ApiVersion, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    api_version(&text).map_err(serde::de::Error::custom)
}

/// Parses the features that an agent has passed to a tool. Each of them has the form that [`feature`] parses.
#[cfg(feature = "mcp")]
fn features<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    let texts: Vec<String> = serde::Deserialize::deserialize(deserializer)?;
    texts.iter().map(|text| feature(text).map_err(serde::de::Error::custom)).collect()
}

fn feature(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, benefit)) if !name.is_empty() && !benefit.is_empty() => Ok((name.to_owned(), benefit.to_owned())),
        _ => Err(String::from("write NAME=BENEFIT, such as export=UUID with the benefit's id from Polar's dashboard")),
    }
}

/// Parses a condition. Reads a whole number, a boolean and a quoted string as JSON. Everything else is a string.
fn condition(text: &str) -> Result<(String, Value), String> {
    let advice = || String::from("write NAME=VALUE, such as region=eu");
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(advice)?;
    let value = match serde_json::from_str(value) {
        Ok(serde_json::Value::Bool(value)) => value.into(),
        Ok(serde_json::Value::String(value)) => value.into(),
        Ok(serde_json::Value::Number(number)) => number.as_i64().map_or_else(|| value.into(), Value::from),
        Ok(serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_)) | Err(_) => {
            value.into()
        }
    };
    Ok((name.to_owned(), value))
}

/// Converts clap's error about a wrong command line to an error of the library, which is printed as JSON. Returns
/// `None` if the command line does not contain `--json`, or if the user only asked for the help or the version.
pub(crate) fn usage_error(error: &clap::Error) -> Option<Error> {
    if !error.use_stderr() || !env::args_os().any(|argument| argument == "--json") {
        return None;
    }
    let text = error.render().to_string();
    // keep the text before the first empty line; clap's advice follows it
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.trim_start_matches("error: ").split_whitespace().collect();
    Some(Error::new(Kind::InvalidConfig, words.join(" ")))
}

/// Removes clap's advice about an unknown option. The advice suggests passing the option as a license key, and shows
/// the command's usage with only the options typed so far.
fn without_usage(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::UnknownArgument {
        error.remove(ContextKind::Suggested);
        error.remove(ContextKind::Usage);
    }
    error
}

/// Masks the argument that clap repeats in its error. The user may have typed a license key, an e-mail address, a code
/// or a token in the wrong place.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    let misplaced = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::ValueValidation | ErrorKind::TooManyValues | ErrorKind::InvalidValue => ContextKind::InvalidValue,
        _ => return error,
    };
    let Some(ContextValue::String(text)) = error.get(misplaced) else { return error };
    if let Some(shown) = masked(text) {
        error.insert(misplaced, ContextValue::String(shown));
    }
    error
}

/// Masks the parts of a message that may be secrets. Looks only at texts in backticks or quotation marks, because a
/// message always quotes the user's input.
pub(crate) fn mask_input(message: &str) -> String {
    let mask = |message: String, mark: &str| {
        let parts = message.split(mark).enumerate();
        let shown = parts.map(|(index, part)| match masked(part) {
            Some(masked) if index % 2 == 1 => masked,
            Some(_) | None => part.to_owned(),
        });
        shown.collect::<Vec<_>>().join(mark)
    };
    ["`", "\""].into_iter().fold(message.to_owned(), mask)
}

/// Returns the masked form of a text that may be a secret in the wrong place. Returns `None` if the text may be shown.
fn masked(text: &str) -> Option<String> {
    if may_be_customer_data(text) {
        return Some(String::from("****"));
    }
    Key::parse(text).ok().filter(|_| may_be_key(text)).map(|key| key.to_string())
}

/// Returns `true` if a text may be an e-mail address, a token, a URL that contains a token, or a code of six letters
/// and digits.
fn may_be_customer_data(text: &str) -> bool {
    let typical = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    let is_code = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && text.contains(typical);
    is_code || text.contains('@') || text.starts_with("polar_") || text.contains("token=")
}

/// Returns `true` if a text may be a license key. Returns `false` for an option, a plain word, and a text as short as a
/// number or a duration.
fn may_be_key(text: &str) -> bool {
    let typical = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    text.len() >= 8 && !text.starts_with('-') && !text.contains('=') && text.contains(typical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn the_help_lists_the_options_that_each_subcommand_takes() {
        let options = |mut command: clap::Command| {
            command.build();
            let ids =
                |command: &clap::Command| command.get_arguments().map(|arg| arg.get_id().clone()).collect::<Vec<_>>();
            command.get_subcommands().map(|command| (command.get_name().to_owned(), ids(command))).collect::<Vec<_>>()
        };
        assert_eq!(options(command()), options(CommandLine::command()));
    }
}
