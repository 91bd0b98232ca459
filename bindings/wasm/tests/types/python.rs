//! Generates `_types.py`: a `Literal` for each table of codes, and a data class for each object, with the core's
//! documentation. Members have Python's names. Times and durations have Python's types. The package's `_convert.py`
//! uses these types to convert JSON.

use std::fmt::{Display, Write as _};

use polar_license::schema;
use polar_license::{Deactivated, ErrorKind, NextStep, OffReason, OrderStatus, Reason, State, SubscriptionStatus};
use serde_json::Value;

use crate::typescript::{Documented, capitalized, lines, object};

const HEAD: &str = "\"\"\"The data of a license, with the same names as in Rust, C and JavaScript.

Written by bindings/wasm/tests/types from the core's types: change them there.
\"\"\"

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NotRequired, TypedDict
";

/// Pairs of a phrase in the core's documentation and the phrase that replaces it for Python.
const WORDS: [(&str, &str); 6] = [
    ("[`Error::retry_after`](crate::Error::retry_after)", "`retry_after`"),
    ("[`Error::reason`](crate::Error::reason)", "`reason`"),
    ("Times are RFC 3339 in UTC", "Times are in UTC"),
    (". Null ", ". `None` "),
    (" null ", " `None` "),
    (" null.", " `None`."),
];

/// The longest line that the formatter of the Python files allows.
pub(crate) const WIDTH: usize = 120;

/// Returns the text of `_types.py`.
pub(crate) fn types() -> String {
    let [decision, error, explanation, settings] =
        [schema::decision(), schema::error(), schema::explanation(), schema::settings()];
    let [decision, error, explanation, settings] =
        [&decision, &error, &explanation, &settings].map(|one| one.as_value());
    let parts = [
        literal("State", "The state of the license. Access is allowed in `active` and `grace` only.", State::ALL),
        literal("Reason", "The reason why a license is in its state, or why an operation was refused.", Reason::ALL),
        literal("NextStep", "The next step that the user can take.", NextStep::ALL),
        literal("OffReason", "The reason why a feature is off.", OffReason::ALL),
        literal("ErrorKind", "The kind of an error. A kind never changes its meaning.", ErrorKind::ALL),
        literal("Deactivated", "The outcome for the seat after a deactivation.", Deactivated::ALL),
        text_codes(
            "TextCode",
            "The codes of the sentences that a user may read, each with its English sentence.",
            schema::texts(),
        ),
        text_codes(
            "PortalTextCode",
            "The codes of the sentences of the customer portal, each with its English sentence.",
            schema::portal_texts(),
        ),
        open_literal(
            "SubscriptionStatus",
            "The status of a subscription. Polar may add further values.",
            SubscriptionStatus::KNOWN,
        ),
        open_literal("OrderStatus", "The status of an order. Polar may add further values.", OrderStatus::KNOWN),
        purchases(decision),
        data_class("Problem", FROZEN, &decision["$defs"]["Problem"]),
        decisions(decision),
        // an exception cannot be frozen, because raising it sets its traceback
        data_class("Failure", "@dataclass(eq=False, kw_only=True)", &error["$defs"]["Error"]),
        data_class("Explanation", FROZEN, explanation),
        typed_dict("Updates", &settings["$defs"]["Updates"]),
        typed_dict("LicenseSettings", settings),
    ];
    let mut text = HEAD.to_owned();
    for part in parts {
        text.push_str(if part.starts_with(['@', 'c']) { "\n\n" } else { "\n" });
        text.push_str(&part);
    }
    text
}

pub(crate) const FROZEN: &str = "@dataclass(frozen=True, kw_only=True)";

pub(crate) fn literal<Code: Display + Documented>(name: &str, doc: &str, codes: &[Code]) -> String {
    let rows = codes.iter().map(|code| (code.to_string(), code.documentation()));
    literal_of(name, doc, rows)
}

/// Returns a union type of the known names and any other string.
fn open_literal(name: &str, doc: &str, known: &[(&str, &str)]) -> String {
    let mut text = format!("{name} = (\n    Literal[\n");
    for (code, doc) in known {
        writeln!(text, "        # {}\n        \"{code}\",", worded(doc)).unwrap();
    }
    text + "    ]\n    | str\n)\n" + &doc_string("", doc)
}

/// Returns the Python source of a class for each kind of purchase, and of the union of these classes.
fn purchases(schema: &Value) -> String {
    let (mut text, mut all) = (String::new(), Vec::new());
    for (kind, definition) in schema::purchases(schema) {
        let name = format!("{}Purchase", capitalized(kind));
        let class = data_class(&name, FROZEN, definition);
        let (head, members) = class.split_once("\n\n").unwrap();
        let of_kind = doc_string("    ", "The kind of purchase.");
        write!(text, "{head}\n\n    kind: Literal[\"{kind}\"]\n{of_kind}\n{members}\n\n").unwrap();
        all.push(name);
    }
    let doc = doc_string("", schema["$defs"]["Purchase"]["description"].as_str().unwrap());
    format!("{text}Purchase = {}\n{doc}", all.join(" | "))
}

fn text_codes(name: &str, doc: &str, texts: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    literal_of(name, doc, texts.map(|(code, english)| (code.to_owned(), english)))
}

fn literal_of<'a>(name: &str, doc: &str, rows: impl Iterator<Item = (String, &'a str)>) -> String {
    let mut text = format!("{name} = Literal[\n");
    for (code, doc) in rows {
        for line in lines(&worded(doc), WIDTH - "    # ".len()) {
            writeln!(text, "    # {line}").unwrap();
        }
        writeln!(text, "    \"{code}\",").unwrap();
    }
    text + "]\n" + &doc_string("", doc)
}

/// Returns the Python source of the types of decisions: a class with the members that all decisions have, a class for
/// each state, and a union of the states' classes.
fn decisions(schema: &Value) -> String {
    let mut text = data_class("AnyDecision", FROZEN, schema);
    let mut all = Vec::new();
    for state in State::ALL {
        let name = format!("{}Decision", capitalized(state.as_str()));
        let (reasons, allowed) = (state.reasons(), python_bool(state.is_allowed()));
        write!(text, "\n\n{FROZEN}\nclass {name}(AnyDecision):\n{}\n", doc_string("    ", state.doc())).unwrap();
        writeln!(text, "    state: Literal[\"{state}\"]\n    allowed: Literal[{allowed}]").unwrap();
        if schema::always_notices(*state) {
            text.push_str("    notice: Literal[True]\n");
        }
        writeln!(text, "    reason: {}", literals(reasons)).unwrap();
        for member in schema::present(*state) {
            let of_type = type_of(member, &schema["properties"][member]);
            let present = of_type.strip_suffix(" | None").unwrap_or_else(|| panic!("`{member}` cannot be None"));
            writeln!(text, "    {}: {present}", python_name(member)).unwrap();
        }
        for member in schema::absent(*state) {
            writeln!(text, "    {}: None", python_name(&member)).unwrap();
        }
        all.push(name);
    }
    let doc =
        "Whether the app may run, why, and what the user can do. The members of a decision depend on its `state`.";
    write!(text, "\n\nDecision = (\n    {}\n)\n{}", all.join("\n    | "), doc_string("", doc)).unwrap();
    text
}

/// Returns a Python `Literal` type that lists the codes, or Python's `None` if there are no codes.
fn literals<Code: Display>(codes: &[Code]) -> String {
    let names: Vec<String> = codes.iter().map(|code| format!("\"{code}\"")).collect();
    if names.is_empty() { "None".into() } else { format!("Literal[{}]", names.join(", ")) }
}

fn data_class(name: &str, decorator: &str, schema: &Value) -> String {
    let required = schema["required"].as_array().unwrap();
    let mut text = format!("{decorator}\nclass {name}:\n{}", doc_string("    ", first_paragraph(schema)));
    for (member, description) in object(&schema["properties"]) {
        assert!(required.contains(&Value::from(member.as_str())), "`{member}` of {name} is always there");
        write!(text, "\n    {}: {}\n", python_name(member), type_of(member, description)).unwrap();
        text += &doc_string("    ", description["description"].as_str().unwrap());
    }
    text
}

fn typed_dict(name: &str, schema: &Value) -> String {
    let required = schema["required"].as_array().unwrap();
    let mut text = format!("class {name}(TypedDict):\n{}", doc_string("    ", first_paragraph(schema)));
    for (member, description) in object(&schema["properties"]) {
        let of_type = match member.as_str() {
            "texts" => String::from("Mapping[TextCode | PortalTextCode, str]"),
            _ => type_of(member, description).replace(" | None", ""),
        };
        let is_required = required.contains(&Value::from(member.as_str()));
        let of_type = if is_required { of_type } else { format!("NotRequired[{of_type}]") };
        write!(text, "\n    {}: {of_type}\n", python_name(member)).unwrap();
        text += &doc_string("    ", description["description"].as_str().unwrap());
    }
    text
}

/// Returns the first paragraph of a schema's documentation. Leaves out the second paragraph, which is about the Rust
/// type.
fn first_paragraph(schema: &Value) -> &str {
    schema["description"].as_str().unwrap().split("\n\n").next().unwrap()
}

/// Returns the Python name of a member. `retryAfterMs` becomes `retry_after`: the name needs no unit, because the
/// Python type is a duration.
pub(crate) fn python_name(member: &str) -> String {
    let mut name = String::new();
    for letter in member.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name.strip_suffix("_ms").unwrap_or(&name).to_owned()
}

/// Returns a member's Python type. An integer whose name ends in `Ms` is a duration.
pub(crate) fn type_of(member: &str, schema: &Value) -> String {
    let all: Vec<String> = match (&schema["$ref"], &schema["anyOf"], &schema["type"]) {
        (Value::String(name), _, _) => vec![reference(name)],
        (_, Value::Array(all), _) => all.iter().map(|one| type_of(member, one)).collect(),
        (_, _, Value::Array(all)) => all.iter().map(|name| plain(name, member, schema)).collect(),
        (_, _, name) => vec![plain(name, member, schema)],
    };
    all.join(" | ")
}

fn plain(name: &Value, member: &str, schema: &Value) -> String {
    match name.as_str().unwrap() {
        "string" => "str".into(),
        "boolean" => "bool".into(),
        "null" => "None".into(),
        "integer" if member.ends_with("Ms") => "timedelta".into(),
        "integer" => "int".into(),
        "array" => format!("Sequence[{}]", type_of("", &schema["items"])),
        "object" => format!("Mapping[str, {}]", type_of("", &schema["additionalProperties"])),
        name => panic!("no Python for `{name}` in {schema}"),
    }
}

fn reference(path: &str) -> String {
    match path.rsplit('/').next().unwrap() {
        "Timestamp" => "datetime".into(),
        "Date" => "date".into(),
        "Value" => "str | int | bool".into(),
        name => name.into(),
    }
}

fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Formats a documentation string with lines of at most 120 characters.
pub(crate) fn doc_string(indent: &str, doc: &str) -> String {
    let doc = worded(doc);
    if indent.len() + doc.len() + "\"\"\"\"\"\"".len() <= WIDTH {
        return format!("{indent}\"\"\"{doc}\"\"\"\n");
    }
    let mut text = String::new();
    // If a text fits on one line, its closing quotes follow on the same line, so the line must have room for them. If
    // the text has several lines, the closing quotes have a line of their own.
    let width = WIDTH - indent.len() - "\"\"\"".len();
    let width = if doc.chars().count() <= width { width - "\"\"\"".len() } else { width };
    for (number, line) in lines(&doc, width).iter().enumerate() {
        let quotes = if number == 0 { "\"\"\"" } else { "" };
        writeln!(text, "{indent}{quotes}{line}").unwrap();
    }
    format!("{text}{indent}\"\"\"\n")
}

/// Replaces terms of the core's documentation with the terms that Python uses.
pub(crate) fn worded(doc: &str) -> String {
    let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let doc = WORDS.iter().fold(doc, |doc, (core, python)| doc.replace(core, python));
    let words = doc.split('`').enumerate().map(|(number, part)| match number % 2 {
        1 if part.chars().all(|c| c.is_ascii_alphanumeric()) && !part.starts_with(char::is_uppercase) => {
            python_name(part)
        }
        _ => part.to_owned(),
    });
    let doc = words.collect::<Vec<_>>().join("`");
    assert!(!doc.contains("](") && !doc.contains("[`"), "WORDS must say what replaces the link in: {doc}");
    assert!(!doc.contains("null"), "WORDS must say what replaces the null in: {doc}");
    doc
}
