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

/// What some operations add to the decision's members.
#[derive(Default, Serialize)]
struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated: Option<Deactivated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<Feature>,
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
            let extra = Extra { deactivated: Some(deactivated), ..Extra::default() };
            Report { decision, exit: Exit::Allowed, headline: Some(format!("deactivated: {seat}")), extra }
        }
        Operation::Forget => {
            let seat = client.current().license().and_then(|license| license.activation_id);
            let stays =
                |id| format!("forgotten: the seat {id} stays taken until it is removed in Polar's customer portal");
            let headline = seat.map(stays);
            Report { decision: client.forget()?, exit: Exit::Allowed, headline, extra: Extra::default() }
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
    let extra = Extra { feature: Some(Feature { name: feature, allowed, reason }), ..Extra::default() };
    Report { decision, exit: Exit::of_feature(allowed), headline: Some(headline), extra }
}

/// One object: the decision's members, then the others.
fn json(decision: &Decision, extra: &Extra) -> io::Result<String> {
    #[derive(Serialize)]
    struct Members<'a> {
        #[serde(flatten)]
        decision: &'a Decision,
        #[serde(flatten)]
        extra: &'a Extra,
    }
    Ok(serde_json::to_string(&Members { decision, extra })?)
}

impl From<Decision> for Report {
    fn from(decision: Decision) -> Self {
        Self { exit: Exit::of(&decision), decision, headline: None, extra: Extra::default() }
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
