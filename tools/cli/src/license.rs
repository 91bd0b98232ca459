//! One operation of the library, one decision, one exit status.

use crate::args::{Common, Operation};
use crate::exit::Exit;
use crate::{output, show};
use polar_license::blocking::{ActivateOptions, Client};
use polar_license::engine::Deactivated;
use polar_license::{Decision, Error};
use std::io::{self, BufRead, IsTerminal, Read};

/// How an operation came out.
struct Answer {
    decision: Decision,
    exit: Exit,
    /// What the decision does not say, for people.
    headline: Option<String>,
}

/// Runs the operation and prints what came of it.
pub(crate) fn run(common: Common, mut operation: Operation) -> io::Result<Exit> {
    if let Operation::Activate { key: Some(key), .. } = &mut operation
        && key == "-"
    {
        *key = key_from_stdin()?;
    }
    match operate(&common, operation) {
        Ok(Answer { decision, exit, headline }) => {
            let headline = headline.map(|line| line + "\n").unwrap_or_default();
            output::print(&if common.json { decision.to_json() } else { headline + &show::text(&decision) })?;
            Ok(exit)
        }
        Err(error) => {
            output::complain(&error.to_string());
            if common.json {
                output::print(&error.to_json())?;
            } else if let Some(decision) = error.decision() {
                output::print(&show::text(decision))?;
            }
            Ok(Exit::of_error(&error))
        }
    }
}

fn operate(common: &Common, operation: Operation) -> Result<Answer, Error> {
    let mut builder = Client::builder(common.config()?);
    if let Some(directory) = &common.cache_dir {
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
        Operation::Allows { feature } => allows(client.current(), &feature),
        Operation::Consume { count } => client.consume(count)?.into(),
        Operation::Deactivate => {
            let seat = match client.deactivate()? {
                Deactivated::Released => "the seat is free again",
                Deactivated::Unknown => "Polar knows no such seat any more",
                Deactivated::NotNeeded => "the license took no seat",
            };
            Answer { decision: client.current(), exit: Exit::Allowed, headline: Some(format!("deactivated: {seat}")) }
        }
        Operation::Forget => {
            let seat = client.current().license().and_then(|license| license.activation_id);
            let stays =
                |id| format!("forgotten: the seat {id} stays taken until it is removed in Polar's customer portal");
            Answer { decision: client.forget()?, exit: Exit::Allowed, headline: seat.map(stays) }
        }
    })
}

fn allows(decision: Decision, feature: &str) -> Answer {
    let on = decision.allows(feature);
    if !decision.features().any(|(name, _)| name == feature) {
        output::note(&format!("warning: no such feature is configured; add --feature {feature}=BENEFIT"));
    }
    let headline = format!("{feature}: {}", if on { "on" } else { "off" });
    Answer { decision, exit: Exit::yes_or_no(on), headline: Some(headline) }
}

impl From<Decision> for Answer {
    fn from(decision: Decision) -> Self {
        Self { exit: Exit::of(&decision), decision, headline: None }
    }
}

/// The first line, which a person types or a file holds.
fn key_from_stdin() -> io::Result<String> {
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
