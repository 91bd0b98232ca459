//! The client of a web app: opened once, cloned to wherever it is needed.

use super::driver::{Driver, Listener, in_time};
use super::environment::{random, system_name};
use super::http::HttpTransport;
use super::refresher::Refresher;
use super::storage::{NoStore, Storage};
use crate::client::methods::methods;
use crate::client::opening::{self, Machine, Opened};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::decision::Decision;
use crate::engine::Operation;
use crate::error::Error;
use crate::store::LocalAsyncStore;
use crate::transport::LocalAsyncTransport;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

#[doc = include_str!("../client/client.md")]
///
/// Operations begin when they are first polled. The [module](super) says what dropping one does.
///
/// ```no_run
/// # async fn f(client: polar_license::fetch::Client, key: &str, show: fn(&str)) {
/// match client.activate(key).await {
///     Ok(license) => show(license.message()),
///     Err(error) => show(error.message()), // what was here before is as it was
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    driver: Rc<Driver>,
    refresher: Rc<RefCell<Option<Refresher>>>,
}

/// Opens a [`Client`] with other parts than the usual ones. Made by [`Client::builder`].
#[must_use = "a builder does nothing until `open` is called"]
pub struct ClientBuilder {
    config: Config,
    storage: Option<Storage>,
    store: Option<Box<dyn LocalAsyncStore>>,
    transport: Option<Rc<dyn LocalAsyncTransport>>,
    clock: Option<Rc<dyn Clock>>,
}

/// Ends the calls of a listener when dropped.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    driver: Rc<Driver>,
    id: u64,
}

impl Client {
    /// Reads what is stored in this browser. Sends nothing: [`refresh`](Self::refresh) does.
    ///
    /// Storage that cannot be read does not fail: the decision says so, and no error locks a user out.
    pub async fn open(config: Config) -> Result<Self, Error> {
        Self::builder(config).open().await
    }

    /// Opens with another storage, store, network stack or clock.
    pub fn builder(config: Config) -> ClientBuilder {
        ClientBuilder { config, storage: None, store: None, transport: None, clock: None }
    }

    methods!(async, await);

    /// The customer portal: for a customer who lost the key, has a dead machine, or has just bought. Sends nothing. A page
    /// that is open to others must not keep a session longer than its dialog.
    #[cfg(feature = "portal")]
    #[must_use]
    pub fn portal(&self) -> super::Portal {
        super::Portal::new(Rc::clone(&self.driver))
    }

    /// Calls `listener` after every operation that changed the decision. It may call this client; but a confirmation is a
    /// change as well, so one that validates at every change never ends. One that owns a clone of this client
    /// keeps it open until the subscription is dropped.
    pub fn on_change(&self, listener: impl Fn(&Decision) + 'static) -> Subscription {
        let listener: Listener = Rc::new(listener);
        Subscription { id: self.driver.listeners.add(listener), driver: Rc::clone(&self.driver) }
    }

    /// Refreshes when it is due, when the network comes back and when a hidden page is shown again, until stopped or
    /// until the last clone of this client is dropped.
    pub fn start_auto_refresh(&self) {
        let mut refresher = self.refresher.borrow_mut();
        if refresher.is_none() {
            *refresher = Some(Refresher::start(Rc::clone(&self.driver)));
        }
    }

    /// Stops what [`start_auto_refresh`](Self::start_auto_refresh) started. A request that was sent is not withdrawn.
    pub fn stop_auto_refresh(&self) {
        let refresher = self.refresher.borrow_mut().take();
        drop(refresher);
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
    pub fn store(mut self, store: impl LocalAsyncStore + 'static) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// Sends requests over the app's own network stack.
    pub fn transport(mut self, transport: impl LocalAsyncTransport + 'static) -> Self {
        self.transport = Some(Rc::new(transport));
        self
    }

    /// Uses this clock, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Rc::new(clock));
        self
    }

    /// Reads what is stored. See [`Client::open`].
    pub async fn open(self) -> Result<Client, Error> {
        let storage = self.storage.or_else(Storage::usual);
        let (source, kept) = match (self.config.device_id(), storage) {
            (Some(_), _) | (None, None) => (None, Ok(())),
            (None, Some(storage)) => match in_time(storage.device()).await {
                Ok(source) => (Some(source), Ok(())),
                Err(error) => (None, Err(error)),
            },
        };
        let machine = Machine { source, system: system_name(), random, takes_turns: false };
        let Opened { engine, unknown_features, app_id, product, device } =
            opening::open(self.config, machine, self.clock.is_some());
        let store = self.store.unwrap_or_else(|| match (storage, kept) {
            // the next start would be another device, which could neither read the record nor give its seat up
            (_, Err(error)) => Box::new(NoStore::because(&error)),
            (Some(storage), Ok(())) => storage.record(&app_id, product, device),
            (None, Ok(())) => Box::new(NoStore::absent()),
        });
        let transport = self.transport.unwrap_or_else(|| Rc::new(HttpTransport::new()));
        let clock = self.clock.unwrap_or_else(|| Rc::new(SystemClock::new()));
        let driver = Rc::new(Driver::new(engine, unknown_features, store, transport, clock));
        driver.run(Operation::Open).await;
        Ok(Client { driver, refresher: Rc::default() })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.driver.listeners.remove(self.id);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}
