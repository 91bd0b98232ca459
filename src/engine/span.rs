//! The time for which a decision stays the same. Between two operations, a decision changes only because time passes,
//! so a caller can keep the decision until the span ends. The functions are pure.

use crate::time::Now;
use std::time::Duration;

/// The time for which a decision holds, on both clocks. A user can set the wall clock forward or back. So the span is
/// over as soon as either clock is outside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    from: Now,
    until: Now,
}

/// The shortest time that [`Span::wait`] returns, even if the span is over.
const LEAST_WAIT: Duration = Duration::from_secs(1);

impl Span {
    pub(super) fn new(from: Now, until: Now) -> Self {
        Self { from, until }
    }

    /// Returns `true` if the decision still holds.
    pub fn contains(&self, now: Now) -> bool {
        (self.from.wall..self.until.wall).contains(&now.wall) && (self.from.mono..self.until.mono).contains(&now.mono)
    }

    /// Returns the time until the span ends if both clocks run normally. Returns at least a second.
    pub fn wait(&self, now: Now) -> Duration {
        let wall = self.until.wall.since(now.wall);
        wall.min(Duration::from_millis(now.until(self.until.mono))).max(LEAST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn at(wall: i64, mono: u64) -> Now {
        Now { wall: Timestamp::from_unix_ms(wall), mono }
    }

    #[test]
    fn either_clock_ends_a_span_and_so_does_a_wall_clock_set_back() {
        let span = Span::new(at(1_000, 10), at(9_000, 9_010));
        for (now, holds) in [
            (at(1_000, 10), true),
            (at(8_999, 9_009), true),
            (at(9_000, 20), false),
            (at(2_000, 9_010), false),
            (at(999, 20), false),
        ] {
            assert_eq!(span.contains(now), holds, "{now:?}");
        }
    }

    #[test]
    fn the_wait_ends_at_the_earlier_end_and_is_never_zero() {
        let span = Span::new(at(0, 0), at(9_000, 7_000));
        assert_eq!(span.wait(at(0, 0)), Duration::from_secs(7));
        assert_eq!(span.wait(at(5_000, 0)), Duration::from_secs(4));
        assert_eq!(span.wait(at(20_000, 0)), LEAST_WAIT);
    }
}
