//! Runs operations: begins them, resumes them after each step, and turns the `Next` that they return into the next
//! step. Only this file creates steps that save, send, or finish.
//!
//! ```text
//! begin, resume ─► the operation returns `Next` ─► Store, SaveAgain ─► a store step
//!                                               ├► Send ─► a turn step before the first request, then a send step
//!                                               ├► Release ─► Send for each older seat in turn, then End
//!                                               └► End ─► a store step if anything is to be saved, then the outcome
//! ```

use super::edit::Edit;
use super::step::{JoinStep, SendStep, Step, StoreStep, Turn, TurnStep};
#[cfg(feature = "portal")]
use super::task::AfterPortalStore;
use super::task::{AfterReply, AfterStore, Ending, Next, Purpose, Question, SeatOf, Write};
use super::{Engine, OpId, Operation, Patience, Running};
use crate::codes::ErrorKind;
#[cfg(feature = "portal")]
use crate::error::Error;
use crate::store::Change;
use crate::text::printable;
use crate::time::{Now, milliseconds};
use crate::transport::{Answer, Method, Request, Sent};
use crate::wire::{self, Cause, Rejection};
use std::sync::Arc;
use std::time::Duration;

/// The time limit for a refresh with [`Patience::Short`] if access is already allowed: two seconds, minus the time for
/// reading and writing.
const SHORT_PATIENCE_MS: u64 = 1_800;

/// The time that is added to the configured timeout for operations that change something at Polar. Polar can take 30 s
/// to answer, and the usual timeout is 10 s.
const EXTRA_MS: u64 = 25_000;

/// The shortest and the longest time that an operation waits for the lock. An operation whose deadline has passed still
/// waits for the shortest time, because its result is worth saving.
const LEAST_LOCK_MS: u64 = 200;
const LONGEST_LOCK_MS: u64 = 2_000;

impl Engine {
    /// Starts an operation. Only one operation runs at a time. If another operation is in progress, the returned step
    /// is a [`Step::Join`].
    pub fn begin(&mut self, operation: Operation, now: Now) -> Step {
        self.began_at.get_or_insert(now.mono);
        let until = now.after(self.time_limit(&operation, now));
        let asks = operation.asks();
        let id = self.running.id;
        if self.is_running(id) {
            return Step::Join(JoinStep { waits_for: id, both_ask: asks && self.running.asks, until, operation });
        }
        self.running = Running { id: OpId(id.0.wrapping_add(1)), asks, deadline: until, ..Running::default() };
        let next = match operation {
            Operation::Open => Next::Store(Vec::new(), AfterStore::End(Ending::default())),
            Operation::Validate => Next::Store(Vec::new(), AfterStore::Ask(Question::validate())),
            Operation::Refresh(patience) => Next::Store(Vec::new(), AfterStore::Ask(Question::refresh(patience))),
            Operation::Consume(count) => self.begin_consume(count),
            Operation::Activate { key, replace_previous } => self.begin_activate(key, replace_previous),
            Operation::Deactivate => Next::Store(Vec::new(), AfterStore::Deactivate),
            Operation::Forget => Next::Store(vec![Edit::Forget], AfterStore::Forgotten),
            Operation::StartTrial => self.begin_trial(now),
            Operation::OfflineRequest => self.begin_offline_request(now),
            Operation::OfflineAnswer { request, key } => self.begin_offline_answer(request, &key),
            Operation::OfflineImport(answer) => self.begin_offline_import(answer.as_str()),
            Operation::OfflineReturn => Next::Store(Vec::new(), AfterStore::OfflineReturn),
            Operation::OfflineRelease(given_up) => {
                Next::Store(vec![Edit::SeatsReturned(given_up.seats)], AfterStore::OfflineRelease)
            }
            #[cfg(feature = "portal")]
            Operation::Portal(operation) => self.begin_portal(operation, now),
        };
        self.step(next, now)
    }

    /// Returns the longest time that an operation may take, in ms.
    fn time_limit(&mut self, operation: &Operation, now: Now) -> u64 {
        let timeout = self.config.timeout_ms();
        match operation {
            Operation::Refresh(Patience::Short) if self.state(now).is_allowed() => timeout.min(SHORT_PATIENCE_MS),
            Operation::Activate { .. }
            | Operation::Consume(_)
            | Operation::Deactivate
            | Operation::OfflineAnswer { .. }
            | Operation::OfflineRelease(_) => timeout.saturating_add(EXTRA_MS),
            Operation::Open | Operation::Validate | Operation::Refresh(_) | Operation::Forget => timeout,
            Operation::StartTrial
            | Operation::OfflineRequest
            | Operation::OfflineImport(_)
            | Operation::OfflineReturn => timeout,
            #[cfg(feature = "portal")]
            Operation::Portal(_) => timeout.saturating_add(EXTRA_MS),
        }
    }

    /// Returns the step for the next part of an operation.
    fn step(&mut self, next: Next, now: Now) -> Step {
        match next {
            Next::Store(edits, then) => self.store(now.mono, edits, then),
            // the edits of the failed save are still in the engine's `unsaved`, so none are passed here
            Next::SaveAgain(not_before, unsaved) => self.store(not_before, Vec::new(), AfterStore::Save(unsaved)),
            Next::Send(then) => self.send(then, now),
            Next::Release(ending) => {
                let next = self.release_next(ending, now);
                self.step(next, now)
            }
            Next::End(edits, ending) if edits.is_empty() && !self.running.has_unsaved_request => {
                Step::Done(self.end(ending, now))
            }
            Next::End(edits, ending) => self.store(now.mono, edits, AfterStore::End(ending)),
        }
    }

    /// Returns the step that reads the record and saves the edits.
    fn store(&self, not_before: u64, edits: Vec<Edit>, then: AfterStore) -> Step {
        let longest = not_before.saturating_add(LONGEST_LOCK_MS);
        let until = self.running.deadline.clamp(not_before.saturating_add(LEAST_LOCK_MS), longest);
        let ticket = Arc::clone(&self.running.ticket);
        Step::Store(StoreStep { not_before, until, _ticket: ticket, edits, then, merged: None, unedited: None })
    }

    /// Returns the step that sends a request. If processes take turns and it is not this process's turn yet, returns
    /// the step that waits for the turn instead.
    fn send(&mut self, then: AfterReply, now: Now) -> Step {
        if self.host.takes_turns && !self.running.has_turn {
            let ticket = Arc::clone(&self.running.ticket);
            return Step::Turn(TurnStep { until: self.running.deadline, _ticket: ticket, then });
        }
        self.send_now(then, now)
    }

    /// Returns the step that sends a request within the operation's time limit. If the request would have to wait
    /// beyond that limit, does not send it, and continues as if Polar had not answered.
    fn send_now(&mut self, then: AfterReply, now: Now) -> Step {
        let deadline = self.running.deadline;
        let reserved = match then.likely_requests() {
            requests @ 2.. if !self.running.has_asked => {
                self.pacer.reserve_first(&self.running.ticket, requests, now, deadline)
            }
            _ => self.pacer.reserve(now, deadline),
        };
        let not_before = match reserved {
            Ok(not_before) => not_before,
            Err(wait) => {
                let cause = Cause::RateLimited(Duration::from_millis(wait));
                let next = then.resume(self, Err(Rejection::NotAnswered(cause)), now);
                return self.step(next, now);
            }
        };
        let (path, body) = then.request();
        let timeout = Duration::from_millis(deadline.saturating_sub(not_before).max(1));
        let request = Request { body: body.into(), ..Request::to(&self.config, Method::Post, &[path], timeout) };
        Step::Send(SendStep { not_before, request, _ticket: Arc::clone(&self.running.ticket), then })
    }
}

impl TurnStep {
    /// Continues the operation after it has waited for its turn. If the turn has come, the operation first reads the
    /// record again. If another process has just stored Polar's answer to the same question, the operation uses that
    /// answer and does not ask Polar again.
    pub fn resume(self, engine: &mut Engine, turn: Turn, now: Now) -> Step {
        match turn {
            Turn::Taken => {
                engine.running.has_turn = true;
                self.then.start_over(engine, now)
            }
            Turn::Late => self.then.give_up(engine, now),
        }
    }

    /// Stops waiting and ends the operation, which has done nothing so far.
    pub fn cancel(self, engine: &mut Engine, now: Now) -> Step {
        Step::Done(engine.end_cancelled(now))
    }
}

impl StoreStep {
    /// The time limit for one access to a store. A store that takes longer counts as broken, because browser databases
    /// are known to hang.
    pub const TIMEOUT: Duration = Duration::from_secs(5);

    /// Returns the change to make in the store. `stored` holds the stored bytes, or is `Err` if they could not be read.
    /// If a store repeats its transaction, call this method again each time.
    pub fn merge(&mut self, engine: &Engine, stored: Result<Option<&[u8]>, ()>, now: Now) -> Change {
        (self.merged, self.unedited) = (None, None);
        let Ok(stored) = stored else { return Change::Keep };
        let write = self.then.write();
        let (merged, change) = engine.merge(&self.edits, stored, write, now);
        self.merged = Some(Box::new(merged));
        if write == Write::AllOrNothing {
            let (unedited, _) = engine.merge(&[], stored, write, now);
            self.unedited = Some(Box::new(unedited));
        }
        change
    }

    /// Continues the operation. `written` is `Ok` if the record was locked, read and written. Otherwise it holds the
    /// message of the first failure.
    pub fn resume(self, engine: &mut Engine, written: Result<(), String>, now: Now) -> Step {
        // The app may have its own store, whose messages may contain any character.
        let written = written.map_err(|message| printable(&message));
        // If only the times of requests could not be saved, the save is not repeated, because the next successful save
        // contains them.
        engine.running.has_unsaved_request = false;
        if let (AfterStore::Forgotten | AfterStore::OfflineReturned, Err(message)) = (&self.then, &written) {
            engine.adopt(self.unedited, Vec::new(), &written, now);
            let message = format!("the license is still stored: {message}");
            return engine.step(Next::fail(engine.not_removed(message)), now);
        }
        if let (AfterStore::TrialStarted, Err(message)) = (&self.then, &written) {
            engine.adopt(self.unedited, Vec::new(), &written, now);
            return engine.step(Next::fail(engine.trial_not_stored(message)), now);
        }
        if let (AfterStore::OfflineRequested, Err(message)) = (&self.then, &written) {
            engine.adopt(self.unedited, Vec::new(), &written, now);
            let message = format!("the request could not be stored, and its answer could not be imported: {message}");
            return engine.step(Next::fail(engine.error(ErrorKind::Storage, message)), now);
        }
        #[cfg(feature = "portal")]
        if let (AfterStore::Portal(AfterPortalStore::CodeTry(..)), Err(message)) = (&self.then, &written) {
            engine.adopt(self.unedited, Vec::new(), &written, now);
            let message = format!("nothing was sent, because this could not be stored: {message}");
            return engine.step(Next::fail(Error::new(ErrorKind::Storage, message)), now);
        }
        let contradicted = engine.adopt(self.merged, self.edits, &written, now);
        let next = match self.then {
            AfterStore::Ask(question) => engine.ask(question, now),
            AfterStore::Answered(question) if contradicted => engine.ask_again(question, now),
            AfterStore::Answered(question) => Next::Release(question.ending),
            AfterStore::Activate { key, replace_previous, known_seat } => {
                engine.activate(key, replace_previous, known_seat, now)
            }
            AfterStore::AttemptSaved(attempted) => engine.attempt_saved(attempted, written),
            AfterStore::PreviousReleased(activation) => engine.save_attempt(activation, now),
            AfterStore::NoSeat(activation) => engine.no_seat(&activation),
            AfterStore::Save(unsaved) => match written {
                Err(message) => engine.not_saved(unsaved, &message, now),
                Ok(()) if contradicted => engine.ask(Question::new(Purpose::Activate), now),
                Ok(()) => engine.saved(unsaved.result, now),
            },
            AfterStore::Deactivate => engine.deactivate(written),
            AfterStore::Release(ending) => Next::Release(ending),
            AfterStore::End(ending) => Next::End(Vec::new(), ending),
            AfterStore::Forgotten => Next::end(),
            AfterStore::TrialStarted => engine.trial_started(now),
            AfterStore::OfflineRequested => engine.offline_requested(),
            AfterStore::OfflineImport(answered) => engine.offline_import(answered, now),
            AfterStore::OfflineReturn => engine.offline_return(),
            AfterStore::OfflineReturned => engine.offline_returned(),
            AfterStore::OfflineRelease => engine.offline_release(written),
            #[cfg(feature = "portal")]
            AfterStore::Portal(then) => engine.portal_stored(then, written, now),
        };
        engine.step(next, now)
    }
}

impl SendStep {
    /// Continues the operation with the answer.
    pub fn resume(self, engine: &mut Engine, answer: Answer, now: Now) -> Step {
        if let Some(wait) = wire::rate_limit(&answer) {
            engine.pacer.pause(now, milliseconds(wait), engine.random.next());
        }
        engine.running.has_asked = true;
        engine.running.has_unsaved_request |= !matches!(answer, Answer::Failed { sent: Sent::No, .. });
        let next = self.then.resume(engine, Ok(&answer), now);
        engine.step(next, now)
    }
}

impl AfterReply {
    /// Continues the operation with Polar's answer. If the request was not sent because it would have had to wait too
    /// long, `answer` is an error with the reason.
    fn resume(self, engine: &mut Engine, answer: Result<&Answer, Rejection>, now: Now) -> Next {
        match self {
            Self::Ask(question, request) => {
                engine.answered(question, answer.and_then(|answer| request.read(answer)), now)
            }
            Self::Check(activation, seat, request) => {
                engine.checked(activation, seat, answer.and_then(|answer| request.read(answer)), now)
            }
            Self::Activate(attempted, request) => {
                let before = attempted.activation.checked.clone();
                let reply = answer.and_then(|answer| request.read_after(before.as_ref(), answer));
                engine.activated(attempted, reply, now)
            }
            Self::Release(of, request) => {
                let reply = answer.and_then(|answer| request.read(answer));
                engine.released(of, request, reply, now)
            }
            Self::CheckKey(of, seat, request) => {
                let reply = answer.and_then(|answer| request.read(answer));
                engine.key_of_seat_checked(of, request.key, seat, reply, now)
            }
        }
    }

    /// Starts the operation again when it is this process's turn to ask Polar. The record is read again before anything
    /// is sent, because another process may have asked Polar in the meantime.
    fn start_over(self, engine: &mut Engine, now: Now) -> Step {
        let then = match self {
            Self::Ask(question, _) => AfterStore::Ask(question),
            Self::Check(activation, _, _) => activation.start_over(),
            Self::Release(SeatOf::License(_), _) => AfterStore::Deactivate,
            Self::Release(SeatOf::Older(ending), _) => AfterStore::Release(ending),
            #[cfg(feature = "portal")]
            Self::Release(SeatOf::Device(marker), request) => {
                AfterStore::Portal(AfterPortalStore::Release(request, marker))
            }
            // Before each of these requests, the operation has already sent another request. So it is already its turn
            // to ask Polar.
            Self::Activate(..) | Self::Release(SeatOf::Previous(_), _) | Self::CheckKey(..) => {
                return engine.send_now(self, now);
            }
        };
        engine.store(now.mono, Vec::new(), then)
    }

    /// Ends the operation, because another process has been asking Polar for longer than the operation can wait. The
    /// operation has sent and changed nothing.
    fn give_up(self, engine: &mut Engine, now: Now) -> Step {
        let error = engine.error(
            ErrorKind::Timeout,
            "another window of this app has been asking about the license for too long; try again",
        );
        let next = match self {
            Self::Ask(question, _) if question.only_asks() => {
                return Step::Done(engine.end_without_asking(error, now));
            }
            Self::Release(SeatOf::Older(ending), _) | Self::CheckKey(SeatOf::Older(ending), ..) => {
                Next::End(Vec::new(), ending.without_release(error))
            }
            Self::Ask(..) | Self::Check(..) | Self::Activate(..) | Self::Release(..) | Self::CheckKey(..) => {
                Next::fail(error)
            }
        };
        engine.step(next, now)
    }
}

impl JoinStep {
    /// Continues after the wait for the other operation:
    ///
    /// - Both operations only ask Polar about the license, and the other one has succeeded: ends this operation with
    ///   the current decision.
    /// - The other operation has ended in another way: begins this operation.
    /// - The other operation is still running and the time is up: ends this operation. It has done nothing.
    pub fn resume(self, engine: &mut Engine, now: Now) -> Step {
        if self.both_ask && engine.last_answered == self.waits_for {
            return Step::Done(engine.end_without_result(None, now));
        }
        if !engine.is_running(self.waits_for) {
            return engine.begin(self.operation, now);
        }
        let error = engine.error(ErrorKind::Timeout, "another operation on this license takes too long; try again");
        Step::Done(if self.operation.asks() {
            engine.end_without_asking(error, now)
        } else {
            engine.end_without_result(Some(error), now)
        })
    }

    /// Stops waiting and ends the operation, which has done nothing so far.
    pub fn cancel(self, engine: &mut Engine, now: Now) -> Step {
        Step::Done(engine.end_cancelled(now))
    }
}
