//! Recordings of Polar's own server.
//!
//! They are not part of the repository: they are in `shared/polar` beside the checkout, or in the folder named by
//! `POLAR_TRANSCRIPTS`. Without them, the tests that need them say so and pass.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use mock_polar::{ApiVersion, Timestamp};
use serde_json::Value;

/// The versions that the recorded server had; the first one was its current one.
pub(crate) const VERSIONS: [ApiVersion; 2] = [ApiVersion::V2026_04, ApiVersion::V2026_10];

/// What 2026-10 shows of a license key, but did not yet when it was recorded.
pub(crate) const ADDED_LATER: [&str; 2] = ["member_id", "member"];

/// The headers of a recorded reply as they are with `current` as the current version, which requests meet that name none.
pub(crate) fn in_version(
    current: ApiVersion,
    request: &Value,
    mut headers: Vec<(String, String)>,
) -> Vec<(String, String)> {
    if request["headers"].get("Polar-Version").is_none() {
        let named = headers.iter_mut().filter(|(name, _)| name == "polar-version");
        named.for_each(|(_, version)| *version = current.to_string());
    }
    headers
}

/// These files; `None` if there are no recordings.
pub(crate) fn read<const N: usize>(names: [&str; N], test: &str) -> Option<[Value; N]> {
    let folder = match std::env::var_os("POLAR_TRANSCRIPTS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/polar"),
    };
    if !names.iter().all(|name| folder.join(name).is_file()) {
        // Past the test harness, which hides what passing tests print.
        let note = format!("skipped {test}: no recordings; set POLAR_TRANSCRIPTS to their folder");
        writeln!(io::stderr(), "{note}").unwrap();
        return None;
    }
    Some(names.map(|name| serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()))
}

/// The customers in recorded replies by their ids, as each was first seen.
pub(crate) fn people(recorded: &[Value]) -> HashMap<String, Value> {
    let mut people = HashMap::new();
    let bodies = recorded.iter().filter_map(|e| serde_json::from_str::<Value>(e["response"]["body"].as_str()?).ok());
    for body in bodies {
        let licenses = match body["items"].as_array() {
            Some(items) => items.clone(),
            None => vec![body.get("license_key").unwrap_or(&body).clone()],
        };
        // Only a license shows the whole customer.
        let customers =
            licenses.iter().filter(|license| license["key"].is_string()).map(|license| &license["customer"]);
        for customer in customers {
            people.entry(customer["id"].as_str().unwrap().to_owned()).or_insert_with(|| customer.clone());
        }
    }
    people
}

/// The form of a time, the same for all times of Polar's precision.
pub(crate) fn shape(text: &str) -> String {
    Timestamp::parse(text).unwrap_or_else(|e| panic!("{e}"));
    let digits = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c });
    // One time in a million has no fraction.
    digits.collect::<String>().replace(".000000Z", "Z")
}

pub(crate) fn request_body(request: &Value) -> Vec<u8> {
    if let Some(encoded) = request["body_base64"].as_str() {
        return BASE64_STANDARD.decode(encoded).unwrap();
    }
    let body = request["body"].as_str().unwrap_or_default();
    match request["body_truncated_from_bytes"].as_u64() {
        None => body.as_bytes().to_vec(),
        // The only one: a key of 100,000 characters.
        Some(bytes) => {
            let whole = format!(
                "{{\"key\": \"{}\", \"organization_id\": \"a0010000-0000-4000-8000-000000000001\"}}",
                "K".repeat(100_000)
            );
            assert!(whole.starts_with(body) && whole.len() as u64 == bytes);
            whole.into_bytes()
        }
    }
}

pub(crate) fn pairs(headers: &Value) -> Vec<(String, String)> {
    let headers = headers.as_object().unwrap().iter();
    headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}
