//! Runs the scenarios' app on the client for tokio. Each app has its own runtime, because in a scenario one process may
//! act while the request of another process is under way.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use polar_license::Date;
use polar_license::future::BoxFuture;
use polar_license::store::{AsyncStore, Durability, StoreError};
use polar_license::tokio::{ActivateOptions, Client};
use polar_license::transport::{Answer, AsyncTransport, Request};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::format::{Operation, Step};
use super::typed::{Calls, configured, outcome, outcome_of_deactivation, outcome_with_text};
use super::world::{Around, Outcome, ProcessClock, read};

pub(crate) struct App {
    client: Client,
    portal: Calls,
    runtime: Option<Runtime>,
}

impl App {
    pub(crate) fn open(settings: &str, clock: ProcessClock, around: Around) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let portal = Calls::of(&around);
        let builder = Client::builder(configured(settings)).clock(clock).transport(around.clone());
        let builder = match around.folder() {
            Some(folder) => builder.directory(folder),
            None => builder.store(around),
        };
        let client = end_of(runtime.spawn(builder.open())).unwrap().unwrap();
        Self { client, portal, runtime: Some(runtime) }
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
            Operation::Validate => Ok(end_of(client.validate())),
            Operation::Refresh => Ok(end_of(client.refresh())),
            Operation::Consume => end_of(client.consume(step.count)),
            Operation::Forget => end_of(client.forget()),
            Operation::Activate => {
                let options = ActivateOptions::new().replace_previous(step.replace_previous);
                end_of(
                    client
                        .activate_with(step.key.as_deref().into_iter().fold(options, |options, key| options.key(key))),
                )
            }
            Operation::Deactivate => {
                let done = end_of(client.deactivate());
                return outcome_of_deactivation(done.map(|done| (done.decision, done.deactivated)));
            }
            Operation::OfflineRequest => {
                let request = end_of(client.offline_request());
                return outcome_with_text(request.map(|text| (client.current(), Some(text))));
            }
            Operation::OfflineAnswer => {
                let answer = end_of(client.offline_answer(step.text(), step.key.as_deref().unwrap()));
                return outcome_with_text(answer.map(|answer| (answer.decision, Some(answer.text))));
            }
            Operation::OfflineImport => end_of(client.offline_import(step.text())),
            Operation::OfflineReturn => {
                let given = end_of(client.offline_return());
                return outcome_with_text(given.map(|given| (given.decision, given.text)));
            }
            Operation::OfflineRelease => {
                let done = end_of(client.offline_release(step.text()));
                return outcome_of_deactivation(done.map(|done| (done.decision, done.deactivated)));
            }
        })
    }

    pub(crate) fn call(&self, request: &str) -> Result<(String, Option<String>), String> {
        let portal = self.client.portal();
        self.portal.ended(end_of(portal.call(request, self.portal.handles(), self.portal.progress())))
    }

    pub(crate) fn cancel(&self) {
        self.client.cancel();
    }
}

/// Shuts the runtime down without blocking, because a process may end on a thread of another process's runtime, where
/// nothing may block.
impl Drop for App {
    fn drop(&mut self) {
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

/// Runs an operation to its end with a simple executor. The client's futures need nothing of tokio, and tokio's
/// executor would not run on a thread of another app's runtime.
fn end_of<T>(operation: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut operation = pin!(operation);
    loop {
        match operation.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

impl AsyncStore for Around {
    fn load(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(ready(Self::load(self)))
    }

    fn save<'a>(&'a self, record: &'a [u8], _: Durability) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(ready(Self::save(self, record)))
    }

    fn remove(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(ready(Self::remove(self)))
    }
}

impl AsyncTransport for Around {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Answer> {
        match Self::send(self, request) {
            Some(answer) => Box::pin(ready(answer)),
            None => Box::pin(pending()),
        }
    }
}
