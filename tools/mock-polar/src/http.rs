//! The wire: connections, and the ways in which a reply can fail to arrive.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::Sleep;

use crate::control;
use crate::fault::{Fault, Garbage, Kind, Strike};
use crate::polar;
use crate::reply::Reply;
use crate::state::{RecordedRequest, Shared};

/// As Polar's server: a connection that idles longer is closed, and its reuse meets a reset.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// No request of the endpoints comes near; it keeps a test gone wild from filling the memory.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Accepts connections until the runtime is dropped, and every connection with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // Accepting fails when the process runs out of files, or for a client that has left: neither ends the server.
        match listener.accept().await {
            Ok((stream, from)) => {
                let task = tokio::spawn(connection(stream, from, Arc::clone(&shared)));
                shared.connections().add(task.abort_handle());
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn connection(stream: TcpStream, from: SocketAddr, shared: Arc<Shared>) {
    // Replies are small; waiting to fill a packet only slows tests down.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(request, from.ip(), &shared));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service);
    // It fails whenever a client leaves early or a fault says so.
    let _ = served.await;
}

/// Connections still open, to be closed at once.
#[derive(Default)]
pub(crate) struct Connections(Vec<AbortHandle>);

impl Connections {
    pub(crate) fn add(&mut self, connection: AbortHandle) {
        self.0.retain(|known| !known.is_finished());
        self.0.push(connection);
    }

    pub(crate) fn close(&mut self) {
        self.0.drain(..).for_each(|connection| connection.abort());
    }
}

async fn respond(request: Request<Incoming>, from: IpAddr, shared: &Shared) -> Result<Response<Outgoing>, Hangup> {
    let request = receive(request).await?;
    if let Some(reply) = control::answer(shared, &request).await {
        return Ok(shared.finish(reply, Delivery::Whole));
    }
    let (strike, early) = {
        let mut state = shared.lock();
        state.requests.push(request.clone());
        let strike = if polar::is_preflight(&request) { None } else { state.faults.strike(polar::endpoint(&request)) };
        // Handled under the same lock: whoever waited for the request finds it handled, unless a fault holds it back.
        let early = strike.as_ref().is_none_or(|strike| handles_at_once(&strike.fault)).then(|| {
            let skew = strike.as_ref().map_or(0, |strike| skew(&strike.fault));
            polar::answer(&mut state, &request, from, skew)
        });
        (strike, early)
    };
    shared.announce();
    let genuine = |reply: Option<Reply>| reply.unwrap_or_else(|| polar::answer(&mut shared.lock(), &request, from, 0));
    let Some(mut strike) = strike else {
        return Ok(shared.finish(genuine(early), Delivery::Whole));
    };
    let (reply, delivery) = struck(&mut strike, early, &request, genuine).await?;
    let reply = dress(reply, &strike.fault, &request);
    Ok(shared.finish(reply, delivery))
}

/// Whether Polar handles the request before the fault strikes.
fn handles_at_once(fault: &Fault) -> bool {
    match fault.kind {
        Kind::SlowBody(_) | Kind::TruncatedBody | Kind::SkewedClock(_) => true,
        Kind::Garbage(garbage) => fault.after_handling || alters(garbage),
        _ => fault.after_handling,
    }
}

fn alters(garbage: Garbage) -> bool {
    matches!(garbage, Garbage::OtherKey | Garbage::OtherOrganization | Garbage::OtherActivation)
}

fn skew(fault: &Fault) -> i64 {
    match fault.kind {
        Kind::SkewedClock(seconds) => seconds,
        _ => 0,
    }
}

async fn struck(
    strike: &mut Strike,
    early: Option<Reply>,
    request: &RecordedRequest,
    genuine: impl FnOnce(Option<Reply>) -> Reply,
) -> Result<(Reply, Delivery), Hangup> {
    let whole = |reply| Ok((reply, Delivery::Whole));
    match strike.fault.kind.clone() {
        Kind::Drop => Err(Hangup),
        Kind::Portal(status) => whole(portal(status, request)),
        Kind::Reply(reply) => whole(reply),
        Kind::Stall => {
            strike.cleared().await;
            whole(genuine(early))
        }
        Kind::Delay(by) => {
            tokio::time::sleep(by).await;
            whole(genuine(early))
        }
        Kind::SlowBody(pause) => Ok((genuine(early), Delivery::Slow(pause))),
        Kind::TruncatedBody => Ok((genuine(early), Delivery::Truncated)),
        Kind::HugeBody(bytes) => Ok((Reply::json(200, &()), Delivery::Huge(bytes))),
        Kind::SkewedClock(_) => whole(genuine(early)),
        Kind::Garbage(garbage) if alters(garbage) => whole(altered(genuine(early), garbage)),
        Kind::Garbage(garbage) => whole(replaced(garbage)),
    }
}

/// CORS headers as the fault's documentation says.
fn dress(mut reply: Reply, fault: &Fault, request: &RecordedRequest) -> Reply {
    let readable = fault.cors.unwrap_or(reply.dressed);
    if !readable {
        reply.headers.retain(|(name, _)| !name.starts_with("access-control-"));
        return reply;
    }
    if request.header("origin").is_some() { polar::with_cors(reply) } else { reply }
}

const PORTAL_PAGE: &str = "<!doctype html><html><head><title>Guest network</title></head>\
     <body><h1>Welcome</h1><p>Please accept the terms of use to go online.</p>\
     <form method=\"post\"><button>Accept</button></form></body></html>";

fn portal(status: u16, request: &RecordedRequest) -> Reply {
    let reply = Reply::html(status, PORTAL_PAGE.to_owned());
    match status {
        // A page of this server, so that a client which follows stays on this machine.
        300..=399 => {
            let host = request.header("host").unwrap_or("127.0.0.1");
            reply.with("location", format!("http://{host}{}", control::PORTAL_PATH))
        }
        407 => reply.with("proxy-authenticate", "Basic realm=\"guests\""),
        _ => reply,
    }
}

pub(crate) fn portal_page() -> Reply {
    Reply::html(200, PORTAL_PAGE.to_owned())
}

fn replaced(garbage: Garbage) -> Reply {
    let json = Reply::json(200, &());
    let body: Vec<u8> = match garbage {
        Garbage::Binary => (0u8..=255).rev().cycle().take(4096).collect(),
        Garbage::ForeignJson => {
            br#"{"id":42,"status":"granted","license":"ok","data":[1,2,3],"message":"Hello from another service"}"#
                .to_vec()
        }
        Garbage::DeepJson => ["[".repeat(100_000), "]".repeat(100_000)].concat().into_bytes(),
        _ => Vec::new(),
    };
    Reply { body, ..json }
}

/// Polar's 200 about something that was not asked for. Any other reply stays as it is.
fn altered(reply: Reply, garbage: Garbage) -> Reply {
    const OTHER: &str = "0ddba11a-0000-4000-8000-000000000bad";
    let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&reply.body) else {
        return reply;
    };
    if reply.status != 200 {
        return reply;
    }
    let activated = body.get("license_key").is_some();
    let place = match (garbage, activated) {
        (Garbage::OtherKey, false) => "/key",
        (Garbage::OtherKey, true) => "/license_key/key",
        (Garbage::OtherOrganization, false) => "/organization_id",
        (Garbage::OtherOrganization, true) => "/license_key/organization_id",
        (_, false) => "/activation/id",
        (_, true) => "/id",
    };
    if let Some(field) = body.pointer_mut(place) {
        *field = OTHER.into();
    }
    Reply { body: serde_json::to_vec(&body).unwrap_or_default(), ..reply }
}

async fn receive(request: Request<Incoming>) -> Result<RecordedRequest, Hangup> {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut incoming).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Hangup)?;
        if let Some(data) = frame.data_ref() {
            body.extend_from_slice(data);
        }
        if body.len() > MAX_BODY {
            return Err(Hangup);
        }
    }
    let headers = head.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Ok(RecordedRequest {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(|| head.uri.path().to_owned(), ToString::to_string),
        headers: headers.collect(),
        body,
    })
}

impl Shared {
    fn finish(&self, reply: Reply, delivery: Delivery) -> Response<Outgoing> {
        let length = match delivery {
            Delivery::Huge(bytes) => bytes,
            _ => reply.body.len() as u64,
        };
        let chunked = reply.chunked;
        let mut response = Response::new(Outgoing::new(reply.body, delivery, chunked));
        *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let own = [("server", "mock-polar".to_owned()), ("date", self.lock().now().http_date())];
        for (name, value) in reply.headers.into_iter().chain(own) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        if !chunked && reply.status != 204 {
            headers.insert("content-length", HeaderValue::from(length));
        }
        response
    }
}

/// How a body leaves.
enum Delivery {
    Whole,
    Slow(Duration),
    Truncated,
    Huge(u64),
}

/// A body on its way out.
struct Outgoing {
    rest: Bytes,
    delivery: Delivery,
    sleep: Option<Pin<Box<Sleep>>>,
    chunked: bool,
    /// Truncation: what was sent has had its chance to be flushed.
    flushed: bool,
}

impl Outgoing {
    fn new(body: Vec<u8>, delivery: Delivery, chunked: bool) -> Self {
        let mut rest = Bytes::from(body);
        if let Delivery::Truncated = delivery {
            rest.truncate(rest.len() / 2);
        }
        Self { rest, delivery, sleep: None, chunked, flushed: false }
    }

    fn chunk(&mut self, bytes: usize) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        let bytes = bytes.min(self.rest.len());
        Poll::Ready((bytes > 0).then(|| Ok(Frame::data(self.rest.split_to(bytes)))))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Hangup;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        match self.delivery {
            Delivery::Whole => self.chunk(usize::MAX),
            Delivery::Slow(pause) => {
                if self.rest.is_empty() {
                    return Poll::Ready(None);
                }
                // The timer's shortest pause is a millisecond.
                if !pause.is_zero() {
                    let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
                    std::task::ready!(sleep.as_mut().poll(cx));
                    self.sleep = None;
                }
                self.chunk(1)
            }
            Delivery::Truncated if !self.rest.is_empty() => self.chunk(usize::MAX),
            Delivery::Truncated if !self.flushed => {
                // hyper flushes while a body has nothing to give, and drops what it holds when a body fails.
                self.flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Delivery::Truncated => Poll::Ready(Some(Err(Hangup))),
            Delivery::Huge(left) => {
                let (chunk, left) = huge_chunk(left, self.flushed);
                self.flushed = true;
                self.delivery = Delivery::Huge(left);
                Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.delivery, Delivery::Whole) && self.rest.is_empty() && !self.chunked
    }

    fn size_hint(&self) -> SizeHint {
        match self.delivery {
            Delivery::Whole if !self.chunked => SizeHint::with_exact(self.rest.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

/// The next part of one long JSON string, and how many bytes remain after it.
fn huge_chunk(left: u64, started: bool) -> (Option<Bytes>, u64) {
    const PART: u64 = 64 * 1024;
    let size = left.min(PART);
    let Ok(length) = usize::try_from(size) else {
        return (None, 0);
    };
    let mut part = vec![b'x'; length];
    let after = left - size;
    let opening = if started { None } else { part.first_mut() };
    opening.into_iter().for_each(|byte| *byte = b'"');
    let closing = if after == 0 { part.last_mut() } else { None };
    closing.into_iter().for_each(|byte| *byte = b'"');
    ((length > 0).then(|| Bytes::from(part)), after)
}

/// Ends a connection without another byte.
#[derive(Debug)]
struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closed on purpose")
    }
}

impl StdError for Hangup {}
