//! Runs one operation of the library, and prints the decision that applies after the operation.

use crate::args::{Common, Operation};
use crate::exit::Exit;
use crate::input::Input;
use crate::{output, show};
use polar_license::blocking::{ActivateOptions, Client, Deactivation, OfflineAnswer};
use polar_license::{Deactivated, Decision, Error, ErrorKind, Explanation};
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
    /// The answer to the request of another computer, printed like [`Extra::Text`]. The decision is for that computer.
    Answer(String),
    /// The result of releasing the seat of another computer. Printed instead of the decision.
    Returned(Deactivated),
}

/// Whether a feature is on.
#[derive(Serialize)]
pub(crate) struct Feature {
    name: String,
    #[serde(flatten)]
    explanation: Explanation,
}

/// The advice that is given if Polar's answer to an activation was lost.
const FIND_SEAT: &str = "run `polar-license restore`, which uses the seat if one was taken";

/// The kinds of operations that differ in what to do after a failure.
#[derive(Clone, Copy)]
enum Kind {
    Activate,
    Deactivate,
    /// The operation acts for a computer without a network. `command` is the subcommand.
    ForOther {
        command: &'static str,
    },
    Plain,
}

/// Runs the operation and prints its result.
pub(crate) fn run(common: &Common, operation: Operation) -> io::Result<Exit> {
    let (kind, can_request) = (Kind::of(&operation), common.permits_air_gap());
    let error = match report(common, operation) {
        Ok(report) => return print(&report, common.json, can_request),
        Err(error) => error,
    };
    let again = show::again(&error);
    let decision = error.decision();
    let is_offline = matches!(error.kind(), ErrorKind::Network | ErrorKind::Timeout) && !error.maybe_applied();
    let next_step = match kind {
        Kind::ForOther { command } => return fail_for_other(&error, command, common.json),
        Kind::Activate if error.maybe_applied() => show::next_step_after(&error, FIND_SEAT),
        Kind::Activate if is_offline && can_request && !decision.is_some_and(Decision::allowed) => {
            show::next_step_after(&error, again).map(show::or_request)
        }
        Kind::Deactivate if is_offline && decision.is_some_and(Decision::air_gapped) => {
            Some(format!("run `polar-license return`, or go online, then {again}"))
        }
        Kind::Activate | Kind::Deactivate | Kind::Plain => show::next_step_after(&error, again),
    };
    fail_before(&error, None, common.json, next_step)
}

/// Runs the operation. Prints nothing.
pub(crate) fn report(common: &Common, operation: Operation) -> Result<Report, Error> {
    operate(&open(common)?, operation)
}

/// Opens the client, configured by the options.
pub(crate) fn open(common: &Common) -> Result<Client, Error> {
    let mut builder = Client::builder(common.config()?);
    if let Some(directory) = &common.app.data_dir {
        builder = builder.directory(directory);
    }
    builder.open()
}

/// Prints the result of an operation. `can_request` says whether the configuration permits licenses for computers
/// without a network.
pub(crate) fn print(report: &Report, as_json: bool, can_request: bool) -> io::Result<Exit> {
    let headline = report.headline.as_deref();
    match &report.extra {
        _ if as_json => output::print(&report.json()?)?,
        Extra::Text(text) | Extra::Answer(text) => {
            headline.into_iter().for_each(output::note);
            output::print(text)?;
        }
        Extra::Returned(_) => output::print(headline.unwrap_or_default())?,
        Extra::Nothing | Extra::Deactivated(_) | Extra::TakenSeat(_) | Extra::Feature(_) | Extra::NewKey(_) => {
            let headline = headline.map(|line| format!("{line}\n")).unwrap_or_default();
            output::print(&(headline + &show::text(&report.decision, can_request)))?;
        }
    }
    Ok(report.exit)
}

/// Prints the error of an operation.
pub(crate) fn fail(error: &Error, as_json: bool) -> io::Result<Exit> {
    fail_before(error, None, as_json, show::next_step_after(error, show::again(error)))
}

/// Prints the error of an operation, and the decision in the error, with the next step. If there is no decision in it,
/// the JSON and the exit status are based on `license`.
pub(crate) fn fail_before(
    error: &Error,
    license: Option<&Decision>,
    as_json: bool,
    next_step: Option<String>,
) -> io::Result<Exit> {
    let license = error.decision().or(license);
    output::failure(error);
    if as_json {
        output::failure_as_json(error, license)?;
    } else if let Some(decision) = error.decision() {
        output::print(&show::text_after(error, decision, next_step))?;
    }
    Ok(Exit::of_error(error, license))
}

/// Prints the error of an operation for another computer. Does not print the decision in the error, which is about the
/// license of that computer. Without `--json`, nothing is printed on stdout, where the text for that computer would be.
fn fail_for_other(error: &Error, command: &str, as_json: bool) -> io::Result<Exit> {
    output::failure(error);
    if as_json {
        output::failure_as_json(error, None)?;
    } else {
        let next_step = show::next_step_for_other(error, command).map(|step| format!("next step: {step}"));
        let url = error.next_url().map(|url| format!("see: {url}"));
        next_step.into_iter().chain(url).for_each(|line| output::note(&line));
    }
    Ok(Exit::of_error(error, None))
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
        Operation::Answer { request, key } => answer(client, request, key)?,
        Operation::Import { answer } => client.offline_import(&read_text(answer, "Answer")?)?.into(),
        Operation::Return { text: Some(text) } => release(client, text)?,
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

/// Answers the request of another computer.
fn answer(client: &Client, request: String, key: String) -> Result<Report, Error> {
    if request == FROM_STDIN && key == FROM_STDIN && !Input::new().is_terminal() {
        return Err(Error::new(ErrorKind::InvalidConfig, ONE_FROM_STDIN));
    }
    let request = read_text(request, "Request")?;
    let OfflineAnswer { decision, text, .. } = client.offline_answer(&request, &read_key(key)?)?;
    note_problem(&decision);
    let headline = Some(String::from("import this text on the computer of the request"));
    Ok(Report { decision, exit: Exit::Allowed, headline, extra: Extra::Answer(text) })
}

/// Releases the seat that another computer has returned.
fn release(client: &Client, returned: String) -> Result<Report, Error> {
    let Deactivation { decision, deactivated, .. } = client.offline_release(&read_text(returned, "Return")?)?;
    note_problem(&decision);
    let until = "you answer a request of that computer with the new key";
    let headline = Some(seat_line("returned", deactivated, until));
    Ok(Report { decision, exit: Exit::Allowed, headline, extra: Extra::Returned(deactivated) })
}

/// Prints the problem of an operation whose decision is not printed.
fn note_problem(decision: &Decision) {
    decision.problem().map(show::problem).iter().for_each(|problem| output::note(problem));
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

impl Kind {
    fn of(operation: &Operation) -> Self {
        match operation {
            Operation::Activate { .. } => Self::Activate,
            Operation::Deactivate => Self::Deactivate,
            Operation::Answer { .. } => Self::ForOther { command: "answer" },
            Operation::Return { text: Some(_) } => Self::ForOther { command: "return" },
            Operation::Validate
            | Operation::Refresh
            | Operation::Status
            | Operation::Allows { .. }
            | Operation::Consume { .. }
            | Operation::Forget
            | Operation::StartTrial
            | Operation::Request
            | Operation::Import { .. }
            | Operation::Return { text: None } => Self::Plain,
        }
    }
}

impl Report {
    /// Returns one JSON object. It contains the members of the decision, followed by the members of the additional
    /// result. Two reports are different. A report about a feature has one member for the feature and one for the
    /// decision, because each of them contains a member named `allowed`. A report about another computer's license has
    /// no members of its decision, which a script could mistake for the license of this computer.
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
            #[serde(rename_all = "camelCase")]
            Answer {
                other_license: &'a Decision,
                text: &'a str,
            },
            Returned {
                deactivated: Deactivated,
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
            Extra::Answer(text) => Members::Answer { other_license: decision, text },
            Extra::Returned(deactivated) => Members::Returned { deactivated: *deactivated },
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
        let headline = Some(seat_line(what, deactivated, "you activate the new key here"));
        Self { decision, exit: Exit::Allowed, headline, extra: Extra::Deactivated(deactivated) }
    }
}

/// Returns a line about a seat, such as `deactivated: the seat is free again`. `until` says what frees the seat if the
/// key was replaced.
fn seat_line(what: &str, deactivated: Deactivated, until: &str) -> String {
    match deactivated {
        Deactivated::Released => format!("{what}: the seat is free again"),
        Deactivated::Unknown => format!("{what}: Polar knows no such seat any more"),
        Deactivated::NotNeeded => format!("{what}: the license took no seat"),
        Deactivated::KeyUnknown => format!(
            "{what}: Polar does not know the license key any more, or did not say whether it does; its seat may stay \
             taken until {until}"
        ),
        other => format!("{what}: {other}"),
    }
}

impl From<Decision> for Report {
    fn from(decision: Decision) -> Self {
        Self { exit: Exit::of(&decision), decision, headline: None, extra: Extra::Nothing }
    }
}

/// The argument that stands for standard input.
const FROM_STDIN: &str = "-";

const ONE_FROM_STDIN: &str = "the request and the key cannot both come from standard input; give the request as an \
                              argument, and `-` for the key";

/// Returns the request, answer or return that an argument contains. If the argument is `-`, reads it from standard
/// input.
fn read_text(argument: String, name: &str) -> Result<String, Error> {
    if argument == FROM_STDIN {
        return Input::new().text(name, "no text on standard input");
    }
    Ok(argument)
}

/// Returns the license key from an argument. If the argument is `-`, reads the key from the first line of standard
/// input.
pub(crate) fn read_key(argument: String) -> Result<String, Error> {
    if argument == FROM_STDIN {
        return Input::new().line("License key:", "no license key on standard input");
    }
    Ok(argument)
}
