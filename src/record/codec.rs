//! Converts a record to bytes and back. The reader accepts any bytes without a panic. A wrong length field cannot make
//! the reader allocate more memory than the bytes take up.

use super::{
    Attempt, Identity, KeptSeat, Record, Release, RequestedOffline, Seat, StartedTrial, StoredLicense, TimeBase,
    Untrusted, Verdict,
};
#[cfg(feature = "portal")]
use super::{CodeMail, CodeTries, CodeTry};
use crate::codes::{Denial, Distrust};
use crate::key::Key;
use crate::license::Terms;
use crate::purchase::{Order, Purchase, Subscription};
use crate::time::Timestamp;
use uuid::Uuid;

/// The ids of the fields in a record's body. After the first release, an id is never reused for another field.
///
/// A version of this library keeps the fields that it does not know. In a field that it knows, it ignores additional
/// bytes at the end. So a new member of a license or a seat is appended to the existing field of that license or seat,
/// and is read only if it is there. The member must not have a field of its own, because an older version would keep
/// that field even after it has stored another license.
mod field {
    pub(super) const REVISION: u8 = 1;
    pub(super) const VERDICT: u8 = 2;
    pub(super) const LICENSE: u8 = 3;
    pub(super) const LIMITS: u8 = 4;
    pub(super) const EXPIRES: u8 = 5;
    pub(super) const TIME: u8 = 6;
    pub(super) const CONDITIONS: u8 = 7;
    pub(super) const ATTEMPT: u8 = 8;
    pub(super) const RELEASE: u8 = 9;
    pub(super) const PLAN: u8 = 10;
    pub(super) const UNTRUSTED: u8 = 11;
    pub(super) const KEYLESS_SEAT: u8 = 12;
    pub(super) const SENT: u8 = 13;
    #[cfg(feature = "portal")]
    pub(super) const CODE_TRIES: u8 = 14;
    #[cfg(feature = "portal")]
    pub(super) const CODE_MAILS: u8 = 15;
    pub(super) const OFFLINE_REQUEST: u8 = 16;
    pub(super) const TRIAL: u8 = 17;
}

/// The numbers for the kinds of purchases: none, a subscription, an order. In the stored terms of a license, this
/// number follows the expiry.
const NO_PURCHASE: u8 = 0;
const SUBSCRIPTION: u8 = 1;
const ORDER: u8 = 2;

/// The number that stands for the verdict "confirmed". All other numbers of a verdict stand for denials.
const CONFIRMED: u8 = 0;

/// The numbers for the kinds of seats: none, a seat that any device may use, and a seat that is bound to this device.
const NO_SEAT: u8 = 0;
const FREE_SEAT: u8 = 1;
const BOUND_SEAT: u8 = 2;

pub(super) fn write(record: &Record) -> Vec<u8> {
    let mut out = Writer::default();
    write_identity(&mut out, record.identity());
    write_body(&mut out, record);
    out.bytes
}

fn write_identity(out: &mut Writer, identity: Option<&Identity>) {
    write_seat(out, identity.and_then(|identity| identity.seat));
    out.text(identity.map_or("", |identity| identity.key.secret()));
}

fn write_seat(out: &mut Writer, seat: Option<Seat>) {
    match seat {
        None => out.byte(NO_SEAT),
        Some(seat) => {
            out.byte(if seat.bound { BOUND_SEAT } else { FREE_SEAT });
            out.bytes(seat.id.as_bytes());
        }
    }
}

/// Reads the key and the seat from a header. Returns `Some(None)` if the header contains no key.
pub(super) fn read_identity(input: &mut Reader<'_>) -> Option<Option<Identity>> {
    let seat = read_seat(input)?;
    Some(input.key()?.map(|key| Identity { key, seat }))
}

fn read_seat(input: &mut Reader<'_>) -> Option<Option<Seat>> {
    Some(match input.u8()? {
        NO_SEAT => None,
        FREE_SEAT => Some(Seat { id: input.uuid()?, bound: false }),
        BOUND_SEAT => Some(Seat { id: input.uuid()?, bound: true }),
        _ => return None,
    })
}

/// Writes the seat that an offline request names.
pub(crate) fn write_seat_alone(seat: Option<Seat>) -> Vec<u8> {
    let mut out = Writer::default();
    write_seat(&mut out, seat);
    out.bytes
}

/// Reads the seat that an offline request names. Returns the seat and the bytes after it.
pub(crate) fn read_seat_from(bytes: &[u8]) -> Option<(Option<Seat>, &[u8])> {
    let mut input = Reader::new(bytes);
    Some((read_seat(&mut input)?, input.rest))
}

/// Writes the seats of an offline return, each with its key.
pub(crate) fn write_returned(seats: &[Identity]) -> Vec<u8> {
    let mut out = Writer::default();
    seats.iter().for_each(|identity| write_identity(&mut out, Some(identity)));
    out.bytes
}

/// Reads the seats of an offline return.
pub(crate) fn read_returned(bytes: &[u8]) -> Option<Vec<Identity>> {
    let mut input = Reader::new(bytes);
    let mut seats = Vec::new();
    while !input.is_empty() {
        seats.push(read_identity(&mut input)??);
    }
    Some(seats)
}

fn write_body(out: &mut Writer, record: &Record) {
    if let Some(license) = &record.license {
        write_license(out, license);
    }
    for attempt in &record.attempts {
        out.begin(field::ATTEMPT);
        out.time(attempt.at);
        [&attempt.marker, &attempt.label, &attempt.last_six].into_iter().for_each(|text| out.text(text));
        out.time(attempt.saved_at);
        out.byte(attempt.is_uncertain.into());
    }
    for release in &record.releases {
        out.begin(field::RELEASE);
        out.bytes(release.activation_id.as_bytes());
        out.text(release.key.secret());
    }
    for KeptSeat { seat, label, key } in &record.keyless_seats {
        out.begin(field::KEYLESS_SEAT);
        write_seat(out, Some(*seat));
        out.optional_text(label.as_deref());
        out.text(key.secret());
    }
    out.begin(field::PLAN);
    out.optional_time(record.plan.next);
    out.optional_time(record.plan.pause_until);
    out.number(record.plan.failed_tries.into(), 4);
    out.begin(field::SENT);
    record.sent.into_iter().for_each(|sent| out.optional_time(sent));
    #[cfg(feature = "portal")]
    write_code_tries(out, &record.code_tries);
    if let Some(RequestedOffline { number, wall }) = record.offline_request {
        out.begin(field::OFFLINE_REQUEST);
        out.number(number, 8);
        out.time(wall);
    }
    if let Some(StartedTrial { started, high }) = record.trial {
        out.begin(field::TRIAL);
        out.time(started);
        out.time(high);
    }
    if let Some(untrusted) = &record.untrusted {
        out.begin(field::UNTRUSTED);
        out.byte(untrusted.why.number());
        write_identity(out, untrusted.identity.as_ref());
    }
    for (id, bytes) in &record.unknown {
        out.begin(*id);
        out.bytes(bytes);
    }
    out.end();
}

#[cfg(feature = "portal")]
fn write_code_tries(out: &mut Writer, code_tries: &CodeTries) {
    if *code_tries != CodeTries::default() {
        out.begin(field::CODE_TRIES);
        out.optional_time(code_tries.blocked_until);
        for CodeTry { at, id } in &code_tries.list {
            out.time(*at);
            out.number((*id).into(), 4);
        }
        out.begin(field::CODE_MAILS);
        for CodeMail { at, is_tried } in &code_tries.mails {
            out.time(*at);
            out.byte((*is_tried).into());
        }
    }
}

fn write_license(out: &mut Writer, license: &StoredLicense) {
    let StoredLicense { revision, verdict, terms, time, conditions, label, imported, identity: _ } = license;
    out.begin(field::REVISION);
    out.number(*revision, 8);
    out.begin(field::VERDICT);
    out.byte(match verdict {
        Verdict::Confirmed => CONFIRMED,
        Verdict::Denied(denial) => denial.number(),
    });
    out.begin(field::LICENSE);
    out.bytes(terms.license_id.as_bytes());
    out.bytes(terms.benefit_id.as_bytes());
    out.optional_time(terms.created_at);
    out.begin(field::LIMITS);
    out.optional(terms.limit_activations.map(u64::from), 4);
    out.optional(terms.limit_usage.map(u64::from), 4);
    out.number(terms.usage.into(), 4);
    out.begin(field::EXPIRES);
    out.optional_time(terms.expires_at);
    write_purchase(out, terms.purchase.as_ref());
    out.begin(field::TIME);
    out.time(time.confirmed);
    out.time(Timestamp::from_unix_ms(time.offset));
    out.time(time.high);
    // An imported license has the number of its offline request. For all other licenses, nothing is written here, so
    // that their records are the same as those of versions without imports.
    imported.iter().for_each(|number| out.number(*number, 8));
    out.begin(field::CONDITIONS);
    out.bytes(conditions);
    out.optional_text(label.as_deref());
}

fn write_purchase(out: &mut Writer, purchase: Option<&Purchase>) {
    match purchase {
        None => out.byte(NO_PURCHASE),
        Some(Purchase::Subscription(Subscription { status, current_period_end, ends_at, cancels_at_period_end })) => {
            out.byte(SUBSCRIPTION);
            out.text(status.as_str());
            out.optional_time(*current_period_end);
            out.optional_time(*ends_at);
            out.byte((*cancels_at_period_end).into());
        }
        Some(Purchase::Order(Order { status, paid, created_at })) => {
            out.byte(ORDER);
            out.text(status.as_str());
            out.byte((*paid).into());
            out.time(*created_at);
        }
    }
}

/// Reads a purchase. Returns `Some(None)` if the record contains none, or one of a kind that only newer versions know.
/// Returns `None` if the bytes are damaged.
fn read_purchase(value: &mut Reader<'_>) -> Option<Option<Purchase>> {
    Some(match value.u8()? {
        SUBSCRIPTION => Some(Purchase::Subscription(Subscription {
            status: value.text()?.into(),
            current_period_end: value.optional(Reader::time)?,
            ends_at: value.optional(Reader::time)?,
            cancels_at_period_end: value.u8()? != 0,
        })),
        ORDER => Some(Purchase::Order(Order {
            status: value.text()?.into(),
            paid: value.u8()? != 0,
            created_at: value.time()?,
        })),
        _ => None,
    })
}

/// Reads the fields of the body. Returns `None` if a field is malformed. No version of this library writes a malformed
/// field, so such a record comes from another program, even if its seal is valid.
pub(super) fn read_body(input: &mut Reader<'_>, identity: Option<Identity>) -> Option<Box<Record>> {
    let license = identity.map(|identity| Box::new(unread(identity)));
    let mut record = Box::new(Record { license, ..Record::default() });
    while !input.is_empty() {
        let id = input.u8()?;
        let length = usize::try_from(input.u32()?).ok()?;
        read_field(&mut record, id, &mut Reader::new(input.take(length)?))?;
    }
    Some(record)
}

/// Creates a license for which only the header of the record has been read.
fn unread(identity: Identity) -> StoredLicense {
    StoredLicense {
        identity,
        revision: 0,
        verdict: Verdict::Denied(Denial::Refused),
        terms: Terms::default(),
        time: TimeBase { confirmed: Timestamp::default(), offset: 0, high: Timestamp::default() },
        conditions: [0; 8],
        label: None,
        imported: None,
    }
}

fn read_license_field(license: &mut StoredLicense, id: u8, value: &mut Reader<'_>) -> Option<()> {
    match id {
        field::REVISION => license.revision = value.number(8)?,
        field::VERDICT => {
            license.verdict = match value.u8()? {
                CONFIRMED => Verdict::Confirmed,
                // A newer version of this library stored this number, for a kind of denial that this version does not
                // know. The license stays denied, and Polar's next answer gives the reason.
                number => Verdict::Denied(Denial::from_number(number).unwrap_or(Denial::Refused)),
            };
        }
        field::LICENSE => {
            license.terms.license_id = value.uuid()?;
            license.terms.benefit_id = value.uuid()?;
            license.terms.created_at = value.optional(Reader::time)?;
        }
        field::LIMITS => {
            license.terms.limit_activations = value.optional(Reader::u32)?;
            license.terms.limit_usage = value.optional(Reader::u32)?;
            license.terms.usage = value.u32()?;
        }
        field::EXPIRES => {
            license.terms.expires_at = value.optional(Reader::time)?;
            license.terms.purchase = read_purchase(value)?;
        }
        field::TIME => {
            license.time.confirmed = value.time()?;
            license.time.offset = value.time()?.unix_ms();
            license.time.high = value.time()?;
            license.imported = if value.is_empty() { None } else { Some(value.number(8)?) };
        }
        field::CONDITIONS => {
            license.conditions = value.array()?;
            license.label = value.optional(Reader::text)?;
        }
        _ => return None,
    }
    Some(())
}

fn read_field(record: &mut Record, id: u8, value: &mut Reader<'_>) -> Option<()> {
    match (id, &mut record.license) {
        (field::REVISION..=field::CONDITIONS, Some(license)) => read_license_field(license, id, value)?,
        (field::ATTEMPT, _) => record.attempts.push(Attempt {
            at: value.time()?,
            marker: value.text()?,
            label: value.text()?,
            last_six: value.text()?,
            saved_at: value.time()?,
            is_uncertain: value.u8()? != 0,
        }),
        (field::RELEASE, _) => {
            record.releases.push(Release { activation_id: value.uuid()?, key: value.key()?? });
        }
        (field::KEYLESS_SEAT, _) => record.keyless_seats.push(KeptSeat {
            seat: read_seat(value)??,
            label: value.optional(Reader::text)?,
            key: value.key()??,
        }),
        (field::PLAN, _) => {
            record.plan.next = value.optional(Reader::time)?;
            record.plan.pause_until = value.optional(Reader::time)?;
            record.plan.failed_tries = value.u32()?;
        }
        (field::SENT, _) => record.sent = [value.optional(Reader::time)?, value.optional(Reader::time)?],
        #[cfg(feature = "portal")]
        (field::CODE_TRIES, _) => {
            record.code_tries.blocked_until = value.optional(Reader::time)?;
            while !value.is_empty() {
                record.code_tries.list.push(CodeTry { at: value.time()?, id: value.u32()? });
            }
        }
        #[cfg(feature = "portal")]
        (field::CODE_MAILS, _) => {
            while !value.is_empty() {
                record.code_tries.mails.push(CodeMail { at: value.time()?, is_tried: value.u8()? != 0 });
            }
        }
        (field::OFFLINE_REQUEST, _) => {
            record.offline_request = Some(RequestedOffline { number: value.number(8)?, wall: value.time()? });
        }
        (field::TRIAL, _) => record.trial = Some(StartedTrial { started: value.time()?, high: value.time()? }),
        (field::UNTRUSTED, _) => {
            let why = Distrust::from_number(value.u8()?).unwrap_or(Distrust::NewerFormat);
            record.untrusted = Some(Untrusted { why, identity: read_identity(value)? });
        }
        _ => record.unknown.push((id, value.rest.to_vec())),
    }
    Some(())
}

/// Appends values to the bytes of a record.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
    /// The position at which the last field's value starts.
    value: usize,
}

const LENGTH_BYTES: usize = 4;

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Writes the lowest `width` bytes of a number, least significant byte first.
    pub(super) fn number(&mut self, number: u64, width: usize) {
        self.bytes(number.to_le_bytes().get(..width).unwrap_or_default());
    }

    /// Writes the length of a text in two bytes, and then the text. Two bytes are enough, because the configuration
    /// limits texts to far less than 64 KiB.
    fn text(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.number(length.into(), 2);
        self.bytes(text.as_bytes().get(..length.into()).unwrap_or_default());
    }

    fn time(&mut self, time: Timestamp) {
        self.number(time.unix_ms().cast_unsigned(), 8);
    }

    fn optional_time(&mut self, time: Option<Timestamp>) {
        self.optional(time.map(|time| time.unix_ms().cast_unsigned()), 8);
    }

    fn optional_text(&mut self, text: Option<&str>) {
        self.byte(text.is_some().into());
        text.into_iter().for_each(|text| self.text(text));
    }

    fn optional(&mut self, number: Option<u64>, width: usize) {
        self.number(number.is_some().into(), 1);
        if let Some(number) = number {
            self.number(number, width);
        }
    }

    /// Ends the field in progress, and begins another.
    fn begin(&mut self, id: u8) {
        self.end();
        self.bytes.push(id);
        self.number(0, LENGTH_BYTES);
        self.value = self.bytes.len();
    }

    /// Ends the last field, by writing the length of its value before the value.
    fn end(&mut self) {
        let length = self.bytes.len().saturating_sub(self.value) as u32;
        let place = self.value.checked_sub(LENGTH_BYTES).and_then(|at| self.bytes.get_mut(at..)?.first_chunk_mut());
        if let Some(place) = place {
            *place = length.to_le_bytes();
        }
    }
}

/// Reads values from the beginning of a slice. The methods return `None` if a value is missing or not valid.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// Reads a little-endian number of `width` bytes.
    pub(super) fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp::from_unix_ms(self.number(8)?.cast_signed()))
    }

    fn uuid(&mut self) -> Option<Uuid> {
        self.array().map(Uuid::from_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number(2)?).ok()?;
        Some(std::str::from_utf8(self.take(length)?).ok()?.to_owned())
    }

    /// Reads a key. Returns `Some(None)` if the text is empty, which means that there is no key.
    fn key(&mut self) -> Option<Option<Key>> {
        let text = self.text()?;
        if text.is_empty() {
            return Some(None);
        }
        // Keys are stored in the form that parsing returns. If parsing would change the text, this library did not
        // write it.
        Key::parse(&text).ok().filter(|key| key.secret() == text).map(Some)
    }

    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.u8()? {
            0 => Some(None),
            1 => Some(Some(read(self)?)),
            _ => None,
        }
    }
}
