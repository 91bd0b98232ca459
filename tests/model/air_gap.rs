//! Random stories of a computer that is never online (A), and of two others (B) that answer its requests. Texts are
//! carried in any order, more than once or with mistakes; processes die; A's record is restored; A's clock jumps.
//!
//! A small reference model says what A may have: which request waits, and which answer was imported. Where two results
//! are possible, for example because a process died, the model keeps both until an operation shows which one it is.

use std::collections::{BTreeMap, BTreeSet};

use polar_license::device::DeviceId;
use polar_license::engine::{
    Change, Engine, Host, OfflineRequest, OfflineText, Operation, Outcome, Pacer, ReturnedSeats, Step, Turn,
};
use polar_license::time::Now;
use polar_license::transport::{Answer, Failure, Sent};
use polar_license::{Config, Decision, ErrorKind, License, Reason, State, Timestamp};
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::polar::{Action, DAY, Endpoint, ONE_SEAT, ORGANIZATION, PLAIN, Polar, Status, TEN_DAYS, TWO_SEATS, id};
use super::world::Check;

const AIR_GAP_DAYS: i64 = 90;
const HOUR: i64 = 60 * 60 * 1000;
const START: i64 = 1_795_262_400_000;

#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A makes a request.
    Request { dies: Option<Death> },
    /// A computer B, with the number `by`, answers a request.
    Answer { by: usize, request: usize, key: usize, faults: Vec<Fault> },
    /// A imports one of the answers, perhaps copied with a mistake.
    Import { answer: usize, mistake: Option<usize>, dies: Option<Death> },
    /// A returns its license.
    Return { dies: Option<Death> },
    /// A computer B, with the number `by`, carries out a return.
    Release { by: usize, returned: usize, faults: Vec<Fault> },
    /// Time passes for everybody. A runs, or is switched off.
    Pass { ms: i64, runs: bool },
    /// A's wall clock is set, to this difference from the true time.
    SetClock { error: i64 },
    /// A's record is replaced by an earlier one.
    Restore { copy: usize },
    /// The merchant or the customer acts.
    Polar { key: usize, action: Action },
}

/// The moment at which A's process dies: just before or just after it writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Death {
    BeforeWriting,
    AfterWriting,
}

/// A fault that a request of B meets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    None,
    Offline,
    LostReply,
    Busy,
    /// B's process dies after Polar has handled the request.
    Death,
}

/// The contents of A's record, as far as they decide what A may do next.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    /// The request that waits for its answer, and the wall clock's time at which it was made. The number is `None` if
    /// nobody has seen the request's text, because the process died.
    waiting: Option<(Option<u64>, i64)>,
    /// The imported answer, and the request that it answered.
    license: Option<Imported>,
    /// The seats that A has given up.
    releases: Vec<Uuid>,
}

#[derive(Clone, Debug, PartialEq)]
struct Imported {
    request: u64,
    terms: Terms,
}

/// The license in an answer.
#[derive(Clone, Debug, PartialEq)]
struct Terms {
    key: String,
    confirmed: i64,
    seat: Option<Uuid>,
    expires: Option<i64>,
}

impl Terms {
    fn of(license: &License) -> Self {
        Self {
            key: license.display_key.clone(),
            confirmed: license.confirmed_at.unix_ms(),
            seat: license.activation_id,
            expires: license.expires_at.map(Timestamp::unix_ms),
        }
    }
}

/// An answer that B has made.
struct Answered {
    text: String,
    request: u64,
    terms: Terms,
}

/// The result of an operation on A, as the model sees it.
#[derive(Clone, Debug, PartialEq)]
enum Result {
    License(Terms),
    Returned { has_text: bool },
    Fails(ErrorKind),
}

pub(crate) struct World {
    has_right_clock: bool,
    now: i64,
    polar: Polar,
    a: A,
    /// A's record on each computer B.
    others: [Option<Vec<u8>>; 2],
    /// The requests that A has shown, with their numbers. The text of a request changes with the seat that it offers.
    requests: Vec<(u64, String)>,
    answers: Vec<Answered>,
    returns: Vec<String>,
    copies: Vec<(Option<Vec<u8>>, Vec<Model>)>,
    possible: Vec<Model>,
    /// Seats that may be lost, which B has reported.
    reported: BTreeSet<Uuid>,
    /// The time at which each seat was taken.
    taken: BTreeMap<Uuid, i64>,
    pub(crate) story: Vec<String>,
    pub(crate) imports: u64,
}

struct A {
    engine: Engine,
    bytes: Option<Vec<u8>>,
    wall_error: i64,
    mono: i64,
    /// The confirmation with which this process has first had access, and the time of the monotonic clock then.
    since: Option<(i64, i64)>,
}

pub(crate) fn story(has_right_clock: bool) -> impl Strategy<Value = Vec<Event>> {
    let jumps = u32::from(!has_right_clock);
    let key = || prop_oneof![4 => Just(ONE_SEAT), 4 => Just(TWO_SEATS), 2 => Just(PLAIN), 1 => Just(TEN_DAYS)];
    let dies =
        || prop_oneof![8 => Just(None), 1 => Just(Some(Death::BeforeWriting)), 1 => Just(Some(Death::AfterWriting))];
    let fault = prop_oneof![
        10 => Just(Fault::None),
        1 => Just(Fault::Offline),
        1 => Just(Fault::LostReply),
        1 => Just(Fault::Busy),
        2 => Just(Fault::Death),
    ];
    let faults = prop::collection::vec(fault, 0..4);
    let action = prop_oneof![
        2 => Just(Action::Grant),
        1 => Just(Action::Revoke),
        1 => any::<bool>().prop_map(|newest| Action::RemoveSeat { newest }),
        1 => Just(Action::LimitSeats(Some(3))),
        1 => prop_oneof![Just(None), Just(Some(30 * DAY))].prop_map(Action::ExpireIn),
    ];
    let ms = prop_oneof![Just(2 * HOUR), Just(3 * DAY), Just(20 * DAY), Just(50 * DAY), 0..100 * DAY];
    let error = prop_oneof![Just(0), Just(-3650 * DAY), Just(3650 * DAY), -120 * DAY..120 * DAY];
    let recent = || prop_oneof![3 => Just(0_usize), 2 => 0..4_usize];
    let mistake = prop_oneof![6 => Just(None), 1 => (0..400_usize).prop_map(Some)];
    let events: Vec<(u32, BoxedStrategy<Event>)> = vec![
        (10, dies().prop_map(|dies| Event::Request { dies }).boxed()),
        (
            14,
            (0..2_usize, recent(), key(), faults.clone())
                .prop_map(|(by, request, key, faults)| Event::Answer { by, request, key, faults })
                .boxed(),
        ),
        (
            16,
            (recent(), mistake, dies())
                .prop_map(|(answer, mistake, dies)| Event::Import { answer, mistake, dies })
                .boxed(),
        ),
        (4, dies().prop_map(|dies| Event::Return { dies }).boxed()),
        (
            4,
            (0..2_usize, recent(), faults)
                .prop_map(|(by, returned, faults)| Event::Release { by, returned, faults })
                .boxed(),
        ),
        (10, (ms, any::<bool>()).prop_map(|(ms, runs)| Event::Pass { ms, runs }).boxed()),
        (6 * jumps, error.prop_map(|error| Event::SetClock { error }).boxed()),
        (3, (0..6_usize).prop_map(|copy| Event::Restore { copy }).boxed()),
        (3, (key(), action).prop_map(|(key, action)| Event::Polar { key, action }).boxed()),
    ];
    let one = prop::strategy::Union::new_weighted(events.into_iter().filter(|(weight, _)| *weight > 0).collect());
    prop::collection::vec(one, 1..60)
}

fn config() -> Config {
    let config = Config::builder(ORGANIZATION, "com.acme.app").app_secret("hush");
    config.air_gap_days(AIR_GAP_DAYS as u32).build().expect("a valid configuration")
}

fn engine(device: DeviceId, seed: i64) -> Engine {
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Engine::new(config(), Host { device, system: "Debian 12".into(), seed: bytes, takes_turns: false }, Pacer::new())
}

fn device_a() -> DeviceId {
    DeviceId::derive(&id(ORGANIZATION), "never online")
}

/// Returns an item, counted from the newest one.
fn newest<T>(items: &[T], back: usize) -> Option<&T> {
    items.len().checked_sub(1 + back).and_then(|at| items.get(at))
}

impl World {
    pub(crate) fn new(has_right_clock: bool) -> Self {
        let a = A { engine: engine(device_a(), 0), bytes: None, wall_error: 0, mono: 1_000, since: None };
        let mut world = Self {
            has_right_clock,
            now: START,
            polar: Polar::new(START),
            a,
            others: [None, None],
            requests: Vec::new(),
            answers: Vec::new(),
            returns: Vec::new(),
            copies: Vec::new(),
            possible: vec![Model::default()],
            reported: BTreeSet::new(),
            taken: BTreeMap::new(),
            story: Vec::new(),
            imports: 0,
        };
        world.restart_a();
        world
    }

    pub(crate) fn apply(&mut self, event: Event) -> Check {
        self.story.push(format!("{event:?}"));
        match event {
            Event::Request { dies } => self.request(dies)?,
            Event::Answer { by, request, key, faults } => self.answer(by, request, key, faults)?,
            Event::Import { answer, mistake, dies } => self.import(answer, mistake, dies)?,
            Event::Return { dies } => self.give_back(dies)?,
            Event::Release { by, returned, faults } => self.release(by, returned, faults)?,
            Event::Pass { ms, runs } => {
                self.now += ms;
                if runs {
                    self.a.mono += ms;
                } else {
                    self.restart_a();
                }
            }
            Event::SetClock { error } => self.a.wall_error = error,
            Event::Restore { copy } => {
                if let Some((bytes, possible)) = newest(&self.copies, copy).cloned() {
                    (self.a.bytes, self.possible) = (bytes, possible);
                    self.restart_a();
                }
            }
            Event::Polar { key, action } => self.polar.act(key, action, self.now),
        }
        self.copies.push((self.a.bytes.clone(), self.possible.clone()));
        self.a_has_what_it_may_have()?;
        self.no_seat_is_lost()
    }

    /// Checks that A and B work again once nothing disturbs them: a new answer is imported, and a return frees the seat.
    pub(crate) fn everything_recovers(&mut self) -> Check {
        for key in &mut self.polar.keys {
            (key.status, key.expires_at) = (Status::Granted, None);
        }
        self.polar.keys[TWO_SEATS].seats.clear();
        // an answer of the same moment as an earlier one would not be newer
        self.now += HOUR;
        self.request(None)?;
        self.answer(0, 0, TWO_SEATS, Vec::new())?;
        self.import(0, None, None)?;
        let license = self.current();
        ensure(license.allowed(), || format!("a new answer does not restore access: {}", license.state()))?;
        self.give_back(None)?;
        self.release(1, 0, Vec::new())?;
        ensure(self.polar.keys[TWO_SEATS].seats.is_empty(), || String::from("the returned seat is still taken"))
    }

    fn now_a(&self) -> Now {
        let wall = Timestamp::from_unix_ms(self.now + self.a.wall_error);
        Now { wall, mono: u64::try_from(self.a.mono).expect("time does not go back") }
    }

    fn current(&mut self) -> Decision {
        let now = self.now_a();
        self.a.engine.current(now)
    }

    /// A's process ends, and another one starts.
    fn restart_a(&mut self) {
        self.a.engine = engine(device_a(), self.now + self.copies.len() as i64);
        self.a.since = None;
        self.a.mono += 10_000;
        let opened = self.run_on_a(Operation::Open, None);
        assert!(opened.is_ok_and(|opened| opened.is_some()), "opening fails");
    }

    /// Runs an operation on A. Returns `None` if the process died. Fails if A sends a request.
    fn run_on_a(&mut self, operation: Operation, dies: Option<Death>) -> std::result::Result<Option<Outcome>, String> {
        let now = self.now_a();
        let mut step = self.a.engine.begin(operation, now);
        loop {
            step = match step {
                Step::Store(mut step) => {
                    let change = step.merge(&self.a.engine, Ok(self.a.bytes.as_deref()), now);
                    if !matches!(change, Change::Keep) && matches!(dies, Some(Death::BeforeWriting)) {
                        return Ok(None);
                    }
                    let writes = !matches!(change, Change::Keep);
                    match change {
                        Change::Keep => {}
                        Change::Put(record, _) => self.a.bytes = Some(record),
                        Change::Remove => self.a.bytes = None,
                    }
                    if writes && dies.is_some() {
                        return Ok(None);
                    }
                    step.resume(&mut self.a.engine, Ok(()), now)
                }
                Step::Send(step) => return Err(format!("rule 20, A sent a request to {}", *step.request.url)),
                Step::Join(step) => step.resume(&mut self.a.engine, now),
                Step::Turn(step) => step.resume(&mut self.a.engine, Turn::Taken, now),
                Step::Done(outcome) => return Ok(Some(outcome)),
            }
        }
    }

    /// Runs an operation on a computer B, with A's record there. Returns `None` if the process died.
    fn run_on_b(
        &mut self,
        by: usize,
        operation: Operation,
        faults: Vec<Fault>,
    ) -> std::result::Result<Option<Outcome>, String> {
        let mut engine = engine(device_a(), self.now.wrapping_add(by as i64));
        let (mut faults, mut activations) = (faults.into_iter(), 0);
        let now = |world: &Self| Now { wall: Timestamp::from_unix_ms(world.now), mono: (world.now - START) as u64 };
        let mut step = engine.begin(operation, now(self));
        loop {
            step = match step {
                Step::Store(mut step) => {
                    match step.merge(&engine, Ok(self.others[by].as_deref()), now(self)) {
                        Change::Keep => {}
                        Change::Put(record, _) => self.others[by] = Some(record),
                        Change::Remove => self.others[by] = None,
                    }
                    step.resume(&mut engine, Ok(()), now(self))
                }
                Step::Send(step) => {
                    let wait = (step.not_before as i64 - (self.now - START)).max(0) + 600;
                    self.now += wait;
                    self.a.mono += wait;
                    let endpoint = Endpoint::of(&step.request.url).ok_or("no endpoint of Polar's")?;
                    activations += u32::from(endpoint == Endpoint::Activate);
                    ensure(activations <= 1, || String::from("rule 7, an activation was sent twice"))?;
                    let fault = faults.next().unwrap_or(Fault::None);
                    let body: Value = serde_json::from_str(&step.request.body).map_err(|error| error.to_string())?;
                    let handle = |world: &mut Self| world.polar.handle(endpoint, &body, world.now);
                    let answer = match fault {
                        Fault::None => {
                            let reply = handle(self)?;
                            Answer::reply(reply.status, reply.body)
                        }
                        Fault::Offline => Answer::failed(Failure::Network, Sent::No, "no network"),
                        Fault::LostReply => {
                            handle(self)?;
                            Answer::failed(Failure::Timeout, Sent::Maybe, "no answer")
                        }
                        Fault::Busy => Answer::Reply {
                            status: 429,
                            retry_after: Some(60),
                            location: None,
                            body: Vec::new().into(),
                        },
                        Fault::Death => {
                            handle(self)?;
                            return Ok(None);
                        }
                    };
                    step.resume(&mut engine, answer, now(self))
                }
                Step::Join(step) => step.resume(&mut engine, now(self)),
                Step::Turn(step) => step.resume(&mut engine, Turn::Taken, now(self)),
                Step::Done(outcome) => {
                    self.note_reports(by, &outcome);
                    return Ok(Some(outcome));
                }
            }
        }
    }

    fn request(&mut self, dies: Option<Death>) -> Check {
        let Some(outcome) = self.run_on_a(Operation::OfflineRequest, dies)? else {
            return self.after_death(|world, model| Some(world.requested(model)));
        };
        let text = outcome.text.ok_or("rule 20b, a request without a text")?.into_string();
        let read = OfflineRequest::read(&config(), &text).map_err(|error| error.to_string())?;
        ensure(*read.device() == device_a(), || String::from("the request is for another device"))?;
        let number = number_of(&read)?;
        let is_new = self.requests.iter().all(|(known, _)| *known != number);
        let before = self.possible.clone();
        let shown = |model: &Model| {
            let after = self.requested(model);
            let (waiting, wall) = after.waiting?;
            let is_made_now = after.waiting != model.waiting;
            let fits = waiting.map_or(is_new || !is_made_now, |waiting| waiting == number);
            fits.then_some(Model { waiting: Some((Some(number), wall)), ..after })
        };
        let possible = before.iter().filter_map(shown).collect();
        self.requests.push((number, text));
        self.set_possible(possible, &before, "a request")
    }

    /// Returns A's record after A has made a request in this situation.
    fn requested(&self, model: &Model) -> Model {
        let wall = self.now + self.a.wall_error;
        let waits = model.waiting.is_some_and(|(_, made)| made > wall - AIR_GAP_DAYS * DAY);
        if waits { model.clone() } else { Model { waiting: Some((None, wall)), ..model.clone() } }
    }

    fn answer(&mut self, by: usize, back: usize, key: usize, faults: Vec<Fault>) -> Check {
        let Some((number, text)) = newest(&self.requests, back).cloned() else { return Ok(()) };
        let request = OfflineRequest::read(&config(), &text).map_err(|error| error.to_string())?;
        let key_text = self.polar.keys[key].text.clone();
        let operation = Operation::OfflineAnswer { request, key: key_text.as_str().into() };
        let Some(outcome) = self.run_on_b(by, operation, faults)? else { return Ok(()) };
        let Ok(decision) = outcome.result else {
            return ensure(outcome.text.is_none(), || String::from("rule 20a, a failed answer has a text"));
        };
        let text = outcome.text.ok_or("rule 20a, an answer without a text")?.into_string();
        let license = decision.license().ok_or("rule 20a, an answer without a license")?;
        let seat = license.activation_id;
        let holds = seat.map_or(self.polar.keys[key].limit_activations.is_none(), |seat| {
            self.polar.keys[key].seats.iter().any(|own| own.id == seat)
        });
        ensure(holds, || format!("rule 20a, the answer's seat {seat:?} is none of this key"))?;
        let terms = Terms::of(license);
        self.answers.push(Answered { text, request: number, terms });
        Ok(())
    }

    fn import(&mut self, back: usize, mistake: Option<usize>, dies: Option<Death>) -> Check {
        let Some(answered) = newest(&self.answers, back) else { return Ok(()) };
        let (request, terms) = (answered.request, answered.terms.clone());
        let mut text: Vec<char> = answered.text.chars().collect();
        if let Some(at) = mistake {
            let at = 8 + at % (text.len() - 8);
            text[at] = if text[at] == '7' { '9' } else { '7' };
        }
        let text: String = text.into_iter().collect();
        let ended = self.run_on_a(Operation::OfflineImport(OfflineText::from(text.as_str())), dies)?;
        if mistake.is_some() {
            let kind = ended.and_then(|outcome| outcome.result.err()).map(|error| error.kind());
            return ensure(kind.is_none() && dies.is_some() || kind == Some(ErrorKind::InvalidArgument), || {
                String::from("rule 20c, a text with a mistake was imported")
            });
        }
        let Some(outcome) = ended else {
            return self.after_death(|world, model| {
                world.imported(model, request, &terms).into_iter().next().map(|(_, model)| model)
            });
        };
        let result = match outcome.result {
            Ok(decision) => {
                self.imports += 1;
                let license = decision.license().ok_or("rule 20c, imported nothing")?;
                ensure(decision.air_gapped(), || String::from("rule 20d, imported an ordinary license"))?;
                Result::License(Terms::of(license))
            }
            Err(error) => {
                ensure(error.kind() != ErrorKind::Refused || error.reason() == Some(Reason::Expired), || {
                    error.to_string()
                })?;
                Result::Fails(error.kind())
            }
        };
        self.learn("an import", &result, |world, model| world.imported(model, request, &terms))
    }

    /// Returns the results that an import may have in this situation, each with A's record after it.
    fn imported(&self, model: &Model, request: u64, terms: &Terms) -> Vec<(Result, Model)> {
        let unchanged = |result| (result, model.clone());
        let late = unchanged(Result::Fails(ErrorKind::InvalidArgument));
        let refused = unchanged(Result::Fails(ErrorKind::Refused));
        let too_late = self.now >= terms.confirmed + AIR_GAP_DAYS * DAY;
        let expired = terms.expires.is_some_and(|end| self.now >= end);
        // `ok` is the result if the license allows access
        let checked = |ok| match (self.has_right_clock, expired, too_late) {
            (true, true, _) => vec![refused.clone()],
            (true, false, true) => vec![late.clone()],
            (true, false, false) => vec![ok],
            // a clock that was set meanwhile may say anything
            (false, ..) => vec![ok, late.clone(), refused.clone()],
        };
        let here = model.license.as_ref().filter(|here| here.request == request && here.terms == *terms);
        if let (Some(here), None) = (here, model.waiting) {
            return checked(unchanged(Result::License(here.terms.clone())));
        }
        // a request that nobody has seen is another one, or the same one if A's record was restored
        let may_be_another = match model.waiting {
            Some((Some(waiting), _)) if waiting == request => false,
            Some((None, _)) => true,
            Some(_) | None => return vec![late],
        };
        let mut releases = model.releases.clone();
        let older = model.license.as_ref().and_then(|here| here.terms.seat);
        releases.extend(older);
        releases.retain(|seat| Some(*seat) != terms.seat);
        let license = Some(Imported { request, terms: terms.clone() });
        let imported = (Result::License(terms.clone()), Model { waiting: None, license, releases });
        let mut results = checked(imported);
        results.extend(may_be_another.then_some(late));
        results
    }

    fn give_back(&mut self, dies: Option<Death>) -> Check {
        let returned = |model: &Model| {
            let mut releases = model.releases.clone();
            releases.extend(model.license.as_ref().and_then(|here| here.terms.seat));
            match model.license {
                Some(_) => (
                    Result::Returned { has_text: !releases.is_empty() },
                    Model { waiting: None, license: None, releases },
                ),
                None if releases.is_empty() => (Result::Fails(ErrorKind::NotActivated), model.clone()),
                None => (Result::Returned { has_text: true }, model.clone()),
            }
        };
        let Some(outcome) = self.run_on_a(Operation::OfflineReturn, dies)? else {
            return self.after_death(|_, model| Some(returned(model).1));
        };
        let result = match outcome.result {
            Ok(decision) => {
                ensure(!decision.allowed(), || String::from("rule 20e, a returned license works"))?;
                Result::Returned { has_text: outcome.text.is_some() }
            }
            Err(error) => Result::Fails(error.kind()),
        };
        self.returns.extend(outcome.text.map(OfflineText::into_string));
        self.learn("a return", &result, |_, model| vec![returned(model)])
    }

    fn release(&mut self, by: usize, back: usize, faults: Vec<Fault>) -> Check {
        let Some(text) = newest(&self.returns, back).cloned() else { return Ok(()) };
        let returned = ReturnedSeats::read(&config(), &text).map_err(|error| error.to_string())?;
        self.run_on_b(by, Operation::OfflineRelease(returned), faults).map(drop)
    }

    /// Keeps the situations that explain the result of an operation on A.
    fn learn(
        &mut self,
        what: &str,
        result: &Result,
        outcomes: impl Fn(&Self, &Model) -> Vec<(Result, Model)>,
    ) -> Check {
        let before = self.possible.clone();
        let explained =
            before.iter().flat_map(|model| outcomes(self, model)).filter(|(predicted, _)| predicted == result);
        let possible = explained.map(|(_, model)| model).collect();
        self.set_possible(possible, &before, &format!("{what} ended with {result:?}"))
    }

    fn set_possible(&mut self, possible: Vec<Model>, before: &[Model], what: &str) -> Check {
        self.possible.clear();
        for model in possible {
            if !self.possible.contains(&model) {
                self.possible.push(model);
            }
        }
        ensure(!self.possible.is_empty(), || format!("rule 20, {what}, which no situation explains: {before:?}"))
    }

    /// A's process has died during an operation that may have had this effect.
    fn after_death(&mut self, effect: impl Fn(&Self, &Model) -> Option<Model>) -> Check {
        let before = self.possible.clone();
        let after = before.iter().filter_map(|model| effect(self, model)).collect::<Vec<_>>();
        self.restart_a();
        self.set_possible([before.clone(), after].concat(), &before, "a death")
    }

    /// Checks A's decision against the model.
    fn a_has_what_it_may_have(&mut self) -> Check {
        let decision = self.current();
        let license = decision.license();
        let fits = |model: &Model| match (&model.license, license) {
            (None, None) => true,
            (Some(here), Some(license)) => {
                here.terms.confirmed == license.confirmed_at.unix_ms() && here.terms.seat == license.activation_id
            }
            _ => false,
        };
        let before = self.possible.clone();
        let possible: Vec<Model> = before.iter().filter(|model| fits(model)).cloned().collect();
        self.set_possible(possible, &before, &format!("A has {:?}", license.map(|license| license.confirmed_at)))?;
        let Some(license) = license else {
            return ensure(decision.state() == State::Unlicensed, || format!("{}", decision.state()));
        };
        let confirmed = license.confirmed_at.unix_ms();
        if self.has_right_clock {
            let expired = license.expires_at.is_some_and(|end| self.now >= end.unix_ms());
            let lapsed = self.now >= confirmed + AIR_GAP_DAYS * DAY;
            let expected = if expired {
                State::Expired
            } else if lapsed {
                State::Lapsed
            } else {
                State::Active
            };
            return ensure(decision.state() == expected, || {
                format!("rule 20d, the state is {}, not {expected}", decision.state())
            });
        }
        if decision.allowed() {
            let (_, since) = *self
                .a
                .since
                .insert(self.a.since.filter(|(of, _)| *of == confirmed).unwrap_or((confirmed, self.a.mono)));
            let ran = self.a.mono - since;
            ensure(ran < AIR_GAP_DAYS * DAY, || {
                format!("rule 20d, a license for {AIR_GAP_DAYS} days after {} days", ran / DAY)
            })?;
        }
        Ok(())
    }

    /// Notes the seats of which B says that they may be lost.
    fn note_reports(&mut self, by: usize, outcome: &Outcome) {
        let doubt = match &outcome.result {
            Ok(decision) => decision.problem().is_some_and(|problem| problem.kind == ErrorKind::SeatUncertain),
            Err(error) => error.maybe_applied() || error.message().contains("interrupted"),
        };
        if doubt {
            let seats = self.polar.keys.iter().flat_map(|key| &key.seats);
            let by_label = |label: &str| self.others[by].as_ref().is_some_and(|record| has(record, label.as_bytes()));
            self.reported.extend(seats.filter(|seat| by_label(&seat.label)).map(|seat| seat.id));
        }
    }

    /// Checks that a record of A or B leads to every seat, or that B has reported it. By rule 6, B forgets an attempt if
    /// Polar confirms the license at least thirty days later.
    fn no_seat_is_lost(&mut self) -> Check {
        for seat in self.polar.keys.iter().flat_map(|key| &key.seats) {
            self.taken.entry(seat.id).or_insert(self.now);
        }
        let is_recent = |seat: &super::polar::PolarSeat| self.now - self.taken[&seat.id] < 29 * DAY;
        let restored = self.copies.iter().rev().map(|(bytes, _)| bytes);
        let records: Vec<&Vec<u8>> = self.others.iter().chain([&self.a.bytes]).flatten().collect();
        let seats = self.polar.keys.iter().flat_map(|key| &key.seats);
        let is_known = |seat: &super::polar::PolarSeat| {
            records.iter().any(|record| has(record, seat.id.as_bytes()) || has(record, seat.label.as_bytes()))
                // somebody has restored a record of A that is older than the seat
                || restored.clone().flatten().any(|record| has(record, seat.id.as_bytes()))
        };
        match seats.filter(|seat| is_recent(seat) && !self.reported.contains(&seat.id)).find(|seat| !is_known(seat)) {
            Some(seat) => Err(format!("rule 6, the seat {} is lost in silence", seat.label)),
            None => Ok(()),
        }
    }
}

/// Returns the number of a request, which is not part of the public interface.
fn number_of(request: &OfflineRequest) -> std::result::Result<u64, String> {
    let shown = format!("{request:?}");
    let number = shown.split_once("number: ").and_then(|(_, rest)| rest.split_once(',')?.0.parse().ok());
    number.ok_or(format!("no number in {shown}"))
}

fn has(record: &[u8], part: &[u8]) -> bool {
    record.windows(part.len()).any(|window| window == part)
}

fn ensure(holds: bool, wrong: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(wrong()) }
}
