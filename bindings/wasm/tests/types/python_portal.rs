//! Generates `_portal_types.py` (the objects of the customer portal) and `_portal_methods.py` (the methods that return
//! the objects).

use std::fmt::Write as _;

use polar_license::portal::{KeyStatus, Stage};
use polar_license::schema::{self, PortalOperation};
use serde_json::Value;

use crate::portal::{alternative, of_object, own_arguments};
use crate::python::{FROZEN, WIDTH, doc_string, literal, python_name, type_of, worded};
use crate::typescript::object;

const TYPES: &str = "\"\"\"The objects of the customer portal, with the same names as in Rust, C and JavaScript.

Written by bindings/wasm/tests/types from the core's types: change them there.
\"\"\"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from polar_license._error import LicenseError
from polar_license._held import Held
from polar_license._types import Deactivated, Decision
";

const METHODS: &str = "\"\"\"The methods of the customer portal, with the same names as in Rust, C and JavaScript.

Written by bindings/wasm/tests/types from the core's operations: change them there.
\"\"\"

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

from polar_license._portal_call import Caller, HeldCaller
from polar_license._portal_types import (
";

/// The Python classes that have methods. Each row contains the argument by which operations receive an object of the
/// class, the name of the class, its base class, and its documentation.
const CLASSES: [(&str, &str, &str, &str); 3] = [
    (
        "portal",
        "Portal",
        "Caller",
        "The customer portal of a license, for customers who have no session. A method that fails raises \
         `LicenseError`; the method's documentation names the possible values of `kind`. Methods wait for Polar as the methods \
         of `License` do.",
    ),
    (
        "session",
        "PortalSession",
        "HeldCaller",
        "A customer's session. Its methods find license keys, restore a license, and manage devices. A session lasts \
         an hour, and Polar cannot end it early. So close it together with the dialog that it belongs to, or use it in \
         a `with` statement.",
    ),
    (
        "checkout",
        "Checkout",
        "HeldCaller",
        "A purchase in progress. Open its `address` in a browser. Close the checkout when you no longer follow the \
         purchase, or use the checkout in a `with` statement.",
    ),
];

/// The Python code of the property `address` of a checkout.
const ADDRESS: &str = "    @property
    def address(self) -> str:
        \"\"\"The address to open in a browser. It contains a secret that gives access to the buyer's data, so pass it
        to the browser only.
        \"\"\"
        return self._address
";

/// Results that have only one member. Python returns that member in place of the object. Each row has the name of the
/// object, the member, and the member's type.
const UNWRAPPED: [(&str, &str, &str); 2] =
    [("LicenseKeys", "keys", "Sequence[LicenseKey]"), ("Released", "deactivated", "Deactivated")];

/// The members that `repr` does not show, because they are personal. The message of an object with an e-mail address is
/// personal too.
const PERSONAL: [&str; 3] = ["email", "name", "label"];

/// Returns the text of `_portal_types.py`, which declares the objects of the customer portal.
pub(crate) fn types() -> String {
    let mut parts = vec![
        literal("KeyStatus", "Whether a license key can be used.", KeyStatus::ALL),
        literal("Stage", "The event that an operation of the portal is waiting for.", Stage::ALL),
    ];
    for (name, schema) in schema::portal() {
        let schema = schema.to_value();
        match &schema["oneOf"] {
            Value::Array(all) => parts.push(alternatives(name, &schema, all)),
            _ if ["Session", "Checkout"].contains(&name) => {}
            _ => parts.push(data_class(name, &schema, "")),
        }
    }
    joined(TYPES.to_owned(), &parts)
}

/// Returns the text of `_portal_methods.py`, which declares the methods.
pub(crate) fn methods() -> String {
    let objects = schema::portal().map(|(name, _)| name);
    let mut imported: Vec<&str> = objects.into_iter().filter(|name| !["Session", "Checkout"].contains(name)).collect();
    imported.sort_unstable();
    let imported = imported.iter().map(|name| format!("    {name},\n")).collect::<String>();
    let head = format!("{METHODS}{imported})\nfrom polar_license._types import Deactivated\n");
    let parts: Vec<String> = CLASSES.iter().rev().map(|(of, name, base, doc)| class(of, name, base, doc)).collect();
    joined(head, &parts)
}

fn joined(head: String, parts: &[String]) -> String {
    parts.iter().fold(head, |text, part| text + if part.starts_with(['@', 'c']) { "\n\n" } else { "\n" } + part)
}

/// Returns the Python source of a class for each alternative and of a union of these classes.
fn alternatives(name: &str, schema: &Value, all: &[Value]) -> String {
    let (mut text, mut names) = (String::new(), Vec::new());
    for one in all {
        let kind = one["properties"]["kind"]["const"].as_str().unwrap();
        let class = alternative(name, kind);
        text += &data_class(class, one, &format!("\n    kind: Literal[\"{kind}\"]\n"));
        if class == "Licensed" {
            text += "\n    decision: Decision\n    \"\"\"The current decision.\"\"\"\n";
        }
        text += "\n\n";
        names.push(class);
    }
    let doc = doc_string("", schema["description"].as_str().unwrap());
    format!("{text}{name} = {}\n{doc}", names.join(" | "))
}

/// Returns a data class. The class has no member for the handle, which only this package uses.
fn data_class(name: &str, schema: &Value, first_member: &str) -> String {
    let members = object(&schema["properties"]);
    let base = if members.contains_key("handle") { "(Held)" } else { "" };
    let doc = doc_string("    ", schema["description"].as_str().unwrap());
    let mut text = format!("{FROZEN}\nclass {name}{base}:\n{doc}{first_member}");
    for (member, description) in members.iter().filter(|(name, _)| !["kind", "handle"].contains(&name.as_str())) {
        let is_personal = PERSONAL.contains(&member.as_str()) || member == "message" && members.contains_key("email");
        let hidden = if is_personal { " = field(repr=False)" } else { "" };
        let of_type = if member == "error" { "LicenseError".to_owned() } else { type_of(member, description) };
        write!(text, "\n    {}: {of_type}{hidden}\n", python_name(member)).unwrap();
        text += &doc_string("    ", description["description"].as_str().unwrap());
    }
    text
}

fn class(of: &str, name: &str, base: &str, doc: &str) -> String {
    let mut methods: Vec<String> = of_object(of).map(|operation| method(of, operation)).collect();
    if of == "checkout" {
        methods.insert(0, ADDRESS.to_owned());
    }
    format!("class {name}({base}):\n{}\n{}", doc_string("    ", doc), methods.join("\n"))
}

fn method(of: &str, operation: &'static PortalOperation) -> String {
    let (mut parameters, mut keywords, mut members) = (String::from("self"), String::new(), Vec::new());
    if of != "portal" {
        members.push(format!("\"{of}\": self"));
    }
    for (name, of_type) in own_arguments(operation) {
        let parameter = python_name(name);
        match *of_type {
            "Text" => write!(parameters, ", {parameter}: str").unwrap(),
            "Key" => write!(parameters, ", {parameter}: LicenseKey").unwrap(),
            "Customer" | "Purchase" | "Device" => write!(parameters, ", {parameter}: {of_type}").unwrap(),
            "Confirmation" => write!(keywords, ", {parameter}: Literal[True]").unwrap(),
            "Within" => write!(keywords, ", {parameter}: timedelta | None = None").unwrap(),
            of_type => panic!("no Python for arguments of the type `{of_type}`"),
        }
        members.push(format!("\"{name}\": {parameter}"));
    }
    let mut on_progress = "";
    if operation.waits {
        keywords += ", on_progress: Callable[[Progress], object] | None = None";
        on_progress = ", on_progress";
    }
    let keywords = if keywords.is_empty() { keywords } else { format!(", *{keywords}") };
    let unwrapped = UNWRAPPED.iter().find(|(name, ..)| *name == operation.result);
    let result = match operation.result {
        "Session" => "PortalSession",
        name => name,
    };
    let (returned, member) = unwrapped.map_or((result, String::new()), |(_, member, of)| (of, format!(".{member}")));
    let (name, call) = (python_name(operation.name), operation.name);
    let parameters = format!("{parameters}{keywords}");
    let head = parenthesized("    ", &format!("def {name}("), &parameters, &format!(") -> {returned}:"));
    let arguments = format!("\"{call}\", {result}, {{{}}}{on_progress}", members.join(", "));
    let call = parenthesized("        ", &format!("reply: {result} = self._call("), &arguments, ")");
    format!("{head}{}{call}        return reply{member}\n", about(operation))
}

/// Writes the text on one line, or on three lines if one line would be too long. The formatter of the Python files
/// breaks lines in the same way.
fn parenthesized(indent: &str, start: &str, inside: &str, end: &str) -> String {
    let line = format!("{indent}{start}{inside}{end}\n");
    if line.chars().count() <= WIDTH + 1 {
        return line;
    }
    format!("{indent}{start}\n{indent}    {inside}\n{indent}{end}\n")
}

/// Returns the documentation of an operation, in paragraphs.
fn about(operation: &PortalOperation) -> String {
    let mut about = operation.about.trim().to_owned();
    if operation.waits {
        about +=
            "\n\nCalls `on_progress` before each wait. An exception of `on_progress` ends the operation and is raised.";
    }
    let mut paragraphs: Vec<String> =
        about.split("\n\n").map(|paragraph| doc_string("        ", &worded(paragraph))).collect();
    if let [_] = paragraphs.as_slice() {
        return paragraphs.remove(0);
    }
    let inner = |text: &str| text.trim_end().trim_end_matches("\"\"\"").trim_end().replacen("\"\"\"", "", 1);
    let text = paragraphs.iter().map(|text| inner(text)).collect::<Vec<_>>().join("\n\n");
    format!("        \"\"\"{}\n        \"\"\"\n", text.trim_start())
}
