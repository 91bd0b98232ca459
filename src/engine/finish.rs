//! The end of every operation. The result is saved, then seats of older licenses are released (by `release.rs`), then
//! the decision is reported.

use super::Engine;
use super::step::Outcome;
#[cfg(feature = "portal")]
use super::task::Question;
use super::task::{Ending, Next, Success, Unsaved};
use crate::codes::{Deactivated, ErrorKind, Reason};
use crate::decision::Decision;
use crate::error::Error;
use crate::time::Now;

/// The wait before the first retry to save a result. The wait doubles with each retry. Seven retries take half a
/// minute, about as long as the longest operation.
const FIRST_RETRY_MS: u64 = 250;
const MOST_RETRIES: u32 = 7;

impl Engine {
    /// Continues after a result could not be saved. Retries until the operation's deadline, because a lock may be
    /// released or disk space may be freed. If the result still cannot be saved, fails, because the next start would
    /// not know the result.
    pub(super) fn not_saved(&mut self, unsaved: Unsaved, message: &str, now: Now) -> Next {
        let Unsaved { result, is_stored, failures } = unsaved;
        let at = now.after(FIRST_RETRY_MS << failures.min(MOST_RETRIES));
        if !is_stored && self.is_worth_waiting_for(result) && failures < MOST_RETRIES && at < self.running.deadline {
            return Next::SaveAgain(at, Unsaved { result, is_stored, failures: failures.saturating_add(1) });
        }
        Next::fail(match result {
            // the license is already in the store, so the failed save does not matter
            Success::Activated if is_stored => return self.saved(result, now),
            Success::Activated => self.not_stored(message),
            Success::Imported => self.not_stored(message),
            #[cfg(feature = "portal")]
            Success::Rotated => self.rotated_not_stored(message),
            Success::Deactivated(Deactivated::Released) => self.released_not_removed(message),
            Success::Deactivated(Deactivated::Unknown | Deactivated::NotNeeded | Deactivated::KeyUnknown) => {
                self.not_removed(format!("the license is still stored on this device: {message}"))
            }
        })
    }

    /// Returns `true` if the result must not be lost, so saving it should be tried again. Returns `false` after the
    /// activation of a key that needs no seat, because the user can activate the key again without loss.
    fn is_worth_waiting_for(&self, result: Success) -> bool {
        match result {
            Success::Activated => self.record.license.as_ref().is_some_and(|license| license.identity.seat.is_some()),
            Success::Deactivated(_) | Success::Imported => true,
            #[cfg(feature = "portal")]
            Success::Rotated => self.has_license(),
        }
    }

    /// Reports a result that was stored. Fails instead if another process has removed the license meanwhile.
    pub(super) fn saved(&mut self, result: Success, now: Now) -> Next {
        match result {
            // The stored record was written by a newer version of this library, and was not overwritten. So the next
            // start will not find this license.
            Success::Activated | Success::Imported if self.is_newer => Next::fail(self.refused(Reason::NewerFormat)),
            Success::Activated | Success::Imported if !self.has_license() => {
                let message = "another process removed the license meanwhile; activate it again";
                Next::fail(self.error(ErrorKind::NotActivated, message))
            }
            Success::Activated => self.release_next(Ending::default(), now),
            Success::Imported => {
                self.unreached = None;
                Next::end()
            }
            Success::Deactivated(deactivated) => {
                self.release_next(Ending { deactivated: Some(deactivated), ..Ending::default() }, now)
            }
            #[cfg(feature = "portal")]
            // Polar has replaced the key with a new one. Polar's denial was about the old key, so ask again with the
            // new one.
            Success::Rotated if self.has_license() && !self.state(now).is_allowed() => {
                self.ask(Question::validate(), now)
            }
            #[cfg(feature = "portal")]
            Success::Rotated => self.release_next(Ending::default(), now),
        }
    }

    /// Ends an operation after its last step has stored the changes and the times of the requests. Returns the outcome.
    pub(super) fn end(&mut self, ending: Ending, now: Now) -> Outcome {
        self.running.sending = None;
        if self.running.asks && self.running.has_asked && ending.failure.is_none() {
            self.last_answered = self.running.id;
        }
        let ending = self.with_offline_answer(ending);
        let decision = self.decision_to_report(&ending, now);
        #[cfg(feature = "log")]
        log::debug!("{}: {}", decision.state(), decision.message());
        let Ending { failure, deactivated, text, .. } = ending;
        Outcome { deactivated, text, ..self.outcome(decision, failure, now) }
    }

    /// Ends an operation that only asks Polar and could not do so. The outcome contains the current decision, with
    /// `error` as its problem.
    pub(super) fn end_without_asking(&mut self, error: Error, now: Now) -> Outcome {
        let mut decision = self.current(now);
        decision.problem = Some(error.into_problem());
        self.outcome(decision, None, now)
    }

    /// Ends an operation without any effect, and returns the current decision or `failure`.
    pub(super) fn end_without_result(&mut self, failure: Option<Error>, now: Now) -> Outcome {
        let decision = self.current(now);
        self.outcome(decision, failure, now)
    }

    /// Ends an operation whose caller cancelled it before anything was sent.
    pub(super) fn end_cancelled(&mut self, now: Now) -> Outcome {
        let error = self.error(ErrorKind::Cancelled, "cancelled before anything was sent");
        self.end_without_result(Some(error), now)
    }

    fn outcome(&mut self, decision: Decision, failure: Option<Error>, now: Now) -> Outcome {
        let wake_at = self.wake_at(&decision, now);
        let result = match failure {
            None => Ok(decision),
            Some(error) => Err(error.with_decision(decision)),
        };
        Outcome { result, deactivated: None, text: None, wake_at }
    }
}
