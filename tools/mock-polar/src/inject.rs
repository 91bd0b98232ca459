//! Fault injection: replaces or changes the reply to a request, according to the fault that applies to the request.

use crate::answer::{Delivery, Disconnect};
use crate::captive;
use crate::fault::{AppliedFault, Fault, Garbage, Kind};
use crate::reply::Reply;
use crate::request::RecordedRequest;
use crate::timer::Timer;

/// Returns `true` if Polar handles the request before the fault occurs.
pub(crate) fn is_handled_first(fault: &Fault) -> bool {
    fault.after_handling
        || match fault.kind {
            Kind::SlowBody { .. } | Kind::TruncatedBody | Kind::SkewedClock { .. } => true,
            Kind::Garbage { garbage } => matches!(body(garbage), GarbageBody::Altered { .. }),
            Kind::CaptivePortal { .. }
            | Kind::ServerError { .. }
            | Kind::RateLimited { .. }
            | Kind::Reply { .. }
            | Kind::DropConnection
            | Kind::Stall
            | Kind::Delay { .. }
            | Kind::HugeBody { .. } => false,
        }
}

/// Returns the number of seconds by which the fault sets Polar's clock ahead.
pub(crate) fn clock_skew(fault: &Fault) -> i64 {
    if let Kind::SkewedClock { seconds } = fault.kind { seconds } else { 0 }
}

/// Applies the fault. Calls `polar` at most once to get Polar's reply. The call also makes Polar handle the request,
/// unless that has already happened.
pub(crate) async fn inject(
    applied: &mut AppliedFault,
    request: &RecordedRequest,
    polar: impl FnOnce() -> Reply,
    timer: &impl Timer,
) -> Result<(Reply, Delivery), Disconnect> {
    let (reply, delivery) = match applied.fault.kind.clone() {
        Kind::CaptivePortal { status } => (captive::intercept(status, request), Delivery::Whole),
        Kind::ServerError { status, html } => (server_error(status, html), Delivery::Whole),
        Kind::RateLimited { retry_after } => (Reply::too_many_requests(retry_after), Delivery::Whole),
        Kind::Reply { status, content_type, body } => {
            (Reply::new(status, &content_type, body).without_outer_headers(), Delivery::Whole)
        }
        Kind::DropConnection => return Err(Disconnect),
        Kind::Stall => {
            applied.cleared().await;
            (polar(), Delivery::Whole)
        }
        Kind::Delay { by } => {
            timer.sleep(by).await;
            (polar(), Delivery::Whole)
        }
        Kind::SlowBody { pause } => (polar(), Delivery::Slow(pause)),
        Kind::TruncatedBody => (polar(), Delivery::Truncated),
        Kind::HugeBody { bytes } => (Reply::json(200, &()), Delivery::Huge(bytes)),
        Kind::SkewedClock { .. } => (polar(), Delivery::Whole),
        Kind::Garbage { garbage } => match body(garbage) {
            GarbageBody::Replaced(body) => (Reply::new(200, "application/json", body()), Delivery::Whole),
            GarbageBody::Altered { validated, activated } => (alter(polar(), validated, activated), Delivery::Whole),
        },
    };
    Ok((with_cors_of(&applied.fault, reply, request), delivery))
}

/// Adds or removes CORS headers, as the documentation of [`Fault`] says.
fn with_cors_of(fault: &Fault, mut reply: Reply, request: &RecordedRequest) -> Reply {
    if !fault.cors.unwrap_or(reply.outer_headers) {
        reply.headers.retain(|(name, _)| !name.starts_with("access-control-"));
        return reply;
    }
    if request.header("origin").is_some() { reply.with_cors() } else { reply }
}

fn server_error(status: u16, html: bool) -> Reply {
    if html {
        let title = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1>");
        return Reply::html(status, &format!("{title}<hr>nginx</body></html>"));
    }
    let text = if status == 500 { "Internal Server Error" } else { "upstream connect error or disconnect" };
    Reply::text(status, text).without_outer_headers()
}

enum GarbageBody {
    /// A body that replaces Polar's body.
    Replaced(fn() -> Vec<u8>),
    /// Polar's body with one wrong field. `validated` is the JSON pointer to this field in a reply to `validate`, and
    /// `activated` is the pointer in a reply to `activate`.
    Altered { validated: &'static str, activated: &'static str },
}

fn body(garbage: Garbage) -> GarbageBody {
    use GarbageBody::{Altered, Replaced};
    match garbage {
        Garbage::Binary => Replaced(|| (0u8..=255).rev().cycle().take(4096).collect()),
        Garbage::ForeignJson => Replaced(|| {
            br#"{"id":42,"status":"granted","license":"ok","data":[1,2,3],"message":"Hello from another service"}"#
                .to_vec()
        }),
        Garbage::DeepJson => Replaced(|| ["[".repeat(100_000), "]".repeat(100_000)].concat().into_bytes()),
        Garbage::Empty => Replaced(Vec::new),
        Garbage::OtherKey => Altered { validated: "/key", activated: "/license_key/key" },
        Garbage::OtherOrganization => {
            Altered { validated: "/organization_id", activated: "/license_key/organization_id" }
        }
        Garbage::OtherActivation => Altered { validated: "/activation/id", activated: "/id" },
    }
}

/// Changes one field of a reply with status 200, so that the reply is about another key, organization or activation.
/// Leaves any other reply unchanged.
fn alter(reply: Reply, validated: &str, activated: &str) -> Reply {
    const OTHER: &str = "0ddba11a-0000-4000-8000-000000000bad";
    let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&reply.body) else {
        return reply;
    };
    if reply.status != 200 {
        return reply;
    }
    let pointer = if body.get("license_key").is_some() { activated } else { validated };
    let listed = body.get_mut("items").and_then(serde_json::Value::as_array_mut);
    let targets: Vec<&mut serde_json::Value> = match listed {
        Some(items) => items.iter_mut().collect(),
        None => vec![&mut body],
    };
    for target in targets {
        if let Some(field) = target.pointer_mut(pointer) {
            *field = OTHER.into();
        }
    }
    Reply { body: serde_json::to_vec(&body).unwrap_or_default(), ..reply }
}
