//! Generates `docs/src/portal-operations.md`, which is for languages that call the portal with JSON.

use std::fmt::Write as _;

use polar_license::Deactivated;
use polar_license::portal::KeyStatus;
use polar_license::schema::{self, PORTAL_OPERATIONS, PortalOperation};
use serde_json::Value;

use crate::typescript::{lines, object};

const HEAD: &str = "<!-- Written by bindings/wasm/tests/types from the core's operations: change them there. -->

# Operations of the customer portal

`polar_license_portal_call` takes a request in JSON, and its reply is JSON. The member `call` of a request names the
operation, and its other members are the arguments:

```json
{\"call\":\"activate\",\"session\":3,\"key\":7}
```

A `handle` in a reply is a number that stands for an object in the library: a session, a license key, a device, a
customer, a checkout or a purchase. To name the object in a request, pass its handle as the argument `session`, `key`,
`device`, `customer`, `checkout` or `purchase`. A handle is valid until its reply is freed. No reply contains a token, a
code, a license key or the secret of a checkout.

These functions read a value of a reply. Each takes the JSON pointer of the value, such as `/keys/0/displayKey`.

| value | function |
|---|---|
| string | `polar_license_reply_text` |
| integer | `polar_license_reply_number` |
| boolean | `polar_license_reply_number`, which returns 1 or 0 |
| time | `polar_license_reply_time_ms` |
| handle | `polar_license_reply_handle`, which takes the pointer of the object that has the handle |
| length of an array | `polar_license_reply_count` |
| any value, as JSON for a parser of your own | `polar_license_reply_json` |

`polar_license_reply_address` takes no pointer. It returns the address of a checkout's page.

## Requests
";

/// Returns the whole page.
pub(crate) fn page() -> String {
    let mut text = HEAD.to_owned();
    PORTAL_OPERATIONS.iter().for_each(|operation| text += &request(operation));
    text += "\n## Replies\n";
    for (name, schema) in schema::portal().iter().filter(|(name, _)| *name != "Progress") {
        let schema = schema.as_value();
        write!(text, "\n### {name}\n\n{}\n", paragraph("", description(schema))).unwrap();
        match schema["oneOf"].as_array() {
            Some(all) => all.iter().for_each(|one| {
                let kind = one["properties"]["kind"]["const"].as_str().unwrap();
                text += &paragraph("- ", &format!("`kind` is `{kind}`: {}", description(one)));
                members(&mut text, one, "  - ");
            }),
            None => members(&mut text, schema, "- "),
        }
    }
    text
}

fn request(operation: &PortalOperation) -> String {
    let arguments = operation.arguments.iter().map(|(name, of_type)| match *of_type {
        "Text" => format!("`{name}` (string)"),
        "Within" => format!("`{name}` (milliseconds, may be absent)"),
        "Confirmation" => format!("`{name}` (`true`)"),
        _ => format!("`{name}` (handle)"),
    });
    let mut text = format!("\n### {}\n\n", operation.name);
    for part in operation.about.trim().split("\n\n") {
        text += &(paragraph("", part) + "\n");
    }
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    text + &format!("- Arguments: {arguments}\n- Reply: {}\n", link(operation.result))
}

fn members(text: &mut String, schema: &Value, bullet: &str) {
    for (name, member) in object(&schema["properties"]).iter().filter(|(name, _)| *name != "kind") {
        let about = match name.as_str() {
            "handle" => "The number that stands for this object in requests.",
            _ => description(member),
        };
        *text += &paragraph(bullet, &format!("`{name}` ({}): {about}", type_of(member)));
    }
}

/// Describes the type of a value for readers of the generated page.
fn type_of(schema: &Value) -> String {
    if let Some(all) = schema["anyOf"].as_array().or_else(|| schema["type"].as_array()) {
        return all.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    match schema["$ref"].as_str().map(|path| path.rsplit('/').next().unwrap()) {
        Some("Timestamp") => "time".into(),
        Some("Handle") => "handle".into(),
        Some("Error") => "as from `polar_license_error_json`".into(),
        Some("KeyStatus") => names(KeyStatus::ALL),
        Some("Deactivated") => names(Deactivated::ALL),
        Some(name) => link(name),
        None => match schema["type"].as_str().or_else(|| schema.as_str()) {
            Some("array") => format!("array of {}", type_of(&schema["items"])),
            Some(name) => name.into(),
            None => panic!("no words for {schema}"),
        },
    }
}

/// Returns the names of codes.
fn names<Code: std::fmt::Display>(codes: &[Code]) -> String {
    codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap()
}

/// Formats a paragraph with lines of at most 120 characters.
fn paragraph(bullet: &str, text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let indent = " ".repeat(bullet.len());
    format!("{bullet}{}\n", lines(&text, 120 - bullet.len()).join(&format!("\n{indent}")))
}
