//! The local Polar that the agent starts, and the changes that the agent makes to it. The control endpoint of the local
//! Polar makes each change, or says why the change is invalid.

use crate::args::{self, Serve};
use crate::serve;
use mock_polar::{Fault, MockPolar, NewKey};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The local Polar, if it was started.
#[derive(Default)]
pub(super) struct LocalPolar(Mutex<Option<Running>>);

struct Running {
    polar: MockPolar,
    is_demo: bool,
}

/// The arguments of `steer_local_polar`: the changes, in the order in which they are made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Steering {
    /// Restore the initial state: the initial keys, no seats, no faults, the system's time
    reset: bool,

    /// Add a key to sell
    #[schemars(with = "Option<NewKey>")]
    add_key: Option<Value>,

    /// Change a key: `key`, and what to change of `status` (granted, revoked, disabled), `limit_activations`,
    /// `limit_usage`, `usage`, `expires_at`, `benefit`, `subscription`, `order`
    change_key: Option<KeyChange>,

    /// Remove all faults
    clear_faults: bool,

    /// Set a fault, which applies to the app's requests until it is removed, or to as many requests as `times` says
    #[schemars(with = "Option<Fault>")]
    add_fault: Option<Value>,

    /// Advance the local Polar's clock by this many seconds; the app's own clock does not move
    advance_seconds: Option<f64>,

    /// The version of Polar's API to switch to, such as 2027-01
    api_version: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct KeyChange {
    key: String,
    #[serde(flatten)]
    changes: Map<String, Value>,
}

impl LocalPolar {
    /// Starts a local Polar, and returns its description. If a local Polar is already running, it is stopped first.
    ///
    /// # Errors
    /// Returns a text that says what failed.
    pub(super) fn start(&self, options: &Serve) -> Result<String, String> {
        let builder = serve::builder(options).map_err(|error| args::mask_input(&error.to_string()))?;
        let mut running = self.lock();
        // the old local Polar is stopped first, because the new one may use the same port
        *running = None;
        let polar = builder.start().map_err(|error| error.to_string())?;
        let is_demo = options.seed.is_none();
        let description = serve::json(&polar, is_demo).to_string();
        *running = Some(Running { polar, is_demo });
        Ok(description)
    }

    /// Makes the changes, and returns the local Polar's new state.
    pub(super) fn steer(&self, steering: &Steering) -> Result<String, String> {
        let running = self.lock();
        let Some(Running { polar, is_demo }) = &*running else {
            return Err(String::from("no local Polar is running; call start_local_polar first"));
        };
        steering.apply(polar)?;
        let mut state = serve::json(polar, *is_demo);
        if let Some(state) = state.as_object_mut() {
            state.insert("now".to_owned(), json!(polar.now()));
            state.insert("faults".to_owned(), polar.control("GET", &["faults"], &Value::Null)?);
        }
        Ok(state.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Steering {
    /// Makes the changes in order. Stops at the first one that is refused.
    fn apply(&self, polar: &MockPolar) -> Result<(), String> {
        let control = |method, path: &[&str], body: &Value| match polar.control(method, path, body) {
            Ok(_) => Ok(()),
            Err(message) => Err(args::mask_input(&message)),
        };
        if self.reset {
            control("POST", &["reset"], &Value::Null)?;
        }
        if let Some(key) = &self.add_key {
            control("POST", &["keys"], key)?;
        }
        if let Some(KeyChange { key, changes }) = &self.change_key {
            control("PATCH", &["keys", key], &Value::Object(changes.clone()))?;
        }
        if self.clear_faults {
            control("DELETE", &["faults"], &Value::Null)?;
        }
        if let Some(fault) = &self.add_fault {
            control("POST", &["faults"], fault)?;
        }
        if let Some(seconds) = self.advance_seconds {
            control("POST", &["clock"], &json!({ "advance_seconds": seconds }))?;
        }
        if let Some(version) = &self.api_version {
            control("POST", &["versions"], &json!({ "current": version }))?;
        }
        Ok(())
    }
}
