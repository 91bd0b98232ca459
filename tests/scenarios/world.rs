//! Everything around the library: clocks, the store, the connection to Polar, and processes that start and end. Carries
//! out a scenario's steps, and collects what is not as expected.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
    self, ClockStep, Common, Endpoint, Exchange, Fails, Members, Restart, Scenario, Step, StoreStep, duration_ms,
};
use super::local_polar::LocalPolar;
use super::polar;

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
        clocks: Mutex::new(Clocks { wall: format::start(), polar: format::start() }),
        store: Mutex::default(),
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
    store: Mutex<Stored>,
    processes: Mutex<BTreeMap<String, Arc<Process>>>,
    /// The settings with which each process was last started.
    settings: Mutex<BTreeMap<String, (Members, String)>>,
    /// The processes that were killed and have not been started again.
    dead: Mutex<BTreeSet<String>>,
    failures: Mutex<Vec<String>>,
    /// The local Polar, which answers requests instead of the exchanges in the steps.
    local: Option<LocalPolar>,
    /// The replies of the portal and of the local Polar that steps have stored.
    values: Mutex<BTreeMap<String, Value>>,
}

#[derive(Clone, Copy)]
struct Clocks {
    /// The device's wall clock.
    wall: Timestamp,
    polar: Timestamp,
}

#[derive(Default)]
struct Stored {
    bytes: Option<Vec<u8>>,
    fails: Fails,
    /// The number of writes that succeed before all further writes fail.
    writes: Option<u32>,
    kept: BTreeMap<String, Option<Vec<u8>>>,
}

struct Process {
    client: OnceLock<App>,
    clock: Arc<ManualClock>,
    config: Members,
    device: String,
    script: Mutex<VecDeque<Exchange>>,
    /// The step of the scenario that is being carried out.
    place: Mutex<String>,
    always: Mutex<Members>,
    /// The record that the store contained when the process was killed.
    killed: Mutex<Option<Option<Vec<u8>>>>,
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
        if let Some(clock) = &step.clock {
            self.move_clocks(clock);
        }
        if let Some(store) = &step.store {
            self.edit_store(store, place);
        }
        let name = step.process.as_deref().unwrap_or("main");
        if let Some(restart) = &step.restart {
            self.restart(name, restart);
        }
        step.control.iter().for_each(|control| self.control(control, place));
        if step.operation.is_none() && step.call.is_none() && step.expect.is_none() {
            return;
        }
        if self.dead.lock().unwrap().contains(name) {
            return self.fail(place, format!("`{name}` was killed and is not running; restart it first"));
        }
        let process = self.process(name);
        process.script.lock().unwrap().extend(step.polar.iter().cloned());
        place.clone_into(&mut process.place.lock().unwrap());
        *process.always.lock().unwrap() = step.always.clone().unwrap_or_default();
        let stored_before = self.store.lock().unwrap().bytes.clone();
        process.during.lock().unwrap().extend(step.during.clone());
        let asked_before = self.local.as_ref().map_or(0, |local| local.asked().len());
        let outcome = match &step.call {
            Some(call) => self.call(&process, step, call, place),
            None => process.client.get().unwrap().carry_out(step),
        };
        for missing in process.script.lock().unwrap().drain(..) {
            self.fail(place, format!("request: expected {:?}, got none", missing.request));
        }
        if let Some(stored) = process.killed.lock().unwrap().take() {
            self.store.lock().unwrap().bytes = stored;
            self.processes.lock().unwrap().remove(name);
            self.dead.lock().unwrap().insert(name.to_owned());
            let expected = step.expect.clone().unwrap_or_default();
            if expected.keys().any(|name| name != "store") {
                self.fail(place, "a killed process shows nothing; only `store` can be expected");
            }
            return self.compare_store(&expected, stored_before.as_deref(), place);
        }
        self.check_at_rest(&process, &outcome, place);
        self.compare(step, &process, &outcome, stored_before.as_deref(), place);
        self.check_local_polar(step, &outcome, asked_before, place);
        process.check_always(self, "at the end");
        process.always.lock().unwrap().clear();
    }

    /// Returns the process with this name. If it is not running, starts it first.
    fn process(self: &Arc<Self>, name: &str) -> Arc<Process> {
        let running = self.processes.lock().unwrap().get(name).cloned();
        running.unwrap_or_else(|| {
            let (config, device) = self.settings_of(name);
            self.start(name, config, &device)
        })
    }

    /// Returns the settings with which a process starts: those of its last start, or the scenario's if there was none.
    fn settings_of(&self, name: &str) -> (Members, String) {
        self.settings.lock().unwrap().get(name).cloned().unwrap_or_else(|| {
            let mut config = self.resolved_members(&self.common.config);
            override_members(&mut config, &self.scenario.config);
            (config, self.scenario.device.as_ref().unwrap_or(&self.common.device).clone())
        })
    }

    fn restart(self: &Arc<Self>, name: &str, restart: &Restart) {
        self.dead.lock().unwrap().remove(name);
        self.processes.lock().unwrap().remove(name);
        let (mut config, device) = self.settings_of(name);
        override_members(&mut config, &restart.config);
        let device = restart.device.clone().unwrap_or(device);
        self.start(name, config, &device);
    }

    fn start(self: &Arc<Self>, name: &str, config: Members, device: &str) -> Arc<Process> {
        let wall = self.clocks.lock().unwrap().wall;
        let process = Arc::new(Process {
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
        self.processes.lock().unwrap().insert(name.to_owned(), Arc::clone(&process));
        self.settings.lock().unwrap().insert(name.to_owned(), (process.config.clone(), process.device.clone()));
        process
    }

    fn move_clocks(&self, step: &ClockStep) {
        let mut clocks = self.clocks.lock().unwrap();
        let ms = |text: &Option<String>| text.as_deref().map_or(0, duration_ms);
        let (pass, hold, sleep) = (ms(&step.pass), ms(&step.hold), ms(&step.sleep));
        clocks.polar = later(clocks.polar, pass + hold + sleep);
        self.local.iter().for_each(|local| local.advance(pass + hold + sleep));
        clocks.wall = later(clocks.wall, pass + sleep);
        if let Some(wall) = &step.wall {
            clocks.wall = Timestamp::parse(wall).unwrap_or_else(|| later(clocks.wall, duration_ms(wall)));
        }
        for process in self.processes.lock().unwrap().values() {
            process.clock.advance(Duration::from_millis(u64::try_from(pass + hold).unwrap()));
            process.clock.set_wall(clocks.wall);
        }
    }

    fn edit_store(&self, step: &StoreStep, place: &str) {
        let mut store = self.store.lock().unwrap();
        if let Some(fails) = step.fails {
            store.fails = fails;
            store.writes = None;
        }
        if step.writes.is_some() {
            store.writes = step.writes;
        }
        if let Some(name) = &step.keep {
            let bytes = store.bytes.clone();
            store.kept.insert(name.clone(), bytes);
        }
        if let Some(name) = &step.put {
            store.bytes = store.kept.get(name).unwrap_or_else(|| panic!("nothing was kept as `{name}`")).clone();
        }
        if let Some(text) = &step.text {
            store.bytes = Some(text.clone().into_bytes());
        }
        if step.remove {
            store.bytes = None;
        }
        if step.flip.is_none() && step.set.is_none() && step.truncate.is_none() {
            return;
        }
        let Some(bytes) = &mut store.bytes else { return self.fail(place, "nothing is stored that could be edited") };
        if let Some(at) = step.flip {
            let length = i64::try_from(bytes.len()).unwrap();
            bytes[usize::try_from(if at < 0 { length + at } else { at }).unwrap()] ^= 1;
        }
        if let Some((at, to)) = step.set {
            bytes[at] = to;
        }
        if let Some(length) = step.truncate {
            bytes.truncate(length);
        }
    }

    /// Checks what must be true after every step, even if the scenario does not mention it.
    fn check_at_rest(&self, process: &Process, outcome: &Outcome, place: &str) {
        let current = process.current();
        for name in ["allowed", "state", "features"] {
            if current[name] != outcome.decision[name] {
                self.fail(
                    place,
                    format!("`{name}` of the outcome is {}, of current {}", outcome.decision[name], current[name]),
                );
            }
        }
        let shown = format!("{} {:?}", outcome.decision, outcome.error);
        let keys = self.common.sold.keys().chain(self.scenario.sold.keys());
        for secret in self.common.personal.iter().chain(keys) {
            if shown.contains(secret) {
                self.fail(place, format!("`{secret}` is shown"));
            }
        }
        for wrong in uncertain(&outcome.decision).iter().chain(&uncertain(&current)) {
            self.fail(place, format!("{wrong} in state {}", outcome.decision["state"]));
        }
    }

    fn compare(&self, step: &Step, process: &Process, outcome: &Outcome, stored_before: Option<&[u8]>, place: &str) {
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
        self.compare_store(&expected, stored_before, place);
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

    fn compare_store(&self, expected: &Members, before: Option<&[u8]>, place: &str) {
        let Some(expected) = expected.get("store").and_then(Value::as_str) else { return };
        let now = self.store.lock().unwrap().bytes.clone();
        let is_absent = now.as_ref().is_none_or(|bytes| bytes.len() <= TIMES_BYTES);
        let is = match expected {
            "present" => !is_absent,
            "absent" => is_absent,
            "unchanged" => now.as_deref() == before,
            "changed" => now.as_deref() != before,
            other => panic!("`{other}` is nothing that can be expected of the store"),
        };
        if !is {
            let (before, now) = (before.map(<[u8]>::len), now.map(|bytes| bytes.len()));
            self.fail(place, format!("store: expected {expected}, got {now:?} bytes where {before:?} were"));
        }
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
    /// Separates the JSON of an error from the decision that is in the same object.
    pub(crate) fn failed(mut decision: Value) -> Self {
        let error = decision.as_object_mut().unwrap().remove("error");
        Self { decision, error, deactivated: None, reply: None }
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

/// The functions that the app's store and transport call.
impl Around {
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
                world.move_clocks(&ClockStep { pass: Some("60s".to_owned()), ..ClockStep::default() });
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
        world.move_clocks(&ClockStep { pass: Some(format!("{REQUEST_MS}ms")), ..ClockStep::default() });
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
            *process.killed.lock().unwrap() = Some(world.store.lock().unwrap().bytes.clone());
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
