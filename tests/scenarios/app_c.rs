//! Runs the scenarios' app on the functions of the C library.

use polar_license::blocking::Transport;
use polar_license::store::{Durability, Store, StoreError};
use polar_license::transport::{Answer, Failure, Request, Sent};
use serde_json::Value;

use super::format::{Operation, Step};
use super::library::{Ended, License, Parts, Place};
use super::world::{Around, Outcome, ProcessClock};

pub(crate) struct App {
    license: License,
    around: Around,
}

impl App {
    pub(crate) fn open(settings: &str, clock: ProcessClock, around: Around) -> Self {
        let transport: Box<dyn Transport> = Box::new(around.clone());
        let place = match around.folder() {
            Some(folder) => Place::Folder(folder),
            None => Place::Store(Box::new(around.clone())),
        };
        let parts = Parts { place, clock: Box::new(clock), transport: Some(transport) };
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
        let ended = match step.operation.unwrap_or(Operation::Current) {
            Operation::Current => Ended::Decision(license.current()),
            Operation::Validate => license.validate(),
            Operation::Refresh => license.refresh(),
            Operation::Consume => license.consume(step.count),
            Operation::Forget => license.forget(),
            Operation::StartTrial => license.start_trial(),
            Operation::Activate => license.activate(step.key.as_deref(), step.replace_previous),
            Operation::Deactivate => license.deactivate(),
            Operation::OfflineRequest => license.offline_request(),
            Operation::OfflineAnswer => license.offline_answer(step.text(), step.key.as_deref().unwrap()),
            Operation::OfflineImport => license.offline_import(step.text()),
            Operation::OfflineReturn => license.offline_return(),
            Operation::OfflineRelease => license.offline_release(step.text()),
        };
        match ended {
            Ended::Decision(decision) => Outcome::of(decision),
            Ended::Deactivated(decision, deactivated) => {
                Outcome { deactivated: Some(deactivated), ..Outcome::of(decision) }
            }
            Ended::Text(decision, text) => Outcome { text, ..Outcome::of(decision) },
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
