//! The customer's keys: lists the keys, shows a key with its activations, and rotates a key.

use serde::Serialize;

use super::call::Call;
use crate::database::Database;
use crate::licenses::{License, LicenseView, SeatView, Status};
use crate::query::Query;
use crate::reply::Reply;
use crate::state::State;

/// Lists all keys, unmasked and oldest first, without their activations.
pub(crate) fn list(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    call.customer(state)?;
    let mut query = Query::read(call.request);
    let (page, benefit) = (query.page(), query.uuid("benefit_id"));
    query.check()?;
    let database = &state.database;
    let shown = database.licenses.iter().filter(|license| is_shown(license, call));
    let shown = shown.filter(|license| benefit.is_none_or(|benefit| license.benefit == benefit));
    let views: Vec<LicenseView> = shown.map(|license| database.license_view(license)).collect();
    Ok(page.of(&views))
}

/// Shows one key. The reply contains the key's activations, unless the vendor hides them.
pub(crate) fn get(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    #[derive(Serialize)]
    struct WithActivations<'a> {
        #[serde(flatten)]
        license: LicenseView<'a>,
        activations: Vec<SeatView<'a>>,
    }
    let license = find(&state.database, call)?;
    let benefit = state.database.benefit_by_id(license.benefit);
    let are_shown = benefit.and_then(|benefit| benefit.activations).is_some_and(|rules| rules.enable_customer_admin);
    let seats = state.database.seats_of(license.id).filter(|_| are_shown);
    let activations = seats.map(|seat| SeatView::of(seat, None)).collect();
    Ok(Reply::json(200, &WithActivations { license: state.database.license_view(license), activations }))
}

/// Replaces the key with a new one. From then on, Polar treats the old key as unknown, even on devices that were
/// activated with the old key.
pub(crate) fn rotate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let license = find(&state.database, call)?;
    let id = license.id;
    match license.status {
        Status::Granted | Status::Disabled => {}
        Status::Revoked => {
            let detail = "License key cannot be rotated in its current status. \
                          Current status: revoked. Allowed statuses: disabled, granted.";
            return Err(Reply::error(400, "RotateNotPermitted", detail));
        }
    }
    for license in state.database.licenses.iter_mut().filter(|license| license.id == id) {
        license.rotate(call.now);
    }
    for grant in state.database.grants.iter_mut().filter(|grant| grant.license == id) {
        grant.modified_at = Some(call.now);
    }
    let license = find(&state.database, call)?;
    Ok(Reply::json(200, &state.database.license_view(license)))
}

fn find<'a>(database: &'a Database, call: &Call) -> Result<&'a License, Reply> {
    // A token that does not belong to a customer is refused before the path is examined.
    if !call.is_of_customer() {
        return Err(Reply::unauthorized());
    }
    let id = call.id("id")?;
    let mut licenses = database.licenses.iter();
    licenses.find(|license| license.id == id && is_shown(license, call)).ok_or_else(|| Reply::not_found("Not found"))
}

fn is_shown(license: &License, call: &Call) -> bool {
    !license.deleted && call.sees(license.customer, license.member)
}
