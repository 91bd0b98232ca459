//! How fast requests may leave this process. Polar blocks an address for a minute at the fourth request in a second,
//! whatever they were; so no more than two leave in any second, and none during a block.

use crate::time::Now;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

    /// The earliest moment for one more request, now taken; or how long to wait, in ms, where that leaves too little time
    /// for an answer before `deadline`.
    pub(super) fn reserve(&self, now: Now, deadline: u64) -> Result<u64, u64> {
        let mut pace = self.pace();
        let [before_last, last] = pace.last;
        let spaced = before_last.map_or(0, |at| at.saturating_add(WINDOW_MS));
        let at = now.mono.max(spaced).max(pace.paused_until);
        // a pause may take half of the time there is; spacing, which is short and our own doing, all of it
        let half = now.after(now.until(deadline) / 2);
        if at > now.mono && (at >= deadline || pace.paused_until > half) {
            return Err(now.until(at));
        }
        pace.last = [last, Some(at)];
        Ok(at)
    }

    /// Lets nothing go for `ms`; never shortens a pause.
    pub(super) fn pause(&self, now: Now, ms: u64) {
        let until = now.after(ms);
        let mut pace = self.pace();
        pace.paused_until = pace.paused_until.max(until);
    }

    /// What is left of a pause, in ms.
    pub(super) fn pause_left(&self, now: Now) -> u64 {
        now.until(self.pace().paused_until)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn at(mono: u64) -> Now {
        Now { wall: Timestamp::default(), mono }
    }

    #[test]
    fn at_most_two_in_any_second() {
        let pacer = Pacer::new();
        let sent: Vec<u64> = (0..9).map(|i| pacer.reserve(at(i * 10), u64::MAX).unwrap()).collect();
        assert_eq!(sent, [0, 10, 1100, 1110, 2200, 2210, 3300, 3310, 4400]);
    }

    #[test]
    fn none_during_a_pause_and_none_that_could_not_wait() {
        let pacer = Pacer::new();
        pacer.pause(at(1_000), 60_000);
        pacer.pause(at(2_000), 1_000);
        assert_eq!(pacer.reserve(at(11_000), 110_000), Err(50_000), "half of the time there is is too little");
        assert_eq!((pacer.pause_left(at(60_999)), pacer.pause_left(at(61_000))), (1, 0));
        assert_eq!(pacer.reserve(at(61_000), 62_000), Ok(61_000));
        assert_eq!(pacer.reserve(at(61_000), 61_000), Ok(61_000), "nothing to wait for");
        assert_eq!(pacer.reserve(at(61_000), 62_000), Err(1_100), "no time would be left");
    }
}
