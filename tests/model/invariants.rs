//! The rules of ARCHITECTURE.md. Each function checks a rule. If the rule is broken, the function returns an error that
//! says how. The checks follow from ARCHITECTURE.md, from Polar's answers and from the events in the world, and never
//! from the engine's code.

use super::polar::{DAY, DenialReason, Endpoint, Meaning, ORGANIZATION, PRO, Terms, id};
use super::reference;
use super::story::{Call, Environment, HOUR, ProcessId};
use super::world::{
    App, Base, Check, Exchange, ReceivedAnswer, ReceivedDenial, Seen, TRIAL, Task, World, short, span, summary,
};
use polar_license::engine::Outcome;
use polar_license::{Decision, ErrorKind, License, NextStep, Reason, State};
use serde_json::Value;
use uuid::Uuid;

/// 2026-01-01, before which the library did not exist. A clock that shows an earlier day is behind.
const FIRST_BUILD: i64 = 1_767_225_600_000;

/// The largest error of an honest clock: a wrong time zone or a wrong day (ARCHITECTURE.md, "Time").
const TOLERANCE: i64 = 26 * HOUR;

macro_rules! rule {
    ($name:literal, $holds:expr, $($detail:tt)+) => {
        if !$holds {
            return Err(format!("{}: {}", $name, format_args!($($detail)+)));
        }
    };
}

// ---- bounds of the engine's estimate of the time ----

/// Returns an upper bound of the estimate ("Time"): the latest time that the clocks have claimed since the answer.
pub(crate) fn latest_estimate(base: Base, wall: i64, passed: i64) -> i64 {
    let mut latest = (base.upper + passed).max(wall + base.offset);
    if base.offset.abs() > TOLERANCE {
        latest = latest.max(wall);
    }
    latest
}

/// Returns a lower bound of the estimate ("Time"): the latest of three times. They are the earliest time that the wall
/// clock claims, the time that this process has counted since it received the answer, and the saved `high`. `high` lags
/// behind by as much as "Time" says.
fn earliest_estimate(world: &World, who: ProcessId, base: Base) -> i64 {
    let now = world.clocks(who.device);
    let wall = now.wall.unix_ms();
    let mut earliest = wall + base.offset;
    if base.offset.abs() > TOLERANCE {
        earliest = earliest.min(wall);
    }
    let device = &world.devices[who.device];
    let seen = device.processes[who.slot].as_ref().and_then(|process| process.seen);
    let seen = seen.filter(|seen| seen.base == base.at);
    let counted = seen.map(|seen| seen.earliest + (now.mono - seen.mono).cast_signed());
    let last_read = device.processes[who.slot].as_ref().and_then(|process| process.last_read);
    // A process that has counted the time itself does not use the saved value.
    let is_news = |tick: u64| seen.is_none() && last_read > Some(tick);
    let saved = device.high.get(&base.at).filter(|(_, tick)| is_news(*tick)).map(|(high, _)| *high);
    [Some(earliest), counted, saved, Some(base.at)].into_iter().flatten().max().unwrap_or(earliest)
}

/// Returns the time of the confirmation behind the decision that a process shows, or the start of its trial, and the
/// lower bound of the process's estimate of the time.
pub(crate) fn shown_and_earliest(world: &mut World, who: ProcessId) -> Option<(i64, i64)> {
    let decision = world.decision(who)?;
    let trial = world.process(who)?.app.trial;
    let base = match decision.license() {
        Some(license) => confirmation(world, who, license)?.base,
        None => trial_call(world, who, base_of(&decision, trial)?)?,
    };
    // after its end, a trial does not show whether a clock is trusted
    let timeless = match decision.state() {
        State::ClockSuspect => true,
        State::Unlicensed => is_suspect(world, who, base),
        _ => false,
    };
    (!timeless).then(|| (base.at, earliest_estimate(world, who, base)))
}

/// Returns the time of the confirmation behind a decision, or the start of its trial. `trial` is the length of the
/// app's trial.
pub(crate) fn base_of(decision: &Decision, trial: Option<i64>) -> Option<i64> {
    let confirmed = decision.license().map(|license| license.confirmed_at.unix_ms());
    confirmed.or_else(|| Some(decision.trial_ends_at()?.unix_ms() - trial?))
}

/// Returns the call of `start_trial` that started the trial with this start.
fn trial_call(world: &World, who: ProcessId, start: i64) -> Option<Base> {
    world.devices[who.device].trial_calls.iter().find(|call| call.at == start).copied()
}

/// Returns the confirmation that the license of a process comes from.
fn confirmation<'a>(world: &'a World, who: ProcessId, license: &License) -> Option<&'a ReceivedAnswer> {
    let at = license.confirmed_at.unix_ms();
    world.answers.iter().find(|answer| answer.device == who.device && answer.at == at && answer.verdict.is_ok())
}

/// Returns the reasons of the denials that may explain a decision: the denials that came after the confirmation of its
/// license.
fn denials(
    world: &World,
    who: ProcessId,
    license: &License,
    answer: &ReceivedAnswer,
) -> impl Iterator<Item = DenialReason> {
    let about_it = move |denial: &&ReceivedAnswer| {
        denial.device == who.device
            && denial.at >= answer.at
            && display(&denial.key) == license.display_key
            && (denial.activation == license.activation_id || license.activation_id.is_none())
    };
    world.answers.iter().filter(about_it).filter_map(|denial| denial.verdict.as_ref().err().copied())
}

// ---- every decision ----

pub(crate) fn every_decision(world: &mut World, who: ProcessId) -> Check {
    let Some(decision) = world.decision(who) else { return Ok(()) };
    keeps_secrets(world, "a decision", &decision.to_json())?;
    keeps_secrets(world, "a decision's Debug", &format!("{decision:?}"))?;
    features_follow_access_and_benefit(&decision)?;
    the_trial_is_one_of_this_device(world, who, &decision)?;
    let Some(license) = decision.license() else {
        a_missing_license_has_a_cause(world, who, &decision)?;
        return the_trial_follows_the_clock(world, who, &decision);
    };
    let Some(answer) = confirmation(world, who, license).cloned() else {
        return Err(format!("rule 1, access needs a confirmation: Polar never confirmed `{}`", summary(&decision)));
    };
    let Ok(terms) = answer.verdict.clone() else { return Ok(()) };
    the_license_is_what_polar_confirmed(&decision, license, &terms)?;
    let device = &world.devices[who.device];
    let Some(process) = &device.processes[who.slot] else { return Ok(()) };
    let app = process.app.clone();
    let was_seen = process.seen.is_some_and(|seen| seen.base == answer.at);
    let earliest = earliest_estimate(world, who, answer.base);
    let saved = device.high.get(&answer.at).filter(|(_, tick)| process.last_read > Some(*tick));
    let timeless =
        !was_seen && saved.is_some_and(|(high, _)| all_claims_are_before(world, who, answer.base, high - TOLERANCE));
    if world.environment == Environment::Quiet {
        let latest = answer.base.upper;
        rule!("the model, quiet times are exact", earliest == latest, "{earliest} is not {latest}");
    }
    let bounds = Bounds { earliest, latest: answer.base.upper, was_seen, timeless };
    grace_counts_from_the_confirmation(&decision, &app, &terms)?;
    the_decision_follows_the_table(world, who, &decision, license, &answer, &terms, &app, &bounds)?;
    a_denial_is_remembered(world, who, &decision, license)?;
    let mono = world.clocks(who.device).mono;
    // no time is estimated for a denial, for an expiry that Polar reported, or for a benefit that the app does not
    // accept
    let stated = || denials(world, who, license, &answer).any(|why| why == DenialReason::Expired);
    let timeless = match decision.state() {
        State::ClockSuspect | State::Denied => true,
        state => state == State::Expired && stated(),
    };
    let judged = !timeless || !is_suspect(world, who, answer.base);
    if let Some(process) = world.process(who).filter(|_| was_seen || judged) {
        process.seen = Some(Seen { base: answer.at, mono, earliest });
    }
    Ok(())
}

/// Returns `true` if every time that a clock claims may be more than 26 h before the time that the device has seen
/// ("Time").
fn is_suspect(world: &World, who: ProcessId, base: Base) -> bool {
    all_claims_are_before(world, who, base, base.upper - TOLERANCE)
}

fn all_claims_are_before(world: &World, who: ProcessId, base: Base, time: i64) -> bool {
    let wall = world.clocks(who.device).wall.unix_ms();
    wall + base.offset < time && (base.offset.abs() <= TOLERANCE || wall < time)
}

/// Bounds of a process's estimate of the time.
struct Bounds {
    earliest: i64,
    latest: i64,
    /// Whether this process has already estimated the time since this confirmation.
    was_seen: bool,
    /// Whether it is certain that the process trusts none of its clocks.
    timeless: bool,
}

/// Checks rule 12: a feature is on only if access is allowed and the license has the feature's benefit. The trial has
/// all features.
fn features_follow_access_and_benefit(decision: &Decision) -> Check {
    let benefit = decision.license().map(|license| license.benefit_id);
    let expected = decision.allowed() && (benefit == Some(id(PRO)) || decision.state() == State::Trial);
    rule!(
        "rule 12, a feature needs access and benefit",
        decision.allows("export") == expected,
        "{}",
        summary(decision)
    );
    rule!("rule 12, an unknown feature is off", !decision.allows("exprot"), "{}", summary(decision));
    Ok(())
}

/// Checks that the license has the values of its confirmation.
fn the_license_is_what_polar_confirmed(decision: &Decision, license: &License, terms: &Terms) -> Check {
    // a later denial may have said that the license has expired; such a denial names no date
    let withdrawn = decision.state() == State::Expired && license.expires_at.is_none();
    let same = license.benefit_id == terms.benefit
        && license.activation_id == terms.activation
        && license.display_key == display(&terms.key)
        && (withdrawn || license.expires_at.map(|at| at.unix_ms()) == terms.expires_at)
        && license.limit_activations == terms.limit_activations
        && license.limit_usage == terms.limit_usage
        && license.usage == terms.usage;
    // if the seat was released in favor of another one, the license has no seat until the next confirmation
    let gave_up = license.activation_id.is_none() && terms.activation.is_some() && !decision.allowed();
    rule!("rule 1, a license has the values of its confirmation", same || gave_up, "{license:?} is not {terms:?}");
    Ok(())
}

/// Checks rule 3: the grace period begins at the confirmation, and only another confirmation extends it.
fn grace_counts_from_the_confirmation(decision: &Decision, app: &App, terms: &Terms) -> Check {
    let end = terms.at + app.grace;
    let end = terms.expires_at.map_or(end, |expiry| expiry.min(end));
    if let Some(shown) = decision.grace_ends_at() {
        rule!(
            "rule 3, grace counts from the confirmation",
            shown.unix_ms() == end,
            "ends {shown}, confirmed at {}",
            terms.at
        );
    } else {
        rule!("rule 3, grace ends at some time", !decision.allowed(), "{}", summary(decision));
    }
    Ok(())
}

/// Checks rows 2 to 9 of the decision table: each state has one of its causes, and access is allowed only under all its
/// conditions.
#[expect(clippy::too_many_arguments, reason = "a decision depends on all of these")]
fn the_decision_follows_the_table(
    world: &World,
    who: ProcessId,
    decision: &Decision,
    license: &License,
    answer: &ReceivedAnswer,
    terms: &Terms,
    app: &App,
    bounds: &Bounds,
) -> Check {
    let Bounds { earliest, latest, was_seen, timeless } = *bounds;
    let shown =
        || format!("{} between +{} and +{}", summary(decision), span(earliest - terms.at), span(latest - terms.at));
    let seated = terms.limit_activations.is_none() || license.activation_id.is_some();
    let accepted = app.benefits.is_empty() || app.benefits.contains(&terms.benefit);
    let surely_expired = terms.expires_at.is_some_and(|end| earliest >= end);
    let perhaps_expired = terms.expires_at.is_some_and(|end| latest >= end);
    let denials = || denials(world, who, license, answer);
    let good = seated && accepted;
    let suspect = is_suspect(world, who, answer.base);
    let explained = matches!(decision.state(), State::Denied | State::ClockSuspect) || denials().next().is_some();
    rule!("row 5, a clock set back by more than 26 h is suspect", explained || !timeless, "{}", shown());
    match (decision.state(), decision.reason()) {
        (State::Denied, Some(Reason::ActivationRequired)) => {
            rule!("row 3, activation_required", !seated, "{}", shown());
        }
        (State::Denied, Some(Reason::Benefit)) => rule!("row 4, benefit", !accepted, "{}", shown()),
        (State::Denied, Some(reason)) => {
            let denied = denials().any(|why| reference::reason(why) == reason);
            rule!("row 2, only Polar can deny", denied, "{}", shown());
            let perhaps_timeless = suspect && !was_seen;
            rule!(
                "row 6, an expired license with a denial is expired",
                !surely_expired || perhaps_timeless,
                "{}",
                shown()
            );
        }
        (State::ClockSuspect, _) => {
            // after a license that was put back by hand, the process may have seen another one meanwhile
            let forgot = !was_seen || world.devices[who.device].edited;
            rule!("row 5, a suspect clock was set back by more than 26 h", suspect && forgot && good, "{}", shown());
        }
        (State::Expired, _) => {
            let denied = denials().any(|why| why == DenialReason::Expired);
            let by_time = perhaps_expired && (good || denials().next().is_some());
            rule!("row 6, expired by Polar's answer or by time", denied || by_time, "{}", shown());
        }
        (State::Active, _) => {
            let fresh = earliest - terms.at < app.refresh && !surely_expired;
            rule!("row 7, active is confirmed, seated, accepted, fresh", fresh && good, "{}", shown());
        }
        (State::Grace, _) => {
            let within = earliest - terms.at < app.grace && latest - terms.at >= app.refresh && !surely_expired;
            rule!("row 8, grace is confirmed, seated, accepted, within grace", within && good, "{}", shown());
        }
        (State::Lapsed, _) => {
            let over = latest - terms.at >= app.grace && !surely_expired;
            rule!("row 9, lapsed is out of grace", over && good, "{}", shown());
        }
        _ => rule!("the table, a license is not unlicensed", false, "{}", shown()),
    }
    Ok(())
}

/// Checks that a license is missing only for one of these reasons: the user removed it, the store could not be read, or
/// the record was edited.
fn a_missing_license_has_a_cause(world: &World, who: ProcessId, decision: &Decision) -> Check {
    let device = &world.devices[who.device];
    let Some(process) = &device.processes[who.slot] else { return Ok(()) };
    let on_trial = decision.state() == State::Trial;
    rule!("row 1, no license is no access", on_trial || decision.state() == State::Unlicensed, "{}", summary(decision));
    match decision.reason() {
        None | Some(Reason::NoLicense | Reason::TrialEnded) => {
            let has_read = |since: Option<u64>| since.zip(process.last_read).is_some_and(|(since, read)| read > since);
            let lost = has_read(device.licensed_since) && !process.gave_up_unsaved;
            rule!("row 1, a license is never lost", !lost, "{who} shows none, but one is stored");
            let trial = device.trial.map(|(_, tick)| tick).filter(|_| process.app.trial.is_some() && !device.edited);
            let lost = has_read(trial) && decision.trial_ends_at().is_none();
            rule!("rule 21c, a trial is never lost", !lost, "{who} shows none, but one was started");
        }
        Some(Reason::Storage) => {
            rule!("row 1, storage", process.last_read.is_none(), "{who} has read the store, but shows `storage`");
        }
        _ => rule!("row 1, distrust needs an edit", device.edited, "{}", summary(decision)),
    }
    Ok(())
}

/// Checks rules 21a and 21c: a device has one trial, which a call started, and which shows only while no license is
/// stored.
fn the_trial_is_one_of_this_device(world: &mut World, who: ProcessId, decision: &Decision) -> Check {
    let tick = world.tick;
    let Some(length) = world.process(who).map(|process| process.app.trial) else { return Ok(()) };
    let Some(end) = decision.trial_ends_at() else {
        rule!("rule 21, a trial has an end", decision.state() != State::Trial, "{}", summary(decision));
        return Ok(());
    };
    rule!("rule 21c, a stored license alone decides", decision.license().is_none(), "{}", summary(decision));
    let Some(length) = length else { return Err(format!("rule 21a, a trial needs the setting: {who}")) };
    let start = end.unix_ms() - length;
    rule!("rule 21a, a call starts the trial", trial_call(world, who, start).is_some(), "ends {end}");
    rule!("rule 21d, a clock that is behind starts no trial", start >= FIRST_BUILD, "ends {end}");
    let device = &mut world.devices[who.device];
    let (first, _) = *device.trial.get_or_insert((start, tick));
    rule!(
        "rule 21a, a device has one trial",
        start == first || device.edited,
        "ends {end}, {} later",
        span(start - first)
    );
    Ok(())
}

/// Checks rules 21b and 21d: a trial allows access until its end, as the time is estimated, and shows the step `buy`
/// for three days before.
fn the_trial_follows_the_clock(world: &mut World, who: ProcessId, decision: &Decision) -> Check {
    let trial = world.process(who).and_then(|process| process.app.trial);
    let Some((length, start)) = trial.zip(base_of(decision, trial)) else { return Ok(()) };
    let Some(base) = trial_call(world, who, start) else { return Ok(()) };
    let (end, earliest, latest) = (start + length, earliest_estimate(world, who, base), base.upper);
    let shown = || format!("{} between +{} and +{}", summary(decision), span(earliest - start), span(latest - start));
    let device = &world.devices[who.device];
    let Some(process) = &device.processes[who.slot] else { return Ok(()) };
    let was_seen = process.seen.is_some_and(|seen| seen.base == start);
    // the start itself is saved, too
    let saved = device.high.get(&start).filter(|(_, tick)| process.last_read > Some(*tick)).map(|(high, _)| *high);
    let saved = saved.unwrap_or(start).max(start);
    let timeless = !was_seen && all_claims_are_before(world, who, base, saved - TOLERANCE);
    let suspect = is_suspect(world, who, base);
    if world.environment == Environment::Quiet {
        rule!("the model, quiet times are exact", earliest == latest, "{earliest} is not {latest}");
    }
    if decision.state() == State::Trial {
        rule!("row 10, a trial allows access until its end", earliest < end, "{}", shown());
        rule!("rule 21d, without a clock there is no trial", !timeless, "{}", shown());
        let notice_at = end - 3 * DAY;
        let told = decision.next_step() == NextStep::Buy;
        rule!("rule 21b, the user is told before the end", told || earliest < notice_at, "{}", shown());
        rule!("rule 21b, the user is not told early", !told || latest >= notice_at, "{}", shown());
    } else {
        let forgot = !was_seen || device.edited;
        let over = latest >= end || suspect && forgot;
        rule!("row 10, a trial does not end early", over, "{}", shown());
    }
    let mono = world.clocks(who.device).mono;
    let judged = was_seen || !suspect || decision.state() == State::Trial;
    if let Some(process) = world.process(who).filter(|_| judged) {
        process.seen = Some(Seen { base: start, mono, earliest });
    }
    Ok(())
}

/// Checks rule 21c: whatever happens to licenses, the trial stays in the record of the device.
pub(crate) fn the_trial_stays_in_the_record(world: &mut World, device: usize) -> Check {
    let this = &mut world.devices[device];
    let Some((start, _)) = this.trial.filter(|_| !this.edited) else { return Ok(()) };
    if this.trial_looked_for.replace(this.version) == Some(this.version) {
        return Ok(());
    }
    let stored = world.decision_of_a_new_process(device);
    let of_trial = base_of(&stored, Some(TRIAL)) == Some(start);
    let kept = stored.license().is_some() || of_trial;
    rule!("rule 21c, a trial stays in the record", kept, "a new process shows `{}`", summary(&stored));
    Ok(())
}

/// Checks rule 2: after a denial, only another answer of Polar's restores access. Going offline, a restart or another
/// process does not.
fn a_denial_is_remembered(world: &World, who: ProcessId, decision: &Decision, license: &License) -> Check {
    let device = &world.devices[who.device];
    let Some(process) = device.processes[who.slot].as_ref().filter(|_| !device.edited) else { return Ok(()) };
    let stored = device.denial.as_ref().filter(|(_, tick)| process.last_read.is_some_and(|read| read > *tick));
    let broken = |denial: &ReceivedDenial| {
        let same = display(&denial.key) == license.display_key && denial.activation == license.activation_id;
        same && decision.allowed() && license.confirmed_at.unix_ms() <= denial.at
    };
    let own = process.denial.as_ref().filter(|denial| broken(denial));
    if process.write_failed {
        // another process saved the opposite answer, which it may have received later; Polar is asked again when that
        // is due
        let overtaken = |denial: &ReceivedDenial| denial.confirmed != Some(license.confirmed_at.unix_ms());
        let held = own.is_none_or(overtaken);
        rule!(
            "rule 2, a denial that could not be saved is remembered",
            held,
            "{who}: {}, but received {own:?}",
            summary(decision)
        );
        return Ok(());
    }
    if own.is_some_and(|denial| denial.asked_again) {
        // the operation asked again and got no answer, so it is unknown which of two opposite answers was the last one
        return Ok(());
    }
    if own.is_some_and(|denial| denial.to_consume) {
        rule!(
            "rule 2, a denial of a consume is remembered",
            false,
            "{who}: {}, but received {own:?}",
            summary(decision)
        );
        return Ok(());
    }
    rule!(
        "rule 2, the process that received a denial remembers it",
        own.is_none(),
        "{who}: {}, but received {own:?}",
        summary(decision)
    );
    let stored = stored.filter(|(denial, _)| broken(denial));
    rule!(
        "rule 2, a stored denial is remembered",
        stored.is_none(),
        "{who}: {}, but stored {stored:?}",
        summary(decision)
    );
    Ok(())
}

/// Checks rule 16: the text contains no personal data and no full key.
pub(crate) fn keeps_secrets(world: &World, what: &str, text: &str) -> Check {
    match world.secrets().find(|secret| text.contains(secret)) {
        Some(secret) => Err(format!("rule 16, no personal data and no full key: `{secret}` in {what}")),
        None => Ok(()),
    }
}

// ---- every request ----

pub(crate) fn every_request(world: &mut World, at: usize, exchange: &Exchange, body: &Value, sent: u64) -> Check {
    let who = world.tasks[at].who;
    let license = world.decision(who).and_then(|decision| decision.license().cloned());
    requests_are_paced(world, who, at, sent)?;
    let task = &world.tasks[at];
    let app = world.devices[who.device].processes[who.slot].as_ref().map(|process| &process.app);
    let Some(app) = app else { return Ok(()) };
    an_operation_sends_what_it_may(task, license.as_ref(), exchange, app)?;
    the_condition_is_this_devices(world, who, exchange, body, app)?;
    rule!("the organization is the app's", body["organization_id"] == ORGANIZATION, "{body}");
    if exchange.endpoint == Endpoint::Activate {
        // an attempt counts as running for a minute; more can pass here only if the machine was asleep
        let asleep = exchange.at - task.began_at > 60_000;
        let takes_none = polar_refuses_another_seat(world, who.device, &exchange.key);
        let excused = task.excused || task.record_removed || asleep || takes_none;
        let stored = excused || world.probe(who.device)?.uncertain;
        rule!("rule 6, the attempt is saved before it is sent", stored, "a crash here would lose the seat");
        let random = body["meta"]["seat"].as_str().unwrap_or("?");
        let labelled = body["label"].as_str().is_some_and(|label| label.ends_with(random));
        rule!("the label's marker is also in meta", labelled, "{} {}", body["label"], body["meta"]);
    }
    Ok(())
}

/// Returns `true` if this device has the only seat of a key. When a process of the device took that seat, it removed
/// the attempts of the device's other processes for this key.
fn polar_refuses_another_seat(world: &World, device: usize, key: &str) -> bool {
    let sold = world.polar.keys.iter().find(|sold| sold.text == key && sold.limit_activations == Some(1));
    let is_here = |seat: Uuid| world.seats.iter().any(|taken| taken.id == seat && taken.device == device);
    sold.is_some_and(|sold| sold.seats.iter().any(|seat| is_here(seat.id)))
}

/// Checks rule 9: requests keep to the pace and to pauses.
fn requests_are_paced(world: &mut World, who: ProcessId, at: usize, sent: u64) -> Check {
    let device = &world.devices[who.device];
    let Some(process) = &device.processes[who.slot] else { return Ok(()) };
    let (pacer, last_read) = (process.pacer, process.last_read);
    let wall = world.clocks(who.device).wall.unix_ms();
    if let Some((until, tick)) = device.saved_pause {
        let knows = last_read.is_some_and(|read| read > tick) && world.tasks[at].begun > tick;
        let early = || format!("{who} sends {} early", span(until - wall));
        if device.pause_overwritten {
            rule!("rule 9, an operation from before a pause keeps it", !knows || wall >= until, "{}", early());
        } else {
            rule!("rule 9, a pause binds other processes", !knows || wall >= until, "{}", early());
        }
    }
    let book = &mut world.pacers[pacer];
    // a request that was planned before Polar asked for the pause is still sent
    let was_planned = world.tasks[at].planned < book.paused_at;
    rule!(
        "rule 9, no request in a pause",
        was_planned || sent >= book.paused_until,
        "{who} sends {} ms early",
        book.paused_until - sent
    );
    let third = book.send.iter().rev().nth(1).copied();
    let spaced = third.is_none_or(|third| sent - third >= 1000);
    rule!("rule 9, two requests in any second", spaced, "{who} sends a third at {sent} after {third:?}");
    let second = book.send.last().copied();
    let slow = !was_planned && book.paused_until > 0 && sent < book.paused_until + 60_000;
    let spaced = !slow || second.is_none_or(|second| sent - second >= 1000);
    rule!("rule 9, one request a second after a pause", spaced, "{who} sends a second at {sent} after {second:?}");
    book.send.push(sent);
    Ok(())
}

/// Checks rules 5, 7, 8 and 13: which requests an operation may send, and how often.
fn an_operation_sends_what_it_may(task: &Task, license: Option<&License>, now: &Exchange, app: &App) -> Check {
    let held = license.and_then(|license| license.activation_id);
    let sent = |endpoint: Endpoint| task.log.iter().filter(move |other| other.endpoint == endpoint);
    let gives_up_another = now.endpoint == Endpoint::Deactivate && now.activation != held;
    let what = format!("{:?} sends {:?} of {}", task.call, now.endpoint, short(now.activation));
    // Polar does not know the seat, but the seat may still be taken, so the operation asks about the seat's key
    let asks_for_its_key = now.endpoint == Endpoint::Validate
        && (now.activation, now.uses) == (None, 0)
        && task.log.last().is_some_and(|last| last.received == Some(Meaning::SeatUnknown) && last.key == now.key);
    let may = match task.call {
        _ if asks_for_its_key => true,
        None | Some(Call::Forget | Call::StartTrial) => false,
        Some(Call::Validate | Call::Refresh(_)) => {
            (now.endpoint == Endpoint::Validate && now.uses == 0) || gives_up_another
        }
        Some(Call::Consume(count)) => {
            let first = task.log.is_empty() && now.endpoint == Endpoint::Validate && now.uses == u64::from(count);
            // if two processes received opposite answers, the operation asks again, without counting usage again
            let resolves = !task.log.is_empty() && now.endpoint == Endpoint::Validate && now.uses == 0;
            first || resolves || gives_up_another
        }
        Some(Call::Deactivate) => now.endpoint == Endpoint::Deactivate && (task.log.is_empty() || gives_up_another),
        Some(Call::Activate { replace, .. }) => match now.endpoint {
            Endpoint::Validate => now.uses == 0 && sent(Endpoint::Activate).next().is_none(),
            Endpoint::Activate => may_activate(task, now, replace, app),
            Endpoint::Deactivate => {
                let full = task.log.last().and_then(|last| last.received.clone())
                    == Some(Meaning::ActivationDenied(DenialReason::ActivationLimit));
                gives_up_another || (replace && full)
            }
        },
    };
    rule!("rules 5 and 7, an operation sends only what it may, once", may, "{what} after {:?}", task.log);
    let calls = now.endpoint == Endpoint::Validate
        && !matches!(task.call, Some(Call::Activate { .. } | Call::Deactivate))
        && !asks_for_its_key;
    if let Some(license) = license.filter(|_| calls) {
        rule!("rule 13, the activation's id is always sent", now.activation == held, "{what}, holding {}", short(held));
        rule!("the license here is asked about", display(&now.key) == license.display_key, "{what}");
    }
    Ok(())
}

/// Checks rule 5. An activation is sent only if Polar has just confirmed the key, the key has a limit of devices, and
/// the app accepts the key's benefit. It is sent a second time only if Polar certainly answered `activation_limit` and
/// then certainly released a seat.
fn may_activate(task: &Task, now: &Exchange, replace: bool, app: &App) -> bool {
    let of_the_key = |other: &&Exchange| other.endpoint == Endpoint::Validate && other.activation.is_none();
    let checked = task.log.iter().rev().find(of_the_key);
    let good = checked.is_some_and(|check| {
        let accepted = |terms: &Terms| app.benefits.is_empty() || app.benefits.contains(&terms.benefit);
        let fits = |terms: &Terms| terms.limit_activations.is_some() && accepted(terms);
        let confirmed = matches!(&check.received, Some(Meaning::Confirmed(terms)) if fits(terms));
        confirmed && check.key == now.key
    });
    let mut earlier = task.log.iter().filter(|other| other.endpoint == Endpoint::Activate);
    let last = task.log.last().and_then(|last| last.received.clone());
    let first_time = match (earlier.next(), earlier.next()) {
        (None, _) => true,
        (Some(first), None) => {
            replace
                && first.received == Some(Meaning::ActivationDenied(DenialReason::ActivationLimit))
                && last == Some(Meaning::Released)
        }
        _ => false,
    };
    good && first_time
}

/// Checks rule 13: the value of the condition `device` is computed from this machine, and the app's own conditions come
/// from its configuration.
fn the_condition_is_this_devices(world: &World, who: ProcessId, now: &Exchange, body: &Value, app: &App) -> Check {
    let conditions = &body["conditions"];
    let own = world.devices[who.device].id.as_str();
    let device = conditions["device"].as_str();
    rule!("rule 13, the device is this one", device.is_none_or(|device| device == own), "{conditions}");
    if now.endpoint == Endpoint::Activate {
        rule!("rule 13, bind_device binds", device.is_some() == app.bind, "{conditions}");
    }
    if now.activation.is_some() && now.endpoint == Endpoint::Validate || now.endpoint == Endpoint::Activate {
        let version = conditions["version"].as_i64();
        rule!("rule 13, the app's conditions are sent", version == app.version, "{conditions}");
    }
    Ok(())
}

// ---- every answer ----

/// Checks rule 1: nothing except an answer of Polar's changes the license.
pub(crate) fn only_polar_can_deny(before: &Decision, after: &Decision) -> Check {
    let same = before.state() == after.state()
        && before.reason() == after.reason()
        && before.license() == after.license()
        && before.grace_ends_at() == after.grace_ends_at();
    rule!("rule 1, only Polar can deny", same, "from `{}` to `{}`", summary(before), summary(after));
    Ok(())
}

// ---- every outcome ----

pub(crate) fn every_outcome(world: &mut World, task: &Task, outcome: &Outcome) -> Check {
    let shown = match &outcome.result {
        Ok(decision) => format!("{outcome:?} {}", decision.to_json()),
        Err(error) => format!("{outcome:?} {error} {error:?} {}", error.to_json()),
    };
    keeps_secrets(world, "an outcome", &shown)?;
    an_error_says_whether_it_may_have_been_applied(task, outcome)?;
    asking_never_fails(task, outcome)?;
    a_trial_starts_if_nothing_forbids_it(world, task, outcome)?;
    reference::predicts(world, task, outcome)
}

/// Checks rule 7: `maybe_applied` is true if and only if Polar may have carried out the request.
fn an_error_says_whether_it_may_have_been_applied(task: &Task, outcome: &Outcome) -> Check {
    let Err(error) = &outcome.result else { return Ok(()) };
    // a consume also releases seats of older licenses; such a release is not part of the consume, and is repeated later
    // if its answer is lost
    let consumes = matches!(task.call, Some(Call::Consume(_)));
    let changes = |exchange: &&Exchange| exchange.uses > 0 || (exchange.endpoint != Endpoint::Validate && !consumes);
    let unknown =
        |exchange: &Exchange| matches!(exchange.received, Some(Meaning::NoAnswer { maybe_applied: true, .. }));
    let perhaps = task.log.iter().filter(changes).any(unknown);
    let not_received = |exchange: &Exchange| {
        let applied = matches!(exchange.done, Some(Meaning::SeatTaken(_) | Meaning::Released | Meaning::Confirmed(_)));
        applied && exchange.received != exchange.done
    };
    let lost = task.log.iter().filter(changes).any(not_received);
    rule!("rule 7, what Polar did is never denied", !lost || error.maybe_applied(), "`{error}` after {:?}", task.log);
    // Polar has given, confirmed or released a seat, and the result could not be stored
    let confirmed = |exchange: &Exchange| match exchange.received {
        Some(Meaning::SeatTaken(_) | Meaning::Released) => true,
        Some(Meaning::Confirmed(_)) => exchange.activation.is_some(),
        _ => false,
    };
    let not_stored = error.kind() == ErrorKind::Storage && task.log.iter().any(confirmed);
    let stated = error.maybe_applied();
    rule!("rule 7, an error says that it may have been applied", stated || !perhaps, "`{error}` after {:?}", task.log);
    rule!(
        "rule 7, an error does not say so without cause",
        !stated || perhaps || not_stored,
        "`{error}` after {:?}",
        task.log
    );
    Ok(())
}

/// Checks rule 4: validate and refresh fail only if the caller has cancelled them.
fn asking_never_fails(task: &Task, outcome: &Outcome) -> Check {
    let calls = matches!(task.call, None | Some(Call::Validate | Call::Refresh(_)));
    if let (true, Err(error)) = (calls, &outcome.result) {
        let gave_up = error.kind() == ErrorKind::Cancelled;
        let waited = task.joined && error.kind() == ErrorKind::Timeout;
        rule!("rule 4, waiting for another operation is no error", !waited, "{:?}: {error}", task.call);
        let gave_up = gave_up || waited;
        rule!("rule 4, not reaching Polar is no error", gave_up, "{:?}: {error}", task.call);
    }
    Ok(())
}

/// Checks rule 21a: a call starts the trial, if the app has one, unless a license or an earlier trial decides, the clock
/// is behind, or the record cannot be written. It asks nobody.
fn a_trial_starts_if_nothing_forbids_it(world: &mut World, task: &Task, outcome: &Outcome) -> Check {
    if task.call != Some(Call::StartTrial) {
        return Ok(());
    }
    let kind = outcome.result.as_ref().err().map(|error| error.kind());
    let Some(app) = world.process(task.who).map(|process| process.app.clone()) else { return Ok(()) };
    if kind == Some(ErrorKind::Cancelled) || kind == Some(ErrorKind::Timeout) && task.joined {
        return Ok(());
    }
    rule!("rule 21, a trial asks nobody", task.log.is_empty(), "{:?}", task.log);
    let configured = (kind == Some(ErrorKind::InvalidConfig)) == app.trial.is_none();
    rule!("rule 21a, a trial needs the setting", configured, "{:?}", outcome.result);
    let Some(now) = world.decision(task.who) else { return Ok(()) };
    let stored = |error: ErrorKind| error != ErrorKind::Storage || task.disk_failed;
    rule!("rule 21a, a trial is refused with a cause", kind.is_none_or(stored), "{:?}", outcome.result);
    if app.trial.is_some() && now.reason() == Some(Reason::NoLicense) && !task.disk_failed {
        let is_behind = |call: &Base| call.at < FIRST_BUILD;
        let behind = world.devices[task.who.device].trial_calls.iter().any(is_behind);
        rule!("rule 21a, a trial starts if nothing forbids it", behind, "{:?}", outcome.result);
    }
    Ok(())
}

/// Returns the denial that an operation received for the license on this device, unless a confirmation came after the
/// denial. `decision` is the operation's resulting decision.
pub(crate) fn last_denial(task: &Task, decision: Option<&Decision>) -> Option<ReceivedDenial> {
    if !matches!(task.call, Some(Call::Validate | Call::Refresh(_) | Call::Consume(_))) {
        return None;
    }
    // The requests after the validates are about the seats of older licenses.
    let about_it = || task.log.iter().take_while(|exchange| exchange.endpoint == Endpoint::Validate);
    let last = about_it()
        .filter(|exchange| matches!(exchange.received, Some(Meaning::Confirmed(_) | Meaning::Denied(_))))
        .last()?;
    // the operation should have asked again, because another process had saved the opposite answer, but there was no
    // time left
    let out_of_time = || {
        let problem = decision.and_then(Decision::problem).map(|problem| problem.kind);
        task.interfered && problem == Some(ErrorKind::RateLimited)
    };
    matches!(last.received, Some(Meaning::Denied(_))).then(|| ReceivedDenial {
        key: last.key.clone(),
        activation: last.activation,
        at: last.at,
        to_consume: last.uses > 0,
        asked_again: about_it().any(|other| other.at > last.at) || out_of_time(),
        confirmed: decision.and_then(Decision::license).map(|license| license.confirmed_at.unix_ms()),
    })
}

// ---- seats ----

/// Checks rule 6: each seat that this device took is in its record, or is reported as uncertain for thirty days.
pub(crate) fn no_seat_is_lost_in_silence(world: &World, device: usize) -> Check {
    let recent = |at: i64| world.now - at < 30 * DAY;
    let taken = world.seats.iter().filter(|seat| seat.device == device && !seat.excused && recent(seat.at));
    let lost: Vec<_> = taken.filter(|seat| world.polar.with_seat(seat.id).is_some()).collect();
    let alarm_has_a_cause = world.devices[device].may_report_uncertain || world.is_activating(device);
    if lost.is_empty() && alarm_has_a_cause {
        return Ok(());
    }
    let probe = world.probe(device)?;
    rule!("rule 6, no false alarm about a seat", alarm_has_a_cause || !probe.uncertain, "every attempt is settled");
    let lost = lost.into_iter().find(|seat| !probe.seats.contains(&seat.id) && !probe.uncertain);
    if world.devices[device].gave_up_unsaved {
        rule!("rule 6, a forget that could not be saved removes nothing newer", lost.is_none(), "two processes");
    }
    if lost.is_some_and(|seat| seat.record_removed) {
        let name = short(lost.map(|seat| seat.id));
        rule!("rule 6, a deactivation keeps running attempts", false, "{name}");
        return Ok(());
    }
    rule!("rule 6, no seat is lost in silence", lost.is_none(), "{}", short(lost.map(|seat| seat.id)));
    Ok(())
}

/// Checks rule 5d: in the end each seat that was replaced by another one is free, unless its key was rotated meanwhile.
pub(crate) fn old_seats_are_given_up(world: &World, device: usize, held: Option<&License>) -> Check {
    let held_none = held.is_none();
    let held = held.and_then(|license| license.activation_id);
    for seat in world.seats.iter().filter(|seat| seat.device == device && !seat.excused) {
        let Some(key) = world.polar.with_seat(seat.id) else { continue };
        let rotated = seat.known_as.as_ref().is_none_or(|known_as| *known_as != key.text);
        if held_none {
            rule!(
                "rule 5d, old seats are given up without a license too",
                rotated,
                "{} is still taken",
                short(Some(seat.id))
            );
            continue;
        }
        rule!(
            "rule 5d, old seats are given up",
            rotated || held == Some(seat.id),
            "{} is still taken",
            short(Some(seat.id))
        );
    }
    Ok(())
}

/// Checks that a device's decision agrees with what Polar says about its key and seat, once everything works.
pub(crate) fn the_decision_is_what_polar_says(world: &mut World, who: ProcessId) -> Check {
    let Some(decision) = world.decision(who) else { return Ok(()) };
    let Some(license) = decision.license() else { return Ok(()) };
    let Some(process) = world.process(who) else { return Ok(()) };
    let app = process.app.clone();
    let truth = world.polar.keys.iter().find(|key| display(&key.text) == license.display_key);
    let now = world.now;
    let known = |key: &super::polar::SoldKey| {
        license.activation_id.is_none_or(|seat| key.seats.iter().any(|own| own.id == seat))
    };
    let good = truth.is_some_and(|key| {
        let seated = key.limit_activations.is_none() || license.activation_id.is_some();
        let accepted = app.benefits.is_empty() || app.benefits.contains(&key.benefit);
        key.status == super::polar::Status::Granted && !key.is_expired(now) && seated && accepted
    });
    // leaves out answers about the key alone, because such an answer may follow the release of another seat
    let about_it = |answer: &&ReceivedAnswer| {
        let same_license = display(&answer.key) == license.display_key && answer.activation == license.activation_id;
        answer.device == who.device && same_license
    };
    let last = world.answers.iter().rev().find(about_it).map(|answer| answer.verdict.clone());
    // changed conditions end an activation; the denial for this reason was checked when it was received
    let changed = last == Some(Err(DenialReason::Conditions));
    let expected = truth.is_some_and(known) && good && !changed;
    rule!("recovery, one validate shows Polar's answer", decision.allowed() == expected, "{}", summary(&decision));
    Ok(())
}

pub(crate) fn display(key: &str) -> String {
    format!("****-{}", &key[key.len() - 6..])
}
