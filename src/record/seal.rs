//! The seal of a record. It proves that this product wrote the record on this device, and that the record is unchanged.

use super::codec::{Reader, Writer, read_body, read_identity};
use super::{Identity, Record, StoredLicense, Untrusted};
use crate::codes::Distrust;
use crate::config::Config;
use crate::device::DeviceId;
use crate::offline_text::Fault;
use hmac_sha256::{HKDF, HMAC};
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"POLARLIC";
const FORMAT: u64 = 1;
const SEAL_BYTES: usize = 32;

const TAG_BYTES: usize = 8;

/// The length of a key in bytes. HMAC uses a key of this length unchanged, because it is the block size of SHA-256.
const KEY_BYTES: usize = 64;

/// A short hash that tells products, devices or secrets apart, and reveals nothing else about them.
pub(crate) type Tag = [u8; TAG_BYTES];

/// The keys and tags for sealing and opening the records of one product on one device.
pub(crate) struct Sealer {
    product: Tag,
    device: Tag,
    /// The key that is derived from the current secret.
    key: SealKey,
    previous_keys: Vec<SealKey>,
}

struct SealKey {
    tag: Tag,
    /// Seals records.
    key: Zeroizing<[u8; KEY_BYTES]>,
    /// Seals the answers to offline requests. It differs from `key`, so that nobody can pass a record off as an answer.
    /// `None` if the secret is empty, because anybody could make such answers.
    answer_key: Option<Zeroizing<[u8; KEY_BYTES]>>,
}

/// The content of an answer to an offline request, whose seal is valid.
pub(crate) struct Answered {
    /// The number of the request.
    pub(crate) number: u64,
    pub(crate) license: Box<StoredLicense>,
}

impl Sealer {
    pub(crate) fn new(config: &Config, device: &DeviceId) -> Self {
        let base_url = config.environment().base_url();
        let product = format!("{}\0{base_url}\0{}", config.organization_id(), config.app_id());
        let place = format!("{product}\0{}", device.as_str());
        let key = |root: &Root, is_secret: bool| SealKey {
            tag: root.tag("secret", ""),
            key: root.key("seal", &place),
            answer_key: is_secret.then(|| root.key("offline answer", &place)),
        };
        let public = Root::of("");
        Self {
            product: public.tag("product", &product),
            device: public.tag("device", device.as_str()),
            key: config.app_secret().map_or_else(|| key(&public, false), |secret| key(&Root::of(secret), true)),
            previous_keys: config
                .previous_app_secrets()
                .map(|secret| key(&Root::of(secret), !secret.is_empty()))
                .collect(),
        }
    }

    /// Returns two tags: one of the product and one of the device. Both are part of the file name, so each product and
    /// each device has its own record.
    pub(crate) fn tags(&self) -> (Tag, Tag) {
        (self.product, self.device)
    }

    pub(crate) fn seal(&self, record: &Record) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(MAGIC);
        out.number(FORMAT, 2);
        out.bytes(&self.product);
        out.bytes(&self.device);
        out.bytes(&self.key.tag);
        out.bytes(&record.bytes());
        let seal = HMAC::mac(&out.bytes, self.key.key.as_slice());
        out.bytes(&seal);
        out.bytes
    }

    /// Returns the tag of the current secret.
    pub(crate) fn secret_tag(&self) -> Tag {
        self.key.tag
    }

    /// Returns `true` if the current secret or a previous one has this tag. An empty previous secret does not count.
    pub(crate) fn has_secret(&self, tag: Tag) -> bool {
        self.answer_key_of(tag).is_some()
    }

    /// Returns the content of the answer to an offline request: the license, sealed with the app secret that has this
    /// tag. Returns `None` if this app does not have that secret.
    pub(crate) fn seal_answer(&self, secret: Tag, number: u64, license: StoredLicense) -> Option<Vec<u8>> {
        let key = self.answer_key_of(secret)?;
        let mut out = Writer::default();
        [self.product, self.device, secret].iter().for_each(|tag| out.bytes(tag));
        out.number(number, 8);
        out.bytes(&Record { license: Some(Box::new(license)), ..Record::default() }.bytes());
        let seal = HMAC::mac(&out.bytes, key);
        out.bytes(&seal);
        Some(out.bytes)
    }

    /// Opens the answer to an offline request.
    pub(crate) fn open_answer(&self, bytes: &[u8]) -> Result<Answered, Fault> {
        let (content, seal) = bytes.split_last_chunk().ok_or(Fault::Damaged)?;
        let mut input = Reader::new(content);
        let mut tag = || input.array::<TAG_BYTES>().ok_or(Fault::Damaged);
        let (product, device, secret) = (tag()?, tag()?, tag()?);
        if product != self.product {
            return Err(Fault::OtherProduct);
        } else if device != self.device {
            return Err(Fault::OtherDevice);
        }
        let key = self.answer_key_of(secret).ok_or(Fault::OtherSecret)?;
        if !HMAC::verify(content, key, seal) {
            return Err(Fault::Damaged);
        }
        let mut read = || {
            let number = input.number(8)?;
            let identity = read_identity(&mut input)?;
            Some(Answered { number, license: read_body(&mut input, identity)?.license? })
        };
        read().ok_or(Fault::Damaged)
    }

    fn key_of(&self, secret: Tag) -> Option<&SealKey> {
        std::iter::once(&self.key).chain(&self.previous_keys).find(|key| key.tag == secret)
    }

    fn answer_key_of(&self, secret: Tag) -> Option<&[u8; KEY_BYTES]> {
        self.key_of(secret)?.answer_key.as_deref()
    }

    /// Opens a record. If the record cannot be trusted, returns the parts of it that can be read.
    pub(crate) fn open(&self, bytes: &[u8]) -> Result<Box<Record>, Untrusted> {
        let (content, seal) = bytes.split_last_chunk().unwrap_or((&[], &[0; SEAL_BYTES]));
        let mut input = Reader::new(content);
        let Some(header) = Header::read(&mut input) else {
            return Err(Untrusted { why: Distrust::Tampered, identity: None });
        };
        let why = if header.format > FORMAT {
            Distrust::NewerFormat
        } else if header.product != self.product {
            Distrust::OtherProduct
        } else if header.device != self.device {
            Distrust::OtherDevice
        } else {
            let key = self.key_of(header.secret);
            if header.format == FORMAT
                && key.is_some_and(|key| HMAC::verify(content, key.key.as_slice(), seal))
                && let Some(record) = read_body(&mut input, header.identity.clone())
            {
                return Ok(record);
            }
            Distrust::Tampered
        };
        Err(Untrusted { why, identity: header.identity })
    }
}

/// The beginning of a record. It can be read even if the seal is not valid.
struct Header {
    format: u64,
    product: Tag,
    device: Tag,
    secret: Tag,
    identity: Option<Identity>,
}

impl Header {
    /// Reads a header, or returns `None` if the bytes are not a header.
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        if input.take(MAGIC.len())? != MAGIC {
            return None;
        }
        Some(Self {
            format: input.number(2)?,
            product: input.array()?,
            device: input.array()?,
            secret: input.array()?,
            identity: read_identity(input)?,
        })
    }
}

/// The pseudorandom key that HKDF-SHA256 extracts from a secret. All keys and tags for this secret are derived from it.
#[derive(Clone)]
struct Root(Zeroizing<[u8; 32]>);

impl Root {
    fn of(secret: &str) -> Self {
        Self(Zeroizing::new(HKDF::extract("polar-license record 1", secret)))
    }

    fn key(&self, purpose: &str, info: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        self.derive(key.as_mut_slice(), purpose, info);
        key
    }

    fn tag(&self, purpose: &str, info: &str) -> Tag {
        let mut tag = Tag::default();
        self.derive(&mut tag, purpose, info);
        tag
    }

    /// Fills `key` by HKDF-SHA256. Keys for different purposes cannot be computed from each other.
    fn derive(&self, key: &mut [u8], purpose: &str, info: &str) {
        HKDF::expand(key, self.0.as_slice(), format!("{purpose}\0{info}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attempt, KeptSeat, Plan, Release, Seat, StartedTrial, StoredLicense, TimeBase, Verdict};
    use super::*;
    use crate::codes::Denial;
    use crate::key::Key;
    use crate::license::Terms;
    use crate::purchase::{Order, OrderStatus, Purchase, Subscription};
    use crate::time::Timestamp;
    use hmac_sha256::Hash;
    use uuid::Uuid;

    const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";

    fn sealer(app: &str, device: &str, secrets: &[&str]) -> Sealer {
        let mut config = Config::builder(ORGANIZATION, app);
        if let Some((first, rest)) = secrets.split_first() {
            config = config.app_secret(*first).previous_app_secrets(rest.iter().copied());
        }
        let config = config.build().unwrap();
        Sealer::new(&config, &DeviceId::from_app(&config.organization_id(), device))
    }

    #[test]
    fn an_empty_secret_seals_and_opens_no_answer() {
        let license = || *record().license.unwrap();
        let app = sealer("com.acme.app", "laptop", &["hush", "older", ""]);
        let older = sealer("com.acme.app", "laptop", &["older"]);
        let answer = older.seal_answer(older.secret_tag(), 7, license()).unwrap();
        assert_eq!(app.open_answer(&answer).unwrap().number, 7);
        let mut public = sealer("com.acme.app", "laptop", &[]);
        assert!(!app.has_secret(public.secret_tag()));
        assert_eq!(public.seal_answer(public.secret_tag(), 7, license()), None);
        // somebody without the secret computes the key all the same
        let place = format!("{ORGANIZATION}\0https://api.polar.sh\0com.acme.app");
        let device = DeviceId::from_app(&ORGANIZATION.parse().unwrap(), "laptop");
        let forged = Root::of("").key("offline answer", &format!("{place}\0{}", device.as_str()));
        public.key.answer_key = Some(forged);
        let answer = public.seal_answer(public.secret_tag(), 7, license()).unwrap();
        assert!(public.open_answer(&answer).is_ok());
        assert_eq!(app.open_answer(&answer).err(), Some(Fault::OtherSecret));
    }

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    fn record() -> Record {
        let at = |ms| Timestamp::from_unix_ms(ms);
        Record {
            license: Some(Box::new(StoredLicense {
                identity: Identity {
                    key: key("MYAPP-D1E50008-AAAA-4BBB-8CCC-DDDD0000EEF6"),
                    seat: Some(Seat { id: Uuid::from_u128(7), bound: true }),
                },
                revision: 3,
                verdict: Verdict::Denied(Denial::Inactive),
                terms: Terms {
                    license_id: Uuid::from_u128(1),
                    benefit_id: Uuid::from_u128(2),
                    limit_activations: Some(1),
                    limit_usage: None,
                    usage: 9,
                    expires_at: Some(at(4_000_000_000_000)),
                    ..Terms::default()
                },
                time: TimeBase { confirmed: at(10), offset: -5, high: at(20) },
                conditions: [1, 2, 3, 4, 5, 6, 7, 8],
                label: None,
                imported: None,
            })),
            attempts: vec![Attempt {
                at: at(5),
                marker: "7F3A".into(),
                label: "Debian 12 · 7F3A".into(),
                last_six: "00EEF6".into(),
                saved_at: at(6),
                is_uncertain: false,
            }],
            keyless_seats: Vec::new(),
            sent: [None; 2],
            releases: vec![Release { key: key("OLD-KEY"), activation_id: Uuid::from_u128(9) }],
            plan: Plan { next: Some(at(30)), failed_tries: 2, pause_until: None },
            #[cfg(feature = "portal")]
            code_tries: crate::record::CodeTries::default(),
            offline_request: None,
            trial: None,
            untrusted: Some(Untrusted { why: Distrust::OtherDevice, identity: None }),
            unknown: vec![(200, vec![1, 2, 3])],
        }
    }

    #[cfg(feature = "portal")]
    #[test]
    fn code_tries_survive_sealing() {
        use crate::record::{CodeMail, CodeTries, CodeTry};
        let sealer = sealer("com.acme.app", "here", &[]);
        let at = |ms| Timestamp::from_unix_ms(ms);
        let list = vec![CodeTry { at: at(40), id: 7 }, CodeTry { at: at(41), id: u32::MAX }];
        let mails = vec![CodeMail { at: at(40), is_tried: true }, CodeMail { at: at(41), is_tried: false }];
        for blocked_until in [None, Some(at(900_000))] {
            let code_tries = CodeTries { list: list.clone(), mails: mails.clone(), blocked_until };
            let record = Record { code_tries, ..record() };
            assert_eq!(sealer.open(&sealer.seal(&record)), Ok(Box::new(record)));
        }
    }

    fn why(opened: &Result<Box<Record>, Untrusted>) -> Distrust {
        opened.as_ref().unwrap_err().why
    }

    #[test]
    fn a_record_survives_sealing_with_its_unknown_fields() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let later = Record {
            attempts: record().attempts.into_iter().map(|attempt| Attempt { is_uncertain: true, ..attempt }).collect(),
            keyless_seats: [None, Some("Debian 12 · 7F3A".into())]
                .into_iter()
                .zip(11..)
                .map(|(label, id)| KeptSeat {
                    seat: Seat { id: Uuid::from_u128(id), bound: true },
                    label,
                    key: key("OLD-KEY"),
                })
                .collect(),
            sent: [None, Some(Timestamp::from_unix_ms(7))],
            trial: Some(StartedTrial { started: Timestamp::from_unix_ms(50), high: Timestamp::from_unix_ms(60) }),
            ..record()
        };
        let mut labelled = record();
        labelled.license.as_mut().unwrap().label = Some("Debian 12 · 7F3A".into());
        labelled.license.as_mut().unwrap().terms.created_at = Some(Timestamp::from_unix_ms(8));
        let bought = |purchase| {
            let mut record = record();
            record.license.as_mut().unwrap().terms.purchase = Some(purchase);
            record
        };
        let subscription = bought(Purchase::Subscription(Subscription {
            status: "frozen".to_owned().into(),
            current_period_end: Some(Timestamp::from_unix_ms(9)),
            ends_at: None,
            cancels_at_period_end: true,
        }));
        let created_at = Timestamp::from_unix_ms(9);
        let order = bought(Purchase::Order(Order { status: OrderStatus::Paid, paid: true, created_at }));
        for record in [record(), later, labelled, subscription, order, Record::default()] {
            assert_eq!(sealer.open(&sealer.seal(&record)), Ok(Box::new(record)));
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Every version must be able to read the records that other versions wrote.
    #[test]
    fn the_bytes_of_a_record_never_change() {
        let sealed = sealer("com.acme.app", "here", &["secret"]).seal(&record());
        assert_eq!(hex(&Hash::hash(&sealed)), "18be9ee5cf72be02f0c65d3acdb215df738458d2c26cf040542bdf5a98251cb0");
    }

    #[test]
    fn every_edit_of_one_byte_is_detected() {
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
    fn every_truncation_and_extension_is_detected() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let mut sealed = sealer.seal(&record());
        for length in 0..sealed.len() {
            assert_eq!(why(&sealer.open(&sealed[..length])), Distrust::Tampered);
        }
        sealed.push(0);
        assert_eq!(why(&sealer.open(&sealed)), Distrust::Tampered);
    }

    #[test]
    fn a_record_from_elsewhere_names_its_origin_and_license() {
        let bytes = sealer("com.acme.app", "here", &[]).seal(&record());
        let cases = [
            (sealer("com.acme.app", "there", &[]), Distrust::OtherDevice),
            (sealer("com.acme.other", "here", &[]), Distrust::OtherProduct),
            (sealer("com.acme.app", "here", &["secret"]), Distrust::Tampered),
        ];
        for (sealer, expected) in cases {
            let opened = sealer.open(&bytes);
            assert_eq!(why(&opened), expected);
            assert_eq!(opened.unwrap_err().identity, record().license.map(|license| license.identity));
        }
    }

    #[test]
    fn a_newer_format_is_not_taken_for_an_edit() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let mut bytes = sealer.seal(&record());
        bytes[8] = 2;
        assert_eq!(why(&sealer.open(&bytes)), Distrust::NewerFormat);
    }

    #[test]
    fn a_denial_that_a_newer_version_wrote_is_a_denial() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let verdict_200 = (2, vec![200]);
        let newer = Record { unknown: vec![verdict_200], ..record() };
        let opened = sealer.open(&sealer.seal(&newer)).unwrap();
        assert_eq!(opened.license.unwrap().verdict, Verdict::Denied(Denial::Refused));
    }

    #[test]
    fn bytes_that_a_newer_version_appended_to_a_known_field_are_ignored() {
        let sealer = sealer("com.acme.app", "here", &[]);
        let longer_revision = (1, [&3_u64.to_le_bytes()[..], &[1, 2, 3]].concat());
        let newer = Record { unknown: vec![longer_revision, (200, vec![1, 2, 3])], ..record() };
        assert_eq!(sealer.open(&sealer.seal(&newer)), Ok(Box::new(record())));
    }

    #[test]
    fn a_previous_secret_still_opens_a_record() {
        let old = sealer("com.acme.app", "here", &["old"]).seal(&record());
        assert_eq!(sealer("com.acme.app", "here", &["new", "old"]).open(&old), Ok(Box::new(record())));
        assert_eq!(why(&sealer("com.acme.app", "here", &["new"]).open(&old)), Distrust::Tampered);
    }

    #[test]
    fn the_product_and_device_tags_differ_by_each_input() {
        let tags = sealer("com.acme.app", "here", &[]).tags();
        assert_eq!(tags, sealer("com.acme.app", "here", &["secret"]).tags());
        assert_ne!(tags.0, sealer("com.acme.app2", "here", &[]).tags().0);
        assert_ne!(tags.1, sealer("com.acme.app", "there", &[]).tags().1);
    }
}
