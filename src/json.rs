//! JSON, just enough of it: a reader that checks a whole document once and then looks members up in place, and a
//! writer for flat objects. Copies nothing that was not asked for, so personal data in a reply is skipped, not held.
//! Reads no floating point number, which keeps a fifth of the wasm small.
//!
//! The grammar is RFC 8259; of members with one name the last counts, as in `JSON.parse`.

use crate::text::{decimal, hex_digit, uuid};
use crate::time::Timestamp;
use std::str::Chars;
use uuid::Uuid;

/// One value inside a document that was found valid as a whole.
#[derive(Clone, Copy, Default)]
pub(crate) struct Json<'a>(&'a str);

/// Deeper documents are refused. Polar's are four levels deep.
const MAX_DEPTH: usize = 64;

impl<'a> Json<'a> {
    /// The document's value, or `None` where it is not valid JSON in UTF-8.
    pub(crate) fn parse(document: &'a [u8]) -> Option<Self> {
        let mut scan = Scan(document);
        scan.skip(SPACE);
        let value = scan.value(MAX_DEPTH)?;
        scan.skip(SPACE);
        scan.0.is_empty().then_some(value)
    }

    /// The member `name` of an object.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        let mut value = None;
        for (found, of_it) in self.members()? {
            if found.string().as_deref() == Some(name) {
                value = Some(of_it);
            }
        }
        value
    }

    /// The text of the member `name`; `None` where there is none.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        self.get(name)?.string()
    }

    /// Whether the member `name` is true.
    pub(crate) fn flag(self, name: &str) -> bool {
        self.get(name).and_then(Self::boolean) == Some(true)
    }

    /// The elements of an array.
    pub(crate) fn items(self) -> Option<impl Iterator<Item = Self>> {
        let mut scan = Scan(self.0.as_bytes());
        scan.token(b"[")?;
        Some(std::iter::from_fn(move || scan.part()))
    }

    /// The members of an object, in their order.
    pub(crate) fn members(self) -> Option<impl Iterator<Item = (Self, Self)>> {
        let mut scan = Scan(self.0.as_bytes());
        scan.token(b"{")?;
        Some(std::iter::from_fn(move || Some((scan.part()?, scan.part()?))))
    }

    /// The text of a string, without its quotes and escapes; `None` for a lone surrogate.
    pub(crate) fn string(self) -> Option<String> {
        let mut rest = self.0.chars();
        let mut text = String::with_capacity(self.0.len());
        if rest.next()? != '"' {
            return None;
        }
        loop {
            match rest.next()? {
                '"' => return Some(text),
                '\\' => text.push(unescape(&mut rest)?),
                c => text.push(c),
            }
        }
    }

    /// A number without fraction or exponent.
    pub(crate) fn integer(self) -> Option<i64> {
        let mut scan = Scan(self.0.as_bytes());
        let negative = scan.eat(b"-");
        let mut number = 0_i64;
        // counts down, since the lowest number has no positive counterpart
        while let Some(byte) = scan.next() {
            if number < i64::MIN / 10 || !byte.is_ascii_digit() {
                return None;
            }
            number = number.wrapping_mul(10).checked_sub(i64::from(byte & 0x0f))?;
        }
        if negative { Some(number) } else { number.checked_neg() }
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        let is_true = self.0 == "true";
        (is_true || self.0 == "false").then_some(is_true)
    }

    /// A number, as it is written.
    pub(crate) fn number(self) -> Option<&'a str> {
        matches!(self.0.as_bytes(), [b'-' | b'0'..=b'9', ..]).then_some(self.0)
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }
}

/// What is left of a document. Every method moves past what it read, or returns `None`.
struct Scan<'a>(&'a [u8]);

const SPACE: &[u8] = b" \t\n\r";
const DIGITS: &[u8] = b"0123456789";

impl<'a> Scan<'a> {
    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// Whether the next byte was one of these.
    fn eat(&mut self, set: &[u8]) -> bool {
        // not `contains`, which searches long texts fast
        let there = self.0.first().is_some_and(|byte| set.iter().any(|known| known == byte));
        if there {
            self.next();
        }
        there
    }

    fn token(&mut self, set: &[u8]) -> Option<()> {
        self.eat(set).then_some(())
    }

    fn skip(&mut self, set: &[u8]) {
        while self.eat(set) {}
    }

    /// The next name or value in an array or object that is known to be valid.
    fn part(&mut self) -> Option<Json<'a>> {
        self.skip(b" \t\n\r,:");
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
            b'{' => self.list(b"}", depth),
            b'[' => self.list(b"]", depth),
            b'"' => self.string(),
            b't' => self.word(b"rue"),
            b'f' => self.word(b"alse"),
            b'n' => self.word(b"ull"),
            b'-' => {
                let first = self.next()?;
                self.number(first)
            }
            first => self.number(first),
        }
    }

    /// What follows the opening bracket.
    fn list(&mut self, close: &[u8], depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.skip(SPACE);
        if self.eat(close) {
            return Some(());
        }
        loop {
            self.skip(SPACE);
            if close == b"}" {
                self.token(b"\"")?;
                self.string()?;
                self.skip(SPACE);
                self.token(b":")?;
                self.skip(SPACE);
            }
            self.skip_value(depth)?;
            self.skip(SPACE);
            if !self.eat(b",") {
                return self.token(close);
            }
        }
    }

    /// What follows the opening quote.
    fn string(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\\' if !self.eat(b"\"\\/bfnrt") => {
                    self.token(b"u")?;
                    for _ in 0..4 {
                        self.token(b"0123456789abcdefABCDEF")?;
                    }
                }
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(word)?;
        Some(())
    }

    /// What follows the first digit.
    fn number(&mut self, first: u8) -> Option<()> {
        match first {
            b'0' => {}
            b'1'..=b'9' => self.skip(DIGITS),
            _ => return None,
        }
        if self.eat(b".") {
            self.digits()?;
        }
        if self.eat(b"eE") {
            self.eat(b"+-");
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        self.token(DIGITS)?;
        self.skip(DIGITS);
        Some(())
    }
}

/// What a backslash stands for together with what follows it.
fn unescape(rest: &mut Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let mut code = hex4(rest)?;
            if let 0xd800..=0xdbff = code {
                if (rest.next()?, rest.next()?) != ('\\', 'u') {
                    return None;
                }
                let low = hex4(rest)?;
                (low & 0xfc00 == 0xdc00).then_some(())?;
                code = ((code & 0x3ff) << 10 | low & 0x3ff).saturating_add(0x1_0000);
            }
            char::from_u32(code)?
        }
        other => other,
    })
}

fn hex4(rest: &mut Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |code, _| Some(code << 4 | rest.next()?.to_digit(16)?))
}

/// Writes one object, member by member.
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn new() -> Self {
        Self(String::from("{"))
    }

    /// A member whose value is JSON already.
    pub(crate) fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write_string(&mut self.0, name);
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    pub(crate) fn string(&mut self, name: &str, value: &str) -> &mut Self {
        self.raw(name, &quoted(value))
    }

    pub(crate) fn bool(&mut self, name: &str, value: bool) -> &mut Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    pub(crate) fn null(&mut self, name: &str) -> &mut Self {
        self.raw(name, "null")
    }

    /// A member whose value is JSON already, or `null`.
    pub(crate) fn opt_raw(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        self.raw(name, value.unwrap_or("null"))
    }

    pub(crate) fn number(&mut self, name: &str, value: u64) -> &mut Self {
        self.raw(name, &decimal(value, 0))
    }

    pub(crate) fn opt_string(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.string(name, value),
            None => self.null(name),
        }
    }

    pub(crate) fn opt_id(&mut self, name: &str, value: Option<&Uuid>) -> &mut Self {
        match value {
            Some(value) => self.string(name, &uuid(*value)),
            None => self.null(name),
        }
    }

    pub(crate) fn opt_time(&mut self, name: &str, value: Option<Timestamp>) -> &mut Self {
        match value {
            Some(value) => self.string(name, &value.text()),
            None => self.null(name),
        }
    }

    pub(crate) fn opt_number(&mut self, name: &str, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.number(name, value),
            None => self.null(name),
        }
    }

    pub(crate) fn finish(&mut self) -> String {
        self.0.push('}');
        std::mem::take(&mut self.0)
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' || c == '\u{7f}' => {
                let code = c as u8;
                out.push_str("\\u00");
                out.push(hex_digit(code >> 4));
                out.push(hex_digit(code & 15));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `text` as a JSON string, quotes included.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    write_string(&mut out, text);
    out
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
    fn a_bottomless_document_is_refused() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert!(Json::parse(&deep).is_none());
    }

    #[test]
    fn a_lone_surrogate_is_no_string() {
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

        #[test]
        fn writes_strings_that_read_back(text in any::<String>()) {
            prop_assert_eq!(&serde_json::from_str::<String>(&quoted(&text)).unwrap(), &text);
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
