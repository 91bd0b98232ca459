//! The devices that a license key is active on, as far as the vendor shows them.

use crate::text::printable;
use crate::time::Timestamp;
use std::fmt;
use uuid::Uuid;

/// The devices of a license key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// These, the oldest first.
    Listed(Vec<Device>),
    /// None is shown: the vendor does not show them to customers, or there are none. The [message](HiddenDevices::message)
    /// says which, as far as that can be told.
    Hidden(HiddenDevices),
}

/// A device that a license key is active on.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    pub(super) activation_id: Uuid,
    /// The random digits of the activation, by which a device that lost the answer to it recognizes its seat.
    pub(super) marker: Option<String>,
    label: String,
    since: Timestamp,
    is_this: bool,
}

/// No device is shown: the vendor has not switched on `Enable user to deactivate instances via Polar` for the benefit, or
/// there is none. Polar's answer about the key is the same for both; only if a grant of the benefit is listed and has the
/// setting, there is none for certain.
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

    /// Polar's id of its activation, which tells it from others in a list.
    pub fn id(&self) -> Uuid {
        self.activation_id
    }

    /// What the device was called when it was activated.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// When it was activated.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Whether it is the one that this app runs on. There may be more than one such: an activation whose answer was lost has
    /// taken a seat as well.
    pub fn is_this(&self) -> bool {
        self.is_this
    }
}

/// A label as long as one can be read. Whoever has a key can activate it with a label of any length.
fn cut(mut label: String) -> String {
    const MOST: usize = 200;
    if let Some((at, _)) = label.char_indices().nth(MOST) {
        label.truncate(at);
        label.push('…');
    }
    label
}

/// Without the label, which a customer may have chosen.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("since", &self.since).field("is_this", &self.is_this).finish_non_exhaustive()
    }
}

impl HiddenDevices {
    /// Whether there are devices for certain: every seat is taken, or this one has a seat.
    pub fn is_certain(&self) -> bool {
        self.is_certain
    }

    /// The page where customers of this vendor manage their purchases, if there may be devices and it could be found out.
    /// Customers do not see devices there either, but the keys, and whom to ask.
    pub fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// What to show to the user: enough by itself, and without the [page](Self::page), which is a link beside it.
    pub fn message(&self) -> &str {
        &self.message
    }
}
