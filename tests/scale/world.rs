//! Many installations and one Polar in virtual time: a queue of events, and the figures that are measured.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use mock_polar::DEMO_KEY_PLAIN;
use polar_license::Config;
use polar_license::engine::{Look, Operation};
use polar_license::transport::{Answer, Failure, Sent};

use super::installation::{Installation, Next};
use super::polar::{Polar, SEAT_KEY};
use super::random::Random;

pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// The time from sending a request to its answer.
const LATENCY: u64 = 200;

/// The plan of one situation.
pub(crate) struct Situation {
    pub(crate) name: &'static str,
    /// For each installation: the times at which its app starts and ends.
    pub(crate) runs: Vec<Vec<(u64, u64)>>,
    /// The times at which customers without a license type in a key. These customers are the last installations.
    pub(crate) activations: BTreeMap<usize, u64>,
    /// The time from which figures are measured.
    pub(crate) measured: u64,
    pub(crate) end: u64,
    /// The time in which Polar cannot be reached.
    pub(crate) outage: (u64, u64),
    /// Whether all installations have one internet address in the measured time.
    pub(crate) one_address: bool,
    /// Whether every look of the automatic refresh is carried out, also those at which nothing is due.
    pub(crate) every_look: bool,
}

/// The figures of one situation. The times are in ms.
#[derive(Debug, Default, serde::Serialize)]
pub(crate) struct Figures {
    pub(crate) situation: &'static str,
    pub(crate) installations: usize,
    pub(crate) requests: u64,
    pub(crate) peak_per_second: u32,
    pub(crate) peak_per_minute: u32,
    /// The answers with status 429.
    pub(crate) rate_limited: u64,
    /// The time from the start of the measured time to the last 429.
    pub(crate) last_rate_limited_ms: u64,
    pub(crate) saves: u64,
    pub(crate) activations: usize,
    pub(crate) activations_without_result: usize,
    pub(crate) activation_attempts: u64,
    pub(crate) longest_activation_ms: u64,
    /// The licensed users who saw a notice, and those who lost access.
    pub(crate) users_with_notice: usize,
    pub(crate) users_without_access: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Start,
    Stop,
    /// The timer of the automatic refresh. It is void if another operation has set a later timer.
    Look {
        timer: u32,
    },
    /// The user enters a key.
    Enter,
    Send {
        run: u32,
    },
    Answer {
        run: u32,
    },
}

#[derive(Default)]
struct Around {
    run: u32,
    timer: u32,
    /// The answer that is on its way.
    answer: Option<Answer>,
    /// When the user entered the key for the first time.
    entered: Option<u64>,
    activating: bool,
    was_licensed: bool,
    saw_notice: bool,
    lost_access: bool,
}

pub(crate) struct World {
    situation: Situation,
    polar: Polar,
    installations: Vec<Installation>,
    around: Vec<Around>,
    events: BinaryHeap<Reverse<(u64, u64, usize, Event)>>,
    counter: u64,
    random: Random,
    seconds: BTreeMap<u64, u32>,
    figures: Figures,
}

impl World {
    /// Runs a situation. The result depends only on the situation and the seed.
    pub(crate) fn run(config: &Config, situation: Situation, seed: u64) -> Figures {
        let count = situation.runs.len();
        let mut world = Self {
            polar: Polar::new(),
            installations: (0..count).map(|number| Installation::new(config, number)).collect(),
            around: (0..count).map(|_| Around::default()).collect(),
            events: BinaryHeap::new(),
            counter: 0,
            random: Random(seed),
            seconds: BTreeMap::new(),
            figures: Figures { situation: situation.name, installations: count, ..Figures::default() },
            situation,
        };
        for number in 0..count {
            for (start, stop) in world.situation.runs[number].clone() {
                world.schedule(start, number, Event::Start);
                world.schedule(stop, number, Event::Stop);
            }
        }
        for (number, at) in world.situation.activations.clone() {
            world.schedule(at, number, Event::Enter);
        }
        while let Some(Reverse((now, _, number, event))) = world.events.pop() {
            if now >= world.situation.end {
                break;
            }
            world.happen(now, number, event);
        }
        world.finish()
    }

    fn schedule(&mut self, at: u64, number: usize, event: Event) {
        self.counter += 1;
        self.events.push(Reverse((at, self.counter, number, event)));
    }

    fn happen(&mut self, now: u64, number: usize, event: Event) {
        let run = self.around[number].run;
        match event {
            Event::Start => {
                let Next::Ended(_) = self.installations[number].start(now) else {
                    unreachable!("opening sends nothing")
                };
                self.note_decision(now, number);
                if !self.installations[number].is_licensed() && !self.situation.activations.contains_key(&number) {
                    let activate = Operation::Activate { key: Some(DEMO_KEY_PLAIN.into()), replace_previous: false };
                    self.begin(now, number, activate);
                } else {
                    self.look(now, number);
                }
            }
            Event::Stop => {
                self.installations[number].stop();
                self.around[number].run += 1;
                self.around[number].timer += 1;
            }
            Event::Look { timer } if timer == self.around[number].timer => self.look(now, number),
            Event::Enter => self.enter(now, number),
            Event::Send { run: of } if of == run => self.send(now, number),
            Event::Answer { run: of } if of == run => {
                let answer = self.around[number].answer.take().unwrap();
                let next = self.installations[number].answered(answer, now);
                self.go_on(now, number, next);
            }
            Event::Look { .. } | Event::Send { .. } | Event::Answer { .. } => {}
        }
    }

    /// Does what the automatic refresh does at a look.
    fn look(&mut self, now: u64, number: usize) {
        if self.installations[number].is_busy() {
            return self.look_at(now + SECOND, number);
        }
        match self.installations[number].look(now) {
            Look::Wait(pause) => self.look_at(now + pause.as_millis() as u64, number),
            Look::Refresh(patience) => self.begin(now, number, Operation::Refresh(patience)),
        }
    }

    fn look_at(&mut self, at: u64, number: usize) {
        self.around[number].timer += 1;
        let timer = self.around[number].timer;
        self.schedule(at, number, Event::Look { timer });
    }

    fn enter(&mut self, now: u64, number: usize) {
        if !self.installations[number].is_running() || self.installations[number].is_busy() {
            return self.schedule(now + SECOND, number, Event::Enter);
        }
        let around = &mut self.around[number];
        around.entered.get_or_insert(now);
        around.activating = true;
        self.figures.activation_attempts += 1;
        self.begin(now, number, Operation::Activate { key: Some(SEAT_KEY.into()), replace_previous: false });
    }

    fn begin(&mut self, now: u64, number: usize, operation: Operation) {
        let next = self.installations[number].begin(operation, now);
        self.go_on(now, number, next);
    }

    fn send(&mut self, now: u64, number: usize) {
        let measured = now >= self.situation.measured;
        if measured {
            self.figures.requests += 1;
            *self.seconds.entry(now / SECOND).or_default() += 1;
        }
        let request = self.installations[number].request();
        let answer = if (self.situation.outage.0..self.situation.outage.1).contains(&now) {
            Answer::failed(Failure::Network, Sent::No, "Polar cannot be reached")
        } else {
            let own = 0x0a00_0000 + u32::try_from(number).unwrap();
            let from = if measured && self.situation.one_address { 0x0b00_0001 } else { own };
            self.polar.answer(request, from, now)
        };
        if measured && matches!(answer, Answer::Reply { status: 429, .. }) {
            self.figures.rate_limited += 1;
            self.figures.last_rate_limited_ms = now - self.situation.measured;
        }
        self.around[number].answer = Some(answer);
        let run = self.around[number].run;
        self.schedule(now + LATENCY, number, Event::Answer { run });
    }

    fn go_on(&mut self, now: u64, number: usize, next: Next) {
        let outcome = match next {
            Next::Send(at) => {
                let run = self.around[number].run;
                return self.schedule(at, number, Event::Send { run });
            }
            Next::Ended(outcome) => outcome,
        };
        if std::mem::take(&mut self.around[number].activating) {
            self.activated(now, number, outcome.result.as_ref().err());
        }
        self.note_decision(now, number);
        self.installations[number].planned(now, outcome.wake_at);
        let next = if self.situation.every_look { Some(now) } else { outcome.wake_at };
        if let Some(at) = next {
            self.look_at(at.max(now + SECOND), number);
        }
    }

    /// Notes what the user sees.
    fn note_decision(&mut self, now: u64, number: usize) {
        let (notice, no_access) = self.installations[number].notices(now);
        let around = &mut self.around[number];
        around.was_licensed |= !no_access;
        if around.was_licensed && now >= self.situation.measured {
            around.saw_notice |= notice;
            around.lost_access |= no_access;
        }
    }

    fn activated(&mut self, now: u64, number: usize, error: Option<&polar_license::Error>) {
        let waited = now - self.around[number].entered.unwrap_or(now);
        let Some(error) = error else {
            self.figures.activations += 1;
            self.figures.longest_activation_ms = self.figures.longest_activation_ms.max(waited);
            return;
        };
        // the user tries again when the message says, within a few seconds
        let pause = error.retry_after().map_or(MINUTE, |wait| wait.as_millis() as u64);
        let reaction = SECOND + self.random.below(5_000) as u64;
        self.schedule(now + pause + reaction, number, Event::Enter);
    }

    fn finish(mut self) -> Figures {
        let mut minutes: BTreeMap<u64, u32> = BTreeMap::new();
        for (second, count) in &self.seconds {
            *minutes.entry(second / 60).or_default() += count;
        }
        let figures = &mut self.figures;
        figures.peak_per_second = self.seconds.values().copied().max().unwrap_or(0);
        figures.peak_per_minute = minutes.values().copied().max().unwrap_or(0);
        figures.saves = self.installations.iter().map(|installation| installation.saves).sum();
        figures.activations_without_result = self.situation.activations.len() - figures.activations;
        figures.users_with_notice = self.around.iter().filter(|around| around.saw_notice).count();
        figures.users_without_access = self.around.iter().filter(|around| around.lost_access).count();
        self.figures
    }
}
