//! Deactivate: releases the seat. The license is not removed before Polar has said that the seat is free or unknown.
//! Nothing is sent before the record was written once more: a record that cannot be removed would grant access for the
//! rest of the grace period.
//!
//! ```text
//! read, write ─► release the seat ─► free ─► remove the license ─► release older seats ─► end
//!             │                   ├► unknown ─► is the key known? ─ yes ─► the same
//!             │                   │                              └ no, or no answer ─► the same, but keep the seat
//!             │                   │                                                  for the new key
//!             │                   └► no answer ─► error
//!             └► cannot be written ─► error
//! ```

use super::Engine;
use super::edit::Edit;
use super::step::Step;
use super::task::{AfterReply, Settled};
use crate::codes::{Deactivated, Reason};
use crate::record::{Identity, KeptSeat};
use crate::time::Now;
use crate::wire::{self, Confirmed, Rejection};

impl Engine {
    /// Continues after the stored record was read and written again.
    pub(super) fn deactivate(&mut self, written: Result<(), String>, now: Now) -> Step {
        let identity = self.record.identity().cloned();
        if let (Err(message), true) = (&written, identity.is_some() || !self.has_read) {
            return self.fail(self.not_released(message), now);
        }
        let Some(identity) = identity else { return self.fail(self.not_activated(), now) };
        let Some(seat) = identity.seat else { return self.remove(identity, Deactivated::NotNeeded, now) };
        let request = wire::Deactivate {
            key: identity.key.clone(),
            organization_id: self.config.organization_id(),
            activation_id: seat.id,
        };
        self.send(AfterReply::Deactivate(identity, request), now)
    }

    pub(super) fn deactivated(&mut self, identity: Identity, reply: Result<(), Rejection>, now: Now) -> Step {
        let plan = self.plan(reply.as_ref().err(), now);
        match reply {
            Ok(()) => self.remove(identity, Deactivated::Released, now),
            Err(Rejection::Denied(_)) => {
                let request = self.validation(&Identity { key: identity.key.clone(), seat: None });
                self.send(AfterReply::CheckOwnKey(identity, request), now)
            }
            Err(
                rejection @ (Rejection::UsageExhausted
                | Rejection::Invalid { .. }
                | Rejection::RateLimited(_)
                | Rejection::Unreachable { .. }),
            ) => self.fail_after(plan.pause().into_iter().collect(), self.rejected(rejection), now),
        }
    }

    /// Handles Polar's answer about the key, after Polar did not know its seat. The seat of a rotated key stays taken.
    pub(super) fn own_key_checked(
        &mut self,
        identity: Identity,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let is_known = match reply {
            Ok(_) => true,
            Err(Rejection::Denied(reason)) => reason != Reason::NotFound,
            Err(
                Rejection::UsageExhausted
                | Rejection::Invalid { .. }
                | Rejection::RateLimited(_)
                | Rejection::Unreachable { .. },
            ) => false,
        };
        if is_known {
            return self.remove(identity, Deactivated::Unknown, now);
        }
        let label = self.record.license.as_ref().and_then(|license| license.label_of(&identity));
        let key = Some(identity.key.clone());
        let kept = identity.seat.map(|seat| Edit::SeatKept(KeptSeat { seat, label, key }));
        let edits = kept.into_iter().chain([Edit::Deactivated(identity)]).collect();
        self.save(edits, Settled::Deactivated(Deactivated::KeyUnknown), now)
    }

    pub(super) fn remove(&mut self, identity: Identity, deactivated: Deactivated, now: Now) -> Step {
        self.save(vec![Edit::Deactivated(identity)], Settled::Deactivated(deactivated), now)
    }
}
