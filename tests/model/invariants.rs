//! The rules of ARCHITECTURE.md, each a function that says how it was broken. Everything here is derived from that page and
//! from Polar's answers, and from what the world did; nothing from the engine's code.

use super::polar::{DAY, Endpoint, Meaning, ORGANIZATION, PRO, Terms, Why, id};
use super::reference;
use super::story::{Ask, Climate, HOUR, Who};
use super::world::{App, Check, Errand, Exchange, HeardNo, Seen, Word, World, short, span, summary};
use polar_license::engine::Outcome;
use polar_license::{Decision, ErrorKind, License, Reason, State};
use serde_json::Value;

/// Honest clocks are wrong by a time zone or a day, not by more ("Time").
const TOLERANCE: i64 = 26 * HOUR;

macro_rules! rule {
    ($name:literal, $holds:expr, $($detail:tt)+) => {
        if !$holds {
            return Err(format!("{}: {}", $name, format_args!($($detail)+)));
        }
    };
}

// ---- time, as far as it can be known from outside ----

/// "Time": no estimate is above the highest claim of the clocks since its answer.
pub(crate) fn latest_estimate(word: &Word, wall: i64, passed: i64) -> i64 {
    let mut latest = (word.upper + passed).max(wall + word.offset);
    if word.offset.abs() > TOLERANCE {
        latest = latest.max(wall);
    }
    latest
}

/// "Time": no estimate is below the lowest claim of the wall clock now, below what this process has counted itself
/// since it learnt of the word, or below what was saved (an hour's lag at most).
fn earliest_estimate(world: &World, who: Who, word: &Word) -> i64 {
    let now = world.clocks(who.device);
    let wall = now.wall.unix_ms();
    let mut earliest = wall + word.offset;
    if word.offset.abs() > TOLERANCE {
        earliest = earliest.min(wall);
    }
    let device = &world.devices[who.device];
    let seen = device.processes[who.slot].as_ref().and_then(|process| process.seen);
    let seen = seen.filter(|seen| seen.confirmed == word.at);
    let counted = seen.map(|seen| seen.earliest + (now.mono - seen.mono).cast_signed());
    let last_read = device.processes[who.slot].as_ref().and_then(|process| process.last_read);
    // a process that counts itself goes by that
    let is_news = |tick: u64| seen.is_none() && last_read > Some(tick);
    let saved = device.high.get(&word.at).filter(|(_, tick)| is_news(*tick)).map(|(high, _)| *high);
    [Some(earliest), counted, saved, Some(word.at)].into_iter().flatten().max().unwrap_or(earliest)
}

/// The confirmation that a process shows, and the earliest estimate after it.
pub(crate) fn shown_and_earliest(world: &mut World, who: Who) -> Option<(i64, i64)> {
    let decision = world.decision(who)?;
    let word = confirmation(world, who, decision.license()?)?;
    (decision.state() != State::ClockSuspect).then(|| (word.at, earliest_estimate(world, who, word)))
}

/// The yes behind a license.
fn confirmation<'a>(world: &'a World, who: Who, license: &License) -> Option<&'a Word> {
    let at = license.confirmed_at.unix_ms();
    world.words.iter().find(|word| word.device == who.device && word.at == at && word.verdict.is_ok())
}

// ---- every decision ----

pub(crate) fn every_decision(world: &mut World, who: Who) -> Check {
    let Some(decision) = world.decision(who) else { return Ok(()) };
    keeps_secrets(world, "a decision", &decision.to_json())?;
    keeps_secrets(world, "a decision's Debug", &format!("{decision:?}"))?;
    features_follow_access_and_benefit(&decision)?;
    let Some(license) = decision.license() else { return nothing_shown_has_a_cause(world, who, &decision) };
    let Some(word) = confirmation(world, who, license).cloned() else {
        return Err(format!("rule 1, access needs a confirmation: Polar never said `{}`", summary(&decision)));
    };
    let Ok(terms) = word.verdict.clone() else { return Ok(()) };
    it_is_what_polar_said(&decision, license, &terms)?;
    let device = &world.devices[who.device];
    let Some(process) = &device.processes[who.slot] else { return Ok(()) };
    let app = process.app.clone();
    let was_seen = process.seen.is_some_and(|seen| seen.confirmed == word.at);
    let earliest = earliest_estimate(world, who, &word);
    let saved = device.high.get(&word.at).filter(|(_, tick)| process.last_read > Some(*tick));
    let timeless =
        !was_seen && saved.is_some_and(|(high, _)| all_claims_are_before(world, who, &word, high - TOLERANCE));
    if world.climate == Climate::Quiet {
        rule!("the model, quiet times are exact", earliest == word.upper, "{earliest} is not {}", word.upper);
    }
    let bounds = Bounds { earliest, latest: word.upper, was_seen, timeless };
    grace_counts_from_the_confirmation(&decision, &app, &terms)?;
    the_table(world, who, &decision, license, &word, &terms, &app, &bounds)?;
    a_no_is_remembered(world, who, &decision, license)?;
    let mono = world.clocks(who.device).mono;
    // a no, and what the app does not accept, say nothing about the time
    let judged = !matches!(decision.state(), State::ClockSuspect | State::Denied) || !is_suspect(world, who, &word);
    if let Some(process) = world.process(who).filter(|_| was_seen || judged) {
        process.seen = Some(Seen { confirmed: word.at, mono, earliest });
    }
    Ok(())
}

/// "Time": whether every claim of the clocks may be more than 26 h before what the device has seen.
fn is_suspect(world: &World, who: Who, word: &Word) -> bool {
    all_claims_are_before(world, who, word, word.upper - TOLERANCE)
}

fn all_claims_are_before(world: &World, who: Who, word: &Word, time: i64) -> bool {
    let wall = world.clocks(who.device).wall.unix_ms();
    wall + word.offset < time && (word.offset.abs() <= TOLERANCE || wall < time)
}

/// What the estimate can be.
struct Bounds {
    earliest: i64,
    latest: i64,
    /// Whether this process has judged the time before, since this confirmation.
    was_seen: bool,
    /// Whether no time can certainly be trusted.
    timeless: bool,
}

/// Rule 12.
fn features_follow_access_and_benefit(decision: &Decision) -> Check {
    let benefit = decision.license().map(|license| license.benefit_id);
    let expected = decision.allowed() && benefit == Some(id(PRO));
    rule!(
        "rule 12, a feature needs access and benefit",
        decision.allows("export") == expected,
        "{}",
        summary(decision)
    );
    rule!("rule 12, an unknown feature is off", !decision.allows("exprot"), "{}", summary(decision));
    Ok(())
}

/// Nothing that is shown may be invented.
fn it_is_what_polar_said(decision: &Decision, license: &License, terms: &Terms) -> Check {
    // Polar may have said since that it has expired, and not when
    let withdrawn = decision.state() == State::Expired && license.expires_at.is_none();
    let same = license.benefit_id == terms.benefit
        && license.activation_id == terms.activation
        && license.display_key == display(&terms.key)
        && (withdrawn || license.expires_at.map(|at| at.unix_ms()) == terms.expires_at)
        && license.limit_activations == terms.limit_activations
        && license.limit_usage == terms.limit_usage
        && license.usage == terms.usage;
    // a seat that was given up for another is gone before Polar's next word
    let gave_up = license.activation_id.is_none() && terms.activation.is_some() && !decision.allowed();
    rule!("rule 1, a license is what Polar said", same || gave_up, "{license:?} is not {terms:?}");
    Ok(())
}

/// Rule 3: nothing but a confirmed 200 extends grace.
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

/// Rows 2 to 9 of the decision table: each state has its cause, and access has all it needs.
#[expect(clippy::too_many_arguments, reason = "everything a decision is made from")]
fn the_table(
    world: &World,
    who: Who,
    decision: &Decision,
    license: &License,
    word: &Word,
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
    let denials = || {
        let about_it = |no: &&Word| {
            no.device == who.device
                && no.at >= word.at
                && display(&no.key) == license.display_key
                && (no.activation == license.activation_id || license.activation_id.is_none())
        };
        world.words.iter().filter(about_it).filter_map(|no| no.verdict.as_ref().err())
    };
    let good = seated && accepted;
    let suspect = is_suspect(world, who, word);
    let told = matches!(decision.state(), State::Denied | State::ClockSuspect) || denials().next().is_some();
    rule!("row 5, a clock set back by more than 26 h is suspect", told || !timeless, "{}", shown());
    match (decision.state(), decision.reason()) {
        (State::Denied, Some(Reason::ActivationRequired)) => {
            rule!("row 3, activation_required", !seated, "{}", shown());
        }
        (State::Denied, Some(Reason::Benefit)) => rule!("row 4, benefit", !accepted, "{}", shown()),
        (State::Denied, Some(reason)) => {
            let said = denials().any(|why| reference::reason(*why) == reason);
            rule!("row 2, only Polar can deny", said, "{}", shown());
            let perhaps_timeless = suspect && !was_seen;
            rule!("row 6, an expired no shows as expired", !surely_expired || perhaps_timeless, "{}", shown());
        }
        (State::ClockSuspect, _) => {
            rule!("row 5, a suspect clock was set back by more than 26 h", suspect && !was_seen && good, "{}", shown());
        }
        (State::Expired, _) => {
            let said = denials().any(|why| *why == Why::Expired);
            let by_time = perhaps_expired && (good || denials().next().is_some());
            rule!("row 6, expired by Polar's word or by time", said || by_time, "{}", shown());
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

/// Rule 2, and the loss of a license: what is not shown was removed by the user, or by the environment.
fn nothing_shown_has_a_cause(world: &World, who: Who, decision: &Decision) -> Check {
    let device = &world.devices[who.device];
    let Some(process) = &device.processes[who.slot] else { return Ok(()) };
    rule!("row 1, no license is no access", decision.state() == State::Unlicensed, "{}", summary(decision));
    match decision.reason() {
        Some(Reason::NoLicense) => {
            let has_read_it = device.licensed_since.zip(process.last_read).is_some_and(|(since, read)| read > since);
            let lost = has_read_it && !process.parted;
            rule!("row 1, a license does not get lost", !lost, "{who} shows none, but one is stored");
        }
        Some(Reason::Storage) => {
            rule!("row 1, storage", process.last_read.is_none(), "{who} has read the store, but shows `storage`");
        }
        _ => rule!("row 1, distrust needs an edit", device.edited, "{}", summary(decision)),
    }
    Ok(())
}

/// Rule 2: going offline, restarting, or another process does not bring access back.
fn a_no_is_remembered(world: &World, who: Who, decision: &Decision, license: &License) -> Check {
    let device = &world.devices[who.device];
    let Some(process) = device.processes[who.slot].as_ref().filter(|_| !device.edited) else { return Ok(()) };
    let stored = device.no.as_ref().filter(|(_, tick)| process.last_read.is_some_and(|read| read > *tick));
    let broken = |no: &HeardNo| {
        let same = display(&no.key) == license.display_key && no.activation == license.activation_id;
        same && decision.allowed() && license.confirmed_at.unix_ms() <= no.at
    };
    let own = process.no.as_ref().filter(|no| broken(no));
    if process.dirty {
        let held = own.is_none();
        rule!(
            "rule 2, a no that could not be saved is remembered",
            held,
            "{who}: {}, but received {own:?}",
            summary(decision)
        );
        return Ok(());
    }
    if own.is_some_and(|no| no.asked_again) {
        // nobody knows which of two opposite words was the last, and asking again brought no answer
        return Ok(());
    }
    if own.is_some_and(|no| no.to_consume) {
        rule!("rule 2, a no to a consume is remembered", false, "{who}: {}, but received {own:?}", summary(decision));
        return Ok(());
    }
    rule!(
        "rule 2, a no is remembered by who received it",
        own.is_none(),
        "{who}: {}, but received {own:?}",
        summary(decision)
    );
    let stored = stored.filter(|(no, _)| broken(no));
    rule!("rule 2, a no is remembered", stored.is_none(), "{who}: {}, but stored {stored:?}", summary(decision));
    Ok(())
}

/// Rule 16.
pub(crate) fn keeps_secrets(world: &World, what: &str, text: &str) -> Check {
    match world.secrets().find(|secret| text.contains(secret)) {
        Some(secret) => Err(format!("rule 16, no personal data and no full key: `{secret}` in {what}")),
        None => Ok(()),
    }
}

// ---- every request ----

pub(crate) fn every_request(world: &mut World, at: usize, exchange: &Exchange, body: &Value, sent: u64) -> Check {
    let who = world.errands[at].who;
    let license = world.decision(who).and_then(|decision| decision.license().cloned());
    requests_are_paced(world, who, at, sent)?;
    let errand = &world.errands[at];
    let app = world.devices[who.device].processes[who.slot].as_ref().map(|process| &process.app);
    let Some(app) = app else { return Ok(()) };
    an_operation_sends_what_it_may(errand, license.as_ref(), exchange, app)?;
    the_condition_is_this_devices(world, who, exchange, body, app)?;
    rule!("the organization is the app's", body["organization_id"] == ORGANIZATION, "{body}");
    if exchange.endpoint == Endpoint::Activate {
        // no activation is under way for that long, unless its machine was asleep
        let asleep = exchange.at - errand.began_at > 60_000;
        let stored = errand.excused || errand.wiped || asleep || world.probe(who.device)?.uncertain;
        rule!("rule 6, the attempt is saved before it is sent", stored, "a crash here would lose the seat");
        let random = body["meta"]["seat"].as_str().unwrap_or("?");
        let labelled = body["label"].as_str().is_some_and(|label| label.ends_with(random));
        rule!("the label's random part is also in meta", labelled, "{} {}", body["label"], body["meta"]);
    }
    Ok(())
}

/// Rule 9.
fn requests_are_paced(world: &mut World, who: Who, at: usize, sent: u64) -> Check {
    let device = &world.devices[who.device];
    let Some(process) = &device.processes[who.slot] else { return Ok(()) };
    let (pacer, last_read) = (process.pacer, process.last_read);
    let wall = world.clocks(who.device).wall.unix_ms();
    if let Some((until, tick)) = device.saved_pause {
        let knows = last_read.is_some_and(|read| read > tick) && world.errands[at].begun > tick;
        let early = || format!("{who} sends {} early", span(until - wall));
        if device.pause_overwritten {
            rule!("rule 9, a pause outlives answers from before it", !knows || wall >= until, "{}", early());
        } else {
            rule!("rule 9, a pause binds other processes", !knows || wall >= until, "{}", early());
        }
    }
    let book = &mut world.pacers[pacer];
    rule!(
        "rule 9, no request in a pause",
        sent >= book.paused_until,
        "{who} sends {} ms early",
        book.paused_until - sent
    );
    let third = book.let_go.iter().rev().nth(1).copied();
    let spaced = third.is_none_or(|third| sent - third >= 1000);
    rule!("rule 9, two requests in any second", spaced, "{who} sends a third at {sent} after {third:?}");
    book.let_go.push(sent);
    Ok(())
}

/// Rules 5, 7, 8, 13: which requests an operation may send, and how often.
fn an_operation_sends_what_it_may(errand: &Errand, license: Option<&License>, now: &Exchange, app: &App) -> Check {
    let held = license.and_then(|license| license.activation_id);
    let sent = |endpoint: Endpoint| errand.log.iter().filter(move |other| other.endpoint == endpoint);
    let gives_up_another = now.endpoint == Endpoint::Deactivate && now.activation != held;
    let what = format!("{:?} sends {:?} of {}", errand.ask, now.endpoint, short(now.activation));
    // of a seat that Polar does not know, and that may be taken all the same
    let asks_for_its_key = now.endpoint == Endpoint::Validate
        && (now.activation, now.uses) == (None, 0)
        && errand.log.last().is_some_and(|last| last.received == Some(Meaning::NoSuchSeat) && last.key == now.key);
    let may = match errand.ask {
        _ if asks_for_its_key => true,
        None | Some(Ask::Forget) => false,
        Some(Ask::Validate | Ask::Refresh(_)) => {
            (now.endpoint == Endpoint::Validate && now.uses == 0) || gives_up_another
        }
        Some(Ask::Consume(count)) => {
            let first = errand.log.is_empty() && now.endpoint == Endpoint::Validate && now.uses == u64::from(count);
            // where two processes received opposite answers, the question is put once more without counting
            let settles = !errand.log.is_empty() && now.endpoint == Endpoint::Validate && now.uses == 0;
            first || settles || gives_up_another
        }
        Some(Ask::Deactivate) => now.endpoint == Endpoint::Deactivate && (errand.log.is_empty() || gives_up_another),
        Some(Ask::Activate { replace, .. }) => match now.endpoint {
            Endpoint::Validate => now.uses == 0 && sent(Endpoint::Activate).next().is_none(),
            Endpoint::Activate => may_activate(errand, now, replace, app),
            Endpoint::Deactivate => {
                let full = errand.log.last().and_then(|last| last.received.clone())
                    == Some(Meaning::NoSeat(Why::ActivationLimit));
                gives_up_another || (replace && full)
            }
        },
    };
    rule!("rules 5 and 7, an operation sends only what it may, once", may, "{what} after {:?}", errand.log);
    let asks = now.endpoint == Endpoint::Validate
        && !matches!(errand.ask, Some(Ask::Activate { .. } | Ask::Deactivate))
        && !asks_for_its_key;
    if let Some(license) = license.filter(|_| asks) {
        rule!("rule 13, the activation's id is always sent", now.activation == held, "{what}, holding {}", short(held));
        rule!("the license here is asked about", display(&now.key) == license.display_key, "{what}");
    }
    Ok(())
}

/// Rule 5: a seat is taken only for a key that Polar just called good, that has a limit and an accepted benefit; a
/// second time only after a certain `activation_limit` and a certain release.
fn may_activate(errand: &Errand, now: &Exchange, replace: bool, app: &App) -> bool {
    let of_the_key = |other: &&Exchange| other.endpoint == Endpoint::Validate && other.activation.is_none();
    let checked = errand.log.iter().rev().find(of_the_key);
    let good = checked.is_some_and(|check| {
        let accepted = |terms: &Terms| app.benefits.is_empty() || app.benefits.contains(&terms.benefit);
        let fits = |terms: &Terms| terms.limit_activations.is_some() && accepted(terms);
        let yes = matches!(&check.received, Some(Meaning::Yes(terms)) if fits(terms));
        yes && check.key == now.key
    });
    let mut earlier = errand.log.iter().filter(|other| other.endpoint == Endpoint::Activate);
    let last = errand.log.last().and_then(|last| last.received.clone());
    let first_time = match (earlier.next(), earlier.next()) {
        (None, _) => true,
        (Some(first), None) => {
            replace && first.received == Some(Meaning::NoSeat(Why::ActivationLimit)) && last == Some(Meaning::Freed)
        }
        _ => false,
    };
    good && first_time
}

/// Rule 13: the condition `device` is computed from this machine; the app's own come from its configuration.
fn the_condition_is_this_devices(world: &World, who: Who, now: &Exchange, body: &Value, app: &App) -> Check {
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

/// Rule 1: what is not Polar's word leaves the license as it was.
pub(crate) fn only_polar_can_deny(before: &Decision, after: &Decision) -> Check {
    let same = before.state() == after.state()
        && before.reason() == after.reason()
        && before.license() == after.license()
        && before.grace_ends_at() == after.grace_ends_at();
    rule!("rule 1, only Polar can deny", same, "from `{}` to `{}`", summary(before), summary(after));
    Ok(())
}

// ---- every outcome ----

pub(crate) fn every_outcome(world: &mut World, errand: &Errand, outcome: &Outcome) -> Check {
    let shown = match &outcome.result {
        Ok(decision) => format!("{outcome:?} {}", decision.to_json()),
        Err(error) => format!("{outcome:?} {error} {error:?} {}", error.to_json()),
    };
    keeps_secrets(world, "an outcome", &shown)?;
    an_error_says_whether_it_may_have_been_applied(errand, outcome)?;
    asking_is_no_error(errand, outcome)?;
    reference::predicts(world, errand, outcome)
}

/// Rule 7: `maybe_applied` where it may have been, and nowhere else.
fn an_error_says_whether_it_may_have_been_applied(errand: &Errand, outcome: &Outcome) -> Check {
    let Err(error) = &outcome.result else { return Ok(()) };
    let changes = |exchange: &&Exchange| exchange.endpoint != Endpoint::Validate || exchange.uses > 0;
    let unknown = |exchange: &Exchange| matches!(exchange.received, Some(Meaning::Nothing { maybe_applied: true, .. }));
    let perhaps = errand.log.iter().filter(changes).any(unknown);
    let unheard = |exchange: &Exchange| {
        let applied = matches!(exchange.done, Some(Meaning::Seat(_) | Meaning::Freed | Meaning::Yes(_)));
        applied && exchange.received != exchange.done
    };
    let lost = errand.log.iter().filter(changes).any(unheard);
    rule!("rule 7, what Polar did is never denied", !lost || error.maybe_applied(), "`{error}` after {:?}", errand.log);
    let said = error.maybe_applied();
    rule!("rule 7, an error says that it may have been applied", said || !perhaps, "`{error}` after {:?}", errand.log);
    rule!("rule 7, an error cries wolf", !said || perhaps, "`{error}` after {:?}", errand.log);
    Ok(())
}

/// Rule 4: validate and refresh fail only where the caller gave up.
fn asking_is_no_error(errand: &Errand, outcome: &Outcome) -> Check {
    let asks = matches!(errand.ask, None | Some(Ask::Validate | Ask::Refresh(_)));
    if let (true, Err(error)) = (asks, &outcome.result) {
        let gave_up = error.kind() == ErrorKind::Cancelled;
        let waited = errand.joined && error.kind() == ErrorKind::Timeout;
        rule!("rule 4, waiting for another is no error", !waited, "{:?}: {error}", errand.ask);
        let gave_up = gave_up || waited;
        rule!("rule 4, not reaching Polar is no error", gave_up, "{:?}: {error}", errand.ask);
    }
    Ok(())
}

/// The no that an operation received about the license here, if that was its last word.
pub(crate) fn no_heard(errand: &Errand) -> Option<HeardNo> {
    if !matches!(errand.ask, Some(Ask::Validate | Ask::Refresh(_) | Ask::Consume(_))) {
        return None;
    }
    // what is asked later is about the seats of older licenses
    let about_it = || errand.log.iter().take_while(|exchange| exchange.endpoint == Endpoint::Validate);
    let last =
        about_it().filter(|exchange| matches!(exchange.received, Some(Meaning::Yes(_) | Meaning::No(_)))).last()?;
    matches!(last.received, Some(Meaning::No(_))).then(|| HeardNo {
        key: last.key.clone(),
        activation: last.activation,
        at: last.at,
        to_consume: last.uses > 0,
        asked_again: about_it().any(|other| other.at > last.at),
    })
}

// ---- seats ----

/// Rule 6: every seat that this device took is in its record, or reported as uncertain for thirty days.
pub(crate) fn no_seat_is_lost_in_silence(world: &World, device: usize) -> Check {
    let recent = |at: i64| world.now - at < 30 * DAY;
    let taken = world.seats.iter().filter(|seat| seat.device == device && !seat.excused && recent(seat.at));
    let lost: Vec<_> = taken.filter(|seat| world.polar.with_seat(seat.id).is_some()).collect();
    let alarm_has_a_cause = world.devices[device].may_alarm || world.is_activating(device);
    if lost.is_empty() && alarm_has_a_cause {
        return Ok(());
    }
    let probe = world.probe(device)?;
    rule!("rule 6, no false alarm about a seat", alarm_has_a_cause || !probe.uncertain, "every attempt is settled");
    let lost = lost.into_iter().find(|seat| !probe.seats.contains(&seat.id) && !probe.uncertain);
    if world.devices[device].parted {
        rule!("rule 6, an unsaved forget forgets nothing that came later", lost.is_none(), "two processes");
    }
    if lost.is_some_and(|seat| seat.wiped) {
        let name = short(lost.map(|seat| seat.id));
        rule!("rule 6, a deactivation keeps what is on its way", false, "{name}");
        return Ok(());
    }
    rule!("rule 6, no seat is lost in silence", lost.is_none(), "{}", short(lost.map(|seat| seat.id)));
    Ok(())
}

/// Rule 5d: in the end every seat that was left for another is free, unless its key was rotated since.
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

/// In a healthy world: what a device shows is what Polar says of the key and seat that it holds.
pub(crate) fn it_is_as_polar_says(world: &mut World, who: Who) -> Check {
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
    // conditions that were changed end an activation; Polar's word on that was checked when it was received
    let about_it = |word: &&Word| word.device == who.device && display(&word.key) == license.display_key;
    let last = world.words.iter().rev().find(about_it).map(|word| word.verdict.clone());
    let changed = last == Some(Err(Why::Conditions));
    let expected = truth.is_some_and(known) && good && !changed;
    rule!("healing, one validate shows what Polar says", decision.allowed() == expected, "{}", summary(&decision));
    Ok(())
}

pub(crate) fn display(key: &str) -> String {
    format!("****-{}", &key[key.len() - 6..])
}
