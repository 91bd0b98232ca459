//! The devices on which a license key is active. A setting of the vendor decides whether customers can see them.

use crate::text::printable;
use crate::time::Timestamp;
use std::fmt;
use uuid::Uuid;

/// The devices of a license key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// The devices, oldest first.
    Listed(Vec<Device>),
    /// No device is shown: the vendor hides devices from customers, or there are none. The
    /// [message](HiddenDevices::message) says which of the two it is, if that is known.
    Hidden(HiddenDevices),
}

/// A device on which a license key is active.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    pub(super) activation_id: Uuid,
    /// The marker of the activation. If the answer to an activation was lost, the device recognizes its seat by the
    /// marker.
    pub(super) marker: Option<String>,
    label: String,
    since: Timestamp,
    is_this: bool,
}

/// The reason why no device is shown. Either there are no devices, or the vendor has not switched on `Enable user to
/// deactivate instances via Polar` for the benefit. Polar's answer about the key is the same in both cases. If a grant
/// of the benefit shows that the setting is on, it is certain that there are no devices.
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

    /// Returns Polar's id of the activation, which distinguishes the device from others in a list.
    pub fn id(&self) -> Uuid {
        self.activation_id
    }

    /// Returns the label that the device had when it was activated.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the time at which the device was activated.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Returns `true` if this entry is the device on which the app runs. Several entries can be this device, because an
    /// activation whose answer was lost may have taken another seat.
    pub fn is_this(&self) -> bool {
        self.is_this
    }
}

/// Shortens a label to a readable length. Polar accepts labels of any length, and another program may have chosen this
/// one.
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
    /// Returns `true` if it is certain that devices have seats: either every seat is taken, or this device has a seat.
    pub fn is_certain(&self) -> bool {
        self.is_certain
    }

    /// Returns the page on which customers of this vendor manage their purchases. It does not show the devices, but
    /// customers see their keys there, and find out whom to ask. Returns `None` if it is certain that no device has a
    /// seat, or if the page's address is unknown.
    pub fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// Returns the text for the user. The text does not contain the address of the [page](Self::page); show the page as
    /// a link beside the text.
    pub fn message(&self) -> &str {
        &self.message
    }
}
