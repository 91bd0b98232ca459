//! Describes faults, and chooses the fault that applies to a request. This file knows nothing about connections.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::endpoint::Endpoint;

/// A body that is not Polar's answer to the request. The status may still indicate success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Garbage {
    /// A reply with status 200 and bytes that are not text.
    Binary,
    /// A reply with status 200 and JSON from another service.
    ForeignJson,
    /// A reply with status 200 and arrays nested 100 000 deep.
    DeepJson,
    /// A reply with status 200 and no body.
    Empty,
    /// Polar's own reply, with the `key` of another license.
    OtherKey,
    /// Polar's own reply, with another `organization_id`.
    OtherOrganization,
    /// Polar's own reply, with the id of another activation. A reply without an activation stays unchanged.
    OtherActivation,
}

/// A fault, and the requests to which it applies. The README shows a fault in JSON.
///
/// A constructor selects the kind of fault, and methods restrict the requests to which the fault applies.
/// [`MockPolar::fault`](crate::MockPolar::fault) puts the fault in force. Without restrictions, the fault applies to
/// every later request, before Polar handles the request.
///
/// ```
/// use mock_polar::{Endpoint, Fault, MockPolar};
///
/// let polar = MockPolar::start()?;
/// // The second activation from now takes a seat, but its reply is lost.
/// polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).skip(1).once());
/// // Until this fault is cleared, a hotel's login page answers everything else.
/// polar.fault(Fault::captive_portal(302));
/// # Ok::<(), mock_polar::Error>(())
/// ```
///
/// | fault | Polar handles the request | CORS headers in the reply |
/// |---|---|---|
/// | [`captive_portal`](Self::captive_portal), [`server_error`](Self::server_error), [`server_error_html`](Self::server_error_html), [`reply`](Self::reply) | only with [`after_handling`](Self::after_handling) | no |
/// | [`rate_limited`](Self::rate_limited), [`huge_body`](Self::huge_body), [`garbage`](Self::garbage) that replaces the reply | only with `after_handling` | yes |
/// | [`drop_connection`](Self::drop_connection), [`stall`](Self::stall), [`delay`](Self::delay) | only with `after_handling` | those of Polar |
/// | [`slow_body`](Self::slow_body), [`truncated_body`](Self::truncated_body), [`skewed_clock`](Self::skewed_clock), [`garbage`](Self::garbage) that alters the reply | yes | those of Polar |
///
/// Without `after_handling`, Polar handles a stalled or delayed request when the stall or the delay ends.
///
/// As in reality, answers of portals and gateways have no CORS headers, so a page sees a network error and no status
/// code. [`with_cors`](Self::with_cors) overrides this. Faults do not apply to CORS preflights, and
/// [`skip`](Self::skip) and [`times`](Self::times) do not count preflights, because a page cannot distinguish a
/// preflight from the request that follows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(description = "A fault"))]
pub struct Fault {
    #[serde(flatten)]
    pub(crate) kind: Kind,
    /// The endpoint to which the fault applies, such as `validate` or `activate`. If absent, the fault applies to all
    /// endpoints.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(crate) on: Option<Endpoint>,
    /// The number of requests to which the fault applies. If absent, the fault applies until it is removed.
    pub(crate) times: Option<u32>,
    /// The number of matching requests that Polar answers normally before the fault first applies.
    #[serde(default)]
    pub(crate) skip: u32,
    /// Whether Polar handles the request before the fault occurs. If so, a seat may be taken although the reply is
    /// lost.
    #[serde(default)]
    pub(crate) after_handling: bool,
    /// Whether a page in a browser may read the reply. If absent, the kind of the fault decides.
    pub(crate) cors: Option<bool>,
}

/// The kind of a fault. Variants and fields have the same names as in the control endpoint's JSON. The default of a
/// field is the value that programs meet most often.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) enum Kind {
    CaptivePortal {
        #[serde(default = "default::redirect")]
        status: u16,
    },
    ServerError {
        #[serde(default = "default::unavailable")]
        status: u16,
        #[serde(default)]
        html: bool,
    },
    RateLimited {
        retry_after: Option<u64>,
    },
    Reply {
        #[serde(default = "default::ok")]
        status: u16,
        content_type: String,
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        body: Vec<u8>,
    },
    DropConnection,
    Stall,
    Delay {
        #[serde(rename = "ms", with = "milliseconds")]
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        by: Duration,
    },
    SlowBody {
        #[serde(rename = "pause_ms", with = "milliseconds")]
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        pause: Duration,
    },
    TruncatedBody,
    HugeBody {
        #[serde(default = "default::huge")]
        bytes: u64,
    },
    Garbage {
        garbage: Garbage,
    },
    SkewedClock {
        #[serde(default = "default::day")]
        seconds: i64,
    },
}

/// The values of fields that the JSON of a fault may leave out.
mod default {
    pub(super) fn redirect() -> u16 {
        302
    }

    pub(super) fn unavailable() -> u16 {
        503
    }

    pub(super) fn ok() -> u16 {
        200
    }

    pub(super) fn huge() -> u64 {
        20_000_000
    }

    pub(super) fn day() -> i64 {
        24 * 60 * 60
    }
}

impl Fault {
    /// The login page of a hotel or a train answers instead of Polar, with this status: 200, 302 (with `location`),
    /// 403, 404, 407, 511, ….
    pub fn captive_portal(status: u16) -> Self {
        Self::new(Kind::CaptivePortal { status })
    }

    /// A server or gateway fails, and replies in plain text with this status: 500, 502, 503, 504, ….
    pub fn server_error(status: u16) -> Self {
        Self::new(Kind::ServerError { status, html: false })
    }

    /// A server or gateway fails, and replies with an HTML page and this status.
    pub fn server_error_html(status: u16) -> Self {
        Self::new(Kind::ServerError { status, html: true })
    }

    /// Polar replies with 429 and an empty body. `retry_after` is the value of the header `retry-after` in seconds. If
    /// `retry_after` is `None`, the reply does not have this header.
    pub fn rate_limited(retry_after: impl Into<Option<u64>>) -> Self {
        Self::new(Kind::RateLimited { retry_after: retry_after.into() })
    }

    /// The reply has this status, content type and body.
    pub fn reply(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Kind::Reply { status, content_type: content_type.to_owned(), body: body.into() })
    }

    /// The connection closes without a reply.
    pub fn drop_connection() -> Self {
        Self::new(Kind::DropConnection)
    }

    /// The request hangs until the fault is cleared, the client disconnects, or the server stops. If the fault is
    /// cleared, the request gets its normal reply.
    pub fn stall() -> Self {
        Self::new(Kind::Stall)
    }

    /// The reply is delayed by this duration.
    pub fn delay(by: Duration) -> Self {
        Self::new(Kind::Delay { by })
    }

    /// The reply's body arrives byte by byte, with this pause before each byte.
    pub fn slow_body(pause: Duration) -> Self {
        Self::new(Kind::SlowBody { pause })
    }

    /// Half of the reply's body arrives, then the connection closes, although `content-length` announced the whole
    /// body.
    pub fn truncated_body() -> Self {
        Self::new(Kind::TruncatedBody)
    }

    /// The reply has status 200 and a JSON body of this many bytes. The server generates the body in parts, so it never
    /// holds the whole body in memory.
    pub fn huge_body(bytes: u64) -> Self {
        Self::new(Kind::HugeBody { bytes })
    }

    /// The reply's body is not Polar's answer to the request.
    pub fn garbage(garbage: Garbage) -> Self {
        Self::new(Kind::Garbage { garbage })
    }

    /// For this request, Polar's clock is this many seconds ahead, or behind if `seconds` is negative.
    pub fn skewed_clock(seconds: i64) -> Self {
        Self::new(Kind::SkewedClock { seconds })
    }

    /// Lets Polar handle the request before the fault occurs. So a seat is taken or usage is counted, even if the
    /// program does not receive Polar's reply.
    #[must_use]
    pub fn after_handling(mut self) -> Self {
        self.after_handling = true;
        self
    }

    /// Sets whether a page may read the reply. Without this setting, the table in the description of [`Fault`] decides.
    #[must_use]
    pub fn with_cors(mut self, readable: bool) -> Self {
        self.cors = Some(readable);
        self
    }

    /// Restricts the fault to requests to this endpoint. Without this restriction, the fault applies to every path.
    #[must_use]
    pub fn on(mut self, endpoint: Endpoint) -> Self {
        self.on = Some(endpoint);
        self
    }

    /// Restricts the fault to the next `times` matching requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Restricts the fault to the next matching request.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Sets the number of matching requests that the fault leaves alone before it applies for the first time.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    fn new(kind: Kind) -> Self {
        Self { kind, on: None, times: None, skip: 0, after_handling: false, cors: None }
    }
}

/// The id of a fault that is in force. Use it to clear only this fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FaultId(pub(crate) u64);

/// The faults in force. The first fault that matches a request and is not used up applies to the request.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    added: u64,
}

#[derive(Debug)]
struct Rule {
    id: FaultId,
    fault: Fault,
    /// The number of matching requests that are still to be answered normally before the fault applies.
    skip: u32,
    /// The number of requests to which the fault still applies. `None` if the number is not limited.
    left: Option<u32>,
    /// Dropped when the fault is removed. Stalled requests wait for this, and then continue. The channel carries no
    /// messages.
    in_force: watch::Sender<()>,
}

/// The fault that was chosen for one request.
pub(crate) struct AppliedFault {
    pub(crate) fault: Fault,
    in_force: watch::Receiver<()>,
}

/// A fault that is in force, as the control endpoint lists it.
#[derive(Serialize)]
pub(crate) struct ListedFault<'a> {
    id: FaultId,
    #[serde(flatten)]
    fault: &'a Fault,
    left: Option<u32>,
}

impl AppliedFault {
    /// Waits until the fault is cleared.
    pub(crate) async fn cleared(&mut self) {
        while self.in_force.changed().await.is_ok() {}
    }
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        self.added += 1;
        let id = FaultId(self.added);
        let (skip, left) = (fault.skip, fault.times);
        self.rules.push(Rule { id, fault, skip, left, in_force: watch::Sender::new(()) });
        id
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id.0 != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Returns the fault that applies to a request, if there is one. Counts the request, because a fault may skip some
    /// requests, or apply to only a few. `endpoint` is `None` if the request's path belongs to no endpoint.
    pub(crate) fn apply(&mut self, endpoint: Option<Endpoint>) -> Option<AppliedFault> {
        for rule in &mut self.rules {
            if rule.left == Some(0) || (rule.fault.on.is_some() && rule.fault.on != endpoint) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.left = rule.left.map(|left| left - 1);
            return Some(AppliedFault { fault: rule.fault.clone(), in_force: rule.in_force.subscribe() });
        }
        None
    }

    pub(crate) fn list(&self) -> Vec<ListedFault<'_>> {
        let rules = self.rules.iter();
        rules.map(|rule| ListedFault { id: rule.id, fault: &rule.fault, left: rule.left }).collect()
    }
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from_utf8_lossy(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        String::deserialize(deserializer).map(String::into_bytes)
    }
}
