//! Replacing a license key: sent once, and what came of it is stored here before anything else.
//!
//! ```text
//! read the key ─► not of the license here ─► send
//!              └► of the license here ─► the record can be written ─► send
//!                                     └► it cannot ─► error
//! send ─► the new key ─► save ─► of the license here: read the key ─► replaced once more ─► save
//!      └► no answer ─► read the key ─► a new one ─► save
//!                                   └► the old one, or no answer ─► error
//! ```
//! Whether the key is that of the license here is known by its text or by a seat: it may have been replaced since the license
//! was stored, and since the app listed it.

use super::context::Context;
use super::device::Device;
use super::license_key::LicenseKey;
use super::secret::Token;
use super::step::Step;
use super::wire;
use crate::engine::{Operation, PortalOperation};
use crate::error::Error;
use crate::key::Key;
use crate::texts::Text;
use uuid::Uuid;

/// That the user has confirmed to replace a license key: the old one ends at once, on all devices of the customer, and nobody
/// can bring it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedByUser;

/// A key that is being replaced.
struct Rotation {
    context: Context,
    token: Token,
    id: Uuid,
    /// The texts that it had, as far as they are known: as the app has listed it, as Polar has it, and as the record has it.
    /// Polar may still answer with one of them for a moment.
    texts: Vec<Key>,
    seats: Vec<Uuid>,
    /// Whether the license here is of this key.
    is_here: bool,
}

/// Replaces a key by another one.
pub fn rotate(context: Context, token: Token, key: LicenseKey, _: ConfirmedByUser) -> Step<LicenseKey> {
    Step::send(context.get_key(&token, key.id), move |answer, now| {
        match wire::key_read(&answer, &context, key.id, now.wall) {
            Ok((last, devices)) => Rotation::new(context, token, key, last, &devices).begin(),
            Err(refusal) => Step::failed(context.refused(refusal)),
        }
    })
}

impl Rotation {
    /// `listed` is the key as the app has it, `last` as Polar has it.
    fn new(context: Context, token: Token, listed: LicenseKey, last: LicenseKey, devices: &[Device]) -> Self {
        let mut seats: Vec<Uuid> = devices.iter().map(|device| device.activation_id).collect();
        let mut texts = vec![listed.key, last.key];
        let has_text = context.key.as_ref().is_some_and(|here| texts.contains(here));
        let is_here = has_text || context.seat.is_some_and(|here| seats.contains(&here));
        if is_here {
            // the vendor may not show it
            seats.extend(context.seat);
            texts.extend(context.key.clone());
        }
        Self { context, token, id: listed.id, texts, seats, is_here }
    }

    fn begin(self) -> Step<LicenseKey> {
        if !self.is_here {
            return self.send();
        }
        Step::run(Operation::Portal(PortalOperation::Rotate), move |outcome, _| match outcome.result {
            Ok(_) => self.send(),
            Err(error) => Step::failed(error),
        })
    }

    fn send(self) -> Step<LicenseKey> {
        Step::send(self.context.rotate(&self.token, self.id), move |answer, now| {
            match wire::key_rotated(&answer, &self.context, self.id, now.wall) {
                Ok(new) => self.save(new),
                Err(refusal) if refusal.maybe_applied() => {
                    let error = self.context.refused(refusal);
                    self.look_again(error)
                }
                Err(refusal) => Step::failed(self.context.refused(refusal)),
            }
        })
    }

    /// The answer was lost: nobody has the new key, if there is one.
    fn look_again(self, error: Error) -> Step<LicenseKey> {
        Step::send(self.context.get_key(&self.token, self.id), move |answer, now| {
            match wire::key_read(&answer, &self.context, self.id, now.wall) {
                Ok((new, _)) if !self.texts.contains(&new.key) => self.save(new),
                Ok(_) | Err(_) => {
                    let detail = "the license key may have been replaced all the same: list the keys again";
                    Step::failed(self.context.also(error, Text::MaybeRotated, detail))
                }
            }
        })
    }

    /// The license here goes on with the new key.
    fn save(mut self, mut new: LicenseKey) -> Step<LicenseKey> {
        new.is_here = self.is_here;
        let (from, seats) = (self.texts.clone(), self.seats.clone());
        let operation = PortalOperation::Rotated { from, seats, to: new.key.clone() };
        self.texts.push(new.key.clone());
        Step::run(Operation::Portal(operation), move |outcome, _| match outcome.result {
            Ok(_) if self.is_here => self.confirm(new),
            Ok(_) => Step::done(new),
            Err(error) => Step::failed(error),
        })
    }

    /// The customer may have replaced the key twice at the same time. The last one holds, and may have been saved here first.
    fn confirm(self, saved: LicenseKey) -> Step<LicenseKey> {
        Step::send(self.context.get_key(&self.token, self.id), move |answer, now| {
            match wire::key_read(&answer, &self.context, self.id, now.wall) {
                Ok((last, _)) if !self.texts.contains(&last.key) => self.save(last),
                Ok(_) | Err(_) => Step::done(saved),
            }
        })
    }
}
