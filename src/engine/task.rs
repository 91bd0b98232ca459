//! The data with which an operation continues after each step. Each kind has the fields that it needs and no others.
//! Nothing here stores, sends or decides; `ask.rs`, `activate.rs`, `deactivate.rs` and `finish.rs` do.

use super::Patience;
use super::edit::{Asked, AttemptId};
use crate::codes::Deactivated;
use crate::error::Error;
use crate::key::Key;
#[cfg(feature = "portal")]
use crate::record::{CodeTry, CodeUse};
use crate::record::{Identity, Seat};
use crate::wire::{self, Confirmed};
#[cfg(feature = "portal")]
use std::time::Duration;
use uuid::Uuid;

/// The next part of an operation after a store step, whose changes were saved or could not be saved.
pub(super) enum AfterStore {
    /// The record was read for the first time.
    Opened,
    /// Ask Polar about the stored license, if that is due.
    Ask(Question),
    /// Polar's answer was saved, or conflicted with the opposite answer that another process saved.
    Answered(Question),
    /// Activate this key or, if there is none, the stored one.
    Activate {
        key: Option<Key>,
        replace_previous: bool,
    },
    /// Send the activation, whose attempt was saved.
    AttemptSaved(Attempted),
    /// Try once more for a seat, because the older seat was released.
    PreviousReleased(Activation),
    /// Every seat is taken, unless another process has taken one for this device.
    NoSeat(Activation),
    /// Report the result, which counts only if it was saved.
    Save(Unsaved),
    /// Release the seat of the stored license.
    Deactivate,
    /// Release the seats of older licenses, then end.
    Release(Ending),
    End(Ending),
    Forgotten,
    #[cfg(feature = "portal")]
    Portal(AfterPortalStore),
}

/// The next part of an operation of the customer portal after a store step.
#[cfg(feature = "portal")]
pub(super) enum AfterPortalStore {
    /// Allow this request for a code, or this try, if it was counted.
    CodeTry(CodeTry, CodeUse),
    /// Report that Polar accepts no code for so long.
    CodesBlocked(CodeUse, Duration),
    /// Release the seat of any device, with the marker of its activation.
    Release(wire::Deactivate, Option<String>),
    /// Release the seat of the stored license, whose key has another text.
    ReleaseHere(wire::Deactivate, Option<String>),
    /// Replace the key of the stored license.
    Rotate,
}

/// A result that must be stored for the operation to succeed.
pub(super) struct Unsaved {
    pub(super) result: Settled,
    /// Whether the store already has the license, so that failing to save it again loses nothing.
    pub(super) is_stored: bool,
    /// The number of failed saves.
    pub(super) failures: u32,
}

/// The result of an operation at Polar.
#[derive(Clone, Copy)]
pub(super) enum Settled {
    Activated,
    Deactivated(Deactivated),
    /// The license's key was replaced by another one.
    #[cfg(feature = "portal")]
    Rotated,
}

/// The next part of an operation after a reply, with the request that it sent.
pub(super) enum AfterReply {
    Ask(Question, wire::Validate),
    /// Asks whether the seat known here belongs to the key that is activated.
    CheckSeat(Activation, Seat, wire::Validate),
    /// Asks whether the key is valid at all.
    CheckKey(Activation, wire::Validate),
    Activate(Attempted, wire::Activate),
    /// Releases this device's older seat, to take one for the key.
    ReleasePrevious(Attempted, wire::Deactivate),
    /// Releases the seat of an older license.
    Release(Ending, wire::Deactivate),
    /// Asks whether Polar knows the key of an older license, after Polar did not know its seat.
    CheckOlderKey(Ending, Uuid, wire::Validate),
    Deactivate(Identity, wire::Deactivate),
    /// Asks whether Polar knows the key that is deactivated, after Polar did not know its seat.
    CheckOwnKey(Identity, wire::Validate),
    /// Releases the seat of any device, with the marker of its activation.
    #[cfg(feature = "portal")]
    ReleaseAny(wire::Deactivate, Option<String>),
}

/// The conditions under which a store step writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    /// Write if anything has changed. Changes that cannot be written stay in memory until a later step writes them.
    Changes,
    /// Write even if nothing has changed, to find out whether the store can be written.
    Always,
    /// Write everything or, if that fails, keep nothing, not even in memory.
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
    /// This process and another one got opposite answers, and it is unknown which is the later one.
    ResolveConflict,
}

/// An activation in progress.
pub(super) struct Activation {
    pub(super) key: Key,
    /// The license that was here when the user activated this key, trusted or not.
    pub(super) previous: Option<Asked>,
    pub(super) replace_previous: bool,
    /// Whether Polar has said that the seat known here is this key's, but not for this device in its present state.
    pub(super) can_move: bool,
    /// The last seat that was kept without its key. It may be this key's if the key was rotated.
    pub(super) newest_kept: Option<Seat>,
    /// The seats that were kept before `newest_kept`, the newest last.
    pub(super) other_kept: Vec<Seat>,
    /// Polar's confirmation of the key alone.
    pub(super) checked: Option<Confirmed>,
}

/// An activation that requests a seat.
pub(super) struct Attempted {
    pub(super) activation: Activation,
    pub(super) id: AttemptId,
    pub(super) label: String,
}

/// The report of an operation that has nothing left to do.
#[derive(Default)]
pub(super) struct Ending {
    pub(super) failure: Option<Error>,
    pub(super) deactivated: Option<Deactivated>,
}

impl AfterStore {
    pub(super) fn write(&self) -> Write {
        match self {
            Self::Deactivate => Write::Always,
            Self::Forgotten => Write::AllOrNothing,
            #[cfg(feature = "portal")]
            Self::Portal(then) => then.write(),
            Self::Opened
            | Self::Ask(_)
            | Self::Answered(_)
            | Self::Activate { .. }
            | Self::AttemptSaved(_)
            | Self::PreviousReleased(_)
            | Self::NoSeat(_)
            | Self::Save(_)
            | Self::Release(_)
            | Self::End(_) => Write::Changes,
        }
    }
}

#[cfg(feature = "portal")]
impl AfterPortalStore {
    fn write(&self) -> Write {
        match self {
            // a try that is not stored must not be sent, because other processes would not count it
            Self::CodeTry(..) => Write::AllOrNothing,
            Self::CodesBlocked(..) | Self::Release(..) => Write::Changes,
            // Polar's next answer will have to be stored
            Self::ReleaseHere(..) | Self::Rotate => Write::Always,
        }
    }
}

impl AfterReply {
    /// Returns the number of requests that the operation is likely to send, if this is the first one: an activation asks
    /// before it takes a seat.
    pub(super) fn likely_requests(&self) -> u8 {
        match self {
            Self::CheckSeat(_, _, _) | Self::CheckKey(_, _) => 3,
            Self::Ask(_, _)
            | Self::Activate(_, _)
            | Self::ReleasePrevious(_, _)
            | Self::Release(_, _)
            | Self::CheckOlderKey(_, _, _)
            | Self::Deactivate(_, _)
            | Self::CheckOwnKey(_, _) => 1,
            #[cfg(feature = "portal")]
            Self::ReleaseAny(_, _) => 1,
        }
    }

    /// Returns the endpoint's path and the JSON body.
    pub(super) fn request(&self) -> (&'static str, String) {
        match self {
            Self::Ask(_, request)
            | Self::CheckSeat(_, _, request)
            | Self::CheckKey(_, request)
            | Self::CheckOlderKey(_, _, request)
            | Self::CheckOwnKey(_, request) => (wire::Validate::PATH, request.body()),
            Self::Activate(_, request) => (wire::Activate::PATH, request.body()),
            Self::ReleasePrevious(_, request) | Self::Release(_, request) | Self::Deactivate(_, request) => {
                (wire::Deactivate::PATH, request.body())
            }
            #[cfg(feature = "portal")]
            Self::ReleaseAny(request, _) => (wire::Deactivate::PATH, request.body()),
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
            Purpose::Consume(_) => false,
        }
    }

    pub(super) fn new(purpose: Purpose) -> Self {
        Self { purpose, asked: None, ending: Ending::default() }
    }
}

impl Activation {
    /// Starts this activation again from the beginning.
    pub(super) fn start_over(self) -> AfterStore {
        AfterStore::Activate { key: Some(self.key), replace_previous: self.replace_previous }
    }
}

impl From<Settled> for Ending {
    fn from(result: Settled) -> Self {
        match result {
            Settled::Activated => Self::default(),
            #[cfg(feature = "portal")]
            Settled::Rotated => Self::default(),
            Settled::Deactivated(deactivated) => Self { deactivated: Some(deactivated), ..Self::default() },
        }
    }
}
