//! A request to end an operation.

use crate::client::cancel::Cancel;
use std::cell::{Cell, RefCell};
use std::task::{Context, Waker};

/// A request to end an operation, shared by the operation and its callers.
#[derive(Default)]
pub(super) struct Cancellation {
    requested: Cell<Option<Cancel>>,
    waker: RefCell<Option<Waker>>,
}

impl Cancellation {
    /// Asks the operation to end, and wakes its task. Has no effect if an earlier call has asked it to end as `cancel`
    /// describes, or even sooner.
    pub(super) fn request(&self, cancel: Cancel) {
        self.requested.set(self.requested.get().max(Some(cancel)));
        let waker = self.waker.borrow_mut().take();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Returns `true` if the operation was asked to end as `cancel` describes, or even sooner. If not, the next request
    /// to end the operation wakes the calling task.
    pub(super) fn poll_requested(&self, cancel: Cancel, context: &mut Context<'_>) -> bool {
        *self.waker.borrow_mut() = Some(context.waker().clone());
        self.requested.get() >= Some(cancel)
    }
}
