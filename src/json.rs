//! JSON, just enough of it: a reader that checks a whole document once and then looks members up in place, and a
//! writer for flat objects. Copies nothing that was not asked for, so personal data in a reply is skipped, not held.
//! Reads no floating point number, which keeps a fifth of the wasm small.
//!
//! The grammar is RFC 8259; of members with one name the last counts, as in `JSON.parse`.

use std::fmt::Write as _;

/// One value inside a document that was found valid as a whole.
#[derive(Clone, Copy)]
pub(crate) struct Json<'a>(&'a str);

/// Deeper documents are refused. Polar's are four levels deep.
const MAX_DEPTH: usize = 64;

impl<'a> Json<'a> {
    /// The document's value, or `None` where it is not valid JSON in UTF-8.
    pub(crate) fn parse(document: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(document).ok()?;
        let mut scan = Scan { text, at: 0 };
        scan.space();
        let value = scan.value(MAX_DEPTH)?;
        scan.space();
        (scan.at == text.len()).then_some(value)
    }

    /// The member `name` of an object.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.members()?.filter(|(found, _)| found.string().as_deref() == Some(name)).last().map(|(_, value)| value)
    }

    /// The elements of an array.
    pub(crate) fn items(self) -> Option<impl Iterator<Item = Self>> {
        let mut scan = Scan { text: self.0, at: 0 };
        scan.token(b'[')?;
        Some(std::iter::from_fn(move || {
            scan.separator();
            scan.value(MAX_DEPTH)
        }))
    }

    /// The text of a string, without its quotes and escapes; `None` for a lone surrogate.
    pub(crate) fn string(self) -> Option<String> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        let mut text = String::with_capacity(inner.len());
        let mut rest = inner.chars();
        while let Some(c) = rest.next() {
            let c = if c == '\\' { unescape(&mut rest)? } else { c };
            text.push(c);
        }
        Some(text)
    }

    /// A number without fraction or exponent.
    pub(crate) fn integer(self) -> Option<i64> {
        self.0.parse().ok()
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        self.0.parse().ok()
    }

    /// A number, as it is written.
    pub(crate) fn number(self) -> Option<&'a str> {
        self.0.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(self.0)
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The members of an object, in their order.
    pub(crate) fn members(self) -> Option<impl Iterator<Item = (Self, Self)>> {
        let mut scan = Scan { text: self.0, at: 0 };
        scan.token(b'{')?;
        Some(std::iter::from_fn(move || {
            scan.separator();
            let name = scan.value(0)?;
            scan.space();
            scan.token(b':')?;
            scan.space();
            Some((name, scan.value(MAX_DEPTH)?))
        }))
    }
}

fn unescape(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let escaped = rest.next()?;
    Some(match escaped {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = hex4(rest)?;
            match unit {
                0xd800..=0xdbff => {
                    let low = (rest.next()? == '\\' && rest.next()? == 'u').then(|| hex4(rest))??;
                    return char::decode_utf16([unit, low]).next()?.ok();
                }
                _ => char::from_u32(u32::from(unit))?,
            }
        }
        other => other,
    })
}

fn hex4(rest: &mut std::str::Chars<'_>) -> Option<u16> {
    let digits: String = rest.by_ref().take(4).collect();
    u16::from_str_radix(&digits, 16).ok()
}

/// A position in a text. Every method moves it past what it read, or returns `None`.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    fn token(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then_some(())
    }

    fn while_in(&mut self, set: impl Fn(u8) -> bool) -> usize {
        let start = self.at;
        while self.peek().is_some_and(&set) {
            self.at = self.at.saturating_add(1);
        }
        self.at.saturating_sub(start)
    }

    fn space(&mut self) {
        self.while_in(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
    }

    /// White space and commas between the parts of an array or object that is known to be valid.
    fn separator(&mut self) {
        self.while_in(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b','));
    }

    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        let start = self.at;
        match self.peek()? {
            b'{' => self.list(b'}', depth, |scan, depth| {
                (scan.peek()? == b'"').then(|| scan.string())??;
                scan.space();
                scan.token(b':')?;
                scan.space();
                scan.value(depth).map(drop)
            }),
            b'[' => self.list(b']', depth, |scan, depth| scan.value(depth).map(drop)),
            b'"' => self.string(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }?;
        self.text.get(start..self.at).map(Json)
    }

    fn list(&mut self, close: u8, depth: usize, item: impl Fn(&mut Self, usize) -> Option<()>) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.next()?;
        self.space();
        if self.peek()? == close {
            return self.token(close);
        }
        loop {
            item(self, depth)?;
            self.space();
            match self.next()? {
                b',' => self.space(),
                byte => return (byte == close).then_some(()),
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        self.token(b'"')?;
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => match self.next()? {
                    b'u' => {
                        for _ in 0..4 {
                            self.next()?.is_ascii_hexdigit().then_some(())?;
                        }
                    }
                    escaped => br#""\/bfnrt"#.contains(&escaped).then_some(())?,
                },
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        word.bytes().try_for_each(|byte| self.token(byte))
    }

    fn number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.next()?;
        }
        if self.peek()? == b'0' {
            self.next()?;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.next()?;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.next()?;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.next()?;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        (self.while_in(|b| b.is_ascii_digit()) > 0).then_some(())
    }
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
        let mut quoted = String::with_capacity(value.len().saturating_add(2));
        write_string(&mut quoted, value);
        self.raw(name, &quoted)
    }

    pub(crate) fn bool(&mut self, name: &str, value: bool) -> &mut Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    /// A string, or `null`.
    pub(crate) fn opt_string(&mut self, name: &str, value: Option<impl ToString>) -> &mut Self {
        match value {
            Some(value) => self.string(name, &value.to_string()),
            None => self.raw(name, "null"),
        }
    }

    /// A number, or `null`.
    pub(crate) fn opt_number(&mut self, name: &str, value: Option<impl ToString>) -> &mut Self {
        self.raw(name, &value.map_or_else(|| String::from("null"), |number| number.to_string()))
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
                let written = write!(out, "\\u{:04x}", u32::from(c));
                debug_assert!(written.is_ok(), "writing to a String cannot fail");
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
