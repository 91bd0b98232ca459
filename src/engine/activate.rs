//! Activation. The key is checked before a seat is taken. If it is mistyped, belongs to another product, or is active
//! on this device already, no seat is wasted and the stored license is not replaced.
//!
//! ```text
//! read ─► does the seat known here, or the newest kept seat, fit the key? ─ yes ─► use it ───────────┐
//!      ▼ no, or there is none                                                                        │
//!      is the key valid at all? ─ no ─► error                                                        │
//!      │                        └ yes, and it needs no seat ─► license it ───────────────────────────┤
//!      ▼ yes, and it needs a seat                                                                    │
//!      does an older kept seat fit the key? ─ yes ─► use it ─────────────────────────────────────────┤
//!      ▼ no                                                                                          ▼
//!      save the attempt ─► send activate, once ─► a seat ─► save ─────────────────────────► release older seats ─► end
//!           ▲                                 ├► no seat free, and the older one may go ─► release it ─┐
//!           └─────────────────────────────────┼───────────────────────────────────────────────────────┘
//!                                             ├► denied, or certainly not applied ─► remove the attempt ─► error
//!                                             └► perhaps applied ─► keep the attempt ─► error
//! ```

use super::edit::{Activated, AttemptId, Confirmation, Edit, NewAnswer};
use super::label::default_label;
use super::task::{Activation, AfterReply, AfterStore, Attempted, Next, SeatOf, Success, Unsaved};
use super::{Engine, policy};
use crate::codes::{ErrorKind, NextStep, Reason};
use crate::config::MARKER_META;
use crate::key::{Key, TypedKey};
use crate::record::{Attempt, Identity, Seat, Verdict};
use crate::texts::Text;
use crate::time::{Now, Timestamp};
use crate::wire::{self, Confirmed, Rejection};

/// The limit on unsettled seats: seats that this device may have taken or still has to release. At this limit, the
/// device takes no further seat. With the longest labels and keys, this many seats fill half of the longest record that
/// can be read.
const MOST_UNSETTLED: usize = 256;

/// The limit on kept seats about which one activation asks Polar (see `Engine::activate`).
const MOST_KEPT_ASKED: usize = 16;

/// The rejection of a key that seems to have no free seat.
const NO_SEAT: Rejection = Rejection::Denied(Reason::ActivationLimit);

impl Engine {
    pub(super) fn begin_activate(&self, key: Option<TypedKey>, replace_previous: bool) -> Next {
        match key.map(|typed| Key::parse_worded(self.config.texts(), typed.as_str())).transpose() {
            Err(error) => Next::fail(error),
            Ok(key) => Next::Store(Vec::new(), AfterStore::Activate { key, replace_previous, known_seat: None }),
        }
    }

    /// Runs after the stored record was read. Lists the questions about the key, and asks the first of them. Some
    /// questions are about kept seats: seats that this device remembers because their keys may be activated again. The
    /// questions are, in this order:
    ///
    /// 1. Is the key valid with the seat of the license that this device has now?
    /// 2. Is it valid with `known_seat`, or else with the newest kept seat?
    /// 3. Is it valid without a seat?
    /// 4. Is it valid with each of the other kept seats? This is asked only if the key is valid and needs a seat.
    pub(super) fn activate(
        &mut self,
        key: Option<Key>,
        replace_previous: bool,
        known_seat: Option<Seat>,
        now: Now,
    ) -> Next {
        let previous = self.target();
        let stored_key = previous.as_ref().map(|previous| previous.identity.key.clone());
        let Some(key) = key.or(stored_key) else { return Next::fail(self.not_activated()) };
        let seat = previous.as_ref().and_then(|previous| previous.identity.seat);
        let known = known_seat.filter(|known| seat.is_none_or(|seat| seat.id != known.id));
        let kept = self.record.keyless_seats.iter().rev().map(|kept| kept.seat);
        let mut kept = known.into_iter().chain(kept).map(Some).take(MOST_KEPT_ASKED);
        let seats = seat.map(Some).into_iter().chain(kept.next());
        let questions = seats.chain([None]).chain(kept).collect::<Vec<_>>().into_iter();
        let can_move = false;
        let activation = Activation { key, previous, replace_previous, known_seat, can_move, questions, checked: None };
        self.check_next(activation, now)
    }

    /// Asks the next question about the key. If no question is left, requests a seat.
    fn check_next(&mut self, mut activation: Activation, now: Now) -> Next {
        let Some(seat) = activation.questions.next() else { return self.save_attempt(activation, now) };
        let request = self.validation(&Identity { key: activation.key.clone(), seat });
        Next::Send(AfterReply::Check(activation, seat, request))
    }

    /// Handles Polar's answer whether the key is valid, with `seat` or without a seat.
    pub(super) fn checked(
        &mut self,
        mut activation: Activation,
        seat: Option<Seat>,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Next {
        let seat_here = activation.previous.as_ref().and_then(|previous| previous.identity.activation_id());
        if let (Some(seat), Err(Rejection::Denied(reason))) = (seat, &reply) {
            activation.can_move |= seat_here == Some(seat.id) && *reason != Reason::NotFound;
            return self.check_next(activation, now);
        }
        let confirmed = match self.accept(reply) {
            Ok(confirmed) => confirmed,
            Err(rejection) => return self.stop(activation, None, rejection, now),
        };
        if let Some(until) = policy::updates_ended(&self.config, &confirmed.terms) {
            self.unreached = None;
            return Next::fail(self.updates_ended(Text::KeyUpdatesEnded, until));
        }
        if seat.is_none() && confirmed.terms.limit_activations.is_some() {
            activation.checked = Some(confirmed);
            return self.check_next(activation, now);
        }
        let identity = Identity { key: activation.key.clone(), seat };
        let is_here = |here: &Identity| *here == identity || (seat.is_some() && seat_here == identity.activation_id());
        if activation.previous.as_ref().is_some_and(|previous| is_here(&previous.identity)) {
            return self.keep_license(activation, identity, confirmed, now);
        }
        // No seat has to be taken: the key needs none, or this device already has one.
        self.save_activated(activation, None, confirmed, now)
    }

    /// Keeps the stored license instead of taking a seat, because that license already has the checked key, or a seat
    /// of that key.
    fn keep_license(&mut self, activation: Activation, identity: Identity, confirmed: Confirmed, now: Now) -> Next {
        let is_stored = self.is_stored(&identity);
        let answer = activation.previous.map(|asked| NewAnswer::confirmed(asked, Some(identity), confirmed, now));
        let answer = answer.map(|answer| Edit::Answer(Box::new(answer)));
        let edits = answer.into_iter().chain([Edit::Plan(self.plan(None, now))]).collect();
        Next::Store(edits, AfterStore::Save(Unsaved { result: Success::Activated, is_stored, failures: 0 }))
    }

    /// Turns a confirmation into a denial if the configuration does not accept the key's benefit.
    fn accept(&self, reply: Result<Confirmed, Rejection>) -> Result<Confirmed, Rejection> {
        let confirmed = reply?;
        policy::accepts(&self.config, confirmed.terms.benefit_id).map_err(Rejection::Denied)?;
        Ok(confirmed)
    }

    /// Saves the attempt before the activation is sent. If the process then dies, the saved attempt shows that this
    /// device may have taken a seat.
    pub(super) fn save_attempt(&mut self, activation: Activation, now: Now) -> Next {
        if self.record.unsettled() >= MOST_UNSETTLED {
            let message = format!(
                "no seat was taken: {MOST_UNSETTLED} activations of this device are not settled; go online to release them, \
                 or remove them in Polar's customer portal and forget the license here"
            );
            let error = self.reworded(self.error(ErrorKind::Storage, ""), Text::TooManyUnsettled, message);
            return Next::fail(error.with_next_step(NextStep::ContactVendor));
        }
        let at = activation.checked.as_ref().map_or_else(Timestamp::default, |confirmed| confirmed.at);
        let id = AttemptId { marker: self.random.next() as u16, at };
        let label = match self.config.label() {
            Some(label) => label.to_owned(),
            None => default_label(&self.host.system.get(), id),
        };
        self.running.sending = Some(id);
        let attempt = Attempt {
            at,
            marker: id.marker(),
            label: label.clone(),
            last_six: activation.key.last_six(),
            saved_at: now.wall,
            is_uncertain: false,
        };
        Next::Store(vec![Edit::Attempt(attempt)], AfterStore::AttemptSaved(Attempted { activation, id, label }))
    }

    /// Sends the activation, but only if its attempt could be saved in the record first.
    pub(super) fn attempt_saved(&mut self, attempted: Attempted, saved: Result<(), String>) -> Next {
        if let Err(message) = saved {
            self.forget_attempt(attempted.id);
            let message = format!("no seat was taken, because the license could not be stored: {message}");
            return Next::fail(self.error(ErrorKind::Storage, message));
        }
        if self.is_newer {
            // a newer version wrote the stored record, so the record was left unchanged, and the attempt was not saved
            self.forget_attempt(attempted.id);
            return Next::fail(self.refused(Reason::NewerFormat));
        }
        if !self.record.attempts.iter().any(|attempt| attempt.is(attempted.id)) {
            // The attempt is gone, because another process has removed the record meanwhile.
            return Next::fail(self.not_activated());
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
        Next::Send(AfterReply::Activate(attempted, request))
    }

    /// Handles the answer to the activation.
    pub(super) fn activated(&mut self, attempted: Attempted, reply: Result<Confirmed, Rejection>, now: Now) -> Next {
        let rejection = match reply {
            Ok(confirmed) => {
                let Attempted { activation, id, label } = attempted;
                return self.save_activated(activation, Some((id, label)), confirmed, now);
            }
            Err(rejection) => rejection,
        };
        if rejection.maybe_applied() {
            // the attempt stays in the record, and is reported as `seat_uncertain` from now on
            self.unreached = None;
            self.running.sending = None;
            let detail =
                format!("{rejection}; a seat may have been taken all the same, labelled `{}`", attempted.label);
            let error = self.reworded(self.rejected(rejection), Text::MaybeActivated, detail);
            return Next::fail_after(vec![Edit::AttemptUncertain(attempted.id)], error);
        }
        let activation = &attempted.activation;
        let older = activation.previous.as_ref().and_then(|previous| previous.identity.seat);
        match older.filter(|_| activation.replace_previous && rejection == NO_SEAT) {
            // The request to release the older seat names the key that is being activated. If the seat belongs to this
            // key, Polar finds it, even if the key was rotated since. If the seat belongs to another license, Polar
            // does not find it, and nothing is released.
            Some(seat) => self.release(activation.key.clone(), seat.id, SeatOf::Previous(Box::new(attempted))),
            None => self.stop(attempted.activation, Some(attempted.id), rejection, now),
        }
    }

    fn save_activated(
        &mut self,
        activation: Activation,
        attempt: Option<(AttemptId, String)>,
        confirmed: Confirmed,
        now: Now,
    ) -> Next {
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
        Next::save(vec![Edit::Activated(Box::new(activated)), Edit::Plan(plan)], Success::Activated)
    }

    /// Ends an activation that has certainly taken no seat. The license on this device, if any, is unchanged.
    fn stop(&mut self, activation: Activation, attempt: Option<AttemptId>, rejection: Rejection, now: Now) -> Next {
        let pause = self.pause(&rejection, now);
        let edits = attempt.map(Edit::AttemptOver).into_iter();
        if attempt.is_some() && rejection == NO_SEAT {
            return Next::Store(edits.collect(), AfterStore::NoSeat(activation));
        }
        let stored = activation.previous.as_ref().map(|previous| &previous.identity.key);
        let error = if rejection == Rejection::Denied(Reason::NotFound) && stored == Some(&activation.key) {
            self.key_replaced()
        } else {
            self.rejected(rejection)
        };
        Next::fail_after(edits.chain(pause).collect(), error)
    }

    /// Ends an activation that found no free seat. The activation succeeds if another process on this device has taken
    /// the last seat meanwhile, because that seat serves both processes.
    pub(super) fn no_seat(&self, activation: &Activation) -> Next {
        let previous = activation.previous.as_ref().map(|previous| &previous.identity);
        let taken_meanwhile = self.record.license.as_ref().is_some_and(|license| {
            let same_key = license.identity.key == activation.key && license.identity.seat.is_some();
            same_key && license.verdict == Verdict::Confirmed && Some(&license.identity) != previous
        });
        if taken_meanwhile {
            return Next::end();
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
        Next::fail(if can_move { error.with_next_step(NextStep::Move) } else { error })
    }

    /// Returns `true` if the store already contains this license with a confirmation. Such a license works at the next
    /// start, even if the edits of this operation are never saved.
    fn is_stored(&self, identity: &Identity) -> bool {
        let license = self.record.license.as_ref();
        let confirmed =
            license.is_some_and(|license| license.identity == *identity && license.verdict == Verdict::Confirmed);
        confirmed && !self.unsaved.iter().any(|edit| edit.activates(identity))
    }

    /// Removes an attempt that could not be saved and was therefore not sent.
    fn forget_attempt(&mut self, id: AttemptId) {
        self.unsaved.retain(|edit| !matches!(edit, Edit::Attempt(attempt) if attempt.is(id)));
        self.record.remove_attempts(&|attempt| attempt.is(id));
    }
}
