//! Record to bytes and back. The reader takes hostile bytes: it never panics and never allocates more than it was given.

use super::{Attempt, Held, Identity, Plan, Record, Release, Seat, TimeBase, Untrusted, Verdict};
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

type Numbered = [(u8, Reason)];

/// What a denial can be stored as, by its number in the record.
const NOES: [(u8, Reason); 6] = [
    (OTHERWISE, Reason::Refused),
    (2, Reason::NotFound),
    (3, Reason::Inactive),
    (4, Reason::Expired),
    (5, Reason::Conditions),
    (6, Reason::Benefit),
];

/// Why a license was put aside.
const DISTRUST: [(u8, Reason); 4] =
    [(OTHERWISE, Reason::Tampered), (2, Reason::OtherDevice), (3, Reason::OtherProduct), (4, Reason::NewerFormat)];

/// Stands for every reason that a table does not name.
const OTHERWISE: u8 = 1;

pub(super) fn write_identity(out: &mut Vec<u8>, identity: Option<&Identity>) {
    match identity.and_then(|identity| identity.seat) {
        None => out.push(0),
        Some(seat) => {
            out.push(if seat.bound { 2 } else { 1 });
            out.extend(seat.id.as_bytes());
        }
    }
    write_text(out, identity.map_or("", |identity| identity.key.secret()));
}

#[expect(clippy::option_option, reason = "the outer one is whether it could be read, the inner one is no license")]
pub(super) fn read_identity(input: &mut Reader<'_>) -> Option<Option<Identity>> {
    let seat = match input.u8()? {
        0 => None,
        kind @ 1..=2 => Some(Seat { id: input.uuid()?, bound: kind == 2 }),
        _ => return None,
    };
    match input.text()? {
        "" => Some(None),
        key => Some(Some(Identity { key: read_key(key)?, seat })),
    }
}

pub(super) fn write_body(out: &mut Vec<u8>, record: &Record) {
    if let Some(held) = &record.held {
        put(out, field::REVISION, |out| out.extend(held.revision.to_le_bytes()));
        put(out, field::VERDICT, |out| out.push(verdict_number(held.verdict)));
        put(out, field::LICENSE, |out| {
            out.extend(held.license_id.as_bytes());
            out.extend(held.benefit_id.as_bytes());
        });
        put(out, field::LIMITS, |out| {
            write_optional(out, held.limit_activations.map(u32::to_le_bytes));
            write_optional(out, held.limit_usage.map(u32::to_le_bytes));
            out.extend(held.usage.to_le_bytes());
        });
        put(out, field::EXPIRES, |out| write_optional(out, held.expires_at.map(time_bytes)));
        put(out, field::TIME, |out| {
            out.extend(time_bytes(held.time.confirmed));
            out.extend(held.time.offset.to_le_bytes());
            out.extend(time_bytes(held.time.high));
        });
        put(out, field::CONDITIONS, |out| out.extend(held.conditions));
    }
    for attempt in &record.attempts {
        put(out, field::ATTEMPT, |out| {
            out.extend(time_bytes(attempt.at));
            [&attempt.seat, &attempt.label, &attempt.last_six].into_iter().for_each(|text| write_text(out, text));
        });
    }
    for release in &record.releases {
        put(out, field::RELEASE, |out| {
            out.extend(release.activation_id.as_bytes());
            write_text(out, release.key.secret());
        });
    }
    put(out, field::PLAN, |out| {
        write_optional(out, record.plan.next.map(time_bytes));
        write_optional(out, record.plan.pause_until.map(time_bytes));
        out.extend(record.plan.misses.to_le_bytes());
    });
    if let Some(aside) = &record.aside {
        put(out, field::ASIDE, |out| {
            out.push(reason_number(&DISTRUST, aside.why));
            write_identity(out, aside.identity.as_ref());
        });
    }
    for (id, bytes) in &record.unknown {
        put(out, *id, |out| out.extend(bytes));
    }
}

/// `None` where a field is not what this format says: then the record is not one of ours, whatever its seal.
pub(super) fn read_body(input: &mut Reader<'_>, identity: Option<Identity>) -> Option<Record> {
    let mut record = Record::default();
    let mut held = identity.map(|identity| Held {
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
    });
    while !input.is_empty() {
        let id = input.u8()?;
        let length = usize::try_from(input.u32()?).ok()?;
        let bytes = input.take(length)?;
        let mut value = Reader(bytes);
        match (id, &mut held) {
            (field::REVISION, Some(held)) => held.revision = value.u64()?,
            (field::VERDICT, Some(held)) => held.verdict = read_verdict(value.u8()?)?,
            (field::LICENSE, Some(held)) => (held.license_id, held.benefit_id) = (value.uuid()?, value.uuid()?),
            (field::LIMITS, Some(held)) => {
                held.limit_activations = value.optional(Reader::u32)?;
                held.limit_usage = value.optional(Reader::u32)?;
                held.usage = value.u32()?;
            }
            (field::EXPIRES, Some(held)) => held.expires_at = value.optional(Reader::time)?,
            (field::TIME, Some(held)) => {
                held.time = TimeBase { confirmed: value.time()?, offset: value.i64()?, high: value.time()? };
            }
            (field::CONDITIONS, Some(held)) => held.conditions = *value.array()?,
            (field::ATTEMPT, _) => record.attempts.push(Attempt {
                at: value.time()?,
                seat: value.text()?.to_owned(),
                label: value.text()?.to_owned(),
                last_six: value.text()?.to_owned(),
            }),
            (field::RELEASE, _) => {
                record.releases.push(Release { activation_id: value.uuid()?, key: read_key(value.text()?)? })
            }
            (field::PLAN, _) => {
                record.plan = Plan {
                    next: value.optional(Reader::time)?,
                    pause_until: value.optional(Reader::time)?,
                    misses: value.u32()?,
                };
            }
            (field::ASIDE, _) => {
                let why = read_reason(&DISTRUST, value.u8()?)?;
                record.aside = Some(Untrusted { why, identity: read_identity(&mut value)? });
            }
            (unknown, _) => record.unknown.push((unknown, bytes.to_vec())),
        }
    }
    record.held = held;
    Some(record)
}

fn put(out: &mut Vec<u8>, id: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let mut value = Vec::new();
    write(&mut value);
    out.push(id);
    out.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(value);
}

/// The configuration bounds every text far below 64 KiB.
fn write_text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend(length.to_le_bytes());
    out.extend(text.bytes().take(length.into()));
}

fn write_optional<const N: usize>(out: &mut Vec<u8>, value: Option<[u8; N]>) {
    out.push(value.is_some().into());
    out.extend(value.into_iter().flatten());
}

fn time_bytes(time: Timestamp) -> [u8; 8] {
    time.unix_ms().to_le_bytes()
}

fn read_key(text: &str) -> Option<Key> {
    // a key that parsing would change was not written by us
    Key::parse(text).ok().filter(|key| key.secret() == text)
}

fn verdict_number(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Yes => 0,
        Verdict::No(reason) => reason_number(&NOES, reason),
    }
}

fn read_verdict(number: u8) -> Option<Verdict> {
    if number == 0 { Some(Verdict::Yes) } else { read_reason(&NOES, number).map(Verdict::No) }
}

fn reason_number(table: &Numbered, reason: Reason) -> u8 {
    table.iter().find(|(_, known)| *known == reason).map_or(OTHERWISE, |(number, _)| *number)
}

fn read_reason(table: &Numbered, number: u8) -> Option<Reason> {
    table.iter().find(|(known, _)| *known == number).map(|(_, reason)| *reason)
}

/// Takes values off the front of a slice; `None` once it is too short.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().copied().map(u16::from_le_bytes)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| *byte)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().copied().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().copied().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().copied().map(i64::from_le_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.i64().map(Timestamp::from_unix_ms)
    }

    fn uuid(&mut self) -> Option<Uuid> {
        self.array().copied().map(Uuid::from_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.u16()?;
        std::str::from_utf8(self.take(length.into())?).ok()
    }

    #[expect(clippy::option_option, reason = "the outer one is whether it could be read")]
    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.u8()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }
}
