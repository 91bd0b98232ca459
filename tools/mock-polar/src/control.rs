//! The control endpoint: what [`MockPolar`](crate::MockPolar) does, for tests in any language. See the README.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::admin::NewKey;
use crate::fault::{Endpoint, Fault, Garbage, Kind};
use crate::http;
use crate::reply::Reply;
use crate::state::{RecordedRequest, Shared, State};
use crate::time::Timestamp;

const PREFIX: &str = "/_mock";
/// Where a captive portal's 302 leads.
pub(crate) const PORTAL_PATH: &str = "/_mock/portal";

/// Answers a request to the control endpoint; `None` if it is for Polar.
pub(crate) async fn answer(shared: &Shared, request: &RecordedRequest) -> Option<Reply> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let rest = path.strip_prefix(PREFIX).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    let parts: Vec<String> = rest.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let reply = match (request.method.as_str(), parts.as_slice()) {
        ("OPTIONS", _) => Ok(Reply::no_content()),
        (_, ["portal"]) => Ok(http::portal_page()),
        ("GET", ["requests"]) => Ok(requests(shared, query).await),
        (method, parts) => steer(&mut shared.lock(), method, parts, &request.body),
    };
    let reply = reply.unwrap_or_else(|refusal| refusal);
    // Open to every page: a test in a browser steers the server too, and there is nothing here to protect.
    let allow = "GET, POST, PATCH, DELETE";
    let reply = reply.with("access-control-allow-origin", "*").with("access-control-allow-methods", allow);
    Some(reply.with("access-control-allow-headers", "*"))
}

fn steer(state: &mut State, method: &str, parts: &[&str], body: &[u8]) -> Result<Reply, Reply> {
    match (method, parts) {
        ("GET", []) => Ok(overview(state)),
        ("POST", ["reset"]) => done(|| state.reset()),
        ("GET", ["faults"]) => Ok(faults(state)),
        ("POST", ["faults"]) => {
            let id = state.faults.add(read_fault(body)?);
            Ok(Reply::json(201, &json!({ "id": id })))
        }
        ("DELETE", ["faults"]) => done(|| state.faults.clear()),
        ("DELETE", ["faults", id]) => found(id.parse().is_ok_and(|id| state.faults.remove(id)), "fault"),
        ("DELETE", ["requests"]) => done(|| state.requests.clear()),
        ("GET", ["keys"]) => Ok(Reply::json(200, &state.keys())),
        ("POST", ["keys"]) => {
            let key = state.sell(read::<NewKey>(body)?).map_err(|message| refuse(400, &message))?;
            Ok(Reply::json(201, &state.info(&key)))
        }
        ("GET", ["keys", key]) => state.info(key).map(|info| Reply::json(200, &info)).ok_or_else(|| missing("key")),
        ("PATCH", ["keys", key]) => change(state, key, read(body)?),
        ("DELETE", ["keys", key]) => found(state.change(key, |license| license.deleted = true), "key"),
        ("POST", ["keys", key, "rotate"]) => {
            let fresh = state.rotate(key).ok_or_else(|| missing("key"))?;
            Ok(Reply::json(200, &state.info(&fresh)))
        }
        ("DELETE", ["activations", id]) => found(state.world.remove_seat(id), "activation"),
        ("GET", ["clock"]) => Ok(clock(state)),
        ("POST", ["clock"]) => set_clock(state, read(body)?),
        ("POST", ["rate-limit"]) => {
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Switch {
                on: bool,
            }
            state.set_rate_limit(read::<Switch>(body)?.on);
            Ok(Reply::no_content())
        }
        _ => Err(refuse(
            404,
            &format!("there is no `{method} {PREFIX}/{}`; see the README of mock-polar", parts.join("/")),
        )),
    }
}

fn overview(state: &State) -> Reply {
    let benefits: Map<String, Value> =
        state.world.benefits.iter().map(|benefit| (benefit.name.clone(), benefit.id.to_string().into())).collect();
    Reply::json(
        200,
        &json!({
            "server": "mock-polar",
            "organization": state.world.organization.to_string(),
            "benefits": benefits,
            "rate_limit": state.rate_limit,
            "now": state.now(),
        }),
    )
}

/// `?wait=3&timeout_ms=2000` answers once there are three, or after two seconds with what there is.
async fn requests(shared: &Shared, query: &str) -> Reply {
    let number = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.parse::<u64>().ok())
    };
    if let Some(count) = number("wait") {
        let timeout = Duration::from_millis(number("timeout_ms").unwrap_or(10_000));
        shared.requests_arrived(usize::try_from(count).unwrap_or(usize::MAX), timeout).await;
    }
    Reply::json(200, &shared.lock().requests)
}

fn faults(state: &State) -> Reply {
    let rules = state.faults.list().map(|(id, fault, left)| {
        json!({ "id": id, "fault": name(&fault.kind), "on": fault.on, "left": left, "after_handling": fault.after_handling })
    });
    Reply::json(200, &rules.collect::<Vec<_>>())
}

fn change(state: &mut State, key: &str, fields: Map<String, Value>) -> Result<Reply, Reply> {
    let mut license = state.world.license(key).cloned().ok_or_else(|| missing("key"))?;
    for (name, value) in fields {
        match name.as_str() {
            "status" => license.status = field(&name, value)?,
            "limit_activations" => license.limit_activations = field(&name, value)?,
            "limit_usage" => license.limit_usage = field(&name, value)?,
            "usage" => license.usage = field(&name, value)?,
            "expires_at" => license.expires_at = field(&name, value)?,
            "benefit" => {
                let benefit: String = field(&name, value)?;
                let known = state.world.benefit_names();
                let unknown = || refuse(400, &format!("there is no benefit `{benefit}`; use one of {known}"));
                license.benefit = state.world.benefit(&benefit).ok_or_else(unknown)?;
            }
            _ => {
                let known = "`status`, `limit_activations`, `limit_usage`, `usage`, `expires_at`, `benefit`";
                return Err(refuse(400, &format!("a key has no `{name}` to change; use {known}")));
            }
        }
    }
    state.change(key, |known| *known = license);
    state.info(key).map(|info| Reply::json(200, &info)).ok_or_else(|| missing("key"))
}

fn clock(state: &State) -> Reply {
    Reply::json(200, &json!({ "now": state.now() }))
}

fn set_clock(state: &mut State, order: Map<String, Value>) -> Result<Reply, Reply> {
    for (name, value) in order {
        match name.as_str() {
            "advance_seconds" => state.clock.advance(Duration::from_secs(field(&name, value)?)),
            "set" => state.clock.set(field::<Timestamp>(&name, value)?),
            "freeze" => state.clock.freeze(field::<Timestamp>(&name, value)?),
            "skew_seconds" => state.clock.skew(field(&name, value)?),
            _ => {
                let known = "`advance_seconds`, `set`, `freeze` or `skew_seconds`";
                return Err(refuse(400, &format!("the clock cannot `{name}`; use {known}")));
            }
        }
    }
    Ok(clock(state))
}

#[derive(Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
enum Named {
    CaptivePortal {
        status: u16,
    },
    ServerError {
        status: u16,
        #[serde(default)]
        html: bool,
    },
    RateLimited {
        retry_after: Option<u64>,
    },
    Reply {
        status: u16,
        content_type: String,
        body: String,
    },
    DropConnection,
    Stall,
    Delay {
        ms: u64,
    },
    SlowBody {
        pause_ms: u64,
    },
    TruncatedBody,
    HugeBody {
        bytes: u64,
    },
    Garbage {
        garbage: Garbage,
    },
    SkewedClock {
        seconds: i64,
    },
}

/// The names in [`Named`], for listing.
fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Portal(_) => "captive_portal",
        Kind::Reply(reply) if reply.status == 429 => "rate_limited",
        Kind::Reply(reply) if reply.status >= 500 => "server_error",
        Kind::Reply(_) => "reply",
        Kind::Drop => "drop_connection",
        Kind::Stall => "stall",
        Kind::Delay(_) => "delay",
        Kind::SlowBody(_) => "slow_body",
        Kind::TruncatedBody => "truncated_body",
        Kind::HugeBody(_) => "huge_body",
        Kind::Garbage(_) => "garbage",
        Kind::SkewedClock(_) => "skewed_clock",
    }
}

fn read_fault(body: &[u8]) -> Result<Fault, Reply> {
    #[derive(Deserialize)]
    struct Placed {
        #[serde(flatten)]
        named: Named,
        on: Option<Endpoint>,
        times: Option<u32>,
        #[serde(default)]
        skip: u32,
        #[serde(default)]
        after_handling: bool,
        cors: Option<bool>,
    }
    const FIELDS: [&str; 16] = [
        "fault",
        "status",
        "html",
        "retry_after",
        "content_type",
        "body",
        "ms",
        "pause_ms",
        "bytes",
        "garbage",
        "seconds",
        "on",
        "times",
        "skip",
        "after_handling",
        "cors",
    ];
    let given: Map<String, Value> = read(body)?;
    if let Some(unknown) = given.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(refuse(400, &format!("a fault has no `{unknown}`; see the README of mock-polar")));
    }
    let placed: Placed = read(body)?;
    let fault = match placed.named {
        Named::CaptivePortal { status } => Fault::captive_portal(status),
        Named::ServerError { status, html: false } => Fault::server_error(status),
        Named::ServerError { status, html: true } => Fault::server_error_html(status),
        Named::RateLimited { retry_after } => Fault::rate_limited(retry_after),
        Named::Reply { status, content_type, body } => Fault::reply(status, &content_type, body),
        Named::DropConnection => Fault::drop_connection(),
        Named::Stall => Fault::stall(),
        Named::Delay { ms } => Fault::delay(Duration::from_millis(ms)),
        Named::SlowBody { pause_ms } => Fault::slow_body(Duration::from_millis(pause_ms)),
        Named::TruncatedBody => Fault::truncated_body(),
        Named::HugeBody { bytes } => Fault::huge_body(bytes),
        Named::Garbage { garbage } => Fault::garbage(garbage),
        Named::SkewedClock { seconds } => Fault::skewed_clock(seconds),
    };
    let Placed { on, times, skip, after_handling, cors, .. } = placed;
    Ok(Fault { on, times, skip, after_handling, cors, ..fault })
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Reply> {
    serde_json::from_slice(body).map_err(|error| refuse(400, &format!("the body is not what is needed here: {error}")))
}

fn field<T: serde::de::DeserializeOwned>(name: &str, value: Value) -> Result<T, Reply> {
    serde_json::from_value(value).map_err(|error| refuse(400, &format!("`{name}`: {error}")))
}

fn done(act: impl FnOnce()) -> Result<Reply, Reply> {
    act();
    Ok(Reply::no_content())
}

fn found(found: bool, what: &str) -> Result<Reply, Reply> {
    if found { Ok(Reply::no_content()) } else { Err(missing(what)) }
}

fn missing(what: &str) -> Reply {
    refuse(404, &format!("there is no such {what}"))
}

fn refuse(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message }))
}

/// Undoes percent-encoding, for keys in a path.
fn decode(part: &str) -> String {
    let mut decoded = Vec::new();
    let mut rest = part.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = after.split_at_checked(2).filter(|_| *byte == b'%').and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = escaped.unwrap_or((*byte, after));
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
