//! Runs the scenarios' app on the functions of the C library.

use polar_license::blocking::Transport;
use polar_license::store::{Durability, Store, StoreError};
use polar_license::transport::{Answer, Failure, Request, Sent};
use serde_json::Value;

use super::format::{Operation, Step};
use super::library::{Ended, License, Parts};
use super::world::{Around, Outcome, ProcessClock};

pub(crate) struct App {
    license: License,
    around: Around,
}

impl App {
    pub(crate) fn open(settings: &str, clock: ProcessClock, around: Around) -> Self {
        let transport: Box<dyn Transport> = Box::new(around.clone());
        let parts = Parts { store: Box::new(around.clone()), clock: Box::new(clock), transport: Some(transport) };
        Self { license: License::open(settings, parts), around }
    }

    pub(crate) fn current(&self) -> Value {
        self.license.current()
    }

    pub(crate) fn allows(&self, feature: &str) -> bool {
        self.license.allows(feature)
    }

    pub(crate) fn covers(&self, built: &str) -> bool {
        self.license.covers(built)
    }

    pub(crate) fn carry_out(&self, step: &Step) -> Outcome {
        let license = &self.license;
        let (ended, deactivated) = match step.operation.unwrap_or(Operation::Current) {
            Operation::Current => (Ended::Decision(license.current()), None),
            Operation::Validate => (license.validate(), None),
            Operation::Refresh => (license.refresh(), None),
            Operation::Consume => (license.consume(step.count), None),
            Operation::Forget => (license.forget(), None),
            Operation::Activate => (license.activate(step.key.as_deref(), step.replace_previous), None),
            Operation::Deactivate => license.deactivate(),
            Operation::OfflineRequest
            | Operation::OfflineAnswer
            | Operation::OfflineImport
            | Operation::OfflineReturn
            | Operation::OfflineRelease => panic!("tests/c_functions.rs leaves these scenarios out"),
        };
        match ended {
            Ended::Decision(decision) => Outcome { deactivated, ..Outcome::of(decision) },
            Ended::Error(error) => Outcome::failed(error),
        }
    }

    pub(crate) fn call(&self, request: &str) -> Result<(String, Option<String>), String> {
        let report = |stage: &str, waited, next_in| self.around.report(stage, waited, next_in);
        self.license.call(request, &report).map_err(|error| error.to_string())
    }

    pub(crate) fn cancel(&self) {
        self.license.cancel();
    }
}

impl Store for Around {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Self::load(self)
    }

    fn save(&self, record: &[u8], _: Durability) -> Result<(), StoreError> {
        Self::save(self, record)
    }

    fn remove(&self) -> Result<(), StoreError> {
        Self::remove(self)
    }
}

impl Transport for Around {
    fn send(&self, request: &Request) -> Answer {
        // a cancelled operation does not wait for the answer of its transport
        Self::send(self, request).unwrap_or_else(|| Answer::failed(Failure::Network, Sent::Maybe, "cancelled"))
    }
}
