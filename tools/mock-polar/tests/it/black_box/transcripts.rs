//! Compares the local Polar with recordings of Polar's own server: the status, the headers and the body of each reply.
//! A reply with status 422 describes problems. For each problem, only the type, the location and the input are
//! compared.
//!
//! Ids, keys, tokens and codes are random words on both servers, unless they are in the seed. When a recorded reply has
//! a random word for the first time, the test notes the word in the same place of the local reply. From then on, the
//! test treats these two words as equal.

use std::collections::{HashMap, HashSet};
use std::net::TcpStream;
use std::time::Duration;

use mock_polar::{ApiVersion, Timestamp};
use serde_json::{Map, Value, json};

use super::polar::Polar;
use super::recordings::{self, ADDED_LATER, Recordings, pairs, request_body};
use crate::wire::{Reply, exchange, read_events, read_head, send};

/// The recorded exchanges that no real client would send. The local Polar answers them differently, as the README says.
const NOT_IMITATED: [&str; 5] = [
    "validate/key lone surrogate",
    "conditions/activate with the literal NaN",
    "conditions/activate with the literal Infinity",
    "conditions/activate with the literal 1e400",
    "activate/label lone surrogate",
];

/// The recorded exchanges of the portal that the local server answers differently. A client for license keys needs none
/// of them, because they are about orders, subscriptions, the export of personal data, and the backend of a vendor.
const NOT_IN_THE_PORTAL: [&str; 12] = [
    "power/export all data",
    "power/export as a plain member",
    "power/orders",
    "power/subscriptions",
    "power/cancel the subscription",
    "power/cancel it again",
    "power/end the subscription at once",
    "success_url/custom scheme",
    "success_url/javascript",
    "success_url/no host",
    "success_url/checkout link: loopback http",
    "success_url/checkout link: custom scheme",
];

#[test]
fn license_endpoints_answer_as_recorded() {
    let Some(recordings) = Recordings::read("license_endpoints_answer_as_recorded") else { return };
    assert_eq!(recordings.license.len(), 248);
    for version in recordings::VERSIONS {
        let mut replay = Replay::new(&recordings.seed, version);
        replay.start_again();
        let differing = replay.differing(&recordings.license, &[]);
        assert_eq!(differing, NOT_IMITATED, "{version}\n{}", replay.details.join("\n\n"));
    }
}

#[test]
fn the_portal_answers_as_recorded() {
    let Some(recordings) = Recordings::read("the_portal_answers_as_recorded") else { return };
    assert_eq!(recordings.portal.len(), 338);
    for version in recordings::VERSIONS {
        let mut replay = Replay::new(&recordings.seed, version);
        let differing = replay.differing(&recordings.portal, &recordings.fresh_starts);
        assert_eq!(differing, NOT_IN_THE_PORTAL, "{version}\n{}", replay.details.join("\n\n"));
    }
}

struct Replay {
    free: Polar,
    limited: Polar,
    /// The current version of the API. A request that names no version is answered in this version.
    version: ApiVersion,
    /// The words in the demo data with which both servers started. They are the same in the recordings and on the local
    /// server, so they are compared as they are.
    known: HashSet<String>,
    /// Maps each random word in the recordings, such as an id or a key, to the word that the local server uses instead.
    bound: HashMap<String, String>,
    mails: usize,
    streams: Vec<TcpStream>,
    /// Descriptions of the differences between local and recorded replies, one for each exchange with a difference.
    details: Vec<String>,
}

impl Replay {
    fn new(seed: &Value, version: ApiVersion) -> Self {
        let mut known = HashSet::new();
        collect_words(seed, &mut known);
        let builder = || Polar::builder().seed(seed.to_string()).api_version(version);
        let start = |limited| builder().rate_limit(limited).start().unwrap();
        let (free, limited) = (start(false), start(true));
        let (bound, streams, details) = (HashMap::new(), Vec::new(), Vec::new());
        Self { free, limited, version, known, bound, mails: 0, streams, details }
    }

    /// Replays all exchanges, and returns the names of those in which the local reply differs from the recorded one.
    fn differing<'a>(&mut self, recorded: &'a [Value], fresh_starts: &[String]) -> Vec<&'a str> {
        let mut differing = Vec::new();
        for exchange in recorded {
            let name = exchange["name"].as_str().unwrap();
            if fresh_starts.iter().any(|first| first == name) {
                self.start_again();
            }
            if let Err(difference) = self.compare(name, exchange) {
                self.details.push(format!("{name}:\n{difference}"));
                differing.push(name);
            }
        }
        differing
    }

    /// Resets both local servers to the seed, and freezes their clocks on the day of the recordings. Also keeps their
    /// workers from granting keys, because the recorded server's worker did not run before most of the exchanges.
    fn start_again(&mut self) {
        for polar in [&self.free, &self.limited] {
            reset(polar);
        }
        self.bound.clear();
        self.streams.clear();
        self.mails = 0;
    }

    fn compare(&mut self, name: &str, recorded: &Value) -> Result<(), String> {
        self.before_license_exchange(name);
        self.before_portal_exchange(name);
        let response = &recorded["response"];
        let reply = self.send(name, recorded).ok_or("no reply")?;
        self.bind_codes();
        let theirs = normal(
            response["status"].as_u64().unwrap() as u16,
            recordings::reply_headers(recorded, self.version),
            response["body"].as_str().unwrap_or_default(),
        );
        let ours = normal(reply.status, reply.headers.clone(), &reply.text());
        let equal = self.same("", &theirs, &ours);
        self.after(name);
        if reply.complete { equal } else { Err("incomplete".to_owned()) }
    }

    fn send(&mut self, name: &str, recorded: &Value) -> Option<Reply> {
        let request = &recorded["request"];
        let polar = if recorded["port"] == 8801 { &self.limited } else { &self.free };
        let method = request["method"].as_str().unwrap();
        let path = self.ours(request["path"].as_str().unwrap());
        let body = match String::from_utf8(request_body(request)) {
            Ok(text) => self.ours(&text).into_bytes(),
            Err(other) => other.into_bytes(),
        };
        let length = body.len().to_string();
        let headers = pairs(&request["headers"]).into_iter().map(|(name, value)| {
            let value = if name == "Content-Length" { length.clone() } else { self.ours(&value) };
            (name, value)
        });
        let headers: Vec<(String, String)> = headers.collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let response = &recorded["response"];
        let only_events_recorded = name.starts_with("stream-run/2") || name.starts_with("stream-run/3");
        if only_events_recorded {
            let events = response["body"].as_str().unwrap().matches("data:").count();
            let body = read_events(&mut self.streams.remove(0), events).into();
            return Some(Reply { status: 200, headers: pairs(&response["headers"]), body, complete: true });
        }
        if response["headers"]["content-type"] == "text/event-stream; charset=utf-8" {
            return Some(read_head(&mut send(polar.address(), method, &path, &headers, &body)));
        }
        exchange(polar.address(), method, &path, &headers, &body)
    }

    /// Repeats the resets and requests before this exchange that were not recorded. The counters in the recorded
    /// replies show how many there were.
    fn before_license_exchange(&mut self, name: &str) {
        const PLAIN: &str = "D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";
        let validations = match name {
            "validate/activation_id ok (activation without conditions)"
            | "conditions/equal"
            | "benefit_id/match"
            | "increment_usage/omitted sends null"
            | "activate/ok 1 of 2" => {
                reset(&self.free);
                0
            }
            "customer_id/match" | "version/2026-10 with Origin" => 2,
            "malformed/unknown field is ignored" => 4,
            "malformed/UTF-8 BOM"
            | "cors/POST 200 Origin null"
            | "cors/POST 200 extension origin"
            | "cors/POST 200 with a cookie" => 1,
            "version/'2026-04' validate" => 12,
            "version/2026-04 validate with activation_id" => {
                self.activate_unrecorded("b7febea4-6481-4fa0-a75b-c96e55c44628");
                0
            }
            "cors/POST deactivate 204" => {
                self.activate_unrecorded("bcc0970d-9ac5-496c-b815-224dc37e8b11");
                0
            }
            "cors/500: overflow" => {
                let key = "D1E50010-AAAA-4BBB-8CCC-DDDD0000EEFE";
                self.post_unrecorded("validate", json!({ "key": key, "increment_usage": i32::MAX }));
                0
            }
            _ => 0,
        };
        for _ in 0..validations {
            self.post_unrecorded("validate", json!({ "key": PLAIN }));
        }
    }

    fn activate_unrecorded(&mut self, theirs: &str) {
        let key = "D1E5000F-AAAA-4BBB-8CCC-DDDD0000EEFD";
        let ours = self.post_unrecorded("activate", json!({ "key": key, "label": "x", "meta": { "a": 1 } }));
        self.bound.insert(theirs.to_owned(), ours["id"].as_str().unwrap().to_owned());
    }

    fn post_unrecorded(&self, endpoint: &str, mut body: Value) -> Value {
        body["organization_id"] = "a0010000-0000-4000-8000-000000000001".into();
        let path = format!("/v1/customer-portal/license-keys/{endpoint}");
        let reply = crate::wire::call(&self.free, "POST", &path, &[], &body.to_string());
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Repeats the events before this exchange that were not recorded: requests, passing time, and runs of the worker.
    fn before_portal_exchange(&mut self, name: &str) {
        let claim = ("GET", "/v1/customer-seats/claim/nope/stream", "");
        let confirm = ("POST", "/v1/checkouts/client/polar_c_CHECKOUT_SUCCEEDED/confirm", "{}");
        let list = ("GET", "/v1/customer-portal/license-keys/?limit=1", "");
        let organization = "a0010000-0000-4000-8000-000000000001";
        let code = |email: &str| json!({ "email": email, "organization_id": organization }).to_string();
        let request = "/v1/customer-portal/customer-session/request";
        let from = |address| ("True-Client-IP", address);
        match name {
            "bought/5 keys once the worker has run"
            | "stream-run/5 grants of the second checkout, with the token of the first" => self.free.run_worker(),
            "stream-run/1 confirm" => self.listen("/v1/checkouts/client/polar_c_CHECKOUT_OPEN/stream", &[]),
            // This request sets `modified_at`, which is set in the recorded reply, and changes nothing else.
            "cors/me 200" => {
                let headers = [("Authorization", "Bearer polar_cst_TOKEN_ADA"), ("Content-Length", "2")];
                exchange(self.free.address(), "PATCH", "/v1/customer-portal/customers/me", &headers, b"{}").unwrap();
            }
            "429/claim stream: blocked, validate from the same address" => self.repeat(11, claim, from("10.3.0.1")),
            "429/confirm: blocked, validate from the same address" => self.repeat(7, confirm, from("10.3.0.2")),
            "429/500 a minute: list" => {
                self.repeat(501, list, ("Authorization", "Bearer polar_cst_TOKEN_GRACE"));
            }
            "429/claim stream: block counts down" => self.limited.advance_clock(Duration::from_secs(61)),
            "429/validate block: keys with a token from the same address" => {
                let validate = ("POST", "/v1/customer-portal/license-keys/validate", "{}");
                self.repeat(4, validate, from("10.9.0.3"));
            }
            "429/confirm: request 6 within a minute" => self.repeat(5, confirm, from("10.9.0.4")),
            "429/claim stream: request 10 of 12" => self.repeat(9, claim, from("10.9.0.5")),
            "429/token: after 500 in a minute" => {
                self.repeat(501, list, ("Authorization", "Bearer polar_cst_TOKEN_OTHER"));
            }
            "429/code: request 12 within an hour, never more than 5 a minute" => {
                for _ in 0..11 {
                    self.repeat(1, ("POST", request, &code("nobody@example.com")), from("10.9.1.7"));
                    self.limited.advance_clock(Duration::from_secs(20));
                }
            }
            "429/code: six 422, then a good request" => {
                self.repeat(6, ("POST", request, &code("ada")), from("10.2.0.1"))
            }
            "429/code: ten preflights do not count" => {
                let headers = [("Origin", "https://x.example"), ("Access-Control-Request-Method", "POST")];
                for _ in 0..10 {
                    exchange(self.limited.address(), "OPTIONS", request, &headers, b"").unwrap();
                }
            }
            _ => {}
        }
    }

    fn after(&mut self, name: &str) {
        if name == "stream-run/1 confirm" {
            let token = self.ours("Bearer polar_cst_TOKEN_STR_1");
            self.listen("/v1/customer-portal/customers/stream", &[("Authorization", &token)]);
            self.free.run_worker();
        }
    }

    fn listen(&mut self, path: &str, headers: &[(&str, &str)]) {
        let mut stream = send(self.free.address(), "GET", path, headers, b"");
        read_head(&mut stream);
        self.streams.push(stream);
    }

    fn repeat(&self, times: usize, (method, path, body): (&str, &str, &str), header: (&str, &str)) {
        for _ in 0..times {
            crate::wire::call(&self.limited, method, path, &[header], body);
        }
    }

    /// Finds the local code for each recorded code. The first code in the recordings is called `COD001`, the second
    /// `COD002`, and so on.
    fn bind_codes(&mut self) {
        for mail in self.free.mails().iter().skip(self.mails) {
            self.mails += 1;
            self.bound.insert(format!("COD{:03}", self.mails), mail.code.clone().unwrap_or_default());
        }
    }

    /// Replaces the recorded ids, keys and tokens in a text with those of the local server.
    fn ours(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let mut bound: Vec<_> = self.bound.iter().collect();
        bound.sort_by_key(|(theirs, _)| std::cmp::Reverse(theirs.len()));
        for (theirs, ours) in bound {
            text = text.replace(theirs.as_str(), ours);
        }
        text
    }

    fn same(&mut self, place: &str, theirs: &Value, ours: &Value) -> Result<(), String> {
        match (theirs, ours) {
            (Value::Object(a), Value::Object(b)) => {
                let names = |map: &Map<String, Value>| map.keys().map(|name| self.ours(name)).collect::<HashSet<_>>();
                let (recorded, mut local) = (names(a), names(b));
                if recorded.contains("display_key") {
                    local.retain(|name| !ADDED_LATER.contains(&name.as_str()));
                }
                if recorded != local {
                    let differing: Vec<_> = recorded.symmetric_difference(&local).collect();
                    return Err(format!("  {place}: fields {differing:?}\n  recorded {theirs}\n  local    {ours}"));
                }
                a.iter().try_for_each(|(name, value)| {
                    let name = self.ours(name);
                    self.same(&format!("{place}/{name}"), value, &b[&name])
                })
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).enumerate().try_for_each(|(at, (a, b))| self.same(&format!("{place}/{at}"), a, b))
            }
            (Value::String(a), Value::String(b)) if self.same_text(a, b) => Ok(()),
            _ if theirs == ours => Ok(()),
            _ => Err(format!("  {place}: recorded {theirs}\n  {place}: local    {ours}")),
        }
    }

    fn same_text(&mut self, theirs: &str, ours: &str) -> bool {
        let is_recent = |text: &str| Timestamp::parse(text).is_ok() && text.starts_with("2026-11-2");
        if theirs == ours || (is_recent(theirs) && is_recent(ours)) {
            return true;
        }
        if theirs.starts_with("data:") && theirs.contains("\r\n") {
            let (a, b): (Vec<_>, Vec<_>) = (theirs.split("\r\n").collect(), ours.split("\r\n").collect());
            return a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_text(a, b));
        }
        let (a, b) = (words(theirs), words(ours));
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| self.same_word(a, b))
    }

    fn same_word(&mut self, theirs: &str, ours: &str) -> bool {
        if let Some(bound) = self.bound.get(theirs) {
            return bound == ours;
        }
        let is_random = !self.known.contains(theirs) && !self.known.contains(ours);
        let may_bind = is_random && kind(theirs).is_some() && kind(theirs) == kind(ours);
        if theirs != ours && may_bind {
            self.bound.insert(theirs.to_owned(), ours.to_owned());
        }
        theirs == ours || may_bind
    }
}

fn reset(polar: &Polar) {
    polar.reset();
    polar.freeze_clock(Timestamp::parse("2026-11-22T08:40:00.123456Z").unwrap());
    polar.delay_purchases(Duration::from_secs(1_000_000));
}

/// Returns the kind of a random word, or `None` if the word is not random. Only words of the same kind can correspond
/// to each other.
fn kind(word: &str) -> Option<&'static str> {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let token = ["polar_cst_", "polar_mst_", "polar_c_", "polar_cl_", "cus_"];
    if let Some(prefix) = token.iter().find(|prefix| word.starts_with(**prefix)) {
        return Some(prefix);
    }
    match word.len() {
        36 if is_hex(word) && word.to_lowercase() == word => Some("id"),
        36 if is_hex(word) => Some("key"),
        42 if word.starts_with("MYAPP-") => Some("key with a prefix"),
        11 if word.starts_with("****-") => Some("shown key"),
        64 if is_hex(word) => Some("hash"),
        _ => None,
    }
}

/// Splits a text at every place where a random word may begin or end. Returns all parts, including the separators
/// between words.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_word = true;
    for c in text.chars() {
        let is_word = c.is_ascii_alphanumeric() || ['_', '-', '*'].contains(&c);
        if is_word != was_word {
            words.push(String::new());
            was_word = is_word;
        }
        words.last_mut().unwrap().push(c);
    }
    words
}

fn collect_words(value: &Value, known: &mut HashSet<String>) {
    match value {
        Value::String(text) => known.extend(words(text)),
        Value::Array(items) => items.iter().for_each(|item| collect_words(item, known)),
        Value::Object(fields) => fields.values().for_each(|field| collect_words(field, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the status, the headers and the body of a reply, without the parts that differ between the recorded server
/// and the local server.
fn normal(status: u16, headers: Vec<(String, String)>, body: &str) -> Value {
    let mut named = Map::new();
    for (name, value) in headers {
        // The length of the body is left out, because a time has more digits in some replies than in others. The client
        // has already compared this header with the body.
        let value = if name == "content-length" { "…".to_owned() } else { site(&value) };
        if !["date", "server", "connection"].contains(&name.as_str()) {
            named.insert(name, value.into());
        }
    }
    let body = site(body);
    let mut body: Value = serde_json::from_str(&body).unwrap_or_else(|_| body.into());
    for problem in body.get_mut("detail").and_then(Value::as_array_mut).into_iter().flatten() {
        *problem = json!({ "type": problem["type"], "loc": problem["loc"], "input": problem["input"] });
    }
    json!({ "status": status, "headers": named, "body": body })
}

/// Replaces the three addresses of Polar in a text with one. In the recordings, Polar's API, its pages and its payment
/// service have different ports. On the local server, they have the same port.
fn site(text: &str) -> String {
    text.replace("http://127.0.0.1:3000", "http://127.0.0.1:8800")
        .replace("http://127.0.0.1:8802", "http://127.0.0.1:8800")
}
