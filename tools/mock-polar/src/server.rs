//! The server, and the methods with which a test starts, stops and controls it. The methods for keys and for the
//! customer portal are in the folder `server`.

mod keys;
mod portal;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::connections::Connections;
use crate::control;
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

/// A local Polar on a loopback port. It runs on a thread of its own, and stops when this value is dropped.
///
/// Methods take `&self`, so a test can control the server from several threads. If a test names a key, a benefit or an
/// activation that does not exist, the method panics, and the panic message points to the line of the test.
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
    /// The socket is bound to the port but does not listen. So the system refuses connections, and no other server can
    /// take the port.
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
    /// Sets the seed, from which the server takes its initial keys. Default: [`Seed::demo`].
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the port on 127.0.0.1. Use 0 for any free port. Default: 0.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Turns Polar's rate limits on or off. The license endpoints admit three requests a second, and a sender that makes
    /// more gets 429 for a minute. The endpoints for codes admit six a minute and twelve an hour, and a sender that
    /// makes more gets 429 for a quarter of an hour. Other endpoints have limits too. Default: off.
    #[must_use]
    pub fn rate_limit(mut self, on: bool) -> Self {
        self.rate_limit = on;
        self
    }

    /// Sets the current version of the API. The server uses it to answer requests that name no version. Default:
    /// [`ApiVersion::default`].
    #[must_use]
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.api_version = version;
        self
    }

    /// Sets whether mails are also written to standard error, for a developer who waits for the code. Default: off.
    #[must_use]
    pub fn show_mails(mut self, on: bool) -> Self {
        self.show_mails = on;
        self
    }

    /// Starts the server. The server accepts requests as soon as this method returns.
    ///
    /// # Errors
    /// Fails if the port is not available.
    pub fn start(self) -> Result<MockPolar, Error> {
        // Listens on loopback only, so that no other computer sees the keys or changes the state.
        let socket = reserve(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))?;
        let address = socket.local_addr().map_err(|error| Error::server("the server's port is unknown", error))?;
        let show_mail: Option<fn(&Mail)> = self.show_mails.then_some(show_mail);
        let machine = Arc::new(Machine::new(self.seed, self.rate_limit, self.api_version, show_mail));
        let connections = Arc::default();
        let online = run(socket, self.port, &machine, &connections)?;
        Ok(MockPolar { machine, connections, address, stage: Mutex::new(online) })
    }
}

/// Methods that start and stop the server, and that return its addresses.
impl MockPolar {
    /// Starts a server with the demo seed, on a free port, without rate limits.
    ///
    /// # Errors
    /// Fails if no port is available.
    pub fn start() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// Returns a builder, which sets options such as the seed and the port.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the base URL to set in the program under test, such as `http://127.0.0.1:49152`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the IP address and the port at which the server listens.
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

    /// Takes the server offline: its open connections close, and new ones are refused. Its state is kept.
    pub fn stop(&self) {
        let mut stage = self.stage();
        if let Stage::Offline(_) = *stage {
            return;
        }
        if let Stage::Online { stop, thread } = std::mem::replace(&mut *stage, Stage::Offline(None)) {
            let _ = stop.send(());
            // The result is ignored, because the server's thread returns nothing.
            let _ = thread.join();
        }
        *stage = Stage::Offline(reserve(self.address).ok());
    }

    /// Brings the server online again, on the same port and with its state. Does nothing if it is online.
    ///
    /// # Errors
    /// Fails if another program has taken the port meanwhile.
    pub fn restart(&self) -> Result<(), Error> {
        let mut stage = self.stage();
        if let Stage::Offline(reserved) = &mut *stage {
            let socket = reserved.take().map_or_else(|| reserve(self.address), Ok)?;
            *stage = run(socket, self.address.port(), &self.machine, &self.connections)?;
        }
        Ok(())
    }

    /// Closes every open connection, as Polar does with a connection that was idle for five seconds. The server still
    /// accepts new connections.
    pub fn close_connections(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).close();
    }

    /// Restores the initial state: the seed's keys, the system's time, and all versions of the API. Removes faults,
    /// recorded requests and mails.
    pub fn reset(&self) {
        self.state(State::reset);
    }
}

/// The control endpoint as a method. Use it if your program reads control requests from a file, such as a file of test
/// scenarios.
impl MockPolar {
    /// Does the same as a request to the control endpoint, and returns the body of the reply, or null if the reply has
    /// no body. `path` consists of the parts after `/_mock`, such as `["keys", "MY-KEY"]`. To get the list of requests
    /// or mails, call [`requests`](Self::requests) or [`mails`](Self::mails) instead.
    ///
    /// ```
    /// use mock_polar::MockPolar;
    /// use serde_json::json;
    ///
    /// let polar = MockPolar::start()?;
    /// polar.control("POST", &["keys"], &json!({ "benefit": "pro", "key": "MY-KEY" }))?;
    /// let refused = polar.control("POST", &["keys"], &json!({ "benefit": "gold" }));
    /// assert!(refused.is_err_and(|message| message.starts_with("there is no benefit `gold`")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the message with which the control endpoint refuses the request.
    pub fn control(&self, method: &str, path: &[&str], body: &Value) -> Result<Value, String> {
        self.state(|state| control::execute_json(state, method, path, body))
    }
}

/// Methods that add and clear faults.
impl MockPolar {
    /// Puts a fault in force. If several faults match a request, the one that was added first applies.
    pub fn fault(&self, fault: Fault) -> FaultId {
        self.state(|state| state.faults.add(fault))
    }

    /// Clears one fault. Requests that this fault has stalled are then answered.
    pub fn clear_fault(&self, fault: FaultId) {
        self.state(|state| state.faults.remove(fault.0));
    }

    /// Clears all faults, and releases the requests that they were stalling.
    pub fn clear_faults(&self) {
        self.state(|state| state.faults.clear());
    }

    /// Turns the rate limits on or off. Forgets the requests that were counted so far, and admits blocked senders
    /// again.
    pub fn set_rate_limit(&self, on: bool) {
        self.state(|state| state.set_rate_limit(on));
    }
}

/// Methods that read, add and remove versions of the API, as Polar does over time.
impl MockPolar {
    /// Returns the current version of the API. A request that names no version is answered in this version.
    pub fn api_version(&self) -> ApiVersion {
        self.state(|state| state.versions.current())
    }

    /// Makes `version` the current version of the API. If this crate does not know `version`, the server answers in the
    /// newest known version that is older than `version`.
    pub fn release_api_version(&self, version: ApiVersion) {
        self.state(|state| state.versions.release(version));
    }

    /// Removes a version. Requests that name the removed version get a 404 with an empty body. Panics if the version is
    /// the current one, or if the server does not have it.
    #[track_caller]
    pub fn remove_api_version(&self, version: ApiVersion) {
        or_panic(self.state(|state| state.versions.remove(version)));
    }
}

/// Methods for the requests that the server has received.
impl MockPolar {
    /// Returns every request since the start or since the last [`clear_requests`](Self::clear_requests). Includes
    /// preflights, and requests to which a fault applied.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state(|state| state.requests.clone())
    }

    /// Clears the list of requests.
    pub fn clear_requests(&self) {
        self.state(|state| state.requests.clear());
    }

    /// Waits until `count` requests are recorded. Returns `false` if that takes longer than `timeout`.
    ///
    /// If this method returns `true`, Polar has also handled these requests, except those that a fault delays.
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.machine.shared.wait_for(|state| state.requests.len(), count, timeout)
    }
}

/// Methods for the server's own clock, which decides when keys expire and whose time appears in replies.
impl MockPolar {
    /// Returns the server's current time.
    pub fn now(&self) -> Timestamp {
        self.state(|state| state.now())
    }

    /// Sets the clock, which then runs on from `at`.
    pub fn set_clock(&self, at: Timestamp) {
        self.state(|state| state.clock.set(at));
    }

    /// Sets the clock and stops it. While the clock is stopped, only [`advance_clock`](Self::advance_clock) moves it
    /// forward.
    pub fn freeze_clock(&self, at: Timestamp) {
        self.state(|state| state.clock.freeze(at));
    }

    /// Moves the clock forward. Unlike the other methods that change the clock, this one makes time pass for the rate
    /// limits too.
    pub fn advance_clock(&self, by: Duration) {
        self.state(|state| state.clock.advance(by));
    }

    /// Lets the clock run ahead of the system's clock by this many seconds, or behind it if `seconds` is negative.
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

/// Prints a mail to the console, so that a developer can read the code that the mail contains.
fn show_mail(mail: &Mail) {
    let _ = writeln!(io::stderr(), "mock-polar: {mail}");
}

fn reserve(address: SocketAddr) -> Result<TcpSocket, Error> {
    let socket = TcpSocket::new_v4().and_then(|socket| {
        // On systems other than Unix, this option would allow two servers to share the port.
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

/// Starts the server in a thread of its own. The server listens before this function returns, so a client that connects
/// before the thread runs is not refused.
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
        // Waits until `MockPolar` sends on `stop` or drops `stop`. Then the runtime is dropped, which closes the
        // listener and every connection.
        let _ = runtime.block_on(stopped);
    };
    let thread = std::thread::Builder::new()
        .name("mock-polar".to_owned())
        .spawn(serve)
        .map_err(|error| Error::server("the server's thread cannot be started", error))?;
    Ok(Stage::Online { stop, thread })
}
