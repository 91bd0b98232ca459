//! The contents of the request and of the return that a computer without a network writes. Another computer reads them,
//! and takes or releases seats for the computer that wrote them.
//!
//! ```text
//! request   product tag 8 │ device id 16 │ secret tag 8 │ number 8 │ seat 1 (+16) │ name of the system
//! answer    product tag 8 │ device tag 8 │ secret tag 8 │ number 8 │ license │ HMAC-SHA256 over all of these
//! return    product tag 8 │ device id 16 │ for each seat: seat 17 │ length u16, key
//! ```
//!
//! `record/seal.rs` writes and reads the answer, and `offline_text.rs` turns all three into text. This module sends and
//! stores nothing.

use crate::config::Config;
use crate::device::DeviceId;
use crate::error::Error;
use crate::offline_text::{Fault, Kind, OfflineText};
use crate::record::{Identity, Sealer, Seat, Tag, read_returned, read_seat, write_returned, write_seat};
use crate::text::printable;

/// A request of a computer without a network, as another computer reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineRequest {
    pub(crate) device: DeviceId,
    /// The tag of the app secret that the device uses. It identifies the secret without revealing it.
    pub(crate) secret: Tag,
    /// The number that the answer repeats.
    pub(crate) number: u64,
    /// The seat that the device has or had. The new license may use it again.
    pub(crate) seat: Option<Seat>,
    /// The name of the device's operating system, for the label of the seat.
    pub(crate) system: String,
}

/// The seats that a computer without a network gives up, as another computer reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedSeats {
    pub(crate) device: DeviceId,
    pub(crate) seats: Vec<Identity>,
}

/// The longest name of a system that a request carries, in characters.
const MOST_SYSTEM_CHARS: usize = 40;

impl OfflineRequest {
    pub(crate) fn write(&self, product: Tag) -> OfflineText {
        let mut content = [&product[..], &self.device.to_bytes(), &self.secret, &self.number.to_le_bytes()].concat();
        content.extend(write_seat(self.seat));
        let system = printable(&self.system);
        content.extend(system.chars().take(MOST_SYSTEM_CHARS).collect::<String>().bytes());
        Kind::Request.write(&content)
    }

    /// Reads the request of another computer. Fails with `invalid_argument` if this app could not answer it.
    pub fn read(config: &Config, text: &str) -> Result<Self, Error> {
        let read = || {
            let content = Kind::Request.read(text)?;
            let (product, rest) = content.split_first_chunk().ok_or(Fault::Damaged)?;
            let (device, rest) = rest.split_first_chunk().ok_or(Fault::Damaged)?;
            let (secret, rest) = rest.split_first_chunk().ok_or(Fault::Damaged)?;
            let (number, rest) = rest.split_first_chunk().ok_or(Fault::Damaged)?;
            let (seat, system) = read_seat(rest).ok_or(Fault::Damaged)?;
            let request = Self {
                device: DeviceId::from_bytes(*device),
                secret: *secret,
                number: u64::from_le_bytes(*number),
                seat,
                system: printable(&String::from_utf8_lossy(system)),
            };
            let sealer = Sealer::new(config, &request.device);
            if sealer.tags().0 != *product {
                Err(Fault::OtherProduct)
            } else if !sealer.has_secret(request.secret) {
                Err(Fault::OtherSecret)
            } else {
                Ok(request)
            }
        };
        read().map_err(|fault| fault.into_error(config.texts()))
    }

    /// Returns the id of the device that wrote the request. The engine that answers must be created for this device.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Returns the name of the operating system of that device.
    pub fn system(&self) -> &str {
        &self.system
    }
}

impl ReturnedSeats {
    pub(crate) fn write(&self, product: Tag) -> OfflineText {
        let mut content = [&product[..], &self.device.to_bytes()].concat();
        content.extend(write_returned(&self.seats));
        Kind::Return.write(&content)
    }

    /// Returns the id of the device that has given up the seats. The engine that releases them must be created for this
    /// device.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Reads the return of another computer. Fails with `invalid_argument` if this app cannot read it.
    pub fn read(config: &Config, text: &str) -> Result<Self, Error> {
        let read = || {
            let content = Kind::Return.read(text)?;
            let (product, rest) = content.split_first_chunk().ok_or(Fault::Damaged)?;
            let (device, rest) = rest.split_first_chunk().ok_or(Fault::Damaged)?;
            let device = DeviceId::from_bytes(*device);
            if Sealer::new(config, &device).tags().0 != *product {
                return Err(Fault::OtherProduct);
            }
            Ok(Self { device, seats: read_returned(rest).ok_or(Fault::Damaged)? })
        };
        read().map_err(|fault| fault.into_error(config.texts()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::ErrorKind;
    use crate::texts::Text;
    use uuid::Uuid;

    fn config() -> Config {
        let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app");
        config.app_secret("hush").air_gap_days(365).build().unwrap()
    }

    fn request(config: &Config) -> (OfflineRequest, String) {
        let device = DeviceId::from_app(&config.organization_id(), "rack 7");
        let sealer = Sealer::new(config, &device);
        let seat = Some(Seat { id: Uuid::from_u128(7), bound: true });
        let request =
            OfflineRequest { device, secret: sealer.secret_tag(), number: u64::MAX, seat, system: "Debian 12".into() };
        let text = request.write(sealer.tags().0).into_string();
        (request, text)
    }

    #[test]
    fn a_request_is_read_as_it_was_written_however_it_was_copied() {
        let config = config();
        let (request, text) = request(&config);
        assert_eq!(OfflineRequest::read(&config, &text).unwrap(), request);
        let lines = text.as_bytes().chunks(20).map(|line| String::from_utf8(line.to_vec()).unwrap());
        let wrapped = lines.collect::<Vec<_>>().join("\r\n> ").to_lowercase().replace('0', "o");
        assert_eq!(OfflineRequest::read(&config, &wrapped).unwrap(), request);
        assert!(text.len() < 150, "{text}");
    }

    #[test]
    fn every_changed_missing_or_doubled_character_is_refused() {
        let config = config();
        let (_, text) = request(&config);
        let is_damaged = |text: String| {
            let error = OfflineRequest::read(&config, &text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert_eq!(error.message(), Text::OfflineDamaged.english(), "{text}");
        };
        for (at, same) in text.char_indices().filter(|(_, c)| *c != '-') {
            let with = |instead: &str| {
                let (before, after) = (text.chars().take(at), text.chars().skip(at + 1));
                before.chain(instead.chars()).chain(after).collect::<String>()
            };
            let others = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|other| *other != same);
            others.for_each(|other| is_damaged(with(&other.to_string())));
            is_damaged(with(""));
            is_damaged(with(&format!("{same}{same}")));
        }
    }

    #[test]
    fn a_text_of_another_kind_product_secret_or_version_is_named() {
        let config = config();
        let (_, text) = request(&config);
        let refusal =
            |config: &Config, text: &str| OfflineRequest::read(config, text).unwrap_err().message().to_owned();
        let answer = Kind::Answer.write(b"x").into_string();
        assert_eq!(refusal(&config, &answer), Text::OfflineAnswerHere.english());
        assert_eq!(refusal(&config, Kind::Return.write(b"x").as_str()), Text::OfflineReturnHere.english());
        assert_eq!(Kind::Answer.read(&text), Err(Fault::OtherKind(Kind::Request)));
        let builder = |app| Config::builder("a0010000-0000-4000-8000-000000000001", app);
        let other = builder("com.acme.other").app_secret("hush").build().unwrap();
        assert_eq!(refusal(&other, &text), Text::OfflineOtherProduct.english());
        let secret = builder("com.acme.app").app_secret("another").build().unwrap();
        assert_eq!(refusal(&secret, &text), Text::OfflineOtherSecret.english());
        let newer = builder("com.acme.app").app_secret("another").previous_app_secret("hush").build().unwrap();
        assert!(OfflineRequest::read(&newer, &text).is_ok());
        assert_eq!(refusal(&config, Kind::Request.write_as('2', b"later").as_str()), Text::OfflineNewer.english());
    }

    #[test]
    fn a_return_is_read_as_it_was_written() {
        use crate::key::Key;
        let config = config();
        let device = DeviceId::from_app(&config.organization_id(), "rack 7");
        let identity = |seat, key: &str| Identity {
            key: Key::parse(key).unwrap(),
            seat: Some(Seat { id: Uuid::from_u128(seat), bound: true }),
        };
        let seats = vec![identity(7, "MYAPP-D1E50008-AAAA-4BBB-8CCC-DDDD0000EEF6"), identity(8, "OLDER-KEY")];
        let given_up = ReturnedSeats { device, seats };
        let text = given_up.write(Sealer::new(&config, &given_up.device).tags().0).into_string();
        assert_eq!(ReturnedSeats::read(&config, &text).unwrap(), given_up);
    }
}
