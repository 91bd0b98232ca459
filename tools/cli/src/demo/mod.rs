//! Shows the life of a license and a lost laptop, in a few seconds and without configuration. Uses the client as an app
//! does, a local Polar, and a clock that can be moved by days. Each step is checked, so the demo is also a test.
//!
//! ```text
//! life ────────┐           ┌─► scene ─► Client ── http ──► MockPolar
//!              ├─► check ──┤      └──── DemoClock
//! lost_laptop ─┘           └─► timeline
//! ```

mod check;
mod clock;
mod life;
mod lost_laptop;
mod scene;
mod timeline;

use crate::exit::Exit;
use crate::output;
use scene::Scene;
use std::error::Error;
use std::io;
use timeline::Timeline;

/// Plays the demo and prints it.
pub(crate) fn run(as_json: bool) -> io::Result<Exit> {
    let mut timeline = Timeline::new(as_json);
    let played = play(&mut timeline);
    timeline.end(played.is_ok())?;
    Ok(match played {
        Ok(()) => Exit::Allowed,
        Err(error) => {
            output::error(&error.to_string());
            Exit::Failed
        }
    })
}

fn play(timeline: &mut Timeline) -> Result<(), Box<dyn Error>> {
    let mut scene = Scene::new()?;
    life::play(&mut scene, timeline)?;
    lost_laptop::play(&mut scene, timeline)
}
