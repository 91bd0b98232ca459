//! What can go wrong between a program and Polar, on demand.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::reply::Reply;

/// One of the three endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// `POST /v1/customer-portal/license-keys/validate`
    Validate,
    /// `POST /v1/customer-portal/license-keys/activate`
    Activate,
    /// `POST /v1/customer-portal/license-keys/deactivate`
    Deactivate,
}

/// A body that is not Polar's answer, though the status may say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// 200 with bytes that are no text.
    Binary,
    /// 200 with JSON of another service.
    ForeignJson,
    /// 200 with lists nested 100 000 deep.
    DeepJson,
    /// 200 without a body.
    Empty,
    /// Polar's own reply, with the `key` of another license.
    OtherKey,
    /// Polar's own reply, with another `organization_id`.
    OtherOrganization,
    /// Polar's own reply, with another id of the activation, where the reply has one.
    OtherActivation,
}

/// Something that goes wrong, where, and how often.
///
/// Made by a constructor, placed by methods, and handed to [`MockPolar::fault`](crate::MockPolar::fault). Without
/// further words a fault meets every request, from now on, before Polar handles it.
///
/// ```
/// use mock_polar::{Endpoint, Fault, MockPolar};
///
/// let polar = MockPolar::start()?;
/// // The second activation from now takes a seat, but its reply is lost.
/// polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).skip(1).once());
/// // Until cleared, a hotel's login page answers everything else.
/// polar.fault(Fault::captive_portal(302));
/// # Ok::<(), mock_polar::Error>(())
/// ```
///
/// | fault | state changes | CORS headers |
/// |---|---|---|
/// | [`captive_portal`](Self::captive_portal), [`server_error`](Self::server_error), [`server_error_html`](Self::server_error_html), [`reply`](Self::reply) | no, or with [`after_handling`](Self::after_handling) | no |
/// | [`rate_limited`](Self::rate_limited), [`huge_body`](Self::huge_body), [`garbage`](Self::garbage) that replaces the reply | no, or with `after_handling` | yes |
/// | [`drop_connection`](Self::drop_connection), [`stall`](Self::stall), [`delay`](Self::delay) | no, or with `after_handling`; a stalled or delayed request is handled once it goes on | as Polar |
/// | [`slow_body`](Self::slow_body), [`truncated_body`](Self::truncated_body), [`skewed_clock`](Self::skewed_clock), [`garbage`](Self::garbage) that alters the reply | yes | as Polar |
///
/// What a portal or a gateway answers has no CORS headers, as in reality: a page sees a network error, and a test that
/// expects a status code there would pass against nothing real. [`with_cors`](Self::with_cors) decides otherwise.
/// A CORS preflight meets no fault and uses none up; to a page both would look the same.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) kind: Kind,
    pub(crate) after_handling: bool,
    pub(crate) cors: Option<bool>,
    pub(crate) on: Option<Endpoint>,
    pub(crate) times: Option<u32>,
    pub(crate) skip: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The login page of a network; a 302 leads to a page that this server serves.
    Portal(u16),
    Reply(Reply),
    Drop,
    Stall,
    Delay(Duration),
    SlowBody(Duration),
    TruncatedBody,
    HugeBody(u64),
    Garbage(Garbage),
    SkewedClock(i64),
}

impl Fault {
    /// The login page of a hotel or a train, with this status: 200, 302 (with `location`), 403, 404, 407, 511, ….
    pub fn captive_portal(status: u16) -> Self {
        Self::new(Kind::Portal(status))
    }

    /// A server's or gateway's failure in plain text: 500, 502, 503, 504, ….
    pub fn server_error(status: u16) -> Self {
        let reason = if status == 500 { "Internal Server Error" } else { "upstream connect error or disconnect" };
        Self::new(Kind::Reply(Reply::text(status, reason).undressed()))
    }

    /// A server's or gateway's failure as an HTML page.
    pub fn server_error_html(status: u16) -> Self {
        let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>nginx</body></html>");
        Self::new(Kind::Reply(Reply::html(status, page)))
    }

    /// Polar's 429 with an empty body, with or without `retry-after` in seconds.
    pub fn rate_limited(retry_after: impl Into<Option<u64>>) -> Self {
        Self::new(Kind::Reply(Reply::too_many(retry_after.into())))
    }

    /// Any other reply.
    pub fn reply(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self::new(Kind::Reply(Reply { status, headers, body: body.into(), chunked: false, dressed: false }))
    }

    /// The connection closes without a reply.
    pub fn drop_connection() -> Self {
        Self::new(Kind::Drop)
    }

    /// The request hangs until the fault is cleared, the client leaves, or the server stops. Then it goes on as if
    /// nothing had happened.
    pub fn stall() -> Self {
        Self::new(Kind::Stall)
    }

    /// The request takes this much longer.
    pub fn delay(by: Duration) -> Self {
        Self::new(Kind::Delay(by))
    }

    /// The reply's body arrives byte by byte, with this pause before each.
    pub fn slow_body(pause: Duration) -> Self {
        Self::new(Kind::SlowBody(pause))
    }

    /// Half of the reply's body arrives, then the connection closes; `content-length` announced all of it.
    pub fn truncated_body() -> Self {
        Self::new(Kind::TruncatedBody)
    }

    /// 200 with JSON of this many bytes, which are never held in memory at once.
    pub fn huge_body(bytes: u64) -> Self {
        Self::new(Kind::HugeBody(bytes))
    }

    /// A body that is not Polar's answer to the question.
    pub fn garbage(garbage: Garbage) -> Self {
        Self::new(Kind::Garbage(garbage))
    }

    /// Polar's clock is this many seconds ahead (or behind, if negative) for the request.
    pub fn skewed_clock(seconds: i64) -> Self {
        Self::new(Kind::SkewedClock(seconds))
    }

    /// Polar handles the request first (a seat is taken, usage counted); then the fault strikes.
    #[must_use]
    pub fn after_handling(mut self) -> Self {
        self.after_handling = true;
        self
    }

    /// Whether a page may read the reply, against the default of the table above.
    #[must_use]
    pub fn with_cors(mut self, readable: bool) -> Self {
        self.cors = Some(readable);
        self
    }

    /// Only requests to this endpoint. Without it: all, whatever the path.
    #[must_use]
    pub fn on(mut self, endpoint: Endpoint) -> Self {
        self.on = Some(endpoint);
        self
    }

    /// Only the next `times` matching requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only the next matching request.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Lets the first `requests` matching requests pass.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    fn new(kind: Kind) -> Self {
        Self { kind, after_handling: false, cors: None, on: None, times: None, skip: 0 }
    }
}

/// Names a fault that was added, to clear it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FaultId(pub(crate) u64);

/// The faults in force. The first that matches a request and has not run out is the one that strikes.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    added: u64,
}

#[derive(Debug)]
struct Rule {
    id: FaultId,
    fault: Fault,
    skip: u32,
    left: Option<u32>,
    /// Dropped with the rule, which lets stalled requests go.
    hold: watch::Sender<()>,
}

/// A fault that strikes a request.
pub(crate) struct Strike {
    pub(crate) fault: Fault,
    hold: watch::Receiver<()>,
}

impl Strike {
    /// Waits until the fault is cleared.
    pub(crate) async fn cleared(&mut self) {
        while self.hold.changed().await.is_ok() {}
    }
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        self.added += 1;
        let id = FaultId(self.added);
        let (skip, left) = (fault.skip, fault.times);
        self.rules.push(Rule { id, fault, skip, left, hold: watch::Sender::new(()) });
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

    pub(crate) fn strike(&mut self, endpoint: Option<Endpoint>) -> Option<Strike> {
        for rule in &mut self.rules {
            if rule.left == Some(0) || (rule.fault.on.is_some() && rule.fault.on != endpoint) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.left = rule.left.map(|left| left - 1);
            return Some(Strike { fault: rule.fault.clone(), hold: rule.hold.subscribe() });
        }
        None
    }

    /// Id, fault, and how many requests it still has for those that count.
    pub(crate) fn list(&self) -> impl Iterator<Item = (FaultId, &Fault, Option<u32>)> {
        self.rules.iter().map(|rule| (rule.id, &rule.fault, rule.left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(faults: &mut Faults, endpoint: Endpoint, n: usize) -> Vec<bool> {
        (0..n).map(|_| faults.strike(Some(endpoint)).is_some()).collect()
    }

    #[test]
    fn a_fault_skips_then_strikes_then_runs_out() {
        let mut faults = Faults::default();
        faults.add(Fault::drop_connection().on(Endpoint::Activate).skip(1).times(2));
        assert_eq!(strikes(&mut faults, Endpoint::Validate, 2), [false, false]);
        assert_eq!(strikes(&mut faults, Endpoint::Activate, 4), [false, true, true, false]);
    }

    #[test]
    fn an_exhausted_fault_makes_room_for_the_next() {
        let mut faults = Faults::default();
        faults.add(Fault::server_error(500).once());
        faults.add(Fault::server_error(503));
        let mut status = || match faults.strike(None).unwrap().fault.kind {
            Kind::Reply(reply) => reply.status,
            other => panic!("{other:?}"),
        };
        assert_eq!([status(), status(), status()], [500, 503, 503]);
    }
}
