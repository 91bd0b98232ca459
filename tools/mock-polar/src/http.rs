//! Connections: receives requests, has them answered by the control endpoint or by Polar, and sends the replies.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::control;
use crate::delivery::{Delivery, Disconnect, ReplyBody, response};
use crate::fulfilment;
use crate::inject;
use crate::polar;
use crate::reply::Reply;
use crate::request::RecordedRequest;
use crate::state::Shared;

/// As Polar's server does: a connection that is idle for longer is closed, and a request on it meets a reset.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long Polar's worker sleeps when it has nothing to do.
const WORKER_PAUSE: Duration = Duration::from_millis(20);
/// As much of a body as Polar accepts is kept, so that a faulty test cannot fill the memory.
const KEPT_BODY: usize = 10 * 1024 * 1024;

/// Accepts connections until the runtime is dropped, and every connection with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    tokio::spawn(work(Arc::clone(&shared)));
    loop {
        // Accepting fails when the process has too many open files, or for a client that has left: the server goes on.
        match listener.accept().await {
            Ok((stream, from)) => {
                let task = tokio::spawn(serve_connection(stream, from, Arc::clone(&shared)));
                shared.connections().add(task.abort_handle());
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Polar's worker, for jobs that become due between requests.
async fn work(shared: Arc<Shared>) {
    loop {
        let worked = fulfilment::run_due(&mut shared.lock());
        if worked {
            shared.announce();
        }
        tokio::time::sleep(WORKER_PAUSE).await;
    }
}

async fn serve_connection(stream: TcpStream, from: SocketAddr, shared: Arc<Shared>) {
    // Replies are small; waiting to fill a packet only slows tests down.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(request, from.ip(), &shared));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service);
    // It fails whenever a client leaves early or a fault ends the connection.
    let _ = served.await;
}

async fn respond(request: Request<Incoming>, from: IpAddr, shared: &Shared) -> Result<Response<ReplyBody>, Disconnect> {
    let request = receive(request).await?;
    let (reply, delivery) = match control::answer(shared, &request).await {
        Some(reply) => (reply, Delivery::Whole),
        None => answer_as_polar(request, from, shared).await?,
    };
    let now = shared.lock().now();
    Ok(response(reply, delivery, now))
}

async fn answer_as_polar(
    request: RecordedRequest,
    from: IpAddr,
    shared: &Shared,
) -> Result<(Reply, Delivery), Disconnect> {
    let (fault, handled) = {
        let mut state = shared.lock();
        state.requests.push(request.clone());
        let fault = if request.is_preflight() { None } else { state.faults.apply(request.endpoint()) };
        // Handled under the same lock: whoever waited for the request finds it handled, unless a fault delays it.
        let handled = fault.as_ref().is_none_or(|applied| inject::is_handled_first(&applied.fault)).then(|| {
            let skew = fault.as_ref().map_or(0, |applied| inject::clock_skew(&applied.fault));
            polar::answer(&mut state, &request, from, skew)
        });
        (fault, handled)
    };
    shared.announce();
    let polar = || handled.unwrap_or_else(|| polar::answer(&mut shared.lock(), &request, from, 0));
    match fault {
        None => Ok((polar(), Delivery::Whole)),
        Some(mut applied) => inject::inject(&mut applied, &request, polar).await,
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

/// Receives the whole body, even if only its beginning is kept: a client that is still sending would miss the reply.
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
