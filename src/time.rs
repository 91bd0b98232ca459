//! Points in time as plain numbers, and their RFC 3339 form. Never reads a clock: that is `clock.rs`.

use std::fmt;
use std::time::{Duration, SystemTime};

/// A moment in milliseconds since 1970-01-01T00:00:00Z; negative before it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// What a platform's clocks say at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, which a user can set.
    pub wall: Timestamp,
    /// Milliseconds on a clock that only goes forward while this process lives; from any origin.
    pub mono: u64,
}

impl Timestamp {
    /// The moment `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 date and time, as Polar writes it (`2026-11-21T07:44:42.066721Z`). Digits after the
    /// millisecond are dropped. `None` for anything else, a leap second included.
    ///
    /// ```
    /// use polar_license::Timestamp;
    ///
    /// let at = Timestamp::parse("2026-11-21T07:44:42.066721Z").unwrap();
    /// assert_eq!(at.unix_ms(), 1_795_247_082_066);
    /// assert_eq!(at.to_string(), "2026-11-21T07:44:42.066Z");
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (start, mut rest) = text.as_bytes().split_at_checked(WITHOUT_FRACTION)?;
        let local = find(start)?.plus_ms(fraction_ms(&mut rest)?);
        // written like a time of day
        let offset = |text: &[u8]| find(&[b"1970-01-01T", text, b":00".as_slice()].concat());
        match rest {
            [b'Z' | b'z'] => Some(local),
            [b'-', behind @ ..] => Some(local.plus_ms(offset(behind)?.0)),
            [b'+', ahead @ ..] => Some(Self(local.ms_since(offset(ahead)?))),
            _ => None,
        }
    }

    /// The moment `duration` later, or the last one there is.
    pub fn plus(self, duration: Duration) -> Self {
        self.plus_ms(signed_milliseconds(duration))
    }

    /// The moment `duration` earlier, or the first one there is.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(signed_milliseconds(duration)))
    }

    /// How long ago `earlier` was, seen from this moment; zero where it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    // this and the next, and `milliseconds`, are long where they are inlined, and wanted in many places
    #[inline(never)]
    pub(crate) fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    #[inline(never)]
    pub(crate) fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day alone, `2026-11-21`.
    pub(crate) fn day(self) -> String {
        let mut text = self.text();
        text.truncate("2026-11-21".len());
        text
    }

    /// RFC 3339 in UTC, without a fraction where it is zero; years outside 0 to 9999 are held at these.
    pub(crate) fn text(self) -> String {
        let digits = self.digits();
        let mut rest = digits;
        let mut text = b"0000-00-00T00:00:00.000Z".to_vec();
        for byte in text.iter_mut().rev().filter(|byte| **byte == b'0') {
            *byte |= (rest % 10) as u8;
            rest /= 10;
        }
        if digits.is_multiple_of(1000) {
            text.truncate(WITHOUT_FRACTION);
            text.push(b'Z');
        }
        String::from_utf8(text).unwrap_or_default()
    }

    /// The digits of [`text`](Self::text) as one number, always with those of the fraction.
    #[expect(clippy::arithmetic_side_effects, reason = "years of four digits, and nothing is divided by zero")]
    fn digits(self) -> u64 {
        let at = self.0.clamp(FIRST, LAST).wrapping_sub(FIRST_ERA_MS).cast_unsigned();
        let (seconds, ms) = (at / 1000, at % 1000);
        let (minutes, second) = (seconds / 60, seconds % 60);
        let (hours, minute) = (minutes / 60, minutes % 60);
        let date = civil_from_days((hours / 24) as u32);
        (((date * 100 + hours % 24) * 100 + minute) * 100 + second) * 1000 + ms
    }
}

/// Whole milliseconds.
#[inline(never)]
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    // bounded first, as that needs no multiplication of 128 bits
    let seconds = duration.as_secs().min(u64::MAX / 1000 - 1);
    seconds.wrapping_mul(1000).wrapping_add(duration.subsec_millis().into())
}

pub(crate) fn signed_milliseconds(duration: Duration) -> i64 {
    i64::try_from(milliseconds(duration)).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC, without a fraction where it is zero; years outside 0 to 9999 are held at these.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let epoch = Self::default();
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => epoch.plus(after),
            Err(before) => epoch.minus(before.duration()),
        }
    }
}

/// Takes a fraction of a second off the front.
#[expect(clippy::arithmetic_side_effects, reason = "below a thousand")]
fn fraction_ms(rest: &mut &[u8]) -> Option<i64> {
    let mut ms = 0;
    let mut worth = 1000;
    if let [b'.', tail @ ..] = rest {
        *rest = tail;
        while let [digit @ b'0'..=b'9', tail @ ..] = rest {
            worth /= 10;
            ms += worth * i64::from(digit & 0x0f);
            *rest = tail;
        }
        // a point alone is no fraction
        (worth < 1000).then_some(())?;
    }
    Some(ms)
}

/// The second that is written like this. Later moments have greater digits; so it is looked for, and the calendar is
/// needed in one direction only.
fn find(text: &[u8]) -> Option<Timestamp> {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let wanted = digits.fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit & 0x0f)));
    let mut found = Timestamp(FIRST);
    let mut step = 1000 << 38;
    while step >= 1000 {
        let later = found.plus_ms(step);
        if later.0 <= LAST && later.digits() / 1000 <= wanted {
            found = later;
        }
        step /= 2;
    }
    let same = |written, byte| byte == written || written == b'T' && (byte == b't' || byte == b' ');
    let written = found.text();
    let valid = text.len() == WITHOUT_FRACTION && written.bytes().zip(text).all(|(written, byte)| same(written, *byte));
    valid.then_some(found)
}

const WITHOUT_FRACTION: usize = "2026-11-21T07:44:42".len();

/// The years 0 to 9999.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", counts eras of 400 years from March of the year 0.
/// One era earlier, so that no number below is negative.
const FIRST_ERA_MS: i64 = -(719_468 + DAYS_OF_ERA as i64) * 86_400_000;
const DAYS_OF_ERA: u32 = 146_097;

/// As a number of eight digits, such as 20261121.
#[expect(clippy::arithmetic_side_effects, reason = "the callers keep to four-digit years")]
fn civil_from_days(days: u32) -> u64 {
    let day_of_era = days % DAYS_OF_ERA;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + days / DAYS_OF_ERA * 400 + u32::from(month <= 2) - 400;
    u64::from((year * 100 + month) * 100 + day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_polar_writes() {
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-21T07:44:42.066721Z", 1_795_247_082_066),
            ("2026-11-21T07:44:42.1Z", 1_795_247_082_100),
            ("2026-11-21T07:44:42+00:00", 1_795_247_082_000),
            ("2026-11-21T09:14:42+01:30", 1_795_247_082_000),
            ("2026-11-21 05:14:42-02:30", 1_795_247_082_000),
            ("2026-11-21t07:44:42z", 1_795_247_082_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("0000-01-01T00:00:00Z", FIRST),
            ("9999-12-31T23:59:59Z", LAST - 999),
            ("1969-12-31T23:59:59.999Z", -1),
            ("9999-12-31T23:59:59.999Z", LAST),
        ];
        for (text, ms) in cases {
            assert_eq!(Timestamp::parse(text), Some(Timestamp(ms)), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T07:44:42",
            "2026-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T07:44:60Z",
            "2026-11-21T07:44:42.Z",
            "2026-11-21T07:44:42+24:00",
            "2026-11-21T07:44:42+1:30",
            "2026-11-21T07:44:42+01:30:00",
            "2026-11-21T07:44:42Zx",
            "+026-11-21T07:44:42Z",
            "２026-11-21T07:44:42Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        for day in -80_000..80_000_i64 {
            let at = Timestamp(day * 86_400_000 + 12_345);
            assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
        }
    }

    #[test]
    fn never_overflows() {
        let last = Timestamp(i64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(Timestamp(i64::MIN).minus(Duration::MAX), Timestamp(i64::MIN));
        for later in [last, Timestamp(1_000_000_000_000_000)] {
            assert_eq!(later.to_string(), "9999-12-31T23:59:59.999Z");
        }
        assert_eq!(Timestamp(5).since(last), Duration::ZERO);
    }
}
