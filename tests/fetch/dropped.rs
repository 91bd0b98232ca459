//! Tests operations whose futures are dropped, or that are cancelled.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use js_sys::Promise;
use polar_license::clock::SystemClock;
use polar_license::fetch::Client;
use polar_license::future::LocalBoxFuture;
use polar_license::store::MemoryStore;
use polar_license::transport::{Answer, LocalAsyncTransport, Request};
use polar_license::{Config, Error, ErrorKind, State};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::format::{Common, Endpoint, Reply, Scenario};
use super::polar;

const SEAT: &str = "ac700000-0000-4000-8000-000000000001";
const KEY: &str = "D1E50003-AAAA-4BBB-8CCC-DDDD0000EEE3";

/// A simulated Polar that confirms everything, and can delay one answer.
struct Polar {
    asked: RefCell<Vec<&'static str>>,
    holds: &'static str,
    gate: Promise,
    open: js_sys::Function,
    given_up: Cell<bool>,
}

impl Polar {
    fn holding(holds: &'static str) -> Rc<Self> {
        let mut open = None;
        let gate = Promise::new(&mut |resolve, _| open = Some(resolve));
        let (asked, given_up) = (RefCell::default(), Cell::default());
        Rc::new(Self { asked, holds, gate, open: open.unwrap(), given_up })
    }

    fn answer_now(&self) {
        self.open.call0(&JsValue::NULL).unwrap();
    }

    fn asked(&self) -> Vec<&'static str> {
        self.asked.borrow().clone()
    }
}

struct Line(Rc<Polar>);

impl LocalAsyncTransport for Line {
    fn send<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Answer> {
        let polar = &self.0;
        let (name, endpoint) = match request.url.rsplit('/').next() {
            Some("validate") => ("validate", Endpoint::Validate),
            Some("activate") => ("activate", Endpoint::Activate),
            _ => ("deactivate", Endpoint::Deactivate),
        };
        polar.asked.borrow_mut().push(name);
        let body: Value = serde_json::from_str(&request.body).unwrap();
        Box::pin(async move {
            if name == polar.holds {
                let waits = GivenUp(polar);
                JsFuture::from(polar.gate.clone()).await.unwrap();
                std::mem::forget(waits);
            }
            let confirmation = match endpoint {
                Endpoint::Activate => json!({ "confirmed": { "activation": SEAT } }),
                _ => json!({ "confirmed": {} }),
            };
            let reply: Reply = serde_json::from_value(confirmation).unwrap();
            let scenario: Scenario =
                serde_json::from_str(r#"{ "name": "", "why": "", "shows": [], "steps": [] }"#).unwrap();
            let now = polar_license::clock::Clock::now(&SystemClock::new()).wall;
            polar::answer(&Common::load(), &scenario, endpoint, &body, &reply, now)
        })
    }
}

struct GivenUp<'a>(&'a Polar);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.given_up.set(true);
    }
}

async fn open(polar: &Rc<Polar>) -> Client {
    let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.example.app").device_id("laptop");
    // a time-out longer than any test may take, so that a deadline cannot hide a missing wake-up
    let config = config.timeout(Duration::from_secs(300)).build();
    let builder = Client::builder(config.unwrap()).store(MemoryStore::new()).transport(Line(Rc::clone(polar)));
    builder.clock(SystemClock::new()).open().await.unwrap()
}

/// Begins an operation, and drops it as soon as it has to wait.
fn begin_and_drop<T>(operation: impl Future<Output = Result<T, Error>>) {
    let operation = pin!(operation);
    let polled = operation.poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending));
}

#[wasm_bindgen_test]
async fn an_activation_dropped_after_it_was_sent_still_keeps_its_seat() {
    let polar = Polar::holding("activate");
    let client = open(&polar).await;
    begin_and_drop(client.activate(KEY));
    assert_eq!(polar.asked(), ["validate", "activate"]);
    assert_eq!(client.current().state(), State::Unlicensed);
    polar.answer_now();
    // operations run one after the other, so the activation has ended when this refresh begins
    let decision = client.refresh().await;
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    assert_eq!(decision.license().unwrap().activation_id.as_ref().unwrap().to_string(), SEAT);
    assert_eq!(polar.asked(), ["validate", "activate"]);
}

#[wasm_bindgen_test]
async fn an_activation_dropped_before_it_was_sent_takes_no_seat() {
    let polar = Polar::holding("validate");
    let client = open(&polar).await;
    begin_and_drop(client.activate(KEY));
    polar.answer_now();
    let decision = client.refresh().await;
    assert_eq!(decision.state(), State::Unlicensed);
    assert!(decision.problem().is_some_and(|problem| !problem.maybe_applied), "{:?}", decision.problem());
    assert_eq!(polar.asked(), ["validate"]);
}

#[wasm_bindgen_test]
async fn an_operation_that_was_never_polled_never_began() {
    let polar = Polar::holding("validate");
    let client = open(&polar).await;
    drop(client.activate(KEY));
    assert_eq!(client.refresh().await.state(), State::Unlicensed);
    assert!(polar.asked().is_empty());
}

#[wasm_bindgen_test]
async fn a_cancelled_activation_says_that_it_may_have_taken_a_seat() {
    let polar = Polar::holding("activate");
    let client = open(&polar).await;
    let mut activation = pin!(client.activate(KEY));
    assert!(activation.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    client.cancel();
    let error = activation.await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Cancelled, true));
    assert_eq!(client.current().problem().unwrap().kind, ErrorKind::SeatUncertain);
    assert!(polar.given_up.get(), "the request is stopped as well");
}

#[wasm_bindgen_test]
async fn validates_at_the_same_time_share_one_answer() {
    let polar = Polar::holding("nothing");
    let client = open(&polar).await;
    client.activate(KEY).await.unwrap();
    let mut first = pin!(client.validate());
    let mut second = pin!(client.validate());
    let mut context = Context::from_waker(Waker::noop());
    // two requests have just been sent, so the pace delays this operation
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    let (first, second) = (first.await, second.await);
    assert_eq!((first.problem(), second.problem()), (None, None));
    assert_eq!(polar.asked(), ["validate", "activate", "validate"]);
}

#[wasm_bindgen_test]
async fn an_operation_that_waits_for_another_operation_can_be_dropped() {
    let polar = Polar::holding("activate");
    let client = open(&polar).await;
    let mut first = pin!(client.activate(KEY));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    begin_and_drop(client.activate(KEY));
    polar.answer_now();
    assert_eq!(first.await.unwrap().state(), State::Active);
    assert_eq!(client.refresh().await.state(), State::Active);
    assert_eq!(polar.asked(), ["validate", "activate"], "the second one asked nothing");
}
