//! The license key. `Debug` and `Display` never show it in full.

use crate::codes::{ErrorKind, NextStep};
use crate::decision::Problem;
use crate::error::Error;
use crate::text::{printable, trim_pasted};
use crate::texts::{Text, Texts};
use std::fmt;
use zeroize::Zeroizing;

/// A license key that a person typed or pasted. The invisible characters around the key are removed, and all other
/// bytes are sent to Polar unchanged. `Debug` and `Display` show `****-` and the last six characters of the key. The
/// memory of the key is wiped when the key is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<String>);

impl Key {
    /// The longest key that is accepted, in bytes. A longer text is not a key, and was pasted by mistake.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a key, and trims the white space, zero-width characters and byte order marks that pasting adds at both
    /// ends. Fails with `invalid_argument` if the key is empty, contains a NUL character or is longer than 1,024 bytes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_worded(&Texts::default(), text)
    }

    /// Checks and trims a key like [`Key::parse`]. Takes the messages of its errors from `texts`, because the app may
    /// have replaced them.
    pub(crate) fn parse_worded(texts: &Texts, text: &str) -> Result<Self, Error> {
        let key = trim_pasted(text);
        let (text, detail) = if key.is_empty() {
            (Text::KeyEmpty, "the license key is empty; enter the key from the purchase e-mail")
        } else if key.contains('\0') {
            (Text::KeyUnreadable, "the license key contains a NUL character; copy it again")
        } else if key.len() > Self::MAX_BYTES {
            (Text::KeyTooLong, "the license key is longer than 1,024 bytes; copy only the key")
        } else {
            return Ok(Self(Zeroizing::new(key.to_owned())));
        };
        let problem = Problem::new(texts, ErrorKind::InvalidArgument, detail);
        let error = Error::of(Problem { message: texts.get(text).to_owned(), ..problem }, None);
        Err(error.with_next_step(NextStep::EnterKey))
    }

    /// Returns the key in full. Send it to Polar and nowhere else.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns `****-` and the last six characters of the key.
    pub(crate) fn masked(&self) -> String {
        format!("****-{}", self.last_six())
    }

    /// Returns the last six characters of the key, which Polar's own pages display too. If the key is short, returns at
    /// most half of it.
    pub(crate) fn last_six(&self) -> String {
        let count = self.0.chars().count();
        let hidden = count.saturating_sub(6.min(count / 2));
        printable(&self.0.chars().skip(hidden).collect::<String>())
    }
}

/// A license key as a person typed it, before any check. `Debug` does not show it, and its memory is wiped when it is
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedKey(Zeroizing<String>);

impl TypedKey {
    /// Returns the text as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TypedKey {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for TypedKey {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for TypedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedKey(****)")
    }
}

impl std::str::FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_key_is_trimmed_and_nothing_else_is_changed() {
        for text in ["MYAPP-1a 2B", " MYAPP-1a 2B\r\n", "\u{feff}\u{200b}MYAPP-1a 2B\u{a0}\u{2060}"] {
            assert_eq!(Key::parse(text).unwrap().secret(), "MYAPP-1a 2B");
        }
    }

    #[test]
    fn a_text_that_cannot_be_a_key_is_refused() {
        for text in ["", " \u{200b}\n", "AB\0CD", &"K".repeat(1025)] {
            assert_eq!(Key::parse(text).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn a_key_is_never_shown_whole() {
        for (key, shown) in [
            ("D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF", "****-00EEEF"),
            ("ABCDEF", "****-DEF"),
            ("A", "****-"),
            ("0123456789\u{1b}[2J\u{202e}x", "****-\u{fffd}[2J\u{fffd}x"),
        ] {
            let key = Key::parse(key).unwrap();
            assert_eq!(format!("{key} {key:?}"), format!("{shown} {shown}"));
        }
    }
}
