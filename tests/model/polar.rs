//! A tiny Polar with keys, seats, a merchant and a true clock. It behaves as the real Polar was observed to behave (see
//! tools/mock-polar), is small enough to be checked by reading, and is independent of the library.

use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(crate) const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
pub(crate) const PRO: &str = "b0010000-0000-4000-8000-000000000001";
pub(crate) const TEAM: &str = "b0010000-0000-4000-8000-000000000002";

/// Personal data, which must never be shown, stored or logged.
pub(crate) const PERSONAL: [&str; 4] = ["ada.lovelace@example.com", "Ada Lovelace", "St James", "GB980780684"];

pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// The state of Polar.
pub(crate) struct Polar {
    pub(crate) keys: Vec<SoldKey>,
    seats_given: u128,
}

pub(crate) struct SoldKey {
    id: Uuid,
    pub(crate) text: String,
    /// The key's text before its first rotation.
    pub(crate) first_text: String,
    pub(crate) benefit: Uuid,
    pub(crate) status: Status,
    pub(crate) limit_activations: Option<u32>,
    pub(crate) limit_usage: Option<u32>,
    pub(crate) usage: u32,
    pub(crate) expires_at: Option<i64>,
    pub(crate) seats: Vec<PolarSeat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Granted,
    Revoked,
    Disabled,
}

pub(crate) struct PolarSeat {
    pub(crate) id: Uuid,
    pub(crate) label: String,
    conditions: Map<String, Value>,
}

/// An action of a merchant or a customer at polar.sh.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Revoke,
    Disable,
    Grant,
    Rotate,
    /// Removes the newest or the oldest activation in the portal.
    RemoveSeat {
        newest: bool,
    },
    LimitSeats(Option<u32>),
    /// Sets the expiry, in ms from now, or removes it.
    ExpireIn(Option<i64>),
}

/// The meaning of an answer, so that the test need not parse JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// Status 200 in reply to validate.
    Confirmed(Terms),
    /// Status 404 in reply to validate.
    Denied(DenialReason),
    /// Status 200 in reply to activate.
    SeatTaken(Terms),
    /// Status 403 or 404 in reply to activate.
    ActivationDenied(DenialReason),
    /// Status 204 in reply to deactivate.
    Released,
    /// Status 404 in reply to deactivate.
    SeatUnknown,
    /// Status 400 in reply to a validate that counts usage.
    UsageExhausted,
    /// Status 429: no request may be sent for this many seconds.
    Wait(u32),
    /// No answer from Polar: the request failed, or the reply came from somebody else.
    NoAnswer { maybe_applied: bool, kind: &'static str },
}

/// The terms of a key in a confirmation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms {
    pub(crate) at: i64,
    pub(crate) key: String,
    pub(crate) activation: Option<Uuid>,
    pub(crate) benefit: Uuid,
    pub(crate) limit_activations: Option<u32>,
    pub(crate) limit_usage: Option<u32>,
    pub(crate) usage: u32,
    pub(crate) expires_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DenialReason {
    NotFound,
    Inactive,
    Expired,
    Conditions,
    NoActivations,
    ActivationLimit,
}

/// An HTTP reply and its meaning.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) meaning: Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Validate,
    Activate,
    Deactivate,
}

impl Endpoint {
    pub(crate) fn of(url: &str) -> Option<Self> {
        let path = url.strip_prefix("https://api.polar.sh/v1/customer-portal/license-keys/")?;
        match path {
            "validate" => Some(Self::Validate),
            "activate" => Some(Self::Activate),
            "deactivate" => Some(Self::Deactivate),
            _ => None,
        }
    }
}

pub(crate) fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).expect("a UUID")
}

pub(crate) fn rfc3339(at: i64) -> String {
    polar_license::Timestamp::from_unix_ms(at).to_string()
}

/// The keys on sale, by their index in [`Polar::keys`].
pub(crate) const PLAIN: usize = 0;
pub(crate) const ONE_SEAT: usize = 1;
pub(crate) const TWO_SEATS: usize = 2;
pub(crate) const FIVE_USES: usize = 3;
pub(crate) const TEAM_PLAN: usize = 4;
pub(crate) const TEN_DAYS: usize = 5;
pub(crate) const KEYS: [usize; 6] = [PLAIN, ONE_SEAT, TWO_SEATS, FIVE_USES, TEAM_PLAN, TEN_DAYS];

impl Polar {
    pub(crate) fn new(now: i64) -> Self {
        let key = |place: usize, benefit: &str, limit_activations, limit_usage, expires_at| {
            let text = format!("MODEL-D1E5000{place}-AAAA-4BBB-8CCC-DDDD00{place}{place}{place}EEF");
            SoldKey {
                id: Uuid::from_u128(0x1c010000_0000_4000_8000_000000000000 | place as u128),
                first_text: text.clone(),
                text,
                benefit: id(benefit),
                status: Status::Granted,
                limit_activations,
                limit_usage,
                usage: 0,
                expires_at,
                seats: Vec::new(),
            }
        };
        let keys = vec![
            key(PLAIN, PRO, None, None, None),
            key(ONE_SEAT, PRO, Some(1), None, None),
            key(TWO_SEATS, PRO, Some(2), None, None),
            key(FIVE_USES, PRO, None, Some(5), None),
            key(TEAM_PLAN, TEAM, Some(2), None, None),
            key(TEN_DAYS, PRO, Some(1), None, Some(now + 10 * DAY)),
        ];
        Self { keys, seats_given: 0 }
    }

    /// Returns a second Polar, which gives different ids to its seats.
    pub(crate) fn elsewhere(now: i64) -> Self {
        Self { seats_given: 1 << 32, ..Self::new(now) }
    }

    pub(crate) fn with_seat(&self, seat: Uuid) -> Option<&SoldKey> {
        self.keys.iter().find(|key| key.seats.iter().any(|own| own.id == seat))
    }

    pub(crate) fn act(&mut self, place: usize, action: Action, now: i64) {
        let key = &mut self.keys[place];
        match action {
            Action::Revoke => key.status = Status::Revoked,
            Action::Disable => key.status = Status::Disabled,
            Action::Grant => key.status = Status::Granted,
            Action::Rotate => {
                let turned: u32 =
                    key.text.bytes().fold(7, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
                key.text = format!("MODEL-{turned:08X}-AAAA-4BBB-8CCC-DDDD{:06X}{place:02}", turned & 0xff_ffff);
            }
            Action::RemoveSeat { newest: false } if !key.seats.is_empty() => drop(key.seats.remove(0)),
            Action::RemoveSeat { .. } => drop(key.seats.pop()),
            Action::LimitSeats(limit) => key.limit_activations = limit,
            Action::ExpireIn(wait) => key.expires_at = wait.map(|wait| now + wait),
        }
    }

    /// Answers a request. Returns an error for a malformed request, to which the real Polar would answer 422.
    pub(crate) fn handle(&mut self, endpoint: Endpoint, body: &Value, now: i64) -> Result<Reply, String> {
        let malformed = |what: &str| format!("Polar would answer 422: {what}");
        let text = body["key"].as_str().ok_or_else(|| malformed("no key"))?.to_owned();
        if body["organization_id"] != ORGANIZATION {
            return Err(malformed("not our organization"));
        }
        let activation = match &body["activation_id"] {
            Value::Null => None,
            given => Some(given.as_str().and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(|| malformed("seat"))?),
        };
        let conditions = match &body["conditions"] {
            Value::Null if body.get("conditions").is_none() => Map::new(),
            Value::Object(given) => given.clone(),
            _ => return Err(malformed("conditions")),
        };
        let key = self.keys.iter_mut().find(|key| key.text == text);
        match endpoint {
            Endpoint::Validate => {
                let Some(key) = key else { return Ok(denial(DenialReason::NotFound)) };
                let increment = body.get("increment_usage").map_or(Some(0), Value::as_u64);
                let increment =
                    increment.and_then(|count| u32::try_from(count).ok()).ok_or_else(|| malformed("uses"))?;
                Ok(key.validate(activation, &conditions, increment, now))
            }
            Endpoint::Activate => {
                let Some(key) = key else { return Ok(activation_denied(404, DenialReason::NotFound)) };
                let label = body["label"].as_str().ok_or_else(|| malformed("no label"))?.to_owned();
                self.seats_given += 1;
                let seat = Uuid::from_u128(0x5ea70000_0000_4000_8000_000000000000 | self.seats_given);
                Ok(key.activate(PolarSeat { id: seat, label, conditions }, now))
            }
            Endpoint::Deactivate => {
                let seat = activation.ok_or_else(|| malformed("no activation_id"))?;
                let Some(key) = key else { return Ok(seat_unknown()) };
                let Some(at) = key.seats.iter().position(|own| own.id == seat) else { return Ok(seat_unknown()) };
                key.seats.remove(at);
                Ok(Reply { status: 204, body: String::new(), meaning: Meaning::Released })
            }
        }
    }
}

impl SoldKey {
    /// Validates the key in Polar's order: status, expiry, activation, conditions, usage.
    fn validate(&mut self, activation: Option<Uuid>, conditions: &Map<String, Value>, uses: u32, now: i64) -> Reply {
        if self.status != Status::Granted {
            return denial(DenialReason::Inactive);
        }
        if self.is_expired(now) {
            return denial(DenialReason::Expired);
        }
        if let Some(asked) = activation {
            let Some(seat) = self.seats.iter().find(|seat| seat.id == asked) else {
                return denial(DenialReason::NotFound);
            };
            if !seat.conditions.is_empty() && seat.conditions != *conditions {
                return denial(DenialReason::Conditions);
            }
        }
        if uses > 0 && self.limit_usage.is_some_and(|limit| self.usage + uses > limit) {
            let detail = format!("License key only has {} more usages.", self.limit_usage.unwrap_or(0) - self.usage);
            return Reply { status: 400, body: error("BadRequest", &detail), meaning: Meaning::UsageExhausted };
        }
        self.usage += uses;
        let mut body = self.json(now);
        body["activation"] = match activation.and_then(|asked| self.seats.iter().find(|seat| seat.id == asked)) {
            Some(seat) => json!({"id": seat.id.to_string(), "license_key_id": self.id.to_string(), "label": seat.label,
                "meta": {}, "created_at": rfc3339(now - DAY), "modified_at": null}),
            None => Value::Null,
        };
        Reply { status: 200, body: body.to_string(), meaning: Meaning::Confirmed(self.terms(activation, now)) }
    }

    fn activate(&mut self, seat: PolarSeat, now: i64) -> Reply {
        if self.status != Status::Granted {
            return activation_denied(403, DenialReason::Inactive);
        }
        if self.is_expired(now) {
            return activation_denied(403, DenialReason::Expired);
        }
        let Some(limit) = self.limit_activations else { return activation_denied(403, DenialReason::NoActivations) };
        if self.seats.len() >= limit as usize {
            return activation_denied(403, DenialReason::ActivationLimit);
        }
        let body = json!({"id": seat.id.to_string(), "license_key_id": self.id.to_string(), "label": seat.label, "meta": {},
            "created_at": rfc3339(now), "modified_at": null, "license_key": self.json(now)});
        let meaning = Meaning::SeatTaken(self.terms(Some(seat.id), now));
        self.seats.push(seat);
        Reply { status: 200, body: body.to_string(), meaning }
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    fn terms(&self, activation: Option<Uuid>, at: i64) -> Terms {
        Terms {
            at,
            key: self.text.clone(),
            activation,
            benefit: self.benefit,
            limit_activations: self.limit_activations,
            limit_usage: self.limit_usage,
            usage: self.usage,
            expires_at: self.expires_at,
        }
    }

    fn json(&self, now: i64) -> Value {
        let [email, name, street, tax] = PERSONAL;
        json!({
            "id": self.id.to_string(), "created_at": "2026-01-02T03:04:05.678901Z", "modified_at": rfc3339(now),
            "organization_id": ORGANIZATION, "user": {"email": email},
            "customer": {"email": email, "name": name, "billing_address": {"line1": format!("12 {street}'s Square")},
                "tax_id": [tax, "gb_vat"]},
            "benefit_id": self.benefit.to_string(), "key": self.text, "display_key": "****", "status": "granted",
            "limit_activations": self.limit_activations, "usage": self.usage, "limit_usage": self.limit_usage,
            "validations": 1, "last_validated_at": rfc3339(now), "expires_at": self.expires_at.map(rfc3339),
        })
    }
}

fn error(name: &str, detail: &str) -> String {
    json!({"error": name, "detail": detail}).to_string()
}

fn denial(why: DenialReason) -> Reply {
    let detail = match why {
        DenialReason::Inactive => "License key is no longer active.",
        DenialReason::Expired => "License key has expired.",
        DenialReason::Conditions => "License key does not match required conditions",
        DenialReason::NotFound | DenialReason::NoActivations | DenialReason::ActivationLimit => "Not found",
    };
    Reply { status: 404, body: error("ResourceNotFound", detail), meaning: Meaning::Denied(why) }
}

fn activation_denied(status: u16, why: DenialReason) -> Reply {
    let (name, detail) = match why {
        DenialReason::Inactive => {
            ("NotPermitted", "License key is no longer active. This license key can not be activated.")
        }
        DenialReason::Expired => ("NotPermitted", "License key has expired."),
        DenialReason::NoActivations => (
            "NotPermitted",
            "This license key does not support activations. Use the /validate endpoint instead to check license validity.",
        ),
        DenialReason::ActivationLimit => ("NotPermitted", "License key activation limit already reached"),
        DenialReason::NotFound | DenialReason::Conditions => ("ResourceNotFound", "Not found"),
    };
    Reply { status, body: error(name, detail), meaning: Meaning::ActivationDenied(why) }
}

fn seat_unknown() -> Reply {
    Reply { status: 404, body: error("ResourceNotFound", "Not found"), meaning: Meaning::SeatUnknown }
}
