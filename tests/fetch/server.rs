//! The local Polar, whose address is compiled into the test, and a device whose clock the test moves.

use std::sync::Arc;
use std::time::Duration;

use polar_license::clock::{Clock, ManualClock};
use polar_license::config::ConfigBuilder;
use polar_license::fetch::{Client, ClientBuilder, HttpTransport, Subscription};
use polar_license::future::LocalBoxFuture;
use polar_license::store::MemoryStore;
use polar_license::time::Now;
use polar_license::transport::{Answer, LocalAsyncTransport, Request};
use polar_license::{Config, Timestamp};
use serde_json::{Value, json};
use wasm_bindgen_futures::JsFuture;

pub(crate) const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001";
pub(crate) const PRO: &str = "de300000-0000-4000-8000-0000000000b1";

/// The time at which each test begins, on the device's clock and on Polar's.
const START: &str = "2026-11-21T12:00:00Z";

/// Returns the URL of the local Polar.
pub(crate) fn url() -> &'static str {
    let built_for = option_env!("POLAR_LICENSE_TEST_POLAR");
    built_for.unwrap_or_else(|| panic!("`cargo xtask test fetch` starts a local Polar and names it"))
}

/// Sends a command to the local Polar: a `POST` if there is a body, otherwise a `GET`.
pub(crate) async fn control(path: &str, body: Option<Value>) -> Value {
    let address = format!("{}/_mock{path}", url());
    let response = match send(&address, body.as_ref()).await {
        Ok(response) => response,
        // Polar had closed the connection while a test kept Node busy, and Node still used it: the request has not
        // arrived
        Err(_) => send(&address, body.as_ref()).await.unwrap(),
    };
    let text = response.text().await.unwrap();
    assert!(response.ok(), "{path}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

async fn send(address: &str, body: Option<&Value>) -> Result<gloo_net::http::Response, gloo_net::Error> {
    match body {
        Some(body) => gloo_net::http::Request::post(address).body(body.to_string())?.send().await,
        None => gloo_net::http::Request::get(address).send().await,
    }
}

/// Creates a key that may be active on one device.
pub(crate) async fn one_seat_key() -> String {
    let key = control("/keys", Some(json!({ "benefit": "pro", "limit_activations": 1 }))).await;
    key["key"].as_str().unwrap().to_owned()
}

pub(crate) async fn seats(key: &str) -> usize {
    control(&format!("/keys/{key}"), None).await["activations"].as_array().unwrap().len()
}

pub(crate) async fn fault(fault: Value) {
    control("/faults", Some(fault)).await;
}

pub(crate) async fn no_faults() {
    gloo_net::http::Request::delete(&format!("{}/_mock/faults", url())).send().await.unwrap();
}

/// A clock that the test sets. Every request advances the clock, so that the pace of requests never makes a test wait.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<ManualClock>);

impl TestClock {
    /// Creates the clock, and sets Polar's clock to the same time.
    pub(crate) async fn new() -> Self {
        control("/clock", Some(json!({ "freeze": START }))).await;
        Self(Arc::new(ManualClock::new(Timestamp::parse(START).unwrap())))
    }

    /// Advances the device's clock and Polar's clock.
    pub(crate) async fn advance(&self, by: Duration) {
        self.0.advance(by);
        control("/clock", Some(json!({ "advance_seconds": by.as_secs() }))).await;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        self.0.now()
    }
}

/// The real transport. Each request also advances the test's clock.
struct ClockedTransport(TestClock, HttpTransport);

impl LocalAsyncTransport for ClockedTransport {
    fn send<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Answer> {
        self.0.0.advance(Duration::from_millis(600));
        self.1.send(request)
    }
}

/// Returns the configuration of an app that uses the local Polar. The device is the same in all tests.
pub(crate) fn app() -> ConfigBuilder {
    Config::builder(ORGANIZATION, "com.example.app")
        .environment(url())
        .device_id("a test machine")
        .label("Till 7")
        .feature("export", [PRO])
}

/// Returns a builder for a client that uses this clock and real `fetch`.
pub(crate) fn client(config: ConfigBuilder, clock: &TestClock) -> ClientBuilder {
    let builder = Client::builder(config.build().unwrap()).clock(clock.clone());
    builder.transport(ClockedTransport(clock.clone(), HttpTransport::new()))
}

/// Opens a client whose store exists in memory only.
pub(crate) async fn open(config: ConfigBuilder, clock: &TestClock) -> Client {
    client(config, clock).store(MemoryStore::new()).open().await.unwrap()
}

/// Returns a subscription, and a future that settles at the client's next change.
pub(crate) fn change_of(client: &Client) -> (Subscription, JsFuture) {
    let mut settle = None;
    let promise = js_sys::Promise::new(&mut |resolve, _| settle = Some(resolve));
    let settle = settle.unwrap();
    let subscription = client.on_change(move |_, _| {
        settle.call0(&wasm_bindgen::JsValue::NULL).unwrap();
    });
    (subscription, promise.into())
}
