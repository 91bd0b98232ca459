//! The engine of a client that several threads use. Each published decision comes with a span: the time during which
//! the decision holds. Within this span, reading the license takes no lock, so readers wait neither for an operation
//! nor for each other.
//!
//! ```text
//!  update   lock ─► work ─► publish the decision with its span ─► unlock
//!  read     load the published decision ─► read the clocks ─┬─ within its span ─► use it
//!                                                           └─ outside ─► lock ─► decide ─► publish ─► unlock
//! ```
//!
//! - A decision and its span are published together and under the lock, so a reader never gets one without the other,
//!   and an older decision never replaces a newer one. Only [`SharedEngine::update`] can change the engine, so no
//!   change goes unpublished.
//! - A reader loads the decision before it reads the clocks. If it read the clocks first, another thread could publish
//!   a new span before the reader loads it. That span would begin after the reader's time, and the reader would lock
//!   the engine for nothing.
//! - Nothing is published before the license is read for the first time. So a program that never reads the license
//!   spends no time on publishing.
//!
//! The lock is never held while anything is stored or sent.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::clock::Clock;
use crate::decision::Decision;
use crate::engine::{Engine, Span};
use crate::time::Now;

/// An engine and its clock. The current decision is published separately, so that readers do not have to lock the
/// engine.
pub(crate) struct SharedEngine {
    engine: Mutex<Engine>,
    clock: Arc<dyn Clock>,
    /// The engine's decision. `None` until the license is read for the first time.
    published: ArcSwapOption<Published>,
}

/// A decision, and the span in which it holds.
struct Published {
    decision: Decision,
    span: Span,
}

impl SharedEngine {
    pub(crate) fn new(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        Self { engine: Mutex::new(engine), clock, published: ArcSwapOption::empty() }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    /// Calls `read` with the current decision, and returns the result.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Decision) -> T) -> T {
        let published = self.published.load();
        let now = self.now();
        match published.as_ref().filter(|published| published.span.contains(now)) {
            Some(published) => read(&published.decision),
            None => read(&self.published_anew().decision),
        }
    }

    /// Locks the engine, and calls `work`. Afterwards publishes the decision, unless nobody has read the license yet.
    pub(crate) fn update<T>(&self, work: impl FnOnce(&mut Engine, Now) -> T) -> T {
        let mut engine = self.lock();
        let now = self.now();
        let result = work(&mut engine, now);
        if self.published.load().is_some() {
            self.publish(&mut engine, now);
        }
        result
    }

    /// Locks the engine, and calls `work`, which only reads the engine.
    pub(crate) fn inspect<T>(&self, work: impl FnOnce(&Engine, Now) -> T) -> T {
        let engine = self.lock();
        let now = self.now();
        work(&engine, now)
    }

    /// Blocks until `goes_on` returns `false`, but no longer than `most`. Calls `goes_on` once before it begins to wait,
    /// and then after each [`wake`](Self::wake) with the same `signal`.
    pub(crate) fn wait_while(&self, signal: &Condvar, most: Duration, goes_on: impl Fn(&Engine) -> bool) {
        drop(signal.wait_timeout_while(self.lock(), most, |engine| goes_on(engine)));
    }

    /// Wakes the threads that are in [`wait_while`](Self::wait_while).
    pub(crate) fn wake(&self, signal: &Condvar) {
        // The lock prevents a lost wake-up: a thread in `wait_while` holds it from its check until it begins to wait.
        // So a thread that checked before the change is already waiting when the signal comes.
        drop(self.lock());
        signal.notify_all();
    }

    /// Locks the engine, and publishes the decision that holds now.
    fn published_anew(&self) -> Arc<Published> {
        let mut engine = self.lock();
        let now = self.now();
        self.publish(&mut engine, now)
    }

    /// Publishes the decision, so that it can be read without locking the engine. `engine` is the locked engine.
    fn publish(&self, engine: &mut Engine, now: Now) -> Arc<Published> {
        let published = Arc::new(Published { span: engine.holds(now), decision: engine.current(now) });
        self.published.store(Some(Arc::clone(&published)));
        published
    }

    /// Locks the engine, even if a thread has panicked while it held the lock. Such a panic does not leave the engine
    /// half changed.
    fn lock(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
