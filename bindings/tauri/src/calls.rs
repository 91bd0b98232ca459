//! The running calls of pages, so that a page can cancel its own calls.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Identifies a call by the webview, the page's name, and the number that the page has given to the call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallId {
    pub(crate) webview: String,
    pub(crate) page: String,
    pub(crate) number: u32,
}

/// The running calls, each with a channel that says whether it was cancelled. Also contains calls that were cancelled
/// before they arrived.
#[derive(Default)]
pub(crate) struct Calls(Mutex<HashMap<CallId, watch::Sender<bool>>>);

/// A running call. Dropping this value removes the call from the running calls.
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

    /// Cancels a call. A page's messages may arrive out of order, so the cancellation may arrive before the call.
    pub(crate) fn cancel(&self, id: CallId) {
        self.lock().entry(id).or_default().send_replace(true);
    }

    /// Forgets the calls that were cancelled before they arrived, for all pages that this webview has shown except
    /// `page`.
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
    /// Returns a future that becomes ready once the page cancels the call.
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
