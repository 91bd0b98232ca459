//! Estimates the time on Polar's clock from a wall clock that a user can set. This module reads no clock: its callers
//! pass the time.
//!
//! The estimate never goes back. If the wall clock is behind the estimate by no more than a wrong time zone or date can
//! explain, the difference is tolerated. If the wall clock is further behind, it is not trusted. "Time" in
//! ARCHITECTURE.md has the reasoning; SECURITY.md says which changes of a clock this module cannot detect.

use crate::record::TimeBase;
use crate::time::{Now, Timestamp};

/// The largest error that a clock can have even if nobody has tampered with it. A clock that is set for the wrong time
/// zone is off by at most 26 hours, the distance between UTC-12 and UTC+14.
const TOLERANCE_MS: i64 = 26 * 60 * 60 * 1000;

/// This process's latest estimate of the time on Polar's clock, or `None` before the first estimate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timeline(Option<Live>);

#[derive(Clone, Copy, Debug)]
struct Live {
    /// The time of the confirmation on which the estimate of the true time is based. A new confirmation starts a new
    /// estimate.
    confirmed: Timestamp,
    estimate: Timestamp,
    mono: u64,
}

impl Timeline {
    /// Returns the estimate of the time on Polar's clock, or `None` if the wall clock is suspect. Remembers the
    /// estimate, because the next estimate must not be earlier.
    pub(super) fn judge(&mut self, base: TimeBase, now: Now) -> Option<Timestamp> {
        let live = self.0.filter(|live| live.confirmed == base.confirmed);
        let counted = live.map(|live| live.estimate.plus_ms(now.since(live.mono)));
        // another process that has run for longer may have saved a later estimate
        let floor = counted.map_or(base.high, |counted| counted.max(base.high));
        let least = floor.plus_ms(-TOLERANCE_MS);
        let corrected = now.wall.plus_ms(base.offset);
        // the wall clock may have been far off at Polar's last confirmation, and somebody may have corrected it since
        // then
        let set_right = base.offset.saturating_abs() > TOLERANCE_MS && now.wall >= least;
        let current = match (corrected >= least, set_right) {
            (true, true) => corrected.min(now.wall),
            (true, false) => corrected,
            (false, true) => now.wall,
            (false, false) => counted?,
        };
        let estimate = current.max(floor);
        self.0 = Some(Live { confirmed: base.confirmed, estimate, mono: now.mono });
        Some(estimate)
    }
}

/// Returns the times of an imported license. When Polar's clock read `confirmed`, this device's clock read something
/// between `requested` and `now`. If this device's clock may have been right at that moment, the clock is trusted.
/// Otherwise the clock's error is known, except for the time between the request and the import.
pub(super) fn imported(confirmed: Timestamp, requested: Timestamp, now: Timestamp) -> TimeBase {
    let least = confirmed.ms_since(now);
    // if the clock was set back after the request, `requested` is of no use, and only `now` counts
    let most = confirmed.ms_since(requested).max(least);
    TimeBase { confirmed, offset: 0.clamp(least, most), high: confirmed }
}

/// Returns two times, one for the wall clock and one for the monotonic clock. As long as neither clock has reached its
/// time, the estimate of Polar's time is earlier than `at`. This does not hold if the wall clock is set back.
/// `estimate` is the present estimate.
pub(super) fn soonest(base: TimeBase, now: Now, estimate: Timestamp, at: Timestamp) -> Now {
    let counted = u64::try_from(at.ms_since(estimate)).unwrap_or(0);
    Now { wall: wall_at(base, at), mono: now.after(counted) }
}

/// Returns the earliest time of the wall clock at which a suspect wall clock is trusted again. Monotonic time alone
/// does not restore trust, so the monotonic time in the result is one that never comes.
pub(super) fn believed(base: TimeBase) -> Now {
    Now { wall: wall_at(base, base.high.plus_ms(-TOLERANCE_MS)), mono: u64::MAX }
}

/// Converts a time on Polar's clock to this device's wall clock, with the known offset between the clocks. If the
/// offset is large, somebody may have corrected the wall clock since Polar's last confirmation, and the two clocks may
/// now agree. In that case, returns the earlier of the two possible times.
pub(super) fn wall_at(base: TimeBase, at: Timestamp) -> Timestamp {
    let corrected = Timestamp::from_unix_ms(at.unix_ms().saturating_sub(base.offset));
    if base.offset.saturating_abs() > TOLERANCE_MS { corrected.min(at) } else { corrected }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;
    const DAY: i64 = 24 * HOUR;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_800_000_000_000 + ms)
    }

    fn now(wall: i64, mono: i64) -> Now {
        Now { wall: at(wall), mono: mono.try_into().unwrap() }
    }

    /// Returns the times of a license that was confirmed at 0, when the wall clock was off by `offset`.
    fn base(offset: i64, high: i64) -> TimeBase {
        TimeBase { confirmed: at(0), offset, high: at(high) }
    }

    fn fresh(base: TimeBase, wall: i64) -> Option<Timestamp> {
        Timeline::default().judge(base, now(wall, 0))
    }

    #[test]
    fn an_honest_clock_is_followed() {
        assert_eq!(fresh(base(0, 0), 5 * DAY), Some(at(5 * DAY)));
        assert_eq!(fresh(base(-8 * HOUR, 0), 5 * DAY), Some(at(5 * DAY - 8 * HOUR)));
    }

    #[test]
    fn a_clock_set_back_never_rewinds() {
        assert_eq!(fresh(base(0, 10 * DAY), 10 * DAY - 8 * HOUR), Some(at(10 * DAY)));
        assert_eq!(fresh(base(0, 10 * DAY), 10 * DAY - 26 * HOUR), Some(at(10 * DAY)));
    }

    #[test]
    fn a_clock_set_back_too_far_is_suspect_in_a_new_process() {
        assert_eq!(fresh(base(0, 10 * DAY), 10 * DAY - 27 * HOUR), None);
    }

    #[test]
    fn a_clock_held_still_does_not_freeze_a_running_process() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.judge(base(0, 0), now(0, 0)), Some(at(0)));
        assert_eq!(timeline.judge(base(0, 0), now(0, 20 * DAY)), Some(at(20 * DAY)));
        assert_eq!(timeline.judge(base(0, 0), now(-DAY * 365, 21 * DAY)), Some(at(21 * DAY)));
    }

    #[test]
    fn a_clock_wrong_by_years_at_activation_may_be_set_right() {
        let years = 3 * 365 * DAY;
        // the clock was three years behind when Polar confirmed, and is right a day later
        assert_eq!(fresh(base(years, 0), DAY), Some(at(DAY)));
        // a day later, the clock is still three years behind
        assert_eq!(fresh(base(years, 0), DAY - years), Some(at(DAY)));
        // the clock was three years ahead when Polar confirmed, and is right a day later
        assert_eq!(fresh(base(-years, 0), DAY), Some(at(DAY)));
        assert_eq!(fresh(base(-years, 0), DAY + years), Some(at(DAY)));
    }

    #[test]
    fn a_clock_that_fits_a_confirmation_from_elsewhere_is_right_and_another_is_off_by_the_way_at_most() {
        let offset = |requested, now| imported(at(0), at(requested), at(now)).offset;
        assert_eq!(offset(-DAY, DAY), 0);
        let years = 10 * 365 * DAY;
        assert_eq!(offset(years - DAY, years + DAY), -years + DAY, "as if Polar had confirmed at the request");
        assert_eq!(offset(-years - DAY, -years + DAY), years - DAY, "as if Polar had confirmed at the import");
        assert_eq!(offset(DAY, -DAY), DAY, "set back on the way");
    }

    #[test]
    fn processes_agree_on_the_highest_estimate() {
        let mut timeline = Timeline::default();
        timeline.judge(base(0, 0), now(0, 0));
        assert_eq!(timeline.judge(base(0, DAY), now(HOUR, HOUR)), Some(at(DAY)));
    }

    #[test]
    fn another_confirmation_starts_afresh() {
        let mut timeline = Timeline::default();
        timeline.judge(base(0, 0), now(300 * DAY, 0));
        let confirmed_again = TimeBase { confirmed: at(DAY), offset: -299 * DAY, high: at(DAY) };
        assert_eq!(timeline.judge(confirmed_again, now(300 * DAY, 1)), Some(at(DAY)));
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let base = TimeBase { confirmed: Timestamp::from_unix_ms(i64::MIN), offset: i64::MIN, high: at(0) };
        let mut timeline = Timeline::default();
        timeline.judge(base, Now { wall: Timestamp::from_unix_ms(i64::MAX), mono: u64::MAX });
        timeline.judge(base, Now { wall: Timestamp::from_unix_ms(i64::MIN), mono: 0 });
    }
}
