//! The life of a license in a few seconds, with nothing to configure: the client as an app uses it, a local Polar, and
//! a clock that can be moved by days. Each step is checked, so that this is a test as well.
//!
//! ```text
//! story ─► scene ─► Client ── http ──► MockPolar
//!    │       └──── DemoClock
//!    └───► timeline
//! ```

mod clock;
mod scene;
mod story;
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
    timeline.begin(&scene)?;
    story::play(&mut scene, timeline)
}
