//! Activate: ask before taking, so that a typo, another product's key or a key that is active here already
//! never costs a seat, and never the license that is here.
//!
//! ```text
//! read ─► a seat is known here? ─► is it this key's? ─ yes ─► adopt it ─────────────────────────────┐
//!      │                                             └ no ─┐                                        │
//!      └► none known ──────────────────────────────────────┴► is the key valid at all? ─ no ─► error│
//!           ┌──────────────────────────────── yes, and it has a limit ◄┴► yes, no limit ─► adopt ───┤
//!           ▼                                                                                       │
//!      is a seat that was kept this key's? ─ yes ─► adopt it ───────────────────────────────────────┤
//!           ▼ no                                                                                    ▼
//!      save the attempt ─► send activate, once ─► a seat ─► save ────────────────────────► release older seats ─► end
//!           ▲                                 ├► no seat free, and the older one may go ─► release it ─┐
//!           └─────────────────────────────────┼───────────────────────────────────────────────────────┘
//!                                             ├► denied, or certainly not applied ─► remove the attempt ─► error
//!                                             └► perhaps applied ─► keep the attempt ─► error
//! ```

use super::edit::{Activated, AttemptId, Confirmation, Edit, NewAnswer};
use super::label::default_label;
use super::step::Step;
use super::task::{Activation, AfterReply, AfterStore, Attempted, Ending, Settled, Unsaved};
use super::{Engine, policy};
use crate::codes::{ErrorKind, NextStep, Reason};
use crate::config::MARKER_META;
use crate::error::Error;
use crate::key::{Key, TypedKey};
use crate::record::{Attempt, Identity, Seat, Verdict};
use crate::texts::Text;
use crate::time::{Date, Now, Timestamp};
use crate::wire::{self, Confirmed, Rejection};
use uuid::Uuid;

/// More seats than this are not taken or left behind without knowing what became of them. With the longest labels and
/// keys they make half of what is read of a record.
const MOST_UNSETTLED: usize = 256;

/// How many seats that were kept are asked about, at two in a second.
const MOST_KEPT_ASKED: usize = 16;

/// Every seat is taken, as far as this device can tell.
const NO_SEAT: Rejection = Rejection::Denied(Reason::ActivationLimit);

impl Engine {
    pub(super) fn begin_activate(&mut self, key: Option<TypedKey>, replace_previous: bool, now: Now) -> Step {
        match key.map(|typed| Key::parse_worded(self.config.texts(), typed.as_str())).transpose() {
            Err(error) => self.fail(error, now),
            Ok(key) => self.store(Vec::new(), AfterStore::Activate { key, replace_previous }, now),
        }
    }

    /// The stored record was read.
    pub(super) fn activate(&mut self, key: Option<Key>, replace_previous: bool, now: Now) -> Step {
        let previous = self.target();
        let stored_key = previous.as_ref().map(|previous| previous.identity.key.clone());
        let Some(key) = key.or(stored_key) else { return self.fail(self.not_activated(), now) };
        let seat = previous.as_ref().and_then(|previous| previous.identity.seat);
        let mut newest_first = self.record.keyless_seats.iter().rev().map(|kept| kept.seat).take(MOST_KEPT_ASKED);
        let newest_kept = newest_first.next();
        let other_kept = newest_first.rev().collect();
        let activation =
            Activation { key, previous, replace_previous, can_move: false, newest_kept, other_kept, checked: None };
        match seat {
            Some(seat) => self.check_seat(activation, seat, now),
            None => self.check_next(activation, now),
        }
    }

    fn check_seat(&mut self, activation: Activation, seat: Seat, now: Now) -> Step {
        let request = self.validation(&Identity { key: activation.key.clone(), seat: Some(seat) });
        self.send(AfterReply::CheckSeat(activation, seat, request), now)
    }

    /// Asks about the newest seat that was kept, then about the key alone. Only a key that is valid and needs a seat is worth
    /// a request for each of the others.
    fn check_next(&mut self, mut activation: Activation, now: Now) -> Step {
        if let Some(seat) = activation.newest_kept.take() {
            return self.check_seat(activation, seat, now);
        }
        if activation.checked.is_none() {
            let request = self.validation(&Identity { key: activation.key.clone(), seat: None });
            return self.send(AfterReply::CheckKey(activation, request), now);
        }
        match activation.other_kept.pop() {
            Some(seat) => self.check_seat(activation, seat, now),
            None => self.save_attempt(activation, now),
        }
    }

    /// Polar said whether the seat known here is this key's.
    pub(super) fn seat_checked(
        &mut self,
        mut activation: Activation,
        seat: Seat,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let asked_seat = activation.previous.as_ref().and_then(|previous| previous.identity.activation_id());
        if let Err(Rejection::Denied(reason)) = reply {
            activation.can_move |= asked_seat == Some(seat.id) && reason != Reason::NotFound;
            return self.check_next(activation, now);
        }
        let confirmed = match self.accept(reply) {
            Ok(confirmed) => confirmed,
            Err(rejection) => return self.stop(activation, None, rejection, now),
        };
        if let Some(until) = policy::updates_ended(&self.config, &confirmed.terms) {
            return self.not_included(until, now);
        }
        let identity = Identity { key: activation.key.clone(), seat: Some(seat) };
        if asked_seat != Some(seat.id) {
            // a seat of this device from before the key was rotated
            return self.save_activated(activation, None, Confirmed { activation_id: Some(seat.id), ..confirmed }, now);
        }
        let is_stored = self.is_stored(&identity);
        let answer =
            activation.previous.take().map(|asked| NewAnswer::confirmed(asked, Some(identity), confirmed, now));
        let mut edits: Vec<Edit> = answer.map(|answer| Edit::Answer(Box::new(answer))).into_iter().collect();
        edits.push(Edit::Plan(self.plan(None, now)));
        let unsaved = Unsaved { result: Settled::Activated, is_stored, failures: 0 };
        self.store(edits, AfterStore::Save(unsaved), now)
    }

    /// Polar said whether the key is valid at all.
    pub(super) fn key_checked(
        &mut self,
        mut activation: Activation,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let confirmed = match self.accept(reply) {
            Ok(confirmed) => confirmed,
            Err(rejection) => return self.stop(activation, None, rejection, now),
        };
        if let Some(until) = policy::updates_ended(&self.config, &confirmed.terms) {
            return self.not_included(until, now);
        }
        if confirmed.terms.limit_activations.is_none() {
            return self.save_activated(activation, None, confirmed, now);
        }
        activation.checked = Some(confirmed);
        self.check_next(activation, now)
    }

    /// A confirmation counts only if the configuration accepts the key's benefit.
    fn accept(&self, reply: Result<Confirmed, Rejection>) -> Result<Confirmed, Rejection> {
        let confirmed = reply?;
        policy::accepts(&self.config, confirmed.terms.benefit_id).map_err(Rejection::Denied)?;
        Ok(confirmed)
    }

    /// Ends without a seat: Polar confirmed the key, but the license does not include this version of the app.
    fn not_included(&mut self, until: Date, now: Now) -> Step {
        self.unreached = None;
        self.fail(self.updates_ended(Text::KeyUpdatesEnded, until), now)
    }

    /// The attempt is saved before it is sent: a process that dies in between leaves a trace of the seat.
    pub(super) fn save_attempt(&mut self, activation: Activation, now: Now) -> Step {
        if self.is_newer {
            return self.fail(self.refused(Reason::NewerFormat), now);
        }
        if self.record.unsettled() >= MOST_UNSETTLED {
            let message = format!(
                "no seat was taken: {MOST_UNSETTLED} activations of this device are not settled; go online to release them, \
                 or remove them in Polar's customer portal and forget the license here"
            );
            let error = self.reworded(self.error(ErrorKind::Storage, ""), Text::TooManyUnsettled, message);
            return self.fail(error.with_next_step(NextStep::ContactVendor), now);
        }
        let at = activation.checked.as_ref().map_or_else(Timestamp::default, |confirmed| confirmed.at);
        let id = AttemptId { marker: self.random.next() as u16, at };
        let marker = id.marker();
        let label = match self.config.label() {
            Some(label) => label.to_owned(),
            None => default_label(&self.host.system, id),
        };
        self.running.sending = Some(id);
        let attempt = Attempt {
            at,
            marker,
            label: label.clone(),
            last_six: activation.key.last_six(),
            saved_at: Some(now.wall),
            is_uncertain: false,
        };
        let then = AfterStore::AttemptSaved(Attempted { activation, id, label });
        self.store(vec![Edit::Attempt(attempt)], then, now)
    }

    pub(super) fn attempt_saved(&mut self, attempted: Attempted, saved: Result<(), String>, now: Now) -> Step {
        if let Err(message) = saved {
            self.forget_attempt(attempted.id);
            let message = format!("no seat was taken, because the license could not be stored: {message}");
            return self.fail(self.error(ErrorKind::Storage, message), now);
        }
        if !self.record.attempts.iter().any(|attempt| attempt.is(attempted.id)) {
            // another process has removed the record in between
            return self.fail(self.not_activated(), now);
        }
        let mut meta = self.config.meta().clone();
        meta.insert(MARKER_META, attempted.id.marker());
        let request = wire::Activate {
            key: attempted.activation.key.clone(),
            organization_id: self.config.organization_id(),
            label: attempted.label.clone(),
            conditions: self.conditions(self.config.bind_device()).clone(),
            meta,
        };
        self.send(AfterReply::Activate(attempted, request), now)
    }

    /// Polar gave a seat, or did not, or nobody knows.
    pub(super) fn activated(&mut self, attempted: Attempted, reply: Result<Confirmed, Rejection>, now: Now) -> Step {
        let rejection = match reply {
            Ok(confirmed) => {
                let Attempted { activation, id, label } = attempted;
                return self.save_activated(activation, Some((id, label)), confirmed, now);
            }
            Err(rejection) => rejection,
        };
        if rejection.maybe_applied() {
            // the attempt stays in the record, and shows as `seat_uncertain` from here on
            self.unreached = None;
            self.running.sending = None;
            let detail =
                format!("{rejection}; a seat may have been taken all the same, labelled `{}`", attempted.label);
            let error = self.reworded(self.rejected(rejection), Text::MaybeActivated, detail);
            return self.fail_after(vec![Edit::AttemptUncertain(attempted.id)], error, now);
        }
        let activation = &attempted.activation;
        let older = activation.previous.as_ref().and_then(|previous| previous.identity.seat);
        if let Some(seat) = older.filter(|_| activation.replace_previous && rejection == NO_SEAT) {
            // with the new key, which also fits a rotated one; the seat of another license is not found that way
            let request = wire::Deactivate {
                key: activation.key.clone(),
                organization_id: self.config.organization_id(),
                activation_id: seat.id,
            };
            return self.send(AfterReply::ReleasePrevious(attempted, request), now);
        }
        self.stop(attempted.activation, Some(attempted.id), rejection, now)
    }

    /// The older seat of this key was released, to take one here.
    pub(super) fn previous_released(
        &mut self,
        attempted: Attempted,
        seat: Uuid,
        reply: Result<(), Rejection>,
        now: Now,
    ) -> Step {
        let Attempted { activation, id, .. } = attempted;
        match reply {
            Ok(()) => {
                let edits = vec![Edit::AttemptOver(id), Edit::SeatReleased(seat)];
                let activation = Activation { replace_previous: false, ..activation };
                self.store(edits, AfterStore::PreviousReleased(activation), now)
            }
            Err(rejection) if rejection.is_from_polar() => {
                let same_key =
                    activation.previous.as_ref().is_some_and(|previous| previous.identity.key == activation.key);
                let mut edits = vec![Edit::AttemptOver(id)];
                // moving it here once more would fail again; the seat of another key is not found with this one
                edits.extend(same_key.then_some(Edit::SeatReleased(seat)));
                self.store(edits, AfterStore::NoSeat(activation), now)
            }
            Err(rejection) => self.stop(activation, Some(id), rejection, now),
        }
    }

    fn save_activated(
        &mut self,
        activation: Activation,
        attempt: Option<(AttemptId, String)>,
        confirmed: Confirmed,
        now: Now,
    ) -> Step {
        let (attempt, label) = attempt.unzip();
        let seat = confirmed.activation_id.map(|id| Seat { id, bound: self.config.bind_device() });
        let identity = Identity { key: activation.key, seat };
        let activated = Activated {
            confirmation: Confirmation { identity, confirmed, wall: now.wall },
            attempt,
            label,
            instead_of: activation.previous.map(|previous| previous.identity),
        };
        let plan = self.plan(None, now);
        self.save(vec![Edit::Activated(Box::new(activated)), Edit::Plan(plan)], Settled::Activated, now)
    }

    /// Ends without a seat, for certain: the license here, if any, stays as it was.
    fn stop(&mut self, activation: Activation, attempt: Option<AttemptId>, rejection: Rejection, now: Now) -> Step {
        let plan = self.plan(Some(&rejection), now);
        let mut edits: Vec<Edit> = attempt.map(Edit::AttemptOver).into_iter().collect();
        if attempt.is_some() && rejection == NO_SEAT {
            return self.store(edits, AfterStore::NoSeat(activation), now);
        }
        edits.extend(plan.pause());
        let stored = activation.previous.as_ref().map(|previous| &previous.identity.key);
        let error = if rejection == Rejection::Denied(Reason::NotFound) && stored == Some(&activation.key) {
            self.key_replaced()
        } else {
            self.rejected(rejection)
        };
        self.fail_after(edits, error, now)
    }

    /// No seat was free. Another process on this device may have taken the last one meanwhile, and it serves both.
    pub(super) fn no_seat(&mut self, activation: &Activation, now: Now) -> Step {
        let previous = activation.previous.as_ref().map(|previous| &previous.identity);
        let taken_meanwhile = self.record.license.as_ref().is_some_and(|license| {
            let same_key = license.identity.key == activation.key && license.identity.seat.is_some();
            same_key && license.verdict == Verdict::Confirmed && Some(&license.identity) != previous
        });
        if taken_meanwhile {
            return self.finish(Ending::default(), now);
        }
        let can_move = activation.can_move && !activation.replace_previous;
        let mut error = self.refused(Reason::ActivationLimit);
        let last_six = activation.key.last_six();
        if let Some(attempt) = self.record.attempts.iter().rfind(|attempt| attempt.last_six == last_six) {
            let detail = format!("every activation of this license key is in use; {}", attempt.detail());
            error = self.also(error, &attempt.message(self.config.texts()), detail);
        } else if can_move {
            let detail =
                "every activation of this license key is in use; deactivate another device, or move the license here";
            error = self.reworded(error, Text::KeyInUseMove, detail);
        }
        let error = if can_move { error.with_next_step(NextStep::Move) } else { error };
        self.fail(error, now)
    }

    /// Whether the next start finds this license, and access to it, without what this operation adds.
    fn is_stored(&self, identity: &Identity) -> bool {
        let license = self.record.license.as_ref();
        let confirmed =
            license.is_some_and(|license| license.identity == *identity && license.verdict == Verdict::Confirmed);
        confirmed && !self.unsaved.iter().any(|edit| edit.activates(identity))
    }

    /// The activation succeeded and could not be stored. The license stays in memory, and is saved with the next operation
    /// that can.
    pub(super) fn not_stored(&self, message: &str) -> Error {
        let seated = self.record.identity().is_some_and(|identity| identity.seat.is_some());
        let what = if seated { "the license took a seat and is active" } else { "the license is active" };
        self.until_exit(seated, format!("{what} in this process only, since it could not be stored: {message}"))
    }

    /// Takes back an attempt that was not saved and so was not sent.
    fn forget_attempt(&mut self, id: AttemptId) {
        self.unsaved.retain(|edit| !matches!(edit, Edit::Attempt(attempt) if attempt.is(id)));
        self.record.remove_attempts(&|attempt| attempt.is(id));
    }
}
