//! Decides when the automatic refresh runs next: at the time that the engine has computed, or sooner if the machine has
//! slept or the network has come back. Also detects that another process has changed the record, so that the record is
//! read again. Each client has its own loop around this module, because threads and tasks wait differently:
//!
//! ```text
//! Watch::new ──► record_changed ──► look ─┬─ Wait(pause):       wait that long, or until something happens ──┐
//!                 ▲   │ open again        └─ Refresh(patience): run the operation ──► planned ───────────────┤
//!                 └───┴──────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! This module decides nothing about licenses, and never waits or reads a clock itself.

use super::Patience;
use crate::time::Now;
use std::time::Duration;

/// The longest time between two looks at the clocks. It is short, because on most systems the monotonic clock stands
/// still while the machine sleeps. A single wait of several hours would end only after the machine has been awake for
/// all these hours.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The interval at which to check whether another process has changed the record. Used if the store has a stamp, which
/// changes with the record.
const STAMP_EVERY: Duration = Duration::from_secs(1);

/// The longest time between two refreshes. It is ten minutes, because a refresh also saves the estimated time, which
/// may be necessary that often.
const TOUCH_EVERY_MS: u64 = 600_000;

/// The shortest time between two refreshes. If the engine asks for a refresh sooner, the refresh is delayed until this
/// time has passed.
const PAUSE_MS: u64 = 1_000;

/// If the wall clock has advanced by at least this much more than the monotonic clock, the machine was asleep.
const ASLEEP_MS: i64 = 30_000;

/// The state of the automatic refresh between two calls of [`look`](Self::look).
pub struct Watch {
    before: Now,
    soonest: u64,
    due: u64,
    woken: bool,
    /// The stamp of the store, as it was at the last check for changes by other processes.
    stamp: Option<u64>,
    /// `true` until the first refresh has ended.
    is_first: bool,
}

/// The action to take now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Run a refresh now. The `Patience` tells the engine why the refresh runs.
    Refresh(Patience),
    /// Wait for at most this long, then call [`look`](Watch::look) again.
    Wait(Duration),
}

impl Watch {
    /// Creates a watch. Its first [`look`](Self::look) returns [`Look::Refresh`], so that the automatic refresh begins
    /// at once.
    pub fn new(now: Now) -> Self {
        Self { before: now, soonest: now.mono, due: now.mono, woken: false, stamp: None, is_first: true }
    }

    /// Plans the next refresh, after a refresh or any other operation has ended. `wake_at` comes from the outcome of
    /// that operation.
    pub fn planned(&mut self, now: Now, wake_at: Option<u64>) {
        let touch = now.after(TOUCH_EVERY_MS);
        let soonest = now.after(PAUSE_MS);
        let due = wake_at.map_or(touch, |at| at.min(touch)).max(soonest);
        *self = Self { before: now, soonest, due, woken: false, stamp: self.stamp, is_first: false };
    }

    /// Returns `true` if `stamp` shows that the record was saved or removed since the last call. In this case run
    /// [`Operation::Open`](super::Operation::Open), which reads the record and does not ask Polar. `stamp` comes from
    /// [`Store::stamp`](crate::store::Store::stamp). After a stamp that is not `None`, [`look`](Self::look) returns
    /// waits of at most one second, so that the driver passes the next stamp within a second.
    pub fn record_changed(&mut self, stamp: Option<u64>) -> bool {
        let before = std::mem::replace(&mut self.stamp, stamp);
        before.is_some() && before != stamp
    }

    /// Returns the action to take now. `woken` says whether the network may have come back since the last call.
    pub fn look(&mut self, now: Now, woken: bool) -> Look {
        let awake = now.since(self.before.mono);
        self.woken |= woken || now.wall.ms_since(self.before.wall).saturating_sub(awake) > ASLEEP_MS;
        self.before = now;
        let until = if self.woken { self.soonest } else { self.due };
        let left = Duration::from_millis(now.until(until));
        match (left.is_zero(), self.woken) {
            (true, true) => Look::Refresh(Patience::Woken),
            (true, false) if self.is_first => Look::Refresh(Patience::Started),
            (true, false) => Look::Refresh(Patience::Full),
            (false, _) => Look::Wait(left.min(if self.stamp.is_some() { STAMP_EVERY } else { LOOK_EVERY })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    const START: i64 = 1_700_000_000_000;

    /// Returns a time after the start: the wall clock has advanced by `wall_s` seconds, and the monotonic clock by
    /// `mono_s` seconds.
    fn at(wall_s: i64, mono_s: u64) -> Now {
        Now { wall: Timestamp::from_unix_ms(START + wall_s * 1_000), mono: mono_s * 1_000 }
    }

    /// Returns a watch whose first refresh has just ended.
    fn refreshed(wake_at: Option<u64>) -> Watch {
        let mut watch = Watch::new(at(-5, 0));
        assert_eq!(watch.look(at(-5, 0), false), Look::Refresh(Patience::Started), "the first look");
        watch.planned(at(0, 0), wake_at);
        watch
    }

    #[test]
    fn it_refreshes_when_the_engine_says_and_every_ten_minutes() {
        let mut early = refreshed(Some(90_000));
        assert_eq!(early.look(at(0, 0), false), Look::Wait(LOOK_EVERY));
        assert_eq!(early.look(at(60, 60), false), Look::Wait(Duration::from_secs(30)));
        assert_eq!(early.look(at(90, 90), false), Look::Refresh(Patience::Full));
        for wake_at in [None, Some(u64::MAX)] {
            let mut late = refreshed(wake_at);
            assert_eq!(late.look(at(599, 599), false), Look::Wait(Duration::from_secs(1)));
            assert_eq!(late.look(at(600, 600), false), Look::Refresh(Patience::Full));
        }
    }

    #[test]
    fn after_sleep_or_a_hint_it_refreshes_at_once_but_never_twice_in_a_second() {
        let mut asleep = refreshed(None);
        assert_eq!(asleep.look(at(29, 0), false), Look::Wait(LOOK_EVERY));
        assert_eq!(asleep.look(at(61, 1), false), Look::Refresh(Patience::Woken));
        let mut hinted = refreshed(Some(0));
        assert_eq!(hinted.look(at(0, 0), true), Look::Wait(Duration::from_secs(1)));
        assert_eq!(hinted.look(at(1, 1), false), Look::Refresh(Patience::Woken));
    }

    #[test]
    fn a_store_with_a_stamp_is_looked_at_every_second_and_read_once_after_a_change() {
        let mut watch = refreshed(Some(90_000));
        assert!(!watch.record_changed(None));
        assert_eq!(watch.look(at(1, 1), false), Look::Wait(LOOK_EVERY), "a store that cannot tell");
        assert!(!watch.record_changed(Some(1)));
        assert_eq!(watch.look(at(2, 2), false), Look::Wait(STAMP_EVERY));
        assert!(watch.record_changed(Some(2)));
        watch.planned(at(3, 3), Some(90_000));
        assert!(!watch.record_changed(Some(2)));
        assert_eq!(watch.look(at(4, 4), false), Look::Wait(STAMP_EVERY));
    }

    #[test]
    fn a_clock_set_back_is_no_sleep() {
        let mut watch = refreshed(None);
        assert_eq!(watch.look(at(-86_400, 1), false), Look::Wait(LOOK_EVERY));
        assert_eq!(watch.look(at(-86_399, 2), false), Look::Wait(LOOK_EVERY));
    }
}
