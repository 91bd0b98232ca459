//! The server, and the methods by which a test starts, stops and controls it. Those about keys and the customer portal are
//! in the files below.

mod keys;
mod portal;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::connections::Connections;
use crate::error::Error;
use crate::fault::{Fault, FaultId};
use crate::http;
use crate::machine::Machine;
use crate::mails::Mail;
use crate::request::RecordedRequest;
use crate::seed::Seed;
use crate::state::State;
use crate::timestamp::Timestamp;
use crate::versions::ApiVersion;

/// A local Polar on a loopback port. It runs on its own thread and stops when dropped.
///
/// Methods take `&self`, so a test can control the server from several threads. Methods that take a key, a benefit or an
/// activation panic if it does not exist: that is a mistake in the test, and the panic points at its line.
pub struct MockPolar {
    machine: Arc<Machine>,
    connections: Arc<Mutex<Connections>>,
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

/// The options of a [`MockPolar`].
#[derive(Clone, Debug, Default)]
pub struct Builder {
    seed: Seed,
    port: u16,
    rate_limit: bool,
    api_version: ApiVersion,
    show_mails: bool,
}

impl Builder {
    /// Sets the initial keys. Default: [`Seed::demo`].
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the port on 127.0.0.1. Default, and with 0: any free port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Turns Polar's rate limits on: for the license endpoints, three requests a second, then 429 for a minute; for codes,
    /// six a minute and twelve an hour, then 429 for a quarter of an hour; and more. Default: off.
    #[must_use]
    pub fn rate_limit(mut self, on: bool) -> Self {
        self.rate_limit = on;
        self
    }

    /// Sets the current version of the API, in which requests are answered that name none. Default: [`ApiVersion::default`].
    #[must_use]
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.api_version = version;
        self
    }

    /// Also writes mails to standard error, for a developer who waits for a code. Default: off.
    #[must_use]
    pub fn show_mails(mut self, on: bool) -> Self {
        self.show_mails = on;
        self
    }

    /// Starts the server. Once this returns, it accepts requests.
    ///
    /// # Errors
    /// If the port is not available.
    pub fn start(self) -> Result<MockPolar, Error> {
        // Loopback only, so that no other computer sees the keys or changes the state.
        let socket = reserve(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))?;
        let address = socket.local_addr().map_err(|error| Error::server("the server's port is unknown", error))?;
        let show_mail: Option<fn(&Mail)> = self.show_mails.then_some(show_mail);
        let machine = Arc::new(Machine::new(self.seed, self.rate_limit, self.api_version, show_mail));
        let connections = Arc::default();
        let online = run(socket, self.port, &machine, &connections)?;
        Ok(MockPolar { machine, connections, address, stage: Mutex::new(online) })
    }
}

/// Starting, stopping, and addresses.
impl MockPolar {
    /// Starts a server with the demo seed on a free port, without rate limit.
    ///
    /// # Errors
    /// If no port is available.
    pub fn start() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// Returns a builder, to choose options such as the seed and the port.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the base URL for the program under test, such as `http://127.0.0.1:49152`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the address of the socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the id of the organization that new keys belong to.
    pub fn organization(&self) -> String {
        self.state(|state| state.database.organization.to_string())
    }

    /// Returns the id of the benefit with this name.
    #[track_caller]
    pub fn benefit(&self, name: &str) -> String {
        self.benefit_id(name).to_string()
    }

    #[track_caller]
    fn benefit_id(&self, name: &str) -> Uuid {
        let benefit = self.state(|state| {
            let known = state.database.benefit_names();
            let benefit = state.database.benefit(name);
            benefit.ok_or_else(|| format!("there is no benefit `{name}`; use one of {known}"))
        });
        or_panic(benefit)
    }

    /// Goes offline: open connections close, and new ones are refused. The state is kept.
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

    /// Goes online again on the same port, with its state. Does nothing if it is online.
    ///
    /// # Errors
    /// If another program has taken the port meanwhile.
    pub fn restart(&self) -> Result<(), Error> {
        let mut stage = self.stage();
        if let Stage::Offline(reserved) = &mut *stage {
            let socket = reserved.take().map_or_else(|| reserve(self.address), Ok)?;
            *stage = run(socket, self.address.port(), &self.machine, &self.connections)?;
        }
        Ok(())
    }

    /// Closes every open connection at once, as Polar does after five idle seconds. New ones are accepted.
    pub fn close_connections(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).close();
    }

    /// Restores the initial state: the seed's keys, the system's time, all versions, no faults, nothing recorded.
    pub fn reset(&self) {
        self.state(State::reset);
    }
}

/// Faults.
impl MockPolar {
    /// Puts a fault in force. Of several faults that match a request, the one added first applies.
    pub fn fault(&self, fault: Fault) -> FaultId {
        self.state(|state| state.faults.add(fault))
    }

    /// Clears one fault, and releases the requests that it stalls.
    pub fn clear_fault(&self, fault: FaultId) {
        self.state(|state| state.faults.remove(fault.0));
    }

    /// Clears all faults, and releases the requests that they stall.
    pub fn clear_faults(&self) {
        self.state(|state| state.faults.clear());
    }

    /// Turns the rate limit on or off, and clears its counts and blocks.
    pub fn set_rate_limit(&self, on: bool) {
        self.state(|state| state.set_rate_limit(on));
    }
}

/// Versions of the API, as Polar adds and removes them.
impl MockPolar {
    /// Returns the current version, in which requests are answered that name none.
    pub fn api_version(&self) -> ApiVersion {
        self.state(|state| state.versions.current())
    }

    /// Makes a version the current one. An unknown version answers like the newest known one before it.
    pub fn release_api_version(&self, version: ApiVersion) {
        self.state(|state| state.versions.release(version));
    }

    /// Removes a version: requests that name it are answered by a bare 404. Panics for the current one.
    #[track_caller]
    pub fn remove_api_version(&self, version: ApiVersion) {
        or_panic(self.state(|state| state.versions.remove(version)));
    }
}

/// Requests that arrived.
impl MockPolar {
    /// Returns every request since the start or the last [`clear_requests`](Self::clear_requests), including preflights and
    /// requests that met a fault.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state(|state| state.requests.clone())
    }

    /// Clears the list of requests.
    pub fn clear_requests(&self) {
        self.state(|state| state.requests.clear());
    }

    /// Waits until `count` requests are recorded; `false` if that takes longer than `timeout`.
    ///
    /// Polar has handled them by then, unless a fault delays it.
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.machine.shared.wait_for(|state| state.requests.len(), count, timeout)
    }
}

/// The server's own clock, which decides on expiry and appears in replies.
impl MockPolar {
    /// The server's current time.
    pub fn now(&self) -> Timestamp {
        self.state(|state| state.now())
    }

    /// Sets the clock; it runs on from there.
    pub fn set_clock(&self, at: Timestamp) {
        self.state(|state| state.clock.set(at));
    }

    /// Sets the clock and stops it; only [`advance_clock`](Self::advance_clock) moves it.
    pub fn freeze_clock(&self, at: Timestamp) {
        self.state(|state| state.clock.freeze(at));
    }

    /// Moves the clock forward. Only this way does time also pass for the rate limit.
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

    fn state<T>(&self, access: impl FnOnce(&mut State) -> T) -> T {
        access(&mut self.machine.shared.lock())
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

#[track_caller]
#[expect(clippy::panic, reason = "the server is part of a test, and the test names something that does not exist")]
fn or_panic<T>(result: Result<T, String>) -> T {
    match result {
        Ok(value) => value,
        Err(message) => panic!("mock-polar: {message}"),
    }
}

/// The console is where a developer waits for the code.
fn show_mail(mail: &Mail) {
    let _ = writeln!(io::stderr(), "mock-polar: {mail}");
}

fn reserve(address: SocketAddr) -> Result<TcpSocket, Error> {
    let socket = TcpSocket::new_v4().and_then(|socket| {
        // On systems other than Unix, this option would let two servers share the port.
        socket.set_reuseaddr(cfg!(unix))?;
        socket.bind(address)?;
        Ok(socket)
    });
    socket.map_err(|error| port_error(address.port(), error))
}

fn port_error(port: u16, error: io::Error) -> Error {
    let advice = if port == 0 { "" } else { "; choose another, or 0 for any that is free" };
    Error::server(format!("port {port} is not available{advice}"), error)
}

/// Listens before it returns, so that a client is not refused that connects before the thread runs.
fn run(
    socket: TcpSocket,
    port: u16,
    machine: &Arc<Machine>,
    connections: &Arc<Mutex<Connections>>,
) -> Result<Stage, Error> {
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
    let (machine, connections) = (Arc::clone(machine), Arc::clone(connections));
    let serve = move || {
        runtime.spawn(http::serve(listener, machine, connections));
        // Ends with `stop`; dropping the runtime then closes the listener and every connection.
        let _ = runtime.block_on(stopped);
    };
    let thread = std::thread::Builder::new()
        .name("mock-polar".to_owned())
        .spawn(serve)
        .map_err(|error| Error::server("the server's thread cannot be started", error))?;
    Ok(Stage::Online { stop, thread })
}
