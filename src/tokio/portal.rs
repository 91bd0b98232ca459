//! The customer portal for programs on tokio.
//!
//! If a future of this module is dropped, no further request is sent. If a request was already sent, an answer that
//! must not be lost is still stored: for example, the new key after Polar has replaced a key.

use super::driver::Driver;
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

portal!(Arc, [+ Send + 'static], async, await);

impl Portal {
    /// Runs the operation that `request` describes. Ends it early if the future `cancelled` becomes ready first. For
    /// bindings; not part of the public interface.
    #[doc(hidden)]
    pub async fn call_until(
        &self,
        request: &str,
        handles: &Handles,
        progress: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Reply, Error> {
        let begin = |context, now| boundary::begin(request, context, handles, now);
        Ok(self.driver.portal_until(begin, progress, cancelled).await?.reply(handles))
    }
}
