//! Compares the replies that are stored in `polar-license/testing` with the replies of this server. If the environment
//! variable `POLAR_LICENSE_WRITE_TYPES` is set, stores this server's replies there instead.

use std::collections::HashMap;
use std::fmt::Write as _;

use mock_polar::{
    DEMO_BENEFIT_BASIC, DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES,
    Endpoint, MockPolar, Timestamp,
};
use serde_json::{Value, json};

use crate::wire::{Reply, activate, activation, deactivate, post, validate, validate_with};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bindings/wasm/ts/src/testing/recorded.ts");

#[test]
fn the_npm_package_has_the_replies_of_this_server() {
    let polar = MockPolar::start().unwrap();
    polar.freeze_clock(Timestamp::parse("2026-01-02T03:04:05.678901Z").unwrap());
    let activated = activate(&polar, DEMO_KEY_ONE_DEVICE);
    let seat = activated.json()["id"].as_str().unwrap().to_owned();
    let held = json!({ "activation_id": seat });
    let unlike = json!({ "activation_id": seat, "conditions": { "device": "another" } });
    polar.set_rate_limit(true);
    let limited = (0..4).map(|_| validate(&polar, "UNKNOWN")).last().unwrap();
    polar.set_rate_limit(false);
    let malformed = post(&polar, Endpoint::Validate, &json!({ "key": 1, "organization_id": polar.organization() }));
    let replies = [
        ("validated", validate_with(&polar, DEMO_KEY_ONE_DEVICE, held)),
        ("activated", activated),
        ("inactive", validate(&polar, DEMO_KEY_REVOKED)),
        ("expired", validate(&polar, DEMO_KEY_EXPIRED)),
        ("not_found", validate(&polar, "UNKNOWN")),
        ("conditions", conditions(&polar, &unlike)),
        ("benefit", validate_with(&polar, DEMO_KEY_PLAIN, json!({ "benefit_id": DEMO_BENEFIT_BASIC }))),
        ("activation_limit", activate(&polar, DEMO_KEY_ONE_DEVICE)),
        ("not_supported", post(&polar, Endpoint::Activate, &activation(&polar, DEMO_KEY_PLAIN))),
        ("usage_exhausted", validate_with(&polar, DEMO_KEY_TEN_USES, json!({ "increment_usage": 11 }))),
        ("malformed", malformed),
        ("rate_limited", limited),
        ("deactivated", deactivate(&polar, DEMO_KEY_ONE_DEVICE, &seat)),
    ];
    let written = source(&replies);
    if std::env::var_os("POLAR_LICENSE_WRITE_TYPES").is_some() {
        std::fs::write(FILE, &written).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == written, "{FILE} is not what Polar answers; set POLAR_LICENSE_WRITE_TYPES=1 to write it");
}

/// Activates a device with conditions, and then validates its seat with `unlike`, the conditions of another device.
fn conditions(polar: &MockPolar, unlike: &Value) -> Reply {
    let key = polar.add_key(mock_polar::NewKey::new("pro").key("CONDITIONS").limit_activations(1));
    let mut body = activation(polar, &key);
    body["conditions"] = json!({ "device": "this" });
    let seat = post(polar, Endpoint::Activate, &body).json()["id"].clone();
    let mut asked = unlike.clone();
    asked["activation_id"] = seat;
    validate_with(polar, &key, asked)
}

fn source(replies: &[(&str, Reply)]) -> String {
    let mut text = String::from(
        "/**\n * Replies of the local Polar, with its invented customer.\n *\n * Written by \
         tools/mock-polar/tests/it/replies.rs: change it there.\n */\n\nexport const RECORDED = {\n",
    );
    let mut ids = HashMap::new();
    for (name, reply) in replies {
        let retry_after = reply.header("retry-after").map(|seconds| seconds.parse::<u64>().unwrap());
        let body = serde_json::from_slice::<Value>(&reply.body).map(|mut body| {
            body.sort_all_objects();
            with_stable_ids(body, &mut ids)
        });
        let headers = retry_after.map_or_else(|| json!({}), |seconds| json!({ "retry-after": seconds.to_string() }));
        let mut recorded = json!({ "status": reply.status, "headers": headers, "body": body.unwrap_or_default() });
        // The fields are sorted here, so that the file is always the same. serde_json itself sorts them only if no
        // other package of the workspace turns on `preserve_order`.
        recorded.sort_all_objects();
        writeln!(text, "  {name}: {recorded},").unwrap();
    }
    text + "} as const;\n"
}

/// Replaces each random id with a fixed one, so that two runs give equal values. The fixed ids are numbered in the
/// order in which the random ids appear.
fn with_stable_ids(value: Value, ids: &mut HashMap<String, String>) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, with_stable_ids(value, ids))).collect(),
        Value::Array(items) => items.into_iter().map(|item| with_stable_ids(item, ids)).collect(),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 && !text.starts_with("de300000") => {
            let next = format!("de300000-0000-4000-8000-0000000000f{}", ids.len());
            ids.entry(text).or_insert(next).clone().into()
        }
        other => other,
    }
}
