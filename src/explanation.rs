//! The reason why a feature is on or off. Plain data, created by [`Decision::explain`](crate::Decision::explain).

use crate::codes::{NextStep, OffReason};
use crate::json;
use serde::Serialize;

/// The reason why a feature is on or off, for the user and for developers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub(crate) reason: Option<OffReason>,
    pub(crate) message: String,
    pub(crate) detail: String,
    pub(crate) next_step: NextStep,
    pub(crate) next_url: Option<String>,
}

impl Explanation {
    /// Returns `true` if the feature is on, like [`Decision::allows`](crate::Decision::allows).
    pub fn allowed(&self) -> bool {
        self.reason.is_none()
    }

    /// Returns the reason why the feature is off, or `None` if it is on.
    pub fn reason(&self) -> Option<OffReason> {
        self.reason
    }

    /// Returns one sentence for the user, in English unless the configuration [replaces](crate::ConfigBuilder::texts)
    /// it. If access is not allowed, this sentence is the decision's message. If the feature is on, the sentence says
    /// that the license includes it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the step that the user can take to get the feature. If access is not allowed, this is the next step of
    /// the decision. If the license's plan does not include the feature, the step is to buy a plan that does.
    pub fn next_step(&self) -> NextStep {
        self.next_step
    }

    /// Returns the vendor's page for the next step, if the configuration has one.
    pub fn next_url(&self) -> Option<&str> {
        self.next_url.as_deref()
    }

    /// Returns one line for developers and logs.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns the explanation as a JSON object. It has one member for each getter, with the getter's name in camel
    /// case. Absent values are null. Later versions may add members.
    pub fn to_json(&self) -> String {
        json::write(self)
    }
}

/// The reason why a feature is on or off, for the user and for developers.
///
/// The JSON of an [`Explanation`].
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Explanation"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExplanationJson<'a> {
    /// Whether the feature is on.
    allowed: bool,
    /// The reason why the feature is off, or null if it is on.
    reason: Option<OffReason>,
    /// The step that the user can take to get the feature.
    next_step: NextStep,
    /// The vendor's page for the next step, if the settings have one.
    next_url: Option<&'a str>,
    /// The sentence for the user, in English unless the configuration replaces it. If access is not allowed, this
    /// sentence is the decision's message. If the feature is on, the sentence says that the license includes it.
    message: &'a str,
    /// One line for developers and logs.
    detail: &'a str,
}

/// Serializes the explanation as an object with one member for each getter.
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
