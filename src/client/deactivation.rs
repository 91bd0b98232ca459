//! The result of a deactivation.

use crate::codes::{Deactivated, ErrorKind};
use crate::decision::Decision;
use crate::engine::Outcome;
use crate::error::Error;

/// The result of a deactivation: the decision, as in every operation, and what happened to the seat.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deactivation {
    /// The decision without the license.
    pub decision: Decision,
    /// The outcome for the seat.
    pub deactivated: Deactivated,
}

impl Deactivation {
    pub(crate) fn of(outcome: Outcome) -> Result<Self, Error> {
        let decision = outcome.result?;
        let deactivated = outcome.deactivated.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the deactivation ended without the outcome for the seat")
        })?;
        Ok(Self { decision, deactivated })
    }
}
