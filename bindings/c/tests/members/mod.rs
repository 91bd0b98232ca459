//! The members of the JSON that crosses the interface, by the core's own description.

#![allow(dead_code, clippy::allow_attributes, reason = "each test uses some of it")]

use polar_license::schema;
use serde_json::Value;

/// Of a decision; those of an object within it after a dot.
pub fn decision() -> Vec<String> {
    let description = schema::decision().to_value();
    let members = properties(&description).unwrap();
    let with_inner = members.iter().flat_map(|(name, member)| match inner(&description, member) {
        Some(inner) => inner.iter().map(|inner| format!("{name}.{inner}")).collect(),
        None => vec![name.clone()],
    });
    with_inner.collect()
}

/// Of an error, without the decision beside it.
pub fn error() -> Vec<String> {
    let description = schema::error().to_value();
    let member = properties(&description).unwrap().get("error").unwrap();
    inner(&description, member).unwrap()
}

/// Of the settings.
pub fn settings() -> Vec<String> {
    properties(&schema::settings().to_value()).unwrap().keys().cloned().collect()
}

fn properties(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The members of an object that is a member, whether or not it may be null.
fn inner(description: &Value, member: &Value) -> Option<Vec<String>> {
    let reference =
        member.get("$ref").or_else(|| member.get("anyOf")?.as_array()?.iter().find_map(|any| any.get("$ref")));
    let definition = description.pointer(reference?.as_str()?.strip_prefix('#')?)?;
    Some(properties(definition)?.keys().cloned().collect())
}
