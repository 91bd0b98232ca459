//! Drives the engine with any sequence of operations, answers, failures of the store, changes of the clock, and ends of
//! processes.

use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Operation, Outcome, Pacer, Patience, Step, Turn};
use polar_license::time::Now;
use polar_license::transport::Request;
use polar_license::{Config, Timestamp, TypedKey};

use super::polar::Polar;
use super::{KEY, ORGANIZATION, assert_printable};

/// 2026-11-21T12:00:00Z.
const START_MS: i64 = 1_795_262_400_000;
/// The limit of steps for one operation. Every operation needs fewer.
const MOST_STEPS: usize = 80;

/// Runs a world. The world makes one choice for each byte, in this order, and ends after the last byte.
pub fn run(data: &[u8]) {
    let mut world = World::new(data);
    while !world.choices.is_empty() {
        world.act();
    }
}

/// A device with one process, and Polar with one key.
pub(crate) struct World<'a> {
    choices: &'a [u8],
    engine: Engine,
    pub(crate) stored: Option<Vec<u8>>,
    now: Now,
    polar: Polar,
}

impl<'a> World<'a> {
    pub(crate) fn new(choices: &'a [u8]) -> Self {
        let now = Now { wall: Timestamp::from_unix_ms(START_MS), mono: 1_000 };
        let engine = engine();
        let mut world = Self { choices, engine, stored: None, now, polar: Polar::default() };
        world.run(Operation::Open);
        world
    }

    /// Returns the next choice, or 0 if no choice is left.
    fn choose(&mut self) -> u8 {
        let Some((choice, rest)) = self.choices.split_first() else { return 0 };
        self.choices = rest;
        *choice
    }

    pub(crate) fn act(&mut self) {
        match self.choose() % 16 {
            0..=2 => self.run(Operation::Validate),
            3 => self.run(Operation::Refresh(Patience::Short)),
            4 => self.run(Operation::Refresh(Patience::Full)),
            5 => self.run(Operation::Refresh(Patience::Woken)),
            6 => {
                let count = u32::from(self.choose());
                self.run(Operation::Consume(count));
            }
            7..=9 => self.run(activate(false)),
            10 => {
                let key = self.choose().is_multiple_of(2).then(|| KEY.into());
                self.run(Operation::Activate { key, replace_previous: true });
            }
            11 => self.run(Operation::Deactivate),
            12 => self.run(Operation::Forget),
            13 => {
                self.engine = engine();
                self.run(Operation::Open);
            }
            14 => {
                let hours = i64::from(self.choose()) - 100;
                let ms = hours * 3_600_000;
                self.now.wall = Timestamp::from_unix_ms(self.now.wall.unix_ms() + ms);
                self.now.mono += ms.max(0).unsigned_abs();
            }
            _ => {
                let at = usize::from(self.choose());
                let with = self.choose();
                if let Some(byte) = self.stored.as_mut().and_then(|stored| stored.get_mut(at)) {
                    *byte ^= with;
                }
            }
        }
    }

    fn run(&mut self, operation: Operation) {
        self.polar.released = None;
        let most_activations =
            if matches!(operation, Operation::Activate { replace_previous: true, .. }) { 2 } else { 1 };
        let may_count = matches!(operation, Operation::Consume(_));
        let mut activations = 0;
        let mut counted = 0;
        let mut step = self.engine.begin(operation, self.now);
        for _ in 0..MOST_STEPS {
            step = match step {
                Step::Store(mut step) => {
                    self.pass(step.not_before.saturating_sub(self.now.mono));
                    let choice = if self.choices.is_empty() { 0 } else { self.choose() };
                    let read = if choice == 255 { Err(()) } else { Ok(self.stored.as_deref()) };
                    let change = step.merge(&self.engine, read, self.now);
                    let written = self.write(change, choice);
                    step.resume(&mut self.engine, written, self.now)
                }
                Step::Send(step) => {
                    self.pass(step.not_before.saturating_sub(self.now.mono).saturating_add(600));
                    activations += u32::from(step.request.url.ends_with("/activate"));
                    counted += u32::from(step.request.body.contains("increment_usage"));
                    let choice = self.choose();
                    let Request { url, body, .. } = &step.request;
                    let answer = self.polar.answer(choice, url, body, self.now.wall);
                    step.resume(&mut self.engine, answer, self.now)
                }
                Step::Join(step) => step.resume(&mut self.engine, self.now),
                Step::Turn(step) => step.resume(&mut self.engine, Turn::Taken, self.now),
                Step::Done(outcome) => {
                    assert!(activations <= most_activations, "an activation was sent {activations} times");
                    assert!(counted <= u32::from(may_count), "usage was counted {counted} times");
                    return self.check(&outcome);
                }
            };
        }
        panic!("the operation does not end");
    }

    fn check(&mut self, outcome: &Outcome) {
        let decision = match &outcome.result {
            Ok(decision) => decision,
            Err(error) => {
                assert_printable(&error.to_string());
                assert_printable(&error.to_json());
                error.decision().expect("an error has a decision")
            }
        };
        assert_printable(&decision.to_json());
        assert!(!decision.allowed() || self.polar.confirmed, "access without a confirmation");
        let seat = decision.license().and_then(|license| license.activation_id).map(|id| id.to_string());
        let own = decision.allowed() && outcome.result.is_ok() && seat.is_some() && seat == self.polar.released;
        assert!(!own, "the device released its own seat");
        let current = self.engine.current(self.now);
        assert_eq!(current.state(), decision.state());
    }

    fn pass(&mut self, ms: u64) {
        self.now.mono = self.now.mono.saturating_add(ms);
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        self.now.wall = Timestamp::from_unix_ms(self.now.wall.unix_ms().saturating_add(ms));
    }

    fn write(&mut self, change: Change, choice: u8) -> Result<(), String> {
        let failed = Err(String::from("no space left"));
        match (change, choice) {
            (_, 255) => return failed,
            (Change::Keep, _) => {}
            (_, 240..=247) => return failed,
            (Change::Put(record, _), _) => self.stored = Some(record),
            (Change::Remove, _) => self.stored = None,
        }
        // the record was written before the sync failed, so the failure is reported after the write
        if matches!(choice, 248..=254) { failed } else { Ok(()) }
    }
}

pub(crate) fn engine() -> Engine {
    let config = Config::builder(ORGANIZATION, "com.acme.app").label("Till 7").build().expect("a valid configuration");
    let host = Host {
        device: DeviceId::derive(&config.organization_id(), "here"),
        system: "Debian 12".into(),
        seed: [7; 16],
        takes_turns: false,
    };
    Engine::new(config, host, Pacer::new())
}

pub(crate) fn activate(replace_previous: bool) -> Operation {
    Operation::Activate { key: Some(TypedKey::from(KEY)), replace_previous }
}
