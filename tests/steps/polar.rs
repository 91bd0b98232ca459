//! A simulated Polar with one key and one seat that confirms everything. It is for tests that carry out the engine's
//! steps by hand.

use polar_license::time::Now;
use polar_license::transport::{Answer, Request};
use serde_json::{Value, json};

pub(crate) const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
pub(crate) const BENEFIT: &str = "be110000-0000-4000-8000-000000000001";
const LICENSE: &str = "1c010000-0000-4000-8000-000000000001";
const SEAT: &str = "ac700000-0000-4000-8000-000000000001";

/// Returns the endpoint of a request: `validate`, `activate` or `deactivate`.
pub(crate) fn endpoint(request: &Request) -> &str {
    request.url.rsplit_once('/').map_or("", |(_, endpoint)| endpoint)
}

pub(crate) fn answer(request: &Request, now: Now) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let at = now.wall.to_string();
    let license = json!({
        "id": LICENSE, "organization_id": ORGANIZATION, "benefit_id": BENEFIT, "key": body.get("key"),
        "status": "granted", "limit_activations": 1, "usage": 0, "limit_usage": null, "expires_at": null,
        "activation": {"id": SEAT}, "last_validated_at": at,
    });
    let (status, body) = match endpoint(request) {
        "validate" => (200, license.to_string()),
        "activate" => {
            let seat = json!({"id": SEAT, "license_key_id": LICENSE, "created_at": at, "license_key": license});
            (200, seat.to_string())
        }
        _ => (204, String::new()),
    };
    Answer::reply(status, body)
}
