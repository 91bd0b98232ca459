//! What a merchant or customer does at polar.sh: selling, revoking, rotating keys; and looking at them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::json::{Json, Object};
use crate::state::State;
use crate::time::Timestamp;
use crate::world::{License, Seat, Status};

/// A key to be sold: [`MockPolar::add_key`](crate::MockPolar::add_key).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    benefit: String,
    key: Option<String>,
    prefix: Option<String>,
    #[serde(default)]
    status: Status,
    limit_activations: Option<u32>,
    limit_usage: Option<u32>,
    expires_at: Option<Timestamp>,
    expires_in_seconds: Option<u64>,
}

impl NewKey {
    /// A key of this benefit (name or id), without limits, that never expires.
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
        }
    }

    /// The key itself. Without it: a random one in Polar's form.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The prefix of a random key: `MYAPP` gives `MYAPP-3D2F…`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// How many devices may be activated.
    #[must_use]
    pub fn limit_activations(mut self, devices: u32) -> Self {
        self.limit_activations = Some(devices);
        self
    }

    /// How often it may be used.
    #[must_use]
    pub fn limit_usage(mut self, uses: u32) -> Self {
        self.limit_usage = Some(uses);
        self
    }

    /// When it ends, by the server's clock.
    #[must_use]
    pub fn expires_at(mut self, at: Timestamp) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// How long after being added it ends, by the server's clock.
    #[must_use]
    pub fn expires_in(mut self, after: Duration) -> Self {
        self.expires_in_seconds = Some(after.as_secs());
        self
    }

    /// Another status than granted.
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
    /// The key itself.
    pub key: String,
    /// Polar's id of it.
    pub id: String,
    /// The organization that sold it.
    pub organization_id: String,
    /// The benefit's name; its id if it has none.
    pub benefit: String,
    /// The benefit's id.
    pub benefit_id: String,
    /// The customer who bought it.
    pub customer_id: String,
    /// Whether it is good.
    pub status: Status,
    /// How many devices may be activated; any other key needs no activation.
    pub limit_activations: Option<u32>,
    /// How often it may be used.
    pub limit_usage: Option<u32>,
    /// How often it was used.
    pub usage: i32,
    /// How often it was validated with success.
    pub validations: u32,
    /// When that was the last time.
    pub last_validated_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The devices that are activated.
    pub activations: Vec<Activation>,
}

/// A device that takes a seat of a key.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Activation {
    /// Polar's id of it.
    pub id: String,
    /// The name that the device gave itself.
    pub label: String,
    /// What the device must send with every validation.
    pub conditions: Value,
    /// What else the device said about itself.
    pub meta: Value,
    /// When it was activated.
    pub created_at: Timestamp,
}

impl Activation {
    fn of(seat: &Seat) -> Self {
        let value = |object: &Object| Json::Object(object.clone()).to_value();
        Self {
            id: seat.id.to_string(),
            label: seat.label.clone(),
            conditions: value(&seat.conditions),
            meta: value(&seat.meta),
            created_at: seat.created_at,
        }
    }
}

impl State {
    /// Returns the key, or what is wrong with the order.
    pub(crate) fn sell(&mut self, new: NewKey) -> Result<String, String> {
        let benefit = self.world.benefit(&new.benefit).ok_or_else(|| {
            format!("there is no benefit `{}`; use one of {}", new.benefit, self.world.benefit_names())
        })?;
        let key = match (new.key, new.prefix) {
            (Some(key), _) => key,
            (None, prefix) => random_key(&prefix.map(|prefix| format!("{prefix}-")).unwrap_or_default()),
        };
        if self.world.license(&key).is_some() {
            return Err(format!("there is a key `{key}` already"));
        }
        let customer = self.world.customers.first().map(|customer| customer.id);
        let now = self.now();
        let expires_in = new.expires_in_seconds.map(|seconds| now + Duration::from_secs(seconds));
        self.world.licenses.push(License {
            key: key.clone(),
            organization: self.world.organization,
            benefit,
            customer: customer.unwrap_or_default(),
            status: new.status,
            limit_activations: new.limit_activations,
            limit_usage: new.limit_usage,
            expires_at: new.expires_at.or(expires_in),
            created_at: now,
            ..License::blank()
        });
        Ok(key)
    }

    pub(crate) fn info(&self, key: &str) -> Option<KeyInfo> {
        self.world.license(key).map(|license| self.describe(license))
    }

    pub(crate) fn keys(&self) -> Vec<KeyInfo> {
        let present = self.world.licenses.iter().filter(|license| !license.deleted);
        present.map(|license| self.describe(license)).collect()
    }

    /// Changes a key as the merchant does; `false` if there is none.
    pub(crate) fn change(&mut self, key: &str, change: impl FnOnce(&mut License)) -> bool {
        let now = self.now();
        let Some(license) = self.world.license_mut(key) else {
            return false;
        };
        change(license);
        license.modified_at = Some(now);
        true
    }

    /// Gives a key a new string under the same prefix; activations stay.
    pub(crate) fn rotate(&mut self, key: &str) -> Option<String> {
        let prefix = key.len().checked_sub(36).and_then(|at| key.split_at_checked(at));
        let prefix = prefix.filter(|(_, uuid)| Uuid::parse_str(uuid).is_ok()).map_or("", |(prefix, _)| prefix);
        let fresh = random_key(prefix);
        self.change(key, |license| license.key.clone_from(&fresh)).then_some(fresh)
    }

    fn describe(&self, license: &License) -> KeyInfo {
        let benefit = self.world.benefits.iter().find(|benefit| benefit.id == license.benefit);
        KeyInfo {
            key: license.key.clone(),
            id: license.id.to_string(),
            organization_id: license.organization.to_string(),
            benefit: benefit.map_or_else(|| license.benefit.to_string(), |benefit| benefit.name.clone()),
            benefit_id: license.benefit.to_string(),
            customer_id: license.customer.to_string(),
            status: license.status,
            limit_activations: license.limit_activations,
            limit_usage: license.limit_usage,
            usage: license.usage,
            validations: license.validations,
            last_validated_at: license.last_validated_at,
            expires_at: license.expires_at,
            activations: self.world.seats_of(license.id).map(Activation::of).collect(),
        }
    }
}

fn random_key(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().to_string().to_uppercase())
}
