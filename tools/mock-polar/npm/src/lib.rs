//! The local Polar as a library for a front end in JavaScript, `ts/server.mts`. The front end receives requests, passes
//! them to the library, and sends the answers that the library returns. While a request has no answer, the front end
//! polls the library. The library opens no socket and sets no timer.
//!
//! ```text
//!   ts/cli.mts ── ts/server.mts   Node's http
//!                  │   polar.receive(request) ── exchange.poll() … ── exchange.event() …
//!                 lib.rs ── mock_polar::Machine
//! ```
#![deny(clippy::wildcard_enum_match_arm)]

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mock_polar::{
    Answer, ApiVersion, DEMO_EMAIL, Delivery, Disconnect, KEPT_BODY, Machine, Mail, RecordedRequest, Seed, Stream,
    Timer,
};
use serde::Serialize;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;
use web_time::Instant;

/// A local Polar.
#[wasm_bindgen]
pub struct Polar {
    machine: Rc<Machine>,
}

#[wasm_bindgen]
impl Polar {
    /// Creates a local Polar. `seed` is JSON; without it, the server has the demo keys. `rate_limit` turns rate limits
    /// on. `api_version` is the current version of the API. `show_mails` writes mails to the console. If the seed or
    /// the version is not valid, throws a string with the error message.
    #[wasm_bindgen(constructor)]
    pub fn new(
        seed: Option<String>,
        rate_limit: bool,
        api_version: Option<String>,
        show_mails: bool,
    ) -> Result<Polar, JsValue> {
        let words = |error: mock_polar::Error| JsValue::from(error.to_string());
        let seed = match seed {
            Some(text) => Seed::from_json(&text).map_err(words)?,
            None => Seed::demo(),
        };
        let version = api_version.map_or_else(|| Ok(ApiVersion::default()), |text| text.parse()).map_err(words)?;
        let machine = Rc::new(Machine::new(seed, rate_limit, version, show_mails.then_some(show_mail)));
        Ok(Self { machine })
    }

    /// Receives a complete request. In `headers`, each name is followed by its value. Polar handles the request before
    /// this method returns, unless a fault delays the request.
    pub fn receive(&self, method: String, path: String, headers: Vec<String>, body: Vec<u8>, from: &str) -> Exchange {
        let headers = headers.chunks_exact(2).filter_map(|pair| match pair {
            [name, value] => Some((name.to_ascii_lowercase(), value.clone())),
            _ => None,
        });
        let request = RecordedRequest { method, path, headers: headers.collect(), body };
        let from: IpAddr = from.parse().unwrap_or(Ipv4Addr::LOCALHOST.into());
        let machine = Rc::clone(&self.machine);
        let answering: Answering = Box::pin(async move { machine.answer(request, from, &Polled).await });
        let exchange = Exchange { phase: RefCell::new(Phase::Answering(answering)) };
        exchange.advance();
        exchange
    }

    /// Carries out the jobs of Polar's worker that are due. Call this method often, because only this method carries
    /// out a job that becomes due between two requests.
    pub fn work(&self) {
        self.machine.work();
    }
}

/// Returns the size in bytes of the largest body that Polar accepts. Only this many bytes of a longer body are kept.
#[wasm_bindgen(js_name = keptBody)]
pub fn kept_body() -> usize {
    KEPT_BODY
}

/// Returns the e-mail address of the customer who has the demo keys.
#[wasm_bindgen(js_name = demoEmail)]
pub fn demo_email() -> String {
    DEMO_EMAIL.to_owned()
}

/// A request, from its arrival until its answer is sent. If the client disconnects earlier, call `free` to abandon the
/// request.
#[wasm_bindgen]
pub struct Exchange {
    phase: RefCell<Phase>,
}

type Answering = Pin<Box<dyn Future<Output = Result<Answer, Disconnect>>>>;

enum Phase {
    Answering(Answering),
    Answered(Result<Answer, Disconnect>),
    Streaming(Stream),
    Over,
}

/// The next step that the front end must take for a request.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Next {
    /// Poll again a little later.
    Wait,
    /// Close the connection without sending another byte.
    Disconnect,
    /// Send this answer. If `streams` is true, send the events of the stream after it.
    Send {
        /// The HTTP status, such as 200.
        status: u16,
        /// The headers, as a list in which each name is followed by its value. If there is no `content-length` and the
        /// status is not 204, the body is sent in chunks.
        headers: Vec<String>,
        /// The whole body or, if the reply is a stream of events, the part of the body that comes before the events.
        #[serde(with = "serde_bytes")]
        #[tsify(type = "Uint8Array")]
        body: Vec<u8>,
        /// The way in which the body must be sent.
        delivery: Sending,
        /// Whether the body continues with the events that `event` returns.
        streams: bool,
    },
}

/// A way to send a body.
#[derive(Serialize, Tsify)]
#[serde(tag = "how", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Sending {
    /// Send the whole body in one piece.
    Whole,
    /// Send the body byte by byte, with this pause before each byte.
    Slow {
        /// The pause in milliseconds.
        pause_ms: f64,
    },
    /// Send half of the body, then close the connection.
    Truncated,
    /// Instead of the body, send one JSON string of this many bytes.
    Huge {
        /// The length of the string in bytes, including its quotes.
        bytes: f64,
    },
}

/// The next step that the front end must take for a stream.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Event {
    /// Poll again a little later.
    Wait,
    /// Send this event.
    Send {
        /// The text to send.
        text: String,
    },
    /// End the stream.
    End,
}

#[wasm_bindgen]
impl Exchange {
    /// Returns the next step that the front end must take for the request.
    pub fn poll(&self) -> Result<Ts<Next>, JsValue> {
        self.advance();
        let mut phase = self.phase.borrow_mut();
        let (next, after) = match std::mem::replace(&mut *phase, Phase::Over) {
            Phase::Answered(Ok(answer)) => {
                let (next, stream) = send(answer);
                (next, stream.map_or(Phase::Over, Phase::Streaming))
            }
            Phase::Answered(Err(Disconnect)) => (Next::Disconnect, Phase::Over),
            other @ (Phase::Answering(_) | Phase::Streaming(_) | Phase::Over) => (Next::Wait, other),
        };
        *phase = after;
        to_js(&next)
    }

    /// Returns the next step that the front end must take for the stream.
    pub fn event(&self) -> Result<Ts<Event>, JsValue> {
        let received = match &mut *self.phase.borrow_mut() {
            Phase::Streaming(stream) => stream.poll_recv(&mut Context::from_waker(Waker::noop())),
            Phase::Answering(_) | Phase::Answered(_) | Phase::Over => Poll::Ready(None),
        };
        to_js(&match received {
            Poll::Ready(Some(text)) => Event::Send { text },
            Poll::Ready(None) => Event::End,
            Poll::Pending => Event::Wait,
        })
    }

    fn advance(&self) {
        let mut phase = self.phase.borrow_mut();
        if let Phase::Answering(answering) = &mut *phase
            && let Poll::Ready(answer) = answering.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            *phase = Phase::Answered(answer);
        }
    }
}

fn to_js<T: Tsify + Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    let value = value.into_js().map_err(|error| JsValue::from(error.to_string()))?;
    Ok(Ts::new_unchecked(value.unchecked_into()))
}

fn send(answer: Answer) -> (Next, Option<Stream>) {
    let delivery = match answer.delivery {
        Delivery::Whole => Sending::Whole,
        Delivery::Slow(pause) => Sending::Slow { pause_ms: pause.as_secs_f64() * 1000.0 },
        Delivery::Truncated => Sending::Truncated,
        Delivery::Huge(bytes) => Sending::Huge { bytes: bytes as f64 },
    };
    let next = Next::Send {
        status: answer.status,
        headers: answer.headers.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect(),
        body: answer.body,
        delivery,
        streams: answer.stream.is_some(),
    };
    (next, answer.stream)
}

/// A timer for a front end that polls. Each poll checks whether the time has passed.
struct Polled;

impl Timer for Polled {
    async fn sleep(&self, by: Duration) {
        let start = instant();
        let over = || instant().saturating_duration_since(start) >= by;
        std::future::poll_fn(|_| if over() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a delayed reply waits by the platform's clock, as the server's do")]
fn instant() -> Instant {
    Instant::now()
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn show(text: &str);
}

/// Writes a mail to the console, for a developer who waits for the code in it.
fn show_mail(mail: &Mail) {
    show(&format!("mock-polar: {mail}"));
}
