//! The control endpoint. Tests in any language use it to manage keys, faults, requests and the clock. The README
//! describes it.

use std::fmt::Display;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::captive;
use crate::error::Error;
use crate::fault::Fault;
use crate::fulfilment;
use crate::merchant::NewKey;
use crate::pages;
use crate::portal;
use crate::reply::Reply;
use crate::request::RecordedRequest;
use crate::state::{Shared, State};
use crate::timer::Timer;
use crate::timestamp::Timestamp;
use crate::versions::ApiVersion;

const PREFIX: &str = "/_mock";

/// The paths below the prefix, for the message about a path that does not exist.
const PATHS: [&str; 14] = [
    "keys",
    "activations",
    "faults",
    "requests",
    "mails",
    "worker",
    "benefits",
    "checkouts",
    "personal-data",
    "tokens",
    "clock",
    "rate-limit",
    "versions",
    "reset",
];

/// Answers a request to the control endpoint. Returns `None` if the request is for Polar.
pub(crate) async fn answer(shared: &Shared, request: &RecordedRequest, timer: &impl Timer) -> Option<Reply> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if request.method == "GET"
        && let Some(page) = pages::page(path)
    {
        return Some(page);
    }
    let rest = path.strip_prefix(PREFIX).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    let decode = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let parts: Vec<String> = rest.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let reply = match (request.method.as_str(), parts.as_slice()) {
        ("OPTIONS", _) => Ok(Reply::no_content()),
        _ if path == captive::PATH => Ok(captive::page(200)),
        ("GET", ["requests"]) => {
            wait(shared, query, |state| state.requests.len(), timer).await;
            Ok(Reply::json(200, &shared.lock().requests))
        }
        ("GET", ["mails"]) => {
            wait(shared, query, |state| state.mails.len(), timer).await;
            Ok(Reply::json(200, &shared.lock().mails))
        }
        ("POST", ["checkouts", secret, "pay"]) => pay(&mut shared.lock(), secret, request),
        (method, parts) => execute(&mut shared.lock(), method, parts, &request.body),
    };
    let reply = reply.unwrap_or_else(|error| error);
    // Pages of every origin may read the reply, because tests in browsers control the server too, and no reply of the
    // control endpoint is secret.
    let allow = "GET, POST, PATCH, DELETE";
    let reply = reply.with("access-control-allow-origin", "*").with("access-control-allow-methods", allow);
    Some(reply.with("access-control-allow-headers", "*"))
}

/// Executes a request to the control endpoint without HTTP. Returns the body of the reply, or null if the reply has
/// none. If the request is refused, the error is the message of the reply.
#[cfg(feature = "server")]
pub(crate) fn execute_json(state: &mut State, method: &str, parts: &[&str], body: &Value) -> Result<Value, String> {
    let json = |reply: Reply| serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    let message = |refusal: Value| refusal.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    execute(state, method, parts, body.to_string().as_bytes()).map(json).map_err(|refusal| message(json(refusal)))
}

fn execute(state: &mut State, method: &str, parts: &[&str], body: &[u8]) -> Result<Reply, Reply> {
    match (method, parts) {
        ("GET", []) => Ok(overview(state)),
        ("POST", ["reset"]) => done(|| state.reset()),
        (_, ["faults", rest @ ..]) => faults(state, method, rest, body),
        (_, ["keys", rest @ ..]) => keys(state, method, rest, body),
        (_, ["versions", rest @ ..]) => versions(state, method, rest, body),
        ("DELETE", ["requests"]) => done(|| state.requests.clear()),
        ("DELETE", ["mails"]) => done(|| state.mails.clear()),
        ("DELETE", ["activations", id]) => no_content_if(state.database.remove_seat(id), "activation"),
        ("GET", ["personal-data"]) => Ok(Reply::json(200, &state.personal_data())),
        ("POST", ["tokens"]) => {
            let token = portal::customer_token(state, &read::<Holder>(body)?.email);
            Ok(Reply::json(201, &json!({ "token": token.ok_or_else(|| not_found("customer"))? })))
        }
        ("GET", ["clock"]) => Ok(clock(state)),
        ("POST", ["clock"]) => change_clock(state, &read(body)?),
        ("POST", ["worker"]) => direct_worker(state, &read(body)?),
        ("PATCH", ["benefits", benefit]) => change_benefit(state, benefit, &read(body)?),
        ("POST", ["rate-limit"]) => {
            let on = read::<RateLimit>(body)?.on;
            done(|| state.set_rate_limit(on))
        }
        _ => Err(unknown(method, &parts.join("/"))),
    }
}

fn faults(state: &mut State, method: &str, rest: &[&str], body: &[u8]) -> Result<Reply, Reply> {
    match (method, rest) {
        ("GET", []) => Ok(Reply::json(200, &state.faults.list())),
        ("POST", []) => {
            let id = state.faults.add(read_fault(body)?);
            Ok(Reply::json(201, &json!({ "id": id })))
        }
        ("DELETE", []) => done(|| state.faults.clear()),
        ("DELETE", [id]) => no_content_if(id.parse().is_ok_and(|id| state.faults.remove(id)), "fault"),
        _ => Err(unknown(method, "faults")),
    }
}

fn keys(state: &mut State, method: &str, rest: &[&str], body: &[u8]) -> Result<Reply, Reply> {
    match (method, rest) {
        ("GET", []) => Ok(Reply::json(200, &state.keys())),
        ("POST", []) => {
            let key = state.issue_key(read::<NewKey>(body)?).map_err(|message| error(400, &message))?;
            Ok(Reply::json(201, &state.key(&key)))
        }
        ("GET", [key]) => state.key(key).map(|info| Reply::json(200, &info)).ok_or_else(|| not_found("key")),
        ("PATCH", [key]) => change_key(state, key, read(body)?),
        ("DELETE", [key]) => no_content_if(state.change_key(key, |license| license.deleted = true), "key"),
        ("POST", [key, "rotate"]) => {
            let rotated = state.rotate_key(key).ok_or_else(|| not_found("key"))?;
            Ok(Reply::json(200, &state.key(&rotated)))
        }
        _ => Err(unknown(method, "keys")),
    }
}

fn versions(state: &mut State, method: &str, rest: &[&str], body: &[u8]) -> Result<Reply, Reply> {
    match (method, rest) {
        ("GET", []) => Ok(Reply::json(200, &state.versions)),
        ("POST", []) => {
            state.versions.release(read::<Release>(body)?.current);
            Ok(Reply::json(200, &state.versions))
        }
        ("DELETE", [version]) => {
            let removed = version.parse().map_err(|error: Error| error.to_string());
            let removed = removed.and_then(|version| state.versions.remove(version));
            removed.map_err(|message| error(400, &message)).map(|()| Reply::no_content())
        }
        _ => Err(unknown(method, "versions")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holder {
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    current: ApiVersion,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimit {
    on: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShownActivations {
    show_activations: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkerChange {
    mail_seconds: Option<u64>,
    purchase_seconds: Option<u64>,
    #[serde(default)]
    run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance_seconds: Option<f64>,
    freeze: Option<Timestamp>,
    set: Option<Timestamp>,
    skew_seconds: Option<i64>,
}

fn overview(state: &State) -> Reply {
    let benefits: Map<String, Value> =
        state.database.benefits.iter().map(|benefit| (benefit.name.clone(), benefit.id.to_string().into())).collect();
    let overview = json!({
        "server": "mock-polar",
        "organization": state.database.organization.to_string(),
        "benefits": benefits,
        "checkout_links": state.database.links.iter().map(|link| link.secret.as_str()).collect::<Vec<_>>(),
        "rate_limit": state.rate_limit,
        "api_version": state.versions.current(),
        "open_streams": state.events.count(),
        "now": state.now(),
    });
    Reply::json(200, &overview)
}

/// Waits if the query says so. With `?wait=3&timeout_ms=2000`, waits until `count` returns 3 or more, but for at most
/// two seconds.
async fn wait(shared: &Shared, query: &str, count: fn(&State) -> usize, timer: &impl Timer) {
    let number = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == name).and_then(|(_, value)| value.parse::<u64>().ok())
    };
    if let Some(wanted) = number("wait") {
        let timeout = Duration::from_millis(number("timeout_ms").unwrap_or(10_000));
        shared.until(count, usize::try_from(wanted).unwrap_or(usize::MAX), timeout, timer).await;
    }
}

/// Parses a fault. Refuses a field that faults of this kind do not use.
fn read_fault(body: &[u8]) -> Result<Fault, Reply> {
    let given: Map<String, Value> = read(body)?;
    let fault: Fault = read(body)?;
    let fields = serde_json::to_value(&fault).unwrap_or_default();
    match given.keys().find(|name| fields.get(name).is_none()) {
        None => Ok(fault),
        Some(unknown) => {
            let kind = fields.get("fault").and_then(Value::as_str).unwrap_or_default();
            let known = names(fields.as_object().into_iter().flat_map(Map::keys).filter(|name| *name != "fault"));
            Err(error(400, &format!("the fault `{kind}` has no `{unknown}`; use {known}")))
        }
    }
}

fn change_key(state: &mut State, key: &str, fields: Map<String, Value>) -> Result<Reply, Reply> {
    let mut changed = state.database.license(key).cloned().ok_or_else(|| not_found("key"))?;
    for (name, value) in fields {
        match name.as_str() {
            "status" => changed.status = field(&name, value)?,
            "limit_activations" => changed.limit_activations = field(&name, value)?,
            "limit_usage" => changed.limit_usage = field(&name, value)?,
            "usage" => changed.usage = field(&name, value)?,
            "expires_at" => changed.expires_at = field(&name, value)?,
            "subscription" => changed.subscription = field(&name, value)?,
            "order" => changed.order = field(&name, value)?,
            "benefit" => {
                let benefit: String = field(&name, value)?;
                let known = state.database.benefit_names();
                let unknown = || error(400, &format!("there is no benefit `{benefit}`; use one of {known}"));
                changed.benefit = state.database.benefit(&benefit).ok_or_else(unknown)?;
            }
            _ => {
                let known = "`status`, `limit_activations`, `limit_usage`, `usage`, `expires_at`, `subscription`, \
                             `order`, `benefit`";
                return Err(error(400, &format!("a key has no `{name}` to change; use {known}")));
            }
        }
    }
    state.change_key(key, |license| *license = changed);
    state.key(key).map(|info| Reply::json(200, &info)).ok_or_else(|| not_found("key"))
}

fn pay(state: &mut State, secret: &str, request: &RecordedRequest) -> Result<Reply, Reply> {
    let refused = |refusal: Reply| error(refusal.status, &String::from_utf8_lossy(&refusal.body));
    let purchase = portal::pay(state, secret, &read(&request.body)?, &request.site()).map_err(refused)?;
    Ok(Reply::json(200, &purchase))
}

/// Shows or hides the activations of a benefit's keys in the portal.
fn change_benefit(state: &mut State, benefit: &str, change: &ShownActivations) -> Result<Reply, Reply> {
    let id = state.database.benefit(benefit).ok_or_else(|| not_found("benefit"))?;
    state.database.show_activations(id, change.show_activations);
    Ok(Reply::no_content())
}

fn direct_worker(state: &mut State, change: &WorkerChange) -> Result<Reply, Reply> {
    if let Some(seconds) = change.mail_seconds {
        state.worker.delay_mails(Duration::from_secs(seconds));
    }
    if let Some(seconds) = change.purchase_seconds {
        state.worker.delay_purchases(Duration::from_secs(seconds));
    }
    if change.run {
        fulfilment::run_all(state);
    }
    Ok(Reply::no_content())
}

fn clock(state: &State) -> Reply {
    Reply::json(200, &json!({ "now": state.now() }))
}

fn change_clock(state: &mut State, change: &ClockChange) -> Result<Reply, Reply> {
    if let Some(seconds) = change.advance_seconds {
        let by = Duration::try_from_secs_f64(seconds);
        state.clock.advance(by.map_err(|cause| error(400, &format!("`advance_seconds`: {cause}")))?);
    }
    if let Some(at) = change.freeze {
        state.clock.freeze(at);
    }
    if let Some(at) = change.set {
        state.clock.set(at);
    }
    if let Some(seconds) = change.skew_seconds {
        state.clock.skew(seconds);
    }
    Ok(clock(state))
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Reply> {
    serde_json::from_slice(body).map_err(|cause| error(400, &format!("the body is not valid here: {cause}")))
}

fn field<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, Reply> {
    serde_json::from_value(value).map_err(|cause| error(400, &format!("`{name}`: {cause}")))
}

fn done(action: impl FnOnce()) -> Result<Reply, Reply> {
    action();
    Ok(Reply::no_content())
}

fn no_content_if(found: bool, what: &str) -> Result<Reply, Reply> {
    if found { Ok(Reply::no_content()) } else { Err(not_found(what)) }
}

fn unknown(method: &str, path: &str) -> Reply {
    let paths = names(PATHS);
    error(404, &format!("there is no `{method} {PREFIX}/{path}`; below `{PREFIX}`, there are {paths}"))
}

/// Writes names as a list, each in backticks.
fn names<Name: Display>(names: impl IntoIterator<Item = Name>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn not_found(what: &str) -> Reply {
    error(404, &format!("there is no such {what}"))
}

fn error(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message }))
}
