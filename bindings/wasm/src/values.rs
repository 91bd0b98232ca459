//! The values that JavaScript receives: plain objects, created by serde-wasm-bindgen and declared by tsify. The members
//! of a decision and of an error come from the core; `ts/src/types.ts` declares them.

use js_sys::Uint8Array;
use polar_license::engine::{self, OfflineText, Outcome, Patience, SendStep, StoreStep};
use polar_license::store::{self, Durability};
use polar_license::transport::Request;
use polar_license::{Deactivated, Decision, Error, ErrorDetails, Explanation};
use serde::Serialize;
use std::time::Duration;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const IMPORTS: &str = r#"import type { Deactivated, Decision, Explanation, Failure } from "./types.js";"#;

/// The next step that a driver must execute. The driver passes the step's number when it resumes the operation.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "lowercase", rename_all_fields = "camelCase")]
#[tsify(missing_as_null, hashmap_as_object)]
pub enum Step<'a> {
    /// Wait for this tab's turn, which comes when no other tab is asking Polar. Stop waiting at `until`. Keep the turn
    /// until the operation is done.
    Turn { number: u32, until: u64 },
    /// Read, merge and write the stored record, but not before `not_before`. Stop waiting for the record's lock at
    /// `until`. If the store takes longer than `timeout_ms`, it counts as broken.
    Store { number: u32, not_before: u64, until: u64, timeout_ms: u64 },
    /// Post `body` once, but not before `not_before`. Wait at most `timeout_ms` for the reply, and read at most
    /// `reply_limit` bytes of the reply.
    Send {
        number: u32,
        not_before: u64,
        url: &'a str,
        headers: [(&'static str, &'static str); 1],
        body: &'a str,
        timeout_ms: u64,
        reply_limit: u32,
    },
    /// Wait for another operation to end. Stop waiting at `until`.
    Join { number: u32, until: u64 },
    /// The operation has ended.
    Done {
        /// The current decision. It is present even if the operation failed.
        #[tsify(type = "Decision")]
        decision: Option<&'a Decision>,
        /// The reason why the operation failed, or null.
        #[tsify(type = "Failure | null")]
        error: Option<ErrorDetails<'a>>,
        /// After a deactivation: whether Polar has freed the seat. Null for all other operations.
        #[tsify(type = "Deactivated | null")]
        deactivated: Option<Deactivated>,
        /// The request, answer or return that an offline operation has written for another computer. Null for all other
        /// operations. An answer or a return contains the license key.
        #[tsify(type = "string | null")]
        text: Option<&'a str>,
    },
}

/// The change to make to the stored record.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Change {
    Keep,
    /// Replace the stored record. If `durable`, the new record must be on the disk before the operation continues.
    Put {
        #[serde(with = "serde_wasm_bindgen::preserve")]
        #[tsify(type = "Uint8Array<ArrayBuffer>")]
        record: Uint8Array,
        durable: bool,
    },
    Remove,
}

/// The action that the automatic refresh must take at this instant.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Look {
    Refresh {
        #[tsify(type = "Patience")]
        patience: &'static str,
    },
    /// Call `look` again after `ms`.
    Wait { ms: u64 },
}

/// The decision at this instant.
#[derive(Serialize, Tsify)]
#[serde(transparent)]
#[tsify(missing_as_null, hashmap_as_object)]
pub struct Current(#[tsify(type = "Decision")] pub(crate) Decision);

/// The reason why a feature is on or off.
#[derive(Serialize, Tsify)]
#[serde(transparent)]
#[tsify(missing_as_null)]
pub struct Explained(#[tsify(type = "Explanation")] pub(crate) Explanation);

/// The exception for invalid settings.
#[derive(Serialize, Tsify)]
#[tsify(missing_as_null)]
pub(crate) struct Thrown<'a> {
    #[tsify(type = "Failure")]
    error: ErrorDetails<'a>,
}

impl<'a> Step<'a> {
    pub(crate) fn store(number: u32, step: &StoreStep) -> Self {
        let timeout_ms = milliseconds(StoreStep::TIMEOUT);
        Self::Store { number, not_before: step.not_before, until: step.until, timeout_ms }
    }

    pub(crate) fn send(number: u32, step: &'a SendStep) -> Self {
        let request = &step.request;
        Self::Send {
            number,
            not_before: step.not_before,
            url: &request.url,
            headers: Request::HEADERS,
            body: &request.body,
            timeout_ms: milliseconds(request.timeout),
            reply_limit: Request::REPLY_LIMIT.try_into().unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn done(outcome: &'a Outcome) -> Self {
        let Outcome { result, deactivated, text, .. } = outcome;
        let (decision, error) = match result {
            Ok(decision) => (Some(decision), None),
            Err(error) => (error.decision(), Some(error.details())),
        };
        Self::Done { decision, error, deactivated: *deactivated, text: text.as_ref().map(OfflineText::as_str) }
    }
}

impl From<store::Change> for Change {
    fn from(change: store::Change) -> Self {
        match change {
            store::Change::Keep => Self::Keep,
            store::Change::Put(record, durability) => {
                Self::Put { record: record.as_slice().into(), durable: durability == Durability::Synced }
            }
            store::Change::Remove => Self::Remove,
        }
    }
}

impl Look {
    /// Converts the engine's answer: refresh, or wait and ask again. Shortens a wait that is longer than `end`.
    pub(crate) fn of(look: engine::Look, end: Duration) -> Self {
        match look {
            engine::Look::Refresh(Patience::Short) => Self::Refresh { patience: "short" },
            engine::Look::Refresh(Patience::Full) => Self::Refresh { patience: "full" },
            engine::Look::Refresh(Patience::Started) => Self::Refresh { patience: "started" },
            engine::Look::Refresh(Patience::Woken) => Self::Refresh { patience: "woken" },
            engine::Look::Wait(wait) => Self::Wait { ms: milliseconds(wait.min(end)) },
        }
    }
}

/// Converts a value to a JavaScript object. The object holds copies, so it stays valid after the value has been
/// dropped.
pub(crate) fn to_js<T: Tsify + Serialize, Owned: Tsify>(value: &T) -> Result<Ts<Owned>, JsValue> {
    let value = value.into_js().map_err(|_| defect("a value that JavaScript cannot hold"))?;
    Ok(Ts::new_unchecked(value.unchecked_into()))
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

/// Returns the exception for invalid settings.
pub(crate) fn thrown(error: Error) -> JsValue {
    let thrown = Thrown { error: error.details() };
    to_js::<_, Thrown<'static>>(&thrown).map_or_else(|defect| defect, JsValue::from)
}

/// Returns an exception that reports a defect of this library or of its driver.
pub(crate) fn defect(what: &str) -> JsValue {
    js_sys::Error::new(what).into()
}

/// Returns the exception for a number that no step has, or whose step was resumed already.
pub(crate) fn no_such_step() -> JsValue {
    defect("no step has this number")
}

/// Returns the exception for a call of the wrong method: each method resumes only steps of one kind.
pub(crate) fn another_kind() -> JsValue {
    defect("the step with this number is of another kind")
}
