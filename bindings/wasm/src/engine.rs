//! The engine, and the operations under way, by number.

use polar_license::ConfigBuilder;
use polar_license::Error;
use polar_license::Timestamp;
use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Operation, Pacer, Step};
use polar_license::store::Durability;
use polar_license::time::Now;
use std::cell::RefCell;
use std::sync::OnceLock;
use wasm_bindgen::prelude::*;

/// One license of an app on this device. Every method returns at once. `wall` is the wall clock in ms since 1970, `mono`
/// the monotonic clock in ms since any moment. What is returned as text is JSON, with a member `error` where it failed.
#[wasm_bindgen]
pub struct LicenseEngine(RefCell<Inner>);

struct Inner {
    /// `None` before `start`.
    engine: Option<Box<Engine>>,
    steps: Vec<(u32, Step)>,
    last_number: u32,
}

#[wasm_bindgen]
impl LicenseEngine {
    /// Must be started before anything else.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(RefCell::new(Inner { engine: None, steps: Vec::new(), last_number: 0 }))
    }

    /// Makes an engine that remembers nothing yet: the operation `open` is the first. `settings` are read by
    /// [`ConfigBuilder::from_json`]; `device` identifies this device where they do not; `system` is such as
    /// `Windows 11`; `seed` is 16 random bytes. With `own_pace` it does not share the pace of requests with the other
    /// engines, for a clock that is not theirs. Returns the tags in the record's name.
    pub fn start(&self, settings: &str, device: &str, system: String, seed: &[u8], own_pace: bool) -> String {
        let pacer = if own_pace { Pacer::new() } else { shared_pacer() };
        let engine = match engine(settings, device, system, seed, pacer) {
            Ok(engine) => engine,
            Err(error) => return error.to_json(),
        };
        let tags = engine.tags_json();
        self.with(|inner| {
            inner.engine = Some(engine);
            Some(tags)
        })
        .unwrap_or_else(defect)
    }

    /// Begins an operation, described as [`Operation::from_json`] says. Returns its first step: [`Step::to_json`].
    pub fn begin(&self, operation: &str, wall: f64, mono: f64) -> String {
        self.with(|inner| {
            let operation = Operation::from_json(operation)?;
            let step = inner.engine.as_mut()?.begin(operation, now(wall, mono));
            Some(inner.keep(step))
        })
        .unwrap_or_else(defect)
    }

    /// What to do with the stored record, `undefined` where there is none; `readable` is false where it could not be read.
    /// The first byte is one of [`KEEP`] to [`PUT_SYNCED`], the record to put follows; empty for an unknown number.
    pub fn merge(&self, number: u32, stored: Option<Vec<u8>>, readable: bool, wall: f64, mono: f64) -> Vec<u8> {
        let stored = if readable { Ok(stored.as_deref()) } else { Err(()) };
        let change = self.with(|inner| {
            let (_, step) = inner.steps.iter_mut().find(|(kept, _)| *kept == number)?;
            let Step::Store(step) = step else { return None };
            Some(step.merge(inner.engine.as_ref()?, stored, now(wall, mono)))
        });
        match change {
            None => vec![],
            Some(Change::Keep) => vec![KEEP],
            Some(Change::Remove) => vec![REMOVE],
            Some(Change::Put(mut record, durability)) => {
                record.insert(0, if durability == Durability::Synced { PUT_SYNCED } else { PUT });
                record
            }
        }
    }

    /// Goes on after a step, with an answer as [`Step::resume_json`] describes it.
    pub fn resume(&self, number: u32, answer: &str, body: Vec<u8>, wall: f64, mono: f64) -> String {
        self.with(|inner| {
            let at = inner.steps.iter().position(|(kept, _)| *kept == number)?;
            let (_, step) = inner.steps.swap_remove(at);
            let step = step.resume_json(inner.engine.as_mut()?, answer, body, now(wall, mono))?;
            Some(inner.keep(step))
        })
        .unwrap_or_else(defect)
    }

    /// Whether the operation that a `join` waits for has ended; `undefined` for an unknown number.
    #[wasm_bindgen(js_name = hasEnded)]
    pub fn has_ended(&self, number: u32) -> Option<bool> {
        self.with(|inner| {
            let (_, step) = inner.steps.iter().find(|(kept, _)| *kept == number)?;
            let Step::Join(step) = step else { return None };
            Some(!inner.engine.as_ref()?.is_running(step.waits_for))
        })
    }

    /// The decision at this instant.
    pub fn current(&self, wall: f64, mono: f64) -> String {
        self.with(|inner| Some(inner.engine.as_mut()?.current(now(wall, mono)).to_json())).unwrap_or_else(defect)
    }

    /// Whether a feature is on at this instant; `undefined` before the start.
    pub fn allows(&self, feature: &str, wall: f64, mono: f64) -> Option<bool> {
        self.with(|inner| Some(inner.engine.as_mut()?.allows(feature, now(wall, mono))))
    }

    /// `None` too where this is a call from within a call.
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> Option<T>) -> Option<T> {
        work(&mut *self.0.try_borrow_mut().ok()?)
    }
}

impl Default for LicenseEngine {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`LicenseEngine::merge`] says first: leave the store as it is, remove the record, or put another in its place,
/// which may be lost in a power cut or must not be.
const KEEP: u8 = 0;
const REMOVE: u8 = 1;
const PUT: u8 = 2;
const PUT_SYNCED: u8 = 3;

impl Inner {
    /// The step as JavaScript sees it, with the number to go on with.
    fn keep(&mut self, step: Step) -> String {
        self.last_number = self.last_number.wrapping_add(1);
        let shown = step.to_json(self.last_number);
        if !matches!(step, Step::Done(_)) {
            self.steps.push((self.last_number, step));
        }
        shown
    }
}

fn engine(settings: &str, device: &str, system: String, seed: &[u8], pacer: Pacer) -> Result<Box<Engine>, Error> {
    let config = ConfigBuilder::from_json(settings)?.build()?;
    let organization = config.organization_id();
    let device = match config.device_id() {
        Some(own) => DeviceId::from_app(&organization, own),
        None => DeviceId::derive(&organization, device),
    };
    let seed = seed.try_into().unwrap_or_default();
    Ok(Box::new(Engine::new(config, Host { device, system, seed }, pacer)))
}

/// All licenses of a page or process leave from one address.
fn shared_pacer() -> Pacer {
    static PACER: OnceLock<Pacer> = OnceLock::new();
    PACER.get_or_init(Pacer::new).clone()
}

/// What only a defect in this library or its driver brings about.
fn defect() -> String {
    let error = r#"{"error":{"kind":"internal","message":"no operation waits for that","maybeApplied":false}}"#;
    error.to_owned()
}

fn now(wall: f64, mono: f64) -> Now {
    // `as` saturates, and takes what is no number for 0
    Now { wall: Timestamp::from_unix_ms(wall as i64), mono: mono as u64 }
}
