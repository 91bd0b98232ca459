//! The pace of requests. Polar blocks an IP address for a minute at the fourth request of any kind within a second. So
//! at most two requests are sent in any second, and none is planned during a block. Processes that share a record learn
//! from the record when another process has sent a request.
//!
//! A block shows that many machines share the internet address. So for a minute after a block, at most one request is
//! sent in any second. Timers rest for up to an hour; `due.rs` decides which requests this rest delays.
//!
//! Operations that are likely to send several requests start so far apart that each can send all its requests. If fifty
//! such operations are called at the same time, the first operations end before the last ones begin. An operation that
//! cannot end in time fails immediately. This example has three operations (1, 2 and 3) with three requests each:
//!
//! ```text
//! first requests  1           2           3           time ─►
//! all requests    1   1   1   2   2   2   3   3   3   two in any second
//! ```

use crate::record::PACE_MS;
use crate::time::{Now, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A limiter that spaces the requests to Polar. All engines of a process that send from the same IP address share one
/// limiter. A clone shares the state of its original.
#[derive(Clone, Debug, Default)]
pub struct Pacer(Arc<Mutex<Pace>>);

#[derive(Debug, Default)]
struct Pace {
    /// The times of the requests that still limit the pace, in ascending order. Some were sent already, and others are
    /// planned. A time is in ms of the monotonic clock, and is negative if it lies before the start of this process.
    slots: Vec<i64>,
    /// The operations under way that are likely to send several requests.
    begun: Vec<Begun>,
    /// The latest pause that Polar has asked for.
    pause: Option<Pause>,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    /// The end of the pause, in ms of the monotonic clock.
    until: u64,
    /// The end of the rest that follows the pause. A rest delays timers, but no request for which a user or the app
    /// waits.
    rest_until: u64,
}

#[derive(Debug)]
struct Begun {
    /// The operation's ticket. The engine and the operation's current step own it while the operation is under way.
    /// When it is gone, the operation has ended.
    ticket: Weak<()>,
    /// The end of the time that is reserved for the operation's requests.
    until: i64,
}

/// The average time between two requests at the highest pace.
const SLOT_MS: i64 = PACE_MS / 2;

/// The time that must be left between an operation's last request and its deadline, so that Polar can answer. It
/// matters only for an operation with several requests, which may have to wait for the requests of earlier operations.
const ANSWERS_MS: i64 = 2_000;

/// The time after a pause for which at most one request is sent in any second, because other machines at the same
/// internet address have waited for the end of the pause too.
const SLOW_FOR_MS: i64 = 60_000;

/// The longest rest after a pause. An hour is needed, because a pause shows that too many machines share the internet
/// address. Of 500 machines that spread their requests over an hour, four hardly ever ask within the same second.
const LONGEST_REST_MS: u64 = 60 * 60 * 1000;

/// The random number that selects the longest rest.
const LARGEST_JITTER: u64 = u32::MAX as u64;

impl Pacer {
    /// Creates a pacer that has counted no request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reserves the earliest moment for one more request, and returns it. If that moment is too late for an answer
    /// before `deadline`, reserves nothing and returns `Err` with the wait until that moment, in ms.
    pub(super) fn reserve(&self, now: Now, deadline: u64) -> Result<u64, u64> {
        self.pace().reserve(now, now.mono.cast_signed(), 0, deadline)
    }

    /// Reserves a time for the first request of an operation that is likely to send several requests. The time lies
    /// after the times that are reserved for all operations that began earlier. If not all requests of this operation
    /// can be sent before `deadline`, reserves nothing and returns `Err`, as [`reserve`](Self::reserve) does.
    pub(super) fn reserve_first(&self, ticket: &Arc<()>, requests: u8, now: Now, deadline: u64) -> Result<u64, u64> {
        let mut pace = self.pace();
        // An operation in progress has two owners of its ticket: the engine, and the operation's current step. So an
        // operation whose ticket has only one owner has ended.
        pace.begun.retain(|begun| begun.ticket.strong_count() > 1);
        let turn = pace.begun.iter().map(|begun| begun.until).max().unwrap_or(i64::MIN);
        let earliest = turn.max(now.mono.cast_signed());
        let slot = if pace.is_slow(earliest) { PACE_MS } else { SLOT_MS };
        let room = slot.saturating_mul(requests.into());
        let at = pace.reserve(now, earliest, room.saturating_add(ANSWERS_MS), deadline)?;
        pace.begun.push(Begun { ticket: Arc::downgrade(ticket), until: at.cast_signed().saturating_add(room) });
        Ok(at)
    }

    /// Stops all requests for `ms` milliseconds. Does not shorten a longer pause. After the pause, timers rest for at
    /// most an hour; the random number `jitter` selects how long. Calling this again for the same pause does not select
    /// another rest.
    pub(super) fn pause(&self, now: Now, ms: u64, jitter: u32) {
        let until = now.after(ms);
        let mut pace = self.pace();
        let until = pace.pause.map_or(until, |pause| pause.until.max(until));
        let rest_until = pace.pause.map(|pause| pause.rest_until).filter(|rest_until| *rest_until >= until);
        let rest_until = rest_until.unwrap_or_else(|| {
            let rest = LONGEST_REST_MS.saturating_mul(jitter.into()) / LARGEST_JITTER;
            until.saturating_add(rest)
        });
        pace.pause = Some(Pause { until, rest_until });
    }

    /// Returns the wall-clock times of the last two requests. Omits a request that no longer limits the pace.
    pub(super) fn recent(&self, now: Now) -> [Option<Timestamp>; 2] {
        let ago = |at: &i64| now.mono.cast_signed().saturating_sub(*at);
        let pace = self.pace();
        let mut latest = pace.slots.iter().rev().map(ago).filter(|ago| (0..=PACE_MS).contains(ago));
        let last = latest.next();
        [latest.next(), last].map(|ago| Some(now.wall.plus_ms(ago?.saturating_neg())))
    }

    /// Counts the requests that another process has sent at the times `sent`. Does not count a request again that this
    /// process has already counted.
    pub(super) fn learn(&self, now: Now, sent: [Option<Timestamp>; 2]) {
        /// Two times that differ by at most this much count as the time of one request. Converting a time between the
        /// wall clock and the monotonic clock is not exact, because the two clocks are read one after the other.
        const SAME_MS: u64 = 5;
        let mut pace = self.pace();
        for at in sent.into_iter().flatten() {
            let ago = now.wall.ms_since(at);
            let at = now.mono.cast_signed().saturating_sub(ago);
            let is_known = pace.slots.iter().any(|known| known.abs_diff(at) <= SAME_MS);
            if (0..=PACE_MS).contains(&ago) && !is_known {
                pace.insert(at);
            }
        }
    }

    /// Returns how many ms of a pause are left, or 0 if there is no pause.
    pub(super) fn pause_left(&self, now: Now) -> u64 {
        self.pace().pause.map_or(0, |pause| now.until(pause.until))
    }

    /// Returns how many ms are left until timers may send requests again, or 0 if they may send now.
    pub(super) fn rest_left(&self, now: Now) -> u64 {
        self.pace().pause.map_or(0, |pause| now.until(pause.rest_until))
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// Reserves the first free moment from `earliest` on. Always succeeds if that moment has come already. If the wait
    /// until that moment is too long, reserves nothing and returns `Err` with the wait in ms. A wait is too long if it
    /// leaves less than `rest` ms before the deadline. A pause that Polar imposed is also too long if it takes up more
    /// than half of the time until the deadline.
    fn reserve(&mut self, now: Now, earliest: i64, rest: i64, deadline: u64) -> Result<u64, u64> {
        let oldest = now.mono.cast_signed().saturating_sub(PACE_MS);
        self.slots.retain(|at| *at >= oldest);
        let paused_until = self.pause.map_or(0, |pause| pause.until);
        let at = self.next_slot(earliest.max(paused_until.cast_signed())).max(0).unsigned_abs();
        let end = at.saturating_add(rest.unsigned_abs());
        // A pause that Polar imposed may be long, so a request waits only if the pause ends in the first half of the
        // time until its deadline. The delays between this process's own requests are short, so a request may wait for
        // them until just before its deadline.
        let half = now.after(now.until(deadline) / 2);
        if at > now.mono && (end >= deadline || paused_until > half) {
            return Err(now.until(at));
        }
        self.insert(at.cast_signed());
        Ok(at)
    }

    /// Returns the first moment from `earliest` on at which one more request can be sent. In any second there may be at
    /// most two requests, or one at the slow pace, including those that are only planned.
    fn next_slot(&self, earliest: i64) -> i64 {
        let mut at = earliest;
        loop {
            let (before, after) = self.slots.split_at(self.slots.partition_point(|slot| *slot <= at));
            let mut before = before.iter().rev().copied();
            let (last, second_last) = (before.next(), before.next());
            let (next, second_next) = (after.first().copied(), after.get(1).copied());
            let is_close = |from: Option<i64>, to: Option<i64>| {
                from.zip(to).is_some_and(|(from, to)| to.saturating_sub(from) < PACE_MS)
            };
            // the requests, one on each side, that must be at least a period away from `at`
            let (before, after) = if self.is_slow(at) { (last, next) } else { (second_last, second_next) };
            if is_close(before, Some(at)) {
                at = before.map_or(at, |slot| slot.saturating_add(PACE_MS));
            } else if let Some(next) = next.filter(|_| is_close(last, next) || is_close(Some(at), after)) {
                at = next;
            } else {
                return at;
            }
        }
    }

    /// Returns `true` if a request at this moment is sent at the slow pace, because a pause has just ended.
    fn is_slow(&self, at: i64) -> bool {
        self.pause.is_some_and(|pause| at.saturating_sub(pause.until.cast_signed()) < SLOW_FOR_MS)
    }

    fn insert(&mut self, at: i64) {
        self.slots.insert(self.slots.partition_point(|slot| *slot <= at), at);
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
    fn a_request_goes_between_those_that_wait_without_making_three_in_a_second() {
        let (pacer, tickets) = (Pacer::new(), [(); 3].map(Arc::new));
        let steps = tickets.clone();
        let begun = tickets.each_ref().map(|ticket| pacer.reserve_first(ticket, 3, at(0), 60_000));
        assert_eq!(begun, [Ok(0), Ok(1_650), Ok(3_300)]);
        let mut sent = vec![0, 1_650, 3_300];
        for mono in [20, 40, 60, 2_000] {
            sent.push(pacer.reserve(at(mono), 60_000).unwrap());
        }
        assert_eq!(sent[3..], [20, 1_100, 2_200, 2_750]);
        sent.sort_unstable();
        assert!(sent.windows(3).all(|three| three[2] - three[0] >= 1_100), "{sent:?}");
        drop(steps);
        assert_eq!(pacer.reserve_first(&Arc::new(()), 3, at(4_500), 60_000), Ok(4_500), "what has ended needs no room");
    }

    #[test]
    fn operations_for_which_there_is_no_time_are_refused_at_once() {
        let pacer = Pacer::new();
        let steps: Vec<Arc<()>> = (0..50).map(|_| Arc::new(())).collect();
        let tickets = steps.clone();
        let begun: Vec<_> = tickets.iter().map(|ticket| pacer.reserve_first(ticket, 3, at(0), 35_000)).collect();
        let first: Vec<u64> = begun.iter().map_while(|at| at.ok()).collect();
        assert_eq!((first.len(), first.last()), (19, Some(&29_700)));
        assert!(begun.iter().skip(19).all(|at| *at == Err(31_350)), "{begun:?}");
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
    fn no_request_leaves_in_a_pause_or_without_time_to_wait() {
        let pacer = Pacer::new();
        pacer.pause(at(1_000), 60_000, 0);
        pacer.pause(at(2_000), 1_000, 0);
        assert_eq!(pacer.reserve(at(11_000), 110_000), Err(50_000), "half of the time there is is too little");
        assert_eq!((pacer.pause_left(at(60_999)), pacer.pause_left(at(61_000))), (1, 0));
        assert_eq!(pacer.reserve(at(61_000), 61_000), Ok(61_000), "nothing to wait for");
        assert_eq!(pacer.reserve(at(61_000), 62_000), Err(1_100), "no time would be left");
    }

    #[test]
    fn for_a_minute_after_a_pause_one_request_in_any_second() {
        let pacer = Pacer::new();
        pacer.pause(at(1_000), 60_000, 0);
        let sent = [61_000, 61_010, 61_020, 120_500].map(|mono| pacer.reserve(at(mono), u64::MAX));
        assert_eq!(sent, [Ok(61_000), Ok(62_100), Ok(63_200), Ok(120_500)]);
        let sent = [120_900, 121_700, 121_800].map(|mono| pacer.reserve(at(mono), u64::MAX));
        assert_eq!(sent, [Ok(121_600), Ok(121_700), Ok(122_700)], "the usual pace again");
        let pacer = Pacer::new();
        pacer.pause(at(1_000), 60_000, 0);
        let begun = [0, 0].map(|_| pacer.reserve(at(50_000), u64::MAX));
        assert_eq!(begun, [Ok(61_000), Ok(62_100)], "requests that wait for the end of the pause");
        let (one, other) = (Arc::new(()), Arc::new(()));
        let _steps = [&one, &other].map(Arc::clone);
        let begun = [&one, &other].map(|ticket| pacer.reserve_first(ticket, 2, at(70_000), u64::MAX));
        assert_eq!(begun, [Ok(70_000), Ok(72_200)], "room for two requests");
    }

    #[test]
    fn after_a_pause_timers_rest_for_at_most_an_hour_and_requests_do_not() {
        let pacer = Pacer::new();
        assert_eq!(pacer.rest_left(at(0)), 0);
        pacer.pause(at(0), 60_000, u32::MAX);
        assert_eq!(pacer.rest_left(at(0)), 60_000 + LONGEST_REST_MS);
        pacer.pause(at(10), 50_000, 0);
        assert_eq!(pacer.rest_left(at(60_000)), LONGEST_REST_MS, "the same pause again");
        pacer.pause(at(120_000), 60_000, 0);
        assert_eq!(pacer.rest_left(at(180_000)), LONGEST_REST_MS - 120_000, "a rest is not followed by another one");
        assert_eq!(pacer.reserve(at(180_000), u64::MAX), Ok(180_000), "a request for which somebody waits");
        pacer.pause(at(60_000 + LONGEST_REST_MS), 60_000, u32::MAX / 2);
        assert_eq!(pacer.rest_left(at(60_000 + LONGEST_REST_MS)), 60_000 + LONGEST_REST_MS / 2 - 1, "the next pause");
    }
}
