//! Runs one operation of the library, and prints the decision that applies after the operation.

use crate::args::{Common, Operation};
use crate::exit::Exit;
use crate::input::Input;
use crate::{output, show};
use polar_license::blocking::{ActivateOptions, Client, Deactivation};
use polar_license::{Deactivated, Decision, Error, Explanation};
use serde::Serialize;
use std::io;

/// The result of an operation.
pub(crate) struct Report {
    pub(crate) decision: Decision,
    pub(crate) exit: Exit,
    /// A line for people about a result that the decision does not contain, such as a released seat.
    pub(crate) headline: Option<String>,
    /// An additional result, as members of the JSON for scripts.
    pub(crate) extra: Extra,
}

/// A result that some operations return in addition to the decision.
pub(crate) enum Extra {
    Nothing,
    Deactivated(Deactivated),
    /// The seat that stays taken after `forget`. `None` if the forgotten license had no seat.
    TakenSeat(Option<String>),
    Feature(Feature),
    /// The new key after a replacement. Only its last six characters are shown.
    NewKey(String),
    /// A text for another computer. The command prints nothing else on stdout, so that the output can be written to a
    /// file.
    Text(String),
}

/// Whether a feature is on.
#[derive(Serialize)]
pub(crate) struct Feature {
    name: String,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Runs the operation and prints its result.
pub(crate) fn run(common: Common, operation: Operation) -> io::Result<Exit> {
    let is_activation = matches!(operation, Operation::Activate { .. });
    match report(&common, operation) {
        Ok(report) => print(&report, common.json),
        Err(error) if is_activation && error.maybe_applied() => fail_before(&error, None, common.json, FIND_SEAT),
        Err(error) => fail(&error, common.json),
    }
}

/// Runs the operation. Prints nothing.
pub(crate) fn report(common: &Common, operation: Operation) -> Result<Report, Error> {
    operate(&open(common)?, operation)
}

/// The advice that is given if Polar's answer to an activation was lost.
const FIND_SEAT: &str = "run `polar-license restore`, which uses the seat if one was taken";

/// Opens the client, configured by the options.
pub(crate) fn open(common: &Common) -> Result<Client, Error> {
    let mut builder = Client::builder(common.config()?);
    if let Some(directory) = &common.app.data_dir {
        builder = builder.directory(directory);
    }
    builder.open()
}

/// Prints the result of an operation.
pub(crate) fn print(report: &Report, as_json: bool) -> io::Result<Exit> {
    if let (Extra::Text(text), false) = (&report.extra, as_json) {
        report.headline.iter().for_each(|line| output::note(line));
        output::print(text)?;
        return Ok(report.exit);
    }
    let headline = report.headline.iter().map(|line| format!("{line}\n")).collect::<String>();
    output::print(&if as_json { report.json()? } else { headline + &show::text(&report.decision) })?;
    Ok(report.exit)
}

/// Prints the error of an operation.
pub(crate) fn fail(error: &Error, as_json: bool) -> io::Result<Exit> {
    fail_before(error, None, as_json, show::again(error))
}

/// Prints the error of an operation, and the decision in the error. If the error contains no decision, the JSON and the
/// exit status use `license` instead. `again` is the advice on how to repeat the operation after the cause of the error
/// has been removed.
pub(crate) fn fail_before(error: &Error, license: Option<&Decision>, as_json: bool, again: &str) -> io::Result<Exit> {
    output::failure(error);
    if as_json {
        output::failure_as_json(error, license)?;
    } else if let Some(decision) = error.decision() {
        output::print(&show::text_after(error, decision, again))?;
    }
    Ok(Exit::of_error(error, license))
}

fn operate(client: &Client, operation: Operation) -> Result<Report, Error> {
    Ok(match operation {
        Operation::Activate { key, replace_previous } => {
            let options = ActivateOptions::new().replace_previous(replace_previous);
            let options = match key {
                Some(key) => options.key(read_key(key)?),
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
            Report::deactivated(decision, "deactivated", deactivated)
        }
        Operation::Forget => {
            let seat = client.current().license().and_then(|license| license.activation_id).map(|id| id.to_string());
            let stays =
                |id| format!("forgotten: the seat {id} stays taken until it is removed in Polar's customer portal");
            let headline = seat.as_ref().map(stays);
            Report { decision: client.forget()?, exit: Exit::Allowed, headline, extra: Extra::TakenSeat(seat) }
        }
        Operation::StartTrial => client.start_trial()?.into(),
        Operation::Request => {
            let text = client.offline_request()?;
            let headline = "take this text to a computer with a network, and run `polar-license answer` there";
            Report::text(client.current(), headline, text)
        }
        Operation::Answer { request, key } => {
            let request = read_text(request, "Request:")?;
            let answer = client.offline_answer(&request, &read_key(key)?)?;
            if let Some(problem) = answer.decision.problem() {
                output::note(&show::problem(problem));
            }
            Report::text(answer.decision, "import this text on the computer of the request", answer.text)
        }
        Operation::Import { answer } => client.offline_import(&read_text(answer, "Answer:")?)?.into(),
        Operation::Return { text: Some(text) } => {
            let Deactivation { decision, deactivated, .. } = client.offline_release(&read_text(text, "Return:")?)?;
            Report::deactivated(decision, "returned", deactivated)
        }
        Operation::Return { text: None } => {
            let returned = client.offline_return()?;
            match returned.text {
                Some(text) => {
                    let headline = "run `polar-license return` with this text on a computer with a network";
                    Report::text(returned.decision, headline, text)
                }
                None => Report::deactivated(returned.decision, "returned", Deactivated::NotNeeded),
            }
        }
    })
}

fn allows(decision: Decision, feature: String) -> Report {
    let why = decision.explain(&feature);
    let headline = match why.reason() {
        None => format!("{feature}: on"),
        Some(_) => format!("{feature}: off. {}", why.message()),
    };
    let exit = Exit::of_feature(why.allowed());
    let extra = Extra::Feature(Feature { name: feature, explanation: why });
    Report { decision, exit, headline: Some(headline), extra }
}

impl Report {
    /// Returns one JSON object, with the members of the decision and then those of the additional result. For a report
    /// about a feature, the object has one member for each of the two parts instead, because both have a member named
    /// `allowed`.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Members<'a> {
            Decision(&'a Decision),
            Deactivated {
                #[serde(flatten)]
                decision: &'a Decision,
                deactivated: Deactivated,
            },
            #[serde(rename_all = "camelCase")]
            TakenSeat {
                #[serde(flatten)]
                decision: &'a Decision,
                taken_seat: Option<&'a str>,
            },
            Feature {
                feature: &'a Feature,
                license: &'a Decision,
            },
            #[serde(rename_all = "camelCase")]
            NewKey {
                #[serde(flatten)]
                decision: &'a Decision,
                new_key: &'a str,
            },
            Text {
                #[serde(flatten)]
                decision: &'a Decision,
                text: &'a str,
            },
        }
        let decision = &self.decision;
        let members = match &self.extra {
            Extra::Nothing => Members::Decision(decision),
            Extra::Deactivated(deactivated) => Members::Deactivated { decision, deactivated: *deactivated },
            Extra::TakenSeat(taken_seat) => Members::TakenSeat { decision, taken_seat: taken_seat.as_deref() },
            Extra::Feature(feature) => Members::Feature { feature, license: decision },
            Extra::NewKey(new_key) => Members::NewKey { decision, new_key },
            Extra::Text(text) => Members::Text { decision, text },
        };
        serde_json::to_string(&members)
    }

    /// Reports a text for another computer. `headline` says what the user has to do with this text.
    fn text(decision: Decision, headline: &str, text: String) -> Self {
        Self { decision, exit: Exit::Allowed, headline: Some(headline.to_owned()), extra: Extra::Text(text) }
    }

    /// Reports what happened to a seat. `what` is the word with which the headline begins: `deactivated` for the
    /// license of this device, or `released` for a device that the user chose.
    pub(crate) fn deactivated(decision: Decision, what: &str, deactivated: Deactivated) -> Self {
        let seat = match deactivated {
            Deactivated::Released => "the seat is free again",
            Deactivated::Unknown => "Polar knows no such seat any more",
            Deactivated::NotNeeded => "the license took no seat",
            Deactivated::KeyUnknown => {
                "Polar does not know the license key any more, or did not say whether it does; its seat may stay taken until \
                 you activate the new key here"
            }
            other => other.as_str(),
        };
        let headline = Some(format!("{what}: {seat}"));
        Self { decision, exit: Exit::Allowed, headline, extra: Extra::Deactivated(deactivated) }
    }
}

impl From<Decision> for Report {
    fn from(decision: Decision) -> Self {
        Self { exit: Exit::of(&decision), decision, headline: None, extra: Extra::Nothing }
    }
}

/// Returns the text of a computer without a network from an argument. If the argument is `-`, reads it from a line of
/// standard input.
fn read_text(argument: String, question: &str) -> Result<String, Error> {
    if argument == "-" {
        return Input::new().line(question, "no text on standard input");
    }
    Ok(argument)
}

/// Returns the license key from an argument. If the argument is `-`, reads the key from the first line of standard
/// input.
pub(crate) fn read_key(argument: String) -> Result<String, Error> {
    if argument == "-" {
        return Input::new().line("License key:", "no license key on standard input");
    }
    Ok(argument)
}
