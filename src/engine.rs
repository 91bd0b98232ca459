//! Every operation as steps: the engine says what to store or send, a driver does it and reports back. The engine
//! never waits, reads, writes, sends, or looks at a clock, and everything licensing is decided here or below.
//!
//! ```text
//!              ┌── Store: lock, read, merge, write, unlock ──┐
//!  begin ──────┼── Send: wait until `not_before`, post once ─┼──► resume ──► … ──► Done(outcome)
//!              └── Join: wait for another operation to end ──┘
//! ```
//!
//! A driver is a loop over these four; `blocking/driver.rs` is one. A step is the ticket of its operation, for the engine
//! that gave it: it can be resumed once, and dropping it before anything was sent ends the operation without a trace.
//! After sending, a driver that gives up resumes with
//! [`Failure::Cancelled`](crate::transport::Failure::Cancelled), so that an activation on its way is not forgotten. No
//! lock is needed around the engine while a request is in flight.
//!
//! A whole driver, for one thread and one process:
//!
//! ```
//! use polar_license::clock::{Clock, ManualClock};
//! use polar_license::device::DeviceId;
//! use polar_license::engine::{Change, Engine, Host, Operation, Outcome, Pacer, Step};
//! use polar_license::store::{MemoryStore, Store};
//! use polar_license::transport::{Answer, Request};
//! use polar_license::{Config, State, Timestamp};
//!
//! fn run(
//!     engine: &mut Engine,
//!     operation: Operation,
//!     store: &dyn Store,
//!     clock: &dyn Clock,
//!     post_at: impl Fn(&Request, u64) -> Answer,
//! ) -> Outcome {
//!     let mut step = engine.begin(operation, clock.now());
//!     loop {
//!         step = match step {
//!             Step::Store(mut step) => {
//!                 let stored = store.load();
//!                 let bytes = stored.as_ref().map(Option::as_deref).map_err(drop);
//!                 let written = match step.merge(engine, bytes, clock.now()) {
//!                     Change::Keep => Ok(()),
//!                     Change::Put(record, durability) => store.save(&record, durability),
//!                     Change::Remove => store.remove(),
//!                 };
//!                 let done = stored.and(written).map_err(|error| error.to_string());
//!                 step.resume(engine, done, clock.now())
//!             }
//!             Step::Send(step) => {
//!                 let answer = post_at(&step.request, step.not_before);
//!                 step.resume(engine, answer, clock.now())
//!             }
//!             Step::Join(step) => step.resume(engine, clock.now()), // only where operations run side by side
//!             Step::Done(outcome) => return outcome,
//!         }
//!     }
//! }
//!
//! let config = Config::new("a0010000-0000-4000-8000-000000000001", "com.acme.app").build()?;
//! let device = DeviceId::derive(&config.organization_id(), "4c4c4544004b4d108052b4c04f4e3232");
//! let host = Host { device, system: "Debian 12".into(), seed: [7; 16] };
//! let mut engine = Engine::new(config, host, Pacer::new());
//! let clock = ManualClock::new(Timestamp::parse("2026-11-21T07:44:42Z").unwrap());
//! let nobody = |_: &Request, _: u64| unreachable!("opening asks nobody");
//! let outcome = run(&mut engine, Operation::Open, &MemoryStore::new(), &clock, nobody);
//! assert_eq!(outcome.result?.state(), State::Unlicensed);
//! # Ok::<(), polar_license::Error>(())
//! ```

mod activate;
mod ask;
mod deactivate;
mod edit;
mod json;
mod pacer;
mod policy;
mod random;
mod schedule;
mod steps;
mod timeline;

pub use crate::store::Change;
pub use json::Session;
pub use pacer::Pacer;
pub use steps::{JoinStep, Outcome, SendStep, Step, StoreStep};

use crate::config::{Config, DEVICE_CONDITION};
use crate::device::DeviceId;
use crate::error::{Error, ErrorKind};
use crate::license::{Decision, Problem, Reason, State, UnknownFeatures};
use crate::record::{Attempt, Record, Sealer, Untrusted, Verdict};
use crate::store::Durability;
use crate::time::{Now, Timestamp};
use crate::values::Values;
use crate::wire::Rejection;
use edit::{Applied, Asked, Edit, Editor, PlanEdit};
use random::Random;
use std::fmt;
use std::sync::Arc;
use steps::{No, Op, Stage};
use timeline::Timeline;

/// What can be asked of an engine.
#[derive(Clone, PartialEq, Eq)]
pub enum Operation {
    /// Read what is stored. Once, at the start.
    Open,
    /// Ask Polar now.
    Validate,
    /// Ask Polar if it is due.
    Refresh(Patience),
    /// Count usage.
    Consume(u32),
    /// Take a seat for this device, or find that none is needed.
    Activate {
        /// What the user typed; `None` for the stored key.
        key: Option<String>,
        /// Gives an older activation up if no seat is free.
        replace_previous: bool,
    },
    /// Give the seat up.
    Deactivate,
    /// Remove the license from this device without giving the seat up.
    Forget,
}

/// How a refresh came about, and so how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The app is waiting: at most two seconds where access is allowed anyway.
    Short,
    /// Nobody is waiting: a timer.
    Full,
    /// Nobody is waiting, and the network may just have come back: asks even before it is due, unless all is well.
    Woken,
}

/// Names an operation while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(u64);

/// What the driver knows about the machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// Identifies this device to Polar's conditions and to the seal.
    pub device: DeviceId,
    /// Such as `Debian 12`, for the default label. Never the host's or the user's name.
    pub system: String,
    /// Random bytes, for jitter and labels.
    pub seed: [u8; 16],
}

/// What became of a seat that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deactivated {
    /// Polar confirmed that the seat is free.
    Released,
    /// Polar knows no such seat (any more): it was removed in the portal, or the key was rotated.
    Unknown,
    /// The license took no seat.
    NotNeeded,
}

/// The licensing of one app on one device. See the module documentation.
pub struct Engine {
    config: Config,
    host: Host,
    sealer: Sealer,
    /// The app's conditions, and that of this device: what a seat bound to it was taken with. Computed here, never read
    /// from a record.
    bound_conditions: Values,
    /// The app's meta, and the random part of the latest attempt.
    meta: Values,
    pacer: Pacer,
    random: Random,
    timeline: Timeline,
    /// What is remembered at present.
    record: Box<Record>,
    /// Whether the stored bytes are a newer version's, which must not be written over.
    untouchable: bool,
    /// Edits that `record` has and the store does not.
    unsaved: Vec<Edit>,
    /// Why Polar was not reached when it was last asked.
    unreached: Option<Problem>,
    /// Why the store could not be read or written when it was last tried.
    storage: Option<Problem>,
    unknown_features: UnknownFeatures,
    /// Whether a refresh has looked since the start.
    looked: bool,
    /// Whether Polar has answered about the license that cannot be trusted.
    aside_answered: bool,
    /// When to ask next where no clock can be trusted; monotonic ms.
    fallback_at: Option<u64>,
    /// The operation under way, or the last one.
    op: Op,
    /// The step of the operation under way has a clone of it.
    ticket: Arc<()>,
    /// The last operation that asked and was answered, for those who joined it.
    last_answered: OpId,
    /// The last decision, as JSON.
    shown: String,
}

/// What merging came to.
struct Merged {
    record: Box<Record>,
    untouchable: bool,
    /// Whether the store holds all of it once the change was written.
    complete: bool,
    contradicted: bool,
    change: Change,
}

/// What came of applying edits to a record.
struct Edited {
    /// Whether there is anything to save.
    changed: bool,
    /// Whether losing it in a power cut would lose something.
    precious: bool,
    /// Whether another process heard the opposite of a new edit.
    contradicted: bool,
}

/// How far the saved `high` may lag behind at the start, and later. It is saved with everything else anyway.
const HIGH_LAG_MS: (i64, i64) = (60 * 60 * 1000, 10 * 60 * 1000);

/// How long a refresh takes at most where access is allowed: two seconds, less what reading and writing take.
const SHORT_PATIENCE_MS: u64 = 1_800;

/// What changing operations may take beyond the configured time: Polar can hold an answer for 30 s.
const EXTRA_MS: u64 = 25_000;

impl Engine {
    /// An engine that remembers nothing yet: run [`Operation::Open`] first. `pacer` is the process's.
    pub fn new(config: Config, host: Host, pacer: Pacer) -> Self {
        let mut bound_conditions = config.conditions().clone();
        bound_conditions.insert(DEVICE_CONDITION, host.device.as_str());
        Self {
            bound_conditions,
            meta: config.meta().clone(),
            sealer: Sealer::new(&config, &host.device),
            random: Random::new(host.seed),
            config,
            host,
            pacer,
            timeline: Timeline::default(),
            record: Box::new(Record {
                aside: Some(Untrusted { why: Reason::Storage, identity: None }),
                ..Record::default()
            }),
            untouchable: false,
            unsaved: Vec::new(),
            unreached: None,
            storage: None,
            unknown_features: UnknownFeatures::default(),
            looked: false,
            aside_answered: false,
            fallback_at: None,
            op: Op::default(),
            ticket: Arc::default(),
            last_answered: OpId(0),
            shown: String::new(),
        }
    }

    /// What tells this record apart from those of other products and devices: tags of the product and of the device.
    pub fn record_tags(&self) -> ([u8; 8], [u8; 8]) {
        self.sealer.tags()
    }

    /// Starts an operation. One at a time: where another is under way the step is a [`Step::Join`].
    pub fn begin(&mut self, operation: Operation, now: Now) -> Step {
        let (id, asks) = (self.op.id, operation.asks());
        let deadline = self.deadline(&operation, now);
        if self.is_running(id) {
            return Step::Join(JoinStep { waits_for: id, both_ask: asks && self.op.asks, until: deadline, operation });
        }
        self.op = Op { id: OpId(id.0.wrapping_add(1)), asks, deadline, ..Op::default() };
        match operation {
            Operation::Open => self.store(Stage::Opened),
            Operation::Validate => self.store(Stage::Ask),
            Operation::Refresh(patience) => {
                self.op.patience = Some(patience);
                self.store(Stage::Ask)
            }
            Operation::Consume(count) => self.begin_consume(count, now),
            Operation::Activate { key, replace_previous } => {
                self.op.replace_previous = replace_previous;
                self.begin_activate(key.as_deref(), now)
            }
            Operation::Deactivate => self.store(Stage::Deactivate),
            Operation::Forget => {
                self.op.edits.push(Edit::Forget);
                self.store(Stage::Forgotten)
            }
        }
    }

    /// The decision at this instant, from memory.
    pub fn current(&mut self, now: Now) -> Decision {
        let estimate = self.estimate(now);
        let facts = policy::Facts {
            record: &self.record,
            now: estimate,
            problem: self.problem(),
            unknown_features: &self.unknown_features,
        };
        policy::decide(&self.config, facts)
    }

    /// Whether a feature is on at this instant; what [`Decision::allows`] says of [`current`](Self::current), sooner.
    pub fn allows(&mut self, feature: &str, now: Now) -> bool {
        let estimate = self.estimate(now);
        policy::features(&self.config, &self.record, estimate, &self.unknown_features).allows(feature)
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the operation is still under way.
    pub fn is_running(&self, id: OpId) -> bool {
        self.op.id == id && Arc::strong_count(&self.ticket) > 1
    }

    fn deadline(&mut self, operation: &Operation, now: Now) -> u64 {
        let timeout = self.config.timeout_ms();
        let wait = match operation {
            Operation::Refresh(Patience::Short) if self.state(now).is_allowed() => timeout.min(SHORT_PATIENCE_MS),
            Operation::Activate { .. } | Operation::Consume(_) | Operation::Deactivate => {
                timeout.saturating_add(EXTRA_MS)
            }
            _ => timeout,
        };
        now.after(wait)
    }

    fn state(&mut self, now: Now) -> State {
        let estimate = self.estimate(now);
        policy::state(&self.config, &self.record, estimate).0
    }

    fn estimate(&mut self, now: Now) -> Option<Timestamp> {
        self.timeline.judge(self.record.held.as_ref()?.time, now)
    }

    /// The worst of what is wrong at present: what can be acted on first.
    fn problem(&self) -> Option<Problem> {
        if self.unreached.is_some() {
            return self.unreached.clone();
        }
        let uncertain = self.record.attempts.iter().rfind(|attempt| !self.is_sending(attempt));
        let Some(attempt) = uncertain else { return self.storage.clone() };
        let mut problem = Problem::new(ErrorKind::SeatUncertain, attempt.text());
        problem.maybe_applied = true;
        Some(problem)
    }

    /// Whether it is that of the operation under way, which is no cause for worry yet.
    fn is_sending(&self, attempt: &Attempt) -> bool {
        self.op.attempt.is_some_and(|id| attempt.is(id))
    }

    /// What to do with the stored bytes, given these edits. Changes nothing.
    fn merge(&self, edits: &[Edit], stored: Option<&[u8]>, now: Now) -> Merged {
        let mut record = match stored.map(|bytes| self.sealer.open(bytes)) {
            None => Box::default(),
            Some(Ok(record)) => record,
            Some(Err(aside)) => Box::new(Record { aside: Some(aside), ..Record::default() }),
        };
        let newer = record.aside.as_ref().is_some_and(|aside| aside.why == Reason::NewerFormat);
        // what could not be trusted is not written over for a plan or a no, only for a yes or by the user
        let untrusted = record.aside.is_some() && record.held.is_none();
        let Edited { changed, precious, contradicted } = self.edit(&mut record, &self.unsaved, edits, now);
        let untouchable = newer && !edits.iter().any(|edit| matches!(edit, Edit::Forget));
        let (change, complete) = if untouchable {
            (Change::Keep, !precious)
        } else if !changed || (untrusted && !precious) {
            (Change::Keep, !changed)
        } else if record.is_worth_keeping(now.wall) {
            let durability = if precious { Durability::Synced } else { Durability::Relaxed };
            (Change::Put(self.sealer.seal(&record), durability), true)
        } else if stored.is_some() {
            (Change::Remove, true)
        } else {
            (Change::Keep, true)
        };
        Merged { record, untouchable, complete, contradicted, change }
    }

    /// Applies edits to a record, which may not have the `earlier` ones either.
    fn edit(&self, record: &mut Record, earlier: &[Edit], edits: &[Edit], now: Now) -> Edited {
        let bytes_before = record.bytes();
        let mut editor = Editor { config: &self.config, timeline: self.timeline, now, unsaved: earlier };
        let (mut precious, mut contradicted) = (false, false);
        for edit in earlier {
            precious |= editor.apply(record, edit) == Applied::Changed && edit.is_precious();
        }
        for edit in edits {
            let applied = editor.apply(record, edit);
            precious |= applied == Applied::Changed && edit.is_precious();
            contradicted |= applied == Applied::Contradicted;
        }
        let mut changed = bytes_before != record.bytes();
        if let Some(estimate) = editor.estimate(record)
            && let Some(held) = record.held.as_mut()
        {
            let lag = if self.op.stage == Stage::Opened { HIGH_LAG_MS.0 } else { HIGH_LAG_MS.1 };
            changed |= estimate.ms_since(held.time.high) > lag;
            held.time.high = held.time.high.max(estimate);
        }
        Edited { changed, precious, contradicted }
    }

    /// Takes over what was merged; `None` where nothing could be read. Returns whether a new edit was contradicted.
    fn adopt(&mut self, merged: Option<Box<Merged>>, written: &Result<(), String>, now: Now) -> bool {
        self.storage = written.as_ref().err().map(|message| Problem::new(ErrorKind::Storage, message.as_str()));
        let edits = std::mem::take(&mut self.op.edits);
        let (contradicted, complete) = match merged {
            Some(merged) => {
                (self.record, self.untouchable) = (merged.record, merged.untouchable);
                (merged.contradicted, merged.complete)
            }
            None => {
                // a license must not get lost because the store cannot be read
                let mut record = std::mem::take(&mut self.record);
                let edited = self.edit(&mut record, &[], &edits, now);
                self.record = record;
                (edited.contradicted, false)
            }
        };
        if written.is_ok() && complete {
            self.unsaved.clear();
        } else {
            for edit in edits {
                self.remember_unsaved(edit);
            }
        }
        if let Some(until) = self.record.plan.pause_ahead(now.wall) {
            self.pacer.pause(now, until.ms_since(now.wall).unsigned_abs());
        }
        contradicted
    }

    fn remember_unsaved(&mut self, mut edit: Edit) {
        if let Some(at) = self.unsaved.iter().position(|earlier| earlier.is_replaced_by(&edit)) {
            let earlier = self.unsaved.remove(at);
            if let (Edit::Word(edit), Edit::Word(earlier)) = (&mut edit, earlier) {
                // it will be applied to the record that the earlier one was meant for
                edit.asked.revision = earlier.asked.revision;
            }
        }
        self.unsaved.push(edit);
    }

    /// The license to ask Polar about: the one held, or else one that cannot be trusted.
    fn target(&self) -> Option<Asked> {
        match &self.record.held {
            Some(held) => Some(Asked { identity: held.identity.clone(), revision: held.revision }),
            None => {
                let identity = self.record.aside.as_ref()?.identity.clone()?;
                Some(Asked { identity, revision: 0 })
            }
        }
    }

    fn has_license(&self) -> bool {
        self.record.held.is_some()
    }

    /// Keeps an answer in mind as far as it says whether Polar can be reached, and plans the next round.
    fn plan(&mut self, no: Option<No>, now: Now) -> PlanEdit {
        let turned = self.record.held.as_ref().is_some_and(|held| held.verdict == Verdict::Yes)
            && matches!(no, Some(No::Refused(_)));
        let misses = if turned { 0 } else { self.record.plan.misses };
        let jitter = self.random.next();
        let mut plan = PlanEdit { answered: true, misses, jitter, ended: now.mono, pause_until: None };
        self.unreached = None;
        if no == Some(No::Unanswered) {
            plan.answered = false;
            self.unreached = self.op.problem.clone();
            let wait = self.unreached.as_ref().and_then(|problem| problem.retry_after);
            plan.pause_until = wait.map(|wait| now.wall.plus(wait));
        }
        plan
    }

    /// Ends the operation, to which the answer was no.
    fn fail_with(&mut self, no: No, now: Now) -> Step {
        let failure = self.failure(no);
        self.fail(failure, now)
    }

    /// The same, for an operation of which only a pause is remembered: that binds other processes as well.
    fn fail_after(&mut self, no: No, plan: &PlanEdit, now: Now) -> Step {
        if let Some(until) = plan.pause_until {
            self.op.edits.push(Edit::Pause(until));
        }
        self.fail_with(no, now)
    }

    fn failure(&mut self, no: No) -> Error {
        match (no, self.op.problem.take()) {
            (No::Refused(reason), _) => Error::refused(reason),
            (No::Unanswered, Some(problem)) => Error::of(problem, None),
            _ => Rejection::UsageExhausted.into(),
        }
    }

    /// Ends the operation, which has failed: once what it has learned was saved.
    fn fail(&mut self, error: Error, now: Now) -> Step {
        self.op.failure = Some(error);
        if self.op.edits.is_empty() { self.finish(now) } else { self.store(Stage::End) }
    }

    /// Ends the operation.
    fn finish(&mut self, now: Now) -> Step {
        self.op.attempt = None;
        let failure = self.op.failure.take();
        if self.op.asks && failure.is_none() {
            self.last_answered = self.op.id;
        }
        let decision = self.current(now);
        let shown = decision.to_json();
        let changed = shown != self.shown;
        self.shown = shown;
        #[cfg(feature = "log")]
        log::debug!("{}: {}", decision.state(), decision.message());
        let outcome = self.outcome(decision, failure, now);
        Step::Done(Outcome { deactivated: self.op.deactivated, changed, ..outcome })
    }

    fn outcome(&mut self, decision: Decision, failure: Option<Error>, now: Now) -> Outcome {
        let wake_at = self.wake_at(&decision, now);
        let result = match failure {
            None => Ok(decision),
            Some(error) => Err(error.with_decision(decision)),
        };
        Outcome { result, deactivated: None, changed: false, wake_at }
    }
}

impl Operation {
    /// Whether it only asks, so that two at once can share one answer.
    fn asks(&self) -> bool {
        matches!(self, Self::Validate | Self::Refresh(_))
    }
}

/// Without the license key.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Validate => f.write_str("Validate"),
            Self::Refresh(patience) => f.debug_tuple("Refresh").field(patience).finish(),
            Self::Consume(count) => f.debug_tuple("Consume").field(count).finish(),
            Self::Activate { key, replace_previous } => f
                .debug_struct("Activate")
                .field("key", &key.as_ref().map(|_| "****"))
                .field("replace_previous", replace_previous)
                .finish(),
            Self::Deactivate => f.write_str("Deactivate"),
            Self::Forget => f.write_str("Forget"),
        }
    }
}
