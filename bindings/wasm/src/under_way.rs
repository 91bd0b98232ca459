//! The customer portal's operations that are in progress. A portal operation can start an operation of the engine, and
//! continues with its outcome. This module records which engine operation belongs to which portal operation.

use crate::numbered::Numbered;
use polar_license::engine::{self, Outcome};
use polar_license::portal::boundary::{self, Handles, Reply};
use polar_license::portal::steps::Step;

/// The portal's operations in progress, and their results.
#[derive(Default)]
pub(crate) struct Portal {
    pub(crate) steps: Numbered<Step<boundary::Outcome>>,
    pub(crate) replies: Numbered<Reply>,
    pub(crate) handles: Handles,
    pub(crate) runs: Runs,
}

/// The engine's operations that the portal has started. For each of them, a step of the portal waits for the outcome.
/// The portal's steps and the engine's steps are numbered by the same counter.
#[derive(Default)]
pub(crate) struct Runs {
    /// The portal's step whose operation the engine is starting or resuming at this moment.
    pub(crate) current: Option<u32>,
    /// The engine's operations that are in progress. Maps the number of an operation's present step to the portal's
    /// step that waits for the operation.
    pub(crate) under_way: Numbered<u32>,
    /// The outcomes of the engine's operations that have ended, by the portal's step that waits for the outcome.
    pub(crate) ended: Numbered<Outcome>,
}

impl Portal {
    /// Called when the engine resumes its step `number`. If a step of the portal waits for this operation, makes that
    /// step the current one.
    pub(crate) fn resumes(&mut self, number: u32) {
        self.runs.current = self.runs.under_way.take(number);
    }

    /// Called when the resumed operation has another step, which has this number.
    pub(crate) fn goes_on(&mut self, number: u32) {
        if let Some(run_for) = self.runs.current.take() {
            self.runs.under_way.insert(number, run_for);
        }
    }

    /// Called when the resumed operation has reached `step`. If it is the last step, records the operation's outcome.
    pub(crate) fn ends(&mut self, step: engine::Step) {
        if let (Some(run_for), engine::Step::Done(outcome)) = (self.runs.current.take(), step) {
            self.runs.ended.insert(run_for, outcome);
        }
    }
}
