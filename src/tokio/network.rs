//! The default network stack of a client.

#[cfg(feature = "tokio")]
use super::http::HttpTransport;
#[cfg(not(feature = "tokio"))]
use crate::client::no_transport::no_transport;
use crate::config::Config;
use crate::error::Error;
use crate::transport::AsyncTransport;

/// Returns a transport that uses reqwest.
#[cfg(feature = "tokio")]
pub(super) fn default_transport(_: &Config) -> Result<Box<dyn AsyncTransport>, Error> {
    Ok(Box::new(HttpTransport::new()))
}

/// Fails, because this build has no network stack.
#[cfg(not(feature = "tokio"))]
pub(super) fn default_transport(config: &Config) -> Result<Box<dyn AsyncTransport>, Error> {
    Err(no_transport(config))
}
