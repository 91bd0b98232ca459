//! Polar's three license endpoints as typed requests and replies, and the judgement whether a reply is Polar's at all.
//! Knows no record and no policy: use it alone if all you want is the API.
//!
//! A reply counts as Polar's only if it has Polar's shape. A captive portal's page, a proxy's 403, a truncated body or
//! an answer about another key is [`Rejection::Unreachable`], never a no. `error` names are Polar's contract; the
//! `detail` text only chooses a [`Reason`] to show. Customer data in a reply is skipped, not read.
//!
//! ```
//! use polar_license::wire::{Rejection, Validate};
//! use polar_license::{Key, Reason, transport::Answer};
//!
//! let key = Key::parse("D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF")?;
//! let request = Validate::new(&key, "a0010000-0000-4000-8000-000000000001".parse().unwrap());
//! assert!(request.body().starts_with(r#"{"key":"D1E50001"#));
//!
//! let body = br#"{"error":"ResourceNotFound","detail":"License key has expired."}"#.to_vec();
//! let answer = Answer::Reply { status: 404, retry_after: None, body };
//! assert_eq!(request.read(&answer), Err(Rejection::Refused(Reason::Expired)));
//! # Ok::<(), polar_license::Error>(())
//! ```

use crate::error::{Error, ErrorKind};
use crate::json::{Json, Writer};
use crate::license::{Key, Problem, Reason};
use crate::text::{contains, decimal, parse_uuid, uuid};
use crate::time::Timestamp;
use crate::transport::{Answer, Sent};
use crate::values::Values;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// Asks whether a key is good. Counts usage if `increment_usage` is set: then it must not be sent twice.
#[derive(Clone, Debug)]
pub struct Validate {
    /// The license key.
    pub key: Key,
    /// The organization that sold it.
    pub organization_id: Uuid,
    /// The seat; without it Polar does not check any.
    pub activation_id: Option<Uuid>,
    /// Only good if the key is for this benefit.
    pub benefit_id: Option<Uuid>,
    /// Only good if the key is this customer's.
    pub customer_id: Option<Uuid>,
    /// How much usage to count, 1 to 2,147,483,647.
    pub increment_usage: Option<u32>,
    /// Compared as a whole with the activation's; ignored without `activation_id`.
    pub conditions: Values,
}

/// Takes a seat. Not idempotent: sent twice, it takes two.
#[derive(Clone, Debug)]
pub struct Activate {
    /// The license key.
    pub key: Key,
    /// The organization that sold it.
    pub organization_id: Uuid,
    /// What the vendor and the customer see beside the seat.
    pub label: String,
    /// What every validate of this activation must send.
    pub conditions: Values,
    /// Notes for the vendor.
    pub meta: Values,
}

/// Gives a seat up.
#[derive(Clone, Debug)]
pub struct Deactivate {
    /// The license key.
    pub key: Key,
    /// The organization that sold it.
    pub organization_id: Uuid,
    /// The seat.
    pub activation_id: Uuid,
}

/// A license key that Polar confirmed, without the key and without personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confirmed {
    /// Polar's id of the key; stays when the key is rotated.
    pub id: Uuid,
    /// What the key was sold as.
    pub benefit_id: Uuid,
    /// The seat that was asked about, or taken.
    pub activation_id: Option<Uuid>,
    /// How many devices may be active; `None` where the key needs no activation.
    pub limit_activations: Option<u32>,
    /// The most that may be consumed.
    pub limit_usage: Option<u32>,
    /// What has been consumed.
    pub usage: u32,
    /// When the key stops being valid.
    pub expires_at: Option<Timestamp>,
    /// Polar's clock when it answered.
    pub at: Timestamp,
}

/// A reply that is no yes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// Polar's own no.
    Refused(Reason),
    /// Fewer uses are left than were asked for.
    UsageExhausted,
    /// Polar found a part of the request malformed; a defect of the caller, never a denial.
    Invalid {
        /// Where, such as `body.activation_id`. Never what: Polar echoes the key.
        location: String,
    },
    /// Polar wants no request before this has passed.
    RateLimited(Duration),
    /// Polar did not answer, or something else did.
    Unreachable {
        /// `network`, `timeout`, `server` or `cancelled`.
        kind: ErrorKind,
        /// One line for people.
        message: String,
        /// Whether Polar may have done what was asked.
        maybe_applied: bool,
    },
}

/// What to wait after a 429 that says nothing readable, and the most to wait: Polar's block lasts 60 s.
const RETRY_AFTER: (u32, u32) = (60, 120);

macro_rules! path {
    ($operation:literal) => {
        concat!("/v1/customer-portal/license-keys/", $operation)
    };
}

impl Validate {
    /// The endpoint below the base URL.
    pub const PATH: &'static str = path!("validate");

    /// Asks about the key alone.
    pub fn new(key: &Key, organization_id: Uuid) -> Self {
        Self {
            key: key.clone(),
            organization_id,
            activation_id: None,
            benefit_id: None,
            customer_id: None,
            increment_usage: None,
            conditions: Values::default(),
        }
    }

    /// The JSON to send.
    pub fn body(&self) -> String {
        Members {
            activation_id: self.activation_id,
            benefit_id: self.benefit_id,
            customer_id: self.customer_id,
            increment_usage: self.increment_usage,
            conditions: Some(&self.conditions),
            ..Members::new(&self.key, self.organization_id)
        }
        .json()
    }

    /// Judges what came back.
    pub fn read(&self, answer: &Answer) -> Result<Confirmed, Rejection> {
        let call = if self.increment_usage.is_some() { Call::Consume } else { Call::Validate };
        call.read(&self.key, self.organization_id, self.activation_id, answer)
    }
}

impl Activate {
    /// The endpoint below the base URL.
    pub const PATH: &'static str = path!("activate");

    /// The JSON to send.
    pub fn body(&self) -> String {
        Members {
            label: Some(&self.label),
            conditions: Some(&self.conditions),
            meta: Some(&self.meta),
            ..Members::new(&self.key, self.organization_id)
        }
        .json()
    }

    /// Judges what came back. [`Reason::ActivationLimit`] is only a hint unless a validate without activation said
    /// yes just before.
    pub fn read(&self, answer: &Answer) -> Result<Confirmed, Rejection> {
        Call::Activate.read(&self.key, self.organization_id, None, answer)
    }
}

impl Deactivate {
    /// The endpoint below the base URL.
    pub const PATH: &'static str = path!("deactivate");

    /// The JSON to send.
    pub fn body(&self) -> String {
        Members { activation_id: Some(self.activation_id), ..Members::new(&self.key, self.organization_id) }.json()
    }

    /// Judges what came back. `Refused` means that Polar knows no such key or activation (any more).
    pub fn read(&self, answer: &Answer) -> Result<(), Rejection> {
        read_deactivate(answer)
    }
}

/// What any of the requests consists of. What is `None` or empty is not written: Polar wants an object or nothing, never
/// null.
pub(crate) struct Members<'a> {
    key: &'a Key,
    organization_id: Uuid,
    pub(crate) activation_id: Option<Uuid>,
    benefit_id: Option<Uuid>,
    customer_id: Option<Uuid>,
    pub(crate) increment_usage: Option<u32>,
    pub(crate) label: Option<&'a str>,
    pub(crate) conditions: Option<&'a Values>,
    pub(crate) meta: Option<&'a Values>,
}

impl<'a> Members<'a> {
    pub(crate) fn new(key: &'a Key, organization_id: Uuid) -> Self {
        Self {
            key,
            organization_id,
            activation_id: None,
            benefit_id: None,
            customer_id: None,
            increment_usage: None,
            label: None,
            conditions: None,
            meta: None,
        }
    }

    pub(crate) fn json(&self) -> String {
        let mut body = Writer::new();
        body.string("key", self.key.secret());
        let ids = [
            ("organization_id", Some(self.organization_id)),
            ("activation_id", self.activation_id),
            ("benefit_id", self.benefit_id),
            ("customer_id", self.customer_id),
        ];
        for (name, id) in ids {
            if let Some(id) = id {
                body.string(name, &uuid(id));
            }
        }
        if let Some(count) = self.increment_usage {
            body.number("increment_usage", count.into());
        }
        if let Some(label) = self.label {
            body.string("label", label);
        }
        for (name, values) in [("conditions", self.conditions), ("meta", self.meta)] {
            if let Some(values) = values.filter(|values| !values.is_empty()) {
                body.raw(name, &values.json());
            }
        }
        body.finish()
    }
}

/// What can be asked. The answers that Polar's contract names depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Validate,
    /// A validate that counts usage.
    Consume,
    Activate,
    Deactivate,
}

impl Call {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Validate | Self::Consume => Validate::PATH,
            Self::Activate => Activate::PATH,
            Self::Deactivate => Deactivate::PATH,
        }
    }

    /// Judges what came back from a validate or an activate with this key, and of this seat if there was one.
    pub(crate) fn read(
        self,
        key: &Key,
        organization_id: Uuid,
        seat: Option<Uuid>,
        answer: &Answer,
    ) -> Result<Confirmed, Rejection> {
        let reply = self.polar_reply(answer)?;
        self.confirmed(reply, key, organization_id, seat).ok_or_else(|| Rejection::foreign(200, self.changes_polar()))
    }

    /// Whether Polar may have done something although no answer came.
    fn changes_polar(self) -> bool {
        self != Self::Validate
    }

    /// The document of a reply with the status of success, or what the reply says instead.
    fn polar_reply(self, answer: &Answer) -> Result<Json<'_>, Rejection> {
        let (status, body) = match answer {
            Answer::Reply { status, body, .. } => (*status, body),
            Answer::Failed { failure, sent, message } => {
                let maybe_applied = *sent == Sent::Maybe && self.changes_polar();
                return Err(Rejection::Unreachable { kind: failure.kind(), message: message.clone(), maybe_applied });
            }
        };
        if let Some(wait) = rate_limit(answer) {
            return Err(Rejection::RateLimited(wait));
        }
        let document = Json::parse(body);
        if status == 200
            && self != Self::Deactivate
            && let Some(document) = document
        {
            return Ok(document);
        }
        let rejection = document.and_then(|document| self.rejection(document, status));
        Err(rejection.unwrap_or_else(|| Rejection::foreign(status, self.changes_polar())))
    }

    /// What a reply without success says, if it is Polar's.
    fn rejection(self, document: Json<'_>, status: u16) -> Option<Rejection> {
        let error = document.text("error")?;
        let detail = document.get("detail")?;
        Some(match (status, error.as_str(), self) {
            (422, "RequestValidationError", _) => Rejection::Invalid { location: location(detail)? },
            (400, "BadRequest", Self::Consume) => detail.string().map(|_| Rejection::UsageExhausted)?,
            (403, "NotPermitted", Self::Activate) | (404, "ResourceNotFound", _) => {
                Rejection::Refused(reason(status, &detail.string()?))
            }
            _ => return None,
        })
    }

    /// The license in a reply, if it is about what was asked.
    fn confirmed(self, reply: Json<'_>, key: &Key, organization_id: Uuid, seat: Option<Uuid>) -> Option<Confirmed> {
        let mut read = Reader { failed: false };
        let mut license = reply;
        let mut license_id = None;
        let mut activation_id = None;
        let at = if self == Self::Activate {
            license = read.member(reply, "license_key");
            license_id = Some(read.id(reply, "license_key_id"));
            activation_id = Some(read.id(reply, "id"));
            "created_at"
        } else {
            let activation = read.member(reply, "activation");
            if seat.is_some() {
                activation_id = Some(read.id(activation, "id"));
            }
            "last_validated_at"
        };
        let confirmed = Confirmed {
            id: read.id(license, "id"),
            benefit_id: read.id(license, "benefit_id"),
            activation_id,
            limit_activations: read.has(license, "limit_activations").then(|| read.count(license, "limit_activations")),
            limit_usage: read.has(license, "limit_usage").then(|| read.count(license, "limit_usage")),
            usage: read.count(license, "usage"),
            expires_at: read.has(license, "expires_at").then(|| read.time(license, "expires_at")),
            at: read.time(reply, at),
        };
        let is_it = license.text("key")? == key.secret()
            && read.id(license, "organization_id") == organization_id
            && license.text("status")? == "granted"
            && license_id.is_none_or(|id| id == confirmed.id)
            && (seat.is_none() || activation_id == seat);
        (is_it && !read.failed).then_some(confirmed)
    }
}

/// Reads members. Once one was not there or not valid it has `failed`, and what is returned means nothing; so that this is
/// asked once, at the end.
struct Reader {
    failed: bool,
}

impl Reader {
    fn valid<T: Default>(&mut self, value: Option<T>) -> T {
        self.failed |= value.is_none();
        value.unwrap_or_default()
    }

    fn member<'a>(&mut self, json: Json<'a>, name: &str) -> Json<'a> {
        self.valid(json.get(name))
    }

    fn id(&mut self, json: Json<'_>, name: &str) -> Uuid {
        self.valid(json.text(name).and_then(|text| parse_uuid(&text)))
    }

    /// Whether the member, which must be there, is not null.
    fn has(&mut self, json: Json<'_>, name: &str) -> bool {
        !self.member(json, name).is_null()
    }

    fn time(&mut self, json: Json<'_>, name: &str) -> Timestamp {
        self.valid(json.text(name).and_then(|text| Timestamp::parse(&text)))
    }

    /// A count that a merchant may have made negative or huge is held at the ends of its range.
    fn count(&mut self, json: Json<'_>, name: &str) -> u32 {
        let number = json.get(name).and_then(Json::integer);
        let number = self.valid(number);
        u32::try_from(number.max(0)).unwrap_or(u32::MAX)
    }
}

/// Judges what came back from a deactivate.
pub(crate) fn read_deactivate(answer: &Answer) -> Result<(), Rejection> {
    if matches!(answer, Answer::Reply { status: 204, body, .. } if body.is_empty()) {
        return Ok(());
    }
    Call::Deactivate.polar_reply(answer).map(drop)
}

/// How long Polar wants no request, if that is what it said.
pub(crate) fn rate_limit(answer: &Answer) -> Option<Duration> {
    let Answer::Reply { status: 429, retry_after, .. } = answer else { return None };
    let (default, most) = RETRY_AFTER;
    Some(Duration::from_secs(retry_after.unwrap_or(default).min(most).into()))
}

/// Polar's texts as recorded; another text is a no all the same.
fn reason(status: u16, detail: &str) -> Reason {
    let says = |part| contains(detail, part);
    if status == 404 && detail == "Not found" {
        Reason::NotFound
    } else if says("no longer active") {
        Reason::Inactive
    } else if says("has expired") {
        Reason::Expired
    } else if says("required conditions") {
        Reason::Conditions
    } else if says("given benefit") {
        Reason::Benefit
    } else if status == 403 && !says("does not support activations") {
        Reason::ActivationLimit
    } else {
        Reason::Refused
    }
}

/// `loc` of the first complaint, joined by dots, names only.
fn location(detail: Json<'_>) -> Option<String> {
    let first = detail.items()?.next()?;
    let mut location = String::new();
    for part in first.get("loc")?.items()?.filter_map(Json::string).take(4) {
        if !location.is_empty() {
            location.push('.');
        }
        location.push_str(&part);
    }
    Some(location)
}

impl Rejection {
    /// A whole reply that is not Polar's.
    fn foreign(status: u16, maybe_applied: bool) -> Self {
        let (kind, what, advice) = match status {
            500..=599 if status != 511 => (ErrorKind::Server, "Polar's server failed", ""),
            _ => (
                ErrorKind::Network,
                "something other than Polar answered",
                "; sign in to the network, or check the proxy",
            ),
        };
        let message = [what, " (HTTP ", &decimal(status.into(), 0), ")", advice].concat();
        Self::Unreachable { kind, message, maybe_applied }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(_) => ErrorKind::Refused,
            Self::UsageExhausted => ErrorKind::UsageExhausted,
            Self::Invalid { .. } => ErrorKind::InvalidArgument,
            Self::RateLimited(_) => ErrorKind::RateLimited,
            Self::Unreachable { kind, .. } => *kind,
        }
    }

    pub(crate) fn problem(&self) -> Problem {
        let retry_after = if let Self::RateLimited(wait) = self { Some(*wait) } else { None };
        Problem { retry_after, maybe_applied: self.maybe_applied(), ..Problem::new(self.kind(), self.text()) }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Refused(reason) => reason.refusal().to_owned(),
            Self::UsageExhausted => String::from("the license key has fewer uses left than were asked for"),
            Self::Invalid { location } => ["Polar found `", location, "` malformed; check the configuration"].concat(),
            Self::RateLimited(wait) => {
                ["Polar asks to wait ", &decimal(wait.as_secs(), 0), " seconds before the next request"].concat()
            }
            Self::Unreachable { message, .. } => message.clone(),
        }
    }

    /// Whether Polar may have done what was asked all the same.
    pub fn maybe_applied(&self) -> bool {
        matches!(self, Self::Unreachable { maybe_applied: true, .. })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for Rejection {}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        let reason = if let Rejection::Refused(reason) = rejection { Some(reason) } else { None };
        Self::of(rejection.problem(), reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Failure;

    const KEY: &str = "D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";
    const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
    const SEAT: &str = "ac700000-0000-4000-8000-000000000001";

    fn organization() -> Uuid {
        ORGANIZATION.parse().unwrap()
    }

    fn validate() -> Validate {
        Validate::new(&Key::parse(KEY).unwrap(), organization())
    }

    fn validate_seat() -> Validate {
        Validate { activation_id: Some(SEAT.parse().unwrap()), ..validate() }
    }

    fn consume() -> Validate {
        Validate { increment_usage: Some(3), ..validate() }
    }

    fn activate() -> Activate {
        let key = Key::parse(KEY).unwrap();
        let (conditions, meta) = (Values::default(), Values::default());
        Activate { key, organization_id: organization(), label: "Debian 12".into(), conditions, meta }
    }

    fn deactivate() -> Deactivate {
        let key = Key::parse(KEY).unwrap();
        Deactivate { key, organization_id: organization(), activation_id: SEAT.parse().unwrap() }
    }

    fn reply(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer::Reply { status, retry_after: None, body: body.into() }
    }

    /// What Polar answers to a validate, as recorded, with one member replaced.
    fn granted(member: &str, value: serde_json::Value) -> Vec<u8> {
        let mut body = serde_json::json!({
            "id": "1c010000-0000-4000-8000-000000000001", "organization_id": ORGANIZATION, "key": KEY,
            "benefit_id": "b0010000-0000-4000-8000-000000000001", "status": "granted", "limit_activations": 2,
            "usage": 1, "limit_usage": null, "last_validated_at": "2026-11-21T07:44:42.065675Z",
            "expires_at": "2099-06-30T12:34:56.789012Z", "activation": null,
            "customer": {"email": "ada.lovelace@example.com", "name": "Ada Lovelace"},
        });
        body[member] = value;
        serde_json::to_vec(&body).unwrap()
    }

    fn activated(member: &str, value: serde_json::Value) -> Vec<u8> {
        let key: serde_json::Value = serde_json::from_slice(&granted("usage", 0.into())).unwrap();
        let mut body = serde_json::json!({
            "id": SEAT, "license_key_id": "1c010000-0000-4000-8000-000000000001", "label": "Debian 12",
            "created_at": "2026-11-21T07:44:42Z", "license_key": key,
        });
        body[member] = value;
        serde_json::to_vec(&body).unwrap()
    }

    fn is_foreign<T>(result: Result<T, Rejection>) -> bool {
        matches!(result, Err(Rejection::Unreachable { .. }))
    }

    #[test]
    fn reads_a_yes_and_nothing_about_the_customer() {
        let confirmed = validate().read(&reply(200, granted("usage", 9.into()))).unwrap();
        assert_eq!((confirmed.usage, confirmed.limit_usage, confirmed.limit_activations), (9, None, Some(2)));
        assert_eq!(confirmed.at.to_string(), "2026-11-21T07:44:42.065Z");
        assert!(!format!("{confirmed:?}").contains("ada"));
        let seat = activate().read(&reply(200, activated("label", "x".into()))).unwrap();
        assert_eq!(seat.activation_id.unwrap().to_string(), SEAT);
        assert_eq!(deactivate().read(&reply(204, "")), Ok(()));
    }

    #[test]
    fn a_200_about_something_else_is_no_answer() {
        let null = || serde_json::Value::Null;
        let wrong = [
            ("key", "D1E50002-AAAA-4BBB-8CCC-DDDD0000EEF0".into()),
            ("organization_id", SEAT.into()),
            ("status", "revoked".into()),
            ("last_validated_at", "yesterday".into()),
            ("usage", null()),
            ("expires_at", "never".into()),
            ("limit_activations", "2".into()),
        ];
        for (member, value) in wrong {
            assert!(is_foreign(validate().read(&reply(200, granted(member, value)))), "{member}");
        }
        assert!(is_foreign(validate_seat().read(&reply(200, granted("activation", null())))));
        let other = serde_json::json!({"id": "ac700000-0000-4000-8000-000000000002"});
        assert!(is_foreign(validate_seat().read(&reply(200, granted("activation", other)))));
        assert!(is_foreign(activate().read(&reply(200, activated("license_key_id", SEAT.into())))));
        assert!(is_foreign(activate().read(&reply(200, activated("created_at", null())))));
        for body in ["", "{}", "null", "<html>Sign in</html>", "[1,2", "{\"error\":1}"] {
            assert!(is_foreign(validate().read(&reply(200, body))), "{body}");
        }
    }

    #[test]
    fn polar_says_no_in_these_forms_only() {
        let no = |error: &str, detail: &str| format!(r#"{{"error":"{error}","detail":"{detail}"}}"#);
        let cases = [
            (404, "ResourceNotFound", "Not found", Reason::NotFound),
            (404, "ResourceNotFound", "License key is no longer active.", Reason::Inactive),
            (404, "ResourceNotFound", "License key has expired.", Reason::Expired),
            (404, "ResourceNotFound", "License key does not match required conditions", Reason::Conditions),
            (404, "ResourceNotFound", "License key does not match given benefit.", Reason::Benefit),
            (404, "ResourceNotFound", "Something new.", Reason::Refused),
        ];
        for (status, error, detail, reason) in cases {
            let answer = reply(status, no(error, detail));
            assert_eq!(validate().read(&answer), Err(Rejection::Refused(reason)), "{detail}");
            assert_eq!(activate().read(&answer), Err(Rejection::Refused(reason)), "{detail}");
            assert_eq!(deactivate().read(&answer), Err(Rejection::Refused(reason)), "{detail}");
        }
        let not_permitted = [
            ("License key is no longer active. This license key can not be activated.", Reason::Inactive),
            ("License key has expired.", Reason::Expired),
            ("License key activation limit already reached", Reason::ActivationLimit),
            ("Limit words that changed", Reason::ActivationLimit),
            (
                "This license key does not support activations. Use the /validate endpoint instead to check license validity.",
                Reason::Refused,
            ),
        ];
        for (detail, reason) in not_permitted {
            let answer = reply(403, no("NotPermitted", detail));
            assert_eq!(activate().read(&answer), Err(Rejection::Refused(reason)), "{detail}");
            assert!(is_foreign(validate().read(&answer)), "a 403 is no word on a validate");
            assert!(is_foreign(deactivate().read(&answer)));
        }
        let exhausted = reply(400, no("BadRequest", "License key only has -2 more usages."));
        assert_eq!(consume().read(&exhausted), Err(Rejection::UsageExhausted));
        assert!(is_foreign(validate().read(&exhausted)), "usage was not asked about");
    }

    #[test]
    fn whatever_else_answers_is_not_polar() {
        let portal = "<html><form>Sign in to Airport Wi-Fi</form></html>";
        for status in [200, 204, 301, 302, 400, 401, 403, 404, 407, 411, 418, 500, 502, 503, 504, 511] {
            for body in [portal, "", "{\"detail\":\"Not Found\"}", "{\"error\":\"ResourceNotFound\"", "{}"] {
                let answer = reply(status, body);
                assert!(is_foreign(validate().read(&answer)), "{status} {body}");
                assert!(is_foreign(activate().read(&answer)), "{status} {body}");
                let gone = status == 204 && body.is_empty();
                assert_eq!(is_foreign(deactivate().read(&answer)), !gone, "{status} {body}");
            }
        }
        let as_object = reply(404, r#"{"error":"ResourceNotFound","detail":{"x":1}}"#);
        assert!(is_foreign(validate().read(&as_object)));
    }

    #[test]
    fn a_malformed_request_names_the_place_and_never_the_key() {
        let body = format!(
            r#"{{"error":"RequestValidationError","detail":[{{"type":"x","loc":["body","activation_id",3],"msg":"m","input":"{KEY}"}}]}}"#
        );
        let rejection = validate().read(&reply(422, body)).unwrap_err();
        assert_eq!(rejection, Rejection::Invalid { location: "body.activation_id".into() });
        assert!(!format!("{rejection:?} {rejection}").contains(KEY));
    }

    #[test]
    fn a_pause_is_never_longer_than_two_minutes() {
        for (retry_after, seconds) in [(None, 60), (Some(0), 0), (Some(42), 42), (Some(u32::MAX), 120)] {
            let answer = Answer::Reply { status: 429, retry_after, body: vec![] };
            let expected = Rejection::RateLimited(Duration::from_secs(seconds));
            assert_eq!(validate().read(&answer), Err(expected.clone()));
            assert_eq!(activate().read(&answer), Err(expected));
        }
    }

    #[test]
    fn only_what_never_left_was_certainly_not_applied() {
        let failed = |sent| Answer::Failed { failure: Failure::Timeout, sent, message: "slow".into() };
        assert!(!activate().read(&failed(Sent::No)).unwrap_err().maybe_applied());
        assert!(activate().read(&failed(Sent::Maybe)).unwrap_err().maybe_applied());
        assert!(consume().read(&reply(502, "")).unwrap_err().maybe_applied());
        assert!(!validate().read(&failed(Sent::Maybe)).unwrap_err().maybe_applied(), "it changes nothing");
    }

    #[test]
    fn sends_what_polar_takes() {
        let mut request = validate_seat();
        request.conditions.insert("device", "abc");
        request.increment_usage = Some(2);
        let sent: serde_json::Value = serde_json::from_str(&request.body()).unwrap();
        let expected = serde_json::json!({
            "key": KEY, "organization_id": ORGANIZATION, "activation_id": SEAT, "increment_usage": 2,
            "conditions": {"device": "abc"},
        });
        assert_eq!(sent, expected);
        let sent: serde_json::Value = serde_json::from_str(&activate().body()).unwrap();
        assert_eq!(sent, serde_json::json!({"key": KEY, "organization_id": ORGANIZATION, "label": "Debian 12"}));
    }
}
