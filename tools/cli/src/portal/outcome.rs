//! The result of a portal command, printed as text or as one JSON object.

use super::choice::{Choice, ChoiceJson, DeviceJson, device_line};
use crate::exit::Exit;
use crate::failure::ErrorJson;
use crate::license::{self, Report};
use crate::{output, show};
use polar_license::portal::{Device, Devices, HiddenDevices, LicenseKey};
use polar_license::{Decision, Error};
use serde::Serialize;
use std::io;

/// The result of a portal command that succeeded.
pub(super) enum Outcome {
    /// The license of this device.
    License(Box<Report>),
    Listing(Listing),
}

/// Keys, devices or customers. They are printed instead of a license.
pub(super) enum Listing {
    /// The devices of each key.
    Devices(Vec<KeyDevices>),
    /// The keys. None of them has a device that could be released.
    NoDevice(Vec<KeyDevices>),
    /// Several items from which the user has not chosen one yet.
    Choice { choice: Choice, error: Option<Error> },
    /// The notice that no seat is free, and that the vendor hides the devices.
    Hidden { hidden: HiddenDevices, error: Error },
}

/// The reason why a portal command ended without a result.
pub(super) enum Stop {
    Failed(Error),
    Listing(Listing),
    /// The reason why the command ended after it had shown the address of the checkout. The user may already have paid,
    /// so running the command again could lead to a second purchase.
    MaybePaid(Box<Stop>),
}

/// A license key and the devices that have its seats.
pub(super) struct KeyDevices {
    pub(super) key: LicenseKey,
    pub(super) devices: Devices,
}

impl Stop {
    pub(super) fn maybe_paid(self) -> Self {
        Self::MaybePaid(Box::new(self))
    }

    /// Prints why the command ended. `license` is the current decision about the license on this device.
    pub(super) fn print(&self, license: &Decision, as_json: bool) -> io::Result<Exit> {
        self.print_before(license, as_json, None)
    }

    /// Prints why the command ended. `again` is the advice on how to repeat the command after the cause has been
    /// removed. If `again` is `None`, the advice depends on the error.
    fn print_before(&self, license: &Decision, as_json: bool, again: Option<&str>) -> io::Result<Exit> {
        match self {
            Self::Failed(error) => {
                let again = again.unwrap_or_else(|| show::again(error));
                license::fail_before(error, Some(license), as_json, show::next_step_after(error, again))
            }
            Self::Listing(listing) => listing.print(license, as_json),
            Self::MaybePaid(stop) => {
                let exit = stop.print_before(license, as_json, Some("run `polar-license restore`"));
                output::note("If you have paid, do not buy again: `polar-license restore` activates what you bought.");
                exit
            }
        }
    }
}

impl Outcome {
    pub(super) fn print(&self, license: &Decision, as_json: bool) -> io::Result<Exit> {
        match self {
            Self::License(report) => license::print(report, as_json, false),
            Self::Listing(listing) => listing.print(license, as_json),
        }
    }
}

impl Listing {
    pub(super) fn print(&self, license: &Decision, as_json: bool) -> io::Result<Exit> {
        let exit = match self {
            Self::Devices(_) => Exit::Allowed,
            Self::Choice { .. } => Exit::Choice,
            Self::NoDevice(_) | Self::Hidden { .. } => Exit::of_refusal(Some(license)),
        };
        if let Self::Choice { error: Some(error), .. } | Self::Hidden { error, .. } = self {
            output::failure(error);
        }
        output::print(&if as_json { self.json(license)? } else { self.text() })?;
        Ok(exit)
    }

    fn text(&self) -> String {
        match self {
            Self::Devices(seats) | Self::NoDevice(seats) => {
                seats.iter().map(KeyDevices::text).collect::<Vec<_>>().join("\n")
            }
            Self::Choice { choice, .. } => choice.text(),
            Self::Hidden { hidden, .. } => hidden_text(hidden),
        }
    }

    fn json(&self, license: &Decision) -> io::Result<String> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Members<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            error: Option<ErrorJson<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            license: Option<&'a Decision>,
            #[serde(skip_serializing_if = "Option::is_none")]
            choose: Option<ChoiceJson>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hidden: Option<HiddenJson<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            keys: Option<Vec<KeyDevicesJson<'a>>>,
        }
        let none = Members { error: None, license: None, choose: None, hidden: None, keys: None };
        let members = match self {
            Self::Devices(seats) | Self::NoDevice(seats) => {
                Members { keys: Some(seats.iter().map(KeyDevicesJson::from).collect()), ..none }
            }
            Self::Choice { choice, error } => {
                let license = error.as_ref().map(|_| license);
                Members { error: error.as_ref().map(Into::into), license, choose: Some(choice.json()), ..none }
            }
            Self::Hidden { hidden, error } => {
                let hidden = Some(HiddenJson::from(hidden));
                Members { error: Some(error.into()), license: Some(license), hidden, ..none }
            }
        };
        Ok(serde_json::to_string(&members)?)
    }
}

impl KeyDevices {
    /// Returns each device in the list, together with its key. If the vendor hides the devices, returns none.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&LicenseKey, Device)> {
        let devices = match &self.devices {
            Devices::Listed(devices) => devices.as_slice(),
            Devices::Hidden(_) => &[],
        };
        devices.iter().map(|device| (&self.key, device.clone()))
    }

    fn text(&self) -> String {
        let key = self.key.masked();
        match &self.devices {
            Devices::Listed(devices) => {
                let Some(most) = self.key.limit_activations() else { return format!("{key}: any number of devices") };
                let lines = devices.iter().map(|device| format!("\n  {}", device_line(device)));
                format!("{key}: {} of {most} devices{}", devices.len(), lines.collect::<String>())
            }
            Devices::Hidden(hidden) => format!("{key}: {}", hidden_text(hidden)),
        }
    }
}

fn hidden_text(hidden: &HiddenDevices) -> String {
    let see = hidden.page().map_or_else(String::new, |page| format!("\n  see {page}"));
    format!("{}{see}", hidden.message())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HiddenJson<'a> {
    message: &'a str,
    is_certain: bool,
    page: Option<&'a str>,
}

/// The devices of a key, or the notice that the vendor hides them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyDevicesJson<'a> {
    key: String,
    limit_activations: Option<u32>,
    devices: Option<Vec<DeviceJson>>,
    hidden: Option<HiddenJson<'a>>,
}

impl<'a> From<&'a HiddenDevices> for HiddenJson<'a> {
    fn from(hidden: &'a HiddenDevices) -> Self {
        Self { message: hidden.message(), is_certain: hidden.is_certain(), page: hidden.page() }
    }
}

impl<'a> From<&'a KeyDevices> for KeyDevicesJson<'a> {
    fn from(KeyDevices { key, devices }: &'a KeyDevices) -> Self {
        let (devices, hidden) = match devices {
            Devices::Listed(devices) => (Some(devices.iter().map(DeviceJson::from).collect()), None),
            Devices::Hidden(hidden) => (None, Some(HiddenJson::from(hidden))),
        };
        Self { key: key.masked(), limit_activations: key.limit_activations(), devices, hidden }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Listing> for Outcome {
    fn from(listing: Listing) -> Self {
        Self::Listing(listing)
    }
}

impl From<Listing> for Stop {
    fn from(listing: Listing) -> Self {
        Self::Listing(listing)
    }
}

impl From<Choice> for Stop {
    fn from(choice: Choice) -> Self {
        Self::Listing(Listing::Choice { choice, error: None })
    }
}
