//! A running server, and everything a test can do to it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::sync::oneshot;

use crate::admin::{Activation, KeyInfo, NewKey};
use crate::error::Error;
use crate::fault::{Fault, FaultId};
use crate::http;
use crate::people::Customer;
use crate::seed::Seed;
use crate::state::{RecordedRequest, Shared, State};
use crate::time::Timestamp;
use crate::world::{License, Status};

/// A local Polar on a loopback port. It runs on a thread of its own and stops when dropped.
///
/// Methods take `&self`, so a test can steer the server from several threads. Methods that name a key, a benefit or an
/// activation panic if there is none: that is a mistake in the test, and the panic points at its line.
pub struct MockPolar {
    shared: Arc<Shared>,
    address: SocketAddr,
    stage: Mutex<Stage>,
}

enum Stage {
    Online {
        stop: oneshot::Sender<()>,
        thread: JoinHandle<()>,
    },
    /// The socket keeps the port without listening: connections are refused, and no other server is given the port.
    Offline(Option<TcpSocket>),
}

/// How a [`MockPolar`] starts.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    seed: Seed,
    port: u16,
    rate_limit: bool,
}

impl Builder {
    /// The keys to start with. Without it: [`Seed::demo`].
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// The port on 127.0.0.1. Without it, or with 0: any that is free.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Whether Polar's rate limit applies: three requests a second, then 429 for a minute. Without it: no.
    #[must_use]
    pub fn rate_limit(mut self, on: bool) -> Self {
        self.rate_limit = on;
        self
    }

    /// Starts the server. Once this returns, it answers.
    ///
    /// # Errors
    /// If the port cannot be had.
    pub fn start(self) -> Result<MockPolar, Error> {
        // Loopback only: keys and faults are nobody else's business.
        let socket = reserve(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))?;
        let address = socket.local_addr().map_err(|error| Error::server("the server's port is unknown", error))?;
        let shared = Arc::new(Shared::new(self.seed, self.rate_limit));
        let online = run(socket, self.port, Arc::clone(&shared))?;
        Ok(MockPolar { shared, address, stage: Mutex::new(online) })
    }
}

/// Starting, stopping, and finding one's way.
impl MockPolar {
    /// Starts a server with the demo seed on a free port, without rate limit.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// Chooses seed, port and rate limit.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base URL to hand to the program under test, such as `http://127.0.0.1:49152`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the organization that new keys belong to.
    pub fn organization(&self) -> String {
        self.state(|state| state.world.organization.to_string())
    }

    /// The id of the benefit of this name.
    #[track_caller]
    pub fn benefit(&self, name: &str) -> String {
        let benefit = self.state(|state| {
            state
                .world
                .benefit(name)
                .ok_or_else(|| format!("there is no benefit `{name}`; use one of {}", state.world.benefit_names()))
        });
        must(benefit).to_string()
    }

    /// Goes offline: connections close, and the port refuses new ones. The state stays.
    pub fn stop(&self) {
        let mut stage = self.stage();
        if let Stage::Offline(_) = *stage {
            return;
        }
        if let Stage::Online { stop, thread } = std::mem::replace(&mut *stage, Stage::Offline(None)) {
            let _ = stop.send(());
            // The server's thread has nothing to report.
            let _ = thread.join();
        }
        *stage = Stage::Offline(reserve(self.address).ok());
    }

    /// Comes back online at the same port, with its state. Does nothing while it runs.
    ///
    /// # Errors
    /// If another program has taken the port meanwhile.
    pub fn restart(&self) -> Result<(), Error> {
        let mut stage = self.stage();
        if let Stage::Offline(reserved) = &mut *stage {
            let socket = reserved.take().map_or_else(|| reserve(self.address), Ok)?;
            *stage = run(socket, self.address.port(), Arc::clone(&self.shared))?;
        }
        Ok(())
    }

    /// Closes every open connection at once, as Polar does after five idle seconds. New ones are welcome.
    pub fn close_connections(&self) {
        self.shared.connections().close();
    }

    /// Back to the start: the seed's keys, the system's time, no faults, nothing recorded.
    pub fn reset(&self) {
        self.state(State::reset);
    }
}

/// Keys and activations, as a merchant or customer changes them.
impl MockPolar {
    /// Sells a key and returns it.
    #[track_caller]
    pub fn add_key(&self, key: NewKey) -> String {
        must(self.state(|state| state.sell(key)))
    }

    /// Looks at a key.
    #[track_caller]
    pub fn key(&self, key: &str) -> KeyInfo {
        must(self.state(|state| state.info(key)).ok_or_else(|| no_key(key)))
    }

    /// All keys.
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.state(|state| state.keys())
    }

    /// The activations of a key, oldest first.
    #[track_caller]
    pub fn activations(&self, key: &str) -> Vec<Activation> {
        self.key(key).activations
    }

    /// How often a key was used.
    #[track_caller]
    pub fn usage(&self, key: &str) -> i32 {
        self.key(key).usage
    }

    /// Takes the benefit back: refund, end of the subscription.
    #[track_caller]
    pub fn revoke(&self, key: &str) {
        self.change(key, |license| license.status = Status::Revoked);
    }

    /// Switches the key off.
    #[track_caller]
    pub fn disable(&self, key: &str) {
        self.change(key, |license| license.status = Status::Disabled);
    }

    /// Makes the key good again.
    #[track_caller]
    pub fn grant(&self, key: &str) {
        self.change(key, |license| license.status = Status::Granted);
    }

    /// Removes the key for good; to Polar it is unknown from then on.
    #[track_caller]
    pub fn delete(&self, key: &str) {
        self.change(key, |license| license.deleted = true);
    }

    /// Gives the key a new string, which it returns. The old string is unknown at once; activations stay.
    #[track_caller]
    pub fn rotate(&self, key: &str) -> String {
        must(self.state(|state| state.rotate(key)).ok_or_else(|| no_key(key)))
    }

    /// Moves the end of the key; `None` for no end.
    #[track_caller]
    pub fn set_expires_at(&self, key: &str, at: impl Into<Option<Timestamp>>) {
        let at = at.into();
        self.change(key, |license| license.expires_at = at);
    }

    /// Changes how many devices may be activated; `None` for a key that needs no activation.
    #[track_caller]
    pub fn set_limit_activations(&self, key: &str, devices: impl Into<Option<u32>>) {
        let devices = devices.into();
        self.change(key, |license| license.limit_activations = devices);
    }

    /// Changes how often the key may be used; `None` for no limit.
    #[track_caller]
    pub fn set_limit_usage(&self, key: &str, uses: impl Into<Option<u32>>) {
        let uses = uses.into();
        self.change(key, |license| license.limit_usage = uses);
    }

    /// Moves the key to another benefit (name or id), as no merchant can: for tests of an app's configuration.
    #[track_caller]
    pub fn set_benefit(&self, key: &str, benefit: &str) {
        let id = self.benefit(benefit);
        self.change(key, |license| license.benefit = id.parse().unwrap_or_default());
    }

    /// Removes one activation, as a customer does in Polar's portal.
    #[track_caller]
    pub fn remove_activation(&self, id: &str) {
        let removed = self.state(|state| state.world.remove_seat(id));
        must(removed.then_some(()).ok_or_else(|| format!("there is no activation `{id}`")));
    }

    /// Every text in Polar's replies that tells who a customer is. None of them may ever be found in a program's files,
    /// logs or debug output.
    pub fn personal_data(&self) -> Vec<String> {
        self.state(|state| state.world.customers.iter().flat_map(Customer::identifying).collect())
    }

    #[track_caller]
    fn change(&self, key: &str, change: impl FnOnce(&mut License)) {
        must(self.state(|state| state.change(key, change)).then_some(()).ok_or_else(|| no_key(key)));
    }
}

/// Faults.
impl MockPolar {
    /// Lets something go wrong from now on. Of several faults that match a request, the one added first strikes.
    pub fn fault(&self, fault: Fault) -> FaultId {
        self.state(|state| state.faults.add(fault))
    }

    /// Ends one fault, and lets the requests go that it holds.
    pub fn clear_fault(&self, fault: FaultId) {
        self.state(|state| state.faults.remove(fault.0));
    }

    /// Ends all faults, and lets the requests go that they hold.
    pub fn clear_faults(&self) {
        self.state(|state| state.faults.clear());
    }

    /// Switches the rate limit, and forgets whom it blocked.
    pub fn set_rate_limit(&self, on: bool) {
        self.state(|state| state.set_rate_limit(on));
    }
}

/// What arrived.
impl MockPolar {
    /// Every request since the start or the last [`clear_requests`](Self::clear_requests), preflights and requests that
    /// met a fault included.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state(|state| state.requests.clone())
    }

    /// Forgets them.
    pub fn clear_requests(&self) {
        self.state(|state| state.requests.clear());
    }

    /// Waits until `count` requests are recorded; `false` if that takes longer than `timeout`.
    ///
    /// What Polar does with a request is done by then, unless a fault holds it back.
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.shared.wait_for_requests(count, timeout)
    }
}

/// The server's own clock, which decides on expiry and appears in replies.
impl MockPolar {
    /// What the server takes for the time.
    pub fn now(&self) -> Timestamp {
        self.state(|state| state.now())
    }

    /// Sets the clock; it goes on from there.
    pub fn set_clock(&self, at: Timestamp) {
        self.state(|state| state.clock.set(at));
    }

    /// Sets the clock and stops it; only [`advance_clock`](Self::advance_clock) moves it.
    pub fn freeze_clock(&self, at: Timestamp) {
        self.state(|state| state.clock.freeze(at));
    }

    /// Moves the clock on. It is the one way in which time also passes for the rate limit.
    pub fn advance_clock(&self, by: Duration) {
        self.state(|state| state.clock.advance(by));
    }

    /// Lets the clock run ahead of the system's by this many seconds (or behind, if negative).
    pub fn skew_clock(&self, seconds: i64) {
        self.state(|state| state.clock.skew(seconds));
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(&mut self.shared.lock())
    }
}

impl Drop for MockPolar {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for MockPolar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MockPolar").field("address", &self.address).finish_non_exhaustive()
    }
}

fn no_key(key: &str) -> String {
    format!("there is no key `{key}`")
}

#[track_caller]
#[expect(clippy::panic, reason = "the server is part of a test, and the test names something that is not there")]
fn must<T>(result: Result<T, String>) -> T {
    match result {
        Ok(value) => value,
        Err(message) => panic!("mock-polar: {message}"),
    }
}

fn reserve(address: SocketAddr) -> Result<TcpSocket, Error> {
    let socket = TcpSocket::new_v4().and_then(|socket| {
        // Elsewhere than on Unix, this option would let two servers share the port.
        socket.set_reuseaddr(cfg!(unix))?;
        socket.bind(address)?;
        Ok(socket)
    });
    socket.map_err(|error| port_error(address.port(), error))
}

fn port_error(port: u16, error: io::Error) -> Error {
    let advice = if port == 0 { "" } else { "; choose another, or 0 for any that is free" };
    Error::server(format!("port {port} cannot be had{advice}"), error)
}

/// Listens before it returns, so whoever connects before the thread runs is not refused.
fn run(socket: TcpSocket, port: u16, shared: Arc<Shared>) -> Result<Stage, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| Error::server("the server's runtime cannot be built", error))?;
    let listener = {
        let _entered = runtime.enter();
        socket.listen(1024)
    };
    let listener = listener.map_err(|error| port_error(port, error))?;
    let (stop, stopped) = oneshot::channel();
    let serve = move || {
        runtime.spawn(http::serve(listener, shared));
        // Ends with `stop`; dropping the runtime then closes the listener and every connection.
        let _ = runtime.block_on(stopped);
    };
    let thread = std::thread::Builder::new()
        .name("mock-polar".to_owned())
        .spawn(serve)
        .map_err(|error| Error::server("the server's thread cannot be started", error))?;
    Ok(Stage::Online { stop, thread })
}
