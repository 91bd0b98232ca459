//! Logs a warning if the app asks for a feature that the configuration does not name. Such a feature is off, and its
//! name is usually a typo.

use std::sync::{Mutex, PoisonError};

use crate::config::Config;
use crate::features::{Access, EnabledFeatures};
use crate::text::printable;

/// The features of the configuration, and the names for which a warning was logged.
pub(crate) struct UnknownFeatures {
    features: EnabledFeatures,
    warned: Mutex<Vec<String>>,
}

/// The largest number of names to remember. A limit is needed, because an app might make up any number of names.
const MOST_NAMES: usize = 64;

impl UnknownFeatures {
    pub(crate) fn new(config: &Config) -> Self {
        Self { features: config.features().enabled_for(Access::default()), warned: Mutex::default() }
    }

    /// Logs a warning, once for each name, if the configuration does not name this feature. Holds no lock while it
    /// logs, because the app's logger may call the client.
    pub(crate) fn check(&self, name: &str) {
        if !self.features.names(name) && log::log_enabled!(log::Level::Warn) && self.is_first(name) {
            log::warn!("feature `{}` is not in the configuration, so it is off", printable(name));
        }
    }

    fn is_first(&self, name: &str) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = warned.len() < MOST_NAMES && !warned.iter().any(|known| known == name);
        if is_first {
            warned.push(name.to_owned());
        }
        is_first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_logged_once_up_to_a_limit() {
        let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app").build().unwrap();
        let unknown = UnknownFeatures::new(&config);
        assert!(unknown.is_first("exprot"));
        assert!(!unknown.is_first("exprot"));
        let logged = (0..1_000).filter(|number| unknown.is_first(&number.to_string())).count();
        assert_eq!(logged, MOST_NAMES - 1);
    }
}
