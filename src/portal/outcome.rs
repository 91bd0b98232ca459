//! The result of restoring a license.

use super::device::Devices;
use super::license_key::LicenseKey;
use crate::decision::Decision;
use crate::error::Error;

/// The result of restoring a license.
#[derive(Debug)]
#[must_use = "only `Licensed` means that the license is here"]
pub enum Restored {
    /// The license is active on this device.
    Licensed(Box<Decision>),
    /// Several license keys are suitable. The best key comes first. Let the user choose one of the keys, and activate
    /// that key.
    Choose(Vec<LicenseKey>),
    /// The key is already active on as many devices as it allows. Let the user choose one of these devices. Then
    /// release the seat of that device, and activate the key here.
    NoSeat(Box<NoSeat>),
}

/// A license key without a free seat.
#[derive(Debug)]
pub struct NoSeat {
    /// The license key.
    pub key: LicenseKey,
    /// The devices that occupy the key's seats.
    pub devices: Devices,
    /// The error of the activation. Its kind is `refused`, and its reason is `activation_limit`.
    pub error: Error,
}
