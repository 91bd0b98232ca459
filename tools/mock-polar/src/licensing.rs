//! What Polar's license endpoints do with its database. Never reads the clock: `now` is an argument.

use serde::Serialize;
use uuid::Uuid;

use crate::body::{Activate, Deactivate, Validate};
use crate::database::Database;
use crate::json;
use crate::licenses::{HeldLicenseView, License, Seat, SeatView, Status};
use crate::pydantic::Text;
use crate::reply::Reply;
use crate::sold::SoldView;
use crate::timestamp::Timestamp;
use crate::versions::ApiVersion;

impl Database {
    /// The checks in Polar's order: status, expiry, activation, conditions, benefit, customer, usage.
    pub(crate) fn validate(&mut self, request: &Validate, version: ApiVersion, now: Timestamp) -> Result<Reply, Reply> {
        let license = self.find(&request.key, request.organization)?;
        if license.status != Status::Granted {
            return Err(Reply::not_found("License key is no longer active."));
        }
        if license.is_expired(now) {
            return Err(Reply::not_found("License key has expired."));
        }
        let seat = match request.activation {
            None => None,
            Some(id) => match self.seat(license.id, id) {
                None => return Err(Reply::not_found("Not found")),
                Some(seat)
                    if !seat.conditions.is_empty() && !json::objects_equal(&seat.conditions, &request.conditions) =>
                {
                    return Err(Reply::not_found("License key does not match required conditions"));
                }
                Some(seat) => Some(seat.clone()),
            },
        };
        if request.benefit.is_some_and(|benefit| benefit != license.benefit) {
            return Err(Reply::not_found("License key does not match given benefit."));
        }
        if request.customer.is_some_and(|customer| customer != license.customer) {
            return Err(Reply::not_found("License key does not match given user."));
        }
        let increment = request.increment.unwrap_or(0);
        if let (1.., Some(limit @ 1..)) = (increment, license.limit_usage) {
            let remaining = i64::from(limit) - i64::from(license.usage);
            if increment > i128::from(remaining) {
                return Err(Reply::error(400, "BadRequest", &format!("License key only has {remaining} more usages.")));
            }
        }
        // The column has 32 bits; the database rejects a larger value, and the whole request fails.
        let Ok(usage) = i32::try_from(increment.saturating_add(i128::from(license.usage))) else {
            return Err(Reply::internal_error());
        };
        let id = license.id;
        let Some(license) = self.licenses.iter_mut().find(|license| license.id == id) else {
            return Err(Reply::internal_error());
        };
        license.usage = usage;
        license.validations = license.validations.saturating_add(1);
        license.last_validated_at = Some(now);
        license.modified_at = Some(now);
        let license = license.clone();
        let activation = seat.as_ref().map(|seat| SeatView::of(seat, None));
        let sold = (version >= ApiVersion::V2027_01)
            .then(|| SoldView::of(license.subscription.as_ref(), license.order.as_ref()));
        Ok(Reply::json(200, &Validated { license: self.held_license_view(&license, version), sold, activation }))
    }

    pub(crate) fn activate(&mut self, request: &Activate, version: ApiVersion, now: Timestamp) -> Result<Reply, Reply> {
        let license = self.find(&request.key, request.organization)?;
        if license.status != Status::Granted {
            return Err(Reply::not_permitted(
                "License key is no longer active. This license key can not be activated.",
            ));
        }
        if license.is_expired(now) {
            return Err(Reply::not_permitted("License key has expired."));
        }
        let Some(limit @ 1..) = license.limit_activations else {
            return Err(Reply::not_permitted(
                "This license key does not support activations. \
                 Use the /validate endpoint instead to check license validity.",
            ));
        };
        if self.seats_of(license.id).count() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Reply::not_permitted("License key activation limit already reached"));
        }
        // The columns are JSON, which has neither NaN nor infinity.
        if request.conditions.values().chain(request.meta.values()).any(|value| !value.is_writable()) {
            return Err(Reply::internal_error());
        }
        let seat = Seat {
            id: Uuid::new_v4(),
            license: license.id,
            label: request.label.get()?.to_owned(),
            conditions: request.conditions.clone(),
            meta: request.meta.clone(),
            created_at: now,
            modified_at: None,
            deleted: false,
        };
        // It shows what was sent, not what a later reply shows of what was stored.
        let reply = Reply::json(200, &SeatView::of(&seat, Some(self.held_license_view(license, version))));
        let (conditions, meta) = (json::stored(&seat.conditions), json::stored(&seat.meta));
        self.seats.push(Seat { conditions, meta, ..seat });
        Ok(reply)
    }

    /// Checks nothing but the activation: works on revoked, disabled and expired keys too.
    pub(crate) fn deactivate(&mut self, request: &Deactivate, now: Timestamp) -> Result<Reply, Reply> {
        let license = self.find(&request.key, request.organization)?.id;
        let seat = |seat: &&mut Seat| seat.license == license && seat.id == request.activation && !seat.deleted;
        let seat = self.seats.iter_mut().find(seat).ok_or_else(|| Reply::not_found("Not found"))?;
        seat.deleted = true;
        seat.modified_at = Some(now);
        Ok(Reply::no_content())
    }

    fn find(&self, key: &Text, organization: Uuid) -> Result<&License, Reply> {
        let key = key.get()?;
        let is_meant =
            |license: &&License| license.key == key && license.organization == organization && !license.deleted;
        self.licenses.iter().find(is_meant).ok_or_else(|| Reply::not_found("Not found"))
    }
}

#[derive(Serialize)]
struct Validated<'a> {
    #[serde(flatten)]
    license: HeldLicenseView<'a>,
    #[serde(flatten)]
    sold: Option<SoldView<'a>>,
    activation: Option<SeatView<'a>>,
}
