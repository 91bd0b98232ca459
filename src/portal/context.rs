//! What an operation of the portal knows of the app and of this device, as it was when the operation began.

use crate::config::{Config, Environment};
use crate::engine::Engine;
use crate::key::Key;
use uuid::Uuid;

/// What an operation knows of the app and of this device.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) config: Config,
    /// The key of the license here, as far as this device knows: it may have been replaced elsewhere.
    pub(super) key: Option<Key>,
    /// The seat of the license here.
    pub(super) seat: Option<Uuid>,
    /// All seats of this device.
    pub(super) seats: Vec<Uuid>,
}

impl Context {
    /// As it is at this instant.
    pub fn of(engine: &Engine) -> Self {
        let here = engine.own_license();
        Self {
            config: engine.config().clone(),
            key: here.map(|here| here.key.clone()),
            seat: here.and_then(|here| here.activation_id()),
            seats: engine.own_seats(),
        }
    }

    /// Whether the configuration accepts keys of this benefit.
    pub(super) fn accepts(&self, benefit: Uuid) -> bool {
        let accepted = self.config.benefits();
        accepted.is_empty() || accepted.contains(&benefit)
    }

    /// Where Polar's own pages are, without a slash at its end.
    pub(super) fn pages(&self) -> &str {
        match self.config.environment() {
            Environment::Production => "https://polar.sh",
            Environment::Sandbox => "https://sandbox.polar.sh",
            Environment::Url(url) => url,
        }
    }

    /// Whether a page may be opened in a browser: one that is encrypted, or one of this environment.
    pub(super) fn may_open(&self, address: &str) -> bool {
        let is_own = address.strip_prefix(self.pages()).is_some_and(|rest| rest.starts_with('/'));
        (is_own || address.starts_with("https://")) && address.bytes().all(|byte| byte.is_ascii_graphic())
    }
}
