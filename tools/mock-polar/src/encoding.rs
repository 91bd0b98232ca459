//! The text of a JSON body in any encoding that Python's `json.loads` detects: UTF-8, UTF-16 and UTF-32.

use std::borrow::Cow;

/// The text; `None` if the bytes are not valid in the encoding that their beginning indicates.
pub(crate) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match Encoding::of(bytes) {
        Encoding::Utf8 => {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
        }
        Encoding::Utf16(unit) => {
            let units: Vec<u16> = units(bytes, unit)?;
            let text = char::decode_utf16(units).map(|decoded| match decoded {
                Ok(c) => c.to_string(),
                // Python lets it pass, and JSON can write it as an escape.
                Err(lone) => format!("\\u{:04x}", lone.unpaired_surrogate()),
            });
            Some(Cow::Owned(without_mark(text.collect())))
        }
        Encoding::Utf32(unit) => {
            let units: Vec<u32> = units(bytes, unit)?;
            let text: Option<String> = units.into_iter().map(char::from_u32).collect();
            Some(Cow::Owned(without_mark(text?)))
        }
    }
}

enum Encoding {
    Utf8,
    Utf16(fn([u8; 2]) -> u16),
    Utf32(fn([u8; 4]) -> u32),
}

impl Encoding {
    /// As `json.detect_encoding` does it: by a byte order mark, or by where the zeros are.
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0, 0, 0xFE, 0xFF, ..] | [0, 0, _, _, ..] => Self::Utf32(u32::from_be_bytes),
            [0xFF, 0xFE, 0, 0, ..] | [_, 0, 0, 0, ..] => Self::Utf32(u32::from_le_bytes),
            [0xFE, 0xFF, ..] | [0, _, _, _, ..] | [0, _] => Self::Utf16(u16::from_be_bytes),
            [0xFF, 0xFE, ..] | [_, 0, _, _, ..] | [_, 0] => Self::Utf16(u16::from_le_bytes),
            _ => Self::Utf8,
        }
    }
}

fn units<const N: usize, T>(bytes: &[u8], unit: fn([u8; N]) -> T) -> Option<Vec<T>> {
    bytes.chunks(N).map(|chunk| chunk.try_into().ok().map(unit)).collect()
}

fn without_mark(mut text: String) -> String {
    if text.starts_with('\u{FEFF}') {
        text.remove(0);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encodings_of_unicode_with_and_without_a_mark() {
        for text in ["{\"é\": \"🙂\"}", "\u{FEFF}[1]", "12", "1"] {
            let expected = text.trim_start_matches('\u{FEFF}');
            let utf16: Vec<u16> = text.encode_utf16().collect();
            let encoded: [Vec<u8>; 5] = [
                text.as_bytes().to_vec(),
                utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
                utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
                text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
                text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
            ];
            for bytes in encoded {
                assert_eq!(decode(&bytes).as_deref(), Some(expected), "{bytes:?}");
            }
        }
    }

    #[test]
    fn what_is_not_text() {
        for bytes in [&b"\"\xe9\""[..], &[0xFF, 0xFE, b'{', 0, b'}'], &[b'{', 0, 0, 0, 0, 0, 0x11, 0]] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_lone_surrogate_becomes_an_escape() {
        assert_eq!(decode(&[b'"', 0, 0, 0xD8, b'"', 0]).as_deref(), Some("\"\\ud800\""));
    }
}
