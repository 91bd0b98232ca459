//! The next step of an operation, and how the operation continues after it, as data. Each variant has exactly the
//! fields that it needs. This module decides, stores and sends nothing: the operations choose the next step, and
//! `run.rs` turns it into a step for the driver.

use super::Patience;
use super::edit::{Asked, AttemptId, Edit};
use crate::codes::Deactivated;
use crate::error::Error;
use crate::key::Key;
use crate::offline_text::OfflineText;
use crate::record::{Answered, Identity, Seat};
#[cfg(feature = "portal")]
use crate::record::{CodeTry, CodeUse};
use crate::wire::{self, Confirmed};
#[cfg(feature = "portal")]
use std::time::Duration;
use uuid::Uuid;

/// The next part of an operation.
pub(super) enum Next {
    /// Save the edits, then continue.
    Store(Vec<Edit>, AfterStore),
    /// Save the unsaved edits once more, but not before this time in ms of the monotonic clock.
    SaveAgain(u64, Unsaved),
    /// Send the request, then continue.
    Send(AfterReply),
    /// Release the seats of older licenses, then end the operation.
    Release(Ending),
    /// Save the edits, then end.
    End(Vec<Edit>, Ending),
}

/// The continuation of an operation after a store step. It runs even if the changes of the step could not be saved.
pub(super) enum AfterStore {
    /// The record was read: ask Polar, if there is something to ask.
    Ask(Question),
    /// Polar's answer was saved: end the operation. If another process has saved a contradicting answer, ask Polar once
    /// more.
    Answered(Question),
    /// Activate `key`, or the stored key if `key` is `None`.
    Activate {
        key: Option<Key>,
        replace_previous: bool,
        /// A seat that may not be in the record. Polar is asked about it too.
        known_seat: Option<Seat>,
    },
    /// Send the activation if its attempt was saved.
    AttemptSaved(Attempted),
    /// Try once more to take a seat, because the previous seat was released.
    PreviousReleased(Activation),
    /// Report that every seat is taken. If another process has taken a seat for this device meanwhile, report success
    /// instead.
    NoSeat(Activation),
    /// If the result was saved, report it. Otherwise save again or fail.
    Save(Unsaved),
    /// Release the seat of the stored license.
    Deactivate,
    /// Release the seats of older licenses, then end the operation.
    Release(Ending),
    End(Ending),
    Forgotten,
    /// Report the trial, if it was saved.
    TrialStarted,
    /// Report the offline request if its number was saved.
    OfflineRequested,
    /// Save the license of an answer, if it answers the latest request.
    OfflineImport(Answered),
    /// Remove the license, and keep its seat on the list of seats to release.
    OfflineReturn,
    /// Report the seats to release.
    OfflineReturned,
    /// Release the seats that another device has given up.
    OfflineRelease,
    #[cfg(feature = "portal")]
    Portal(AfterPortalStore),
}

/// The part of an operation of the customer portal that follows a store step.
#[cfg(feature = "portal")]
pub(super) enum AfterPortalStore {
    /// Tell the caller to send the request for a code, or to try the code, if that was within the limits and is now
    /// counted in the stored record. Otherwise tell the caller how long to wait.
    CodeTry(CodeTry, CodeUse),
    /// Report how long Polar will refuse to mail or to check codes.
    CodesBlocked(CodeUse, Duration),
    /// Release the seat of any device. The string is the marker of the activation that took the seat.
    Release(wire::Deactivate, Option<String>),
    /// Release the seat of the stored license. The stored key and the key in the request differ, because the customer
    /// has replaced the key, but the seat is the same.
    ReleaseHere(wire::Deactivate, Option<String>),
    /// Report whether the record could be written. If not, the key of the stored license must not be replaced.
    Rotate,
}

/// A result that must be stored for the operation to succeed.
pub(super) struct Unsaved {
    pub(super) result: Success,
    /// Whether the store already has the license. If so, nothing is lost if the save fails.
    pub(super) is_stored: bool,
    /// The number of failed saves.
    pub(super) failures: u32,
}

/// The result of an operation that has succeeded at Polar.
#[derive(Clone, Copy)]
pub(super) enum Success {
    Activated,
    Deactivated(Deactivated),
    /// The answer to an offline request was imported.
    Imported,
    /// Polar replaced a license key with a new one.
    #[cfg(feature = "portal")]
    Rotated,
}

/// The continuation of an operation after a reply, with the request that was sent.
pub(super) enum AfterReply {
    Ask(Question, wire::Validate),
    /// Asks whether the key to activate is valid, with this seat or without a seat.
    Check(Activation, Option<Seat>, wire::Validate),
    Activate(Attempted, wire::Activate),
    /// Releases a seat.
    Release(SeatOf, wire::Deactivate),
    /// Asks whether Polar knows the key of this seat, because Polar did not know the seat.
    CheckKey(SeatOf, Uuid, wire::Validate),
}

/// The owner of a seat that is being released, and the data for continuing afterwards.
pub(super) enum SeatOf {
    /// The license that is deactivated.
    License(Identity),
    /// The license on this device. Its seat is released to make room for an activation of the same key.
    Previous(Box<Attempted>),
    /// A license that was on this device earlier.
    Older(Ending),
    /// Any device of the customer, released through the customer portal. Holds the marker of the activation that took
    /// the seat, or `None` if that activation has no marker.
    #[cfg(feature = "portal")]
    Device(Option<String>),
}

/// The conditions under which a store step writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    /// Write if anything has changed. Changes that cannot be written stay in memory until a later step writes them.
    Changes,
    /// Write even if nothing has changed, to find out whether the store can be written.
    Always,
    /// Write all changes. If that fails, discard all of them, in memory too.
    AllOrNothing,
}

/// A question to Polar, and its purpose.
pub(super) struct Question {
    pub(super) purpose: Purpose,
    /// The license that the question is about.
    pub(super) asked: Option<Asked>,
    pub(super) ending: Ending,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Validate,
    Refresh(Patience),
    Consume(u32),
    /// Another process got a denial for the license that this process has just activated. It is unknown which of the
    /// two answers is later.
    Activate,
    /// Another process has got an answer from Polar that contradicts the answer of this operation (a validation, a
    /// refresh or a count of uses). It is unknown which answer is later, so Polar is asked again.
    ResolveConflict,
}

/// An activation in progress.
pub(super) struct Activation {
    pub(super) key: Key,
    /// The license that this device had when the user activated this key, even if its record was not trusted.
    pub(super) previous: Option<Asked>,
    pub(super) replace_previous: bool,
    /// A seat that may not be in the record. Polar is asked about it too.
    pub(super) known_seat: Option<Seat>,
    /// Whether the license can be moved to this device. This is `true` if the stored license has a seat of this key,
    /// and Polar refuses this seat to this device, for example because the activation's conditions do not match.
    pub(super) can_move: bool,
    /// The questions about the key that were not sent yet. `Some(seat)` asks about the key with this seat, and `None`
    /// about the key alone.
    pub(super) questions: std::vec::IntoIter<Option<Seat>>,
    /// Polar's confirmation of the key alone, without a seat.
    pub(super) checked: Option<Confirmed>,
}

/// An activation that requests a seat.
pub(super) struct Attempted {
    pub(super) activation: Activation,
    pub(super) id: AttemptId,
    pub(super) label: String,
}

/// The report at the end of an operation, apart from the decision.
#[derive(Default)]
pub(super) struct Ending {
    pub(super) failure: Option<Error>,
    pub(super) deactivated: Option<Deactivated>,
    /// The request, answer or return that the user takes to the other computer.
    pub(super) text: Option<OfflineText>,
    /// Whether releasing seats is the purpose of the operation. If so, the operation fails if Polar does not answer.
    pub(super) must_release: bool,
}

impl Ending {
    pub(super) fn text(text: Option<OfflineText>) -> Self {
        Self { text, ..Self::default() }
    }

    /// Returns this ending for an operation that could not release a seat because of `error`.
    pub(super) fn without_release(self, error: Error) -> Self {
        if self.must_release { Self { failure: Some(error), ..self } } else { self }
    }

    /// Returns the ending of an operation that has released one more seat.
    pub(super) fn with_release(self, deactivated: Deactivated) -> Self {
        let is_new = self.must_release && self.deactivated != Some(Deactivated::Released);
        if is_new { Self { deactivated: Some(deactivated), ..self } } else { self }
    }
}

impl Next {
    /// Ends with success.
    pub(super) fn end() -> Self {
        Self::End(Vec::new(), Ending::default())
    }

    /// Ends with an error.
    pub(super) fn fail(error: Error) -> Self {
        Self::fail_after(Vec::new(), error)
    }

    /// Saves the edits, then ends with an error.
    pub(super) fn fail_after(edits: Vec<Edit>, error: Error) -> Self {
        Self::End(edits, Ending { failure: Some(error), ..Ending::default() })
    }

    /// Saves the edits, then ends with this result. If the edits cannot be saved, the operation fails.
    pub(super) fn save(edits: Vec<Edit>, result: Success) -> Self {
        Self::Store(edits, AfterStore::Save(Unsaved { result, is_stored: false, failures: 0 }))
    }
}

impl AfterStore {
    pub(super) fn write(&self) -> Write {
        match self {
            Self::Deactivate => Write::Always,
            Self::Forgotten | Self::TrialStarted | Self::OfflineRequested | Self::OfflineReturned => {
                Write::AllOrNothing
            }
            #[cfg(feature = "portal")]
            Self::Portal(then) => then.write(),
            Self::Ask(_)
            | Self::Answered(_)
            | Self::Activate { .. }
            | Self::AttemptSaved(_)
            | Self::PreviousReleased(_)
            | Self::NoSeat(_)
            | Self::Save(_)
            | Self::Release(_)
            | Self::OfflineImport(_)
            | Self::OfflineReturn
            | Self::OfflineRelease
            | Self::End(_) => Write::Changes,
        }
    }
}

#[cfg(feature = "portal")]
impl AfterPortalStore {
    fn write(&self) -> Write {
        match self {
            // The store must count this try before the request is sent. Otherwise other processes would not know of it.
            Self::CodeTry(..) => Write::AllOrNothing,
            Self::CodesBlocked(..) | Self::Release(..) => Write::Changes,
            // Written before anything is sent to Polar, to find out whether Polar's answer can be stored.
            Self::ReleaseHere(..) | Self::Rotate => Write::Always,
        }
    }
}

impl AfterReply {
    /// Returns the number of requests that an operation is likely to send if it begins with this one. For example, an
    /// activation asks about the key before it takes a seat.
    pub(super) fn likely_requests(&self) -> u8 {
        match self {
            Self::Check(..) => 3,
            Self::Ask(..) | Self::Activate(..) | Self::Release(..) | Self::CheckKey(..) => 1,
        }
    }

    /// Returns the endpoint's path and the JSON body.
    pub(super) fn request(&self) -> (&'static str, String) {
        match self {
            Self::Ask(_, request) | Self::Check(_, _, request) | Self::CheckKey(_, _, request) => {
                (wire::Validate::PATH, request.body())
            }
            Self::Activate(_, request) => (wire::Activate::PATH, request.body()),
            Self::Release(_, request) => (wire::Deactivate::PATH, request.body()),
        }
    }
}

impl Question {
    pub(super) fn validate() -> Self {
        Self::new(Purpose::Validate)
    }

    pub(super) fn refresh(patience: Patience) -> Self {
        Self::new(Purpose::Refresh(patience))
    }

    /// Returns `true` if the question changes nothing at Polar.
    pub(super) fn only_asks(&self) -> bool {
        match self.purpose {
            Purpose::Validate | Purpose::Refresh(_) | Purpose::ResolveConflict => true,
            Purpose::Consume(_) | Purpose::Activate => false,
        }
    }

    pub(super) fn new(purpose: Purpose) -> Self {
        Self { purpose, asked: None, ending: Ending::default() }
    }
}

impl Activation {
    /// Starts this activation again from the beginning.
    pub(super) fn start_over(self) -> AfterStore {
        let Self { key, replace_previous, known_seat, .. } = self;
        AfterStore::Activate { key: Some(key), replace_previous, known_seat }
    }
}
