//! The second act: the laptop with the only seat is lost, and so is the key. To get access back, the user needs only an
//! e-mail address, and the code that is mailed to this address.

use super::check::{ACTIVE, Expected, NOTHING, check};
use super::scene::{EMAIL, Scene};
use super::timeline::Timeline;
use polar_license::portal::{CodeRequest, Devices, Restored};
use std::error::Error;

const TAKEN: Expected = Expected { seats: 1, ..NOTHING };

/// Runs every step, or stops at the first one that has an unexpected result.
pub(super) fn play(scene: &mut Scene, timeline: &mut Timeline) -> Result<(), Box<dyn Error>> {
    scene.buy_for_one_device();
    timeline.begin_lost_laptop(scene)?;
    scene.move_to("the laptop")?;
    let seen = scene.app.activate(&scene.key)?;
    check(scene, timeline, "The license is active on a laptop.", seen, ACTIVE)?;

    scene.move_to("the computer")?;
    let seen = scene.app.refresh();
    check(scene, timeline, "The laptop falls into a lake. The app starts on another computer.", seen, TAKEN)?;

    let portal = scene.app.portal();
    let CodeRequest::Sent(_) = portal.request_code(EMAIL)? else { return unexpected("several customers") };
    let session = portal.authenticate(&scene.mailed_code().unwrap_or_default())?;
    let Restored::NoSeat(full) = session.restore()? else { return unexpected("a free seat") };
    let seen = scene.app.current();
    check(scene, timeline, "The user gives an e-mail address and the code that comes to it.", seen, TAKEN)?;
    let Devices::Listed(devices) = &full.devices else { return unexpected("hidden devices") };
    let [laptop] = devices.as_slice() else { return unexpected("another number of devices") };
    timeline.remark(&format!("in use on: {}", laptop.label()))?;

    session.release(&full.key, laptop)?;
    let seen = scene.app.current();
    check(scene, timeline, "The user releases the laptop.", seen, NOTHING)?;

    let Restored::Licensed(seen) = session.activate(&full.key)? else { return unexpected("a taken seat") };
    check(scene, timeline, "The license is here, and nobody had to write to the vendor.", *seen, ACTIVE)
}

fn unexpected(what: &str) -> Result<(), Box<dyn Error>> {
    Err(format!("the customer portal has an unexpected answer: {what}").into())
}
