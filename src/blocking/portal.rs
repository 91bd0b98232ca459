//! The customer portal for native programs.

use super::driver::Driver;
use super::success_page::SuccessPage;
use crate::client::portal::portal;
use crate::codes::Deactivated;
use crate::error::Error;
use crate::portal::boundary::{self, Handles, Reply};
use crate::portal::steps;
use crate::portal::{
    CheckoutPage, CodeRequest, ConfirmedByUser, Customer, CustomerChoice, Device, Devices, LicenseKey, Progress,
    Purchase, Restored, Token,
};
use std::fmt;
use std::ops::ControlFlow::{self, Continue};
use std::sync::Arc;
use std::time::Duration;

portal!(Arc, []);

impl Portal {
    /// Waits until the buyer's browser passes the token of a purchase to `page`, but no longer than `within`. Starts a
    /// session with that token. The client's `cancel` ends the wait.
    ///
    /// # Errors
    /// `timeout` if no token arrives in time: the buyer may have closed the page, or may have been a customer before
    /// (Polar gives a token only to new customers); `cancelled` if the app cancels.
    pub fn session_from_page(&self, page: &SuccessPage, within: Duration) -> Result<Session, Error> {
        let context = self.driver.portal_context();
        page.wait_unless(context.texts(), within, self.driver.cancellation()).map(|token| self.session(token))
    }

    /// Does the same as [`session_from_page`](Self::session_from_page), but returns the session as a reply. For
    /// bindings; not part of the public interface.
    #[doc(hidden)]
    pub fn call_with_page(&self, page: &SuccessPage, within: Duration, handles: &Handles) -> Result<Reply, Error> {
        Ok(Reply::session(self.session_from_page(page, within)?.token, handles))
    }
}
