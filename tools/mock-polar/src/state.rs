//! Everything a server knows, behind one lock: shared by its connections and by the tests that steer it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::fault::{Endpoint, Faults};
use crate::http::Connections;
use crate::limit::Limiter;
use crate::polar;
use crate::seed::Seed;
use crate::time::Timestamp;
use crate::world::World;

/// A request that reached the server. The control endpoint's own requests are not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRequest {
    /// For example `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// In the order received, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// The endpoint that it is for, if it is a `POST` to one.
    pub fn endpoint(&self) -> Option<Endpoint> {
        polar::endpoint(self)
    }

    /// The first header of this name (in any case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` if it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

pub(crate) struct Shared {
    state: Mutex<State>,
    /// For threads that wait for requests; connections have `arrived`.
    recorded: Condvar,
    arrived: Notify,
    connections: Mutex<Connections>,
}

pub(crate) struct State {
    pub(crate) seed: Seed,
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) limiter: Limiter,
    pub(crate) rate_limit: bool,
    rate_limit_at_start: bool,
    pub(crate) requests: Vec<RecordedRequest>,
}

impl Shared {
    pub(crate) fn new(seed: Seed, rate_limit: bool) -> Self {
        let state = State {
            world: seed.world(),
            seed,
            clock: Clock::new(),
            faults: Faults::default(),
            limiter: Limiter::default(),
            rate_limit,
            rate_limit_at_start: rate_limit,
            requests: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
            recorded: Condvar::new(),
            arrived: Notify::new(),
            connections: Mutex::default(),
        }
    }

    pub(crate) fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A test that panicked while steering leaves the state usable.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait that a request was recorded. Call it with the lock released.
    pub(crate) fn announce(&self) {
        self.recorded.notify_all();
        self.arrived.notify_waiters();
    }

    pub(crate) fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        let missing = |state: &mut State| state.requests.len() < count;
        let waited = self.recorded.wait_timeout_while(self.lock(), timeout, missing);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.requests.len() >= count
    }

    /// The same without blocking the server's thread.
    pub(crate) async fn requests_arrived(&self, count: usize, timeout: Duration) -> bool {
        let arrived = async {
            loop {
                let next = self.arrived.notified();
                if self.lock().requests.len() >= count {
                    return;
                }
                next.await;
            }
        };
        tokio::time::timeout(timeout, arrived).await.is_ok()
    }
}

impl State {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Counts a request to the endpoints, where the rate limit is on; `Err` has `retry-after`.
    pub(crate) fn admit(&mut self, address: IpAddr, counts: bool) -> Result<(), u64> {
        let elapsed = self.clock.elapsed();
        match (self.rate_limit, counts) {
            (false, _) => Ok(()),
            (true, true) => self.limiter.admit(address, elapsed),
            (true, false) => self.limiter.check(address, elapsed),
        }
    }

    pub(crate) fn set_rate_limit(&mut self, on: bool) {
        self.rate_limit = on;
        self.limiter = Limiter::default();
    }

    /// Back to the start: the seed's keys, the system's time, no faults, nothing recorded.
    pub(crate) fn reset(&mut self) {
        self.world = self.seed.world();
        self.clock = Clock::new();
        self.faults.clear();
        self.limiter = Limiter::default();
        self.rate_limit = self.rate_limit_at_start;
        self.requests.clear();
    }
}

impl Serialize for RecordedRequest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a> {
            method: &'a str,
            path: &'a str,
            headers: BTreeMap<&'a str, &'a str>,
            body: String,
        }
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        View { method: &self.method, path: &self.path, headers, body: self.text() }.serialize(serializer)
    }
}
