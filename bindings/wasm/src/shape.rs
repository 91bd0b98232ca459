//! What Rust returns as plain JavaScript objects.

use js_sys::{JSON, Object, Reflect};
use polar_license::Error;
use polar_license::engine::{Deactivated, Outcome, Step};
use wasm_bindgen::JsValue;

/// An object with a member `error`, as [`Error::to_json`] describes it.
pub(crate) type Thrown = JsValue;

pub(crate) fn step(step: &Step, number: u32) -> Object {
    match step {
        Step::Store(_) => object(&[("do", "store".into()), ("number", number.into())]),
        Step::Send(step) => object(&[
            ("do", "send".into()),
            ("number", number.into()),
            ("notBefore", (step.not_before as f64).into()),
            ("url", (&step.request.url).into()),
            ("body", (&step.request.body).into()),
            ("timeoutMs", (step.request.timeout.as_millis() as f64).into()),
        ]),
        Step::Join(step) => {
            object(&[("do", "join".into()), ("number", number.into()), ("until", (step.until as f64).into())])
        }
        // has no number: `outcome` shows it
        Step::Done(_) => Object::new(),
    }
}

pub(crate) fn outcome(outcome: Outcome) -> Object {
    let decision = outcome.result.map_or_else(|error| error.to_json(), |decision| decision.to_json());
    let deactivated = outcome.deactivated.map_or(JsValue::NULL, |deactivated| {
        JsValue::from(match deactivated {
            Deactivated::Released => "released",
            Deactivated::Unknown => "unknown",
            Deactivated::NotNeeded => "not_needed",
        })
    });
    object(&[
        ("do", "done".into()),
        ("decision", parsed(&decision).into()),
        ("deactivated", deactivated),
        ("changed", outcome.changed.into()),
        ("wakeAt", outcome.wake_at.map_or(JsValue::NULL, |at| (at as f64).into())),
    ])
}

pub(crate) fn thrown(error: &Error) -> Thrown {
    parsed(&error.to_json()).into()
}

/// What only a defect in this library or its driver brings about.
pub(crate) fn defect(message: &str) -> Thrown {
    let error = object(&[("kind", "internal".into()), ("message", message.into()), ("maybeApplied", false.into())]);
    object(&[("error", error.into())]).into()
}

pub(crate) fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // a plain object takes every member
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}

/// The object that a JSON text of the core's describes.
pub(crate) fn parsed(json: &str) -> Object {
    JSON::parse(json).map(Object::from).unwrap_or_default()
}

pub(crate) fn hex(tag: [u8; 8]) -> String {
    tag.iter().map(|byte| format!("{byte:02x}")).collect()
}
