//! The client for Rust in web pages. Open it once, and clone it wherever you need it.

use super::driver::{Driver, Listener, in_time};
use super::environment::{random, system_name};
use super::http::HttpTransport;
use super::refresher::Refresher;
use super::storage::{NoStore, Storage};
use crate::client::deactivation::Deactivation;
use crate::client::offline::{self, OfflineReturn};
use crate::client::opening::{self, Machine, Opened};
use crate::client::options::ActivateOptions;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::decision::Decision;
use crate::engine::{Operation, Patience, SystemName};
use crate::error::Error;
use crate::store::LocalAsyncStore;
use crate::time::Date;
use crate::transport::LocalAsyncTransport;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

#[doc = include_str!("../client/client.md")]
///
/// An operation starts when its future is first polled. The [module](super) explains what happens if a future is
/// dropped.
///
/// ```no_run
/// # async fn f(client: polar_license::fetch::Client, key: &str, show: fn(&str)) {
/// match client.activate(key).await {
///     Ok(license) => show(license.message()),
///     Err(error) => show(error.message()), // a license that was here before is unchanged
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    driver: Rc<Driver>,
    refresher: Rc<RefCell<Option<Refresher>>>,
}

/// A builder for a [`Client`] that does not use the default storage, store, network stack or clock. Created by
/// [`Client::builder`].
#[must_use = "a builder does nothing until `open` is called"]
pub struct ClientBuilder {
    config: Config,
    storage: Option<Storage>,
    store: Option<Box<dyn LocalAsyncStore>>,
    transport: Option<Rc<dyn LocalAsyncTransport>>,
    clock: Option<Rc<dyn Clock>>,
}

/// The registration of a listener. When this is dropped, the listener is removed.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    driver: Rc<Driver>,
    id: u64,
}

impl Client {
    /// Opens the client and reads the stored license from this browser. Sends nothing; call [`refresh`](Self::refresh)
    /// to ask Polar.
    ///
    /// Unreadable storage is not an error, so that nobody is locked out. Instead, the decision reports the failure as
    /// its [`problem`](Decision::problem).
    pub async fn open(config: Config) -> Result<Self, Error> {
        Self::builder(config).open().await
    }

    /// Returns a builder, to replace the default storage, store, network stack or clock.
    pub fn builder(config: Config) -> ClientBuilder {
        ClientBuilder { config, storage: None, store: None, transport: None, clock: None }
    }

    #[doc = include_str!("../client/operations/activate.md")]
    pub async fn activate(&self, key: &str) -> Result<Decision, Error> {
        self.activate_with(ActivateOptions::new().key(key)).await
    }

    #[doc = include_str!("../client/operations/activate_with.md")]
    pub async fn activate_with(&self, options: ActivateOptions) -> Result<Decision, Error> {
        self.driver.run(options.into()).await.result
    }

    #[doc = include_str!("../client/operations/validate.md")]
    pub async fn validate(&self) -> Decision {
        self.driver.run(Operation::Validate).await.into_decision()
    }

    #[doc = include_str!("../client/operations/refresh.md")]
    pub async fn refresh(&self) -> Decision {
        self.driver.run(Operation::Refresh(Patience::Short)).await.into_decision()
    }

    #[doc = include_str!("../client/operations/current.md")]
    #[must_use]
    pub fn current(&self) -> Decision {
        self.driver.current()
    }

    #[doc = include_str!("../client/operations/allows.md")]
    #[must_use]
    pub fn allows(&self, feature: &str) -> bool {
        self.driver.allows(feature)
    }

    #[doc = include_str!("../client/operations/covers.md")]
    #[must_use]
    pub fn covers(&self, built: impl Into<Date>) -> bool {
        self.current().covers(built)
    }

    #[doc = include_str!("../client/operations/consume.md")]
    pub async fn consume(&self, count: u32) -> Result<Decision, Error> {
        self.driver.run(Operation::Consume(count)).await.result
    }

    #[doc = include_str!("../client/operations/deactivate.md")]
    pub async fn deactivate(&self) -> Result<Deactivation, Error> {
        Deactivation::of(self.driver.run(Operation::Deactivate).await)
    }

    #[doc = include_str!("../client/operations/forget.md")]
    pub async fn forget(&self) -> Result<Decision, Error> {
        self.driver.run(Operation::Forget).await.result
    }

    #[doc = include_str!("../client/operations/start_trial.md")]
    pub async fn start_trial(&self) -> Result<Decision, Error> {
        self.driver.run(Operation::StartTrial).await.result
    }

    #[doc = include_str!("../client/operations/offline_request.md")]
    ///
    /// This client has neither `offline_answer` nor `offline_release`, because a page with a network would publish the
    /// app's secret. Use a native app or the command there.
    pub async fn offline_request(&self) -> Result<String, Error> {
        offline::request(self.driver.run(Operation::OfflineRequest).await)
    }

    #[doc = include_str!("../client/operations/offline_import.md")]
    ///
    /// An import needs the setting `app_secret`, which a page publishes. So import answers only in pages that only your
    /// users can load, for example pages on a server in the same network.
    pub async fn offline_import(&self, answer: &str) -> Result<Decision, Error> {
        self.driver.run(Operation::OfflineImport(answer.into())).await.result
    }

    #[doc = include_str!("../client/operations/offline_return.md")]
    pub async fn offline_return(&self) -> Result<OfflineReturn, Error> {
        OfflineReturn::of(self.driver.run(Operation::OfflineReturn).await)
    }

    #[doc = include_str!("../client/operations/cancel.md")]
    pub fn cancel(&self) {
        self.driver.cancel();
    }

    /// Returns the customer portal, for a customer who has lost the key, whose old device no longer works, or who has
    /// just bought a license. Sends nothing. On a page that other people can use, drop the customer's session when the
    /// portal's dialog closes.
    #[cfg(feature = "portal")]
    #[must_use]
    pub fn portal(&self) -> super::Portal {
        super::Portal::new(Rc::clone(&self.driver))
    }

    #[doc = include_str!("../client/operations/on_change.md")]
    ///
    /// The listener may call this client. A listener that owns a clone of this client keeps the client open until the
    /// subscription is dropped.
    pub fn on_change(&self, listener: impl Fn(&Decision, &Decision) + 'static) -> Subscription {
        let listener: Listener = Rc::new(listener);
        Subscription { id: self.driver.listeners.add(listener), driver: Rc::clone(&self.driver) }
    }

    #[doc = include_str!("../client/operations/start_auto_refresh.md")]
    ///
    /// Also refreshes when the network comes back, and when a hidden page is shown again. The automatic refresh ends
    /// when [`stop_auto_refresh`](Self::stop_auto_refresh) is called, or when the last clone of this client is dropped.
    pub fn start_auto_refresh(&self) {
        let mut refresher = self.refresher.borrow_mut();
        if refresher.is_none() {
            *refresher = Some(Refresher::start(Rc::clone(&self.driver)));
        }
    }

    #[doc = include_str!("../client/operations/stop_auto_refresh.md")]
    ///
    /// Ends the task that [`start_auto_refresh`](Self::start_auto_refresh) has started. A request that was already sent
    /// is not aborted.
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
    /// Sets the browser storage that keeps the record, in place of the default one.
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = Some(storage);
        self
    }

    /// Sets the app's own store. Set [`device_id`](crate::ConfigBuilder::device_id) as well: without it, a random id in
    /// the browser's storage identifies the device. Node has no browser storage. There, the app would be a new device
    /// at each start, and would not trust its record of the previous start.
    pub fn store(mut self, store: impl LocalAsyncStore + 'static) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// Sets the app's own network stack.
    pub fn transport(mut self, transport: impl LocalAsyncTransport + 'static) -> Self {
        self.transport = Some(Rc::new(transport));
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Rc::new(clock));
        self
    }

    /// Opens the client; see [`Client::open`].
    pub async fn open(self) -> Result<Client, Error> {
        let storage = self.storage.or_else(Storage::usual);
        let (source, kept) = match (self.config.device_id(), storage) {
            (Some(_), _) | (None, None) => (None, Ok(())),
            (None, Some(storage)) => match in_time(storage.device()).await {
                Ok(source) => (Some(source), Ok(())),
                Err(error) => (None, Err(error)),
            },
        };
        let machine = Machine { source, system: SystemName::Lookup(system_name), random, takes_turns: false };
        let Opened { engine, unknown_features, app_id, product, device } =
            opening::open(self.config, machine, self.clock.is_some());
        let store = self.store.unwrap_or_else(|| match (storage, kept) {
            // If the id of this browser cannot be read or stored, the app gets another id at its next start. It could
            // then neither read this record nor release the seat. So nothing is stored.
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
