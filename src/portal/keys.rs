//! Lists the customer's keys and the devices of a key, and releases devices.
//!
//! ```text
//! list     page 1 ─► page 2 ─► … ─► the keys of this organization and of accepted benefits
//! devices  get the key ─► it has activations, or no limit ─► these devices
//!                      └► a limit, no activations ─► get the grants ─► the vendor shows devices ─► no devices
//!                                                                  └► the vendor hides them, or no answer ─► hidden
//! ```

use super::context::Context;
use super::device::{Device, Devices, HiddenDevices};
use super::license_key::LicenseKey;
use super::secret::Token;
use super::step::Step;
use super::wire;
use crate::codes::{Deactivated, ErrorKind, KeyStatus};
use crate::engine::{Operation, PortalOperation};
use crate::texts::Text;
use uuid::Uuid;

/// The highest number of pages that are read. No customer has as many keys as these pages hold.
const MOST_PAGES: u32 = 100;

/// Lists all keys of this organization that the app accepts, usable keys first.
pub fn list(context: Context, token: Token) -> Step<Vec<LicenseKey>> {
    list_from(context, token, 1, Vec::new())
}

/// Finds a key in the list of the customer's keys. A request for this key alone would also return all its devices, and
/// there may be any number of them.
pub(super) fn find(context: Context, token: Token, key: &LicenseKey) -> Step<Option<LicenseKey>> {
    find_from(context, token, (key.id, key.benefit_id()), 1)
}

fn find_from(context: Context, token: Token, wanted: (Uuid, Uuid), number: u32) -> Step<Option<LicenseKey>> {
    let (id, benefit) = wanted;
    Step::send(context.list_keys(&token, Some(benefit), number), move |answer, now| {
        match wire::keys_listed(&answer, &context, number, now.wall) {
            Ok(page) => match page.keys.into_iter().find(|key| key.id == id) {
                None if page.has_more && number < MOST_PAGES => {
                    find_from(context, token, wanted, number.saturating_add(1))
                }
                found => Step::done(found),
            },
            Err(refusal) => Step::failed(context.refused(refusal)),
        }
    })
}

fn list_from(context: Context, token: Token, number: u32, mut keys: Vec<LicenseKey>) -> Step<Vec<LicenseKey>> {
    Step::send(context.list_keys(&token, None, number), move |answer, now| {
        match wire::keys_listed(&answer, &context, number, now.wall) {
            Ok(page) => {
                keys.extend(page.keys.into_iter().filter(|key| context.accepts(key.benefit_id())));
                if page.has_more && number < MOST_PAGES {
                    return list_from(context, token, number.saturating_add(1), keys);
                }
                keys.sort_by_key(|key| (key.status() != KeyStatus::Granted, key.rank()));
                Step::done(keys)
            }
            Err(refusal) => Step::failed(context.refused(refusal)),
        }
    })
}

/// Lists the devices of a key. `is_full` is `true` if all seats of the key are known to be taken.
pub fn devices(context: Context, token: Token, key: LicenseKey, is_full: bool) -> Step<Devices> {
    Step::send(context.get_key(&token, key.id), move |answer, now| {
        match wire::key_read(&answer, &context, key.id, now.wall) {
            Ok((_, devices)) if !devices.is_empty() || key.limit_activations().is_none() => {
                Step::done(Devices::Listed(devices))
            }
            Ok(_) => none_listed(context, token, key, is_full),
            Err(refusal) => Step::failed(context.refused(refusal)),
        }
    })
}

/// Handles a reply without any device of the key. Finds out from the customer's grants whether the vendor shows devices
/// at all, and on which page the customer manages purchases.
fn none_listed(context: Context, token: Token, key: LicenseKey, is_full: bool) -> Step<Devices> {
    let has_seat_here = context.is_here(key.id, &key.key) && context.seat.is_some();
    Step::send(context.grant_of_benefit(&token, key.benefit_id()), move |answer, _| {
        let hidden = |text, is_certain, page| {
            let message = context.texts().get(text).to_owned();
            Step::done(Devices::Hidden(HiddenDevices { is_certain, page, message }))
        };
        if !is_full && wire::shows_devices(&answer, key.benefit_id()) {
            return hidden(Text::NoDevices, false, None);
        }
        let page = wire::slug_of_grant(&answer, &context).map(|slug| format!("{}/{slug}/portal", context.pages()));
        if is_full || has_seat_here {
            return hidden(Text::DevicesHidden, true, page);
        }
        hidden(Text::DevicesUnknown, false, page)
    })
}

/// Releases the seat of a device.
pub fn release(context: Context, key: &LicenseKey, device: &Device) -> Step<Deactivated> {
    let (activation_id, marker) = (device.activation_id, device.marker.clone());
    let operation = PortalOperation::Release { key: key.key.clone(), activation_id, marker };
    Step::run(Operation::Portal(operation), move |outcome, _| match (outcome.result, outcome.deactivated) {
        (Err(error), _) if error.maybe_applied() => {
            let detail = "the device may have been released all the same: list the devices again";
            Step::failed(context.also(error, Text::MaybeReleased, detail))
        }
        (Err(error), _) => Step::failed(error),
        (Ok(_), Some(deactivated)) => Step::done(deactivated),
        (Ok(_), None) => {
            let detail = "the release ended without the outcome for the seat";
            Step::failed(context.error(ErrorKind::Internal, detail))
        }
    })
}
