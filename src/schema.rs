//! JSON schemas of the JSON that bindings exchange with the core. The schemas are derived from the Rust types. The
//! types of other languages are generated from the schemas, and tests compare lists of members with the schemas. This
//! module is not part of the public interface.

use crate::codes::{ErrorKind, State};
use crate::config::json::SettingsJson;
use crate::decision::{Decision, DecisionJson};
use crate::error::ErrorJson;
use crate::explanation::ExplanationJson;
#[cfg(feature = "portal")]
use crate::portal::boundary::json as portal;
#[cfg(feature = "portal")]
pub use crate::portal::boundary::operations::{OPERATIONS as PORTAL_OPERATIONS, Operation as PortalOperation};
use crate::texts::Text;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};

/// Returns the schema of `Decision::to_json`.
pub fn decision() -> Schema {
    schema::<DecisionJson<'_>>()
}

/// Returns the schema of `Error::to_json`: the member `error`, and the members of a decision if the error contains one.
pub fn error() -> Schema {
    schema::<ErrorJson<'_>>()
}

/// Returns two pairs, one for each kind of purchase in the schema of a decision: the name of the kind, and the schema
/// of its members except `kind`.
pub fn purchases(decision: &serde_json::Value) -> [(&'static str, &serde_json::Value); 2] {
    let definitions = &decision["$defs"];
    [("subscription", &definitions["Subscription"]), ("order", &definitions["Order"])]
}

/// Returns the schema of `Explanation::to_json`.
pub fn explanation() -> Schema {
    schema::<ExplanationJson<'_>>()
}

/// Returns the name and the schema of each object of the customer portal. [`PORTAL_OPERATIONS`] lists the operations
/// that return these objects.
#[cfg(feature = "portal")]
pub fn portal() -> [(&'static str, Schema); 12] {
    [
        ("CodeRequest", schema::<portal::CodeRequestJson<'_>>()),
        ("Customer", schema::<portal::CustomerJson<'_>>()),
        ("Session", schema::<portal::SessionJson>()),
        ("Checkout", schema::<portal::CheckoutJson>()),
        ("Purchase", schema::<portal::PurchaseJson<'_>>()),
        ("LicenseKeys", schema::<portal::LicenseKeysJson>()),
        ("LicenseKey", schema::<portal::LicenseKeyJson>()),
        ("Restored", schema::<portal::RestoredJson<'_>>()),
        ("Devices", schema::<portal::DevicesJson<'_>>()),
        ("Device", schema::<portal::DeviceJson<'_>>()),
        ("Released", schema::<portal::ReleasedJson>()),
        ("Progress", schema::<portal::ProgressJson>()),
    ]
}

/// Returns the nullable members of a decision that are never null in this state.
pub fn present(state: State) -> Vec<&'static str> {
    match state {
        State::Unlicensed => Vec::new(),
        State::Denied | State::Expired => LICENSED.to_vec(),
        State::Trial => vec!["trialEndsAt", "noticeAt"],
        State::ClockSuspect | State::Active | State::Grace | State::Lapsed => [&LICENSED[..], &CONFIRMED].concat(),
    }
}

/// Returns the nullable members of a decision that are always null in this state. Leaves out `reason`; see
/// [`State::reasons`] for its values.
pub fn absent(state: State) -> Vec<String> {
    match state {
        State::Unlicensed | State::Trial => {
            let present = present(state);
            let members = serde_json::to_value(DecisionJson::from(&Decision::unknown())).unwrap_or_default();
            let members = members.as_object().into_iter().flatten().filter(|(_, value)| value.is_null());
            members
                .map(|(name, _)| name.clone())
                .filter(|name| !ANYWAY.contains(&name.as_str()) && !present.contains(&name.as_str()))
                .collect()
        }
        State::Denied | State::ClockSuspect | State::Expired | State::Active | State::Grace | State::Lapsed => {
            Vec::new()
        }
    }
}

/// Returns `true` if every decision in this state has a notice for the user. In the state `unlicensed`, some decisions
/// have no notice, because a user who has never had a license needs none.
pub fn always_notices(state: State) -> bool {
    !state.is_allowed() && state != State::Unlicensed
}

/// The nullable members of a decision that have a value whenever a license is stored.
const LICENSED: [&str; 4] = ["displayKey", "benefitId", "confirmedAt", "usage"];

/// The nullable members of a decision that have a value whenever Polar's last answer was a confirmation.
const CONFIRMED: [&str; 2] = ["graceEndsAt", "noticeAt"];

/// The nullable members of a decision that may have a value even without a license.
const ANYWAY: [&str; 6] = ["activationLabel", "refreshAt", "trialEndsAt", "noticeAt", "nextUrl", "problem"];

/// The kinds of errors that have a reason.
pub const WITH_REASON: [ErrorKind; 1] = [ErrorKind::Refused];

/// Returns the sentences for users that every build contains, with or without the customer portal. Each item is the
/// code of a sentence and its English text.
pub fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    all_texts().filter(|(code, _)| !code.starts_with(PORTAL_TEXT))
}

/// Returns the customer portal's sentences for users. Each item is the code of a sentence and its English text.
#[cfg(feature = "portal")]
pub fn portal_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    all_texts().filter(|(code, _)| code.starts_with(PORTAL_TEXT))
}

/// The prefix of the codes of the portal's sentences.
const PORTAL_TEXT: &str = "portal.";

fn all_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    Text::ALL.iter().map(|text| (text.code(), text.english()))
}

/// Returns the schema of the settings that `ConfigBuilder::from_json` reads.
pub fn settings() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<SettingsJson>()
}

/// Returns the schema of the JSON that is written for a type. The schema requires every member that is always written.
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

    #[test]
    fn the_builder_describes_each_setting_in_the_same_words() {
        let settings = settings();
        for (name, setting) in settings.get("properties").unwrap().as_object().unwrap() {
            if ["organizationId", "appId"].contains(&name.as_str()) {
                continue;
            }
            let name = in_rust(name);
            let comment = comment(&name).or_else(|| comment(name.strip_suffix('s')?));
            let comment = comment.unwrap_or_else(|| panic!("ConfigBuilder has no method for {name}"));
            let description = setting["description"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            // Converts the names of settings in backquotes, such as `offlineGraceMs` to `offline_grace`. Leaves the
            // names of files, which contain characters other than letters, such as a dot.
            let words = description
                .split('`')
                .map(|word| if word.chars().all(char::is_alphabetic) { in_rust(word) } else { word.to_owned() });
            let description = words.collect::<Vec<_>>().join("`");
            let (first, rest) = description.split_at(1);
            let expected = first.to_lowercase() + rest;
            assert!(comment.contains(&expected), "the comment of ConfigBuilder::{name} must contain: {expected}");
        }
    }

    /// Returns the doc comment of a method of `ConfigBuilder` on one line. Each link is replaced by the name that it
    /// shows.
    fn comment(method: &str) -> Option<String> {
        let (_, builder) = include_str!("config.rs").split_once("impl ConfigBuilder {").unwrap();
        let (before, _) = ["(", "<"].iter().find_map(|end| builder.split_once(&format!("pub fn {method}{end}")))?;
        let lines = before.trim_end().lines().rev().map_while(|line| line.trim().strip_prefix("///"));
        let lines: Vec<&str> = lines.flat_map(|line| line.split_whitespace().rev()).collect();
        let words = lines.into_iter().rev().map(|word| match word.split_once("`](") {
            Some((name, link)) => format!("{}`{}", name.trim_start_matches('['), link.split_once(')').unwrap().1),
            None => word.to_owned(),
        });
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// Returns the name of the builder's method for a member: `offlineGraceMs` becomes `offline_grace`.
    fn in_rust(member: &str) -> String {
        let mut name = String::new();
        for letter in member.chars() {
            if letter.is_uppercase() {
                name.push('_');
            }
            name.extend(letter.to_lowercase());
        }
        name.strip_suffix("_ms").unwrap_or(&name).to_owned()
    }
}
