//! Numbers in strings, as pydantic reads them.

/// Why a string or a float is not an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAnInteger {
    Malformed,
    TooLarge,
}

/// Longer ones are rejected unread, as Python rejects them.
const MOST_CHARACTERS: usize = 4300;

/// Saturates: what does not fit here fits no column either.
pub(crate) fn integer(digits: &str) -> i128 {
    digits.parse().unwrap_or(if digits.starts_with('-') { i128::MIN } else { i128::MAX })
}

/// The digits of the integer in a string: it may have a sign, underscores between digits, a fraction of zeros and
/// surrounding space.
pub(crate) fn integer_in(text: &str) -> Result<String, NotAnInteger> {
    let text = text.trim();
    if text.chars().count() > MOST_CHARACTERS {
        return Err(NotAnInteger::TooLarge);
    }
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return Err(NotAnInteger::Malformed),
        None => text,
    };
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole.strip_prefix('+').unwrap_or(whole)),
    };
    let separated = digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !separated {
        return Err(NotAnInteger::Malformed);
    }
    let digits = digits.replace('_', "");
    match digits.trim_start_matches('0') {
        "" => Ok("0".to_owned()),
        digits => Ok(format!("{sign}{digits}")),
    }
}

/// The integer that a finite float is; `Err` if it has more than 64 bits. `None` if it has a fraction.
pub(crate) fn integer_of(float: f64) -> Option<Result<i128, NotAnInteger>> {
    const LIMIT: f64 = 9_223_372_036_854_775_807.0;
    if float.fract() != 0.0 {
        return None;
    }
    let fits = -LIMIT < float && float < LIMIT;
    Some(if fits { Ok(integer(&format!("{float:.0}"))) } else { Err(NotAnInteger::TooLarge) })
}

/// The float in a string.
pub(crate) fn float_in(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_in_strings() {
        for (text, digits) in [("5", "5"), (" +5 ", "5"), ("-1_0", "-10"), ("5.00", "5"), ("-0", "0"), ("007", "7")] {
            assert_eq!(integer_in(text).as_deref(), Ok(digits), "{text}");
        }
        for text in ["", "5.", ".0", "5.1", "_1", "1__0", "1e3", "0x1", "٣", "+-5"] {
            assert_eq!(integer_in(text), Err(NotAnInteger::Malformed), "{text}");
        }
        assert!(integer_in(&"1".repeat(4300)).is_ok());
        assert_eq!(integer_in(&"1".repeat(4301)), Err(NotAnInteger::TooLarge));
    }

    #[test]
    fn integers_as_floats() {
        assert_eq!(integer_of(1e18), Some(Ok(1_000_000_000_000_000_000)));
        assert_eq!(integer_of(-3.0), Some(Ok(-3)));
        for float in [1e20, -1e20, 9_223_372_036_854_775_807.0] {
            assert_eq!(integer_of(float), Some(Err(NotAnInteger::TooLarge)), "{float}");
        }
        assert_eq!(integer_of(0.5), None);
    }
}
