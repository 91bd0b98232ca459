//! The steps that a driver carries out, and what each goes on with.

use super::edit::{Asked, AttemptId, Edit};
use super::{Deactivated, Engine, Merged, OpId, Operation, Patience};
use crate::error::{Error, ErrorKind};
use crate::license::{Decision, Key, Problem, Reason};
use crate::record::Identity;
use crate::store::Change;
use crate::time::{Now, Timestamp, milliseconds};
use crate::transport::{Answer, Request};
use crate::values::Values;
use crate::wire::{self, Call, Members, Rejection};
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
    _ticket: Arc<()>,
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
    /// The license that it is about.
    about: Identity,
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

/// The operation under way: what is wanted, and what it has learned so far. Kept in the engine; a step that is dropped
/// leaves it behind for the next operation to replace.
#[derive(Default)]
pub(super) struct Op {
    pub(super) id: OpId,
    pub(super) asks: bool,
    /// In ms of the monotonic clock.
    pub(super) deadline: u64,
    pub(super) stage: Stage,
    /// What the store step under way, or the next one, saves.
    pub(super) edits: Vec<Edit>,
    /// For a refresh.
    pub(super) patience: Option<Patience>,
    /// How much usage to count.
    pub(super) count: Option<u32>,
    /// This process and another one heard the opposite of each other, and nobody knows who heard it last.
    pub(super) settles: bool,
    /// What is to be activated.
    pub(super) key: Option<Key>,
    pub(super) replace_previous: bool,
    /// The license here when Polar was asked, trusted or not.
    pub(super) known: Option<Asked>,
    /// Polar's clock when it said that the key is good.
    pub(super) checked_at: Timestamp,
    pub(super) attempt: Option<AttemptId>,
    pub(super) label: String,
    pub(super) deactivated: Option<Deactivated>,
    /// Why there was no answer to the last question.
    pub(super) problem: Option<Problem>,
    /// What it will fail with, whatever else is still to be done.
    pub(super) failure: Option<Error>,
}

/// What goes on after the step under way.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stage {
    // after a store step
    #[default]
    Opened,
    Ask,
    /// Polar's word was saved, or met its opposite.
    AskSaved,
    Activate,
    AttemptSaved,
    SeatGivenUp,
    NoSeat,
    Deactivate,
    /// Give up old seats, if any, then end.
    Release,
    End,
    Forgotten,
    // after a reply
    Asked,
    HeldChecked,
    KeyChecked,
    Activated,
    GivenUp,
    Released,
    Deactivated,
}

/// An answer that is no yes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum No {
    /// Polar's own.
    Refused(Reason),
    /// Fewer uses are left than were to be counted.
    Exhausted,
    /// There was none; the operation knows the problem.
    Unanswered,
}

impl Op {
    /// What Polar is asked at this stage.
    fn call(&self) -> Call {
        match self.stage {
            Stage::Asked if self.count.is_some() => Call::Consume,
            Stage::Asked | Stage::HeldChecked | Stage::KeyChecked => Call::Validate,
            Stage::Activated => Call::Activate,
            _ => Call::Deactivate,
        }
    }
}

impl StoreStep {
    /// What to do with the record, given what is stored; `Err` where that could not be read. May be called again if
    /// the store's transaction is.
    pub fn merge(&mut self, engine: &Engine, stored: Result<Option<&[u8]>, ()>, now: Now) -> Change {
        (self.merged, self.unedited) = (None, None);
        let Ok(stored) = stored else { return Change::Keep };
        let mut merged = engine.merge(&engine.op.edits, stored, now);
        let change = std::mem::replace(&mut merged.change, Change::Keep);
        self.merged = Some(Box::new(merged));
        if engine.op.stage == Stage::Forgotten {
            self.unedited = Some(Box::new(engine.merge(&[], stored, now)));
        }
        change
    }

    /// Goes on. `written` is the first error of locking, reading or writing, in words.
    pub fn resume(self, engine: &mut Engine, written: Result<(), String>, now: Now) -> Step {
        let stage = engine.op.stage;
        if let (Stage::Forgotten, Err(message)) = (stage, &written) {
            engine.op.edits.clear();
            engine.adopt(self.unedited, &written, now);
            let message = ["the license is still stored: ", message].concat();
            return engine.fail(Error::new(ErrorKind::Storage, message), now);
        }
        let contradicted = engine.adopt(self.merged, &written, now);
        match stage {
            Stage::Ask => engine.ask(now),
            Stage::AskSaved if contradicted => engine.ask_again(now),
            Stage::AskSaved | Stage::Release => engine.release_next(now),
            Stage::Activate => engine.activate(now),
            Stage::AttemptSaved => engine.attempt_saved(written, now),
            Stage::SeatGivenUp => engine.save_attempt(now),
            Stage::NoSeat => engine.no_seat(now),
            Stage::Deactivate => engine.deactivate(now),
            _ => engine.finish(now),
        }
    }
}

impl SendStep {
    /// Goes on.
    pub fn resume(self, engine: &mut Engine, answer: Answer, now: Now) -> Step {
        if let Some(wait) = wire::rate_limit(&answer) {
            engine.pacer.pause(now, milliseconds(wait));
        }
        engine.heard(self.about, Ok(&answer), now)
    }
}

impl JoinStep {
    /// Goes on: with the other's answer where both only asked, with an operation of its own where the other has ended.
    /// Where it has not, time is up and nothing was done.
    pub fn resume(self, engine: &mut Engine, now: Now) -> Step {
        if self.both_ask && engine.last_answered == self.waits_for {
            let decision = engine.current(now);
            return Step::Done(engine.outcome(decision, None, now));
        }
        if !engine.is_running(self.waits_for) {
            return engine.begin(self.operation, now);
        }
        let error = Error::new(ErrorKind::Timeout, "another operation on this license takes too long; try again");
        if !self.operation.asks() {
            return engine.untouched(error, now);
        }
        let mut decision = engine.current(now);
        decision.problem = Some(error.into_problem());
        Step::Done(engine.outcome(decision, None, now))
    }

    /// Gives up waiting: nothing was done.
    pub fn cancel(self, engine: &mut Engine, now: Now) -> Step {
        engine.untouched(Error::new(ErrorKind::Cancelled, "cancelled before anything was sent"), now)
    }
}

impl Engine {
    /// Saves the edits so far.
    pub(super) fn store(&mut self, stage: Stage) -> Step {
        self.op.stage = stage;
        Step::Store(StoreStep { _ticket: Arc::clone(&self.ticket), merged: None, unedited: None })
    }

    /// Asks Polar about this license within the operation's time, or hears at once that it may not.
    pub(super) fn send(&mut self, stage: Stage, about: Identity, now: Now) -> Step {
        self.op.stage = stage;
        let not_before = match self.pacer.reserve(now, self.op.deadline) {
            Ok(not_before) => not_before,
            Err(wait) => return self.heard(about, Err(Duration::from_millis(wait)), now),
        };
        let call = self.op.call();
        let mut members = Members::new(&about.key, self.config.organization_id());
        members.activation_id = about.activation_id();
        match call {
            Call::Validate | Call::Consume => {
                members.increment_usage = self.op.count;
                members.conditions = about.seat.map(|seat| self.conditions(seat.bound));
            }
            Call::Activate => {
                members.label = Some(&self.op.label);
                members.conditions = Some(self.conditions(self.config.bind_device()));
                members.meta = Some(&self.meta);
            }
            Call::Deactivate => {}
        }
        let request = Request {
            url: [self.config.environment().base_url(), call.path()].concat(),
            body: members.json(),
            timeout: Duration::from_millis(self.op.deadline.saturating_sub(not_before).max(1)),
        };
        Step::Send(SendStep { not_before, request, _ticket: Arc::clone(&self.ticket), about })
    }

    /// What a seat was, or is, taken with.
    fn conditions(&self, bound: bool) -> &Values {
        if bound { &self.bound_conditions } else { self.config.conditions() }
    }

    /// Polar or something else has answered, or the process must not send for now.
    fn heard(&mut self, about: Identity, answer: Result<&Answer, Duration>, now: Now) -> Step {
        let answer = answer.map_err(Rejection::RateLimited);
        let (stage, call) = (self.op.stage, self.op.call());
        if call == Call::Deactivate {
            let reply = answer.and_then(wire::read_deactivate).map_err(|rejection| self.rejected(&rejection));
            return match stage {
                Stage::GivenUp => self.given_up(&about, reply, now),
                Stage::Released => self.released(&about, reply, now),
                _ => self.deactivated(about, reply, now),
            };
        }
        let organization_id = self.config.organization_id();
        let reply = answer
            .and_then(|answer| call.read(&about.key, organization_id, about.activation_id(), answer))
            .map_err(|rejection| self.rejected(&rejection));
        let reply = reply.as_ref().map_err(|no| *no);
        match stage {
            Stage::HeldChecked => self.held_checked(about, reply, now),
            Stage::KeyChecked => self.key_checked(about, reply, now),
            Stage::Activated => self.activated(about, reply, now),
            _ => self.answered(about, reply, now),
        }
    }

    fn rejected(&mut self, rejection: &Rejection) -> No {
        match rejection {
            Rejection::Refused(reason) => No::Refused(*reason),
            Rejection::UsageExhausted => No::Exhausted,
            _ => {
                self.op.problem = Some(rejection.problem());
                No::Unanswered
            }
        }
    }

    /// Ends an operation that did nothing itself.
    fn untouched(&mut self, error: Error, now: Now) -> Step {
        let decision = self.current(now);
        Step::Done(self.outcome(decision, Some(error), now))
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

impl fmt::Debug for StoreStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreStep").finish_non_exhaustive()
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
