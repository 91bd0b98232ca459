//! The steps that a driver carries out, as data. Each step contains the state from which `run.rs` continues the
//! operation.

use super::edit::Edit;
use super::memory::Merged;
use super::task::{AfterReply, AfterStore};
use super::{OpId, Operation};
use crate::codes::Deactivated;
use crate::decision::Decision;
use crate::error::Error;
use crate::offline_text::OfflineText;
use crate::transport::Request;
use std::fmt;
use std::sync::Arc;

/// The next step for a driver.
#[derive(Debug)]
#[must_use = "an operation goes on only if its step is carried out"]
pub enum Step {
    /// Wait until no other process that shares the record is asking Polar. Occurs only if
    /// [`takes_turns`](super::Host::takes_turns) is `true`.
    Turn(TurnStep),
    /// Read, merge and write the stored record.
    Store(StoreStep),
    /// Send one request.
    Send(SendStep),
    /// Wait for another operation.
    Join(JoinStep),
    /// The operation has ended.
    Done(Outcome),
}

/// The outcome of an operation.
#[derive(Debug)]
pub struct Outcome {
    /// The decision, or an error that has the decision attached.
    pub result: Result<Decision, Error>,
    /// The outcome for the seat. `None` if the operation was not a deactivation.
    pub deactivated: Option<Deactivated>,
    /// The text for another computer, if the operation writes one.
    pub text: Option<OfflineText>,
    /// The time at which a timer should start the next refresh, in ms of the monotonic clock; `None` if there is
    /// nothing to wait for.
    pub wake_at: Option<u64>,
}

/// A step that waits for this process's turn to ask Polar. Wait until no other process that shares the record is asking
/// Polar, but no longer than [`until`](Self::until). Then call [`resume`](Self::resume). Keep the turn until the
/// operation is done, so that the next process that gets the turn finds the answer stored.
pub struct TurnStep {
    /// The end of the wait, in ms of the monotonic clock.
    pub until: u64,
    pub(super) _ticket: Arc<()>,
    pub(super) then: AfterReply,
}

/// The result of waiting until it is this process's turn to ask Polar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is this process's turn to ask Polar. No other process is asking, and the answers that others got are stored.
    Taken,
    /// Another process is still asking Polar, and the operation cannot wait any longer.
    Late,
}

/// A step that reads and writes the store. Wait until the monotonic clock reads [`not_before`](Self::not_before), lock
/// the store, read it, call [`merge`](Self::merge), make the change that `merge` returns, unlock the store, and call
/// [`resume`](Self::resume).
///
/// If the lock cannot be acquired, read and merge without it, write nothing, and resume with the error. `merge` may be
/// called again if the store repeats a transaction.
pub struct StoreStep {
    /// The earliest time at which the step may be carried out, in ms of the monotonic clock. After a failed write, this
    /// time lies in the future, so that some time passes before the next attempt. A driver whose caller has given up
    /// does not wait for this time.
    pub not_before: u64,
    /// The end of the wait for the lock, in ms of the monotonic clock. The wait is usually short, because a holder of
    /// the lock releases it within milliseconds.
    pub until: u64,
    pub(super) _ticket: Arc<()>,
    pub(super) edits: Vec<Edit>,
    pub(super) then: AfterStore,
    pub(super) merged: Option<Box<Merged>>,
    /// The stored record without the edits. Used if the edits must all be saved together, and could not be saved.
    pub(super) unedited: Option<Box<Merged>>,
}

/// A step that sends a request. Wait until the monotonic clock reads [`not_before`](Self::not_before), send the request
/// once, and call [`resume`](Self::resume) with the answer.
pub struct SendStep {
    /// The time before which the request must not be sent, in ms of the monotonic clock.
    pub not_before: u64,
    /// The request to send.
    pub request: Request,
    pub(super) _ticket: Arc<()>,
    pub(super) then: AfterReply,
}

/// A step that waits for another operation. First wait until that operation has ended, but no longer than
/// [`until`](Self::until). Then call [`resume`](Self::resume). [`waits_for`](Self::waits_for) is the id of the other
/// operation.
#[derive(Debug)]
pub struct JoinStep {
    /// The operation to wait for.
    pub waits_for: OpId,
    /// The end of the wait, in ms of the monotonic clock.
    pub until: u64,
    pub(super) both_ask: bool,
    pub(super) operation: Operation,
}

impl Outcome {
    /// Returns the decision after the operation. If the operation failed, the decision contains the failure as its
    /// `problem`.
    pub fn into_decision(self) -> Decision {
        match self.result {
            Ok(decision) => decision,
            Err(mut error) => {
                let decision = error.take_decision().unwrap_or_else(Decision::unknown);
                Decision { problem: Some(error.into_problem()), ..decision }
            }
        }
    }
}

impl fmt::Debug for TurnStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnStep").field("until", &self.until).finish_non_exhaustive()
    }
}

impl fmt::Debug for StoreStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreStep").field("not_before", &self.not_before).finish_non_exhaustive()
    }
}

impl fmt::Debug for SendStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendStep")
            .field("not_before", &self.not_before)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
