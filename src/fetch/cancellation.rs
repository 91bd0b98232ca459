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
    /// Asks the operation to end, and wakes its task. The strongest [`Cancel`] that was requested counts.
    pub(super) fn request(&self, cancel: Cancel) {
        self.requested.set(self.requested.get().max(Some(cancel)));
        let waker = self.waker.borrow_mut().take();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Returns `true` if `cancel` or a stronger [`Cancel`] was requested. If not, the next request to end the operation
    /// wakes the calling task.
    pub(super) fn poll_requested(&self, cancel: Cancel, context: &mut Context<'_>) -> bool {
        *self.waker.borrow_mut() = Some(context.waker().clone());
        self.requested.get() >= Some(cancel)
    }
}
