//! Carries out the engine's steps with a store, a transport and threads. Decides nothing about licenses.
//!
//! The engine is locked only while it computes the next step, and never while the driver stores or sends.
//! `shared_engine.rs` explains how the license is read without the lock.

mod exchange;
#[cfg(feature = "portal")]
mod portal;

pub(super) use exchange::Scope;

use crate::client::exchange_log;
use crate::client::listeners::Listeners;
use crate::client::shared_engine::SharedEngine;
use crate::client::unknown_features::UnknownFeatures;
use crate::clock::Clock;
use crate::decision::Decision;
use crate::engine::{Change, Engine, JoinStep, Operation, Outcome, SendStep, Step, StoreStep, Turn, TurnStep};
use crate::store::{HeldTurn, Store, StoreError};
use crate::time::Now;
use crate::transport::{Answer, Sent, Transport};
use exchange::Exchange;
use std::panic::RefUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The state that a client, its threads and its operations share.
pub(super) struct Driver {
    engine: SharedEngine,
    /// Signalled whenever an operation ends.
    ended: Condvar,
    /// The time at which the refresher next checks whether a refresh is due. Each operation sets this field when it
    /// ends, to `Some(None)` if no time is planned. The refresher reads the field, and sets it to `None`, which means
    /// that no operation has ended since.
    planned: Mutex<Option<Option<u64>>>,
    /// Signalled when `planned` changes, and when the refresher's wait must end.
    replanned: Condvar,
    store: Box<dyn Store>,
    transport: Arc<dyn Transport>,
    pub(super) listeners: Listeners<Listener>,
    unknown_features: UnknownFeatures,
    /// The scope of the callers' operations. A cancellation ends all operations in it, and a new scope takes its place
    /// for later operations.
    scope: Mutex<Scope>,
}

pub(super) type Listener = Arc<dyn Fn(&Decision, &Decision) + Send + Sync>;

/// Only the app's store, transport, clock and listeners can panic while the driver runs. They are never called while
/// the driver's state is half changed.
impl RefUnwindSafe for Driver {}

impl Driver {
    pub(super) fn new(
        engine: Engine,
        unknown_features: UnknownFeatures,
        store: Box<dyn Store>,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            engine: SharedEngine::new(engine, clock),
            ended: Condvar::new(),
            store,
            transport,
            planned: Mutex::default(),
            replanned: Condvar::new(),
            listeners: Listeners::default(),
            unknown_features,
            scope: Mutex::default(),
        }
    }

    pub(super) fn run(&self, operation: Operation) -> Outcome {
        let scope = lock(&self.scope).clone();
        self.run_in(&scope, operation)
    }

    /// Runs one operation with another engine and another store, and with this driver's network and clock.
    /// [`cancel`](Self::cancel) ends this operation too. No other operation uses that engine, so there is none that
    /// this one could join.
    pub(super) fn run_beside(
        &self,
        engine: Engine,
        unknown_features: UnknownFeatures,
        store: Box<dyn Store>,
        operation: Operation,
    ) -> Outcome {
        let scope = lock(&self.scope).clone();
        let other = Self::new(engine, unknown_features, store, Arc::clone(&self.transport), self.engine.clock());
        other.run_in(&scope, operation)
    }

    pub(super) fn run_in(&self, scope: &Scope, operation: Operation) -> Outcome {
        // When this guard is dropped, it wakes the operations that wait for this operation. It is also dropped if the
        // app's store panics.
        let _wakes = WakeOnDrop(&self.ended);
        // During this process's turn, no other process asks Polar. The turn lasts until the answer is stored.
        let mut turn = None;
        let mut step = self.engine.update(|engine, now| engine.begin(operation, now));
        let outcome = loop {
            step = match step {
                Step::Turn(step) => self.wait_for_turn(step, scope, &mut turn),
                Step::Store(step) => self.store(step, scope),
                Step::Send(step) => self.send(step, scope, turn.as_deref()),
                Step::Join(step) => self.join(step, scope),
                Step::Done(outcome) => break outcome,
            };
        };
        *lock(&self.planned) = Some(outcome.wake_at);
        self.replanned.notify_all();
        if let Some(change) = self.engine.update(Engine::take_change) {
            self.listeners.notify(&change);
        }
        outcome
    }

    /// Calls `read` with the current decision, and returns the result.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Decision) -> T) -> T {
        self.engine.read(read)
    }

    pub(super) fn current(&self) -> Decision {
        self.read(Decision::clone)
    }

    pub(super) fn allows(&self, feature: &str) -> bool {
        let is_on = self.read(|decision| decision.allows(feature));
        if !is_on {
            self.unknown_features.check(feature);
        }
        is_on
    }

    pub(super) fn now(&self) -> Now {
        self.engine.now()
    }

    /// Returns the [`Store::stamp`] of the client's store.
    pub(super) fn stamp(&self) -> Option<u64> {
        self.store.stamp()
    }

    /// Cancels all operations that callers have started and that are still in progress. A request that was already sent
    /// may have been applied.
    pub(super) fn cancel(&self) {
        let scope = std::mem::take(&mut *lock(&self.scope));
        self.cancel_scope(&scope);
    }

    pub(super) fn cancel_scope(&self, scope: &Scope) {
        scope.cancel();
        self.engine.wake(&self.ended);
        drop(lock(&self.planned));
        self.replanned.notify_all();
    }

    /// Waits until an operation ends, the scope is cancelled, or `pause` has passed. Does not wait if an operation has
    /// ended since the last call. Returns `None` if no operation has ended. Otherwise returns the time that the
    /// operation has planned for the next automatic refresh, or `Some(None)` if it has planned none.
    pub(super) fn wait_for_plan(&self, pause: Duration, scope: &Scope) -> Option<Option<u64>> {
        let planned = lock(&self.planned);
        let idle = |planned: &mut Option<Option<u64>>| planned.is_none() && !scope.is_cancelled();
        let (mut planned, _) =
            self.replanned.wait_timeout_while(planned, pause, idle).unwrap_or_else(PoisonError::into_inner);
        planned.take()
    }

    /// Carries out a store step. First reads without the lock, because most steps change nothing. That is safe, because
    /// records are always replaced as a whole. If the step changes something, reads again under the lock, and then
    /// writes.
    fn store(&self, mut step: StoreStep, scope: &Scope) -> Step {
        self.pause(step.not_before, scope);
        let mut written = self.read_and_merge(&mut step).map(|change| change == Change::Keep);
        if let Ok(false) = written {
            let mut under_lock = Ok(());
            let left = Duration::from_millis(self.now().until(step.until));
            let locked = self.store.locked_within(left, &mut || {
                under_lock = self.read_and_merge(&mut step).and_then(|change| self.write(change));
            });
            written = locked.and(under_lock).map(|()| true);
        }
        let written = written.map(drop).map_err(|error| error.to_string());
        self.engine.update(|engine, now| step.resume(engine, written, now))
    }

    fn read_and_merge(&self, step: &mut StoreStep) -> Result<Change, StoreError> {
        let stored = self.store.load();
        let bytes = stored.as_ref().map(Option::as_deref).map_err(drop);
        let change = self.engine.inspect(|engine, now| step.merge(engine, bytes, now));
        stored.map(|_| change)
    }

    fn write(&self, change: Change) -> Result<(), StoreError> {
        match change {
            Change::Keep => Ok(()),
            Change::Put(bytes, durability) => self.store.save(&bytes, durability),
            Change::Remove => self.store.remove(),
        }
    }

    /// Waits until it is this process's turn to ask Polar. Waits in many short intervals, so that a cancellation soon
    /// ends the wait.
    fn wait_for_turn<'a>(&'a self, step: TurnStep, scope: &Scope, held: &mut Option<Box<dyn HeldTurn + 'a>>) -> Step {
        const PIECE: Duration = Duration::from_millis(100);
        *held = self.store.take_turn(Duration::ZERO);
        let mut left = Duration::from_millis(self.now().until(step.until));
        while held.is_none() {
            if scope.is_cancelled() {
                return self.engine.update(|engine, now| step.cancel(engine, now));
            }
            if left.is_zero() {
                return self.engine.update(|engine, now| step.resume(engine, Turn::Late, now));
            }
            *held = self.store.take_turn(PIECE.min(left));
            left = left.saturating_sub(PIECE);
        }
        self.engine.update(|engine, now| step.resume(engine, Turn::Taken, now))
    }

    fn send(&self, step: SendStep, scope: &Scope, turn: Option<&(dyn HeldTurn + '_)>) -> Step {
        let keep = || turn.iter().for_each(|turn| turn.keep());
        let exchange = Exchange::new(scope);
        let wait = Duration::from_millis(self.now().until(step.not_before));
        let answer = if exchange.pause(wait, keep) {
            let start = self.now();
            let answer = exchange.send(&self.transport, &step.request, keep);
            exchange_log::log(&step.request, &answer, start.until(self.now().mono));
            answer
        } else {
            Answer::cancelled(Sent::No)
        };
        self.engine.update(|engine, now| step.resume(engine, answer, now))
    }

    /// Waits until the monotonic clock reads `until`, or until the scope is cancelled. The scope itself ends the wait, so
    /// that a cancellation also reaches an operation of [`run_beside`](Self::run_beside).
    fn pause(&self, until: u64, scope: &Scope) {
        let wait = Duration::from_millis(self.now().until(until));
        Exchange::new(scope).pause(wait, || {});
    }

    fn join(&self, step: JoinStep, scope: &Scope) -> Step {
        let wait = Duration::from_millis(self.now().until(step.until));
        let goes_on = |engine: &Engine| engine.is_running(step.waits_for) && !scope.is_cancelled();
        self.engine.wait_while(&self.ended, wait, goes_on);
        let is_cancelled = scope.is_cancelled();
        self.engine.update(|engine, now| if is_cancelled { step.cancel(engine, now) } else { step.resume(engine, now) })
    }
}

struct WakeOnDrop<'a>(&'a Condvar);

impl Drop for WakeOnDrop<'_> {
    fn drop(&mut self) {
        self.0.notify_all();
    }
}

/// Locks a mutex, even if a thread has panicked while it held the lock. Such a panic does not leave the data half
/// changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
