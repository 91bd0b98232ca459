//! Reads ids. Polar accepts only UUIDs of version 4.

use serde_json::Value;
use uuid::{Uuid, Variant};

use crate::problem::{Problem, Rule};

/// Parses an id, in any of the usual forms of a UUID.
pub(crate) fn parse(text: &str, loc: Vec<Value>) -> Result<Uuid, Problem> {
    match Uuid::parse_str(text) {
        Ok(id) if is_version_4(id) => Ok(id),
        Ok(_) => Err(Problem::new(Rule::UuidVersion, loc, text.into())),
        Err(_) => Err(Problem::new(Rule::UuidParsing, loc, text.into())),
    }
}

pub(crate) fn is_version_4(id: Uuid) -> bool {
    id.get_version_num() == 4 && id.get_variant() == Variant::RFC4122
}
