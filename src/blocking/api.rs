//! Calls Polar's three license endpoints directly. Takes a typed request, returns a typed reply, and stores nothing.

#[cfg(feature = "http")]
use super::http::HttpTransport;
use crate::config::Environment;
use crate::error::Error;
use crate::transport::{Answer, Request, Transport};
use crate::wire::{Activate, Confirmed, Deactivate, Validate};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Direct access to Polar's license endpoints. Stores no record, decides nothing about access, and does not pace
/// requests. Most apps want [`Client`](super::Client).
///
/// Polar accepts at most three requests a second from one IP address. At the fourth request it blocks this IP address
/// for a minute. No request is idempotent: if [`Error::maybe_applied`] is true for an error, a seat may have been
/// taken, or usage may have been counted.
///
/// ```no_run
/// use polar_license::blocking::Api;
/// use polar_license::{Environment, Key, wire::Validate};
///
/// let api = Api::new(&Environment::Production);
/// let key = Key::parse("D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF")?;
/// let confirmed = api.validate(&Validate::new(&key, "a0010000-0000-4000-8000-000000000001".parse().unwrap()))?;
/// println!("used {} times", confirmed.terms.usage);
/// # Ok::<(), polar_license::Error>(())
/// ```
#[derive(Clone)]
pub struct Api {
    base_url: String,
    transport: Arc<dyn Transport>,
    timeout: Duration,
}

impl Api {
    /// Creates an `Api` that sends its requests over HTTPS with ureq. Each request takes at most 35 seconds.
    #[cfg(feature = "http")]
    pub fn new(environment: &Environment) -> Self {
        Self::with_transport(environment, Arc::new(HttpTransport::new()))
    }

    /// Creates an `Api` that sends its requests with the app's own network stack.
    pub fn with_transport(environment: &Environment, transport: Arc<dyn Transport>) -> Self {
        Self { base_url: environment.base_url().to_owned(), transport, timeout: Duration::from_secs(35) }
    }

    /// Sets the time limit for each request, from name resolution to the last byte.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks whether a key is valid.
    pub fn validate(&self, request: &Validate) -> Result<Confirmed, Error> {
        Ok(request.read(&self.send(Validate::PATH, request.body()))?)
    }

    /// Takes a seat.
    pub fn activate(&self, request: &Activate) -> Result<Confirmed, Error> {
        Ok(request.read(&self.send(Activate::PATH, request.body()))?)
    }

    /// Releases a seat.
    pub fn deactivate(&self, request: &Deactivate) -> Result<(), Error> {
        Ok(request.read(&self.send(Deactivate::PATH, request.body()))?)
    }

    fn send(&self, path: &str, body: String) -> Answer {
        self.transport.send(&Request::post([&self.base_url, path].concat(), body, self.timeout))
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
