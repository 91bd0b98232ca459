//! A Polar with one key for the targets that need answers: mostly what the real one would say.

use polar_license::Timestamp;
use polar_license::transport::{Answer, Failure, Sent};
use serde_json::{Value, json};

use super::{LICENSE, ORGANIZATION};

#[derive(Default)]
pub(crate) struct Polar {
    /// Whether it has ever confirmed the key.
    pub(crate) confirmed: bool,
    /// The seat that it released last.
    pub(crate) released: Option<String>,
    seats: u32,
}

impl Polar {
    /// The answer to a request; most choices are Polar's own confirmation.
    pub(crate) fn answer(&mut self, choice: u8, url: &str, body: &str, at: Timestamp) -> Answer {
        let asked: Value = serde_json::from_str(body).expect("a request is JSON");
        let endpoint = url.rsplit('/').next().unwrap_or_default();
        let at = at.to_string();
        match choice {
            0..=159 if endpoint == "deactivate" => {
                self.released = asked["activation_id"].as_str().map(str::to_owned);
                reply(204, Value::Null)
            }
            0..=159 => {
                self.confirmed = true;
                let mut license = json!({
                    "id": LICENSE, "organization_id": ORGANIZATION, "benefit_id": LICENSE, "key": asked["key"],
                    "status": "granted", "limit_activations": 1, "usage": 0, "limit_usage": 10, "expires_at": null,
                    "activation": null, "last_validated_at": at,
                });
                if endpoint == "activate" {
                    self.seats += 1;
                    let seat = format!("ac700000-0000-4000-8000-{:012x}", self.seats);
                    let new = json!({"id": seat, "license_key_id": LICENSE, "created_at": at, "license_key": license});
                    return reply(200, new);
                }
                if !asked["activation_id"].is_null() {
                    license["activation"] = json!({"id": asked["activation_id"]});
                }
                reply(200, license)
            }
            160..=189 => reply(404, json!({"error": "ResourceNotFound", "detail": "Not found"})),
            190..=199 => reply(404, json!({"error": "ResourceNotFound", "detail": "License key has expired."})),
            200..=209 => reply(403, json!({"error": "NotPermitted", "detail": "no seat is free"})),
            210..=214 => reply(400, json!({"error": "BadRequest", "detail": "too few"})),
            215..=219 => reply(422, json!({"error": "RequestValidationError", "detail": [{"loc": ["body", "key"]}]})),
            220..=224 => Answer::Reply { status: 429, retry_after: Some(5), body: Vec::new() },
            225..=234 => reply(502, Value::Null),
            235..=239 => reply(200, json!({"hotel": "Wi-Fi"})),
            240..=246 => failed(Failure::Network, Sent::No),
            247..=250 => failed(Failure::Timeout, Sent::Maybe),
            251..=255 => failed(Failure::Cancelled, Sent::Maybe),
        }
    }
}

fn reply(status: u16, body: Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Answer::Reply { status, retry_after: None, body }
}

fn failed(failure: Failure, sent: Sent) -> Answer {
    Answer::Failed { failure, sent, message: String::from("no answer") }
}
