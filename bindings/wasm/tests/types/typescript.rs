//! `types.ts`: a union for each table of codes, and an interface for each object, with the core's own documentation. And
//! `messages.ts`: what the user reads about errors of TypeScript's own.

use std::fmt::Write as _;

use polar_license::schema;
use polar_license::{Deactivated, ErrorKind, NextStep, Reason, State};
use serde_json::{Map, Value};

const HEAD: &str = "/**
 * What an app sees of a license: the same names as in Rust, C and on the command line.
 *
 * Written by bindings/wasm/tests/types from the core's types: change them there.
 */
";

/// How the core's documentation and JavaScript name the same thing.
const NAMES: [(&str, &str); 6] = [
    ("[`Error::retry_after`](crate::Error::retry_after)", "`retryAfterMs`"),
    ("[`Error::reason`](crate::Error::reason)", "`reason`"),
    ("`refresh_interval`", "`refreshIntervalMs`"),
    ("`offline_grace`", "`offlineGraceMs`"),
    ("`expires_at`", "`expiresAt`"),
    ("`replace_previous`", "`replacePrevious`"),
];

/// The whole file.
pub(crate) fn types() -> String {
    let [decision, error, settings] = [schema::decision(), schema::error(), schema::settings()];
    let (decision, error, settings) = (decision.as_value(), error.as_value(), settings.as_value());
    [
        HEAD.to_owned(),
        union("State", "What the app may do. Access is allowed in `active` and `grace` only.", State::ALL),
        union("Reason", "Why the state is what it is, or why an operation was refused.", Reason::ALL),
        union("NextStep", "What the user can do.", NextStep::ALL),
        union("ErrorKind", "What went wrong; a kind never changes its meaning.", ErrorKind::ALL),
        union("Deactivated", "What became of the seat.", Deactivated::ALL),
        text_codes(),
        interface("Decision", decision, Use::Read),
        interface("Problem", &decision["$defs"]["Problem"], Use::Read),
        interface("Failure", &error["$defs"]["Error"], Use::Read),
        interface("LicenseSettings", settings, Use::Written),
    ]
    .join("\n")
}

/// Of the kinds that TypeScript itself reports.
pub(crate) fn messages() -> String {
    let mut text = String::from(
        "/**
 * What the user reads about errors that arise outside of the engine, by the codes of texts/en.json.
 *
 * Written by bindings/wasm/tests/types from the core's sentences: change them there.
 */

import type { TextCode } from \"./types.js\";

export const MESSAGES: Partial<Record<TextCode, string>> = {\n",
    );
    for kind in [
        ErrorKind::InvalidArgument,
        ErrorKind::InvalidConfig,
        ErrorKind::Network,
        ErrorKind::Cancelled,
        ErrorKind::Internal,
    ] {
        let code = format!("error.{kind}");
        let (_, english) = schema::texts().find(|(known, _)| *known == code).unwrap();
        writeln!(text, "  \"{code}\": \"{english}\",").unwrap();
    }
    text + "};\n"
}

fn text_codes() -> String {
    let mut text =
        comment("", "The codes of the sentences that a user may read, with their English.") + "export type TextCode =";
    for (code, english) in schema::texts() {
        write!(text, "\n{}  | \"{code}\"", comment("  ", english)).unwrap();
    }
    text + ";\n"
}

/// What an app does with an object.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// Every member is there, and one without a value is null.
    Read,
    /// What is not required may be left out, and nothing is changed.
    Written,
}

fn union<Code: std::fmt::Display + Documented>(name: &str, doc: &str, codes: &[Code]) -> String {
    let mut text = format!("{}export type {name} =", comment("", doc));
    for code in codes {
        write!(text, "\n{}  | \"{code}\"", comment("  ", code.documentation())).unwrap();
    }
    text + ";\n"
}

trait Documented {
    fn documentation(&self) -> &'static str;
}

macro_rules! documented {
    ($($type:ty),+) => {$(
        impl Documented for $type {
            fn documentation(&self) -> &'static str {
                self.doc()
            }
        }
    )+};
}

documented!(State, Reason, NextStep, ErrorKind, Deactivated);

fn interface(name: &str, schema: &Value, used: Use) -> String {
    // the second paragraph is about the Rust type
    let doc = schema["description"].as_str().unwrap().split("\n\n").next().unwrap();
    let required = schema["required"].as_array().unwrap();
    let mut text = format!("{}export interface {name} {{\n", comment("", doc));
    for (member, description) in object(&schema["properties"]) {
        text += &comment("  ", description["description"].as_str().unwrap_or_else(|| panic!("{member} has no doc")));
        let is_required = required.contains(&Value::from(member.as_str()));
        assert!(is_required || used == Use::Written, "`{member}` of {name} is always there");
        let optional = if is_required { "" } else { "?" };
        let of_type = match member.as_str() {
            "environment" => String::from("\"production\" | \"sandbox\" | (string & {})"),
            "texts" => String::from("Readonly<Partial<Record<TextCode, string>>>"),
            _ => type_of(description, used),
        };
        writeln!(text, "  {member}{optional}: {of_type};").unwrap();
    }
    text + "}\n"
}

/// A schema as TypeScript has it.
fn type_of(schema: &Value, used: Use) -> String {
    let all = match (&schema["$ref"], &schema["anyOf"], &schema["type"]) {
        (Value::String(name), _, _) => vec![reference(name)],
        (_, Value::Array(all), _) => all.iter().map(|one| type_of(one, used)).collect(),
        (_, _, Value::Array(all)) => all.iter().map(|name| plain(name, schema, used)).collect(),
        (_, _, name) => vec![plain(name, schema, used)],
    };
    let is_optional = |one: &String| used == Use::Written && one == "null";
    all.into_iter().filter(|one| !is_optional(one)).collect::<Vec<_>>().join(" | ")
}

fn plain(name: &Value, schema: &Value, used: Use) -> String {
    let inner = |name: &str| type_of(&schema[name], used);
    let read_only = used == Use::Written;
    match name.as_str().unwrap() {
        "integer" => "number".into(),
        "array" if read_only => format!("readonly {}[]", inner("items")),
        "object" if read_only => format!("Readonly<Record<string, {}>>", inner("additionalProperties")),
        "object" => format!("Record<string, {}>", inner("additionalProperties")),
        name @ ("string" | "boolean" | "null") => name.into(),
        name => panic!("no TypeScript for `{name}` in {schema}"),
    }
}

/// Names that say no more than what JSON has are left out.
fn reference(path: &str) -> String {
    match path.rsplit('/').next().unwrap() {
        "Timestamp" => "string".into(),
        "Value" => "string | number | boolean".into(),
        name => name.into(),
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

/// A documentation comment of lines of at most 120 characters.
fn comment(indent: &str, doc: &str) -> String {
    let mut doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    for (rust, javascript) in NAMES {
        doc = doc.replace(rust, javascript);
    }
    for code in doc.split('`').skip(1).step_by(2) {
        assert!(!code.contains("::") && !code.contains('_'), "NAMES must say how JavaScript names `{code}`");
    }
    assert!(!doc.contains("](") && !doc.contains("[`"), "NAMES must say what replaces the link in: {doc}");
    if indent.len() + doc.len() + "/**  */".len() <= WIDTH {
        return format!("{indent}/** {doc} */\n");
    }
    let mut text = format!("{indent}/**\n");
    for line in lines(&doc, WIDTH - indent.len() - " * ".len()) {
        writeln!(text, "{indent} * {line}").unwrap();
    }
    text + indent + " */\n"
}

const WIDTH: usize = 120;

fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            *line = word.into();
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            *line += &format!(" {word}");
        } else {
            lines.push(word.into());
        }
    }
    lines
}
