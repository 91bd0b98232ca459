//! The three endpoints that need the key and no token.

use super::call::Call;
use crate::body::{Activate, Deactivate, Validate};
use crate::reply::Reply;
use crate::state::State;

pub(crate) fn validate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    state.database.validate(&Validate::read(call.request)?, call.version, call.now)
}

pub(crate) fn activate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    state.database.activate(&Activate::read(call.request)?, call.version, call.now)
}

pub(crate) fn deactivate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    state.database.deactivate(&Deactivate::read(call.request)?, call.now)
}
