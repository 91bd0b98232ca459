//! What Polar's database holds, and what its license endpoints do with it. Never reads the clock: `now` is an argument.

use serde::Serialize;
use uuid::Uuid;

use crate::check::{Activate, Deactivate, Validate};
use crate::json::{self, Object};
use crate::people::Customer;
use crate::reply::Reply;
use crate::time::Timestamp;

/// The state of a license key as the merchant set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The key is good.
    #[default]
    Granted,
    /// The benefit was taken back: a refund, the end of a subscription.
    Revoked,
    /// The merchant switched the key off.
    Disabled,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    /// The organization that a test means when it names none.
    pub(crate) organization: Uuid,
    pub(crate) benefits: Vec<Benefit>,
    pub(crate) customers: Vec<Customer>,
    pub(crate) licenses: Vec<License>,
    pub(crate) seats: Vec<Seat>,
}

#[derive(Clone, Debug)]
pub(crate) struct Benefit {
    pub(crate) name: String,
    pub(crate) id: Uuid,
}

#[derive(Clone, Debug)]
pub(crate) struct License {
    pub(crate) id: Uuid,
    pub(crate) key: String,
    pub(crate) organization: Uuid,
    pub(crate) benefit: Uuid,
    pub(crate) customer: Uuid,
    pub(crate) status: Status,
    pub(crate) limit_activations: Option<u32>,
    pub(crate) limit_usage: Option<u32>,
    pub(crate) usage: i32,
    pub(crate) validations: u32,
    pub(crate) last_validated_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Option<Timestamp>,
    pub(crate) deleted: bool,
}

/// An activation: the place that a device takes.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) id: Uuid,
    pub(crate) license: Uuid,
    pub(crate) label: String,
    pub(crate) conditions: Object,
    pub(crate) meta: Object,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Option<Timestamp>,
    pub(crate) deleted: bool,
}

impl World {
    /// The checks in Polar's order: status, expiry, activation, conditions, benefit, customer, usage.
    pub(crate) fn validate(&mut self, ask: &Validate, now: Timestamp) -> Reply {
        let Some(license) = self.find(&ask.key, ask.organization) else {
            return Reply::not_found("Not found");
        };
        if license.status != Status::Granted {
            return Reply::not_found("License key is no longer active.");
        }
        if license.is_expired(now) {
            return Reply::not_found("License key has expired.");
        }
        let seat = match ask.activation {
            None => None,
            Some(id) => match self.seat(license.id, id) {
                None => return Reply::not_found("Not found"),
                Some(seat) if !seat.conditions.is_empty() && !json::same(&seat.conditions, &ask.conditions) => {
                    return Reply::not_found("License key does not match required conditions");
                }
                Some(seat) => Some(seat.clone()),
            },
        };
        if ask.benefit.is_some_and(|benefit| benefit != license.benefit) {
            return Reply::not_found("License key does not match given benefit.");
        }
        if ask.customer.is_some_and(|customer| customer != license.customer) {
            return Reply::not_found("License key does not match given user.");
        }
        let increment = ask.increment.unwrap_or(0);
        if let (1.., Some(limit @ 1..)) = (increment, license.limit_usage) {
            let remaining = i64::from(limit) - i64::from(license.usage);
            if increment > i128::from(remaining) {
                return Reply::error(400, "BadRequest", &format!("License key only has {remaining} more usages."));
            }
        }
        // The column has 32 bits; past them the database refuses and the whole request fails.
        let Ok(usage) = i32::try_from(increment.saturating_add(i128::from(license.usage))) else {
            return Reply::crash();
        };
        let id = license.id;
        let Some(license) = self.licenses.iter_mut().find(|license| license.id == id) else {
            return Reply::crash();
        };
        license.usage = usage;
        license.validations = license.validations.saturating_add(1);
        license.last_validated_at = Some(now);
        license.modified_at = Some(now);
        let license = license.clone();
        Reply::json(
            200,
            &Validated { license: self.view(&license), activation: seat.as_ref().map(|seat| SeatView::of(seat, None)) },
        )
    }

    pub(crate) fn activate(&mut self, ask: &Activate, now: Timestamp) -> Reply {
        let Some(license) = self.find(&ask.key, ask.organization) else {
            return Reply::not_found("Not found");
        };
        if license.status != Status::Granted {
            return Reply::not_permitted("License key is no longer active. This license key can not be activated.");
        }
        if license.is_expired(now) {
            return Reply::not_permitted("License key has expired.");
        }
        let Some(limit @ 1..) = license.limit_activations else {
            return Reply::not_permitted(
                "This license key does not support activations. \
                 Use the /validate endpoint instead to check license validity.",
            );
        };
        if self.seats_of(license.id).count() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Reply::not_permitted("License key activation limit already reached");
        }
        // The columns are JSON, which has no NaN and no infinity.
        if ask.conditions.iter().chain(&ask.meta).any(|(_, value)| !value.is_writable()) {
            return Reply::crash();
        }
        let store = |object: &Object| object.iter().map(|(name, value)| (name.clone(), value.stored())).collect();
        let seat = Seat {
            id: Uuid::new_v4(),
            license: license.id,
            label: ask.label.clone(),
            conditions: store(&ask.conditions),
            meta: store(&ask.meta),
            created_at: now,
            modified_at: None,
            deleted: false,
        };
        let reply = Reply::json(200, &SeatView::of(&seat, Some(self.view(license))));
        self.seats.push(seat);
        reply
    }

    /// Looks at nothing but the activation: works on revoked, disabled and expired keys too.
    pub(crate) fn deactivate(&mut self, ask: &Deactivate, now: Timestamp) -> Reply {
        let license = self.find(&ask.key, ask.organization).map(|license| license.id);
        let seat = |seat: &&mut Seat| Some(seat.license) == license && seat.id == ask.activation && !seat.deleted;
        match self.seats.iter_mut().find(seat) {
            None => Reply::not_found("Not found"),
            Some(seat) => {
                seat.deleted = true;
                seat.modified_at = Some(now);
                Reply::no_content()
            }
        }
    }

    /// The key as the merchant sees it, whatever its organization.
    pub(crate) fn license_mut(&mut self, key: &str) -> Option<&mut License> {
        self.licenses.iter_mut().find(|license| license.key == key && !license.deleted)
    }

    pub(crate) fn license(&self, key: &str) -> Option<&License> {
        self.licenses.iter().find(|license| license.key == key && !license.deleted)
    }

    pub(crate) fn seats_of(&self, license: Uuid) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.license == license && !seat.deleted)
    }

    pub(crate) fn remove_seat(&mut self, id: &str) -> bool {
        let seat = Uuid::parse_str(id).ok();
        match self.seats.iter_mut().find(|known| Some(known.id) == seat && !known.deleted) {
            Some(seat) => {
                seat.deleted = true;
                true
            }
            None => false,
        }
    }

    pub(crate) fn benefit(&self, name: &str) -> Option<Uuid> {
        let by_name = self.benefits.iter().find(|benefit| benefit.name == name);
        by_name
            .or_else(|| self.benefits.iter().find(|benefit| benefit.id.to_string() == name))
            .map(|benefit| benefit.id)
    }

    pub(crate) fn benefit_names(&self) -> String {
        let names: Vec<_> = self.benefits.iter().map(|benefit| format!("`{}`", benefit.name)).collect();
        names.join(", ")
    }

    fn find(&self, key: &str, organization: Uuid) -> Option<&License> {
        self.licenses
            .iter()
            .find(|license| license.key == key && license.organization == organization && !license.deleted)
    }

    fn seat(&self, license: Uuid, id: Uuid) -> Option<&Seat> {
        self.seats_of(license).find(|seat| seat.id == id)
    }

    fn view<'a>(&'a self, license: &'a License) -> LicenseView<'a> {
        let customer = self.customers.iter().find(|customer| customer.id == license.customer);
        LicenseView {
            id: license.id.to_string(),
            created_at: license.created_at,
            modified_at: license.modified_at,
            organization_id: license.organization.to_string(),
            user_id: license.customer.to_string(),
            customer_id: license.customer.to_string(),
            user: customer.map(Customer::user),
            customer: customer.map(|customer| customer.view(license.organization)),
            benefit_id: license.benefit.to_string(),
            key: &license.key,
            display_key: display(&license.key),
            status: license.status,
            limit_activations: license.limit_activations,
            usage: license.usage,
            limit_usage: license.limit_usage,
            validations: license.validations,
            last_validated_at: license.last_validated_at,
            expires_at: license.expires_at,
        }
    }
}

impl License {
    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }
}

/// The only form in which a key is shown to people.
pub(crate) fn display(key: &str) -> String {
    let skip = key.chars().count().saturating_sub(6);
    let last: String = key.chars().skip(skip).collect();
    format!("****-{last}")
}

#[derive(Serialize)]
struct Validated<'a> {
    #[serde(flatten)]
    license: LicenseView<'a>,
    activation: Option<SeatView<'a>>,
}

#[derive(Serialize)]
struct LicenseView<'a> {
    id: String,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
    organization_id: String,
    user_id: String,
    customer_id: String,
    user: Option<serde_json::Value>,
    customer: Option<serde_json::Value>,
    benefit_id: String,
    key: &'a str,
    display_key: String,
    status: Status,
    limit_activations: Option<u32>,
    usage: i32,
    limit_usage: Option<u32>,
    validations: u32,
    last_validated_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct SeatView<'a> {
    id: String,
    license_key_id: String,
    label: &'a str,
    #[serde(serialize_with = "json::as_map")]
    meta: &'a Object,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_key: Option<LicenseView<'a>>,
}

impl<'a> SeatView<'a> {
    fn of(seat: &'a Seat, license_key: Option<LicenseView<'a>>) -> Self {
        Self {
            id: seat.id.to_string(),
            license_key_id: seat.license.to_string(),
            label: &seat.label,
            meta: &seat.meta,
            created_at: seat.created_at,
            modified_at: seat.modified_at,
            license_key,
        }
    }
}
