//! Polar's three license endpoints as typed requests and replies, and the check that a reply comes from Polar at all.
//! The module neither stores licenses nor decides about access, so you can use it alone if you only need the API.
//!
//! A reply counts as Polar's only if it has Polar's shape. A captive portal's page, a proxy's 403, a truncated body or
//! a reply about another key is [`Cause::Unreachable`], never a denial. The name in the member `error` of a reply is
//! part of Polar's documented API, so it decides whether the reply is a denial. The text in the member `detail` may
//! change, so it only determines which [`Reason`] is shown. Customer data in a reply is skipped, not read.
//!
//! ```
//! use polar_license::wire::{Rejection, Validate};
//! use polar_license::{Key, Reason, transport::Answer};
//!
//! let key = Key::parse("D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF")?;
//! let request = Validate::new(&key, "a0010000-0000-4000-8000-000000000001".parse().unwrap());
//! assert!(request.body().starts_with(r#"{"key":"D1E50001"#));
//!
//! let answer = Answer::reply(404, r#"{"error":"ResourceNotFound","detail":"License key has expired."}"#);
//! assert_eq!(request.read(&answer), Err(Rejection::Denied(Reason::Expired)));
//! # Ok::<(), polar_license::Error>(())
//! ```

use crate::codes::{ErrorKind, Reason};
use crate::decision::Problem;
use crate::error::Error;
use crate::json::Json;
use crate::key::Key;
use crate::license::Terms;
use crate::purchase::{Order, Purchase, Subscription};
use crate::reply::{Field, Last, Object, count, id, time};
use crate::retry_headers::block;
use crate::text::printable;
use crate::texts::{Text, Texts};
use crate::time::{Timestamp, milliseconds};
use crate::transport::{Answer, Sent};
use crate::values::Values;
use serde::Serialize;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// A request to validate a key. If `increment_usage` is set, the request also counts usage, and must not be sent twice.
#[derive(Clone, Debug)]
pub struct Validate {
    /// The license key.
    pub key: Key,
    /// The organization that sold the key.
    pub organization_id: Uuid,
    /// The id of the seat. If it is not set, Polar checks only the key.
    pub activation_id: Option<Uuid>,
    /// The benefit that the key must be for.
    pub benefit_id: Option<Uuid>,
    /// The customer that the key must belong to.
    pub customer_id: Option<Uuid>,
    /// The number of uses to count, from 1 to 2,147,483,647.
    pub increment_usage: Option<u32>,
    /// The conditions that Polar compares with those of the activation. Polar denies the license if the two
    /// differ. If `activation_id` is not set, Polar ignores the conditions.
    pub conditions: Values,
}

/// A request to take a seat. It is not idempotent: if it is sent twice, it takes two seats.
#[derive(Clone, Debug)]
pub struct Activate {
    /// The license key.
    pub key: Key,
    /// The organization that sold the key.
    pub organization_id: Uuid,
    /// The label that the vendor and the customer see beside the seat.
    pub label: String,
    /// The conditions of this activation. Every later validation must send the same conditions.
    pub conditions: Values,
    /// Notes for the vendor.
    pub meta: Values,
}

/// A request to release a seat.
#[derive(Clone, Debug)]
pub struct Deactivate {
    /// The license key.
    pub key: Key,
    /// The organization that sold the key.
    pub organization_id: Uuid,
    /// The seat.
    pub activation_id: Uuid,
}

/// Polar's confirmation of a license key. It contains neither the key itself nor personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confirmed {
    /// Polar's description of the license.
    pub terms: Terms,
    /// The seat that the request named, or the seat that the activation took.
    pub activation_id: Option<Uuid>,
    /// The time on Polar's clock when Polar answered.
    pub at: Timestamp,
}

/// The reason why a request got no confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Polar denies the license or the request.
    Denied(Reason),
    /// Polar neither confirmed nor denied the license. Contains the cause.
    NotAnswered(Cause),
}

/// The reason why Polar neither confirmed nor denied a license.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The key has fewer uses left than requested.
    UsageExhausted,
    /// Polar found a part of the request malformed: a bug in the caller, never a denial.
    Invalid {
        /// The location of the invalid part, such as `body.activation_id`. Never contains the part's value, because
        /// Polar echoes values and one of them is the key.
        location: String,
    },
    /// Polar refuses all requests for this long.
    RateLimited(Duration),
    /// No answer from Polar arrived: there was none at all, or it came from another server.
    Unreachable {
        /// `network`, `timeout`, `server` or `cancelled`.
        kind: ErrorKind,
        /// A message for people, in one line.
        message: String,
        /// Whether Polar may have applied the request although no answer from Polar arrived.
        maybe_applied: bool,
    },
}

/// The seconds to wait after a reply with status 429 that does not say how long to wait. Polar's block for these
/// endpoints lasts 60 s.
const RETRY_AFTER_S: u32 = 60;

macro_rules! path {
    ($operation:literal) => {
        concat!("/v1/customer-portal/license-keys/", $operation)
    };
}

impl Validate {
    /// The path of the endpoint, which is appended to the base URL.
    pub const PATH: &'static str = path!("validate");

    /// Creates a request about the key, without a seat.
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

    /// Returns the JSON to send.
    pub fn body(&self) -> String {
        Body {
            activation_id: self.activation_id,
            benefit_id: self.benefit_id,
            customer_id: self.customer_id,
            increment_usage: self.increment_usage,
            conditions: Some(&self.conditions),
            ..Body::new(&self.key, self.organization_id)
        }
        .json()
    }

    /// Reads the reply.
    pub fn read(&self, answer: &Answer) -> Result<Confirmed, Rejection> {
        let call = if self.increment_usage.is_some() { Call::Consume } else { Call::Validate };
        let reply = call.success(answer)?;
        let last = Last::default();
        self.confirmed(Object::new(reply, &last)).ok_or_else(|| call.not_polar(200, last.get()))
    }

    fn confirmed(&self, reply: Object<'_, '_>) -> Option<Confirmed> {
        let terms = granted(reply, &self.key, self.organization_id, None)?;
        let at = reply.read("last_validated_at", time)?;
        if let Some(seat) = self.activation_id
            && reply.object("activation.", "activation")?.read("id", id)? != seat
        {
            return None;
        }
        let terms = Terms { purchase: purchase(reply), ..terms };
        Some(Confirmed { terms, activation_id: self.activation_id, at })
    }
}

impl Activate {
    /// The path of the endpoint, which is appended to the base URL.
    pub const PATH: &'static str = path!("activate");

    /// Returns the JSON to send.
    pub fn body(&self) -> String {
        Body {
            label: Some(&self.label),
            conditions: Some(&self.conditions),
            meta: Some(&self.meta),
            ..Body::new(&self.key, self.organization_id)
        }
        .json()
    }

    /// Reads the reply. The reason [`Reason::ActivationLimit`] is certain only if Polar confirmed the key alone,
    /// without a seat, just before this request. Polar names the reason for a denial only in a text that may change,
    /// and some unknown texts are read as this reason.
    pub fn read(&self, answer: &Answer) -> Result<Confirmed, Rejection> {
        self.read_after(None, answer)
    }

    /// Reads the reply to an activation. `before` is Polar's confirmation of the key just before the activation. A
    /// successful activation has already taken the seat, so its reply counts even if members other than the seat's id
    /// are missing. Missing members are taken from `before`.
    pub(crate) fn read_after(&self, before: Option<&Confirmed>, answer: &Answer) -> Result<Confirmed, Rejection> {
        let reply = Call::Activate.success(answer)?;
        let last = Last::default();
        self.confirmed(Object::new(reply, &last), before).ok_or_else(|| Call::Activate.not_polar(200, last.get()))
    }

    fn confirmed(&self, reply: Object<'_, '_>, before: Option<&Confirmed>) -> Option<Confirmed> {
        let license = reply.object("license_key.", "license_key");
        let terms = match license {
            Some(license) => granted(license, &self.key, self.organization_id, before.map(|before| &before.terms))?,
            None => before?.terms.clone(),
        };
        let seat = reply.read("id", id)?;
        let at = reply.read("created_at", time).or(before.map(|before| before.at))?;
        // the reply must name the key, or the key's id, to show that it is about this key
        let is_this_key = match reply.read("license_key_id", id) {
            Some(license_id) => license_id == terms.license_id || (license.is_some() && terms.license_id.is_nil()),
            None => license.is_some(),
        };
        is_this_key.then_some(Confirmed { terms, activation_id: Some(seat), at })
    }
}

impl Deactivate {
    /// The path of the endpoint, which is appended to the base URL.
    pub const PATH: &'static str = path!("deactivate");

    /// Returns the JSON to send.
    pub fn body(&self) -> String {
        Body { activation_id: Some(self.activation_id), ..Body::new(&self.key, self.organization_id) }.json()
    }

    /// Reads the reply. `Denied` means that Polar does not know this key or activation, or no longer knows it.
    pub fn read(&self, answer: &Answer) -> Result<(), Rejection> {
        match answer {
            Answer::Reply { status: 204, body, .. } if body.is_empty() => Ok(()),
            Answer::Reply { .. } | Answer::Failed { .. } => Err(Call::Deactivate.rejection(answer)),
        }
    }
}

/// The members of all requests. `None`, empty `conditions` and empty `meta` are left out, because Polar does not accept
/// null.
#[derive(Serialize)]
struct Body<'a> {
    key: &'a str,
    organization_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    activation_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    benefit_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    increment_usage: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "is_absent")]
    conditions: Option<&'a Values>,
    #[serde(skip_serializing_if = "is_absent")]
    meta: Option<&'a Values>,
}

impl<'a> Body<'a> {
    fn new(key: &'a Key, organization_id: Uuid) -> Self {
        Self {
            key: key.secret(),
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

    fn json(&self) -> String {
        // an object of named strings, numbers and booleans can always be written as JSON
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn is_absent(values: &Option<&Values>) -> bool {
    values.is_none_or(Values::is_empty)
}

/// The kind of request. Polar's possible answers depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Validate,
    /// A validate that counts usage.
    Consume,
    Activate,
    Deactivate,
}

impl Call {
    /// Returns the JSON document of a reply with status 200, or the rejection for any other answer.
    fn success(self, answer: &Answer) -> Result<Json<'_>, Rejection> {
        if let Answer::Reply { status: 200, body, .. } = answer
            && let Some(document) = Json::parse(body)
        {
            return Ok(document);
        }
        Err(self.rejection(answer))
    }

    /// Returns the rejection for an answer that is not a success.
    fn rejection(self, answer: &Answer) -> Rejection {
        let (status, body) = match answer {
            Answer::Reply { status, body, .. } => (*status, body),
            Answer::Failed { failure, sent, message } => {
                let maybe_applied = *sent == Sent::Maybe && self.changes_polar();
                let (kind, message) = (failure.kind(), printable(message));
                return Rejection::NotAnswered(Cause::Unreachable { kind, message, maybe_applied });
            }
        };
        if let Some(wait) = rate_limit(answer) {
            return Rejection::NotAnswered(Cause::RateLimited(wait));
        }
        let last = Last::default();
        let named = Json::parse(body).and_then(|document| self.named(Object::new(document, &last), status));
        named.unwrap_or_else(|| self.not_polar(status, last.get()))
    }

    /// Returns the rejection for an error that Polar's API documents, or `None` if the reply is something else.
    fn named(self, document: Object<'_, '_>, status: u16) -> Option<Rejection> {
        let error = document.text("error")?;
        Some(match (status, error.as_str()) {
            (422, "RequestValidationError") => Rejection::NotAnswered(Cause::Invalid { location: location(document)? }),
            (400, "BadRequest") if self == Self::Consume => {
                document.text("detail")?;
                Rejection::NotAnswered(Cause::UsageExhausted)
            }
            (403, "NotPermitted") if self == Self::Activate => {
                Rejection::Denied(Reason::of_polar(status, &document.text("detail")?))
            }
            (404, "ResourceNotFound") => Rejection::Denied(Reason::of_polar(status, &document.text("detail")?)),
            _ => return None,
        })
    }

    /// Returns the rejection for a complete reply that is not Polar's. If the reply is an object, `field` is the first
    /// member that shows this.
    fn not_polar(self, status: u16, field: Option<Field>) -> Rejection {
        Rejection::NotAnswered(not_polar(status, field, self.changes_polar()))
    }

    /// Returns `true` for a call that changes something at Polar. If no answer to such a call arrives, Polar may have
    /// made the change all the same.
    fn changes_polar(self) -> bool {
        match self {
            Self::Validate => false,
            Self::Consume | Self::Activate | Self::Deactivate => true,
        }
    }
}

/// Describes a complete reply that is not Polar's. If the reply is an object, `field` is the first member that shows
/// this.
pub(crate) fn not_polar(status: u16, field: Option<Field>, maybe_applied: bool) -> Cause {
    let (kind, message) = match (status, field) {
        (500..=599, _) if status != 511 => (ErrorKind::Server, format!("Polar's server failed (HTTP {status})")),
        (_, Some(field)) => (
            ErrorKind::Network,
            format!("something other than Polar answered (HTTP {status}, {field}); check the network and the proxy"),
        ),
        (_, None) => (
            ErrorKind::Network,
            format!("something other than Polar answered (HTTP {status}); sign in to the network, or check the proxy"),
        ),
    };
    Cause::Unreachable { kind, message, maybe_applied }
}

/// Returns the time for which Polar accepts no more requests, or `None` if the answer is not a 429. Assumes
/// `RETRY_AFTER_S` if the 429 does not say how long to wait.
pub(crate) fn rate_limit(answer: &Answer) -> Option<Duration> {
    let Answer::Reply { status: 429, retry_after, .. } = answer else { return None };
    Some(block(retry_after.unwrap_or(RETRY_AFTER_S)))
}

/// Reads the terms from a license key object. Returns `None` unless the object is about this key of this organization
/// and has the status `granted`.
///
/// `before` holds the terms that Polar confirmed just before. It provides the value of a member that is missing in the
/// object. Without `before`, the benefit is required, and other missing members count as null.
fn granted(license: Object<'_, '_>, key: &Key, organization_id: Uuid, before: Option<&Terms>) -> Option<Terms> {
    if license.text("key")? != key.secret()
        || license.read("organization_id", id)? != organization_id
        || license.text("status")? != "granted"
    {
        return None;
    }
    let benefit_id = license.read("benefit_id", id).or(before.map(|before| before.benefit_id))?;
    let before = before.cloned().unwrap_or_default();
    Some(Terms {
        license_id: license.read("id", id).unwrap_or(before.license_id),
        benefit_id,
        limit_activations: optional(license, "limit_activations", count, before.limit_activations),
        limit_usage: optional(license, "limit_usage", count, before.limit_usage),
        usage: license.read("usage", count).unwrap_or(before.usage),
        expires_at: optional(license, "expires_at", time, before.expires_at),
        created_at: optional(license, "created_at", time, before.created_at),
        purchase: before.purchase,
    })
}

/// Reads a member that can be null. If the member is missing, returns `before`. If the member is null, returns `None`,
/// because null means that there is no value.
fn optional<'a, T>(
    license: Object<'a, '_>,
    name: &'static str,
    read: impl Fn(Json<'a>) -> Option<T>,
    before: Option<T>,
) -> Option<T> {
    license.get(name).map_or(before, read)
}

/// Reads the purchase of a license key. Only newer versions of Polar describe purchases. Returns `None` if the purchase
/// cannot be read. Reads no ids, and nothing about the customer.
fn purchase(license: Object<'_, '_>) -> Option<Purchase> {
    let subscription = license.object("subscription.", "subscription").and_then(subscription);
    let order = license.object("order.", "order").and_then(order);
    subscription.map(Purchase::Subscription).or(order.map(Purchase::Order))
}

fn subscription(object: Object<'_, '_>) -> Option<Subscription> {
    Some(Subscription {
        status: object.read("status", status)?.into(),
        cancels_at_period_end: object.read("cancel_at_period_end", Json::boolean)?,
        current_period_end: object.read("current_period_end", time),
        ends_at: object.read("ends_at", time),
    })
}

fn order(object: Object<'_, '_>) -> Option<Order> {
    Some(Order {
        status: object.read("status", status)?.into(),
        paid: object.read("paid", Json::boolean)?,
        created_at: object.read("created_at", time)?,
    })
}

/// Reads the name of a status. The user may see it even if this version does not know the name, so the name is
/// shortened and its control characters are replaced.
fn status(json: Json<'_>) -> Option<String> {
    const MOST: usize = 64;
    Some(printable(&json.string()?.chars().take(MOST).collect::<String>()))
}

/// Returns the place of the value that Polar refused: the names in the `loc` of the first entry in `detail`, joined by
/// dots. Leaves out the rest of the reply, because Polar repeats the refused values in it, such as the key. Stops
/// before a name that this library's requests do not contain, because the reply may come from an intermediary and
/// contain anything.
fn location(document: Object<'_, '_>) -> Option<String> {
    let first = document.items("detail[].", "detail")?.next()?;
    let names: Vec<String> =
        first.get("loc")?.items()?.map_while(Json::string).take_while(|name| is_ours(name)).collect();
    Some(if names.is_empty() { String::from("body") } else { names.join(".") })
}

fn is_ours(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "body",
        "key",
        "organization_id",
        "activation_id",
        "benefit_id",
        "customer_id",
        "increment_usage",
        "label",
        "conditions",
        "meta",
    ];
    NAMES.contains(&name)
}

impl Rejection {
    /// Returns the kind of the error for this rejection.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(_) => ErrorKind::Refused,
            Self::NotAnswered(cause) => cause.kind(),
        }
    }

    /// Returns `true` if Polar may have applied the request although no confirmation arrived.
    pub fn maybe_applied(&self) -> bool {
        match self {
            Self::Denied(_) => false,
            Self::NotAnswered(cause) => cause.maybe_applied(),
        }
    }

    /// Returns the error for this rejection, with one of the app's texts as its message. The message assumes that the
    /// user has just entered the key.
    pub(crate) fn into_error(self, texts: &Texts) -> Error {
        match self {
            Self::Denied(reason) => Error::refused(texts, reason),
            Self::NotAnswered(cause) => cause.into_error(texts),
        }
    }
}

impl Cause {
    /// Returns the kind of the error for this cause.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UsageExhausted => ErrorKind::UsageExhausted,
            Self::Invalid { .. } => ErrorKind::InvalidArgument,
            Self::RateLimited(_) => ErrorKind::RateLimited,
            Self::Unreachable { kind, .. } => *kind,
        }
    }

    /// Returns `true` if Polar may have applied the request although no confirmation arrived.
    pub(crate) fn maybe_applied(&self) -> bool {
        match self {
            Self::Unreachable { maybe_applied, .. } => *maybe_applied,
            Self::UsageExhausted | Self::Invalid { .. } | Self::RateLimited(_) => false,
        }
    }

    pub(crate) fn problem(&self, texts: &Texts) -> Problem {
        let text = match self {
            Self::RateLimited(wait) => return Problem::busy(texts, *wait),
            Self::Invalid { .. } => Text::RequestUnreadable,
            Self::UsageExhausted | Self::Unreachable { .. } => self.kind().text(),
        };
        Problem {
            kind: self.kind(),
            message: texts.get(text).to_owned(),
            detail: self.to_string(),
            retry_after: None,
            maybe_applied: self.maybe_applied(),
        }
    }

    /// Returns the error for this cause, worded with the app's texts.
    pub(crate) fn into_error(self, texts: &Texts) -> Error {
        Error::of(self.problem(texts), None)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(reason) => f.write_str(reason.refusal()),
            Self::NotAnswered(cause) => cause.fmt(f),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsageExhausted => f.write_str("the license key has fewer uses left than were asked for"),
            Self::Invalid { location } => write!(f, "Polar found `{location}` malformed; check the configuration"),
            Self::RateLimited(wait) => {
                write!(f, "Polar limits requests; the next one may leave in {} ms", milliseconds(*wait))
            }
            Self::Unreachable { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for Rejection {}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        rejection.into_error(&Texts::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(target_family = "wasm"))]
    use crate::reply::contract::Contract;
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
        Answer::reply(status, body)
    }

    /// Returns a recorded reply in which Polar confirms a key. The value of one member is replaced by `value`.
    fn granted(member: &str, value: serde_json::Value) -> Vec<u8> {
        let mut body = serde_json::json!({
            "id": "1c010000-0000-4000-8000-000000000001", "organization_id": ORGANIZATION, "key": KEY,
            "benefit_id": "b0010000-0000-4000-8000-000000000001", "status": "granted", "limit_activations": 2,
            "usage": 1, "limit_usage": null, "last_validated_at": "2026-11-21T07:44:42.065675Z",
            "expires_at": "2099-06-30T12:34:56.789012Z", "activation": null, "created_at": "2026-01-02T03:04:05.678901Z",
            "customer": {"email": "ada.lovelace@example.com", "name": "Ada Lovelace"},
            "subscription": {
                "status": "active", "current_period_end": "2026-12-21T00:00:00Z", "cancel_at_period_end": false,
                "ends_at": "2027-12-21T00:00:00Z",
            },
            "order": {"status": "paid", "paid": true, "created_at": "2026-01-02T03:04:05.678901Z"},
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
        matches!(result, Err(Rejection::NotAnswered(Cause::Unreachable { .. })))
    }

    #[test]
    fn reads_a_confirmation_and_nothing_about_the_customer() {
        let confirmed = validate().read(&reply(200, granted("usage", 9.into()))).unwrap();
        assert_eq!(
            (confirmed.terms.usage, confirmed.terms.limit_usage, confirmed.terms.limit_activations),
            (9, None, Some(2))
        );
        assert_eq!(confirmed.at.to_string(), "2026-11-21T07:44:42.065Z");
        assert!(!format!("{confirmed:?}").contains("ada"));
        let seat = activate().read(&reply(200, activated("label", "x".into()))).unwrap();
        assert_eq!(seat.activation_id.unwrap().to_string(), SEAT);
        assert_eq!(deactivate().read(&reply(204, "")), Ok(()));
    }

    /// Checks that reading Polar's replies uses the members that DESIGN.md lists, and no others.
    #[cfg(not(target_family = "wasm"))]
    #[test]
    fn the_license_endpoints_use_the_members_that_the_design_lists() {
        let mut contract = Contract::below("The license endpoints:");
        let text = |body: &serde_json::Value| body.to_string();
        let seat = serde_json::json!({ "id": SEAT });
        let validated = serde_json::from_slice(&granted("activation", seat)).unwrap();
        contract.check("validate 200", &validated, &|body| validate_seat().read(&reply(200, text(body))).is_ok());
        let before = validate().read(&reply(200, granted("usage", 1.into()))).unwrap();
        let activated = serde_json::from_slice(&activated("label", "x".into())).unwrap();
        contract.check("activate 200", &activated, &|body| {
            activate().read_after(Some(&before), &reply(200, text(body))).is_ok()
        });
        contract.check("deactivate 204", &serde_json::json!({}), &|_| deactivate().read(&reply(204, "")).is_ok());
        let denial = serde_json::json!({ "error": "ResourceNotFound", "detail": "Not found" });
        contract.check("400, 403, 404", &denial, &|body| {
            let of = |status, error: &str| {
                let mut body = body.clone();
                if let Some(name) = body.get_mut("error") {
                    *name = error.into();
                }
                reply(status, text(&body))
            };
            !is_foreign(validate().read(&of(404, "ResourceNotFound")))
                && !is_foreign(activate().read(&of(403, "NotPermitted")))
                && !is_foreign(consume().read(&of(400, "BadRequest")))
        });
        let malformed =
            serde_json::json!({ "error": "RequestValidationError", "detail": [{ "loc": ["body", "key"] }] });
        contract.check("422", &malformed, &|body| !is_foreign(validate().read(&reply(422, text(body)))));
        contract.end();
    }

    #[test]
    fn a_200_with_another_body_is_not_a_confirmation() {
        let null = || serde_json::Value::Null;
        let wrong = [
            ("key", "D1E50002-AAAA-4BBB-8CCC-DDDD0000EEF0".into()),
            ("organization_id", SEAT.into()),
            ("status", "revoked".into()),
            ("status", "something new".into()),
            ("last_validated_at", "yesterday".into()),
            ("benefit_id", null()),
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
    fn an_optional_member_that_cannot_be_read_is_null() {
        let members = ["id", "limit_activations", "limit_usage", "usage", "expires_at", "created_at", "activation"];
        for (member, value) in
            members.into_iter().flat_map(|member| [(member, "new".into()), (member, [KEY][..].into())])
        {
            let read = validate().read(&reply(200, granted(member, value))).unwrap();
            let whole = validate().read(&reply(200, granted("customer", serde_json::Value::Null))).unwrap();
            let expected = Terms {
                license_id: if member == "id" { Uuid::nil() } else { whole.terms.license_id },
                limit_activations: whole.terms.limit_activations.filter(|_| member != "limit_activations"),
                usage: if member == "usage" { 0 } else { whole.terms.usage },
                expires_at: whole.terms.expires_at.filter(|_| member != "expires_at"),
                created_at: whole.terms.created_at.filter(|_| member != "created_at"),
                ..whole.terms
            };
            assert_eq!(read, Confirmed { terms: expected, ..whole }, "{member}");
        }
    }

    #[test]
    fn members_missing_in_an_activation_are_those_of_the_validate_before() {
        let before = validate().read(&reply(200, granted("usage", 1.into()))).unwrap();
        let read = |body: Vec<u8>| activate().read_after(Some(&before), &reply(200, body));
        let whole = read(activated("label", "x".into())).unwrap();
        for (member, value) in [("created_at", "now".into()), ("license_key_id", [SEAT][..].into())] {
            let seat = read(activated(member, value)).unwrap();
            assert_eq!((&seat.terms, seat.activation_id), (&whole.terms, whole.activation_id), "{member}");
        }
        let bare = read(activated("license_key", serde_json::Value::Null)).unwrap();
        assert_eq!((&bare.terms, bare.activation_id), (&before.terms, whole.activation_id));
        // these replies are about another key, or about no key
        let nothing = serde_json::json!({ "id": SEAT });
        assert!(is_foreign(read(nothing.to_string().into_bytes())));
        let other = serde_json::json!({ "id": SEAT, "license_key_id": SEAT });
        assert!(is_foreign(read(other.to_string().into_bytes())));
    }

    #[test]
    fn a_reply_that_is_nearly_polars_is_refused_with_the_name_of_the_field() {
        let detail = |result: Result<Confirmed, Rejection>| result.unwrap_err().to_string();
        for name in ["key", "organization_id", "benefit_id", "status", "last_validated_at"] {
            let mut without: serde_json::Value = serde_json::from_slice(&granted("usage", 1.into())).unwrap();
            without.as_object_mut().unwrap().remove(name);
            let missing = detail(validate().read(&reply(200, without.to_string())));
            assert!(missing.contains(&format!("`{name}` is missing")), "{missing}");
            let wrong = detail(validate().read(&reply(200, granted(name, serde_json::json!([KEY])))));
            assert!(wrong.contains(&format!("`{name}` is not what Polar answers here")), "{wrong}");
            assert!(!wrong.contains(KEY), "{wrong}");
        }
        let seat = detail(validate_seat().read(&reply(200, granted("activation", serde_json::json!({})))));
        assert!(seat.contains("`activation.id` is missing"), "{seat}");
        let unlicensed = serde_json::json!({ "key": KEY, "organization_id": ORGANIZATION });
        let nested = detail(activate().read(&reply(200, activated("license_key", unlicensed))));
        assert!(nested.contains("`license_key.status` is missing"), "{nested}");
        for (body, named) in [
            (r#"{"detail":"Not found"}"#, "`error` is missing"),
            (r#"{"error":"NotFound","detail":"Not found"}"#, "`error` is not what Polar answers here"),
            (r#"{"error":"ResourceNotFound","detail":{"name":"Ada"}}"#, "`detail` is not what Polar answers here"),
        ] {
            let denied = detail(validate().read(&reply(404, body)));
            assert!(denied.contains(named) && !denied.contains("Ada"), "{denied}");
        }
        let page = detail(validate().read(&reply(200, "<html></html>")));
        assert!(page.ends_with("(HTTP 200); sign in to the network, or check the proxy"), "{page}");
    }

    #[test]
    fn polar_denies_in_these_forms_only() {
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
            assert_eq!(validate().read(&answer), Err(Rejection::Denied(reason)), "{detail}");
            assert_eq!(activate().read(&answer), Err(Rejection::Denied(reason)), "{detail}");
            assert_eq!(deactivate().read(&answer), Err(Rejection::Denied(reason)), "{detail}");
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
            assert_eq!(activate().read(&answer), Err(Rejection::Denied(reason)), "{detail}");
            assert!(is_foreign(validate().read(&answer)), "a 403 is no answer to a validate");
            assert!(is_foreign(deactivate().read(&answer)));
        }
        let exhausted = reply(400, no("BadRequest", "License key only has -2 more usages."));
        assert_eq!(consume().read(&exhausted), Err(Rejection::NotAnswered(Cause::UsageExhausted)));
        assert!(is_foreign(validate().read(&exhausted)), "usage was not asked about");
    }

    #[test]
    fn any_other_answer_is_not_polars() {
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
    fn a_malformed_request_names_the_location_and_never_the_key() {
        let body = format!(
            r#"{{"error":"RequestValidationError","detail":[{{"type":"x","loc":["body","activation_id",3],"msg":"m","input":"{KEY}"}}]}}"#
        );
        let rejection = validate().read(&reply(422, body)).unwrap_err();
        assert_eq!(rejection, Rejection::NotAnswered(Cause::Invalid { location: "body.activation_id".into() }));
        assert!(!format!("{rejection:?} {rejection}").contains(KEY));
    }

    #[test]
    fn an_echoed_value_of_a_malformed_request_is_never_shown() {
        let hostile = [
            serde_json::json!([KEY]),
            serde_json::json!(["body", KEY, "label"]),
            serde_json::json!(["body", "\u{1b}[2J", "key"]),
            serde_json::json!(["x".repeat(100_000)]),
            serde_json::json!([["body"], "key"]),
            serde_json::json!([]),
        ];
        for loc in hostile {
            let body = serde_json::json!({"error": "RequestValidationError", "detail": [{"loc": loc}]}).to_string();
            let rejection = validate().read(&reply(422, body)).unwrap_err();
            assert_eq!(rejection, Rejection::NotAnswered(Cause::Invalid { location: "body".into() }), "{loc}");
        }
        let all: Vec<&str> = vec!["body", "conditions", "organization_id"];
        let body = serde_json::json!({"error": "RequestValidationError", "detail": [{"loc": all}]}).to_string();
        let rejection = validate().read(&reply(422, body)).unwrap_err();
        assert_eq!(
            rejection,
            Rejection::NotAnswered(Cause::Invalid { location: "body.conditions.organization_id".into() })
        );
    }

    #[test]
    fn a_transports_message_is_shown_without_control_characters() {
        let message = "reset\r\n\u{1b}[31m by \u{202e}peer".to_owned();
        let failed = Answer::Failed { failure: Failure::Network, sent: Sent::No, message };
        assert_eq!(
            validate().read(&failed).unwrap_err().to_string(),
            "reset\u{fffd}\u{fffd}\u{fffd}[31m by \u{fffd}peer"
        );
    }

    #[test]
    fn a_pause_is_never_longer_than_two_minutes() {
        for (retry_after, seconds) in
            [(None, 60), (Some(0), 0), (Some(42), 42), (Some(892), 892), (Some(u32::MAX), 1800)]
        {
            let answer = Answer::Reply { status: 429, retry_after, location: None, body: Vec::new().into() };
            let expected = Rejection::NotAnswered(Cause::RateLimited(Duration::from_secs(seconds)));
            assert_eq!(validate().read(&answer), Err(expected.clone()));
            assert_eq!(activate().read(&answer), Err(expected));
        }
    }

    #[test]
    fn only_a_request_that_never_left_was_certainly_not_applied() {
        let failed = |sent| Answer::Failed { failure: Failure::Timeout, sent, message: "slow".into() };
        assert!(!activate().read(&failed(Sent::No)).unwrap_err().maybe_applied());
        assert!(activate().read(&failed(Sent::Maybe)).unwrap_err().maybe_applied());
        assert!(consume().read(&reply(502, "")).unwrap_err().maybe_applied());
        assert!(!validate().read(&failed(Sent::Maybe)).unwrap_err().maybe_applied(), "it changes nothing");
    }

    #[test]
    fn sends_requests_that_polar_accepts() {
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
