//! A thread that refreshes when it is time, so that a program that runs for weeks stays confirmed, and learns of a
//! revoked key within a day. Decides nothing: the engine says when to look again.

use super::driver::{Driver, Scope, lock};
use crate::engine::{Operation, Patience};
use crate::time::Now;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Stops its thread when dropped.
pub(super) struct Refresher {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
    driver: Arc<Driver>,
}

#[derive(Default)]
struct Signal {
    scope: Scope,
    stopped: Mutex<bool>,
    changed: Condvar,
}

/// The monotonic clock stands still while most systems sleep, so a wait of hours would be hours of being awake.
const LOOK_EVERY_MS: u64 = 60_000;

/// Every ten minutes the engine may want to save how late it is.
const TOUCH_EVERY_MS: u64 = 600_000;

/// Never look more often than this, whatever the engine says.
const PAUSE_MS: u64 = 1_000;

/// The wall clock ahead of the monotonic one by this much: the machine was asleep.
const ASLEEP_MS: i64 = 30_000;

impl Refresher {
    pub(super) fn start(driver: Arc<Driver>) -> std::io::Result<Self> {
        let signal = Arc::new(Signal::default());
        let (on_thread, its_driver) = (Arc::clone(&signal), Arc::clone(&driver));
        let thread = thread::Builder::new()
            .name(String::from("polar-license refresh"))
            .spawn(move || refresh_until_stopped(&its_driver, &on_thread))?;
        Ok(Self { signal, thread: Some(thread), driver })
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        *lock(&self.signal.stopped) = true;
        self.signal.changed.notify_all();
        self.driver.cancel_scope(&self.signal.scope);
        // a listener may drop the client on this very thread
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id()) {
            // a thread that panicked has said so
            let _ = thread.join();
        }
    }
}

fn refresh_until_stopped(driver: &Driver, signal: &Signal) {
    let mut patience = Patience::Full;
    loop {
        let outcome = driver.run_in(&signal.scope, Operation::Refresh(patience));
        let looked_at = driver.now();
        let touch_at = looked_at.mono.saturating_add(TOUCH_EVERY_MS);
        let soonest = looked_at.mono.saturating_add(PAUSE_MS);
        let next = outcome.wake_at.map_or(touch_at, |at| at.min(touch_at)).max(soonest);
        patience = match wait(driver, signal, looked_at, next) {
            Waited::Due => Patience::Full,
            Waited::Woken => Patience::Woken,
            Waited::Stopped => return,
        };
    }
}

enum Waited {
    Due,
    Woken,
    Stopped,
}

fn wait(driver: &Driver, signal: &Signal, mut before: Now, until: u64) -> Waited {
    let mut stopped = lock(&signal.stopped);
    loop {
        if *stopped {
            return Waited::Stopped;
        }
        let now = driver.now();
        let awake = i64::try_from(now.mono.saturating_sub(before.mono)).unwrap_or(i64::MAX);
        if now.wall.ms_since(before.wall).saturating_sub(awake) > ASLEEP_MS {
            return Waited::Woken;
        }
        if now.mono >= until {
            return Waited::Due;
        }
        before = now;
        let pause = Duration::from_millis(until.saturating_sub(now.mono).min(LOOK_EVERY_MS));
        stopped = signal.changed.wait_timeout(stopped, pause).unwrap_or_else(PoisonError::into_inner).0;
    }
}
