//! A thread that refreshes when it is time, so that a program that runs for weeks stays confirmed, and learns of a
//! revoked key within a day. Decides nothing: the engine says when to look again.

use super::driver::{Driver, Scope, lock};
use crate::engine::{Operation, Patience};
use crate::watch::{Look, Watch};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

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
        let watch = Watch::new(driver.now(), outcome.wake_at);
        let Some(due) = wait(driver, signal, watch) else { return };
        patience = due;
    }
}

/// Waits until it is time for the next look; `None` where there will be none.
fn wait(driver: &Driver, signal: &Signal, mut watch: Watch) -> Option<Patience> {
    let mut stopped = lock(&signal.stopped);
    loop {
        if *stopped {
            return None;
        }
        let pause = match watch.look(driver.now()) {
            Look::Refresh(patience) => return Some(patience),
            Look::Wait(pause) => pause,
        };
        stopped = signal.changed.wait_timeout(stopped, pause).unwrap_or_else(PoisonError::into_inner).0;
    }
}
