//! The client for programs that run on tokio. Open it once, and clone it wherever you need it.

use super::driver::{Driver, Listener};
use super::network::default_transport;
use super::place::Place;
use super::refresher::Refresher;
use crate::blocking::default_directory;
use crate::blocking::local::{machine, usual_store};
use crate::blocking::other_device::OtherDevices;
use crate::client::deactivation::Deactivation;
use crate::client::offline::{self, OfflineReturn};
use crate::client::offline_answer::OfflineAnswer;
use crate::client::opening::{self, Opened};
use crate::client::options::ActivateOptions;
use crate::clock::{Clock, SystemClock};
use crate::codes::ErrorKind;
use crate::config::Config;
use crate::decision::Decision;
use crate::device::DeviceId;
use crate::engine::{OfflineRequest, Operation, Outcome, Patience, Phase, ReturnedSeats};
use crate::error::Error;
use crate::store::{AsyncStore, Store};
use crate::time::Date;
use crate::transport::AsyncTransport;
use std::fmt;
use std::future::pending;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

#[doc = include_str!("../client/client.md")]
///
/// An operation starts when its future is first polled. The [module](super) explains where operations run, and what
/// happens if a future is dropped.
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
    other_devices: Arc<OtherDevices>,
}

/// Builds a [`Client`] with a directory, store, network stack or clock other than the default. Created by
/// [`Client::builder`].
#[must_use = "a builder does nothing until `open` is called"]
pub struct ClientBuilder {
    config: Config,
    directory: Option<PathBuf>,
    place: Option<Place>,
    transport: Option<Box<dyn AsyncTransport>>,
    clock: Option<Arc<dyn Clock>>,
}

/// The registration of a listener. When this is dropped, the listener is removed.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    driver: Arc<Driver>,
    id: u64,
}

impl Client {
    /// Opens the client and reads the stored license of this device. Sends nothing; call [`refresh`](Self::refresh) to
    /// ask Polar.
    ///
    /// If the storage cannot be read, opening succeeds all the same, so that nobody is locked out. The decision reports
    /// the failure as its [`problem`](Decision::problem).
    ///
    /// # Errors
    /// `internal` outside of a tokio runtime.
    pub async fn open(config: Config) -> Result<Self, Error> {
        Self::builder(config).open().await
    }

    /// Returns a builder, to replace the default directory, store, network stack or clock.
    pub fn builder(config: Config) -> ClientBuilder {
        ClientBuilder { config, directory: None, place: None, transport: None, clock: None }
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
        let built = built.into();
        self.driver.read(|decision| decision.covers(built))
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
    pub async fn offline_request(&self) -> Result<String, Error> {
        offline::request(self.driver.run(Operation::OfflineRequest).await)
    }

    #[doc = include_str!("../client/operations/offline_answer.md")]
    pub async fn offline_answer(&self, request: &str, key: &str) -> Result<OfflineAnswer, Error> {
        OfflineAnswer::of(self.offline_answer_until(request, key, pending()).await?)
    }

    #[doc = include_str!("../client/operations/offline_import.md")]
    pub async fn offline_import(&self, answer: &str) -> Result<Decision, Error> {
        self.driver.run(Operation::OfflineImport(answer.into())).await.result
    }

    #[doc = include_str!("../client/operations/offline_return.md")]
    pub async fn offline_return(&self) -> Result<OfflineReturn, Error> {
        OfflineReturn::of(self.driver.run(Operation::OfflineReturn).await)
    }

    #[doc = include_str!("../client/operations/offline_release.md")]
    pub async fn offline_release(&self, returned: &str) -> Result<Deactivation, Error> {
        Deactivation::of(self.offline_release_until(returned, pending()).await?)
    }

    /// Runs [`offline_answer`](Self::offline_answer). When the future `cancelled` completes, cancels only this
    /// operation. For bindings; not part of the public interface.
    #[doc(hidden)]
    pub async fn offline_answer_until(
        &self,
        request: &str,
        key: &str,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        let request = OfflineRequest::read(&self.other_devices.config, request)?;
        let (device, system) = (request.device().clone(), request.system().to_owned());
        self.run_for(device, system, Operation::OfflineAnswer { request, key: key.into() }, cancelled).await
    }

    /// Runs [`offline_release`](Self::offline_release). When the future `cancelled` completes, cancels only this
    /// operation. For bindings; not part of the public interface.
    #[doc(hidden)]
    pub async fn offline_release_until(
        &self,
        returned: &str,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        let returned = ReturnedSeats::read(&self.other_devices.config, returned)?;
        let device = returned.device().clone();
        self.run_for(device, String::new(), Operation::OfflineRelease(returned), cancelled).await
    }

    /// Runs an operation for another device, with a record of that device.
    async fn run_for(
        &self,
        device: DeviceId,
        system: String,
        operation: Operation,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Outcome, Error> {
        let (Opened { engine, unknown_features, .. }, store) = self.other_devices.open(device, system)?;
        let place = Place::Threads(store.into());
        Ok(self.driver.run_beside(engine, unknown_features, place, operation, cancelled).await)
    }

    #[doc = include_str!("../client/operations/cancel.md")]
    pub fn cancel(&self) {
        self.driver.cancel();
    }

    /// Returns the customer portal, for a customer who has lost the key, whose old device no longer works, or who has
    /// just bought a license. Sends nothing.
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

    /// Ends the automatic refresh and all operations in progress, as if their futures were dropped. Waits until the
    /// requests that were sent are answered and the answers are stored. Call this function at the end of a program,
    /// with a time limit:
    ///
    /// ```no_run
    /// # async fn f(client: polar_license::tokio::Client) {
    /// let within = std::time::Duration::from_secs(10);
    /// // if the time is not enough for the answer to an activation, the next start reports that activation
    /// let _ = tokio::time::timeout(within, client.drain()).await;
    /// # }
    /// ```
    pub async fn drain(&self) {
        self.stop_auto_refresh();
        self.driver.drain().await;
    }

    /// Runs one operation. When `cancelled` completes, cancels only this operation, in the same way as
    /// [`cancel`](Self::cancel). For bindings; not part of the public interface.
    #[doc(hidden)]
    pub async fn run_until(&self, operation: Operation, cancelled: impl Future<Output = ()>) -> Outcome {
        self.driver.run_until(operation, cancelled).await
    }

    /// Returns the current decision, and the later decisions that follow if only time passes. For bindings; not part of
    /// the public interface.
    #[doc(hidden)]
    #[must_use]
    pub fn outlook(&self) -> Vec<Phase> {
        self.driver.outlook()
    }

    #[doc = include_str!("../client/operations/on_change.md")]
    ///
    /// The listener is called in a task of the runtime, so it must not block. It may call this client. A listener that
    /// owns a clone of this client keeps the client open until the subscription is dropped.
    pub fn on_change(&self, listener: impl Fn(&Decision, &Decision) + Send + Sync + 'static) -> Subscription {
        let listener: Listener = Arc::new(listener);
        Subscription { id: self.driver.listeners.add(listener), driver: Arc::clone(&self.driver) }
    }

    #[doc = include_str!("../client/operations/start_auto_refresh.md")]
    ///
    /// The license is refreshed in a separate task. This task also refreshes it soon after the machine wakes from
    /// sleep, and notices within two seconds that another process has stored a record. The task runs until
    /// [`stop_auto_refresh`](Self::stop_auto_refresh) is called, or until the last clone of this client is dropped.
    pub fn start_auto_refresh(&self) {
        let mut refresher = self.refresher();
        if refresher.is_none() {
            *refresher = Some(Refresher::start(Arc::clone(&self.driver)));
        }
    }

    #[doc = include_str!("../client/operations/stop_auto_refresh.md")]
    ///
    /// Ends the task that [`start_auto_refresh`](Self::start_auto_refresh) has started. A request that was already sent
    /// is not aborted.
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
    /// Sets the directory in which the record is stored, in place of the platform's data directory.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets the app's own store, in place of a file.
    pub fn store(mut self, store: impl AsyncStore + 'static) -> Self {
        self.place = Some(Place::Tasks(Box::new(store)));
        self
    }

    /// Sets the app's own store if its calls block the calling thread, for example a store in a keychain. The client
    /// makes these calls on the runtime's threads for blocking work.
    pub fn blocking_store(mut self, store: impl Store + 'static) -> Self {
        self.place = Some(Place::Threads(Arc::new(store)));
        self
    }

    /// Sets the app's own network stack.
    pub fn transport(mut self, transport: impl AsyncTransport + 'static) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Opens the client; see [`Client::open`].
    pub async fn open(self) -> Result<Client, Error> {
        let outside = |_| {
            let message = "there is no tokio runtime here; open the client in one, by `Runtime::block_on` for example";
            Error::new(ErrorKind::Internal, message)
        };
        let runtime = Handle::try_current().map_err(outside)?;
        let transport = self.transport.map_or_else(|| default_transport(&self.config), Ok)?;
        let directory = self.directory;
        // Without a store from the app, the record is a file that other processes can reach. So the client takes turns
        // with them when it asks Polar.
        let takes_turns = self.place.as_ref().is_none_or(Place::takes_turns);
        // Reads the machine's identity from files. That blocks, so it runs on a thread for blocking work.
        let prepared = runtime.spawn_blocking(move || {
            let directory = directory.or_else(default_directory);
            (machine(&self.config, directory.as_deref(), takes_turns), directory, self.config)
        });
        let ended = |error| Error::new(ErrorKind::Internal, format!("could not prepare the client: {error}"));
        let (machine, directory, config) = prepared.await.map_err(ended)?;
        let other_config = config.clone();
        let Opened { engine, unknown_features, app_id, product, device } =
            opening::open(config, machine, self.clock.is_some());
        let other_devices = OtherDevices {
            config: other_config,
            directory: directory.clone(),
            has_own_store: self.place.is_some(),
            has_own_clock: self.clock.is_some(),
        };
        let usual_place = || Place::Threads(usual_store(directory, &app_id, product, device).into());
        let place = self.place.unwrap_or_else(usual_place);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let driver = Arc::new(Driver::new(engine, unknown_features, place, transport.into(), clock, runtime));
        driver.run(Operation::Open).await;
        Ok(Client { driver, refresher: Arc::default(), other_devices: Arc::new(other_devices) })
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
