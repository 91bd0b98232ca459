//! A simulated Polar with one key, for the targets that need answers. It answers mostly as the real Polar does.

use polar_license::Timestamp;
use polar_license::transport::{Answer, Failure, Sent};
use serde_json::{Value, json};

use super::{KEY, LICENSE, ORGANIZATION, TOKEN};

#[derive(Default)]
pub(crate) struct Polar {
    /// Whether this Polar has ever confirmed the key.
    pub(crate) confirmed: bool,
    /// The seat that was released last.
    pub(crate) released: Option<String>,
    seats: u32,
}

impl Polar {
    /// Answers a request as `choice` says. Most choices give a confirmation.
    pub(crate) fn answer(&mut self, choice: u8, url: &str, body: &str, at: Timestamp) -> Answer {
        let request: Value = serde_json::from_str(body).expect("a request is JSON");
        let endpoint = url.rsplit('/').next().unwrap_or_default();
        let at = at.to_string();
        match choice {
            0..=159 if endpoint == "deactivate" => {
                self.released = request["activation_id"].as_str().map(str::to_owned);
                reply(204, Value::Null)
            }
            0..=159 => {
                self.confirmed = true;
                let mut license = json!({
                    "id": LICENSE, "organization_id": ORGANIZATION, "benefit_id": LICENSE, "key": request["key"],
                    "status": "granted", "limit_activations": 1, "usage": 0, "limit_usage": 10, "expires_at": null,
                    "activation": null, "last_validated_at": at,
                });
                if endpoint == "activate" {
                    self.seats += 1;
                    let seat = format!("ac700000-0000-4000-8000-{:012x}", self.seats);
                    let new = json!({"id": seat, "license_key_id": LICENSE, "created_at": at, "license_key": license});
                    return reply(200, new);
                }
                if !request["activation_id"].is_null() {
                    license["activation"] = json!({"id": request["activation_id"]});
                }
                reply(200, license)
            }
            160..=189 => reply(404, json!({"error": "ResourceNotFound", "detail": "Not found"})),
            190..=199 => reply(404, json!({"error": "ResourceNotFound", "detail": "License key has expired."})),
            200..=209 => reply(403, json!({"error": "NotPermitted", "detail": "no seat is free"})),
            210..=214 => reply(400, json!({"error": "BadRequest", "detail": "too few"})),
            215..=219 => reply(422, json!({"error": "RequestValidationError", "detail": [{"loc": ["body", "key"]}]})),
            220..=224 => Answer::Reply { status: 429, retry_after: Some(5), location: None, body: Vec::new().into() },
            225..=234 => reply(502, Value::Null),
            235..=239 => reply(200, json!({"hotel": "Wi-Fi"})),
            240..=246 => failed(Failure::Network, Sent::No),
            247..=250 => failed(Failure::Timeout, Sent::Maybe),
            251..=255 => failed(Failure::Cancelled, Sent::Maybe),
        }
    }
}

/// Answers a request of the customer portal. If the answer is a redirection, returns its target too. Returns `None` for
/// validate, activate and deactivate; [`Polar::answer`] answers these.
pub(crate) fn portal_answer(choice: u8, url: &str, at: Timestamp) -> Option<(Answer, Option<&'static str>)> {
    let path = url.split_once("/v1/").map_or("", |(_, path)| path);
    let path = path.split('?').next().unwrap_or_default();
    let at = at.to_string();
    let one = || listed_key(LICENSE, KEY, Some(1), choice.is_multiple_of(2), &at);
    // a second key, so that the app must also judge an answer that Polar gave to another customer
    let two = || listed_key(ORGANIZATION, "FUZZ-TWO", None, false, &at);
    let answer = match (path, choice) {
        (
            "customer-portal/license-keys/validate"
            | "customer-portal/license-keys/activate"
            | "customer-portal/license-keys/deactivate",
            _,
        ) => return None,
        ("customer-portal/customer-session/request", 120..=159) => {
            let customers = json!([{"id": LICENSE, "name": "Studio\u{7} Nord"}, {"id": ORGANIZATION, "name": null}]);
            reply(409, json!({"error": "customer_selection_required", "detail": "", "customers": customers}))
        }
        ("customer-portal/customer-session/request", 0..=119) => Answer::reply(202, *b"null"),
        ("customer-portal/customer-session/authenticate", 0..=159) => reply(200, json!({"token": TOKEN})),
        ("customer-seats/claim", 0..=159) => reply(200, json!({"customer_session_token": TOKEN})),
        ("customer-portal/license-keys/", 0..=159) => {
            let items = match choice % 4 {
                0 | 1 => vec![one()],
                2 => vec![one(), two()],
                _ => Vec::new(),
            };
            reply(200, json!({"items": items, "pagination": {"total_count": items.len(), "max_page": 1}}))
        }
        ("customer-portal/benefit-grants/", 0..=159) => {
            let organization = json!({"id": ORGANIZATION, "slug": "demo"});
            let grant = json!({
                "benefit_id": LICENSE, "benefit": {"organization": organization}, "properties": {"license_key_id": LICENSE},
            });
            reply(200, json!({"items": [grant]}))
        }
        (path, 0..=159) if path.starts_with("checkouts/client/") => {
            let status = ["succeeded", "succeeded", "open", "confirmed", "failed"][usize::from(choice % 5)];
            reply(200, json!({"id": LICENSE, "status": status, "customer_email": "fuzz@example.com"}))
        }
        (path, 0..=159) if path.starts_with("checkout-links/") => {
            return Some((reply(307, Value::Null), Some("https://polar.sh/checkout/polar_c_FUZZ")));
        }
        (path, 0..=159) if path.ends_with("/rotate") => {
            reply(200, listed_key(LICENSE, "FUZZ-ROTATED", Some(1), false, &at))
        }
        (path, 0..=159) if path.ends_with(LICENSE) => reply(200, one()),
        (path, 0..=159) if path.ends_with(ORGANIZATION) => reply(200, two()),
        (_, 160..=189) => reply(404, json!({"error": "ResourceNotFound", "detail": TOKEN})),
        (_, 190..=209) => reply(401, json!({"error": "invalid_token", "detail": TOKEN})),
        (_, 210..=219) => reply(401, json!({"error": "CustomerSessionCodeInvalidOrExpired", "detail": "no"})),
        (_, 220..=224) => Answer::Reply { status: 429, retry_after: Some(5), location: None, body: Vec::new().into() },
        (_, 225..=234) => reply(502, Value::Null),
        (_, 240..=246) => failed(Failure::Network, Sent::No),
        (_, 247..=255) => failed(Failure::Timeout, Sent::Maybe),
        _ => reply(200, json!({"hotel": "Wi-Fi"})),
    };
    Some((answer, None))
}

/// Returns a license key as the customer portal lists it.
fn listed_key(id: &str, text: &str, limit: Option<u32>, devices: bool, at: &str) -> Value {
    let device = json!({"id": "ac700000-0000-4000-8000-000000000001", "label": "Till\u{202e} 7", "created_at": at});
    json!({
        "id": id, "organization_id": ORGANIZATION, "benefit_id": LICENSE, "key": text, "status": "granted",
        "limit_activations": limit, "limit_usage": 10, "usage": 0, "expires_at": null, "created_at": at,
        "last_validated_at": at, "activation": null, "activations": if devices { json!([device]) } else { json!([]) },
    })
}

fn reply(status: u16, body: Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Answer::reply(status, body)
}

fn failed(failure: Failure, sent: Sent) -> Answer {
    Answer::Failed { failure, sent, message: String::from("no answer") }
}
