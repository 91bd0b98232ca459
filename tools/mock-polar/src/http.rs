//! The HTTP server: receives requests, passes them to the machine, and sends the replies.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::answer::Disconnect;
use crate::connections::Connections;
use crate::delivery::{ReplyBody, response};
use crate::machine::Machine;
use crate::request::{KEPT_BODY, RecordedRequest};
use crate::timer::Timer;

/// The time after which an idle connection is closed, as on Polar's server. If the client then sends another request on
/// this connection, the connection is reset.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// The pause between two runs of Polar's background worker.
const WORKER_PAUSE: Duration = Duration::from_millis(20);

/// Accepts connections until the runtime is dropped. Dropping the runtime also drops every connection.
pub(crate) async fn serve(listener: TcpListener, machine: Arc<Machine>, connections: Arc<Mutex<Connections>>) {
    tokio::spawn(work(Arc::clone(&machine)));
    loop {
        // Accepting fails if the process has too many open files, or if the client has already disconnected. In both
        // cases the server continues.
        match listener.accept().await {
            Ok((stream, from)) => {
                let task = tokio::spawn(serve_connection(stream, from, Arc::clone(&machine)));
                connections.lock().unwrap_or_else(PoisonError::into_inner).add(task.abort_handle());
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Runs Polar's worker, so that jobs that become due between requests are carried out.
async fn work(machine: Arc<Machine>) {
    loop {
        machine.work();
        tokio::time::sleep(WORKER_PAUSE).await;
    }
}

async fn serve_connection(stream: TcpStream, from: SocketAddr, machine: Arc<Machine>) {
    // Without this option, the system would hold a small reply back and wait for more data, which would slow the tests
    // down.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(request, from.ip(), &machine));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service);
    // The result is ignored: serving fails whenever a client disconnects early or a fault ends the connection.
    let _ = served.await;
}

async fn respond(
    request: Request<Incoming>,
    from: IpAddr,
    machine: &Machine,
) -> Result<Response<ReplyBody>, Disconnect> {
    let request = receive(request).await?;
    // Runs due jobs before the request is answered. So if a test moves the clock and then sends a request, the reply
    // shows the results of the jobs.
    machine.work();
    let reply = machine.answer(request, from, &Tokio).await;
    machine.work();
    reply.map(response)
}

struct Tokio;

impl Timer for Tokio {
    async fn sleep(&self, by: Duration) {
        tokio::time::sleep(by).await;
    }
}

async fn receive(request: Request<Incoming>) -> Result<RecordedRequest, Disconnect> {
    let (head, body) = request.into_parts();
    let body = receive_body(body).await?;
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

/// Receives the whole body, even if only its start is kept, because a client that is still sending its body would miss
/// the reply.
async fn receive_body(mut body: Incoming) -> Result<Vec<u8>, Disconnect> {
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Disconnect)?;
        if let Some(data) = frame.data_ref() {
            let room = KEPT_BODY.saturating_sub(kept.len());
            kept.extend(data.iter().take(room));
        }
    }
    Ok(kept)
}
