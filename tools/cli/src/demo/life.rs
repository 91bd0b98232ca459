//! The first act of the demo: the life of a license. Each step has an expected decision.

use super::check::{ACTIVE, Expected, NOTHING, check};
use super::scene::Scene;
use super::timeline::Timeline;
use polar_license::blocking::Deactivation;
use polar_license::{Deactivated, ErrorKind, NextStep, Reason, State};
use std::error::Error;

const OFFLINE: Expected = Expected { problem: Some(ErrorKind::Network), ..ACTIVE };
const DENIED: Expected = Expected {
    state: State::Denied,
    allowed: false,
    reason: Some(Reason::Inactive),
    next_step: NextStep::ContactVendor,
    ..ACTIVE
};

/// Runs every step, or stops at the first one that has an unexpected result.
pub(super) fn play(scene: &mut Scene, timeline: &mut Timeline) -> Result<(), Box<dyn Error>> {
    timeline.begin(scene)?;
    let seen = scene.app.refresh();
    check(scene, timeline, "The app starts for the first time.", seen, NOTHING)?;

    let seen = scene.app.activate(&scene.key)?;
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

    scene.polar.revoke(&scene.key);
    let seen = scene.app.validate();
    check(scene, timeline, "The vendor takes the key back, after a refund.", seen, DENIED)?;

    scene.polar.stop();
    scene.restart_app()?;
    let seen = scene.app.refresh();
    let denied = Expected { problem: Some(ErrorKind::Network), ..DENIED };
    check(scene, timeline, "The user goes offline and starts the app again: the denial holds.", seen, denied)?;

    scene.polar.restart()?;
    scene.polar.grant(&scene.key);
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
