//! The license as Polar describes it, and as an app sees it. Plain data; no personal data, never a full license key.

use crate::time::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// What Polar says of a license key, apart from who uses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Polar's id of the key; stays when the key is rotated.
    pub license_id: Uuid,
    /// The benefit that the key was sold as.
    pub benefit_id: Uuid,
    /// How many devices may be active at once; `None` where the key needs no activation.
    pub limit_activations: Option<u32>,
    /// The most that may be consumed; `None` for no limit.
    pub limit_usage: Option<u32>,
    /// How much of the key's usage was consumed.
    pub usage: u32,
    /// When the key stops being valid; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// The license that Polar last confirmed or denied, without the key itself and without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct License {
    /// `****-` and the last six characters of the key.
    pub display_key: String,
    /// The benefit that the key was sold as.
    pub benefit_id: Uuid,
    /// The seat taken by this device, where the key has an activation limit.
    pub activation_id: Option<Uuid>,
    /// What the customer sees beside that seat: the label that it was taken with. `None` if an earlier version took it.
    pub activation_label: Option<String>,
    /// When the key stops being valid. `None` for never, and in the state `expired` if the vendor has moved that time and
    /// Polar did not say to when.
    pub expires_at: Option<Timestamp>,
    /// When Polar last confirmed it, on Polar's clock.
    pub confirmed_at: Timestamp,
    /// How much of the key's usage was consumed when it was last confirmed.
    pub usage: u32,
    /// The most that may be consumed; `None` for no limit.
    pub limit_usage: Option<u32>,
    /// How many devices may be active at once; `None` where the key needs no activation.
    pub limit_activations: Option<u32>,
}

impl License {
    pub(crate) fn new(
        display_key: String,
        activation_id: Option<Uuid>,
        activation_label: Option<String>,
        confirmed_at: Timestamp,
        terms: &Terms,
    ) -> Self {
        Self {
            display_key,
            benefit_id: terms.benefit_id,
            activation_id,
            activation_label,
            expires_at: terms.expires_at,
            confirmed_at,
            usage: terms.usage,
            limit_usage: terms.limit_usage,
            limit_activations: terms.limit_activations,
        }
    }
}
