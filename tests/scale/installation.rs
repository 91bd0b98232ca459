//! Simulates one installation of the app, with the real engine, the real watch of the automatic refresh, and a record in
//! memory.

use std::time::Duration;

use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Look, Operation, Outcome, Pacer, SendStep, Step, Watch};
use polar_license::time::Now;
use polar_license::transport::{Answer, Request};
use polar_license::{Config, Timestamp};

use super::polar::START;

pub(crate) struct Installation {
    config: Config,
    number: usize,
    stored: Option<Vec<u8>>,
    run: Option<Run>,
    /// The number of runs so far.
    runs: u64,
    pub(crate) saves: u64,
}

/// A run of the app, from its start to its end.
struct Run {
    engine: Engine,
    watch: Watch,
    /// The request that is waiting to be sent, or for its answer.
    sending: Option<SendStep>,
}

/// The next event in an installation.
pub(crate) enum Next {
    /// The operation sends a request at this time.
    Send(u64),
    /// The operation has ended.
    Ended(Box<Outcome>),
}

/// Returns the clock readings at a virtual time, in ms since [`START`].
pub(crate) fn at(ms: u64) -> Now {
    Now { wall: Timestamp::parse(START).unwrap().plus(Duration::from_millis(ms)), mono: ms }
}

impl Installation {
    pub(crate) fn new(config: &Config, number: usize) -> Self {
        Self { config: config.clone(), number, stored: None, run: None, runs: 0, saves: 0 }
    }

    /// Starts the app, which reads its record.
    pub(crate) fn start(&mut self, now: u64) -> Next {
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&self.number.to_le_bytes());
        seed[8..].copy_from_slice(&self.runs.to_le_bytes());
        self.runs += 1;
        let device = DeviceId::derive(&self.config.organization_id(), &self.number.to_string());
        let host = Host { device, system: "Debian 12".into(), seed, takes_turns: false };
        let engine = Engine::new(self.config.clone(), host, Pacer::new());
        self.run = Some(Run { engine, watch: Watch::new(at(now)), sending: None });
        self.begin(Operation::Open, now)
    }

    /// Ends the app.
    pub(crate) fn stop(&mut self) {
        self.run = None;
    }

    pub(crate) fn is_running(&self) -> bool {
        self.run.is_some()
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.sending.is_some())
    }

    pub(crate) fn is_licensed(&self) -> bool {
        self.stored.is_some()
    }

    /// Returns whether the user sees a notice, and whether the user has no access.
    pub(crate) fn notices(&mut self, now: u64) -> (bool, bool) {
        let decision = self.run.as_mut().unwrap().engine.current(at(now));
        (decision.notice(), !decision.allowed())
    }

    pub(crate) fn look(&mut self, now: u64) -> Look {
        self.run.as_mut().unwrap().watch.look(at(now), false)
    }

    pub(crate) fn planned(&mut self, now: u64, wake_at: Option<u64>) {
        self.run.as_mut().unwrap().watch.planned(at(now), wake_at);
    }

    pub(crate) fn begin(&mut self, operation: Operation, now: u64) -> Next {
        let step = self.run.as_mut().unwrap().engine.begin(operation, at(now));
        self.go_on(step, now)
    }

    /// Returns the request under way.
    pub(crate) fn request(&self) -> &Request {
        &self.run.as_ref().unwrap().sending.as_ref().unwrap().request
    }

    pub(crate) fn answered(&mut self, answer: Answer, now: u64) -> Next {
        let run = self.run.as_mut().unwrap();
        let step = run.sending.take().unwrap().resume(&mut run.engine, answer, at(now));
        self.go_on(step, now)
    }

    fn go_on(&mut self, mut step: Step, now: u64) -> Next {
        let run = self.run.as_mut().unwrap();
        loop {
            step = match step {
                Step::Store(mut step) => {
                    match step.merge(&run.engine, Ok(self.stored.as_deref()), at(now)) {
                        Change::Keep => {}
                        Change::Put(record, _) => {
                            self.stored = Some(record);
                            self.saves += 1;
                        }
                        Change::Remove => self.stored = None,
                    }
                    step.resume(&mut run.engine, Ok(()), at(now))
                }
                Step::Send(step) => {
                    let not_before = step.not_before.max(now);
                    run.sending = Some(step);
                    return Next::Send(not_before);
                }
                Step::Done(outcome) => return Next::Ended(Box::new(outcome)),
                Step::Turn(_) | Step::Join(_) => panic!("each has a record, and one operation at a time"),
            };
        }
    }
}
