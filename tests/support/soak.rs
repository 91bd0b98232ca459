//! The amount of work of a test: little in `cargo xtask test`. In `cargo xtask soak` it is everything, or as much as
//! some minutes allow.

use std::time::Duration;

use polar_license::clock::{Clock, SystemClock};

/// The environment variable by which `cargo xtask soak` sets the minutes for each test that could run for ever.
const MINUTES: &str = "POLAR_LICENSE_SOAK_MINUTES";

/// Returns how long a test that could run for ever may run. Returns `None` in `cargo xtask test`, which limits the
/// number of rounds instead.
pub(crate) fn time() -> Option<Duration> {
    let minutes: f64 = std::env::var(MINUTES).ok()?.parse().ok()?;
    Some(Duration::from_secs_f64(minutes * 60.0))
}

/// Returns the numbers of the rounds to run: `daily` rounds and, if there is time, further rounds until it is over.
pub(crate) fn rounds(daily: u64) -> impl Iterator<Item = u64> {
    let clock = SystemClock::new();
    let end = time().map(|time| clock.now().mono + u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    (0..).take_while(move |round| *round < daily || end.is_some_and(|end| clock.now().mono < end))
}
