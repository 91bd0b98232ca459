//! Validate, refresh and consume: ask Polar about the license here and remember its answer.
//!
//! ```text
//! read ─► nothing to ask, or not due ─► end
//!      └► ask ─► confirmed or denied ─► save ─► (another process saved the opposite: ask once more) ─► release ─► end
//!             └► no answer from Polar ─► save when to ask next ─► end
//! ```

use super::edit::{Edit, NewAnswer};
use super::step::Step;
use super::task::{AfterReply, AfterStore, Purpose, Question};
use super::{Engine, Patience, policy, schedule};
use crate::codes::{ErrorKind, State};
use crate::decision::Decision;
use crate::error::Error;
use crate::record::Identity;
use crate::texts::Text;
use crate::time::Now;
use crate::wire::{self, Confirmed, Rejection};

/// How soon an explicit refresh, or starting the automatic one, asks again without access, whatever the plan says.
const ASK_AGAIN_MS: i64 = 5_000;

/// The most that Polar adds in one request; it answers 500 above.
const MOST_USAGE: u32 = 2_147_483_647;

impl Engine {
    pub(super) fn begin_consume(&mut self, count: u32, now: Now) -> Step {
        if count == 0 || count > MOST_USAGE {
            let message = format!("uses are counted as a whole number from 1 to {MOST_USAGE}");
            return self.fail(self.error(ErrorKind::InvalidArgument, message), now);
        }
        self.store(Vec::new(), AfterStore::Ask(Question::new(Purpose::Consume(count))), now)
    }

    /// The stored record was read.
    pub(super) fn ask(&mut self, question: Question, now: Now) -> Step {
        let increment_usage = match question.purpose {
            Purpose::Refresh(patience) => {
                // judged once; what another process was answered meanwhile is found below
                if question.asked.is_none() && !self.is_due(patience, now) {
                    return self.finish(question.ending, now);
                }
                None
            }
            Purpose::Consume(count) => {
                if let Err(error) = self.can_consume() {
                    return self.fail(error, now);
                }
                Some(count)
            }
            Purpose::Validate | Purpose::ResolveConflict => None,
        };
        // without a license here, older seats may still have to be released
        let Some(asked) = self.target() else { return self.release_next(question.ending, now) };
        let before = question.asked.as_ref().filter(|before| before.identity == asked.identity);
        if question.only_asks() && before.is_some_and(|before| before.revision != asked.revision) {
            // another process was answered while this one waited for its turn
            return self.finish(question.ending, now);
        }
        let request = wire::Validate { increment_usage, ..self.validation(&asked.identity) };
        self.asked_at = Some(now.mono);
        self.send(AfterReply::Ask(Question { asked: Some(asked), ..question }, request), now)
    }

    /// Another process was given the opposite answer: asks once more. Usage is not counted again.
    pub(super) fn ask_again(&mut self, question: Question, now: Now) -> Step {
        if question.purpose == Purpose::ResolveConflict {
            return self.release_next(question.ending, now);
        }
        self.ask(Question { purpose: Purpose::ResolveConflict, asked: None, ending: question.ending }, now)
    }

    /// Polar, or something else, answered.
    pub(super) fn answered(&mut self, mut question: Question, reply: Result<Confirmed, Rejection>, now: Now) -> Step {
        if let Err(rejection) = &reply
            && rejection.kind() == ErrorKind::Cancelled
        {
            // the user's choice says nothing about Polar, and is no reason to wait longer next time
            let rejection = rejection.clone();
            let counts = matches!(question.purpose, Purpose::Consume(_));
            let error = if counts { self.uses_not_counted(rejection) } else { self.rejected(rejection) };
            return self.fail(error, now);
        }
        let plan = self.plan(reply.as_ref().err(), now);
        self.untrusted_answered |= !self.has_license() && plan.answered;
        self.fallback_at = None;
        let answer = match &reply {
            Ok(confirmed) => {
                question.asked.take().map(|asked| NewAnswer::confirmed(asked, None, confirmed.clone(), now))
            }
            Err(Rejection::Denied(reason)) => question.asked.take().map(|asked| NewAnswer::denied(asked, *reason)),
            Err(
                Rejection::UsageExhausted
                | Rejection::Invalid { .. }
                | Rejection::RateLimited(_)
                | Rejection::Unreachable { .. },
            ) => None,
        };
        let mut edits: Vec<Edit> = answer.map(|answer| Edit::Answer(Box::new(answer))).into_iter().collect();
        // a key without enough uses left is neither confirmed nor denied
        if !matches!(reply, Err(Rejection::UsageExhausted)) {
            edits.push(Edit::Plan(plan));
        }
        if let (Purpose::Consume(_), Err(rejection)) = (question.purpose, &reply) {
            question.ending.failure = Some(self.uses_not_counted(rejection.clone()));
        }
        let then = match reply {
            Ok(_) | Err(Rejection::Denied(_)) => AfterStore::Answered(question),
            Err(
                Rejection::UsageExhausted
                | Rejection::Invalid { .. }
                | Rejection::RateLimited(_)
                | Rejection::Unreachable { .. },
            ) => AfterStore::End(question.ending),
        };
        self.store(edits, then, now)
    }

    /// Asks whether a key is valid, with the seat if there is one.
    pub(super) fn validation(&self, identity: &Identity) -> wire::Validate {
        let mut request = wire::Validate::new(&identity.key, self.config.organization_id());
        if let Some(seat) = identity.seat {
            request.activation_id = Some(seat.id);
            request.conditions = self.conditions(seat.bound).clone();
        }
        request
    }

    /// Whether the timer, or the app at its start, should ask now.
    fn is_due(&mut self, patience: Patience, now: Now) -> bool {
        let state = self.state(now);
        let since = self.asked_at.map(|at| now.since(at));
        // a user waits for access, perhaps at a button, but may press it again and again
        let may_ask_again = !state.is_allowed() && since.is_none_or(|ms| ms >= ASK_AGAIN_MS);
        let user_waits = patience == Patience::Short && may_ask_again;
        if user_waits || !self.has_pending_work() {
            return user_waits;
        }
        match patience {
            Patience::Started if may_ask_again => true,
            Patience::Full | Patience::Woken if !state.is_allowed() && since.is_none() => true,
            Patience::Woken if state != State::Active || self.unreached.is_some() => true,
            Patience::Short | Patience::Full | Patience::Started | Patience::Woken => self.due_in(now) == 0,
        }
    }

    /// Whether there is anything to ask Polar for by itself: a license, one that cannot be trusted and that it has not yet
    /// answered about, or seats to release.
    fn has_pending_work(&self) -> bool {
        self.has_license() || !self.record.releases.is_empty() || (self.target().is_some() && !self.untrusted_answered)
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
        let ask_in = self.has_pending_work().then(|| self.due_in(now));
        let pause = self.pacer.pause_left(now);
        let ask_in = ask_in.map(|wait| wait.max(pause));
        let estimate = self.estimate(now);
        let license = decision.license();
        let stale_at = license.map(|license| license.confirmed_at.plus_ms(self.config.refresh_ms()));
        let expires_at = license.and_then(|license| license.expires_at);
        let changes = [stale_at, decision.notice_at(), decision.grace_ends_at(), expires_at];
        let change_in = changes.into_iter().filter_map(|at| {
            let wait = at?.ms_since(estimate?);
            (wait > 0).then_some(wait.unsigned_abs())
        });
        change_in.chain(ask_in).min().map(|wait| now.after(wait))
    }

    /// Usage is only counted if the app would let the user use it.
    fn can_consume(&self) -> Result<(), Error> {
        let license = self.record.license.as_deref().ok_or_else(|| self.not_activated())?;
        policy::fits(&self.config, license).map_err(|reason| self.rejected_here(Rejection::Denied(reason)))?;
        match policy::updates_ended(&self.config, &license.terms) {
            Some(until) => Err(self.updates_ended(Text::UpdatesEnded, until)),
            None => Ok(()),
        }
    }

    fn uses_not_counted(&self, rejection: Rejection) -> Error {
        let maybe_applied = rejection.maybe_applied();
        let detail = format!("{rejection}; the uses may have been counted all the same, and are not sent again");
        let error = self.rejected_here(rejection);
        if maybe_applied { self.reworded(error, Text::MaybeCounted, detail) } else { error }
    }
}
