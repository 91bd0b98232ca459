//! The local Polar with its rate limits, in virtual time. It opens no connection.

use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mock_polar::{ApiVersion, DEMO_BENEFIT_PRO, Machine, RecordedRequest, Seed, Timer};
use polar_license::transport::{Answer, Failure, Request, Sent};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// Midnight at the start of the simulation, a Monday.
pub(crate) const START: &str = "2026-11-16T00:00:00Z";

/// The key of the customers who activate during the measured time. Each activation takes a seat, so it sends two
/// requests.
pub(crate) const SEAT_KEY: &str = "SCALE-SEATS";

const URL: &str = "https://api.polar.sh";

/// The local Polar records each request for tests. These records are removed after this many requests.
const RECORDED: u32 = 1_000;

pub(crate) struct Polar {
    machine: Machine,
    /// The virtual time of Polar's clock, in ms since [`START`].
    now: u64,
    recorded: u32,
}

/// A timer that lets no time pass.
struct AtOnce;

impl Timer for AtOnce {
    async fn sleep(&self, _: Duration) {}
}

impl Polar {
    pub(crate) fn new() -> Self {
        let polar =
            Self { machine: Machine::new(Seed::demo(), true, ApiVersion::default(), None), now: 0, recorded: 0 };
        polar.control("POST", "clock", &json!({ "freeze": START }));
        let key = json!({ "benefit": DEMO_BENEFIT_PRO, "key": SEAT_KEY, "limit_activations": 1_000_000 });
        polar.control("POST", "keys", &key);
        polar
    }

    /// Answers a request that arrives at this time from this internet address.
    pub(crate) fn answer(&mut self, request: &Request, from: u32, at: u64) -> Answer {
        self.control("POST", "clock", &json!({ "advance_seconds": at.saturating_sub(self.now) as f64 / 1000.0 }));
        self.now = self.now.max(at);
        self.recorded += 1;
        if self.recorded == RECORDED {
            self.control("DELETE", "requests", &Value::Null);
            self.recorded = 0;
        }
        let path = request.url.strip_prefix(URL).unwrap();
        let headers = request.headers().map(|(name, value)| (name.to_lowercase(), value.to_string())).collect();
        self.exchange("POST", path, headers, request.body.as_bytes(), Ipv4Addr::from(from))
    }

    fn control(&self, method: &str, path: &str, body: &Value) {
        let path = format!("/_mock/{path}");
        let answer = self.exchange(method, &path, Vec::new(), body.to_string().as_bytes(), Ipv4Addr::LOCALHOST);
        assert!(matches!(answer, Answer::Reply { status: 200..300, .. }), "{path}: {answer:?}");
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        mut headers: Vec<(String, String)>,
        body: &[u8],
        from: Ipv4Addr,
    ) -> Answer {
        headers.push(("content-length".to_owned(), body.len().to_string()));
        let request =
            RecordedRequest { method: method.to_owned(), path: path.to_owned(), headers, body: body.to_vec() };
        let answer = pin!(self.machine.answer(request, IpAddr::V4(from), &AtOnce));
        let Poll::Ready(Ok(reply)) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
            return Answer::failed(Failure::Network, Sent::Maybe, "the connection broke");
        };
        let retry_after = reply.headers.iter().find(|(name, _)| *name == "retry-after");
        Answer::Reply {
            status: reply.status,
            retry_after: retry_after.and_then(|(_, seconds)| seconds.parse().ok()),
            location: None,
            body: Zeroizing::new(reply.body),
        }
    }
}
