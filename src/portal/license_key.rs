//! A license key as the customer portal describes it.

use super::context::Context;
use crate::codes::{KeyStatus, Reason};
use crate::key::Key;
use crate::reply::{Object, count, id, time};
use crate::time::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A license key of the customer for this app. Only the last six characters of the key itself are shown.
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
    /// Returns Polar's id of the key, which distinguishes the key from others in a list. The id is not the key itself,
    /// and is not secret.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Returns `****-` and the last six characters of the key.
    pub fn masked(&self) -> String {
        self.key.to_string()
    }

    /// Returns the status, which says whether the key can be used. The status `Expired` depends on this device's clock,
    /// which may be wrong.
    pub fn status(&self) -> KeyStatus {
        self.status
    }

    /// Returns the id of the benefit to which the key belongs.
    pub fn benefit_id(&self) -> Uuid {
        self.benefit_id
    }

    /// Returns the number of devices that may use the key at once, or `None` if the key needs no activation.
    pub fn limit_activations(&self) -> Option<u32> {
        self.limit_activations
    }

    /// Returns the total number of uses that the key allows, or `None` if there is no limit.
    pub fn limit_usage(&self) -> Option<u32> {
        self.limit_usage
    }

    /// Returns the usage so far.
    pub fn usage(&self) -> u32 {
        self.usage
    }

    /// Returns the time at which the key was issued.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Returns the time at which the key expires, or `None` if it never expires.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns `true` if the license on this device used this key when the list was read.
    pub fn is_here(&self) -> bool {
        self.is_here
    }

    /// Reads a key from a reply. Returns the key and the id of its organization, or `None` if the reply does not
    /// describe a key in Polar's form. `wall` is the time by this device's clock.
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

    /// Returns a value for sorting usable keys: latest expiry first, and the newest first among keys with the same
    /// expiry.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let lasts_until = self.expires_at.map_or(i64::MAX, Timestamp::unix_ms);
        std::cmp::Reverse((lasts_until, self.created_at.unix_ms()))
    }
}

impl KeyStatus {
    /// Returns the reason why a key with this status cannot be used, or `None` if it can.
    pub(super) fn reason(self) -> Option<Reason> {
        match self {
            // The key may be usable although this version does not know its status. If the user chooses this key, Polar
            // decides whether to activate it.
            Self::Granted | Self::Unknown => None,
            Self::Expired => Some(Reason::Expired),
            Self::Revoked | Self::Disabled => Some(Reason::Inactive),
        }
    }
}
