//! The steps that a driver carries out. Each carries what the operation goes on with, and the data that it needs there.

use super::edit::Edit;
use super::memory::Merged;
#[cfg(feature = "portal")]
use super::task::AfterPortalStore;
use super::task::{AfterReply, AfterStore, Ending, Question, Write};
use super::{Engine, OpId, Operation};
use crate::codes::{Deactivated, ErrorKind};
use crate::decision::Decision;
use crate::error::Error;
use crate::store::Change;
use crate::text::printable;
use crate::time::{Now, milliseconds};
use crate::transport::{Answer, Request, Sent};
use crate::wire::{self, Rejection};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a driver does next.
#[derive(Debug)]
#[must_use = "an operation goes on only if its step is carried out"]
pub enum Step {
    /// Wait for other processes that share the record. Only for a [`Host`](super::Host) that takes turns.
    Turn(TurnStep),
    /// Read, merge and write the stored record.
    Store(StoreStep),
    /// Send one request.
    Send(SendStep),
    /// Wait for another operation.
    Join(JoinStep),
    /// The operation has ended.
    Done(Outcome),
}

/// How an operation ended.
#[derive(Debug)]
pub struct Outcome {
    /// The decision, or an error that has the decision attached.
    pub result: Result<Decision, Error>,
    /// What became of the seat, after a deactivation.
    pub deactivated: Option<Deactivated>,
    /// When a timer should refresh next, in ms of the monotonic clock; `None` if there is nothing to wait for.
    pub wake_at: Option<u64>,
}

/// Wait until no other process that shares the record is asking Polar, at most [`until`](Self::until), and
/// [`resume`](Self::resume). Keep the turn until the operation is done: whoever waits for it finds the answer stored.
pub struct TurnStep {
    /// In ms of the monotonic clock.
    pub until: u64,
    _ticket: Arc<()>,
    then: AfterReply,
}

/// How the wait for a turn has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// No other process is asking Polar. What one was answered before is stored.
    Taken,
    /// One still is, and the operation cannot wait any longer.
    Late,
}

/// Wait until the monotonic clock says [`not_before`](Self::not_before), lock the store, read it, call
/// [`merge`](Self::merge), do what it says, unlock, and [`resume`](Self::resume).
///
/// If the lock cannot be acquired, do the same without it but write nothing, and resume with the error. Merging is
/// repeatable, for stores whose transactions are.
pub struct StoreStep {
    /// In ms of the monotonic clock; later than now only if an earlier write failed. A driver whose caller has given up
    /// does not wait.
    pub not_before: u64,
    /// Until when to wait for the lock, in ms of the monotonic clock. A lock is held for milliseconds.
    pub until: u64,
    _ticket: Arc<()>,
    edits: Vec<Edit>,
    then: AfterStore,
    merged: Option<Box<Merged>>,
    /// What was read, without the edits: what holds if they must all be saved or not be made.
    unedited: Option<Box<Merged>>,
}

/// Wait until the monotonic clock says [`not_before`](Self::not_before), send the request once, and
/// [`resume`](Self::resume) with what came back.
pub struct SendStep {
    /// In ms of the monotonic clock.
    pub not_before: u64,
    /// What to send.
    pub request: Request,
    _ticket: Arc<()>,
    then: AfterReply,
}

/// Wait until the operation [`waits_for`](Self::waits_for) has ended, at most [`until`](Self::until), and
/// [`resume`](Self::resume).
#[derive(Debug)]
pub struct JoinStep {
    /// The operation under way.
    pub waits_for: OpId,
    /// In ms of the monotonic clock.
    pub until: u64,
    pub(super) both_ask: bool,
    pub(super) operation: Operation,
}

/// Even if an operation's time is over, its result is worth waiting this long for the lock.
const LEAST_LOCK_MS: u64 = 200;
const LONGEST_LOCK_MS: u64 = 2_000;

impl TurnStep {
    /// Goes on. What another process has just asked is not asked again.
    pub fn resume(self, engine: &mut Engine, turn: Turn, now: Now) -> Step {
        match turn {
            Turn::Taken => {
                engine.running.has_turn = true;
                self.then.start_over(engine, now)
            }
            Turn::Late => self.then.give_up(engine, now),
        }
    }

    /// Gives up waiting: nothing was done.
    pub fn cancel(self, engine: &mut Engine, now: Now) -> Step {
        engine.end_cancelled(now)
    }
}

impl StoreStep {
    /// A store that takes longer for one step counts as broken: databases of browsers have been known to hang.
    pub const TIMEOUT: Duration = Duration::from_secs(5);

    /// What to do with the record, given what is stored; `Err` if that could not be read. May be called again if the
    /// store's transaction is.
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

    /// Goes on. `written` is the first error of locking, reading or writing, in words.
    pub fn resume(self, engine: &mut Engine, written: Result<(), String>, now: Now) -> Step {
        // the store may be the app's own, and says what it likes
        let written = written.map_err(|message| printable(&message));
        // tried once: where the times of requests cannot be stored, nothing depends on them
        engine.running.has_unsaved_request = false;
        if let (AfterStore::Forgotten, Err(message)) = (&self.then, &written) {
            engine.adopt(self.unedited, Vec::new(), &written, now);
            let message = format!("the license is still stored: {message}");
            return engine.fail(engine.not_removed(message), now);
        }
        #[cfg(feature = "portal")]
        if let (AfterStore::Portal(AfterPortalStore::CodeTry(..)), Err(message)) = (&self.then, &written) {
            engine.adopt(self.unedited, Vec::new(), &written, now);
            let message = format!("nothing was sent, because this could not be stored: {message}");
            return engine.fail(Error::new(ErrorKind::Storage, message), now);
        }
        let contradicted = engine.adopt(self.merged, self.edits, &written, now);
        match self.then {
            AfterStore::Opened | AfterStore::Forgotten => engine.finish(Ending::default(), now),
            AfterStore::Ask(question) => engine.ask(question, now),
            AfterStore::Answered(question) if contradicted => engine.ask_again(question, now),
            AfterStore::Answered(question) => engine.release_next(question.ending, now),
            AfterStore::Activate { key, replace_previous } => engine.activate(key, replace_previous, now),
            AfterStore::AttemptSaved(attempted) => engine.attempt_saved(attempted, written, now),
            AfterStore::PreviousReleased(activation) => engine.save_attempt(activation, now),
            AfterStore::NoSeat(activation) => engine.no_seat(&activation, now),
            AfterStore::Save(unsaved) => match written {
                Err(message) => engine.save_again(unsaved, &message, now),
                Ok(()) if contradicted => engine.ask_again(Question::validate(), now),
                Ok(()) => engine.settled(unsaved.result, now),
            },
            AfterStore::Deactivate => engine.deactivate(written, now),
            AfterStore::Release(ending) => engine.release_next(ending, now),
            AfterStore::End(ending) => engine.finish(ending, now),
            #[cfg(feature = "portal")]
            AfterStore::Portal(then) => engine.portal_stored(then, written, now),
        }
    }
}

impl SendStep {
    /// Goes on.
    pub fn resume(self, engine: &mut Engine, answer: Answer, now: Now) -> Step {
        if let Some(wait) = wire::rate_limit(&answer) {
            engine.pacer.pause(now, milliseconds(wait));
        }
        engine.running.has_asked = true;
        engine.running.has_unsaved_request |= !matches!(answer, Answer::Failed { sent: Sent::No, .. });
        self.then.resume(engine, Ok(&answer), now)
    }
}

impl AfterReply {
    /// Polar or something else has answered, or this process must not send for now.
    fn resume(self, engine: &mut Engine, answer: Result<&Answer, Rejection>, now: Now) -> Step {
        match self {
            Self::Ask(question, request) => {
                engine.answered(question, answer.and_then(|answer| request.read(answer)), now)
            }
            Self::CheckSeat(activation, seat, request) => {
                engine.seat_checked(activation, seat, answer.and_then(|answer| request.read(answer)), now)
            }
            Self::CheckKey(activation, request) => {
                engine.key_checked(activation, answer.and_then(|answer| request.read(answer)), now)
            }
            Self::Activate(attempted, request) => {
                let before = attempted.activation.checked.clone();
                let reply = answer.and_then(|answer| request.read_after(before.as_ref(), answer));
                engine.activated(attempted, reply, now)
            }
            Self::ReleasePrevious(attempted, request) => {
                let reply = answer.and_then(|answer| request.read(answer));
                engine.previous_released(attempted, request.activation_id, reply, now)
            }
            Self::Release(ending, request) => {
                let reply = answer.and_then(|answer| request.read(answer));
                engine.released(ending, request, reply, now)
            }
            Self::CheckOlderKey(ending, seat, request) => {
                let reply = answer.and_then(|answer| request.read(answer));
                engine.older_key_checked(ending, seat, request.key, reply, now)
            }
            Self::Deactivate(identity, request) => {
                engine.deactivated(identity, answer.and_then(|answer| request.read(answer)), now)
            }
            Self::CheckOwnKey(identity, request) => {
                engine.own_key_checked(identity, answer.and_then(|answer| request.read(answer)), now)
            }
            #[cfg(feature = "portal")]
            Self::ReleaseAny(request, marker) => {
                let reply = answer.and_then(|answer| request.read(answer));
                engine.any_released(request.activation_id, marker, reply, now)
            }
        }
    }

    /// Another process may have asked Polar since the record was read, so it is read again before anything is sent.
    fn start_over(self, engine: &mut Engine, now: Now) -> Step {
        let then = match self {
            Self::Ask(question, _) => AfterStore::Ask(question),
            Self::CheckSeat(activation, _, _) | Self::CheckKey(activation, _) => activation.start_over(),
            Self::Deactivate(_, _) => AfterStore::Deactivate,
            Self::Release(ending, _) => AfterStore::Release(ending),
            #[cfg(feature = "portal")]
            Self::ReleaseAny(request, marker) => AfterStore::Portal(AfterPortalStore::Release(request, marker)),
            // in the middle of an operation that has its turn already
            Self::Activate(_, _)
            | Self::ReleasePrevious(_, _)
            | Self::CheckOlderKey(_, _, _)
            | Self::CheckOwnKey(_, _) => {
                return engine.send_now(self, now);
            }
        };
        engine.store(Vec::new(), then, now)
    }

    /// Another process is asking Polar for longer than the operation can wait: nothing was done.
    fn give_up(self, engine: &mut Engine, now: Now) -> Step {
        let error = engine.error(
            ErrorKind::Timeout,
            "another window of this app has been asking about the license for too long; try again",
        );
        match self {
            Self::Ask(question, _) if question.only_asks() => engine.end_asking(error, now),
            Self::Release(ending, _) | Self::CheckOlderKey(ending, _, _) => engine.finish(ending, now),
            Self::Ask(_, _)
            | Self::CheckSeat(_, _, _)
            | Self::CheckKey(_, _)
            | Self::Activate(_, _)
            | Self::ReleasePrevious(_, _)
            | Self::Deactivate(_, _)
            | Self::CheckOwnKey(_, _) => engine.fail(error, now),
            #[cfg(feature = "portal")]
            Self::ReleaseAny(..) => engine.fail(error, now),
        }
    }
}

impl JoinStep {
    /// Goes on: with the other's answer if both only asked, with an operation of its own if the other has ended.
    /// Otherwise time is up and nothing was done.
    pub fn resume(self, engine: &mut Engine, now: Now) -> Step {
        if self.both_ask && engine.last_answered == self.waits_for {
            let decision = engine.current(now);
            return Step::Done(engine.outcome(decision, None, now));
        }
        if !engine.is_running(self.waits_for) {
            return engine.begin(self.operation, now);
        }
        let error = engine.error(ErrorKind::Timeout, "another operation on this license takes too long; try again");
        if self.operation.asks() {
            return engine.end_asking(error, now);
        }
        let decision = engine.current(now);
        Step::Done(engine.outcome(decision, Some(error), now))
    }

    /// Gives up waiting: nothing was done.
    pub fn cancel(self, engine: &mut Engine, now: Now) -> Step {
        engine.end_cancelled(now)
    }
}

impl Engine {
    /// Reads the record and saves the edits.
    pub(super) fn store(&self, edits: Vec<Edit>, then: AfterStore, now: Now) -> Step {
        self.store_at(now.mono, edits, then)
    }

    pub(super) fn store_at(&self, not_before: u64, edits: Vec<Edit>, then: AfterStore) -> Step {
        let longest = not_before.saturating_add(LONGEST_LOCK_MS);
        let until = self.running.deadline.clamp(not_before.saturating_add(LEAST_LOCK_MS), longest);
        let ticket = Arc::clone(&self.running.ticket);
        Step::Store(StoreStep { not_before, until, _ticket: ticket, edits, then, merged: None, unedited: None })
    }

    /// Sends a request, the first one of an operation when it is its turn.
    pub(super) fn send(&mut self, then: AfterReply, now: Now) -> Step {
        if self.host.takes_turns && !self.running.has_turn {
            let ticket = Arc::clone(&self.running.ticket);
            return Step::Turn(TurnStep { until: self.running.deadline, _ticket: ticket, then });
        }
        self.send_now(then, now)
    }

    /// Sends a request within the operation's time, or reports at once that it must not.
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
                let rejection = Rejection::RateLimited(Duration::from_millis(wait));
                return then.resume(self, Err(rejection), now);
            }
        };
        let (path, body) = then.request();
        let request = Request {
            url: format!("{}{path}", self.config.environment().base_url()),
            body,
            timeout: Duration::from_millis(deadline.saturating_sub(not_before).max(1)),
        };
        Step::Send(SendStep { not_before, request, _ticket: Arc::clone(&self.running.ticket), then })
    }
}

impl Outcome {
    /// The decision, whether the operation succeeded or not.
    pub fn into_decision(self) -> Decision {
        match self.result {
            Ok(decision) => decision,
            Err(mut error) => {
                let decision = error.take_decision().unwrap_or_else(Decision::unknown);
                Decision { problem: Some(error.into_problem()), ..decision }
            }
        }
    }
}

impl fmt::Debug for TurnStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnStep").field("until", &self.until).finish_non_exhaustive()
    }
}

impl fmt::Debug for StoreStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreStep").field("not_before", &self.not_before).finish_non_exhaustive()
    }
}

impl fmt::Debug for SendStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendStep")
            .field("not_before", &self.not_before)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
