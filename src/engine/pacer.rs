//! How fast requests may leave this process. Polar blocks an address for a minute at the fourth request in a second,
//! whatever they were; so no more than two leave in any second, and none during a block.

use crate::time::milliseconds;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shared by every engine of a process whose requests leave from one address. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Pacer(Arc<Mutex<Pace>>);

#[derive(Debug, Default)]
struct Pace {
    /// When the last two requests were let go, the older first; in ms of the monotonic clock.
    last: [Option<u64>; 2],
    paused_until: u64,
}

/// Two requests in this many milliseconds; a little more than a second, since the network jitters.
const WINDOW_MS: u64 = 1_100;

impl Pacer {
    /// A pacer that has let nothing go yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The earliest moment for one more request, now taken; or how long to wait where that leaves too little time for an
    /// answer before `deadline`.
    pub(super) fn reserve(&self, now: u64, deadline: u64) -> Result<u64, Duration> {
        let mut pace = self.pace();
        let [before_last, last] = pace.last;
        let spaced = before_last.map_or(0, |at| at.saturating_add(WINDOW_MS));
        let at = now.max(spaced).max(pace.paused_until);
        // a pause may take half of the time there is; spacing, which is short and our own doing, all of it
        let half = now.saturating_add(deadline.saturating_sub(now) / 2);
        if at > now && (at >= deadline || pace.paused_until > half) {
            return Err(Duration::from_millis(at.saturating_sub(now)));
        }
        pace.last = [last, Some(at)];
        Ok(at)
    }

    /// Lets nothing go for `wait`; never shortens a pause.
    pub(super) fn pause(&self, now: u64, wait: Duration) {
        let until = now.saturating_add(milliseconds(wait));
        let mut pace = self.pace();
        pace.paused_until = pace.paused_until.max(until);
    }

    /// What is left of a pause.
    pub(super) fn pause_left(&self, now: u64) -> Option<Duration> {
        let left = self.pace().paused_until.saturating_sub(now);
        (left > 0).then(|| Duration::from_millis(left))
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_two_in_any_second() {
        let pacer = Pacer::new();
        let sent: Vec<u64> = (0..9).map(|i| pacer.reserve(i * 10, u64::MAX).unwrap()).collect();
        assert_eq!(sent, [0, 10, 1100, 1110, 2200, 2210, 3300, 3310, 4400]);
    }

    #[test]
    fn none_during_a_pause_and_none_that_could_not_wait() {
        let pacer = Pacer::new();
        pacer.pause(1_000, Duration::from_secs(60));
        pacer.pause(2_000, Duration::from_secs(1));
        assert_eq!(
            pacer.reserve(11_000, 110_000),
            Err(Duration::from_secs(50)),
            "half of the time there is is too little"
        );
        assert_eq!(pacer.pause_left(60_999), Some(Duration::from_millis(1)));
        assert_eq!(pacer.pause_left(61_000), None);
        assert_eq!(pacer.reserve(61_000, 62_000), Ok(61_000));
        assert_eq!(pacer.reserve(61_000, 61_000), Ok(61_000), "nothing to wait for");
        assert_eq!(pacer.reserve(61_000, 62_000), Err(Duration::from_millis(1_100)), "no time would be left");
    }
}
