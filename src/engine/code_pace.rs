//! How often codes may be requested or tried. Polar blocks an address for a quarter of an hour at the seventh in a minute
//! and at the thirteenth in an hour, for validate and activate too; so no more than five reach it in any minute, and ten in
//! any hour, in all processes that share a record. Pure.
//!
//! What is counted is when a request was about to leave. It reaches Polar up to fifteen seconds later, or not at all, so
//! the windows here are that much longer than Polar's.

use crate::record::{CodeTries, CodeTry};
use crate::time::Timestamp;

/// How many in which time, in ms.
const WINDOWS: [(usize, i64); 2] = [(5, 60 * 1000 + CodeTries::ON_ITS_WAY_MS), (10, CodeTries::KEPT_MS)];

/// Adds a try to the list, once, unless it is too early; whether it was added.
pub(super) fn reserve(tries: &mut CodeTries, new: CodeTry) -> bool {
    let now = new.at;
    if is_reserved(tries, new) || wait(tries, now) > 0 {
        return false;
    }
    let is_kept = |known: &CodeTry| (-CodeTries::KEPT_MS..CodeTries::KEPT_MS).contains(&now.ms_since(known.at));
    tries.list.retain(is_kept);
    // a wall clock that was set back must not make a try count for longer than an hour from here on
    tries.list.iter_mut().for_each(|known| known.at = known.at.min(now));
    tries.blocked_until = tries.block_ahead(now);
    tries.list.push(new);
    true
}

/// Whether this try is on the list.
pub(super) fn is_reserved(tries: &CodeTries, new: CodeTry) -> bool {
    tries.list.contains(&new)
}

/// How long to wait before another try, in ms.
fn wait(tries: &CodeTries, now: Timestamp) -> i64 {
    paced(tries, now).max(blocked(tries, now))
}

/// How long Polar accepts no other try, in ms.
pub(super) fn blocked(tries: &CodeTries, now: Timestamp) -> i64 {
    tries.block_ahead(now).map_or(0, |until| until.ms_since(now))
}

/// How long to wait until there is room for another try, in ms.
pub(super) fn paced(tries: &CodeTries, now: Timestamp) -> i64 {
    // another process may have read its clock a moment later; one further ahead was saved under another wall clock
    let ago = |known: &CodeTry| now.ms_since(known.at).max(0);
    let counts = |known: &&CodeTry| now.ms_since(known.at) > -CodeTries::KEPT_MS;
    let mut ages: Vec<i64> = tries.list.iter().filter(counts).map(ago).collect();
    ages.sort_unstable();
    let paced = WINDOWS.iter().map(|(most, window)| {
        // room is there again once the oldest of the last `most` is out of the window
        let oldest = most.checked_sub(1).and_then(|at| ages.get(at));
        oldest.map_or(0, |age| window.saturating_sub(*age))
    });
    paced.max().unwrap_or(0).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1000;
    const MINUTE: i64 = 60 * SECOND;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_795_000_000_000 + ms)
    }

    /// Tries as often as it may, each try on its way for as long as `delay` says; when each reached Polar.
    fn tries_for(hours: i64, delay: impl Fn(usize) -> i64) -> Vec<i64> {
        let (mut tries, mut arrived) = (CodeTries::default(), Vec::new());
        let mut now = 0;
        while now < hours * 60 * MINUTE {
            let new = CodeTry { at: at(now), id: arrived.len() as u32 };
            if reserve(&mut tries, new) {
                arrived.push(now + delay(arrived.len()));
            }
            now += wait(&tries, at(now)).max(1);
        }
        arrived.sort_unstable();
        arrived
    }

    fn most_in(arrived: &[i64], window: i64) -> usize {
        arrived
            .iter()
            .map(|from| arrived.iter().filter(|at| (0..window).contains(&(*at - from))).count())
            .max()
            .unwrap()
    }

    #[test]
    fn no_more_than_five_a_minute_and_ten_an_hour_reach_polar_however_late_they_are() {
        let last_ms = CodeTries::ON_ITS_WAY_MS - 1;
        let delays: [&dyn Fn(usize) -> i64; 3] =
            [&|_| 0, &|n| if n % 10 < 5 { last_ms } else { 0 }, &|n| n as i64 * 3571 % last_ms];
        for delay in delays {
            let arrived = tries_for(5, delay);
            assert_eq!((most_in(&arrived, MINUTE), most_in(&arrived, 60 * MINUTE)), (5, 10));
        }
    }

    #[test]
    fn a_try_counts_once_and_a_block_holds() {
        let mut tries = CodeTries::default();
        let first = CodeTry { at: at(0), id: 7 };
        assert!(reserve(&mut tries, first) && !reserve(&mut tries, first));
        assert_eq!(tries.list.len(), 1);
        tries.blocked_until = Some(at(900 * SECOND));
        assert_eq!(wait(&tries, at(SECOND)), 899 * SECOND);
        assert!(!reserve(&mut tries, CodeTry { at: at(899 * SECOND), id: 8 }));
        assert!(reserve(&mut tries, CodeTry { at: at(900 * SECOND), id: 8 }));
    }

    #[test]
    fn a_clock_that_was_set_back_delays_for_an_hour_at_most() {
        let mut tries = CodeTries::default();
        for id in 0..5 {
            assert!(reserve(&mut tries, CodeTry { at: at(30 * MINUTE), id }));
        }
        assert!(wait(&tries, at(0)) <= CodeTries::KEPT_MS);
        let day = 24 * 60 * MINUTE;
        assert_eq!(wait(&tries, at(-day)), 0, "they are from another clock");
        assert!(reserve(&mut tries, CodeTry { at: at(-day), id: 9 }));
        assert_eq!(tries.list.len(), 1);
    }
}
