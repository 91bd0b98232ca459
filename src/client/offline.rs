//! The results of the operations on a computer without a network.

use crate::codes::ErrorKind;
use crate::decision::Decision;
use crate::engine::Outcome;
use crate::error::Error;
use std::fmt;

/// The return of a license from a computer without a network.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OfflineReturn {
    /// The decision after the license was removed from this device.
    pub decision: Decision,
    /// The text that releases the seat on a computer with a network. It contains the license key, so keep it as safe as
    /// the key. `None` if the license took no seat, so there is nothing to release.
    pub text: Option<String>,
}

impl OfflineReturn {
    pub(crate) fn of(outcome: Outcome) -> Result<Self, Error> {
        let (decision, text) = with_text(outcome)?;
        Ok(Self { decision, text })
    }
}

/// Returns the text of a request.
pub(crate) fn request(outcome: Outcome) -> Result<String, Error> {
    let (_, text) = with_text(outcome)?;
    text.ok_or_else(|| Error::new(ErrorKind::Internal, "the request ended without its text"))
}

/// Returns the decision after an operation, and the text for the other computer.
pub(super) fn with_text(outcome: Outcome) -> Result<(Decision, Option<String>), Error> {
    Ok((outcome.result?, outcome.text.map(crate::engine::OfflineText::into_string)))
}

/// Does not show the text.
impl fmt::Debug for OfflineReturn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineReturn").field("decision", &self.decision).finish_non_exhaustive()
    }
}
