//! Validate, refresh and consume. These operations ask Polar about the stored license, and save Polar's answer.
//!
//! ```text
//! read ─► nothing to ask, or not due ─► end
//!      └► ask ─► confirmed or denied ─► save ─► (another process saved the opposite: ask once more) ─► release ─► end
//!             └► no answer from Polar ─► save when to ask next ─► end
//! ```

use super::edit::{Edit, NewAnswer};
use super::task::{AfterReply, AfterStore, Next, Purpose, Question};
use super::{Engine, policy};
use crate::codes::ErrorKind;
use crate::error::Error;
use crate::record::Identity;
use crate::texts::Text;
use crate::time::Now;
use crate::wire::{self, Cause, Confirmed, Rejection};

/// The largest number that Polar adds to a key's usage in one request. Polar answers 500 to a larger number.
const MOST_USAGE: u32 = 2_147_483_647;

impl Engine {
    pub(super) fn begin_consume(&self, count: u32) -> Next {
        if count == 0 || count > MOST_USAGE {
            let message = format!("uses are counted as a whole number from 1 to {MOST_USAGE}");
            return Next::fail(self.error(ErrorKind::InvalidArgument, message));
        }
        Next::Store(Vec::new(), AfterStore::Ask(Question::new(Purpose::Consume(count))))
    }

    /// Asks Polar about the license on this device. Called after the stored record was read.
    pub(super) fn ask(&mut self, question: Question, now: Now) -> Next {
        let increment_usage = match question.purpose {
            Purpose::Refresh(patience) => {
                // Only the first request depends on whether a refresh is due. If another process gets an answer
                // meanwhile, the code below notices it by the license's revision.
                if question.asked.is_none() && !self.is_due(patience, now) {
                    return Next::End(Vec::new(), question.ending);
                }
                None
            }
            Purpose::Consume(count) => {
                if let Err(error) = self.can_consume() {
                    return Next::fail(error);
                }
                Some(count)
            }
            Purpose::Validate | Purpose::Activate | Purpose::ResolveConflict => None,
        };
        // Without a license there is nothing to ask, but seats of older licenses may have to be released.
        let Some(asked) = self.target() else { return Next::Release(question.ending) };
        let before = question.asked.as_ref().filter(|before| before.identity == asked.identity);
        if question.only_asks() && before.is_some_and(|before| before.revision != asked.revision) {
            // another process got an answer while this one waited for its turn
            return Next::End(Vec::new(), question.ending);
        }
        let request = wire::Validate { increment_usage, ..self.validation(&asked.identity) };
        self.asked_at = Some(now.mono);
        Next::Send(AfterReply::Ask(Question { asked: Some(asked), ..question }, request))
    }

    /// Asks Polar once more, because this answer contradicts the answer that another process has stored. Does not count
    /// usage again.
    pub(super) fn ask_again(&mut self, question: Question, now: Now) -> Next {
        if matches!(question.purpose, Purpose::Activate | Purpose::ResolveConflict) {
            return Next::Release(question.ending);
        }
        self.ask(Question { purpose: Purpose::ResolveConflict, asked: None, ending: question.ending }, now)
    }

    /// Handles Polar's answer about the license on this device.
    pub(super) fn answered(&mut self, mut question: Question, reply: Result<Confirmed, Rejection>, now: Now) -> Next {
        if let Err(rejection) = &reply
            && rejection.kind() == ErrorKind::Cancelled
        {
            // a cancelled request shows no fault of Polar, so it does not prolong the next wait
            let rejection = rejection.clone();
            let counts = matches!(question.purpose, Purpose::Consume(_));
            return Next::fail(if counts { self.uses_not_counted(rejection) } else { self.rejected(rejection) });
        }
        let plan = self.plan(reply.as_ref().err(), now);
        self.untrusted_answered |= !self.has_license() && plan.answered;
        self.fallback_at = None;
        if matches!(question.purpose, Purpose::Refresh(_)) && self.is_air_gapped() {
            // for a computer that is never online, it is no problem that Polar cannot be reached
            self.unreached = None;
        }
        if let Err(rejection) = &reply {
            question.ending.failure = match question.purpose {
                Purpose::Consume(_) => Some(self.uses_not_counted(rejection.clone())),
                Purpose::Activate => Some(self.rejected(rejection.clone())),
                // the answer to the operation's first request has already decided whether the operation fails
                Purpose::ResolveConflict => question.ending.failure,
                Purpose::Validate | Purpose::Refresh(_) => None,
            };
        }
        let answer = match reply {
            Ok(confirmed) => question.asked.take().map(|asked| NewAnswer::confirmed(asked, None, confirmed, now)),
            Err(Rejection::Denied(reason)) => question.asked.take().map(|asked| NewAnswer::denied(asked, reason)),
            // Polar answered that the key has too few uses left. This answer neither confirms nor denies the license.
            Err(Rejection::NotAnswered(Cause::UsageExhausted)) => return Next::End(Vec::new(), question.ending),
            Err(Rejection::NotAnswered(Cause::Invalid { .. } | Cause::RateLimited(_) | Cause::Unreachable { .. })) => {
                return Next::End(vec![Edit::Plan(plan)], question.ending);
            }
        };
        let answer = answer.map(|answer| Edit::Answer(Box::new(answer)));
        let edits = answer.into_iter().chain([Edit::Plan(plan)]).collect();
        Next::Store(edits, AfterStore::Answered(question))
    }

    /// Returns the request that asks whether a key is valid. If the key has a seat on this device, the request asks
    /// about the seat too.
    pub(super) fn validation(&self, identity: &Identity) -> wire::Validate {
        let mut request = wire::Validate::new(&identity.key, self.config.organization_id());
        if let Some(seat) = identity.seat {
            request.activation_id = Some(seat.id);
            request.conditions = self.conditions(seat.bound).clone();
        }
        request
    }

    /// Returns an error if the app may not count usage. Usage needs a license on this device that gives access to this
    /// app and includes this version of it.
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
