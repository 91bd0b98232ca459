//! Every operation as steps: the engine says what to store or send, a driver does it and reports back. The engine
//! never waits, reads, writes, sends, or looks at a clock, and everything licensing is decided here or below.
//!
//! ```text
//!              ┌── Store: lock, read, merge, write, unlock ──┐
//!  begin ──────┼── Send: wait until `not_before`, post once ─┼──► resume ──► … ──► Done(outcome)
//!              └── Join: wait for another operation to end ──┘
//! ```
//!
//! A driver is a loop over these four; `blocking/driver.rs` is one. A step owns its operation: it can be resumed once,
//! and dropping it before anything was sent ends the operation without a trace. After sending, a driver that gives up
//! resumes with [`Failure::Cancelled`](crate::transport::Failure::Cancelled), so that an activation on its way is not
//! forgotten. No lock is needed around the engine while a request is in flight.
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
pub use pacer::Pacer;
pub use steps::{JoinStep, Outcome, SendStep, Step, StoreStep};

use crate::config::{Config, DEVICE_CONDITION};
use crate::device::DeviceId;
use crate::error::{Error, ErrorKind};
use crate::license::{Decision, Key, Problem, Reason, State, UnknownFeatures};
use crate::record::{Attempt, Identity, Record, Sealer, Seat, Verdict};
use crate::store::Durability;
use crate::time::{Now, Timestamp, milliseconds};
use crate::values::Values;
use crate::wire::{self, Rejection};
use ask::Purpose;
use edit::{Applied, Asked, AttemptId, Edit, Editor, PlanEdit};
use random::Random;
use std::fmt;
use std::sync::{Arc, Weak};
use steps::{Op, Stage};
use timeline::Timeline;
use uuid::Uuid;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    pacer: Pacer,
    random: Random,
    timeline: Timeline,
    memory: Memory,
    /// Edits that `memory` has and the store does not.
    unsaved: Vec<Edit>,
    /// Why Polar was not reached when it was last asked.
    unreached: Option<Problem>,
    /// Why the store could not be read or written when it was last tried.
    storage: Option<Problem>,
    unknown_features: UnknownFeatures,
    /// The attempt of the operation under way, which is no cause for worry yet.
    sending: Option<AttemptId>,
    /// Whether a refresh has looked since the start.
    looked: bool,
    /// Whether Polar has answered about the license that cannot be trusted.
    aside_answered: bool,
    /// When to ask next where no clock can be trusted; monotonic ms.
    fallback_at: Option<u64>,
    running: Option<Running>,
    last_id: u64,
    /// The last round of asking that ended, for those who joined it.
    last_asked: Option<(OpId, bool)>,
    /// The last decision, as JSON.
    shown: String,
}

/// What is remembered at present.
#[derive(Debug)]
struct Memory {
    /// `None` until the store could be read once.
    record: Option<Box<Record>>,
    /// Whether the stored bytes are a newer version's, which must not be written over.
    untouchable: bool,
}

struct Running {
    id: OpId,
    asks: bool,
    ticket: Weak<()>,
}

/// What merging came to.
struct Merged {
    memory: Memory,
    /// Whether the store holds all of it once the change was written.
    complete: bool,
    contradicted: bool,
    change: Change,
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
        Self {
            sealer: Sealer::new(&config, &host.device),
            random: Random::new(host.seed),
            config,
            host,
            pacer,
            timeline: Timeline::default(),
            memory: Memory { record: None, untouchable: false },
            unsaved: Vec::new(),
            unreached: None,
            storage: None,
            unknown_features: UnknownFeatures::default(),
            sending: None,
            looked: false,
            aside_answered: false,
            fallback_at: None,
            running: None,
            last_id: 0,
            last_asked: None,
            shown: String::new(),
        }
    }

    /// What tells this record apart from those of other products and devices: tags of the product and of the device.
    pub fn record_tags(&self) -> ([u8; 8], [u8; 8]) {
        self.sealer.tags()
    }

    /// Starts an operation. One at a time: where another is under way the step is a [`Step::Join`].
    pub fn begin(&mut self, operation: Operation, now: Now) -> Step {
        if let Some(running) = self.running() {
            let (waits_for, both_ask) = (running.id, running.asks && operation.asks());
            let until = self.deadline(&operation, now);
            return Step::Join(JoinStep { waits_for, both_ask, until, operation });
        }
        self.last_id = self.last_id.wrapping_add(1);
        let id = OpId(self.last_id);
        let ticket = Arc::new(());
        self.running = Some(Running { id, asks: operation.asks(), ticket: Arc::downgrade(&ticket) });
        self.sending = None;
        let op = Box::new(Op { id, deadline: self.deadline(&operation, now), ticket, failure: None });
        match operation {
            Operation::Open => op.store(vec![], Stage::Opened),
            Operation::Validate => op.store(vec![], Stage::Ask(Purpose::Validate)),
            Operation::Refresh(patience) => op.store(vec![], Stage::Ask(Purpose::Refresh(patience))),
            Operation::Consume(count) => self.begin_consume(op, count, now),
            Operation::Activate { key, replace_previous } => {
                self.begin_activate(op, key.as_deref(), replace_previous, now)
            }
            Operation::Deactivate => op.store(vec![], Stage::Deactivate),
            Operation::Forget => op.store(vec![Edit::Forget], Stage::Forgotten),
        }
    }

    /// The decision at this instant, from memory.
    pub fn current(&mut self, now: Now) -> Decision {
        let estimate = self.estimate(now);
        let facts = policy::Facts {
            record: self.memory.record.as_deref(),
            now: estimate,
            problem: self.problem(),
            unknown_features: self.unknown_features.clone(),
        };
        policy::decide(&self.config, facts)
    }

    /// Whether a feature is on at this instant; what [`Decision::allows`] says of [`current`](Self::current), sooner.
    pub fn allows(&mut self, feature: &str, now: Now) -> bool {
        let estimate = self.estimate(now);
        let held = self.memory.record.as_deref().and_then(|record| record.held.as_deref());
        policy::allows(&self.config, held, estimate, feature).unwrap_or_else(|| {
            self.unknown_features.log(feature);
            false
        })
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the operation is still under way.
    pub fn is_running(&self, id: OpId) -> bool {
        self.running().is_some_and(|running| running.id == id)
    }

    fn running(&self) -> Option<&Running> {
        self.running.as_ref().filter(|running| running.ticket.strong_count() > 0)
    }

    fn deadline(&mut self, operation: &Operation, now: Now) -> u64 {
        let timeout = milliseconds(self.config.timeout());
        let wait = match operation {
            Operation::Refresh(Patience::Short) if self.state(now).is_allowed() => timeout.min(SHORT_PATIENCE_MS),
            Operation::Activate { .. } | Operation::Consume(_) | Operation::Deactivate => {
                timeout.saturating_add(EXTRA_MS)
            }
            _ => timeout,
        };
        now.mono.saturating_add(wait)
    }

    fn state(&mut self, now: Now) -> State {
        let estimate = self.estimate(now);
        policy::state(&self.config, self.memory.record.as_deref(), estimate).0
    }

    fn estimate(&mut self, now: Now) -> Option<Timestamp> {
        let held = self.memory.record.as_deref()?.held.as_ref()?;
        self.timeline.judge(held.time, now)
    }

    /// The worst of what is wrong at present: what can be acted on first.
    fn problem(&self) -> Option<Problem> {
        if self.unreached.is_some() {
            return self.unreached.clone();
        }
        let record = self.memory.record.as_deref();
        let uncertain = record.and_then(|record| record.attempts.iter().rfind(|attempt| !self.is_sending(attempt)));
        let Some(attempt) = uncertain else { return self.storage.clone() };
        let mut problem = Problem::new(ErrorKind::SeatUncertain, attempt.text());
        problem.maybe_applied = true;
        Some(problem)
    }

    fn is_sending(&self, attempt: &Attempt) -> bool {
        self.sending.is_some_and(|id| attempt.is(id))
    }

    /// What to do with the stored bytes (an error where they could not be read), given these edits. Changes nothing.
    fn merge(&self, edits: &[Edit], stored: Result<Option<&[u8]>, ()>, opening: bool, now: Now) -> Merged {
        let readable = stored.is_ok();
        let (before, replay) = match stored {
            Ok(None) => (Memory { record: Some(Box::default()), untouchable: false }, &self.unsaved[..]),
            Ok(Some(bytes)) => (Memory::open(&self.sealer, bytes), &self.unsaved[..]),
            Err(()) => (self.memory.copy(), &[][..]),
        };
        let mut editor = Editor { config: &self.config, timeline: self.timeline, now, only_ours: false };
        let was_read = before.record.is_some();
        // what could not be trusted is not written over for a plan or a no, only for a yes or by the user
        let untrusted = before.record.as_deref().is_some_and(|before| before.aside.is_some() && before.held.is_none());
        let bytes_before = before.record.as_deref().map(Record::bytes);
        let mut record = before.record.unwrap_or_default();
        let mut contradicted = false;
        let mut precious = false;
        for (edit, is_new) in replay.iter().map(|edit| (edit, false)).chain(edits.iter().map(|edit| (edit, true))) {
            editor.only_ours = only_ours(replay, record.identity());
            let applied = editor.apply(&mut record, edit);
            contradicted |= is_new && applied == Applied::Contradicted;
            precious |= applied == Applied::Changed && edit.is_precious();
        }
        let lag = if opening { HIGH_LAG_MS.0 } else { HIGH_LAG_MS.1 };
        let mut changed = bytes_before != Some(record.bytes());
        if let Some(estimate) = editor.estimate(&record)
            && let Some(held) = record.held.as_mut()
        {
            changed |= estimate.ms_since(held.time.high) > lag;
            held.time.high = held.time.high.max(estimate);
        }
        let forgets = edits.iter().any(|edit| matches!(edit, Edit::Forget));
        let had_bytes = matches!(stored, Ok(Some(_)));
        let untouchable = before.untouchable && !forgets;
        let (change, complete) = if !readable || untouchable {
            (Change::Keep, !precious)
        } else if untrusted && !precious {
            (Change::Keep, !changed)
        } else if !changed {
            (Change::Keep, true)
        } else if record.is_worth_keeping(now.wall) {
            let durability = if precious { Durability::Synced } else { Durability::Relaxed };
            (Change::Put(self.sealer.seal(&record), durability), true)
        } else if had_bytes {
            (Change::Remove, true)
        } else {
            (Change::Keep, true)
        };
        // a license must not get lost because the store cannot be read, but nothing less counts as having read it
        let licensed = record.held.is_some();
        let record = (readable || licensed || was_read).then_some(record);
        Merged { memory: Memory { record, untouchable }, complete, contradicted, change }
    }

    /// Takes over what was merged and, as far as `written` says so, saved.
    fn adopt(&mut self, edits: Vec<Edit>, merged: Merged, written: &Result<(), String>, now: Now) {
        if written.is_ok() && merged.complete {
            self.unsaved.clear();
        } else {
            for edit in edits {
                self.remember_unsaved(edit);
            }
        }
        self.storage = written.as_ref().err().map(|message| Problem::new(ErrorKind::Storage, message.as_str()));
        self.memory = merged.memory;
        let plan = self.memory.record.as_deref().map(|record| record.plan).unwrap_or_default();
        if let Some(until) = plan.pause_ahead(now.wall) {
            self.pacer.pause(now.mono, until.since(now.wall));
        }
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
        let record = self.memory.record.as_deref()?;
        match &record.held {
            Some(held) => Some(Asked { identity: held.identity.clone(), revision: held.revision }),
            None => {
                let identity = record.aside.as_ref()?.identity.clone()?;
                Some(Asked { identity, revision: 0 })
            }
        }
    }

    fn has_license(&self) -> bool {
        self.memory.record.as_deref().is_some_and(|record| record.held.is_some())
    }

    /// Asks about a key, and a seat if there is one.
    fn validate(&self, key: &Key, seat: Option<Seat>) -> Box<wire::Validate> {
        let mut request = Box::new(wire::Validate::new(key, self.config.organization_id()));
        if let Some(seat) = seat {
            request.activation_id = Some(seat.id);
            request.conditions = self.conditions(seat.bound);
        }
        request
    }

    /// Gives a seat up.
    fn give_up(&self, key: &Key, activation_id: Uuid) -> Box<wire::Deactivate> {
        let organization_id = self.config.organization_id();
        Box::new(wire::Deactivate { key: key.clone(), organization_id, activation_id })
    }

    /// What a validate with this seat must send. The device's part is computed here and now, never read from a record.
    fn conditions(&self, bound: bool) -> Values {
        let mut conditions = self.config.conditions().clone();
        if bound {
            conditions.insert(DEVICE_CONDITION, self.host.device.as_str());
        }
        conditions
    }

    fn url(&self, path: &str) -> String {
        [self.config.environment().base_url(), path].concat()
    }

    /// Keeps a rejection in mind as far as it says whether Polar can be reached, and plans the next round.
    fn heard(&mut self, rejection: Option<&Rejection>, now: Now) -> PlanEdit {
        let record = self.memory.record.as_deref();
        let turned = record.and_then(|record| record.held.as_deref()).is_some_and(|held| held.verdict == Verdict::Yes)
            && matches!(rejection, Some(Rejection::Refused(_)));
        let misses = if turned { 0 } else { record.map_or(0, |record| record.plan.misses) };
        let jitter = self.random.next();
        let mut plan = PlanEdit { answered: true, misses, jitter, ended: now.mono, pause_until: None };
        self.unreached = None;
        if let Some(Rejection::RateLimited(wait)) = rejection {
            plan.pause_until = Some(now.wall.plus(*wait));
        }
        if let Some(rejection) = rejection.filter(|rejection| !rejection.is_polars_word()) {
            plan.answered = false;
            self.unreached = Some(unreached(rejection));
        }
        plan
    }

    /// Ends an operation.
    #[expect(clippy::boxed_local, reason = "everyone who ends one has it in its box")]
    fn finish(&mut self, op: Box<Op>, result: Result<Option<Deactivated>, Error>, now: Now) -> Step {
        drop(op.ticket);
        let result = op.failure.map_or(result, Err);
        self.sending = None;
        if let Some(running) = self.running.take().filter(|running| running.asks) {
            let answered = result.is_ok();
            self.last_asked = Some((running.id, answered));
        }
        let decision = self.current(now);
        let shown = decision.to_json();
        let changed = shown != self.shown;
        self.shown = shown;
        #[cfg(feature = "log")]
        log::debug!("{}: {}", decision.state(), decision.message());
        let (failure, deactivated) = match result {
            Ok(deactivated) => (None, deactivated),
            Err(error) => (Some(error), None),
        };
        Step::Done(Outcome { deactivated, changed, ..self.outcome(decision, failure, now) })
    }

    fn outcome(&mut self, decision: Decision, failure: Option<Error>, now: Now) -> Outcome {
        let result = match failure {
            None => Ok(decision),
            Some(error) => Err(error.with_decision(decision)),
        };
        Outcome { result, deactivated: None, changed: false, wake_at: self.wake_at(now) }
    }

    fn fail(&mut self, op: Box<Op>, rejection: Rejection, now: Now) -> Step {
        self.finish(op, Err(rejection.into()), now)
    }
}

impl Memory {
    fn copy(&self) -> Self {
        Self { record: self.record.as_deref().map(Record::copy), untouchable: self.untouchable }
    }

    fn open(sealer: &Sealer, bytes: &[u8]) -> Self {
        match sealer.open(bytes) {
            Ok(record) => Self { record: Some(record), untouchable: false },
            Err(aside) => {
                let untouchable = aside.why == Reason::NewerFormat;
                let mut record = Box::<Record>::default();
                record.aside = Some(aside);
                Self { record: Some(record), untouchable }
            }
        }
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

/// Whether this license was activated by an edit that has not been saved.
fn only_ours(unsaved: &[Edit], identity: Option<&Identity>) -> bool {
    let activates = |edit: &Edit| matches!(edit, Edit::Activated(activated) if Some(&activated.identity) == identity);
    identity.is_some() && unsaved.iter().any(activates)
}

fn unreached(rejection: &Rejection) -> Problem {
    let mut problem = Problem::new(rejection.kind(), rejection.text());
    problem.retry_after = rejection.retry_after();
    problem
}
