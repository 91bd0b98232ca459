//! What an operation must result in, given what it received: ARCHITECTURE.md's rules 4, 5, 8 and 15 as straight lines. Used where
//! nobody else wrote the record meanwhile and the disk was well; decisions by time are the table's, in `invariants.rs`.

use super::invariants::display;
use super::polar::{DAY, Endpoint, Meaning, Terms, Why};
use super::story::{Ask, Climate, HOUR, MINUTE, Typed};
use super::world::{App, Check, Errand, Exchange, World, short, span, summary};
use polar_license::engine::{Deactivated, Outcome, Patience};
use polar_license::{Decision, ErrorKind, License, Reason, State};

/// What must hold after an operation.
#[derive(Debug)]
struct Expected {
    result: Result<(), Fails>,
    license: Becomes,
}

#[derive(Debug, PartialEq)]
enum Fails {
    Kind(ErrorKind),
    Refused(Reason),
}

#[derive(Debug)]
enum Becomes {
    Unchanged,
    Confirmed(Terms),
    Denied(Why),
    /// The seat was given up for one that then was not to be had.
    Seatless,
    Gone,
}

pub(crate) fn reason(why: Why) -> Reason {
    match why {
        Why::NotFound => Reason::NotFound,
        Why::Inactive => Reason::Inactive,
        Why::Expired => Reason::Expired,
        Why::Conditions => Reason::Conditions,
        Why::NoActivations => Reason::Refused,
        Why::ActivationLimit => Reason::ActivationLimit,
    }
}

pub(crate) fn predicts(world: &mut World, errand: &Errand, outcome: &Outcome) -> Check {
    let now = world.decision(errand.who);
    let (Some(ask), Some(baseline), Some(now)) = (errand.ask, &errand.baseline, now) else { return Ok(()) };
    if errand.interfered || errand.troubled || errand.joined || errand.excused && ask != Ask::Forget {
        return Ok(());
    }
    let process = world.devices[errand.who.device].processes[errand.who.slot].as_ref();
    let Some(app) = process.map(|process| process.app.clone()) else { return Ok(()) };
    let mut story = Story { app: &app, baseline, log: &errand.log, outcome };
    let expected = match ask {
        Ask::Validate | Ask::Refresh(_) => story.ask(None),
        Ask::Consume(count) => story.ask(Some(count)),
        Ask::Activate { key, replace } => story.activate(key, errand.typed.as_deref(), replace)?,
        Ask::Deactivate => story.deactivate(),
        Ask::Forget => Expected { result: Ok(()), license: Becomes::Gone },
    };
    let context = || format!("{ask:?} from `{}` after {:?}", summary(baseline), errand.log);
    compare(&expected, baseline, &now, outcome).map_err(|how| format!("rule 4, {how}; {}", context()))?;
    let cancelled = matches!(&outcome.result, Err(error) if error.kind() == ErrorKind::Cancelled);
    if world.climate == Climate::Quiet {
        asks_when_it_is_due(world, errand, ask, baseline, &now, &app, cancelled)
            .map_err(|how| format!("rule 10, {how}; {}", context()))?;
    }
    Ok(())
}

struct Story<'a> {
    app: &'a App,
    baseline: &'a Decision,
    log: &'a [Exchange],
    outcome: &'a Outcome,
}

impl Story<'_> {
    /// The next request's reply, if there was a next request and it is the one that the rule wants.
    fn next(&mut self, endpoint: Endpoint, activation: Option<uuid::Uuid>) -> Result<Option<Meaning>, String> {
        let Some((first, rest)) = self.log.split_first() else { return Ok(None) };
        self.log = rest;
        if first.endpoint != endpoint || first.activation != activation {
            let wanted = format!("{endpoint:?} of {}", short(activation));
            return Err(format!("rule 5, expected {wanted}, not {:?} of {}", first.endpoint, short(first.activation)));
        }
        Ok(first.received.clone())
    }

    /// The seat that the next request asks about, if it is one.
    fn kept_seat(&self) -> Option<uuid::Uuid> {
        self.log.first().filter(|first| first.endpoint == Endpoint::Validate)?.activation
    }

    /// Stopped without a reply: in a pause, or by the caller.
    fn unsent(&self) -> Fails {
        match &self.outcome.result {
            Err(error) if error.kind() == ErrorKind::Cancelled => Fails::Kind(ErrorKind::Cancelled),
            _ => Fails::Kind(ErrorKind::RateLimited),
        }
    }

    fn ask(&mut self, uses: Option<u32>) -> Expected {
        let unchanged = |result| Expected { result, license: Becomes::Unchanged };
        let license = self.baseline.license();
        if let Some(uses) = uses {
            if uses == 0 {
                return unchanged(Err(Fails::Kind(ErrorKind::InvalidArgument)));
            }
            let Some(license) = license else { return unchanged(Err(Fails::Kind(ErrorKind::NotActivated))) };
            if license.limit_activations.is_some() && license.activation_id.is_none() {
                return unchanged(Err(Fails::Refused(Reason::ActivationRequired)));
            }
            if !self.app.benefits.is_empty() && !self.app.benefits.contains(&license.benefit_id) {
                return unchanged(Err(Fails::Refused(Reason::Benefit)));
            }
        }
        // what comes after a release is about an older license
        let asked = self.log.first().filter(|exchange| exchange.endpoint == Endpoint::Validate);
        let Some(received) = asked.and_then(|exchange| exchange.received.clone()) else {
            let cancelled = self.unsent() == Fails::Kind(ErrorKind::Cancelled);
            let fails = uses.is_some() || cancelled;
            return unchanged(if fails { Err(self.unsent()) } else { Ok(()) });
        };
        match received {
            Meaning::Yes(terms) => Expected { result: Ok(()), license: Becomes::Confirmed(terms) },
            Meaning::No(why) => {
                let result = if uses.is_some() { Err(Fails::Refused(reason(why))) } else { Ok(()) };
                Expected { result, license: if license.is_some() { Becomes::Denied(why) } else { Becomes::Unchanged } }
            }
            Meaning::Nothing { kind: "cancelled", .. } => unchanged(Err(Fails::Kind(ErrorKind::Cancelled))),
            meaning if uses.is_some() => unchanged(Err(fails(&meaning))),
            _ => unchanged(Ok(())),
        }
    }

    fn activate(&mut self, key: Typed, typed: Option<&str>, replace: bool) -> Result<Expected, String> {
        let unchanged = |fails| Ok(Expected { result: Err(fails), license: Becomes::Unchanged });
        let confirmed = |terms| Ok(Expected { result: Ok(()), license: Becomes::Confirmed(terms) });
        if key == Typed::Blank {
            return unchanged(Fails::Kind(ErrorKind::InvalidArgument));
        }
        let trusted = self.baseline.license().is_some() || self.baseline.reason() == Some(Reason::NoLicense);
        if !trusted {
            // nothing here says which seat is asked about; the other rules watch over it
            return self.activate_on_distrust();
        }
        if typed.is_none() && self.baseline.license().is_none() {
            return unchanged(Fails::Kind(ErrorKind::NotActivated));
        }
        let accepts = |app: &App, terms: &Terms| app.benefits.is_empty() || app.benefits.contains(&terms.benefit);
        let seat = self.baseline.license().and_then(|license| license.activation_id);
        if seat.is_some() {
            match self.next(Endpoint::Validate, seat)? {
                None => return unchanged(self.unsent()),
                Some(Meaning::Yes(terms)) if accepts(self.app, &terms) => return confirmed(terms),
                Some(Meaning::Yes(_)) => return unchanged(Fails::Refused(Reason::Benefit)),
                Some(Meaning::No(_)) => {}
                Some(meaning) => return unchanged(fails(&meaning)),
            }
        }
        // the newest seat that is kept since Polar did not know its key
        if let Some(kept) = self.kept_seat() {
            match self.next(Endpoint::Validate, Some(kept))? {
                None => return unchanged(self.unsent()),
                Some(Meaning::Yes(terms)) if accepts(self.app, &terms) => return confirmed(terms),
                Some(Meaning::Yes(_)) => return unchanged(Fails::Refused(Reason::Benefit)),
                Some(Meaning::No(_)) => {}
                Some(meaning) => return unchanged(fails(&meaning)),
            }
        }
        match self.next(Endpoint::Validate, None)? {
            None => return unchanged(self.unsent()),
            Some(Meaning::Yes(terms)) if !accepts(self.app, &terms) => {
                return unchanged(Fails::Refused(Reason::Benefit));
            }
            Some(Meaning::Yes(terms)) if terms.limit_activations.is_none() => return confirmed(terms),
            Some(Meaning::Yes(_)) => {}
            Some(meaning) => return unchanged(fails(&meaning)),
        }
        // those that were kept before it
        while let Some(kept) = self.kept_seat() {
            match self.next(Endpoint::Validate, Some(kept))? {
                None => return unchanged(self.unsent()),
                Some(Meaning::Yes(terms)) if accepts(self.app, &terms) => return confirmed(terms),
                Some(Meaning::Yes(_)) => return unchanged(Fails::Refused(Reason::Benefit)),
                Some(Meaning::No(_)) => {}
                Some(meaning) => return unchanged(fails(&meaning)),
            }
        }
        match self.next(Endpoint::Activate, None)? {
            None => return unchanged(self.unsent()),
            Some(Meaning::Seat(terms)) => return confirmed(terms),
            Some(Meaning::NoSeat(Why::ActivationLimit)) if replace && seat.is_some() => {}
            Some(meaning) => return unchanged(fails(&meaning)),
        }
        match self.next(Endpoint::Deactivate, seat)? {
            None => return unchanged(self.unsent()),
            Some(Meaning::Freed) => {}
            Some(Meaning::NoSuchSeat) => return unchanged(Fails::Refused(Reason::ActivationLimit)),
            Some(meaning) => return unchanged(fails(&meaning)),
        }
        match self.next(Endpoint::Activate, None)? {
            Some(Meaning::Seat(terms)) => confirmed(terms),
            None => Ok(Expected { result: Err(self.unsent()), license: Becomes::Seatless }),
            Some(meaning) => Ok(Expected { result: Err(fails(&meaning)), license: Becomes::Seatless }),
        }
    }

    fn activate_on_distrust(&self) -> Result<Expected, String> {
        let yes = self.log.iter().rev().find_map(|exchange| match &exchange.received {
            Some(Meaning::Seat(terms) | Meaning::Yes(terms)) => Some(terms.clone()),
            _ => None,
        });
        Ok(match (&self.outcome.result, yes) {
            (Ok(_), Some(terms)) => Expected { result: Ok(()), license: Becomes::Confirmed(terms) },
            (Ok(_), None) => return Err(String::from("rule 5, activated without a yes")),
            (Err(error), _) => {
                let fails = error.reason().map_or(Fails::Kind(error.kind()), Fails::Refused);
                Expected { result: Err(fails), license: Becomes::Unchanged }
            }
        })
    }

    fn deactivate(&mut self) -> Expected {
        let gone = Expected { result: Ok(()), license: Becomes::Gone };
        let unchanged = |fails| Expected { result: Err(fails), license: Becomes::Unchanged };
        let Some(license) = self.baseline.license() else { return unchanged(Fails::Kind(ErrorKind::NotActivated)) };
        if license.activation_id.is_none() {
            return gone;
        }
        match self.log.first().and_then(|exchange| exchange.received.clone()) {
            None => unchanged(self.unsent()),
            Some(Meaning::Freed | Meaning::NoSuchSeat) => gone,
            Some(meaning) => unchanged(fails(&meaning)),
        }
    }
}

/// Rule 4: how an operation fails that received this.
fn fails(meaning: &Meaning) -> Fails {
    match meaning {
        Meaning::No(why) | Meaning::NoSeat(why) => Fails::Refused(reason(*why)),
        Meaning::Exhausted => Fails::Kind(ErrorKind::UsageExhausted),
        Meaning::Wait(_) => Fails::Kind(ErrorKind::RateLimited),
        Meaning::Nothing { kind: "timeout", .. } => Fails::Kind(ErrorKind::Timeout),
        Meaning::Nothing { kind: "server", .. } => Fails::Kind(ErrorKind::Server),
        Meaning::Nothing { kind: "cancelled", .. } => Fails::Kind(ErrorKind::Cancelled),
        _ => Fails::Kind(ErrorKind::Network),
    }
}

fn compare(expected: &Expected, before: &Decision, now: &Decision, outcome: &Outcome) -> Check {
    let result = outcome
        .result
        .as_ref()
        .map(|_| ())
        .map_err(|error| error.reason().map_or(Fails::Kind(error.kind()), Fails::Refused));
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
        Becomes::Unchanged => {
            let by_time = |decision: &Decision| match decision.state() {
                State::Denied | State::Unlicensed => decision.reason(),
                _ => None,
            };
            let reasons = by_time(before) == by_time(now) || now.state() == State::Expired;
            license == before.license() && reasons && now.grace_ends_at() == before.grace_ends_at()
        }
        Becomes::Confirmed(terms) => {
            license.is_some_and(|license| same(license, terms)) && now.grace_ends_at().is_some()
        }
        Becomes::Denied(why) => {
            let denied = now.state() == State::Denied && now.reason() == Some(reason(*why));
            let kept =
                license.zip(before.license()).is_some_and(|(now, before)| now.activation_id == before.activation_id);
            kept && (denied && *why != Why::Expired || now.state() == State::Expired)
        }
        Becomes::Seatless => license.is_some_and(|license| license.activation_id.is_none()),
        Becomes::Gone => {
            let unknown = outcome.deactivated != Some(Deactivated::NotNeeded) || before.license().is_some();
            license.is_none() && now.reason() == Some(Reason::NoLicense) && unknown
        }
    };
    if holds { Ok(()) } else { Err(format!("the license became `{}`, not {:?}", summary(now), expected.license)) }
}

/// Rule 10, where all clocks are honest: when a refresh asks, and when it plans to.
fn asks_when_it_is_due(
    world: &World,
    errand: &Errand,
    ask: Ask,
    before: &Decision,
    now: &Decision,
    app: &App,
    cancelled: bool,
) -> Check {
    let time = world.now;
    let received = errand.log.first().and_then(|exchange| exchange.received.clone());
    let asked = !errand.log.is_empty();
    // a plan further ahead than any that this configuration makes is another configuration's
    let plan = before.refresh_at().map(|at| at.unix_ms() - time);
    let due = plan.is_none_or(|wait| wait <= 0 || wait > app.refresh.max(6 * HOUR));
    match ask {
        Ask::Validate if before.license().is_some() && !asked => {
            let problem = now.problem().map(|problem| problem.kind);
            if problem != Some(ErrorKind::RateLimited) && !cancelled {
                return Err(String::from("validate did not ask"));
            }
        }
        Ask::Refresh(patience) if !asked && before.license().is_some() && due => {
            let mono = world.clocks(errand.who.device).mono;
            let process = world.devices[errand.who.device].processes[errand.who.slot].as_ref();
            let wall = world.clocks(errand.who.device).wall.unix_ms();
            let saved = world.devices[errand.who.device].saved_pause.is_some_and(|(until, _)| until > wall);
            let paused = saved || process.is_some_and(|process| world.pacers[process.pacer].paused_until > mono);
            // one that would have to wait for longer than it may does not ask
            let impatient = patience == Patience::Short && now.problem().is_some();
            if !paused && !cancelled && !impatient {
                return Err(format!("refresh did not ask, {:?}", before.refresh_at()));
            }
        }
        Ask::Refresh(patience) if asked => {
            let woken = patience == Patience::Woken;
            if !(due || !before.allowed() || woken && (before.state() != State::Active || before.problem().is_some())) {
                return Err(format!("refresh asked early, {:?}", before.refresh_at()));
            }
        }
        _ => {}
    }
    let Some(next) = now.refresh_at().map(|at| at.unix_ms() - time) else { return Ok(()) };
    let only_one = errand.log.len() == 1 && !matches!(ask, Ask::Activate { .. } | Ask::Deactivate);
    let (least, most) = match (received, now.state()) {
        _ if !only_one => return Ok(()),
        (Some(Meaning::Yes(_)), State::Active) => (app.refresh * 9 / 10 - MINUTE, app.refresh * 11 / 10),
        (Some(Meaning::No(_)), State::Denied | State::Expired) => (13 * MINUTE, 7 * HOUR),
        (Some(Meaning::Nothing { kind: "network" | "server" | "timeout", .. }), state) => match state {
            // without a license there may still be seats to give up
            State::Active | State::Grace | State::Lapsed | State::Unlicensed => (53 * 1000, 67 * MINUTE),
            _ => (13 * MINUTE, 7 * HOUR),
        },
        _ => return Ok(()),
    };
    // what a sleeping machine writes down late may be due already
    if next <= 0 || (least..=most.max(DAY / 24)).contains(&next) {
        Ok(())
    } else {
        Err(format!("the next round is in {}", span(next)))
    }
}
