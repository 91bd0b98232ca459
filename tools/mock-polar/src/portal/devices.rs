//! The three endpoints that require a license key and no token: validate, activate and deactivate.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::call::Call;
use crate::database::Database;
use crate::form::Form;
use crate::licenses::{HeldLicenseView, License, Seat, SeatView, Status};
use crate::reply::Reply;
use crate::sold::SoldView;
use crate::state::State;
use crate::versions::ApiVersion;

/// Answers a validation. Polar checks in this order: status, expiry, activation, conditions, benefit, customer, usage.
pub(crate) fn validate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let mut form = Form::of(call.request)?;
    let name = LicenseName::read(&mut form);
    let activation = form.optional_uuid("activation_id");
    let benefit = form.optional_uuid("benefit_id");
    let customer = form.optional_uuid("customer_id");
    let increment = form.count("increment_usage").unwrap_or(0);
    let conditions = form.flat_object("conditions");
    let database = &mut state.database;
    let license = find(database, name, &form)?;
    if license.status != Status::Granted {
        return Err(Reply::not_found("License key is no longer active."));
    }
    if license.is_expired(call.now) {
        return Err(Reply::not_found("License key has expired."));
    }
    let seat = activation.map(|id| held_seat(database, license, id, &conditions)).transpose()?.cloned();
    if benefit.is_some_and(|benefit| benefit != license.benefit) {
        return Err(Reply::not_found("License key does not match given benefit."));
    }
    if customer.is_some_and(|customer| customer != license.customer) {
        return Err(Reply::not_found("License key does not match given user."));
    }
    let usage = usage_after(license, increment)?;
    let id = license.id;
    for license in database.licenses.iter_mut().filter(|license| license.id == id) {
        license.usage = usage;
        license.validations = license.validations.saturating_add(1);
        license.last_validated_at = Some(call.now);
        license.modified_at = Some(call.now);
    }
    let license = database.license_by_id(id).ok_or_else(Reply::internal_error)?;
    let activation = seat.as_ref().map(|seat| SeatView::of(seat, None));
    let sold = (call.version >= ApiVersion::V2027_01)
        .then(|| SoldView::of(license.subscription.as_ref(), license.order.as_ref()));
    Ok(Reply::json(200, &Validated { license: database.held_license_view(license, call.version), sold, activation }))
}

pub(crate) fn activate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let mut form = Form::of(call.request)?;
    let name = LicenseName::read(&mut form);
    let label = form.string("label");
    let conditions = form.flat_object("conditions");
    let meta = form.flat_object("meta");
    let database = &mut state.database;
    let license = find(database, name, &form)?;
    if license.status != Status::Granted {
        return Err(Reply::not_permitted("License key is no longer active. This license key can not be activated."));
    }
    if license.is_expired(call.now) {
        return Err(Reply::not_permitted("License key has expired."));
    }
    let Some(limit @ 1..) = license.limit_activations else {
        let detail = "This license key does not support activations. \
                      Use the /validate endpoint instead to check license validity.";
        return Err(Reply::not_permitted(detail));
    };
    if database.seats_of(license.id).count() >= usize::try_from(limit).unwrap_or(usize::MAX) {
        return Err(Reply::not_permitted("License key activation limit already reached"));
    }
    let seat = Seat {
        id: Uuid::new_v4(),
        license: license.id,
        label: label.unwrap_or_default(),
        conditions,
        meta,
        created_at: call.now,
        modified_at: None,
        deleted: false,
    };
    let reply = Reply::json(200, &SeatView::of(&seat, Some(database.held_license_view(license, call.version))));
    database.seats.push(seat);
    Ok(reply)
}

/// Frees a seat. For this endpoint, Polar does not check the status of the key. So revoked, disabled and expired keys
/// are accepted too.
pub(crate) fn deactivate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let mut form = Form::of(call.request)?;
    let name = LicenseName::read(&mut form);
    let activation = form.uuid("activation_id");
    let license = find(&state.database, name, &form)?.id;
    let is_meant = |seat: &&mut Seat| seat.license == license && Some(seat.id) == activation && !seat.deleted;
    let seat = state.database.seats.iter_mut().find(is_meant).ok_or_else(|| Reply::not_found("Not found"))?;
    seat.deleted = true;
    seat.modified_at = Some(call.now);
    Ok(Reply::no_content())
}

/// The license that a request names. The bodies of validate, activate and deactivate all have these two fields.
struct LicenseName {
    key: Option<String>,
    organization: Option<Uuid>,
}

impl LicenseName {
    fn read(form: &mut Form) -> Self {
        Self { key: form.string("key"), organization: form.uuid("organization_id") }
    }
}

/// Returns the license that a request names. Returns an error if the form is not valid or the license does not exist.
fn find<'a>(database: &'a Database, name: LicenseName, form: &Form) -> Result<&'a License, Reply> {
    if !form.is_valid() {
        return Err(form.rejection());
    }
    let is_meant = |license: &&License| {
        Some(&license.key) == name.key.as_ref() && Some(license.organization) == name.organization && !license.deleted
    };
    database.licenses.iter().find(is_meant).ok_or_else(|| Reply::not_found("Not found"))
}

/// Returns the seat with this id. If the seat has conditions, the request must contain the same conditions.
fn held_seat<'a>(
    database: &'a Database,
    license: &License,
    id: Uuid,
    conditions: &Map<String, Value>,
) -> Result<&'a Seat, Reply> {
    let seat = database.seat(license.id, id).ok_or_else(|| Reply::not_found("Not found"))?;
    if seat.conditions.is_empty() || are_equal(&seat.conditions, conditions) {
        return Ok(seat);
    }
    Err(Reply::not_found("License key does not match required conditions"))
}

/// Returns `true` if two objects are equal. The order of their members does not matter.
fn are_equal(stored: &Map<String, Value>, sent: &Map<String, Value>) -> bool {
    let is_sent = |(name, value): (&String, &Value)| sent.get(name).is_some_and(|other| is_equal(value, other));
    stored.len() == sent.len() && stored.iter().all(is_sent)
}

/// Compares two values as Python does: `1 == 1.0 == True`, and a string equals only strings.
fn is_equal(stored: &Value, sent: &Value) -> bool {
    let number = |value: &Value| value.as_bool().map(f64::from).or_else(|| value.as_f64());
    match (number(stored), number(sent)) {
        (Some(stored), Some(sent)) => stored == sent,
        (None, None) => stored == sent,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn usage_after(license: &License, increment: i64) -> Result<i32, Reply> {
    let usage = i64::from(license.usage);
    if let (1.., Some(limit @ 1..)) = (increment, license.limit_usage) {
        let remaining = i64::from(limit).saturating_sub(usage);
        if increment > remaining {
            return Err(Reply::error(400, "BadRequest", &format!("License key only has {remaining} more usages.")));
        }
    }
    // The column in Polar's database has 32 bits. Polar fails if the number needs more.
    i32::try_from(usage.saturating_add(increment)).map_err(|_| Reply::internal_error())
}

#[derive(Serialize)]
struct Validated<'a> {
    #[serde(flatten)]
    license: HeldLicenseView<'a>,
    #[serde(flatten)]
    sold: Option<SoldView<'a>>,
    activation: Option<SeatView<'a>>,
}
