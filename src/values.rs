//! Conditions and meta: the small flat objects that Polar keeps with an activation, checked against Polar's limits (at
//! most 50 entries; names of 1 to 40 characters; strings of 1 to 500 characters, numbers, booleans; nothing nested).

use crate::json::{self, Json};
use litemap::LiteMap;
use serde::{Serialize, Serializer};

/// A value of a condition or of meta: a string, a whole number or a boolean. Create one with `From`.
///
/// Polar compares conditions by value (`1` equals `1.0` and `true`), and some large or fractional numbers no longer
/// match once Polar has stored them. Therefore a number must be whole and at most 9,007,199,254,740,991 away from 0, so
/// that a double holds it exactly. [`Values::problem`] reports a number outside this range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[serde(transparent)]
pub struct Value(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[serde(untagged)]
enum Kind {
    Text(String),
    Number(i64),
    Boolean(bool),
}

/// The largest number up to which a double holds every whole number exactly.
const MOST: u64 = (1 << 53) - 1;

impl Value {
    /// The rule for a value, in words.
    pub(crate) const MUST_BE: &'static str = "must be a string, a whole number up to 9007199254740991 or a boolean";

    /// Reads a value, or returns `None` for any other JSON, including a number with a fraction or an exponent.
    pub(crate) fn read(value: Json<'_>) -> Option<Self> {
        let text = value.string().map(Kind::Text);
        let number = || value.integer().map(Kind::Number);
        let boolean = || value.boolean().map(Kind::Boolean);
        text.or_else(number).or_else(boolean).map(Self)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Kind::Text(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Kind::Text(text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(Kind::Boolean(value))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(Kind::Number(number))
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        i64::from(number).into()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer", "boolean"] })
    }
}

/// Named values, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(transparent))]
pub struct Values(LiteMap<String, Value>);

impl Values {
    /// The largest number of entries that Polar accepts.
    pub const MAX: usize = 50;

    /// Adds an entry, or replaces the entry that has this name. [`Values::problem`] checks the result.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `true` if there is an entry with this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns why Polar would refuse these values, or `None` if Polar accepts them.
    pub fn problem(&self) -> Option<String> {
        if self.len() > Self::MAX {
            return Some(format!("{} entries; Polar accepts at most {}", self.len(), Self::MAX));
        }
        self.0.iter().find_map(|(name, value)| {
            if name.contains('\0') {
                return Some(String::from("a name contains a NUL character"));
            }
            if let Some(fault) = text_fault(name, 40) {
                return Some(format!("the name `{name}` {fault}"));
            }
            let fault = match &value.0 {
                Kind::Text(text) => text_fault(text, 500)?,
                Kind::Number(number) if number.unsigned_abs() > MOST => Value::MUST_BE.to_owned(),
                Kind::Number(_) | Kind::Boolean(_) => return None,
            };
            Some(format!("`{name}` {fault}"))
        })
    }

    /// Returns the entries as one JSON object.
    pub(crate) fn json(&self) -> String {
        json::write(self)
    }
}

/// Serializes as one object.
impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

/// Returns the reason why Polar would refuse this text, or `None` if Polar accepts it. Polar accepts 1 to `most`
/// characters.
fn text_fault(text: &str, most: usize) -> Option<String> {
    let characters = text.chars().count();
    if characters == 0 || characters > most {
        return Some(format!("has {characters} characters; Polar accepts 1 to {most}"));
    }
    text.contains('\0').then(|| String::from("contains a NUL character"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: impl Into<Value>) -> Values {
        let mut values = Values::default();
        values.insert(name, value);
        values
    }

    #[test]
    fn values_that_polar_accepts_are_accepted() {
        let largest = MOST.cast_signed();
        for values in [
            one("a", "x"),
            one(&"n".repeat(40), "v".repeat(500)),
            one("é", largest),
            one("é", -largest),
            one("t", true),
            one("i", -1),
        ] {
            assert_eq!(values.problem(), None, "{values:?}");
        }
        assert_eq!(one("q\"", "a\n\u{1}").json(), "{\"q\\\"\":\"a\\n\\u0001\"}");
    }

    #[test]
    fn values_that_polar_refuses_are_refused_with_the_reason() {
        let cases = [
            (one("", 1), "has 0 characters"),
            (one(&"n".repeat(41), 1), "has 41 characters"),
            (one("e", ""), "has 0 characters"),
            (one("e", "v".repeat(501)), "has 501 characters"),
            (
                one("f", MOST.cast_signed() + 1),
                "`f` must be a string, a whole number up to 9007199254740991 or a boolean",
            ),
            (one("f", i64::MIN), "whole number"),
            (one("z", "a\0b"), "NUL"),
        ];
        for (values, expected) in cases {
            assert!(values.problem().unwrap().contains(expected), "{values:?}");
        }
        let mut many = Values::default();
        (0..51).for_each(|i| many.insert(format!("n{i}"), i));
        assert_eq!(many.problem().unwrap(), "51 entries; Polar accepts at most 50");
    }

    #[test]
    fn only_strings_whole_numbers_and_booleans_are_read() {
        let read = |text: &str| Value::read(Json::parse(text.as_bytes()).unwrap());
        assert_eq!(read("\"a\""), Some("a".into()));
        assert_eq!(read("-7"), Some((-7).into()));
        assert_eq!(read("true"), Some(true.into()));
        for other in ["1.5", "2.0", "1e3", "null", "[]", "{}", "9223372036854775808", "\"\\ud800\""] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
