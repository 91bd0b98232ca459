//! The steps that a driver carries out, and what each goes on with.

use super::activate::{Activation, Wish};
use super::ask::{Ask, Purpose};
use super::edit::{Asked, Edit};
use super::{Deactivated, Engine, Merged, OpId, Operation};
use crate::error::{Error, ErrorKind};
use crate::license::{Decision, Problem};
use crate::record::{Identity, Release};
use crate::store::Change;
use crate::time::Now;
use crate::transport::{Answer, Request};
use crate::wire::Rejection;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a driver does next.
#[derive(Debug)]
#[must_use = "an operation goes on only if its step is carried out"]
pub enum Step {
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
    /// Whether the decision differs from the one before, so that listeners want to know.
    pub changed: bool,
    /// When a timer should refresh next, in ms of the monotonic clock; `None` where there is nothing to wait for.
    pub wake_at: Option<u64>,
}

/// Lock the store, read it, call [`merge`](Self::merge), do what it says, unlock, and [`resume`](Self::resume).
///
/// Where the lock is not to be had, do the same without it but write nothing, and resume with the error. Merging is
/// repeatable, for stores whose transactions are.
pub struct StoreStep {
    op: Box<Op>,
    edits: Vec<Edit>,
    stage: Stage,
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
    op: Box<Op>,
    stage: Asking,
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

/// An operation under way, boxed since it moves from step to step. Dropping it frees the engine for the next.
pub(super) struct Op {
    pub(super) id: OpId,
    /// In ms of the monotonic clock.
    pub(super) deadline: u64,
    pub(super) ticket: Arc<()>,
    /// What it will fail with, whatever else is still to be done.
    pub(super) failure: Option<Error>,
}

/// What goes on after a store step.
pub(super) enum Stage {
    Opened,
    Ask(Purpose),
    /// Polar's word was saved, or met its opposite.
    AskSaved(Purpose),
    Activate(Wish),
    AttemptSaved(Box<Activation>),
    SeatGivenUp(Box<Activation>),
    NoSeat(Box<Activation>),
    /// Save done; give up old seats, if any, then end.
    Release(Option<Deactivated>),
    Forgotten,
    Deactivate,
    /// Save done, whatever came of it; this is how the operation ends.
    End(Result<Option<Deactivated>, Error>),
}

/// What goes on after a reply.
pub(super) enum Asking {
    Ask(Ask, Box<crate::wire::Validate>),
    CheckHeld(Box<Activation>, Asked, Box<crate::wire::Validate>),
    CheckKey(Box<Activation>, Box<crate::wire::Validate>),
    Activate(Box<Activation>, Box<crate::wire::Activate>),
    GiveUp(Box<Activation>, Box<crate::wire::Deactivate>),
    Release(Release, Option<Deactivated>, Box<crate::wire::Deactivate>),
    Deactivate(Identity, Box<crate::wire::Deactivate>),
}

/// A reply, or why none was asked for.
pub(super) enum Heard {
    Answer(Answer),
    /// The process must not send now.
    Paused(Duration),
}

impl Heard {
    pub(super) fn read<T>(&self, read: impl FnOnce(&Answer) -> Result<T, Rejection>) -> Result<T, Rejection> {
        match self {
            Self::Answer(answer) => read(answer),
            Self::Paused(wait) => Err(Rejection::RateLimited(*wait)),
        }
    }
}

impl Op {
    pub(super) fn store(self: Box<Self>, edits: Vec<Edit>, stage: Stage) -> Step {
        Step::Store(StoreStep { op: self, edits, stage, merged: None, unedited: None })
    }
}

impl StoreStep {
    /// What to do with the record, given what is stored; `Err` where that could not be read. May be called again if
    /// the store's transaction is.
    pub fn merge(&mut self, engine: &Engine, stored: Result<Option<&[u8]>, ()>, now: Now) -> Change {
        let opening = matches!(self.stage, Stage::Opened);
        let mut merged = engine.merge(&self.edits, stored, opening, now);
        let change = std::mem::replace(&mut merged.change, Change::Keep);
        self.merged = Some(Box::new(merged));
        if let Stage::Forgotten = self.stage {
            self.unedited = Some(Box::new(engine.merge(&[], stored, opening, now)));
        }
        change
    }

    /// Goes on. `written` is the first error of locking, reading or writing, in words.
    pub fn resume(mut self, engine: &mut Engine, written: Result<(), String>, now: Now) -> Step {
        if self.merged.is_none() {
            self.merge(engine, Err(()), now);
        }
        let Some(merged) = self.merged else {
            let error = Error::new(ErrorKind::Internal, "a store step was resumed without being merged");
            return engine.finish(self.op, Err(error), now);
        };
        if let (Some(unedited), Err(message)) = (self.unedited.take(), &written) {
            engine.adopt(vec![], *unedited, &written, now);
            return engine.not_forgotten(self.op, message, now);
        }
        let contradicted = merged.contradicted;
        engine.adopt(self.edits, *merged, &written, now);
        let op = self.op;
        match self.stage {
            Stage::Opened => engine.finish(op, Ok(None), now),
            Stage::Ask(purpose) => engine.ask(op, purpose, now),
            Stage::AskSaved(purpose) => engine.ask_saved(op, purpose, contradicted, now),
            Stage::Activate(wish) => engine.activate(op, wish, now),
            Stage::AttemptSaved(activation) => engine.attempt_saved(op, activation, written, now),
            Stage::SeatGivenUp(activation) => engine.save_attempt(op, activation, now),
            Stage::NoSeat(activation) => engine.no_seat(op, *activation, now),
            Stage::Release(ends) => engine.release_next(op, ends, now),
            Stage::Forgotten => engine.finish(op, Ok(None), now),
            Stage::Deactivate => engine.deactivate(op, now),
            Stage::End(result) => engine.finish(op, result, now),
        }
    }
}

impl SendStep {
    /// Goes on.
    pub fn resume(self, engine: &mut Engine, answer: Answer, now: Now) -> Step {
        if let Some(wait) = crate::wire::rate_limit(&answer) {
            engine.pacer.pause(now.mono, wait);
        }
        engine.heard_reply(self.op, self.stage, &Heard::Answer(answer), now)
    }
}

impl JoinStep {
    /// Goes on: with the other's answer where both only asked, with an operation of its own where the other has ended.
    /// Where it has not, time is up and nothing was done.
    pub fn resume(self, engine: &mut Engine, now: Now) -> Step {
        let shared = engine.last_asked.is_some_and(|(id, answered)| id == self.waits_for && answered);
        if self.both_ask && shared {
            return Step::Done(engine.untouched(Ok(None), now));
        }
        if !engine.is_running(self.waits_for) {
            return engine.begin(self.operation, now);
        }
        let waited = "another operation on this license takes too long; try again";
        let result = if self.operation.asks() {
            Ok(Some(Problem::new(ErrorKind::Timeout, waited)))
        } else {
            Err(Error::new(ErrorKind::Timeout, waited))
        };
        Step::Done(engine.untouched(result, now))
    }

    /// Gives up waiting: nothing was done.
    pub fn cancel(self, engine: &mut Engine, now: Now) -> Step {
        let error = Error::new(ErrorKind::Cancelled, "cancelled before anything was sent");
        Step::Done(engine.untouched(Err(error), now))
    }
}

impl Engine {
    /// Sends within the operation's time, or hears at once that it may not.
    pub(super) fn send(&mut self, op: Box<Op>, path: &str, body: String, stage: Asking, now: Now) -> Step {
        match self.pacer.reserve(now.mono, op.deadline) {
            Err(wait) => self.heard_reply(op, stage, &Heard::Paused(wait), now),
            Ok(not_before) => {
                let timeout = Duration::from_millis(op.deadline.saturating_sub(not_before).max(1));
                let request = Request { url: self.url(path), body, timeout };
                Step::Send(SendStep { not_before, request, op, stage })
            }
        }
    }

    fn heard_reply(&mut self, op: Box<Op>, stage: Asking, heard: &Heard, now: Now) -> Step {
        match stage {
            Asking::Ask(ask, request) => {
                let reply = heard.read(|answer| request.read(answer));
                self.answered(op, ask, reply, now)
            }
            Asking::CheckHeld(activation, asked, request) => {
                let reply = heard.read(|answer| request.read(answer));
                self.held_checked(op, activation, asked, reply, now)
            }
            Asking::CheckKey(activation, request) => {
                let reply = heard.read(|answer| request.read(answer));
                self.key_checked(op, activation, reply, now)
            }
            Asking::Activate(activation, request) => {
                let reply = heard.read(|answer| request.read(answer));
                self.activated(op, activation, reply, now)
            }
            Asking::GiveUp(activation, request) => {
                let reply = heard.read(|answer| request.read(answer));
                self.given_up(op, activation, request.activation_id, reply, now)
            }
            Asking::Release(release, ends, request) => {
                let reply = heard.read(|answer| request.read(answer));
                self.released(op, &release, ends, reply, now)
            }
            Asking::Deactivate(identity, request) => {
                let reply = heard.read(|answer| request.read(answer));
                self.deactivated(op, identity, reply, now)
            }
        }
    }

    /// The outcome of an operation that did nothing itself.
    fn untouched(&mut self, result: Result<Option<Problem>, Error>, now: Now) -> Outcome {
        let mut decision = self.current(now);
        let failure = match result {
            Ok(None) => None,
            Ok(problem) => {
                decision.problem = problem;
                None
            }
            Err(error) => Some(error),
        };
        self.outcome(decision, failure, now)
    }
}

impl Outcome {
    /// The decision, whether the operation succeeded or not.
    pub fn into_decision(self) -> Decision {
        match self.result {
            Ok(decision) => decision,
            Err(error) => {
                let problem = Problem {
                    retry_after: error.retry_after(),
                    maybe_applied: error.maybe_applied(),
                    ..Problem::new(error.kind(), error.message())
                };
                let decision = error.into_decision().unwrap_or_else(Decision::unknown);
                Decision { problem: Some(problem), ..decision }
            }
        }
    }
}

impl fmt::Debug for StoreStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreStep").field("op", &self.op.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for SendStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendStep")
            .field("op", &self.op.id)
            .field("not_before", &self.not_before)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
