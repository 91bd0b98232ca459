//! The pages that follow the license: each has a channel, on which it receives every change.

use crate::calls::Calls;
use crate::messages::Outlook;
use polar_license::tokio::Client;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tauri::ipc::Channel;

/// The pages of an app, and what all of them are told.
pub(crate) struct Pages {
    client: Client,
    pub(crate) calls: Calls,
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
        Self { client, calls: Calls::default(), inner: Mutex::default() }
    }

    /// The page receives changes from here on. One that was in that webview before is gone.
    pub(crate) fn follow(&self, webview: String, page: String, changes: Channel<Outlook>) -> Outlook {
        self.calls.forget(&webview, Some(&page));
        let mut inner = self.lock();
        inner.followers.retain(|other| other.webview != webview || other.page == page);
        inner.followers.push(Follower { webview, page, changes });
        inner.outlook(&self.client)
    }

    /// What holds at this instant.
    pub(crate) fn outlook(&self) -> Outlook {
        self.lock().outlook(&self.client)
    }

    /// Sends what holds at this instant to every page.
    pub(crate) fn tell(&self) {
        let mut inner = self.lock();
        let outlook = inner.outlook(&self.client);
        // a webview that is gone takes no message
        inner.followers.retain(|follower| follower.changes.send(outlook.clone()).is_ok());
    }

    /// A window was closed, and its webview with it.
    pub(crate) fn forget(&self, webview: &str) {
        self.lock().followers.retain(|follower| follower.webview != webview);
        self.calls.forget(webview, None);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Numbered under the lock, so that the higher number is the later outlook.
    fn outlook(&mut self, client: &Client) -> Outlook {
        self.at = self.at.saturating_add(1);
        Outlook::of(client, self.at)
    }
}
