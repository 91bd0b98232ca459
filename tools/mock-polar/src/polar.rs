//! Polar's web layers around the license endpoints, from the outside in: version, CORS, rate limit, routes.

use std::net::IpAddr;

use crate::check::{Activate, Deactivate, Validate};
use crate::fault::Endpoint;
use crate::reply::Reply;
use crate::state::{RecordedRequest, State};

const PREFIX: &str = "/v1/customer-portal/license-keys/";
const VERSIONS: [&str; 2] = ["2026-04", "2026-10"];
const METHODS: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
const HEADERS: &str = "Accept, Accept-Language, Authorization, Content-Language, Content-Type, Polar-Version";

/// Answers a request as Polar does; `skew` moves its clock, in seconds.
pub(crate) fn answer(state: &mut State, request: &RecordedRequest, from: IpAddr, skew: i64) -> Reply {
    let version = request.header("polar-version").unwrap_or("2026-04");
    if !VERSIONS.contains(&version) {
        return Reply::bare(404, "Not Found").undressed();
    }
    let version = version.to_owned();
    if is_preflight(request) {
        return preflight(request).with("polar-version", version);
    }
    let reply = route(state, request, from, skew);
    if !reply.dressed {
        return reply;
    }
    let reply = if reply.status == 429 { reply } else { reply.with("cache-control", "private, no-store") };
    let reply = if request.header("origin").is_some() { with_cors(reply) } else { reply };
    reply.with("polar-version", version)
}

/// The endpoint that a request is for, if it is for one.
pub(crate) fn endpoint(request: &RecordedRequest) -> Option<Endpoint> {
    match (request.method.as_str(), path(request).strip_prefix(PREFIX)) {
        ("POST", Some("validate")) => Some(Endpoint::Validate),
        ("POST", Some("activate")) => Some(Endpoint::Activate),
        ("POST", Some("deactivate")) => Some(Endpoint::Deactivate),
        _ => None,
    }
}

pub(crate) fn is_preflight(request: &RecordedRequest) -> bool {
    request.method == "OPTIONS"
        && request.header("origin").is_some()
        && request.header("access-control-request-method").is_some()
}

pub(crate) fn with_cors(reply: Reply) -> Reply {
    if reply.has("access-control-allow-origin") {
        return reply;
    }
    reply.with("access-control-allow-origin", "*").with("access-control-expose-headers", "Polar-Version")
}

fn preflight(request: &RecordedRequest) -> Reply {
    let asked = request.header("access-control-request-headers").unwrap_or_default();
    let allowed = |name: &str| HEADERS.split(", ").any(|known| known.eq_ignore_ascii_case(name));
    let all_allowed = asked.split(',').map(str::trim).all(|name| name.is_empty() || allowed(name));
    let reply = if all_allowed { Reply::text(200, "OK") } else { Reply::text(400, "Disallowed CORS headers") };
    reply
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", METHODS)
        .with("access-control-max-age", "600")
        .with("access-control-allow-headers", HEADERS)
}

fn route(state: &mut State, request: &RecordedRequest, from: IpAddr, skew: i64) -> Reply {
    let path = path(request);
    let under = path.strip_prefix(PREFIX).filter(|rest| !rest.is_empty() && !rest.contains('/'));
    // The rule is a prefix match on the path, whatever the method.
    let counts = under.is_some_and(|rest| ["validate", "activate", "deactivate"].iter().any(|e| rest.starts_with(e)));
    if path.starts_with("/v1")
        && let Err(retry_after) = state.admit(from, counts)
    {
        return Reply::too_many(Some(retry_after));
    }
    let has_length = request.header("content-length").is_some();
    if request.header("transfer-encoding").is_some() && !has_length {
        return Reply::error(411, "LengthRequired", "Content-Length header is required");
    }
    let now = state.now().shifted(skew);
    let json = is_json(request);
    let handled = match (endpoint(request), under) {
        (Some(Endpoint::Validate), _) => Validate::read(&request.body, json).map(|ask| state.world.validate(&ask, now)),
        (Some(Endpoint::Activate), _) => Activate::read(&request.body, json).map(|ask| state.world.activate(&ask, now)),
        (Some(Endpoint::Deactivate), _) => {
            Deactivate::read(&request.body, json).map(|ask| state.world.deactivate(&ask, now))
        }
        // `GET …/{id}` is the customer portal's own route, which needs a session.
        (None, Some(_)) if request.method == "GET" => {
            Ok(Reply::error(401, "Unauthorized", "Unauthorized").with("www-authenticate", "Bearer realm=\"polar\""))
        }
        (None, Some(_)) => Ok(Reply::bare(405, "Method Not Allowed").with("allow", "GET")),
        (None, None) => Ok(Reply::bare(404, "Not Found")),
    };
    handled.unwrap_or_else(|refusal| refusal)
}

fn path(request: &RecordedRequest) -> &str {
    request.path.split('?').next().unwrap_or_default()
}

/// A body without a content type counts as JSON; `application/problem+json` and the like do too.
fn is_json(request: &RecordedRequest) -> bool {
    let Some(content_type) = request.header("content-type") else {
        return true;
    };
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.strip_prefix("application/").is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
