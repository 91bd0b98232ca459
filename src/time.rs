//! Points in time as plain numbers, and their RFC 3339 form. Never reads a clock: that is `clock.rs`.

use crate::text::decimal;
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
        let mut rest = text.as_bytes();
        let mut number = |count, after: &[u8]| {
            let number = digits(&mut rest, count)?;
            (after.is_empty() || after.contains(&byte(&mut rest)?)).then_some(number)
        };
        let date = (number(4, b"-")?, number(2, b"-")?, number(2, b"Tt ")?);
        let (hour, minute, second) = (number(2, b":")?, number(2, b":")?, number(2, b"")?);
        let ms = fraction(&mut rest)?;
        let offset_minutes = offset(&mut rest)?;
        let days = days_from_civil(date);
        // a day that the calendar does not have comes back as another
        let valid = civil_from_days(days) == date && hour < 24 && minute < 60 && second < 60 && rest.is_empty();
        valid.then(|| Self(to_ms(days, [hour, minute, second, ms], offset_minutes)))
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
        const FIRST: i64 = -62_167_219_200_000;
        const LAST: i64 = 253_402_300_799_999;
        let at = self.0.clamp(FIRST, LAST);
        let (seconds, ms) = (at.div_euclid(1000), at.rem_euclid(1000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let parts = [(year, 4, "-"), (month, 2, "-"), (day, 2, "T"), (hour, 2, ":"), (minute, 2, ":"), (second, 2, "")];
        let mut text = String::new();
        for (number, width, separator) in parts {
            text.push_str(&decimal(number.unsigned_abs(), width));
            text.push_str(separator);
        }
        if ms != 0 {
            text.push('.');
            text.push_str(&decimal(ms.unsigned_abs(), 3));
        }
        text.push('Z');
        text
    }
}

// saturating arithmetic is long in wasm, and there is a lot of it: not inlined
impl Now {
    /// The monotonic clock in `ms`.
    #[inline(never)]
    pub(crate) fn after(self, ms: u64) -> u64 {
        self.mono.saturating_add(ms)
    }

    /// The milliseconds until the monotonic clock says `mono`; none where it has.
    pub(crate) fn until(self, mono: u64) -> u64 {
        less(mono, self.mono)
    }

    /// The milliseconds since the monotonic clock said `mono`.
    pub(crate) fn since(self, mono: u64) -> i64 {
        i64::try_from(less(self.mono, mono)).unwrap_or(i64::MAX)
    }
}

#[inline(never)]
fn less(a: u64, b: u64) -> u64 {
    a.saturating_sub(b)
}

/// Whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1000).saturating_add(duration.subsec_millis().into())
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

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    Some(*first)
}

fn digits(rest: &mut &[u8], count: usize) -> Option<i64> {
    let (number, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    let all_digits = number.iter().all(u8::is_ascii_digit);
    all_digits.then(|| number.iter().fold(0_i64, |sum, d| sum.wrapping_mul(10).wrapping_add(i64::from(d & 0x0f))))
}

fn fraction(rest: &mut &[u8]) -> Option<i64> {
    if rest.first() != Some(&b'.') {
        return Some(0);
    }
    byte(rest)?;
    let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut three = [b'0'; 3];
    for (to, from) in three.iter_mut().zip(rest.iter().take(count)) {
        *to = *from;
    }
    *rest = rest.get(count..)?;
    if count == 0 { None } else { digits(&mut three.as_slice(), 3) }
}

fn offset(rest: &mut &[u8]) -> Option<i64> {
    let sign = match byte(rest)? {
        b'+' => 1,
        b'-' => -1,
        b'Z' | b'z' => return Some(0),
        _ => return None,
    };
    let hours = digits(rest, 2)?;
    (byte(rest)? == b':').then_some(())?;
    let minutes = digits(rest, 2)?;
    let valid = hours < 24 && minutes < 60;
    valid.then(|| hours.wrapping_mul(60).wrapping_add(minutes).wrapping_mul(sign))
}

#[expect(clippy::arithmetic_side_effects, reason = "every part was read from at most four digits")]
fn to_ms(days: i64, [hour, minute, second, ms]: [i64; 4], offset_minutes: i64) -> i64 {
    (((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second) * 1000 + ms
}

/// A year, month and day.
type Date = (i64, i64, i64);

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", counts eras of 400 years from March of the year 0.
/// One era earlier, so that no number below is negative: days from then to 1970.
const FIRST_ERA: i64 = 719_468 + DAYS_OF_ERA;
const DAYS_OF_ERA: i64 = 146_097;

#[expect(clippy::arithmetic_side_effects, reason = "every part was read from at most four digits")]
fn days_from_civil((year, month, day): Date) -> i64 {
    let year = if month <= 2 { year + 399 } else { year + 400 };
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year / 400 * DAYS_OF_ERA + day_of_era - FIRST_ERA
}

#[expect(clippy::arithmetic_side_effects, reason = "the callers keep to four-digit years")]
fn civil_from_days(days: i64) -> Date {
    let days = days + FIRST_ERA;
    let day_of_era = days % DAYS_OF_ERA;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + days / DAYS_OF_ERA * 400 - 400 + i64::from(month <= 2);
    (year, month, day)
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
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("1969-12-31T23:59:59.999Z", -1),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
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
            "2026-11-21T07:44:42.Z",
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
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(5).since(last), Duration::ZERO);
    }
}
