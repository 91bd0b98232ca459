//! Runs every operation as a series of steps. A step says what to store or send; a driver does it and reports the
//! result. The engine itself never waits, reads, writes, sends, or looks at a clock. This module and its submodules
//! make all licensing decisions.
//!
//! ```text
//!              ┌── Turn: wait for other processes ───────────┐
//!              ├── Store: lock, read, merge, write, unlock ──┤
//!  begin ──────┼── Send: wait until `not_before`, post once ─┼──► resume ──► … ──► Done(outcome)
//!              └── Join: wait for another operation to end ──┘
//! ```
//!
//! A driver is a loop over these steps, such as `blocking/driver.rs`. An operation continues when the driver resumes
//! its current step, in the engine that returned the step. A step can be resumed only once. If a step is dropped before
//! anything was sent, the operation ends without a trace. A driver that gives up after it has sent a request must
//! resume the step with [`Failure::Cancelled`](crate::transport::Failure::Cancelled). Then the engine remembers that an
//! activation may still reach Polar. While a request is in flight, no lock on the engine is needed.
//!
//! A complete driver, for one thread and one process:
//!
//! ```
//! use polar_license::clock::{Clock, ManualClock};
//! use polar_license::device::DeviceId;
//! use polar_license::engine::{Change, Engine, Host, Operation, Outcome, Pacer, Step, Turn};
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
//!             Step::Join(step) => step.resume(engine, clock.now()), // only if operations run side by side
//!             Step::Turn(step) => step.resume(engine, Turn::Taken, clock.now()), // only if the host takes turns
//!             Step::Done(outcome) => return outcome,
//!         }
//!     }
//! }
//!
//! let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app").build()?;
//! let device = DeviceId::derive(&config.organization_id(), "4c4c4544004b4d108052b4c04f4e3232");
//! let host = Host { device, system: "Debian 12".into(), seed: [7; 16], takes_turns: false };
//! let mut engine = Engine::new(config, host, Pacer::new());
//! let clock = ManualClock::new(Timestamp::parse("2026-11-21T07:44:42Z").unwrap());
//! let nobody = |_: &Request, _: u64| unreachable!("opening asks nobody");
//! let outcome = run(&mut engine, Operation::Open, &MemoryStore::new(), &clock, nobody);
//! assert_eq!(outcome.result?.state(), State::Unlicensed);
//! # Ok::<(), polar_license::Error>(())
//! ```

mod activate;
mod ask;
#[cfg(feature = "portal")]
mod code_pace;
mod due;
mod edit;
mod failure;
mod finish;
mod label;
mod memory;
mod offline;
mod outlook;
mod pacer;
mod policy;
#[cfg(feature = "portal")]
mod portal;
mod random;
mod release;
mod run;
mod schedule;
mod span;
mod step;
mod task;
mod timeline;
mod trial;
mod watch;

pub use crate::codes::Deactivated;
pub use crate::offline::{OfflineRequest, ReturnedSeats};
pub use crate::offline_text::OfflineText;
#[cfg(feature = "portal")]
pub use crate::record::CodeUse;
pub use crate::store::Change;
#[cfg(feature = "portal")]
pub use edit::Rotated;
pub use outlook::Phase;
pub use pacer::Pacer;
#[cfg(feature = "http")]
pub(crate) use policy::{accepts, updates_ended};
#[cfg(feature = "portal")]
pub(crate) use portal::CODE_REQUEST_MS;
#[cfg(feature = "portal")]
pub use portal::PortalOperation;
pub use span::Span;
pub use step::{JoinStep, Outcome, SendStep, Step, StoreStep, Turn, TurnStep};
pub use watch::{Look, Watch};

use crate::config::{Config, DEVICE_CONDITION};
use crate::decision::{Decision, Problem};
use crate::device::DeviceId;
use crate::key::TypedKey;
use crate::record::{Record, Sealer};
use crate::time::{Now, Timestamp, milliseconds};
use crate::values::Values;
use edit::{AttemptId, Edit};
use offline::Answering;
use random::Random;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use timeline::Timeline;

/// An operation that an engine can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Read the stored record. Run this operation at the start, and again whenever another process may have changed the
    /// record.
    Open,
    /// Ask Polar about the license now.
    Validate,
    /// Ask Polar about the license, but only if a refresh is due.
    Refresh(Patience),
    /// Count this many uses of the license key.
    Consume(u32),
    /// Take a seat for this device, if the license key needs one.
    Activate {
        /// The text that the user typed, or `None` for the stored key.
        key: Option<TypedKey>,
        /// Whether the activation may release an older seat if no seat is free, and then try again. The older seat is
        /// the one that the record names.
        replace_previous: bool,
    },
    /// Release the seat, and remove the license from this device.
    Deactivate,
    /// Remove the license from this device without releasing the seat.
    Forget,
    /// Start the trial.
    StartTrial,
    /// Write a request for a license, on a computer without a network.
    OfflineRequest,
    /// Activate the key for the device that wrote the request, and write the answer. Requires an engine that was
    /// created for that device.
    OfflineAnswer {
        /// The request.
        request: OfflineRequest,
        /// The text that the user typed.
        key: TypedKey,
    },
    /// Import the answer to the latest request.
    OfflineImport(OfflineText),
    /// Remove the license from a computer without a network, and write a text that gives up its seat.
    OfflineReturn,
    /// Release the seats that another device has given up. Requires an engine that was created for that device.
    OfflineRelease(ReturnedSeats),
    /// Run an operation for the customer portal.
    #[cfg(feature = "portal")]
    Portal(PortalOperation),
}

/// The occasion of a refresh. It decides whether Polar is asked before the refresh is due, and how long the refresh may
/// take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The app waits for the result. If access is already allowed, the refresh takes at most two seconds.
    Short,
    /// A timer has started the refresh. Nobody waits for the result, so the refresh may take its full time.
    Full,
    /// The app has just started the automatic refresh, and nobody waits for the result. If access is not allowed, Polar
    /// is asked even if no refresh is due yet.
    Started,
    /// The network may just have come back, and nobody waits for the result. If the state is not active, or if Polar
    /// could not be reached the last time, Polar is asked even if no refresh is due yet.
    Woken,
}

/// A change of the decision.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionChange {
    /// The new decision.
    pub decision: Decision,
    /// The previous decision.
    pub before: Decision,
}

/// The number that identifies an operation while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(u64);

/// The facts about the machine and the driver that the engine needs.
#[derive(Clone, Debug)]
pub struct Host {
    /// The id of this device. Polar checks the id as one of the activation's conditions. The id is also used to seal
    /// the record.
    pub device: DeviceId,
    /// The name of the operating system for the default label.
    pub system: SystemName,
    /// Random bytes, for jitter and labels.
    pub seed: [u8; 16],
    /// Whether the driver can prevent several processes with the same record from asking Polar at the same time.
    pub takes_turns: bool,
}

/// The name of an operating system, such as `Debian 12`. Contains neither the name of the host nor the name of the user.
#[derive(Clone, Debug)]
pub enum SystemName {
    /// A name.
    Known(String),
    /// A function that asks the system for the name. It is called for each default label.
    Lookup(fn() -> String),
}

impl SystemName {
    fn get(&self) -> Cow<'_, str> {
        match self {
            Self::Known(name) => Cow::Borrowed(name),
            Self::Lookup(name) => Cow::Owned(name()),
        }
    }
}

impl<T: Into<String>> From<T> for SystemName {
    fn from(name: T) -> Self {
        Self::Known(name.into())
    }
}

/// Manages the license of one app on one device. See the module documentation.
pub struct Engine {
    config: Config,
    host: Host,
    sealer: Sealer,
    /// The conditions of a seat that is bound to this device: the app's own conditions and the device's id. The engine
    /// always computes them itself, and never reads them from a record.
    bound_conditions: Values,
    pacer: Pacer,
    random: Random,
    timeline: Timeline,
    /// The record in memory.
    record: Box<Record>,
    /// The time at which the first operation began, in ms of the monotonic clock.
    began_at: Option<u64>,
    /// Whether the store has been read at least once.
    has_read: bool,
    /// Whether a newer version of this library wrote the stored bytes. Such bytes must not be overwritten.
    is_newer: bool,
    /// The edits that were made to `record` and are not in the store yet.
    unsaved: Vec<Edit>,
    /// The reason why Polar could not be reached the last time, or `None` if it was reached.
    unreached: Option<Problem>,
    /// The reason why the store could not be read or written the last time, or `None` if it could.
    storage: Option<Problem>,
    /// The time at which Polar was last asked, in ms of the monotonic clock.
    asked_at: Option<u64>,
    /// Whether Polar has answered about a stored license whose record is not trusted.
    untrusted_answered: bool,
    /// The time at which to ask Polar next while neither clock can be trusted, in ms of the monotonic clock.
    fallback_at: Option<u64>,
    /// The operation in progress. If there is none, the operation that ended last.
    running: Running,
    /// The last operation that asked Polar and did not fail. Operations that joined it share its result.
    last_answered: OpId,
    /// The decision at the last call of [`take_change`](Engine::take_change), or `None` before the first call.
    reported: Option<Decision>,
}

/// The state that every running operation has. The steps of the operation hold the rest.
#[derive(Default)]
struct Running {
    id: OpId,
    /// The ticket that shows whether the operation is under way. The operation's current step holds a clone. When no
    /// clone is left, the operation has ended.
    ticket: Arc<()>,
    asks: bool,
    /// Whether a send step has ended, with or without an answer.
    has_asked: bool,
    /// Whether a request was sent after the record was last written.
    has_unsaved_request: bool,
    /// Whether it is this operation's turn to ask Polar. During the turn, the driver keeps other processes from asking
    /// Polar.
    has_turn: bool,
    /// The operation's deadline, in ms of the monotonic clock.
    deadline: u64,
    /// The activation that was sent, or is about to be sent.
    sending: Option<AttemptId>,
    /// The other device's request that this operation answers.
    answering: Option<Answering>,
}

/// The longest time for which a decision is used before it is computed again.
const LONGEST_SPAN: Duration = Duration::from_secs(60);

impl Engine {
    /// Creates an engine that has not read a record yet: run [`Operation::Open`] first. Pass the same `pacer` to all
    /// engines of a process.
    pub fn new(config: Config, host: Host, pacer: Pacer) -> Self {
        let mut bound_conditions = config.conditions().clone();
        bound_conditions.insert(DEVICE_CONDITION, host.device.as_str());
        Self {
            bound_conditions,
            sealer: Sealer::new(&config, &host.device),
            random: Random::new(host.seed),
            config,
            host,
            pacer,
            timeline: Timeline::default(),
            record: Box::default(),
            began_at: None,
            has_read: false,
            is_newer: false,
            unsaved: Vec::new(),
            unreached: None,
            storage: None,
            asked_at: None,
            untrusted_answered: false,
            fallback_at: None,
            running: Running::default(),
            last_answered: OpId::default(),
            reported: None,
        }
    }

    /// Creates an engine that acts for another device, which has no network. `host.device` is the id of that device, and
    /// `host.system` is the name of its operating system.
    pub fn for_device(config: &Config, host: Host, pacer: Pacer) -> Self {
        Self::new(config.for_device(), host, pacer)
    }

    /// Returns the tags of the product and of the device. Together they distinguish this record from others.
    pub fn record_tags(&self) -> ([u8; 8], [u8; 8]) {
        self.sealer.tags()
    }

    /// Returns the present decision. Does not read the store.
    pub fn current(&mut self, now: Now) -> Decision {
        let estimate = self.estimate(now);
        self.decide(&self.record, estimate, now)
    }

    /// Makes the decision with this record. `estimate` is the time on Polar's clock, or `None` if no clock can be
    /// trusted.
    fn decide(&self, record: &Record, estimate: Option<Timestamp>, now: Now) -> Decision {
        let facts = policy::Facts {
            now: estimate,
            record,
            has_read: self.has_read,
            problem: self.problem(now),
            untrusted_answered: self.untrusted_answered,
        };
        policy::decide(&self.config, facts)
    }

    /// Returns the change of the decision since the last call, or `None` if it has not changed. The first call returns
    /// `None`. A driver calls this after each operation, and reports the change to the listeners.
    pub fn take_change(&mut self, now: Now) -> Option<DecisionChange> {
        let decision = self.current(now);
        let before = self.reported.replace(decision.clone())?;
        (before != decision).then_some(DecisionChange { decision, before })
    }

    /// Returns the span of time in which the present decision of [`current`](Self::current) holds. An operation may
    /// change the decision earlier.
    ///
    /// After the span, call `current` again. The span is at most a minute, because the engine learns the time only from
    /// such calls. The engine must know a recent time to notice that the wall clock was set back.
    pub fn holds(&mut self, now: Now) -> Span {
        let change = self.next_change(now);
        let wall = change.wall.min(now.wall.plus(LONGEST_SPAN));
        let mono = change.mono.min(now.after(milliseconds(LONGEST_SPAN)));
        Span::new(now, Now { wall, mono })
    }

    /// Returns when the decision changes next if no operation runs: one time for the wall clock, and one for the
    /// monotonic clock. The decision changes as soon as either clock has reached its time.
    fn next_change(&mut self, now: Now) -> Now {
        let estimate = self.estimate(now);
        let by_time = self.record.time().and_then(|time| match estimate {
            Some(at) => {
                let change = policy::next_change(&self.config, &self.record, at)?;
                Some(timeline::soonest(time, now, at, change))
            }
            None => Some(timeline::believed(time)),
        });
        let attempts = self.record.attempts.iter().filter_map(|attempt| attempt.next_change(now.wall));
        let mut until = by_time.unwrap_or(Now::LAST);
        until.wall = attempts.fold(until.wall, Timestamp::min);
        until
    }

    /// Returns `true` if a feature is on at this instant. The result equals [`Decision::allows`] of the
    /// [`current`](Self::current) decision, but no `Decision` is created.
    pub fn allows(&mut self, feature: &str, now: Now) -> bool {
        let estimate = self.estimate(now);
        policy::features(&self.config, &self.record, estimate).allows(feature)
    }

    /// Returns the configuration with which the engine was created.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns `true` if the operation is still under way.
    pub fn is_running(&self, id: OpId) -> bool {
        self.running.id == id && Arc::strong_count(&self.running.ticket) > 1
    }

    /// Returns the conditions of a seat. `bound` says whether the seat is bound to this device.
    fn conditions(&self, bound: bool) -> &Values {
        if bound { &self.bound_conditions } else { self.config.conditions() }
    }
}

impl Operation {
    /// Returns `true` if the operation only asks Polar about the license. Two operations of this kind that run at the
    /// same time can share one answer.
    fn asks(&self) -> bool {
        match self {
            Self::Validate | Self::Refresh(_) => true,
            Self::Open | Self::Consume(_) | Self::Activate { .. } | Self::Deactivate | Self::Forget => false,
            Self::StartTrial
            | Self::OfflineRequest
            | Self::OfflineAnswer { .. }
            | Self::OfflineImport(_)
            | Self::OfflineReturn
            | Self::OfflineRelease(_) => false,
            #[cfg(feature = "portal")]
            Self::Portal(_) => false,
        }
    }
}
