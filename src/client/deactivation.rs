//! The result of a deactivation.

use crate::codes::{Deactivated, ErrorKind};
use crate::decision::Decision;
use crate::engine::Outcome;
use crate::error::Error;

/// The result of a deactivation: the decision, which every operation returns, and the outcome for the seat.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deactivation {
    /// The decision after the license was removed from this device.
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
