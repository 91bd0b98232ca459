//! Every operation as steps: the engine says what to store or send, and a driver does it and reports back. The engine
//! never waits, reads, writes, sends, or looks at a clock. All licensing is decided here or below.
//!
//! ```text
//!              ┌── Turn: wait for other processes ───────────┐
//!              ├── Store: lock, read, merge, write, unlock ──┤
//!  begin ──────┼── Send: wait until `not_before`, post once ─┼──► resume ──► … ──► Done(outcome)
//!              └── Join: wait for another operation to end ──┘
//! ```
//!
//! A driver is a loop over these, such as `blocking/driver.rs`. Only the step can continue its operation, in the engine
//! that returned it: it can be resumed once, and dropping it before anything was sent ends the operation without a
//! trace. After sending, a driver that gives up resumes with
//! [`Failure::Cancelled`](crate::transport::Failure::Cancelled), so that an activation on its way is not forgotten. No
//! lock is needed around the engine while a request is in flight.
//!
//! A whole driver, for one thread and one process:
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
mod watch;

pub use crate::codes::Deactivated;
#[cfg(feature = "portal")]
pub use crate::record::CodeUse;
pub use crate::store::Change;
#[cfg(feature = "portal")]
pub use edit::Rotated;
pub use outlook::Phase;
pub use pacer::Pacer;
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
use random::Random;
use std::sync::Arc;
use std::time::Duration;
use timeline::Timeline;

/// An operation that an engine can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Read the stored record: once at the start, and whenever another process may have changed it.
    Open,
    /// Ask Polar now.
    Validate,
    /// Ask Polar if it is due.
    Refresh(Patience),
    /// Count usage.
    Consume(u32),
    /// Take a seat for this device, or find that none is needed.
    Activate {
        /// The text that the user typed, or `None` for the stored key.
        key: Option<TypedKey>,
        /// Releases an older activation if no seat is free.
        replace_previous: bool,
    },
    /// Release the seat, and remove the license from this device.
    Deactivate,
    /// Remove the license from this device without releasing the seat.
    Forget,
    /// Run an operation for the customer portal.
    #[cfg(feature = "portal")]
    Portal(PortalOperation),
}

/// The start of a refresh, which decides how long the refresh may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The app is waiting: at most two seconds if access is allowed anyway.
    Short,
    /// Nobody is waiting: a timer has started the refresh.
    Full,
    /// Nobody is waiting, and the automatic refresh has just been started: asks even before it is due, unless access is
    /// allowed.
    Started,
    /// Nobody is waiting, and the network may just have come back: asks even before it is due, unless there is no
    /// problem.
    Woken,
}

/// A decision that differs from the one before it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionChange {
    /// The decision that holds.
    pub decision: Decision,
    /// The decision before it.
    pub before: Decision,
}

/// The number of an operation while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(u64);

/// The driver's knowledge about the machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// The id of this device, for Polar's conditions and for the seal.
    pub device: DeviceId,
    /// The name of the system for the default label, such as `Debian 12`. Never the name of the host or of the user.
    pub system: String,
    /// Random bytes, for jitter and labels.
    pub seed: [u8; 16],
    /// Whether the driver can wait for other processes that share the record, so that they ask Polar one after the
    /// other.
    pub takes_turns: bool,
}

/// The licensing of one app on one device. See the module documentation.
pub struct Engine {
    config: Config,
    host: Host,
    sealer: Sealer,
    /// The app's conditions and the one for this device, with which a seat that is bound to this device was taken.
    /// Computed here, and never read from a record.
    bound_conditions: Values,
    pacer: Pacer,
    random: Random,
    timeline: Timeline,
    /// The record in memory.
    record: Box<Record>,
    /// Whether the store was ever read.
    has_read: bool,
    /// Whether a newer version wrote the stored bytes, which must not be overwritten.
    is_newer: bool,
    /// Edits that `record` has and the store does not.
    unsaved: Vec<Edit>,
    /// The reason why Polar was not reached when it was last asked.
    unreached: Option<Problem>,
    /// The reason why the store could not be read or written when that was last tried.
    storage: Option<Problem>,
    /// The time at which Polar was last asked, in ms of the monotonic clock.
    asked_at: Option<u64>,
    /// Whether Polar has answered about the license that cannot be trusted.
    untrusted_answered: bool,
    /// The time at which to ask next if no clock can be trusted, in ms of the monotonic clock.
    fallback_at: Option<u64>,
    /// The operation under way, or the last one.
    running: Running,
    /// The last operation that asked and was answered, for the operations that joined it.
    last_answered: OpId,
    /// The decision that listeners were last called with, or that was read at the start.
    reported: Option<Decision>,
}

/// The part of the running operation's state that all operations have. The rest is in its steps.
#[derive(Default)]
struct Running {
    id: OpId,
    /// A token of which the step of the operation under way has a clone.
    ticket: Arc<()>,
    asks: bool,
    /// Whether a request was answered, by Polar or by something else.
    has_asked: bool,
    /// Whether a request has left since the record was last written.
    has_unsaved_request: bool,
    /// Whether the driver keeps other processes from asking Polar.
    has_turn: bool,
    /// The end of the operation's time, in ms of the monotonic clock.
    deadline: u64,
    /// The activation that was sent, or is about to be.
    sending: Option<AttemptId>,
}

/// The longest time for which a decision is kept without looking at the clocks again.
const LONGEST_SPAN: Duration = Duration::from_secs(60);

impl Engine {
    /// Creates an engine that knows no record yet: run [`Operation::Open`] first. `pacer` is that of the process.
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

    /// Returns the tags of the product and of the device, which distinguish this record from others.
    pub fn record_tags(&self) -> ([u8; 8], [u8; 8]) {
        self.sealer.tags()
    }

    /// Returns the decision at this instant, from memory.
    pub fn current(&mut self, now: Now) -> Decision {
        let facts = policy::Facts {
            now: self.estimate(now),
            record: &self.record,
            has_read: self.has_read,
            problem: self.problem(now),
            untrusted_answered: self.untrusted_answered,
        };
        policy::decide(&self.config, facts)
    }

    /// Returns the change for which listeners have not been called. A driver asks for it after each operation. The
    /// decision that is read at the start is not a change.
    pub fn take_change(&mut self, now: Now) -> Option<DecisionChange> {
        let decision = self.current(now);
        let before = self.reported.replace(decision.clone())?;
        (before != decision).then_some(DecisionChange { decision, before })
    }

    /// Returns the span in which the decision of [`current`](Self::current) at this instant holds, unless an operation
    /// changes it meanwhile. That is a minute at most: the engine learns the time only in `current`, and has to
    /// remember it in case the clock is set back.
    pub fn holds(&mut self, now: Now) -> Span {
        let change = self.next_change(now);
        let wall = change.wall.min(now.wall.plus(LONGEST_SPAN));
        let mono = change.mono.min(now.after(milliseconds(LONGEST_SPAN)));
        Span::new(now, Now { wall, mono })
    }

    /// Returns the clocks at which time alone changes the decision next.
    fn next_change(&mut self, now: Now) -> Now {
        let estimate = self.estimate(now);
        let by_license = self.record.license.as_deref().and_then(|license| match estimate {
            Some(at) => {
                let change = policy::next_change(&self.config, license, at)?;
                Some(timeline::soonest(license.time, now, at, change))
            }
            None => Some(timeline::believed(license.time)),
        });
        let attempts = self.record.attempts.iter().filter_map(|attempt| attempt.next_change(now.wall));
        let mut until = by_license.unwrap_or(Now::LAST);
        until.wall = attempts.fold(until.wall, Timestamp::min);
        until
    }

    /// Returns `true` if a feature is on at this instant, as [`Decision::allows`] of [`current`](Self::current) does,
    /// but without making a decision.
    pub fn allows(&mut self, feature: &str, now: Now) -> bool {
        let estimate = self.estimate(now);
        policy::features(&self.config, self.record.license.as_deref(), estimate).allows(feature)
    }

    /// Returns the configuration with which the engine was created.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns `true` if the operation is still under way.
    pub fn is_running(&self, id: OpId) -> bool {
        self.running.id == id && Arc::strong_count(&self.running.ticket) > 1
    }

    /// Returns the conditions with which a seat is taken or was taken.
    fn conditions(&self, bound: bool) -> &Values {
        if bound { &self.bound_conditions } else { self.config.conditions() }
    }
}

impl Operation {
    /// Returns `true` if the operation only asks, so that two at once can share one answer.
    fn asks(&self) -> bool {
        match self {
            Self::Validate | Self::Refresh(_) => true,
            Self::Open | Self::Consume(_) | Self::Activate { .. } | Self::Deactivate | Self::Forget => false,
            #[cfg(feature = "portal")]
            Self::Portal(_) => false,
        }
    }
}
