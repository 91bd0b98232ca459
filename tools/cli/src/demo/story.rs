//! The steps of the demo, and the decision that each must lead to.

use super::scene::{FEATURES, KEY, Scene};
use super::timeline::{Step, Timeline};
use polar_license::blocking::Deactivation;
use polar_license::{Deactivated, Decision, ErrorKind, NextStep, Reason, State};
use std::error::Error;

/// The expected result of a step.
#[derive(Clone, Copy)]
struct Expected {
    state: State,
    allowed: bool,
    reason: Option<Reason>,
    problem: Option<ErrorKind>,
    next_step: NextStep,
    seats: usize,
}

const ACTIVE: Expected =
    Expected { state: State::Active, allowed: true, reason: None, problem: None, next_step: NextStep::None, seats: 1 };
const OFFLINE: Expected = Expected { problem: Some(ErrorKind::Network), ..ACTIVE };
const DENIED: Expected = Expected {
    state: State::Denied,
    allowed: false,
    reason: Some(Reason::Inactive),
    next_step: NextStep::ContactVendor,
    ..ACTIVE
};
const NOTHING: Expected = Expected {
    state: State::Unlicensed,
    allowed: false,
    reason: Some(Reason::None),
    next_step: NextStep::EnterKey,
    seats: 0,
    ..ACTIVE
};

/// Runs every step; ends at the first with an unexpected result.
pub(super) fn play(scene: &mut Scene, timeline: &mut Timeline) -> Result<(), Box<dyn Error>> {
    let seen = scene.app.refresh();
    check(scene, timeline, "The app starts for the first time.", seen, NOTHING)?;

    let seen = scene.app.activate(KEY)?;
    check(scene, timeline, "The user enters the license key.", seen, ACTIVE)?;

    scene.polar.stop();
    let seen = scene.app.validate();
    check(scene, timeline, "Polar cannot be reached: access does not depend on it.", seen, OFFLINE)?;

    scene.pass_days(2);
    let seen = scene.app.refresh();
    let grace = Expected { state: State::Grace, ..OFFLINE };
    check(scene, timeline, "Still offline, for longer than a confirmation counts as fresh.", seen, grace)?;

    scene.pass_days(10);
    let seen = scene.app.refresh();
    let warned = Expected { next_step: NextStep::Connect, ..grace };
    check(scene, timeline, "Still offline; grace ends soon, so the app tells the user.", seen, warned)?;

    scene.pass_days(3);
    let seen = scene.app.refresh();
    let lapsed = Expected { state: State::Lapsed, allowed: false, ..warned };
    check(scene, timeline, "Still offline; grace is over.", seen, lapsed)?;

    scene.polar.restart()?;
    let seen = scene.app.validate();
    check(scene, timeline, "Online again: one confirmation restores access.", seen, ACTIVE)?;

    scene.polar.revoke(KEY);
    let seen = scene.app.validate();
    check(scene, timeline, "The vendor takes the key back, after a refund.", seen, DENIED)?;

    scene.polar.stop();
    scene.restart_app()?;
    let seen = scene.app.refresh();
    let denied = Expected { problem: Some(ErrorKind::Network), ..DENIED };
    check(scene, timeline, "The user goes offline and starts the app again: the denial holds.", seen, denied)?;

    scene.polar.restart()?;
    scene.polar.grant(KEY);
    let seen = scene.app.validate();
    check(scene, timeline, "The vendor grants the key again: it need not be entered again.", seen, ACTIVE)?;

    let Deactivation { decision: seen, deactivated, .. } = scene.app.deactivate()?;
    check(scene, timeline, "The user gives the seat up, for another computer.", seen, NOTHING)?;
    if deactivated == Deactivated::Released {
        Ok(())
    } else {
        Err(format!("expected Polar to have released the seat, but the outcome is {deactivated}").into())
    }
}

fn check(
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
