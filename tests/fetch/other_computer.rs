//! A computer with a network that acts for a web page on another computer. The client for web pages cannot do that, so
//! this computer carries out the engine's steps by hand, and keeps each record in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use polar_license::clock::Clock;
use polar_license::config::ConfigBuilder;
use polar_license::device::DeviceId;
use polar_license::engine::{
    Change, Deactivated, Engine, Host, OfflineRequest, Operation, Outcome, Pacer, ReturnedSeats, Step,
};
use polar_license::fetch::HttpTransport;
use polar_license::store::{MemoryStore, Store};
use polar_license::transport::LocalAsyncTransport;
use polar_license::{Config, Error};

use super::server::TestClock;

pub(crate) struct OtherComputer {
    config: Config,
    clock: TestClock,
    records: RefCell<BTreeMap<String, Rc<MemoryStore>>>,
}

impl OtherComputer {
    pub(crate) fn new(config: ConfigBuilder, clock: &TestClock) -> Self {
        Self { config: config.build().unwrap(), clock: clock.clone(), records: RefCell::default() }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: &str, key: &str) -> Result<String, Error> {
        let request = OfflineRequest::read(&self.config, request)?;
        let device = request.device().clone();
        let outcome = self.run(device, Operation::OfflineAnswer { request, key: key.into() }).await;
        outcome.result.map(|_| outcome.text.unwrap().into_string())
    }

    /// Releases the seats that a return gives up.
    pub(crate) async fn release(&self, text: &str) -> Result<Deactivated, Error> {
        let returned = ReturnedSeats::read(&self.config, text)?;
        let outcome = self.run(returned.device().clone(), Operation::OfflineRelease(returned)).await;
        outcome.result.map(|_| outcome.deactivated.unwrap())
    }

    async fn run(&self, device: DeviceId, operation: Operation) -> Outcome {
        let store = Rc::clone(self.records.borrow_mut().entry(format!("{device:?}")).or_default());
        let host = Host { device, system: "Debian 12".into(), seed: [7; 16], takes_turns: false };
        let mut engine = Engine::new(self.config.clone(), host, Pacer::new());
        let mut step = engine.begin(operation, self.clock.now());
        loop {
            step = match step {
                Step::Store(mut step) => {
                    let stored = store.load().unwrap();
                    match step.merge(&engine, Ok(stored.as_deref()), self.clock.now()) {
                        Change::Keep => {}
                        Change::Put(record, durability) => store.save(&record, durability).unwrap(),
                        Change::Remove => store.remove().unwrap(),
                    }
                    step.resume(&mut engine, Ok(()), self.clock.now())
                }
                Step::Send(step) => {
                    let answer = HttpTransport::new().send(&step.request).await;
                    step.resume(&mut engine, answer, self.clock.now())
                }
                Step::Join(_) | Step::Turn(_) => panic!("nothing else runs"),
                Step::Done(outcome) => return outcome,
            }
        }
    }
}
