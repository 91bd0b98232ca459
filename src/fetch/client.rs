//! The client of a web app: opened once, cloned to wherever it is needed.

use super::driver::{Driver, Listener, in_time};
use super::environment::{random, system_name};
use super::refresher::Refresher;
use super::storage::{NoStore, passing_device};
use super::{ActivateOptions, HttpTransport, Storage, Transport};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::device::DeviceId;
use crate::engine::{Deactivated, Engine, Host, Operation, Outcome, Pacer, Patience};
use crate::error::Error;
use crate::license::Decision;
use crate::store::{AsyncStore, StoreError};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// A license on this device: activates, validates, gates features. Clones are the same client.
///
/// | method | asks Polar | waits |
/// |---|---|---|
/// | [`current`](Self::current), [`allows`](Self::allows) | never | never |
/// | [`refresh`](Self::refresh) | if it is due; call it at start | 2 s at most where access is allowed |
/// | [`validate`](Self::validate) | always | 10 s at most |
/// | [`activate`](Self::activate), [`consume`](Self::consume), [`deactivate`](Self::deactivate) | always | 35 s at most |
///
/// Operations begin when they are first polled. Those that change something run one after the other, and validates at
/// the same time share one request. What dropping one does is said at the [module](super).
#[derive(Clone)]
pub struct Client(Rc<Parts>);

struct Parts {
    driver: Rc<Driver>,
    refresher: RefCell<Option<Refresher>>,
}

/// Opens a [`Client`] with other parts than the usual ones. Made by [`Client::builder`].
#[must_use = "a builder does nothing until `open` is called"]
pub struct ClientBuilder {
    config: Config,
    storage: Option<Storage>,
    store: Option<Box<dyn AsyncStore>>,
    transport: Option<Rc<dyn Transport>>,
    clock: Option<Rc<dyn Clock>>,
}

/// Ends the calls of a listener when dropped.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    driver: Rc<Driver>,
    id: u64,
}

impl Client {
    /// Reads what is stored in this browser. Asks nobody: [`refresh`](Self::refresh) does.
    ///
    /// Storage that cannot be read does not fail: the decision says so, and nobody is locked out by an error.
    pub async fn open(config: Config) -> Result<Self, Error> {
        Self::builder(config).open().await
    }

    /// For another storage, store, network stack or clock.
    pub fn builder(config: Config) -> ClientBuilder {
        ClientBuilder { config, storage: None, store: None, transport: None, clock: None }
    }

    /// Activates a license key on this device, and remembers it. Takes a seat only if the key has an activation limit
    /// and is not active here already.
    ///
    /// # Errors
    /// `refused` with the [reason](Error::reason) where Polar or the configuration says no; `storage` where a seat could
    /// not be remembered, so that none was taken (a license that needs none is active until the app ends, with that
    /// [problem](Decision::problem)); `network`, `timeout`, `server` and `rate_limited` where Polar
    /// did not answer; `invalid_argument` for what cannot be a key. After any of them a license that was here is as it
    /// was before. With [`Error::maybe_applied`] a seat may have been taken; the decision keeps saying so.
    pub async fn activate(&self, key: &str) -> Result<Decision, Error> {
        self.activate_with(ActivateOptions::new().key(key)).await
    }

    /// Activates the stored key again, or moves a license here. Errors as [`activate`](Self::activate).
    pub async fn activate_with(&self, options: ActivateOptions) -> Result<Decision, Error> {
        self.0.driver.run(options.into()).await.result
    }

    /// Asks Polar now. Not reaching it is no error: the decision stands, and its [problem](Decision::problem) says why.
    pub async fn validate(&self) -> Decision {
        self.0.driver.run(Operation::Validate).await.into_decision()
    }

    /// Asks Polar if it is time to, or if access is not allowed. Call it when the app starts.
    pub async fn refresh(&self) -> Decision {
        self.0.driver.run(Operation::Refresh(Patience::Short)).await.into_decision()
    }

    /// The decision at this instant, from memory.
    pub fn current(&self) -> Decision {
        self.0.driver.current()
    }

    /// Whether a feature is on at this instant, from memory.
    pub fn allows(&self, feature: &str) -> bool {
        self.0.driver.allows(feature)
    }

    /// Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
    ///
    /// # Errors
    /// `usage_exhausted` where fewer are left, `not_activated` without a license; otherwise as
    /// [`activate`](Self::activate). With [`Error::maybe_applied`] they may have been counted; they are never sent twice.
    pub async fn consume(&self, count: u32) -> Result<Decision, Error> {
        self.0.driver.run(Operation::Consume(count)).await.result
    }

    /// Gives the seat up and removes the license from this device.
    ///
    /// # Errors
    /// `not_activated` without a license; `network`, `timeout`, `server` and `rate_limited` where Polar did not answer:
    /// then nothing is removed.
    pub async fn deactivate(&self) -> Result<Deactivated, Error> {
        let Outcome { result, deactivated, .. } = self.0.driver.run(Operation::Deactivate).await;
        result.map(|_| deactivated.unwrap_or(Deactivated::NotNeeded))
    }

    /// Removes the license from this device without asking Polar. A seat stays taken until it is removed in Polar's
    /// customer portal; [`deactivate`](Self::deactivate) gives it up.
    ///
    /// # Errors
    /// `storage` where the record could not be removed.
    pub async fn forget(&self) -> Result<Decision, Error> {
        self.0.driver.run(Operation::Forget).await.result
    }

    /// Calls `listener` after every operation that changed the decision. It may call this client; but a confirmation is a
    /// change as well, so one that validates at every change never comes to rest.
    pub fn on_change(&self, listener: impl Fn(&Decision) + 'static) -> Subscription {
        let listener: Listener = Rc::new(listener);
        Subscription { id: self.0.driver.listen(listener), driver: Rc::clone(&self.0.driver) }
    }

    /// Refreshes when it is time, when the network comes back and when a hidden page is shown again, until stopped or
    /// until the last clone of this client is dropped.
    pub fn start_auto_refresh(&self) {
        let mut refresher = self.0.refresher.borrow_mut();
        if refresher.is_none() {
            *refresher = Some(Refresher::start(Rc::clone(&self.0.driver)));
        }
    }

    /// Stops what [`start_auto_refresh`](Self::start_auto_refresh) started. A request on its way is not taken back.
    pub fn stop_auto_refresh(&self) {
        let refresher = self.0.refresher.borrow_mut().take();
        drop(refresher);
    }

    /// Ends every operation under way: they return the kind `cancelled`, or the decision with that problem. An
    /// activation on its way may still take its seat; the decision keeps saying so.
    pub fn cancel(&self) {
        self.0.driver.cancel();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.current().state()).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Keeps the record in this storage of the browser instead of the usual one.
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = Some(storage);
        self
    }

    /// Keeps the record in the app's own store. Set [`device_id`](crate::ConfigBuilder::device_id) as well: otherwise a
    /// random id is kept in the browser's storage, and where there is none (in Node), each start is another device,
    /// which trusts no record of the one before.
    pub fn store(mut self, store: impl AsyncStore + 'static) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// Sends requests over the app's own network stack.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Rc::new(transport));
        self
    }

    /// Tells the time, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Rc::new(clock));
        self
    }

    /// Reads what is stored. See [`Client::open`].
    pub async fn open(self) -> Result<Client, Error> {
        let storage = self.storage.or_else(Storage::usual);
        let (device, kept) = device_of(&self.config, storage).await;
        let host = Host { device, system: system_name(), seed: random() };
        // requests of all clients leave from one address, but only one clock can pace them
        let pacer = if self.clock.is_some() { Pacer::new() } else { process_pacer() };
        let app_id = self.config.app_id().to_owned();
        let engine = Engine::new(self.config, host, pacer);
        let (product, device) = engine.record_tags();
        let store = self.store.unwrap_or_else(|| match (storage, kept) {
            // with a device id that is lost at the end, so would be what is stored under it, and a seat with it
            (_, Err(error)) => Box::new(NoStore::because(&error)),
            (Some(storage), Ok(())) => storage.record(&app_id, product, device),
            (None, Ok(())) => Box::new(NoStore::absent()),
        });
        let transport = self.transport.unwrap_or_else(|| Rc::new(HttpTransport::new()));
        let clock = self.clock.unwrap_or_else(|| Rc::new(SystemClock::new()));
        let driver = Rc::new(Driver::new(engine, store, transport, clock));
        driver.run(Operation::Open).await;
        Ok(Client(Rc::new(Parts { driver, refresher: RefCell::default() })))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.driver.unlisten(self.id);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The device's id, and whether it will be the same at the next start.
async fn device_of(config: &Config, storage: Option<Storage>) -> (DeviceId, Result<(), StoreError>) {
    let organization = config.organization_id();
    if let Some(id) = config.device_id() {
        return (DeviceId::from_app(&organization, id), Ok(()));
    }
    let source = match storage {
        Some(storage) => in_time(storage.device()).await,
        None => return (DeviceId::derive(&organization, &passing_device()), Ok(())),
    };
    match source {
        Ok(source) => (DeviceId::derive(&organization, &source), Ok(())),
        Err(error) => (DeviceId::derive(&organization, &passing_device()), Err(error)),
    }
}

fn process_pacer() -> Pacer {
    thread_local! {
        static PACER: Pacer = Pacer::new();
    }
    PACER.with(Pacer::clone)
}
