//! Predicts the decisions that follow from the current one if only time passes. Two kinds of pages have no engine and
//! show predicted decisions: a page whose license another process holds, and a page that has not loaded its engine yet.
//! A prediction sends nothing, and leaves the engine's own estimate of the time unchanged.

use super::Engine;
use crate::decision::Decision;
use crate::time::{Now, Timestamp};
use std::time::Duration;

/// A decision, and the time from which it holds. `from` has a time of each clock. The decision holds as soon as one of
/// the clocks has reached its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// The start of this phase. For the first phase, this is the time at which the outlook was requested.
    pub from: Now,
    /// The decision during this phase, unless an operation changes it.
    pub decision: Decision,
}

/// The largest number of phases. A new phase can begin at each of these moments: confirmation, start of grace, notice
/// before the end of grace, end of grace, expiry of the key, and the moment when the outcome of an attempt becomes
/// uncertain.
const MOST: usize = 16;

impl Engine {
    /// Returns the current decision, and the decisions that follow it if only time passes and nobody sets a clock.
    pub fn outlook(&mut self, now: Now) -> Vec<Phase> {
        let mut phases = vec![Phase { from: now, decision: self.current(now) }];
        let seen = self.timeline;
        let (mut at, mut until) = (now, self.next_change(now));
        for _ in 1..MOST {
            let Some(next) = clocks_at(until, at) else { break };
            let decision = self.current(next);
            if phases.last().is_none_or(|last| last.decision != decision) {
                phases.push(Phase { from: until, decision });
            }
            (at, until) = (next, self.next_change(next));
        }
        self.timeline = seen;
        phases
    }

    /// Returns the earliest time on the wall clock at which the decision can change without an operation. Returns
    /// `None` if the passing of time will not change the decision.
    pub fn next_change_by_wall(&mut self, now: Now) -> Option<Timestamp> {
        let until = self.next_change(now).wall;
        (until != Now::LAST.wall).then_some(until)
    }
}

/// Returns the times that both clocks will show when the first of them reaches its time in `until`. `at` has the
/// present times of the clocks. Returns `None` if a clock has reached its time already, or if neither ever will.
fn clocks_at(until: Now, at: Now) -> Option<Now> {
    let wall = u64::try_from(until.wall.ms_since(at.wall)).unwrap_or(0);
    let passed = wall.min(at.until(until.mono));
    let is_ahead = passed > 0 && until != Now::LAST;
    is_ahead.then(|| Now { wall: at.wall.plus(Duration::from_millis(passed)), mono: at.after(passed) })
}
