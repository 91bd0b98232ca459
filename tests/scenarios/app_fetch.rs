//! An app on the async client, as the scenarios run it. Everything around it answers at once, so that an operation is
//! over when it has been polled once, and the scenarios need no executor.

use std::future::{pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use polar_license::engine::Deactivated;
use polar_license::fetch::{ActivateOptions, Client};
use polar_license::future::LocalBoxFuture;
use polar_license::store::{Durability, LocalAsyncStore, StoreError};
use polar_license::transport::{Answer, LocalAsyncTransport, Request};
use polar_license::{Config, Date, Decision, Error};

use super::world::{Around, ProcessClock};

pub(crate) struct App(Client);

impl App {
    pub(crate) fn open(config: Config, clock: ProcessClock, around: Around) -> Self {
        Self(at_once(Client::builder(config).clock(clock).store(around.clone()).transport(around).open()).unwrap())
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
        at_once(self.0.activate_with(key.into_iter().fold(options, |options, key| options.key(key))))
    }

    pub(crate) fn validate(&self) -> Decision {
        at_once(self.0.validate())
    }

    pub(crate) fn refresh(&self) -> Decision {
        at_once(self.0.refresh())
    }

    pub(crate) fn consume(&self, count: u32) -> Result<Decision, Error> {
        at_once(self.0.consume(count))
    }

    pub(crate) fn deactivate(&self) -> Result<Deactivated, Error> {
        Ok(at_once(self.0.deactivate())?.deactivated)
    }

    pub(crate) fn forget(&self) -> Result<Decision, Error> {
        at_once(self.0.forget())
    }

    pub(crate) fn cancel(&self) {
        self.0.cancel();
    }
}

fn at_once<T>(operation: impl Future<Output = T>) -> T {
    match pin!(operation).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits for something"),
    }
}

impl LocalAsyncStore for Around {
    fn load(&self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(ready(Self::load(self)))
    }

    fn save<'a>(&'a self, record: &'a [u8], _: Durability) -> LocalBoxFuture<'a, Result<(), StoreError>> {
        Box::pin(ready(Self::save(self, record)))
    }

    fn remove(&self) -> LocalBoxFuture<'_, Result<(), StoreError>> {
        Box::pin(ready(Self::remove(self)))
    }
}

impl LocalAsyncTransport for Around {
    fn post<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Answer> {
        match Self::post(self, request) {
            Some(answer) => Box::pin(ready(answer)),
            None => Box::pin(pending()),
        }
    }
}
