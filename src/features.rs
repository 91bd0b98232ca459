//! The features, and the benefits that turn each feature on. This module depends on no other part of the configuration.

use litemap::LiteMap;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// The configured features. Each decision contains a clone of this value. Clones share the same data, so the names are
/// not copied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features(Arc<LiteMap<String, Vec<Uuid>>>);

impl Features {
    pub(crate) fn new(benefits_by_name: LiteMap<String, Vec<Uuid>>) -> Self {
        Self(Arc::new(benefits_by_name))
    }

    /// Returns the features, and whether each is on for the licensed benefit. Pass `None` for `benefit` if access is
    /// not allowed.
    pub(crate) fn enabled_for(&self, benefit: Option<Uuid>) -> EnabledFeatures {
        EnabledFeatures { configured: self.clone(), benefit }
    }
}

/// The configured features, and whether each is on.
#[derive(Clone, Default)]
pub(crate) struct EnabledFeatures {
    configured: Features,
    /// The licensed benefit, or `None` if access is not allowed.
    benefit: Option<Uuid>,
}

impl EnabledFeatures {
    /// Returns `true` if this feature is on. A feature that is not configured is off.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.configured.0.get(name).is_some_and(|benefits| self.includes(benefits))
    }

    /// Returns `true` if the configuration names this feature.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.configured.0.contains_key(name)
    }

    /// Returns every configured feature, sorted by name, and whether it is on.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.configured.0.iter().map(|(name, benefits)| (name.as_str(), self.includes(benefits)))
    }

    fn includes(&self, benefits: &[Uuid]) -> bool {
        self.benefit.is_some_and(|benefit| benefits.contains(&benefit))
    }
}

impl PartialEq for EnabledFeatures {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for EnabledFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Serializes as an object with a boolean for each feature.
impl Serialize for EnabledFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_on_for_its_benefits_only() {
        let (pro, team) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let features = [("export".to_owned(), vec![pro, team]), ("audit".to_owned(), vec![team])];
        let features = Features::new(features.into_iter().collect());
        let enabled = features.enabled_for(Some(pro));
        assert!(enabled.allows("export") && !enabled.allows("audit") && !enabled.allows("other"));
        assert!(enabled.names("audit") && !enabled.names("other"));
        assert_eq!(serde_json::to_string(&enabled).unwrap(), r#"{"audit":false,"export":true}"#);
        assert!(!features.enabled_for(None).allows("export"));
        assert_ne!(enabled, features.enabled_for(Some(team)));
    }
}
