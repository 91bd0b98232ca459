//! The decision: a pure function of configuration, record, time and what went wrong. First match wins.

use crate::config::Config;
use crate::license::{Decision, Features, License, NextStep, Problem, Reason, State, UnknownFeatures};
use crate::record::{Held, Record, Verdict};
use crate::time::Timestamp;
use uuid::Uuid;

/// How long before grace ends an app should start to tell the user.
const NOTICE_MS: i64 = 3 * 24 * 60 * 60 * 1000;

/// What a decision is made from, besides the configuration.
pub(super) struct Facts<'a> {
    pub(super) record: &'a Record,
    /// The time on Polar's clock; `None` where no clock can be trusted.
    pub(super) now: Option<Timestamp>,
    pub(super) problem: Option<Problem>,
    pub(super) unknown_features: &'a UnknownFeatures,
}

pub(super) fn decide(config: &Config, facts: Facts<'_>) -> Decision {
    let held = facts.record.held.as_deref();
    let (state, reason) = state(config, facts.record, facts.now);
    let grace_ends_at = held.filter(|held| held.verdict == Verdict::Yes).map(|held| grace_end(config, held));
    Decision {
        state,
        reason,
        license: held.map(license),
        features: features(config, facts.record, facts.now, facts.unknown_features),
        refresh_at: facts.record.plan.next,
        grace_ends_at,
        notice_at: held.zip(grace_ends_at).map(|(held, end)| notice(config, held, end)),
        next_step: next_step(state, reason, facts.record, grace_ends_at.zip(facts.now)),
        problem: facts.problem,
    }
}

/// The state, and why where it has more than one cause.
pub(super) fn state(config: &Config, record: &Record, now: Option<Timestamp>) -> (State, Option<Reason>) {
    match &record.held {
        None => (State::Unlicensed, Some(record.aside.as_ref().map_or(Reason::None, |aside| aside.why))),
        Some(held) => judge(config, held, now),
    }
}

/// Which features are on at this moment.
pub(super) fn features(
    config: &Config,
    record: &Record,
    now: Option<Timestamp>,
    unknown: &UnknownFeatures,
) -> Features {
    let (state, _) = state(config, record, now);
    let licensed = record.held.as_ref().filter(|_| state.is_allowed());
    Features { config: Some(config.clone()), benefit: licensed.map(|held| held.benefit_id), unknown: unknown.clone() }
}

fn judge(config: &Config, held: &Held, now: Option<Timestamp>) -> (State, Option<Reason>) {
    let expired = now.zip(held.expires_at).is_some_and(|(now, end)| now >= end);
    match held.verdict {
        Verdict::No(Reason::Expired) => return (State::Expired, None),
        Verdict::No(_) if expired => return (State::Expired, None),
        Verdict::No(reason) => return (State::Denied, Some(reason)),
        Verdict::Yes => {}
    }
    if let Err(reason) = fits(config, held) {
        return (State::Denied, Some(reason));
    }
    let Some(now) = now else { return (State::ClockSuspect, None) };
    if expired {
        return (State::Expired, None);
    }
    let age = now.ms_since(held.time.confirmed);
    if age < config.refresh_ms() {
        (State::Active, None)
    } else if age < config.grace_ms() {
        (State::Grace, None)
    } else {
        (State::Lapsed, None)
    }
}

/// Whether what Polar confirmed is what this app needs: a seat where the key has a limit, and an accepted benefit.
/// Judged at every decision, never stored, so that a new configuration takes effect at once.
pub(super) fn fits(config: &Config, held: &Held) -> Result<(), Reason> {
    if held.limit_activations.is_some() && held.identity.seat.is_none() {
        return Err(Reason::ActivationRequired);
    }
    accepts(config, held.benefit_id)
}

/// Whether the configuration accepts keys of this benefit.
pub(super) fn accepts(config: &Config, benefit: Uuid) -> Result<(), Reason> {
    let accepted = config.benefits().is_empty() || config.benefits().contains(&benefit);
    if accepted { Ok(()) } else { Err(Reason::Benefit) }
}

fn grace_end(config: &Config, held: &Held) -> Timestamp {
    let end = held.time.confirmed.plus_ms(config.grace_ms());
    held.expires_at.map_or(end, |expiry| expiry.min(end))
}

/// Never before the confirmation has gone stale: until then there is nothing to tell.
fn notice(config: &Config, held: &Held, end: Timestamp) -> Timestamp {
    let stale = held.time.confirmed.plus_ms(config.refresh_ms());
    end.plus_ms(-NOTICE_MS).max(stale).min(end)
}

fn license(held: &Held) -> License {
    License {
        display_key: held.identity.key.masked(),
        benefit_id: held.benefit_id,
        activation_id: held.identity.activation_id(),
        expires_at: held.expires_at,
        confirmed_at: held.time.confirmed,
        usage: held.usage,
        limit_usage: held.limit_usage,
        limit_activations: held.limit_activations,
    }
}

fn next_step(state: State, reason: Option<Reason>, record: &Record, grace: Option<(Timestamp, Timestamp)>) -> NextStep {
    let known_key = record.held.is_some() || record.aside.as_ref().is_some_and(|aside| aside.identity.is_some());
    match (state, reason) {
        (State::Active, _) => NextStep::None,
        (State::Grace, _) if grace.is_some_and(|(end, now)| now >= end.plus_ms(-NOTICE_MS)) => NextStep::Connect,
        (State::Grace, _) => NextStep::None,
        (State::Lapsed | State::ClockSuspect, _) => NextStep::Connect,
        (State::Expired, _) => NextStep::Renew,
        (State::Denied, Some(Reason::NotFound | Reason::Conditions | Reason::ActivationRequired)) => NextStep::Activate,
        (State::Denied, _) | (State::Unlicensed, Some(Reason::Storage)) => NextStep::ContactVendor,
        (State::Unlicensed, Some(Reason::OtherDevice)) if known_key => NextStep::Move,
        (State::Unlicensed, Some(Reason::Tampered | Reason::NewerFormat)) if known_key => NextStep::Connect,
        (State::Unlicensed, _) => NextStep::EnterKey,
    }
}
