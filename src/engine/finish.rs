//! The end of every operation: saves its result, releases seats of older licenses, and reports the decision.

use super::Engine;
use super::edit::{Edit, PlanEdit};
use super::step::{Outcome, Step};
#[cfg(feature = "portal")]
use super::task::Question;
use super::task::{AfterReply, AfterStore, Ending, Settled, Unsaved};
use crate::codes::{Deactivated, ErrorKind, Reason};
use crate::decision::Decision;
use crate::error::Error;
use crate::key::Key;
use crate::record::{Identity, KeptSeat, Seat, Verdict};
use crate::time::Now;
use crate::wire::{self, Confirmed, Rejection};
use std::time::Duration;
use uuid::Uuid;

/// The wait before a result is saved again, doubled each time. Seven retries take half a minute, about as long as the
/// longest operation.
const FIRST_RETRY_MS: u64 = 250;
const MOST_RETRIES: u32 = 7;

/// The most time for releasing an older seat. The user's own request is done by then, so they must not have to wait.
const RELEASE_MS: u64 = 5_000;

impl Engine {
    /// Saves a result that counts only if it is stored.
    pub(super) fn save(&self, edits: Vec<Edit>, result: Settled, now: Now) -> Step {
        self.store(edits, AfterStore::Save(Unsaved { result, is_stored: false, failures: 0 }), now)
    }

    /// Retries to save a result until the operation's deadline: meanwhile a lock may be released, or space freed on the
    /// disk. If the result still cannot be saved, the operation fails, because the next start would not know of it.
    pub(super) fn save_again(&mut self, unsaved: Unsaved, message: &str, now: Now) -> Step {
        let Unsaved { result, is_stored, failures } = unsaved;
        let at = now.after(FIRST_RETRY_MS << failures.min(MOST_RETRIES));
        if !is_stored && self.is_worth_waiting_for(result) && failures < MOST_RETRIES && at < self.running.deadline {
            // the edits are already among the unsaved ones
            let again = Unsaved { result, is_stored, failures: failures.saturating_add(1) };
            return self.store_at(at, Vec::new(), AfterStore::Save(again));
        }
        let error = match result {
            // the store has had the license before
            Settled::Activated if is_stored => return self.settled(result, now),
            Settled::Activated => self.not_stored(message),
            #[cfg(feature = "portal")]
            Settled::Rotated => self.rotated_not_stored(message),
            Settled::Deactivated(Deactivated::Released) => self.released_not_removed(message),
            Settled::Deactivated(Deactivated::Unknown | Deactivated::NotNeeded | Deactivated::KeyUnknown) => {
                self.not_removed(format!("the license is still stored on this device: {message}"))
            }
        };
        self.fail(error, now)
    }

    /// Returns `true` if the result is worth a retry: a seat is, but a key without one can be activated again at once.
    fn is_worth_waiting_for(&self, result: Settled) -> bool {
        match result {
            Settled::Activated => self.record.license.as_ref().is_some_and(|license| license.identity.seat.is_some()),
            Settled::Deactivated(_) => true,
            #[cfg(feature = "portal")]
            Settled::Rotated => self.has_license(),
        }
    }

    /// Reports a stored result, unless another process has removed the license meanwhile.
    pub(super) fn settled(&mut self, result: Settled, now: Now) -> Step {
        match result {
            Settled::Activated if !self.has_license() => {
                let message = "another process removed the license meanwhile; activate it again";
                self.fail(self.error(ErrorKind::NotActivated, message), now)
            }
            Settled::Activated | Settled::Deactivated(_) => self.release_next(result.into(), now),
            #[cfg(feature = "portal")]
            // Polar denied the key by a text that it had before
            Settled::Rotated if self.has_license() && !self.state(now).is_allowed() => {
                self.ask(Question::validate(), now)
            }
            #[cfg(feature = "portal")]
            Settled::Rotated => self.release_next(result.into(), now),
        }
    }

    /// Releases the next seat on the list, then ends. A failed release does not fail the operation; it is tried again
    /// later.
    pub(super) fn release_next(&mut self, ending: Ending, now: Now) -> Step {
        // not while the store still has the license that the seat belongs to
        let is_stored = !self.unsaved.iter().any(Edit::is_precious);
        let Some(release) = self.record.releases.first().filter(|_| is_stored) else {
            return self.finish(ending, now);
        };
        let request = wire::Deactivate {
            key: release.key.clone(),
            organization_id: self.config.organization_id(),
            activation_id: release.activation_id,
        };
        self.running.deadline = self.running.deadline.min(now.after(RELEASE_MS));
        self.send(AfterReply::Release(ending, request), now)
    }

    pub(super) fn released(
        &mut self,
        ending: Ending,
        release: wire::Deactivate,
        reply: Result<(), Rejection>,
        now: Now,
    ) -> Step {
        let seat = release.activation_id;
        match reply {
            Err(rejection) if !rejection.is_from_polar() => self.release_unanswered(ending, &rejection, now),
            Err(_) if !self.has_confirmed(&release.key) => {
                // Polar gives the same answer for a seat that is gone and for one that stays taken under a rotated key.
                // This second request is sent once per seat, and rarely: most seats are released by the first one.
                let request = self.validation(&Identity { key: release.key, seat: None });
                self.send(AfterReply::CheckOlderKey(ending, seat, request), now)
            }
            Ok(()) | Err(_) => self.release_over(ending, vec![Edit::Released(seat)], now),
        }
    }

    /// Handles Polar's answer about the key of an older license, after Polar did not know its seat. The seat of a
    /// rotated key stays taken.
    pub(super) fn older_key_checked(
        &mut self,
        ending: Ending,
        seat: Uuid,
        key: Key,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let mut edits = vec![Edit::Released(seat)];
        match reply {
            Err(Rejection::Denied(Reason::NotFound)) => {
                let seat = Seat { id: seat, bound: self.config.bind_device() };
                edits.push(Edit::SeatKept(KeptSeat { seat, label: None, key: Some(key) }));
            }
            Err(rejection) if !rejection.is_from_polar() => return self.release_unanswered(ending, &rejection, now),
            Ok(_) | Err(_) => {}
        }
        self.release_over(ending, edits, now)
    }

    /// Returns `true` if Polar has confirmed the license here and it has this key. Polar always answers about that
    /// license just before a seat is released.
    fn has_confirmed(&self, key: &Key) -> bool {
        let license = self.record.license.as_ref();
        license.is_some_and(|license| license.identity.key == *key && license.verdict == Verdict::Confirmed)
    }

    fn release_over(&mut self, ending: Ending, mut edits: Vec<Edit>, now: Now) -> Step {
        // after the release: with the last of them the next round is a day away, not a minute
        edits.push(Edit::Plan(self.plan(None, now)));
        self.store(edits, AfterStore::Release(ending), now)
    }

    fn release_unanswered(&mut self, ending: Ending, rejection: &Rejection, now: Now) -> Step {
        let plan = self.plan(Some(rejection), now);
        self.store(vec![Edit::Plan(plan)], AfterStore::End(ending), now)
    }

    /// Records whether Polar could be reached, and plans the next round.
    pub(super) fn plan(&mut self, rejection: Option<&Rejection>, now: Now) -> PlanEdit {
        let is_new_denial = matches!(rejection, Some(Rejection::Denied(_)))
            && self.record.license.as_ref().is_some_and(|license| license.verdict == Verdict::Confirmed);
        let problem = rejection
            .filter(|rejection| !rejection.is_from_polar())
            .map(|rejection| rejection.problem(self.config.texts()));
        // not the wait for the requests of other operations, which is this process's own doing
        let is_paused = matches!(rejection, Some(Rejection::RateLimited(_)));
        let pause = self.pacer.pause_left(now);
        let plan = PlanEdit {
            answered: problem.is_none(),
            failed_tries: if is_new_denial { 0 } else { self.record.plan.failed_tries },
            jitter: self.random.next(),
            ended: now.mono,
            pause_until: (is_paused && pause > 0).then(|| now.wall.plus(Duration::from_millis(pause))),
        };
        self.unreached = problem;
        plan
    }

    /// Ends the operation with an error.
    pub(super) fn fail(&mut self, error: Error, now: Now) -> Step {
        self.finish(Ending { failure: Some(error), ..Ending::default() }, now)
    }

    /// Saves what the operation has learned, then ends it with an error.
    pub(super) fn fail_after(&mut self, edits: Vec<Edit>, error: Error, now: Now) -> Step {
        if edits.is_empty() {
            return self.fail(error, now);
        }
        self.store(edits, AfterStore::End(Ending { failure: Some(error), ..Ending::default() }), now)
    }

    /// Ends the operation, once the times of its requests are stored.
    pub(super) fn finish(&mut self, ending: Ending, now: Now) -> Step {
        if self.running.has_unsaved_request {
            return self.store(Vec::new(), AfterStore::End(ending), now);
        }
        self.running.sending = None;
        if self.running.asks && self.running.has_asked && ending.failure.is_none() {
            self.last_answered = self.running.id;
        }
        let decision = self.current(now);
        #[cfg(feature = "log")]
        log::debug!("{}: {}", decision.state(), decision.message());
        let outcome = self.outcome(decision, ending.failure, now);
        Step::Done(Outcome { deactivated: ending.deactivated, ..outcome })
    }

    /// Ends an operation that only asks and could not. It still reports a decision.
    pub(super) fn end_asking(&mut self, error: Error, now: Now) -> Step {
        let mut decision = self.current(now);
        decision.problem = Some(error.into_problem());
        Step::Done(self.outcome(decision, None, now))
    }

    /// Ends an operation whose caller cancelled it before anything was sent.
    pub(super) fn end_cancelled(&mut self, now: Now) -> Step {
        let decision = self.current(now);
        let error = self.error(ErrorKind::Cancelled, "cancelled before anything was sent");
        Step::Done(self.outcome(decision, Some(error), now))
    }

    pub(super) fn outcome(&mut self, decision: Decision, failure: Option<Error>, now: Now) -> Outcome {
        let wake_at = self.wake_at(&decision, now);
        let result = match failure {
            None => Ok(decision),
            Some(error) => Err(error.with_decision(decision)),
        };
        Outcome { result, deactivated: None, wake_at }
    }
}
