//! The commands of the customer portal. They restore a license, list and release devices, replace a key, accept an
//! invitation, and buy a license.

use super::choice::{Choice, device_line, find_by_label, key_line};
use super::outcome::{KeyDevices, Listing, Outcome, Stop};
use super::{session, waiting};
use crate::args::portal::{Choices, OneKey, PortalCommand};
use crate::exit::Exit;
use crate::input::Input;
use crate::license::{Extra, Report};
use crate::output;
use polar_license::Decision;
use polar_license::blocking::{Checkout, Client, Portal, Session};
use polar_license::portal::{ConfirmedByUser, Device, Devices, LicenseKey, NoSeat, Restored};
use std::time::Duration;

/// Carries out a command in the customer portal.
pub(super) struct PortalRunner {
    client: Client,
    portal: Portal,
    input: Input,
}

impl PortalRunner {
    pub(super) fn new(client: Client) -> Self {
        Self { portal: client.portal(), client, input: Input::new() }
    }

    pub(super) fn run(&self, command: PortalCommand) -> Result<Outcome, Stop> {
        let name = command.name();
        let begin = |buyer| session::begin(&self.portal, self.input, name, buyer);
        match command {
            PortalCommand::Restore { buyer, choices } => self.restore(&begin(&buyer)?, choices),
            PortalCommand::Devices { buyer, key } => self.devices(&begin(&buyer)?, &key),
            PortalCommand::Release { device, buyer, key } => self.release(&begin(&buyer)?, device.as_deref(), &key),
            PortalCommand::Rotate { buyer, key } => self.rotate(&begin(&buyer)?, &key),
            PortalCommand::Claim { invitation, choices } => self.claim(invitation, choices),
            PortalCommand::Buy { link, within, customer } => self.buy(&link, within, customer.as_deref()),
        }
    }

    /// Returns the current license of this device.
    pub(super) fn license(&self) -> Decision {
        self.client.current()
    }

    /// Lists the devices. On a terminal, the user can then release one of them in the same session.
    fn devices(&self, session: &Session, key: &OneKey) -> Result<Outcome, Stop> {
        let keys = list_devices(session, key)?;
        let devices: Vec<(&LicenseKey, Device)> = keys.iter().flat_map(KeyDevices::shown).collect();
        let chosen = self.input.choose("Release one of them?", &devices, |(_, device)| device_line(device));
        match chosen {
            Some((key, device)) => self.release_device(session, key, device),
            None => Ok(Listing::Devices(keys).into()),
        }
    }

    /// Releases a device. On a terminal, the user can then activate the key on this device in the same session.
    fn release_device(&self, session: &Session, key: &LicenseKey, device: &Device) -> Result<Outcome, Stop> {
        let deactivated = session.release(key, device)?;
        if !device.is_this()
            && !self.license().allowed()
            && self.input.confirms("Activate the license key on this device instead?")
        {
            return self.finish(session, session.activate(key)?, Choices::default());
        }
        let report = Report::deactivated(self.license(), "released", deactivated);
        Ok(Outcome::License(Box::new(report)))
    }

    fn restore(&self, session: &Session, choices: Choices) -> Result<Outcome, Stop> {
        let restored = match choices.key.end {
            None => session.restore()?,
            Some(_) => session.activate(&self.choose_key(session.usable_keys()?, &choices.key)?)?,
        };
        self.finish(session, restored, choices)
    }

    fn claim(&self, invitation: Option<String>, choices: Choices) -> Result<Outcome, Stop> {
        let invitation = match invitation.filter(|invitation| invitation != "-") {
            Some(invitation) => invitation,
            None => self.input.line("Link in the invitation's mail:", "no invitation on standard input")?,
        };
        let session = self.portal.claim_seat(&invitation)?;
        let restored = session.restore_when_granted(waiting::progress_notes())?;
        self.finish(&session, restored, choices)
    }

    fn buy(&self, link: &str, within: Duration, customer: Option<&str>) -> Result<Outcome, Stop> {
        session::check_answerable(self.input)?;
        let checkout = self.portal.checkout(link)?;
        output::note(&format!("Open this page to buy:\n  {}", checkout.address()));
        self.bought(&checkout, within, customer).map_err(Stop::maybe_paid)
    }

    fn bought(&self, checkout: &Checkout, within: Duration, customer: Option<&str>) -> Result<Outcome, Stop> {
        let purchase = checkout.follow(within, waiting::progress_notes())?;
        session::announce_code(&self.portal, self.input, purchase.code.clone(), customer)?;
        // If this fails because the user enters no code from the mail or because Polar does not answer, the error
        // advises the user to run `restore`. The code from the mail still works there, and `restore` activates the
        // bought key.
        let session = session::authenticate(&self.portal, self.input, "restore")?;
        let restored = session.restore_purchase(&purchase, waiting::progress_notes())?;
        self.finish(&session, restored, Choices::default())
    }

    fn release(&self, session: &Session, label: Option<&str>, key: &OneKey) -> Result<Outcome, Stop> {
        let keys = list_devices(session, key)?;
        let devices: Vec<(&LicenseKey, Device)> = keys.iter().flat_map(KeyDevices::shown).collect();
        if let Some((key, device)) = self.choose_device(&devices, label, |(_, device)| device) {
            return self.release_device(session, key, device);
        }
        let devices: Vec<Device> = devices.into_iter().map(|(_, device)| device).collect();
        if devices.is_empty() {
            return Err(Listing::NoDevice(keys).into());
        }
        Err(Choice::Devices { devices, option: "DEVICE" }.into())
    }

    fn rotate(&self, session: &Session, key: &OneKey) -> Result<Outcome, Stop> {
        let old = self.choose_key(session.usable_keys()?, key)?;
        let new = session.rotate(&old, ConfirmedByUser)?.masked();
        let headline =
            format!("replaced: {} by {new}; on your other devices, run `polar-license restore`", old.masked());
        let (decision, extra) = (self.client.current(), Extra::NewKey(new));
        let report = Report { decision, exit: Exit::Allowed, headline: Some(headline), extra };
        Ok(Outcome::License(Box::new(report)))
    }

    /// Continues to restore the license until it is active on this device. If there is no terminal, stops as soon as
    /// the user has to choose something.
    fn finish(&self, session: &Session, mut restored: Restored, mut choices: Choices) -> Result<Outcome, Stop> {
        loop {
            restored = match restored {
                Restored::Licensed(decision) => return Ok(Outcome::License(Box::new((*decision).into()))),
                Restored::Choose(keys) => session.activate(&self.choose_key(keys, &choices.key)?)?,
                // `take` removes the label, so that a device is released only once. If the released device has taken a
                // seat again in the meantime, releasing it a second time would not help.
                Restored::NoSeat(full) => self.make_room(session, *full, choices.release.take())?,
            };
        }
    }

    /// Releases the device that has this label, or the device that the user chooses on the terminal. Then activates the
    /// key.
    fn make_room(&self, session: &Session, full: NoSeat, label: Option<String>) -> Result<Restored, Stop> {
        let NoSeat { key, devices, error } = full;
        let devices = match devices {
            Devices::Listed(devices) => devices,
            Devices::Hidden(hidden) => return Err(Listing::Hidden { hidden, error }.into()),
        };
        if label.is_none() && self.input.is_terminal() {
            output::note(error.message());
        }
        match self.choose_device(&devices, label.as_deref(), |device| device) {
            Some(device) => {
                session.release(&key, device)?;
                Ok(session.activate(&key)?)
            }
            None => {
                let choice = Choice::Devices { devices, option: "--release" };
                Err(Listing::Choice { choice, error: Some(error) }.into())
            }
        }
    }

    /// Returns the item that [`find_by_label`] finds. If no label is given, or if no item is found, lets the user
    /// choose an item on the terminal.
    fn choose_device<'a, T>(
        &self,
        items: &'a [T],
        label: Option<&str>,
        device: impl Fn(&T) -> &Device,
    ) -> Option<&'a T> {
        if let Some(label) = label {
            let named = find_by_label(items, label, &device);
            if named.is_some() {
                return named;
            }
            // the note does not repeat the label, which may be an address or a code
            output::note("No device, or more than one, has a label like the one that you gave.");
        }
        self.input.choose("Which device is released?", items, |item| device_line(device(item)))
    }

    /// Returns the license key to use. If `option` selects exactly one key, returns this key. If `option` is not given,
    /// returns the only key, or the only key that is active on this device. In all other cases, lets the user choose a
    /// key on the terminal.
    fn choose_key(&self, keys: Vec<LicenseKey>, option: &OneKey) -> Result<LicenseKey, Stop> {
        let matching = matching(&keys, option);
        let is_here = |key: &&LicenseKey| option.end.is_none() && key.is_here();
        if let Some(key) = only(matching.iter()).or_else(|| only(matching.iter().filter(is_here))) {
            return Ok(key.clone());
        }
        let choice = if matching.is_empty() { keys } else { matching };
        let chosen = self.input.choose("Which license key?", &choice, key_line).cloned();
        chosen.ok_or_else(|| Choice::Keys(choice).into())
    }
}

/// Lists the devices of each usable key that the option selects.
fn list_devices(session: &Session, option: &OneKey) -> Result<Vec<KeyDevices>, Stop> {
    let keys = session.usable_keys()?;
    let matching = matching(&keys, option);
    if matching.is_empty() {
        return Err(Choice::Keys(keys).into());
    }
    let devices = matching.into_iter().map(|key| session.devices(&key).map(|devices| KeyDevices { key, devices }));
    Ok(devices.collect::<Result<_, _>>()?)
}

/// Returns the keys that the option selects, or all keys if the option is not given.
fn matching(keys: &[LicenseKey], option: &OneKey) -> Vec<LicenseKey> {
    keys.iter().filter(|key| option.matches(&key.masked())).cloned().collect()
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}
