//! The customer portal for pages. Tokens, license keys and the secrets of checkouts stay in this process. The page
//! receives a number for each of these values. A number is valid until the page releases the reply that contains it, or
//! until the page is gone.

use polar_license::portal::boundary::{Handles, Reply};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The values of the customer portal, grouped by page. Pages refer to the values by numbers.
#[derive(Default)]
pub(crate) struct Portals(Mutex<Vec<Portal>>);

/// The values of the customer portal that one page uses.
struct Portal {
    webview: String,
    page: String,
    handles: Handles,
    /// The replies that the page has not released yet, by the numbers of the calls.
    replies: HashMap<u32, Reply>,
}

impl Portals {
    /// Returns the handles of a page. No other page can use them.
    pub(crate) fn handles(&self, webview: &str, page: &str) -> Handles {
        let mut portals = self.lock();
        if let Some(known) = portals.iter().find(|portal| portal.is_of(webview, page)) {
            return known.handles.clone();
        }
        let handles = Handles::default();
        portals.push(Portal {
            webview: webview.to_owned(),
            page: page.to_owned(),
            handles: handles.clone(),
            replies: HashMap::new(),
        });
        handles
    }

    /// Keeps a reply until the page releases it. If the page is gone already, drops the reply.
    pub(crate) fn hold(&self, webview: &str, page: &str, number: u32, reply: Reply) {
        if let Some(portal) = self.lock().iter_mut().find(|portal| portal.is_of(webview, page)) {
            portal.replies.insert(number, reply);
        }
    }

    /// Drops a reply and wipes its values.
    pub(crate) fn release(&self, webview: &str, page: &str, number: u32) {
        if let Some(portal) = self.lock().iter_mut().find(|portal| portal.is_of(webview, page)) {
            portal.replies.remove(&number);
        }
    }

    /// Drops the values of all pages that this webview has shown, except those of `page`.
    pub(crate) fn forget(&self, webview: &str, page: Option<&str>) {
        self.lock().retain(|portal| portal.webview != webview || page == Some(&portal.page));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Portal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Portal {
    fn is_of(&self, webview: &str, page: &str) -> bool {
        self.webview == webview && self.page == page
    }
}
