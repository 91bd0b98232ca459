//! A writer for JSON, which uses serde_json, and a reader that checks a whole document once and then looks up members
//! in place.
//!
//! The reader is hand-written, because the alternatives cost more. `derive(Deserialize)` for Polar's replies and the
//! settings would add 16 to 23 KB to a page of 70 KB. A `serde_json::Value` would copy the customer's data, which this
//! reader skips. Tests compare the reader with serde_json. The grammar is RFC 8259, but the reader returns integers
//! only. If an object has several members with the same name, the last one counts, as in `JSON.parse`.

use serde::Serialize;
use std::str::Chars;

/// Returns `value` as JSON. If it contains maps, their keys must be strings.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> String {
    let json = serde_json::to_string(value);
    debug_assert!(json.is_ok(), "every type that is written here has string keys");
    json.unwrap_or_default()
}

/// A value in a JSON document. The whole document is known to be valid JSON.
#[derive(Clone, Copy, Default)]
pub(crate) struct Json<'a>(&'a str);

/// The deepest nesting that is accepted. Polar's documents are four levels deep.
const MAX_DEPTH: usize = 64;

impl<'a> Json<'a> {
    /// Returns the document's value, or `None` if the document is not valid JSON in UTF-8.
    pub(crate) fn parse(document: &'a [u8]) -> Option<Self> {
        let mut scanner = Scanner(document);
        scanner.skip_all(WHITE_SPACE);
        let value = scanner.value(MAX_DEPTH)?;
        scanner.skip_all(WHITE_SPACE);
        scanner.0.is_empty().then_some(value)
    }

    /// Returns the member `name` of an object. If several members have this name, returns the last of them.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        let members = self.members()?.filter(|(found, _)| found.string().as_deref() == Some(name));
        members.last().map(|(_, value)| value)
    }

    /// Returns the elements of an array.
    pub(crate) fn items(self) -> Option<impl Iterator<Item = Self>> {
        let mut scanner = Scanner(self.0.as_bytes());
        scanner.expect(b"[")?;
        Some(std::iter::from_fn(move || scanner.next_part()))
    }

    /// Returns the members of an object in the order of the document, as pairs of name and value.
    pub(crate) fn members(self) -> Option<impl Iterator<Item = (Self, Self)>> {
        let mut scanner = Scanner(self.0.as_bytes());
        scanner.expect(b"{")?;
        Some(std::iter::from_fn(move || Some((scanner.next_part()?, scanner.next_part()?))))
    }

    /// Returns the content of a string, without quotes and escapes, or `None` if it contains a lone surrogate.
    pub(crate) fn string(self) -> Option<String> {
        let mut rest = self.0.strip_prefix('"')?.chars();
        let mut text = String::with_capacity(self.0.len());
        loop {
            match rest.next()? {
                '"' => return Some(text),
                '\\' => text.push(unescape(&mut rest)?),
                c => text.push(c),
            }
        }
    }

    /// Returns an integer. Returns `None` for anything else, also for a number with a fraction or an exponent.
    pub(crate) fn integer(self) -> Option<i64> {
        self.0.parse().ok()
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        self.0.parse().ok()
    }

    /// Returns the JSON text of the value, exactly as it is in the document.
    #[cfg(feature = "portal")]
    pub(crate) fn document(self) -> &'a str {
        self.0
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }
}

/// The unread rest of a document. Every method moves past the part that it reads, or returns `None`.
struct Scanner<'a>(&'a [u8]);

const WHITE_SPACE: &[u8] = b" \t\n\r";
const DIGITS: &[u8] = b"0123456789";
const HEX_DIGITS: &[u8] = b"0123456789abcdefABCDEF";

impl<'a> Scanner<'a> {
    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// Skips the next byte if it is in `set`. Returns `true` if a byte was skipped.
    fn skip_one(&mut self, set: &[u8]) -> bool {
        let found = self.0.first().is_some_and(|byte| set.contains(byte));
        if found {
            self.next();
        }
        found
    }

    /// Skips all following bytes that are in `set`.
    fn skip_all(&mut self, set: &[u8]) {
        while self.skip_one(set) {}
    }

    /// Skips the next byte, or returns `None` if it is not in `set`.
    fn expect(&mut self, set: &[u8]) -> Option<()> {
        self.skip_one(set).then_some(())
    }

    /// Returns the next name or value in an array or object that is known to be valid.
    fn next_part(&mut self) -> Option<Json<'a>> {
        self.skip_all(b" \t\n\r,:");
        self.value(MAX_DEPTH)
    }

    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        let start = self.0;
        self.skip_value(depth)?;
        let value = start.get(..start.len().saturating_sub(self.0.len()))?;
        std::str::from_utf8(value).ok().map(Json)
    }

    fn skip_value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'{' => self.skip_object(depth),
            b'[' => self.skip_array(depth),
            b'"' => self.skip_string(),
            b't' => self.skip_literal(b"rue"),
            b'f' => self.skip_literal(b"alse"),
            b'n' => self.skip_literal(b"ull"),
            b'-' => {
                let first = self.next()?;
                self.skip_number(first)
            }
            first => self.skip_number(first),
        }
    }

    /// Skips the rest of an object, after its opening brace.
    fn skip_object(&mut self, depth: usize) -> Option<()> {
        self.skip_list(b"}", depth, |scanner, depth| {
            scanner.expect(b"\"")?;
            scanner.skip_string()?;
            scanner.skip_all(WHITE_SPACE);
            scanner.expect(b":")?;
            scanner.skip_all(WHITE_SPACE);
            scanner.skip_value(depth)
        })
    }

    /// Skips the rest of an array, after its opening bracket.
    fn skip_array(&mut self, depth: usize) -> Option<()> {
        self.skip_list(b"]", depth, Self::skip_value)
    }

    fn skip_list(
        &mut self,
        close: &[u8],
        depth: usize,
        skip_part: fn(&mut Self, depth: usize) -> Option<()>,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.skip_all(WHITE_SPACE);
        if self.skip_one(close) {
            return Some(());
        }
        loop {
            self.skip_all(WHITE_SPACE);
            skip_part(self, depth)?;
            self.skip_all(WHITE_SPACE);
            if !self.skip_one(b",") {
                return self.expect(close);
            }
        }
    }

    /// Skips the rest of a string, after its opening quote.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\\' if !self.skip_one(b"\"\\/bfnrt") => {
                    self.expect(b"u")?;
                    for _ in 0..4 {
                        self.expect(HEX_DIGITS)?;
                    }
                }
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn skip_literal(&mut self, rest: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(rest)?;
        Some(())
    }

    /// Skips the rest of a number, after its first digit.
    fn skip_number(&mut self, first: u8) -> Option<()> {
        match first {
            b'0' => {}
            b'1'..=b'9' => self.skip_all(DIGITS),
            _ => return None,
        }
        if self.skip_one(b".") {
            self.skip_digits()?;
        }
        if self.skip_one(b"eE") {
            self.skip_one(b"+-");
            self.skip_digits()?;
        }
        Some(())
    }

    fn skip_digits(&mut self) -> Option<()> {
        self.expect(DIGITS)?;
        self.skip_all(DIGITS);
        Some(())
    }
}

/// Reads the rest of an escape sequence, after its backslash, and returns the character.
fn unescape(rest: &mut Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = code_unit(rest)?;
            if !matches!(first, 0xd800..=0xdbff) {
                return char::from_u32(first.into());
            }
            if (rest.next()?, rest.next()?) != ('\\', 'u') {
                return None;
            }
            char::decode_utf16([first, code_unit(rest)?]).next()?.ok()?
        }
        other => other,
    })
}

/// Reads the four hexadecimal digits after `\u`.
fn code_unit(rest: &mut Chars<'_>) -> Option<u16> {
    let digits: String = rest.by_ref().take(4).collect();
    u16::from_str_radix(&digits, 16).ok()
}

// proptest does not build for wasm
#[cfg(test)]
#[cfg(not(target_family = "wasm"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_members_in_place() {
        let json =
            Json::parse(br#" {"a":{"b":[1,-20,{"c":"\u00e9\ud83d\ude00\n"}]},"a2":null,"n":2147483647} "#).unwrap();
        let items: Vec<_> = json.get("a").unwrap().get("b").unwrap().items().unwrap().collect();
        assert_eq!(items.len(), 3);
        assert_eq!(items[1].integer(), Some(-20));
        assert_eq!(items[2].get("c").unwrap().string().unwrap(), "é😀\n");
        assert!(json.get("a2").unwrap().is_null());
        assert_eq!(json.get("n").unwrap().integer(), Some(2_147_483_647));
        assert!(json.get("missing").is_none());
    }

    #[test]
    fn the_last_of_two_members_counts() {
        let json = Json::parse(br#"{"status":"granted","status":"revoked"}"#).unwrap();
        assert_eq!(json.get("status").unwrap().string().unwrap(), "revoked");
    }

    #[test]
    fn a_document_nested_too_deeply_is_refused() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert!(Json::parse(&deep).is_none());
    }

    #[test]
    fn an_integer_has_no_fraction_and_fits() {
        let json = Json::parse(b"[9223372036854775807,-9223372036854775808,-0,9223372036854775808,1.0,1e3,\"1\"]");
        let integers: Vec<_> = json.unwrap().items().unwrap().map(Json::integer).collect();
        assert_eq!(integers, [Some(i64::MAX), Some(i64::MIN), Some(0), None, None, None, None]);
    }

    #[test]
    fn a_lone_surrogate_is_not_a_string() {
        let json = Json::parse(br#"["\ud800","\ud800\u0041","\udc00"]"#).unwrap();
        assert!(json.items().unwrap().all(|item| item.string().is_none()));
    }

    fn document() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_documents(value in document()) {
            let text = value.to_string();
            let json = Json::parse(text.as_bytes()).unwrap();
            same(json, &value);
        }

        #[test]
        fn agrees_with_serde_json_on_damaged_documents(
            value in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let mut text = value.to_string().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            let theirs = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok() && std::str::from_utf8(&text).is_ok();
            prop_assert_eq!(Json::parse(&text).is_some(), theirs);
        }
    }

    fn same(json: Json<'_>, value: &serde_json::Value) {
        match value {
            serde_json::Value::Null => assert!(json.is_null()),
            serde_json::Value::Bool(_) => {}
            serde_json::Value::Number(number) => assert_eq!(json.integer(), number.as_i64()),
            serde_json::Value::String(text) => assert_eq!(json.string().as_ref(), Some(text)),
            serde_json::Value::Array(values) => {
                let items: Vec<_> = json.items().unwrap().collect();
                assert_eq!(items.len(), values.len());
                items.into_iter().zip(values).for_each(|(item, value)| same(item, value));
            }
            serde_json::Value::Object(members) => {
                assert_eq!(json.members().unwrap().count(), members.len());
                members.iter().for_each(|(name, value)| same(json.get(name).unwrap(), value));
            }
        }
    }
}
