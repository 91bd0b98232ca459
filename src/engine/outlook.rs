//! What time alone will make of a decision: for whoever shows decisions where no engine is, such as a page whose license
//! another process holds. Asks nobody, and counts nothing of the future as seen.

use super::{Engine, Span};
use crate::decision::Decision;
use crate::time::Now;
use std::time::Duration;

/// A decision, and the clocks from when on it holds: as soon as either of them is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// The first phase begins at once.
    pub from: Now,
    /// What holds then, unless an operation changes it before.
    pub decision: Decision,
}

/// Confirmed, grace, its notice, its end, the key's expiry; and attempts that are forgotten one by one.
const MOST: usize = 16;

impl Engine {
    /// The decision at this instant, and those that follow it if nothing happens but time and no clock is set.
    pub fn outlook(&mut self, now: Now) -> Vec<Phase> {
        let mut phases = vec![Phase { from: now, decision: self.current(now) }];
        let seen = self.timeline;
        let (mut at, mut span) = (now, self.holds(now));
        for _ in 1..MOST {
            let Some(next) = end_of(&span, at) else { break };
            let decision = self.current(next);
            if phases.last().is_none_or(|last| last.decision != decision) {
                phases.push(Phase { from: span.until(), decision });
            }
            (at, span) = (next, self.holds(next));
        }
        self.timeline = seen;
        phases
    }
}

/// What both clocks say when the first of them has reached the end of `span`, if there is one.
fn end_of(span: &Span, at: Now) -> Option<Now> {
    let until = span.until();
    let wall = u64::try_from(until.wall.ms_since(at.wall)).unwrap_or(0);
    let passed = wall.min(at.until(until.mono));
    let is_ahead = passed > 0 && until != Now::LAST;
    is_ahead.then(|| Now { wall: at.wall.plus(Duration::from_millis(passed)), mono: at.after(passed) })
}
