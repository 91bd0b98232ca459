//! What the customer portal needs of the engine: the pace of codes, seats of other devices, and keys that were replaced.
//! Knows no token, no address and no code.
//!
//! ```text
//! CodeTry   read ─► too early ─► error, with the wait
//!                └► save ─► end: one request for a code, or one try, may leave within 15 s
//! Release   read ─► the seat of the license here ─► deactivate
//!                │                            └► its key has another text ─► write ─► release ─► free ─► remove the license
//!                │                                                                            └► unknown ─► deactivate
//!                └► another device's ─► release ─► free or unknown ─► end
//! Rotate    read, write ─► end: the license here can go on with another key
//! Rotated   read ─► the license here is of this key ─► save its new text ─► end
//! ```

use super::Engine;
use super::code_pace;
use super::edit::Edit;
use super::step::Step;
use super::task::{AfterPortalStore, AfterReply, AfterStore, Ending, Settled};
use crate::codes::{Deactivated, ErrorKind, Reason};
use crate::decision::Problem;
use crate::error::Error;
use crate::key::Key;
use crate::record::{CodeTries, CodeTry, Identity};
use crate::texts::{Text, Texts};
use crate::time::Now;
use crate::wire::{self, Rejection};
use std::time::Duration;
use uuid::Uuid;

/// How soon after it was counted a request for a code, or a try, has to be with Polar.
pub(crate) const CODE_REQUEST_MS: u64 = CodeTries::ON_ITS_WAY_MS.unsigned_abs();

/// What the customer portal asks of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalOperation {
    /// Counts a request for a code, or a try of one. If there were too many, it fails with `rate_limited` and the wait.
    CodeTry,
    /// Polar accepts no request for a code, nor a try, for so long.
    CodesBlocked(Duration),
    /// Releases the seat of any device; that of this one as a deactivation does.
    Release {
        /// The license key.
        key: Key,
        /// The seat.
        activation_id: Uuid,
    },
    /// Proves that the record can be written, before Polar replaces the key of the license here. If not, it fails with
    /// `storage`.
    Rotate,
    /// Polar replaced a key by another one.
    Rotated {
        /// The texts that the key had before.
        from: Vec<Key>,
        /// Its seats, as far as they are known: a license here with one of them is of this key, whatever its text.
        seats: Vec<Uuid>,
        /// The key in its place.
        to: Key,
    },
}

impl Engine {
    pub(super) fn begin_portal(&mut self, operation: PortalOperation, now: Now) -> Step {
        match operation {
            PortalOperation::CodeTry => {
                let new = CodeTry { at: now.wall, id: self.random.next() };
                self.store(vec![Edit::CodeTry(new)], AfterStore::Portal(AfterPortalStore::CodeTry(new)), now)
            }
            PortalOperation::CodesBlocked(wait) => {
                let edits = vec![Edit::CodesBlocked(now.wall.plus(wait))];
                self.store(edits, AfterStore::End(Ending::default()), now)
            }
            PortalOperation::Release { key, activation_id } => {
                let request = wire::Deactivate { key, organization_id: self.config.organization_id(), activation_id };
                self.store(Vec::new(), AfterStore::Portal(AfterPortalStore::Release(request)), now)
            }
            PortalOperation::Rotate => self.store(Vec::new(), AfterStore::Portal(AfterPortalStore::Rotate), now),
            PortalOperation::Rotated { from, seats, to } => {
                self.save(vec![Edit::Rotated { from, seats, to }], Settled::Rotated, now)
            }
        }
    }

    pub(super) fn portal_stored(&mut self, then: AfterPortalStore, written: Result<(), String>, now: Now) -> Step {
        match then {
            AfterPortalStore::CodeTry(new) => self.code_try_stored(new, now),
            AfterPortalStore::Release(request) => self.release_any(request, now),
            AfterPortalStore::ReleaseHere(request) => match written {
                Ok(()) => self.send(AfterReply::ReleaseAny(request), now),
                Err(message) => self.fail(self.not_released(&message), now),
            },
            AfterPortalStore::Rotate => self.rotate(written, now),
        }
    }

    fn rotate(&mut self, written: Result<(), String>, now: Now) -> Step {
        if self.is_newer {
            return self.fail(self.refused(Reason::NewerFormat), now);
        }
        match written {
            Ok(()) => self.finish(Ending::default(), now),
            Err(message) => {
                let detail =
                    format!("the license key was not replaced, because the license could not be stored: {message}");
                self.fail(self.error(ErrorKind::Storage, detail), now)
            }
        }
    }

    fn code_try_stored(&mut self, new: CodeTry, now: Now) -> Step {
        if self.is_newer {
            return self.fail(self.refused(Reason::NewerFormat), now);
        }
        if code_pace::is_reserved(&self.record.code_tries, new) {
            return self.finish(Ending::default(), now);
        }
        let (tries, texts) = (&self.record.code_tries, self.config.texts());
        let (paced, blocked) = (code_pace::paced(tries, now.wall), code_pace::blocked(tries, now.wall));
        let wait = Duration::from_millis(paced.max(blocked).max(1).unsigned_abs());
        let error = if blocked > paced { codes_blocked(texts, wait) } else { too_many_codes(texts, wait) };
        self.fail(error, now)
    }

    fn release_any(&mut self, request: wire::Deactivate, now: Now) -> Step {
        let here = self.record.identity().filter(|here| here.activation_id() == Some(request.activation_id));
        let Some(here) = here else { return self.send(AfterReply::ReleaseAny(request), now) };
        if here.key == request.key {
            return self.store(Vec::new(), AfterStore::Deactivate, now);
        }
        // the key was replaced since it was stored here, or since it was listed: only Polar knows which text is the last
        self.store(Vec::new(), AfterStore::Portal(AfterPortalStore::ReleaseHere(request)), now)
    }

    pub(super) fn any_released(&mut self, seat: Uuid, reply: Result<(), Rejection>, now: Now) -> Step {
        let here = self.record.identity().filter(|here| here.activation_id() == Some(seat)).cloned();
        let deactivated = match reply {
            Ok(()) => match here {
                Some(here) => return self.remove(here, Deactivated::Released, now),
                None => Deactivated::Released,
            },
            Err(Rejection::Denied(_)) if here.is_some() => return self.store(Vec::new(), AfterStore::Deactivate, now),
            Err(Rejection::Denied(_)) => Deactivated::Unknown,
            Err(
                rejection @ (Rejection::UsageExhausted
                | Rejection::Invalid { .. }
                | Rejection::RateLimited(_)
                | Rejection::Unreachable { .. }),
            ) => {
                let plan = self.plan(Some(&rejection), now);
                return self.fail_after(plan.pause().into_iter().collect(), self.rejected(rejection), now);
            }
        };
        let ending = Ending { deactivated: Some(deactivated), ..Ending::default() };
        self.store(vec![Edit::Released(seat)], AfterStore::End(ending), now)
    }

    /// The license here.
    pub(crate) fn own_license(&self) -> Option<&Identity> {
        self.record.identity_to_ask()
    }

    /// The seats of this device, with those whose key Polar did not know when they were to be released.
    pub(crate) fn own_seats(&self) -> Vec<Uuid> {
        let seat = self.own_license().and_then(Identity::activation_id);
        seat.into_iter().chain(self.record.keyless_seats.iter().map(|seat| seat.id)).collect()
    }
}

/// Too many codes were requested or tried: how long to wait, in words and as a number.
fn too_many_codes(texts: &Texts, wait: Duration) -> Error {
    let forms = [Text::TooManyCodesSecond, Text::TooManyCodesSeconds, Text::TooManyCodesMinutes];
    rate_limited(texts, wait, forms, "too many codes were requested or tried")
}

/// Polar accepts no request for a code, nor a try. Its block for codes begins with a quarter of an hour; one of a minute at
/// most may be that of validate and activate, which it puts on everything.
pub(crate) fn codes_blocked(texts: &Texts, wait: Duration) -> Error {
    const LONGEST_OF_OTHERS: Duration = Duration::from_secs(60);
    if wait > LONGEST_OF_OTHERS { too_many_codes(texts, wait) } else { busy(texts, wait) }
}

/// Polar accepts no request of any kind.
pub(crate) fn busy(texts: &Texts, wait: Duration) -> Error {
    rate_limited(texts, wait, [Text::BusySecond, Text::BusySeconds, Text::BusyMinutes], "Polar limits requests")
}

/// How long to wait, in words for a second, for seconds or for minutes, and as a number.
fn rate_limited(texts: &Texts, wait: Duration, [second, some_seconds, minutes]: [Text; 3], detail: &str) -> Error {
    let seconds = wait.as_millis().div_ceil(1000);
    let (text, name, number) = match seconds {
        0..=1 => (second, "seconds", seconds),
        2..=99 => (some_seconds, "seconds", seconds),
        _ => (minutes, "minutes", seconds.div_ceil(60)),
    };
    let detail = format!("{detail}; the next one may leave in {number} {name}");
    let problem = Problem::new(texts, ErrorKind::RateLimited, detail);
    let message = texts.fill(text, &[(name, &number.to_string())]);
    Error::of(Problem { message, retry_after: Some(wait), ..problem }, None)
}
