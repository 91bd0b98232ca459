//! Why a feature is on or off. Plain data, made by [`Decision::explain`](crate::Decision::explain).

use crate::codes::OffReason;
use serde::Serialize;

/// Why a feature is on or off, for the user and for developers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub(crate) reason: Option<OffReason>,
    pub(crate) message: &'static str,
    pub(crate) detail: String,
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

    /// One English sentence for the user. Without a license, that of the decision.
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// One line for developers and logs.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// Why a feature is on or off, for the user and for developers.
///
/// The JSON of an [`Explanation`].
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Explanation"))]
pub(crate) struct ExplanationJson<'a> {
    /// Whether the feature is on.
    allowed: bool,
    /// Why it is off; null if it is on.
    reason: Option<OffReason>,
    /// One English sentence for the user. Without a license, that of the decision.
    message: &'a str,
    /// One line for developers and logs.
    detail: &'a str,
}

/// An object of what its methods say.
impl Serialize for Explanation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (allowed, reason, message, detail) = (self.allowed(), self.reason, self.message, self.detail());
        ExplanationJson { allowed, reason, message, detail }.serialize(serializer)
    }
}
