//! The class that JavaScript calls. It holds an engine, the steps in progress, and the plan of the automatic refresh.

use crate::arguments::{self, NoReply, Patience, Turn, now};
use crate::numbered::Numbered;
#[cfg(feature = "portal")]
use crate::under_way::Portal;
use crate::values::{Change, Current, Explained, Look, Step, another_kind, defect, no_such_step, thrown, to_js};
use polar_license::config::{Config, ConfigBuilder};
use polar_license::device::DeviceId;
use polar_license::engine::{self, Host, Operation, Pacer, Span, Watch};
use polar_license::transport::{Answer, RetryHeaders, Sent};
use polar_license::{Error, Now};
use std::cell::{RefCell, RefMut};
use std::time::Duration;
use tsify::Ts;
use wasm_bindgen::prelude::*;

thread_local! {
    /// Limits how fast requests are sent. All licenses of a page or process share this limit, because all their
    /// requests come from one network address.
    static PACER: Pacer = Pacer::new();
}

/// The licensing of one app on one device.
///
/// In every method, `wall` is the reading of the wall clock in ms since 1970, and `mono` is the reading of the
/// monotonic clock in ms since some fixed moment.
///
/// The last step of an operation is `done`. Every other step has a number, and can be resumed once with this number. If
/// the settings are invalid, a method throws an object `{ error }`. Any other exception is a defect, after which the
/// instance must not be used.
#[wasm_bindgen]
pub struct Engine(RefCell<Inner>);

pub(crate) struct Inner {
    pub(crate) engine: engine::Engine,
    /// The steps in progress, by number.
    steps: Numbered<engine::Step>,
    last_number: u32,
    watch: Watch,
    /// The time span during which the last result of `current` stays valid. `None` after an operation has moved to its
    /// next step, because that step may have changed the decision.
    held: Option<Span>,
    #[cfg(feature = "portal")]
    pub(crate) portal: Portal,
}

#[wasm_bindgen]
impl Engine {
    /// Creates an engine without a record; `open` must be its first operation. `settings` is the JSON of the app's
    /// settings. `device` identifies this device if the settings do not. `system` is the name of the system, such as
    /// `Windows 11`. `seed` is 16 random bytes. If `own_pace` is true, the engine's requests do not wait for the
    /// requests of other engines. Pass true for an engine with a clock of its own.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str, device: &str, system: String, seed: &[u8], own_pace: bool) -> Result<Self, JsValue> {
        let config = configured(settings).map_err(thrown)?;
        let organization = config.organization_id();
        let device = match config.device_id() {
            Some(own) => DeviceId::from_app(&organization, own),
            None => DeviceId::derive(&organization, device),
        };
        Ok(Self::of(engine::Engine::new(config, host(device, system, seed)?, pacer(own_pace))))
    }

    /// The tag that identifies the organization, environment and app: 16 hexadecimal digits.
    #[wasm_bindgen(getter)]
    pub fn product(&self) -> Result<String, JsValue> {
        Ok(hex(self.inner()?.engine.record_tags().0))
    }

    /// The tag that identifies the device: 16 hexadecimal digits.
    #[wasm_bindgen(getter)]
    pub fn device(&self) -> Result<String, JsValue> {
        Ok(hex(self.inner()?.engine.record_tags().1))
    }

    /// Reads the stored record.
    pub fn open(&self, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::Open, now(wall, mono))
    }

    /// Asks Polar about the license.
    pub fn validate(&self, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::Validate, now(wall, mono))
    }

    /// Asks Polar about the license if a refresh is due.
    pub fn refresh(&self, patience: Patience, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::Refresh(patience.parse()?), now(wall, mono))
    }

    /// Adds `count` uses to the license key's usage.
    pub fn consume(&self, count: f64, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::Consume(arguments::count(count)), now(wall, mono))
    }

    /// Activates `key`, or the stored key if `key` is absent.
    pub fn activate(
        &self,
        key: Option<String>,
        #[wasm_bindgen(js_name = replacePrevious)] replace_previous: bool,
        wall: f64,
        mono: f64,
    ) -> NextStep {
        self.begin(Operation::Activate { key: key.map(Into::into), replace_previous }, now(wall, mono))
    }

    /// Releases the seat, and removes the license from this device.
    pub fn deactivate(&self, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::Deactivate, now(wall, mono))
    }

    /// Removes the license from this device without releasing the seat.
    pub fn forget(&self, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::Forget, now(wall, mono))
    }

    /// Starts the trial.
    #[wasm_bindgen(js_name = startTrial)]
    pub fn start_trial(&self, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::StartTrial, now(wall, mono))
    }

    /// Writes a request for a license, on a computer without a network. The last step has the text of the request.
    #[wasm_bindgen(js_name = offlineRequest)]
    pub fn offline_request(&self, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::OfflineRequest, now(wall, mono))
    }

    /// Imports an answer, on a computer without a network.
    #[wasm_bindgen(js_name = offlineImport)]
    pub fn offline_import(&self, text: &str, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::OfflineImport(text.into()), now(wall, mono))
    }

    /// Removes the license from a computer without a network. The last step of the operation contains the text with
    /// which another computer can release the seat.
    #[wasm_bindgen(js_name = offlineReturn)]
    pub fn offline_return(&self, wall: f64, mono: f64) -> NextStep {
        self.begin(Operation::OfflineReturn, now(wall, mono))
    }

    /// Returns the change to the stored record that JavaScript must make in a `store` step. `stored` is the stored
    /// record, and is absent if no record is stored. `unreadable` is true if the store failed to read the record.
    /// Returns `keep` if the operation no longer waits for the store.
    pub fn merge(
        &self,
        number: u32,
        stored: Option<Vec<u8>>,
        unreadable: bool,
        wall: f64,
        mono: f64,
    ) -> Result<Ts<Change>, JsValue> {
        let mut inner = self.inner()?;
        let Inner { engine, steps, .. } = &mut *inner;
        let Some(engine::Step::Store(step)) = steps.get_mut(number) else { return to_js(&Change::Keep) };
        let stored = if unreadable { Err(()) } else { Ok(stored.as_deref()) };
        to_js(&Change::from(step.merge(engine, stored, now(wall, mono))))
    }

    /// Continues after a `turn` step.
    #[wasm_bindgen(js_name = resumeTurn)]
    pub fn resume_turn(&self, number: u32, turn: Turn, wall: f64, mono: f64) -> NextStep {
        let (mut inner, turn, now) = (self.inner()?, turn.parse()?, now(wall, mono));
        let engine::Step::Turn(step) = inner.take(number)? else { return Err(another_kind()) };
        let step = step.resume(&mut inner.engine, turn, now);
        inner.show(step, now)
    }

    /// Continues after a `store` step. `problem` says why the store could not be locked, read or written. It is absent
    /// if there was no problem.
    #[wasm_bindgen(js_name = resumeStore)]
    pub fn resume_store(&self, number: u32, problem: Option<String>, wall: f64, mono: f64) -> NextStep {
        let (mut inner, now) = (self.inner()?, now(wall, mono));
        let engine::Step::Store(step) = inner.take(number)? else { return Err(another_kind()) };
        let step = step.resume(&mut inner.engine, problem.map_or(Ok(()), Err), now);
        inner.show(step, now)
    }

    /// Returns the wait in seconds that the headers `Retry-After`, `RateLimit-Reset` and `Date` of a reply ask for.
    /// Returns nothing if they ask for none.
    #[wasm_bindgen(js_name = retryAfter)]
    pub fn retry_after(
        &self,
        #[wasm_bindgen(js_name = retryAfter)] retry_after: Option<String>,
        #[wasm_bindgen(js_name = ratelimitReset)] ratelimit_reset: Option<String>,
        date: Option<String>,
    ) -> Option<u32> {
        RetryHeaders { retry_after, ratelimit_reset, date }.seconds()
    }

    /// Continues after a `send` step that got a complete reply. `retry_after` is the result of the method `retryAfter`.
    #[wasm_bindgen(js_name = resumeReply)]
    pub fn resume_reply(
        &self,
        number: u32,
        status: f64,
        #[wasm_bindgen(js_name = retryAfter)] retry_after: Option<u32>,
        body: Vec<u8>,
        wall: f64,
        mono: f64,
    ) -> NextStep {
        let answer =
            Answer::Reply { status: arguments::status(status), retry_after, location: None, body: body.into() };
        self.answered(number, answer, now(wall, mono))
    }

    /// Continues after a `send` step that got no complete reply. `sent` is true if the request may have reached Polar.
    #[wasm_bindgen(js_name = resumeFailure)]
    pub fn resume_failure(
        &self,
        number: u32,
        failure: NoReply,
        sent: bool,
        message: String,
        wall: f64,
        mono: f64,
    ) -> NextStep {
        let sent = if sent { Sent::Maybe } else { Sent::No };
        let answer = Answer::Failed { failure: failure.parse()?, sent, message };
        self.answered(number, answer, now(wall, mono))
    }

    /// Continues after a `join` step, which waits for another operation to end. If the other operation is still running
    /// and there is time left to wait, returns another `join` step.
    #[wasm_bindgen(js_name = resumeJoin)]
    pub fn resume_join(&self, number: u32, wall: f64, mono: f64) -> NextStep {
        let (mut inner, now) = (self.inner()?, now(wall, mono));
        let engine::Step::Join(step) = inner.take(number)? else { return Err(another_kind()) };
        let step = if inner.engine.is_running(step.waits_for) && now.mono < step.until {
            engine::Step::Join(step)
        } else {
            step.resume(&mut inner.engine, now)
        };
        inner.show(step, now)
    }

    /// Cancels an operation that is at a `turn` or `join` step. At these steps, the operation has done nothing yet.
    pub fn cancel(&self, number: u32, wall: f64, mono: f64) -> NextStep {
        let (mut inner, now) = (self.inner()?, now(wall, mono));
        let step = match inner.take(number)? {
            engine::Step::Turn(step) => step.cancel(&mut inner.engine, now),
            engine::Step::Join(step) => step.cancel(&mut inner.engine, now),
            engine::Step::Store(_) | engine::Step::Send(_) | engine::Step::Done(_) => return Err(another_kind()),
        };
        inner.show(step, now)
    }

    /// Returns the decision at this instant.
    pub fn current(&self, wall: f64, mono: f64) -> Result<Ts<Current>, JsValue> {
        let (mut inner, now) = (self.inner()?, now(wall, mono));
        inner.held = Some(inner.engine.holds(now));
        to_js(&Current(inner.engine.current(now)))
    }

    /// Returns `true` if the decision that `current` returned last still holds. Every check of a feature calls this
    /// method, so it returns a plain boolean, which needs no conversion.
    #[wasm_bindgen(js_name = isCurrent)]
    pub fn is_current(&self, wall: f64, mono: f64) -> bool {
        let held = self.0.try_borrow().ok().and_then(|inner| inner.held);
        held.is_some_and(|held| held.contains(now(wall, mono)))
    }

    /// Returns the reason why a feature is on or off at this instant.
    pub fn explain(&self, feature: &str, wall: f64, mono: f64) -> Result<Ts<Explained>, JsValue> {
        to_js(&Explained(self.inner()?.engine.current(now(wall, mono)).explain(feature)))
    }

    /// Returns the earliest time, by the wall clock, at which the decision can change only because time passes. Returns
    /// nothing if the passing of time does not change the decision.
    #[wasm_bindgen(js_name = nextChange)]
    pub fn next_change(&self, wall: f64, mono: f64) -> Result<Option<f64>, JsValue> {
        let change = self.inner()?.engine.next_change_by_wall(now(wall, mono));
        Ok(change.map(|at| at.unix_ms() as f64))
    }

    /// Starts the automatic refresh. Discards the schedule of an earlier start, because it could delay the
    /// next refresh.
    #[wasm_bindgen(js_name = startWatch)]
    pub fn start_watch(&self, wall: f64, mono: f64) -> Result<(), JsValue> {
        self.inner()?.watch = Watch::new(now(wall, mono));
        Ok(())
    }

    /// Returns what the automatic refresh has to do: refresh now, or wait for a while. The wait is never longer than
    /// the time for which the result of `current` stays valid. Call this method when the wait is over, and after every
    /// operation. Also call it, with `woken`, when the network may be back.
    pub fn look(&self, woken: bool, wall: f64, mono: f64) -> Result<Ts<Look>, JsValue> {
        let (mut inner, now) = (self.inner()?, now(wall, mono));
        let end = inner.held.map_or(Duration::MAX, |held| held.wait(now));
        to_js(&Look::of(inner.watch.look(now, woken), end))
    }
}

/// The next step of an operation.
pub(crate) type NextStep = Result<Ts<Step<'static>>, JsValue>;

impl Engine {
    pub(crate) fn of(engine: engine::Engine) -> Self {
        Self(RefCell::new(Inner {
            engine,
            steps: Numbered::default(),
            last_number: 0,
            watch: Watch::new(Now::default()),
            held: None,
            #[cfg(feature = "portal")]
            portal: Portal::default(),
        }))
    }

    pub(crate) fn inner(&self) -> Result<RefMut<'_, Inner>, JsValue> {
        self.0.try_borrow_mut().map_err(|_| defect("the engine is in use"))
    }

    pub(crate) fn begin(&self, operation: Operation, now: Now) -> NextStep {
        let mut inner = self.inner()?;
        let step = inner.engine.begin(operation, now);
        inner.show(step, now)
    }

    fn answered(&self, number: u32, answer: Answer, now: Now) -> NextStep {
        let mut inner = self.inner()?;
        let engine::Step::Send(step) = inner.take(number)? else { return Err(another_kind()) };
        let step = step.resume(&mut inner.engine, answer, now);
        inner.show(step, now)
    }
}

impl Inner {
    fn take(&mut self, number: u32) -> Result<engine::Step, JsValue> {
        #[cfg(feature = "portal")]
        self.portal.resumes(number);
        self.steps.take(number).ok_or_else(no_such_step)
    }

    /// Converts a step for JavaScript. Stores the step under a new number, unless it is the operation's last step.
    pub(crate) fn show(&mut self, step: engine::Step, now: Now) -> NextStep {
        self.held = None;
        let number = self.next_number();
        let shown = match &step {
            engine::Step::Turn(step) => Step::Turn { number, until: step.until },
            engine::Step::Store(step) => Step::store(number, step),
            engine::Step::Send(step) => Step::send(number, step),
            engine::Step::Join(step) => Step::Join { number, until: step.until },
            engine::Step::Done(outcome) => {
                self.watch.planned(now, outcome.wake_at);
                let shown = to_js(&Step::done(outcome));
                #[cfg(feature = "portal")]
                self.portal.ends(step);
                return shown;
            }
        };
        let shown = to_js(&shown)?;
        self.steps.insert(number, step);
        #[cfg(feature = "portal")]
        self.portal.goes_on(number);
        Ok(shown)
    }

    pub(crate) fn next_number(&mut self) -> u32 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }
}

pub(crate) fn host(device: DeviceId, system: String, seed: &[u8]) -> Result<Host, JsValue> {
    let seed = seed.try_into().map_err(|_| defect("the seed must have 16 bytes"))?;
    Ok(Host { device, system: system.into(), seed, takes_turns: true })
}

pub(crate) fn pacer(own_pace: bool) -> Pacer {
    if own_pace { Pacer::new() } else { PACER.with(Pacer::clone) }
}

pub(crate) fn configured(settings: &str) -> Result<Config, Error> {
    ConfigBuilder::from_json(settings)?.build()
}

/// Formats a tag as hexadecimal digits.
fn hex(tag: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(tag))
}
