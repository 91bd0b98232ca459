//! Deactivate: give the seat up. Nothing is removed here before Polar has said that the seat is free, or unknown.
//! Forget: remove the license here, and leave the seat taken.

use super::ask::not_activated;
use super::edit::Edit;
use super::steps::{Asking, Op, Stage, Step};
use super::{Deactivated, Engine};
use crate::error::{Error, ErrorKind};
use crate::record::Identity;
use crate::time::Now;
use crate::wire::{Deactivate, Rejection};

impl Engine {
    /// The stored record was read.
    pub(super) fn deactivate(&mut self, op: Box<Op>, now: Now) -> Step {
        let identity = self.memory.record.as_deref().and_then(|record| record.identity()).cloned();
        let Some(identity) = identity else { return self.finish(op, Err(not_activated()), now) };
        let Some(activation_id) = identity.activation_id() else {
            return op.store(vec![Edit::Deactivated(identity)], Stage::Release(Some(Deactivated::NotNeeded)));
        };
        let request = self.give_up(&identity.key, activation_id);
        let body = request.body();
        self.send(op, Deactivate::PATH, body, Asking::Deactivate(identity, request), now)
    }

    pub(super) fn deactivated(
        &mut self,
        op: Box<Op>,
        identity: Identity,
        reply: Result<(), Rejection>,
        now: Now,
    ) -> Step {
        let plan = self.heard(reply.as_ref().err(), now);
        let outcome = match reply {
            Ok(()) => Deactivated::Released,
            Err(Rejection::Refused(_)) => Deactivated::Unknown,
            Err(rejection) => {
                let pause = plan.pause_until.map(Edit::Pause);
                return op.store(pause.into_iter().collect(), Stage::End(Err(rejection.into())));
            }
        };
        op.store(vec![Edit::Deactivated(identity)], Stage::Release(Some(outcome)))
    }

    /// The record could not be removed, so the license is still here.
    pub(super) fn not_forgotten(&mut self, op: Box<Op>, message: &str, now: Now) -> Step {
        let message = ["the license is still stored: ", message].concat();
        self.finish(op, Err(Error::new(ErrorKind::Storage, message)), now)
    }
}
