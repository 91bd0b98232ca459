//! The pace at which codes are requested and tried. Polar blocks an IP address for a quarter of an hour at the seventh
//! of these requests in a minute, or at the thirteenth in an hour. The block applies to validate and activate too. To
//! avoid it, the processes that share a record count their requests together, and send at most five in any minute and
//! ten in any hour. Requesting a code also reserves one request for trying it, as long as the code is valid. So every
//! mailed code can be tried. The functions are pure.
//!
//! A request counts from the time just before it was sent. It reaches Polar up to fifteen seconds later, or never. So
//! each window in this module is fifteen seconds longer than Polar's window.

use crate::record::{CodeMail, CodeTries, CodeTry, CodeUse};
use crate::time::Timestamp;

/// The time windows in which requests are counted. Each pair is the number of requests that are allowed within the
/// window, and the length of the window in ms.
const WINDOWS: [(usize, i64); 2] = [(5, 60 * 1000 + CodeTries::ON_ITS_WAY_MS), (10, CodeTries::KEPT_MS)];

/// Counts the request `new`, which requests or tries a code. Does nothing if the request is counted already, or if it
/// may not be sent yet. Returns `true` if `tries` has changed.
///
/// Asking for a code also reserves one later try of the mailed code. A try uses up the oldest reservation.
pub(super) fn reserve(tries: &mut CodeTries, new: CodeTry, to: CodeUse) -> bool {
    let now = new.at;
    if is_reserved(tries, new) {
        return false;
    }
    let was_ahead = tries.count_from(now);
    if paced(tries, to, now).max(blocked(tries, now)) > 0 {
        return was_ahead;
    }
    tries.list.retain(|known| now.ms_since(known.at) < CodeTries::KEPT_MS);
    tries.mails.retain(|mail| mail.ends(now).is_some());
    tries.blocked_until = None;
    tries.list.push(new);
    match to {
        CodeUse::Request => tries.mails.push(CodeMail { at: now, is_tried: false }),
        CodeUse::Try => {
            let untried = tries.mails.iter_mut().find(|mail| !mail.is_tried);
            untried.into_iter().for_each(|mail| mail.is_tried = true);
        }
    }
    true
}

/// Takes back the try that was reserved when the last code was requested. Returns `true` if there was such a try.
pub(super) fn not_mailed(tries: &mut CodeTries) -> bool {
    let last = tries.mails.iter().rposition(|mail| !mail.is_tried);
    last.map(|at| tries.mails.remove(at)).is_some()
}

/// Returns `true` if this request or try is already on the list.
pub(super) fn is_reserved(tries: &CodeTries, new: CodeTry) -> bool {
    tries.list.contains(&new)
}

/// Returns the time at which the last of the mailed codes expires. A code that may have been mailed counts as mailed.
pub(super) fn last_mail_ends(tries: &CodeTries, now: Timestamp) -> Option<Timestamp> {
    tries.mails.iter().filter_map(|mail| mail.ends(now)).max()
}

/// Returns for how many ms Polar will still refuse requests and tries of codes, or 0 if it does not refuse them.
pub(super) fn blocked(tries: &CodeTries, now: Timestamp) -> i64 {
    tries.block_ahead(now).map_or(0, |until| until.ms_since(now))
}

/// Returns how many ms to wait until a request of the kind `to` may be sent. Before a code is requested, there must
/// also be room for a second request that tries the code. Otherwise the customer would get a code that cannot be used.
pub(super) fn paced(tries: &CodeTries, to: CodeUse, now: Timestamp) -> i64 {
    // A time in the future counts as `now`. It was saved while the wall clock was ahead, or by another process just
    // after `now` was read.
    let ages: Vec<i64> = tries.list.iter().map(|known| now.ms_since(known.at).max(0)).collect();
    let untried = tries.mails.iter().filter(|mail| !mail.is_tried);
    let ends: Vec<i64> = untried.filter_map(|mail| Some(mail.ends(now)?.ms_since(now))).collect();
    let has_room = |wait: i64| {
        let reserved = ends.iter().filter(|end| **end > wait).count();
        let needed = match to {
            CodeUse::Request => reserved.saturating_add(2),
            // If tries are reserved, this try may be one of them. If none is reserved, there must be room for this try.
            CodeUse::Try => reserved.max(1),
        };
        WINDOWS.iter().all(|(most, window)| {
            let counted = ages.iter().filter(|age| age.saturating_add(wait) < *window).count();
            counted.saturating_add(needed) <= *most
        })
    };
    // A request may become possible when an earlier request becomes so old that it no longer counts in a window, or
    // when a mailed code expires without having been tried.
    let leave = WINDOWS.iter().flat_map(|(_, window)| ages.iter().map(|age| window.saturating_sub(*age)));
    let mut waits: Vec<i64> = leave.chain(ends.iter().copied()).filter(|wait| *wait > 0).chain([0]).collect();
    waits.sort_unstable();
    waits.into_iter().find(|wait| has_room(*wait)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1000;
    const MINUTE: i64 = 60 * SECOND;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_795_000_000_000 + ms)
    }

    fn wait(tries: &CodeTries, to: CodeUse, now: Timestamp) -> i64 {
        paced(tries, to, now).max(blocked(tries, now))
    }

    /// Simulates an app that requests or tries codes for this many hours, as often as the pace allows. Returns the
    /// times at which its requests reach Polar. `uses` takes the number of requests so far, and decides whether the
    /// next one requests or tries a code. `delay` takes the number of a request, and returns how long this request
    /// takes to reach Polar.
    fn uses_for(hours: i64, uses: impl Fn(usize) -> CodeUse, delay: impl Fn(usize) -> i64) -> Vec<i64> {
        let (mut tries, mut arrived) = (CodeTries::default(), Vec::new());
        let mut now = 0;
        while now < hours * 60 * MINUTE {
            let to = uses(arrived.len());
            let new = CodeTry { at: at(now), id: arrived.len() as u32 };
            if reserve(&mut tries, new, to) {
                arrived.push(now + delay(arrived.len()));
            }
            now += wait(&tries, to, at(now)).max(1);
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
            let arrived = uses_for(5, |_| CodeUse::Try, delay);
            assert_eq!((most_in(&arrived, MINUTE), most_in(&arrived, 60 * MINUTE)), (5, 10));
            for every in 2..6 {
                let to = |n| if n % every == 0 { CodeUse::Request } else { CodeUse::Try };
                let arrived = uses_for(5, to, delay);
                assert!(most_in(&arrived, MINUTE) <= 5 && most_in(&arrived, 60 * MINUTE) <= 10, "{every}");
            }
        }
    }

    #[test]
    fn every_code_that_is_mailed_can_be_tried_as_long_as_it_is_good() {
        let mut tries = CodeTries::default();
        let (mut mailed, mut now, mut id) = (Vec::new(), 0, 0);
        let mut use_code = |tries: &mut CodeTries, now: i64, to| {
            id += 1;
            reserve(tries, CodeTry { at: at(now), id }, to)
        };
        while now < 30 * MINUTE {
            if use_code(&mut tries, now, CodeUse::Request) {
                mailed.push(now);
            }
            now += 7 * SECOND;
        }
        assert!(mailed.len() >= 4, "{mailed:?}");
        let good = mailed.iter().filter(|mail| now - **mail < 30 * MINUTE).count();
        for _ in 0..good {
            assert!(use_code(&mut tries, now, CodeUse::Try));
        }
    }

    #[test]
    fn a_request_whose_mail_was_not_sent_reserves_nothing() {
        let mut tries = CodeTries::default();
        for id in 0..4 {
            assert!(reserve(&mut tries, CodeTry { at: at(0), id }, CodeUse::Request), "{id}");
            assert!(id == 3 || not_mailed(&mut tries));
        }
        assert!(wait(&tries, CodeUse::Request, at(0)) > 0);
        assert!(reserve(&mut tries, CodeTry { at: at(0), id: 9 }, CodeUse::Try));
        assert!(!not_mailed(&mut tries), "its code was tried");
    }

    #[test]
    fn a_try_counts_once_and_a_block_holds() {
        let mut tries = CodeTries::default();
        let first = CodeTry { at: at(0), id: 7 };
        assert!(reserve(&mut tries, first, CodeUse::Try) && !reserve(&mut tries, first, CodeUse::Try));
        assert_eq!(tries.list.len(), 1);
        tries.blocked_until = Some(at(900 * SECOND));
        assert_eq!(wait(&tries, CodeUse::Try, at(SECOND)), 899 * SECOND);
        assert!(!reserve(&mut tries, CodeTry { at: at(899 * SECOND), id: 8 }, CodeUse::Try));
        assert!(reserve(&mut tries, CodeTry { at: at(900 * SECOND), id: 8 }, CodeUse::Try));
    }

    #[test]
    fn a_clock_that_is_set_back_neither_ends_the_pace_nor_delays_for_days() {
        let day = 24 * 60 * MINUTE;
        for back in [30 * MINUTE, 2 * 60 * MINUTE, day, 400 * day] {
            let mut tries = CodeTries::default();
            for id in 0..5 {
                assert!(reserve(&mut tries, CodeTry { at: at(0), id }, CodeUse::Try));
            }
            let first = CodeTry { at: at(-back), id: 9 };
            let is_saved = reserve(&mut tries, first, CodeUse::Try);
            assert!(is_saved && !is_reserved(&tries, first), "the five count from here on");
            let window = MINUTE + CodeTries::ON_ITS_WAY_MS;
            assert_eq!(wait(&tries, CodeUse::Try, at(-back)), window);
            let second = CodeTry { at: at(window - back), id: 10 };
            assert!(reserve(&mut tries, second, CodeUse::Try) && is_reserved(&tries, second));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_ends_no_block() {
        let mut tries = CodeTries { blocked_until: Some(at(15 * MINUTE)), ..CodeTries::default() };
        let back = -24 * 60 * MINUTE;
        assert!(tries.matter(at(back)));
        let early = CodeTry { at: at(back), id: 1 };
        assert!(reserve(&mut tries, early, CodeUse::Try) && !is_reserved(&tries, early));
        assert_eq!(wait(&tries, CodeUse::Try, at(back)), 30 * MINUTE);
        let late = CodeTry { at: at(back + 30 * MINUTE), id: 2 };
        assert!(reserve(&mut tries, late, CodeUse::Try) && is_reserved(&tries, late));
    }
}
