//! Deactivate: release the seat. Nothing is removed here before Polar has said that the seat is free, or unknown; and
//! nothing is sent before the record was written once more, since one that cannot be removed would grant access for as
//! long as the grace period lasts.
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
use crate::record::Identity;
use crate::time::Now;
use crate::wire::{self, Confirmed, Rejection};

impl Engine {
    /// The stored record was read, and written once more.
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
                self.send(AfterReply::CheckReleased(identity, request), now)
            }
            Err(
                rejection @ (Rejection::UsageExhausted
                | Rejection::Invalid { .. }
                | Rejection::RateLimited(_)
                | Rejection::Unreachable { .. }),
            ) => self.fail_after(plan.pause().into_iter().collect(), self.rejected(rejection), now),
        }
    }

    /// Polar does not know the seat, and said whether it knows the key. A rotated key's seat stays taken.
    pub(super) fn release_checked(
        &mut self,
        identity: Identity,
        reply: Result<Confirmed, Rejection>,
        now: Now,
    ) -> Step {
        let (deactivated, may_be_taken) = match reply {
            Err(Rejection::Denied(Reason::NotFound)) => (Deactivated::KeyUnknown, true),
            Ok(_) | Err(Rejection::Denied(_)) => (Deactivated::Unknown, false),
            Err(
                Rejection::UsageExhausted
                | Rejection::Invalid { .. }
                | Rejection::RateLimited(_)
                | Rejection::Unreachable { .. },
            ) => (Deactivated::Unknown, true),
        };
        let kept = identity.seat.filter(|_| may_be_taken).map(Edit::SeatKept);
        let edits = [Edit::Deactivated(identity)].into_iter().chain(kept).collect();
        self.save(edits, Settled::Deactivated(deactivated), now)
    }

    pub(super) fn remove(&mut self, identity: Identity, deactivated: Deactivated, now: Now) -> Step {
        self.save(vec![Edit::Deactivated(identity)], Settled::Deactivated(deactivated), now)
    }
}
