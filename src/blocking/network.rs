//! The default network stack of a client.

#[cfg(feature = "http")]
use super::http::HttpTransport;
#[cfg(not(feature = "http"))]
use crate::client::no_transport::no_transport;
use crate::config::Config;
use crate::error::Error;
use crate::transport::Transport;
use std::sync::Arc;

/// Returns a transport that uses ureq.
#[cfg(feature = "http")]
pub(super) fn default_transport(_: &Config) -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(HttpTransport::new()))
}

/// Fails, because this build has no network stack.
#[cfg(not(feature = "http"))]
pub(super) fn default_transport(config: &Config) -> Result<Arc<dyn Transport>, Error> {
    Err(no_transport(config))
}
