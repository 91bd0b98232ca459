//! What the driver needs of a network stack, and what it has where there is none.

use crate::transport::{Answer, Request};
#[cfg(not(feature = "http"))]
use crate::transport::{Failure, Sent};
use std::sync::Arc;

/// Sends one request. Implement it to use your app's own network stack.
///
/// An implementation sends the request at most once, follows no redirect, returns every status as
/// [`Answer::Reply`], and calls a failure [`Sent::No`](crate::transport::Sent::No) only where Polar cannot have received the body.
pub trait Transport: Send + Sync {
    /// Sends `request` and waits for the answer, at most for its timeout. Blocks.
    fn post(&self, request: &Request) -> Answer;
}

/// The network stack of a client that is given none.
#[cfg(feature = "http")]
pub(super) fn default_transport() -> Arc<dyn Transport> {
    Arc::new(super::HttpTransport::new())
}

/// The network stack of a client that is given none.
#[cfg(not(feature = "http"))]
pub(super) fn default_transport() -> Arc<dyn Transport> {
    Arc::new(NoTransport)
}

/// Where this crate is built without its own.
#[cfg(not(feature = "http"))]
struct NoTransport;

#[cfg(not(feature = "http"))]
impl Transport for NoTransport {
    fn post(&self, _: &Request) -> Answer {
        let message = String::from("this build has no network stack of its own; give the client a transport");
        Answer::Failed { failure: Failure::Network, sent: Sent::No, message }
    }
}
