//! The request to end an operation, shared by the operation's task and the callers that may end the operation.

use crate::client::cancel::Cancel;
use tokio::sync::watch;

pub(super) struct Cancellation(watch::Sender<Option<Cancel>>);

impl Cancellation {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Asks the operation to end. Has no effect if the same or a stronger [`Cancel`] was requested earlier.
    pub(super) fn request(&self, cancel: Cancel) {
        self.0.send_if_modified(|requested| {
            let is_stronger = Some(cancel) > *requested;
            if is_stronger {
                *requested = Some(cancel);
            }
            is_stronger
        });
    }

    /// Returns `true` if `cancel` or a stronger [`Cancel`] was requested.
    pub(super) fn is_requested(&self, cancel: Cancel) -> bool {
        *self.0.borrow() >= Some(cancel)
    }

    /// Waits until `cancel` or a stronger [`Cancel`] is requested.
    pub(super) async fn requested(&self, cancel: Cancel) {
        let mut receiver = self.0.subscribe();
        // cannot fail, because `self` owns the sender
        let _ = receiver.wait_for(|requested| *requested >= Some(cancel)).await;
    }
}
