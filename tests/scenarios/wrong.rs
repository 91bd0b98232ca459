//! Scenarios with one wrong place each, by which the tests check that the runner notices every error.

use serde_json::{Value, json};

use super::format::{Scenario, Step};

/// Returns wrong copies of the scenario, with a description of each. A copy has one wrong expectation or one wrong
/// exchange in the scenario's own steps.
pub(crate) fn wrong_ones(scenario: &Scenario) -> Vec<(String, Scenario)> {
    let mut all = Vec::new();
    for (at, step) in scenario.steps.iter().enumerate() {
        let mut add = |what: String, change: &dyn Fn(&mut Step)| {
            let mut wrong = scenario.clone();
            change(&mut wrong.steps[at]);
            all.push((format!("{what} of step {}", at + 1), wrong));
        };
        for (name, value) in step.expect.iter().flatten() {
            let wrong = spoilt(name, value);
            add(format!("`{name}`"), &|step| {
                step.expect.as_mut().unwrap().insert(name.clone(), wrong.clone());
            });
        }
        for number in 0..step.control.len() {
            let expected = &step.control[number].expect;
            if !expected.is_null() {
                let wrong = spoilt("", expected);
                add(format!("reply {} of the local Polar", number + 1), &|step| {
                    step.control[number].expect = wrong.clone();
                });
            }
        }
        for number in 0..step.polar.len() {
            // An exchange with a `during` may be left out without a failure, because the request may be needed only
            // after the events in `during`.
            if step.polar[number].during.is_empty() {
                add(format!("exchange {} left out", number + 1), &|step| {
                    step.polar.remove(number);
                });
            }
            for (name, value) in &step.polar[number].body {
                let wrong = spoilt(name, value);
                add(format!("`{name}` of exchange {}", number + 1), &|step| {
                    step.polar[number].body.insert(name.clone(), wrong.clone());
                });
            }
        }
    }
    all
}

fn spoilt(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("store", Value::String(expected)) => match expected.as_str() {
            "present" => json!("absent"),
            "absent" => json!("present"),
            "changed" => json!("unchanged"),
            _ => json!("changed"),
        },
        (_, Value::Object(matcher)) if matcher.contains_key("contains") => json!({ "contains": "nobody says this" }),
        (_, Value::Object(matcher)) if matcher.contains_key("not") => json!({ "contains": "nobody says this" }),
        (_, Value::Object(matcher)) if matcher.contains_key("atLeast") => json!({ "atLeast": i64::MAX }),
        (_, Value::Object(matcher)) if matcher.contains_key("oneOf") => json!({ "oneOf": ["none of these"] }),
        (_, Value::Object(matcher)) if matcher.contains_key("from") => {
            json!({ "from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z" })
        }
        (_, Value::Object(members)) if members.is_empty() => json!("wrong"),
        (_, Value::Object(members)) => {
            let (last, value) = members.iter().next_back().unwrap();
            let mut members = members.clone();
            members.insert(last.clone(), spoilt(last, value));
            members.into()
        }
        (_, Value::Array(items)) if !items.is_empty() => items.iter().map(|item| spoilt("", item)).collect(),
        (_, Value::Bool(expected)) => json!(!expected),
        (_, Value::Number(_)) => json!(-1),
        (name, Value::String(_)) if name.ends_with("At") => json!("2000-01-01T00:00:00Z"),
        _ => json!("wrong"),
    }
}
