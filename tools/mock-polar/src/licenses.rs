//! License keys and activations, as Polar stores and shows them.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::customers::{Customer, Member};
use crate::sold::{KeyOrder, KeySubscription};
use crate::timestamp::Timestamp;

/// The state that the merchant has given to a license key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// The key is valid.
    #[default]
    Granted,
    /// The benefit was revoked, after a refund or at the end of a subscription.
    Revoked,
    /// The merchant disabled the key.
    Disabled,
}

/// The state of a key by the server's clock: whether the key can be used, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownStatus {
    /// The key can be used.
    Granted,
    /// The key was granted and has expired.
    Expired,
    /// The benefit was revoked.
    Revoked,
    /// The merchant disabled the key.
    Disabled,
}

impl fmt::Display for ShownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Granted => "granted",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Disabled => "disabled",
        })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct License {
    pub(crate) id: Uuid,
    pub(crate) key: String,
    pub(crate) organization: Uuid,
    pub(crate) benefit: Uuid,
    pub(crate) customer: Uuid,
    /// The member to whom the key was granted, if the customer is a team.
    pub(crate) member: Option<Uuid>,
    pub(crate) status: Status,
    pub(crate) limit_activations: Option<u32>,
    pub(crate) limit_usage: Option<u32>,
    pub(crate) usage: i32,
    pub(crate) validations: u32,
    pub(crate) last_validated_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) subscription: Option<KeySubscription>,
    pub(crate) order: Option<KeyOrder>,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Option<Timestamp>,
    pub(crate) deleted: bool,
}

/// An activation, which is the seat that one device occupies.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) id: Uuid,
    pub(crate) license: Uuid,
    pub(crate) label: String,
    pub(crate) conditions: Map<String, Value>,
    pub(crate) meta: Map<String, Value>,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Option<Timestamp>,
    pub(crate) deleted: bool,
}

impl License {
    /// Returns a granted key without limits, with a random id. The key has the same creation date as all objects of a
    /// seed.
    pub(crate) fn blank() -> Self {
        Self {
            id: Uuid::new_v4(),
            key: String::new(),
            organization: Uuid::nil(),
            benefit: Uuid::nil(),
            customer: Uuid::nil(),
            member: None,
            status: Status::Granted,
            limit_activations: None,
            limit_usage: None,
            usage: 0,
            validations: 0,
            last_validated_at: None,
            expires_at: None,
            subscription: None,
            order: None,
            created_at: Timestamp::SEEDED,
            modified_at: None,
            deleted: false,
        }
    }

    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }

    pub(crate) fn shown_status(&self, now: Timestamp) -> ShownStatus {
        match self.status {
            Status::Granted if self.is_expired(now) => ShownStatus::Expired,
            Status::Granted => ShownStatus::Granted,
            Status::Revoked => ShownStatus::Revoked,
            Status::Disabled => ShownStatus::Disabled,
        }
    }

    /// Returns the key in the masked form that is shown to people.
    pub(crate) fn display_key(&self) -> String {
        let skip = self.key.chars().count().saturating_sub(6);
        let last: String = self.key.chars().skip(skip).collect();
        format!("****-{last}")
    }

    /// Replaces the key with a new one that has the same prefix. The activations of the key remain.
    pub(crate) fn rotate(&mut self, now: Timestamp) {
        let prefix = self.key.len().checked_sub(36).and_then(|at| self.key.split_at_checked(at));
        let prefix = prefix.filter(|(_, uuid)| Uuid::parse_str(uuid).is_ok()).map_or("", |(prefix, _)| prefix);
        self.key = random_key(prefix);
        self.modified_at = Some(now);
    }
}

/// Returns a random key with this prefix, in the form of Polar's keys.
pub(crate) fn random_key(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().to_string().to_uppercase())
}

#[derive(Serialize)]
pub(crate) struct LicenseView<'a> {
    id: String,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
    organization_id: String,
    user_id: String,
    customer_id: String,
    user: Option<Value>,
    customer: Option<Value>,
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

impl<'a> LicenseView<'a> {
    pub(crate) fn of(license: &'a License, customer: Option<&Customer>) -> Self {
        Self {
            id: license.id.to_string(),
            created_at: license.created_at,
            modified_at: license.modified_at,
            organization_id: license.organization.to_string(),
            user_id: license.customer.to_string(),
            customer_id: license.customer.to_string(),
            user: customer.map(Customer::user),
            customer: customer.map(Customer::view),
            benefit_id: license.benefit.to_string(),
            key: &license.key,
            display_key: license.display_key(),
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

/// A license as Polar shows it to a sender that knows the license's key.
#[derive(Serialize)]
pub(crate) struct HeldLicenseView<'a> {
    #[serde(flatten)]
    pub(crate) license: LicenseView<'a>,
    #[serde(flatten)]
    pub(crate) holder: Option<HolderView>,
}

/// The member to whom the license was granted, if the customer is a team.
#[derive(Serialize)]
pub(crate) struct HolderView {
    member_id: Option<String>,
    member: Option<Value>,
}

impl HolderView {
    pub(crate) fn of(member: Option<&Member>) -> Self {
        Self { member_id: member.map(|member| member.id.to_string()), member: member.map(Member::full_view) }
    }
}

#[derive(Serialize)]
pub(crate) struct SeatView<'a> {
    id: String,
    license_key_id: String,
    label: &'a str,
    meta: &'a Map<String, Value>,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_key: Option<HeldLicenseView<'a>>,
}

impl<'a> SeatView<'a> {
    pub(crate) fn of(seat: &'a Seat, license_key: Option<HeldLicenseView<'a>>) -> Self {
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
