//! The steps that a driver carries out, as data. Each holds what its operation continues with; `run.rs` continues.

use super::edit::Edit;
use super::memory::Merged;
use super::task::{AfterReply, AfterStore};
use super::{OpId, Operation};
use crate::codes::Deactivated;
use crate::decision::Decision;
use crate::error::Error;
use crate::transport::Request;
use std::fmt;
use std::sync::Arc;

/// What a driver does next.
#[derive(Debug)]
#[must_use = "an operation goes on only if its step is carried out"]
pub enum Step {
    /// Wait for other processes that share the record. Only for a [`Host`](super::Host) that takes turns.
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

/// How an operation ended.
#[derive(Debug)]
pub struct Outcome {
    /// The decision, or an error that has the decision attached.
    pub result: Result<Decision, Error>,
    /// What became of the seat, after a deactivation.
    pub deactivated: Option<Deactivated>,
    /// When a timer should refresh next, in ms of the monotonic clock; `None` if there is nothing to wait for.
    pub wake_at: Option<u64>,
}

/// Wait until no other process that shares the record is asking Polar, at most [`until`](Self::until), and
/// [`resume`](Self::resume). Keep the turn until the operation is done: whoever waits for it finds the answer stored.
pub struct TurnStep {
    /// In ms of the monotonic clock.
    pub until: u64,
    pub(super) _ticket: Arc<()>,
    pub(super) then: AfterReply,
}

/// How the wait for a turn has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// No other process is asking Polar. What one was answered before is stored.
    Taken,
    /// One still is, and the operation cannot wait any longer.
    Late,
}

/// Wait until the monotonic clock says [`not_before`](Self::not_before), lock the store, read it, call
/// [`merge`](Self::merge), do what it says, unlock, and [`resume`](Self::resume).
///
/// If the lock cannot be acquired, do the same without it but write nothing, and resume with the error. Merging is
/// repeatable, for stores whose transactions are.
pub struct StoreStep {
    /// In ms of the monotonic clock; later than now only if an earlier write failed. A driver whose caller has given up
    /// does not wait.
    pub not_before: u64,
    /// Until when to wait for the lock, in ms of the monotonic clock. A lock is held for milliseconds.
    pub until: u64,
    pub(super) _ticket: Arc<()>,
    pub(super) edits: Vec<Edit>,
    pub(super) then: AfterStore,
    pub(super) merged: Option<Box<Merged>>,
    /// The stored record without the edits, which is used if the edits must all be saved and could not be.
    pub(super) unedited: Option<Box<Merged>>,
}

/// Wait until the monotonic clock says [`not_before`](Self::not_before), send the request once, and
/// [`resume`](Self::resume) with what came back.
pub struct SendStep {
    /// In ms of the monotonic clock.
    pub not_before: u64,
    /// What to send.
    pub request: Request,
    pub(super) _ticket: Arc<()>,
    pub(super) then: AfterReply,
}

/// Wait until the operation [`waits_for`](Self::waits_for) has ended, at most [`until`](Self::until), and
/// [`resume`](Self::resume).
#[derive(Debug)]
pub struct JoinStep {
    /// The operation under way.
    pub waits_for: OpId,
    /// In ms of the monotonic clock.
    pub until: u64,
    pub(super) both_ask: bool,
    pub(super) operation: Operation,
}

impl Outcome {
    /// The decision, whether the operation succeeded or not.
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
