//! A license key as the customer portal lists it.

use super::context::Context;
use crate::codes::{KeyStatus, Reason};
use crate::json::Json;
use crate::key::Key;
use crate::time::Timestamp;
use crate::wire::{count, id, optional, time};
use uuid::Uuid;

/// A license key of the customer's, for this app. Of the key itself only the last six characters can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseKey {
    pub(super) id: Uuid,
    pub(super) key: Key,
    benefit_id: Uuid,
    status: KeyStatus,
    limit_activations: Option<u32>,
    limit_usage: Option<u32>,
    usage: u32,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    pub(super) is_here: bool,
}

impl LicenseKey {
    /// `****-` and the last six characters.
    pub fn masked(&self) -> String {
        self.key.to_string()
    }

    /// Whether it can be used. That it has expired is what the clock of this device says, which may be wrong.
    pub fn status(&self) -> KeyStatus {
        self.status
    }

    /// What it was sold as.
    pub fn benefit_id(&self) -> Uuid {
        self.benefit_id
    }

    /// How many devices it allows; `None` if it needs no activation.
    pub fn limit_activations(&self) -> Option<u32> {
        self.limit_activations
    }

    /// How often it may be used; `None` for no limit.
    pub fn limit_usage(&self) -> Option<u32> {
        self.limit_usage
    }

    /// How often it was used.
    pub fn usage(&self) -> u32 {
        self.usage
    }

    /// When it was issued.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it expires; `None` for never.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Whether it was the key of the license on this device when it was read.
    pub fn is_here(&self) -> bool {
        self.is_here
    }

    /// A key in a reply, and whose it is; `None` if it has not Polar's shape. `wall` is the clock of this device.
    pub(super) fn read(json: Json<'_>, context: &Context, wall: Timestamp) -> Option<(Uuid, Self)> {
        let expires_at = optional(time)(json.get("expires_at")?)?;
        let status = match json.get("status").and_then(Json::string)?.as_str() {
            "granted" if expires_at.is_some_and(|at| at <= wall) => KeyStatus::Expired,
            "granted" => KeyStatus::Granted,
            "revoked" => KeyStatus::Revoked,
            "disabled" => KeyStatus::Disabled,
            _ => KeyStatus::Unknown,
        };
        let text = zeroize::Zeroizing::new(json.get("key").and_then(Json::string)?);
        let key = Key::parse(&text).ok()?;
        let id_of_key = id(json.get("id")?)?;
        let this = Self {
            id: id_of_key,
            is_here: context.is_here(id_of_key, &key),
            key,
            benefit_id: id(json.get("benefit_id")?)?,
            status,
            limit_activations: optional(count)(json.get("limit_activations")?)?,
            limit_usage: optional(count)(json.get("limit_usage")?)?,
            usage: count(json.get("usage")?)?,
            created_at: time(json.get("created_at")?)?,
            expires_at,
        };
        Some((id(json.get("organization_id")?)?, this))
    }

    /// What comes first where several could be used: what lasts longest, then the newest.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let lasts_until = self.expires_at.map_or(i64::MAX, Timestamp::unix_ms);
        std::cmp::Reverse((lasts_until, self.created_at.unix_ms()))
    }
}

impl KeyStatus {
    /// Why a key cannot be used; `None` if it can.
    pub(super) fn reason(self) -> Option<Reason> {
        match self {
            Self::Granted => None,
            Self::Expired => Some(Reason::Expired),
            Self::Revoked | Self::Disabled => Some(Reason::Inactive),
            Self::Unknown => Some(Reason::Refused),
        }
    }
}
