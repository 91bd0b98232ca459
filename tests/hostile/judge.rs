//! Runs the whole table with one kind of app, and compares the outcomes. This module knows nothing about the app or its
//! language.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::thread;

use mock_polar::MockPolar;
use polar_license::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use super::device::Device;
use super::server::{Planned, Server, is_for, refuses_after};
use super::table::{Reply, Table};

/// An app that uses this library and runs one case after the other.
pub(crate) trait App {
    /// Runs a case, and returns its result as the README describes it.
    fn run(&mut self, case: &Value) -> Value;
}

/// The times that an app waits for an answer that never comes. If the app's request does not arrive within one of them,
/// the case is repeated with the next longer time.
const WAITS_MS: [u64; 3] = [800, 4_000, 20_000];
/// A time limit that is far longer than any operation takes, even on a busy machine.
const LONGEST_MS: u64 = 60_000;
/// The highest number of bytes in a message, whatever the server sent.
const LONGEST_TEXT: usize = 300;

/// The questions. With each is the endpoint whose first request the hostile server answers; all other requests reach
/// the local Polar.
const QUESTIONS: [(&str, &str); 5] = [
    ("validate", "validate"),
    ("consume", "validate"),
    // the first request when another key is activated: about the device's seat or, if there is none, about the key
    ("question", "validate"),
    ("activate", "activate"),
    ("deactivate", "deactivate"),
];

/// A row to check: an answer to a question on a device, and the expected outcome.
#[derive(Clone, Copy)]
struct Entry<'a> {
    reply: &'a Reply,
    prior: &'a str,
    question: &'static str,
    endpoint: &'static str,
    expected: &'a Value,
}

/// Runs every `stride`-th case of the platform. `start` starts an app; `at_a_time` apps run at once.
pub(crate) fn try_all<A: App>(platform: &str, stride: usize, at_a_time: usize, start: impl Fn() -> A + Sync) {
    let table = Table::read();
    let cases: Vec<_> = entries(&table, platform).into_iter().step_by(stride).collect();
    let count = cases.len();
    let cases = Mutex::new(cases.into_iter());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                let mut bench = Bench::new(start());
                let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(entry) = next() {
                    if let Err(text) = bench.try_one(entry) {
                        let Entry { reply, prior, question, .. } = entry;
                        wrong.lock().unwrap().push(format!("{} → {question} on {prior}: {text}", reply.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("hostile server, {platform}: {count} outcomes with {} answers", table.answers.len());
    assert!(wrong.is_empty(), "{} of {count} for {platform}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Returns the cases of the whole table. Checks that each outcome and each exception of the table is used.
fn entries<'a>(table: &'a Table, platform: &str) -> Vec<Entry<'a>> {
    let exceptions = table.exceptions(platform);
    let mut entries = Vec::new();
    let mut unused: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    let mut excepted = BTreeSet::new();
    for (prior, questions) in &table.outcomes {
        for (question, outcomes) in questions {
            let (question, endpoint) = *QUESTIONS.iter().find(|(name, _)| name == question).unwrap();
            unused.extend(outcomes.keys().map(|class| (prior.as_str(), question, class.as_str())));
            for reply in &table.answers {
                let Some(class) = reply.is(question) else { continue };
                unused.remove(&(prior.as_str(), question, class));
                let there = exceptions.iter().enumerate().find_map(|(at, it)| Some((at, it.class(reply, class)?)));
                excepted.extend(there.map(|(at, _)| at));
                let class = there.map_or(class, |(_, class)| class);
                let expected = outcomes
                    .get(class)
                    .unwrap_or_else(|| panic!("no outcome for `{class}` of `{question}` on `{prior}`"));
                entries.push(Entry { reply, prior, question, endpoint, expected });
            }
        }
    }
    assert!(unused.is_empty(), "no answer leads to {unused:?}");
    assert_eq!(excepted.len(), exceptions.len(), "an exception of {platform} applies to no answer");
    entries
}

/// An app, and the servers that it uses.
struct Bench<A> {
    app: A,
    polar: MockPolar,
    server: Server,
    /// By device and question: how many requests come before the request that the server answers.
    before: BTreeMap<(String, &'static str), usize>,
}

impl<A: App> Bench<A> {
    fn new(app: A) -> Self {
        let polar = MockPolar::start().unwrap();
        let server = Server::start(&polar.url());
        Self { app, polar, server, before: BTreeMap::new() }
    }

    /// Runs a case, and checks its outcome.
    fn try_one(&mut self, entry: Entry<'_>) -> Result<(), String> {
        let Entry { reply, prior, question, endpoint, expected } = entry;
        let authority = if reply.is_refused() {
            let before = self.requests_before(entry);
            refuses_after(before, &self.polar.url()).to_string()
        } else {
            self.server.authority()
        };
        let url = reply.url(&authority);
        let clock = SystemClock::new();
        let mut waits = WAITS_MS.into_iter();
        let (device, case, seen, took) = loop {
            let wait = waits.next().ok_or("this machine is too busy to send a request in time")?;
            let device = Device::new(&self.polar, prior, &url);
            let case = device.case(question, reply, wait);
            self.server.plan(reply.planned(endpoint, &device.names(&case.key, question, &url)));
            self.polar.clear_requests();
            let begun = clock.now().mono;
            let seen = self.app.run(&case.json);
            if !reply.stalls() || self.server.answered() > 0 {
                break (device, case, seen, clock.now().mono - begun);
            }
        };

        let found = json!({"now": outcome_of(&seen["now"]), "next": outcome_of(&seen["next"])});
        let reason = reply.reason.as_deref().unwrap_or_default();
        let expected: Value = serde_json::from_str(&expected.to_string().replace("$reason", reason)).unwrap();
        if found != expected {
            return Err(format!("the outcome is\n    {found}\n  instead of\n    {expected}\n  in {seen}"));
        }
        let ensure = |holds, wrong: String| if holds { Ok(()) } else { Err(wrong) };
        let answered = self.server.answered();
        ensure(answered == usize::from(reply.arrives()), format!("the server got {answered} requests"))?;
        // a validate about a seat (`question`) may be followed by a validate about the key
        let again = self.polar.requests().iter().filter(|request| is_for(&request.path, endpoint)).count();
        ensure(again == 0 || question == "question", format!("`{endpoint}` was sent {again} times more"))?;
        ensure(!self.server.was_followed(), String::from("a redirect was followed"))?;
        ensure(took < LONGEST_MS, format!("it took {took} ms"))?;
        texts_of(&seen).into_iter().try_for_each(|text| {
            ensure(!text.contains(&case.key) && !text.contains(&device.key), format!("the key is in `{text}`"))?;
            let unsafe_char = text.chars().find(|c| c.is_control() || is_bidirectional(*c));
            ensure(unsafe_char.is_none(), format!("{unsafe_char:?} is in `{text}`"))?;
            ensure(text.len() < LONGEST_TEXT, format!("{} bytes of text", text.len()))
        })
    }

    /// Returns how many requests an app sends before the one that the server answers.
    fn requests_before(&mut self, entry: Entry<'_>) -> usize {
        let Entry { reply, prior, question, endpoint, .. } = entry;
        let case = (prior.to_owned(), question);
        if let Some(before) = self.before.get(&case) {
            return *before;
        }
        let device = Device::new(&self.polar, prior, &format!("http://{}", self.server.authority()));
        self.server.plan(Planned { endpoint, ..Planned::default() });
        let seen = self.app.run(&device.case(question, reply, WAITS_MS[0]).json);
        assert_eq!(self.server.answered(), 1, "{question} on {prior}: {seen}");
        *self.before.entry(case).or_insert(self.server.passed_on())
    }
}

fn outcome_of(seen: &Value) -> Value {
    let mut outcome = json!({
        "state": seen["state"], "allowed": seen["allowed"], "reason": seen["reason"], "problem": seen["problem"]["kind"],
    });
    if let Some(error) = seen.get("error") {
        outcome["error"] =
            json!({"kind": error["kind"], "reason": error["reason"], "maybeApplied": error["maybeApplied"]});
    }
    if let Some(deactivated) = seen.get("deactivated") {
        outcome["deactivated"] = deactivated.clone();
    }
    outcome
}

/// Returns all strings in a JSON value.
fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(members) => members.values().flat_map(texts_of).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
