//! The members of the JSON objects that the library passes to an app, as the core describes them.

#![allow(dead_code, clippy::allow_attributes, reason = "each test uses some of it")]

use polar_license::schema;
use serde_json::Value;

/// Returns the names of a decision's members. A member of an object within the decision is named `object.member`.
pub fn decision() -> Vec<String> {
    let description = schema::decision().to_value();
    let members = properties(&description).unwrap();
    let with_inner = members.iter().flat_map(|(name, member)| match inner(&description, member) {
        Some(inner) => inner.iter().map(|inner| format!("{name}.{inner}")).collect(),
        None => vec![name.clone()],
    });
    with_inner.collect()
}

/// Returns the names of an error's members, that is, of the object `error` in the JSON of a failure. Leaves out the
/// members of the decision, which that JSON also contains.
pub fn error() -> Vec<String> {
    let description = schema::error().to_value();
    let member = properties(&description).unwrap().get("error").unwrap();
    inner(&description, member).unwrap()
}

fn properties(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// Returns the names of the members of `member`, or `None` if it is not an object. An object that may be null counts as
/// an object.
fn inner(description: &Value, member: &Value) -> Option<Vec<String>> {
    let reference =
        member.get("$ref").or_else(|| member.get("anyOf")?.as_array()?.iter().find_map(|any| any.get("$ref")));
    let definition = resolved(description, reference?)?;
    let Some(kinds) = definition.get("oneOf").and_then(Value::as_array) else {
        return Some(properties(definition)?.keys().cloned().collect());
    };
    // The object is one of several kinds. One member names the kind, and the result has the members of all kinds.
    let of_kind = |kind: &Value| properties(kind).into_iter().flat_map(|members| members.keys().cloned()).collect();
    let of_kinds = kinds.iter().flat_map(|kind| -> Vec<String> {
        let named = kind.get("$ref").and_then(|reference| resolved(description, reference));
        let own: Vec<String> = of_kind(kind);
        own.into_iter().chain(named.map(of_kind).unwrap_or_default()).collect()
    });
    let mut members: Vec<String> = Vec::new();
    for member in of_kinds {
        if !members.contains(&member) {
            members.push(member);
        }
    }
    Some(members)
}

fn resolved<'a>(description: &'a Value, reference: &Value) -> Option<&'a Value> {
    description.pointer(reference.as_str()?.strip_prefix('#')?)
}
