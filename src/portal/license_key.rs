//! A license key as the customer portal lists it.

use super::context::Context;
use crate::codes::{KeyStatus, Reason};
use crate::key::Key;
use crate::reply::{Object, count, id, time};
use crate::time::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

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
    /// Polar's id of it, which tells it from others in a list. It is not the key, and not secret.
    pub fn id(&self) -> Uuid {
        self.id
    }

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

    /// Reads a key in a reply, and whose it is; `None` if it has not Polar's shape. `wall` is the clock of this
    /// device.
    pub(super) fn read(key: Object<'_, '_>, context: &Context, wall: Timestamp) -> Option<(Uuid, Self)> {
        let organization_id = key.read("organization_id", id)?;
        let expires_at = key.read("expires_at", time);
        let status = match key.text("status").as_deref() {
            Some("granted") if expires_at.is_some_and(|at| at <= wall) => KeyStatus::Expired,
            Some("granted") => KeyStatus::Granted,
            Some("revoked") => KeyStatus::Revoked,
            Some("disabled") => KeyStatus::Disabled,
            Some(_) | None => KeyStatus::Unknown,
        };
        let limit_activations = key.read("limit_activations", count);
        let limit_usage = key.read("limit_usage", count);
        let usage = key.read("usage", count).unwrap_or_default();
        let created_at = key.read("created_at", time).unwrap_or_default();
        let benefit_id = key.read("benefit_id", id)?;
        let key_id = key.read("id", id)?;
        let key = Key::parse(&Zeroizing::new(key.text("key")?)).ok()?;
        let is_here = context.is_here(key_id, &key);
        let this = Self {
            id: key_id,
            key,
            benefit_id,
            status,
            limit_activations,
            limit_usage,
            usage,
            created_at,
            expires_at,
            is_here,
        };
        Some((organization_id, this))
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
            // one that this version does not know may be as good: Polar decides when the key is activated
            Self::Granted | Self::Unknown => None,
            Self::Expired => Some(Reason::Expired),
            Self::Revoked | Self::Disabled => Some(Reason::Inactive),
        }
    }
}
