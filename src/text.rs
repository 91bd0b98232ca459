//! Numbers and ids as text, without the machinery of `format!`, which is a tenth of a small wasm.

use uuid::Uuid;

/// `number` in decimal, with zeros in front of it up to `width` digits.
pub(crate) fn decimal(number: u64, width: usize) -> String {
    let mut text =
        if number >= 10 || width > 1 { decimal(number / 10, width.saturating_sub(1)) } else { String::new() };
    // a digit of ASCII is 0x30 and the number
    text.push(char::from(b'0' | (number % 10) as u8));
    text
}

/// Two lower-case hexadecimal digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 15));
    }
    text
}

/// The digit of a number below 16.
pub(crate) fn hex_digit(number: u8) -> char {
    char::from_digit(number.into(), 16).unwrap_or_default()
}

/// With hyphens, in lower case, as Polar writes it.
pub(crate) fn uuid(id: Uuid) -> String {
    let mut text = hex(id.as_bytes());
    for at in HYPHENS {
        text.insert(at, '-');
    }
    text
}

/// A UUID of 32 hexadecimal digits, with or without the hyphens.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    let mut bytes = [0_u8; 16];
    let mut digits = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        if byte != b'-' || text.len() != 36 || !HYPHENS.contains(&at) {
            let digit = char::from(byte).to_digit(16)?;
            let place = bytes.get_mut(digits / 2)?;
            *place = *place << 4 | digit as u8;
            digits = digits.saturating_add(1);
        }
    }
    (digits == 32).then(|| Uuid::from_bytes(bytes))
}

const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// Without what is `blank` at its start and end. Not `trim_matches`, of which there is a copy for every `blank`.
pub(crate) fn trim(text: &str, blank: fn(char) -> bool) -> &str {
    let mut chars = text.chars();
    let mut trimmed = text;
    while chars.next().is_some_and(blank) {
        trimmed = chars.as_str();
    }
    chars = trimmed.chars();
    while chars.next_back().is_some_and(blank) {
        trimmed = chars.as_str();
    }
    trimmed
}

/// Whether there is a NUL character in it.
pub(crate) fn has_nul(text: &str) -> bool {
    text.bytes().any(|byte| byte == 0)
}

/// What comes before the first `end`, or all of it.
pub(crate) fn before(text: &str, end: u8) -> &str {
    let at = text.bytes().position(|byte| byte == end);
    at.and_then(|at| text.get(..at)).unwrap_or(text)
}

/// Whether `part` is in it.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_format_writes() {
        for number in [0, 7, 10, 42, 1_000_000, u64::MAX] {
            assert_eq!(decimal(number, 0), format!("{number}"));
            assert_eq!(decimal(number, 4), format!("{number:04}"));
        }
        assert_eq!(hex(&[0, 0x0f, 0xa5, 0xff]), "000fa5ff");
        let id = Uuid::from_u128(0x0b5a3e3c_8f3f_4d2a_9b59_0d8a5f6c7e11);
        assert_eq!(uuid(id), id.to_string());
    }

    #[test]
    fn reads_a_uuid_with_and_without_hyphens() {
        let id = Uuid::from_u128(0x0b5a3e3c_8f3f_4d2a_9b59_0d8a5f6c7e11);
        for text in ["0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11", "0B5A3E3C8F3F4D2A9B590D8A5F6C7E11"] {
            assert_eq!(parse_uuid(text), Some(id));
        }
        for text in [
            "",
            "acme",
            "0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e1",
            "0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e1g",
            "0b5a3e3c-8f3f-4d2a-9b590d8a-5f6c7e11",
            "0b5a3e3c08f3f04d2a09b5900d8a5f6c7e11",
            "0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e112",
        ] {
            assert_eq!(parse_uuid(text), None, "{text}");
        }
    }

    #[test]
    fn finds_parts() {
        assert_eq!((before("a:b:c", b':'), before("abc", b':'), before(":a", b':')), ("a", "abc", ""));
        assert!(contains("it has expired.", "has expired") && !contains("has", "has expired"));
        assert!(has_nul("a\0") && !has_nul("a"));
    }
}
