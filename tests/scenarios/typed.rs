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
        Ok(decision) => Outcome { decision: read(&decision.to_json()), error: None, deactivated: None, reply: None },
        Err(error) => Outcome::failed(read(&error.to_json())),
    }
}

/// Converts the result of a deactivation. The outcome has the decision, and says whether the seat was released.
pub(crate) fn outcome_of_deactivation(result: Result<(Decision, Deactivated), Error>) -> Outcome {
    match result {
        Ok((decision, deactivated)) => {
            Outcome { deactivated: Some(deactivated.as_str().into()), ..outcome(Ok(decision)) }
        }
        Err(error) => outcome(Err(error)),
    }
}

/// The calls of an app to the customer portal. All replies are kept, because the handles in them are valid only while
/// the replies exist.
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

    /// Returns the reply as JSON and, if it has a checkout, the checkout's address. Returns an error as JSON.
    pub(crate) fn ended(&self, result: Result<Reply, Error>) -> Result<(String, Option<String>), String> {
        let reply = result.map_err(|error| error.to_json())?;
        let ended = (reply.json().to_owned(), reply.address().map(str::to_owned));
        self.replies.lock().unwrap().push(reply);
        Ok(ended)
    }
}
