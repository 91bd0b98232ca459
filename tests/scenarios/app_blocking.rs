//! Runs the scenarios' app on the blocking client.

use polar_license::Date;
use polar_license::blocking::{ActivateOptions, Client, Transport};
use polar_license::store::{Durability, Store, StoreError};
use polar_license::transport::{Answer, Failure, Request, Sent};
use serde_json::Value;

use super::format::{Operation, Step};
use super::typed::{Calls, configured, outcome, outcome_of_deactivation, outcome_with_text};
use super::world::{Around, Outcome, ProcessClock, read};

pub(crate) struct App {
    client: Client,
    portal: Calls,
}

impl App {
    pub(crate) fn open(settings: &str, clock: ProcessClock, around: Around) -> Self {
        let portal = Calls::of(&around);
        let builder = Client::builder(configured(settings)).clock(clock).transport(around.clone());
        let builder = match around.folder() {
            Some(folder) => builder.directory(folder),
            None => builder.store(around),
        };
        Self { client: builder.open().unwrap(), portal }
    }

    pub(crate) fn current(&self) -> Value {
        read(&self.client.current().to_json())
    }

    pub(crate) fn allows(&self, feature: &str) -> bool {
        self.client.allows(feature)
    }

    pub(crate) fn covers(&self, built: &str) -> bool {
        self.client.covers(built.parse::<Date>().unwrap())
    }

    pub(crate) fn carry_out(&self, step: &Step) -> Outcome {
        let client = &self.client;
        outcome(match step.operation.unwrap_or(Operation::Current) {
            Operation::Current => Ok(client.current()),
            Operation::Validate => Ok(client.validate()),
            Operation::Refresh => Ok(client.refresh()),
            Operation::Consume => client.consume(step.count),
            Operation::Forget => client.forget(),
            Operation::Activate => {
                let options = ActivateOptions::new().replace_previous(step.replace_previous);
                client.activate_with(step.key.as_deref().into_iter().fold(options, |options, key| options.key(key)))
            }
            Operation::Deactivate => {
                let done = client.deactivate();
                return outcome_of_deactivation(done.map(|done| (done.decision, done.deactivated)));
            }
            Operation::OfflineRequest => {
                return outcome_with_text(client.offline_request().map(|text| (client.current(), Some(text))));
            }
            Operation::OfflineAnswer => {
                let answer = client.offline_answer(step.text(), step.key.as_deref().unwrap());
                return outcome_with_text(answer.map(|answer| (answer.decision, Some(answer.text))));
            }
            Operation::OfflineImport => client.offline_import(step.text()),
            Operation::OfflineReturn => {
                return outcome_with_text(client.offline_return().map(|given| (given.decision, given.text)));
            }
            Operation::OfflineRelease => {
                let done = client.offline_release(step.text());
                return outcome_of_deactivation(done.map(|done| (done.decision, done.deactivated)));
            }
        })
    }

    pub(crate) fn call(&self, request: &str) -> Result<(String, Option<String>), String> {
        let portal = self.client.portal();
        self.portal.ended(portal.call(request, self.portal.handles(), self.portal.progress()))
    }

    pub(crate) fn cancel(&self) {
        self.client.cancel();
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
        Self::send(self, request).unwrap_or_else(|| Answer::Failed {
            failure: Failure::Network,
            sent: Sent::Maybe,
            message: String::from("cancelled"),
        })
    }
}
