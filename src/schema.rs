//! Descriptions of the JSON that crosses a boundary, made from the Rust types: types of other languages are generated from
//! them, and tests compare lists of members with them. No part of the public interface.

use crate::config::json::SettingsJson;
use crate::decision::DecisionJson;
use crate::error::ErrorJson;
use crate::texts::Text;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};

/// What `Decision::to_json` writes.
pub fn decision() -> Schema {
    schema::<DecisionJson<'_>>()
}

/// What `Error::to_json` writes: the members of a decision, if there is one, and `error`.
pub fn error() -> Schema {
    schema::<ErrorJson<'_>>()
}

/// Every sentence for users: its code, and its English.
pub fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    Text::ALL.iter().map(|text| (text.code(), text.english()))
}

/// What `ConfigBuilder::from_json` reads.
pub fn settings() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<SettingsJson>()
}

/// As it is written, so that a member that is always there is required.
fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(schema: &Schema) -> Vec<&String> {
        schema.get("properties").unwrap().as_object().unwrap().keys().collect()
    }

    #[test]
    fn every_member_of_a_decision_is_described_and_required() {
        let json: serde_json::Value = serde_json::from_str(&crate::Decision::unknown().to_json()).unwrap();
        let schema = decision();
        assert_eq!(members(&schema), json.as_object().unwrap().keys().collect::<Vec<_>>());
        assert_eq!(schema.get("required").unwrap().as_array().unwrap().len(), members(&schema).len());
        for (name, member) in schema.get("properties").unwrap().as_object().unwrap() {
            assert!(member.get("description").is_some(), "{name}");
        }
    }

    #[test]
    fn an_error_has_the_members_of_its_decision() {
        let schema = error();
        for name in members(&decision()) {
            assert!(members(&schema).contains(&name), "{name}");
        }
        assert_eq!(schema.get("required").unwrap(), &serde_json::json!(["error"]));
    }

    #[test]
    fn the_settings_that_must_be_there_are_required() {
        assert_eq!(settings().get("required").unwrap(), &serde_json::json!(["organizationId", "appId"]));
    }
}
