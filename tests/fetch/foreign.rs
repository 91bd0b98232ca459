//! Pages whose own code changes `fetch`, or that have no `fetch`. The app must neither hang nor trap.

use std::time::Duration;

use js_sys::{Function, Reflect};
use polar_license::fetch::HttpTransport;
use polar_license::transport::{Answer, Failure, LocalAsyncTransport, Request, Sent};
use polar_license::{ErrorKind, State};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::server::{TestClock, app, one_seat_key, open, url};

/// A replacement of a global variable. Dropping it restores the original.
struct Patch {
    name: &'static str,
    original: JsValue,
}

impl Patch {
    fn fetch(body: &str) -> Self {
        Self::set("fetch", &Function::new_with_args("request", body))
    }

    fn set(name: &'static str, value: &JsValue) -> Self {
        let original = Reflect::get(&js_sys::global(), &name.into()).unwrap();
        Reflect::set(&js_sys::global(), &name.into(), value).unwrap();
        Self { name, original }
    }
}

impl Drop for Patch {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &self.name.into(), &self.original).unwrap();
    }
}

fn request() -> Request {
    let url = format!("{}/v1/customer-portal/license-keys/validate", url());
    Request::post(url, "{}", Duration::from_secs(10))
}

/// Replacements of `fetch`: the ways in which code around `fetch` was seen to fail, or could fail.
const WRAPPERS: [&str; 11] = [
    "return Promise.reject('a string')",
    "return Promise.reject(undefined)",
    "return Promise.reject(null)",
    "return Promise.reject(new DOMException('blocked', 'AbortError'))",
    "return Promise.reject({ name: { toString() { throw 1 } } })",
    "return Promise.reject(new Proxy({}, { get() { throw 'trap' } }))",
    "throw 'at once'",
    "throw new TypeError('at once')",
    "return undefined",
    "return { status: 200, ok: true, text: async () => '{}' }",
    "return { then(_, reject) { reject(Symbol('thenable')) } }",
];

#[wasm_bindgen_test]
async fn every_rejection_of_fetch_is_a_failure() {
    for wrapper in WRAPPERS {
        let patch = Patch::fetch(wrapper);
        let answer = HttpTransport::new().send(&request()).await;
        drop(patch);
        let Answer::Failed { failure: Failure::Network, sent: Sent::Maybe, message } = answer else {
            panic!("{wrapper}: {answer:?}");
        };
        assert!(!message.contains("string") && !message.contains("blocked"), "{wrapper}: {message}");
    }
}

#[wasm_bindgen_test]
async fn a_body_that_breaks_is_a_failure() {
    let bodies = [
        "return new Response(new ReadableStream({ start(it) { it.error('text') } }))",
        "return new Response(new ReadableStream({ pull(it) { it.enqueue(new Uint8Array(9)); it.error(undefined) } }))",
        // a body that is larger than any answer of Polar's, in one piece and in several
        "return new Response(new Uint8Array(300000))",
        "let n = 3; return new Response(new ReadableStream({ \
         pull(it) { n-- ? it.enqueue(new Uint8Array(100000)) : it.close() } }))",
    ];
    for body in bodies {
        let patch = Patch::fetch(body);
        let answer = HttpTransport::new().send(&request()).await;
        drop(patch);
        assert!(
            matches!(answer, Answer::Failed { failure: Failure::Network, sent: Sent::Maybe, .. }),
            "{body}: {answer:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn the_pause_in_a_reply_is_read() {
    for (headers, expected) in [
        ("'Retry-After': ' 7 '", Some(7)),
        ("'RateLimit-Reset': '9'", Some(9)),
        ("'Retry-After': 'Sat, 21 Nov 2026 07:44:42 GMT', 'Date': 'Sat, 21 Nov 2026 07:44:02 GMT'", Some(40)),
        ("'Retry-After': 'Sat, 21 Nov 2026 07:44:42 GMT'", None),
    ] {
        let patch = Patch::fetch(&format!("return new Response('wait', {{ status: 429, headers: {{ {headers} }} }})"));
        let answer = HttpTransport::new().send(&request()).await;
        drop(patch);
        let expected =
            Answer::Reply { status: 429, retry_after: expected, location: None, body: b"wait".to_vec().into() };
        assert_eq!(answer, expected, "{headers}");
    }
}

#[wasm_bindgen_test]
async fn only_requests_that_fetch_never_received_are_certainly_not_sent() {
    let patch = Patch::set("fetch", &JsValue::UNDEFINED);
    let without = HttpTransport::new().send(&request()).await;
    drop(patch);
    let mut nowhere = request();
    nowhere.url = String::from("http://[nowhere").into();
    for answer in [without, HttpTransport::new().send(&nowhere).await] {
        assert!(matches!(answer, Answer::Failed { sent: Sent::No, .. }), "{answer:?}");
    }
}

#[wasm_bindgen_test]
async fn a_fetch_that_never_settles_is_a_time_out() {
    let (clock, key) = (TestClock::new().await, one_seat_key().await);
    let client = open(app().timeout(Duration::from_millis(150)), &clock).await;
    client.activate(&key).await.unwrap();
    let patch = Patch::fetch("globalThis.lastSignal = request.signal; return new Promise(() => {})");
    let decision = client.validate().await;
    drop(patch);
    assert_eq!((decision.state(), decision.problem().unwrap().kind), (State::Active, ErrorKind::Timeout));
    let signal = Reflect::get(&js_sys::global(), &"lastSignal".into()).unwrap();
    let aborted = Reflect::get(&signal, &"aborted".into()).unwrap();
    assert!(aborted.is_truthy(), "the request is aborted as well");
}

#[wasm_bindgen_test]
async fn requests_contain_nothing_of_the_page() {
    let patch = Patch::fetch("globalThis.lastRequest = request; return Promise.reject('enough')");
    HttpTransport::new().send(&request()).await;
    drop(patch);
    let last = Reflect::get(&js_sys::global(), &"lastRequest".into()).unwrap();
    for (name, value) in [
        ("method", "POST"),
        ("mode", "cors"),
        ("credentials", "omit"),
        ("cache", "no-store"),
        ("redirect", "manual"),
        ("referrerPolicy", "no-referrer"),
    ] {
        assert_eq!(Reflect::get(&last, &name.into()).unwrap().as_string().as_deref(), Some(value), "{name}");
    }
}
