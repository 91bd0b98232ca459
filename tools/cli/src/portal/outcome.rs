//! What a customer's errand came to, printed as text or as one JSON object.

use super::choice::{Choice, ChoiceJson, DeviceShown, device_line};
use crate::exit::Exit;
use crate::failure::ErrorShown;
use crate::license::{self, Report};
use crate::{output, show};
use polar_license::portal::{Device, Devices, HiddenDevices, LicenseKey};
use polar_license::{Decision, Error};
use serde::Serialize;
use std::io;

/// How an errand ended.
pub(super) enum Outcome {
    /// With the license of this device.
    License(Box<Report>),
    /// With a list.
    Listed(Listed),
}

/// What is listed instead of a license.
pub(super) enum Listed {
    /// The devices of each key.
    Devices(Vec<Seats>),
    /// The same, where there is no device to release.
    NoDevice(Vec<Seats>),
    /// There are several, and nobody has chosen.
    Choice { choice: Choice, error: Option<Error> },
    /// No seat is free, and the vendor does not show the devices.
    Hidden { hidden: HiddenDevices, error: Error },
}

/// Why an errand goes no further.
pub(super) enum Stop {
    Failed(Error),
    Listed(Listed),
    /// After the address to buy at was shown: who runs the same command again would buy again.
    MaybePaid(Box<Stop>),
}

/// A key, and who has its seats.
pub(super) struct Seats {
    pub(super) key: LicenseKey,
    pub(super) devices: Devices,
}

impl Stop {
    pub(super) fn maybe_paid(self) -> Self {
        Self::MaybePaid(Box::new(self))
    }

    /// `license` is the decision after that.
    pub(super) fn print(&self, license: &Decision, as_json: bool) -> io::Result<Exit> {
        self.print_before(license, as_json, None)
    }

    /// `again` is what to do once the cause is removed, unless it is what the error says.
    fn print_before(&self, license: &Decision, as_json: bool, again: Option<&str>) -> io::Result<Exit> {
        match self {
            Self::Failed(error) => {
                license::fail_before(error, Some(license), as_json, again.unwrap_or_else(|| show::again(error)))
            }
            Self::Listed(listed) => listed.print(license, as_json),
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
            Self::License(report) => license::print(report, as_json),
            Self::Listed(listed) => listed.print(license, as_json),
        }
    }
}

impl Listed {
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
                seats.iter().map(Seats::text).collect::<Vec<_>>().join("\n")
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
            error: Option<ErrorShown<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            license: Option<&'a Decision>,
            #[serde(skip_serializing_if = "Option::is_none")]
            choose: Option<ChoiceJson>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hidden: Option<HiddenShown<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            keys: Option<Vec<SeatsShown<'a>>>,
        }
        let none = Members { error: None, license: None, choose: None, hidden: None, keys: None };
        let members = match self {
            Self::Devices(seats) | Self::NoDevice(seats) => {
                Members { keys: Some(seats.iter().map(SeatsShown::from).collect()), ..none }
            }
            Self::Choice { choice, error } => {
                let license = error.as_ref().map(|_| license);
                Members { error: error.as_ref().map(Into::into), license, choose: Some(choice.json()), ..none }
            }
            Self::Hidden { hidden, error } => {
                let hidden = Some(HiddenShown::from(hidden));
                Members { error: Some(error.into()), license: Some(license), hidden, ..none }
            }
        };
        Ok(serde_json::to_string(&members)?)
    }
}

impl Seats {
    /// The devices that are shown, and the key of their seats.
    pub(super) fn listed(&self) -> impl Iterator<Item = (&LicenseKey, Device)> {
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
struct HiddenShown<'a> {
    message: &'a str,
    is_certain: bool,
    page: Option<&'a str>,
}

/// The devices, or that they are hidden.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeatsShown<'a> {
    key: String,
    limit_activations: Option<u32>,
    devices: Option<Vec<DeviceShown>>,
    hidden: Option<HiddenShown<'a>>,
}

impl<'a> From<&'a HiddenDevices> for HiddenShown<'a> {
    fn from(hidden: &'a HiddenDevices) -> Self {
        Self { message: hidden.message(), is_certain: hidden.is_certain(), page: hidden.page() }
    }
}

impl<'a> From<&'a Seats> for SeatsShown<'a> {
    fn from(Seats { key, devices }: &'a Seats) -> Self {
        let (devices, hidden) = match devices {
            Devices::Listed(devices) => (Some(devices.iter().map(DeviceShown::from).collect()), None),
            Devices::Hidden(hidden) => (None, Some(HiddenShown::from(hidden))),
        };
        Self { key: key.masked(), limit_activations: key.limit_activations(), devices, hidden }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Listed> for Outcome {
    fn from(listed: Listed) -> Self {
        Self::Listed(listed)
    }
}

impl From<Listed> for Stop {
    fn from(listed: Listed) -> Self {
        Self::Listed(listed)
    }
}

impl From<Choice> for Stop {
    fn from(choice: Choice) -> Self {
        Self::Listed(Listed::Choice { choice, error: None })
    }
}
