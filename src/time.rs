//! Points in time as plain numbers, and their RFC 3339 form. Never reads a clock: that is `clock.rs`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
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

/// A text that is not a date and time as RFC 3339 has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTimestamp(());

/// The years 0 to 9999, all that RFC 3339 can write.
const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

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
        // chrono also takes a minus sign that is not ASCII
        let time = DateTime::parse_from_rfc3339(text).ok().filter(|_| text.is_ascii())?;
        // and a leap second, as more than a second of nanoseconds
        let is_leap_second = time.timestamp_subsec_millis() >= 1000;
        (!is_leap_second).then(|| Self(time.timestamp_millis()))
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
        Duration::from_millis(u64::try_from(self.ms_since(earlier)).unwrap_or(0))
    }

    pub(crate) fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    pub(crate) fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day alone, `2026-11-21`.
    pub(crate) fn day(self) -> String {
        self.utc().date_naive().to_string()
    }

    /// Held within the years 0 to 9999.
    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.clamp(FIRST_MS, LAST_MS)).unwrap_or_default()
    }
}

impl Now {
    /// When both clocks end.
    pub(crate) const LAST: Self = Self { wall: Timestamp(i64::MAX), mono: u64::MAX };

    /// The monotonic clock in `ms`.
    pub(crate) fn after(self, ms: u64) -> u64 {
        self.mono.saturating_add(ms)
    }

    /// The milliseconds until the monotonic clock says `mono`; none where it has.
    pub(crate) fn until(self, mono: u64) -> u64 {
        mono.saturating_sub(self.mono)
    }

    /// The milliseconds since the monotonic clock said `mono`.
    pub(crate) fn since(self, mono: u64) -> i64 {
        i64::try_from(self.mono.saturating_sub(mono)).unwrap_or(i64::MAX)
    }
}

/// Whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn signed_milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A duration as a number of milliseconds, or null.
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

/// RFC 3339 in UTC, without a fraction where it is zero; years outside 0 to 9999 are held at these.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As [`Timestamp::parse`].
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

/// Never overflows: see [`Timestamp::plus`].
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.plus(duration)
    }
}

/// Never overflows: see [`Timestamp::minus`].
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

/// A moment that the system cannot represent becomes 1970-01-01T00:00:00Z.
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

/// As RFC 3339.
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
    fn converts_to_system_time_and_back() {
        // Windows counts from the year 1601 on
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
