//! Predicts the result of an operation from the answers that the operation received. Implements rules 4, 5, 8 and 15 of
//! ARCHITECTURE.md as directly as possible. Used only if nobody else wrote the record during the operation and the disk
//! did not fail. Decisions that depend on time are checked by the decision table in `invariants.rs`.

use super::invariants::display;
use super::polar::{DAY, DenialReason, Endpoint, Meaning, Terms};
use super::story::{Call, Environment, HOUR, MINUTE, Typed};
use super::world::{App, Check, Exchange, Task, World, short, span, summary};
use polar_license::engine::{Deactivated, Outcome, Patience};
use polar_license::{Decision, ErrorKind, License, Reason, State};

/// The result and the license with which an operation must end.
#[derive(Debug)]
struct Expected {
    result: Result<(), Failure>,
    license: LicenseChange,
}

#[derive(Debug, PartialEq)]
enum Failure {
    Kind(ErrorKind),
    Refused(Reason),
}

#[derive(Debug)]
enum LicenseChange {
    Unchanged,
    Confirmed(Terms),
    Denied(DenialReason),
    /// The seat was released to make room for a new activation, which then failed.
    Seatless,
    Gone,
}

pub(crate) fn reason(why: DenialReason) -> Reason {
    match why {
        DenialReason::NotFound => Reason::NotFound,
        DenialReason::Inactive => Reason::Inactive,
        DenialReason::Expired => Reason::Expired,
        DenialReason::Conditions => Reason::Conditions,
        DenialReason::NoActivations => Reason::Refused,
        DenialReason::ActivationLimit => Reason::ActivationLimit,
    }
}

pub(crate) fn predicts(world: &mut World, task: &Task, outcome: &Outcome) -> Check {
    let now = world.decision(task.who);
    let (Some(call), Some(baseline), Some(now)) = (task.call, &task.baseline, now) else { return Ok(()) };
    if task.interfered || task.disk_failed || task.joined || task.excused && call != Call::Forget {
        return Ok(());
    }
    let process = world.devices[task.who.device].processes[task.who.slot].as_ref();
    let Some(app) = process.map(|process| process.app.clone()) else { return Ok(()) };
    let edited = world.devices[task.who.device].edited;
    let mut prediction = Prediction { app: &app, edited, baseline, log: &task.log, outcome };
    let expected = match call {
        Call::Validate | Call::Refresh(_) => prediction.call(None),
        Call::Consume(count) => prediction.call(Some(count)),
        Call::Activate { key, replace } => prediction.activate(key, task.typed.as_deref(), replace)?,
        Call::Deactivate => prediction.deactivate(),
        Call::Forget => Expected { result: Ok(()), license: LicenseChange::Gone },
        Call::StartTrial => prediction.start_trial(),
    };
    let context = || format!("{call:?} from `{}` after {:?}", summary(baseline), task.log);
    compare(&expected, baseline, &now, outcome).map_err(|how| format!("rule 4, {how}; {}", context()))?;
    let cancelled = matches!(&outcome.result, Err(error) if error.kind() == ErrorKind::Cancelled);
    if world.environment == Environment::Quiet {
        asks_when_it_is_due(world, task, call, baseline, &now, &app, cancelled)
            .map_err(|how| format!("rule 10, {how}; {}", context()))?;
    }
    Ok(())
}

struct Prediction<'a> {
    app: &'a App,
    /// Whether anybody ever edited the record.
    edited: bool,
    baseline: &'a Decision,
    log: &'a [Exchange],
    outcome: &'a Outcome,
}

impl Prediction<'_> {
    /// Returns the answer to the operation's next request, or `None` if there was no request or no answer. Fails if the
    /// request is not the expected one.
    fn next(&mut self, endpoint: Endpoint, activation: Option<uuid::Uuid>) -> Result<Option<Meaning>, String> {
        let Some((first, rest)) = self.log.split_first() else { return Ok(None) };
        self.log = rest;
        if first.endpoint != endpoint || first.activation != activation {
            let wanted = format!("{endpoint:?} of {}", short(activation));
            return Err(format!("rule 5, expected {wanted}, not {:?} of {}", first.endpoint, short(first.activation)));
        }
        Ok(first.received.clone())
    }

    /// Returns the seat that the next request asks about, if the request is a validate with a seat.
    fn kept_seat(&self) -> Option<uuid::Uuid> {
        self.log.first().filter(|first| first.endpoint == Endpoint::Validate)?.activation
    }

    /// Returns the error of an operation that sent nothing. There are three causes: a pause; a cancellation by the
    /// caller; or an edited record that seems to come from a newer version, so that no attempt may be saved.
    fn unsent(&self) -> Failure {
        match &self.outcome.result {
            Err(error) if self.edited && error.reason() == Some(Reason::NewerFormat) => {
                Failure::Refused(Reason::NewerFormat)
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => Failure::Kind(ErrorKind::Cancelled),
            _ => Failure::Kind(ErrorKind::RateLimited),
        }
    }

    fn call(&mut self, uses: Option<u32>) -> Expected {
        let unchanged = |result| Expected { result, license: LicenseChange::Unchanged };
        let license = self.baseline.license();
        if let Some(uses) = uses {
            if uses == 0 {
                return unchanged(Err(Failure::Kind(ErrorKind::InvalidArgument)));
            }
            let Some(license) = license else { return unchanged(Err(Failure::Kind(ErrorKind::NotActivated))) };
            if license.limit_activations.is_some() && license.activation_id.is_none() {
                return unchanged(Err(Failure::Refused(Reason::ActivationRequired)));
            }
            if !self.app.benefits.is_empty() && !self.app.benefits.contains(&license.benefit_id) {
                return unchanged(Err(Failure::Refused(Reason::Benefit)));
            }
        }
        // requests that come after a release are about an older license
        let asked = self.log.first().filter(|exchange| exchange.endpoint == Endpoint::Validate);
        let Some(received) = asked.and_then(|exchange| exchange.received.clone()) else {
            let cancelled = self.unsent() == Failure::Kind(ErrorKind::Cancelled);
            let fails = uses.is_some() || cancelled;
            return unchanged(if fails { Err(self.unsent()) } else { Ok(()) });
        };
        match received {
            Meaning::Confirmed(terms) => Expected { result: Ok(()), license: LicenseChange::Confirmed(terms) },
            Meaning::Denied(why) => {
                let result = if uses.is_some() { Err(Failure::Refused(reason(why))) } else { Ok(()) };
                Expected {
                    result,
                    license: if license.is_some() { LicenseChange::Denied(why) } else { LicenseChange::Unchanged },
                }
            }
            Meaning::NoAnswer { kind: "cancelled", .. } => unchanged(Err(Failure::Kind(ErrorKind::Cancelled))),
            meaning if uses.is_some() => unchanged(Err(failure(&meaning))),
            Meaning::SeatTaken(_)
            | Meaning::ActivationDenied(_)
            | Meaning::Released
            | Meaning::SeatUnknown
            | Meaning::UsageExhausted
            | Meaning::Wait(_)
            | Meaning::NoAnswer { .. } => unchanged(Ok(())),
        }
    }

    fn activate(&mut self, key: Typed, typed: Option<&str>, replace: bool) -> Result<Expected, String> {
        let unchanged = |fails| Ok(Expected { result: Err(fails), license: LicenseChange::Unchanged });
        let confirmed = |terms| Ok(Expected { result: Ok(()), license: LicenseChange::Confirmed(terms) });
        if key == Typed::Blank {
            return unchanged(Failure::Kind(ErrorKind::InvalidArgument));
        }
        let trusted = self.baseline.license().is_some() || has_no_license(self.baseline);
        if !trusted {
            // the decision does not show which seat the operation asks about; other rules check that
            return self.activate_on_distrust();
        }
        if typed.is_none() && self.baseline.license().is_none() {
            return unchanged(Failure::Kind(ErrorKind::NotActivated));
        }
        let seat = self.baseline.license().and_then(|license| license.activation_id);
        if seat.is_some()
            && let Some(expected) = self.validate_seat(seat)?
        {
            return Ok(expected);
        }
        // the newest of the kept seats; a seat is kept if Polar did not know its key
        let kept = self.kept_seat();
        if kept.is_some()
            && let Some(expected) = self.validate_seat(kept)?
        {
            return Ok(expected);
        }
        match self.next(Endpoint::Validate, None)? {
            None => return unchanged(self.unsent()),
            Some(Meaning::Confirmed(terms)) if !self.accepts(&terms) => {
                return unchanged(Failure::Refused(Reason::Benefit));
            }
            Some(Meaning::Confirmed(terms)) if terms.limit_activations.is_none() => return confirmed(terms),
            Some(Meaning::Confirmed(_)) => {}
            Some(meaning) => return unchanged(failure(&meaning)),
        }
        // the seats that were kept earlier
        while let kept @ Some(_) = self.kept_seat() {
            if let Some(expected) = self.validate_seat(kept)? {
                return Ok(expected);
            }
        }
        match self.next(Endpoint::Activate, None)? {
            None => return unchanged(self.unsent()),
            Some(Meaning::SeatTaken(terms)) => return confirmed(terms),
            Some(Meaning::ActivationDenied(DenialReason::ActivationLimit)) if replace && seat.is_some() => {}
            Some(meaning) => return unchanged(failure(&meaning)),
        }
        match self.next(Endpoint::Deactivate, seat)? {
            None => return unchanged(self.unsent()),
            Some(Meaning::Released) => {}
            Some(Meaning::SeatUnknown) => return unchanged(Failure::Refused(Reason::ActivationLimit)),
            Some(meaning) => return unchanged(failure(&meaning)),
        }
        match self.next(Endpoint::Activate, None)? {
            Some(Meaning::SeatTaken(terms)) => confirmed(terms),
            None => Ok(Expected { result: Err(self.unsent()), license: LicenseChange::Seatless }),
            Some(meaning) => Ok(Expected { result: Err(failure(&meaning)), license: LicenseChange::Seatless }),
        }
    }

    /// Follows a validate that asks whether a seat of this device belongs to the given key. Returns the expectation if
    /// the answer ends the activation (rules 5a and 5c).
    fn validate_seat(&mut self, seat: Option<uuid::Uuid>) -> Result<Option<Expected>, String> {
        let unchanged = |fails| Some(Expected { result: Err(fails), license: LicenseChange::Unchanged });
        Ok(match self.next(Endpoint::Validate, seat)? {
            None => unchanged(self.unsent()),
            Some(Meaning::Confirmed(terms)) if self.accepts(&terms) => {
                Some(Expected { result: Ok(()), license: LicenseChange::Confirmed(terms) })
            }
            Some(Meaning::Confirmed(_)) => unchanged(Failure::Refused(Reason::Benefit)),
            Some(Meaning::Denied(_)) => None,
            Some(meaning) => unchanged(failure(&meaning)),
        })
    }

    fn accepts(&self, terms: &Terms) -> bool {
        self.app.benefits.is_empty() || self.app.benefits.contains(&terms.benefit)
    }

    fn activate_on_distrust(&self) -> Result<Expected, String> {
        let yes = self.log.iter().rev().find_map(|exchange| match &exchange.received {
            Some(Meaning::SeatTaken(terms) | Meaning::Confirmed(terms)) => Some(terms.clone()),
            _ => None,
        });
        Ok(match (&self.outcome.result, yes) {
            (Ok(_), Some(terms)) => Expected { result: Ok(()), license: LicenseChange::Confirmed(terms) },
            (Ok(_), None) => return Err(String::from("rule 5, activated without a confirmation")),
            (Err(error), _) => {
                let fails = error.reason().map_or(Failure::Kind(error.kind()), Failure::Refused);
                Expected { result: Err(fails), license: LicenseChange::Unchanged }
            }
        })
    }

    /// Follows a call of `start_trial`. The baseline is the decision after the trial was saved, if it was.
    fn start_trial(&self) -> Expected {
        let unchanged = |result| Expected { result, license: LicenseChange::Unchanged };
        let refused = |reason| unchanged(Err(Failure::Refused(reason)));
        match (self.baseline.state(), self.baseline.reason()) {
            _ if self.app.trial.is_none() => unchanged(Err(Failure::Kind(ErrorKind::InvalidConfig))),
            _ if self.baseline.allowed() => unchanged(Ok(())),
            (State::Expired, _) => refused(Reason::Expired),
            // the clock is behind
            (_, None | Some(Reason::NoLicense)) => refused(Reason::Refused),
            (_, Some(reason)) => refused(reason),
        }
    }

    fn deactivate(&mut self) -> Expected {
        let gone = Expected { result: Ok(()), license: LicenseChange::Gone };
        let unchanged = |fails| Expected { result: Err(fails), license: LicenseChange::Unchanged };
        let Some(license) = self.baseline.license() else { return unchanged(Failure::Kind(ErrorKind::NotActivated)) };
        if license.activation_id.is_none() {
            return gone;
        }
        match self.log.first().and_then(|exchange| exchange.received.clone()) {
            None => unchanged(self.unsent()),
            Some(Meaning::Released | Meaning::SeatUnknown) => gone,
            Some(meaning) => unchanged(failure(&meaning)),
        }
    }
}

/// Returns `true` if the decision is that of a device that certainly has no license, with or without a trial.
fn has_no_license(decision: &Decision) -> bool {
    decision.state() == State::Trial || matches!(decision.reason(), Some(Reason::NoLicense | Reason::TrialEnded))
}

/// Returns the error that follows from this answer (rule 4).
fn failure(meaning: &Meaning) -> Failure {
    match meaning {
        Meaning::Denied(why) | Meaning::ActivationDenied(why) => Failure::Refused(reason(*why)),
        Meaning::UsageExhausted => Failure::Kind(ErrorKind::UsageExhausted),
        Meaning::Wait(_) => Failure::Kind(ErrorKind::RateLimited),
        Meaning::NoAnswer { kind: "timeout", .. } => Failure::Kind(ErrorKind::Timeout),
        Meaning::NoAnswer { kind: "server", .. } => Failure::Kind(ErrorKind::Server),
        Meaning::NoAnswer { kind: "cancelled", .. } => Failure::Kind(ErrorKind::Cancelled),
        Meaning::NoAnswer { .. }
        | Meaning::Confirmed(_)
        | Meaning::SeatTaken(_)
        | Meaning::Released
        | Meaning::SeatUnknown => Failure::Kind(ErrorKind::Network),
    }
}

fn compare(expected: &Expected, before: &Decision, now: &Decision, outcome: &Outcome) -> Check {
    let result = outcome
        .result
        .as_ref()
        .map(|_| ())
        .map_err(|error| error.reason().map_or(Failure::Kind(error.kind()), Failure::Refused));
    if result != expected.result {
        return Err(format!("the result is {result:?}, not {:?}", expected.result));
    }
    let license = now.license();
    let same = |license: &License, terms: &Terms| {
        license.confirmed_at.unix_ms() == terms.at
            && license.activation_id == terms.activation
            && license.display_key == display(&terms.key)
    };
    let holds = match &expected.license {
        LicenseChange::Unchanged => {
            let by_time = |decision: &Decision| {
                let by_polar = matches!(decision.state(), State::Denied | State::Unlicensed);
                // a trial may have ended meanwhile
                decision.reason().filter(|reason| by_polar && *reason != Reason::TrialEnded)
            };
            let reasons = by_time(before) == by_time(now) || now.state() == State::Expired;
            license == before.license() && reasons && now.grace_ends_at() == before.grace_ends_at()
        }
        LicenseChange::Confirmed(terms) => {
            license.is_some_and(|license| same(license, terms)) && now.grace_ends_at().is_some()
        }
        LicenseChange::Denied(why) => {
            let denied = now.state() == State::Denied && now.reason() == Some(reason(*why));
            let kept =
                license.zip(before.license()).is_some_and(|(now, before)| now.activation_id == before.activation_id);
            kept && (denied && *why != DenialReason::Expired || now.state() == State::Expired)
        }
        LicenseChange::Seatless => license.is_some_and(|license| license.activation_id.is_none()),
        LicenseChange::Gone => {
            let unknown = outcome.deactivated != Some(Deactivated::NotNeeded) || before.license().is_some();
            license.is_none() && has_no_license(now) && unknown
        }
    };
    if holds { Ok(()) } else { Err(format!("the license became `{}`, not {:?}", summary(now), expected.license)) }
}

/// Checks rule 10 while the clocks are right: a refresh asks if it is due, and plans its next request for the right
/// time.
fn asks_when_it_is_due(
    world: &World,
    task: &Task,
    call: Call,
    before: &Decision,
    now: &Decision,
    app: &App,
    cancelled: bool,
) -> Check {
    let time = world.now;
    let received = task.log.first().and_then(|exchange| exchange.received.clone());
    let asked = !task.log.is_empty();
    // a plan that is too far ahead for this configuration was made with another one, and counts as due; the longest
    // wait after denials is six hours plus its jitter
    let plan = before.refresh_at().map(|at| at.unix_ms() - time);
    let due = plan.is_none_or(|wait| wait <= 0 || wait > app.refresh.max(7 * HOUR));
    match call {
        Call::Validate if before.license().is_some() && !asked => {
            let problem = now.problem().map(|problem| problem.kind);
            if problem != Some(ErrorKind::RateLimited) && !cancelled {
                return Err(String::from("validate did not ask"));
            }
        }
        Call::Refresh(patience) if !asked && before.license().is_some() && due => {
            let mono = world.clocks(task.who.device).mono;
            let process = world.devices[task.who.device].processes[task.who.slot].as_ref();
            let wall = world.clocks(task.who.device).wall.unix_ms();
            let saved = world.devices[task.who.device].saved_pause.is_some_and(|(until, _)| until > wall);
            let paused = saved || process.is_some_and(|process| world.pacers[process.pacer].paused_until > mono);
            // a refresh does not ask if it would have to wait longer than it is allowed to
            let impatient = patience == Patience::Short && now.problem().is_some();
            // a refresh does not ask either if it began during a pause and ran out of time before the pause ended
            let late = time - task.began_at > MINUTE;
            // a timer rests for up to an hour after a pause, unless its user would notice
            let rests = world.devices[task.who.device].rests_until > mono;
            let rests = patience == Patience::Full && before.allowed() && rests;
            if !paused && !cancelled && !impatient && !late && !rests {
                return Err(format!("refresh did not ask, {:?}", before.refresh_at()));
            }
        }
        Call::Refresh(patience) if asked => {
            let woken = patience == Patience::Woken;
            if !(due || !before.allowed() || woken && (before.state() != State::Active || before.problem().is_some())) {
                return Err(format!("refresh asked early, {:?}", before.refresh_at()));
            }
        }
        Call::Validate
        | Call::Refresh(_)
        | Call::Consume(_)
        | Call::Activate { .. }
        | Call::Deactivate
        | Call::Forget
        | Call::StartTrial => {}
    }
    let Some(next) = now.refresh_at().map(|at| at.unix_ms() - time) else { return Ok(()) };
    let only_one = task.log.len() == 1 && !matches!(call, Call::Activate { .. } | Call::Deactivate);
    let (least, most) = match (received, now.state()) {
        _ if !only_one => return Ok(()),
        // a release that was cancelled before it was sent is soon repeated
        (Some(Meaning::Confirmed(_)), State::Active) if now.problem().is_some() => return Ok(()),
        (Some(Meaning::Confirmed(_)), State::Active) => (app.refresh * 9 / 10 - MINUTE, app.refresh * 11 / 10),
        (Some(Meaning::Denied(_)), State::Denied | State::Expired) => (13 * MINUTE, 7 * HOUR),
        // even without a license there may be seats to release
        (
            Some(Meaning::NoAnswer { kind: "network" | "server" | "timeout", .. }),
            State::Active | State::Grace | State::Lapsed | State::Unlicensed | State::Trial,
        ) => (53 * 1000, 67 * MINUTE),
        (Some(Meaning::NoAnswer { kind: "network" | "server" | "timeout", .. }), _) => (13 * MINUTE, 7 * HOUR),
        _ => return Ok(()),
    };
    // the plan counts from the answer: if the machine slept before it saved the plan, part of the wait has passed
    let from_request = next + task.log.first().map_or(0, |exchange| time - exchange.at);
    if next <= 0 || from_request >= least && next <= most.max(DAY / 24) {
        Ok(())
    } else {
        Err(format!("the next round is in {}", span(next)))
    }
}
