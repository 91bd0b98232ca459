//! The seal: which record is ours, unchanged, for this product, on this device.

use super::codec::{Reader, Writer, read_body, read_identity};
use super::hmac::{hkdf, hmac, same};
use super::{Record, Untrusted};
use crate::config::Config;
use crate::device::DeviceId;
use crate::hash::{Hash, short};
use crate::license::Reason;
use crate::text::uuid;

const MAGIC: &[u8; 8] = b"POLARLIC";
const FORMAT: u64 = 1;
const SEAL_BYTES: usize = 32;

const TAG_BYTES: usize = 8;

type Tag = [u8; TAG_BYTES];

/// Seals and opens the records of one product on one device.
pub(crate) struct Sealer {
    product: Tag,
    device: Tag,
    /// The current secret first, then the previous ones.
    keys: Vec<SealKey>,
}

struct SealKey {
    tag: Tag,
    /// As long as a block of SHA-256, which HMAC takes as it is.
    key: [Hash; 2],
}

impl Sealer {
    pub(crate) fn new(config: &Config, device: &DeviceId) -> Self {
        let organization = uuid(config.organization_id());
        let product = [&organization, "\0", config.environment().base_url(), "\0", config.app_id()].concat();
        let place = [&product, "\0", device.as_str()].concat();
        let key = |secret: &str| SealKey { tag: tag(secret, "secret", ""), key: derive(secret, "seal", &place) };
        let mut keys = vec![key(config.app_secret().unwrap_or_default())];
        for secret in config.previous_app_secrets() {
            keys.push(key(secret));
        }
        Self { product: tag("", "product", &product), device: tag("", "device", device.as_str()), keys }
    }

    /// What distinguishes the record's file from those of other products and devices.
    pub(crate) fn tags(&self) -> (Tag, Tag) {
        (self.product, self.device)
    }

    pub(crate) fn seal(&self, record: &Record) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(MAGIC);
        out.number(FORMAT, 2);
        out.bytes(&self.product);
        out.bytes(&self.device);
        if let Some(current) = self.keys.first() {
            out.bytes(&current.tag);
            out.bytes(&record.bytes());
            let seal = hmac(current.key.as_flattened(), &out.bytes);
            out.bytes(&seal);
        }
        out.bytes
    }

    /// The record, or what can be said of one that cannot be trusted.
    pub(crate) fn open(&self, bytes: &[u8]) -> Result<Box<Record>, Untrusted> {
        let (content, seal) = bytes.split_at_checked(bytes.len().saturating_sub(SEAL_BYTES)).unwrap_or_default();
        let mut input = Reader::new(content);
        let ours = input.take(MAGIC.len()) == MAGIC;
        let format = input.number(2);
        let (product, device, secret) = (input.take(TAG_BYTES), input.take(TAG_BYTES), input.take(TAG_BYTES));
        let identity = read_identity(&mut input);
        if !ours || input.failed {
            return Err(Untrusted { why: Reason::Tampered, identity: None });
        }
        let key = self.keys.iter().find(|key| key.tag == secret);
        let sealed = || key.is_some_and(|key| same(&hmac(key.key.as_flattened(), content), seal));
        let why = if format > FORMAT {
            Reason::NewerFormat
        } else if product != self.product {
            Reason::OtherProduct
        } else if device != self.device {
            Reason::OtherDevice
        } else {
            if format == FORMAT
                && sealed()
                && let Some(record) = read_body(&mut input, identity.clone())
            {
                return Ok(record);
            }
            Reason::Tampered
        };
        Err(Untrusted { why, identity })
    }
}

fn tag(secret: &str, purpose: &str, info: &str) -> Tag {
    let [first, _] = derive(secret, purpose, info);
    short(&first)
}

/// HKDF-SHA256 with `secret` as the input keying material; purposes never share an output.
fn derive(secret: &str, purpose: &str, info: &str) -> [Hash; 2] {
    hkdf(b"polar-license record 1", secret.as_bytes(), [purpose, "\0", info].concat().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::{Attempt, Held, Identity, Plan, Release, Seat, TimeBase, Verdict};
    use super::*;
    use crate::hash::sha256;
    use crate::license::Key;
    use crate::text::hex;
    use crate::time::Timestamp;
    use uuid::Uuid;

    const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";

    fn sealer(app: &str, device: &str, secrets: &[&str]) -> Sealer {
        let mut config = Config::new(ORGANIZATION, app);
        if let Some((first, rest)) = secrets.split_first() {
            config = config.app_secret(*first).previous_app_secrets(rest.iter().copied());
        }
        let config = config.build().unwrap();
        Sealer::new(&config, &DeviceId::from_app(&config.organization_id(), device))
    }

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    fn record() -> Record {
        let at = |ms| Timestamp::from_unix_ms(ms);
        Record {
            held: Some(Box::new(Held {
                identity: Identity {
                    key: key("MYAPP-D1E50008-AAAA-4BBB-8CCC-DDDD0000EEF6"),
                    seat: Some(Seat { id: Uuid::from_u128(7), bound: true }),
                },
                revision: 3,
                verdict: Verdict::No(Reason::Inactive),
                license_id: Uuid::from_u128(1),
                benefit_id: Uuid::from_u128(2),
                limit_activations: Some(1),
                limit_usage: None,
                usage: 9,
                expires_at: Some(at(4_000_000_000_000)),
                time: TimeBase { confirmed: at(10), offset: -5, high: at(20) },
                conditions: [1, 2, 3, 4, 5, 6, 7, 8],
            })),
            attempts: vec![Attempt {
                at: at(5),
                seat: "7F3A".into(),
                label: "Debian 12 · 7F3A".into(),
                last_six: "00EEF6".into(),
            }],
            releases: vec![Release { key: key("OLD-KEY"), activation_id: Uuid::from_u128(9) }],
            plan: Plan { next: Some(at(30)), misses: 2, pause_until: None },
            aside: Some(Untrusted { why: Reason::OtherDevice, identity: None }),
            unknown: vec![(200, vec![1, 2, 3])],
        }
    }

    fn why(opened: &Result<Box<Record>, Untrusted>) -> Reason {
        opened.as_ref().unwrap_err().why
    }

    #[test]
    fn opens_what_it_sealed_unknown_fields_included() {
        let sealer = sealer("com.acme.app", "here", &[]);
        for record in [record(), Record::default()] {
            assert_eq!(sealer.open(&sealer.seal(&record)), Ok(Box::new(record)));
        }
    }

    /// Every version reads what every other has written.
    #[test]
    fn the_bytes_are_the_same_for_ever() {
        let sealed = sealer("com.acme.app", "here", &["secret"]).seal(&record());
        assert_eq!(hex(&sha256(&[&sealed])), "4f5201cc7608c712d9cd56db74a9043b6360e3b4ce8242eadfa7544e3f90b6a2");
    }

    #[test]
    fn every_single_byte_edit_is_seen() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let sealed = sealer.seal(&record());
        for at in 0..sealed.len() {
            for flip in 1..=255_u8 {
                let mut edited = sealed.clone();
                edited[at] ^= flip;
                why(&sealer.open(&edited));
            }
        }
    }

    #[test]
    fn every_truncation_and_extension_is_seen() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let mut sealed = sealer.seal(&record());
        for length in 0..sealed.len() {
            assert_eq!(why(&sealer.open(&sealed[..length])), Reason::Tampered);
        }
        sealed.push(0);
        assert_eq!(why(&sealer.open(&sealed)), Reason::Tampered);
    }

    #[test]
    fn a_record_from_elsewhere_says_where_from_and_which_license() {
        let bytes = sealer("com.acme.app", "here", &[]).seal(&record());
        let cases = [
            (sealer("com.acme.app", "there", &[]), Reason::OtherDevice),
            (sealer("com.acme.other", "here", &[]), Reason::OtherProduct),
            (sealer("com.acme.app", "here", &["secret"]), Reason::Tampered),
        ];
        for (sealer, expected) in cases {
            let opened = sealer.open(&bytes);
            assert_eq!(why(&opened), expected);
            assert_eq!(opened.unwrap_err().identity, record().held.map(|held| held.identity));
        }
    }

    #[test]
    fn a_newer_format_is_not_an_edited_one() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let mut bytes = sealer.seal(&record());
        bytes[8] = 2;
        assert_eq!(why(&sealer.open(&bytes)), Reason::NewerFormat);
    }

    #[test]
    fn a_previous_secret_still_opens() {
        let old = sealer("com.acme.app", "here", &["old"]).seal(&record());
        assert_eq!(sealer("com.acme.app", "here", &["new", "old"]).open(&old), Ok(Box::new(record())));
        assert_eq!(why(&sealer("com.acme.app", "here", &["new"]).open(&old)), Reason::Tampered);
    }

    #[test]
    fn the_product_and_device_tags_differ_by_each_input() {
        let tags = sealer("com.acme.app", "here", &[]).tags();
        assert_eq!(tags, sealer("com.acme.app", "here", &["secret"]).tags());
        assert_ne!(tags.0, sealer("com.acme.app2", "here", &[]).tags().0);
        assert_ne!(tags.1, sealer("com.acme.app", "there", &[]).tags().1);
    }
}
