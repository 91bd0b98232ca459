//! Compares the functions that read one member of a decision or an error with the JSON that has all members. A test
//! fails if a member has no function here, or if a function and the JSON have different values.

use std::ffi::{CString, c_char};

use polar_license::Timestamp;
use polar_license_c::exported::*;
use serde_json::{Value, json};

use super::library::text;

/// A copy of the header's constant, because Rust code cannot read the constant from the library.
const POLAR_LICENSE_ABSENT: i64 = i64::MIN;

/// A function that reads a member of a `T`.
enum Getter<T> {
    Text(extern "C" fn(*const T) -> *const c_char),
    Number(extern "C" fn(*const T) -> i64),
    Flag(extern "C" fn(*const T) -> i32),
    /// An integer, and the function that returns its name. The integer 0 stands for an absent member.
    Code(extern "C" fn(*const T) -> i32, extern "C" fn(i32) -> *const c_char),
}

use Getter::{Code, Flag, Number, Text};

/// The members of a decision. A member of an object within the decision is named `object.member`.
const OF_A_DECISION: &[(&str, Getter<Decision>)] = &[
    // Generated from the members of a decision: do not edit.
    ("allowed", Flag(polar_license_decision_allowed)),
    ("state", Code(polar_license_decision_state, polar_license_state_name)),
    ("reason", Code(polar_license_decision_reason, polar_license_reason_name)),
    ("displayKey", Text(polar_license_decision_display_key)),
    ("benefitId", Text(polar_license_decision_benefit_id)),
    ("activationId", Text(polar_license_decision_activation_id)),
    ("activationLabel", Text(polar_license_decision_activation_label)),
    ("expiresAt", Number(polar_license_decision_expires_at_ms)),
    ("updatesUntil", Text(polar_license_decision_updates_until)),
    ("confirmedAt", Number(polar_license_decision_confirmed_at_ms)),
    ("refreshAt", Number(polar_license_decision_refresh_at_ms)),
    ("graceEndsAt", Number(polar_license_decision_grace_ends_at_ms)),
    ("airGapped", Flag(polar_license_decision_air_gapped)),
    ("offlineEndsAt", Number(polar_license_decision_offline_ends_at_ms)),
    ("trialEndsAt", Number(polar_license_decision_trial_ends_at_ms)),
    ("usage", Number(polar_license_decision_usage)),
    ("limitUsage", Number(polar_license_decision_limit_usage)),
    ("limitActivations", Number(polar_license_decision_limit_activations)),
    ("purchase.kind", Text(polar_license_decision_purchase_kind)),
    ("purchase.status", Text(polar_license_decision_purchase_status)),
    ("purchase.currentPeriodEnd", Number(polar_license_decision_purchase_current_period_end_ms)),
    ("purchase.endsAt", Number(polar_license_decision_purchase_ends_at_ms)),
    ("purchase.cancelsAtPeriodEnd", Flag(polar_license_decision_purchase_cancels_at_period_end)),
    ("purchase.paid", Flag(polar_license_decision_purchase_paid)),
    ("purchase.createdAt", Number(polar_license_decision_purchase_created_at_ms)),
    ("nextStep", Code(polar_license_decision_next_step, polar_license_next_step_name)),
    ("nextUrl", Text(polar_license_decision_next_url)),
    ("notice", Flag(polar_license_decision_notice)),
    ("noticeAt", Number(polar_license_decision_notice_at_ms)),
    ("message", Text(polar_license_decision_message)),
    ("problem.kind", Code(polar_license_decision_problem_kind, polar_license_kind_name)),
    ("problem.message", Text(polar_license_decision_problem_message)),
    ("problem.detail", Text(polar_license_decision_problem_detail)),
    ("problem.retryAfterMs", Number(polar_license_decision_problem_retry_after_ms)),
    ("problem.maybeApplied", Flag(polar_license_decision_problem_maybe_applied)),
    // End of what is generated.
];

const OF_AN_ERROR: [(&str, Getter<Error>); 8] = [
    ("kind", Code(polar_license_error_kind, polar_license_kind_name)),
    ("reason", Code(polar_license_error_reason, polar_license_reason_name)),
    ("message", Text(polar_license_error_message)),
    ("detail", Text(polar_license_error_detail)),
    ("retryAfterMs", Number(polar_license_error_retry_after_ms)),
    ("maybeApplied", Flag(polar_license_error_maybe_applied)),
    ("nextStep", Code(polar_license_error_next_step, polar_license_next_step_name)),
    ("nextUrl", Text(polar_license_error_next_url)),
];

/// Compares the results of the functions with the JSON of a decision. The JSON may also contain an error.
pub(crate) fn agree(decision: *const Decision, json: &Value) {
    for (name, value) in json.as_object().unwrap() {
        match (name.as_str(), value) {
            ("error", _) => {}
            ("features", features) => {
                for (feature, allowed) in features.as_object().unwrap() {
                    let name = CString::new(feature.as_str()).unwrap();
                    assert_eq!(*allowed, polar_license_decision_allows(decision, name.as_ptr()) == 1, "{feature}");
                }
            }
            (_, Value::Object(inner)) => {
                inner.keys().for_each(|inner| is_known(OF_A_DECISION, &format!("{name}.{inner}")))
            }
            ("problem" | "purchase", Value::Null) => {}
            _ => is_known(OF_A_DECISION, name),
        }
    }
    agree_on(OF_A_DECISION, decision, json);
}

/// Compares the results of the functions with the JSON of an error.
pub(crate) fn agree_error(error: *const Error, json: &Value) {
    json.as_object().unwrap().keys().for_each(|name| is_known(&OF_AN_ERROR, name));
    agree_on(&OF_AN_ERROR, error, json);
}

fn is_known<T>(getters: &[(&str, Getter<T>)], name: &str) {
    assert!(getters.iter().any(|(known, _)| *known == name), "no function that reads `{name}` is tested");
}

fn agree_on<T>(getters: &[(&str, Getter<T>)], object: *const T, json: &Value) {
    for (name, getter) in getters {
        let value = name.split('.').fold(json, |value, name| &value[name]);
        let returned = match getter {
            Text(get) => json!(text(get(object))),
            Number(get) => match (get(object), value) {
                (POLAR_LICENSE_ABSENT, _) => Value::Null,
                (ms, Value::String(_)) => json!(Timestamp::from_unix_ms(ms).to_string()),
                (number, _) => json!(number),
            },
            Flag(get) => match (get(object), value) {
                (0, Value::Null) => Value::Null,
                (flag, _) => json!(flag == 1),
            },
            Code(get, name_of) => match (get(object), value) {
                (0, Value::Null) => Value::Null,
                (code, _) => json!(text(name_of(code))),
            },
        };
        assert_eq!(returned, *value, "{name}: the function and the JSON");
    }
}

/// Compares the results of the functions for each value of a reply with the JSON of the reply.
pub(crate) fn agree_reply(reply: *const Reply, at: &str, json: &Value) {
    let pointer = CString::new(at).unwrap();
    let (is, read) = (pointer.as_ptr(), |value: *const c_char| text(value));
    match json {
        Value::Null => assert_eq!(read(polar_license_reply_text(reply, is)), None, "{at}"),
        Value::Bool(flag) => assert_eq!(polar_license_reply_number(reply, is), i64::from(*flag), "{at}"),
        Value::Number(number) => assert_eq!(Some(polar_license_reply_number(reply, is)), number.as_i64(), "{at}"),
        Value::String(string) => assert_eq!(read(polar_license_reply_text(reply, is)).as_ref(), Some(string), "{at}"),
        Value::Array(items) => {
            assert_eq!(polar_license_reply_count(reply, is), items.len(), "{at}");
            for (index, item) in items.iter().enumerate() {
                agree_reply(reply, &format!("{at}/{index}"), item);
            }
        }
        Value::Object(members) => {
            let handle = members.get("handle").and_then(Value::as_u64).unwrap_or_default();
            assert_eq!(u64::from(polar_license_reply_handle(reply, is)), handle, "{at}");
            for (name, member) in members {
                agree_reply(reply, &format!("{at}/{name}"), member);
            }
        }
    }
}
