//! Validate, refresh and consume: ask Polar about the license here and remember its word.
//!
//! ```text
//! read ─► nothing to ask, or not due ─► end
//!      └► ask ─► yes or no ─► save ─► (another process heard the opposite: ask once more) ─► give up old seats ─► end
//!             └► no word from Polar ─► save when to ask next ─► end
//! ```

use super::edit::{Edit, Says};
use super::steps::{No, Stage, Step};
use super::{Engine, Patience, policy, schedule};
use crate::error::{Error, ErrorKind};
use crate::license::{Decision, State};
use crate::record::{Identity, Seat};
use crate::text::decimal;
use crate::time::Now;
use crate::wire::Confirmed;

/// The most a merchant's server adds in one go; Polar answers 500 above.
const MOST_USAGE: u32 = 2_147_483_647;

/// What the user was asking for is done by then: giving up an old seat must not keep them waiting.
const RELEASE_MS: u64 = 5_000;

impl Engine {
    pub(super) fn begin_consume(&mut self, count: u32, now: Now) -> Step {
        if count == 0 || count > MOST_USAGE {
            let message =
                ["cannot count ", &decimal(count.into(), 0), " uses; 1 to 2147483647 at once are possible"].concat();
            return self.fail(Error::new(ErrorKind::InvalidArgument, message), now);
        }
        self.op.count = Some(count);
        self.store(Stage::Ask)
    }

    /// The stored record was read.
    pub(super) fn ask(&mut self, now: Now) -> Step {
        if let Some(patience) = self.op.patience {
            let due = self.is_due(patience, now);
            self.looked = true;
            if !due {
                return self.finish(now);
            }
        }
        if self.op.count.is_some()
            && let Err(error) = self.can_consume()
        {
            return self.fail(error, now);
        }
        self.op.known = self.target();
        match &self.op.known {
            Some(known) => self.send(Stage::Asked, known.identity.clone(), now),
            // a license that was given up may have left older seats to free
            None => self.release_next(now),
        }
    }

    /// Another process had heard the opposite of Polar's word: asks once more. Usage is not counted again.
    pub(super) fn ask_again(&mut self, now: Now) -> Step {
        if self.op.settles {
            return self.release_next(now);
        }
        self.op.settles = true;
        (self.op.patience, self.op.count) = (None, None);
        self.ask(now)
    }

    /// Polar, or something else, answered.
    pub(super) fn answered(&mut self, about: Identity, reply: Result<&Confirmed, No>, now: Now) -> Step {
        if self.op.problem.as_ref().is_some_and(|problem| problem.kind == ErrorKind::Cancelled) {
            // the user's choice says nothing about Polar, and is no reason to wait longer next time
            return self.fail_with(No::Unanswered, now);
        }
        let plan = self.plan(reply.err(), now);
        self.aside_answered |= !self.has_license() && plan.answered;
        self.looked |= plan.answered;
        self.fallback_at = None;
        let mut stage = Stage::AskSaved;
        match reply {
            Ok(confirmed) => self.remember(Says::yes(about, confirmed, now)),
            Err(No::Refused(reason)) => self.remember(Says::No(reason)),
            Err(_) => stage = Stage::End,
        }
        // "exhausted" says nothing of the license
        if reply.err() != Some(No::Exhausted) {
            self.op.edits.push(Edit::Plan(plan));
        }
        if let (Some(_), Err(no)) = (self.op.count, reply) {
            self.op.failure = Some(self.failure(no));
        }
        self.store(stage)
    }

    /// Gives up the next seat on the list, then ends. Failing is no failure of the operation: it is tried again.
    pub(super) fn release_next(&mut self, now: Now) -> Step {
        let Some(release) = self.record.releases.first() else { return self.finish(now) };
        let seat = Some(Seat { id: release.activation_id, bound: false });
        let about = Identity { key: release.key.clone(), seat };
        self.op.deadline = self.op.deadline.min(now.after(RELEASE_MS));
        self.send(Stage::Released, about, now)
    }

    pub(super) fn released(&mut self, about: &Identity, reply: Result<(), No>, now: Now) -> Step {
        let unanswered = reply.err().filter(|no| *no == No::Unanswered);
        let mut stage = Stage::End;
        if unanswered.is_none() {
            stage = Stage::Release;
            if let Some(id) = about.activation_id() {
                self.op.edits.push(Edit::Released(id));
            }
        }
        // after the release: settled with the last of them, the next round is a day away, not a minute
        let plan = self.plan(unanswered, now);
        self.op.edits.push(Edit::Plan(plan));
        self.store(stage)
    }

    /// Whether the timer, or the app at its start, should ask now.
    fn is_due(&mut self, patience: Patience, now: Now) -> bool {
        if !self.has_business() {
            return false;
        }
        let state = self.state(now);
        if !state.is_allowed() && !self.looked {
            return true;
        }
        if patience == Patience::Woken && (state != State::Active || self.unreached.is_some()) {
            return true;
        }
        self.due_in(now) == 0
    }

    /// Whether there is anything to ask Polar for: a license, one that it has not yet spoken on, or seats to give up.
    fn has_business(&self) -> bool {
        self.has_license() || !self.record.releases.is_empty() || (self.target().is_some() && !self.aside_answered)
    }

    /// The wait until Polar should be asked, in ms.
    fn due_in(&mut self, now: Now) -> u64 {
        match (self.estimate(now), self.record.plan.next) {
            (Some(estimate), Some(next)) => {
                let wait = next.ms_since(estimate);
                let longest = self.config.refresh_ms().max(schedule::LONGEST_MS);
                if wait > longest { 0 } else { wait.max(0).unsigned_abs() }
            }
            (None, Some(next)) => {
                // no time can be trusted, but this process's own count of it can
                let at = *self.fallback_at.get_or_insert_with(|| {
                    let wait = next.ms_since(now.wall).clamp(0, schedule::LONGEST_MS);
                    now.after(wait.unsigned_abs())
                });
                now.until(at)
            }
            (_, None) => 0,
        }
    }

    /// When a timer should look next: to ask, or because the state changes by itself.
    pub(super) fn wake_at(&mut self, decision: &Decision, now: Now) -> Option<u64> {
        let ask_in = self.has_business().then(|| self.due_in(now));
        let pause = self.pacer.pause_left(now);
        let ask_in = ask_in.map(|wait| wait.max(pause));
        let estimate = self.estimate(now);
        let license = decision.license();
        let stale_at = license.map(|license| license.confirmed_at.plus_ms(self.config.refresh_ms()));
        let expires_at = license.and_then(|license| license.expires_at);
        let mut soonest = ask_in;
        for at in [stale_at, decision.notice_at(), decision.grace_ends_at(), expires_at] {
            let wait = at.zip(estimate).map_or(0, |(at, estimate)| at.ms_since(estimate));
            if wait > 0 {
                soonest = Some(soonest.unwrap_or(u64::MAX).min(wait.unsigned_abs()));
            }
        }
        soonest.map(|wait| now.after(wait))
    }

    /// Usage is only counted where the app would let the user use it.
    fn can_consume(&self) -> Result<(), Error> {
        let held = self.record.held.as_deref().ok_or_else(not_activated)?;
        policy::fits(&self.config, held).map_err(Error::refused)
    }
}

pub(super) fn not_activated() -> Error {
    Error::new(ErrorKind::NotActivated, "no license is active on this device; activate a license key first")
}
