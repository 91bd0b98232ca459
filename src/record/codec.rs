//! Record to bytes and back. The reader takes hostile bytes: it never panics and never allocates more than it was given.

use super::{Attempt, Held, Identity, Record, Release, Seat, TimeBase, Untrusted, Verdict};
use crate::license::{Key, Reason};
use crate::time::Timestamp;
use uuid::Uuid;

/// The field ids of the body. A number is never used again for something else.
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
    pub(super) const ASIDE: u8 = 11;
}

/// What a denial can be stored as. Its number in the record is its place here, from 1 on, so it is only
/// ever added to; 0 is a yes.
const NOES: [Reason; 6] =
    [Reason::Refused, Reason::NotFound, Reason::Inactive, Reason::Expired, Reason::Conditions, Reason::Benefit];

/// Why a license was put aside, numbered likewise.
const DISTRUST: [Reason; 4] = [Reason::Tampered, Reason::OtherDevice, Reason::OtherProduct, Reason::NewerFormat];

pub(super) fn write(record: &Record) -> Vec<u8> {
    let mut out = Writer::default();
    write_identity(&mut out, record.identity());
    write_body(&mut out, record);
    out.bytes
}

fn write_identity(out: &mut Writer, identity: Option<&Identity>) {
    match identity.and_then(|identity| identity.seat) {
        None => out.number(0, 1),
        Some(seat) => {
            out.number(if seat.bound { 2 } else { 1 }, 1);
            out.bytes(seat.id.as_bytes());
        }
    }
    out.text(identity.map_or("", |identity| identity.key.secret()));
}

pub(super) fn read_identity(input: &mut Reader<'_>) -> Option<Identity> {
    let seat = match input.number(1) {
        0 => None,
        kind => {
            input.require(kind <= 2);
            let mut id = Uuid::nil();
            input.uuid(&mut id);
            Some(Seat { id, bound: kind == 2 })
        }
    };
    Some(Identity { key: input.key()?, seat })
}

fn write_body(out: &mut Writer, record: &Record) {
    if let Some(held) = &record.held {
        out.begin(field::REVISION);
        out.number(held.revision, 8);
        out.begin(field::VERDICT);
        out.number(verdict_number(held.verdict), 1);
        out.begin(field::LICENSE);
        out.bytes(held.license_id.as_bytes());
        out.bytes(held.benefit_id.as_bytes());
        out.begin(field::LIMITS);
        out.optional(held.limit_activations.map(u64::from), 4);
        out.optional(held.limit_usage.map(u64::from), 4);
        out.number(held.usage.into(), 4);
        out.begin(field::EXPIRES);
        out.optional_time(held.expires_at);
        out.begin(field::TIME);
        out.time(held.time.confirmed);
        out.time(Timestamp::from_unix_ms(held.time.offset));
        out.time(held.time.high);
        out.begin(field::CONDITIONS);
        out.bytes(&held.conditions);
    }
    for attempt in &record.attempts {
        out.begin(field::ATTEMPT);
        out.time(attempt.at);
        [&attempt.seat, &attempt.label, &attempt.last_six].into_iter().for_each(|text| out.text(text));
    }
    for release in &record.releases {
        out.begin(field::RELEASE);
        out.bytes(release.activation_id.as_bytes());
        out.text(release.key.secret());
    }
    out.begin(field::PLAN);
    out.optional_time(record.plan.next);
    out.optional_time(record.plan.pause_until);
    out.number(record.plan.misses.into(), 4);
    if let Some(aside) = &record.aside {
        out.begin(field::ASIDE);
        out.number(reason_number(&DISTRUST, aside.why), 1);
        write_identity(out, aside.identity.as_ref());
    }
    for (id, bytes) in &record.unknown {
        out.begin(*id);
        out.bytes(bytes);
    }
    out.end();
}

/// `None` where a field is not what this format says: then the record is not one of ours, whatever its seal.
pub(super) fn read_body(input: &mut Reader<'_>, identity: Option<Identity>) -> Option<Box<Record>> {
    let mut record = Box::<Record>::default();
    record.held = identity.map(|identity| Box::new(unread(identity)));
    while !input.rest.is_empty() {
        let id = input.u8();
        let length = input.u32();
        let mut value = Reader::new(input.take(usize::try_from(length).ok()?));
        read_field(&mut record, id, &mut value);
        input.require(!value.failed);
    }
    (!input.failed).then_some(record)
}

/// A license of which only the header was read.
fn unread(identity: Identity) -> Held {
    Held {
        identity,
        revision: 0,
        verdict: Verdict::No(Reason::Refused),
        license_id: Uuid::nil(),
        benefit_id: Uuid::nil(),
        limit_activations: None,
        limit_usage: None,
        usage: 0,
        expires_at: None,
        time: TimeBase { confirmed: Timestamp::default(), offset: 0, high: Timestamp::default() },
        conditions: [0; 8],
    }
}

fn read_held(held: &mut Held, id: u8, value: &mut Reader<'_>) {
    match id {
        field::REVISION => held.revision = value.number(8),
        field::VERDICT => held.verdict = value.reason(&NOES).map_or(Verdict::Yes, Verdict::No),
        field::LICENSE => {
            value.uuid(&mut held.license_id);
            value.uuid(&mut held.benefit_id);
        }
        field::LIMITS => {
            value.optional(&mut held.limit_activations, Reader::u32);
            value.optional(&mut held.limit_usage, Reader::u32);
            held.usage = value.u32();
        }
        field::EXPIRES => value.optional(&mut held.expires_at, Reader::time),
        field::TIME => {
            held.time.confirmed = value.time();
            held.time.offset = value.time().unix_ms();
            held.time.high = value.time();
        }
        _ => value.bytes(&mut held.conditions),
    }
}

fn read_field(record: &mut Record, id: u8, value: &mut Reader<'_>) {
    match (id, &mut record.held) {
        (field::REVISION..=field::CONDITIONS, Some(held)) => read_held(held, id, value),
        (field::ATTEMPT, _) => record.attempts.push(Attempt {
            at: value.time(),
            seat: value.text(),
            label: value.text(),
            last_six: value.text(),
        }),
        (field::RELEASE, _) => {
            let mut activation_id = Uuid::nil();
            value.uuid(&mut activation_id);
            match value.key() {
                Some(key) => record.releases.push(Release { activation_id, key }),
                None => value.failed = true,
            }
        }
        (field::PLAN, _) => {
            value.optional(&mut record.plan.next, Reader::time);
            value.optional(&mut record.plan.pause_until, Reader::time);
            record.plan.misses = value.u32();
        }
        (field::ASIDE, _) => {
            let why = value.reason(&DISTRUST);
            value.require(why.is_some());
            record.aside = why.map(|why| Untrusted { why, identity: read_identity(value) });
        }
        _ => record.unknown.push((id, value.rest.to_vec())),
    }
}

fn verdict_number(verdict: Verdict) -> u64 {
    match verdict {
        Verdict::Yes => 0,
        Verdict::No(reason) => reason_number(&NOES, reason),
    }
}

/// The first one's for a reason that the table does not name.
fn reason_number(table: &[Reason], reason: Reason) -> u64 {
    let at = table.iter().position(|known| *known == reason).unwrap_or(0);
    (at as u64).saturating_add(1)
}

/// Puts values at the end of a record.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
    /// Where the value of the last field starts.
    value: usize,
}

const LENGTH_BYTES: usize = 4;

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The low bytes of a number.
    pub(super) fn number(&mut self, number: u64, width: usize) {
        self.bytes(number.to_le_bytes().get(..width).unwrap_or_default());
    }

    /// The configuration bounds every text far below 64 KiB.
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

    fn optional(&mut self, number: Option<u64>, width: usize) {
        self.number(number.is_some().into(), 1);
        if let Some(number) = number {
            self.number(number, width);
        }
    }

    /// Ends the field before and begins another.
    fn begin(&mut self, id: u8) {
        self.end();
        self.bytes.push(id);
        self.number(0, LENGTH_BYTES);
        self.value = self.bytes.len();
    }

    /// Writes the length of the last field's value, which is known by now.
    fn end(&mut self) {
        let length = self.bytes.len().saturating_sub(self.value) as u32;
        let place = self.value.checked_sub(LENGTH_BYTES).and_then(|at| self.bytes.get_mut(at..)?.first_chunk_mut());
        if let Some(place) = place {
            *place = length.to_le_bytes();
        }
    }
}

/// Takes values off the front of a slice. Once one was not there or not valid it has `failed`, and what is returned means
/// nothing; so that this is asked once, at the end.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    pub(super) failed: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, failed: false }
    }

    fn require(&mut self, valid: bool) {
        self.failed |= !valid;
    }

    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        self.require(count <= self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn bytes(&mut self, place: &mut [u8]) {
        let bytes = self.take(place.len());
        place.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }

    /// A little-endian number of `width` bytes.
    pub(super) fn number(&mut self, width: usize) -> u64 {
        self.take(width).iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn u8(&mut self) -> u8 {
        self.number(1) as u8
    }

    fn u32(&mut self) -> u32 {
        self.number(4) as u32
    }

    fn time(&mut self) -> Timestamp {
        Timestamp::from_unix_ms(self.number(8).cast_signed())
    }

    fn uuid(&mut self, place: &mut Uuid) {
        let mut bytes = [0; 16];
        self.bytes(&mut bytes);
        *place = Uuid::from_bytes(bytes);
    }

    fn text(&mut self) -> String {
        let length = self.number(2) as usize;
        let text = std::str::from_utf8(self.take(length));
        self.require(text.is_ok());
        text.unwrap_or_default().to_owned()
    }

    /// `None` for an empty text, which stands for no key.
    fn key(&mut self) -> Option<Key> {
        let text = self.text();
        // a key that parsing would change was not written by us
        let key = Key::parse(&text).ok().filter(|key| key.secret() == text);
        self.require(key.is_some() || text.is_empty());
        key
    }

    /// `None` for 0.
    fn reason(&mut self, table: &[Reason]) -> Option<Reason> {
        let at = usize::from(self.u8()).checked_sub(1)?;
        let reason = table.get(at).copied();
        self.require(reason.is_some());
        reason
    }

    fn optional<T>(&mut self, place: &mut Option<T>, read: impl FnOnce(&mut Self) -> T) {
        let kind = self.u8();
        self.require(kind <= 1);
        *place = (kind == 1).then(|| read(self));
    }
}
