//! Everything around the library: clocks, the store, the connection to Polar, and processes that start and end. Carries
//! out a scenario's steps, and collects what is not as expected.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use polar_license::Timestamp;
use polar_license::clock::{Clock, ManualClock};
use polar_license::store::StoreError;
use polar_license::time::Now;
use polar_license::transport::{Answer, Failure, Request, Sent};
use serde_json::{Value, json};

use super::app::App;
use super::expect::{Inner, OTHERS, differences, members, uncertain};
use super::format::{
    self, A, ClockStep, Common, Endpoint, Exchange, Fails, Members, Operation, Restart, Scenario, Step, duration_ms,
};
use super::local_polar::LocalPolar;
use super::polar;
use computers::{Folder, ProcessName, Records};

#[path = "computers.rs"]
mod computers;
#[path = "portal.rs"]
mod portal;

/// The time that every request takes. Two requests may be sent in any second without a wait, so no scenario ever waits.
const REQUEST_MS: i64 = 600;

/// Runs a scenario. Returns what was not as expected, and for each the place where it happened.
pub(crate) fn run(common: &Common, file: &str, scenario: &Scenario) -> Vec<String> {
    let world = Arc::new(World {
        common: common.clone(),
        place: format!("{file}: `{}`", scenario.name),
        scenario: scenario.clone(),
        clocks: Mutex::new(Clocks { walls: BTreeMap::new(), polar: format::start() }),
        store: Mutex::default(),
        folders: Mutex::default(),
        kept: Mutex::default(),
        processes: Mutex::default(),
        settings: Mutex::default(),
        dead: Mutex::default(),
        failures: Mutex::default(),
        local: common.local_polar.then(LocalPolar::start),
        values: Mutex::default(),
    });
    for (number, step) in scenario.all_steps(common).iter().enumerate() {
        world.step(step, &format!("step {} ({})", number + 1, step.summary()));
        // stops at the first failure, because later failures may only be its consequences
        if !world.failures.lock().unwrap().is_empty() {
            break;
        }
    }
    world.processes.lock().unwrap().clear();
    std::mem::take(&mut *world.failures.lock().unwrap())
}

struct World {
    common: Common,
    scenario: Scenario,
    place: String,
    clocks: Mutex<Clocks>,
    /// The store of computer A.
    store: Mutex<Stored>,
    /// The folders of the other computers.
    folders: Mutex<BTreeMap<String, Folder>>,
    /// The records that steps have kept, by computer and name.
    kept: Mutex<BTreeMap<(String, String), Records>>,
    processes: Mutex<BTreeMap<ProcessName, Arc<Process>>>,
    /// The settings with which each process was last started.
    settings: Mutex<BTreeMap<ProcessName, (Members, String)>>,
    /// The processes that were killed and have not been started again.
    dead: Mutex<BTreeSet<ProcessName>>,
    failures: Mutex<Vec<String>>,
    /// The local Polar, which answers requests instead of the exchanges in the steps.
    local: Option<LocalPolar>,
    /// The texts, and the replies of the portal and of the local Polar, that steps have stored.
    values: Mutex<BTreeMap<String, Value>>,
}

struct Clocks {
    /// The wall clocks of the computers that differ from Polar's clock.
    walls: BTreeMap<String, Timestamp>,
    polar: Timestamp,
}

#[derive(Default)]
struct Stored {
    bytes: Option<Vec<u8>>,
    fails: Fails,
    /// The number of writes that succeed before all further writes fail.
    writes: Option<u32>,
}

struct Process {
    /// The computer on which the process runs.
    computer: String,
    client: OnceLock<App>,
    clock: Arc<ManualClock>,
    config: Members,
    device: String,
    script: Mutex<VecDeque<Exchange>>,
    /// The step of the scenario that is being carried out.
    place: Mutex<String>,
    always: Mutex<Members>,
    /// The records on the computer at the moment at which the process was killed.
    killed: Mutex<Option<Records>>,
    waiting: Mutex<portal::Waiting>,
    /// For each endpoint: the steps that happen after the local Polar has handled a request to it.
    during: Mutex<BTreeMap<String, Vec<Step>>>,
}

/// The result of an operation: the decision after the operation, as JSON, and the error if the operation failed.
pub(crate) struct Outcome {
    pub(crate) decision: Value,
    pub(crate) error: Option<Value>,
    pub(crate) deactivated: Option<String>,
    /// The reply of an operation of the customer portal.
    pub(crate) reply: Option<Value>,
    /// The text for another computer.
    pub(crate) text: Option<String>,
}

/// The highest size of a record that contains only the times of requests and of a pause.
const TIMES_BYTES: usize = 120;

impl World {
    fn fail(&self, place: &str, what: impl AsRef<str>) {
        self.failures.lock().unwrap().push(format!("{}: {place}: {}", self.place, what.as_ref()));
    }

    fn step(self: &Arc<Self>, step: &Step, place: &str) {
        (0..step.times.unwrap_or(1)).for_each(|_| self.step_once(step, place));
    }

    fn step_once(self: &Arc<Self>, step: &Step, place: &str) {
        let computer = step.computer();
        if let Some(clock) = &step.clock {
            self.move_clocks(clock, computer);
        }
        if let Some(store) = &step.store {
            self.edit_store(store, computer, place);
        }
        let name = ProcessName::of(step);
        if let Some(restart) = &step.restart {
            self.restart(&name, restart);
        }
        step.control.iter().for_each(|control| self.control(control, place));
        if step.operation.is_none() && step.call.is_none() && step.expect.is_none() {
            return;
        }
        if self.dead.lock().unwrap().contains(&name) {
            return self.fail(place, format!("`{name}` was killed and is not running; restart it first"));
        }
        let process = self.process(&name);
        process.script.lock().unwrap().extend(step.polar.iter().cloned());
        place.clone_into(&mut process.place.lock().unwrap());
        *process.always.lock().unwrap() = step.always.clone().unwrap_or_default();
        let stored_before = self.records(computer);
        process.during.lock().unwrap().extend(step.during.clone());
        let asked_before = self.local.as_ref().map_or(0, |local| local.asked().len());
        let outcome = match &step.call {
            Some(call) => self.call(&process, step, call, place),
            None => self.carry_out(&process, step, place),
        };
        for missing in process.script.lock().unwrap().drain(..) {
            self.fail(place, format!("request: expected {:?}, got none", missing.request));
        }
        if let Some(stored) = process.killed.lock().unwrap().take() {
            self.processes.lock().unwrap().remove(&name);
            self.replace_records(computer, &stored);
            self.dead.lock().unwrap().insert(name);
            let expected = step.expect.clone().unwrap_or_default();
            if expected.keys().any(|name| name != "store") {
                self.fail(place, "a killed process shows nothing; only `store` can be expected");
            }
            return self.compare_store(&expected, computer, &stored_before, place);
        }
        self.check_at_rest(step, &process, &outcome, place);
        self.compare(step, &process, &outcome, &stored_before, place);
        self.check_local_polar(step, &outcome, asked_before, place);
        process.check_always(self, "at the end");
        process.always.lock().unwrap().clear();
    }

    /// Carries out an operation, and stores its text.
    fn carry_out(&self, process: &Process, step: &Step, place: &str) -> Outcome {
        let text = step.text.as_ref().map(|text| match self.resolved(&json!(text)) {
            Value::String(text) => step.copy.as_ref().map_or(text.clone(), |copy| copy.of(&text)),
            other => panic!("{place}: {other} is not a text"),
        });
        let before = process.current();
        let mut outcome = process.client.get().unwrap().carry_out(&Step { text, ..step.clone() });
        if step.operation.is_some_and(Operation::is_for_another) {
            let after = process.current();
            if before != after {
                self.fail(place, format!("this computer's own decision changed from {before} to {after}"));
            }
            // the error has no decision if the other computer's record was not read yet
            if outcome.decision == json!({}) {
                outcome.decision = after;
            }
        }
        self.keep(step.name.as_ref(), json!(outcome.text));
        outcome
    }

    /// Returns the process with this name. If it is not running, starts it first.
    fn process(self: &Arc<Self>, name: &ProcessName) -> Arc<Process> {
        let running = self.processes.lock().unwrap().get(name).cloned();
        running.unwrap_or_else(|| {
            let (config, device) = self.settings_of(name);
            self.start(name, config, &device)
        })
    }

    /// Returns the settings with which a process starts: those of its last start, or the scenario's if there was none.
    fn settings_of(&self, name: &ProcessName) -> (Members, String) {
        self.settings.lock().unwrap().get(name).cloned().unwrap_or_else(|| {
            let mut config = self.resolved_members(&self.common.config);
            override_members(&mut config, &self.scenario.config);
            let device = if name.computer == A {
                self.scenario.device.as_ref().unwrap_or(&self.common.device)
            } else {
                &name.computer
            };
            (config, device.clone())
        })
    }

    fn restart(self: &Arc<Self>, name: &ProcessName, restart: &Restart) {
        self.dead.lock().unwrap().remove(name);
        self.processes.lock().unwrap().remove(name);
        let (mut config, device) = self.settings_of(name);
        override_members(&mut config, &restart.config);
        let device = restart.device.clone().unwrap_or(device);
        self.start(name, config, &device);
    }

    fn start(self: &Arc<Self>, name: &ProcessName, config: Members, device: &str) -> Arc<Process> {
        let wall = self.clocks.lock().unwrap().wall(&name.computer);
        let process = Arc::new(Process {
            computer: name.computer.clone(),
            client: OnceLock::new(),
            clock: Arc::new(ManualClock::new(wall)),
            device: device.to_owned(),
            script: Mutex::default(),
            place: Mutex::default(),
            always: Mutex::default(),
            killed: Mutex::default(),
            waiting: Mutex::default(),
            during: Mutex::default(),
            config,
        });
        let around = Around { world: Arc::downgrade(self), process: Arc::downgrade(&process) };
        let app = App::open(&process.settings(), ProcessClock(Arc::clone(&process.clock)), around);
        assert!(process.client.set(app).is_ok());
        self.processes.lock().unwrap().insert(name.clone(), Arc::clone(&process));
        self.settings.lock().unwrap().insert(name.clone(), (process.config.clone(), process.device.clone()));
        process
    }

    /// Moves the clocks. Time passes on every computer, but only the clocks of `computer` can stand still or be set.
    fn move_clocks(&self, step: &ClockStep, computer: &str) {
        let mut clocks = self.clocks.lock().unwrap();
        let ms = |text: &Option<String>| text.as_deref().map_or(0, duration_ms);
        let (hold, sleep) = (ms(&step.hold), ms(&step.sleep));
        let passed = ms(&step.pass) + hold + sleep;
        let wall = later(clocks.wall(computer), passed - hold);
        let wall =
            step.wall.as_ref().map_or(wall, |to| Timestamp::parse(to).unwrap_or_else(|| later(wall, duration_ms(to))));
        clocks.polar = later(clocks.polar, passed);
        clocks.walls.values_mut().for_each(|wall| *wall = later(*wall, passed));
        clocks.walls.insert(computer.to_owned(), wall);
        self.local.iter().for_each(|local| local.advance(passed));
        for process in self.processes.lock().unwrap().values() {
            let slept = if process.computer == computer { sleep } else { 0 };
            process.clock.advance(Duration::from_millis(u64::try_from(passed - slept).unwrap()));
            process.clock.set_wall(clocks.wall(&process.computer));
        }
    }

    /// Checks what must be true after every step, even if the scenario does not mention it.
    fn check_at_rest(&self, step: &Step, process: &Process, outcome: &Outcome, place: &str) {
        let current = process.current();
        let is_for_another = step.operation.is_some_and(Operation::is_for_another);
        for name in ["allowed", "state", "features"] {
            if current[name] != outcome.decision[name] && !is_for_another {
                self.fail(
                    place,
                    format!("`{name}` of the outcome is {}, of current {}", outcome.decision[name], current[name]),
                );
            }
        }
        let shown = format!("{} {:?}", outcome.decision, outcome.error);
        let keys = self.common.sold.keys().chain(self.scenario.sold.keys());
        for secret in self.common.personal.iter().chain(keys).chain(&outcome.text) {
            if shown.contains(secret) {
                self.fail(place, format!("`{secret}` is shown"));
            }
        }
        for wrong in uncertain(&outcome.decision).iter().chain(&uncertain(&current)) {
            self.fail(place, format!("{wrong} in state {}", outcome.decision["state"]));
        }
    }

    fn compare(&self, step: &Step, process: &Process, outcome: &Outcome, stored_before: &Records, place: &str) {
        let expected = self.resolved_members(&step.expect.clone().unwrap_or_default());
        // a reply may contain an error too, which says why no seat was taken
        let in_reply = outcome.reply.as_ref().and_then(|reply| reply.get("error")).filter(|error| !error.is_null());
        let actual = outcome.error.as_ref().or(in_reply.filter(|_| expected.contains_key("error")));
        match (expected.get("error"), actual) {
            (None, Some(error)) => self.fail(place, format!("error: expected none, got {error}")),
            (Some(expected), None) => self.fail(place, format!("error: expected {expected}, got none")),
            (Some(Value::Object(expected)), Some(error)) => {
                let different = differences(expected, error, Inner::Open);
                different.iter().for_each(|difference| self.fail(place, format!("error.{difference}")));
            }
            _ => {}
        }
        if step.call.is_some() {
            self.compare_reply(&expected, outcome, place);
        } else {
            self.compare_decision(&expected, &outcome.decision, place);
        }
        if let Some(deactivated) = expected.get("deactivated")
            && step.call.is_none()
            && *deactivated != json!(outcome.deactivated)
        {
            self.fail(place, format!("deactivated: expected {deactivated}, got {:?}", outcome.deactivated));
        }
        for (feature, allowed) in expected.get("allows").and_then(Value::as_object).into_iter().flatten() {
            let actual = process.client.get().unwrap().allows(feature);
            if *allowed != json!(actual) {
                self.fail(place, format!("allows `{feature}`: expected {allowed}, got {actual}"));
            }
        }
        for (built, covered) in expected.get("covers").and_then(Value::as_object).into_iter().flatten() {
            let actual = process.client.get().unwrap().covers(built);
            if *covered != json!(actual) {
                self.fail(place, format!("covers `{built}`: expected {covered}, got {actual}"));
            }
        }
        if let Some(text) = expected.get("text") {
            let expected = Members::from_iter([(String::from("text"), text.clone())]);
            let different = differences(&expected, &json!({ "text": outcome.text }), Inner::Open);
            different.iter().for_each(|difference| self.fail(place, difference));
        }
        self.compare_store(&expected, step.computer(), stored_before, place);
    }

    fn compare_decision(&self, expected: &Members, decision: &Value, place: &str) {
        let members = members();
        let mut expected = expected.clone();
        expected.retain(|name, _| !OTHERS.contains(&name.as_str()));
        if let Some(unknown) = expected.keys().find(|name| !members.contains(name)) {
            self.fail(place, format!("`{unknown}` is no member of a decision"));
        }
        for difference in differences(&expected, decision, Inner::Open) {
            self.fail(place, difference);
        }
    }

    fn compare_store(&self, expected: &Members, computer: &str, before: &Records, place: &str) {
        let Some(expected) = expected.get("store").and_then(Value::as_str) else { return };
        let after = self.records(computer);
        let is_absent = after.values().all(|record| record.len() <= TIMES_BYTES);
        let is = match expected {
            "present" => !is_absent,
            "absent" => is_absent,
            "unchanged" => after == *before,
            "changed" => after != *before,
            other => panic!("`{other}` is nothing that can be expected of the store"),
        };
        if !is {
            let lengths = |records: &Records| records.values().map(Vec::len).collect::<Vec<_>>();
            let (before, after) = (lengths(before), lengths(&after));
            self.fail(place, format!("store: expected {expected}, got records of {after:?} bytes after {before:?}"));
        }
    }
}

impl Clocks {
    fn wall(&self, computer: &str) -> Timestamp {
        self.walls.get(computer).copied().unwrap_or(self.polar)
    }
}

impl Process {
    /// Returns the configuration as JSON.
    fn settings(&self) -> String {
        let mut settings = self.config.clone();
        settings.insert("deviceId".into(), self.device.as_str().into());
        Value::Object(settings).to_string()
    }

    fn current(&self) -> Value {
        self.client.get().unwrap().current()
    }

    fn check_always(&self, world: &World, when: &str) {
        let always = self.always.lock().unwrap().clone();
        if always.is_empty() || self.client.get().is_none() {
            return;
        }
        for difference in differences(&always, &self.current(), Inner::Open) {
            world.fail(&self.place.lock().unwrap(), format!("{when}: {difference}"));
        }
    }
}

impl Outcome {
    /// The result of an operation that succeeded, and that returns a decision.
    pub(crate) fn of(decision: Value) -> Self {
        Self { decision, error: None, deactivated: None, reply: None, text: None }
    }

    /// Separates the JSON of an error from the decision that is in the same object.
    pub(crate) fn failed(mut decision: Value) -> Self {
        let error = decision.as_object_mut().unwrap().remove("error");
        Self { error, ..Self::of(decision) }
    }
}

pub(crate) fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn later(at: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(at.unix_ms() + ms)
}

/// Overrides members by those of `by`. A member that is `null` in `by` is removed.
fn override_members(members: &mut Members, by: &Members) {
    for (name, value) in by {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}

pub(crate) struct ProcessClock(Arc<ManualClock>);

impl Clock for ProcessClock {
    fn now(&self) -> Now {
        self.0.now()
    }
}

/// The part of the world that a process sees. It keeps neither the process nor the world alive.
#[derive(Clone)]
pub(crate) struct Around {
    world: Weak<World>,
    process: Weak<Process>,
}

impl Around {
    fn watch(&self, what: &str) {
        if let (Some(world), Some(process)) = (self.world.upgrade(), self.process.upgrade()) {
            process.check_always(&world, what);
        }
    }

    fn stored<T>(&self, allowed: &[Fails], use_it: impl FnOnce(&mut Stored) -> T) -> Result<T, StoreError> {
        let world = self.world.upgrade().ok_or_else(|| StoreError::new("the world has ended"))?;
        let mut store = world.store.lock().unwrap();
        if allowed.contains(&store.fails) { Ok(use_it(&mut store)) } else { Err(StoreError::new("the disk is broken")) }
    }
}

/// The functions that the app, its store and its transport call.
impl Around {
    /// Returns the folder in which the app keeps its records, or `None` if the app has a store of its own.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        self.world.upgrade()?.folder(&self.process.upgrade()?.computer)
    }

    pub(crate) fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.watch("before loading");
        self.stored(&[Fails::Nothing, Fails::Writing], |store| store.bytes.clone())
    }

    pub(crate) fn save(&self, record: &[u8]) -> Result<(), StoreError> {
        self.watch("before saving");
        self.write()?;
        self.stored(&[Fails::Nothing], |store| store.bytes = Some(record.to_vec()))
    }

    pub(crate) fn remove(&self) -> Result<(), StoreError> {
        self.watch("before removing");
        self.write()?;
        self.stored(&[Fails::Nothing], |store| store.bytes = None)
    }

    /// Counts a write. If the disk is full, lets a minute pass, so that the operation stops trying.
    fn write(&self) -> Result<(), StoreError> {
        let world = self.world.upgrade().ok_or_else(|| StoreError::new("the world has ended"))?;
        let left = world.store.lock().unwrap().writes;
        match left.map(|left| left.checked_sub(1)) {
            None => Ok(()),
            Some(Some(left)) => {
                world.store.lock().unwrap().writes = Some(left);
                Ok(())
            }
            Some(None) => {
                world.move_clocks(&ClockStep { pass: Some("60s".to_owned()), ..ClockStep::default() }, A);
                Err(StoreError::new("the disk is full"))
            }
        }
    }

    /// Returns the reply, or `None` if the caller has cancelled the operation.
    pub(crate) fn send(&self, request: &Request) -> Option<Answer> {
        let nothing =
            || Answer::Failed { failure: Failure::Network, sent: Sent::Maybe, message: String::from("no script") };
        let (Some(world), Some(process)) = (self.world.upgrade(), self.process.upgrade()) else {
            return Some(nothing());
        };
        world.move_clocks(
            &ClockStep { pass: Some(format!("{REQUEST_MS}ms")), ..ClockStep::default() },
            &process.computer,
        );
        let place = process.place.lock().unwrap().clone();
        process.check_always(&world, "while asking Polar");
        if world.local.is_some() {
            return Some(world.exchange(&process, request));
        }
        let body = read(&request.body);
        let endpoint = match request.url.rsplit_once("/v1/customer-portal/license-keys/").map(|(_, name)| name) {
            Some("validate") => Endpoint::Validate,
            Some("activate") => Endpoint::Activate,
            Some("deactivate") => Endpoint::Deactivate,
            _ => {
                world.fail(&place, format!("request: `{}` is no endpoint of Polar's", request.url.as_str()));
                return Some(nothing());
            }
        };
        let Some(exchange) = process.script.lock().unwrap().pop_front() else {
            world.fail(&place, format!("request: expected none, got {endpoint:?} {body}"));
            return Some(nothing());
        };
        if exchange.request != endpoint {
            world.fail(&place, format!("request: expected {:?}, got {endpoint:?} {body}", exchange.request));
            return Some(nothing());
        }
        check_form(&process, endpoint, &body).into_iter().for_each(|what| world.fail(&place, what));
        for difference in differences(&exchange.body, &body, Inner::Closed) {
            world.fail(&place, format!("{endpoint:?}: {difference}"));
        }
        for (number, step) in exchange.during.iter().enumerate() {
            world.step(step, &format!("{place}: during {endpoint:?}: step {} ({})", number + 1, step.summary()));
        }
        if exchange.reply.killed {
            *process.killed.lock().unwrap() = Some(world.records(&process.computer));
            return Some(nothing());
        }
        if exchange.reply.cancelled {
            process.client.get().unwrap().cancel();
            return None;
        }
        let now = world.clocks.lock().unwrap().polar;
        Some(polar::answer(&world.common, &world.scenario, endpoint, &body, &exchange.reply, now))
    }
}

/// Checks a request's body: it must have the members that Polar requires, and no members that Polar does not know.
fn check_form(process: &Process, endpoint: Endpoint, body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if body["organization_id"] != process.config["organizationId"] {
        wrong.push(format!("{endpoint:?}: organization_id is {}", body["organization_id"]));
    }
    if !body["key"].is_string() {
        wrong.push(format!("{endpoint:?}: key is {}", body["key"]));
    }
    let known: &[&str] = match endpoint {
        Endpoint::Validate => &["activation_id", "benefit_id", "customer_id", "increment_usage", "conditions"],
        Endpoint::Activate => &["label", "conditions", "meta"],
        Endpoint::Deactivate => &["activation_id"],
    };
    for (name, value) in body.as_object().into_iter().flatten() {
        if !["key", "organization_id"].contains(&name.as_str()) && !known.contains(&name.as_str()) {
            wrong.push(format!("{endpoint:?}: Polar knows no member `{name}`"));
        }
        if value.is_null() {
            wrong.push(format!("{endpoint:?}: `{name}` is null; leave it out"));
        }
    }
    wrong
}
