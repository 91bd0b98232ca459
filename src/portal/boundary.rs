//! The portal as data, for bindings: one call takes a request in JSON and returns a reply in JSON. This module is not
//! part of the public interface.
//!
//! ```text
//!  {"call":"restore","session":3} ─ begin ─► steps ─► Done(Outcome) ─ reply ─► {"kind":"choose","keys":[{"handle":5,…}]}
//! ```
//! Sessions, license keys, devices, customers, checkouts and purchases are never passed to a binding. [`Handles`] keeps
//! them, and in JSON a number stands for each of them: its handle. A handle is valid until the reply that contained it
//! is dropped. The JSON of a reply contains no token, no code, no full license key, and no secret of a checkout.
//!
//! [`operations`] lists every operation with its arguments and its result, and [`json`] describes the results. The
//! interfaces of other languages are generated from both.

mod arguments;
mod handles;
pub mod json;
pub mod operations;
mod reply;
mod request;

pub use handles::{Handle, Handles};
pub use reply::{Outcome, Reply};
pub use request::Request;

use super::context::Context;
use super::step::Step;
use crate::error::Error;
use crate::json::Json;
use crate::time::Now;
use arguments::Arguments;
use operations::OPERATIONS;

/// Starts the operation that `request` describes. If the request is not valid, the operation ends at once with
/// `invalid_argument`.
pub fn begin(request: &str, context: Context, handles: &Handles, now: Now) -> Step<Outcome> {
    begun(request, context, handles, now).unwrap_or_else(Step::failed)
}

fn begun(request: &str, context: Context, handles: &Handles, now: Now) -> Result<Step<Outcome>, Error> {
    let json = Json::parse(request.as_bytes()).unwrap_or_default();
    let called = json.get("call").and_then(Json::string);
    let Some(operation) = OPERATIONS.iter().find(|known| Some(known.name) == called.as_deref()) else {
        return Err(context.mistake("a request must be a JSON object whose `call` names an operation of the portal"));
    };
    for (name, _) in json.members().into_iter().flatten() {
        let is_known = |known: &str| name.string().as_deref() == Some(known);
        if !is_known("call") && !operation.arguments.iter().any(|(argument, _)| is_known(argument)) {
            return Err(context.mistake(&format!("`{}` has no such argument as one of this request", operation.name)));
        }
    }
    (operation.begin)(Arguments { json, context, handles, now })
}
