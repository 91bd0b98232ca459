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

mod codec;
mod hmac;
mod seal;

pub(crate) use seal::Sealer;

use crate::license::{Key, Reason};
use crate::time::Timestamp;
use uuid::Uuid;

/// Everything remembered. The default is what a device without any license remembers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// Boxed, since records are moved and most fields are here.
    pub(crate) held: Option<Box<Held>>,
    /// Activations that were sent and whose outcome was never seen.
    pub(crate) attempts: Vec<Attempt>,
    /// Seats that this device gave up and Polar has not yet confirmed as free.
    pub(crate) releases: Vec<Release>,
    pub(crate) plan: Plan,
    /// A license that cannot be trusted but can be put to Polar: what was stored here before, or was copied here. Without
    /// an identity where there may be one that could not be read.
    pub(crate) aside: Option<Untrusted>,
    /// Fields of the body that this version does not know.
    pub(crate) unknown: Vec<(u8, Vec<u8>)>,
}

/// A license and Polar's last word on it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) identity: Identity,
    /// Counts Polar's words on this license, so that a late answer meets the one it overtook.
    pub(crate) revision: u64,
    pub(crate) verdict: Verdict,
    pub(crate) license_id: Uuid,
    pub(crate) benefit_id: Uuid,
    pub(crate) limit_activations: Option<u32>,
    pub(crate) limit_usage: Option<u32>,
    pub(crate) usage: u32,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) time: TimeBase,
    /// Hash of the app's own conditions at the last yes.
    pub(crate) conditions: [u8; 8],
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

/// Polar's last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Yes,
    No(Reason),
}

/// What is known of the true time; see `engine/timeline.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeBase {
    /// Polar's clock at the last yes.
    pub(crate) confirmed: Timestamp,
    /// Polar's clock less the wall clock at that reply, in ms.
    pub(crate) offset: i64,
    /// The highest estimate of the true time so far.
    pub(crate) high: Timestamp,
}

/// An activation on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) at: Timestamp,
    /// Random; also in the activation's meta, so that a vendor can find it.
    pub(crate) seat: String,
    pub(crate) label: String,
    pub(crate) last_six: String,
}

/// A seat to give up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) key: Key,
    pub(crate) activation_id: Uuid,
}

/// When to ask Polar next without being told to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// On Polar's clock.
    pub(crate) next: Option<Timestamp>,
    /// How many times in a row asking did not lead to access.
    pub(crate) misses: u32,
    /// Polar wants no request before this, on the wall clock.
    pub(crate) pause_until: Option<Timestamp>,
}

/// What a record that cannot be trusted says in its header, and why it cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untrusted {
    pub(crate) why: Reason,
    pub(crate) identity: Option<Identity>,
}

impl Record {
    /// Whether losing it would lose something. `wall` is the wall clock, which a pause is measured by.
    pub(crate) fn is_worth_keeping(&self, wall: Timestamp) -> bool {
        let paused = self.plan.pause_ahead(wall).is_some();
        let aside = self.aside.as_ref().is_some_and(|aside| aside.identity.is_some());
        self.held.is_some() || aside || paused || !self.attempts.is_empty() || !self.releases.is_empty()
    }

    /// All of it but the seal and what that depends on.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        codec::write(self)
    }

    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.held.as_ref().map(|held| &held.identity)
    }

    /// Removes the attempts that `are` over; whether there was one.
    pub(crate) fn remove_attempts(&mut self, are: &dyn Fn(&Attempt) -> bool) -> bool {
        let before = self.attempts.len();
        while let Some(at) = self.attempts.iter().position(are) {
            self.attempts.remove(at);
        }
        self.attempts.len() != before
    }

    /// Puts a seat on the list of those to give up, once. The list is bounded; the oldest has waited long enough.
    pub(crate) fn release(&mut self, key: &Key, activation_id: Uuid) {
        const MOST: usize = 16;
        if self.releases.iter().all(|release| release.activation_id != activation_id) {
            if self.releases.len() >= MOST {
                self.releases.remove(0);
            }
            self.releases.push(Release { key: key.clone(), activation_id });
        }
    }
}

impl Plan {
    /// The end of a pause that is still to come. One that reaches further ahead than any that Polar asks for was saved
    /// under another wall clock.
    pub(crate) fn pause_ahead(&self, wall: Timestamp) -> Option<Timestamp> {
        const LONGEST_MS: i64 = 120 * 1000;
        self.pause_until.filter(|until| *until > wall && until.ms_since(wall) <= LONGEST_MS)
    }
}

impl Identity {
    pub(crate) fn activation_id(&self) -> Option<Uuid> {
        self.seat.map(|seat| seat.id)
    }
}

impl Attempt {
    /// What to tell the user about it.
    pub(crate) fn text(&self) -> String {
        [
            "an activation of the key ****-",
            &self.last_six,
            " on ",
            &self.at.day(),
            " may have taken a seat, labelled `",
            &self.label,
            "`; if one is missing, remove it in Polar's customer portal",
        ]
        .concat()
    }
}
