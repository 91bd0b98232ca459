//! The settings and results of the clients in Rust, from and to the JSON of the scenarios.

use polar_license::{Config, ConfigBuilder, Deactivated, Decision, Error};

use super::world::{Outcome, read};

pub(crate) fn configured(settings: &str) -> Config {
    ConfigBuilder::from_json(settings).unwrap().build().unwrap()
}

pub(crate) fn outcome(result: Result<Decision, Error>) -> Outcome {
    match result {
        Ok(decision) => Outcome { decision: read(&decision.to_json()), error: None, deactivated: None },
        Err(error) => Outcome::failed(read(&error.to_json())),
    }
}

/// Converts the result of a deactivation: the decision after it, and what became of the seat.
pub(crate) fn outcome_of_deactivation(result: Result<(Decision, Deactivated), Error>) -> Outcome {
    match result {
        Ok((decision, deactivated)) => {
            Outcome { deactivated: Some(deactivated.as_str().into()), ..outcome(Ok(decision)) }
        }
        Err(error) => outcome(Err(error)),
    }
}
