//! Computes how long the automatic refresh waits before it asks Polar again. The app itself can ask at any time.

use crate::codes::State;

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The longest planned wait until the next request to Polar, unless the refresh interval is longer. If a stored plan
/// seems to have a longer wait, a clock is or was wrong.
pub(super) const LONGEST_MS: i64 = 7 * HOUR_MS;

/// The result of one round of requests.
pub(super) struct Round {
    /// The state after the round.
    pub(super) state: State,
    /// Whether Polar answered and nothing is left to do.
    pub(super) settled: bool,
    /// The number of failed rounds in a row, including this one. A round fails unless Polar answered, nothing is left
    /// to do, and access is allowed.
    pub(super) failed_tries: u32,
    /// A random number that moves the time of the next round. Without it, a thousand apps that lost the connection to
    /// Polar together would also ask again together.
    pub(super) jitter: u32,
}

/// Returns how many ms to wait until the next round. After a confirmation, the wait is a little shorter than the
/// refresh interval. With a longer wait, the state of a user who is online would become `grace` before each refresh.
pub(super) fn next_round(round: &Round, refresh_ms: i64) -> i64 {
    if round.settled && round.state == State::Active {
        return refresh_ms.saturating_sub(tenth(refresh_ms, round.jitter));
    }
    let (first, longest) = match round.state {
        State::Denied | State::Expired => (15 * MINUTE_MS, 6 * HOUR_MS),
        State::Unlicensed | State::ClockSuspect | State::Active | State::Grace | State::Lapsed | State::Trial => {
            (MINUTE_MS, HOUR_MS)
        }
    };
    let doublings = round.failed_tries.saturating_sub(1).min(16);
    let wait = longest.min(first << doublings);
    // the result is between 90 % and 110 % of `wait`
    wait.saturating_sub(tenth(wait, STEPS)).saturating_add(tenth(wait.saturating_mul(2), round.jitter))
}

/// Returns a part of `whole`, at most a tenth. The random number `jitter` selects the part: 0 selects nothing, and
/// [`STEPS`] selects the whole tenth.
fn tenth(whole: i64, jitter: u32) -> i64 {
    let step = i64::from(jitter % (STEPS + 1));
    whole.saturating_mul(step) / TENTHS
}

const STEPS: u32 = 1000;
const TENTHS: i64 = 10 * STEPS as i64;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn wait(state: State, settled: bool, failed_tries: u32, jitter: u32) -> Duration {
        let wait = next_round(&Round { state, settled, failed_tries, jitter }, 24 * HOUR_MS);
        Duration::from_millis(wait.try_into().unwrap())
    }

    #[test]
    fn a_confirmed_license_is_asked_about_again_before_it_is_stale() {
        assert_eq!(wait(State::Active, true, 0, 0), DAY);
        assert_eq!(wait(State::Active, true, 0, 1000), DAY * 9 / 10);
    }

    #[test]
    fn without_an_answer_from_a_minute_doubling_to_an_hour() {
        let middle: Vec<u64> = (1..9).map(|tries| wait(State::Grace, false, tries, 500).as_secs()).collect();
        assert_eq!(middle, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
    }

    #[test]
    fn after_a_denial_from_a_quarter_of_an_hour_doubling_to_six_hours() {
        let middle: Vec<u64> = (1..8).map(|tries| wait(State::Denied, true, tries, 500).as_secs() / 60).collect();
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
