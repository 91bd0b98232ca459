//! Carries the engine's steps out with a store, a transport and timers. Decides nothing about licenses.
//!
//! Nothing is borrowed while anything is awaited, nor while a listener runs.

use super::Transport;
use super::operation::{Brake, Running};
use super::race::{Raced, race};
use crate::clock::Clock;
use crate::engine::{Change, Engine, JoinStep, Operation, Outcome, SendStep, Step, StoreStep};
use crate::license::Decision;
use crate::store::{AsyncStore, StoreError};
use crate::time::Now;
use crate::transport::{Answer, Failure, Sent};
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

/// What a client, its clones and its operations share.
pub(super) struct Driver {
    engine: RefCell<Engine>,
    /// Who waits for an operation to end.
    waiting: RefCell<Vec<Waker>>,
    store: Box<dyn AsyncStore>,
    transport: Rc<dyn Transport>,
    clock: Rc<dyn Clock>,
    listeners: RefCell<Listeners>,
    /// The operations of callers.
    running: RefCell<Vec<Weak<Brake>>>,
}

#[derive(Default)]
struct Listeners {
    last_id: u64,
    list: Vec<(u64, Listener)>,
}

pub(super) type Listener = Rc<dyn Fn(&Decision)>;

/// A store that takes longer is as good as broken: databases of browsers have been known to hang.
const STORE_LIMIT_MS: u64 = 5_000;

impl Driver {
    pub(super) fn new(
        engine: Engine,
        store: Box<dyn AsyncStore>,
        transport: Rc<dyn Transport>,
        clock: Rc<dyn Clock>,
    ) -> Self {
        Self {
            engine: RefCell::new(engine),
            waiting: RefCell::default(),
            store,
            transport,
            clock,
            listeners: RefCell::default(),
            running: RefCell::default(),
        }
    }

    /// An operation of a caller, which [`cancel`](Self::cancel) ends.
    pub(super) fn run(self: &Rc<Self>, operation: Operation) -> Running {
        let brake = Rc::new(Brake::default());
        let mut running = self.running.borrow_mut();
        running.retain(|brake| brake.strong_count() > 0);
        running.push(Rc::downgrade(&brake));
        Running::new(Rc::clone(self), brake, operation)
    }

    /// An operation that only its own brake ends.
    pub(super) fn run_with(self: &Rc<Self>, brake: &Rc<Brake>, operation: Operation) -> Running {
        Running::new(Rc::clone(self), Rc::clone(brake), operation)
    }

    pub(super) async fn carry_out(&self, brake: &Brake, operation: Operation) -> Outcome {
        // whatever ends this operation wakes those who wait for it
        let wakes = WakeOnDrop(self);
        let mut step = self.with_engine(|engine, now| engine.begin(operation, now));
        let outcome = loop {
            step = match step {
                Step::Store(step) => self.store(step).await,
                Step::Send(step) => self.send(step, brake).await,
                Step::Join(step) => self.join(step, brake).await,
                Step::Done(outcome) => break outcome,
            };
        };
        drop(wakes);
        if outcome.changed {
            self.tell(&self.current());
        }
        outcome
    }

    pub(super) fn current(&self) -> Decision {
        self.with_engine(|engine, now| engine.current(now))
    }

    pub(super) fn allows(&self, feature: &str) -> bool {
        self.with_engine(|engine, now| engine.allows(feature, now))
    }

    pub(super) fn now(&self) -> Now {
        self.clock.now()
    }

    /// Ends every operation that callers have under way; what was sent may have been applied.
    pub(super) fn cancel(&self) {
        let running = std::mem::take(&mut *self.running.borrow_mut());
        running.iter().filter_map(Weak::upgrade).for_each(|brake| brake.pull_hard());
    }

    pub(super) fn listen(&self, listener: Listener) -> u64 {
        let mut listeners = self.listeners.borrow_mut();
        listeners.last_id = listeners.last_id.wrapping_add(1);
        let id = listeners.last_id;
        listeners.list.push((id, listener));
        id
    }

    pub(super) fn unlisten(&self, id: u64) {
        let mut listeners = self.listeners.borrow_mut();
        let at = listeners.list.iter().position(|(other, _)| *other == id);
        let removed = at.map(|at| listeners.list.remove(at));
        drop(listeners);
        // what the listener owns may call the client when it is dropped
        drop(removed);
    }

    fn tell(&self, decision: &Decision) {
        let list: Vec<Listener> =
            self.listeners.borrow().list.iter().map(|(_, listener)| Rc::clone(listener)).collect();
        list.iter().for_each(|listener| listener(decision));
    }

    fn with_engine<T>(&self, work: impl FnOnce(&mut Engine, Now) -> T) -> T {
        let now = self.now();
        work(&mut self.engine.borrow_mut(), now)
    }

    /// Looks without a transaction first: most reads change nothing, and a record is replaced as a whole.
    async fn store(&self, mut step: StoreStep) -> Step {
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

    /// The deadline does not depend on the transport: its future is dropped when time is up.
    async fn send(&self, step: SendStep, brake: &Brake) -> Step {
        let answer = if self.pause(step.not_before, brake).await {
            let timeout = u64::try_from(step.request.timeout.as_millis()).unwrap_or(u64::MAX);
            let post = self.transport.post(&step.request);
            match race(post, timeout, |context| brake.is_pulled_hard(context)).await {
                Raced::Done(answer) => answer,
                Raced::TimeUp => failed(Failure::Timeout, Sent::Maybe, "Polar did not answer in time"),
                Raced::Stopped => failed(Failure::Cancelled, Sent::Maybe, "cancelled while waiting for Polar"),
            }
        } else {
            failed(Failure::Cancelled, Sent::No, "cancelled before anything was sent")
        };
        self.with_engine(|engine, now| step.resume(engine, answer, now))
    }

    /// Waits until then; `false` where nothing may be sent any more.
    async fn pause(&self, until: u64, brake: &Brake) -> bool {
        let wait = until.saturating_sub(self.now().mono);
        let over = std::future::poll_fn(|context| match wait == 0 && !brake.is_pulled(context) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        !matches!(race(over, wait, |context| brake.is_pulled(context)).await, Raced::Stopped)
    }

    async fn join(&self, step: JoinStep, brake: &Brake) -> Step {
        let ended = std::future::poll_fn(|context| {
            if !self.engine.borrow().is_running(step.waits_for) {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        });
        let wait = step.until.saturating_sub(self.now().mono);
        match race(ended, wait, |context| brake.is_pulled(context)).await {
            Raced::Stopped => self.with_engine(|engine, now| step.cancel(engine, now)),
            Raced::Done(()) | Raced::TimeUp => self.with_engine(|engine, now| step.resume(engine, now)),
        }
    }
}

/// What `work` comes to, or that it took too long.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match race(work, STORE_LIMIT_MS, |_| false).await {
        Raced::Done(result) => result,
        Raced::TimeUp | Raced::Stopped => Err(StoreError::new("the storage did not answer within 5 seconds")),
    }
}

struct WakeOnDrop<'a>(&'a Driver);

impl Drop for WakeOnDrop<'_> {
    fn drop(&mut self) {
        let waiting = std::mem::take(&mut *self.0.waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }
}

fn failed(failure: Failure, sent: Sent, message: &str) -> Answer {
    Answer::Failed { failure, sent, message: message.to_owned() }
}
