//! The customer portal compared with recordings of Polar's own server.
//!
//! Ids, keys, tokens and codes are random on both servers: the first time that the recording shows one that no seed has,
//! it is bound to ours, and stands for it from then on.

use std::collections::{HashMap, HashSet};
use std::net::TcpStream;
use std::time::Duration;

use mock_polar::{ApiVersion, Timestamp};
use serde_json::{Map, Value, json};

use super::polar::Polar;
use crate::recordings::{self, pairs, people, request_body};
use crate::wire::{Reply, exchange, read_events, read_head, send};

/// What is not replayed: orders, subscriptions and the export, which no client of license keys needs; and what only a
/// vendor's backend meets.
const NOT_REPLAYED: [&str; 12] = [
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
fn every_recorded_exchange_of_the_portal() {
    for version in recordings::VERSIONS {
        every_recorded_exchange_in(version);
    }
}

/// With this version as the one that answers a request that names none.
fn every_recorded_exchange_in(version: ApiVersion) {
    let names = ["seed.json", "portal-seed.json", "transcripts.json", "portal-transcripts.json"];
    let Some([base, portal, earlier, recorded]) = recordings::read(names, "every_recorded_exchange_of_the_portal")
    else {
        return;
    };
    let recorded = recorded.as_array().unwrap();
    let people = people(&[earlier.as_array().unwrap().as_slice(), recorded].concat());
    let firsts = portal["recordings"].as_array().unwrap().iter().filter_map(|recording| recording["first"].as_str());
    // One first exchange is the same as an earlier one and was left out: the next one takes its place.
    let fresh_starts: HashSet<&str> = firsts.chain(["cors/preflight: POST rotate, authorization"]).collect();
    let mut replay = Replay::new(&seed(&base, &portal, &people), version);
    let mut differing = Vec::new();
    let mut details = Vec::new();
    for exchange in recorded {
        let name = exchange["name"].as_str().unwrap();
        if fresh_starts.contains(name) {
            replay.start_again();
        }
        if let Err(difference) = replay.compare(name, exchange) {
            differing.push(name);
            details.push(format!("{name}:\n{difference}"));
        }
    }
    println!("{version}: {} of {} recorded exchanges match", recorded.len() - differing.len(), recorded.len());
    assert_eq!(differing, NOT_REPLAYED, "\n{}", details.join("\n\n"));
    assert_eq!(recorded.len(), 338);
}

struct Replay {
    free: Polar,
    limited: Polar,
    version: ApiVersion,
    /// Texts that the seed has, which stand for themselves.
    known: HashSet<String>,
    /// Random texts: as recorded, and ours.
    bound: HashMap<String, String>,
    mails: usize,
    streams: Vec<TcpStream>,
}

impl Replay {
    fn new(seed: &Value, version: ApiVersion) -> Self {
        let mut known = HashSet::new();
        collect_words(seed, &mut known);
        let seed = seed.to_string();
        let builder = || Polar::builder().seed(seed.clone()).api_version(version);
        let start = |limited| builder().rate_limit(limited).start().unwrap();
        let (free, limited) = (start(false), start(true));
        Self { free, limited, version, known, bound: HashMap::new(), mails: 0, streams: Vec::new() }
    }

    /// Each recording began with the seed, on the day of the recordings; Polar's worker ran only where a name says so.
    fn start_again(&mut self) {
        for polar in [&self.free, &self.limited] {
            polar.reset();
            polar.freeze_clock(Timestamp::parse("2026-11-22T08:40:00.123456Z").unwrap());
            polar.delay_purchases(Duration::from_secs(1_000_000));
        }
        self.bound.clear();
        self.streams.clear();
        self.mails = 0;
    }

    fn compare(&mut self, name: &str, recorded: &Value) -> Result<(), String> {
        self.before(name);
        let (request, response) = (&recorded["request"], &recorded["response"]);
        let polar = if recorded["port"] == 8801 { &self.limited } else { &self.free };
        let method = request["method"].as_str().unwrap();
        let path = self.ours(request["path"].as_str().unwrap());
        let body = self.ours(&String::from_utf8(request_body(request)).unwrap());
        let length = body.len().to_string();
        let headers: Vec<(String, String)> = pairs(&request["headers"])
            .into_iter()
            .map(|(name, value)| {
                let value = if name == "Content-Length" { length.clone() } else { self.ours(&value) };
                (name, value)
            })
            .collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let only_recorded_headers = name.starts_with("stream-run/2") || name.starts_with("stream-run/3");
        let reply = if only_recorded_headers {
            let mut stream = self.streams.remove(0);
            let events = response["body"].as_str().unwrap().matches("data:").count();
            Reply { body: read_events(&mut stream, events).into(), ..read_stream_head() }
        } else if response["headers"]["content-type"] == "text/event-stream; charset=utf-8" {
            read_head(&mut send(polar.address(), method, &path, &headers, body.as_bytes()))
        } else {
            exchange(polar.address(), method, &path, &headers, body.as_bytes()).ok_or("no reply")?
        };
        self.bind_codes();
        let theirs = normal(
            response["status"].as_u64().unwrap() as u16,
            recordings::in_version(self.version, request, pairs(&response["headers"])),
            response["body"].as_str().unwrap_or_default(),
        );
        let ours = normal(reply.status, reply.headers.clone(), &reply.text());
        let equal = self.same("", &theirs, &ours);
        self.after(name);
        match equal {
            Ok(()) if reply.complete => Ok(()),
            Ok(()) => Err("incomplete".to_owned()),
            Err(difference) => Err(difference),
        }
    }

    /// What happened before this exchange without being recorded.
    fn before(&mut self, name: &str) {
        let claim = ("GET", "/v1/customer-seats/claim/nope/stream", "");
        let confirm = ("POST", "/v1/checkouts/client/polar_c_CHECKOUT_SUCCEEDED/confirm", "{}");
        let list = ("GET", "/v1/customer-portal/license-keys/?limit=1", "");
        let code = |email: &str| {
            json!({ "email": email, "organization_id": "a0010000-0000-4000-8000-000000000001" }).to_string()
        };
        let request = "/v1/customer-portal/customer-session/request";
        match name {
            "bought/5 keys once the worker has run"
            | "stream-run/5 grants of the second checkout, with the token of the first" => {
                self.free.run_worker();
            }
            "stream-run/1 confirm" => {
                let path = "/v1/checkouts/client/polar_c_CHECKOUT_OPEN/stream";
                self.listen(path, &[]);
            }
            // A change of nothing.
            "cors/me 200" => {
                let headers = [("Authorization", "Bearer polar_cst_TOKEN_ADA"), ("Content-Length", "2")];
                exchange(self.free.address(), "PATCH", "/v1/customer-portal/customers/me", &headers, b"{}").unwrap();
            }
            "429/claim stream: blocked, validate from the same address" => self.repeat(11, claim, "10.3.0.1"),
            "429/confirm: blocked, validate from the same address" => self.repeat(7, confirm, "10.3.0.2"),
            "429/500 a minute: list" => self.repeat_with_token(501, list, "polar_cst_TOKEN_GRACE"),
            "429/claim stream: block counts down" => self.limited.advance_clock(Duration::from_secs(61)),
            "429/validate block: keys with a token from the same address" => {
                let validate = ("POST", "/v1/customer-portal/license-keys/validate", "{}");
                self.repeat(4, validate, "10.9.0.3");
            }
            "429/confirm: request 6 within a minute" => self.repeat(5, confirm, "10.9.0.4"),
            "429/claim stream: request 10 of 12" => self.repeat(9, claim, "10.9.0.5"),
            "429/token: after 500 in a minute" => self.repeat_with_token(501, list, "polar_cst_TOKEN_OTHER"),
            "429/code: request 12 within an hour, never more than 5 a minute" => {
                for _ in 0..11 {
                    self.repeat(1, ("POST", request, &code("nobody@example.com")), "10.9.1.7");
                    self.limited.advance_clock(Duration::from_secs(20));
                }
            }
            "429/code: six 422, then a good request" => self.repeat(6, ("POST", request, &code("ada")), "10.2.0.1"),
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

    fn repeat(&self, times: usize, (method, path, body): (&str, &str, &str), address: &str) {
        self.repeat_with(times, (method, path, body), ("True-Client-IP", address));
    }

    fn repeat_with_token(&self, times: usize, request: (&str, &str, &str), token: &str) {
        self.repeat_with(times, request, ("Authorization", &format!("Bearer {token}")));
    }

    fn repeat_with(&self, times: usize, (method, path, body): (&str, &str, &str), header: (&str, &str)) {
        let length = body.len().to_string();
        let headers = [("Content-Type", "application/json"), ("Content-Length", length.as_str()), header];
        for _ in 0..times {
            exchange(self.limited.address(), method, path, &headers, body.as_bytes()).unwrap();
        }
    }

    /// In the recordings, the first mail's code is called `COD001`, and so on.
    fn bind_codes(&mut self) {
        for mail in self.free.mails().iter().skip(self.mails) {
            self.mails += 1;
            self.bound.insert(format!("COD{:03}", self.mails), mail.code.clone().unwrap_or_default());
        }
    }

    /// A recorded text with our ids, keys and tokens.
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
        let differ = || Err(format!("  {place}: recorded {theirs}\n  {place}: local    {ours}"));
        match (theirs, ours) {
            (Value::Object(a), Value::Object(b)) => {
                let names = |map: &Map<String, Value>| map.keys().map(|name| self.ours(name)).collect::<HashSet<_>>();
                let (recorded, mut local) = (names(a), names(b));
                if recorded.contains("display_key") {
                    local.retain(|name| !recordings::ADDED_LATER.contains(&name.as_str()));
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
            (Value::String(a), Value::String(b)) => {
                if self.same_text(a, b) {
                    Ok(())
                } else {
                    differ()
                }
            }
            _ if theirs == ours => Ok(()),
            _ => differ(),
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

/// What a random text is; `None` for what is not random.
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

/// A text cut where a random text may begin or end; what lies between is kept.
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

/// Status, relevant headers and body in a form that can be compared.
fn normal(status: u16, headers: Vec<(String, String)>, body: &str) -> Value {
    let mut named = Map::new();
    for (name, value) in headers {
        // Lengths vary with the digits of times; the client has checked them against the body.
        let value = if name == "content-length" { "…".to_owned() } else { site(&value) };
        if !["date", "server", "connection"].contains(&name.as_str()) {
            named.insert(name, value.into());
        }
    }
    let body = site(body);
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| body.into());
    json!({ "status": status, "headers": named, "body": body })
}

/// Polar's pages are on another port there, and on the server's own here.
fn site(text: &str) -> String {
    text.replace("http://127.0.0.1:3000", "http://127.0.0.1:8800")
        .replace("http://127.0.0.1:8802", "http://127.0.0.1:8800")
}

/// Of a stream that was recorded while it ran, only this much of the head is there.
fn read_stream_head() -> Reply {
    let content_type = ("content-type".to_owned(), "text/event-stream; charset=utf-8".to_owned());
    Reply { status: 200, headers: vec![content_type], body: Vec::new(), complete: true }
}

/// Both seed files in the form that the local Polar reads, with the people of the recorded replies.
fn seed(base: &Value, portal: &Value, people: &HashMap<String, Value>) -> Value {
    let list = |from: &Value, name: &str| from[name].as_array().cloned().unwrap_or_default();
    let by_role = |name: &str, field: &str| -> HashMap<String, Value> {
        let rows = list(portal, name).into_iter();
        rows.map(|row| (row["role"].as_str().unwrap().to_owned(), row[field].clone())).collect()
    };
    let (customers, members) = (by_role("customers", "id"), by_role("members", "id"));
    let (products, orders) = (by_role("products", "id"), by_role("orders", "id"));
    let checkouts = by_role("checkouts", "id");
    let named = |names: &HashMap<String, Value>, name: &Value| name.as_str().map_or(Value::Null, |n| names[n].clone());
    let token = |prefix: &str, name: &Value| Value::from(format!("{prefix}{}", name.as_str().unwrap()));

    let mut organizations = Map::new();
    for (name, id) in base["organizations"].as_object().unwrap() {
        organizations.insert(name.clone(), json!({ "id": id }));
    }
    for (name, row) in portal["organizations"].as_object().unwrap() {
        organizations.insert(name.clone(), row.clone());
    }
    for (name, organization) in &mut organizations {
        let update = &portal["organization_updates"][name];
        let features =
            if update.is_null() { &portal["organizations"][name] } else { update }["feature_settings"].clone();
        organization["members"] = (features["member_model_enabled"] == true).into();
        organization["seats"] = (features["seat_based_pricing_enabled"] == true).into();
    }
    let mut benefits = base["benefits"].as_object().unwrap().clone();
    benefits.insert("other_org".to_owned(), json!({ "id": base["benefits"]["other_org"], "organization": "other" }));
    for row in list(portal, "benefits") {
        benefits.insert(row["role"].as_str().unwrap().to_owned(), row.clone());
    }
    let mut all_customers = Map::new();
    for (name, id) in base["customers"].as_object().unwrap() {
        all_customers.insert(name.clone(), people[id.as_str().unwrap()].clone());
    }
    for row in list(portal, "customers") {
        let recorded = people.get(row["id"].as_str().unwrap());
        all_customers.insert(row["role"].as_str().unwrap().to_owned(), recorded.unwrap_or(&row).clone());
    }
    for customer in all_customers.values_mut() {
        customer["modified_at"] = Value::Null;
    }
    let keys = list(portal, "keys").into_iter().map(|mut key| {
        key["member_id"] = named(&members, &key["member"]);
        key["organization_id"] = organizations[key["organization"].as_str().unwrap()]["id"].clone();
        key
    });
    let all_keys: Vec<Value> = list(base, "keys").into_iter().chain(keys).collect();
    let activations: Vec<Value> = [list(base, "activations"), list(portal, "activations")].concat();
    let change = |name: &str, change: &dyn Fn(&mut Value)| -> Vec<Value> {
        let mut rows = list(portal, name);
        rows.iter_mut().for_each(change);
        rows
    };
    json!({
        "organizations": organizations,
        "benefits": benefits,
        "customers": all_customers,
        "keys": all_keys,
        "activations": activations,
        "members": change("members", &|row| {
            row["customer_id"] = named(&customers, &row["customer"]);
            row["role"] = row["member_role"].clone();
        }),
        "products": portal["products"],
        "orders": change("orders", &|row| {
            row["product_id"] = named(&products, &row["product"]);
            row["checkout_id"] = named(&checkouts, &row["checkout"]);
        }),
        "benefit_grants": change("benefit_grants", &|row| {
            row["order_id"] = named(&orders, &row["order"]);
            row["member_id"] = named(&members, &row["member"]);
        }),
        "seats": change("seats", &|row| {
            row["order_id"] = named(&orders, &row["order"]);
            row["member_id"] = named(&members, &row["member"]);
        }),
        "checkouts": change("checkouts", &|row| {
            row["client_secret"] = token("polar_c_", &row["client_secret"]);
            row["product_id"] = named(&products, &row["product"]);
            row["expires"] = row["expires_at"].clone();
        }),
        "checkout_links": change("checkout_links", &|row| {
            row["client_secret"] = token("polar_cl_", &row["client_secret"]);
            row["product_id"] = named(&products, &row["product"]);
        }),
        "sessions": change("sessions", &|row| {
            let of_member = row["kind"] == "member";
            row["token"] = token(if of_member { "polar_mst_" } else { "polar_cst_" }, &row["token"]);
            row[if of_member { "member_id" } else { "customer_id" }] = row["subject"].clone();
        }),
        "codes": portal["codes"],
        "vendor_token": token("polar_oat_", &portal["vendor_token"]["token"]),
    })
}
