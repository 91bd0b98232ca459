//! The client of a native app: opened once, asked from any thread.

use super::driver::{Driver, Listener, lock};
use super::machine::{device_source, system_name};
use super::network::default_transport;
use super::refresher::Refresher;
use super::{ActivateOptions, FileStore, Transport, default_directory};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::device::DeviceId;
use crate::engine::{Deactivated, Engine, Host, Operation, Outcome, Pacer, Patience};
use crate::error::{Error, ErrorKind};
use crate::license::Decision;
use crate::store::{Durability, Store, StoreError};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

/// A license on this device: activates, validates, gates features.
///
/// | method | asks Polar | waits |
/// |---|---|---|
/// | [`current`](Self::current), [`allows`](Self::allows) | never | never |
/// | [`refresh`](Self::refresh) | if it is due; call it at start | 2 s at most where access is allowed |
/// | [`validate`](Self::validate) | always | 10 s at most |
/// | [`activate`](Self::activate), [`consume`](Self::consume), [`deactivate`](Self::deactivate) | always | 35 s at most |
///
/// Every method may be called from any thread; operations that change something run one after the other, and
/// validates at the same time share one request.
pub struct Client {
    driver: Arc<Driver>,
    refresher: Mutex<Option<Refresher>>,
}

/// Opens a [`Client`] with other parts than the usual ones. Made by [`Client::builder`].
#[must_use = "a builder does nothing until `open` is called"]
pub struct ClientBuilder {
    config: Config,
    directory: Option<PathBuf>,
    store: Option<Box<dyn Store>>,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
}

/// Ends the calls of a listener when dropped.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    driver: Arc<Driver>,
    id: u64,
}

impl Client {
    /// Reads what is stored on this device. Asks nobody: [`refresh`](Self::refresh) does.
    ///
    /// Storage that cannot be read does not fail: the decision says so, and nobody is locked out by an error.
    pub fn open(config: Config) -> Result<Self, Error> {
        Self::builder(config).open()
    }

    /// For another directory, store, network stack or clock.
    pub fn builder(config: Config) -> ClientBuilder {
        ClientBuilder { config, directory: None, store: None, transport: None, clock: None }
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
    pub fn activate(&self, key: &str) -> Result<Decision, Error> {
        self.activate_with(ActivateOptions::new().key(key))
    }

    /// Activates the stored key again, or moves a license here. Errors as [`activate`](Self::activate).
    pub fn activate_with(&self, options: ActivateOptions) -> Result<Decision, Error> {
        self.driver.run(options.into()).result
    }

    /// Asks Polar now. Not reaching it is no error: the decision stands, and its [problem](Decision::problem) says why.
    pub fn validate(&self) -> Decision {
        self.driver.run(Operation::Validate).into_decision()
    }

    /// Asks Polar if it is time to, or if access is not allowed. Call it when the app starts.
    pub fn refresh(&self) -> Decision {
        self.driver.run(Operation::Refresh(Patience::Short)).into_decision()
    }

    /// The decision at this instant, from memory.
    pub fn current(&self) -> Decision {
        self.driver.current()
    }

    /// Whether a feature is on at this instant, from memory.
    pub fn allows(&self, feature: &str) -> bool {
        self.driver.allows(feature)
    }

    /// Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
    ///
    /// # Errors
    /// `usage_exhausted` where fewer are left, `not_activated` without a license; otherwise as
    /// [`activate`](Self::activate). With [`Error::maybe_applied`] they may have been counted; they are never sent twice.
    pub fn consume(&self, count: u32) -> Result<Decision, Error> {
        self.driver.run(Operation::Consume(count)).result
    }

    /// Gives the seat up and removes the license from this device.
    ///
    /// # Errors
    /// `not_activated` without a license; `network`, `timeout`, `server` and `rate_limited` where Polar did not answer:
    /// then nothing is removed.
    pub fn deactivate(&self) -> Result<Deactivated, Error> {
        let Outcome { result, deactivated, .. } = self.driver.run(Operation::Deactivate);
        result.map(|_| deactivated.unwrap_or(Deactivated::NotNeeded))
    }

    /// Removes the license from this device without asking Polar. A seat stays taken until it is removed in Polar's
    /// customer portal; [`deactivate`](Self::deactivate) gives it up.
    ///
    /// # Errors
    /// `storage` where the file could not be removed.
    pub fn forget(&self) -> Result<Decision, Error> {
        self.driver.run(Operation::Forget).result
    }

    /// Calls `listener` after every operation that changed the decision, on the thread that ran it. It may call this
    /// client; but a confirmation is a change as well, so one that validates at every change never comes to rest.
    pub fn on_change(&self, listener: impl Fn(&Decision) + Send + Sync + 'static) -> Subscription {
        let listener: Listener = Arc::new(listener);
        Subscription { id: self.driver.listen(listener), driver: Arc::clone(&self.driver) }
    }

    /// Refreshes on a thread of its own when it is time, and after the machine was asleep, until stopped or dropped.
    ///
    /// # Errors
    /// `internal` where the system has no thread left.
    pub fn start_auto_refresh(&self) -> Result<(), Error> {
        let mut refresher = lock(&self.refresher);
        if refresher.is_none() {
            let started = Refresher::start(Arc::clone(&self.driver));
            *refresher = Some(started.map_err(|error| {
                Error::new(ErrorKind::Internal, format!("could not start the refresh thread: {error}"))
            })?);
        }
        Ok(())
    }

    /// Stops what [`start_auto_refresh`](Self::start_auto_refresh) started, within milliseconds.
    pub fn stop_auto_refresh(&self) {
        let refresher = lock(&self.refresher).take();
        drop(refresher);
    }

    /// Ends every operation under way on other threads: they return the kind `cancelled`, or the decision with that
    /// problem. An activation on its way may still take its seat; the decision keeps saying so.
    pub fn cancel(&self) {
        self.driver.cancel();
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
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// Sends requests over the app's own network stack.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Tells the time, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Reads what is stored. See [`Client::open`].
    pub fn open(self) -> Result<Client, Error> {
        let directory = self.directory.or_else(default_directory);
        let device = match self.config.device_id() {
            Some(id) => DeviceId::from_app(&self.config.organization_id(), id),
            None => {
                let source = device_source(directory.as_deref());
                // nothing identifies this machine and nothing can be kept: each run is a device of its own
                let source = source.unwrap_or_else(|| random::<16>().iter().map(|b| format!("{b:02x}")).collect());
                DeviceId::derive(&self.config.organization_id(), &source)
            }
        };
        let host = Host { device, system: system_name(), seed: random() };
        // requests of all clients leave from one address, but only one clock can pace them
        let pacer = if self.clock.is_some() { Pacer::new() } else { process_pacer() };
        let app_id = self.config.app_id().to_owned();
        let engine = Engine::new(self.config, host, pacer);
        let (product, device) = engine.record_tags();
        let store = self.store.unwrap_or_else(|| match directory {
            Some(directory) => Box::new(FileStore::new(directory, &app_id, product, device)),
            None => Box::new(NoStore),
        });
        let transport = self.transport.unwrap_or_else(default_transport);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let driver = Arc::new(Driver::new(engine, store, transport, clock));
        driver.run(Operation::Open);
        Ok(Client { driver, refresher: Mutex::new(None) })
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

/// Where the system names no data directory.
struct NoStore;

impl NoStore {
    fn error() -> StoreError {
        StoreError::new("this system names no directory for application data; set HOME, or give the client a directory")
    }
}

impl Store for NoStore {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Err(Self::error())
    }

    fn save(&self, _: &[u8], _: Durability) -> Result<(), StoreError> {
        Err(Self::error())
    }

    fn remove(&self) -> Result<(), StoreError> {
        Err(Self::error())
    }
}

fn process_pacer() -> Pacer {
    static PACER: OnceLock<Pacer> = OnceLock::new();
    PACER.get_or_init(Pacer::new).clone()
}

/// Jitter and labels work without luck, too, if the system has no random numbers.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = getrandom::fill(&mut bytes);
    if let Err(error) = filled {
        log::warn!("no random numbers from the system: {error}");
    }
    bytes
}
