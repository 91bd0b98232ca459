//! A task that refreshes the license when a refresh is due, when the network comes back, and when a hidden page is
//! shown again. The engine decides whether a refresh is due. The task only waits, and runs the refresh.

use super::cancellation::Cancellation;
use super::driver::Driver;
use super::environment::{EventListener, on_wake};
use super::race::{Raced, race};
use crate::client::cancel::Cancel;
use crate::engine::{Look, Operation, Watch};
use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;

/// The handle of the task that refreshes the license automatically. The task stops when the handle is dropped.
pub(super) struct Refresher {
    signal: Rc<Signal>,
    _events: Vec<EventListener>,
}

#[derive(Default)]
struct Signal {
    cancellation: Rc<Cancellation>,
    stopped: Cell<bool>,
    woken: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Refresher {
    pub(super) fn start(driver: Rc<Driver>) -> Self {
        let signal = Rc::new(Signal::default());
        spawn_local(refresh_until_stopped(driver, Rc::clone(&signal)));
        let its_signal = Rc::clone(&signal);
        let events = on_wake(move || {
            its_signal.woken.set(true);
            its_signal.wake();
        });
        Self { signal, _events: events }
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.signal.stopped.set(true);
        self.signal.cancellation.request(Cancel::AfterReply);
        self.signal.wake();
    }
}

impl Signal {
    fn wake(&self) {
        self.waker.take().into_iter().for_each(Waker::wake);
    }

    /// Returns `true` if the wait must end early. Otherwise remembers the calling task, to wake it when the wait must
    /// end.
    fn is_set(&self, context: &Context<'_>) -> bool {
        self.waker.set(Some(context.waker().clone()));
        self.stopped.get() || self.woken.get()
    }
}

async fn refresh_until_stopped(driver: Rc<Driver>, signal: Rc<Signal>) {
    let mut watch = Watch::new(driver.now());
    // Discards the refresh time that an earlier operation may have planned, because it could delay the first refresh.
    wait_for_plan(&driver, &signal, Duration::ZERO).await;
    while !signal.stopped.get() {
        let pause = match watch.look(driver.now(), signal.woken.take()) {
            Look::Wait(pause) => pause,
            Look::Refresh(patience) => {
                driver.run_with(&signal.cancellation, Operation::Refresh(patience)).await;
                Duration::ZERO
            }
        };
        // Every operation sets the time of the next automatic refresh, even an operation that the app has started, such
        // as an activation.
        if let Some(wake_at) = wait_for_plan(&driver, &signal, pause).await {
            watch.planned(driver.now(), wake_at);
        }
    }
}

/// Waits until an operation has ended, a signal is set, or `pause` has passed. If an operation has ended, returns
/// `Some` with the [`wake_at`](crate::engine::Outcome::wake_at) of its outcome. Otherwise returns `None`.
async fn wait_for_plan(driver: &Driver, signal: &Signal, pause: Duration) -> Option<Option<u64>> {
    let ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    let over = std::future::poll_fn(|context| match driver.poll_planned(context) {
        Some(wake_at) => Poll::Ready(Some(wake_at)),
        None if ms == 0 || signal.is_set(context) => Poll::Ready(None),
        None => Poll::Pending,
    });
    match race(over, ms, |_| false).await {
        Raced::Done(planned) => planned,
        Raced::TimeUp | Raced::Cancelled => None,
    }
}
