//! Activate: ask before taking, so that a typing error, another product's key or a key that is active here already
//! never costs a seat, and never the license that is here.
//!
//! ```text
//! read ─► a seat is known here? ─► is it this key's? ─ yes ─► adopt it ──────────────────────────────┐
//!      │                                             └ no ─┐                                         │
//!      └► none known ──────────────────────────────────────┴► is the key good at all? ─ no ─► refused │
//!           ┌───────────────────────────────── yes, and it has a limit ◄┴► yes, no limit ─► adopt ────┤
//!           ▼                                                                                        ▼
//!      save the attempt ─► send activate, once ─► yes ─► save ─────────────────────────► give up old seats ─► end
//!           ▲                                 ├► no seat free, and the old one may go ─► give it up ─┐
//!           └─────────────────────────────────┼──────────────────────────────────────────────────────┘
//!                                             ├► no, or certainly not applied ─► remove the attempt ─► error
//!                                             └► perhaps applied ─► keep the attempt ─► error
//! ```

use super::ask::{Purpose, not_activated};
use super::edit::{Activated, Asked, AttemptId, Edit, Says, Word};
use super::steps::{Asking, Op, Stage, Step};
use super::{Engine, policy};
use crate::config::SEAT_META;
use crate::error::{Error, ErrorKind};
use crate::license::{Key, Reason};
use crate::record::{Attempt, Identity, Seat, Verdict};
use crate::time::{Now, Timestamp};
use crate::wire::{self, Confirmed, Deactivate, Rejection, Validate};
use uuid::Uuid;

/// What the user wants.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// What the user typed; `None` for the stored key.
    key: Option<Key>,
    replace_previous: bool,
}

/// An activation on its way, boxed since it moves from step to step.
#[derive(Clone, Debug)]
pub(super) struct Activation {
    key: Key,
    replace_previous: bool,
    /// The license here when the user asked, trusted or not.
    known: Option<Asked>,
    /// Polar's clock when it said that the key is good.
    checked_at: Timestamp,
    attempt: Option<AttemptId>,
}

impl Engine {
    pub(super) fn begin_activate(&mut self, op: Box<Op>, key: Option<&str>, replace_previous: bool, now: Now) -> Step {
        match key.map(Key::parse).transpose() {
            Err(error) => self.finish(op, Err(error), now),
            Ok(key) => op.store(vec![], Stage::Activate(Wish { key, replace_previous })),
        }
    }

    /// The stored record was read.
    pub(super) fn activate(&mut self, op: Box<Op>, wish: Wish, now: Now) -> Step {
        let known = self.target();
        let Some(key) = wish.key.or_else(|| known.as_ref().map(|known| known.identity.key.clone())) else {
            return self.finish(op, Err(not_activated()), now);
        };
        let replace_previous = wish.replace_previous;
        let activation = Box::new(Activation { key, replace_previous, known, checked_at: now.wall, attempt: None });
        let Some(known) = activation.known.clone() else { return self.check_key(op, activation, now) };
        let Some(seat) = known.identity.seat else { return self.check_key(op, activation, now) };
        let request = self.validate(&activation.key, Some(seat));
        let body = request.body();
        self.send(op, Validate::PATH, body, Asking::CheckHeld(activation, known, request), now)
    }

    /// Polar said whether the seat known here is this key's.
    pub(super) fn held_checked(
        &mut self,
        op: Box<Op>,
        activation: Box<Activation>,
        asked: Asked,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let confirmed = match reply {
            Ok(confirmed) => confirmed,
            Err(Rejection::Refused(_)) => return self.check_key(op, activation, now),
            Err(rejection) => return self.stop(op, activation, rejection, now),
        };
        if let Err(reason) = policy::accepts(&self.config, confirmed.benefit_id) {
            return self.stop(op, activation, Rejection::Refused(reason), now);
        }
        let says = Says::Yes { key: activation.key, confirmed, wall: now.wall };
        let edits = vec![Edit::Word(Word { asked, says }), Edit::Plan(self.heard(None, now))];
        op.store(edits, Stage::AskSaved(Purpose::Validate))
    }

    fn check_key(&mut self, op: Box<Op>, activation: Box<Activation>, now: Now) -> Step {
        let request = self.validate(&activation.key, None);
        let body = request.body();
        self.send(op, Validate::PATH, body, Asking::CheckKey(activation, request), now)
    }

    /// Polar said whether the key is good at all.
    pub(super) fn key_checked(
        &mut self,
        op: Box<Op>,
        mut activation: Box<Activation>,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let confirmed = match reply {
            Ok(confirmed) => confirmed,
            Err(rejection) => return self.stop(op, activation, rejection, now),
        };
        if let Err(reason) = policy::accepts(&self.config, confirmed.benefit_id) {
            return self.stop(op, activation, Rejection::Refused(reason), now);
        }
        activation.checked_at = confirmed.at;
        if confirmed.limit_activations.is_some() {
            return self.save_attempt(op, activation, now);
        }
        self.save_activated(op, *activation, None, confirmed, now)
    }

    /// The attempt is saved before it is sent: a process that dies in between leaves a trace of the seat.
    pub(super) fn save_attempt(&mut self, op: Box<Op>, mut activation: Box<Activation>, now: Now) -> Step {
        if self.memory.untouchable {
            return self.finish(op, Err(Error::refused(Reason::NewerFormat)), now);
        }
        let at = activation.checked_at;
        let id = AttemptId { random: self.random.next() as u16, at };
        let seat = id.seat();
        let label = match self.config.label() {
            Some(label) => label.to_owned(),
            None => [&self.host.system, " · ", &at.day(), " · ", &seat].concat(),
        };
        self.sending = Some(id);
        activation.attempt = Some(id);
        let attempt = Attempt { at, seat, label, last_six: activation.key.last_six() };
        op.store(vec![Edit::Attempt(attempt)], Stage::AttemptSaved(activation))
    }

    pub(super) fn attempt_saved(
        &mut self,
        op: Box<Op>,
        activation: Box<Activation>,
        saved: Result<(), String>,
        now: Now,
    ) -> Step {
        if let Err(message) = saved {
            let message = ["no seat was taken, because the license could not be stored: ", &message].concat();
            self.forget_attempt(&activation);
            return self.finish(op, Err(Error::new(ErrorKind::Storage, message)), now);
        }
        let record = self.memory.record.as_deref();
        let attempt = record.and_then(|record| record.attempts.iter().rev().find(|attempt| self.is_sending(attempt)));
        let Some(attempt) = attempt.cloned() else {
            // another process has removed the record in between
            return self.finish(op, Err(not_activated()), now);
        };
        let mut meta = self.config.meta().clone();
        meta.insert(SEAT_META, attempt.seat);
        let request = Box::new(wire::Activate {
            key: activation.key.clone(),
            organization_id: self.config.organization_id(),
            label: attempt.label,
            conditions: self.conditions(self.config.bind_device()),
            meta,
        });
        let body = request.body();
        self.send(op, wire::Activate::PATH, body, Asking::Activate(activation, request), now)
    }

    /// Polar gave a seat, or did not, or nobody knows.
    pub(super) fn activated(
        &mut self,
        op: Box<Op>,
        mut activation: Box<Activation>,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        match reply {
            Ok(confirmed) => {
                let bound = self.config.bind_device();
                let seat = confirmed.activation_id.map(|id| Seat { id, bound });
                self.save_activated(op, *activation, seat, confirmed, now)
            }
            Err(rejection) if rejection.maybe_applied() => {
                // the attempt stays in the record, and shows as `seat_uncertain` from here on
                self.unreached = None;
                self.fail(op, rejection, now)
            }
            Err(Rejection::Refused(Reason::ActivationLimit)) if activation.replace_previous => {
                activation.replace_previous = false;
                let known = activation.known.as_ref().and_then(|known| known.identity.activation_id());
                let Some(activation_id) = known else {
                    return self.stop(op, activation, Rejection::Refused(Reason::ActivationLimit), now);
                };
                let request = self.give_up(&activation.key, activation_id);
                let body = request.body();
                self.send(op, Deactivate::PATH, body, Asking::GiveUp(activation, request), now)
            }
            Err(rejection) => self.stop(op, activation, rejection, now),
        }
    }

    /// The older seat of this key was given up, to take one here. It was asked for with the new key, which also fits
    /// a rotated one; a seat of another license is not found that way, and not given up in vain.
    pub(super) fn given_up(
        &mut self,
        op: Box<Op>,
        activation: Box<Activation>,
        seat: Uuid,
        reply: Result<(), Rejection>,
        now: Now,
    ) -> Step {
        match reply {
            Ok(()) => {
                let attempt = activation.attempt.map(Edit::AttemptOver);
                let edits = attempt.into_iter().chain([Edit::SeatLost(seat)]).collect();
                op.store(edits, Stage::SeatGivenUp(activation))
            }
            Err(Rejection::Refused(_)) => self.stop(op, activation, Rejection::Refused(Reason::ActivationLimit), now),
            Err(rejection) => self.stop(op, activation, rejection, now),
        }
    }

    fn save_activated(
        &mut self,
        op: Box<Op>,
        activation: Activation,
        seat: Option<Seat>,
        confirmed: Confirmed,
        now: Now,
    ) -> Step {
        let edit = Activated {
            identity: Identity { key: activation.key, seat },
            confirmed,
            wall: now.wall,
            attempt: activation.attempt,
            instead_of: activation.known.map(|known| known.identity),
        };
        let edits = vec![Edit::Activated(edit), Edit::Plan(self.heard(None, now))];
        op.store(edits, Stage::Release(None))
    }

    /// Ends without a seat, for certain: the license here, if any, stays as it was.
    fn stop(&mut self, op: Box<Op>, activation: Box<Activation>, rejection: Rejection, now: Now) -> Step {
        let plan = self.heard(Some(&rejection), now);
        if rejection == Rejection::Refused(Reason::ActivationLimit)
            && let Some(attempt) = activation.attempt
        {
            return op.store(vec![Edit::AttemptOver(attempt)], Stage::NoSeat(activation));
        }
        let error = Error::from(rejection);
        let attempt = activation.attempt.map(Edit::AttemptOver);
        // a pause binds other processes as well; nothing else of a failed activate is remembered
        let pause = plan.pause_until.map(Edit::Pause);
        let edits: Vec<Edit> = attempt.into_iter().chain(pause).collect();
        if edits.is_empty() { self.finish(op, Err(error), now) } else { op.store(edits, Stage::End(Err(error))) }
    }

    /// No seat was free. Another process on this device may have taken the last one meanwhile, and it serves both.
    pub(super) fn no_seat(&mut self, op: Box<Op>, activation: Activation, now: Now) -> Step {
        let record = self.memory.record.as_deref();
        let known = activation.known.map(|known| known.identity);
        let taken_meanwhile = record.and_then(|record| record.held.as_deref()).is_some_and(|held| {
            let here = held.identity.key == activation.key && held.identity.seat.is_some();
            here && held.verdict == Verdict::Yes && Some(&held.identity) != known.as_ref()
        });
        if taken_meanwhile {
            return self.finish(op, Ok(None), now);
        }
        let mut error = Error::refused(Reason::ActivationLimit);
        let last_six = activation.key.last_six();
        let lost = record.and_then(|record| record.attempts.iter().rev().find(|attempt| attempt.last_six == last_six));
        if let Some(attempt) = lost {
            error = error.with_message(["every activation of this license key is in use; ", &attempt.text()].concat());
        }
        self.finish(op, Err(error), now)
    }

    /// Takes back an attempt that was not saved and so was not sent.
    fn forget_attempt(&mut self, activation: &Activation) {
        let Some(id) = activation.attempt else { return };
        let is_it = |attempt: &Attempt| attempt.is(id);
        self.unsaved.retain(|edit| !matches!(edit, Edit::Attempt(attempt) if is_it(attempt)));
        if let Some(record) = &mut self.memory.record {
            record.remove_attempts(&is_it);
        }
    }
}
