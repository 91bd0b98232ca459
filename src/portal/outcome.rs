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
    /// Several license keys fit, the best first: let the user choose one, and activate it.
    Choose(Vec<LicenseKey>),
    /// The key is in use on as many devices as it allows: let the user choose one to release, and then activate the
    /// key.
    NoSeat(Box<NoSeat>),
}

/// A license key without a free seat.
#[derive(Debug)]
pub struct NoSeat {
    /// The license key.
    pub key: LicenseKey,
    /// The devices that have its seats.
    pub devices: Devices,
    /// The error of the activation: `refused`, for `activation_limit`.
    pub error: Error,
}
