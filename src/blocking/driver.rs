//! Carries the engine's steps out with a store, a transport and threads. Decides nothing about licenses.
//!
//! The engine's lock is held only to look or to take a step, never while storing or sending.

use super::Transport;
use crate::clock::Clock;
use crate::engine::{Change, Engine, JoinStep, Operation, Outcome, SendStep, Step, StoreStep};
use crate::license::Decision;
use crate::store::{Store, StoreError};
use crate::time::Now;
use crate::transport::{Answer, Failure, Request, Sent};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What a client, its threads and its operations share.
pub(super) struct Driver {
    engine: Mutex<Engine>,
    /// Signalled whenever an operation ends.
    ended: Condvar,
    store: Box<dyn Store>,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    listeners: Mutex<Listeners>,
    /// The scope of the callers' operations; each cancel ends one and starts another.
    scope: Mutex<Scope>,
    /// Where the operation that waits for a reply wants to hear of a cancel. The engine lets one at a time send.
    waiting: Mutex<Option<(Scope, Sender<Event>)>>,
}

#[derive(Default)]
struct Listeners {
    last_id: u64,
    list: Vec<(u64, Listener)>,
}

pub(super) type Listener = Arc<dyn Fn(&Decision) + Send + Sync>;

/// Operations that are cancelled together.
#[derive(Clone, Default)]
pub(super) struct Scope(Arc<AtomicBool>);

enum Event {
    Answer(Answer),
    Cancel,
}

/// How much later than its deadline a transport may report before it is given up.
const SLACK: Duration = Duration::from_millis(250);

impl Driver {
    pub(super) fn new(
        engine: Engine,
        store: Box<dyn Store>,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            engine: Mutex::new(engine),
            ended: Condvar::new(),
            store,
            transport,
            clock,
            listeners: Mutex::default(),
            scope: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    pub(super) fn run(&self, operation: Operation) -> Outcome {
        let scope = lock(&self.scope).clone();
        self.run_in(&scope, operation)
    }

    pub(super) fn run_in(&self, scope: &Scope, operation: Operation) -> Outcome {
        // whatever ends this operation, a panic in the app's store included, wakes those who wait for it
        let _wakes = WakeOnDrop(&self.ended);
        let mut step = self.with_engine(|engine, now| engine.begin(operation, now));
        let outcome = loop {
            step = match step {
                Step::Store(step) => self.store(step),
                Step::Send(step) => self.send(step, scope),
                Step::Join(step) => self.join(step, scope),
                Step::Done(outcome) => break outcome,
            };
        };
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
        let scope = std::mem::take(&mut *lock(&self.scope));
        self.cancel_scope(&scope);
    }

    pub(super) fn cancel_scope(&self, scope: &Scope) {
        scope.0.store(true, Ordering::SeqCst);
        if let Some((_, sender)) = lock(&self.waiting).as_ref().filter(|(waiting, _)| waiting.is_cancelled()) {
            // a receiver that is gone has its answer already
            let _ = sender.send(Event::Cancel);
        }
        // taken so that an operation about to wait has either seen the flag or hears this
        drop(lock(&self.engine));
        self.ended.notify_all();
    }

    pub(super) fn listen(&self, listener: Listener) -> u64 {
        let mut listeners = lock(&self.listeners);
        listeners.last_id = listeners.last_id.wrapping_add(1);
        let id = listeners.last_id;
        listeners.list.push((id, listener));
        id
    }

    pub(super) fn unlisten(&self, id: u64) {
        let mut listeners = lock(&self.listeners);
        let at = listeners.list.iter().position(|(other, _)| *other == id);
        let removed = at.map(|at| listeners.list.remove(at));
        drop(listeners);
        // what the listener owns may call the client when it is dropped
        drop(removed);
    }

    /// Without any lock held: a listener may call the client.
    fn tell(&self, decision: &Decision) {
        let list: Vec<Listener> = lock(&self.listeners).list.iter().map(|(_, listener)| Arc::clone(listener)).collect();
        list.iter().for_each(|listener| listener(decision));
    }

    fn with_engine<T>(&self, work: impl FnOnce(&mut Engine, Now) -> T) -> T {
        let mut engine = lock(&self.engine);
        let now = self.now();
        work(&mut engine, now)
    }

    /// Looks without the lock first: most reads change nothing, and a record is replaced as a whole.
    fn store(&self, mut step: StoreStep) -> Step {
        let mut written = self.read_and_merge(&mut step).map(|change| change == Change::Keep);
        if let Ok(false) = written {
            let mut under_lock = Ok(());
            let locked = self.store.locked(&mut || {
                under_lock = self.read_and_merge(&mut step).and_then(|change| self.write(change));
            });
            written = locked.and(under_lock).map(|()| true);
        }
        let written = written.map(drop).map_err(|error| error.to_string());
        self.with_engine(|engine, now| step.resume(engine, written, now))
    }

    fn read_and_merge(&self, step: &mut StoreStep) -> Result<Change, StoreError> {
        let stored = self.store.load();
        let bytes = stored.as_ref().map(Option::as_deref).map_err(drop);
        let change = self.with_engine(|engine, now| step.merge(engine, bytes, now));
        stored.map(|_| change)
    }

    fn write(&self, change: Change) -> Result<(), StoreError> {
        match change {
            Change::Keep => Ok(()),
            Change::Put(bytes, durability) => self.store.save(&bytes, durability),
            Change::Remove => self.store.remove(),
        }
    }

    /// The request has a thread of its own, so that neither a cancel nor the deadline depends on the transport.
    fn send(&self, step: SendStep, scope: &Scope) -> Step {
        let (sender, receiver) = mpsc::channel();
        *lock(&self.waiting) = Some((scope.clone(), sender.clone()));
        let wait = Duration::from_millis(step.not_before.saturating_sub(self.now().mono));
        let answer = if scope.is_cancelled() || (!wait.is_zero() && receiver.recv_timeout(wait).is_ok()) {
            failed(Failure::Cancelled, Sent::No, "cancelled before anything was sent")
        } else {
            self.post(step.request.clone(), sender);
            match receiver.recv_timeout(step.request.timeout.saturating_add(SLACK)) {
                Ok(Event::Answer(answer)) => answer,
                Ok(Event::Cancel) => failed(Failure::Cancelled, Sent::Maybe, "cancelled while waiting for Polar"),
                Err(_) => failed(Failure::Timeout, Sent::Maybe, "Polar did not answer in time"),
            }
        };
        *lock(&self.waiting) = None;
        self.with_engine(|engine, now| step.resume(engine, answer, now))
    }

    fn post(&self, request: Request, sender: Sender<Event>) {
        let transport = Arc::clone(&self.transport);
        let on_thread = sender.clone();
        let spawned = thread::Builder::new().name(String::from("polar-license request")).spawn(move || {
            let answer = catch_unwind(AssertUnwindSafe(|| transport.post(&request)))
                .unwrap_or_else(|_| failed(Failure::Network, Sent::Maybe, "the transport panicked"));
            // nobody waits any more after a cancel
            let _ = on_thread.send(Event::Answer(answer));
        });
        if spawned.is_err() {
            let answer = failed(Failure::Network, Sent::No, "the system has no thread left for a request");
            let _ = sender.send(Event::Answer(answer));
        }
    }

    fn join(&self, step: JoinStep, scope: &Scope) -> Step {
        let mut engine = lock(&self.engine);
        let wait = Duration::from_millis(step.until.saturating_sub(self.now().mono));
        let goes_on = |engine: &mut Engine| engine.is_running(step.waits_for) && !scope.is_cancelled();
        engine = self.ended.wait_timeout_while(engine, wait, goes_on).unwrap_or_else(PoisonError::into_inner).0;
        let now = self.now();
        if scope.is_cancelled() { step.cancel(&mut engine, now) } else { step.resume(&mut engine, now) }
    }
}

impl Scope {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

struct WakeOnDrop<'a>(&'a Condvar);

impl Drop for WakeOnDrop<'_> {
    fn drop(&mut self) {
        self.0.notify_all();
    }
}

fn failed(failure: Failure, sent: Sent, message: &str) -> Answer {
    Answer::Failed { failure, sent, message: message.to_owned() }
}

/// A panic elsewhere leaves nothing half done here.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
