//! Why a feature is on or off. Plain data, made by [`Decision::explain`](crate::Decision::explain).

use crate::codes::OffReason;

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
