//! Generates the files of the customer portal for TypeScript: `portal/types.ts` (the objects), `portal/methods.ts` (the
//! methods that return the objects) and `portal/operations.ts` (a table of the methods).

use std::fmt::Write as _;

use polar_license::portal::{KeyStatus, Stage};
use polar_license::schema::{self, PORTAL_OPERATIONS, PortalOperation};
use serde_json::Value;

use crate::typescript::{Use, comment, head, interface, member, object, union};

/// The objects that have methods. Each row has the object's type, the name of the argument by which operations receive
/// the object, and the object's documentation.
const OBJECTS: [(&str, &str, &str); 3] = [
    (
        "Portal",
        "portal",
        "The operations of a customer who has no session. Each method can also be called without its object.",
    ),
    (
        "Session",
        "session",
        "A customer's session. Its methods find license keys, restore a license, and manage devices. A session lasts \
         an hour, and Polar cannot end it early. So keep it in memory only, and drop it together with the dialog that \
         it belongs to. Each method can also be called without its object. If the session has ended, each method \
         rejects with `refused` and no `reason`.",
    ),
    ("Checkout", "checkout", "A purchase in progress."),
];

/// The objects that have several alternatives, and the types of these alternatives. Each row has the object, the `kind`
/// of the alternative, and the alternative's type name.
const ALTERNATIVES: [(&str, &str, &str); 7] = [
    ("CodeRequest", "sent", "CodeSent"),
    ("CodeRequest", "choose", "CustomerChoice"),
    ("Restored", "licensed", "Licensed"),
    ("Restored", "choose", "KeyChoice"),
    ("Restored", "no_seat", "NoSeat"),
    ("Devices", "listed", "ListedDevices"),
    ("Devices", "hidden", "HiddenDevices"),
];

/// Results that are objects with only one member. In TypeScript, the methods return this member rather than the object.
/// Each row contains the name of the result, and the type that TypeScript returns.
const UNWRAPPED: [(&str, &str); 2] = [("LicenseKeys", "readonly LicenseKey[]"), ("Released", "Deactivated")];

/// Returns the text of `portal/types.ts`, which declares the objects.
pub(crate) fn types() -> String {
    let mut parts = vec![
        head("the customer portal"),
        "import type { LicenseError } from \"../error.js\";\nimport type { Decision } from \"../types.js\";\n"
            .to_owned(),
        union("KeyStatus", "Whether a license key can be used.", KeyStatus::ALL),
        union("Stage", "The event that an operation of the portal is waiting for.", Stage::ALL),
    ];
    for (name, schema) in schema::portal() {
        let schema = without_handle(schema.to_value());
        match &schema["oneOf"] {
            Value::Array(all) => parts.push(alternatives(name, &schema, all)),
            _ if is_object_with_methods(name) || UNWRAPPED.iter().any(|(known, _)| *known == name) => {}
            _ => parts.push(interface(name, &schema, Use::Read)),
        }
    }
    parts.join("\n")
}

/// Returns the text of `portal/methods.ts`, which declares the methods.
pub(crate) fn methods() -> String {
    let head = "/**
 * The methods of the customer portal, with the same names as in Rust, in C and in Python.
 *
 * Written by bindings/wasm/tests/types from the core's operations: change them there.
 */

import type { CallOptions } from \"../license.js\";
import type { Deactivated } from \"../types.js\";
import type { FollowOptions, RotateOptions, WaitOptions } from \"./options.js\";
import type { CodeRequest, Customer, Device, Devices, LicenseKey, Purchase, Restored } from \"./types.js\";
";
    let objects = OBJECTS.map(|(name, of, doc)| methods_of(name, of, doc));
    format!("{head}\n{}", objects.join("\n"))
}

/// Returns the text of `portal/operations.ts`, which has the table of the methods.
pub(crate) fn operations() -> String {
    let mut results: Vec<&str> = PORTAL_OPERATIONS.iter().map(|operation| operation.result).collect();
    results.sort_unstable();
    results.dedup();
    let mut text = format!(
        "/**
 * The methods of the customer portal's objects, as the engine describes them.
 *
 * Written by bindings/wasm/tests/types from the core's operations: change them there.
 */

/** A method. */
export interface Operation {{
  /** Maps an argument's name to the way in which the argument is passed. */
  takes: Record<string, \"plain\" | \"handle\">;
  /** The members of the method's options that are arguments too. */
  options: readonly string[];
  /** The name of the method's result. */
  gives: Result;
}}

export type Result = {};

export const OPERATIONS = {{\n",
        results.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" | ")
    );
    for (_, of, _) in OBJECTS {
        writeln!(text, "  {of}: {{").unwrap();
        for operation in of_object(of) {
            let takes: Vec<String> = positional(operation)
                .map(|(name, of_type)| format!("{name}: \"{}\"", if *of_type == "Text" { "plain" } else { "handle" }))
                .collect();
            let takes = if takes.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", takes.join(", ")) };
            let options: Vec<String> =
                own_arguments(operation).filter(|one| is_option(one)).map(|(name, _)| format!("\"{name}\"")).collect();
            let (name, result) = (operation.name, operation.result);
            let line = format!("{name}: {{ takes: {takes}, options: [{}], gives: \"{result}\" }}", options.join(", "));
            writeln!(text, "    {line},").unwrap();
        }
        writeln!(text, "  }},").unwrap();
    }
    text + "} as const satisfies Record<string, Record<string, Operation>>;\n"
}

fn is_object_with_methods(name: &str) -> bool {
    OBJECTS.iter().any(|(known, ..)| *known == name)
}

/// Returns the operations that are methods of one object: the portal, a session or a checkout. `of` names this object.
pub(crate) fn of_object(of: &str) -> impl Iterator<Item = &'static PortalOperation> {
    PORTAL_OPERATIONS.iter().filter(move |operation| {
        let first = operation.arguments.first().map_or("", |(name, _)| name);
        if ["session", "checkout"].contains(&first) { first == of } else { of == "portal" }
    })
}

/// Returns the arguments of an operation, except for the object on which the method is called.
pub(crate) fn own_arguments(
    operation: &'static PortalOperation,
) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    operation.arguments.iter().filter(|(_, of_type)| !["Session", "Checkout"].contains(of_type))
}

fn positional(operation: &'static PortalOperation) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    own_arguments(operation).filter(|one| !is_option(one))
}

/// Returns `true` if an argument is passed as a member of the method's options.
fn is_option((_, of_type): &(&str, &str)) -> bool {
    match *of_type {
        "Within" | "Confirmation" => true,
        "Text" | "Customer" | "Purchase" | "Key" | "Device" => false,
        of_type => panic!("no TypeScript for arguments of the type `{of_type}`"),
    }
}

fn methods_of(name: &str, of: &str, doc: &str) -> String {
    let name = if name == "Session" { "PortalSession" } else { name };
    let mut text = format!("{}export interface {name} {{\n", comment("", doc));
    if name == "Checkout" {
        let doc = "The address to open in a browser. It contains a secret that gives access to the buyer's data, so \
                   pass it to the browser only.";
        write!(text, "{}  readonly address: string;\n\n", comment("  ", doc)).unwrap();
    }
    let all: Vec<String> = of_object(of).map(method).collect();
    text + &all.join("\n") + "}\n"
}

fn method(operation: &'static PortalOperation) -> String {
    let arguments = positional(operation).map(|(name, of_type)| {
        let of_type = match *of_type {
            "Text" => "string",
            "Key" => "LicenseKey",
            of_type => of_type,
        };
        format!("{name}: {of_type}, ")
    });
    let options = match own_arguments(operation).find(|one| is_option(one)).map(|(_, of_type)| *of_type) {
        Some("Confirmation") => "options: RotateOptions",
        Some("Within") => "options?: FollowOptions",
        _ if operation.waits => "options?: WaitOptions",
        _ => "options?: CallOptions",
    };
    let result = match operation.result {
        "Session" => "PortalSession",
        name => UNWRAPPED.iter().find(|(known, _)| *known == name).map_or(name, |(_, plain)| plain),
    };
    let about = operation.about.replace("Fails with", "Rejects with").replace("Fails like", "Rejects like");
    let doc: Vec<String> = about.trim().split("\n\n").map(|part| comment("  ", part)).collect();
    let (arguments, name) = (arguments.collect::<String>(), operation.name);
    format!("{}  {name}(this: void, {arguments}{options}): Promise<{result}>;\n", joined(&doc))
}

/// Joins paragraphs into one comment. Each paragraph is formatted as a comment of its own.
fn joined(paragraphs: &[String]) -> String {
    if let [only] = paragraphs {
        return only.clone();
    }
    let lines = paragraphs.iter().map(|paragraph| {
        let text = paragraph.trim().trim_start_matches("/**").trim_end_matches("*/").trim();
        let lines = text.lines().map(|line| line.trim().trim_start_matches("* "));
        lines.fold(String::new(), |text, line| text + "   * " + line + "\n")
    });
    format!("  /**\n{}   */\n", lines.collect::<Vec<_>>().join("   *\n"))
}

/// Returns an alternative's type name.
pub(crate) fn alternative(name: &str, kind: &str) -> &'static str {
    let known = ALTERNATIVES.iter().find(|(of, known, _)| *of == name && *known == kind);
    known.unwrap_or_else(|| panic!("ALTERNATIVES must name `{kind}` of {name}")).2
}

/// Returns TypeScript for a type that is one of several alternatives: an interface for each alternative in `all`, and
/// the union type `name` of these interfaces.
fn alternatives(name: &str, schema: &Value, all: &[Value]) -> String {
    let mut text = String::new();
    let mut names = Vec::new();
    for one in all {
        let kind = one["properties"]["kind"]["const"].as_str().unwrap();
        let own = alternative(name, kind);
        text += &format!("{}export interface {own} {{\n", comment("", one["description"].as_str().unwrap()));
        writeln!(text, "  readonly kind: \"{kind}\";").unwrap();
        for (name, description) in object(&one["properties"]) {
            match name.as_str() {
                "kind" => {}
                "error" => {
                    text += &comment("  ", description["description"].as_str().unwrap());
                    text += "  readonly error: LicenseError;\n";
                }
                name => text += &member(name, description),
            }
        }
        if own == "Licensed" {
            text += "  /** The current decision. */\n  readonly decision: Decision;\n";
        }
        text += "}\n\n";
        names.push(own);
    }
    let doc = comment("", schema["description"].as_str().unwrap());
    format!("{text}{doc}export type {name} = {};\n", names.join(" | "))
}

/// Removes the member `handle`, because the objects that an app receives do not have this member.
fn without_handle(mut schema: Value) -> Value {
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.shift_remove("handle");
    }
    schema
}
