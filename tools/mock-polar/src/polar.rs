//! Polar's web layers, in the order in which a request passes them: HTTP, version, CORS, body size, rate limit, token,
//! caching, routes.

use std::net::IpAddr;

use crate::cors;
use crate::endpoint::Target;
use crate::fulfilment;
use crate::portal::{self, Call};
use crate::reply::Reply;
use crate::request::RecordedRequest;
use crate::sessions::Subject;
use crate::state::State;
use crate::versions::ApiVersion;

const LARGEST_BODY: u64 = 10 * 1024 * 1024;

/// Answers a request as Polar does. For this request, Polar's clock is `skew` seconds ahead.
pub(crate) fn answer(state: &mut State, request: &RecordedRequest, from: IpAddr, skew: i64) -> Reply {
    fulfilment::run_due(state);
    let reply = through_http(state, request, from, skew);
    fulfilment::run_due(state);
    reply
}

/// A request, and the values that `through_http` has derived from it. The layers after `through_http` use these values.
#[derive(Clone, Copy)]
struct Arrival<'a> {
    request: &'a RecordedRequest,
    /// The client's address.
    address: &'a str,
    /// The version of the API in which the request is answered.
    version: ApiVersion,
    /// The number of seconds by which Polar's clock is ahead for this request.
    skew: i64,
}

fn through_http(state: &mut State, request: &RecordedRequest, from: IpAddr, skew: i64) -> Reply {
    let Some(version) = state.versions.answering(request.header("polar-version")) else {
        return Reply::framework_error(404, "Not Found").without_outer_headers();
    };
    if request.is_preflight() {
        return cors::answer_preflight(request).with("polar-version", version.to_string());
    }
    // Polar's server is behind a proxy, which puts the client's address in this header.
    let address = request.header("true-client-ip").map_or_else(|| from.to_string(), str::to_owned);
    let arrival = Arrival { request, address: &address, version, skew };
    let reply = check_size(request).and_then(|()| limit(state, arrival)).unwrap_or_else(|refusal| refusal);
    if !reply.outer_headers {
        return reply;
    }
    let reply = if request.header("origin").is_some() { reply.with_cors() } else { reply };
    reply.with("polar-version", version.to_string())
}

fn check_size(request: &RecordedRequest) -> Result<(), Reply> {
    match request.header("content-length") {
        None if ["POST", "PUT", "PATCH"].contains(&request.method.as_str()) => {
            Err(Reply::error(411, "LengthRequired", "A Content-Length header is required."))
        }
        Some(length) if length.parse::<u64>().is_ok_and(|length| length > LARGEST_BODY) => {
            let detail = format!("Request body exceeded the maximum allowed size of {LARGEST_BODY} bytes.");
            Err(Reply::error(413, "RequestBodyTooLarge", &detail))
        }
        None | Some(_) => Ok(()),
    }
}

fn limit(state: &mut State, arrival: Arrival<'_>) -> Result<Reply, Reply> {
    let request = arrival.request;
    state
        .admit(request.bearer_token(), arrival.address, &request.decoded_path())
        .map_err(|retry_after| Reply::too_many_requests(Some(retry_after)))?;
    let reply = authenticate(state, arrival).unwrap_or_else(|refusal| refusal);
    if !request.has_deprecated_path() || !reply.outer_headers {
        return Ok(reply);
    }
    let notice = "The API root has moved from /api/v1 to /v1. Please update your integration.";
    Ok(reply.with("x-polar-deprecation-notice", notice))
}

/// Identifies the sender by its token. A request with an invalid token is refused even at endpoints that need no token.
fn authenticate(state: &mut State, arrival: Arrival<'_>) -> Result<Reply, Reply> {
    let subject = match arrival.request.bearer_token() {
        None => Subject::Anonymous,
        Some(token) => {
            let now = state.now().plus_seconds(arrival.skew);
            let Some(subject) = state.database.subject_of(token, now) else {
                state.limiter.token_was_bad(token);
                return Err(Reply::invalid_token());
            };
            let elapsed = state.clock.elapsed();
            state.limiter.token_was_good(token, subject, elapsed);
            subject
        }
    };
    let reply = route(state, arrival, subject);
    let has_its_own = reply.headers.iter().any(|(name, _)| *name == "cache-control");
    if has_its_own || !reply.outer_headers {
        return Ok(reply);
    }
    Ok(reply.with("cache-control", "private, no-store"))
}

fn route(state: &mut State, arrival: Arrival<'_>, subject: Subject) -> Reply {
    let Arrival { request, address, version, skew } = arrival;
    match request.target() {
        Target::Endpoint(endpoint, parts) => {
            let now = state.now().plus_seconds(skew);
            let call = Call { request, parts: &parts, subject, address, version, now };
            portal::handler(endpoint)(state, &call).unwrap_or_else(|refusal| refusal)
        }
        Target::OtherMethod { allowed } => Reply::framework_error(405, "Method Not Allowed").with("allow", allowed),
        Target::OtherSlash { path } => Reply::redirect(&location(request, &path)),
        Target::Nothing => Reply::framework_error(404, "Not Found"),
    }
}

/// Returns the URL of the request, with the path replaced by `path`.
fn location(request: &RecordedRequest, path: &str) -> String {
    let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = percent_encoding::utf8_percent_encode(path, NOT_IN_A_LOCATION);
    format!("{}{path}{query}", request.site())
}

const NOT_IN_A_LOCATION: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b' ');
