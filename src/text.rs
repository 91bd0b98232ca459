//! Functions that make text from outside safe to show, or parse it strictly. No library does all of this. Crates that
//! escape terminal sequences do not remove the characters that change the text direction, and uuid's parser also
//! accepts braces and URNs.

use uuid::Uuid;

/// Makes text from outside safe to show. Replaces control characters, and characters that change the direction of
/// writing, with U+FFFD.
pub(crate) fn printable(text: &str) -> String {
    // the characters with Unicode's property `Bidi_Control`, and separators that some terminals treat as line breaks
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Returns `true` for a zero-width character or a byte order mark, which pasted text may contain.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Returns typed or pasted text without the white space and the invisible characters around it.
pub(crate) fn trim_pasted(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Parses a UUID of 32 hexadecimal digits, with or without hyphens.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| matches!(text.len(), 32 | 36))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "{0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11}",
            "{0b5a3e3c8f3f4d2a9b590d8a5f6c7e11}",
            "urn:uuid:0b5a3e3c-8f3f-4d2a-9b59-0d8a5f6c7e11",
        ] {
            assert_eq!(parse_uuid(text), None, "{text}");
        }
    }

    #[test]
    fn characters_that_move_the_cursor_are_replaced() {
        assert_eq!(printable("a\u{1b}[2J\r\nb\u{202e}é\u{7f}"), "a\u{fffd}[2J\u{fffd}\u{fffd}b\u{fffd}é\u{fffd}");
    }
}
