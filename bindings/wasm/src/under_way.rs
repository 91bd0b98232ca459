//! Keeps track of the customer portal's operations that are in progress. Some of them run an operation of the engine.
//! For each engine operation, this module records the portal operation that needs its outcome.

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

/// The engine's operations that run for the portal: a step of the portal needs their outcome. Each step has a number.
/// The numbers of the portal's steps and of the engine's steps come from the same counter.
#[derive(Default)]
pub(crate) struct Runs {
    /// The number of a step of the portal. At this moment, the engine is starting or resuming the operation that this
    /// step needs.
    pub(crate) current: Option<u32>,
    /// The engine's operations that are in progress, each with the portal's step that needs it. An operation is
    /// identified by the number of its present step.
    pub(crate) under_way: Numbered<u32>,
    /// The outcomes of the engine's operations that have ended. The key is the portal's step that needed the operation.
    pub(crate) ended: Numbered<Outcome>,
}

impl Portal {
    /// Called when the engine's operation at step `number` is resumed. If that operation runs for the portal, remembers
    /// the portal's step that needs it.
    pub(crate) fn resumes(&mut self, number: u32) {
        self.runs.current = self.runs.under_way.take(number);
    }

    /// Stores the `number` of the next step of the operation that was just resumed.
    pub(crate) fn goes_on(&mut self, number: u32) {
        if let Some(run_for) = self.runs.current.take() {
            self.runs.under_way.insert(number, run_for);
        }
    }

    /// If `step` is the last one of the resumed operation, records the operation's outcome.
    pub(crate) fn ends(&mut self, step: engine::Step) {
        if let (Some(run_for), engine::Step::Done(outcome)) = (self.runs.current.take(), step) {
            self.runs.ended.insert(run_for, outcome);
        }
    }
}
