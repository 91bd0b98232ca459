//! Makes the decision: a pure function of the configuration, the record, the time, and the problem to report, if there
//! is one. The rules for the state are tried in a fixed order, and the first match wins.

use crate::codes::{Denial, Known, NextStep, Reason, State};
use crate::config::Config;
use crate::decision::{Decision, Problem};
use crate::features::{Access, EnabledFeatures, TrialFeatures};
use crate::license::{License, Terms};
use crate::record::{Identity, Record, StartedTrial, StoredLicense, Verdict};
use crate::text::printable;
use crate::texts::Text;
use crate::time::{Date, Timestamp};
use uuid::Uuid;

/// An app should tell the user to go online if grace ends within this time, and to buy a license if a trial ends within
/// this time.
const NOTICE_MS: i64 = 3 * 24 * 60 * 60 * 1000;

/// An app should tell the user to make a new request if an imported license ends within this time. The time is longer
/// than `NOTICE_MS`, because somebody has to carry the texts.
const OFFLINE_NOTICE_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// The inputs of a decision, apart from the configuration.
pub(super) struct Facts<'a> {
    pub(super) record: &'a Record,
    /// Whether the store has been read at least once.
    pub(super) has_read: bool,
    /// The time on Polar's clock; `None` if no clock can be trusted.
    pub(super) now: Option<Timestamp>,
    pub(super) problem: Option<Problem>,
    /// Whether Polar has answered about a stored license whose record is not trusted.
    pub(super) untrusted_answered: bool,
}

pub(super) fn decide(config: &Config, facts: Facts<'_>) -> Decision {
    let license = facts.record.license.as_deref();
    let trial = trial(config, facts.record);
    let (state, reason) = match (license, &trial) {
        (Some(license), _) => judge(config, license, facts.now),
        (None, Some(trial)) => trial.judge(facts.now),
        (None, None) => (State::Unlicensed, Some(why_unlicensed(&facts))),
    };
    let grace_ends_at =
        license.filter(|license| license.verdict == Verdict::Confirmed).map(|license| grace_end(config, license));
    let notice_at = license.zip(grace_ends_at).map(|(license, end)| notice(config, license, end));
    let notice_at = notice_at.or_else(|| trial.as_ref().map(Trial::notice_at));
    let offline_ends_at =
        grace_ends_at.filter(|_| license.is_some_and(|license| air_gap_ms(config, license).is_some()));
    let is_noticed = notice_at.zip(facts.now).is_some_and(|(at, now)| now >= at);
    let next_step = next_step(state, reason, &facts, offline_ends_at.is_some(), is_noticed);
    let ends_offline = offline_ends_at.filter(|_| state == State::Active && next_step == NextStep::OfflineRequest);
    let updates_until = license.and_then(|license| updates_until(config, &license.terms));
    let updates_ended = updates_until.filter(|_| reason == Some(Reason::UpdatesEnded));
    let about_trial = trial.as_ref().and_then(|trial| trial.message(config, state, next_step, facts.now));
    Decision {
        state,
        reason,
        updates_until,
        own_message: updates_ended
            .map(|until| dated(config, Text::UpdatesEnded, until))
            .or_else(|| ends_offline.map(|until| dated(config, Text::OfflineEnding, until.day())))
            .or(about_trial),
        license: license.map(|license| {
            let Identity { key, .. } = &license.identity;
            let label = license.label_of(&license.identity).as_deref().map(printable);
            let terms = Terms { expires_at: known_expiry(license, facts.now), ..license.terms.clone() };
            License::new(key.masked(), license.identity.activation_id(), label, license.time.confirmed, &terms)
        }),
        features: features(config, facts.record, facts.now),
        refresh_at: facts.record.plan.next,
        grace_ends_at,
        offline_ends_at,
        trial_ends_at: trial.map(|trial| trial.ends_at),
        notice_at,
        next_step,
        links: config.links().clone(),
        texts: config.texts().clone(),
        problem: facts.problem,
    }
}

/// Returns only the state, without making the whole decision.
pub(super) fn state(config: &Config, record: &Record, now: Option<Timestamp>) -> State {
    match &record.license {
        Some(license) => license_state(config, license, now),
        None => trial(config, record).map_or(State::Unlicensed, |trial| trial.judge(now).0),
    }
}

/// Returns the state that a device with this license is in.
pub(super) fn license_state(config: &Config, license: &StoredLicense, now: Option<Timestamp>) -> State {
    judge(config, license, now).0
}

/// Returns the features that are on at this instant.
pub(super) fn features(config: &Config, record: &Record, now: Option<Timestamp>) -> EnabledFeatures {
    let access = match &record.license {
        _ if !state(config, record, now).is_allowed() => Access::Denied,
        Some(license) => Access::Benefit(license.terms.benefit_id),
        None => trial(config, record).map_or(Access::Denied, |trial| Access::Trial(trial.features.clone())),
    };
    config.features().enabled_for(access)
}

/// The trial of a device that has no license.
struct Trial<'a> {
    started: Timestamp,
    /// The latest time at which the trial is known to have run or to have ended.
    high: Timestamp,
    ends_at: Timestamp,
    features: &'a TrialFeatures,
}

/// Returns the trial that was started on this device. Returns `None` if a license is stored, even an untrusted one,
/// because a stored license alone decides. Also returns `None` if the configuration has no trial.
fn trial<'a>(config: &'a Config, record: &Record) -> Option<Trial<'a>> {
    let has_license = record.license.is_some() || record.untrusted.is_some();
    let (offered, trial) = config.trial().zip(record.trial.filter(|_| !has_license))?;
    let StartedTrial { started, high } = trial;
    Some(Trial { started, high, ends_at: started.plus_ms(offered.ms), features: &offered.features })
}

impl Trial<'_> {
    fn judge(&self, now: Option<Timestamp>) -> (State, Option<Reason>) {
        if now.is_some_and(|now| now < self.ends_at) {
            (State::Trial, None)
        } else {
            (State::Unlicensed, Some(Reason::TrialEnded))
        }
    }

    /// Returns the time from which the user should be told to buy a license.
    fn notice_at(&self) -> Timestamp {
        self.ends_at.plus_ms(-NOTICE_MS).max(self.started)
    }

    /// Returns the sentence for the user. Returns `None` if the state and the reason already determine the sentence.
    fn message(&self, config: &Config, state: State, next_step: NextStep, now: Option<Timestamp>) -> Option<String> {
        let text = if next_step == NextStep::Buy { Text::TrialEnding } else { Text::Trial };
        if state == State::Trial {
            Some(dated(config, text, self.ends_at.day()))
        } else {
            // if the trial had ended before the clock was set back, a correct clock does not help
            let would_go_on = now.is_none() && self.high < self.ends_at;
            would_go_on.then(|| config.texts().get(Text::TrialClock).to_owned())
        }
    }
}

fn why_unlicensed(facts: &Facts<'_>) -> Reason {
    match &facts.record.untrusted {
        Some(untrusted) => untrusted.why.into(),
        None if facts.has_read => Reason::NoLicense,
        None => Reason::Storage,
    }
}

/// Returns the state, and the reason for it if the state can have more than one.
fn judge(config: &Config, license: &StoredLicense, now: Option<Timestamp>) -> (State, Option<Reason>) {
    let expired = now.zip(license.terms.expires_at).is_some_and(|(now, end)| now >= end);
    match license.verdict {
        Verdict::Denied(Denial::Expired) => return (State::Expired, None),
        Verdict::Denied(_) if expired => return (State::Expired, None),
        Verdict::Denied(denial) => return (State::Denied, Some(denial.into())),
        Verdict::Confirmed => {}
    }
    if let Err(reason) = fits(config, license) {
        return (State::Denied, Some(reason));
    }
    if expired {
        return (State::Expired, None);
    }
    // This rule comes before the rules about the clock. Those rules would tell the user to go online, but going online
    // does not help a license whose updates have ended.
    if updates_ended(config, &license.terms).is_some() {
        return (State::Denied, Some(Reason::UpdatesEnded));
    }
    let Some(now) = now else { return (State::ClockSuspect, None) };
    let age = now.ms_since(license.time.confirmed);
    if let Some(air_gap) = air_gap_ms(config, license) {
        return (if age < air_gap { State::Active } else { State::Lapsed }, None);
    }
    if age < config.refresh_ms() {
        (State::Active, None)
    } else if age < config.grace_ms() {
        (State::Grace, None)
    } else {
        (State::Lapsed, None)
    }
}

/// Returns `Ok` if the confirmed license fits this app: its benefit is accepted, and it has a seat if the key has an
/// activation limit. Otherwise returns the reason. The result is computed for every decision and never stored, so that
/// a new configuration takes effect at once.
pub(super) fn fits(config: &Config, license: &StoredLicense) -> Result<(), Reason> {
    if license.terms.limit_activations.is_some() && license.identity.seat.is_none() {
        return Err(Reason::ActivationRequired);
    }
    accepts(config, license.terms.benefit_id)
}

/// Returns `Ok` if the configuration accepts keys of this benefit. Otherwise returns the reason for the denial.
pub(crate) fn accepts(config: &Config, benefit: Uuid) -> Result<(), Reason> {
    let accepted = config.benefits().is_empty() || config.benefits().contains(&benefit);
    if accepted { Ok(()) } else { Err(Reason::Benefit) }
}

/// Returns the last day of updates for a license with these terms. The license includes versions that were built on
/// this day or earlier. Returns `None` if the configuration does not limit updates, or if the day of the sale is
/// unknown.
fn updates_until(config: &Config, terms: &Terms) -> Option<Date> {
    config.updates().zip(terms.created_at).map(|(updates, created_at)| updates.until(created_at))
}

/// Returns the last day of updates if this version was built later. Returns `None` if a license with these terms
/// includes this version.
pub(crate) fn updates_ended(config: &Config, terms: &Terms) -> Option<Date> {
    updates_until(config, terms).filter(|until| config.updates().is_some_and(|updates| !updates.are_included(*until)))
}

/// Returns the sentence `text` for the user, with `day` filled in.
pub(super) fn dated(config: &Config, text: Text, day: Date) -> String {
    config.texts().fill(text, &[("day", &day.to_string())])
}

/// Returns the time at which the key expires, or `None` if it never expires or the time is unknown. The time is unknown
/// if Polar says that the key has expired, but the last known expiry lies in the future. The vendor has then moved the
/// expiry to an earlier time, and Polar does not say to which.
fn known_expiry(license: &StoredLicense, now: Option<Timestamp>) -> Option<Timestamp> {
    match license.verdict {
        Verdict::Denied(Denial::Expired) => license.terms.expires_at.filter(|end| now.is_some_and(|now| now >= *end)),
        Verdict::Denied(_) | Verdict::Confirmed => license.terms.expires_at,
    }
}

/// Returns the time, in ms, for which an imported license is valid after Polar's confirmation. Returns `None` if Polar
/// has confirmed the license to this device itself, or if the configuration has no such time.
pub(super) fn air_gap_ms(config: &Config, license: &StoredLicense) -> Option<i64> {
    license.imported.and(config.air_gap_ms())
}

fn grace_end(config: &Config, license: &StoredLicense) -> Timestamp {
    let length = air_gap_ms(config, license).unwrap_or_else(|| config.grace_ms());
    let end = license.time.confirmed.plus_ms(length);
    license.terms.expires_at.map_or(end, |expiry| expiry.min(end))
}

/// Returns the time, on Polar's clock, at which the decision changes next if only time passes.
pub(super) fn next_change(config: &Config, record: &Record, now: Timestamp) -> Option<Timestamp> {
    let changes = match &record.license {
        Some(license) => {
            let stale = license.time.confirmed.plus_ms(config.refresh_ms());
            let end = grace_end(config, license);
            [Some(stale), Some(notice(config, license, end)), Some(end), license.terms.expires_at]
        }
        None => {
            let trial = trial(config, record)?;
            [Some(trial.notice_at()), Some(trial.ends_at), None, None]
        }
    };
    changes.into_iter().flatten().filter(|at| *at > now).min()
}

/// Returns the time from which the user should be told what to do before access ends. On a computer without a network,
/// the user should make a new request from `OFFLINE_NOTICE_MS` before the end. On other computers, the user should go
/// online from `NOTICE_MS` before the end, or from the next regular refresh if that is later, because the refresh may
/// make the notice unnecessary. The returned time is never later than the end of grace.
fn notice(config: &Config, license: &StoredLicense, end: Timestamp) -> Timestamp {
    if air_gap_ms(config, license).is_some() {
        return end.plus_ms(-OFFLINE_NOTICE_MS).max(license.time.confirmed);
    }
    let stale = license.time.confirmed.plus_ms(config.refresh_ms());
    end.plus_ms(-NOTICE_MS).max(stale).min(end)
}

/// Returns the next step for the user. `is_noticed` means that the user should act before access ends: go online before
/// the end of grace, make a new request before an imported license ends, or buy a license before a trial ends.
fn next_step(state: State, reason: Option<Reason>, facts: &Facts<'_>, is_imported: bool, is_noticed: bool) -> NextStep {
    let known = match facts.record.identity_to_ask() {
        // Polar was already asked with the stored key and seat, and did not confirm the license. One of the two must be
        // damaged, so asking again would not help.
        Some(_) if facts.untrusted_answered && reason == Some(Reason::Tampered) => Known::Nothing,
        Some(Identity { seat: Some(_), .. }) => Known::Seat,
        Some(Identity { seat: None, .. }) => Known::Key,
        None => Known::Nothing,
    };
    match state {
        State::Active if is_imported && is_noticed => NextStep::OfflineRequest,
        State::Lapsed | State::ClockSuspect if is_imported => NextStep::OfflineRequest,
        State::Trial if is_noticed => NextStep::Buy,
        State::Trial => NextStep::None,
        State::Active => NextStep::None,
        State::Grace if is_noticed => NextStep::Connect,
        State::Grace => NextStep::None,
        State::Lapsed | State::ClockSuspect => NextStep::Connect,
        State::Expired => NextStep::Renew,
        State::Denied | State::Unlicensed => reason.map_or(NextStep::EnterKey, |reason| reason.next_step(known)),
    }
}
