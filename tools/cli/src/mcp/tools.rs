//! The tools, as a table, and their arguments. Each tool answers with text: the output of the command with `--json`, or
//! a message that says why the arguments are wrong.

use super::local_polar::{LocalPolar, Steering};
use crate::args::{self, AppOptions, Common, Operation, Serve};
use crate::{doctor, failure, license};
use polar_license::{Error, ErrorKind};
use rmcp::handler::server::tool::schema_for_input;
use rmcp::model::{JsonObject, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// The answer of a tool. If the tool failed, `Err` holds the text that describes the failure.
pub(super) type Answer = Result<String, String>;

/// A tool: its description for the agent, and its function.
pub(super) struct Tool {
    pub(super) name: &'static str,
    description: &'static str,
    effect: Effect,
    arguments: fn() -> JsonObject,
    call: fn(&Tools, JsonObject) -> Answer,
}

/// The effect of a tool outside this process.
#[derive(Clone, Copy)]
enum Effect {
    /// The tool reads files and settings on this computer, and does not ask Polar.
    Reads,
    /// The tool reads files and settings on this computer, and asks Polar.
    Asks,
    /// The tool changes the local Polar, which holds only invented data.
    ChangesLocalPolar,
}

pub(super) const TOOLS: [Tool; 6] = [
    Tool {
        name: "status",
        description: "Shows the license of the app on this computer: the state, whether access is allowed, the reason, \
                      the next step, the features, the sentence for the user. Does not ask Polar. Use it to see \
                      what the app sees.",
        effect: Effect::Reads,
        arguments: only::<AppOptions>,
        call: |tools, arguments| tools.license(read(arguments)?, Operation::Status),
    },
    Tool {
        name: "explain",
        description: "Says why a feature of the app is on or off, with the sentence for the user and the next step. \
                      Does not ask Polar. Use it if a gate is closed and you expected it to be open, or the reverse.",
        effect: Effect::Reads,
        arguments: only::<Explain>,
        call: |tools, arguments| {
            let Explain { feature, app } = read(arguments)?;
            tools.license(app, Operation::Allows { feature })
        },
    },
    Tool {
        name: "doctor",
        description: "Finds out why licensing does not work on this computer: checks settings, storage, network, proxy, \
                      certificates and clock, and gives advice for each fault. Asks Polar once, without a license key.",
        effect: Effect::Asks,
        arguments: only::<AppOptions>,
        call: |tools, arguments| tools.doctor(read(arguments)?, None),
    },
    Tool {
        name: "why_refused",
        description: "Finds out why a license key was refused: asks Polar whether it knows the key in this \
                      organization, whether the key is revoked, disabled or expired, and whether it belongs to the \
                      sandbox instead of production or to a benefit that the app does not accept. If the key is good, \
                      all its seats may be taken. Makes the checks of `doctor` too. Takes no seat. The answer \
                      does not repeat the key. A customer's key is secret: rather than ask for it, let the user run \
                      `polar-license doctor -` in a terminal.",
        effect: Effect::Asks,
        arguments: only::<WhyRefused>,
        call: |tools, arguments| {
            let WhyRefused { key, app } = read(arguments)?;
            tools.doctor(app, Some(&key))
        },
    },
    Tool {
        name: "start_local_polar",
        description: "Starts a local Polar on 127.0.0.1, with invented keys, for tests without an account. Give its \
                      `url` to the app as `environment`, and its `organization` and the ids of its `benefits` too. It runs \
                      until this server ends. A local Polar that was started before is stopped. Besides \
                      `steer_local_polar`, it has an HTTP interface below `/_mock`, for the app's own tests.",
        effect: Effect::ChangesLocalPolar,
        arguments: only::<Serve>,
        call: |tools, arguments| tools.local.start(&read(arguments)?),
    },
    Tool {
        name: "steer_local_polar",
        description: "Changes the local Polar that `start_local_polar` started: adds and changes keys, sets faults such \
                      as a broken network, advances its clock, switches the version of Polar's API. Carries out the given \
                      changes in the order of the arguments, and shows the keys, seats and faults afterwards. Without \
                      arguments it only shows them.",
        effect: Effect::ChangesLocalPolar,
        arguments: only::<Steering>,
        call: |tools, arguments| tools.local.steer(&read(arguments)?),
    },
];

/// Returns a schema that allows the arguments in `T`, and no others.
fn only<T: JsonSchema + 'static>() -> JsonObject {
    // an error is impossible, because it would mean that the schema describes no object, and `T` is a struct
    let mut schema = schema_for_input::<T>().map(Arc::unwrap_or_clone).unwrap_or_default();
    schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    schema
}

/// The arguments of `explain`.
#[derive(Deserialize, JsonSchema)]
struct Explain {
    /// The name of the feature
    feature: String,
    #[serde(flatten)]
    app: AppOptions,
}

/// The arguments of `why_refused`.
#[derive(Deserialize, JsonSchema)]
struct WhyRefused {
    /// The license key that was refused
    key: String,
    #[serde(flatten)]
    app: AppOptions,
}

impl Tool {
    /// Returns the description of the tool in the form that the protocol defines.
    pub(super) fn describe(&self) -> rmcp::model::Tool {
        let hints = ToolAnnotations::new();
        let hints = match self.effect {
            Effect::Reads => hints.read_only(true).open_world(false),
            Effect::Asks => hints.read_only(true).open_world(true),
            Effect::ChangesLocalPolar => hints.read_only(false).destructive(false).open_world(false),
        };
        rmcp::model::Tool::new(self.name, self.description, (self.arguments)()).with_annotations(hints)
    }

    /// Returns the first argument that the tool does not know. This check is needed, because serde would ignore such an
    /// argument.
    fn unknown<'a>(&self, arguments: &'a JsonObject) -> Option<&'a String> {
        let schema = (self.arguments)();
        let known = schema.get("properties").and_then(Value::as_object)?;
        arguments.keys().find(|name| !known.contains_key(*name))
    }
}

/// Everything that the tools share.
pub(super) struct Tools {
    /// The options that the user gave when starting the server.
    common: Common,
    local: LocalPolar,
}

impl Tools {
    pub(super) fn new(common: Common) -> Self {
        Self { common, local: LocalPolar::default() }
    }

    pub(super) fn call(&self, tool: &Tool, arguments: JsonObject) -> Answer {
        match tool.unknown(&arguments) {
            Some(name) => Err(args::mask_input(&format!("`{name}` is not an argument of {}", tool.name))),
            None => (tool.call)(self, arguments),
        }
    }

    fn license(&self, app: AppOptions, operation: Operation) -> Answer {
        let common = self.common_with(app);
        let feature = if let Operation::Allows { feature } = &operation { Some(feature.as_str()) } else { None };
        let report = match common.app.missing(feature) {
            Some((_, message)) => Err(Error::new(ErrorKind::InvalidConfig, message)),
            None => license::report(&common, operation),
        };
        match report {
            Ok(report) => report.json().map_err(|error| error.to_string()),
            Err(error) => Err(failure::json(&error, error.decision()).unwrap_or_default()),
        }
    }

    fn doctor(&self, app: AppOptions, key: Option<&str>) -> Answer {
        let findings = doctor::examine(&self.common_with(app), key);
        doctor::report::json(&findings).map_err(|error| error.to_string())
    }

    /// Returns the options for one call. An argument wins over an option with which the server was started.
    fn common_with(&self, app: AppOptions) -> Common {
        let mut common = self.common.clone();
        common.app = common.app.with(app);
        common
    }
}

/// Reads the arguments. The error does not repeat a value that may be a license key.
fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, String> {
    let wrong = |error: serde_json::Error| args::mask_input(&format!("the arguments are wrong: {error}"));
    serde_json::from_value(Value::Object(arguments)).map_err(wrong)
}
