//! The amount of work that a test does: a little in `cargo xtask test`; in `cargo xtask soak` everything, or as much as
//! fits into some minutes.

use std::time::Duration;

use polar_license::clock::{Clock, SystemClock};

/// The environment variable that `cargo xtask soak` sets. It contains the minutes for each test that could continue for
/// ever.
const MINUTES: &str = "POLAR_LICENSE_SOAK_MINUTES";

/// Returns the time for a test that could continue for ever. Returns `None` in `cargo xtask test`, which limits the
/// number of rounds instead.
pub(crate) fn time() -> Option<Duration> {
    let minutes: f64 = std::env::var(MINUTES).ok()?.parse().ok()?;
    Some(Duration::from_secs_f64(minutes * 60.0))
}

/// Returns the numbers of the rounds to run: first `daily` rounds, and then more rounds as long as there is time.
pub(crate) fn rounds(daily: u64) -> impl Iterator<Item = u64> {
    let clock = SystemClock::new();
    let end = time().map(|time| clock.now().mono + u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    (0..).take_while(move |round| *round < daily || end.is_some_and(|end| clock.now().mono < end))
}
