//! Reads any text as a time.

use std::ops::Range;
use std::time::Duration;

use polar_license::Timestamp;

/// The Unix times, in milliseconds, of the years 0 to 9999.
const FOUR_DIGITS: Range<i64> = -62_167_219_200_000..253_402_300_800_000;

/// Reads a time. Checks that the result is the instant that the text names, that it is formatted as the same instant,
/// and that arithmetic with it does not overflow.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(time) = Timestamp::parse(text) else { return };
    assert_eq!(Some(time.unix_ms()), milliseconds(text), "{text:?} is read as {time}");
    // an offset can move the instant out of the years that RFC 3339 can write
    if FOUR_DIGITS.contains(&time.unix_ms()) {
        assert_eq!(Timestamp::parse(&time.to_string()), Some(time), "{text:?} is written as {time}");
    }
    assert_eq!(Timestamp::from_unix_ms(time.unix_ms()), time);
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let (later, earlier) = (time.plus(year), time.minus(year));
    assert!(earlier <= time && time <= later && later.since(time) <= year && earlier.since(time).is_zero());
    assert!(time.plus(Duration::MAX) >= later && time.minus(Duration::MAX) <= earlier);
    let _ = (later.to_string(), time.plus(Duration::MAX).to_string(), time.minus(Duration::MAX).to_string());
}

/// Computes the instant from the fields of an RFC 3339 text by counting days.
fn milliseconds(text: &str) -> Option<i64> {
    let field = |range: Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (field(0..4)?, field(5..7)?, field(8..10)?);
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    assert!((1..=*lengths.get(month)?).contains(&day), "{text:?} is no day");
    let years: i64 = (0..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let days = years + lengths.iter().take(month).sum::<i64>() + day - 1;
    let seconds = (days * 24 + field(11..13)?) * 3600 + field(14..16)? * 60 + field(17..19)?;
    let rest = text.get(19..)?;
    let (fraction, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
    let digits: String = fraction.trim_start_matches('.').chars().chain("000".chars()).take(3).collect();
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let part = |range| zone.get(range).map_or(Some(0), |part: &str| part.parse::<i64>().ok());
    let offset = if zone.len() == 1 { 0 } else { sign * (part(1..3)? * 60 + part(4..6)?) };
    Some((seconds - offset * 60) * 1000 + digits.parse::<i64>().ok()? + FOUR_DIGITS.start)
}
