//! The customer portal in scenarios: calls of operations by their names, requests to the local Polar, and references to
//! replies.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use mock_polar::DEMO_VENDOR_TOKEN;
use polar_license::transport::{Answer, Failure, Request, Sent};
use serde_json::{Value, json};

use super::super::format::{A, ClockStep, Control, Members, Step, Waits, duration_ms};
use super::super::local_polar::{LocalPolar, URL};
use super::{Around, Inner, Outcome, Process, World, differences};

/// Members that occur only in the expectation of a call, and not in a reply.
const OF_A_CALL: [&str; 5] = ["error", "store", "decision", "requests", "mails"];

/// The scenario's plan for a wait, and the reports of the operation so far.
#[derive(Default)]
pub(super) struct Waiting {
    waits: Waits,
    reports: Vec<(String, i64)>,
}

impl World {
    fn local(&self) -> &LocalPolar {
        self.local.as_ref().expect("only scenarios of the customer portal have the local Polar")
    }

    /// Sends a request to the local Polar, and compares the reply.
    pub(super) fn control(&self, control: &Control, place: &str) {
        (0..control.times.unwrap_or(1)).for_each(|_| self.control_once(control, place));
    }

    fn control_once(&self, control: &Control, place: &str) {
        let (method, path) = match control {
            Control { get: Some(path), .. } => ("GET", path),
            Control { post: Some(path), .. } => ("POST", path),
            Control { patch: Some(path), .. } => ("PATCH", path),
            Control { delete: Some(path), .. } => ("DELETE", path),
            Control { .. } => panic!("{place}: a request needs `get`, `post`, `patch` or `delete`"),
        };
        let path = match self.resolved(&json!(path)) {
            Value::String(path) => path,
            other => panic!("{place}: {other} is not a path"),
        };
        let token = control.vendor.then_some(DEMO_VENDOR_TOKEN);
        let reply = self.local().control(method, &path, token, &self.resolved(&control.body));
        if !control.expect.is_null() {
            let expected = Members::from_iter([(String::from("reply"), self.resolved(&control.expect))]);
            for difference in differences(&expected, &json!({ "reply": reply }), Inner::Open) {
                self.fail(place, format!("{method} {path}: {difference}"));
            }
        }
        self.keep(control.name.as_ref(), reply);
    }

    pub(super) fn keep(&self, name: Option<&String>, value: Value) {
        if let Some(name) = name {
            self.values.lock().unwrap().insert(name.clone(), value);
        }
    }

    /// Calls an operation of the portal, and stores its reply.
    pub(super) fn call(&self, process: &Arc<Process>, step: &Step, call: &str, place: &str) -> Outcome {
        let mut request = Members::from_iter([(String::from("call"), json!(call))]);
        for (name, value) in self.resolved_members(&step.with) {
            // a request names a value that stays in the core by its handle
            let handle = value.get("handle").cloned();
            request.insert(name, handle.unwrap_or(value));
        }
        *process.waiting.lock().unwrap() =
            Waiting { waits: step.waits.clone().unwrap_or_default(), reports: Vec::new() };
        let client = process.client.get().unwrap();
        let outcome = match client.call(&Value::Object(request).to_string()) {
            Ok((reply, address)) => {
                let mut reply: Value = serde_json::from_str(&reply).unwrap();
                if let Some(address) = address {
                    reply["clientSecret"] = json!(address.rsplit('/').next().unwrap());
                    reply["address"] = json!(address);
                }
                self.keep(step.name.as_ref(), reply.clone());
                Outcome { reply: Some(reply), ..Outcome::of(process.current()) }
            }
            Err(error) => {
                let mut outcome = Outcome::failed(super::read(&error));
                // an error has no decision if the license was not consulted yet
                if outcome.decision == json!({}) {
                    outcome.decision = process.current();
                }
                outcome
            }
        };
        if let Some(waits) = &step.waits {
            self.compare_reports(waits, process, place);
        }
        outcome
    }

    fn compare_reports(&self, waits: &Waits, process: &Process, place: &str) {
        let reports = std::mem::take(&mut process.waiting.lock().unwrap().reports);
        let stages: BTreeSet<&str> = reports.iter().map(|(stage, _)| stage.as_str()).collect();
        if waits.stage.as_ref().is_some_and(|stage| !stages.iter().eq([stage])) {
            self.fail(place, format!("stage: expected {:?}, got {stages:?}", waits.stage));
        }
        let waited = reports.last().map_or(0, |(_, waited)| *waited);
        let bound = |text: &Option<String>, other| text.as_deref().map_or(other, duration_ms);
        if waited < bound(&waits.at_least, 0) || waited > bound(&waits.at_most, i64::MAX) {
            let (least, most) = (&waits.at_least, &waits.at_most);
            self.fail(place, format!("it waited {waited} ms, not from {least:?} to {most:?}"));
        }
    }

    /// Answers a request with the local Polar's answer. Before the answer arrives, carries out the steps that the
    /// scenario plans for this moment.
    pub(super) fn exchange(self: &Arc<Self>, process: &Arc<Process>, request: &Request) -> Answer {
        let local = self.local();
        let answer = local.answer(request).unwrap_or_else(|| {
            let ms = request.timeout.as_millis();
            self.move_clocks(&ClockStep { pass: Some(format!("{ms}ms")), ..ClockStep::default() }, A);
            Answer::failed(Failure::Timeout, Sent::Maybe, "no answer in time")
        });
        let endpoint = local.asked().pop().unwrap().endpoint;
        let steps = process.during.lock().unwrap().remove(&endpoint).unwrap_or_default();
        let place = process.place.lock().unwrap().clone();
        for (number, step) in steps.iter().enumerate() {
            self.step(step, &format!("{place}: during {endpoint}: step {} ({})", number + 1, step.summary()));
        }
        answer
    }

    /// Compares the reply of a call, and the decision after the call.
    pub(super) fn compare_reply(&self, expected: &Members, outcome: &Outcome, place: &str) {
        if let Some(Value::Object(decision)) = expected.get("decision") {
            self.compare_decision(decision, &outcome.decision, place);
        }
        let mut expected = expected.clone();
        expected.retain(|name, _| !OF_A_CALL.contains(&name.as_str()));
        for difference in differences(&expected, outcome.reply.as_ref().unwrap_or(&Value::Null), Inner::Open) {
            self.fail(place, difference);
        }
    }

    /// Compares the requests and mails of the step with the expected ones. Checks that secrets occur only where they
    /// may.
    pub(super) fn check_local_polar(&self, step: &Step, outcome: &Outcome, before: usize, place: &str) {
        let Some(local) = &self.local else { return };
        let asked = local.asked();
        let names: Vec<&str> = asked.iter().skip(before).map(|asked| asked.endpoint.as_str()).collect();
        let expected = |name: &str| step.expect.as_ref().and_then(|expected| expected.get(name));
        if let Some(expected) = expected("requests").filter(|expected| **expected != json!(names)) {
            self.fail(place, format!("requests: expected {expected}, got {names:?}"));
        }
        let mails = local.mails().len();
        if let Some(expected) = expected("mails").filter(|expected| **expected != json!(mails)) {
            self.fail(place, format!("mails: expected {expected}, got {mails}"));
        }
        for asked in asked.iter().skip(before).filter(|asked| asked.token.is_some()) {
            if ["validate", "activate", "deactivate"].contains(&asked.endpoint.as_str()) {
                self.fail(place, format!("a token was sent with `{}`", asked.endpoint));
            }
        }
        let stored = self.store.lock().unwrap().bytes.clone().unwrap_or_default();
        let mut reply = outcome.reply.clone().unwrap_or_default();
        // only the address of a checkout may contain its secret
        for name in ["address", "clientSecret"] {
            reply.as_object_mut().map(|reply| reply.remove(name));
        }
        let shown = format!("{} {:?} {reply}", outcome.decision, outcome.error);
        let secrets = local.secrets();
        for secret in secrets.iter().chain(&self.common.personal) {
            if stored.windows(secret.len()).any(|part| part == secret.as_bytes()) {
                self.fail(place, format!("`{secret}` is stored"));
            }
        }
        // an error may name the beginning of every checkout's secret
        let stored = String::from_utf8_lossy(&stored);
        let has_secret =
            |text: &str| text.split("polar_c_").skip(1).any(|rest| rest.starts_with(char::is_alphanumeric));
        if has_secret(&shown) || has_secret(&stored) {
            self.fail(place, "a checkout's secret is shown or stored");
        }
        for secret in secrets.into_iter().chain(local.keys()).filter(|secret| shown.contains(secret)) {
            self.fail(place, format!("`{secret}` is shown"));
        }
    }

    pub(super) fn resolved_members(&self, members: &Members) -> Members {
        members.iter().map(|(name, value)| (name.clone(), self.resolved(value))).collect()
    }

    /// Replaces references to stored texts and replies. For example, `{full/devices/devices/0}` is a part of the reply that was
    /// stored as `full`.
    pub(super) fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.resolved_text(text),
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(members) => Value::Object(self.resolved_members(members)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn resolved_text(&self, text: &str) -> Value {
        let Some((before, rest)) = text.split_once('{') else { return json!(text) };
        let Some((reference, after)) = rest.split_once('}') else { return json!(text) };
        let Some(found) = self.referred(reference) else { return json!(text) };
        if before.is_empty() && after.is_empty() {
            return found;
        }
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        match self.resolved_text(after) {
            Value::String(after) => json!(format!("{before}{found}{after}")),
            after => json!(format!("{before}{found}{after}")),
        }
    }

    fn referred(&self, reference: &str) -> Option<Value> {
        match reference {
            "url" if self.local.is_some() => return Some(json!(URL)),
            "code" if self.local.is_some() => {
                return Some(self.local().mails().pop().expect("no mail was sent")["code"].clone());
            }
            _ => {}
        }
        let mut names = reference.split('/');
        let values = self.values.lock().unwrap();
        let value = values.get(names.next()?)?;
        let found = names.try_fold(value, |value, name| match value {
            Value::Array(items) if name == "last" => items.last(),
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => value.get(name),
        });
        Some(found.unwrap_or_else(|| panic!("`{reference}` is not in {value}")).clone())
    }
}

impl Around {
    /// Handles a report of an operation that waits: sends the requests that are due, and lets the time pass until the
    /// next report.
    pub(crate) fn report(&self, stage: &str, waited_ms: u128, next_in_ms: u128) -> ControlFlow<()> {
        let (Some(world), Some(process)) = (self.world.upgrade(), self.process.upgrade()) else {
            return ControlFlow::Break(());
        };
        let waited = i64::try_from(waited_ms).unwrap();
        let (control, ends) = {
            let mut waiting = process.waiting.lock().unwrap();
            waiting.reports.push((stage.to_owned(), waited));
            let is_time = waiting.waits.after.as_deref().is_none_or(|after| waited >= duration_ms(after));
            let control = if is_time { std::mem::take(&mut waiting.waits.control) } else { Vec::new() };
            (control, waiting.waits.cancel_at == Some(waiting.reports.len()))
        };
        let place = process.place.lock().unwrap().clone();
        control.iter().for_each(|control| world.control(control, &place));
        world.move_clocks(&ClockStep { pass: Some(format!("{next_in_ms}ms")), ..ClockStep::default() }, A);
        if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
