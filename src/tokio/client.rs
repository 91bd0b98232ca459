//! The client of a program on tokio: opened once, cloned to wherever it is needed.

use super::driver::{Driver, Listener};
use super::network::default_transport;
use super::place::Place;
use super::refresher::Refresher;
use crate::blocking::default_directory;
use crate::blocking::local::{machine, usual_store};
use crate::client::methods::methods;
use crate::client::opening::{self, Opened};
use crate::clock::{Clock, SystemClock};
use crate::codes::ErrorKind;
use crate::config::Config;
use crate::decision::Decision;
use crate::engine::{Operation, Outcome, Phase};
use crate::error::Error;
use crate::store::{AsyncStore, Store};
use crate::transport::AsyncTransport;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

#[doc = include_str!("../client/client.md")]
///
/// Operations begin when they are first polled. The [module](super) says where they run, and what dropping one does.
///
/// ```no_run
/// use polar_license::tokio::Client;
/// use std::time::Duration;
///
/// # async fn f(client: Client, key: &str) {
/// match tokio::time::timeout(Duration::from_secs(5), client.activate(key)).await {
///     Ok(Ok(license)) => println!("{}", license.message()),
///     Ok(Err(error)) => println!("{}", error.message()),
///     Err(_) => println!("It takes longer. A seat that is taken meanwhile will be remembered."),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    driver: Arc<Driver>,
    refresher: Arc<Mutex<Option<Refresher>>>,
}

/// Opens a [`Client`] with other parts than the usual ones. Made by [`Client::builder`].
#[must_use = "a builder does nothing until `open` is called"]
pub struct ClientBuilder {
    config: Config,
    directory: Option<PathBuf>,
    place: Option<Place>,
    transport: Option<Box<dyn AsyncTransport>>,
    clock: Option<Arc<dyn Clock>>,
}

/// Ends the calls of a listener when dropped.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    driver: Arc<Driver>,
    id: u64,
}

impl Client {
    /// Reads what is stored on this device. Sends nothing: [`refresh`](Self::refresh) does.
    ///
    /// Storage that cannot be read does not fail: the decision says so, and no error locks a user out.
    ///
    /// # Errors
    /// `internal` outside of a tokio runtime.
    pub async fn open(config: Config) -> Result<Self, Error> {
        Self::builder(config).open().await
    }

    /// Opens with another directory, store, network stack or clock.
    pub fn builder(config: Config) -> ClientBuilder {
        ClientBuilder { config, directory: None, place: None, transport: None, clock: None }
    }

    methods!(async, await);

    /// The customer portal: for a customer who lost the key, has a dead machine, or has just bought. Sends nothing.
    ///
    /// ```no_run
    /// use polar_license::portal::Restored;
    /// use polar_license::tokio::Client;
    ///
    /// # async fn f(client: &Client, code: &str) -> Result<(), polar_license::Error> {
    /// let session = client.portal().authenticate(code).await?;
    /// if let Restored::Licensed(license) = session.restore().await? {
    ///     println!("{}", license.message());
    /// }
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "portal")]
    #[must_use]
    pub fn portal(&self) -> super::Portal {
        super::Portal::new(Arc::clone(&self.driver))
    }

    /// Ends every operation under way as dropping its future does, the automatic refresh too, and waits until what was sent
    /// is answered and stored. For the end of a program, within the time that it has left:
    ///
    /// ```no_run
    /// # async fn f(client: polar_license::tokio::Client) {
    /// let within = std::time::Duration::from_secs(10);
    /// let _ = tokio::time::timeout(within, client.drain()).await; // what it cuts off, the next start reports
    /// # }
    /// ```
    pub async fn drain(&self) {
        self.stop_auto_refresh();
        self.driver.drain().await;
    }

    /// Not part of the public interface, but for bindings: one operation, which ends as [`cancel`](Self::cancel) ends it
    /// once `cancelled` is ready, and no other with it.
    #[doc(hidden)]
    pub async fn run_until(&self, operation: Operation, cancelled: impl Future<Output = ()>) -> Outcome {
        self.driver.run_until(operation, cancelled).await
    }

    /// Not part of the public interface, but for bindings: the decision at this instant, and what time will make of it.
    #[doc(hidden)]
    #[must_use]
    pub fn outlook(&self) -> Vec<Phase> {
        self.driver.outlook()
    }

    /// Calls `listener` after every operation that changed the decision, with the decision that holds and the one before
    /// it, in a task of the runtime: it must not block. The listener may call this client. A confirmation is a change too,
    /// so a listener that validates at every change never stops. A listener that owns a clone of this client keeps it open
    /// until the subscription is dropped.
    pub fn on_change(&self, listener: impl Fn(&Decision, &Decision) + Send + Sync + 'static) -> Subscription {
        let listener: Listener = Arc::new(listener);
        Subscription { id: self.driver.listeners.add(listener), driver: Arc::clone(&self.driver) }
    }

    /// Refreshes in a task of its own when it is due, and after the machine was asleep, until stopped or until the last
    /// clone of this client is dropped. Sees within two seconds what another process has stored.
    pub fn start_auto_refresh(&self) {
        let mut refresher = self.refresher();
        if refresher.is_none() {
            *refresher = Some(Refresher::start(Arc::clone(&self.driver)));
        }
    }

    /// Stops what [`start_auto_refresh`](Self::start_auto_refresh) started. A request that was sent is not withdrawn.
    pub fn stop_auto_refresh(&self) {
        let refresher = self.refresher().take();
        drop(refresher);
    }

    fn refresher(&self) -> MutexGuard<'_, Option<Refresher>> {
        self.refresher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.current().state()).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Keeps the record in this directory instead of the platform's data directory.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Keeps the record in the app's own store instead of a file.
    pub fn store(mut self, store: impl AsyncStore + 'static) -> Self {
        self.place = Some(Place::Tasks(Box::new(store)));
        self
    }

    /// Keeps the record in the app's own store whose calls block: a keychain, for example. They are made on the runtime's
    /// threads for blocking work.
    pub fn blocking_store(mut self, store: impl Store + 'static) -> Self {
        self.place = Some(Place::Threads(Arc::new(store)));
        self
    }

    /// Sends requests over the app's own network stack.
    pub fn transport(mut self, transport: impl AsyncTransport + 'static) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Uses this clock, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Reads what is stored. See [`Client::open`].
    pub async fn open(self) -> Result<Client, Error> {
        let outside = |_| {
            let message = "there is no tokio runtime here; open the client in one, by `Runtime::block_on` for example";
            Error::new(ErrorKind::Internal, message)
        };
        let runtime = Handle::try_current().map_err(outside)?;
        let transport = self.transport.map_or_else(|| default_transport(&self.config), Ok)?;
        let directory = self.directory;
        // without a store of the app's the record is in a file
        let takes_turns = self.place.as_ref().is_none_or(Place::takes_turns);
        // the identity of the machine is in files
        let prepared = runtime.spawn_blocking(move || {
            let directory = directory.or_else(default_directory);
            (machine(&self.config, directory.as_deref(), takes_turns), directory, self.config)
        });
        let ended = |error| Error::new(ErrorKind::Internal, format!("could not prepare the client: {error}"));
        let (machine, directory, config) = prepared.await.map_err(ended)?;
        let Opened { engine, unknown_features, app_id, product, device } =
            opening::open(config, machine, self.clock.is_some());
        let usual_place = || Place::Threads(usual_store(directory, &app_id, product, device).into());
        let place = self.place.unwrap_or_else(usual_place);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let driver = Arc::new(Driver::new(engine, unknown_features, place, transport, clock, runtime));
        driver.run(Operation::Open).await;
        Ok(Client { driver, refresher: Arc::default() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_and_its_operations_go_to_any_thread() {
        fn goes_anywhere<T: Send + Sync + 'static>() {}
        fn may_be_spawned<T: Send>(_: fn(&'static Client) -> T) {}
        goes_anywhere::<Client>();
        goes_anywhere::<Subscription>();
        may_be_spawned(|client| client.activate("a key"));
        may_be_spawned(Client::deactivate);
        may_be_spawned(|_| Client::open(Config::builder("", "").build().unwrap()));
    }
}
