//! The client of a native app. It is opened once, and may be called from any thread.

use super::driver::{Driver, Listener, lock};
use super::file_store::default_directory;
use super::local::{machine, usual_store};
use super::network::default_transport;
use super::other_device::OtherDevices;
use super::refresher::Refresher;
use crate::client::deactivation::Deactivation;
use crate::client::offline::{self, OfflineReturn};
use crate::client::offline_answer::OfflineAnswer;
use crate::client::opening::{self, Opened};
use crate::client::options::ActivateOptions;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::decision::Decision;
use crate::device::DeviceId;
use crate::engine::{OfflineRequest, Operation, Outcome, Patience, ReturnedSeats};
use crate::error::Error;
use crate::store::Store;
use crate::time::Date;
use crate::transport::Transport;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

#[doc = include_str!("../client/client.md")]
///
/// Every method may be called from any thread.
///
/// ```no_run
/// use polar_license::Config;
/// use polar_license::blocking::Client;
///
/// # let key = "";
/// let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app").build()?;
/// let client = Client::open(config)?;
/// if let Err(error) = client.activate(key) {
///     println!("{}", error.message()); // a license that was here before is unchanged
/// }
/// let _listening = client.on_change(|license, _| println!("{}", license.message()));
/// client.start_auto_refresh(); // for a program that runs for weeks
/// # Ok::<(), polar_license::Error>(())
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
    store: Option<Box<dyn Store>>,
    transport: Option<Arc<dyn Transport>>,
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
    pub fn open(config: Config) -> Result<Self, Error> {
        Self::builder(config).open()
    }

    /// Returns a builder, to replace the default directory, store, network stack or clock.
    pub fn builder(config: Config) -> ClientBuilder {
        ClientBuilder { config, directory: None, store: None, transport: None, clock: None }
    }

    #[doc = include_str!("../client/operations/activate.md")]
    pub fn activate(&self, key: &str) -> Result<Decision, Error> {
        self.activate_with(ActivateOptions::new().key(key))
    }

    #[doc = include_str!("../client/operations/activate_with.md")]
    pub fn activate_with(&self, options: ActivateOptions) -> Result<Decision, Error> {
        self.driver.run(options.into()).result
    }

    #[doc = include_str!("../client/operations/validate.md")]
    pub fn validate(&self) -> Decision {
        self.driver.run(Operation::Validate).into_decision()
    }

    #[doc = include_str!("../client/operations/refresh.md")]
    pub fn refresh(&self) -> Decision {
        self.driver.run(Operation::Refresh(Patience::Short)).into_decision()
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

    /// Calls `read` with the current decision, without cloning the decision, and returns the result. For bindings; not
    /// part of the public interface.
    #[doc(hidden)]
    pub fn read<T>(&self, read: impl FnOnce(&Decision) -> T) -> T {
        self.driver.read(read)
    }

    #[doc = include_str!("../client/operations/consume.md")]
    pub fn consume(&self, count: u32) -> Result<Decision, Error> {
        self.driver.run(Operation::Consume(count)).result
    }

    #[doc = include_str!("../client/operations/deactivate.md")]
    pub fn deactivate(&self) -> Result<Deactivation, Error> {
        Deactivation::of(self.driver.run(Operation::Deactivate))
    }

    #[doc = include_str!("../client/operations/forget.md")]
    pub fn forget(&self) -> Result<Decision, Error> {
        self.driver.run(Operation::Forget).result
    }

    #[doc = include_str!("../client/operations/start_trial.md")]
    pub fn start_trial(&self) -> Result<Decision, Error> {
        self.driver.run(Operation::StartTrial).result
    }

    #[doc = include_str!("../client/operations/offline_request.md")]
    pub fn offline_request(&self) -> Result<String, Error> {
        offline::request(self.driver.run(Operation::OfflineRequest))
    }

    #[doc = include_str!("../client/operations/offline_answer.md")]
    pub fn offline_answer(&self, request: &str, key: &str) -> Result<OfflineAnswer, Error> {
        let request = OfflineRequest::read(&self.other_devices.config, request)?;
        let (device, system) = (request.device().clone(), request.system().to_owned());
        OfflineAnswer::of(self.run_for(device, system, Operation::OfflineAnswer { request, key: key.into() })?)
    }

    #[doc = include_str!("../client/operations/offline_import.md")]
    pub fn offline_import(&self, answer: &str) -> Result<Decision, Error> {
        self.driver.run(Operation::OfflineImport(answer.into())).result
    }

    #[doc = include_str!("../client/operations/offline_return.md")]
    pub fn offline_return(&self) -> Result<OfflineReturn, Error> {
        OfflineReturn::of(self.driver.run(Operation::OfflineReturn))
    }

    #[doc = include_str!("../client/operations/offline_release.md")]
    pub fn offline_release(&self, returned: &str) -> Result<Deactivation, Error> {
        let returned = ReturnedSeats::read(&self.other_devices.config, returned)?;
        let device = returned.device().clone();
        Deactivation::of(self.run_for(device, String::new(), Operation::OfflineRelease(returned))?)
    }

    /// Runs an operation for another device, with a record of that device.
    fn run_for(&self, device: DeviceId, system: String, operation: Operation) -> Result<Outcome, Error> {
        let (Opened { engine, unknown_features, .. }, store) = self.other_devices.open(device, system)?;
        Ok(self.driver.run_beside(engine, unknown_features, store, operation))
    }

    #[doc = include_str!("../client/operations/cancel.md")]
    pub fn cancel(&self) {
        self.driver.cancel();
    }

    /// Returns the customer portal, for a customer who has lost the key, whose old device no longer works, or who has
    /// just bought a license. Sends nothing.
    ///
    /// ```no_run
    /// use polar_license::blocking::Client;
    /// use polar_license::portal::{CodeRequest, Devices, Restored};
    /// # fn ask(_: &str) -> String { String::new() }
    ///
    /// # fn f(client: &Client) -> Result<(), polar_license::Error> {
    /// let portal = client.portal();
    /// let mut requested = portal.request_code(&ask("The e-mail address of the purchase?"))?;
    /// if let CodeRequest::Choose(several) = &requested {
    ///     // the customer that the user has chosen
    ///     requested = portal.request_code_for(several, &several.customers()[0])?;
    /// }
    /// if let CodeRequest::Sent(code) = &requested {
    ///     println!("{}", code.message());
    /// }
    /// let session = portal.authenticate(&ask("The code from the mail?"))?;
    /// let mut restored = session.restore()?;
    /// if let Restored::Choose(keys) = &restored {
    ///     keys.iter().for_each(|key| println!("{}", key.masked()));
    ///     restored = session.activate(&keys[0])?; // the key that the user has chosen
    /// }
    /// if let Restored::NoSeat(full) = &restored {
    ///     println!("{}", full.error.message());
    ///     match &full.devices {
    ///         Devices::Listed(devices) => {
    ///             devices.iter().for_each(|device| println!("{} since {}", device.label(), device.since()));
    ///             session.release(&full.key, &devices[0])?; // the device that the user has chosen
    ///             restored = session.activate(&full.key)?;
    ///         }
    ///         Devices::Hidden(hidden) => println!("{}", hidden.message()),
    ///     }
    /// }
    /// if let Restored::Licensed(license) = restored {
    ///     println!("{}", license.message());
    /// }
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "portal")]
    #[must_use]
    pub fn portal(&self) -> super::Portal {
        super::Portal::new(Arc::clone(&self.driver))
    }

    #[doc = include_str!("../client/operations/on_change.md")]
    ///
    /// The listener is called on the thread that ran the operation, and may call this client. A listener that owns a
    /// clone of this client keeps the client open until the subscription is dropped.
    ///
    /// ```no_run
    /// # fn say(_: &str) {}
    /// # fn f(client: &polar_license::blocking::Client) {
    /// let _listening = client.on_change(|license, before| {
    ///     let benefit = |decision: &polar_license::Decision| decision.license().map(|license| license.benefit_id);
    ///     if license.allowed() && !before.allowed() {
    ///         say("Welcome to Pro");
    ///     } else if license.allowed() && benefit(license) != benefit(before) {
    ///         say("Your plan changed");
    ///     }
    /// });
    /// # }
    /// ```
    pub fn on_change(&self, listener: impl Fn(&Decision, &Decision) + Send + Sync + 'static) -> Subscription {
        let listener: Listener = Arc::new(listener);
        Subscription { id: self.driver.listeners.add(listener), driver: Arc::clone(&self.driver) }
    }

    #[doc = include_str!("../client/operations/start_auto_refresh.md")]
    /// The license is refreshed on a separate thread. This thread also refreshes it soon after the machine wakes from
    /// sleep, and notices within two seconds that another process has stored a record. The thread runs until it is
    /// stopped, or until the last clone of this client is dropped. If the system cannot start the thread, this method
    /// logs an error; call it again to try again.
    pub fn start_auto_refresh(&self) {
        let mut refresher = lock(&self.refresher);
        if refresher.is_none() {
            match Refresher::start(Arc::clone(&self.driver)) {
                Ok(started) => *refresher = Some(started),
                Err(error) => log::error!("could not start the refresh thread: {error}"),
            }
        }
    }

    #[doc = include_str!("../client/operations/stop_auto_refresh.md")]
    ///
    /// The thread started by [`start_auto_refresh`](Self::start_auto_refresh) ends within milliseconds.
    pub fn stop_auto_refresh(&self) {
        let refresher = lock(&self.refresher).take();
        drop(refresher);
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
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// Sets the app's own network stack.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Opens the client; see [`Client::open`].
    pub fn open(self) -> Result<Client, Error> {
        let transport = self.transport.map_or_else(|| default_transport(&self.config), Ok)?;
        let directory = self.directory.or_else(default_directory);
        let machine = machine(&self.config, directory.as_deref(), true);
        let other_devices = OtherDevices {
            config: self.config.clone(),
            directory: directory.clone(),
            has_own_store: self.store.is_some(),
            has_own_clock: self.clock.is_some(),
        };
        let Opened { engine, unknown_features, app_id, product, device } =
            opening::open(self.config, machine, self.clock.is_some());
        let store = self.store.unwrap_or_else(|| usual_store(directory, &app_id, product, device));
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let driver = Arc::new(Driver::new(engine, unknown_features, store, transport, clock));
        driver.run(Operation::Open);
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
    use std::panic::{RefUnwindSafe, UnwindSafe};

    #[test]
    fn a_client_goes_anywhere() {
        fn goes_anywhere<T: Send + Sync + UnwindSafe + RefUnwindSafe + 'static>() {}
        fn clones<T: Clone>() {}
        goes_anywhere::<Client>();
        goes_anywhere::<Subscription>();
        clones::<Client>();
    }
}
