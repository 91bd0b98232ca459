//! A thread that refreshes the license whenever a refresh is due. So in a program that runs for weeks, the license
//! stays confirmed, a revoked key is noticed within a day, and a record that another process has stored is noticed
//! within two seconds. The thread decides nothing: after every operation, the engine says when the next refresh is due.

use super::driver::{Driver, Scope};
use crate::engine::{Look, Operation, Watch};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The thread that refreshes the license automatically. The thread stops when this value is dropped.
pub(super) struct Refresher {
    scope: Scope,
    thread: Option<JoinHandle<()>>,
    driver: Arc<Driver>,
}

impl Refresher {
    pub(super) fn start(driver: Arc<Driver>) -> std::io::Result<Self> {
        let scope = Scope::default();
        let (on_thread, its_driver) = (scope.clone(), Arc::clone(&driver));
        let thread = thread::Builder::new()
            .name(String::from("polar-license refresh"))
            .spawn(move || refresh_until_stopped(&its_driver, &on_thread))?;
        Ok(Self { scope, thread: Some(thread), driver })
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.driver.cancel_scope(&self.scope);
        // a listener may drop the last client on this very thread, and a thread cannot join itself
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id()) {
            // if the thread has panicked, it has already printed its panic message
            let _ = thread.join();
        }
    }
}

fn refresh_until_stopped(driver: &Driver, scope: &Scope) {
    let mut watch = Watch::new(driver.now());
    // Discards the refresh time that an earlier operation may have planned, because it could delay the first refresh.
    driver.wait_for_plan(Duration::ZERO, scope);
    while !scope.is_cancelled() {
        if watch.record_changed(driver.stamp()) {
            driver.run_in(scope, Operation::Open);
        }
        let pause = match watch.look(driver.now(), false) {
            Look::Wait(pause) => pause,
            Look::Refresh(patience) => {
                driver.run_in(scope, Operation::Refresh(patience));
                Duration::ZERO
            }
        };
        // Every operation sets the time of the next automatic refresh, even an operation that the app has started, such
        // as an activation.
        if let Some(wake_at) = driver.wait_for_plan(pause, scope) {
            watch.planned(driver.now(), wake_at);
        }
    }
}
