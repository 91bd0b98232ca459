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

use super::ask::not_activated;
use super::edit::{Activated, AttemptId, Edit, Says, Yes};
use super::steps::{No, Stage, Step};
use super::{Engine, policy};
use crate::config::SEAT_META;
use crate::error::{Error, ErrorKind};
use crate::license::{Key, Reason};
use crate::record::{Attempt, Identity, Seat, Verdict};
use crate::time::Now;
use crate::wire::Confirmed;

/// Every seat is taken, as far as this device can tell.
const NO_SEAT: No = No::Refused(Reason::ActivationLimit);

impl Engine {
    pub(super) fn begin_activate(&mut self, key: Option<&str>, now: Now) -> Step {
        match key.map(Key::parse).transpose() {
            Err(error) => self.fail(error, now),
            Ok(key) => {
                self.op.key = key;
                self.store(Stage::Activate)
            }
        }
    }

    /// The stored record was read.
    pub(super) fn activate(&mut self, now: Now) -> Step {
        self.op.known = self.target();
        let mut seat = None;
        if let Some(known) = &self.op.known {
            seat = known.identity.seat;
            self.op.key.get_or_insert_with(|| known.identity.key.clone());
        }
        let Some(key) = self.op.key.clone() else { return self.fail(not_activated(), now) };
        let stage = if seat.is_some() { Stage::HeldChecked } else { Stage::KeyChecked };
        self.send(stage, Identity { key, seat }, now)
    }

    /// Polar said whether the seat known here is this key's.
    pub(super) fn held_checked(&mut self, about: Identity, reply: Result<&Confirmed, No>, now: Now) -> Step {
        if let Err(No::Refused(_)) = reply {
            return self.send(Stage::KeyChecked, Identity { key: about.key, seat: None }, now);
        }
        let confirmed = match self.accept(reply) {
            Ok(confirmed) => confirmed,
            Err(no) => return self.stop(no, now),
        };
        self.remember(Says::yes(about, confirmed, now));
        let plan = self.plan(None, now);
        self.op.edits.push(Edit::Plan(plan));
        self.store(Stage::AskSaved)
    }

    /// Polar said whether the key is good at all.
    pub(super) fn key_checked(&mut self, about: Identity, reply: Result<&Confirmed, No>, now: Now) -> Step {
        let confirmed = match self.accept(reply) {
            Ok(confirmed) => confirmed,
            Err(no) => return self.stop(no, now),
        };
        if confirmed.limit_activations.is_none() {
            return self.save_activated(about, confirmed, now);
        }
        self.op.checked_at = confirmed.at;
        self.save_attempt(now)
    }

    /// A yes is one only if the configuration says so too.
    fn accept<'a>(&self, reply: Result<&'a Confirmed, No>) -> Result<&'a Confirmed, No> {
        let confirmed = reply?;
        policy::accepts(&self.config, confirmed.benefit_id).map_err(No::Refused)?;
        Ok(confirmed)
    }

    /// The attempt is saved before it is sent: a process that dies in between leaves a trace of the seat.
    pub(super) fn save_attempt(&mut self, now: Now) -> Step {
        if self.untouchable {
            return self.fail(Error::refused(Reason::NewerFormat), now);
        }
        let at = self.op.checked_at;
        let id = AttemptId { random: self.random.next() as u16, at };
        let seat = id.seat();
        let label = match self.config.label() {
            Some(label) => label.to_owned(),
            None => [&self.host.system, " · ", &at.day(), " · ", &seat].concat(),
        };
        self.meta.insert(SEAT_META, seat.as_str());
        self.op.attempt = Some(id);
        self.op.label = label.clone();
        let last_six = self.op.key.as_ref().map(Key::last_six).unwrap_or_default();
        self.op.edits.push(Edit::Attempt(Attempt { at, seat, label, last_six }));
        self.store(Stage::AttemptSaved)
    }

    pub(super) fn attempt_saved(&mut self, saved: Result<(), String>, now: Now) -> Step {
        if let Err(message) = saved {
            self.forget_attempt();
            let message = ["no seat was taken, because the license could not be stored: ", &message].concat();
            return self.fail(Error::new(ErrorKind::Storage, message), now);
        }
        let is_there = self.record.attempts.iter().any(|attempt| self.is_sending(attempt));
        let Some(key) = self.op.key.clone().filter(|_| is_there) else {
            // another process has removed the record in between
            return self.fail(not_activated(), now);
        };
        self.send(Stage::Activated, Identity { key, seat: None }, now)
    }

    /// Polar gave a seat, or did not, or nobody knows.
    pub(super) fn activated(&mut self, about: Identity, reply: Result<&Confirmed, No>, now: Now) -> Step {
        let no = match reply {
            Ok(confirmed) => {
                let bound = self.config.bind_device();
                let seat = confirmed.activation_id.map(|id| Seat { id, bound });
                return self.save_activated(Identity { seat, ..about }, confirmed, now);
            }
            Err(no) => no,
        };
        if self.op.problem.as_ref().is_some_and(|problem| problem.maybe_applied) {
            // the attempt stays in the record, and shows as `seat_uncertain` from here on
            self.unreached = None;
            return self.fail_with(no, now);
        }
        let older = self.op.known.as_ref().and_then(|known| known.identity.seat);
        if self.op.replace_previous && older.is_some() && no == NO_SEAT {
            self.op.replace_previous = false;
            return self.send(Stage::GivenUp, Identity { seat: older, ..about }, now);
        }
        self.stop(no, now)
    }

    /// The older seat of this key was given up, to take one here. It was asked for with the new key, which also fits
    /// a rotated one; a seat of another license is not found that way, and not given up in vain.
    pub(super) fn given_up(&mut self, about: &Identity, reply: Result<(), No>, now: Now) -> Step {
        match reply {
            Ok(()) => {
                self.attempt_over();
                if let Some(id) = about.activation_id() {
                    self.op.edits.push(Edit::SeatLost(id));
                }
                self.store(Stage::SeatGivenUp)
            }
            Err(No::Unanswered) => self.stop(No::Unanswered, now),
            Err(_) => self.stop(NO_SEAT, now),
        }
    }

    fn save_activated(&mut self, identity: Identity, confirmed: &Confirmed, now: Now) -> Step {
        let activated = Activated {
            yes: Yes { identity, confirmed: *confirmed, wall: now.wall },
            attempt: self.op.attempt,
            instead_of: self.op.known.take().map(|known| known.identity),
        };
        let plan = self.plan(None, now);
        self.op.edits.push(Edit::Activated(Box::new(activated)));
        self.op.edits.push(Edit::Plan(plan));
        self.store(Stage::Release)
    }

    /// Ends without a seat, for certain: the license here, if any, stays as it was.
    fn stop(&mut self, no: No, now: Now) -> Step {
        let plan = self.plan(Some(no), now);
        self.attempt_over();
        if no == NO_SEAT && self.op.attempt.is_some() {
            return self.store(Stage::NoSeat);
        }
        self.fail_after(no, &plan, now)
    }

    fn attempt_over(&mut self) {
        if let Some(attempt) = self.op.attempt {
            self.op.edits.push(Edit::AttemptOver(attempt));
        }
    }

    /// No seat was free. Another process on this device may have taken the last one meanwhile, and it serves both.
    pub(super) fn no_seat(&mut self, now: Now) -> Step {
        let known = self.op.known.as_ref().map(|known| &known.identity);
        let taken_meanwhile = self.record.held.as_ref().is_some_and(|held| {
            let here = Some(&held.identity.key) == self.op.key.as_ref() && held.identity.seat.is_some();
            here && held.verdict == Verdict::Yes && Some(&held.identity) != known
        });
        if taken_meanwhile {
            return self.finish(now);
        }
        let mut error = Error::refused(Reason::ActivationLimit);
        let last_six = self.op.key.as_ref().map(Key::last_six).unwrap_or_default();
        let lost = self.record.attempts.iter().rfind(|attempt| attempt.last_six == last_six);
        if let Some(attempt) = lost {
            error = error.with_message(["every activation of this license key is in use; ", &attempt.text()].concat());
        }
        self.fail(error, now)
    }

    /// Takes back an attempt that was not saved and so was not sent.
    fn forget_attempt(&mut self) {
        let Some(id) = self.op.attempt else { return };
        let is_it = |edit: &Edit| matches!(edit, Edit::Attempt(attempt) if attempt.is(id));
        if let Some(at) = self.unsaved.iter().position(is_it) {
            self.unsaved.remove(at);
        }
        self.record.remove_attempts(&|attempt| attempt.is(id));
    }
}
