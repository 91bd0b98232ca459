//! Compares the crate's JSON reader with serde_json.

use polar_license::Reason;
use polar_license::transport::Answer;
use polar_license::wire::{Rejection, Validate};
use serde_json::Value;

use super::{ORGANIZATION, key, value};

/// The depth of nesting that the crate must be able to read. serde_json reads documents that are nested twice as deep.
const DEPTH: usize = 60;

/// Inserts the bytes into a denial as the value of one member. The crate must read the denial if and only if the whole
/// document is JSON.
pub fn run(data: &[u8]) {
    let document = [br#"{"error":"ResourceNotFound","detail":"Not found","value":"#, data, b"}"].concat();
    let answer = Answer::reply(404, document.clone());
    let request = Validate::new(&key(), ORGANIZATION.parse().expect("a valid organization id"));
    let ours = match request.read(&answer) {
        Err(Rejection::Denied(reason)) => Some(reason),
        Err(_) => None,
        Ok(_) => panic!("a 404 confirms nothing"),
    };
    if let Some(reason) = ours {
        let Some(value) = value(&document) else { return };
        // if a name occurs twice, both readers use the last member
        assert_eq!(value["error"], "ResourceNotFound");
        assert_eq!(reason == Reason::NotFound, value["detail"] == "Not found");
    } else if let Ok(value) = serde_json::from_slice::<Value>(&document) {
        let is_denial = value["error"] == "ResourceNotFound" && value["detail"].is_string();
        assert!(!is_denial || depth(&value) > DEPTH, "serde_json reads this denial, and the crate does not");
    }
}

fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}
