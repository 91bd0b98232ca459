//! Compares what a scenario expects with what happened.

use polar_license::Timestamp;
use serde_json::Value;

use super::format::{Members, moment};

/// Returns the names of a decision's members, as the core lists them.
pub(crate) fn members() -> Vec<String> {
    let lists = lists();
    let decision = lists.get("decision").and_then(Value::as_array).into_iter().flatten();
    decision.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns the members of a decision that contradict the core's description of the decision's state.
pub(crate) fn uncertain(decision: &Value) -> Vec<String> {
    let states = &lists()["states"];
    let state = &states[decision["state"].as_str().unwrap_or_default()];
    let names = |list: &str| state[list].as_array().cloned().unwrap_or_default().into_iter();
    let is_null = |name: &Value| decision[name.as_str().unwrap_or_default()].is_null();
    let mut wrong: Vec<Value> = names("present").filter(is_null).collect();
    wrong.extend(names("absent").filter(|name| !is_null(name)));
    let reason = &decision["reason"];
    let has_reason =
        if reason.is_null() { names("reasons").len() == 0 } else { names("reasons").any(|one| one == *reason) };
    wrong.extend((!has_reason).then(|| "reason".into()));
    wrong.extend((decision["allowed"] != state["allowed"]).then(|| "allowed".into()));
    wrong.iter().filter_map(Value::as_str).map(|name| format!("{name} is {}", decision[name])).collect()
}

fn lists() -> Value {
    serde_json::from_str(include_str!("members.json")).unwrap_or_default()
}

/// Members that occur only in an expectation, and not in a decision.
pub(crate) const OTHERS: [&str; 6] = ["error", "store", "deactivated", "text", "allows", "covers"];

/// The difference that is allowed between moments, because requests take time.
const SLACK_MS: i64 = 60_000;

/// Whether objects below the first level may have members that are not expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inner {
    Open,
    Closed,
}

/// Returns the differences. Each reads `member: expected …, got …`.
pub(crate) fn differences(expected: &Members, actual: &Value, inner: Inner) -> Vec<String> {
    expected
        .iter()
        .filter(|(name, expected)| !matches(name, expected, actual.get(name.as_str()).unwrap_or(&Value::Null), inner))
        .map(|(name, expected)| {
            format!("{name}: expected {expected}, got {}", actual.get(name.as_str()).unwrap_or(&Value::Null))
        })
        .collect()
}

fn matches(name: &str, expected: &Value, actual: &Value, inner: Inner) -> bool {
    match (expected, actual) {
        (Value::Object(matcher), _) if matcher.contains_key("contains") => {
            let part = matcher["contains"].as_str().unwrap();
            actual.as_str().is_some_and(|actual| actual.contains(part))
        }
        (Value::Object(matcher), _) if matcher.contains_key("oneOf") => {
            matcher["oneOf"].as_array().unwrap().iter().any(|expected| matches(name, expected, actual, inner))
        }
        (Value::Object(matcher), _) if matcher.contains_key("not") => !matches(name, &matcher["not"], actual, inner),
        (Value::Object(matcher), _) if matcher.contains_key("count") => {
            actual.as_array().is_some_and(|items| matcher["count"] == items.len())
        }
        (Value::Object(matcher), _) if matcher.contains_key("atLeast") || matcher.contains_key("atMost") => {
            let bound = |name: &str, other| matcher.get(name).map_or(other, |bound| bound.as_i64().unwrap());
            actual.as_i64().is_some_and(|it| (bound("atLeast", i64::MIN)..=bound("atMost", i64::MAX)).contains(&it))
        }
        (Value::Object(matcher), _) if matcher.contains_key("from") => {
            let bound = |name: &str| moment(matcher[name].as_str().unwrap());
            time(actual).is_some_and(|actual| bound("from") <= actual && actual <= bound("to"))
        }
        (Value::String(expected), _) if name.ends_with("At") => {
            time(actual).is_some_and(|actual| (actual.unix_ms() - moment(expected).unix_ms()).abs() <= SLACK_MS)
        }
        (Value::Object(expected), Value::Object(members)) => {
            let closed = inner == Inner::Closed && expected.len() != members.len();
            !closed && differences(expected, actual, inner).is_empty()
        }
        (Value::Array(expected), Value::Array(items)) if inner == Inner::Open => {
            expected.len() == items.len()
                && expected.iter().zip(items).all(|(expected, item)| matches("", expected, item, inner))
        }
        _ => expected == actual,
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}
