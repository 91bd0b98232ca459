//! Releases seats: the seat of a license that is deactivated, the seats of older licenses, the previous seat if an
//! activation of the same key replaces it, and the seat of any device for the customer portal.
//!
//! ```text
//! release ─► free, or unknown to Polar ─► continue without the seat
//!         ├► neither the seat nor its key is known to Polar ─► continue, but keep the seat for the new key
//!         └► no answer ─► error; a seat of an older license stays on the list
//! ```
//!
//! A deactivation removes the license only after Polar has said that the seat is free or unknown. If the record could
//! not be changed at that point, the license would keep working for the rest of the grace period although the seat is
//! free. So a deactivation first writes the record once more, without changes. If that fails, the deactivation sends no
//! request.
//!
//! ```text
//! read, write ─► release the seat ─► remove the license ─► release older seats ─► end
//!             └► cannot be written ─► error
//! ```

use super::Engine;
use super::edit::Edit;
use super::task::{Activation, AfterReply, AfterStore, Attempted, Ending, Next, SeatOf, Success};
use crate::codes::{Deactivated, Reason};
use crate::key::Key;
use crate::record::{Identity, KeptSeat, Seat};
use crate::time::Now;
use crate::wire::{self, Cause, Confirmed, Rejection};
use uuid::Uuid;

/// The time limit for releasing an older seat. The release follows an operation that the user started for another
/// purpose, so it should not keep the user waiting.
const RELEASE_MS: u64 = 5_000;

impl Engine {
    /// Releases the seat of the license on this device. `written` is the result of writing the record once more without
    /// changes. If the record could not be written, does not release the seat.
    pub(super) fn deactivate(&mut self, written: Result<(), String>) -> Next {
        let identity = self.record.identity().cloned();
        if let (Err(message), true) = (&written, identity.is_some() || !self.has_read) {
            return Next::fail(self.not_released(message));
        }
        let Some(identity) = identity else { return Next::fail(self.nothing_to_remove()) };
        match identity.seat {
            Some(seat) => self.release(identity.key.clone(), seat.id, SeatOf::License(identity)),
            None => Next::save(vec![Edit::Deactivated(identity)], Success::Deactivated(Deactivated::NotNeeded)),
        }
    }

    /// Releases the next seat on the list. If the list is empty, ends the operation. A release that fails is tried
    /// again later, and does not make the operation fail.
    pub(super) fn release_next(&mut self, ending: Ending, now: Now) -> Next {
        // no seat is released while the store still holds the license with this seat
        let is_stored = !self.unsaved.iter().any(Edit::is_precious);
        let may_ask = is_stored && !self.works_offline(now);
        let Some(release) = self.record.releases.first().filter(|_| may_ask).cloned() else {
            return Next::End(Vec::new(), ending);
        };
        if !ending.must_release {
            self.running.deadline = self.running.deadline.min(now.after(RELEASE_MS));
        }
        self.release(release.key, release.activation_id, SeatOf::Older(ending))
    }

    /// Releases a seat.
    pub(super) fn release(&self, key: Key, activation_id: Uuid, of: SeatOf) -> Next {
        let request = wire::Deactivate { key, organization_id: self.config.organization_id(), activation_id };
        Next::Send(AfterReply::Release(of, request))
    }

    /// Handles Polar's answer to a release.
    pub(super) fn released(
        &mut self,
        of: SeatOf,
        request: wire::Deactivate,
        reply: Result<(), Rejection>,
        now: Now,
    ) -> Next {
        let wire::Deactivate { key, activation_id, .. } = request;
        match reply {
            Ok(()) => self.after_release(of, key, activation_id, Deactivated::Released, now),
            Err(Rejection::Denied(_)) if of.depends_on_key() => {
                let request = self.validation(&Identity { key, seat: None });
                Next::Send(AfterReply::CheckKey(of, activation_id, request))
            }
            Err(Rejection::Denied(_)) => self.after_release(of, key, activation_id, Deactivated::Unknown, now),
            Err(Rejection::NotAnswered(cause)) => self.release_failed(of, cause, now),
        }
    }

    /// Continues the release of a seat that Polar did not know. `reply` is Polar's answer to the next question, whether
    /// it knows the seat's key. If it does not, the key may have been replaced, and the seat may still be taken.
    pub(super) fn key_of_seat_checked(
        &mut self,
        of: SeatOf,
        key: Key,
        seat: Uuid,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Next {
        let deactivated = match reply {
            Ok(_) => Deactivated::Unknown,
            Err(Rejection::Denied(Reason::NotFound)) => Deactivated::KeyUnknown,
            Err(Rejection::Denied(_)) => Deactivated::Unknown,
            Err(Rejection::NotAnswered(cause)) => match of {
                // Polar did not say whether it knows the key. The key may have been rotated, so the seat may still be
                // taken. The license is removed, but the seat stays in the record, so that an activation of the new key
                // uses or releases that seat.
                SeatOf::License(_) => Deactivated::KeyUnknown,
                SeatOf::Older(_) | SeatOf::Previous(_) => return self.release_failed(of, cause, now),
                #[cfg(feature = "portal")]
                SeatOf::Device(_) => return self.release_failed(of, cause, now),
            },
        };
        self.after_release(of, key, seat, deactivated, now)
    }

    /// Continues after Polar has released a seat, or has answered that it does not know the seat.
    fn after_release(&mut self, of: SeatOf, key: Key, seat: Uuid, deactivated: Deactivated, now: Now) -> Next {
        match of {
            SeatOf::License(identity) => {
                self.unreached = None;
                self.remove_license(identity, deactivated)
            }
            SeatOf::Older(ending) => {
                // The plan must come after the edit that removes the released seat from the list of seats to release,
                // because the next round would begin much too soon if that seat were still on the list.
                let plan = Edit::Plan(self.plan(None, now));
                let edits = self.older_released(seat, key, deactivated).chain([plan]).collect();
                Next::Store(edits, AfterStore::Release(ending.with_release(deactivated)))
            }
            SeatOf::Previous(attempted) => Self::previous_released(*attempted, seat, deactivated),
            #[cfg(feature = "portal")]
            SeatOf::Device(marker) => self.device_released(seat, key, marker, deactivated),
        }
    }

    /// Removes a released seat from the list of seats to release. If Polar did not know the seat's key, another key may
    /// have replaced it. In that case, moves the seat to the kept seats, so that an activation of the new key uses or
    /// releases the seat.
    fn older_released(&self, seat: Uuid, key: Key, deactivated: Deactivated) -> impl Iterator<Item = Edit> {
        let is_listed = self.record.releases.iter().any(|release| release.activation_id == seat);
        let is_kept = is_listed && deactivated == Deactivated::KeyUnknown;
        let kept = KeptSeat { seat: Seat { id: seat, bound: self.config.bind_device() }, label: None, key };
        [Edit::Released(seat)].into_iter().chain(is_kept.then_some(Edit::SeatKept(kept)))
    }

    /// Continues an activation that has tried to release the previous seat. If Polar has released it, tries once more
    /// to take a seat. Otherwise Polar did not know that seat under this key. Then nothing was released, and the
    /// activation fails because no seat is free.
    fn previous_released(attempted: Attempted, seat: Uuid, deactivated: Deactivated) -> Next {
        let Attempted { activation, id, .. } = attempted;
        if deactivated == Deactivated::Released {
            let edits = vec![Edit::AttemptOver(id), Edit::SeatReleased(seat)];
            let activation = Activation { replace_previous: false, ..activation };
            return Next::Store(edits, AfterStore::PreviousReleased(activation));
        }
        Next::Store(vec![Edit::AttemptOver(id)], AfterStore::NoSeat(activation))
    }

    /// Removes the license. If Polar does not know the license's key, another key may have replaced it. In that case,
    /// the seat stays in the record, so that an activation of the new key uses or releases the seat.
    fn remove_license(&self, identity: Identity, deactivated: Deactivated) -> Next {
        let kept = identity.seat.filter(|_| deactivated == Deactivated::KeyUnknown).map(|seat| {
            let label = self.record.license.as_ref().and_then(|license| license.label_of(&identity));
            Edit::SeatKept(KeptSeat { seat, label, key: identity.key.clone() })
        });
        let edits = kept.into_iter().chain([Edit::Deactivated(identity)]).collect();
        Next::save(edits, Success::Deactivated(deactivated))
    }

    /// Continues after the customer portal has released a seat. If it is the seat of the license on this device,
    /// removes the license too.
    #[cfg(feature = "portal")]
    fn device_released(&self, seat: Uuid, key: Key, marker: Option<String>, deactivated: Deactivated) -> Next {
        let here = self.record.identity().filter(|here| here.activation_id() == Some(seat));
        match here {
            Some(here) if deactivated == Deactivated::Released => self.remove_license(here.clone(), deactivated),
            Some(_) => Next::Store(Vec::new(), AfterStore::Deactivate),
            None => {
                let ending = Ending { deactivated: Some(deactivated), ..Ending::default() };
                // If the activation that took this seat got no answer, it is still in the record as an attempt. The
                // seat is released, so the attempt is removed. The attempt stays if Polar does not know the key,
                // because the key may have been rotated, and the seat may still be taken.
                let marker = marker.filter(|_| deactivated != Deactivated::KeyUnknown).map(Edit::MarkerReleased);
                Next::End(self.older_released(seat, key, deactivated).chain(marker).collect(), ending)
            }
        }
    }

    /// Handles a release that Polar neither confirmed nor denied. The seat may be free or still taken.
    fn release_failed(&mut self, of: SeatOf, cause: Cause, now: Now) -> Next {
        let rejection = Rejection::NotAnswered(cause);
        match of {
            SeatOf::Older(ending) => {
                let plan = Edit::Plan(self.plan(Some(&rejection), now));
                Next::End(vec![plan], ending.without_release(self.rejected(rejection)))
            }
            SeatOf::Previous(attempted) => {
                let pause = self.pause(&rejection, now);
                let edits = [Edit::AttemptOver(attempted.id)].into_iter().chain(pause).collect();
                Next::fail_after(edits, self.rejected(rejection))
            }
            SeatOf::License(_) => Next::fail_after(self.pause(&rejection, now), self.not_deactivated(rejection)),
            #[cfg(feature = "portal")]
            SeatOf::Device(_) => Next::fail_after(self.pause(&rejection, now), self.rejected(rejection)),
        }
    }
}

impl SeatOf {
    /// Returns `true` if Polar must also be asked about the key after it has answered that it does not know the seat.
    /// Polar gives the same answer about a free seat and about a seat that is still taken under a rotated key. This
    /// second question is rare, because Polar releases most seats at the first request.
    fn depends_on_key(&self) -> bool {
        match self {
            Self::License(_) | Self::Older(_) => true,
            // Polar does not know the seat that this device had before, so no seat was released. The activation fails,
            // and the license on this device stays as it is.
            Self::Previous(_) => false,
            // The seat may be on the list of seats to release, or an attempt may have taken it. The list entry or the
            // attempt may be forgotten only if the seat is certainly free. Only Polar's answer about the key shows
            // whether the seat is free.
            #[cfg(feature = "portal")]
            Self::Device(_) => true,
        }
    }
}
