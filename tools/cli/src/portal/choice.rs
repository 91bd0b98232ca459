//! One of several: customers, license keys, devices. As lines for people, as JSON for scripts, and by what an option says.
//! Chooses nothing by itself.

use crate::show;
use polar_license::Timestamp;
use polar_license::portal::{Customer, Device, LicenseKey};
use serde::Serialize;

/// What there is to choose from.
pub(super) enum Choice {
    Customers(Vec<Customer>),
    Keys(Vec<LicenseKey>),
    /// By the argument or option that takes one's label.
    Devices {
        devices: Vec<Device>,
        option: &'static str,
    },
}

/// A license key of several.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyShown {
    key: String,
    benefit_id: String,
    limit_activations: Option<u32>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    is_here: bool,
}

/// A device of several.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceShown {
    label: String,
    since: Timestamp,
    is_this: bool,
}

/// A customer of several.
#[derive(Serialize)]
pub(super) struct CustomerShown {
    number: usize,
    name: Option<String>,
}

/// The member `choose` of the JSON.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ChoiceJson {
    Customers { option: &'static str, customers: Vec<CustomerShown> },
    Keys { option: &'static str, keys: Vec<KeyShown> },
    Devices { option: &'static str, devices: Vec<DeviceShown> },
}

impl Choice {
    /// What to do, and a line for each.
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
                let shown = |(number, customer): (usize, &Customer)| CustomerShown {
                    number,
                    name: customer.name().map(str::to_owned),
                };
                let customers = (1..).zip(customers).map(shown).collect();
                ChoiceJson::Customers { option: "--customer", customers }
            }
            Self::Keys(keys) => ChoiceJson::Keys { option: "--key", keys: keys.iter().map(KeyShown::from).collect() },
            Self::Devices { devices, option } => {
                ChoiceJson::Devices { option, devices: devices.iter().map(DeviceShown::from).collect() }
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

/// The only device with this label, or else with this part of a label.
pub(super) fn labelled<'a, T>(items: &'a [T], given: &str, device: impl Fn(&T) -> &Device) -> Option<&'a T> {
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut fitting = items.iter().filter(|item| fits(device(item).label()));
        fitting.next().filter(|_| fitting.next().is_none())
    };
    only(&|label| label == given).or_else(|| only(&|label| !given.is_empty() && label.contains(given)))
}

impl From<&LicenseKey> for KeyShown {
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

impl From<&Device> for DeviceShown {
    fn from(device: &Device) -> Self {
        Self { label: device.label().to_owned(), since: device.since(), is_this: device.is_this() }
    }
}
