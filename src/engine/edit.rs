//! Changes to a record. Each change is data, and a pure function applies the data to a record. So a change can be
//! applied to a record that another process has saved in the meantime, and can be applied again after a failed save.

#[cfg(feature = "portal")]
use super::code_pace;
use super::policy;
use super::schedule::{Round, next_round};
use super::timeline::{Timeline, wall_at};
use crate::codes::{Denial, Reason};
use crate::config::Config;
#[cfg(feature = "portal")]
use crate::key::Key;
use crate::license::Terms;
use crate::record::{
    Attempt, Identity, KeptSeat, Plan, Record, RequestedOffline, StartedTrial, StoredLicense, TimeBase, Verdict,
};
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
    /// The attempt has certainly failed.
    AttemptOver(AttemptId),
    /// The outcome of the attempt is unknown, and nobody waits for an answer any more.
    AttemptUncertain(AttemptId),
    /// A license was activated, or was found to need no activation.
    Activated(Box<Activated>),
    /// The seat of the stored license was released to make room for another activation.
    SeatReleased(Uuid),
    /// This seat of an older license no longer has to be released.
    Released(Uuid),
    /// The license was deactivated.
    Deactivated(Identity),
    /// The seat could not be released, because Polar does not know the seat's key. The seat is kept until its
    /// key is activated.
    SeatKept(KeptSeat),
    Forget,
    /// The app has started the trial. Holds the time of the wall clock.
    TrialStarted(Timestamp),
    /// A license for this computer, which has no network, is about to be requested.
    OfflineRequested {
        request: RequestedOffline,
        /// An earlier request that was written before this time on the wall clock no longer waits for its answer.
        oldest: Timestamp,
    },
    /// The answer to the latest request was imported.
    Imported(Box<StoredLicense>),
    /// The license was removed from this computer without asking Polar.
    GivenUp(Identity),
    /// The computer to which this record belongs has given up these seats. This code runs on another computer.
    SeatsReturned(Vec<Identity>),
    /// The time on the wall clock before which Polar accepts no request.
    Pause(Timestamp),
    Plan(PlanEdit),
    /// A code is about to be requested or tried, if the pace allows it.
    #[cfg(feature = "portal")]
    CodeTry(CodeTry, CodeUse),
    /// Polar did not mail the code that was requested last.
    #[cfg(feature = "portal")]
    CodeNotMailed,
    /// Polar mails no codes and accepts none until this time on the wall clock.
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
    /// Polar replaced a license key with a new one.
    #[cfg(feature = "portal")]
    Rotated(Rotated),
}

/// A license key that Polar has replaced with a new one.
#[cfg(feature = "portal")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Polar's id of the license key. The old and the new key have the same id.
    pub id: Uuid,
    /// All older keys with this id that this device knows.
    pub from: Vec<Key>,
    /// The new key.
    pub to: Key,
    /// Whether Polar still knew the key of this device's license when the rotation began. If so, a later answer that
    /// the key is unknown is about the old key.
    pub was_known: bool,
}

/// An answer from Polar about the license in the field `asked`.
pub(super) struct NewAnswer {
    asked: Asked,
    verdict: NewVerdict,
}

enum NewVerdict {
    Confirmed(Box<Confirmation>),
    Denied(Denial),
}

pub(super) struct Confirmation {
    /// The license that Polar confirmed. Its key differs from the stored one if Polar or the customer rotated the key.
    pub(super) identity: Identity,
    pub(super) confirmed: Confirmed,
    /// The time of the wall clock when the confirmation arrived.
    pub(super) wall: Timestamp,
}

/// The license that Polar is asked about, and the revision of the stored license at the time of the question.
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
    /// The label of the seat, if this activation has just taken the seat.
    pub(super) label: Option<String>,
    /// The license that this device had when the user activated the key.
    pub(super) instead_of: Option<Identity>,
}

/// The result of a round of requests. It determines the time of the next round.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanEdit {
    /// Whether Polar answered.
    pub(super) answered: bool,
    /// The number of consecutive failed rounds just before this one.
    pub(super) failed_tries: u32,
    pub(super) jitter: u32,
    /// The end of the round, in ms of this process's monotonic clock. It is part of the edit, because the edit may be
    /// applied again much later.
    pub(super) ended: u64,
    /// The time on the wall clock before which Polar accepts no request.
    pub(super) pause_until: Option<Timestamp>,
}

/// The result of applying an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    Changed,
    Unchanged,
    /// Another process has already saved the same answer as this edit.
    Repeated,
    /// Another process has already saved a contradicting answer, so Polar must be asked once more.
    Contradicted,
}

impl Applied {
    /// Returns `true` if the edit's answer is obsolete, because another process has already saved an answer about the
    /// same license. Such an edit must not be applied again later.
    pub(super) fn is_overtaken(self) -> bool {
        match self {
            Self::Repeated | Self::Contradicted => true,
            Self::Changed | Self::Unchanged => false,
        }
    }
}

/// The context in which edits are applied to a record.
pub(super) struct Editor<'a> {
    pub(super) config: &'a Config,
    pub(super) timeline: Timeline,
    pub(super) now: Now,
    /// The edits that have not been saved so far.
    pub(super) unsaved: &'a [Edit],
}

/// For this time, an attempt with an unknown outcome is reported to the customer, who can look for its seat. The first
/// confirmation after this time removes the attempt.
const ATTEMPTS_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

impl NewAnswer {
    /// Creates the answer that the license is valid. `identity` is the license that Polar confirmed, or `None` if it is
    /// the license in `asked`. The two differ if the key was rotated.
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
            | Self::TrialStarted(_)
            | Self::OfflineRequested { .. }
            | Self::Imported(_)
            | Self::GivenUp(_)
            | Self::SeatsReturned(_)
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

    /// Returns `true` if the edit activates this license on this device.
    pub(super) fn activates(&self, identity: &Identity) -> bool {
        matches!(self, Self::Activated(activated) if activated.confirmation.identity == *identity)
    }

    /// Returns `true` if the edit stores Polar's answer about this license.
    pub(super) fn answers_about(&self, identity: &Identity) -> bool {
        matches!(self, Self::Answer(answer) if answer.asked.identity == *identity)
    }

    /// Returns `true` if `later` is an edit of the same kind that makes this edit unnecessary.
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
            | Self::TrialStarted(_)
            | Self::OfflineRequested { .. }
            | Self::Imported(_)
            | Self::GivenUp(_)
            | Self::SeatsReturned(_)
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

    /// Adds an edit to the unsaved edits. Removes an earlier edit that the new one makes unnecessary.
    pub(super) fn add_unsaved(unsaved: &mut Vec<Self>, mut edit: Self) {
        if let Some(at) = unsaved.iter().position(|earlier| earlier.is_replaced_by(&edit)) {
            let earlier = unsaved.remove(at);
            if let (Self::Answer(edit), Self::Answer(earlier)) = (&mut edit, earlier) {
                // The earlier answer was never stored, so the stored license still has the revision from before that
                // answer. The new answer replaces that revision.
                edit.asked.revision = earlier.asked.revision;
            }
        }
        unsaved.push(edit);
    }
}

impl Editor<'_> {
    pub(super) fn apply(&mut self, record: &mut Record, edit: &Edit) -> Applied {
        match edit {
            Edit::Answer(answer) => {
                // Polar's own answer makes an open offline request obsolete, because an answer to that request would be
                // older.
                record.offline_request = None;
                return self.answer(record, answer);
            }
            Edit::Activated(activated) => {
                record.offline_request = None;
                self.activated(record, activated);
            }
            Edit::TrialStarted(at) => return start_trial(record, *at).into(),
            Edit::OfflineRequested { request, oldest } => return offline_requested(record, *request, *oldest).into(),
            Edit::Imported(license) => return imported(record, license).into(),
            Edit::GivenUp(identity) => return give_up(record, identity).into(),
            Edit::SeatsReturned(seats) => seats.iter().for_each(|identity| seat_returned(record, identity)),
            Edit::Plan(plan) => self.plan(record, *plan),
            Edit::Pause(until) => {
                record.plan.pause_until = record.plan.pause_ahead(self.now.wall).max(Some(*until));
            }
            Edit::Forget => {
                advance_trial(record);
                record.forget();
            }
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
                return remove_license(record, identity).into();
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
            return if agrees { Applied::Repeated } else { Applied::Contradicted };
        }
        match &answer.verdict {
            NewVerdict::Confirmed(confirmation) => {
                let label = license.label_of(&confirmation.identity);
                *license = self.license(confirmation, license.revision, label, &license.terms);
                // Both times come from Polar. A wall clock that is ahead could remove an attempt too early.
                let at = confirmation.confirmed.at;
                record.remove_attempts(&|attempt| at.ms_since(attempt.at) >= ATTEMPTS_KEPT_MS);
            }
            NewVerdict::Denied(denial) => {
                let conditions_changed =
                    license.identity.seat.is_some() && license.conditions != conditions_hash(self.config);
                // Polar does not say why it refuses. A change of the app's conditions since the last confirmation is
                // the most likely cause.
                let is_for_conditions = *denial == Denial::Refused && conditions_changed;
                license.verdict = Verdict::Denied(if is_for_conditions { Denial::Conditions } else { *denial });
                license.revision = license.revision.saturating_add(1);
            }
        }
        Applied::Changed
    }

    /// Returns `true` if only this process knows the license, because it is not in the store yet. No other process can
    /// have got an answer about such a license.
    fn is_only_ours(&self, identity: &Identity) -> bool {
        self.unsaved.iter().any(|edit| edit.activates(identity))
    }

    /// Applies an answer about a license that cannot be trusted. A confirmation makes the license trusted. A denial
    /// changes nothing.
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
            // Polar has just given this activation the key's only seat. So no earlier attempt with this key holds the
            // seat, and an attempt whose request is still under way will be refused.
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
            // If the identities are equal, an earlier save has written this edit, although the store reported that the
            // save failed.
            let is_the_same = old.identity == *identity;
            if let Some(seat) = identity.seat.filter(|_| !is_replaced && is_seated && same_key && !is_the_same) {
                // Meanwhile, another process has activated the same key. Both processes now use the other process's
                // seat, and this process's seat is released.
                record.release(&identity.key, seat.id);
                record.license = Some(old);
                return;
            }
            if let Some(seat) = old.identity.seat.filter(|seat| Some(seat.id) != identity.activation_id()) {
                record.release(&old.identity.key, seat.id);
            }
            label = label.or_else(|| old.label_of(identity));
            // If the license is the same, its new revision must be higher than the old one. Otherwise the revision
            // depends only on Polar's answer, so that it stays the same if this edit is applied again to another
            // record.
            if is_the_same {
                revision = old.revision;
            }
            known = old.terms;
        }
        let is_here = |kept: &KeptSeat| Some(kept.seat.id) == identity.activation_id();
        let kept = record.keyless_seats.iter().find(|kept| is_here(kept));
        label = label.or_else(|| kept?.label.clone());
        record.keyless_seats.retain(|kept| !is_here(kept));
        // The computer without a network may have given up this seat and asked for it again before the seat was
        // released.
        record.releases.retain(|release| Some(release.activation_id) != identity.activation_id());
        record.license = Some(self.license(confirmation, revision, label, &known));
        record.untrusted = None;
    }

    /// Creates the license to store after Polar has confirmed a key. `known` holds the terms of the license that was
    /// stored before.
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
            // the key's time of creation never changes, so it is kept if an answer omits it
            terms.created_at = terms.created_at.or(known.created_at);
        }
        // Every revision must be new. The stored revision plus 1 may have been used before, if the record was removed
        // or replaced by an older one. Polar's time in ms is larger than every earlier revision.
        let by_time = confirmed.at.unix_ms().max(0).unsigned_abs();
        Box::new(StoredLicense {
            identity: identity.clone(),
            revision: revision.saturating_add(1).max(by_time),
            verdict: Verdict::Confirmed,
            terms,
            time: TimeBase { confirmed: confirmed.at, offset: confirmed.at.ms_since(*wall), high: confirmed.at },
            conditions: conditions_hash(self.config),
            label,
            imported: None,
        })
    }

    fn plan(&mut self, record: &mut Record, edit: PlanEdit) {
        let now = self.estimate(record);
        let state = policy::state(self.config, record, now);
        let settled = edit.answered && record.releases.is_empty();
        let failed_tries = if settled && state.is_allowed() { 0 } else { edit.failed_tries.saturating_add(1) };
        let round = Round { state, settled, failed_tries, jitter: edit.jitter };
        let wait = next_round(&round, self.config.refresh_ms());
        let next = now.unwrap_or(self.now.wall).plus_ms(wait.saturating_sub(self.now.since(edit.ended)));
        // The answer to this request does not end a pause that began after the request was sent.
        let pause_until = record.plan.pause_ahead(self.now.wall).max(edit.pause_until);
        record.plan = Plan { next: Some(next), failed_tries, pause_until };
    }

    /// Returns the time on Polar's clock, estimated from the license or the trial in `record`. Returns `None` if there
    /// is neither, or if the wall clock is suspect.
    pub(super) fn estimate(&mut self, record: &Record) -> Option<Timestamp> {
        self.timeline.judge(record.time()?, self.now)
    }
}

impl Attempt {
    pub(super) fn is(&self, id: AttemptId) -> bool {
        self.at == id.at && self.marker == id.marker()
    }
}

impl AttemptId {
    /// Returns the marker in the form that an activation's label contains: four hexadecimal digits.
    pub(super) fn marker(self) -> String {
        format!("{:04X}", self.marker)
    }
}

impl From<bool> for Applied {
    fn from(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Unchanged }
    }
}

/// Removes this license from the record, and returns `true` if it was there.
fn remove_license(record: &mut Record, identity: &Identity) -> bool {
    // If the key was replaced after the request was sent, the identities differ, but the seat shows that it is the same
    // license.
    let is_it =
        |here: &Identity| here == identity || (here.seat.is_some() && here.activation_id() == identity.activation_id());
    let is_here = record.identity().is_some_and(is_it);
    if is_here {
        advance_trial(record);
        // attempts, kept seats and planned releases concern other seats, so they stay
        record.license = None;
        record.untrusted = None;
        record.unknown.clear();
        record.plan = Plan { pause_until: record.plan.pause_until, ..Plan::default() };
    }
    is_here
}

/// Removes this license from the record, and adds its seat to the list of seats to release. Returns `true` if the
/// license was there.
fn give_up(record: &mut Record, identity: &Identity) -> bool {
    let key = record.identity().map(|here| here.key.clone());
    let is_here = remove_license(record, identity);
    // without this, the answer to an older request would restore the license although its seat is given up
    record.offline_request = None;
    if let (true, Some(key), Some(seat)) = (is_here, key, identity.activation_id()) {
        record.release(&key, seat);
    }
    is_here
}

/// Handles a seat that another computer has given up: removes its license from the record, and adds the seat to the
/// list of seats to release.
fn seat_returned(record: &mut Record, identity: &Identity) {
    give_up(record, identity);
    identity.activation_id().into_iter().for_each(|seat| record.release(&identity.key, seat));
}

/// Starts the trial, unless a license is stored, or a trial was started before. Returns `true` if the record has changed.
fn start_trial(record: &mut Record, at: Timestamp) -> bool {
    let is_new = record.trial.is_none() && record.license.is_none() && record.untrusted.is_none();
    if is_new {
        record.trial = Some(StartedTrial { started: at, high: at });
    }
    is_new
}

/// Advances the time of the trial to the time of the stored license. The trial goes on while a license is stored, so the
/// days until the license is removed are gone from the trial, even if the clock is set back later.
fn advance_trial(record: &mut Record) {
    if let (Some(trial), Some(license)) = (&mut record.trial, &record.license) {
        trial.high = wall_at(license.time, license.time.high).max(trial.high);
    }
}

/// Keeps the number of a request, unless an earlier request still waits for its answer. Returns `true` if the record
/// has changed.
fn offline_requested(record: &mut Record, request: RequestedOffline, oldest: Timestamp) -> bool {
    let waits = record.offline_request.is_some_and(|earlier| earlier.wall > oldest);
    if !waits {
        record.offline_request = Some(request);
    }
    !waits
}

/// Stores the license that the answer to the latest request contains. Returns `true` if the record has changed.
fn imported(record: &mut Record, license: &StoredLicense) -> bool {
    if record.offline_request.map(|request| request.number) != license.imported {
        return false;
    }
    let seat = license.identity.activation_id();
    let before = record.identity_to_ask().and_then(|before| Some((before.key.clone(), before.activation_id()?)));
    if let Some((key, older)) = before.filter(|(_, older)| Some(*older) != seat) {
        record.release(&key, older);
    }
    record.releases.retain(|release| Some(release.activation_id) != seat);
    record.keyless_seats.retain(|kept| Some(kept.seat.id) != seat);
    record.license = Some(Box::new(license.clone()));
    record.untrusted = None;
    record.offline_request = None;
    record.plan = Plan { pause_until: record.plan.pause_until, ..Plan::default() };
    true
}

/// Keeps a seat that could not be released because Polar did not know its key. If the license on this device has the
/// same seat under another key, that key has probably replaced the key of `kept`. In that case, adds the seat to the
/// list of seats to release, under the key of the license.
fn keep_seat(record: &mut Record, kept: &KeptSeat) {
    let here = record.identity().filter(|here| here.activation_id() == Some(kept.seat.id));
    match here.map(|here| here.key.clone()).filter(|key| *key != kept.key) {
        Some(key) => record.release(&key, kept.seat.id),
        None => record.keep_keyless(kept),
    }
}

/// Keeps the seat of an activation whose answer was lost, so that a later activation with the same key can use it. If
/// the license on this device already has another seat of that key, adds the found seat to the seats to release
/// instead. Returns `false` if the activation is not in the record.
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

/// Replaces the older keys in the record with the new key. Polar no longer knows the older keys, but the seats that
/// were taken with them are still taken. A license with one of the older keys gets the new key, and keeps its seat and
/// its last confirmation. Seats that were kept under an older key have to be released. Returns `true` if the record has
/// changed.
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

/// Returns a hash of the app's own conditions, to notice later that the app has changed them.
pub(super) fn conditions_hash(config: &Config) -> [u8; 8] {
    Hash::hash(config.conditions().json().as_bytes()).first_chunk().copied().unwrap_or_default()
}
