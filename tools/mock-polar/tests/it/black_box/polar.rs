//! A local Polar that the tests control with requests to `/_mock`, as a test in any language does.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use mock_polar::{ApiVersion, Fault, MockPolar, NewKey, RecordedRequest, Seed, Status, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::wire::{Front, exchange};

pub(crate) struct Polar {
    address: SocketAddr,
    /// The server. It runs until this value is dropped.
    _server: Server,
}

#[expect(dead_code, reason = "both are held only to keep the server running")]
enum Server {
    Here(MockPolar),
    Command(Process),
}

struct Process {
    child: Child,
    _output: BufReader<ChildStdout>,
    _seed: tempfile::NamedTempFile,
}

impl Drop for Process {
    fn drop(&mut self) {
        // `kill` fails only if the process has already ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
pub(crate) struct Builder {
    seed: Option<String>,
    rate_limit: bool,
    api_version: ApiVersion,
}

impl Builder {
    /// Sets the seed, as JSON text.
    pub(crate) fn seed(mut self, seed: impl Into<String>) -> Self {
        self.seed = Some(seed.into());
        self
    }

    pub(crate) fn rate_limit(mut self, on: bool) -> Self {
        self.rate_limit = on;
        self
    }

    pub(crate) fn api_version(mut self, version: ApiVersion) -> Self {
        self.api_version = version;
        self
    }

    pub(crate) fn start(self) -> Result<Polar, String> {
        match std::env::var("MOCK_POLAR_COMMAND") {
            Ok(script) => self.start_command(&script),
            Err(_) => self.start_here(),
        }
    }

    fn start_here(self) -> Result<Polar, String> {
        let builder = MockPolar::builder().rate_limit(self.rate_limit).api_version(self.api_version);
        let builder = match self.seed {
            Some(seed) => builder.seed(Seed::from_json(&seed).map_err(|error| error.to_string())?),
            None => builder,
        };
        let polar = builder.start().map_err(|error| error.to_string())?;
        Ok(Polar { address: polar.address(), _server: Server::Here(polar) })
    }

    fn start_command(self, script: &str) -> Result<Polar, String> {
        let mut command = Command::new("node");
        command.args([script, "--port", "0", "--json", "--api-version", &self.api_version.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        if let Some(seed) = &self.seed {
            file.write_all(seed.as_bytes()).map_err(|error| error.to_string())?;
            command.arg("--seed").arg(file.path());
        }
        if self.rate_limit {
            command.arg("--rate-limit");
        }
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let process = |output| Process { child, _output: output, _seed: file };
        let mut line = String::new();
        // If the process ends without writing anything, `line` stays empty, and parsing it fails below.
        output.read_line(&mut line).map_err(|error| error.to_string())?;
        let process = process(output);
        let started: Value = serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
        let address = started["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        Ok(Polar { address, _server: Server::Command(process) })
    }
}

/// The fields of a key that the tests check.
#[derive(Deserialize)]
pub(crate) struct Key {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) status: Status,
    pub(crate) shown_status: String,
    pub(crate) usage: i32,
    pub(crate) validations: u32,
    pub(crate) activations: Vec<Activation>,
}

#[derive(Deserialize)]
pub(crate) struct Activation {
    pub(crate) id: String,
    pub(crate) label: String,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) code: Option<String>,
    pub(crate) invitation_token: Option<String>,
    pub(crate) url: String,
}

#[derive(Deserialize)]
pub(crate) struct Purchase {
    pub(crate) customer_session_token: Option<String>,
    pub(crate) success_url: String,
}

#[derive(Clone, Copy, Deserialize)]
pub(crate) struct FaultId {
    id: u64,
}

impl Front for Polar {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn organization(&self) -> String {
        self.overview()["organization"].as_str().unwrap().to_owned()
    }
}

impl Polar {
    pub(crate) fn start() -> Result<Self, String> {
        Self::builder().start()
    }

    pub(crate) fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn organization(&self) -> String {
        Front::organization(self)
    }

    pub(crate) fn benefit(&self, name: &str) -> String {
        self.overview()["benefits"][name].as_str().unwrap().to_owned()
    }

    pub(crate) fn open_streams(&self) -> u64 {
        self.overview()["open_streams"].as_u64().unwrap()
    }

    pub(crate) fn reset(&self) {
        self.tell("POST", "reset", &Value::Null);
    }

    pub(crate) fn fault(&self, fault: Fault) -> FaultId {
        self.ask("POST", "faults", &serde_json::to_value(fault).unwrap())
    }

    pub(crate) fn clear_fault(&self, fault: FaultId) {
        self.tell("DELETE", &format!("faults/{}", fault.id), &Value::Null);
    }

    pub(crate) fn clear_faults(&self) {
        self.tell("DELETE", "faults", &Value::Null);
    }

    pub(crate) fn set_rate_limit(&self, on: bool) {
        self.tell("POST", "rate-limit", &json!({ "on": on }));
    }

    pub(crate) fn release_api_version(&self, version: &str) {
        self.tell("POST", "versions", &json!({ "current": version }));
    }

    pub(crate) fn remove_api_version(&self, version: &str) {
        self.tell("DELETE", &format!("versions/{version}"), &Value::Null);
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests_at("requests")
    }

    pub(crate) fn clear_requests(&self) {
        self.tell("DELETE", "requests", &Value::Null);
    }

    pub(crate) fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.requests_at(&waiting("requests", count, timeout)).len() >= count
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.ask("GET", "mails", &Value::Null)
    }

    pub(crate) fn wait_for_mails(&self, count: usize, timeout: Duration) -> bool {
        self.ask::<Vec<Mail>>("GET", &waiting("mails", count, timeout), &Value::Null).len() >= count
    }

    pub(crate) fn delay_mails(&self, by: Duration) {
        self.tell("POST", "worker", &json!({ "mail_seconds": by.as_secs() }));
    }

    pub(crate) fn delay_purchases(&self, by: Duration) {
        self.tell("POST", "worker", &json!({ "purchase_seconds": by.as_secs() }));
    }

    pub(crate) fn run_worker(&self) {
        self.tell("POST", "worker", &json!({ "run": true }));
    }

    pub(crate) fn show_activations(&self, benefit: &str, shown: bool) {
        self.tell("PATCH", &format!("benefits/{benefit}"), &json!({ "show_activations": shown }));
    }

    pub(crate) fn customer_token(&self, email: &str) -> String {
        let made: Value = self.ask("POST", "tokens", &json!({ "email": email }));
        made["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn personal_data(&self) -> Vec<String> {
        self.ask("GET", "personal-data", &Value::Null)
    }

    pub(crate) fn pay(&self, client_secret: &str, email: &str) -> Purchase {
        let buyer = json!({ "customer_email": email, "customer_billing_address": { "country": "GB" } });
        self.ask("POST", &format!("checkouts/{client_secret}/pay"), &buyer)
    }

    pub(crate) fn add_key(&self, key: NewKey) -> String {
        self.ask::<Key>("POST", "keys", &serde_json::to_value(key).unwrap()).key
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.ask("GET", "keys", &Value::Null)
    }

    pub(crate) fn key(&self, key: &str) -> Key {
        self.ask("GET", &format!("keys/{key}"), &Value::Null)
    }

    pub(crate) fn activations(&self, key: &str) -> Vec<Activation> {
        self.key(key).activations
    }

    pub(crate) fn usage(&self, key: &str) -> i32 {
        self.key(key).usage
    }

    pub(crate) fn set_limit_activations(&self, key: &str, devices: impl Into<Option<u32>>) {
        self.change(key, &json!({ "limit_activations": devices.into() }));
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::parse(self.ask::<Value>("GET", "clock", &Value::Null)["now"].as_str().unwrap()).unwrap()
    }

    pub(crate) fn set_clock(&self, at: Timestamp) {
        self.tell("POST", "clock", &json!({ "set": at }));
    }

    pub(crate) fn freeze_clock(&self, at: Timestamp) {
        self.tell("POST", "clock", &json!({ "freeze": at }));
    }

    pub(crate) fn advance_clock(&self, by: Duration) {
        self.tell("POST", "clock", &json!({ "advance_seconds": by.as_secs_f64() }));
    }

    pub(crate) fn skew_clock(&self, seconds: i64) {
        self.tell("POST", "clock", &json!({ "skew_seconds": seconds }));
    }

    fn overview(&self) -> Value {
        self.ask("GET", "", &Value::Null)
    }

    pub(crate) fn change(&self, key: &str, fields: &Value) {
        self.tell("PATCH", &format!("keys/{key}"), fields);
    }

    fn requests_at(&self, path: &str) -> Vec<RecordedRequest> {
        let recorded: Vec<Value> = self.ask("GET", path, &Value::Null);
        let request = |recorded: &Value| {
            let text = |name: &str| recorded[name].as_str().unwrap().to_owned();
            let headers = recorded["headers"].as_object().unwrap().iter();
            RecordedRequest {
                method: text("method"),
                path: text("path"),
                headers: headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect(),
                body: text("body").into_bytes(),
            }
        };
        recorded.iter().map(request).collect()
    }

    fn ask<T: DeserializeOwned>(&self, method: &str, path: &str, body: &Value) -> T {
        let answer = self.tell(method, path, body);
        serde_json::from_slice(&answer).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&answer)))
    }

    fn tell(&self, method: &str, path: &str, body: &Value) -> Vec<u8> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let length = body.len().to_string();
        let path = format!("/_mock/{path}");
        let reply = exchange(self.address, method, &path, &[("Content-Length", &length)], body.as_bytes()).unwrap();
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text());
        reply.body
    }
}

fn waiting(what: &str, count: usize, timeout: Duration) -> String {
    format!("{what}?wait={count}&timeout_ms={}", timeout.as_millis())
}
