//! The fuzz targets. A target is a function that takes any bytes. It panics if a property that must hold for all inputs
//! does not hold. The targets use only the public interface of the crate or of the C library, and no clock, file or
//! network.

pub mod calls;
pub mod json;
pub mod offline;
mod polar;
pub mod record;
pub mod reply;
mod setters;
pub mod settings;
pub mod steps;
pub mod time;

use polar_license::Key;
use serde_json::Value;

/// A function that runs one input, and panics if a property does not hold.
pub type Target = fn(&[u8]);

/// All targets by name. The seeds of each are in `corpus/NAME`.
pub const TARGETS: [(&str, Target); 8] = [
    ("reply", reply::run),
    ("record", record::run),
    ("json", json::run),
    ("time", time::run),
    ("settings", settings::run),
    ("steps", steps::run),
    ("calls", calls::run),
    ("offline", offline::run),
];

pub(crate) const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
pub(crate) const LICENSE: &str = "1c010000-0000-4000-8000-000000000001";
/// A customer's token.
pub(crate) const TOKEN: &str = "polar_cst_FUZZ";
pub(crate) const KEY: &str = "FUZZ-D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";

pub(crate) fn key() -> Key {
    Key::parse(KEY).expect("a valid key")
}

/// Checks that a text for people contains no key, no token, and no character that moves the cursor or changes the
/// direction of writing.
pub(crate) fn assert_printable(text: &str) {
    let turns =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.chars().any(|c| c.is_control() || turns(c)), "{text:?}");
    assert!(!text.contains(KEY), "the key is in {text:?}");
    assert!(!text.contains(TOKEN), "the token is in {text:?}");
}

/// Reads JSON with serde_json. Returns `None` if serde_json cannot represent the JSON, because a number is too large or
/// an escape stands for half a character.
pub(crate) fn value(document: &[u8]) -> Option<Value> {
    match serde_json::from_slice(document) {
        Ok(value) => Some(value),
        Err(error) => {
            let text = error.to_string();
            let is_json = ["out of range", "surrogate", "hex escape"].iter().any(|why| text.contains(why));
            assert!(is_json, "serde_json does not read this: {text}");
            None
        }
    }
}
