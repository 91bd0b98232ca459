//! JSON as Polar's server reads it: Python's `json` module.
//!
//! serde_json cannot stand in for it, because clients can see the differences: Python takes `NaN` and `Infinity`, keeps
//! integers of any size apart from floats, accepts lone surrogates, and names syntax errors by their position.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A JSON value. Numbers keep what Python's equality and PostgreSQL's storage need.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// Decimal digits with an optional minus; of any size, never `-0`.
    Int(String),
    /// May be infinite or NaN.
    Float(f64),
    Text(String),
    /// A string with a lone surrogate. Wherever it is used, the server fails, so its content does not matter.
    BrokenText,
    List(Vec<Json>),
    Object(Object),
}

/// An object's entries in the order received, each name once.
pub(crate) type Object = Vec<(String, Json)>;

/// Why a body is not JSON.
#[derive(Debug, PartialEq)]
pub(crate) enum Unreadable {
    /// A syntax error that Python names, at this character.
    Syntax(&'static str, usize),
    /// Anything else that stops Python: not UTF-8, nested too deeply, a number of thousands of digits.
    Other,
}

/// Python gives up above its recursion limit; the exact depth differs by version and does not matter to clients.
const MAX_DEPTH: usize = 500;
const MAX_DIGITS: usize = 4300;

impl Json {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::Other)?;
        let mut reader = Reader { chars: text.chars().collect(), at: 0, depth: 0 };
        reader.space();
        let value = reader.value()?;
        reader.space();
        if reader.peek().is_some() {
            return Err(Unreadable::Syntax("Extra data", reader.at));
        }
        Ok(value)
    }

    /// Whether Python could write this into a reply or a database column.
    pub(crate) fn is_writable(&self) -> bool {
        match self {
            Self::BrokenText => false,
            Self::Float(number) => number.is_finite(),
            Self::List(items) => items.iter().all(Self::is_writable),
            Self::Object(entries) => entries.iter().all(|(_, value)| value.is_writable()),
            _ => true,
        }
    }

    /// Python's `==` between a stored and a sent value: `1 == 1.0 == True`, and text equals only text.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self == other,
            _ => false,
        }
    }

    /// What PostgreSQL's `jsonb` gives back: an integral float of 1e16 and more loses its point, and with it its value.
    pub(crate) fn stored(&self) -> Self {
        match self {
            Self::Float(number) if number.fract() == 0.0 && number.abs() >= 1e16 => Self::Int(format!("{number}")),
            other => other.clone(),
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
            _ => None,
        }
    }

    pub(crate) fn to_value(&self) -> serde_json::Value {
        serde_json::to_vec(self).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

/// Whole-object equality, whatever the order of the names.
pub(crate) fn same(stored: &Object, sent: &Object) -> bool {
    stored.len() == sent.len()
        && stored.iter().all(|(name, value)| {
            sent.iter().any(|(other, given)| {
                other == name && !matches!(given, Json::Float(n) if n.is_nan()) && value.equals(given)
            })
        })
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::BrokenText => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(digits) => match digits.parse::<i128>() {
                Ok(number) => serializer.serialize_i128(number),
                Err(_) => serializer.serialize_f64(digits.parse().unwrap_or(f64::MAX)),
            },
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(entries) => as_map(entries, serializer),
        }
    }
}

pub(crate) fn as_map<S: Serializer>(entries: &Object, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (name, value) in entries {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = word.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if found {
            self.at += word.chars().count();
        }
        found
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Json, Unreadable> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unreadable::Other);
        }
        let value = match self.peek() {
            Some('{') => self.object()?,
            Some('[') => self.list()?,
            Some('"') => self.text()?.map_or(Json::BrokenText, Json::Text),
            Some('-' | '0'..='9') => self.number()?,
            _ => self.word()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self) -> Result<Json, Unreadable> {
        let words = [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Float(f64::NAN)),
            ("Infinity", Json::Float(f64::INFINITY)),
        ];
        for (word, value) in words {
            if self.take_word(word) {
                return Ok(value);
            }
        }
        Err(Unreadable::Syntax("Expecting value", self.at))
    }

    fn number(&mut self) -> Result<Json, Unreadable> {
        if self.take_word("-Infinity") {
            return Ok(Json::Float(f64::NEG_INFINITY));
        }
        let start = self.at;
        let negative = self.take('-');
        let digits_at = self.at;
        if !self.take('0') {
            self.digits();
        }
        if self.at == digits_at {
            return Err(Unreadable::Syntax("Expecting value", start));
        }
        let mut integer = true;
        if self.peek() == Some('.') && self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit) {
            self.at += 1;
            self.digits();
            integer = false;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let sign = usize::from(matches!(self.chars.get(self.at + 1), Some('+' | '-')));
            if self.chars.get(self.at + 1 + sign).is_some_and(char::is_ascii_digit) {
                self.at += 1 + sign;
                self.digits();
                integer = false;
            }
        }
        let text: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        if !integer {
            return Ok(Json::Float(text.parse().map_err(|_| Unreadable::Other)?));
        }
        if self.at - digits_at > MAX_DIGITS {
            return Err(Unreadable::Other);
        }
        Ok(Json::Int(if negative && text == "-0" { "0".to_owned() } else { text }))
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn list(&mut self) -> Result<Json, Unreadable> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.take(']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.take(']') {
                return Ok(Json::List(items));
            }
            let comma = self.at;
            if !self.take(',') {
                return Err(Unreadable::Syntax("Expecting ',' delimiter", self.at));
            }
            self.space();
            if self.peek() == Some(']') {
                return Err(Unreadable::Syntax("Illegal trailing comma before end of array", comma));
            }
        }
    }

    fn object(&mut self) -> Result<Json, Unreadable> {
        const NAME: &str = "Expecting property name enclosed in double quotes";
        self.at += 1;
        let mut entries: Object = Vec::new();
        self.space();
        if self.take('}') {
            return Ok(Json::Object(entries));
        }
        loop {
            if self.peek() != Some('"') {
                return Err(Unreadable::Syntax(NAME, self.at));
            }
            let name = self.text()?;
            self.space();
            if !self.take(':') {
                return Err(Unreadable::Syntax("Expecting ':' delimiter", self.at));
            }
            self.space();
            let value = self.value()?;
            // A broken name spoils its entry just as a broken value would.
            let (name, value) = name.map_or(("\u{FFFD}".to_owned(), Json::BrokenText), |name| (name, value));
            match entries.iter_mut().find(|(known, _)| *known == name) {
                Some(entry) => entry.1 = value,
                None => entries.push((name, value)),
            }
            self.space();
            if self.take('}') {
                return Ok(Json::Object(entries));
            }
            let comma = self.at;
            if !self.take(',') {
                return Err(Unreadable::Syntax("Expecting ',' delimiter", self.at));
            }
            self.space();
            if self.peek() == Some('}') {
                return Err(Unreadable::Syntax("Illegal trailing comma before end of object", comma));
            }
        }
    }

    /// A string, or `None` where it holds a lone surrogate.
    fn text(&mut self) -> Result<Option<String>, Unreadable> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut whole = true;
        loop {
            let Some(c) = self.peek() else {
                return Err(Unreadable::Syntax("Unterminated string starting at", start));
            };
            self.at += 1;
            match c {
                '"' => return Ok(whole.then_some(text)),
                '\\' => match self.escape(start)? {
                    Some(c) => text.push(c),
                    None => whole = false,
                },
                c if c < ' ' => return Err(Unreadable::Syntax("Invalid control character at", self.at - 1)),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<Option<char>, Unreadable> {
        let Some(c) = self.peek() else {
            return Err(Unreadable::Syntax("Unterminated string starting at", start));
        };
        self.at += 1;
        Ok(Some(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(),
            _ => return Err(Unreadable::Syntax("Invalid \\escape", self.at - 2)),
        }))
    }

    fn unicode(&mut self) -> Result<Option<char>, Unreadable> {
        let first = self.four_digits(self.at).ok_or(Unreadable::Syntax("Invalid \\uXXXX escape", self.at - 1))?;
        self.at += 4;
        if !(0xD800..0xDC00).contains(&first) {
            return Ok(char::from_u32(first));
        }
        let escaped = self.chars.get(self.at) == Some(&'\\') && self.chars.get(self.at + 1) == Some(&'u');
        match escaped.then(|| self.four_digits(self.at + 2)).flatten() {
            Some(second @ 0xDC00..0xE000) => {
                self.at += 6;
                Ok(char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)))
            }
            _ => Ok(None),
        }
    }

    fn four_digits(&self, at: usize) -> Option<u32> {
        let digits: String = self.chars.get(at..at + 4)?.iter().collect();
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(&digits, 16).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Json {
        Json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_python_accepts_beyond_json() {
        assert!(matches!(read("NaN"), Json::Float(n) if n.is_nan()));
        assert_eq!(read("-Infinity"), Json::Float(f64::NEG_INFINITY));
        assert_eq!(read("1e400"), Json::Float(f64::INFINITY));
        assert_eq!(read(r#""\ud83d\ude42""#), Json::Text("🙂".to_owned()));
        assert_eq!(read(r#""\ud800""#), Json::BrokenText);
        assert_eq!(read("\u{FEFF}{\"a\":1,\"a\":2}"), Json::Object(vec![("a".to_owned(), Json::Int("2".to_owned()))]));
        assert_eq!(read("123456789012345678901234567890"), Json::Int("123456789012345678901234567890".to_owned()));
    }

    #[test]
    fn syntax_errors_have_pythons_words_and_place() {
        for (text, message, at) in [
            ("this", "Expecting value", 0),
            ("[1,]", "Illegal trailing comma before end of array", 2),
            ("{\"a\" 1}", "Expecting ':' delimiter", 5),
            ("{a: 1}", "Expecting property name enclosed in double quotes", 1),
            ("[1 2]", "Expecting ',' delimiter", 3),
            ("\"é", "Unterminated string starting at", 0),
            ("1 1", "Extra data", 2),
        ] {
            assert_eq!(Json::read(text.as_bytes()), Err(Unreadable::Syntax(message, at)), "{text}");
        }
        assert_eq!(Json::read(b"\"\xe9\""), Err(Unreadable::Other));
        assert_eq!(Json::read("[".repeat(100_000).as_bytes()), Err(Unreadable::Other));
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
    }

    #[test]
    fn large_floats_never_match_again() {
        let sent = read("1e23");
        assert!(!sent.stored().equals(&sent));
        let kept = read("1e15");
        assert!(kept.stored().equals(&kept));
    }

    #[test]
    fn nan_equals_nothing() {
        let object = |text| match read(text) {
            Json::Object(entries) => entries,
            other => panic!("{other:?}"),
        };
        assert!(!same(&object("{\"a\":1}"), &object("{\"a\":NaN}")));
        assert!(same(&object("{\"a\":1,\"b\":\"x\"}"), &object("{\"b\":\"x\",\"a\":true}")));
    }
}
