//! Polar's replies, including personal data. `tools/mock-polar` has the same replies, which were recorded from the real
//! server.

use polar_license::Timestamp;
use polar_license::transport::{Answer, Failure, Sent};
use serde_json::{Value, json};

use super::format::{self, Common, Endpoint, Fail, Members, Reply, Scenario, moment};

/// Returns the answer to this request when Polar's clock reads `now`.
pub(crate) fn answer(
    common: &Common,
    scenario: &Scenario,
    endpoint: Endpoint,
    asked: &Value,
    reply: &Reply,
    now: Timestamp,
) -> Answer {
    if let Some(fail) = reply.fail {
        let sent = match reply.sent.expect("`fail` needs `sent`") {
            format::Sent::No => Sent::No,
            format::Sent::Maybe => Sent::Maybe,
        };
        let (failure, message) = match fail {
            Fail::Network => (Failure::Network, "the connection broke"),
            Fail::Timeout => (Failure::Timeout, "no answer in time"),
        };
        return Answer::Failed { failure, sent, message: message.to_owned() };
    }
    let (status, body) = if let Some(given) = &reply.confirmed {
        confirmation(common, scenario, endpoint, asked, given, now)
    } else if let Some(detail) = &reply.denied {
        denial(endpoint, detail)
    } else if let Some(location) = &reply.malformed {
        let complaint = json!({ "type": "value_error", "loc": location, "msg": "Value error", "input": asked["key"] });
        (422, json!({ "error": "RequestValidationError", "detail": [complaint] }).to_string())
    } else {
        let body = match &reply.body {
            Some(Value::String(text)) => text.clone(),
            Some(json) => json.to_string(),
            None => String::new(),
        };
        (reply.status.expect("a reply needs one of `confirmed`, `denied`, `malformed`, `status`, `fail`"), body)
    };
    let length = if reply.half { body.len() / 2 } else { body.len() };
    let body: Vec<u8> = body.into_bytes().into_iter().take(length).collect();
    Answer::Reply { status, retry_after: reply.retry_after, location: None, body: body.into() }
}

fn denial(endpoint: Endpoint, detail: &str) -> (u16, String) {
    let (status, error) = if detail.starts_with("License key only has") {
        (400, "BadRequest")
    } else if endpoint == Endpoint::Activate && detail != "Not found" {
        (403, "NotPermitted")
    } else {
        (404, "ResourceNotFound")
    };
    (status, json!({ "error": error, "detail": detail }).to_string())
}

fn confirmation(
    common: &Common,
    scenario: &Scenario,
    endpoint: Endpoint,
    asked: &Value,
    given: &Members,
    now: Timestamp,
) -> (u16, String) {
    if endpoint == Endpoint::Deactivate {
        return (204, String::new());
    }
    let key = asked["key"].as_str().unwrap_or_default();
    let mut license = common.license_key.clone();
    license.insert("key".into(), key.into());
    let last_six: Vec<char> = key.chars().rev().take(6).collect();
    license.insert("display_key".into(), format!("****-{}", last_six.iter().rev().collect::<String>()).into());
    license.insert("organization_id".into(), asked["organization_id"].clone());
    let sold = scenario.sold.get(key).into_iter().chain(common.sold.get(key)).next();
    for (name, value) in sold.into_iter().flatten().chain(given) {
        let value = if name == "expires_at" { time(value) } else { value.clone() };
        license.insert(name.clone(), value);
    }
    let at = license.remove("at").map_or_else(|| written(now).into(), |at| time(&at));
    let seat = license.remove("activation");
    let label = asked.get("label").cloned().unwrap_or_else(|| "a label".into());
    let activation = |id: Value, created_at: Value| {
        json!({
            "id": id,
            "license_key_id": license["id"],
            "label": label,
            "meta": asked.get("meta").cloned().unwrap_or_else(|| json!({})),
            "created_at": created_at,
            "modified_at": null,
        })
    };
    let reply = match endpoint {
        Endpoint::Activate => {
            let mut reply = activation(seat.expect("a confirmation of `activate` needs `activation`"), at);
            license.insert("last_validated_at".into(), Value::Null);
            reply["license_key"] = Value::Object(license);
            reply
        }
        Endpoint::Validate | Endpoint::Deactivate => {
            let seat = seat.or_else(|| asked.get("activation_id").cloned()).unwrap_or(Value::Null);
            let created_at = "2026-01-02T03:04:05.678901Z".into();
            let activation = if seat.is_null() { Value::Null } else { activation(seat, created_at) };
            license.insert("activation".into(), activation);
            license.insert("last_validated_at".into(), at);
            Value::Object(license)
        }
    };
    (200, reply.to_string())
}

fn time(value: &Value) -> Value {
    value.as_str().map_or(Value::Null, |text| written(moment(text)).into())
}

/// Writes a time as Polar does: with microseconds, or with no fraction at all.
fn written(at: Timestamp) -> String {
    let text = at.to_string();
    if text.contains('.') { text.replace('Z', "000Z") } else { text }
}
