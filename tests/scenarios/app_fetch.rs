//! Runs the scenarios' app on the async client. The store and the transport answer at once, so an operation ends when
//! it is polled for the first time, and the scenarios need no executor.

use std::future::{pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use polar_license::Date;
use polar_license::fetch::{ActivateOptions, Client};
use polar_license::future::LocalBoxFuture;
use polar_license::store::{Durability, LocalAsyncStore, StoreError};
use polar_license::transport::{Answer, LocalAsyncTransport, Request};
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
        assert!(around.folder().is_none(), "a page has no files");
        let portal = Calls::of(&around);
        let builder = Client::builder(configured(settings)).clock(clock).store(around.clone()).transport(around);
        Self { client: at_once(builder.open()).unwrap(), portal }
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
            Operation::Validate => Ok(at_once(client.validate())),
            Operation::Refresh => Ok(at_once(client.refresh())),
            Operation::Consume => at_once(client.consume(step.count)),
            Operation::Forget => at_once(client.forget()),
            Operation::Activate => {
                let options = ActivateOptions::new().replace_previous(step.replace_previous);
                at_once(
                    client
                        .activate_with(step.key.as_deref().into_iter().fold(options, |options, key| options.key(key))),
                )
            }
            Operation::Deactivate => {
                let done = at_once(client.deactivate());
                return outcome_of_deactivation(done.map(|done| (done.decision, done.deactivated)));
            }
            Operation::OfflineRequest => {
                let request = at_once(client.offline_request());
                return outcome_with_text(request.map(|text| (client.current(), Some(text))));
            }
            Operation::OfflineImport => at_once(client.offline_import(step.text())),
            Operation::OfflineReturn => {
                let given = at_once(client.offline_return());
                return outcome_with_text(given.map(|given| (given.decision, given.text)));
            }
            Operation::OfflineAnswer | Operation::OfflineRelease => {
                panic!("a web page does not act for another computer")
            }
        })
    }

    pub(crate) fn call(&self, request: &str) -> Result<(String, Option<String>), String> {
        let portal = self.client.portal();
        self.portal.ended(at_once(portal.call(request, self.portal.handles(), self.portal.progress())))
    }

    pub(crate) fn cancel(&self) {
        self.client.cancel();
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
    fn send<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Answer> {
        match Self::send(self, request) {
            Some(answer) => Box::pin(ready(answer)),
            None => Box::pin(pending()),
        }
    }
}
