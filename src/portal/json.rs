//! What the values of the portal look like outside of Rust, for bindings: nothing in here is a token, a code, a key or the
//! secret of a checkout. No part of the public interface.

use super::code::CodeSent;
use super::customer::Customer;
use super::device::{Device, HiddenDevices};
use super::license_key::LicenseKey;
use super::progress::Progress;
use crate::codes::{KeyStatus, Stage};
use crate::time::{Timestamp, milliseconds};
use serde::Serialize;
use uuid::Uuid;

/// A mail may be on its way. Nobody can tell whether the address is known.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CodeSent"))]
#[serde(rename_all = "camelCase")]
pub struct CodeSentJson<'a> {
    /// The address that the code was requested for.
    email: &'a str,
    /// What to show to the user, the address included.
    message: String,
}

/// One of several customers with the same address, such as a team.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Customer"))]
#[serde(rename_all = "camelCase")]
pub struct CustomerJson<'a> {
    /// The customer's name, if it has one.
    name: Option<&'a str>,
}

/// A license key of the customer's, for this app. Of the key itself only the last six characters can be seen.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LicenseKey"))]
#[serde(rename_all = "camelCase")]
pub struct LicenseKeyJson {
    /// Polar's id of it, which tells it from others in a list. It is not the key, and not secret.
    id: Uuid,
    /// `****-` and the last six characters.
    display_key: String,
    /// Whether it can be used. That it has expired is what the clock of this device says, which may be wrong.
    status: KeyStatus,
    /// What it was sold as.
    benefit_id: Uuid,
    /// How many devices it allows; null if it needs no activation.
    limit_activations: Option<u32>,
    /// How often it may be used; null for no limit.
    limit_usage: Option<u32>,
    /// How often it was used.
    usage: u32,
    /// The time at which the key was issued.
    created_at: Timestamp,
    /// The time at which the key expires; null for never.
    expires_at: Option<Timestamp>,
    /// Whether it was the key of the license on this device when it was read.
    is_here: bool,
}

/// A device that a license key is active on.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Device"))]
#[serde(rename_all = "camelCase")]
pub struct DeviceJson<'a> {
    /// Polar's id of its activation, which tells it from others in a list.
    id: Uuid,
    /// What the device was called when it was activated.
    label: &'a str,
    /// When it was activated.
    since: Timestamp,
    /// Whether it is the one that this app runs on.
    is_this: bool,
}

/// No device is shown: the vendor does not show them to customers, or there is none.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "HiddenDevices"))]
#[serde(rename_all = "camelCase")]
pub struct HiddenDevicesJson<'a> {
    /// Whether there are devices for certain: every seat is taken, or this one has a seat.
    is_certain: bool,
    /// The page where customers of this vendor manage their purchases, where that could be found out.
    page: Option<&'a str>,
    /// What to show to the user: enough by itself, and without the page, which is a link beside it.
    message: &'a str,
}

/// How long something has been waited for, and for what.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Progress"))]
#[serde(rename_all = "camelCase")]
pub struct ProgressJson {
    /// What is waited for.
    stage: Stage,
    /// How long it has been waited for.
    waited_ms: u64,
    /// The time until Polar is asked again.
    next_in_ms: u64,
}

impl<'a> From<&'a CodeSent> for CodeSentJson<'a> {
    fn from(sent: &'a CodeSent) -> Self {
        Self { email: sent.email(), message: sent.message() }
    }
}

impl<'a> From<&'a Customer> for CustomerJson<'a> {
    fn from(customer: &'a Customer) -> Self {
        Self { name: customer.name() }
    }
}

impl From<&LicenseKey> for LicenseKeyJson {
    fn from(key: &LicenseKey) -> Self {
        Self {
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

impl<'a> From<&'a Device> for DeviceJson<'a> {
    fn from(device: &'a Device) -> Self {
        Self { id: device.id(), label: device.label(), since: device.since(), is_this: device.is_this() }
    }
}

impl<'a> From<&'a HiddenDevices> for HiddenDevicesJson<'a> {
    fn from(hidden: &'a HiddenDevices) -> Self {
        Self { is_certain: hidden.is_certain(), page: hidden.page(), message: hidden.message() }
    }
}

impl From<Progress> for ProgressJson {
    fn from(progress: Progress) -> Self {
        let (waited_ms, next_in_ms) = (milliseconds(progress.waited()), milliseconds(progress.next_in()));
        Self { stage: progress.stage(), waited_ms, next_in_ms }
    }
}
