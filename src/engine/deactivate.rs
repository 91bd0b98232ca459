//! Deactivate: give the seat up. Nothing is removed here before Polar has said that the seat is free, or unknown.
//! Forget: remove the license here, and leave the seat taken.

use super::ask::not_activated;
use super::edit::Edit;
use super::steps::{No, Stage, Step};
use super::{Deactivated, Engine};
use crate::record::Identity;
use crate::time::Now;

impl Engine {
    /// The stored record was read.
    pub(super) fn deactivate(&mut self, now: Now) -> Step {
        let identity = self.record.identity().cloned();
        let Some(identity) = identity else { return self.fail(not_activated(), now) };
        if identity.seat.is_none() {
            return self.given_away(identity, Deactivated::NotNeeded);
        }
        self.send(Stage::Deactivated, identity, now)
    }

    pub(super) fn deactivated(&mut self, identity: Identity, reply: Result<(), No>, now: Now) -> Step {
        let plan = self.plan(reply.err(), now);
        match reply {
            Ok(()) => self.given_away(identity, Deactivated::Released),
            Err(No::Refused(_)) => self.given_away(identity, Deactivated::Unknown),
            Err(no) => self.fail_after(no, &plan, now),
        }
    }

    fn given_away(&mut self, identity: Identity, deactivated: Deactivated) -> Step {
        self.op.deactivated = Some(deactivated);
        self.op.edits.push(Edit::Deactivated(identity));
        self.store(Stage::Release)
    }
}
