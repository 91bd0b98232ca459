//! The server's clock, which a test can change. Only this file reads the system's clock.

use std::time::Duration;

use web_time::{Instant, SystemTime, UNIX_EPOCH};

use crate::timestamp::Timestamp;

/// The server's date and time, and the time that has elapsed since its start. Setting the date does not change the
/// elapsed time. The rate limit uses the elapsed time.
#[derive(Debug)]
pub(crate) struct Clock {
    wall: Wall,
    started: Instant,
    /// The amount by which a test has moved the elapsed time forward.
    advanced: Duration,
}

#[derive(Debug)]
enum Wall {
    Running { ahead_micros: i64 },
    Frozen { at: Timestamp, elapsed: Duration },
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { wall: Wall::Running { ahead_micros: 0 }, started: instant(), advanced: Duration::ZERO }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self.wall {
            Wall::Running { ahead_micros } => Timestamp::from_unix_micros(system_micros().saturating_add(ahead_micros)),
            Wall::Frozen { at, .. } => at,
        }
    }

    /// Returns the time since the start. It never decreases, and it stands still while the clock is frozen.
    pub(crate) fn elapsed(&self) -> Duration {
        match self.wall {
            Wall::Running { .. } => self.since_start().saturating_add(self.advanced),
            Wall::Frozen { elapsed, .. } => elapsed.saturating_add(self.advanced),
        }
    }

    pub(crate) fn set(&mut self, at: Timestamp) {
        self.unfreeze();
        self.wall = Wall::Running { ahead_micros: at.unix_micros().saturating_sub(system_micros()) };
    }

    pub(crate) fn freeze(&mut self, at: Timestamp) {
        self.unfreeze();
        self.wall = Wall::Frozen { at, elapsed: self.since_start() };
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(by);
        match &mut self.wall {
            Wall::Running { ahead_micros } => {
                *ahead_micros = ahead_micros.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX));
            }
            Wall::Frozen { at, .. } => *at = *at + by,
        }
    }

    pub(crate) fn skew(&mut self, seconds: i64) {
        self.unfreeze();
        self.wall = Wall::Running { ahead_micros: seconds.saturating_mul(1_000_000) };
    }

    /// Lets a frozen clock run again. The clock then shows the system's time. The elapsed time continues from the value
    /// that it had while the clock was frozen.
    fn unfreeze(&mut self) {
        if let Wall::Frozen { elapsed, .. } = self.wall {
            self.started += self.since_start().saturating_sub(elapsed);
            self.wall = Wall::Running { ahead_micros: 0 };
        }
    }

    fn since_start(&self) -> Duration {
        instant().saturating_duration_since(self.started)
    }
}

fn system_micros() -> i64 {
    let since = system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
    (Timestamp::from_unix_seconds(0) + since).unix_micros()
}

#[cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::disallowed_methods, reason = "the server's clock follows the system's until a test changes it")
)]
fn system_time() -> SystemTime {
    SystemTime::now()
}

#[cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::disallowed_methods, reason = "the rate limit measures the time that passes")
)]
fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_stops_at_the_end_of_time() {
        let mut clock = Clock::new();
        clock.advance(Duration::from_secs(100));
        clock.advance(Duration::MAX);
        assert_eq!(clock.elapsed(), Duration::MAX);
        assert_eq!(clock.now().to_string(), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn moving_the_wall_clock_back_never_moves_elapsed_time_back() {
        let mut clock = Clock::new();
        clock.advance(Duration::from_secs(100));
        let elapsed = clock.elapsed();
        clock.freeze(Timestamp::from_unix_seconds(0));
        clock.set(Timestamp::from_unix_seconds(0));
        clock.skew(-86_400);
        assert!(clock.elapsed() >= elapsed);
        assert!(clock.elapsed() < elapsed + Duration::from_secs(60));
    }
}
