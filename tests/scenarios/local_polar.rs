//! The local Polar inside the test program. It answers the requests of apps, and a scenario controls it. It opens no
//! connection. A request that gets no answer reaches its time limit at once.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mock_polar::{Answer as Replied, ApiVersion, Delivery, Machine, RecordedRequest, Seed, Timer};
use polar_license::transport::{Answer, Failure, Method, Request, RetryHeaders, Sent};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::format;

/// The address of the local Polar in the configuration of apps.
pub(crate) const URL: &str = "http://127.0.0.1:4747";

pub(crate) struct LocalPolar {
    machine: Machine,
    asked: Mutex<Vec<Asked>>,
}

/// A request that an app has sent.
#[derive(Clone)]
pub(crate) struct Asked {
    /// The name of the endpoint, as the member `on` of a fault contains it.
    pub(crate) endpoint: String,
    pub(crate) token: Option<String>,
}

/// A timer that lets no time pass.
struct AtOnce;

impl Timer for AtOnce {
    async fn sleep(&self, _: Duration) {}
}

impl LocalPolar {
    pub(crate) fn start() -> Self {
        let machine = Machine::new(Seed::demo(), false, ApiVersion::default(), None);
        let polar = Self { machine, asked: Mutex::default() };
        polar.control("POST", "/clock", None, &json!({ "freeze": format::start().to_string() }));
        polar
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.control("POST", "/clock", None, &json!({ "advance_seconds": ms as f64 / 1000.0 }));
    }

    /// Sends a request to Polar's own interface if the path begins with `/v1/`, otherwise to the control endpoint.
    pub(crate) fn control(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Value {
        let folder = if path.starts_with("/v1/") { "" } else { "/_mock" };
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        let request = recorded(method, &format!("{folder}{path}"), headers, body.to_string().as_bytes());
        let reply = self.exchange(request).flatten().unwrap_or_else(|| panic!("{method} {path} was not answered"));
        let text = String::from_utf8_lossy(&reply.body);
        assert!(reply.status < 300, "{method} {path} {body}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Answers a request of an app. Returns `None` if no answer comes.
    pub(crate) fn answer(&self, request: &Request) -> Option<Answer> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let path = request.url.strip_prefix(URL).unwrap_or_else(|| panic!("a request to {}", *request.url));
        let headers = request.headers().map(|(name, value)| (name.to_lowercase(), value.to_string())).collect();
        let request = recorded(method, path, headers, request.body.as_bytes());
        let endpoint = request.endpoint().map(|endpoint| json!(endpoint).as_str().unwrap().to_owned());
        let token = request.header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
        assert!(request.header("polar-version").is_none(), "a request names a version");
        self.asked.lock().unwrap().push(Asked { endpoint: endpoint.unwrap_or_else(|| request.path.clone()), token });
        let lost = || Answer::failed(Failure::Network, Sent::Maybe, "the connection broke");
        match self.exchange(request)? {
            Some(reply) if matches!(reply.delivery, Delivery::Whole | Delivery::Slow(_)) => Some(replied(reply)),
            Some(_) | None => Some(lost()),
        }
    }

    /// Returns the requests that apps have sent so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the tokens and codes, which no file, error or decision may contain.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        let mails = self.mails();
        let codes = mails.iter().filter_map(|mail| mail["code"].as_str()).map(str::to_owned);
        codes.chain(self.asked().into_iter().filter_map(|asked| asked.token)).collect()
    }

    /// Returns the full texts of all license keys.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.control("GET", "/keys", None, &Value::Null);
        let texts = keys.as_array().into_iter().flatten().filter_map(|key| key["key"].as_str());
        texts.map(str::to_owned).collect()
    }

    pub(crate) fn mails(&self) -> Vec<Value> {
        match self.control("GET", "/mails", None, &Value::Null) {
            Value::Array(mails) => mails,
            other => panic!("{other}"),
        }
    }

    /// Returns the answer, or `Some(None)` if the connection breaks, or `None` if no answer comes.
    fn exchange(&self, request: RecordedRequest) -> Option<Option<Replied>> {
        self.machine.work();
        let answer = pin!(self.machine.answer(request, IpAddr::V4(Ipv4Addr::LOCALHOST), &AtOnce));
        let answer = answer.poll_once();
        self.machine.work();
        answer.map(Result::ok)
    }
}

trait PollOnce: Future {
    fn poll_once(self) -> Option<Self::Output>;
}

impl<F: Future> PollOnce for std::pin::Pin<&mut F> {
    fn poll_once(self) -> Option<F::Output> {
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
}

fn recorded(method: &str, path: &str, mut headers: Vec<(String, String)>, body: &[u8]) -> RecordedRequest {
    headers.push(("host".to_owned(), URL.trim_start_matches("http://").to_owned()));
    headers.push(("content-length".to_owned(), body.len().to_string()));
    RecordedRequest { method: method.to_owned(), path: path.to_owned(), headers, body: body.to_vec() }
}

fn replied(reply: Replied) -> Answer {
    let header = |name: &str| {
        let found = reply.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    let retry = RetryHeaders {
        retry_after: header("retry-after"),
        ratelimit_reset: header("ratelimit-reset"),
        date: header("date"),
    };
    Answer::Reply {
        status: reply.status,
        retry_after: retry.seconds(),
        location: header("location").map(|location| Zeroizing::new(location.to_owned())),
        body: Zeroizing::new(reply.body.clone()),
    }
}
