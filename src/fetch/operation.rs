//! An operation under way, as its caller holds it. Dropping it does not drop what has begun: see [`Running`].

use super::driver::Driver;
use crate::engine::{Operation, Outcome};
use crate::store::LocalFuture;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen_futures::spawn_local;

/// How far an operation may still go.
#[derive(Default)]
pub(super) struct Brake {
    pulled: Cell<Pull>,
    waker: RefCell<Option<Waker>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Pull {
    #[default]
    Not,
    /// Nobody waits for it: what is on its way is awaited, nothing further is sent.
    Gently,
    /// Somebody wants it to end now.
    Hard,
}

/// An operation that goes on when it is polled, and when it is dropped after its first poll: then by itself, to the answer
/// of the request on its way, so that a seat which was taken is remembered.
pub(super) struct Running {
    work: Option<LocalFuture<'static, Outcome>>,
    brake: Rc<Brake>,
    begun: bool,
}

impl Brake {
    /// Sends nothing more.
    pub(super) fn pull_gently(&self) {
        self.pull(Pull::Gently);
    }

    /// Ends at once.
    pub(super) fn pull_hard(&self) {
        self.pull(Pull::Hard);
    }

    /// Whether nothing more may be sent. Wakes this task when that changes.
    pub(super) fn is_pulled(&self, context: &mut Context<'_>) -> bool {
        self.is(Pull::Gently, context)
    }

    /// Whether it has to end now. Wakes this task when that changes.
    pub(super) fn is_pulled_hard(&self, context: &mut Context<'_>) -> bool {
        self.is(Pull::Hard, context)
    }

    fn is(&self, pull: Pull, context: &mut Context<'_>) -> bool {
        *self.waker.borrow_mut() = Some(context.waker().clone());
        self.pulled.get() >= pull
    }

    fn pull(&self, pull: Pull) {
        self.pulled.set(self.pulled.get().max(pull));
        let waker = self.waker.borrow_mut().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Running {
    /// Begins when it is first polled.
    pub(super) fn new(driver: Rc<Driver>, brake: Rc<Brake>, operation: Operation) -> Self {
        let its_brake = Rc::clone(&brake);
        let work = async move { driver.carry_out(&its_brake, operation).await };
        Self { work: Some(Box::pin(work)), brake, begun: false }
    }
}

impl Future for Running {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        self.begun = true;
        let Some(work) = self.work.as_mut() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(work) = self.work.take().filter(|_| self.begun) else { return };
        self.brake.pull_gently();
        spawn_local(async move {
            work.await;
        });
    }
}
