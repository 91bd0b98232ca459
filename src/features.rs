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

    /// Returns `true` if the configuration names this feature.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns the features, and whether each is on for this access.
    pub(crate) fn enabled_for(&self, access: Access) -> EnabledFeatures {
        EnabledFeatures { configured: self.clone(), access }
    }
}

/// The kind of access, which decides which features are on.
#[derive(Clone, Debug, Default)]
pub(crate) enum Access {
    /// Access is not allowed, so all features are off.
    #[default]
    Denied,
    /// A license for this benefit.
    Benefit(Uuid),
    /// A trial.
    Trial(TrialFeatures),
}

/// The features that a trial includes.
#[derive(Clone, Debug, Default)]
pub(crate) enum TrialFeatures {
    /// Every feature that is configured.
    #[default]
    All,
    /// The features with these names.
    Named(Arc<[String]>),
}

/// The configured features, and whether each is on.
#[derive(Clone, Default)]
pub(crate) struct EnabledFeatures {
    configured: Features,
    access: Access,
}

impl EnabledFeatures {
    /// Returns `true` if this feature is on. A feature that is not configured is off.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.configured.0.get(name).is_some_and(|benefits| self.includes(name, benefits))
    }

    /// Returns `true` if the configuration names this feature.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.configured.names(name)
    }

    /// Returns every configured feature, sorted by name, and whether it is on.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.configured.0.iter().map(|(name, benefits)| (name.as_str(), self.includes(name, benefits)))
    }

    fn includes(&self, name: &str, benefits: &[Uuid]) -> bool {
        match &self.access {
            Access::Denied => false,
            Access::Benefit(benefit) => benefits.contains(benefit),
            Access::Trial(TrialFeatures::All) => true,
            Access::Trial(TrialFeatures::Named(names)) => names.iter().any(|included| included == name),
        }
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
        let enabled = features.enabled_for(Access::Benefit(pro));
        assert!(enabled.allows("export") && !enabled.allows("audit") && !enabled.allows("other"));
        assert!(enabled.names("audit") && !enabled.names("other"));
        assert_eq!(serde_json::to_string(&enabled).unwrap(), r#"{"audit":false,"export":true}"#);
        assert!(!features.enabled_for(Access::Denied).allows("export"));
        assert_ne!(enabled, features.enabled_for(Access::Benefit(team)));
    }

    #[test]
    fn a_trial_turns_on_every_configured_feature_or_those_that_it_names() {
        let features = [("export".to_owned(), Vec::new()), ("audit".to_owned(), Vec::new())];
        let features = Features::new(features.into_iter().collect());
        let all = features.enabled_for(Access::Trial(TrialFeatures::All));
        assert!(all.allows("export") && all.allows("audit") && !all.allows("other"));
        let some = features.enabled_for(Access::Trial(TrialFeatures::Named([String::from("export")].into())));
        assert!(some.allows("export") && !some.allows("audit") && !some.allows("other"));
    }
}
