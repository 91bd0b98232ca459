//! The engine, and the operations under way, by number.

use crate::shape::{self, Thrown};
use js_sys::{Object, Uint8Array};
use polar_license::ConfigBuilder;
use polar_license::Timestamp;
use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Operation, Pacer, Patience, Step};
use polar_license::store::Durability;
use polar_license::time::Now;
use polar_license::transport::{Answer, Failure, Sent};
use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use wasm_bindgen::prelude::*;

/// One license of an app on this device. Every method takes the wall clock in ms since 1970 and the monotonic clock in
/// ms since any moment, and returns at once.
#[wasm_bindgen]
pub struct LicenseEngine(RefCell<Inner>);

struct Inner {
    engine: Engine,
    steps: BTreeMap<u32, Step>,
    last_number: u32,
}

#[wasm_bindgen]
impl LicenseEngine {
    /// An engine that remembers nothing yet: [`open`](Self::open) first. `settings` are JSON, as
    /// [`ConfigBuilder::from_json`] reads them; `device` identifies this device where the settings do
    /// not; `system` is such as `Windows 11`; `seed` is 16 random bytes; with `own_pace`, it does not share the pace of
    /// requests with the other engines, for a clock that is not theirs.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str, device: &str, system: String, seed: &[u8], own_pace: bool) -> Result<Self, Thrown> {
        let config = ConfigBuilder::from_json(settings).and_then(ConfigBuilder::build);
        let config = config.map_err(|error| shape::thrown(&error))?;
        let organization = config.organization_id();
        let device = match config.device_id() {
            Some(own) => DeviceId::from_app(&organization, own),
            None => DeviceId::derive(&organization, device),
        };
        let seed = seed.try_into().map_err(|_| shape::defect("the seed is not 16 bytes long"))?;
        let pacer = if own_pace { Pacer::new() } else { shared_pacer() };
        let engine = Engine::new(config, Host { device, system, seed }, pacer);
        Ok(Self(RefCell::new(Inner { engine, steps: BTreeMap::new(), last_number: 0 })))
    }

    /// The tags in the record's name, in hexadecimal: the product's, then the device's.
    #[wasm_bindgen(js_name = tags)]
    pub fn tags(&self) -> Result<Vec<String>, Thrown> {
        let (product, device) = self.inner()?.engine.record_tags();
        Ok(vec![shape::hex(product), shape::hex(device)])
    }

    /// Reads what is stored: at the start, and when another tab has changed it. Returns the first step, as all of these do.
    pub fn open(&self, wall: f64, mono: f64) -> Result<Object, Thrown> {
        self.begin(Operation::Open, wall, mono)
    }

    /// Asks Polar.
    pub fn validate(&self, wall: f64, mono: f64) -> Result<Object, Thrown> {
        self.begin(Operation::Validate, wall, mono)
    }

    /// Asks Polar if it is due: for an app that waits, or `unattended` for a timer, and then perhaps because the network
    /// or the page has `woken`.
    pub fn refresh(&self, unattended: bool, woken: bool, wall: f64, mono: f64) -> Result<Object, Thrown> {
        let patience = match (unattended, woken) {
            (false, _) => Patience::Short,
            (true, false) => Patience::Full,
            (true, true) => Patience::Woken,
        };
        self.begin(Operation::Refresh(patience), wall, mono)
    }

    /// Counts usage; the engine refuses 0, which stands for what is no whole number.
    pub fn consume(&self, count: f64, wall: f64, mono: f64) -> Result<Object, Thrown> {
        let count = if count.fract() == 0.0 { count as u32 } else { 0 };
        self.begin(Operation::Consume(count), wall, mono)
    }

    /// Takes a seat for this device; without a key for the stored one.
    pub fn activate(
        &self,
        key: Option<String>,
        replace_previous: bool,
        wall: f64,
        mono: f64,
    ) -> Result<Object, Thrown> {
        self.begin(Operation::Activate { key, replace_previous }, wall, mono)
    }

    /// Gives the seat up.
    pub fn deactivate(&self, wall: f64, mono: f64) -> Result<Object, Thrown> {
        self.begin(Operation::Deactivate, wall, mono)
    }

    /// Removes the license from this device without giving the seat up.
    pub fn forget(&self, wall: f64, mono: f64) -> Result<Object, Thrown> {
        self.begin(Operation::Forget, wall, mono)
    }

    /// What to do with the stored record, `undefined` where there is none; `readable` is false where it could not be read.
    pub fn merge(
        &self,
        number: u32,
        stored: Option<Vec<u8>>,
        readable: bool,
        wall: f64,
        mono: f64,
    ) -> Result<Object, Thrown> {
        let mut inner = self.inner()?;
        let Inner { engine, steps, .. } = &mut *inner;
        let Some(Step::Store(step)) = steps.get_mut(&number) else { return Err(unknown()) };
        let stored = if readable { Ok(stored.as_deref()) } else { Err(()) };
        let change = step.merge(engine, stored, now(wall, mono));
        Ok(match change {
            Change::Keep => shape::object(&[("change", "keep".into())]),
            Change::Put(record, durability) => shape::object(&[
                ("change", "put".into()),
                ("record", Uint8Array::from(&record[..]).into()),
                ("durable", (durability == Durability::Synced).into()),
            ]),
            Change::Remove => shape::object(&[("change", "remove".into())]),
        })
    }

    /// Goes on after the store; `problem` says in words why it could not be locked, read or written.
    pub fn stored(&self, number: u32, problem: Option<String>, wall: f64, mono: f64) -> Result<Object, Thrown> {
        let mut inner = self.inner()?;
        let Some(Step::Store(step)) = inner.steps.remove(&number) else { return Err(unknown()) };
        let written = problem.map_or(Ok(()), Err);
        let step = step.resume(&mut inner.engine, written, now(wall, mono));
        Ok(inner.keep(step))
    }

    /// Goes on with a whole reply.
    pub fn replied(
        &self,
        number: u32,
        status: u16,
        retry_after: Option<u32>,
        body: Vec<u8>,
        wall: f64,
        mono: f64,
    ) -> Result<Object, Thrown> {
        self.answer(number, Answer::Reply { status, retry_after, body }, now(wall, mono))
    }

    /// Goes on without one. `failure` is `network`, `timeout` or `cancelled`; `sent` is false where the request has
    /// certainly not left.
    pub fn failed(
        &self,
        number: u32,
        failure: &str,
        sent: bool,
        message: String,
        wall: f64,
        mono: f64,
    ) -> Result<Object, Thrown> {
        let failure = match failure {
            "timeout" => Failure::Timeout,
            "cancelled" => Failure::Cancelled,
            _ => Failure::Network,
        };
        let sent = if sent { Sent::Maybe } else { Sent::No };
        self.answer(number, Answer::Failed { failure, sent, message }, now(wall, mono))
    }

    /// Whether the operation that a `join` waits for has ended.
    #[wasm_bindgen(js_name = hasEnded)]
    pub fn has_ended(&self, number: u32) -> Result<bool, Thrown> {
        let inner = self.inner()?;
        let Some(Step::Join(step)) = inner.steps.get(&number) else { return Err(unknown()) };
        Ok(!inner.engine.is_running(step.waits_for))
    }

    /// Goes on after waiting for another operation; `cancelled` gives up instead.
    pub fn joined(&self, number: u32, cancelled: bool, wall: f64, mono: f64) -> Result<Object, Thrown> {
        let mut inner = self.inner()?;
        let Some(Step::Join(step)) = inner.steps.remove(&number) else { return Err(unknown()) };
        let now = now(wall, mono);
        let step = if cancelled { step.cancel(&mut inner.engine, now) } else { step.resume(&mut inner.engine, now) };
        Ok(inner.keep(step))
    }

    /// The decision at this instant.
    pub fn current(&self, wall: f64, mono: f64) -> Result<Object, Thrown> {
        Ok(shape::parsed(&self.inner()?.engine.current(now(wall, mono)).to_json()))
    }

    /// Whether a feature is on at this instant.
    pub fn allows(&self, feature: &str, wall: f64, mono: f64) -> Result<bool, Thrown> {
        Ok(self.inner()?.engine.allows(feature, now(wall, mono)))
    }

    fn begin(&self, operation: Operation, wall: f64, mono: f64) -> Result<Object, Thrown> {
        let mut inner = self.inner()?;
        let step = inner.engine.begin(operation, now(wall, mono));
        Ok(inner.keep(step))
    }

    fn answer(&self, number: u32, answer: Answer, now: Now) -> Result<Object, Thrown> {
        let mut inner = self.inner()?;
        let Some(Step::Send(step)) = inner.steps.remove(&number) else { return Err(unknown()) };
        let step = step.resume(&mut inner.engine, answer, now);
        Ok(inner.keep(step))
    }

    fn inner(&self) -> Result<RefMut<'_, Inner>, Thrown> {
        self.0.try_borrow_mut().map_err(|_| shape::defect("the engine was called from within a call of its own"))
    }
}

impl Inner {
    /// The step as JavaScript sees it, with the number to go on with.
    fn keep(&mut self, step: Step) -> Object {
        let outcome = match step {
            Step::Done(outcome) => return shape::outcome(outcome),
            step => step,
        };
        self.last_number = self.last_number.wrapping_add(1);
        let shown = shape::step(&outcome, self.last_number);
        self.steps.insert(self.last_number, outcome);
        shown
    }
}

/// All licenses of a page or process leave from one address.
fn shared_pacer() -> Pacer {
    static PACER: OnceLock<Pacer> = OnceLock::new();
    PACER.get_or_init(Pacer::new).clone()
}

fn unknown() -> Thrown {
    shape::defect("no operation under this number waits for that")
}

fn now(wall: f64, mono: f64) -> Now {
    // `as` saturates, and takes what is no number for 0
    Now { wall: Timestamp::from_unix_ms(wall as i64), mono: mono as u64 }
}
