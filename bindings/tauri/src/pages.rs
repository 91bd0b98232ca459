//! The pages that show the license. Each page has a channel, on which it receives every change.

use crate::calls::Calls;
use crate::messages::Outlook;
use crate::portal::Portals;
use polar_license::tokio::Client;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tauri::ipc::Channel;

/// Keeps track of an app's pages, and sends each change of the license to all of them.
pub(crate) struct Pages {
    client: Client,
    pub(crate) calls: Calls,
    pub(crate) portals: Portals,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    at: u64,
    followers: Vec<Follower>,
}

struct Follower {
    webview: String,
    page: String,
    changes: Channel<Outlook>,
}

impl Pages {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, calls: Calls::default(), portals: Portals::default(), inner: Mutex::default() }
    }

    /// Registers a page, so that it receives changes. The page takes the place of the previous page in the same
    /// webview.
    pub(crate) fn follow(&self, webview: String, page: String, changes: Channel<Outlook>) -> Outlook {
        self.calls.forget(&webview, Some(&page));
        self.portals.forget(&webview, Some(&page));
        let mut inner = self.lock();
        inner.followers.retain(|other| other.webview != webview || other.page == page);
        inner.followers.push(Follower { webview, page, changes });
        inner.outlook(&self.client)
    }

    /// Returns the outlook at this instant.
    pub(crate) fn outlook(&self) -> Outlook {
        self.lock().outlook(&self.client)
    }

    /// Sends the outlook at this instant to every page.
    pub(crate) fn notify(&self) {
        let mut inner = self.lock();
        let outlook = inner.outlook(&self.client);
        // sending fails if the webview is gone
        inner.followers.retain(|follower| follower.changes.send(outlook.clone()).is_ok());
    }

    /// Forgets a webview whose window was closed.
    pub(crate) fn forget(&self, webview: &str) {
        self.lock().followers.retain(|follower| follower.webview != webview);
        self.calls.forget(webview, None);
        self.portals.forget(webview, None);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Returns the present outlook with the next number. The caller holds the lock, so no two outlooks are created at
    /// once, and a later outlook has a higher number.
    fn outlook(&mut self, client: &Client) -> Outlook {
        self.at = self.at.saturating_add(1);
        Outlook::of(client, self.at)
    }
}
