//! How much a test does: little in `cargo xtask test`, everything or for minutes in `cargo xtask soak`.

use std::time::Duration;

use polar_license::clock::{Clock, SystemClock};

/// Set by `cargo xtask soak`: how many minutes a test may take that could go on for ever.
const MINUTES: &str = "POLAR_LICENSE_SOAK_MINUTES";

/// How long a test that could go on for ever goes on; `None` in the daily tests, which are counted instead.
pub(crate) fn time() -> Option<Duration> {
    let minutes: f64 = std::env::var(MINUTES).ok()?.parse().ok()?;
    Some(Duration::from_secs_f64(minutes * 60.0))
}

/// The numbers of the rounds to do: `daily` of them, and then as many as there is time for.
pub(crate) fn rounds(daily: u64) -> impl Iterator<Item = u64> {
    let clock = SystemClock::new();
    let end = time().map(|time| clock.now().mono + u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    (0..).take_while(move |round| *round < daily || end.is_some_and(|end| clock.now().mono < end))
}
