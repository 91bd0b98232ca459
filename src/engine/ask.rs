//! Validate, refresh and consume: ask Polar about the license here and remember its word.
//!
//! ```text
//! read ─► nothing to ask, or not due ─► end
//!      └► ask ─► yes or no ─► save ─► (another process heard the opposite: ask once more) ─► give up old seats ─► end
//!             └► no word from Polar ─► save when to ask next ─► end
//! ```

use super::edit::{Asked, Edit, Says, Word};
use super::steps::{Asking, Op, Stage, Step};
use super::{Deactivated, Engine, Patience, policy, schedule};
use crate::error::{Error, ErrorKind};
use crate::license::State;
use crate::record::Release;
use crate::text::decimal;
use crate::time::{Now, milliseconds};
use crate::wire::{Confirmed, Deactivate, Rejection, Validate};

/// Why Polar is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Validate,
    Refresh(Patience),
    Consume(u32),
    /// This process and another one heard the opposite of each other, and nobody knows who heard it last.
    Settle,
}

/// A question on its way.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    purpose: Purpose,
    asked: Asked,
}

/// The most a merchant's server adds in one go; Polar answers 500 above.
const MOST_USAGE: u32 = 2_147_483_647;

/// What the user was asking for is done by then: giving up an old seat must not keep them waiting.
const RELEASE_MS: u64 = 5_000;

impl Engine {
    pub(super) fn begin_consume(&mut self, op: Box<Op>, count: u32, now: Now) -> Step {
        if count == 0 || count > MOST_USAGE {
            let message =
                ["cannot count ", &decimal(count.into(), 0), " uses; 1 to 2147483647 at once are possible"].concat();
            return self.finish(op, Err(Error::new(ErrorKind::InvalidArgument, message)), now);
        }
        op.store(vec![], Stage::Ask(Purpose::Consume(count)))
    }

    /// The stored record was read.
    pub(super) fn ask(&mut self, op: Box<Op>, purpose: Purpose, now: Now) -> Step {
        if let Purpose::Refresh(patience) = purpose {
            let due = self.is_due(patience, now);
            self.looked = true;
            if !due {
                return self.finish(op, Ok(None), now);
            }
        }
        if let Purpose::Consume(_) = purpose
            && let Err(error) = self.can_consume()
        {
            return self.finish(op, Err(error), now);
        }
        // a license that was given up may have left older seats to free
        let Some(asked) = self.target() else { return self.release_next(op, None, now) };
        let mut request = self.validate(&asked.identity.key, asked.identity.seat);
        if let Purpose::Consume(count) = purpose {
            request.increment_usage = Some(count);
        }
        let body = request.body();
        self.send(op, Validate::PATH, body, Asking::Ask(Ask { purpose, asked }, request), now)
    }

    /// Polar, or something else, answered.
    pub(super) fn answered(
        &mut self,
        mut op: Box<Op>,
        ask: Ask,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let reply = match reply {
            // the user's choice says nothing about Polar, and is no reason to wait longer next time
            Err(cancelled @ Rejection::Unreachable { kind: ErrorKind::Cancelled, .. }) => {
                return self.fail(op, cancelled, now);
            }
            reply => reply,
        };
        let Ask { purpose, asked } = ask;
        let plan = self.heard(reply.as_ref().err(), now);
        self.aside_answered |= !self.has_license() && plan.answered;
        self.looked |= plan.answered;
        self.fallback_at = None;
        let says = match &reply {
            Ok(confirmed) => {
                let key = asked.identity.key.clone();
                Some(Says::Yes { key, confirmed: *confirmed, wall: now.wall })
            }
            Err(Rejection::Refused(reason)) => Some(Says::No(*reason)),
            Err(_) => None,
        };
        let edits = match says {
            Some(says) => vec![Edit::Word(Word { asked, says }), Edit::Plan(plan)],
            // "exhausted" says nothing of the license
            None if plan.answered => vec![],
            None => vec![Edit::Plan(plan)],
        };
        let heard_word = matches!(reply, Ok(_) | Err(Rejection::Refused(_)));
        if let (Purpose::Consume(_), Err(rejection)) = (purpose, reply) {
            op.failure = Some(rejection.into());
        }
        op.store(edits, if heard_word { Stage::AskSaved(purpose) } else { Stage::End(Ok(None)) })
    }

    /// Polar's word was saved, unless another process had heard the opposite.
    pub(super) fn ask_saved(&mut self, op: Box<Op>, purpose: Purpose, contradicted: bool, now: Now) -> Step {
        match purpose {
            // usage is not counted again: the question is put without it
            Purpose::Validate | Purpose::Refresh(_) | Purpose::Consume(_) if contradicted => {
                self.ask(op, Purpose::Settle, now)
            }
            _ => self.release_next(op, None, now),
        }
    }

    /// Gives up the next seat on the list, then ends. Failing is no failure of the operation: it is tried again.
    pub(super) fn release_next(&mut self, mut op: Box<Op>, ends: Option<Deactivated>, now: Now) -> Step {
        let next = self.memory.record.as_deref().and_then(|record| record.releases.first()).cloned();
        let Some(release) = next else { return self.finish(op, Ok(ends), now) };
        op.deadline = op.deadline.min(now.mono.saturating_add(RELEASE_MS));
        let request = self.give_up(&release.key, release.activation_id);
        let body = request.body();
        self.send(op, Deactivate::PATH, body, Asking::Release(release, ends, request), now)
    }

    pub(super) fn released(
        &mut self,
        op: Box<Op>,
        release: &Release,
        ends: Option<Deactivated>,
        reply: Result<(), Rejection>,
        now: Now,
    ) -> Step {
        match reply {
            Ok(()) | Err(Rejection::Refused(_)) => {
                // settled with the last of them: then the next round is a day away, not a minute
                let edits = vec![Edit::Released(release.activation_id), Edit::Plan(self.heard(None, now))];
                op.store(edits, Stage::Release(ends))
            }
            Err(rejection) => {
                let plan = self.heard(Some(&rejection), now);
                op.store(vec![Edit::Plan(plan)], Stage::End(Ok(ends)))
            }
        }
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
        let releases = self.memory.record.as_deref().is_some_and(|record| !record.releases.is_empty());
        self.has_license() || releases || (self.target().is_some() && !self.aside_answered)
    }

    /// The wait until Polar should be asked, in ms.
    fn due_in(&mut self, now: Now) -> u64 {
        let plan = self.memory.record.as_deref().map(|record| record.plan).unwrap_or_default();
        match (self.estimate(now), plan.next) {
            (Some(estimate), Some(next)) => {
                let wait = next.ms_since(estimate);
                let longest = self.config.refresh_ms().max(schedule::LONGEST_MS);
                if wait > longest { 0 } else { wait.max(0).unsigned_abs() }
            }
            (None, Some(next)) => {
                // no time can be trusted, but this process's own count of it can
                let at = *self.fallback_at.get_or_insert_with(|| {
                    let wait = next.ms_since(now.wall).clamp(0, schedule::LONGEST_MS);
                    now.mono.saturating_add(wait.unsigned_abs())
                });
                at.saturating_sub(now.mono)
            }
            (_, None) => 0,
        }
    }

    /// When a timer should look next: to ask, or because the state changes by itself.
    pub(super) fn wake_at(&mut self, now: Now) -> Option<u64> {
        let ask_in = self.has_business().then(|| self.due_in(now));
        let pause = self.pacer.pause_left(now.mono).map_or(0, milliseconds);
        let ask_in = ask_in.map(|wait| wait.max(pause));
        let estimate = self.estimate(now);
        let decision = self.current(now);
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
        soonest.map(|wait| now.mono.saturating_add(wait))
    }

    /// Usage is only counted where the app would let the user use it.
    fn can_consume(&self) -> Result<(), Error> {
        let held = self.memory.record.as_deref().and_then(|record| record.held.as_deref()).ok_or_else(not_activated)?;
        policy::fits(&self.config, held).map_err(Error::refused)
    }
}

pub(super) fn not_activated() -> Error {
    Error::new(ErrorKind::NotActivated, "no license is active on this device; activate a license key first")
}
