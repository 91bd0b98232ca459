//! What operations go on with, step by step: plain data, each kind with the fields that it needs and no others. Nothing
//! here stores, sends or decides; `ask.rs`, `activate.rs`, `deactivate.rs` and `finish.rs` do.

use super::Patience;
use super::edit::{Asked, AttemptId};
use crate::codes::Deactivated;
use crate::error::Error;
use crate::key::Key;
#[cfg(feature = "portal")]
use crate::record::CodeTry;
use crate::record::{Identity, Seat};
use crate::time::Timestamp;
use crate::wire;

/// What an operation goes on with once the record was read, and what had to be saved was saved or not.
pub(super) enum AfterStore {
    /// The record was read for the first time.
    Opened,
    /// Ask Polar about the license that is stored, if that is due.
    Ask(Question),
    /// Polar's answer was saved, or met the opposite one of another process.
    Answered(Question),
    /// Activate this key, or the stored one.
    Activate {
        key: Option<Key>,
        replace_previous: bool,
    },
    /// Send the activation.
    AttemptSaved(Attempted),
    /// Try once more for a seat, as the older one is free.
    PreviousReleased(Activation),
    /// Every seat is taken, unless another process has taken one for this device.
    NoSeat(Activation),
    /// The result counts only if it was saved.
    Save(Unsaved),
    /// Release the seat of the license that is stored.
    Deactivate,
    /// Release the seats of older licenses, then end.
    Release(Ending),
    End(Ending),
    Forgotten,
    #[cfg(feature = "portal")]
    Portal(AfterPortalStore),
}

/// What an operation of the customer portal goes on with once the record was read.
#[cfg(feature = "portal")]
pub(super) enum AfterPortalStore {
    /// Whether this try was counted.
    CodeTry(CodeTry),
    /// Release the seat, of whichever device it is.
    Release(wire::Deactivate),
    /// Release the seat of the license that is stored, whose key has another text.
    ReleaseHere(wire::Deactivate),
    /// Polar may replace the key of the license that is stored.
    Rotate,
}

/// A result that has to be stored for the operation to succeed.
pub(super) struct Unsaved {
    pub(super) result: Settled,
    /// Whether the store has had as much before, so that failing to save it loses nothing.
    pub(super) is_stored: bool,
    /// How often saving it has failed.
    pub(super) failures: u32,
}

/// What an operation has achieved at Polar.
#[derive(Clone, Copy)]
pub(super) enum Settled {
    Activated,
    Deactivated(Deactivated),
    /// The license's key was replaced by another one.
    #[cfg(feature = "portal")]
    Rotated,
}

/// What an operation goes on with once it was answered, with the request that it sent.
pub(super) enum AfterReply {
    Ask(Question, wire::Validate),
    /// Whether the seat known here belongs to the key that is activated.
    CheckSeat(Activation, Seat, wire::Validate),
    /// Whether the key is valid at all.
    CheckKey(Activation, wire::Validate),
    Activate(Attempted, wire::Activate),
    /// Release the older seat of this device, to take one for the key.
    ReleasePrevious(Attempted, wire::Deactivate),
    /// Release the seat of an older license.
    Release(Ending, wire::Deactivate),
    Deactivate(Identity, wire::Deactivate),
    /// Whether Polar knows the key of a seat that it does not know.
    CheckReleased(Identity, wire::Validate),
    /// Release the seat of any device.
    #[cfg(feature = "portal")]
    ReleaseAny(wire::Deactivate),
}

/// When a store step writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    /// What has changed. What cannot be written stays in memory until a later step writes it.
    Changes,
    /// Even if nothing has changed, to find out whether the store can be written.
    Always,
    /// Everything or, if that fails, nothing, in memory either.
    AllOrNothing,
}

/// What Polar is asked, and why.
pub(super) struct Question {
    pub(super) purpose: Purpose,
    /// The license that Polar was asked about.
    pub(super) asked: Option<Asked>,
    pub(super) ending: Ending,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Validate,
    Refresh(Patience),
    Consume(u32),
    /// This process and another one were given opposite answers, and nobody knows which is the later one.
    ResolveConflict,
}

/// An activation under way.
pub(super) struct Activation {
    pub(super) key: Key,
    /// The license here when the user asked for this one, trusted or not.
    pub(super) previous: Option<Asked>,
    pub(super) replace_previous: bool,
    /// A seat whose key Polar no longer knows, which may be this key's since it was rotated.
    pub(super) keyless: Option<Seat>,
    /// Polar's clock when it said that the key is valid.
    pub(super) checked_at: Timestamp,
}

/// An activation for which a seat is requested.
pub(super) struct Attempted {
    pub(super) activation: Activation,
    pub(super) id: AttemptId,
    pub(super) label: String,
}

/// What an operation reports once everything else is done.
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
            // one that is not stored is not seen by other processes, and must not leave
            Self::CodeTry(_) => Write::AllOrNothing,
            Self::Release(_) => Write::Changes,
            // what Polar is asked for next has to be stored
            Self::ReleaseHere(_) | Self::Rotate => Write::Always,
        }
    }
}

impl AfterReply {
    /// The endpoint below the base URL, and the JSON to send there.
    pub(super) fn request(&self) -> (&'static str, String) {
        match self {
            Self::Ask(_, request)
            | Self::CheckSeat(_, _, request)
            | Self::CheckKey(_, request)
            | Self::CheckReleased(_, request) => (wire::Validate::PATH, request.body()),
            Self::Activate(_, request) => (wire::Activate::PATH, request.body()),
            Self::ReleasePrevious(_, request) | Self::Release(_, request) | Self::Deactivate(_, request) => {
                (wire::Deactivate::PATH, request.body())
            }
            #[cfg(feature = "portal")]
            Self::ReleaseAny(request) => (wire::Deactivate::PATH, request.body()),
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

    /// Whether it changes nothing at Polar.
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
    /// The same from the beginning.
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
