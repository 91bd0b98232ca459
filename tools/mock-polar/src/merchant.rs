//! The actions of a merchant or a customer on polar.sh: issuing, changing, rotating and viewing keys.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::customers::{Customer, Member};
use crate::licenses::{License, Seat, ShownStatus, Status, random_key};
use crate::sold::{KeyOrder, KeySubscription};
use crate::state::State;
use crate::timestamp::Timestamp;

/// The description of a key that [`MockPolar::add_key`](crate::MockPolar::add_key) issues.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(description = "A license key"))]
pub struct NewKey {
    /// The name or the id of the benefit.
    benefit: String,
    /// The text of the key. Default: a random key.
    key: Option<String>,
    /// The prefix of a random key.
    prefix: Option<String>,
    #[serde(default)]
    status: Status,
    /// The number of devices on which a key may be activated at the same time. Default: the key needs no activation.
    limit_activations: Option<u32>,
    limit_usage: Option<u32>,
    /// The time, by the server's clock, when the key expires, such as `2099-01-01T00:00:00Z`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    expires_at: Option<Timestamp>,
    expires_in_seconds: Option<u64>,
    /// The subscription through which the key was sold, such as `{"status": "past_due"}`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Map<String, Value>>"))]
    subscription: Option<KeySubscription>,
    /// The order through which the key was sold, such as `{"status": "paid"}`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Map<String, Value>>"))]
    order: Option<KeyOrder>,
    /// The e-mail address of the customer who gets the key.
    email: Option<String>,
}

impl NewKey {
    /// Describes a key for the benefit with this name or id. Without further calls, the key has no limits and never
    /// expires.
    pub fn new(benefit: impl Into<String>) -> Self {
        Self {
            benefit: benefit.into(),
            key: None,
            prefix: None,
            status: Status::Granted,
            limit_activations: None,
            limit_usage: None,
            expires_at: None,
            expires_in_seconds: None,
            subscription: None,
            order: None,
            email: None,
        }
    }

    /// Sets the text of the key. Default: a random key in the form of Polar's keys.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the prefix of a random key: `MYAPP` gives `MYAPP-3D2F…`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets the number of devices on which the key may be activated at the same time.
    #[must_use]
    pub fn limit_activations(mut self, devices: u32) -> Self {
        self.limit_activations = Some(devices);
        self
    }

    /// Sets the usage limit.
    #[must_use]
    pub fn limit_usage(mut self, uses: u32) -> Self {
        self.limit_usage = Some(uses);
        self
    }

    /// Sets the time when the key expires. The server's clock decides whether that time has come.
    #[must_use]
    pub fn expires_at(mut self, at: Timestamp) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// Sets the lifetime of the key. The lifetime begins when the key is added, and is measured by the server's clock.
    #[must_use]
    pub fn expires_in(mut self, after: Duration) -> Self {
        self.expires_in_seconds = Some(after.as_secs());
        self
    }

    /// Sets the subscription through which the key was sold.
    #[must_use]
    pub fn subscription(mut self, subscription: KeySubscription) -> Self {
        self.subscription = Some(subscription);
        self
    }

    /// Sets the order through which the key was sold.
    #[must_use]
    pub fn order(mut self, order: KeyOrder) -> Self {
        self.order = Some(order);
        self
    }

    /// Sets the e-mail address of the customer or the member who gets the key. If nobody has this address yet, the
    /// server adds a customer who has it. Without this call, the organization's first customer gets the key.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Sets the status. Default: granted.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }
}

/// A key as the merchant sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The key's own text.
    pub key: String,
    /// Polar's id of the key.
    pub id: String,
    /// The id of the organization that issued the key.
    pub organization_id: String,
    /// The benefit's name, or its id if it has no name.
    pub benefit: String,
    /// The benefit's id.
    pub benefit_id: String,
    /// The id of the customer who has the key.
    pub customer_id: String,
    /// The status that the merchant has set.
    pub status: Status,
    /// The status at the server's current time. It differs from `status` if a granted key has expired.
    pub shown_status: ShownStatus,
    /// The number of devices on which a key may be activated at the same time. `None` if the key needs no activation.
    pub limit_activations: Option<u32>,
    /// The usage limit. `None` if the key has none.
    pub limit_usage: Option<u32>,
    /// The number of uses that Polar has counted.
    pub usage: i32,
    /// The number of successful validations.
    pub validations: u32,
    /// The time of the last successful validation.
    pub last_validated_at: Option<Timestamp>,
    /// The time when the key expires. `None` if it never expires.
    pub expires_at: Option<Timestamp>,
    /// The subscription through which the key was sold.
    pub subscription: Option<KeySubscription>,
    /// The order through which the key was sold.
    pub order: Option<KeyOrder>,
    /// The devices that are activated.
    pub activations: Vec<Activation>,
}

/// A device that occupies a seat of a key.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Activation {
    /// Polar's id of the activation.
    pub id: String,
    /// The name that the device sent.
    pub label: String,
    /// The conditions that the device must send with every validation.
    pub conditions: Value,
    /// Other data that the device sent.
    pub meta: Value,
    /// The time of the activation.
    pub created_at: Timestamp,
}

impl Activation {
    fn of(seat: &Seat) -> Self {
        Self {
            id: seat.id.to_string(),
            label: seat.label.clone(),
            conditions: seat.conditions.clone().into(),
            meta: seat.meta.clone().into(),
            created_at: seat.created_at,
        }
    }
}

impl State {
    /// Returns every string in Polar's replies that identifies a customer or a member.
    pub(crate) fn personal_data(&self) -> Vec<String> {
        let of_member = |member: &Member| [Some(member.email.clone()), member.name.clone()];
        let members = self.database.members.iter().flat_map(of_member).flatten();
        self.database.customers.iter().flat_map(Customer::personal_data).chain(members).collect()
    }

    /// Issues a key and returns it. The error says why the key cannot be issued.
    pub(crate) fn issue_key(&mut self, new: NewKey) -> Result<String, String> {
        let benefit = self.database.benefit(&new.benefit).ok_or_else(|| {
            format!("there is no benefit `{}`; use one of {}", new.benefit, self.database.benefit_names())
        })?;
        let key = match (new.key, new.prefix) {
            (Some(key), _) => key,
            (None, prefix) => random_key(&prefix.map(|prefix| format!("{prefix}-")).unwrap_or_default()),
        };
        if self.database.license(&key).is_some() {
            return Err(format!("the key `{key}` already exists"));
        }
        let now = self.now();
        let organization = self.database.benefit_by_id(benefit).map(|benefit| benefit.organization);
        let organization = organization.unwrap_or(self.database.organization);
        let (customer, member) = self.owner(organization, new.email.as_deref());
        let expires_in = new.expires_in_seconds.map(|seconds| now + Duration::from_secs(seconds));
        self.database.licenses.push(License {
            key: key.clone(),
            organization,
            benefit,
            customer,
            member,
            status: new.status,
            limit_activations: new.limit_activations,
            limit_usage: new.limit_usage,
            expires_at: new.expires_at.or(expires_in),
            subscription: new.subscription,
            order: new.order,
            created_at: now,
            ..License::blank()
        });
        Ok(key)
    }

    pub(crate) fn key(&self, key: &str) -> Option<KeyInfo> {
        self.database.license(key).map(|license| self.describe(license))
    }

    pub(crate) fn keys(&self) -> Vec<KeyInfo> {
        let present = self.database.licenses.iter().filter(|license| !license.deleted);
        present.map(|license| self.describe(license)).collect()
    }

    /// Changes a key as the merchant does. Returns `false` if the key does not exist.
    pub(crate) fn change_key(&mut self, key: &str, change: impl FnOnce(&mut License)) -> bool {
        let now = self.now();
        let Some(license) = self.database.license_mut(key) else {
            return false;
        };
        change(license);
        license.modified_at = Some(now);
        true
    }

    /// Replaces a key with a new one that has the same prefix, and returns the new key. Activations remain.
    pub(crate) fn rotate_key(&mut self, key: &str) -> Option<String> {
        let now = self.now();
        let license = self.database.license_mut(key)?;
        license.rotate(now);
        Some(license.key.clone())
    }

    /// Returns the ids of the customer and the member who get a new key. Without an `email`, returns the organization's
    /// first customer and no member. If nobody has the address `email`, adds a customer who has it.
    fn owner(&mut self, organization: Uuid, email: Option<&str>) -> (Uuid, Option<Uuid>) {
        let Some(email) = email else {
            let mut customers = self.database.customers.iter();
            let first = customers.find(|customer| customer.organization == organization);
            return (first.map(|customer| customer.id).unwrap_or_default(), None);
        };
        let is_of = |id| self.database.customer(id).is_some_and(|customer| customer.organization == organization);
        let mut members = self.database.members.iter();
        if let Some(member) = members.find(|m| m.email.eq_ignore_ascii_case(email) && is_of(m.customer)) {
            return (member.customer, Some(member.id));
        }
        if let Some(customer) = self.database.customer_by_email(email, organization) {
            return (customer.id, None);
        }
        let customer = Customer::new(organization, email, self.now());
        let id = customer.id;
        self.database.customers.push(customer);
        (id, None)
    }

    fn describe(&self, license: &License) -> KeyInfo {
        let benefit = self.database.benefits.iter().find(|benefit| benefit.id == license.benefit);
        KeyInfo {
            key: license.key.clone(),
            id: license.id.to_string(),
            organization_id: license.organization.to_string(),
            benefit: benefit.map_or_else(|| license.benefit.to_string(), |benefit| benefit.name.clone()),
            benefit_id: license.benefit.to_string(),
            customer_id: license.customer.to_string(),
            status: license.status,
            shown_status: license.shown_status(self.now()),
            limit_activations: license.limit_activations,
            limit_usage: license.limit_usage,
            usage: license.usage,
            validations: license.validations,
            last_validated_at: license.last_validated_at,
            expires_at: license.expires_at,
            subscription: license.subscription.clone(),
            order: license.order.clone(),
            activations: self.database.seats_of(license.id).map(Activation::of).collect(),
        }
    }
}
