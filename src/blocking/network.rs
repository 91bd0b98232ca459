//! The network stack of a client that is given none.

#[cfg(feature = "http")]
use super::http::HttpTransport;
#[cfg(not(feature = "http"))]
use crate::client::no_transport::NoTransport;
use crate::transport::Transport;
use std::sync::Arc;

/// ureq.
#[cfg(feature = "http")]
pub(super) fn default_transport() -> Arc<dyn Transport> {
    Arc::new(HttpTransport::new())
}

/// None, in a build without one.
#[cfg(not(feature = "http"))]
pub(super) fn default_transport() -> Arc<dyn Transport> {
    Arc::new(NoTransport)
}
