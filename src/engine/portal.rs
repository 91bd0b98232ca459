//! The engine's part of the customer portal. It limits how often codes are requested and tried, releases seats of other
//! devices, and stores the new key after Polar has replaced a key. It never sees a token, an e-mail address or a code.
//!
//! ```text
//! Code      read ─► too early ─► error, with the wait
//!                └► save ─► end: one request for a code, or one try, may be sent within 15 s
//! Release   read ─► the seat of the license here ─► deactivate
//!                │                            └► the two keys differ ─► write ─► release ─► free ─► remove the license
//!                │                                                                       └► unknown ─► deactivate
//!                └► another device's ─► release ─► free or unknown ─► end
//! SeatFound read ─► an activation of this device has taken the seat ─► save ─► end
//! Rotate    read, write ─► end: the license here can go on with another key
//! Rotated   read ─► the license here has this key ─► save the new key ─► it was denied before ─► validate ─► end
//!                                                                   └► release older seats ─► end
//! ```

use super::Engine;
use super::code_pace;
use super::edit::{Edit, Rotated};
use super::task::{AfterPortalStore, AfterReply, AfterStore, Ending, Next, SeatOf, Success};
use crate::codes::{ErrorKind, Reason};
use crate::decision::Problem;
use crate::error::Error;
use crate::key::Key;
use crate::record::{Attempt, CodeTries, CodeTry, CodeUse, Identity, Seat};
use crate::texts::{Text, Texts};
use crate::time::Now;
use crate::wire;
use std::time::Duration;
use uuid::Uuid;

/// The time limit for requesting a code or trying one. It starts when the engine counts the request. The request
/// reaches Polar within this time, or not at all.
pub(crate) const CODE_REQUEST_MS: u64 = CodeTries::ON_ITS_WAY_MS.unsigned_abs();

/// An operation of the engine for the customer portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalOperation {
    /// Counts a request for a code, or a try of a code, before it is sent. Fails with `rate_limited` and the time to
    /// wait if there were too many.
    Code(CodeUse),
    /// Each request for a code reserves one of the tries that Polar allows, so that the user can enter the code. If
    /// Polar certainly did not mail the code, this operation frees that try.
    CodeNotMailed,
    /// Stores how long Polar will refuse to mail codes or to check them. Always fails with `rate_limited`, and reports
    /// this duration as the time to wait.
    CodesBlocked(CodeUse, Duration),
    /// Releases the seat of any of the customer's devices. If it is the seat of the license on this device, the license
    /// is deactivated.
    Release {
        /// The license key.
        key: Key,
        /// The seat.
        activation_id: Uuid,
        /// The marker of the activation that took the seat, if this app made the activation.
        marker: Option<String>,
    },
    /// The customer portal has found a seat that this device took, although Polar's answer to the activation was lost.
    /// If the user activates the seat's key on this device later, the activation uses this seat. If the license on this
    /// device already has another seat of the same key, the found seat is released.
    SeatFound {
        /// The license key.
        key: Key,
        /// The seat.
        activation_id: Uuid,
        /// The marker of the activation.
        marker: String,
    },
    /// Checks that the record can be written, before Polar replaces the key of the stored license. Fails with `storage`
    /// if the record cannot be written.
    Rotate,
    /// Saves the new key after Polar has replaced a key.
    Rotated(Rotated),
}

impl Engine {
    pub(super) fn begin_portal(&mut self, operation: PortalOperation, now: Now) -> Next {
        match operation {
            PortalOperation::Code(to) => {
                let new = CodeTry { at: now.wall, id: self.random.next() };
                Next::Store(vec![Edit::CodeTry(new, to)], AfterStore::Portal(AfterPortalStore::CodeTry(new, to)))
            }
            PortalOperation::CodeNotMailed => Next::End(vec![Edit::CodeNotMailed], Ending::default()),
            PortalOperation::CodesBlocked(to, wait) => {
                let edits = vec![Edit::CodesBlocked(now.wall.plus(wait))];
                Next::Store(edits, AfterStore::Portal(AfterPortalStore::CodesBlocked(to, wait)))
            }
            PortalOperation::Release { key, activation_id, marker } => {
                let request = wire::Deactivate { key, organization_id: self.config.organization_id(), activation_id };
                Next::Store(Vec::new(), AfterStore::Portal(AfterPortalStore::Release(request, marker)))
            }
            PortalOperation::SeatFound { key, activation_id, marker } => {
                let seat = Seat { id: activation_id, bound: self.config.bind_device() };
                Next::End(vec![Edit::SeatFound { marker, seat, key }], Ending::default())
            }
            PortalOperation::Rotate => Next::Store(Vec::new(), AfterStore::Portal(AfterPortalStore::Rotate)),
            PortalOperation::Rotated(rotated) => Next::save(vec![Edit::Rotated(rotated)], Success::Rotated),
        }
    }

    pub(super) fn portal_stored(&mut self, then: AfterPortalStore, written: Result<(), String>, now: Now) -> Next {
        match then {
            AfterPortalStore::CodeTry(new, to) => self.code_try_stored(new, to, now),
            AfterPortalStore::CodesBlocked(to, wait) => {
                Next::fail(self.codes_refused(to, codes_blocked(self.config.texts(), wait), now))
            }
            AfterPortalStore::Release(request, marker) => self.release_device(request, marker),
            AfterPortalStore::ReleaseHere(request, marker) => match written {
                Ok(()) => Next::Send(AfterReply::Release(SeatOf::Device(marker), request)),
                Err(message) => Next::fail(self.not_released(&message)),
            },
            AfterPortalStore::Rotate => self.rotate(written),
        }
    }

    fn rotate(&self, written: Result<(), String>) -> Next {
        if self.is_newer {
            return Next::fail(self.refused(Reason::NewerFormat));
        }
        match written {
            Ok(()) => Next::end(),
            Err(message) => {
                let detail =
                    format!("the license key was not replaced, because the license could not be stored: {message}");
                Next::fail(self.error(ErrorKind::Storage, detail))
            }
        }
    }

    fn code_try_stored(&self, new: CodeTry, to: CodeUse, now: Now) -> Next {
        if self.is_newer {
            return Next::fail(self.refused(Reason::NewerFormat));
        }
        if code_pace::is_reserved(&self.record.code_tries, new) {
            return Next::end();
        }
        let (tries, texts) = (&self.record.code_tries, self.config.texts());
        let (paced, blocked) = (code_pace::paced(tries, to, now.wall), code_pace::blocked(tries, now.wall));
        let wait = Duration::from_millis(paced.max(blocked).max(1).unsigned_abs());
        let error = if blocked > paced { codes_blocked(texts, wait) } else { too_many_codes(texts, wait) };
        Next::fail(self.codes_refused(to, error, now))
    }

    /// Returns the error for a code that cannot be requested or tried yet. If the user wanted to try a code, the error
    /// also says whether the last mailed code will still be valid after the wait.
    fn codes_refused(&self, to: CodeUse, error: Error, now: Now) -> Error {
        let again_at = now.wall.plus(error.retry_after().unwrap_or_default());
        match (to, code_pace::last_mail_ends(&self.record.code_tries, now.wall)) {
            (CodeUse::Request, _) | (CodeUse::Try, None) => error,
            (CodeUse::Try, Some(ends)) => {
                let (text, what) = if ends > again_at {
                    (Text::CodeStillGood, "the last code that was mailed is still good then")
                } else {
                    (Text::CodeOverByThen, "the last code that was mailed has expired by then")
                };
                let detail = format!("{}; {what}", error.detail());
                self.also(error, self.config.texts().get(text), detail)
            }
        }
    }

    fn release_device(&self, request: wire::Deactivate, marker: Option<String>) -> Next {
        let here = self.record.identity().filter(|here| here.activation_id() == Some(request.activation_id));
        match here {
            None => Next::Send(AfterReply::Release(SeatOf::Device(marker), request)),
            Some(here) if here.key == request.key => Next::Store(Vec::new(), AfterStore::Deactivate),
            // The stored key and the key in the request differ, because Polar has replaced one with the other. Only
            // Polar knows which one is newer.
            Some(_) => Next::Store(Vec::new(), AfterStore::Portal(AfterPortalStore::ReleaseHere(request, marker))),
        }
    }

    /// Returns the key and the seat of the license on this device, even if the record is not trusted.
    pub(crate) fn own_license(&self) -> Option<&Identity> {
        self.record.identity_to_ask()
    }

    /// Returns Polar's id of the license key that is active here. The id stays the same when the key is rotated.
    /// Returns `None` if there is no license, or if the record is not trusted.
    pub(crate) fn own_license_id(&self) -> Option<Uuid> {
        self.record.license.as_ref().map(|license| license.terms.license_id)
    }

    /// Returns the activations of this device whose outcome is unknown.
    pub(crate) fn attempts(&self) -> &[Attempt] {
        &self.record.attempts
    }

    /// Returns the seats of this device. They include the seats that the device has not released yet, because Polar did
    /// not know their keys.
    pub(crate) fn own_seats(&self) -> Vec<Uuid> {
        let seat = self.own_license().and_then(Identity::activation_id);
        seat.into_iter().chain(self.record.keyless_seats.iter().map(|kept| kept.seat.id)).collect()
    }
}

/// Returns the error for too many requests or tries of codes. It contains the time to wait as a sentence and as a
/// number.
fn too_many_codes(texts: &Texts, wait: Duration) -> Error {
    let forms = [Text::TooManyCodesSecond, Text::TooManyCodesSeconds, Text::TooManyCodesMinutes];
    Error::of(Problem::rate_limited(texts, wait, forms, "too many codes were requested or tried"), None)
}

/// Creates the error for a block during which Polar neither mails nor checks codes.
///
/// There are two kinds of block. A block for too many codes lasts a quarter of an hour. A block for too many requests
/// of any kind, including validate and activate, lasts a minute at most. So a wait of more than a minute means too many
/// codes. With a shorter wait, the cause is unknown, and the error says only that Polar is busy.
pub(crate) fn codes_blocked(texts: &Texts, wait: Duration) -> Error {
    const LONGEST_OF_OTHERS: Duration = Duration::from_secs(60);
    if wait > LONGEST_OF_OTHERS { too_many_codes(texts, wait) } else { Error::of(Problem::busy(texts, wait), None) }
}
