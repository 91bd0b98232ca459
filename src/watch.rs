//! When an automatic refresh looks again: at the time that the engine named, and when the machine was asleep. Shared by
//! the clients' timers. Decides nothing about licenses, and never waits or reads a clock itself.

use crate::engine::Patience;
use crate::time::Now;
use std::time::Duration;

/// The monotonic clock stands still while most systems sleep, so a wait of hours would be hours of being awake.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Every ten minutes the engine may want to save how late it is.
const TOUCH_EVERY_MS: u64 = 600_000;

/// Never refresh more often than this, whatever the engine says.
const PAUSE_MS: u64 = 1_000;

/// The wall clock ahead of the monotonic one by this much: the machine was asleep.
const ASLEEP_MS: i64 = 30_000;

/// The time between two automatic refreshes.
pub(crate) struct Watch {
    before: Now,
    soonest: u64,
    due: u64,
    woken: bool,
}

/// What to do at this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Refresh(Patience),
    /// Look again after this long, or sooner.
    Wait(Duration),
}

impl Watch {
    /// From the end of the last refresh; `wake_at` is what it said.
    pub(crate) fn new(looked_at: Now, wake_at: Option<u64>) -> Self {
        let touch = looked_at.mono.saturating_add(TOUCH_EVERY_MS);
        let soonest = looked_at.mono.saturating_add(PAUSE_MS);
        Self { before: looked_at, soonest, due: wake_at.map_or(touch, |at| at.min(touch)).max(soonest), woken: false }
    }

    /// The network may be back: do not wait any longer than need be.
    #[cfg(any(test, all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
    pub(crate) fn wake(&mut self) {
        self.woken = true;
    }

    pub(crate) fn look(&mut self, now: Now) -> Look {
        let awake = i64::try_from(now.mono.saturating_sub(self.before.mono)).unwrap_or(i64::MAX);
        self.woken |= now.wall.ms_since(self.before.wall).saturating_sub(awake) > ASLEEP_MS;
        self.before = now;
        let until = if self.woken { self.soonest } else { self.due };
        let left = Duration::from_millis(until.saturating_sub(now.mono));
        match (left.is_zero(), self.woken) {
            (true, true) => Look::Refresh(Patience::Woken),
            (true, false) => Look::Refresh(Patience::Full),
            (false, _) => Look::Wait(left.min(LOOK_EVERY)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    const START: i64 = 1_700_000_000_000;

    /// That long after the start, by the wall clock and by the monotonic one.
    fn at(wall_s: i64, mono_s: u64) -> Now {
        Now { wall: Timestamp::from_unix_ms(START + wall_s * 1_000), mono: mono_s * 1_000 }
    }

    #[test]
    fn it_refreshes_when_the_engine_says_and_every_ten_minutes() {
        let mut early = Watch::new(at(0, 0), Some(90_000));
        assert_eq!(early.look(at(0, 0)), Look::Wait(LOOK_EVERY));
        assert_eq!(early.look(at(60, 60)), Look::Wait(Duration::from_secs(30)));
        assert_eq!(early.look(at(90, 90)), Look::Refresh(Patience::Full));
        for wake_at in [None, Some(u64::MAX)] {
            let mut late = Watch::new(at(0, 0), wake_at);
            assert_eq!(late.look(at(599, 599)), Look::Wait(Duration::from_secs(1)));
            assert_eq!(late.look(at(600, 600)), Look::Refresh(Patience::Full));
        }
    }

    #[test]
    fn after_sleep_or_a_hint_it_refreshes_at_once_but_never_twice_in_a_second() {
        let mut asleep = Watch::new(at(0, 0), None);
        assert_eq!(asleep.look(at(29, 0)), Look::Wait(LOOK_EVERY));
        assert_eq!(asleep.look(at(61, 1)), Look::Refresh(Patience::Woken));
        let mut hinted = Watch::new(at(0, 0), Some(0));
        hinted.wake();
        assert_eq!(hinted.look(at(0, 0)), Look::Wait(Duration::from_secs(1)));
        assert_eq!(hinted.look(at(1, 1)), Look::Refresh(Patience::Woken));
    }

    #[test]
    fn a_clock_set_back_is_no_sleep() {
        let mut watch = Watch::new(at(0, 0), None);
        assert_eq!(watch.look(at(-86_400, 1)), Look::Wait(LOOK_EVERY));
        assert_eq!(watch.look(at(-86_399, 2)), Look::Wait(LOOK_EVERY));
    }
}
