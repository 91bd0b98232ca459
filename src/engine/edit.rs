//! Changes to a record as data, so that they can be applied to whatever another process has saved meanwhile, and
//! again after a save that failed. Pure.

#[cfg(feature = "portal")]
use super::code_pace;
use super::policy;
use super::schedule::{Round, next_round};
use super::timeline::Timeline;
use crate::codes::{Denial, Reason};
use crate::config::Config;
#[cfg(feature = "portal")]
use crate::key::Key;
use crate::license::Terms;
use crate::record::{Attempt, Identity, KeptSeat, Plan, Record, StoredLicense, TimeBase, Verdict};
#[cfg(feature = "portal")]
use crate::record::{CodeTry, CodeUse, Seat};
use crate::time::{Now, Timestamp};
use crate::wire::Confirmed;
use hmac_sha256::Hash;
use uuid::Uuid;

pub(super) enum Edit {
    /// Polar's answer about a license.
    Answer(Box<NewAnswer>),
    /// An activation is about to be sent.
    Attempt(Attempt),
    /// The attempt has failed, for certain.
    AttemptOver(AttemptId),
    /// Nobody waits for the answer to the attempt any more.
    AttemptUncertain(AttemptId),
    /// A license was activated, or found to need no activation.
    Activated(Box<Activated>),
    /// The seat known here was released to take another.
    SeatReleased(Uuid),
    /// Polar no longer knows this seat of an older license.
    Released(Uuid),
    /// The license was deactivated.
    Deactivated(Identity),
    /// Polar does not know the seat's key, so that the seat could not be released.
    SeatKept(KeptSeat),
    Forget,
    /// Polar accepts no request before this, on the wall clock.
    Pause(Timestamp),
    Plan(PlanEdit),
    /// A code is about to be requested or tried, if the pace allows it.
    #[cfg(feature = "portal")]
    CodeTry(CodeTry, CodeUse),
    /// The code that was requested last was not mailed.
    #[cfg(feature = "portal")]
    CodeNotMailed,
    /// Polar accepts no request for a code, nor a try, before this.
    #[cfg(feature = "portal")]
    CodesBlocked(Timestamp),
    /// The customer portal released the seat that an activation with this marker took.
    #[cfg(feature = "portal")]
    MarkerReleased(String),
    /// The customer portal found the seat that an activation with this marker took.
    #[cfg(feature = "portal")]
    SeatFound {
        marker: String,
        seat: Seat,
        key: Key,
    },
    /// Polar replaced a key by another one.
    #[cfg(feature = "portal")]
    Rotated(Rotated),
}

/// A license key whose text Polar replaced.
#[cfg(feature = "portal")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Polar's id of the key, which stays the same.
    pub id: Uuid,
    /// The texts that it had before.
    pub from: Vec<Key>,
    /// Its text from here on.
    pub to: Key,
    /// Whether Polar knew the key of the license here when the rotation began. If so, a later answer that the key is
    /// unknown is about the text that was replaced.
    pub was_known: bool,
}

/// Polar's answer about the license `asked`.
pub(super) struct NewAnswer {
    asked: Asked,
    verdict: NewVerdict,
}

enum NewVerdict {
    Confirmed(Box<Confirmation>),
    Denied(Denial),
}

pub(super) struct Confirmation {
    /// Its key differs from the one stored if Polar or the customer rotated it.
    pub(super) identity: Identity,
    pub(super) confirmed: Confirmed,
    /// The wall clock when the confirmation arrived.
    pub(super) wall: Timestamp,
}

/// The license that a question was about, and the number of answers about it that had been saved.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) identity: Identity,
    pub(super) revision: u64,
}

/// Identifies an attempt by its marker and time.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttemptId {
    pub(super) marker: u16,
    pub(super) at: Timestamp,
}

pub(super) struct Activated {
    pub(super) confirmation: Confirmation,
    pub(super) attempt: Option<AttemptId>,
    /// The label of the seat, if it was taken just now.
    pub(super) label: Option<String>,
    /// The license that was here when the user asked for this one.
    pub(super) instead_of: Option<Identity>,
}

/// The result of a round of asking, from which the time of the next round follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanEdit {
    /// Whether Polar answered.
    pub(super) answered: bool,
    /// The number of rounds in a row before this one that did not lead to access.
    pub(super) failed_tries: u32,
    pub(super) jitter: u32,
    /// The end of the round, on this process's monotonic clock: the edit may be applied again much later.
    pub(super) ended: u64,
    /// Polar accepts no request before this, on the wall clock.
    pub(super) pause_until: Option<Timestamp>,
}

/// The result of applying an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    Changed,
    Unchanged,
    /// Another process saved the opposite answer meanwhile: ask once more.
    Contradicted,
}

/// The data with which edits are applied to a record.
pub(super) struct Editor<'a> {
    pub(super) config: &'a Config,
    pub(super) timeline: Timeline,
    pub(super) now: Now,
    /// The edits that have not been saved so far.
    pub(super) unsaved: &'a [Edit],
}

/// The least time for which an attempt without an outcome is reported. The first confirmation after that removes it: by
/// then the customer has looked, or has not missed a seat.
const ATTEMPTS_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

impl NewAnswer {
    /// Creates the answer that the license is valid. `identity` is the license that Polar confirmed, if it is not the
    /// stored one: its key may have been rotated.
    pub(super) fn confirmed(asked: Asked, identity: Option<Identity>, confirmed: Confirmed, now: Now) -> Self {
        let identity = identity.unwrap_or_else(|| asked.identity.clone());
        let confirmation = Confirmation { identity, confirmed, wall: now.wall };
        Self { asked, verdict: NewVerdict::Confirmed(Box::new(confirmation)) }
    }

    pub(super) fn denied(asked: Asked, reason: Reason) -> Self {
        Self { asked, verdict: NewVerdict::Denied(Denial::of(reason)) }
    }
}

impl Edit {
    /// Returns `true` if a power cut must not undo the edit.
    pub(super) fn is_precious(&self) -> bool {
        match self {
            Self::Plan(_) | Self::Pause(_) => false,
            Self::Answer(_)
            | Self::Attempt(_)
            | Self::AttemptOver(_)
            | Self::AttemptUncertain(_)
            | Self::SeatKept(_)
            | Self::Activated(_)
            | Self::SeatReleased(_)
            | Self::Released(_)
            | Self::Deactivated(_)
            | Self::Forget => true,
            #[cfg(feature = "portal")]
            Self::CodeTry(..)
            | Self::CodeNotMailed
            | Self::CodesBlocked(_)
            | Self::MarkerReleased(_)
            | Self::SeatFound { .. }
            | Self::Rotated(_) => true,
        }
    }

    /// Returns `true` if the edit brings this license here.
    pub(super) fn activates(&self, identity: &Identity) -> bool {
        matches!(self, Self::Activated(activated) if activated.confirmation.identity == *identity)
    }

    /// Returns `true` if `later`, of the same kind, makes this edit unnecessary.
    fn is_replaced_by(&self, later: &Self) -> bool {
        match self {
            Self::Plan(_) => matches!(later, Self::Plan(_)),
            Self::Pause(_) => matches!(later, Self::Pause(_)),
            Self::Answer(answer) => {
                matches!(later, Self::Answer(later) if later.asked.identity == answer.asked.identity)
            }
            Self::Attempt(_)
            | Self::AttemptOver(_)
            | Self::AttemptUncertain(_)
            | Self::Activated(_)
            | Self::SeatReleased(_)
            | Self::Released(_)
            | Self::Deactivated(_)
            | Self::SeatKept(_)
            | Self::Forget => false,
            #[cfg(feature = "portal")]
            Self::CodesBlocked(_) => matches!(later, Self::CodesBlocked(_)),
            #[cfg(feature = "portal")]
            Self::CodeTry(..)
            | Self::CodeNotMailed
            | Self::MarkerReleased(_)
            | Self::SeatFound { .. }
            | Self::Rotated(_) => false,
        }
    }

    /// Adds an edit to those that have not been saved.
    pub(super) fn add_unsaved(unsaved: &mut Vec<Self>, mut edit: Self) {
        if let Some(at) = unsaved.iter().position(|earlier| earlier.is_replaced_by(&edit)) {
            let earlier = unsaved.remove(at);
            if let (Self::Answer(edit), Self::Answer(earlier)) = (&mut edit, earlier) {
                // it will be applied to the record that the earlier one was meant for
                edit.asked.revision = earlier.asked.revision;
            }
        }
        unsaved.push(edit);
    }
}

impl Editor<'_> {
    pub(super) fn apply(&mut self, record: &mut Record, edit: &Edit) -> Applied {
        match edit {
            Edit::Answer(answer) => return self.answer(record, answer),
            Edit::Activated(activated) => self.activated(record, activated),
            Edit::Plan(plan) => self.plan(record, *plan),
            Edit::Pause(until) => record.plan.pause_until = Some(*until),
            Edit::Forget => record.forget(),
            Edit::Attempt(attempt) => record.attempts.push(attempt.clone()),
            Edit::AttemptUncertain(id) => {
                let attempt = record.attempts.iter_mut().find(|attempt| attempt.is(*id));
                let Some(attempt) = attempt else { return Applied::Unchanged };
                attempt.is_uncertain = true;
            }
            Edit::SeatKept(kept) => keep_seat(record, kept),
            Edit::AttemptOver(id) => return record.remove_attempts(&|attempt| attempt.is(*id)).into(),
            Edit::Released(id) => {
                let before = record.releases.len();
                record.releases.retain(|release| release.activation_id != *id);
                return (record.releases.len() != before).into();
            }
            #[cfg(feature = "portal")]
            Edit::CodeTry(code_try, to) => return code_pace::reserve(&mut record.code_tries, *code_try, *to).into(),
            #[cfg(feature = "portal")]
            Edit::CodeNotMailed => return code_pace::not_mailed(&mut record.code_tries).into(),
            #[cfg(feature = "portal")]
            Edit::CodesBlocked(until) => record.code_tries.blocked_until = Some(*until),
            #[cfg(feature = "portal")]
            Edit::MarkerReleased(marker) => return record.remove_attempts(&|attempt| attempt.marker == *marker).into(),
            #[cfg(feature = "portal")]
            Edit::SeatFound { marker, seat, key } => return seat_found(record, marker, *seat, key).into(),
            #[cfg(feature = "portal")]
            Edit::Rotated(rotated) => return rotate(record, rotated).into(),
            Edit::SeatReleased(id) => {
                clear_seat(record.license.as_mut().map(|license| &mut license.identity), *id);
                clear_seat(record.untrusted.as_mut().and_then(|untrusted| untrusted.identity.as_mut()), *id);
            }
            Edit::Deactivated(identity) => {
                // its key may have been replaced meanwhile
                let is_it = |here: &Identity| {
                    here == identity || (here.seat.is_some() && here.activation_id() == identity.activation_id())
                };
                if !record.identity().is_some_and(is_it) {
                    return Applied::Unchanged;
                }
                // seats that may have been taken, and those still to be released, are not settled by releasing another
                record.license = None;
                record.untrusted = None;
                record.unknown.clear();
                record.plan = Plan { pause_until: record.plan.pause_until, ..Plan::default() };
            }
        }
        Applied::Changed
    }

    fn answer(&mut self, record: &mut Record, answer: &NewAnswer) -> Applied {
        let Some(license) = record.license.as_mut() else { return self.answer_about_untrusted(record, answer) };
        if license.identity != answer.asked.identity {
            return Applied::Unchanged;
        }
        let overtaken = license.revision != answer.asked.revision && !self.is_only_ours(&license.identity);
        let (is_confirmed, same_key) = match &answer.verdict {
            NewVerdict::Confirmed(confirmation) => (true, confirmation.identity.key == license.identity.key),
            NewVerdict::Denied(_) => (false, true),
        };
        if overtaken && same_key {
            let agrees = is_confirmed == (license.verdict == Verdict::Confirmed);
            return if agrees { Applied::Unchanged } else { Applied::Contradicted };
        }
        match &answer.verdict {
            NewVerdict::Confirmed(confirmation) => {
                let label = license.label_of(&confirmation.identity);
                *license = self.license(confirmation, license.revision, label, &license.terms);
                // both times are Polar's: a wall clock set ahead must not cut the report short
                let at = confirmation.confirmed.at;
                record.remove_attempts(&|attempt| at.ms_since(attempt.at) >= ATTEMPTS_KEPT_MS);
            }
            NewVerdict::Denied(denial) => {
                let conditions_changed =
                    license.identity.seat.is_some() && license.conditions != conditions_hash(self.config);
                // Polar's text does not tell, and this is the likely cause
                let is_for_conditions = *denial == Denial::Refused && conditions_changed;
                license.verdict = Verdict::Denied(if is_for_conditions { Denial::Conditions } else { *denial });
                license.revision = license.revision.saturating_add(1);
            }
        }
        Applied::Changed
    }

    /// Returns `true` if only this process knows the license so far, so that no other can have been answered about it.
    fn is_only_ours(&self, identity: &Identity) -> bool {
        self.unsaved.iter().any(|edit| edit.activates(identity))
    }

    /// Applies an answer about a license that cannot be trusted: a confirmation makes it trusted, and a denial leaves
    /// it as it is.
    fn answer_about_untrusted(&self, record: &mut Record, answer: &NewAnswer) -> Applied {
        let identity = record.untrusted.as_ref().and_then(|untrusted| untrusted.identity.as_ref());
        let asked = identity == Some(&answer.asked.identity);
        match &answer.verdict {
            NewVerdict::Confirmed(confirmation) if asked => {
                record.license = Some(self.license(confirmation, 0, None, &Terms::default()));
                record.untrusted = None;
                Applied::Changed
            }
            NewVerdict::Confirmed(_) | NewVerdict::Denied(_) => Applied::Unchanged,
        }
    }

    fn activated(&self, record: &mut Record, activated: &Activated) {
        let Activated { confirmation, attempt, label, instead_of } = activated;
        let Confirmation { identity, confirmed, .. } = confirmation;
        if let Some(id) = attempt {
            record.remove_attempts(&|attempt| attempt.is(*id));
        }
        if confirmed.terms.limit_activations == Some(1) {
            // the only seat there is was free, so no other attempt has taken it, nor will one that is on its way
            let last_six = identity.key.last_six();
            record.remove_attempts(&|attempt| attempt.last_six == last_six);
        }
        let mut revision = 0;
        let mut label = label.clone();
        let mut known = Terms::default();
        if let Some(old) = record.license.take() {
            let is_replaced = Some(&old.identity) == instead_of.as_ref();
            let is_seated = old.identity.seat.is_some() && old.verdict == Verdict::Confirmed;
            let same_key = old.identity.key == identity.key;
            // applied before, by a save that failed only after it had written
            let is_the_same = old.identity == *identity;
            if let Some(seat) = identity.seat.filter(|_| !is_replaced && is_seated && same_key && !is_the_same) {
                // another process activated the same key meanwhile: its seat serves both
                record.release(&identity.key, seat.id);
                record.license = Some(old);
                return;
            }
            if let Some(seat) = old.identity.seat.filter(|seat| Some(seat.id) != identity.activation_id()) {
                record.release(&old.identity.key, seat.id);
            }
            label = label.or_else(|| old.label_of(identity));
            // another license starts afresh, whatever it replaces: the edit may be applied again to another record
            if is_the_same {
                revision = old.revision;
            }
            known = old.terms;
        }
        let is_here = |kept: &KeptSeat| Some(kept.seat.id) == identity.activation_id();
        let kept = record.keyless_seats.iter().find(|kept| is_here(kept));
        label = label.or_else(|| kept?.label.clone());
        record.keyless_seats.retain(|kept| !is_here(kept));
        record.license = Some(self.license(confirmation, revision, label, &known));
        record.untrusted = None;
    }

    /// Creates the license that Polar has confirmed. `known` are the terms of the license that was here.
    fn license(
        &self,
        confirmation: &Confirmation,
        revision: u64,
        label: Option<String>,
        known: &Terms,
    ) -> Box<StoredLicense> {
        let Confirmation { identity, confirmed, wall } = confirmation;
        let mut terms = confirmed.terms.clone();
        if terms.license_id == known.license_id {
            // it never changes, and an answer may leave it out
            terms.created_at = terms.created_at.or(known.created_at);
        }
        // no number comes twice, not even if the license was removed or an older record was put back
        let by_time = confirmed.at.unix_ms().max(0).unsigned_abs();
        Box::new(StoredLicense {
            identity: identity.clone(),
            revision: revision.saturating_add(1).max(by_time),
            verdict: Verdict::Confirmed,
            terms,
            time: TimeBase { confirmed: confirmed.at, offset: confirmed.at.ms_since(*wall), high: confirmed.at },
            conditions: conditions_hash(self.config),
            label,
        })
    }

    fn plan(&mut self, record: &mut Record, edit: PlanEdit) {
        let now = self.estimate(record);
        let state = policy::state(self.config, record.license.as_deref(), now);
        let settled = edit.answered && record.releases.is_empty();
        let failed_tries = if settled && state.is_allowed() { 0 } else { edit.failed_tries.saturating_add(1) };
        let round = Round { state, settled, failed_tries, jitter: edit.jitter };
        let wait = next_round(&round, self.config.refresh_ms());
        let next = now.unwrap_or(self.now.wall).plus_ms(wait.saturating_sub(self.now.since(edit.ended)));
        // an answer that was on its way before a pause began does not end it
        let pause_until = record.plan.pause_ahead(self.now.wall).max(edit.pause_until);
        record.plan = Plan { next: Some(next), failed_tries, pause_until };
    }

    /// Returns the time on Polar's clock, as far as this record can tell.
    pub(super) fn estimate(&mut self, record: &Record) -> Option<Timestamp> {
        let license = record.license.as_deref()?;
        self.timeline.judge(license.time, self.now)
    }
}

impl Attempt {
    pub(super) fn is(&self, id: AttemptId) -> bool {
        self.at == id.at && self.marker == id.marker()
    }
}

impl AttemptId {
    /// Returns the marker as it is in labels: four hexadecimal digits.
    pub(super) fn marker(self) -> String {
        format!("{:04X}", self.marker)
    }
}

impl From<bool> for Applied {
    fn from(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Unchanged }
    }
}

/// Keeps a seat whose key Polar did not know, unless the record has another text of that key by now.
fn keep_seat(record: &mut Record, kept: &KeptSeat) {
    let here = record.identity().filter(|here| here.activation_id() == Some(kept.seat.id));
    match here.map(|here| here.key.clone()).filter(|key| *key != kept.key) {
        Some(key) => record.release(&key, kept.seat.id),
        None => record.keep_keyless(kept),
    }
}

/// Keeps the seat of an activation whose answer was lost, so that its key can be activated with it. If the license here
/// has another seat of that key, the seat is released instead.
#[cfg(feature = "portal")]
fn seat_found(record: &mut Record, marker: &str, seat: Seat, key: &Key) -> bool {
    let Some(attempt) = record.attempts.iter().find(|attempt| attempt.marker == marker) else { return false };
    let label = Some(attempt.label.clone());
    record.remove_attempts(&|attempt| attempt.marker == marker);
    let here = record.license.as_ref().filter(|license| license.verdict == Verdict::Confirmed);
    let seat_here = here.filter(|here| here.identity.key == *key).and_then(|here| here.identity.activation_id());
    match seat_here {
        Some(here) if here == seat.id => {}
        Some(_) => record.release(key, seat.id),
        None => record.keep_keyless(&KeptSeat { seat, label, key: key.clone() }),
    }
    true
}

/// Replaces the older texts of a key by the new one. Polar has only forgotten the texts: the license here keeps its
/// seat and its last confirmation, and seats that could not be released under an older text are released. Returns
/// `true` if the record had one of those texts.
#[cfg(feature = "portal")]
fn rotate(record: &mut Record, rotated: &Rotated) -> bool {
    let Rotated { id, from, to, was_known } = rotated;
    let mut found = false;
    if let Some(license) = record.license.as_mut()
        && (license.terms.license_id == *id || from.contains(&license.identity.key))
        && license.identity.key != *to
    {
        license.identity.key = to.clone();
        if *was_known && license.verdict == Verdict::Denied(Denial::NotFound) {
            license.verdict = Verdict::Confirmed;
        }
        found = true;
    }
    let untrusted = record.untrusted.as_mut().and_then(|untrusted| untrusted.identity.as_mut());
    let releases = record.releases.iter_mut().map(|release| &mut release.key);
    for key in untrusted.map(|untrusted| &mut untrusted.key).into_iter().chain(releases) {
        if from.contains(key) {
            *key = to.clone();
            found = true;
        }
    }
    let (known, kept) =
        std::mem::take(&mut record.keyless_seats).into_iter().partition::<Vec<_>, _>(|kept| from.contains(&kept.key));
    record.keyless_seats = kept;
    known.iter().for_each(|kept| record.release(to, kept.seat.id));
    found || !known.is_empty()
}

fn clear_seat(identity: Option<&mut Identity>, activation_id: Uuid) {
    if let Some(identity) = identity.filter(|identity| identity.activation_id() == Some(activation_id)) {
        identity.seat = None;
    }
}

/// Returns a hash of the app's own conditions, which shows later whether they were changed.
pub(super) fn conditions_hash(config: &Config) -> [u8; 8] {
    Hash::hash(config.conditions().json().as_bytes()).first_chunk().copied().unwrap_or_default()
}
