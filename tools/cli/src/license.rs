//! One operation of the library, one decision, one exit status.

use crate::args::{Common, Operation};
use crate::exit::Exit;
use crate::{output, show};
use polar_license::blocking::{ActivateOptions, Client, Deactivation};
use polar_license::{Deactivated, Decision, Error, OffReason};
use serde::Serialize;
use std::io::{self, BufRead, IsTerminal, Read};

/// The result of an operation.
struct Report {
    decision: Decision,
    exit: Exit,
    /// What the decision does not show, for people.
    headline: Option<String>,
    /// The same for scripts.
    extra: Extra,
}

/// What some operations tell besides the decision.
enum Extra {
    Nothing,
    Deactivated(Deactivated),
    Feature(Feature),
}

/// Whether a feature is on.
#[derive(Serialize)]
struct Feature {
    name: String,
    allowed: bool,
    /// Why it is off.
    reason: Option<OffReason>,
}

/// Runs the operation and prints its result.
pub(crate) fn run(common: Common, mut operation: Operation) -> io::Result<Exit> {
    if let Operation::Activate { key: Some(key), .. } = &mut operation
        && key == "-"
    {
        *key = key_from_stdin()?;
    }
    match operate(&common, operation) {
        Ok(Report { decision, exit, headline, extra }) => {
            let headline = headline.map(|line| line + "\n").unwrap_or_default();
            output::print(&if common.json { json(&decision, &extra)? } else { headline + &show::text(&decision) })?;
            Ok(exit)
        }
        Err(error) => {
            output::error(&error.to_string());
            if common.json {
                output::print(&error.to_json())?;
            } else if let Some(decision) = error.decision() {
                output::print(&show::text_after(&error, decision))?;
            }
            Ok(Exit::of_error(&error))
        }
    }
}

fn operate(common: &Common, operation: Operation) -> Result<Report, Error> {
    let mut builder = Client::builder(common.config()?);
    if let Some(directory) = &common.data_dir {
        builder = builder.directory(directory);
    }
    let client = builder.open()?;
    Ok(match operation {
        Operation::Activate { key, replace_previous } => {
            let options = ActivateOptions::new().replace_previous(replace_previous);
            let options = match key {
                Some(key) => options.key(key),
                None => options,
            };
            client.activate_with(options)?.into()
        }
        Operation::Validate => client.validate().into(),
        Operation::Refresh => client.refresh().into(),
        Operation::Status => client.current().into(),
        Operation::Allows { feature } => allows(client.current(), feature),
        Operation::Consume { count } => client.consume(count)?.into(),
        Operation::Deactivate => {
            let Deactivation { decision, deactivated, .. } = client.deactivate()?;
            let seat = match deactivated {
                Deactivated::Released => "the seat is free again",
                Deactivated::Unknown => "Polar knows no such seat any more",
                Deactivated::NotNeeded => "the license took no seat",
                other => other.as_str(),
            };
            let extra = Extra::Deactivated(deactivated);
            Report { decision, exit: Exit::Allowed, headline: Some(format!("deactivated: {seat}")), extra }
        }
        Operation::Forget => {
            let seat = client.current().license().and_then(|license| license.activation_id);
            let stays =
                |id| format!("forgotten: the seat {id} stays taken until it is removed in Polar's customer portal");
            let headline = seat.map(stays);
            Report { decision: client.forget()?, exit: Exit::Allowed, headline, extra: Extra::Nothing }
        }
    })
}

fn allows(decision: Decision, feature: String) -> Report {
    let why = decision.explain(&feature);
    let headline = match why.reason() {
        None => format!("{feature}: on"),
        Some(_) => format!("{feature}: off. {}", why.message()),
    };
    let (allowed, reason) = (why.allowed(), why.reason());
    let extra = Extra::Feature(Feature { name: feature, allowed, reason });
    Report { decision, exit: Exit::of_feature(allowed), headline: Some(headline), extra }
}

/// One object: the decision's members, then what became of the seat; or the feature, and the decision inside, so that there
/// is one `allowed` at the top at most.
fn json(decision: &Decision, extra: &Extra) -> io::Result<String> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Members<'a> {
        Decision(&'a Decision),
        Deactivated {
            #[serde(flatten)]
            decision: &'a Decision,
            deactivated: Deactivated,
        },
        Feature {
            feature: &'a Feature,
            license: &'a Decision,
        },
    }
    let members = match extra {
        Extra::Nothing => Members::Decision(decision),
        Extra::Deactivated(deactivated) => Members::Deactivated { decision, deactivated: *deactivated },
        Extra::Feature(feature) => Members::Feature { feature, license: decision },
    };
    Ok(serde_json::to_string(&members)?)
}

impl From<Decision> for Report {
    fn from(decision: Decision) -> Self {
        Self { exit: Exit::of(&decision), decision, headline: None, extra: Extra::Nothing }
    }
}

/// The first line of standard input, typed or from a file.
pub(crate) fn key_from_stdin() -> io::Result<String> {
    const FAR_MORE_THAN_A_KEY: u64 = 64 * 1024;
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        output::note("Enter the license key:");
    }
    let mut line = String::new();
    let read = stdin.take(FAR_MORE_THAN_A_KEY).read_line(&mut line);
    let unreadable = |error: io::Error| {
        io::Error::new(error.kind(), format!("the license key could not be read from standard input: {error}"))
    };
    read.map(|_| line).map_err(unreadable)
}
