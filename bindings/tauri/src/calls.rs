//! The calls of pages that are under way, so that a page can end its own.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Names a call: the webview, what the page there calls itself, and its number of the call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallId {
    pub(crate) webview: String,
    pub(crate) page: String,
    pub(crate) number: u32,
}

/// Whether each call under way was cancelled.
#[derive(Default)]
pub(crate) struct Calls(Mutex<HashMap<CallId, watch::Sender<bool>>>);

/// A call that is under way until this is dropped.
pub(crate) struct Running<'a> {
    calls: &'a Calls,
    id: CallId,
    cancelled: watch::Receiver<bool>,
}

impl Calls {
    pub(crate) fn begin(&self, id: CallId) -> Running<'_> {
        let cancelled = self.lock().entry(id.clone()).or_default().subscribe();
        Running { calls: self, id, cancelled }
    }

    /// Also of a call that has yet to arrive: messages of a page may overtake each other.
    pub(crate) fn cancel(&self, id: CallId) {
        self.lock().entry(id).or_default().send_replace(true);
    }

    /// What a webview cancelled that is over: its page is gone.
    pub(crate) fn forget(&self, webview: &str, page: Option<&str>) {
        self.lock().retain(|id, call| {
            let is_gone = id.webview == webview && page != Some(&id.page);
            call.receiver_count() > 0 || !is_gone
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallId, watch::Sender<bool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running<'_> {
    /// Ready once the page has cancelled the call.
    pub(crate) fn cancelled(&self) -> impl Future<Output = ()> + use<> {
        let mut cancelled = self.cancelled.clone();
        async move {
            if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.id);
    }
}
