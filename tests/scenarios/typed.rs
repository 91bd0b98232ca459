//! Converts the settings and results of the Rust clients from and to the JSON of the scenarios.

use std::ops::ControlFlow;
use std::sync::Mutex;

use polar_license::portal::Progress;
use polar_license::portal::boundary::{Handles, Reply};
use polar_license::{Config, ConfigBuilder, Deactivated, Decision, Error};

use super::world::{Around, Outcome, read};

pub(crate) fn configured(settings: &str) -> Config {
    ConfigBuilder::from_json(settings).unwrap().build().unwrap()
}

pub(crate) fn outcome(result: Result<Decision, Error>) -> Outcome {
    match result {
        Ok(decision) => Outcome::of(read(&decision.to_json())),
        Err(error) => Outcome::failed(read(&error.to_json())),
    }
}

/// Converts the result of a deactivation, which consists of the decision after it and the outcome for the seat.
pub(crate) fn outcome_of_deactivation(result: Result<(Decision, Deactivated), Error>) -> Outcome {
    match result {
        Ok((decision, deactivated)) => {
            Outcome { deactivated: Some(deactivated.as_str().into()), ..outcome(Ok(decision)) }
        }
        Err(error) => outcome(Err(error)),
    }
}

/// Converts the result of an operation that may return a text for another computer.
pub(crate) fn outcome_with_text(result: Result<(Decision, Option<String>), Error>) -> Outcome {
    match result {
        Ok((decision, text)) => Outcome { text, ..outcome(Ok(decision)) },
        Err(error) => outcome(Err(error)),
    }
}

/// An app's calls of the customer portal. All replies are kept, so that their handles stay valid.
pub(crate) struct Calls {
    around: Around,
    handles: Handles,
    replies: Mutex<Vec<Reply>>,
}

impl Calls {
    pub(crate) fn of(around: &Around) -> Self {
        Self { around: around.clone(), handles: Handles::default(), replies: Mutex::default() }
    }

    pub(crate) fn handles(&self) -> &Handles {
        &self.handles
    }

    pub(crate) fn progress(&self) -> impl FnMut(Progress) -> ControlFlow<()> + use<> {
        let around = self.around.clone();
        move |progress| {
            let (waited, next_in) = (progress.waited().as_millis(), progress.next_in().as_millis());
            around.report(progress.stage().as_str(), waited, next_in)
        }
    }

    /// Converts the result of a call to JSON: the reply and, if there is one, the address of a checkout, or the error.
    pub(crate) fn ended(&self, result: Result<Reply, Error>) -> Result<(String, Option<String>), String> {
        let reply = result.map_err(|error| error.to_json())?;
        let ended = (reply.json().to_owned(), reply.address().map(str::to_owned));
        self.replies.lock().unwrap().push(reply);
        Ok(ended)
    }
}
