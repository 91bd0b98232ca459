//! Answers the preflight requests of browsers. Compares methods and headers as text, as Polar's framework does.

use crate::reply::Reply;
use crate::request::RecordedRequest;

const METHODS: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
const HEADERS: &str = "Accept, Accept-Language, Authorization, Content-Language, Content-Type, Polar-Version";

pub(crate) fn answer_preflight(request: &RecordedRequest) -> Reply {
    let method = request.header("access-control-request-method").unwrap_or_default();
    let mut disallowed = Vec::new();
    if !METHODS.split(", ").any(|known| known == method) {
        disallowed.push("method");
    }
    // Polar refuses an empty header name. An empty list counts as one empty name, and a trailing comma adds an empty
    // name.
    let is_allowed = |name: &str| HEADERS.split(", ").any(|known| known.eq_ignore_ascii_case(name.trim()));
    if request.header("access-control-request-headers").is_some_and(|names| !names.split(',').all(is_allowed)) {
        disallowed.push("headers");
    }
    if request.header("access-control-request-private-network").is_some() {
        disallowed.push("private-network");
    }
    let reply = match disallowed.as_slice() {
        [] => Reply::text(200, "OK"),
        disallowed => Reply::text(400, &format!("Disallowed CORS {}", disallowed.join(", "))),
    };
    reply
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", METHODS)
        .with("access-control-max-age", "600")
        .with("access-control-allow-headers", HEADERS)
}
