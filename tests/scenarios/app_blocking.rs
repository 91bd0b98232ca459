//! An app on the blocking client, as the scenarios run it.

use polar_license::blocking::{ActivateOptions, Client, Transport};
use polar_license::engine::Deactivated;
use polar_license::store::{Durability, Store, StoreError};
use polar_license::transport::{Answer, Failure, Request, Sent};
use polar_license::{Config, Date, Decision, Error};

use super::world::{Around, ProcessClock};

pub(crate) struct App(Client);

impl App {
    pub(crate) fn open(config: Config, clock: ProcessClock, around: Around) -> Self {
        Self(Client::builder(config).clock(clock).store(around.clone()).transport(around).open().unwrap())
    }

    pub(crate) fn current(&self) -> Decision {
        self.0.current()
    }

    pub(crate) fn allows(&self, feature: &str) -> bool {
        self.0.allows(feature)
    }

    pub(crate) fn covers(&self, built: Date) -> bool {
        self.0.covers(built)
    }

    pub(crate) fn activate(&self, key: Option<&str>, replace_previous: bool) -> Result<Decision, Error> {
        let options = ActivateOptions::new().replace_previous(replace_previous);
        self.0.activate_with(key.into_iter().fold(options, |options, key| options.key(key)))
    }

    pub(crate) fn validate(&self) -> Decision {
        self.0.validate()
    }

    pub(crate) fn refresh(&self) -> Decision {
        self.0.refresh()
    }

    pub(crate) fn consume(&self, count: u32) -> Result<Decision, Error> {
        self.0.consume(count)
    }

    pub(crate) fn deactivate(&self) -> Result<Deactivated, Error> {
        Ok(self.0.deactivate()?.deactivated)
    }

    pub(crate) fn forget(&self) -> Result<Decision, Error> {
        self.0.forget()
    }

    pub(crate) fn cancel(&self) {
        self.0.cancel();
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
    fn post(&self, request: &Request) -> Answer {
        // a cancelled operation does not wait for what its transport says
        Self::post(self, request).unwrap_or_else(|| Answer::Failed {
            failure: Failure::Network,
            sent: Sent::Maybe,
            message: String::from("cancelled"),
        })
    }
}
