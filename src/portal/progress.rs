//! The progress of a wait, and the times at which Polar is asked again. This module itself never waits.

use crate::codes::Stage;
use crate::time::{Now, milliseconds};
use std::time::Duration;

/// The event that an operation waits for, and the duration of the wait so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    stage: Stage,
    waited: Duration,
    next_in: Duration,
}

impl Progress {
    /// Returns the event that the operation waits for.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Returns the time for which the operation has waited so far.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Returns the time until Polar is asked again.
    pub fn next_in(&self) -> Duration {
        self.next_in
    }
}

/// A wait in which Polar is asked repeatedly until a deadline.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    pub(super) stage: Stage,
    /// The start of the wait, in ms of the monotonic clock.
    began: u64,
    deadline: u64,
}

impl Waiting {
    pub(super) fn new(stage: Stage, within: Duration, now: Now) -> Self {
        Self { stage, began: now.mono, deadline: now.after(milliseconds(within)) }
    }

    /// Returns the time at which to ask Polar again, or `None` if it would be after the deadline. The interval is two
    /// seconds during the first minute, and five seconds afterwards, but never shorter than `at_least`.
    pub(super) fn next(&mut self, at_least: Option<Duration>, now: Now) -> Option<(u64, Progress)> {
        const MINUTE_MS: u64 = 60_000;
        let waited = now.mono.saturating_sub(self.began);
        let usual = if waited < MINUTE_MS { 2_000 } else { 5_000 };
        let next_ms = at_least.map_or(usual, |wait| milliseconds(wait).max(usual));
        let until = now.after(next_ms);
        let (waited, next_in) = (Duration::from_millis(waited), Duration::from_millis(next_ms));
        (until <= self.deadline).then_some((until, Progress { stage: self.stage, waited, next_in }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn polar_is_asked_again_until_the_deadline_and_less_often_later() {
        let at = |mono| Now { wall: Timestamp::default(), mono };
        let mut waiting = Waiting::new(Stage::Granting, Duration::from_secs(300), at(1_000));
        let (mut now, mut asked) = (1_000, 0);
        while let Some((until, progress)) = waiting.next(None, at(now)) {
            assert_eq!(
                (progress.waited().as_millis() as u64, progress.next_in().as_millis() as u64),
                (now - 1_000, until - now)
            );
            (now, asked) = (until, asked + 1);
        }
        assert_eq!((now, asked), (301_000, 30 + 48));
        assert_eq!(waiting.next(Some(Duration::from_secs(60)), at(1_000)).unwrap().0, 61_000);
    }
}
