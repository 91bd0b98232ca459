//! The license endpoints compared with recordings of Polar's own server.

use std::collections::HashMap;

use super::polar::Polar;
use crate::recordings::{self, pairs, request_body, shape};
use crate::wire::{Reply, exchange};
use mock_polar::{ApiVersion, Timestamp};
use serde_json::{Map, Value, json};

const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
const PLAIN: &str = "D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";
const HUNDRED: &str = "D1E5000F-AAAA-4BBB-8CCC-DDDD0000EEFD";
const SECOND: &str = "D1E50010-AAAA-4BBB-8CCC-DDDD0000EEFE";

/// What happened to the recorded server before this exchange: it was reset to the seed at times, and repeated exchanges
/// were not recorded. Inferred from the counters in the replies.
fn before(name: &str) -> Vec<Unrecorded> {
    use Unrecorded::{Activate, Increment, Reset, Validate};
    match name {
        "validate/activation_id ok (activation without conditions)"
        | "conditions/equal"
        | "benefit_id/match"
        | "increment_usage/omitted sends null"
        | "activate/ok 1 of 2" => vec![Reset],
        "customer_id/match" => vec![Validate(2)],
        "malformed/unknown field is ignored" => vec![Validate(4)],
        "malformed/UTF-8 BOM"
        | "cors/POST 200 Origin null"
        | "cors/POST 200 extension origin"
        | "cors/POST 200 with a cookie" => vec![Validate(1)],
        "version/'2026-04' validate" => vec![Validate(12)],
        "version/2026-10 with Origin" => vec![Validate(2)],
        "version/2026-04 validate with activation_id" => vec![Activate("b7febea4-6481-4fa0-a75b-c96e55c44628")],
        "cors/POST deactivate 204" => vec![Activate("bcc0970d-9ac5-496c-b815-224dc37e8b11")],
        "cors/500: overflow" => vec![Increment(i32::MAX)],
        _ => vec![],
    }
}

enum Unrecorded {
    Reset,
    Validate(u32),
    Activate(&'static str),
    Increment(i32),
}

#[test]
fn every_recorded_exchange() {
    for version in recordings::VERSIONS {
        every_recorded_exchange_in(version);
    }
}

/// With this version as the one that answers a request that names none.
fn every_recorded_exchange_in(version: ApiVersion) {
    let Some([recorded, seed]) = recordings::read(["transcripts.json", "seed.json"], "every_recorded_exchange") else {
        return;
    };
    let recorded = recorded.as_array().unwrap().clone();
    let seed = seed_with_recorded_people(seed, &recorded);
    let builder = || Polar::builder().seed(seed.clone()).api_version(version);
    let start = |rate_limit| builder().rate_limit(rate_limit).start().unwrap();
    let mut replay = Replay { free: start(false), limited: start(true), version, ids: HashMap::new() };
    replay.limited.freeze_clock(Timestamp::from_unix_seconds(1_800_000_000));

    let mismatches: Vec<String> = recorded.iter().filter_map(|exchange| replay.mismatch(exchange)).collect();
    println!("{version}: {} of {} recorded exchanges match", recorded.len() - mismatches.len(), recorded.len());
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n\n"));
    assert_eq!(recorded.len(), 248);
}

struct Replay {
    free: Polar,
    limited: Polar,
    version: ApiVersion,
    /// Ids of activations: as recorded, and of the local Polar.
    ids: HashMap<String, String>,
}

impl Replay {
    fn mismatch(&mut self, recorded: &Value) -> Option<String> {
        let name = recorded["name"].as_str().unwrap();
        for step in before(name) {
            self.perform(step);
        }
        let polar = if recorded["port"] == 8801 { &self.limited } else { &self.free };
        let request = &recorded["request"];
        let mut body = request_body(request);
        for (theirs, ours) in &self.ids {
            body = replace(&body, theirs.as_bytes(), ours.as_bytes());
        }
        let headers = pairs(&request["headers"]);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let method = request["method"].as_str().unwrap();
        let reply = exchange(polar.address(), method, request["path"].as_str().unwrap(), &headers, &body);
        let Some(reply) = reply else { return Some(format!("{name}: no reply")) };
        let response = &recorded["response"];
        if method == "POST" && reply.status == 200 && response["status"] == 200 {
            self.remember_id(response, &reply);
        }
        let headers = recordings::in_version(self.version, request, pairs(&response["headers"]));
        let theirs = self.normal(
            response["status"].as_u64().unwrap() as u16,
            headers,
            response["body"].as_str().unwrap_or_default(),
        );
        let ours = self.normal(reply.status, reply.headers.clone(), &reply.text());
        (theirs != ours || !reply.complete).then(|| format!("{name}:\n  recorded {theirs}\n  local    {ours}"))
    }

    /// Remembers both ids of an activation: each server gave it its own.
    fn remember_id(&mut self, response: &Value, reply: &Reply) {
        let theirs: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        if theirs.get("license_key").is_some() {
            let id = |body: &Value| body["id"].as_str().unwrap().to_owned();
            self.ids.insert(id(&theirs), id(&reply.json()));
        }
    }

    /// Status, relevant headers and body in a form that can be compared: without times, and with our ids.
    fn normal(&self, status: u16, headers: Vec<(String, String)>, body: &str) -> Value {
        let mut named = Map::new();
        for (name, value) in headers {
            // Lengths vary with the digits of times; the client has checked them against the body.
            let value = if name == "content-length" { "…".to_owned() } else { value };
            if !["date", "server", "connection"].contains(&name.as_str()) {
                named.insert(name, value.into());
            }
        }
        let body = serde_json::from_str(body).map_or_else(|_| body.into(), |body| self.without_times("", body));
        json!({ "status": status, "headers": named, "body": body })
    }

    fn without_times(&self, name: &str, value: Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.into_iter().filter(|(name, _)| !recordings::ADDED_LATER.contains(&name.as_str()));
                fields.map(|(name, value)| (name.clone(), self.without_times(&name, value))).collect()
            }
            Value::Array(items) => items.into_iter().map(|item| self.without_times(name, item)).collect(),
            Value::String(text) => match self.ids.get(&text) {
                Some(ours) => ours.as_str().into(),
                None if ["modified_at", "last_validated_at", "created_at"].contains(&name) => shape(&text).into(),
                None => text.into(),
            },
            other => other,
        }
    }

    fn perform(&mut self, step: Unrecorded) {
        let post = |endpoint: &str, body: Value| {
            let body = body.to_string();
            let headers = [("Content-Type", "application/json"), ("Content-Length", &body.len().to_string())];
            let path = format!("/v1/customer-portal/license-keys/{endpoint}");
            let reply = exchange(self.free.address(), "POST", &path, &headers, body.as_bytes()).unwrap();
            assert_eq!(reply.status, 200, "{}", reply.text());
            reply.json()
        };
        match step {
            Unrecorded::Reset => self.free.reset(),
            Unrecorded::Validate(times) => {
                for _ in 0..times {
                    post("validate", json!({ "key": PLAIN, "organization_id": ORGANIZATION }));
                }
            }
            Unrecorded::Activate(theirs) => {
                let body = json!({ "key": HUNDRED, "organization_id": ORGANIZATION, "label": "x", "meta": { "a": 1 } });
                let ours = post("activate", body)["id"].as_str().unwrap().to_owned();
                self.ids.insert(theirs.to_owned(), ours);
            }
            Unrecorded::Increment(by) => {
                post("validate", json!({ "key": SECOND, "organization_id": ORGANIZATION, "increment_usage": by }));
            }
        }
    }
}

/// The seed has only the ids of customers; their data is in the recorded replies.
fn seed_with_recorded_people(mut seed: Value, recorded: &[Value]) -> String {
    let people = recordings::people(recorded);
    assert_eq!(people.len(), 5);
    for customer in seed["customers"].as_object_mut().unwrap().values_mut() {
        *customer = people[customer.as_str().unwrap()].clone();
    }
    seed.to_string()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    while let Some(at) = bytes.windows(from.len()).position(|window| window == from) {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    bytes
}
