//! The record that a store keeps: what is remembered between runs, its bytes, and the seal over them.
//! Pure; knows no clock, no Polar and no policy.
//!
//! ```text
//! magic 8 │ format u16 │ product tag 8 │ device tag 8 │ secret tag 8 │ seat 1 (+16) │ key length u16, key   header
//! field id u8, length u32, bytes │ …                                                                      body
//! HMAC-SHA256 over all of the above                                                                       seal
//! ```
//! Numbers are little-endian. The header is stable for ever, so that a record which cannot be trusted still says
//! which key and seat to ask Polar about. The seal's key is HKDF-SHA256 (RFC 5869) of the app secret, bound to the
//! organization, environment, app id and device id. The tags are HKDF outputs too: they tell *why* a seal does not
//! fit, and reveal nothing else. Fields that this version does not know are kept.

#[cfg(feature = "portal")]
mod code_tries;
mod codec;
mod seal;

#[cfg(feature = "portal")]
pub use code_tries::CodeUse;
#[cfg(feature = "portal")]
pub(crate) use code_tries::{CodeMail, CodeTries, CodeTry};
pub(crate) use seal::Sealer;

use crate::codes::{Denial, Distrust};
use crate::key::Key;
use crate::license::Terms;
use crate::retry_headers::LONGEST_BLOCK;
use crate::text::printable;
use crate::texts::{Text, Texts};
use crate::time::Timestamp;
use uuid::Uuid;

/// Two requests may leave within this time. A little more than a second, since the network jitters.
pub(crate) const PACE_MS: i64 = 1_100;

/// Everything remembered. The default is what a device without any license remembers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) license: Option<Box<StoredLicense>>,
    /// Activations that were sent and whose outcome is not known.
    pub(crate) attempts: Vec<Attempt>,
    /// Seats that this device no longer uses and Polar has not yet confirmed as free.
    pub(crate) releases: Vec<Release>,
    /// Seats whose key Polar no longer knows, since it was rotated or deleted, and those whose activation was not answered
    /// and that the customer portal has found. Activating the key that they belong to uses or releases them.
    pub(crate) keyless_seats: Vec<KeptSeat>,
    pub(crate) plan: Plan,
    /// When the last two requests left, by the wall clock. They outlive the license, as do a pause and the tries of codes:
    /// Polar counts by internet address.
    pub(crate) sent: [Option<Timestamp>; 2],
    /// When codes were requested or tried.
    #[cfg(feature = "portal")]
    pub(crate) code_tries: CodeTries,
    /// A license that cannot be trusted but can be put to Polar: what was stored here before, or was copied here. Without
    /// an identity if there may be one that could not be read.
    pub(crate) untrusted: Option<Untrusted>,
    /// Fields of the body that this version does not know.
    pub(crate) unknown: Vec<(u8, Vec<u8>)>,
}

/// A license and Polar's last answer about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StoredLicense {
    pub(crate) identity: Identity,
    /// Counts Polar's answers about this license, so that a late one meets the one that overtook it.
    pub(crate) revision: u64,
    pub(crate) verdict: Verdict,
    pub(crate) terms: Terms,
    pub(crate) time: TimeBase,
    /// Hash of the app's own conditions at the last confirmation.
    pub(crate) conditions: [u8; 8],
    /// What the seat is called at Polar; not known of one that an earlier version took.
    pub(crate) label: Option<String>,
}

/// Which license an answer is about: the key and the seat together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) key: Key,
    pub(crate) seat: Option<Seat>,
}

/// An activation of this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) id: Uuid,
    /// Whether it was made with the device condition, so that every validate must send it.
    pub(crate) bound: bool,
}

/// A seat that a new key may find again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptSeat {
    pub(crate) seat: Seat,
    /// What it is called at Polar, if that is known.
    pub(crate) label: Option<String>,
    /// The last text of its key that this device knew; not known of those that earlier versions kept.
    pub(crate) key: Option<Key>,
}

/// Polar's last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Confirmed,
    Denied(Denial),
}

/// What is known of the true time; see `engine/timeline.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeBase {
    /// Polar's clock at the last confirmation.
    pub(crate) confirmed: Timestamp,
    /// Polar's clock less the wall clock at that reply, in ms.
    pub(crate) offset: i64,
    /// The highest estimate of the true time so far.
    pub(crate) high: Timestamp,
}

/// An activation that was sent, or is about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) at: Timestamp,
    /// Four random digits in the label and in the activation's meta, by which the vendor and this device find its seat.
    pub(crate) marker: String,
    pub(crate) label: String,
    pub(crate) last_six: String,
    /// The wall clock when it was saved; not known of those that earlier versions saved.
    pub(crate) saved_at: Option<Timestamp>,
    /// Whether the process that sent it has given up waiting for the answer.
    pub(crate) is_uncertain: bool,
}

/// A seat to release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) key: Key,
    pub(crate) activation_id: Uuid,
}

/// When to ask Polar next, unless the app does so before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// On Polar's clock.
    pub(crate) next: Option<Timestamp>,
    /// The number of rounds in a row that did not lead to access.
    pub(crate) failed_tries: u32,
    /// Polar accepts no request before this, on the wall clock.
    pub(crate) pause_until: Option<Timestamp>,
}

/// What a record that cannot be trusted says in its header, and why it cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untrusted {
    pub(crate) why: Distrust,
    pub(crate) identity: Option<Identity>,
}

impl Record {
    /// Whether losing it would lose something. `wall` is the wall clock, which requests and a pause are measured by.
    pub(crate) fn is_worth_keeping(&self, wall: Timestamp) -> bool {
        let paused = self.plan.pause_ahead(wall).is_some();
        let paced = self.sent.iter().flatten().any(|at| (0..=PACE_MS).contains(&wall.ms_since(*at)));
        self.identity_to_ask().is_some() || paused || paced || self.unsettled() > 0 || self.has_code_tries(wall)
    }

    /// Removes the license, its seats and all that is known of them. The times that Polar's limits depend on stay.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            plan: Plan { pause_until: self.plan.pause_until, ..Plan::default() },
            sent: self.sent,
            #[cfg(feature = "portal")]
            code_tries: std::mem::take(&mut self.code_tries),
            ..Self::default()
        };
    }

    /// Whether codes were requested or tried not long ago.
    #[cfg(feature = "portal")]
    fn has_code_tries(&self, wall: Timestamp) -> bool {
        self.code_tries.matter(wall)
    }

    /// A build that requests none leaves those of another one to it.
    #[cfg(not(feature = "portal"))]
    fn has_code_tries(&self, _: Timestamp) -> bool {
        false
    }

    /// How many seats this device may have taken, or has still to release.
    pub(crate) fn unsettled(&self) -> usize {
        self.attempts.len().saturating_add(self.releases.len()).saturating_add(self.keyless_seats.len())
    }

    /// All of it but the seal and what that depends on.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        codec::write(self)
    }

    /// The license that is stored and trusted.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.license.as_ref().map(|license| &license.identity)
    }

    /// The license that Polar can be asked about, trusted or not.
    pub(crate) fn identity_to_ask(&self) -> Option<&Identity> {
        self.identity().or_else(|| self.untrusted.as_ref()?.identity.as_ref())
    }

    /// Removes the attempts that `are` over; whether there was one.
    pub(crate) fn remove_attempts(&mut self, are: &dyn Fn(&Attempt) -> bool) -> bool {
        let before = self.attempts.len();
        self.attempts.retain(|attempt| !are(attempt));
        self.attempts.len() != before
    }

    /// Puts a seat on the list of those to release, once.
    pub(crate) fn release(&mut self, key: &Key, activation_id: Uuid) {
        if self.releases.iter().all(|release| release.activation_id != activation_id) {
            self.releases.push(Release { key: key.clone(), activation_id });
        }
    }

    /// Keeps a seat whose key Polar no longer knows, once.
    pub(crate) fn keep_keyless(&mut self, kept: &KeptSeat) {
        if self.keyless_seats.iter().all(|earlier| earlier.seat.id != kept.seat.id) {
            self.keyless_seats.push(kept.clone());
        }
    }
}

impl StoredLicense {
    /// The label, if `identity` has a seat and it is the one here.
    pub(crate) fn label_of(&self, identity: &Identity) -> Option<String> {
        let seat = identity.activation_id()?;
        self.label.clone().filter(|_| self.identity.activation_id() == Some(seat))
    }
}

impl Plan {
    /// The end of a pause that is still to come. One that reaches further ahead than any that Polar asks for was saved
    /// under another wall clock.
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
    /// An activation ends within its 35 s, unless its machine goes to sleep.
    const UNDER_WAY_MS: i64 = 60 * 1000;

    /// Whether the user has to know of it: nobody waits for its answer any more. Another process may be waiting for one
    /// that was saved a moment ago.
    pub(crate) fn is_over(&self, wall: Timestamp) -> bool {
        let waited = self.saved_at.map_or(i64::MAX, |saved_at| wall.ms_since(saved_at));
        self.is_uncertain || !(0..Self::UNDER_WAY_MS).contains(&waited)
    }

    /// When time alone changes that next.
    pub(crate) fn next_change(&self, wall: Timestamp) -> Option<Timestamp> {
        let saved_at = self.saved_at.filter(|_| !self.is_uncertain)?;
        [saved_at, saved_at.plus_ms(Self::UNDER_WAY_MS)].into_iter().find(|at| *at > wall)
    }

    /// What the user has to know about it.
    pub(crate) fn message(&self, texts: &Texts) -> String {
        let key = format!("****-{}", printable(&self.last_six));
        texts.fill(Text::SeatUncertain, &[("key", &key), ("label", &printable(&self.label))])
    }

    /// The same for developers and logs.
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
