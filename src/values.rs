//! Conditions and meta: the small flat objects that Polar keeps with an activation, checked against its limits
//! (at most 50 entries; names of 1 to 40 characters; strings of 1 to 500 characters, integers, finite floats,
//! booleans; nothing nested).

use crate::json::{Json, Writer, quoted};
use crate::named::Named;
use crate::text::{decimal, has_nul};

/// One value of a condition or of meta. Made with `From`.
///
/// Polar compares conditions by value (`1` equals `1.0` and `true`), and large floating point numbers never match
/// again: prefer strings and small integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(
    /// As it is written in JSON; `null` for a number that JSON cannot write.
    String,
);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(quoted(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(quoted(&text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(String::from(if value { "true" } else { "false" }))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        i64::from(number).into()
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self(if number.is_finite() { format!("{number:?}") } else { String::from("null") })
    }
}

impl Value {
    /// A string, number or boolean in JSON.
    pub(crate) fn read(value: Json<'_>) -> Option<Self> {
        if let Some(text) = value.string() {
            return Some(text.into());
        }
        if let Some(flag) = value.boolean() {
            return Some(flag.into());
        }
        value.number().map(|number| Self(number.to_owned()))
    }
}

/// Named values, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Named<Value>);

impl Values {
    /// The most entries Polar takes.
    pub const MAX: usize = 50;

    /// Adds or replaces an entry. Checked by [`Values::problem`].
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is an entry of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.get(name).is_some()
    }

    /// What Polar would refuse here, in words, or `None` where all is well.
    pub fn problem(&self) -> Option<String> {
        if self.len() > Self::MAX {
            return Some([&decimal(self.len() as u64, 0), " entries; Polar takes at most 50"].concat());
        }
        self.0.iter().find_map(|(name, Value(value))| {
            if has_nul(name) {
                return Some(String::from("a name contains a NUL character"));
            }
            if let Some(fault) = fault(name, 40, "40") {
                return Some(["the name `", name, "`", &fault].concat());
            }
            let fault = match Json::parse(value.as_bytes())?.string() {
                Some(text) => fault(&text, 500, "500")?,
                None if value == "null" => String::from(" is not a finite number"),
                None => return None,
            };
            Some(["`", name, "`", &fault].concat())
        })
    }

    pub(crate) fn json(&self) -> String {
        let mut object = Writer::new();
        for (name, Value(value)) in self.0.iter() {
            object.raw(name, value);
        }
        object.finish()
    }
}

/// What Polar does not take about a text.
fn fault(text: &str, most: usize, limit: &str) -> Option<String> {
    let characters = text.chars().count();
    if characters == 0 || characters > most {
        return Some([" has ", &decimal(characters as u64, 0), " characters; Polar takes 1 to ", limit].concat());
    }
    has_nul(text).then(|| String::from(" contains a NUL character"))
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
    fn what_polar_takes_is_taken() {
        for values in
            [one("a", "x"), one(&"n".repeat(40), "v".repeat(500)), one("é", 1.5), one("t", true), one("i", -1)]
        {
            assert_eq!(values.problem(), None, "{values:?}");
        }
        assert_eq!(one("f", 2.0).json(), r#"{"f":2.0}"#);
        assert_eq!(one("q\"", "a\n\u{1}").json(), "{\"q\\\"\":\"a\\n\\u0001\"}");
    }

    #[test]
    fn what_polar_refuses_is_refused_with_its_reason() {
        let cases = [
            (one("", 1), "has 0 characters"),
            (one(&"n".repeat(41), 1), "has 41 characters"),
            (one("e", ""), "has 0 characters"),
            (one("e", "v".repeat(501)), "has 501 characters"),
            (one("f", f64::NAN), "not a finite number"),
            (one("f", f64::INFINITY), "not a finite number"),
            (one("z", "a\0b"), "NUL"),
        ];
        for (values, expected) in cases {
            assert!(values.problem().unwrap().contains(expected), "{values:?}");
        }
        let mut many = Values::default();
        (0..51).for_each(|i| many.insert(format!("n{i}"), i));
        assert_eq!(many.problem().unwrap(), "51 entries; Polar takes at most 50");
    }
}
