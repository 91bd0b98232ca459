//! A task that refreshes the license whenever a refresh is due. So in a program that runs for weeks, the license stays
//! confirmed, a revoked key is noticed within a day, and a record that another process has stored is noticed within two
//! seconds. The task decides nothing: after every operation, the engine says when the task must check the license
//! again.

use super::cancellation::Cancellation;
use super::driver::Driver;
use super::race::{Raced, race};
use crate::client::cancel::Cancel;
use crate::engine::{Look, Operation, Watch};
use std::sync::Arc;
use std::time::Duration;

/// The handle of the task that refreshes the license automatically. The task stops when the handle is dropped.
pub(super) struct Refresher(Arc<Cancellation>);

impl Refresher {
    pub(super) fn start(driver: Arc<Driver>) -> Self {
        let stop = Arc::new(Cancellation::new());
        let its_stop = Arc::clone(&stop);
        driver.runtime.clone().spawn(async move { refresh_until_stopped(&driver, &its_stop).await });
        Self(stop)
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.0.request(Cancel::AfterReply);
    }
}

async fn refresh_until_stopped(driver: &Arc<Driver>, stop: &Arc<Cancellation>) {
    let mut plans = driver.plans();
    let mut watch = Watch::new(driver.now());
    while !stop.is_requested(Cancel::AfterReply) {
        if watch.record_changed(driver.stamp().await) {
            driver.run_with(stop, Operation::Open).await;
        }
        let pause = match watch.look(driver.now(), false) {
            Look::Wait(pause) => pause,
            Look::Refresh(patience) => {
                driver.run_with(stop, Operation::Refresh(patience)).await;
                Duration::ZERO
            }
        };
        // every operation plans the next refresh, so `plans` also changes after an activation by the user, for example
        match race(plans.changed(), pause, stop.requested(Cancel::AfterReply)).await {
            Raced::Done(_) => watch.planned(driver.now(), *plans.borrow_and_update()),
            Raced::TimeUp | Raced::Cancelled => {}
        }
    }
}
