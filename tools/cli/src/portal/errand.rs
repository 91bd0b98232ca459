//! The errands themselves: restore, list and release devices, replace a key, accept an invitation, buy.

use super::choice::{Choice, device_line, key_line, labelled};
use super::outcome::{Listed, Outcome, Seats, Stop};
use super::{session, waiting};
use crate::args::portal::{Choices, Errand, OneKey};
use crate::exit::Exit;
use crate::input::Input;
use crate::license::{Extra, Report};
use crate::output;
use polar_license::Decision;
use polar_license::blocking::{Checkout, Client, Portal, Session};
use polar_license::portal::{ConfirmedByUser, Device, Devices, LicenseKey, NoSeat, Restored};
use std::time::Duration;

/// Who serves the customer.
pub(super) struct Desk {
    client: Client,
    portal: Portal,
    input: Input,
}

impl Desk {
    pub(super) fn new(client: Client) -> Self {
        Self { portal: client.portal(), client, input: Input::new() }
    }

    pub(super) fn run(&self, errand: Errand) -> Result<Outcome, Stop> {
        let name = errand.name();
        let begin = |buyer| session::begin(&self.portal, self.input, name, buyer);
        match errand {
            Errand::Restore { buyer, choices } => self.restore(&begin(&buyer)?, choices),
            Errand::Devices { buyer, key } => self.devices(&begin(&buyer)?, &key),
            Errand::Release { device, buyer, key } => self.release(&begin(&buyer)?, device.as_deref(), &key),
            Errand::Rotate { buyer, key } => self.rotate(&begin(&buyer)?, &key),
            Errand::Claim { invitation, choices } => self.claim(invitation, choices),
            Errand::Buy { link, within, customer } => self.buy(&link, within, customer.as_deref()),
        }
    }

    /// The license here, as it is now.
    pub(super) fn license(&self) -> Decision {
        self.client.current()
    }

    /// Lists the devices. On a terminal, one may be released in the same session.
    fn devices(&self, session: &Session, key: &OneKey) -> Result<Outcome, Stop> {
        let seats = seats(session, key)?;
        let listed: Vec<(&LicenseKey, Device)> = seats.iter().flat_map(Seats::listed).collect();
        let chosen = self.input.choose("Release one of them?", &listed, |(_, device)| device_line(device));
        match chosen {
            Some((key, device)) => self.give_up(session, key, device),
            None => Ok(Listed::Devices(seats).into()),
        }
    }

    /// Releases a device. On a terminal, its seat may be taken for this device in the same session.
    fn give_up(&self, session: &Session, key: &LicenseKey, device: &Device) -> Result<Outcome, Stop> {
        let deactivated = session.release(key, device)?;
        if !device.is_this()
            && !self.license().allowed()
            && self.input.agrees("Activate the license key on this device instead?")
        {
            return self.finish(session, session.activate(key)?, Choices::default());
        }
        let report = Report::deactivated(self.license(), "released", deactivated);
        Ok(Outcome::License(Box::new(report)))
    }

    fn restore(&self, session: &Session, choices: Choices) -> Result<Outcome, Stop> {
        let restored = match choices.key.end {
            None => session.restore()?,
            Some(_) => session.activate(&self.chosen(session.usable_keys()?, &choices.key)?)?,
        };
        self.finish(session, restored, choices)
    }

    fn claim(&self, invitation: Option<String>, choices: Choices) -> Result<Outcome, Stop> {
        let invitation = match invitation.filter(|invitation| invitation != "-") {
            Some(invitation) => invitation,
            None => self.input.line("Link in the invitation's mail:", "no invitation on standard input")?,
        };
        let session = self.portal.claim_seat(&invitation)?;
        let restored = session.restore_when_granted(waiting::notes())?;
        self.finish(&session, restored, choices)
    }

    fn buy(&self, link: &str, within: Duration, customer: Option<&str>) -> Result<Outcome, Stop> {
        session::can_be_answered(self.input)?;
        let checkout = self.portal.checkout(link)?;
        output::note(&format!("Open this page to buy:\n  {}", checkout.address()));
        self.bought(&checkout, within, customer).map_err(Stop::maybe_paid)
    }

    fn bought(&self, checkout: &Checkout, within: Duration, customer: Option<&str>) -> Result<Outcome, Stop> {
        let purchase = checkout.follow(within, waiting::notes())?;
        session::sent(&self.portal, self.input, purchase.code.clone(), customer)?;
        // what was bought is activated by this one
        let session = session::authenticate(&self.portal, self.input, "restore")?;
        let restored = session.restore_purchase(&purchase, waiting::notes())?;
        self.finish(&session, restored, Choices::default())
    }

    fn release(&self, session: &Session, label: Option<&str>, key: &OneKey) -> Result<Outcome, Stop> {
        let seats = seats(session, key)?;
        let listed: Vec<(&LicenseKey, Device)> = seats.iter().flat_map(Seats::listed).collect();
        if let Some((key, device)) = self.device(&listed, label, |(_, device)| device) {
            return self.give_up(session, key, device);
        }
        let devices: Vec<Device> = listed.into_iter().map(|(_, device)| device).collect();
        if devices.is_empty() {
            return Err(Listed::NoDevice(seats).into());
        }
        Err(Choice::Devices { devices, option: "DEVICE" }.into())
    }

    fn rotate(&self, session: &Session, key: &OneKey) -> Result<Outcome, Stop> {
        let old = self.chosen(session.usable_keys()?, key)?;
        let new = session.rotate(&old, ConfirmedByUser)?.masked();
        let headline =
            format!("replaced: {} by {new}; on your other devices, run `polar-license restore`", old.masked());
        let (decision, extra) = (self.client.current(), Extra::NewKey(new));
        let report = Report { decision, exit: Exit::Allowed, headline: Some(headline), extra };
        Ok(Outcome::License(Box::new(report)))
    }

    /// Until the license is here, or somebody has to choose who is not there.
    fn finish(&self, session: &Session, mut restored: Restored, mut choices: Choices) -> Result<Outcome, Stop> {
        loop {
            restored = match restored {
                Restored::Licensed(decision) => return Ok(Outcome::License(Box::new((*decision).into()))),
                Restored::Choose(keys) => session.activate(&self.chosen(keys, &choices.key)?)?,
                // once: a device that holds a seat again was not released for good
                Restored::NoSeat(full) => self.make_room(session, *full, choices.release.take())?,
            };
        }
    }

    /// Releases the device that was named or is chosen, and activates the key.
    fn make_room(&self, session: &Session, full: NoSeat, label: Option<String>) -> Result<Restored, Stop> {
        let NoSeat { key, devices, error } = full;
        let devices = match devices {
            Devices::Listed(devices) => devices,
            Devices::Hidden(hidden) => return Err(Listed::Hidden { hidden, error }.into()),
        };
        if label.is_none() && self.input.is_terminal() {
            output::note(error.message());
        }
        match self.device(&devices, label.as_deref(), |device| device) {
            Some(device) => {
                session.release(&key, device)?;
                Ok(session.activate(&key)?)
            }
            None => {
                let choice = Choice::Devices { devices, option: "--release" };
                Err(Listed::Choice { choice, error: Some(error) }.into())
            }
        }
    }

    /// The device with that label, or else the one that is chosen on the terminal.
    fn device<'a, T>(&self, items: &'a [T], label: Option<&str>, device: impl Fn(&T) -> &Device) -> Option<&'a T> {
        if let Some(label) = label {
            let named = labelled(items, label, &device);
            if named.is_some() {
                return named;
            }
            // it may be an address or a code, which nothing repeats
            output::note("No device, or more than one, has a label like the one that you gave.");
        }
        self.input.choose("Which device is released?", items, |item| device_line(device(item)))
    }

    /// The key that the option names, the only one, the one of the license here, or the one that is chosen on the terminal.
    fn chosen(&self, keys: Vec<LicenseKey>, given: &OneKey) -> Result<LicenseKey, Stop> {
        let fitting = fitting(&keys, given);
        let is_here = |key: &&LicenseKey| given.end.is_none() && key.is_here();
        if let Some(key) = only(fitting.iter()).or_else(|| only(fitting.iter().filter(is_here))) {
            return Ok(key.clone());
        }
        let choice = if fitting.is_empty() { keys } else { fitting };
        let chosen = self.input.choose("Which license key?", &choice, key_line).cloned();
        chosen.ok_or_else(|| Choice::Keys(choice).into())
    }
}

/// Who has the seats of the keys that can be used, or of those among them that the option names.
fn seats(session: &Session, given: &OneKey) -> Result<Vec<Seats>, Stop> {
    let keys = session.usable_keys()?;
    let fitting = fitting(&keys, given);
    if fitting.is_empty() {
        return Err(Choice::Keys(keys).into());
    }
    let seats = fitting.into_iter().map(|key| session.devices(&key).map(|devices| Seats { key, devices }));
    Ok(seats.collect::<Result<_, _>>()?)
}

/// Those that the option names: all without it.
fn fitting(keys: &[LicenseKey], given: &OneKey) -> Vec<LicenseKey> {
    keys.iter().filter(|key| given.fits(&key.masked())).cloned().collect()
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}
