//! Generates `types.ts`: a union for each table of codes, and an interface for each object, with the core's
//! documentation. Also generates `messages.ts`: the messages that users see for errors that the TypeScript code
//! reports.

use std::fmt::Write as _;

use polar_license::portal::{KeyStatus, Stage};
use polar_license::schema;
use polar_license::{Deactivated, ErrorKind, NextStep, OffReason, OrderStatus, Reason, State, SubscriptionStatus};
use serde_json::{Map, Value};

/// Returns the beginning of a file.
pub(crate) fn head(what: &str) -> String {
    format!(
        "/**
 * The data of {what}, with the same names as in Rust, in C and on the command line.
 *
 * Written by bindings/wasm/tests/types from the core's types: change them there.
 */
"
    )
}

/// Names in the core's documentation, and JavaScript's names for the same things.
const NAMES: [(&str, &str); 6] = [
    ("[`Error::retry_after`](crate::Error::retry_after)", "`retryAfterMs`"),
    ("[`Error::reason`](crate::Error::reason)", "`reason`"),
    ("`refresh_interval`", "`refreshIntervalMs`"),
    ("`offline_grace`", "`offlineGraceMs`"),
    ("`expires_at`", "`expiresAt`"),
    ("`replace_previous`", "`replacePrevious`"),
];

/// Returns the text of `types.ts`.
pub(crate) fn types() -> String {
    let [decision, error, explanation, settings] =
        [schema::decision(), schema::error(), schema::explanation(), schema::settings()];
    let [decision, error, explanation, settings] =
        [&decision, &error, &explanation, &settings].map(|one| one.as_value());
    [
        head("a license"),
        union("State", "The state of the license. Access is allowed in `active` and `grace` only.", State::ALL),
        union("Reason", "The reason why a license is in its state, or why an operation was refused.", Reason::ALL),
        union("NextStep", "The next step that the user can take.", NextStep::ALL),
        union("OffReason", "The reason why a feature is off.", OffReason::ALL),
        union("ErrorKind", "The kind of an error. A kind never changes its meaning.", ErrorKind::ALL),
        union("Deactivated", "The outcome for the seat after a deactivation.", Deactivated::ALL),
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
        open_union(
            "SubscriptionStatus",
            "The status of a subscription. Polar may add further values.",
            SubscriptionStatus::KNOWN,
        ),
        open_union("OrderStatus", "The status of an order. Polar may add further values.", OrderStatus::KNOWN),
        purchases(decision),
        decisions(decision),
        interface("Problem", &decision["$defs"]["Problem"], Use::Read),
        failures(&error["$defs"]["Error"]),
        interface("Explanation", explanation, Use::Read),
        settings_of(settings),
        interface("Updates", &settings["$defs"]["Updates"], Use::Written),
    ]
    .join("\n")
}

/// Returns the source of `messages.ts`: the messages for the errors that the package's TypeScript raises itself,
/// without the engine.
pub(crate) fn messages() -> String {
    let mut text = String::from(
        "/**
 * Messages for errors that arise outside of the engine, by the codes of texts/en.json.
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
        ErrorKind::Unsupported,
    ] {
        let code = format!("error.{kind}");
        let (_, english) = schema::texts().find(|(known, _)| *known == code).unwrap();
        writeln!(text, "  \"{code}\": \"{english}\",").unwrap();
    }
    text + "};\n"
}

fn text_codes(name: &str, about: &str, texts: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let mut text = format!("{}export type {name} =", comment("", about));
    for (code, english) in texts {
        write!(text, "\n{}  | \"{code}\"", comment("  ", english)).unwrap();
    }
    text + ";\n"
}

/// Whether an app reads an object or writes it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Use {
    /// An object that the app reads. Every member is present, and is null if it has no value.
    Read,
    /// An object that the app writes. The app may leave out members that are not required. The library does not change
    /// the object.
    Written,
}

pub(crate) fn union<Code: std::fmt::Display + Documented>(name: &str, doc: &str, codes: &[Code]) -> String {
    let mut text = format!("{}export type {name} =", comment("", doc));
    for code in codes {
        write!(text, "\n{}  | \"{code}\"", comment("  ", code.documentation())).unwrap();
    }
    text + ";\n"
}

/// Returns the source text of a union type that consists of the known names and any other string.
fn open_union(name: &str, doc: &str, known: &[(&str, &str)]) -> String {
    let mut text = format!("{}export type {name} =", comment("", doc));
    for (code, doc) in known {
        write!(text, "\n{}  | \"{code}\"", comment("  ", doc)).unwrap();
    }
    text + "\n  | (string & {});\n"
}

/// Returns the source text of an interface for each kind of purchase, and of the union of these interfaces.
fn purchases(schema: &Value) -> String {
    let (mut text, mut all) = (String::new(), Vec::new());
    for (kind, definition) in schema::purchases(schema) {
        let name = format!("{}Purchase", capitalized(kind));
        let members = interface(&name, definition, Use::Read);
        let (head, members) = members.split_once("{\n").unwrap();
        writeln!(text, "{head}{{\n  /** The kind of purchase. */\n  readonly kind: \"{kind}\";\n{members}").unwrap();
        all.push(name);
    }
    let doc = comment("", schema["$defs"]["Purchase"]["description"].as_str().unwrap());
    format!("{text}{doc}export type Purchase = {};\n", all.join(" | "))
}

pub(crate) trait Documented {
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

documented!(State, Reason, NextStep, OffReason, ErrorKind, Deactivated, KeyStatus, Stage);

/// Returns the TypeScript source of the types of decisions:
///
/// - an interface with the members that all decisions have,
/// - an interface for each state,
/// - `Decision`, the union of the states' interfaces.
fn decisions(schema: &Value) -> String {
    let mut text = interface("AnyDecision", schema, Use::Read);
    let mut all = String::new();
    for state in State::ALL {
        let name = format!("{}Decision", capitalized(state.as_str()));
        write!(all, "\n  | {name}").unwrap();
        let reasons = state.reasons();
        let allowed = state.is_allowed();
        let notice = if schema::always_notices(*state) { "  readonly notice: true;\n" } else { "" };
        let mut members = format!(
            "  readonly state: \"{state}\";\n  readonly allowed: {allowed};\n{notice}  readonly reason: {};\n",
            names(reasons)
        );
        for member in schema::present(*state) {
            writeln!(members, "  readonly {member}: {};", without_null(&schema["properties"][member])).unwrap();
        }
        for member in schema::absent(*state) {
            writeln!(members, "  readonly {member}: null;").unwrap();
        }
        let doc = comment("", state.doc());
        write!(text, "\n{doc}export interface {name} extends AnyDecision {{\n{members}}}\n").unwrap();
    }
    let doc = comment(
        "",
        "Whether the app may run, why, and what the user can do. The members of a decision depend on its `state`.",
    );
    text + &format!("\n{doc}export type Decision ={all};\n")
}

/// Returns the TypeScript source of the types of failures:
///
/// - an interface with the members that all failures have,
/// - an interface for failures with a reason, and one for failures without,
/// - the union of these two.
fn failures(schema: &Value) -> String {
    let text = interface("AnyFailure", schema, Use::Read);
    let kinds = names(&schema::WITH_REASON);
    let with = comment("", "A failure because Polar or the configuration refused the operation. `reason` says why.");
    let without = comment("", "A failure for any other cause, which `kind` names.");
    let all = comment("", "The cause of an operation's failure. Whether there is a `reason` depends on its `kind`.");
    format!(
        "{text}\n{with}export interface RefusedFailure extends AnyFailure {{\n  readonly kind: {kinds};\n  readonly reason: Reason;\n}}\n\n\
         {without}export interface OtherFailure extends AnyFailure {{\n  readonly kind: Exclude<ErrorKind, {kinds}>;\n  readonly reason: null;\n}}\n\n\
         {all}export type Failure = RefusedFailure | OtherFailure;\n"
    )
}

/// Returns the interface of the settings, with the names of the features as a type parameter.
fn settings_of(schema: &Value) -> String {
    let replaced = [
        ("interface LicenseSettings {", "interface LicenseSettings<Feature extends string = string> {"),
        ("features?: Readonly<Record<string,", "features?: Readonly<Record<Feature,"),
        // With `& {}`, the compiler does not infer `Feature` from `trialFeatures`, but from `features` alone.
        ("trialFeatures?: readonly string[]", "trialFeatures?: readonly (Feature & {})[]"),
    ];
    replaced.into_iter().fold(interface("LicenseSettings", schema, Use::Written), |text, (from, to)| {
        assert!(text.contains(from), "the settings are not as expected: no `{from}`");
        text.replace(from, to)
    })
}

/// Returns the union of the codes as literal types, or `null` if there are no codes.
fn names<Code: std::fmt::Display>(codes: &[Code]) -> String {
    let names: Vec<String> = codes.iter().map(|code| format!("\"{code}\"")).collect();
    if names.is_empty() { "null".into() } else { names.join(" | ") }
}

/// Converts `clock_suspect` to `ClockSuspect`.
pub(crate) fn capitalized(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}

/// Returns the type of a member that can be null, but without `null`.
fn without_null(schema: &Value) -> String {
    let of_type = type_of(schema, Use::Read);
    of_type.strip_suffix(" | null").unwrap_or_else(|| panic!("`{of_type}` cannot be null")).into()
}

pub(crate) fn interface(name: &str, schema: &Value, used: Use) -> String {
    // leaves out the second paragraph, which is about the Rust type
    let doc = schema["description"].as_str().unwrap().split("\n\n").next().unwrap();
    let required = schema["required"].as_array().unwrap();
    let mut text = format!("{}export interface {name} {{\n", comment("", doc));
    for (member, description) in object(&schema["properties"]) {
        text += &documentation(member, description);
        let is_required = required.contains(&Value::from(member.as_str()));
        assert!(is_required || used == Use::Written, "`{member}` of {name} is always there");
        let optional = if is_required { "" } else { "?" };
        let of_type = match member.as_str() {
            "environment" => String::from("\"production\" | \"sandbox\" | (string & {})"),
            "texts" => String::from("Readonly<Partial<Record<TextCode | PortalTextCode, string>>>"),
            _ => type_of(description, used),
        };
        // an object that the app reads is frozen, because all readers share it
        let read_only = if used == Use::Read { "readonly " } else { "" };
        writeln!(text, "  {read_only}{member}{optional}: {of_type};").unwrap();
    }
    text + "}\n"
}

/// Returns the declaration of one member of an object that an app reads.
pub(crate) fn member(name: &str, description: &Value) -> String {
    let of_type = type_of(description, Use::Read);
    format!("{}  readonly {name}: {of_type};\n", documentation(name, description))
}

fn documentation(name: &str, description: &Value) -> String {
    comment("  ", description["description"].as_str().unwrap_or_else(|| panic!("{name} has no doc")))
}

/// Converts a schema to TypeScript.
fn type_of(schema: &Value, used: Use) -> String {
    let all = match (&schema["$ref"], &schema["anyOf"], &schema["type"]) {
        (Value::String(name), _, _) => vec![reference(name)],
        (_, Value::Array(all), _) => all.iter().map(|one| type_of(one, used)).collect(),
        (_, _, Value::Array(all)) => all.iter().map(|name| plain(name, schema, used)).collect(),
        (_, _, name) => vec![plain(name, schema, used)],
    };
    let is_optional = |one: &String| used == Use::Written && ["null", ""].contains(&one.as_str());
    all.into_iter().filter(|one| !is_optional(one)).collect::<Vec<_>>().join(" | ")
}

fn plain(name: &Value, schema: &Value, used: Use) -> String {
    let inner = |name: &str| type_of(&schema[name], used);
    match name.as_str().unwrap() {
        "integer" => "number".into(),
        "array" => format!("readonly {}[]", inner("items")),
        "object" => format!("Readonly<Record<string, {}>>", inner("additionalProperties")),
        name @ ("string" | "boolean" | "null") => name.into(),
        name => panic!("no TypeScript for `{name}` in {schema}"),
    }
}

/// Returns the TypeScript type for a reference to another schema. If the schema describes a plain JSON value, such as a
/// string, this is the type of the value. Otherwise it is the name of a generated type.
fn reference(path: &str) -> String {
    match path.rsplit('/').next().unwrap() {
        "Timestamp" | "Date" => "string".into(),
        "Value" => "string | number | boolean".into(),
        name => name.into(),
    }
}

pub(crate) fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

/// Formats a documentation comment with lines of at most 120 characters.
pub(crate) fn comment(indent: &str, doc: &str) -> String {
    let mut doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    for (rust, javascript) in NAMES {
        doc = doc.replace(rust, javascript);
    }
    for code in doc.split('`').skip(1).step_by(2) {
        let is_code = code.parse::<ErrorKind>().is_ok() || code.parse::<Reason>().is_ok();
        assert!(
            is_code || code.starts_with("https://") || !code.contains("::") && !code.contains('_'),
            "NAMES must say how JavaScript names `{code}`"
        );
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

pub(crate) fn lines(text: &str, width: usize) -> Vec<String> {
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
