//! Sends one request with `fetch`. A request that may have left must not be sent again. A browser does not say whether
//! a failed request has left, so a request counts as not sent only if `fetch` was never called.
//!
//! Never follows a redirect, never sends credentials or a referrer, and never checks whether the answer is from Polar.
//! gloo-net only builds the request. Its `send` is not used, because it panics when `fetch` rejects with something that
//! is not an `Error` (see `js_to_error` in <https://docs.rs/gloo-net/0.6.0/src/gloo_net/error.rs.html>). A page that
//! has wrapped `fetch` can cause that, and after a panic in wasm the caller waits for ever.

use super::environment::{error_name, global};
use crate::client::exchange_log;
use crate::future::LocalBoxFuture;
use crate::transport::{Answer, Failure, LocalAsyncTransport, Method, Request, RetryHeaders, Sent};
use gloo_net::http::RequestBuilder;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache};
use web_sys::{RequestCredentials, RequestMode, RequestRedirect, Response, ResponseType};
use zeroize::Zeroizing;

/// A transport that calls the page's `fetch` for each request. Because the page may replace its `fetch`, the transport
/// looks the function up each time.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpTransport(());

impl HttpTransport {
    /// Creates a transport. It does not look for `fetch` until it sends a request.
    pub fn new() -> Self {
        Self::default()
    }
}

impl LocalAsyncTransport for HttpTransport {
    fn send<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Answer> {
        Box::pin(async { exchange(request).await.unwrap_or_else(Fault::into_answer) })
    }
}

/// The reason why there is no reply.
enum Fault {
    NoFetch,
    NotSendable,
    /// The error from `fetch`, or from reading the response.
    Rejected(JsValue),
    NoResponse,
    Redirect,
    TooLarge,
}

async fn exchange(request: &Request) -> Result<Answer, Fault> {
    let fetch: Function = global("fetch").ok().flatten().and_then(|it| it.dyn_into().ok()).ok_or(Fault::NoFetch)?;
    let abort = AbortOnDrop::new();
    let prepared = prepare(request, abort.signal().as_ref()).ok_or(Fault::NotSendable)?;
    let promise = fetch.call1(&js_sys::global(), &prepared).map_err(Fault::Rejected)?;
    // a wrapper of `fetch` may return anything, even a value that is not a promise
    let response = JsFuture::from(Promise::resolve(&promise)).await.map_err(Fault::Rejected)?;
    let response: Response = response.dyn_into().map_err(|_| Fault::NoResponse)?;
    if response.type_() == ResponseType::Opaqueredirect {
        return Err(Fault::Redirect);
    }
    let headers = response.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    exchange_log::answered_in(header("polar-version").as_deref());
    let retry_after = RetryHeaders::read(header).seconds();
    let body = read(&response, request.reply_limit).await?;
    // A web page cannot see where a reply redirects to, so `location` is always `None`.
    Ok(Answer::Reply { status: response.status(), retry_after, location: None, body })
}

fn prepare(request: &Request, signal: Option<&AbortSignal>) -> Option<web_sys::Request> {
    let builder = match request.method {
        Method::Get => gloo_net::http::Request::get(&request.url),
        Method::Post => gloo_net::http::Request::post(&request.url),
    };
    let mut builder = careful(builder, signal);
    for (name, value) in request.headers() {
        builder = builder.header(name, &value);
    }
    let prepared = match request.method {
        Method::Get => builder.build(),
        Method::Post => builder.body(request.body.as_str()),
    };
    prepared.ok().map(Into::into)
}

/// Makes the request exclude credentials and the referrer, bypass the cache, and follow no redirect.
fn careful(builder: RequestBuilder, signal: Option<&AbortSignal>) -> RequestBuilder {
    builder
        .mode(RequestMode::Cors)
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .redirect(RequestRedirect::Manual)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .abort_signal(signal)
}

async fn read(response: &Response, limit: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut bytes = Zeroizing::new(Vec::new());
    let Some(stream) = response.body() else { return Ok(bytes) };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(Fault::Rejected)?;
        let value = Reflect::get(&part, &"value".into()).map_err(Fault::Rejected)?;
        let Ok(chunk) = value.dyn_into::<Uint8Array>() else { return Ok(bytes) };
        if bytes.len().saturating_add(chunk.length() as usize) > limit {
            return Err(Fault::TooLarge);
        }
        bytes.extend(chunk.to_vec());
    }
}

/// A guard that aborts the request if it is dropped before the request has ended.
struct AbortOnDrop(Option<AbortController>);

impl AbortOnDrop {
    fn new() -> Self {
        Self(AbortController::new().ok())
    }

    fn signal(&self) -> Option<AbortSignal> {
        self.0.as_ref().map(AbortController::signal)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortController::abort);
    }
}

impl Fault {
    fn into_answer(self) -> Answer {
        let (sent, message) = match self {
            Self::NoFetch => (Sent::No, String::from("there is no `fetch` here; give the client a transport")),
            Self::NotSendable => (Sent::No, String::from("the browser refuses to make such a request")),
            Self::Rejected(error) => (Sent::Maybe, rejection(&error)),
            Self::NoResponse => (Sent::Maybe, String::from("`fetch` returned something that is not a response")),
            Self::Redirect => (Sent::Maybe, String::from("the answer is a redirect, which is not Polar's")),
            Self::TooLarge => (Sent::Maybe, String::from("answer too large")),
        };
        Answer::failed(Failure::Network, sent, message)
    }
}

/// Returns the message for a call of `fetch` that was rejected. Browsers reject with `TypeError` in many different
/// cases, for example if the device is offline or if a captive portal answers. The text of this error differs between
/// browsers.
fn rejection(error: &JsValue) -> String {
    match error_name(error).as_deref() {
        None | Some("TypeError") => String::from("could not reach Polar; check the network connection"),
        Some(name) => format!("could not reach Polar: {name}"),
    }
}
