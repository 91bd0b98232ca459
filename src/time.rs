//! Points in time as plain numbers, and their RFC 3339 form. This module never reads a clock; `clock.rs` does.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A moment in milliseconds since 1970-01-01T00:00:00Z. Earlier moments are negative.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The times that a platform's two clocks show at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The time of the wall clock, which the user can set.
    pub wall: Timestamp,
    /// Milliseconds on a clock that never goes back while this process runs. Its origin is arbitrary.
    pub mono: u64,
}

/// A calendar day in UTC, such as the day on which a version of an app was built.
///
/// ```
/// use polar_license::{Date, Timestamp};
///
/// let built: Date = "2026-11-21".parse()?;
/// assert_eq!(built, Date::parse("2026-11-22T01:30:00+02:00").unwrap()); // the day in UTC
/// assert_eq!(built, Date::from(Timestamp::parse("2026-11-21T23:59:59Z").unwrap()));
/// assert_eq!(built.to_string(), "2026-11-21");
/// # Ok::<(), polar_license::time::InvalidDate>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i64,
}

/// The error for a text that is not an RFC 3339 date and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTimestamp(());

/// The error for a text that is neither a day nor a date and time in the form of RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDate(());

/// The first and last millisecond of the years 0 to 9999, the range of RFC 3339.
const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Timestamp {
    /// Returns the moment `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Returns the milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Parses an RFC 3339 date and time, as Polar writes it (`2026-11-21T07:44:42.066721Z`). Drops digits after the
    /// millisecond. Returns `None` for anything else, including a leap second.
    ///
    /// ```
    /// use polar_license::Timestamp;
    ///
    /// let at = Timestamp::parse("2026-11-21T07:44:42.066721Z").unwrap();
    /// assert_eq!(at.unix_ms(), 1_795_247_082_066);
    /// assert_eq!(at.to_string(), "2026-11-21T07:44:42.066Z");
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        // The `time` crate accepts any separator between date and time, and silently changes a leap second to the last
        // nanosecond before it. This function refuses unusual separators and leap seconds.
        let has_separator = matches!(text.get(10..11), Some("T" | "t" | " "));
        let is_leap_second = text.get(17..19) == Some("60");
        let time = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| has_separator && !is_leap_second)?;
        Some(Self(time.unix_timestamp().saturating_mul(1000).saturating_add(time.millisecond().into())))
    }

    /// Parses a date in the form that HTTP requires of senders (`Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110, section
    /// 5.6.7). Ignores the day of the week. Converts the date to RFC 3339 and parses the result, because a library that
    /// parses this form would add kilobytes to a page.
    pub(crate) fn parse_http(text: &str) -> Option<Self> {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let mut parts = text.trim().split(' ');
        let [_, day, month, year, time, zone] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let number = MONTHS.iter().zip(1..).find(|(name, _)| **name == month)?.1;
        let is_whole = zone == "GMT" && parts.next().is_none();
        Self::parse(&format!("{year}-{number:02}-{day}T{time}Z")).filter(|_| is_whole)
    }

    /// Returns the moment `duration` later, or the last representable moment if that is out of range.
    pub fn plus(self, duration: Duration) -> Self {
        self.plus_ms(signed_milliseconds(duration))
    }

    /// Returns the moment `duration` earlier, or the first representable moment if that is out of range.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(signed_milliseconds(duration)))
    }

    /// Returns the time from `earlier` to this moment, or zero if `earlier` is the later of the two.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.ms_since(earlier)).unwrap_or(0))
    }

    pub(crate) fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    pub(crate) fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the day in UTC.
    pub(crate) fn day(self) -> Date {
        Date::from(self)
    }

    /// Returns the time in UTC, rounded down to the whole second.
    fn second(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.in_range().div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Returns the milliseconds, clamped to the years 0 to 9999.
    fn in_range(self) -> i64 {
        self.0.clamp(FIRST_MS, LAST_MS)
    }
}

impl Date {
    /// Parses a day, such as `2026-11-21`, or a date and time in the form of RFC 3339, and returns its day in UTC.
    /// Returns `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let midnight = || Timestamp::parse(&format!("{text}T00:00:00Z"));
        Timestamp::parse(text).or_else(midnight).map(Self::from)
    }

    /// Returns the moment at which this day begins in UTC.
    pub(crate) fn start(self) -> Timestamp {
        Timestamp(self.days.saturating_mul(DAY_MS))
    }

    /// Returns the day that comes `days` days after this day.
    pub(crate) fn plus_days(self, days: u32) -> Self {
        Self { days: self.days.saturating_add(days.into()) }
    }
}

impl Now {
    /// The latest time that the two clocks can show.
    pub(crate) const LAST: Self = Self { wall: Timestamp(i64::MAX), mono: u64::MAX };

    /// Returns what the monotonic clock will show in `ms` milliseconds.
    pub(crate) fn after(self, ms: u64) -> u64 {
        self.mono.saturating_add(ms)
    }

    /// Returns the milliseconds until the monotonic clock reads `mono`, or 0 if that time has passed.
    pub(crate) fn until(self, mono: u64) -> u64 {
        mono.saturating_sub(self.mono)
    }

    /// Returns the milliseconds since the monotonic clock read `mono`.
    pub(crate) fn since(self, mono: u64) -> i64 {
        i64::try_from(self.mono.saturating_sub(mono)).unwrap_or(i64::MAX)
    }
}

/// Converts a duration to whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn signed_milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Serializes a duration as a number of milliseconds, or null.
pub(crate) mod optional_milliseconds {
    use std::time::Duration;

    pub(crate) fn serialize<S: serde::Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&duration.map(super::milliseconds), serializer)
    }

    #[cfg(feature = "serde")]
    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let milliseconds: Option<u64> = serde::Deserialize::deserialize(deserializer)?;
        Ok(milliseconds.map(Duration::from_millis))
    }
}

/// Writes the moment in UTC, in the format of RFC 3339. Omits the fraction of the second if the fraction is zero.
/// Clamps moments outside the years 0 to 9999 to that range.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.second().format(&Rfc3339).map_err(|_| fmt::Error)?;
        match self.in_range().rem_euclid(1000) {
            0 => f.write_str(&second),
            // always three digits; the `time` crate would drop trailing zeros
            ms => write!(f, "{}.{ms:03}Z", second.trim_end_matches('Z')),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes a day in the form of RFC 3339, `2026-11-21`. Clamps years outside 0 to 9999 to this range.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Timestamp(self.days.saturating_mul(DAY_MS)).second().date(), f)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the day of this time in UTC.
impl From<Timestamp> for Date {
    fn from(time: Timestamp) -> Self {
        Self { days: time.0.div_euclid(DAY_MS) }
    }
}

/// Converts to the day in UTC.
impl From<SystemTime> for Date {
    fn from(time: SystemTime) -> Self {
        Self::from(Timestamp::from(time))
    }
}

/// Parses like [`Date::parse`].
impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        Self::parse(text).ok_or(InvalidDate(()))
    }
}

impl fmt::Display for InvalidDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a day like `2026-11-21`")
    }
}

impl std::error::Error for InvalidDate {}

/// Serializes as an RFC 3339 day.
impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

/// Parses like [`Timestamp::parse`].
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        Self::parse(text).ok_or(InvalidTimestamp(()))
    }
}

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a date and time like `2026-11-21T07:44:42Z`")
    }
}

impl std::error::Error for InvalidTimestamp {}

/// Never overflows; see [`Timestamp::plus`].
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.plus(duration)
    }
}

/// Never overflows; see [`Timestamp::minus`].
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.minus(duration)
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

/// Converts a moment to the system's type. If the system cannot represent the moment, returns 1970-01-01T00:00:00Z.
impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let distance = Duration::from_millis(time.0.unsigned_abs());
        let moment = match time.0 {
            0.. => Self::UNIX_EPOCH.checked_add(distance),
            ..0 => Self::UNIX_EPOCH.checked_sub(distance),
        };
        moment.unwrap_or(Self::UNIX_EPOCH)
    }
}

/// Serializes as an RFC 3339 string.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
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
            ("0000-01-01T00:00:00Z", FIRST_MS),
            ("9999-12-31T23:59:59Z", LAST_MS - 999),
            ("1969-12-31T23:59:59.999Z", -1),
            ("9999-12-31T23:59:59.999Z", LAST_MS),
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
            "2026-11-21T07:44:42\u{2212}01:30",
            "2026-11-21T07:44:42 Z",
            " 2026-11-21T07:44:42Z",
            "2026-11-21T07:44:42+0130",
            "2026-11-21T07:44:60.5Z",
            "20261-11-21T07:44:42Z",
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
    fn a_date_is_the_day_in_utc() {
        let cases = [
            ("2026-11-21", "2026-11-21"),
            ("2026-11-21T23:59:59.999Z", "2026-11-21"),
            ("2026-11-22T00:30:00+01:00", "2026-11-21"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31"),
            ("0000-01-01", "0000-01-01"),
            ("9999-12-31", "9999-12-31"),
        ];
        for (text, day) in cases {
            assert_eq!(Date::parse(text).unwrap().to_string(), day, "{text}");
        }
        for text in ["", "today", "2026-11", "2026-02-29", "21.11.2026", "Nov 21 2026", "2026-11-21 ", "2026-11-21T"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        let leap_day = Date::parse("2028-02-28").unwrap().plus_days(1);
        assert_eq!(leap_day.to_string(), "2028-02-29");
        assert_eq!(Date::from(Timestamp(i64::MAX)).plus_days(u32::MAX).to_string(), "9999-12-31");
    }

    #[test]
    fn a_fraction_is_written_with_three_digits() {
        for (ms, text) in
            [(-900, "1969-12-31T23:59:59.100Z"), (7, "1970-01-01T00:00:00.007Z"), (0, "1970-01-01T00:00:00Z")]
        {
            assert_eq!(Timestamp(ms).to_string(), text);
        }
    }

    #[test]
    fn converts_to_system_time_and_back() {
        // Windows counts from the year 1601
        for ms in [0, 1, -1, 1_795_247_082_066, -11_644_473_600_000] {
            let at = Timestamp(ms);
            assert_eq!(Timestamp::from(SystemTime::from(at)), at);
        }
        let at = Timestamp(1_000);
        let second = Duration::from_secs(1);
        assert_eq!((at + second, at - second), (Timestamp(2_000), Timestamp(0)));
        assert_eq!((at + Duration::MAX, Timestamp(-2) - Duration::MAX), (Timestamp(i64::MAX), Timestamp(i64::MIN)));
    }

    #[test]
    fn never_overflows() {
        let last = Timestamp(i64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(Timestamp(i64::MIN).minus(Duration::MAX), Timestamp(i64::MIN));
        for later in [last, Timestamp(1_000_000_000_000_000)] {
            assert_eq!(later.to_string(), "9999-12-31T23:59:59.999Z");
        }
        assert_eq!(Timestamp(i64::MIN).to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(Timestamp(5).since(last), Duration::ZERO);
    }
}
