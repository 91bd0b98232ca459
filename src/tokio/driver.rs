//! Carries out the engine's steps with a store, a transport and timers, in tasks of one runtime. Decides nothing about
//! licenses.
//!
//! When the caller first polls an operation, the operation starts to run as a task of its own. The caller's future only
//! receives the outcome of this task:
//!
//! ```text
//!  caller   await ───────────────┬──────────► outcome
//!                                └─ dropped ─► Cancel::AfterReply
//!  task     begin ── store, send, join … ─────► end     notifies callers, the refresher and the listeners
//! ```
//! The engine is locked only to take a step, and never while a future is awaited or a listener runs. `shared_engine.rs`
//! explains how the license is read without the lock.

#[cfg(feature = "portal")]
mod portal;

use super::cancellation::Cancellation;
use super::place::{HeldTurn, Place};
use super::race::{Raced, race};
use crate::client::cancel::Cancel;
use crate::client::exchange_log;
use crate::client::listeners::Listeners;
use crate::client::shared_engine::SharedEngine;
use crate::client::unknown_features::UnknownFeatures;
use crate::clock::Clock;
use crate::codes::ErrorKind;
use crate::decision::{Decision, Problem};
use crate::engine::{
    Change, Engine, JoinStep, OpId, Operation, Outcome, Phase, SendStep, Step, StoreStep, Turn, TurnStep,
};
use crate::error::Error;
use crate::store::StoreError;
use crate::time::Now;
use crate::transport::{Answer, AsyncTransport, Failure, Request, Sent};
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

/// The state that a client, its clones and its operations share.
pub(super) struct Driver {
    engine: SharedEngine,
    /// Changes whenever an operation ends.
    ended: watch::Sender<()>,
    /// The time at which the refresher checks next whether a refresh is due. Each operation sets it when it ends.
    /// `None` if the operation has set no time, or if no operation has ended yet.
    planned: watch::Sender<Option<u64>>,
    place: Place,
    transport: Arc<dyn AsyncTransport>,
    pub(super) listeners: Listeners<Listener>,
    unknown_features: UnknownFeatures,
    /// The cancellations of the operations that callers have started.
    running: Arc<Mutex<Vec<Weak<Cancellation>>>>,
    /// The number of tasks that are carrying out an operation.
    under_way: watch::Sender<usize>,
    pub(super) runtime: Handle,
}

pub(super) type Listener = Arc<dyn Fn(&Decision, &Decision) + Send + Sync>;

/// The time that the driver waits in addition to a request's timeout, so that the transport can still report the
/// outcome.
const SLACK: Duration = Duration::from_millis(250);

impl Driver {
    pub(super) fn new(
        engine: Engine,
        unknown_features: UnknownFeatures,
        place: Place,
        transport: Arc<dyn AsyncTransport>,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Self {
        Self {
            engine: SharedEngine::new(engine, clock),
            ended: watch::Sender::new(()),
            planned: watch::Sender::new(None),
            place,
            transport,
            listeners: Listeners::default(),
            unknown_features,
            running: Arc::default(),
            under_way: watch::Sender::new(0),
            runtime,
        }
    }

    /// Runs one operation with another engine and another place, and with this driver's network, clock and runtime. This
    /// driver's [`cancel`](Self::cancel) and [`drain`](Self::drain) end it like the operations of this driver. It also
    /// ends early as soon as the future `cancelled` is ready.
    pub(super) async fn run_beside(
        &self,
        engine: Engine,
        unknown_features: UnknownFeatures,
        place: Place,
        operation: Operation,
        cancelled: impl Future<Output = ()>,
    ) -> Outcome {
        let (transport, clock) = (Arc::clone(&self.transport), self.engine.clock());
        let other = Self::new(engine, unknown_features, place, transport, clock, self.runtime.clone());
        let other = Arc::new(Self { running: Arc::clone(&self.running), under_way: self.under_way.clone(), ..other });
        other.run_until(operation, cancelled).await
    }

    /// Runs an operation for a caller. [`cancel`](Self::cancel) ends it.
    pub(super) async fn run(self: &Arc<Self>, operation: Operation) -> Outcome {
        let cancellation = self.new_cancellation();
        let _ends = EndOnDrop(&cancellation);
        self.run_with(&cancellation, operation).await
    }

    /// Runs an operation for a caller. The operation ends early if [`cancel`](Self::cancel) is called, or as soon as
    /// the future `cancelled` is ready.
    pub(super) async fn run_until(
        self: &Arc<Self>,
        operation: Operation,
        cancelled: impl Future<Output = ()>,
    ) -> Outcome {
        let cancellation = self.new_cancellation();
        let _ends = EndOnDrop(&cancellation);
        let mut outcome = pin!(self.run_with(&cancellation, operation));
        match race(outcome.as_mut(), Duration::MAX, cancelled).await {
            Raced::Done(outcome) => outcome,
            Raced::TimeUp | Raced::Cancelled => {
                cancellation.request(Cancel::Now);
                outcome.await
            }
        }
    }

    /// Keeps the callers' operations from sending further requests. Then waits until no operation is in progress.
    pub(super) async fn drain(&self) {
        let mut under_way = self.under_way.subscribe();
        self.running().iter().for_each(|cancellation| cancellation.request(Cancel::AfterReply));
        // cannot fail, because `self` owns the sender
        let _ = under_way.wait_for(|count| *count == 0).await;
    }

    /// Returns the `Cancellation` of each operation that a caller has started and that is still in progress.
    fn running(&self) -> Vec<Arc<Cancellation>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.iter().filter_map(Weak::upgrade).collect()
    }

    fn new_cancellation(&self) -> Arc<Cancellation> {
        let cancellation = Arc::new(Cancellation::new());
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|cancellation| cancellation.strong_count() > 0);
        running.push(Arc::downgrade(&cancellation));
        cancellation
    }

    /// Runs an operation. Only `cancellation` can end it early.
    pub(super) async fn run_with(self: &Arc<Self>, cancellation: &Arc<Cancellation>, operation: Operation) -> Outcome {
        let (driver, its_cancellation) = (Arc::clone(self), Arc::clone(cancellation));
        let task = async move { driver.carry_out(&its_cancellation, operation).await };
        match self.spawn(task).await.map_err(JoinError::try_into_panic) {
            Ok(outcome) => outcome,
            // the app's store, clock or listener panicked
            Err(Ok(panic)) => resume_unwind(panic),
            Err(Err(_)) => self.cut_off(),
        }
    }

    /// Spawns a task that [`drain`](Self::drain) waits for.
    fn spawn<T: Send + 'static>(self: &Arc<Self>, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let counts = UnderWay::new(self);
        self.runtime.spawn(async move {
            let _counts = counts;
            task.await
        })
    }

    async fn carry_out(&self, cancellation: &Cancellation, operation: Operation) -> Outcome {
        // When this guard is dropped, it wakes the operations that wait for this operation. It is also dropped if the
        // app's store panics.
        let wakes = WakeOnDrop(&self.ended);
        // the turn to ask Polar, which this client keeps until the answer is stored
        let mut turn = None;
        let mut step = self.engine.update(|engine, now| engine.begin(operation, now));
        let outcome = loop {
            step = match step {
                Step::Turn(step) => self.wait_for_turn(step, cancellation, &mut turn).await,
                Step::Store(step) => self.store(step, cancellation).await,
                Step::Send(step) => self.send(step, cancellation).await,
                Step::Join(step) => self.join(step, cancellation).await,
                Step::Done(outcome) => break outcome,
            };
        };
        if let Some(turn) = turn {
            turn.end().await;
        }
        drop(wakes);
        self.planned.send_replace(outcome.wake_at);
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

    pub(super) fn outlook(&self) -> Vec<Phase> {
        self.engine.update(|engine, now| engine.outlook(now))
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

    /// Returns the [`Store::stamp`](crate::store::Store::stamp) of the client's store, or `None` if the store has no
    /// stamp.
    pub(super) async fn stamp(&self) -> Option<u64> {
        self.place.stamp().await
    }

    /// Ends every operation that a caller has started and that is still in progress. Polar may already have applied a
    /// request that was sent.
    pub(super) fn cancel(&self) {
        self.running().iter().for_each(|cancellation| cancellation.request(Cancel::Now));
    }

    /// Returns a receiver for the time at which the automatic refresh should run next. This time changes when an
    /// operation ends.
    pub(super) fn plans(&self) -> watch::Receiver<Option<u64>> {
        self.planned.subscribe()
    }

    /// Returns the outcome of an operation whose task ended because the runtime shut down.
    fn cut_off(&self) -> Outcome {
        Outcome { result: Err(self.shut_down()), deactivated: None, text: None, wake_at: None }
    }

    /// Returns the error of an operation whose task ended because the runtime shut down. Polar may have applied the
    /// operation's request.
    fn shut_down(&self) -> Error {
        let decision = self.current();
        let detail = "the tokio runtime of this client was shut down";
        let problem = Problem::new(&decision.texts, ErrorKind::Cancelled, detail);
        Error::of(Problem { maybe_applied: true, ..problem }, None).with_decision(decision)
    }

    /// Carries out a store step. First reads without the lock, because most steps change nothing. That is safe, because
    /// a record is only ever replaced as a whole.
    async fn store(&self, mut step: StoreStep, cancellation: &Cancellation) -> Step {
        self.pause(step.not_before, cancellation).await;
        let stored = in_time(self.place.load()).await;
        let bytes = stored.as_ref().map(Option::as_deref).map_err(drop);
        let change = self.engine.inspect(|engine, now| step.merge(engine, bytes, now));
        let written = match stored {
            Ok(_) if change != Change::Keep => {
                let within = self.time_until(step.until);
                let mut merge =
                    |stored: Option<&[u8]>| self.engine.inspect(|engine, now| step.merge(engine, Ok(stored), now));
                in_time(self.place.update(within, &mut merge)).await
            }
            stored => stored.map(drop),
        };
        let written = written.map_err(|error| error.to_string());
        self.engine.update(|engine, now| step.resume(engine, written, now))
    }

    async fn wait_for_turn(&self, step: TurnStep, cancellation: &Cancellation, held: &mut Option<HeldTurn>) -> Step {
        let taken = self.place.take_turn(self.time_until(step.until));
        // this race needs no time limit, because the store limits the wait for the turn
        match race(taken, Duration::MAX, cancellation.requested(Cancel::AfterReply)).await {
            Raced::Done(turn) => *held = turn,
            Raced::TimeUp => {}
            Raced::Cancelled => return self.engine.update(|engine, now| step.cancel(engine, now)),
        }
        let turn = if held.is_some() { Turn::Taken } else { Turn::Late };
        self.engine.update(|engine, now| step.resume(engine, turn, now))
    }

    async fn send(&self, step: SendStep, cancellation: &Cancellation) -> Step {
        let answer = if self.pause(step.not_before, cancellation).await {
            let start = self.now();
            let answer = self.exchange(&step.request, cancellation).await;
            exchange_log::log(&step.request, &answer, start.until(self.now().mono));
            answer
        } else {
            Answer::cancelled(Sent::No)
        };
        self.engine.update(|engine, now| step.resume(engine, answer, now))
    }

    /// Sends a request. Drops the transport's future when time is up or the operation is cancelled, so the transport
    /// itself does not have to implement time limits or cancellation.
    async fn exchange(&self, request: &Request, cancellation: &Cancellation) -> Answer {
        let limit = request.timeout.saturating_add(SLACK);
        match race(self.send_caught(request), limit, cancellation.requested(Cancel::Now)).await {
            Raced::Done(answer) => answer,
            Raced::TimeUp => Answer::timed_out(),
            Raced::Cancelled => Answer::cancelled(Sent::Maybe),
        }
    }

    /// Sends a request, and returns a failure if the transport panics.
    async fn send_caught(&self, request: &Request) -> Answer {
        let mut send = pin!(async { self.transport.send(request).await });
        let panicked = || Answer::failed(Failure::Network, Sent::Maybe, "the transport panicked");
        poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| send.as_mut().poll(context)));
            polled.unwrap_or_else(|_| Poll::Ready(panicked()))
        })
        .await
    }

    /// Waits until the monotonic clock reads `until`. Returns `false` if the operation was cancelled, in which case
    /// nothing more may be sent.
    async fn pause(&self, until: u64, cancellation: &Cancellation) -> bool {
        let wait = self.time_until(until);
        if wait.is_zero() {
            return !cancellation.is_requested(Cancel::AfterReply);
        }
        match race(pending::<()>(), wait, cancellation.requested(Cancel::AfterReply)).await {
            Raced::Done(()) | Raced::TimeUp => true,
            Raced::Cancelled => false,
        }
    }

    async fn join(&self, step: JoinStep, cancellation: &Cancellation) -> Step {
        let mut ends = self.ended.subscribe();
        let ended = async { while self.is_running(step.waits_for) && ends.changed().await.is_ok() {} };
        let wait = self.time_until(step.until);
        match race(ended, wait, cancellation.requested(Cancel::AfterReply)).await {
            Raced::Cancelled => self.engine.update(|engine, now| step.cancel(engine, now)),
            Raced::Done(()) | Raced::TimeUp => self.engine.update(|engine, now| step.resume(engine, now)),
        }
    }

    fn is_running(&self, id: OpId) -> bool {
        self.engine.inspect(|engine, _| engine.is_running(id))
    }

    fn time_until(&self, mono: u64) -> Duration {
        Duration::from_millis(self.now().until(mono))
    }
}

/// Returns the result of `work`, or an error if it takes too long.
async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match race(work, StoreStep::TIMEOUT, pending()).await {
        Raced::Done(result) => result,
        Raced::TimeUp | Raced::Cancelled => Err(StoreError::new("the store did not answer within 5 seconds")),
    }
}

/// A guard that ends an operation when the caller's future is dropped.
struct EndOnDrop<'a>(&'a Cancellation);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.request(Cancel::AfterReply);
    }
}

/// A guard for a task that carries out an operation. The driver counts the task as running until the guard is dropped.
/// A panic of the task drops it too.
struct UnderWay(Arc<Driver>);

impl UnderWay {
    fn new(driver: &Arc<Driver>) -> Self {
        driver.under_way.send_modify(|count| *count = count.saturating_add(1));
        Self(Arc::clone(driver))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count = count.saturating_sub(1));
    }
}

struct WakeOnDrop<'a>(&'a watch::Sender<()>);

impl Drop for WakeOnDrop<'_> {
    fn drop(&mut self) {
        self.0.send_replace(());
    }
}
