//! The record, which a device keeps between runs: its data, its bytes, and the seal over them. The code is pure. It
//! uses no clock, sends nothing and makes no decisions.
//!
//! ```text
//! magic 8 │ format u16 │ product tag 8 │ device tag 8 │ secret tag 8 │ seat 1 (+16) │ key length u16, key   header
//! field id u8, length u32, bytes │ …                                                                      body
//! HMAC-SHA256 over all of the above                                                                       seal
//! ```
//! Numbers are little-endian. The layout of the header never changes. So even if a record cannot be trusted, its header
//! still says which key and seat to ask Polar about. The seal's key is HKDF-SHA256 (RFC 5869) of the app secret, bound
//! to the organization, environment, app id and device id. The tags are HKDF outputs too: they show *why* a seal is not
//! valid here, and reveal nothing else. Fields that this version does not know are kept.

#[cfg(feature = "portal")]
mod code_tries;
mod codec;
mod seal;

#[cfg(feature = "portal")]
pub use code_tries::CodeUse;
#[cfg(feature = "portal")]
pub(crate) use code_tries::{CodeMail, CodeTries, CodeTry};
pub(crate) use codec::{read_returned, read_seat_from as read_seat, write_returned, write_seat_alone as write_seat};
pub(crate) use seal::{Answered, Sealer, Tag};

use crate::codes::{Denial, Distrust};
use crate::key::Key;
use crate::license::Terms;
use crate::retry_headers::LONGEST_BLOCK;
use crate::text::printable;
use crate::texts::{Text, Texts};
use crate::time::Timestamp;
use uuid::Uuid;

/// At most two requests may be sent within this time. Polar allows two per second. This time is a little longer than a
/// second, because requests may arrive closer together than they were sent.
pub(crate) const PACE_MS: i64 = 1_100;

/// Everything that a device keeps between runs. The default is the record of a device that never had a license.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) license: Option<Box<StoredLicense>>,
    /// Activations that were sent and whose outcome is unknown.
    pub(crate) attempts: Vec<Attempt>,
    /// Seats that this device no longer uses, and that Polar has not confirmed as released.
    pub(crate) releases: Vec<Release>,
    /// Seats that are kept until a later activation of their key uses or releases them. They are of two kinds:
    ///
    /// * Polar no longer knows the seat's key, because the key was rotated or deleted.
    /// * The activation that took the seat got no answer, and the customer portal has found the seat since.
    pub(crate) keyless_seats: Vec<KeptSeat>,
    pub(crate) plan: Plan,
    /// The wall-clock times of the last two requests. These times, `code_tries` and a pause in `plan` are kept when the
    /// license is removed, because Polar counts requests by IP address and not by license.
    pub(crate) sent: [Option<Timestamp>; 2],
    /// The latest requests for codes and tries of codes. They are counted, because Polar blocks an IP address that
    /// sends too many of them.
    #[cfg(feature = "portal")]
    pub(crate) code_tries: CodeTries,
    /// The latest request for an offline license, as long as its answer may still be imported.
    pub(crate) offline_request: Option<RequestedOffline>,
    /// The trial that was started on this device. It is kept when the license is removed, so that a device has one trial.
    pub(crate) trial: Option<StartedTrial>,
    /// The license of a stored record that is not trusted. Polar can be asked about this license, unless the record
    /// could not even be read.
    pub(crate) untrusted: Option<Untrusted>,
    /// Fields of the record's body that this version of the library does not know.
    pub(crate) unknown: Vec<(u8, Vec<u8>)>,
}

/// A license and Polar's last answer about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredLicense {
    pub(crate) identity: Identity,
    /// A number that changes with every answer from Polar about this license. If it changes while a request is under
    /// way, the answer to that request is out of date.
    pub(crate) revision: u64,
    pub(crate) verdict: Verdict,
    pub(crate) terms: Terms,
    pub(crate) time: TimeBase,
    /// The hash of the app's own conditions at the last confirmation.
    pub(crate) conditions: [u8; 8],
    /// The seat's label at Polar. `None` if there is no seat, or if this device has lost the label.
    pub(crate) label: Option<String>,
    /// The number of the offline request whose answer brought the license to this device. `None` if Polar has confirmed
    /// the license to this device itself.
    pub(crate) imported: Option<u64>,
}

/// A trial that was started on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartedTrial {
    /// The time of the wall clock when the trial was started.
    pub(crate) started: Timestamp,
    /// The furthest time that any estimate has reached since the trial started.
    pub(crate) high: Timestamp,
}

/// A request for an offline license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestedOffline {
    /// A random number, which the answer repeats.
    pub(crate) number: u64,
    /// The time of the wall clock when the request was made.
    pub(crate) wall: Timestamp,
}

/// The key and the seat, which together identify the license that an answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) key: Key,
    pub(crate) seat: Option<Seat>,
}

/// An activation of this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) id: Uuid,
    /// Whether the activation was made with the condition `device`. If so, every request to validate the license must
    /// send that condition.
    pub(crate) bound: bool,
}

/// A seat that this device remembers, because the user may activate its key again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptSeat {
    pub(crate) seat: Seat,
    /// The seat's label at Polar, if this device still knows it.
    pub(crate) label: Option<String>,
    /// The seat's key, as this device last knew it. Polar may have replaced it since.
    pub(crate) key: Key,
}

/// Polar's last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Confirmed,
    Denied(Denial),
}

/// The times from which the time on Polar's clock is estimated; see `engine/timeline.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeBase {
    /// The time on Polar's clock at the last confirmation.
    pub(crate) confirmed: Timestamp,
    /// The difference between Polar's clock and the wall clock in ms when the last confirmation arrived. It is positive
    /// if Polar's clock is ahead.
    pub(crate) offset: i64,
    /// The latest time on Polar's clock that was ever estimated.
    pub(crate) high: Timestamp,
}

/// An activation that was sent or is about to be sent, and whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) at: Timestamp,
    /// Four random digits in the label and in the activation's meta. The vendor and this device recognize the seat by
    /// them.
    pub(crate) marker: String,
    pub(crate) label: String,
    pub(crate) last_six: String,
    /// The time of the wall clock when the attempt was saved.
    pub(crate) saved_at: Timestamp,
    /// Whether the process that sent the activation no longer waits for the answer.
    pub(crate) is_uncertain: bool,
}

/// A seat to release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) key: Key,
    pub(crate) activation_id: Uuid,
}

/// The plan for the next request to Polar. The app may still ask earlier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The time of the next request, on Polar's clock.
    pub(crate) next: Option<Timestamp>,
    /// The number of consecutive failed rounds of requests. A round succeeds only if Polar answers, nothing is left to
    /// do, and access is allowed.
    pub(crate) failed_tries: u32,
    /// The time on the wall clock before which Polar accepts no request.
    pub(crate) pause_until: Option<Timestamp>,
}

/// The license in the header of an untrusted record, and the reason why the record is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untrusted {
    pub(crate) why: Distrust,
    pub(crate) identity: Option<Identity>,
}

impl Record {
    /// Returns `true` if the record contains anything that has to be stored. Old requests and a pause that is over do
    /// not have to be stored. `wall` is the time of the wall clock.
    pub(crate) fn is_worth_keeping(&self, wall: Timestamp) -> bool {
        let paused = self.plan.pause_ahead(wall).is_some();
        let paced = self.sent.iter().flatten().any(|at| (0..=PACE_MS).contains(&wall.ms_since(*at)));
        let requested = self.offline_request.is_some();
        let waits = paused || paced || self.has_code_tries(wall);
        let has_license = self.identity_to_ask().is_some();
        has_license || self.trial.is_some() || requested || waits || self.unsettled() > 0
    }

    /// Removes the license, its seats and everything about them. Keeps the trial, and the times that are needed to stay
    /// within Polar's rate limits.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            plan: Plan { pause_until: self.plan.pause_until, ..Plan::default() },
            sent: self.sent,
            #[cfg(feature = "portal")]
            code_tries: std::mem::take(&mut self.code_tries),
            trial: self.trial,
            ..Self::default()
        };
    }

    /// Returns `true` if the times of earlier requests for codes, or of earlier tries of codes, must be kept, because
    /// they still count for the limits on the next ones.
    #[cfg(feature = "portal")]
    fn has_code_tries(&self, wall: Timestamp) -> bool {
        self.code_tries.matter(wall)
    }

    /// Returns `false`, because a build without the portal requests no codes.
    #[cfg(not(feature = "portal"))]
    fn has_code_tries(&self, _: Timestamp) -> bool {
        false
    }

    /// Returns the number of seats that this device may have taken or still has to release.
    pub(crate) fn unsettled(&self) -> usize {
        self.attempts.len().saturating_add(self.releases.len()).saturating_add(self.keyless_seats.len())
    }

    /// Returns the seat, the key and the body of the record as bytes. A stored record has the tags before these bytes,
    /// and the seal after them.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        codec::write(self)
    }

    /// Returns a seat that a new license of this device may use again: the seat of the present license or, if there is
    /// none, the seat that was added to `releases` last. `releases` does not store whether a seat is bound to this
    /// device, so the caller passes this as `bound`.
    pub(crate) fn seat_to_keep(&self, bound: bool) -> Option<Seat> {
        let here = self.identity_to_ask().and_then(|identity| identity.seat);
        here.or_else(|| self.releases.last().map(|release| Seat { id: release.activation_id, bound }))
    }

    /// Returns the times from which the present time is estimated: those of the license, or of the trial if there is no
    /// license.
    pub(crate) fn time(&self) -> Option<TimeBase> {
        let by_trial = || self.trial.map(|trial| trial.time());
        self.license.as_ref().map(|license| license.time).or_else(by_trial)
    }

    /// Returns the field `high` of the license or of the trial from which [`time`](Self::time) takes its times.
    pub(crate) fn high_mut(&mut self) -> Option<&mut Timestamp> {
        let trial = self.trial.as_mut().map(|trial| &mut trial.high);
        self.license.as_mut().map(|license| &mut license.time.high).or(trial)
    }

    /// Returns the key and the seat of the stored license, if it is trusted.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.license.as_ref().map(|license| &license.identity)
    }

    /// Returns the key and the seat to ask Polar about. They come from the stored license, even if the record cannot be
    /// trusted.
    pub(crate) fn identity_to_ask(&self) -> Option<&Identity> {
        self.identity().or_else(|| self.untrusted.as_ref()?.identity.as_ref())
    }

    /// Removes the attempts for which `is_over` returns `true`. Returns `true` if it removed any.
    pub(crate) fn remove_attempts(&mut self, is_over: &dyn Fn(&Attempt) -> bool) -> bool {
        let before = self.attempts.len();
        self.attempts.retain(|attempt| !is_over(attempt));
        self.attempts.len() != before
    }

    /// Adds a seat to the list of seats to release, unless it is already there.
    pub(crate) fn release(&mut self, key: &Key, activation_id: Uuid) {
        if self.releases.iter().all(|release| release.activation_id != activation_id) {
            self.releases.push(Release { key: key.clone(), activation_id });
        }
    }

    /// Adds a seat to `keyless_seats`, unless the list already contains the seat.
    pub(crate) fn keep_keyless(&mut self, kept: &KeptSeat) {
        if self.keyless_seats.iter().all(|earlier| earlier.seat.id != kept.seat.id) {
            self.keyless_seats.push(kept.clone());
        }
    }
}

impl StartedTrial {
    /// Returns the times of the trial in the same form as those of a license. The offset is 0, because the start of the
    /// trial was read from this device's own clock.
    fn time(&self) -> TimeBase {
        TimeBase { confirmed: self.started, offset: 0, high: self.high }
    }
}

impl StoredLicense {
    /// Returns the label of this license's seat, if `identity` has the same seat.
    pub(crate) fn label_of(&self, identity: &Identity) -> Option<String> {
        let seat = identity.activation_id()?;
        self.label.clone().filter(|_| self.identity.activation_id() == Some(seat))
    }
}

impl Plan {
    /// Returns the end of the pause, or `None` if there is none. Ignores a pause that is longer than any that Polar
    /// asks for, because it was saved while the wall clock was wrong.
    pub(crate) fn pause_ahead(&self, wall: Timestamp) -> Option<Timestamp> {
        self.pause_until.filter(|until| *until > wall && until.since(wall) <= LONGEST_BLOCK)
    }
}

impl Identity {
    pub(crate) fn activation_id(&self) -> Option<Uuid> {
        self.seat.map(|seat| seat.id)
    }
}

impl Attempt {
    /// The age at which an attempt counts as over, because no process waits for its answer any more. An activation ends
    /// within 35 s, unless the machine goes to sleep.
    const UNDER_WAY_MS: i64 = 60 * 1000;

    /// Returns `true` if the user must be told about the attempt, because no process waits for its answer any more.
    /// Returns `false` if the attempt was saved a moment ago, because another process may still be waiting.
    pub(crate) fn is_over(&self, wall: Timestamp) -> bool {
        self.is_uncertain || !(0..Self::UNDER_WAY_MS).contains(&wall.ms_since(self.saved_at))
    }

    /// Returns the time at which the result of [`is_over`](Self::is_over) changes next because time passes.
    pub(crate) fn next_change(&self, wall: Timestamp) -> Option<Timestamp> {
        let changes = [self.saved_at, self.saved_at.plus_ms(Self::UNDER_WAY_MS)];
        changes.into_iter().find(|at| !self.is_uncertain && *at > wall)
    }

    /// Returns the sentence that tells the user about the attempt.
    pub(crate) fn message(&self, texts: &Texts) -> String {
        let key = format!("****-{}", printable(&self.last_six));
        texts.fill(Text::SeatUncertain, &[("key", &key), ("label", &printable(&self.label))])
    }

    /// Returns the text about the attempt for developers and logs.
    pub(crate) fn detail(&self) -> String {
        format!(
            "an activation of the key ****-{} on {} may have taken a seat, labelled `{}`; if one is missing, remove it in \
             Polar's customer portal",
            printable(&self.last_six),
            self.at.day(),
            printable(&self.label),
        )
    }
}
