//! Restores a license: activates the suitable key on this device.
//!
//! ```text
//! list the keys ─► the key that is active here, or the only one that can be used ─► activate ─► licensed
//!               │      (uses the seat of an activation that got no answer)          └► no seat is free ─► its devices
//!               ├► several can be used ─► the user chooses
//!               ├► none, but one has expired by the clock of this device ─► activate it: Polar accepts or refuses it
//!               └► none ─► if a key is expected, wait and list again; otherwise, error
//! ```

use super::checkout::Purchase;
use super::context::Context;
use super::device::Device;
use super::keys::{devices, list};
use super::license_key::LicenseKey;
use super::outcome::{NoSeat, Restored};
use super::progress::Waiting;
use super::secret::Token;
use super::step::Step;
use super::wire::{self, Granted};
use crate::codes::{ErrorKind, KeyStatus, Reason, Stage};
use crate::engine::{Operation, PortalOperation};
use crate::error::Error;
use crate::key::TypedKey;
use crate::reply::Field;
use crate::texts::Text;
use crate::time::Now;
use std::time::Duration;
use uuid::Uuid;

/// The longest wait for the key of a purchase or of an invitation.
const KEY_WITHIN: Duration = Duration::from_secs(5 * 60);

/// Returns the usable keys, the best first. If no key is usable, returns the expired key with the latest expiry,
/// because this device's clock may be wrong. If no key has expired either, fails, and the error says why no key can be
/// used.
pub fn usable_keys(context: Context, token: Token, now: Now) -> Step<Vec<LicenseKey>> {
    list(context.clone(), token).and_then(now, move |keys, _| match usable(keys) {
        Usable::Keys(keys) => Step::done(keys),
        Usable::PerhapsExpired(key) => Step::done(vec![key]),
        Usable::None(reason) => Step::failed(no_key(&context, reason)),
    })
}

/// Activates a usable key of the customer. If several keys can be used, and none is the key of the license on this
/// device, returns them so that the user can choose one.
pub fn restore(context: Context, token: Token, now: Now) -> Step<Restored> {
    usable_keys(context.clone(), token.clone(), now).and_then(now, |keys, _| activate_fitting(context, token, keys))
}

/// Restores the license as [`restore`] does, but waits for Polar to issue a key if the customer has none yet. Used
/// after an invitation was accepted.
pub fn restore_when_granted(context: Context, token: Token, now: Now) -> Step<Restored> {
    restore_waiting(context, token, None, Waiting::new(Stage::Granting, KEY_WITHIN, now), now)
}

/// Restores the license as [`restore`] does, but waits if no key can be used yet. `expired` is a key that Polar has
/// already refused as expired; it is not tried again.
fn restore_waiting(
    context: Context,
    token: Token,
    expired: Option<Uuid>,
    waiting: Waiting,
    now: Now,
) -> Step<Restored> {
    list(context.clone(), token.clone()).then(now, move |keys, now| {
        let error = match keys.map(usable) {
            Ok(Usable::Keys(keys)) => return activate_fitting(context, token, keys),
            Ok(Usable::PerhapsExpired(key)) if expired != Some(key.id) => {
                return activate_or_wait(context, token, key, waiting, now);
            }
            Ok(Usable::PerhapsExpired(_)) => no_key(&context, Some(Reason::Expired)),
            Ok(Usable::None(None)) => key_is_late(&context, None),
            Ok(Usable::None(reason)) => no_key(&context, reason),
            Err(error) if error.kind().is_unreachable() => error,
            Err(error) => return Step::failed(error),
        };
        waiting.again(context, error, now, move |context, waiting, now| {
            restore_waiting(context, token, expired, waiting, now)
        })
    })
}

/// Activates a key that has expired by this device's clock. If Polar confirms that it has expired, waits until the
/// customer gets another key.
fn activate_or_wait(context: Context, token: Token, key: LicenseKey, waiting: Waiting, now: Now) -> Step<Restored> {
    let id = key.id;
    activate(context.clone(), token.clone(), key).then(now, move |restored, now| match restored {
        Err(error) if error.reason() == Some(Reason::Expired) => {
            waiting.again(context, error, now, move |context, waiting, now| {
                restore_waiting(context, token, Some(id), waiting, now)
            })
        }
        restored => Step::Done(restored),
    })
}

/// Activates the key of a purchase. If Polar has not created the key yet, waits for it first.
pub fn restore_purchase(context: Context, token: Token, purchase: &Purchase, now: Now) -> Step<Restored> {
    find_purchase(context, token, purchase.checkout_id, Waiting::new(Stage::Granting, KEY_WITHIN, now))
}

fn find_purchase(context: Context, token: Token, checkout: Uuid, waiting: Waiting) -> Step<Restored> {
    Step::send(context.grants_of_checkout(&token, checkout), move |answer, now| {
        let error = match wire::key_granted(&answer, &context) {
            Ok(Granted { key: Some(key), .. }) => return activate_by_id(context, token, key),
            Ok(Granted { key: None, unread }) => key_is_late(&context, unread),
            Err(refusal) if refusal.is_transient() => context.refused(refusal),
            Err(refusal) => return Step::failed(context.refused(refusal)),
        };
        waiting.again(context, error, now, move |context, waiting, _| find_purchase(context, token, checkout, waiting))
    })
}

fn activate_by_id(context: Context, token: Token, id: Uuid) -> Step<Restored> {
    Step::send(context.get_key(&token, id), move |answer, now| match wire::key_read(&answer, &context, id, now.wall) {
        Ok((key, _)) => activate(context, token, key),
        Err(refusal) => Step::failed(context.refused(refusal)),
    })
}

/// Activates a key. If this device has taken a seat with an earlier activation whose answer was lost, uses that seat.
/// If no seat is free, lists the devices of the key.
pub fn activate(context: Context, token: Token, key: LicenseKey) -> Step<Restored> {
    if !context.has_lost_attempts() || key.limit_activations().is_none() {
        return activate_now(context, token, key);
    }
    Step::send(context.get_key(&token, key.id), move |answer, now| {
        // if the devices cannot be listed, the earlier activation stays uncertain and the result says so
        let devices = wire::key_read(&answer, &context, key.id, now.wall).map(|(_, devices)| devices);
        let is_lost = |device: &Device| device.is_this() && !context.seats.contains(&device.activation_id);
        let lost = devices.unwrap_or_default().into_iter().find(is_lost);
        let Some(Device { activation_id, marker: Some(marker), .. }) = lost else {
            return activate_now(context, token, key);
        };
        let operation = PortalOperation::SeatFound { key: key.key.clone(), activation_id, marker };
        Step::run(Operation::Portal(operation), move |outcome, _| match outcome.result {
            Ok(_) => activate_now(context, token, key),
            Err(error) => Step::failed(error),
        })
    })
}

fn activate_now(context: Context, token: Token, key: LicenseKey) -> Step<Restored> {
    let typed = Some(TypedKey::from(key.key.secret()));
    let operation = Operation::Activate { key: typed, replace_previous: false };
    Step::run(operation, move |outcome, now| match outcome.result {
        Ok(decision) => Step::done(Restored::Licensed(Box::new(decision))),
        Err(error) if error.reason() == Some(Reason::ActivationLimit) => {
            devices(context, token, key.clone(), true).then(now, |devices, _| match devices {
                Ok(devices) => Step::done(Restored::NoSeat(Box::new(NoSeat { key, devices, error }))),
                // Returns the error of the activation. Even if the devices cannot be listed, the user must learn that
                // no seat is free.
                Err(_) => Step::failed(error),
            })
        }
        Err(error) => Step::failed(error),
    })
}

/// Activates the key that the license on this device already has, if the list contains it. Otherwise activates the only
/// key of the list. If the list has several keys, returns them so that the user can choose one.
fn activate_fitting(context: Context, token: Token, mut keys: Vec<LicenseKey>) -> Step<Restored> {
    if let Some(at) = keys.iter().position(LicenseKey::is_here) {
        return activate(context, token, keys.swap_remove(at));
    }
    match <[LicenseKey; 1]>::try_from(keys) {
        Ok([key]) => activate(context, token, key),
        Err(keys) => Step::done(Restored::Choose(keys)),
    }
}

/// The result of looking for usable keys among the keys of a customer.
enum Usable {
    /// At least one key can be used.
    Keys(Vec<LicenseKey>),
    /// According to this device's clock, which may be wrong, no key can be used. Contains the expired key with the
    /// latest expiry. Polar lists expired keys as granted, so the list does not show whether the key has really
    /// expired.
    PerhapsExpired(LicenseKey),
    /// No key can be used. Contains the reason for the first key, or `None` if there is no key at all.
    None(Option<Reason>),
}

/// Finds out which of these keys can be used. The keys must be sorted with the best one first.
fn usable(mut keys: Vec<LicenseKey>) -> Usable {
    if let Some(at) = keys.iter().position(|key| key.status() == KeyStatus::Expired)
        && keys.iter().all(|key| key.status().reason().is_some())
    {
        return Usable::PerhapsExpired(keys.swap_remove(at));
    }
    let reason = keys.first().and_then(|key| key.status().reason());
    keys.retain(|key| key.status().reason().is_none());
    if keys.is_empty() { Usable::None(reason) } else { Usable::Keys(keys) }
}

fn no_key(context: &Context, reason: Option<Reason>) -> Error {
    let texts = context.texts();
    let Some(reason) = reason else {
        let message = texts.get(Text::NoKeyBought).to_owned();
        let detail = "the customer has no license key of this organization and of a benefit that the app accepts";
        return Error::refused(texts, Reason::NotFound).with_texts(message, detail.to_owned());
    };
    Error::refused(texts, reason)
}

/// Returns the error for a key that Polar has not granted in time. If Polar's last answer listed grants without a key,
/// `unread` is the member that was missing from the last grant.
fn key_is_late(context: &Context, unread: Option<Field>) -> Error {
    let seen = unread.map(|field| format!("; in its answer, {field}")).unwrap_or_default();
    let detail = format!("Polar has not granted the license key within 5 minutes{seen}");
    context.error_saying(Text::KeyLate, ErrorKind::Timeout, &detail)
}

impl Waiting {
    /// Waits, and then continues with `next`. After the deadline, ends with `error` instead.
    fn again(
        mut self,
        context: Context,
        error: Error,
        now: Now,
        next: impl FnOnce(Context, Self, Now) -> Step<Restored> + Send + 'static,
    ) -> Step<Restored> {
        match self.next(error.retry_after(), now) {
            Some((until, progress)) => {
                Step::wait(until, progress, context.texts().clone(), move |now| next(context, self, now))
            }
            None => Step::failed(error),
        }
    }
}
