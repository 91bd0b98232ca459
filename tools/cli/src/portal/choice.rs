//! Choices between several customers, license keys or devices, shown as lines for people and as JSON for scripts. This
//! module only shows the choices, and does not choose between them.

use crate::show;
use polar_license::Timestamp;
use polar_license::portal::{Customer, Device, LicenseKey};
use serde::Serialize;

/// The items to choose from.
pub(super) enum Choice {
    Customers(Vec<Customer>),
    Keys(Vec<LicenseKey>),
    Devices {
        devices: Vec<Device>,
        /// The argument or option in which the user can give a device's label.
        option: &'static str,
    },
}

/// A license key that can be chosen.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyJson {
    key: String,
    benefit_id: String,
    limit_activations: Option<u32>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    is_here: bool,
}

/// A device that can be chosen.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceJson {
    label: String,
    since: Timestamp,
    is_this: bool,
}

/// A customer that can be chosen.
#[derive(Serialize)]
pub(super) struct CustomerJson {
    number: usize,
    name: Option<String>,
}

/// The value of the member `choose` in the JSON.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ChoiceJson {
    Customers { option: &'static str, customers: Vec<CustomerJson> },
    Keys { option: &'static str, keys: Vec<KeyJson> },
    Devices { option: &'static str, devices: Vec<DeviceJson> },
}

impl Choice {
    /// Returns a text that says what to do, with one line for each item.
    pub(super) fn text(&self) -> String {
        let (advice, lines) = match self {
            Self::Customers(customers) => {
                let numbered =
                    (1..).zip(customers).map(|(number, it): (u32, _)| format!("{number}  {}", customer_line(it)));
                (
                    "several customers have this address: repeat the command with `--customer` and the number of one"
                        .to_owned(),
                    numbered.collect(),
                )
            }
            Self::Keys(keys) => (
                "several license keys: repeat the command with `--key` and the last characters of one".to_owned(),
                keys.iter().map(key_line).collect(),
            ),
            Self::Devices { devices, option } => {
                let lines: Vec<_> = devices.iter().map(device_line).collect();
                (format!("several devices: repeat the command with the label of the one to release as {option}"), lines)
            }
        };
        let lines = lines.iter().map(|line| format!("\n  {line}"));
        format!("{advice}{}", lines.collect::<String>())
    }

    pub(super) fn json(&self) -> ChoiceJson {
        match self {
            Self::Customers(customers) => {
                let shown = |(number, customer): (usize, &Customer)| CustomerJson {
                    number,
                    name: customer.name().map(str::to_owned),
                };
                let customers = (1..).zip(customers).map(shown).collect();
                ChoiceJson::Customers { option: "--customer", customers }
            }
            Self::Keys(keys) => ChoiceJson::Keys { option: "--key", keys: keys.iter().map(KeyJson::from).collect() },
            Self::Devices { devices, option } => {
                ChoiceJson::Devices { option, devices: devices.iter().map(DeviceJson::from).collect() }
            }
        }
    }
}

pub(super) fn customer_line(customer: &Customer) -> String {
    customer.name().unwrap_or("without a name").to_owned()
}

pub(super) fn key_line(key: &LicenseKey) -> String {
    let devices = match key.limit_activations() {
        None => String::from("any number of devices"),
        Some(1) => String::from("1 device"),
        Some(most) => format!("{most} devices"),
    };
    let expires = key.expires_at().map_or_else(|| String::from("never"), show::moment);
    let here = if key.is_here() { "  (used on this device)" } else { "" };
    format!("{}  {devices}, bought {}, expires {expires}{here}", key.masked(), show::moment(key.created_at()))
}

pub(super) fn device_line(device: &Device) -> String {
    let this = if device.is_this() { "  (this device)" } else { "" };
    format!("{}  since {}{this}", device.label(), show::moment(device.since()))
}

/// Returns the only item whose device label equals `wanted`, or else the only item whose device label contains
/// `wanted`. Returns `None` if there are several such items, or none.
pub(super) fn find_by_label<'a, T>(items: &'a [T], wanted: &str, device: impl Fn(&T) -> &Device) -> Option<&'a T> {
    let only = |is_meant: &dyn Fn(&str) -> bool| {
        let mut matching = items.iter().filter(|item| is_meant(device(item).label()));
        matching.next().filter(|_| matching.next().is_none())
    };
    only(&|label| label == wanted).or_else(|| only(&|label| !wanted.is_empty() && label.contains(wanted)))
}

impl From<&LicenseKey> for KeyJson {
    fn from(key: &LicenseKey) -> Self {
        Self {
            key: key.masked(),
            benefit_id: key.benefit_id().to_string(),
            limit_activations: key.limit_activations(),
            created_at: key.created_at(),
            expires_at: key.expires_at(),
            is_here: key.is_here(),
        }
    }
}

impl From<&Device> for DeviceJson {
    fn from(device: &Device) -> Self {
        Self { label: device.label().to_owned(), since: device.since(), is_this: device.is_this() }
    }
}
