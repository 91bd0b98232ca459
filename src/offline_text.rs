//! The texts that carry a license to a computer without a network: the request, the answer and the return. People copy
//! them by hand or on a stick, so each of them is one line of letters and digits with a checksum.
//!
//! ```text
//! REQUEST1-…   kind and version, then in base 32:
//!   content                                                         see `offline.rs` and `record/seal.rs`
//!   SHA-256 over kind, version and content, first 5 bytes
//! ```
//!
//! Base 32 has no letters that look alike (Crockford's alphabet). The reader ignores everything but letters and digits,
//! so a text may be broken into lines or groups. This module decides nothing about licenses.

use crate::codes::ErrorKind;
use crate::error::Error;
use crate::texts::{Text, Texts};
use hmac_sha256::Hash;
use std::fmt;

/// The kinds of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Asks for a license. Written by the computer that needs the license.
    Request,
    /// Contains the license for the computer that wrote the request. Written by another computer.
    Answer,
    /// Gives up seats. Written by the computer that has the seats.
    Return,
}

/// The reason why a text cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A character is missing, wrong, or one too many.
    Damaged,
    /// The text is of another kind.
    OtherKind(Kind),
    /// The text was written by a newer version of this library.
    Newer,
    /// The text belongs to another app, organization or environment.
    OtherProduct,
    /// The text was written for another device.
    OtherDevice,
    /// The text was written with an app secret that this version of the app does not have.
    OtherSecret,
    /// The answer does not belong to the latest request of this device.
    OtherRequest,
    /// The answer is imported so late that its license has ended.
    Late,
}

/// A text that a user carries from one computer to another. Its `Debug` shows nothing, because answers and returns
/// contain the license key.
#[derive(Clone, PartialEq, Eq)]
pub struct OfflineText(String);

/// The version of all texts. It is one digit of base 32.
const VERSION: char = '1';

const CHECKSUM_BYTES: usize = 5;

/// The digits of base 32. Without I, L, O and U, no two look alike.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Kind {
    const ALL: [Self; 3] = [Self::Request, Self::Answer, Self::Return];

    /// Returns the word at the start of a text of this kind.
    const fn word(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Answer => "ANSWER",
            Self::Return => "RETURN",
        }
    }

    /// Writes a text of this kind.
    pub(crate) fn write(self, content: &[u8]) -> OfflineText {
        self.write_as(VERSION, content)
    }

    /// Writes a text of this kind in this version of the format.
    pub(crate) fn write_as(self, version: char, content: &[u8]) -> OfflineText {
        let checked = [content, &self.checksum(version, content)].concat();
        OfflineText(format!("{}{version}-{}", self.word(), to_base32(&checked)))
    }

    /// Reads a text of this kind, and returns its content.
    pub(crate) fn read(self, text: &str) -> Result<Vec<u8>, Fault> {
        let letters = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
        let letters: String = letters.collect();
        let found = Self::ALL.iter().find_map(|kind| Some((*kind, letters.strip_prefix(kind.word())?)));
        let (found, rest) = found.ok_or(Fault::Damaged)?;
        let mut digits = rest.chars();
        let version = digits.next().ok_or(Fault::Damaged)?;
        let mut content = from_base32(digits.as_str()).ok_or(Fault::Damaged)?;
        let checksum = content.split_off(content.len().saturating_sub(CHECKSUM_BYTES));
        if checksum != found.checksum(version, &content) {
            Err(Fault::Damaged)
        } else if version != VERSION {
            Err(Fault::Newer)
        } else if found != self {
            Err(Fault::OtherKind(found))
        } else {
            Ok(content)
        }
    }

    fn checksum(self, version: char, content: &[u8]) -> [u8; CHECKSUM_BYTES] {
        let head = format!("polar-license offline text\0{}{version}\0", self.word());
        Hash::hash(&[head.as_bytes(), content].concat()).first_chunk().copied().unwrap_or_default()
    }
}

impl OfflineText {
    /// Returns the text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for OfflineText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for OfflineText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfflineText(…)")
    }
}

impl Fault {
    /// Returns the error for a text with this fault.
    pub(crate) fn into_error(self, texts: &Texts) -> Error {
        let (text, detail) = match self {
            Self::Damaged => {
                (Text::OfflineDamaged, "the text is incomplete or was changed on its way; copy the whole line again")
            }
            Self::OtherKind(Kind::Request) => {
                (Text::OfflineRequestHere, "the text is a request for an offline license")
            }
            Self::OtherKind(Kind::Answer) => (Text::OfflineAnswerHere, "the text is the answer to an offline request"),
            Self::OtherKind(Kind::Return) => (Text::OfflineReturnHere, "the text is the return of an offline license"),
            Self::Newer => (Text::OfflineNewer, "a newer version of this library wrote the text; update the app"),
            Self::OtherProduct => (
                Text::OfflineOtherProduct,
                "the text belongs to another app id, organization or environment than this configuration",
            ),
            Self::OtherDevice => (Text::OfflineOtherDevice, "the answer was made for another device"),
            Self::OtherSecret => (
                Text::OfflineOtherSecret,
                "the other computer's app has an app secret that is neither this app's secret nor one of its previous ones",
            ),
            Self::OtherRequest => (
                Text::OfflineOtherRequest,
                "the answer is not for the latest request of this device, or Polar was asked since; make a new request",
            ),
            Self::Late => (Text::OfflineLate, "the days of the air gap have passed since Polar confirmed the license"),
        };
        Error::worded(texts, ErrorKind::InvalidArgument, detail)
            .with_texts(texts.get(text).to_owned(), detail.to_owned())
    }
}

/// Writes bytes as digits, five bits each. The last digit is filled up with zeros.
fn to_base32(bytes: &[u8]) -> String {
    const SHIFTS: [u32; 8] = [35, 30, 25, 20, 15, 10, 5, 0];
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let bits = (0..5).fold(0_u64, |bits, at| bits << 8 | u64::from(group.get(at).copied().unwrap_or(0)));
        let count = group.len().saturating_mul(8).div_ceil(5);
        let digits = SHIFTS.into_iter().take(count).map(|shift| (bits >> shift & 31) as usize);
        text.extend(digits.filter_map(|digit| DIGITS.get(digit)).map(|digit| char::from(*digit)));
    }
    text
}

/// Converts base-32 digits to bytes. Returns `None` if a character is not a digit, or if `to_base32` never writes these
/// digits.
fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let digits = text.bytes().map(value_of).collect::<Option<Vec<u64>>>()?;
    for group in digits.chunks(8) {
        let bits = (0..8).fold(0_u64, |bits, at| bits << 5 | group.get(at).copied().unwrap_or(0));
        let count = group.len().saturating_mul(5) / 8;
        bytes.extend(bits.to_be_bytes().into_iter().skip(3).take(count));
    }
    to_base32(&bytes).bytes().map(value_of).eq(text.bytes().map(value_of)).then_some(bytes)
}

/// Returns the value of a digit. A letter that looks like a digit counts as this digit.
fn value_of(digit: u8) -> Option<u64> {
    let digit = match digit {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let at = DIGITS.iter().position(|known| *known == digit)?;
    u64::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_base32_at_every_length() {
        for length in 0..64_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            assert_eq!(from_base32(&to_base32(&bytes)), Some(bytes));
        }
        for text in ["1", "100", "U0", "ZZ", "é0"] {
            let again = from_base32(text).map(|bytes| to_base32(&bytes));
            assert_ne!(again.as_deref(), Some(text));
        }
    }
}
