//! The app and this device as they were when an operation of the portal began.

use crate::config::{Config, Environment};
use crate::engine::Engine;
use crate::key::Key;
use crate::record::Attempt;
use crate::time::Timestamp;
use uuid::Uuid;

/// The app and this device as they were when an operation began.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) config: Config,
    /// The key of the license on this device. Another device may have replaced this key since.
    pub(super) key: Option<Key>,
    /// Polar's id of the key. The id stays the same when Polar replaces the key.
    license_id: Option<Uuid>,
    /// The seat of the license on this device.
    pub(super) seat: Option<Uuid>,
    /// All seats of this device that are in its record.
    pub(super) seats: Vec<Uuid>,
    /// The activations that this device sent and whose answers were lost.
    attempts: Vec<LostAttempt>,
}

/// An activation that this device sent and whose answer was lost. It may have taken a seat.
#[derive(Clone, Debug)]
struct LostAttempt {
    marker: String,
    label: String,
    /// The time at which the activation was sent, on Polar's clock.
    at: Timestamp,
}

impl Context {
    /// Returns the context of an operation that begins now.
    pub fn of(engine: &Engine) -> Self {
        let here = engine.own_license();
        Self {
            config: engine.config().clone(),
            key: here.map(|here| here.key.clone()),
            license_id: engine.own_license_id(),
            seat: here.and_then(|here| here.activation_id()),
            seats: engine.own_seats(),
            attempts: engine.attempts().iter().map(LostAttempt::of).collect(),
        }
    }

    /// Returns `true` if the license on this device has this key. `id` is Polar's id of the key, which stays the same
    /// when Polar replaces the key.
    pub(super) fn is_here(&self, id: Uuid, key: &Key) -> bool {
        self.license_id == Some(id) || self.key.as_ref() == Some(key)
    }

    /// Returns `true` if this device has sent activations whose answers were lost.
    pub(super) fn has_lost_attempts(&self) -> bool {
        !self.attempts.is_empty()
    }

    /// Returns `true` if this device sent a certain activation and never received the answer. `marker`, `label` and
    /// `since` describe the activation as Polar lists it.
    pub(super) fn is_lost_attempt(&self, marker: &str, label: &str, since: Timestamp) -> bool {
        // every request reaches Polar sooner than this, or not at all
        const ON_ITS_WAY_MS: i64 = 10 * 60 * 1000;
        self.attempts.iter().any(|attempt| {
            let took = since.ms_since(attempt.at);
            attempt.marker == marker && attempt.label == label && (0..ON_ITS_WAY_MS).contains(&took)
        })
    }

    /// Returns `true` if the configuration accepts keys of this benefit.
    pub(super) fn accepts(&self, benefit: Uuid) -> bool {
        let accepted = self.config.benefits();
        accepted.is_empty() || accepted.contains(&benefit)
    }

    /// Returns the address of Polar's own pages, without a trailing slash.
    pub(super) fn pages(&self) -> &str {
        match self.config.environment() {
            Environment::Production => "https://polar.sh",
            Environment::Sandbox => "https://sandbox.polar.sh",
            Environment::Url(url) => url,
        }
    }

    /// Returns `true` if a page may be opened in a browser. Its address must begin with `https://`, or with the address
    /// of Polar's pages in the configured environment.
    pub(super) fn may_open(&self, address: &str) -> bool {
        let is_own = address.strip_prefix(self.pages()).is_some_and(|rest| rest.starts_with('/'));
        (is_own || address.starts_with("https://")) && address.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl LostAttempt {
    fn of(attempt: &Attempt) -> Self {
        Self { marker: attempt.marker.clone(), label: attempt.label.clone(), at: attempt.at }
    }
}
