//! Replaces a license key. The request is sent once, and the new key is stored on this device before anything else is
//! done.
//!
//! ```text
//! list the key ─► it belongs to another license ─► send
//!              └► it belongs to the license here ─► the record can be written ─► send
//!                                                └► the record cannot be written ─► error
//! send ─► the new key ─► save ─► if it belongs to the license here, list it again ─► replaced once more ─► save
//!      └► no answer ─► list the key ─► a new key ─► save
//!                                   └► the old key, or no answer ─► error
//! ```
//!
//! The key's id tells whether the key belongs to the license on this device. Comparing the keys themselves does not
//! suffice, because Polar may have replaced the key since the license was stored, or since the app listed the key.
//!
//! The key is read from the list of the customer's keys, which contains no devices. A request for this key alone would
//! also return its devices. There may be any number of devices, because anybody who has the key can add some.

use super::context::Context;
use super::keys::find;
use super::license_key::LicenseKey;
use super::secret::Token;
use super::step::Step;
use super::wire::{self, Refusal};
use crate::codes::Reason;
use crate::engine::{Operation, PortalOperation, Rotated};
use crate::error::Error;
use crate::key::Key;
use crate::texts::Text;
use crate::time::Now;

/// A proof that the user has confirmed the replacement of a license key. A replaced key stops working at once on all
/// devices of the customer, and cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedByUser;

/// A key that is being replaced.
struct Rotation {
    context: Context,
    token: Token,
    key: LicenseKey,
    /// All keys with this id that were known before the replacement: from the app's list, from Polar and from the
    /// record. None of them is the new key, although Polar may still return one of them for a moment after the
    /// replacement.
    texts: Vec<Key>,
    /// Whether the license on this device belongs to the key.
    is_here: bool,
    /// Whether Polar still knew this device's key and seat when it last answered about the license.
    was_known: bool,
}

/// Replaces a key with a new one.
pub fn rotate(context: Context, token: Token, key: LicenseKey, _: ConfirmedByUser, now: Now) -> Step<LicenseKey> {
    find(context.clone(), token.clone(), &key).and_then(now, move |last, _| match last {
        Some(last) => Rotation::new(context, token, key, last).begin(),
        None => Step::failed(context.refused(Refusal::NotKnown)),
    })
}

impl Rotation {
    /// Creates a rotation. `listed` is the key from the app's earlier list; `last` is the key as Polar lists it now.
    fn new(context: Context, token: Token, listed: LicenseKey, last: LicenseKey) -> Self {
        let is_here = last.is_here() || context.is_here(listed.id, &listed.key);
        let mut texts = vec![listed.key.clone(), last.key];
        if is_here {
            texts.extend(context.key.clone());
        }
        Self { context, token, key: listed, texts, is_here, was_known: true }
    }

    fn begin(mut self) -> Step<LicenseKey> {
        if !self.is_here {
            return self.send();
        }
        Step::run(Operation::Portal(PortalOperation::Rotate), move |outcome, _| match outcome.result {
            Ok(decision) => {
                self.was_known = decision.reason() != Some(Reason::NotFound);
                self.send()
            }
            Err(error) => Step::failed(error),
        })
    }

    fn send(self) -> Step<LicenseKey> {
        Step::send(self.context.rotate(&self.token, self.key.id), move |answer, now| {
            match wire::key_rotated(&answer, &self.context, self.key.id, now.wall) {
                Ok(new) => self.save(new),
                Err(refusal) if refusal.maybe_applied() => {
                    let error = self.context.refused(refusal);
                    self.look_again(error, now)
                }
                Err(refusal) => Step::failed(self.context.refused(refusal)),
            }
        })
    }

    /// Looks for the key in the customer's list once more, because the answer to the request for a new key was lost.
    /// That request may have succeeded.
    fn look_again(self, error: Error, now: Now) -> Step<LicenseKey> {
        self.find().then(now, move |found, _| {
            if let Ok(Some(new)) = found
                && !self.texts.contains(&new.key)
            {
                return self.save(new);
            }
            let detail = "the license key may have been replaced all the same: list the keys again";
            Step::failed(self.context.also(error, Text::MaybeRotated, detail))
        })
    }

    /// Saves the new key. If the license on this device has the old key, it continues with the new one.
    fn save(mut self, mut new: LicenseKey) -> Step<LicenseKey> {
        new.is_here = self.is_here;
        let from = self.texts.clone();
        let rotated = Rotated { id: self.key.id, from, to: new.key.clone(), was_known: self.was_known };
        self.texts.push(new.key.clone());
        Step::run(Operation::Portal(PortalOperation::Rotated(rotated)), move |outcome, now| match outcome.result {
            Ok(_) if self.is_here => self.confirm(new, now),
            Ok(_) => Step::done(new),
            Err(error) => Step::failed(error),
        })
    }

    /// Lists the key again, because the customer may have replaced it on two devices at the same time. Only the key of
    /// the later replacement is valid, but this device may have saved the two new keys in the opposite order.
    fn confirm(self, saved: LicenseKey, now: Now) -> Step<LicenseKey> {
        self.find().then(now, move |found, _| {
            if let Ok(Some(last)) = found
                && !self.texts.contains(&last.key)
            {
                return self.save(last);
            }
            Step::done(saved)
        })
    }

    fn find(&self) -> Step<Option<LicenseKey>> {
        find(self.context.clone(), self.token.clone(), &self.key)
    }
}
