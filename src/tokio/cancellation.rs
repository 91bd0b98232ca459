//! The request to end an operation, shared by its task and those who may end it.

use crate::client::cancel::Cancel;
use tokio::sync::watch;

pub(super) struct Cancellation(watch::Sender<Option<Cancel>>);

impl Cancellation {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// A weaker request than an earlier one changes nothing.
    pub(super) fn request(&self, cancel: Cancel) {
        self.0.send_if_modified(|requested| {
            let is_stronger = Some(cancel) > *requested;
            if is_stronger {
                *requested = Some(cancel);
            }
            is_stronger
        });
    }

    /// Whether this, or more, was requested.
    pub(super) fn is_requested(&self, cancel: Cancel) -> bool {
        *self.0.borrow() >= Some(cancel)
    }

    /// Ends when this, or more, is requested.
    pub(super) async fn requested(&self, cancel: Cancel) {
        let mut receiver = self.0.subscribe();
        // fails only without a sender, and that is here
        let _ = receiver.wait_for(|requested| *requested >= Some(cancel)).await;
    }
}
