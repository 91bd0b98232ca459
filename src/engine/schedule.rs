//! When to ask Polar next without being told to.

use crate::license::State;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The longest that a plan can reach ahead besides the refresh interval; a plan beyond is from a broken clock.
pub(super) const LONGEST: Duration = Duration::from_secs(7 * 60 * 60);

/// How one round of asking ended.
pub(super) struct Round {
    /// The state that holds after it.
    pub(super) state: State,
    /// Whether Polar answered and nothing is left to do.
    pub(super) settled: bool,
    /// How many rounds in a row, this one included, did not settle with access.
    pub(super) misses: u32,
    /// Random, so that a thousand apps that lost Polar together do not come back together.
    pub(super) jitter: u32,
}

/// The wait until the next round. After access was confirmed a little less than the refresh interval: asking later
/// would show `grace` to a user who is online.
pub(super) fn next_round(round: &Round, refresh_interval: Duration) -> Duration {
    if round.settled && round.state == State::Active {
        return refresh_interval.saturating_sub(tenth(refresh_interval, round.jitter));
    }
    let (first, longest) = match round.state {
        State::Denied | State::Expired => (MINUTE.saturating_mul(15), HOUR.saturating_mul(6)),
        _ => (MINUTE, HOUR),
    };
    let doublings = round.misses.saturating_sub(1).min(16);
    let wait = first.saturating_mul(1 << doublings).min(longest);
    // from 90 % to 110 %
    wait.saturating_sub(tenth(wait, WHOLE)).saturating_add(tenth(wait.saturating_mul(2), round.jitter))
}

/// Something between nothing (at a jitter of 0) and a tenth of `whole` (at [`WHOLE`]).
fn tenth(whole: Duration, jitter: u32) -> Duration {
    whole.saturating_mul(jitter % STEPS).checked_div(WHOLE.saturating_mul(10)).unwrap_or_default()
}

const WHOLE: u32 = 1000;
const STEPS: u32 = WHOLE + 1;

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn wait(state: State, settled: bool, misses: u32, jitter: u32) -> Duration {
        next_round(&Round { state, settled, misses, jitter }, DAY)
    }

    #[test]
    fn a_confirmed_license_is_asked_about_again_before_it_is_stale() {
        assert_eq!(wait(State::Active, true, 0, 0), DAY);
        assert_eq!(wait(State::Active, true, 0, 1000), DAY * 9 / 10);
    }

    #[test]
    fn without_an_answer_from_a_minute_doubling_to_an_hour() {
        let middle: Vec<u64> = (1..9).map(|misses| wait(State::Grace, false, misses, 500).as_secs()).collect();
        assert_eq!(middle, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
    }

    #[test]
    fn after_a_no_from_a_quarter_of_an_hour_doubling_to_six_hours() {
        let middle: Vec<u64> = (1..8).map(|misses| wait(State::Denied, true, misses, 500).as_secs() / 60).collect();
        assert_eq!(middle, [15, 30, 60, 120, 240, 360, 360]);
    }

    #[test]
    fn jitter_stays_within_ten_percent_and_nothing_overflows() {
        for jitter in [0, 1, 500, 1000, 1001, u32::MAX] {
            let wait = wait(State::Lapsed, false, u32::MAX, jitter);
            assert!(wait >= HOUR * 9 / 10 && wait <= HOUR * 11 / 10, "{wait:?}");
        }
    }
}
