//! Processes that share a record take turns at asking Polar. When one has received an answer, the others read it from
//! the record.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "steps/polar.rs"]
mod polar;

use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Operation, Outcome, Pacer, Patience, Step, Turn, TurnStep};
use polar_license::time::Now;
use polar_license::{Config, ErrorKind, State, Timestamp};
use std::time::Duration;

const KEY: &str = "TURN-D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";

/// A device. Several processes share the record on it.
struct Device {
    stored: Option<Vec<u8>>,
    now: Now,
    /// The time that a request takes.
    latency: Duration,
    requests: Vec<String>,
    /// When each request was sent, by the monotonic clock.
    sent: Vec<u64>,
}

/// The step at which the execution of an operation stops: it needs the turn, or it has ended.
enum Stop {
    Turn(TurnStep),
    Done(Outcome),
}

impl Device {
    fn new() -> Self {
        let now = Now { wall: Timestamp::from_unix_ms(1_795_000_000_000), mono: 1_000 };
        let latency = Duration::from_millis(600);
        Self { stored: None, now, latency, requests: Vec::new(), sent: Vec::new() }
    }

    /// Returns a device whose license is due to be refreshed.
    fn due() -> Self {
        let mut device = Self::new();
        let mut engine = device.start();
        let activate = Operation::Activate { key: Some(KEY.into()), replace_previous: false };
        device.alone(&mut engine, activate).result.unwrap();
        device.pass(Duration::from_secs(25 * 60 * 60));
        device.requests.clear();
        device
    }

    fn start(&mut self) -> Engine {
        let config = Config::builder(polar::ORGANIZATION, "com.acme.app").build().unwrap();
        let device = DeviceId::derive(&config.organization_id(), "here");
        let host = Host { device, system: "Debian 12".into(), seed: [7; 16], takes_turns: true };
        let mut engine = Engine::new(config, host, Pacer::new());
        let step = engine.begin(Operation::Open, self.now);
        let Stop::Done(outcome) = self.go_on(&mut engine, step) else { panic!("opening takes no turn") };
        outcome.result.unwrap();
        engine
    }

    fn go_on(&mut self, engine: &mut Engine, mut step: Step) -> Stop {
        loop {
            step = match step {
                Step::Turn(step) => return Stop::Turn(step),
                Step::Store(mut step) => {
                    match step.merge(engine, Ok(self.stored.as_deref()), self.now) {
                        Change::Keep => {}
                        Change::Put(record, _) => self.stored = Some(record),
                        Change::Remove => self.stored = None,
                    }
                    step.resume(engine, Ok(()), self.now)
                }
                Step::Send(step) => {
                    self.pass(Duration::from_millis(step.not_before.saturating_sub(self.now.mono)));
                    self.sent.push(self.now.mono);
                    self.pass(self.latency);
                    self.requests.push(polar::endpoint(&step.request).to_owned());
                    let answer = polar::answer(&step.request, self.now);
                    step.resume(engine, answer, self.now)
                }
                Step::Join(_) => panic!("one operation at a time"),
                Step::Done(outcome) => return Stop::Done(outcome),
            };
        }
    }

    /// Runs an operation while no other process is asking Polar.
    fn alone(&mut self, engine: &mut Engine, operation: Operation) -> Outcome {
        let step = engine.begin(operation, self.now);
        match self.go_on(engine, step) {
            Stop::Turn(turn) => self.take(engine, turn, Turn::Taken),
            Stop::Done(outcome) => outcome,
        }
    }

    fn take(&mut self, engine: &mut Engine, turn: TurnStep, how: Turn) -> Outcome {
        let step = turn.resume(engine, how, self.now);
        match self.go_on(engine, step) {
            Stop::Turn(_) => panic!("a process has one turn"),
            Stop::Done(outcome) => outcome,
        }
    }

    fn pass(&mut self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap();
        self.now.mono += ms;
        self.now.wall = self.now.wall.plus(time);
    }
}

/// Runs the same operation in several processes at once. The first process asks Polar while the others wait. Returns
/// the requests.
fn at_once(count: usize, operation: &Operation) -> Vec<String> {
    let mut device = Device::due();
    let mut waiting: Vec<(Engine, TurnStep)> = Vec::new();
    for _ in 0..count {
        let mut engine = device.start();
        let step = engine.begin(operation.clone(), device.now);
        match device.go_on(&mut engine, step) {
            Stop::Turn(turn) => waiting.push((engine, turn)),
            Stop::Done(outcome) => panic!("{outcome:?}"),
        }
    }
    for (number, (mut engine, turn)) in waiting.into_iter().enumerate() {
        let decision = device.take(&mut engine, turn, Turn::Taken).result.unwrap();
        assert_eq!((decision.state(), decision.problem()), (State::Active, None), "process {number}");
    }
    device.requests
}

#[test]
fn thirty_two_processes_that_are_due_at_once_send_one_request() {
    assert_eq!(at_once(32, &Operation::Refresh(Patience::Short)), ["validate"]);
    assert_eq!(at_once(32, &Operation::Refresh(Patience::Full)), ["validate"]);
    assert_eq!(at_once(32, &Operation::Validate), ["validate"]);
}

#[test]
fn every_process_sends_the_changes_it_was_asked_for() {
    assert_eq!(at_once(3, &Operation::Consume(1)), ["validate"; 3]);
}

#[test]
fn a_process_that_knows_an_older_request_learns_of_newer_ones_before_it_sends() {
    let mut device = Device::due();
    device.latency = Duration::from_millis(20);
    let mut first = device.start();
    device.alone(&mut first, Operation::Validate).result.unwrap();
    let processes: Vec<Engine> = (0..6).map(|_| device.start()).collect();
    for mut engine in processes {
        device.alone(&mut engine, Operation::Consume(1)).result.unwrap();
    }
    let sent = device.sent.windows(3).map(|three| three[2] - three[0]);
    assert!(sent.clone().all(|apart| apart >= 1_000), "three requests in a second: {:?}", device.sent);
}

#[test]
fn at_most_two_requests_leave_in_any_second_whatever_happens_to_the_license() {
    let activate = || Operation::Activate { key: Some(KEY.into()), replace_previous: false };
    let mut device = Device::due();
    device.latency = Duration::from_millis(20);
    device.sent.clear();
    for operation in [
        Operation::Validate,
        Operation::Deactivate,
        activate(),
        Operation::Forget,
        activate(),
        Operation::Deactivate,
        Operation::Forget,
        activate(),
    ] {
        let mut process = device.start();
        device.alone(&mut process, operation).result.unwrap();
    }
    let sent = device.sent.windows(3).map(|three| three[2] - three[0]);
    assert!(sent.clone().all(|apart| apart >= 1_000), "three requests in a second: {:?}", device.sent);
}

#[test]
fn a_refresh_that_is_not_due_takes_no_turn() {
    let mut device = Device::due();
    let mut engine = device.start();
    device.alone(&mut engine, Operation::Validate).result.unwrap();
    device.requests.clear();
    let step = engine.begin(Operation::Refresh(Patience::Short), device.now);
    assert!(matches!(device.go_on(&mut engine, step), Stop::Done(_)));
    assert_eq!(device.requests, [""; 0]);
}

#[test]
fn a_turn_that_never_comes_is_reported_as_a_time_out() {
    let mut device = Device::due();
    let mut engine = device.start();
    for (operation, fails) in [
        (Operation::Validate, false),
        (Operation::Refresh(Patience::Short), false),
        (Operation::Consume(1), true),
        (Operation::Deactivate, true),
    ] {
        let step = engine.begin(operation.clone(), device.now);
        let Stop::Turn(turn) = device.go_on(&mut engine, step) else { panic!("{operation:?} takes a turn") };
        assert!(turn.until > device.now.mono, "{operation:?}");
        let outcome = device.take(&mut engine, turn, Turn::Late);
        assert_eq!(outcome.result.is_err(), fails, "{operation:?}");
        let decision = outcome.into_decision();
        assert_eq!(decision.problem().unwrap().kind, ErrorKind::Timeout, "{operation:?}");
        assert!(decision.allowed());
    }
    assert_eq!(device.requests, [""; 0], "nothing was sent");
}

#[test]
fn a_deactivation_that_waited_reads_again() {
    let mut device = Device::due();
    let (mut first, mut second) = (device.start(), device.start());
    let step = first.begin(Operation::Deactivate, device.now);
    let Stop::Turn(turn) = device.go_on(&mut first, step) else { panic!("a deactivation takes a turn") };
    device.alone(&mut second, Operation::Deactivate).result.unwrap();
    let error = device.take(&mut first, turn, Turn::Taken).result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotActivated);
    assert_eq!(device.requests, ["deactivate"]);
}
