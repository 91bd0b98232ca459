//! The license as Polar describes it and as an app sees it. Plain data, without personal data and without the full
//! license key.

use crate::purchase::Purchase;
use crate::time::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// Polar's description of a license key, without the customer's personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Polar's id of the key, which stays the same when the key is rotated.
    pub license_id: Uuid,
    /// The id of the benefit to which the key belongs.
    pub benefit_id: Uuid,
    /// The number of devices that may use the key at once, or `None` if the key needs no activation.
    pub limit_activations: Option<u32>,
    /// The total number of uses that the key allows, or `None` if there is no limit.
    pub limit_usage: Option<u32>,
    /// The usage so far.
    pub usage: u32,
    /// The time at which the key expires, or `None` if it never expires. Also `None` if the vendor has moved the expiry
    /// to an earlier time, and Polar reports only that the key has expired.
    pub expires_at: Option<Timestamp>,
    /// The time at which the key was sold. It does not change when the key is rotated. `None` if Polar did not report
    /// it.
    pub created_at: Option<Timestamp>,
    /// The purchase of the key: a subscription or an order. `None` if Polar did not report it.
    pub purchase: Option<Purchase>,
}

/// The license that Polar last confirmed or denied, without the key itself and without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct License {
    /// `****-` and the last six characters of the key.
    pub display_key: String,
    /// The id of the benefit to which the key belongs.
    pub benefit_id: Uuid,
    /// The seat taken by this device, or `None` if the key has no activation limit.
    pub activation_id: Option<Uuid>,
    /// The label of this device's seat, as the customer sees it. `None` if the key needs no seat. Also `None` if the
    /// label was lost, for example because the record was edited.
    pub activation_label: Option<String>,
    /// The time at which the key expires, or `None` if it never expires. Also `None` if the vendor has moved the expiry
    /// to an earlier time, and Polar reports only that the key has expired.
    pub expires_at: Option<Timestamp>,
    /// The time of Polar's last confirmation, on Polar's clock.
    pub confirmed_at: Timestamp,
    /// The usage at the time of Polar's last confirmation.
    pub usage: u32,
    /// The total number of uses that the key allows, or `None` if there is no limit.
    pub limit_usage: Option<u32>,
    /// The number of devices that may use the key at once, or `None` if the key needs no activation.
    pub limit_activations: Option<u32>,
    /// The purchase of the key, as of the last confirmation: a subscription or an order. `None` if Polar did not report
    /// it. Access never depends on the purchase.
    pub purchase: Option<Purchase>,
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
            purchase: terms.purchase.clone(),
        }
    }
}
