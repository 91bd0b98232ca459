//! Carries out the engine's steps with a store, a transport and timers. Decides nothing about licenses.
//!
//! Never holds a `RefCell` borrow across an await or while a listener runs.

#[cfg(feature = "portal")]
mod portal;

use super::cancellation::Cancellation;
use super::race::{Raced, race};
use super::running::Running;
use crate::client::cancel::Cancel;
use crate::client::exchange_log;
use crate::client::listeners::Listeners;
use crate::client::unknown_features::UnknownFeatures;
use crate::clock::Clock;
use crate::decision::Decision;
use crate::engine::{Change, Engine, JoinStep, Operation, Outcome, SendStep, Step, StoreStep, Turn};
use crate::store::{LocalAsyncStore, StoreError};
use crate::time::{Now, milliseconds};
use crate::transport::{Answer, LocalAsyncTransport, Request, Sent};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

/// The state that a client, its clones and its operations share.
pub(super) struct Driver {
    engine: RefCell<Engine>,
    /// The wakers of the tasks that wait for an operation to end.
    waiting: RefCell<Vec<Waker>>,
    store: Box<dyn LocalAsyncStore>,
    transport: Rc<dyn LocalAsyncTransport>,
    clock: Rc<dyn Clock>,
    pub(super) listeners: Listeners<Listener>,
    unknown_features: UnknownFeatures,
    /// The time at which the refresher checks next whether a refresh is due. Each operation sets this field at its end.
    /// `Some(None)` means that the operation has set no time. `None` means that no operation has ended since the
    /// refresher last read this field.
    planned: Cell<Option<Option<u64>>>,
    /// The waker of the refresher's task. Each operation uses it to wake the task when the operation ends.
    refresher: Cell<Option<Waker>>,
    /// The cancellations of the operations that callers have started.
    running: RefCell<Vec<Weak<Cancellation>>>,
}

pub(super) type Listener = Rc<dyn Fn(&Decision, &Decision)>;

impl Driver {
    pub(super) fn new(
        engine: Engine,
        unknown_features: UnknownFeatures,
        store: Box<dyn LocalAsyncStore>,
        transport: Rc<dyn LocalAsyncTransport>,
        clock: Rc<dyn Clock>,
    ) -> Self {
        Self {
            engine: RefCell::new(engine),
            waiting: RefCell::default(),
            store,
            transport,
            clock,
            listeners: Listeners::default(),
            unknown_features,
            planned: Cell::default(),
            refresher: Cell::default(),
            running: RefCell::default(),
        }
    }

    /// Creates an operation for a caller. The operation starts at its first poll, and [`cancel`](Self::cancel) ends it.
    pub(super) fn run(self: &Rc<Self>, operation: Operation) -> Running<Outcome> {
        self.run_with(&self.new_cancellation(), operation)
    }

    fn new_cancellation(&self) -> Rc<Cancellation> {
        let cancellation = Rc::new(Cancellation::default());
        let mut running = self.running.borrow_mut();
        running.retain(|cancellation| cancellation.strong_count() > 0);
        running.push(Rc::downgrade(&cancellation));
        cancellation
    }

    /// Creates an operation that starts at its first poll. It ends early only if `cancellation` is requested.
    pub(super) fn run_with(self: &Rc<Self>, cancellation: &Rc<Cancellation>, operation: Operation) -> Running<Outcome> {
        let (driver, its_cancellation) = (Rc::clone(self), Rc::clone(cancellation));
        let work = async move { driver.carry_out(&its_cancellation, operation).await };
        Running::new(work, Rc::clone(cancellation))
    }

    async fn carry_out(&self, cancellation: &Cancellation, operation: Operation) -> Outcome {
        // When this guard is dropped, it wakes the tasks that wait for this operation. That also happens if the
        // operation's future is dropped.
        let wakes = WakeOnDrop(self);
        let mut step = self.with_engine(|engine, now| engine.begin(operation, now));
        let outcome = loop {
            step = match step {
                Step::Turn(step) => self.with_engine(|engine, now| step.resume(engine, Turn::Taken, now)),
                Step::Store(step) => self.store(step, cancellation).await,
                Step::Send(step) => self.send(step, cancellation).await,
                Step::Join(step) => self.join(step, cancellation).await,
                Step::Done(outcome) => break outcome,
            };
        };
        drop(wakes);
        self.planned.set(Some(outcome.wake_at));
        self.refresher.take().into_iter().for_each(Waker::wake);
        if let Some(change) = self.with_engine(Engine::take_change) {
            self.listeners.notify(&change);
        }
        outcome
    }

    pub(super) fn current(&self) -> Decision {
        self.with_engine(|engine, now| engine.current(now))
    }

    pub(super) fn allows(&self, feature: &str) -> bool {
        self.unknown_features.check(feature);
        self.with_engine(|engine, now| engine.allows(feature, now))
    }

    pub(super) fn now(&self) -> Now {
        self.clock.now()
    }

    /// Ends every operation that a caller has started and that is still in progress. Polar may already have applied a
    /// request that was sent.
    pub(super) fn cancel(&self) {
        let running = std::mem::take(&mut *self.running.borrow_mut());
        running.iter().filter_map(Weak::upgrade).for_each(|cancellation| cancellation.request(Cancel::Now));
    }

    /// If an operation has ended since the last call, returns the time that this operation has planned for the next
    /// automatic refresh. Otherwise returns `None`, and wakes the calling task when an operation ends.
    pub(super) fn poll_planned(&self, context: &Context<'_>) -> Option<Option<u64>> {
        self.refresher.set(Some(context.waker().clone()));
        self.planned.take()
    }

    fn with_engine<T>(&self, work: impl FnOnce(&mut Engine, Now) -> T) -> T {
        let now = self.now();
        work(&mut self.engine.borrow_mut(), now)
    }

    /// Carries out a store step. First reads without a transaction, because most steps change nothing. That is safe,
    /// because records are always replaced as a whole. If the step changes something, reads again in the transaction
    /// that writes.
    async fn store(&self, mut step: StoreStep, cancellation: &Cancellation) -> Step {
        self.pause(step.not_before, cancellation).await;
        let stored = in_time(self.store.load()).await;
        let bytes = stored.as_ref().map(Option::as_deref).map_err(drop);
        let change = self.with_engine(|engine, now| step.merge(engine, bytes, now));
        let written = match stored {
            Ok(_) if change != Change::Keep => {
                let mut merge =
                    |stored: Option<&[u8]>| self.with_engine(|engine, now| step.merge(engine, Ok(stored), now));
                in_time(self.store.update(&mut merge)).await
            }
            stored => stored.map(drop),
        };
        let written = written.map_err(|error| error.to_string());
        self.with_engine(|engine, now| step.resume(engine, written, now))
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
        self.with_engine(|engine, now| step.resume(engine, answer, now))
    }

    /// Sends a request. Drops the transport's future when time is up or the operation is cancelled, so the transport
    /// itself does not have to implement time limits or cancellation.
    async fn exchange(&self, request: &Request, cancellation: &Cancellation) -> Answer {
        let send = self.transport.send(request);
        let limit = milliseconds(request.timeout);
        match race(send, limit, |context| cancellation.poll_requested(Cancel::Now, context)).await {
            Raced::Done(answer) => answer,
            Raced::TimeUp => Answer::timed_out(),
            Raced::Cancelled => Answer::cancelled(Sent::Maybe),
        }
    }

    /// Waits until the monotonic clock reads `until`. If the operation was cancelled, returns `false`, and nothing more
    /// may be sent.
    async fn pause(&self, until: u64, cancellation: &Cancellation) -> bool {
        let wait = self.now().until(until);
        let is_cancelled = |context: &mut Context<'_>| cancellation.poll_requested(Cancel::AfterReply, context);
        let over = std::future::poll_fn(|context| match wait == 0 && !is_cancelled(context) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        match race(over, wait, is_cancelled).await {
            Raced::Done(()) | Raced::TimeUp => true,
            Raced::Cancelled => false,
        }
    }

    async fn join(&self, step: JoinStep, cancellation: &Cancellation) -> Step {
        let ended = std::future::poll_fn(|context| {
            if !self.engine.borrow().is_running(step.waits_for) {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        });
        let wait = self.now().until(step.until);
        match race(ended, wait, |context| cancellation.poll_requested(Cancel::AfterReply, context)).await {
            Raced::Cancelled => self.with_engine(|engine, now| step.cancel(engine, now)),
            Raced::Done(()) | Raced::TimeUp => self.with_engine(|engine, now| step.resume(engine, now)),
        }
    }
}

/// Returns the result of `work`, or an error if it takes too long.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let limit = u64::try_from(StoreStep::TIMEOUT.as_millis()).unwrap_or(u64::MAX);
    match race(work, limit, |_| false).await {
        Raced::Done(result) => result,
        Raced::TimeUp | Raced::Cancelled => Err(StoreError::new("the storage did not answer within 5 seconds")),
    }
}

struct WakeOnDrop<'a>(&'a Driver);

impl Drop for WakeOnDrop<'_> {
    fn drop(&mut self) {
        let waiting = std::mem::take(&mut *self.0.waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }
}
