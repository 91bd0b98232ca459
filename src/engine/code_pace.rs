//! How often codes may be requested or tried. Polar blocks an address for a quarter of an hour at the seventh in a minute
//! and at the thirteenth in an hour, for validate and activate too; so no more than five reach it in any minute, and ten in
//! any hour, in all processes that share a record. A request for a code reserves the try of it, for as long as the code is
//! good: no code is mailed that could not be tried. Pure.
//!
//! What is counted is when a request was about to leave. It reaches Polar up to fifteen seconds later, or not at all, so
//! the windows here are that much longer than Polar's.

use crate::record::{CodeMail, CodeTries, CodeTry, CodeUse};
use crate::time::Timestamp;

/// How many in which time, in ms.
const WINDOWS: [(usize, i64); 2] = [(5, 60 * 1000 + CodeTries::ON_ITS_WAY_MS), (10, CodeTries::KEPT_MS)];

/// Adds a request or a try to the list, once, unless it is too early; whether it was added. A request reserves the try of its
/// code; a try takes the oldest that is reserved.
pub(super) fn reserve(tries: &mut CodeTries, new: CodeTry, to: CodeUse) -> bool {
    let now = new.at;
    if is_reserved(tries, new) || paced(tries, to, now).max(blocked(tries, now)) > 0 {
        return false;
    }
    let is_kept = |known: &CodeTry| (-CodeTries::KEPT_MS..CodeTries::KEPT_MS).contains(&now.ms_since(known.at));
    tries.list.retain(is_kept);
    // a wall clock that was set back must not make a try count for longer than an hour from here on
    tries.list.iter_mut().for_each(|known| known.at = known.at.min(now));
    tries.mails.retain(|mail| mail.ends(now).is_some());
    tries.mails.iter_mut().for_each(|mail| mail.at = mail.at.min(now));
    tries.blocked_until = tries.block_ahead(now);
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

/// Takes back the try that the last request has reserved; whether there was one.
pub(super) fn not_mailed(tries: &mut CodeTries) -> bool {
    let last = tries.mails.iter().rposition(|mail| !mail.is_tried);
    last.map(|at| tries.mails.remove(at)).is_some()
}

/// Whether this try is on the list.
pub(super) fn is_reserved(tries: &CodeTries, new: CodeTry) -> bool {
    tries.list.contains(&new)
}

/// When the last code expires that may have been mailed.
pub(super) fn last_mail_ends(tries: &CodeTries, now: Timestamp) -> Option<Timestamp> {
    tries.mails.iter().filter_map(|mail| mail.ends(now)).max()
}

/// How long Polar accepts no other try, in ms.
pub(super) fn blocked(tries: &CodeTries, now: Timestamp) -> i64 {
    tries.block_ahead(now).map_or(0, |until| until.ms_since(now))
}

/// How long to wait until there is room for another request and the try of its code, or for another try, in ms.
pub(super) fn paced(tries: &CodeTries, to: CodeUse, now: Timestamp) -> i64 {
    // another process may have read its clock a moment later; one further ahead was saved under another wall clock
    let ago = |known: &CodeTry| now.ms_since(known.at).max(0);
    let counts = |known: &&CodeTry| now.ms_since(known.at) > -CodeTries::KEPT_MS;
    let ages: Vec<i64> = tries.list.iter().filter(counts).map(ago).collect();
    let untried = tries.mails.iter().filter(|mail| !mail.is_tried);
    let ends: Vec<i64> = untried.filter_map(|mail| Some(mail.ends(now)?.ms_since(now))).collect();
    let has_room = |wait: i64| {
        let reserved = ends.iter().filter(|end| **end > wait).count();
        let needed = match to {
            CodeUse::Request => reserved.saturating_add(2),
            // one of those that are reserved, if any is
            CodeUse::Try => reserved.max(1),
        };
        WINDOWS.iter().all(|(most, window)| {
            let counted = ages.iter().filter(|age| age.saturating_add(wait) < *window).count();
            counted.saturating_add(needed) <= *most
        })
    };
    // room comes when one leaves a window, or when a code expires that was not tried
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

    /// Requests or tries codes, as `uses` says, as often as it may, each on its way for as long as `delay` says; when each
    /// reached Polar.
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
    fn a_clock_that_was_set_back_delays_for_an_hour_at_most() {
        for to in [CodeUse::Request, CodeUse::Try] {
            let mut tries = CodeTries::default();
            for id in 0..2 {
                assert!(reserve(&mut tries, CodeTry { at: at(30 * MINUTE), id }, to));
            }
            assert!((2..9).any(|id| !reserve(&mut tries, CodeTry { at: at(30 * MINUTE), id }, CodeUse::Try)));
            assert!((1..=CodeTries::KEPT_MS).contains(&wait(&tries, to, at(0))));
            let day = 24 * 60 * MINUTE;
            assert_eq!(wait(&tries, to, at(-day)), 0, "they are from another clock");
            assert!(reserve(&mut tries, CodeTry { at: at(-day), id: 9 }, to));
            assert_eq!(tries.list.len(), 1);
        }
    }
}
