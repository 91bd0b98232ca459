//! The devices on which a license key is active, as far as the vendor shows them.

use crate::text::printable;
use crate::time::Timestamp;
use std::fmt;
use uuid::Uuid;

/// The devices of a license key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// The devices, oldest first.
    Listed(Vec<Device>),
    /// No device is shown: the vendor hides them from customers, or there are none. The
    /// [message](HiddenDevices::message) says which, if that can be determined.
    Hidden(HiddenDevices),
}

/// A device on which a license key is active.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    pub(super) activation_id: Uuid,
    /// The marker of the activation, by which a device that lost the answer recognizes its seat.
    pub(super) marker: Option<String>,
    label: String,
    since: Timestamp,
    is_this: bool,
}

/// The reason why no device is shown: the vendor has not switched on `Enable user to deactivate instances via Polar`
/// for the benefit, or there are no devices. Polar's answer about the key is the same in both cases. Only if a grant of
/// the benefit is listed and has the setting, it is certain that there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenDevices {
    pub(super) is_certain: bool,
    pub(super) page: Option<String>,
    pub(super) message: String,
}

impl Device {
    pub(super) fn new(
        activation_id: Uuid,
        marker: Option<String>,
        label: &str,
        since: Timestamp,
        is_this: bool,
    ) -> Self {
        Self { activation_id, marker, label: cut(printable(label)), since, is_this }
    }

    /// Returns Polar's id of its activation, which distinguishes it from others in a list.
    pub fn id(&self) -> Uuid {
        self.activation_id
    }

    /// Returns the device's label at its activation.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the time of its activation.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Returns `true` if this app runs on the device. Several devices in a list may be this one: an activation whose
    /// answer was lost has taken a seat as well.
    pub fn is_this(&self) -> bool {
        self.is_this
    }
}

/// Shortens a label to a readable length. A key can be activated with a label of any length.
fn cut(mut label: String) -> String {
    const MOST: usize = 200;
    if let Some((at, _)) = label.char_indices().nth(MOST) {
        label.truncate(at);
        label.push('…');
    }
    label
}

/// Omits the label, which the customer may have chosen.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("since", &self.since).field("is_this", &self.is_this).finish_non_exhaustive()
    }
}

impl HiddenDevices {
    /// Returns `true` if there certainly are devices: every seat is taken, or this one has a seat.
    pub fn is_certain(&self) -> bool {
        self.is_certain
    }

    /// Returns the page on which customers of this vendor manage their purchases, if there may be devices and the
    /// address of the page is known. Customers do not see devices there either, but they see their keys, and whom to
    /// ask.
    pub fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// Returns the text for the user. It is complete without the [page](Self::page), which is a link beside it.
    pub fn message(&self) -> &str {
        &self.message
    }
}
