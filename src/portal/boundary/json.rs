//! The replies of the portal as JSON, in the form that bindings receive. The JSON contains no token, no code, no full
//! license key, and no secret of a checkout. An object with such a secret stays in the core, and a `Handle` stands for
//! it in the JSON.

use super::handles::{Handle, Held, Holder};
use crate::codes::{Deactivated, KeyStatus, Stage};
use crate::error::ErrorDetails;
use crate::portal;
use crate::time::{Timestamp, milliseconds};
use serde::Serialize;
use uuid::Uuid;

/// The outcome of requesting a code. Either the code was requested, or the user has to choose a customer first. Polar
/// mails a code only if it knows the address.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CodeRequest"))]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum CodeRequestJson<'a> {
    /// An e-mail is on its way if Polar knows the address. Polar does not say whether it does.
    Sent {
        /// The address for which the code was requested.
        email: &'a str,
        /// The sentence to show to the user, which contains the address.
        message: String,
    },
    /// Several customers have this address. Let the user choose one of them, and request a code for that customer.
    Choose {
        /// The address for which the code was requested.
        email: &'a str,
        /// The customers to choose from.
        customers: Vec<CustomerJson<'a>>,
    },
}

/// One of several customers with the same e-mail address. A customer may be a person or a team.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Customer"))]
#[serde(rename_all = "camelCase")]
pub struct CustomerJson<'a> {
    handle: Handle,
    /// The customer's name; null if the customer has none.
    name: Option<&'a str>,
}

/// A session of a customer, which lasts an hour.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Session"))]
#[serde(rename_all = "camelCase")]
pub struct SessionJson {
    handle: Handle,
}

/// A purchase in progress. The address of the checkout's page contains a secret, so the address is not part of the JSON
/// and is returned separately.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Checkout"))]
#[serde(rename_all = "camelCase")]
pub struct CheckoutJson {
    handle: Handle,
}

/// A purchase that is paid, and the outcome of requesting a code for the buyer.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Purchase"))]
#[serde(rename_all = "camelCase")]
pub struct PurchaseJson<'a> {
    handle: Handle,
    /// The result of the request for a code: an e-mail is on its way, or the user has to choose a customer.
    code: CodeRequestJson<'a>,
}

/// License keys of a customer. Usable keys come first, sorted by expiry with the latest first.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LicenseKeys"))]
#[serde(rename_all = "camelCase")]
pub struct LicenseKeysJson {
    /// The keys.
    keys: Vec<LicenseKeyJson>,
}

/// A license key of the customer for this app. Only the last six characters of the key itself are shown.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LicenseKey"))]
#[serde(rename_all = "camelCase")]
pub struct LicenseKeyJson {
    handle: Handle,
    /// Polar's id of the key, which distinguishes the key from others in a list. The id is not the key itself, and is
    /// not secret.
    id: Uuid,
    /// `****-` and the last six characters of the key.
    display_key: String,
    /// The status, which says whether the key can be used. The status `expired` depends on this device's clock, which
    /// may be wrong.
    status: KeyStatus,
    /// The id of the benefit to which the key belongs.
    benefit_id: Uuid,
    /// The number of devices on which the key may be active at once; null if the key needs no activation.
    limit_activations: Option<u32>,
    /// The total number of uses that the key allows; null if there is no limit.
    limit_usage: Option<u32>,
    /// The usage so far.
    usage: u32,
    /// The time at which the key was issued.
    created_at: Timestamp,
    /// The time at which the key expires; null if it never expires.
    expires_at: Option<Timestamp>,
    /// Whether the license on this device used this key when the list was read.
    is_here: bool,
}

/// The outcome of restoring a license. Only `licensed` means that this device is licensed now.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Restored"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RestoredJson<'a> {
    /// The license is active on this device; the current decision describes it.
    Licensed,
    /// Several license keys are suitable. Let the user choose one of them, and activate that key.
    Choose {
        /// The keys to choose from. The best key comes first.
        keys: Vec<LicenseKeyJson>,
    },
    /// The key is already active on as many devices as it allows. Let the user choose one of these devices. Then
    /// release the seat of that device, and activate the key here.
    NoSeat {
        /// The license key, which has no free seat.
        key: Box<LicenseKeyJson>,
        /// The devices that occupy the key's seats.
        devices: DevicesJson<'a>,
        /// The error of the activation. Its kind is `refused`, and its reason is `activation_limit`.
        error: ErrorDetails<'a>,
    },
}

/// The devices on which a license key is active: a list, or the reason why none can be shown.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Devices"))]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum DevicesJson<'a> {
    /// The devices are listed.
    Listed {
        /// The devices, the oldest first.
        devices: Vec<DeviceJson<'a>>,
    },
    /// No device is shown: the vendor hides devices from customers, or there are none.
    Hidden {
        /// Whether it is certain that devices have seats: either every seat is taken, or this device has a seat.
        is_certain: bool,
        /// The page on which customers of this vendor manage their purchases; null if its address is unknown or if it
        /// is certain that no device has a seat.
        page: Option<&'a str>,
        /// The sentence to show to the user. The sentence does not contain the address of `page`; show `page` as a link
        /// beside the sentence.
        message: &'a str,
    },
}

/// A device on which a license key is active.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Device"))]
#[serde(rename_all = "camelCase")]
pub struct DeviceJson<'a> {
    handle: Handle,
    /// Polar's id of the activation, which distinguishes the device from others in a list.
    id: Uuid,
    /// The label that the device had when it was activated.
    label: &'a str,
    /// The time at which the device was activated.
    since: Timestamp,
    /// Whether this is the device on which this app runs.
    is_this: bool,
}

/// The outcome of releasing the seat of a device.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Released"))]
#[serde(rename_all = "camelCase")]
pub struct ReleasedJson {
    /// Whether Polar released the seat, or the reason why it did not.
    pub(super) deactivated: Deactivated,
}

/// The progress of an operation that waits for something outside of the app, such as a payment.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Progress"))]
#[serde(rename_all = "camelCase")]
pub struct ProgressJson {
    /// What the operation waits for at present.
    stage: Stage,
    /// The time for which the operation has waited so far.
    waited_ms: u64,
    /// The time until Polar is asked again.
    next_in_ms: u64,
}

impl<'a> CodeRequestJson<'a> {
    pub(super) fn of(request: &'a portal::CodeRequest, holder: &mut Holder<'_>) -> Self {
        match request {
            portal::CodeRequest::Sent(sent) => Self::Sent { email: sent.email(), message: sent.message() },
            portal::CodeRequest::Choose(choice) => {
                let customers = choice.customers().iter().map(|customer| CustomerJson {
                    handle: holder.hold(Held::Customer(choice.clone(), customer.clone())),
                    name: customer.name(),
                });
                Self::Choose { email: choice.email(), customers: customers.collect() }
            }
        }
    }
}

impl SessionJson {
    pub(super) fn of(token: &portal::Token, holder: &mut Holder<'_>) -> Self {
        Self { handle: holder.hold(Held::Session(token.clone())) }
    }
}

impl CheckoutJson {
    pub(super) fn of(page: &portal::CheckoutPage, holder: &mut Holder<'_>) -> Self {
        Self { handle: holder.hold(Held::Checkout(page.clone())) }
    }
}

impl<'a> PurchaseJson<'a> {
    pub(super) fn of(purchase: &'a portal::Purchase, holder: &mut Holder<'_>) -> Self {
        let handle = holder.hold(Held::Purchase(purchase.clone()));
        Self { handle, code: CodeRequestJson::of(&purchase.code, holder) }
    }
}

impl LicenseKeysJson {
    pub(super) fn of(keys: &[portal::LicenseKey], holder: &mut Holder<'_>) -> Self {
        Self { keys: keys.iter().map(|key| LicenseKeyJson::of(key, holder)).collect() }
    }
}

impl LicenseKeyJson {
    pub(super) fn of(key: &portal::LicenseKey, holder: &mut Holder<'_>) -> Self {
        Self {
            handle: holder.hold(Held::Key(key.clone())),
            id: key.id(),
            display_key: key.masked(),
            status: key.status(),
            benefit_id: key.benefit_id(),
            limit_activations: key.limit_activations(),
            limit_usage: key.limit_usage(),
            usage: key.usage(),
            created_at: key.created_at(),
            expires_at: key.expires_at(),
            is_here: key.is_here(),
        }
    }
}

impl<'a> RestoredJson<'a> {
    pub(super) fn of(restored: &'a portal::Restored, holder: &mut Holder<'_>) -> Self {
        match restored {
            portal::Restored::Licensed(_) => Self::Licensed,
            portal::Restored::Choose(keys) => Self::Choose { keys: LicenseKeysJson::of(keys, holder).keys },
            portal::Restored::NoSeat(full) => Self::NoSeat {
                key: Box::new(LicenseKeyJson::of(&full.key, holder)),
                devices: DevicesJson::of(&full.key, &full.devices, holder),
                error: full.error.details(),
            },
        }
    }
}

impl<'a> DevicesJson<'a> {
    pub(super) fn of(key: &portal::LicenseKey, devices: &'a portal::Devices, holder: &mut Holder<'_>) -> Self {
        match devices {
            portal::Devices::Listed(devices) => {
                let devices = devices.iter().map(|device| DeviceJson {
                    handle: holder.hold(Held::Device(key.clone(), device.clone())),
                    id: device.id(),
                    label: device.label(),
                    since: device.since(),
                    is_this: device.is_this(),
                });
                Self::Listed { devices: devices.collect() }
            }
            portal::Devices::Hidden(hidden) => {
                Self::Hidden { is_certain: hidden.is_certain(), page: hidden.page(), message: hidden.message() }
            }
        }
    }
}

impl From<portal::Progress> for ProgressJson {
    fn from(progress: portal::Progress) -> Self {
        let (waited_ms, next_in_ms) = (milliseconds(progress.waited()), milliseconds(progress.next_in()));
        Self { stage: progress.stage(), waited_ms, next_in_ms }
    }
}
