//! A task that refreshes when it is time, when the network comes back, and when a hidden page is shown again. Decides
//! nothing: the engine says when to look.

use super::driver::Driver;
use super::environment::{Listening, on_wake};
use super::operation::Brake;
use super::race::{Raced, race};
use crate::engine::{Operation, Patience};
use crate::watch::{Look, Watch};
use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;

/// Stops its task when dropped.
pub(super) struct Refresher {
    signal: Rc<Signal>,
    _events: Vec<Listening>,
}

#[derive(Default)]
struct Signal {
    brake: Rc<Brake>,
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
        self.signal.brake.pull_gently();
        self.signal.wake();
    }
}

impl Signal {
    fn wake(&self) {
        self.waker.take().into_iter().for_each(Waker::wake);
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        self.waker.set(Some(context.waker().clone()));
        if self.stopped.get() || self.woken.get() { Poll::Ready(()) } else { Poll::Pending }
    }
}

async fn refresh_until_stopped(driver: Rc<Driver>, signal: Rc<Signal>) {
    let mut patience = Patience::Full;
    while !signal.stopped.get() {
        let outcome = driver.run_with(&signal.brake, Operation::Refresh(patience)).await;
        let watch = Watch::new(driver.now(), outcome.wake_at);
        let Some(due) = wait(&driver, &signal, watch).await else { return };
        patience = due;
    }
}

/// Waits until it is time for the next look; `None` where there will be none.
async fn wait(driver: &Driver, signal: &Signal, mut watch: Watch) -> Option<Patience> {
    while !signal.stopped.get() {
        if signal.woken.take() {
            watch.wake();
        }
        let pause = match watch.look(driver.now()) {
            Look::Refresh(patience) => return Some(patience),
            Look::Wait(pause) => pause,
        };
        sleep(pause, signal).await;
    }
    None
}

/// Until then, or until there is a signal.
async fn sleep(pause: Duration, signal: &Signal) {
    let ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    match race(std::future::poll_fn(|context| signal.poll(context)), ms, |_| false).await {
        Raced::Done(()) | Raced::TimeUp | Raced::Stopped => {}
    }
}
