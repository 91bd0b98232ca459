//! Points in time, written as Polar writes them. This file never reads the clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::error::Error;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// 0000-01-01T00:00:00Z.
const EARLIEST: i64 = -62_167_219_200 * MICROS_PER_SECOND;
/// The last microsecond of the year 9999.
const LATEST: i64 = 253_402_300_800 * MICROS_PER_SECOND - 1;

/// The formats of Polar's dates, without a fraction and with one. The RFC 3339 writer of the crate `time` would drop
/// trailing zeros of the fraction.
const SECONDS: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const MICROS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A point in time in the years 0 to 9999, with microseconds, like Polar's own dates. If the result of a calculation is
/// outside these years, it is replaced by the first or the last microsecond in them.
///
/// A point in time is displayed as Polar writes dates: without a fraction if the fraction is zero.
///
/// ```
/// use mock_polar::Timestamp;
///
/// let at = Timestamp::parse("2099-06-30T14:34:56.789012+02:00")?;
/// assert_eq!(at.to_string(), "2099-06-30T12:34:56.789012Z");
/// assert_eq!(Timestamp::from_unix_seconds(0).to_string(), "1970-01-01T00:00:00Z");
/// # Ok::<(), mock_polar::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The date when everything in a seed was created: 2026-01-02T03:04:05.678901Z.
    pub(crate) const SEEDED: Self = Self::from_unix_micros(1_767_323_045_678_901);

    /// Returns [`SEEDED`](Self::SEEDED). serde calls this function to get a default value.
    pub(crate) fn seeded() -> Self {
        Self::SEEDED
    }

    /// Returns an expiry that no test reaches: 2099-01-01T00:00:00Z.
    pub(crate) const fn far_future() -> Self {
        Self::from_unix_seconds(4_070_908_800)
    }

    /// Returns the point in time that is this many seconds after the start of 1970 (UTC).
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self::from_unix_micros(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Returns the time that is this many microseconds after the start of 1970 (UTC).
    pub const fn from_unix_micros(micros: i64) -> Self {
        if micros < EARLIEST {
            Self(EARLIEST)
        } else if micros > LATEST {
            Self(LATEST)
        } else {
            Self(micros)
        }
    }

    /// Returns the microseconds since the start of 1970 (UTC).
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Parses an RFC 3339 date and time, such as `2099-01-01T00:00:00Z`. Fractions of a microsecond are dropped.
    ///
    /// # Errors
    /// Fails if the text has another form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let invalid = |_| Error::time(format!("`{text}` is not a date and time; write it like `2099-01-01T00:00:00Z`"));
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(invalid)?;
        let micros = time.unix_timestamp_nanos().div_euclid(1000);
        Ok(Self::from_unix_micros(i64::try_from(micros).unwrap_or(i64::MAX)))
    }

    pub(crate) fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix_micros(self.0.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// Formats the time for the HTTP header `date` (RFC 9110, section 5.6.7). Times before 1970 are shown as the start
    /// of 1970.
    pub(crate) fn http_date(self) -> String {
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_micros(u64::try_from(self.0).unwrap_or(0)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the conversion nor the formatting fails, because `from_unix_micros` allows only the years that the
        // format can show.
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).map_err(|_| fmt::Error)?;
        let format = if self.0 % MICROS_PER_SECOND == 0 { SECONDS } else { MICROS };
        f.write_str(&time.format(format).map_err(|_| fmt::Error)?)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(before) => -micros(before.duration()),
        };
        Self::from_unix_micros(micros)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from_unix_micros(self.0.saturating_add(micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::from_unix_micros(self.0.saturating_sub(micros(duration)))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_round_trip() {
        for text in ["1969-12-31T23:59:59Z", "2000-02-29T00:00:00Z", "2026-11-21T07:44:42.066721Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Timestamp::parse("2025-01-01T00:00:00.5-00:30").unwrap().to_string(), "2025-01-01T00:30:00.500000Z");
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in
            ["", "tomorrow", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01"]
        {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn http_dates() {
        let at = Timestamp::parse("2026-11-21T07:44:41.9Z").unwrap();
        assert_eq!(at.http_date(), "Sat, 21 Nov 2026 07:44:41 GMT");
    }

    #[test]
    fn times_out_of_range_stop_at_its_ends() {
        let (first, last) = (Timestamp::from_unix_seconds(i64::MIN), Timestamp::from_unix_seconds(i64::MAX));
        assert_eq!(first.to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999999Z");
        for duration in [Duration::from_secs(1), Duration::MAX] {
            assert_eq!((first - duration, last + duration), (first, last));
        }
        assert_eq!(first.http_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(last.http_date(), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
