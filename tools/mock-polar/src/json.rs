//! JSON as Polar's server reads it: Python's `json` module, which accepts more than the standard.
//!
//! serde_json does the parsing. What its own `Value` cannot hold, and the recordings of Polar show, is kept here:
//! `NaN` and `Infinity`, floats beyond a double, strings with lone surrogates, and integers apart from floats. Its feature
//! `arbitrary_precision` would keep the numbers, but cargo turns it on for every crate of a build, tests of apps
//! included, where it breaks floats in tagged, untagged and flattened types, and makes `1.50` differ from `1.5`.
//! [`RawValue`] gives the text of each value instead; the feature `raw_value` changes nothing for others.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::encoding;

/// A JSON value. Numbers keep what Python's equality and PostgreSQL's storage need.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// Decimal digits with an optional minus; of any size, never `-0`.
    Int(#[serde(serialize_with = "serialize_integer")] String),
    /// Infinite where the request says so, has `NaN`, or has more than a double can hold.
    Float(f64),
    String(String),
    /// A string with a lone surrogate, or an object with one in a name. Python cannot encode it: wherever it is used, the
    /// server fails, so its content does not matter.
    LoneSurrogate,
    /// A value nested so deeply that Python parses it and fails to write it again.
    TooDeep,
    Array(Vec<Json>),
    Object(Object),
}

/// An object's members in the order received; of members with one name the last counts.
pub(crate) type Object = IndexMap<String, Json>;

/// Why a body is not JSON.
#[derive(Debug, PartialEq)]
pub(crate) enum Unreadable {
    /// A syntax error at this character.
    Syntax(usize),
    /// It is not text.
    Other,
}

/// Python's limit is higher and differs by version; no request comes near either.
const MAX_DEPTH: usize = 64;

impl Json {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = encoding::decode(bytes).ok_or(Unreadable::Other)?;
        let text = to_standard_json(&text);
        let root: &RawValue =
            serde_json::from_str(&text).map_err(|error| Unreadable::Syntax(position(&text, &error)))?;
        // The members of an object are judged one by one: a field that nobody reads may be nested as deeply as it likes.
        if root.get().starts_with('{') { Ok(Self::decode(root.get())) } else { Ok(Self::decode_shallow(root.get())) }
    }

    /// Whether Python could write this into a reply or a database column.
    pub(crate) fn is_writable(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::String(_) => true,
            Self::Float(number) => number.is_finite(),
            Self::LoneSurrogate | Self::TooDeep => false,
            Self::Array(items) => items.iter().all(Self::is_writable),
            Self::Object(members) => members.values().all(Self::is_writable),
        }
    }

    /// Python's `==` between a stored and a sent value: `1 == 1.0 == True`, and a string equals only strings.
    fn equals(&self, other: &Self) -> bool {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self == other,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// What PostgreSQL's `jsonb` gives back: an integral float of 1e16 and more loses its point, and with it its value.
    fn stored(&self) -> Self {
        match self {
            Self::Float(number) if number.fract() == 0.0 && number.abs() >= 1e16 => Self::Int(format!("{number}")),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::String(_)
            | Self::LoneSurrogate
            | Self::TooDeep
            | Self::Array(_)
            | Self::Object(_) => self.clone(),
        }
    }

    /// The exact value of a number, integral numbers as decimal digits.
    fn number(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(u8::from(*value).to_string()),
            Self::Int(digits) => Some(digits.clone()),
            Self::Float(number) if *number == 0.0 => Some("0".to_owned()),
            Self::Float(number) if number.is_finite() && number.fract() == 0.0 => Some(format!("{number:.0}")),
            Self::Float(number) => Some(format!("{number:?}")),
            Self::Null | Self::String(_) | Self::LoneSurrogate | Self::TooDeep | Self::Array(_) | Self::Object(_) => {
                None
            }
        }
    }

    /// Whether it is an integer that a double cannot hold. Polar stores it, and it never equals anything again.
    fn is_beyond_double(&self) -> bool {
        match self {
            Self::Int(digits) => digits.parse::<f64>().is_ok_and(|number| format!("{number:.0}") != *digits),
            Self::Null
            | Self::Bool(_)
            | Self::Float(_)
            | Self::String(_)
            | Self::LoneSurrogate
            | Self::TooDeep
            | Self::Array(_)
            | Self::Object(_) => false,
        }
    }

    fn decode_shallow(text: &str) -> Self {
        if nesting(text) > MAX_DEPTH { Self::TooDeep } else { Self::decode(text) }
    }

    /// The text is valid JSON, so decoding it fails for one reason: a lone surrogate.
    fn decode(text: &str) -> Self {
        let decoded = match text.as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).map(Self::Object),
            Some(b'[') => serde_json::from_str(text).map(Self::Array),
            Some(b'"') => serde_json::from_str(text).map(Self::String),
            Some(b't' | b'f') => serde_json::from_str(text).map(Self::Bool),
            Some(b'n') => Ok(Self::Null),
            _ if text == "-0" => Ok(Self::Int("0".to_owned())),
            _ if text.contains(['.', 'e', 'E']) => Ok(Self::Float(text.parse().unwrap_or(f64::INFINITY))),
            _ => Ok(Self::Int(text.to_owned())),
        };
        decoded.unwrap_or(Self::LoneSurrogate)
    }
}

/// Whole-object equality, whatever the order of the names.
pub(crate) fn objects_equal(stored: &Object, sent: &Object) -> bool {
    stored.len() == sent.len()
        && stored
            .iter()
            .all(|(name, value)| !value.is_beyond_double() && sent.get(name).is_some_and(|other| value.equals(other)))
}

/// What PostgreSQL gives back of an object that was stored.
pub(crate) fn stored(object: &Object) -> Object {
    object.iter().map(|(name, value)| (name.clone(), value.stored())).collect()
}

/// For users of the API, who need no more than serde_json's numbers.
pub(crate) fn to_value(object: &Object) -> serde_json::Value {
    serde_json::to_vec(object).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|text| Self::decode_shallow(text.get()))
    }
}

fn serialize_integer<S: Serializer>(digits: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let number = RawValue::from_string(digits.to_owned()).map_err(serde::ser::Error::custom)?;
    number.serialize(serializer)
}

/// Writes `NaN` and `Infinity` as a number beyond every double: Polar treats all three alike, since its database and its
/// replies can hold none of them. (A digit beside such a word, which Python rejects, becomes part of the number.)
fn to_standard_json(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for (part, in_string) in parts(text) {
        if in_string {
            result.push_str(part);
        } else {
            result.push_str(&part.replace("NaN", "1e999").replace("Infinity", "1e999"));
        }
    }
    result
}

/// How many arrays and objects are open at most at once.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in parts(text).filter(|(_, in_string)| !in_string).flat_map(|(part, _)| part.bytes()) {
        match byte {
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The text cut at its quotes, each of which begins a part; and whether the part lies in a string.
fn parts(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let (mut rest, mut in_string) = (text, text.starts_with('"'));
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let from = usize::from(rest.starts_with('"'));
        let next =
            rest.bytes().skip(from).position(|byte| byte == b'"').map_or(rest.len(), |at| at.saturating_add(from));
        let (part, after) = rest.split_at_checked(next)?;
        let this = (part, in_string);
        // After an odd number of backslashes, the quote is escaped and part of the string.
        let backslashes = part.bytes().rev().take_while(|byte| *byte == b'\\').count();
        in_string = !in_string || backslashes % 2 == 1;
        rest = after;
        Some(this)
    })
}

/// Where serde_json stopped, as Python counts: in characters from the start, and for an unknown word at its beginning.
fn position(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.chars().count();
    }
    let earlier_lines: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let bytes = earlier_lines + error.column().saturating_sub(1);
    let before = String::from_utf8_lossy(text.as_bytes().get(..bytes).unwrap_or_default()).into_owned();
    before.trim_end_matches(char::is_alphanumeric).chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Json {
        Json::read(text.as_bytes()).unwrap()
    }

    fn read_object(text: &str) -> Object {
        let Json::Object(members) = read(text) else { panic!("{text} is not an object") };
        members
    }

    #[test]
    fn what_python_accepts_beyond_the_standard() {
        for text in ["NaN", "Infinity", "1e400"] {
            assert_eq!(read(text), Json::Float(f64::INFINITY), "{text}");
        }
        assert_eq!(read("-Infinity"), Json::Float(f64::NEG_INFINITY));
        assert_eq!(read(r#""\ud83d\ude42""#), Json::String("🙂".to_owned()));
        for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#"{"\ud800":1}"#] {
            assert_eq!(read(text), Json::LoneSurrogate, "{text}");
        }
        assert_eq!(read("\u{FEFF}123456789012345678901"), Json::Int("123456789012345678901".to_owned()));
    }

    #[test]
    fn words_inside_strings_stay_as_they_are() {
        for text in ["NaN", r#"a "NaN" b"#, r"Infinity \", r#"\" NaN"#, "[[[{{{"] {
            let document = serde_json::to_string(text).unwrap();
            assert_eq!(read(&document), Json::String(text.to_owned()), "{document}");
        }
    }

    #[test]
    fn members_keep_their_order_and_the_last_of_one_name_counts() {
        let object = read_object(r#"{"b":1,"a":2,"b":3}"#);
        assert_eq!(serde_json::to_string(&object).unwrap(), r#"{"b":3,"a":2}"#);
    }

    #[test]
    fn syntax_errors_have_a_place() {
        for (text, at) in [("this", 0), ("  this is", 2), ("{\"é\" 1}", 5), ("[1 2]", 3), ("[\n1,\nx]", 5), ("1 1", 2)]
        {
            assert_eq!(Json::read(text.as_bytes()), Err(Unreadable::Syntax(at)), "{text}");
        }
    }

    #[test]
    fn a_body_that_is_not_text_is_unreadable_as_a_whole() {
        assert_eq!(Json::read(b"\"\xe9\""), Err(Unreadable::Other));
    }

    #[test]
    fn deep_nesting_is_read_and_cannot_be_written() {
        let deepest = ["[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH)].concat();
        assert!(read(&deepest).is_writable());
        assert_eq!(read(&format!("[{deepest}]")), Json::TooDeep);
        assert!(read(&format!("[\"{}\"]", "[".repeat(100))).is_writable(), "inside a string, it is text");
        let abyss = ["[".repeat(100_000), "]".repeat(100_000)].concat();
        assert_eq!(read_object(&format!("{{\"a\":1,\"b\":{abyss}}}")).get("b"), Some(&Json::TooDeep));
        assert_eq!(Json::read("[".repeat(100_000).as_bytes()), Err(Unreadable::Syntax(100_000)));
    }

    #[test]
    fn integers_are_written_as_they_were_sent() {
        let digits = "7".repeat(60);
        assert_eq!(
            serde_json::to_string(&read_object(&format!("{{\"n\":{digits}}}"))).unwrap(),
            format!("{{\"n\":{digits}}}")
        );
    }

    #[test]
    fn equality_is_pythons() {
        for (a, b) in [("1", "1.0"), ("true", "1"), ("0.0", "false"), ("-0.0", "0"), ("1e2", "100"), ("1.5", "15e-1")] {
            assert!(read(a).equals(&read(b)), "{a} == {b}");
        }
        for (a, b) in
            [("1", "\"1\""), ("true", "\"true\""), ("1", "2"), ("1.5", "1"), ("9007199254740993", "9007199254740992.0")]
        {
            assert!(!read(a).equals(&read(b)), "{a} != {b}");
        }
        assert!(!objects_equal(&read_object("{\"a\":1}"), &read_object("{\"a\":NaN}")));
        assert!(objects_equal(&read_object("{\"a\":1,\"b\":\"x\"}"), &read_object("{\"b\":\"x\",\"a\":true}")));
    }

    #[test]
    fn large_floats_never_match_again() {
        let sent = read("1e23");
        assert!(!sent.stored().equals(&sent));
        let kept = read("1e15");
        assert!(kept.stored().equals(&kept));
    }

    #[test]
    fn integers_that_a_double_cannot_hold_never_match_again() {
        let matches = |value: &str| {
            let object = read_object(&format!("{{\"n\":{value}}}"));
            objects_equal(&stored(&object), &object)
        };
        for kept in ["0", "-7", "9007199254740992", "9007199254740994", "100000000000000000000"] {
            assert!(matches(kept), "{kept}");
        }
        for lost in ["9007199254740993", "-9007199254740993", "123456789012345678901"] {
            assert!(!matches(lost), "{lost}");
        }
    }
}
