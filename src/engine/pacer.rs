//! How fast requests may leave. Polar blocks an address for a minute at the fourth request in a second, whatever they were;
//! so no more than two leave in any second, and none during a block. Processes that share a record learn from it when
//! another one has sent.

use crate::time::{Now, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by every engine of a process whose requests leave from one address. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Pacer(Arc<Mutex<Pace>>);

#[derive(Debug, Default)]
struct Pace {
    /// When the last two requests left, the older first; in ms of the monotonic clock, negative before this process began.
    last: [Option<i64>; 2],
    paused_until: u64,
}

/// Two requests in this many milliseconds; a little more than a second, since the network jitters.
const WINDOW_MS: i64 = 1_100;

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
        let spaced = before_last.map_or(0, |at| at.saturating_add(WINDOW_MS).max(0).unsigned_abs());
        let at = now.mono.max(spaced).max(pace.paused_until);
        // a pause may take half of the time there is; spacing, which is short and our own doing, all of it
        let half = now.after(now.until(deadline) / 2);
        if at > now.mono && (at >= deadline || pace.paused_until > half) {
            return Err(now.until(at));
        }
        pace.last = [last, Some(at.cast_signed())];
        Ok(at)
    }

    /// Lets nothing go for `ms`; never shortens a pause.
    pub(super) fn pause(&self, now: Now, ms: u64) {
        let until = now.after(ms);
        let mut pace = self.pace();
        pace.paused_until = pace.paused_until.max(until);
    }

    /// When the last two requests left, by the wall clock, as far as they still count.
    pub(super) fn recent(&self, now: Now) -> [Option<Timestamp>; 2] {
        self.pace().last.map(|at| {
            let ago = now.mono.cast_signed().saturating_sub(at?);
            (ago <= WINDOW_MS).then(|| now.wall.plus_ms(ago.saturating_neg()))
        })
    }

    /// Counts requests of another process, unless they are this one's own.
    pub(super) fn learn(&self, now: Now, sent: [Option<Timestamp>; 2]) {
        /// The two clocks are read one after the other.
        const SAME_MS: u64 = 5;
        let mut pace = self.pace();
        for at in sent.into_iter().flatten() {
            let ago = now.wall.ms_since(at);
            if !(0..=WINDOW_MS).contains(&ago) {
                continue;
            }
            let at = now.mono.cast_signed().saturating_sub(ago);
            let [before_last, last] = pace.last;
            if [before_last, last].into_iter().flatten().any(|known| known.abs_diff(at) <= SAME_MS) {
                continue;
            }
            pace.last =
                if last.is_none_or(|last| at > last) { [last, Some(at)] } else { [before_last.max(Some(at)), last] };
        }
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
    fn processes_learn_from_each_other_and_not_from_themselves() {
        let now = |ms| Now { wall: Timestamp::from_unix_ms(1_800_000_000_000).plus_ms(ms), mono: ms.unsigned_abs() };
        let (one, other) = (Pacer::new(), Pacer::new());
        assert_eq!([one.reserve(now(0), u64::MAX), one.reserve(now(100), u64::MAX)], [Ok(0), Ok(100)]);
        let sent = one.recent(now(200));
        one.learn(now(200), sent);
        other.learn(now(200), sent);
        assert_eq!(one.reserve(now(300), u64::MAX), Ok(1_100), "its own count once");
        assert_eq!(other.reserve(now(300), u64::MAX), Ok(1_100));
        assert_eq!(one.recent(now(5_000)), [None; 2], "long ago");
        let later = Pacer::new();
        later.learn(now(2_000), sent);
        later.learn(now(0), [Some(now(60_000).wall), None]);
        assert_eq!(later.reserve(now(2_000), u64::MAX), Ok(2_000), "too old, and from a clock that was set");
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
