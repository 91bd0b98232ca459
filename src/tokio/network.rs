//! The network stack of a client that is given none.

#[cfg(feature = "tokio")]
use super::http::HttpTransport;
#[cfg(not(feature = "tokio"))]
use crate::client::no_transport::NoTransport;
use crate::transport::AsyncTransport;

/// reqwest.
#[cfg(feature = "tokio")]
pub(super) fn default_transport() -> Box<dyn AsyncTransport> {
    Box::new(HttpTransport::new())
}

/// None, in a build without one.
#[cfg(not(feature = "tokio"))]
pub(super) fn default_transport() -> Box<dyn AsyncTransport> {
    Box::new(NoTransport)
}
