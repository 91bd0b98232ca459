//! The answer for a computer without a network. A web page cannot create answers, because it would have to contain the
//! app's secret, and everybody could read it there.

use super::offline::with_text;
use crate::codes::ErrorKind;
use crate::decision::Decision;
use crate::engine::Outcome;
use crate::error::Error;
use std::fmt;

/// The answer to the request of a computer without a network.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OfflineAnswer {
    /// The present decision about the other computer's license.
    pub decision: Decision,
    /// The text to import there. It contains the license key, so keep it as safe as the key.
    pub text: String,
}

impl OfflineAnswer {
    pub(crate) fn of(outcome: Outcome) -> Result<Self, Error> {
        let (decision, text) = with_text(outcome)?;
        let text = text.ok_or_else(|| Error::new(ErrorKind::Internal, "the answer ended without its text"))?;
        Ok(Self { decision, text })
    }
}

/// Does not show the text.
impl fmt::Debug for OfflineAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineAnswer").field("decision", &self.decision).finish_non_exhaustive()
    }
}
