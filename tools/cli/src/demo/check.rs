//! Shows a step of the demo, and compares its result with the expected one.

use super::scene::{FEATURES, Scene};
use super::timeline::{Step, Timeline};
use polar_license::{Decision, ErrorKind, NextStep, Reason, State};
use std::error::Error;

/// The expected result of a step.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    pub(super) state: State,
    pub(super) allowed: bool,
    pub(super) reason: Option<Reason>,
    pub(super) problem: Option<ErrorKind>,
    pub(super) next_step: NextStep,
    pub(super) seats: usize,
}

pub(super) const ACTIVE: Expected =
    Expected { state: State::Active, allowed: true, reason: None, problem: None, next_step: NextStep::None, seats: 1 };
pub(super) const NOTHING: Expected = Expected {
    state: State::Unlicensed,
    allowed: false,
    reason: Some(Reason::NoLicense),
    next_step: NextStep::EnterKey,
    seats: 0,
    ..ACTIVE
};

/// Shows a step. Returns an error if the step does not have the expected result.
pub(super) fn check(
    scene: &Scene,
    timeline: &mut Timeline,
    title: &'static str,
    seen: Decision,
    expected: Expected,
) -> Result<(), Box<dyn Error>> {
    let seats = scene.seats();
    let [(included, _), (foreign, _)] = FEATURES;
    let comparisons = [
        differ("state", seen.state(), expected.state),
        differ("allowed", seen.allowed(), expected.allowed),
        differ("reason", seen.reason(), expected.reason),
        differ("problem", seen.problem().map(|problem| problem.kind), expected.problem),
        differ("next step", seen.next_step(), expected.next_step),
        differ(included, seen.allows(included), expected.allowed),
        differ(foreign, seen.allows(foreign), false),
        differ("seats taken", seats, expected.seats),
    ];
    let number = timeline.show(&Step { day: scene.day(), title, decision: &seen, seats })?;
    let wrong: Vec<String> = comparisons.into_iter().flatten().collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("step {number} has an unexpected result: {}", wrong.join("; ")).into())
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, expected: T) -> Option<String> {
    (seen != expected).then(|| format!("expected {what} {expected:?}, saw {seen:?}"))
}
