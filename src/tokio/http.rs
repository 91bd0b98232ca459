//! Sends one request over HTTPS with reqwest and rustls. Reports precisely whether a request that failed may have
//! reached Polar, because a request that may have reached Polar is never sent again.
//!
//! Never follows a redirect, never sends twice, never reuses a connection, never checks whether the answer is from
//! Polar, never reads a clock.
//!
//! ```text
//! check address ── DNS ── connect ── [proxy] ── TLS ── headers ─┬─ body ── answer
//!                     failed here: Sent::No                     │  failed here: Sent::Maybe
//!                                                               └─ hyper asks for the body
//! ```
//! The boundary between [`Sent::No`] and [`Sent::Maybe`] is the moment at which hyper first asks for the body, because
//! Polar cannot act on a request without its body. If time is up before that moment, the body is not sent, although
//! hyper's task may still be running on another thread.
//!
//! Trust: see `trust.rs`. Proxy: `HTTPS_PROXY` or else `ALL_PROXY`, in capital or small letters, names the proxy
//! (`http`, `https`, `socks4`, `socks4a`, `socks5`, `socks5h`), except for hosts in `NO_PROXY`. On Windows, the
//! system's setting names the proxy if no variable is set. Requests to this machine itself (loopback) never go through
//! a proxy. If the first proxy variable that is set does not hold a proxy's address, nothing is sent.

use super::trust::{no_roots, tls_config};
use crate::client::connection::{
    Scheme, Target, WRONG_ADDRESS, describe, no_time, timeout_message, tls_message, wrong_proxy,
};
use crate::client::exchange_log;
use crate::client::resettable::Resettable;
use crate::future::BoxFuture;
use crate::transport::{Answer, AsyncTransport, Failure, Method, Request, RetryHeaders, Sent};
use http_body::{Body, Frame, SizeHint};
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use rustls::ClientConfig;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// A transport that sends requests with reqwest and rustls. Uses the system's proxy and root certificates. Works only
/// in a tokio runtime.
#[derive(Clone, Default)]
pub struct HttpTransport {
    tls: Arc<Resettable<ClientConfig>>,
}

impl HttpTransport {
    /// Creates a transport. It opens no connection, and reads no proxy settings or root certificates, before the first
    /// request.
    pub fn new() -> Self {
        Self::default()
    }
}

impl AsyncTransport for HttpTransport {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Answer> {
        Box::pin(async {
            if let Some(answer) = no_time(request.timeout) {
                return answer;
            }
            let gate = Gate::default();
            let exchanged = timeout(request.timeout, exchange(request, &gate, &self.tls)).await;
            if !matches!(exchanged, Ok(Ok(_))) {
                self.tls.reset();
            }
            let sent = gate.close();
            match exchanged {
                Ok(Ok(answer)) => answer,
                Ok(Err(fault)) => fault.into_answer(sent),
                Err(_) => Answer::failed(Failure::Timeout, sent, timeout_message(sent)),
            }
        })
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpTransport")
    }
}

async fn exchange(request: &Request, gate: &Gate, tls: &Arc<Resettable<ClientConfig>>) -> Result<Answer, Fault> {
    let url = Url::parse(&request.url).map_err(|_| Fault::Address)?;
    let client = client(&url, tls).await?;
    let builder = match request.method {
        Method::Get => client.get(url),
        Method::Post if request.body.is_empty() => client.post(url).header("Content-Length", "0"),
        Method::Post => {
            let body = GatedBody { rest: request.body.as_str().to_owned(), gate: gate.clone() };
            client.post(url).body(reqwest::Body::wrap(body))
        }
    };
    if request.body.is_empty() {
        // Without a body, nothing shows later whether the request was sent. So it counts as sent from here on.
        gate.pass(Passage::Sent);
    }
    let mut builder = builder.header("Connection", "close").header("User-Agent", &request.user_agent);
    for (name, value) in request.headers() {
        let mut value = HeaderValue::from_str(&value).map_err(|_| Fault::Address)?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    read(builder.send().await?, request.reply_limit).await
}

/// Reads a reply with a body of at most `limit` bytes.
async fn read(mut response: Response, limit: usize) -> Result<Answer, Fault> {
    let header = |name: &str| response.headers().get(name)?.to_str().ok();
    exchange_log::answered_in(header("polar-version"));
    let retry_after = RetryHeaders::read(header).seconds();
    let location = header("location").map(|address| Zeroizing::new(address.to_owned()));
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await? {
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Fault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer::Reply { status: response.status().as_u16(), retry_after, location, body })
}

/// Creates a client for one request, so that no connection is kept and the current proxy settings are used.
async fn client(url: &Url, known: &Arc<Resettable<ClientConfig>>) -> Result<Client, Fault> {
    let (target, scheme) = url.host_str().and_then(|host| Target::of(url.scheme(), host)).ok_or(Fault::Address)?;
    let known = Arc::clone(known);
    // The client is built on a thread for blocking work, because building it may read the system's certificates.
    spawn_blocking(move || build_client(target, scheme, &known)).await.map_err(|_| Fault::Stopped)?
}

fn build_client(target: Target, scheme: Scheme, known: &Resettable<ClientConfig>) -> Result<Client, Fault> {
    let tls = match scheme {
        Scheme::Https => known.get(tls_config),
        Scheme::Http => no_roots(),
    };
    let tls = tls.map_err(|error| Fault::Tls(error.to_string()))?;
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .pool_max_idle_per_host(0)
        .http1_only();
    let builder = match (target, wrong_proxy_variable()) {
        (Target::Remote, Some(name)) => return Err(Fault::ProxyVariable(name)),
        (Target::Remote, None) => builder,
        (Target::Loopback, _) => builder.no_proxy(),
    };
    Ok(builder.build()?)
}

/// Returns the name of the first proxy variable that is set, if its value is not the address of a proxy. Without this
/// check, reqwest would ignore the variable and send the request without a proxy.
fn wrong_proxy_variable() -> Option<&'static str> {
    // reqwest tries the variables in this order too, and uses the first one that is set
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|address| !address.is_empty());
    names.into_iter().find(is_set).filter(|name| !std::env::var(name).is_ok_and(|address| is_proxy(&address)))
}

/// Returns `true` if `address` can be the address of a proxy. An address without a scheme counts as an `http` address.
fn is_proxy(address: &str) -> bool {
    const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    let url = if address.contains("://") { Url::parse(address) } else { Url::parse(&format!("http://{address}")) };
    url.is_ok_and(|url| url.has_host() && SCHEMES.contains(&url.scheme()))
}

/// The state that decides whether the body of a request is sent. Two sides share it: hyper asks for the body, and the
/// caller waits for the answer and may give up. If hyper asks first, the body is sent. If the caller gives up first,
/// the body is not sent.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<Passage>>);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Passage {
    /// hyper has not asked for the body yet.
    #[default]
    Held,
    Sent,
    /// The caller no longer waits for the answer, so the body must not be sent any more.
    Withheld,
}

impl Gate {
    /// Changes the state to `then` if it is `Held`. Returns the resulting state.
    fn pass(&self, then: Passage) -> Passage {
        let mut passage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *passage == Passage::Held {
            *passage = then;
        }
        *passage
    }

    /// Prevents the body from being sent if it was not sent yet. Returns whether it may have been sent.
    fn close(&self) -> Sent {
        match self.pass(Passage::Withheld) {
            Passage::Sent => Sent::Maybe,
            Passage::Held | Passage::Withheld => Sent::No,
        }
    }
}

struct GatedBody {
    rest: String,
    gate: Gate,
}

impl Body for GatedBody {
    type Data = <String as Body>::Data;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, io::Error>>> {
        match self.gate.pass(Passage::Sent) {
            Passage::Sent => Pin::new(&mut self.rest).poll_frame(context).map_err(|infallible| match infallible {}),
            Passage::Held | Passage::Withheld => Poll::Ready(Some(Err(io::Error::other("nobody waits for it")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.size_hint()
    }
}

/// The reason why there is no reply.
enum Fault {
    Address,
    /// The value of this environment variable is not the address of a proxy.
    ProxyVariable(&'static str),
    TooLarge,
    /// The runtime is shutting down.
    Stopped,
    Tls(String),
    Reqwest(reqwest::Error),
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        Self::Reqwest(error)
    }
}

impl Fault {
    fn into_answer(self, sent: Sent) -> Answer {
        let message = match self {
            Self::Address => WRONG_ADDRESS.to_owned(),
            Self::ProxyVariable(name) => wrong_proxy(name),
            Self::TooLarge => "answer too large".to_owned(),
            Self::Stopped => "the tokio runtime is shutting down".to_owned(),
            Self::Tls(reason) => tls_message(&reason),
            Self::Reqwest(error) => message(&error, sent),
        };
        Answer::failed(Failure::Network, sent, message)
    }
}

/// Composes one line for developers and logs. reqwest's own message is not used, because it may contain an address or a
/// detail of a proxy.
fn message(error: &reqwest::Error, sent: Sent) -> String {
    if let Some(error) = find::<rustls::Error>(error) {
        return tls_message(&error.to_string());
    }
    if error.is_dns() {
        return "could not connect to Polar: host not found".to_owned();
    }
    let io = find::<io::Error>(error).map(|error| describe(innermost(error)));
    let hyper = find::<hyper::Error>(error);
    match (sent, io) {
        (Sent::No, io) => match (proxy_problem(error), io) {
            (Some(problem), _) => format!("the proxy did not connect to Polar: {problem}"),
            (None, Some(io)) => format!("could not connect to Polar: {io}"),
            (None, None) => "could not connect to Polar".to_owned(),
        },
        (Sent::Maybe, _) if hyper.is_some_and(hyper::Error::is_parse) => "the answer is not HTTP".to_owned(),
        (Sent::Maybe, _) if hyper.is_some_and(hyper::Error::is_incomplete_message) => {
            "the connection to Polar broke: closed by the other side".to_owned()
        }
        (Sent::Maybe, Some(io)) => format!("the connection to Polar broke: {io}"),
        (Sent::Maybe, None) => "the connection to Polar broke".to_owned(),
    }
}

/// Returns hyper-util's message about a problem with the proxy. Recognizes this message by its text, because
/// hyper-util's error type is private.
fn proxy_problem(error: &reqwest::Error) -> Option<String> {
    causes(error).find_map(|cause| cause.to_string().strip_prefix("tunnel error: ").map(str::to_owned))
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    causes(error).find_map(<dyn StdError>::downcast_ref)
}

/// Returns the error, then its cause, then the cause of that cause, and so on.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        // `source` would skip the wrapped error and return that error's cause
        Some(wrapped) => Some(wrapped as _),
        None => error.source(),
    })
}

fn innermost(error: &io::Error) -> &io::Error {
    error.get_ref().and_then(|wrapped| find(wrapped)).map_or(error, innermost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn body() -> (GatedBody, Gate) {
        let gate = Gate::default();
        (GatedBody { rest: String::from("the body"), gate: gate.clone() }, gate)
    }

    fn poll(body: &mut GatedBody) -> Option<Result<Frame<<String as Body>::Data>, io::Error>> {
        match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frame) => frame,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn a_body_that_was_handed_out_may_have_been_sent() {
        let (mut body, gate) = body();
        assert_eq!(poll(&mut body).unwrap().unwrap().into_data().unwrap(), "the body");
        assert_eq!(gate.close(), Sent::Maybe);
        assert!(poll(&mut body).is_none());
    }

    #[test]
    fn a_body_that_nobody_waits_for_is_withheld() {
        let (mut body, gate) = body();
        assert_eq!(gate.close(), Sent::No);
        assert!(poll(&mut body).unwrap().is_err());
        assert_eq!(gate.close(), Sent::No);
    }
}
