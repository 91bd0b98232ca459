//! Why a feature is on or off. Plain data, made by [`Decision::explain`](crate::Decision::explain).

use crate::codes::{NextStep, OffReason};
use crate::json;
use serde::Serialize;

/// Why a feature is on or off, for the user and for developers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub(crate) reason: Option<OffReason>,
    pub(crate) message: String,
    pub(crate) detail: String,
    pub(crate) next_step: NextStep,
    pub(crate) next_url: Option<String>,
}

impl Explanation {
    /// Whether the feature is on; what [`Decision::allows`](crate::Decision::allows) says of it.
    pub fn allowed(&self) -> bool {
        self.reason.is_none()
    }

    /// Why it is off; `None` if it is on.
    pub fn reason(&self) -> Option<OffReason> {
        self.reason
    }

    /// One sentence for the user, in English unless the configuration [replaces](crate::ConfigBuilder::texts) it. Without a
    /// license, that of the decision.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the user can do to use the feature. Without a license, what the decision says; with one for another plan, to
    /// buy one that includes it.
    pub fn next_step(&self) -> NextStep {
        self.next_step
    }

    /// The vendor's page for the next step, where the configuration has one.
    pub fn next_url(&self) -> Option<&str> {
        self.next_url.as_deref()
    }

    /// One line for developers and logs.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Everything as one JSON object. Its members are named as the methods, in camel case; what is absent is null. A later
    /// version may add members.
    pub fn to_json(&self) -> String {
        json::write(self)
    }
}

/// Why a feature is on or off, for the user and for developers.
///
/// The JSON of an [`Explanation`].
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Explanation"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExplanationJson<'a> {
    /// Whether the feature is on.
    allowed: bool,
    /// Why it is off; null if it is on.
    reason: Option<OffReason>,
    /// What the user can do to use the feature.
    next_step: NextStep,
    /// The vendor's page for the next step, where the settings have one.
    next_url: Option<&'a str>,
    /// One sentence for the user, in English unless the configuration replaces it. Without a license, that of the decision.
    message: &'a str,
    /// One line for developers and logs.
    detail: &'a str,
}

/// An object of what its methods say.
impl Serialize for Explanation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = ExplanationJson {
            allowed: self.allowed(),
            reason: self.reason,
            next_step: self.next_step,
            next_url: self.next_url(),
            message: &self.message,
            detail: self.detail(),
        };
        json.serialize(serializer)
    }
}
