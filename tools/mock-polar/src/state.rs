//! Everything that a server holds, behind one lock: shared by its connections and by the tests that control it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::connections::Connections;
use crate::database::Database;
use crate::events::Events;
use crate::fault::Faults;
use crate::limit::{Identity, Limiter};
use crate::mails::Mail;
use crate::request::RecordedRequest;
use crate::seed::Seed;
use crate::timestamp::Timestamp;
use crate::worker::Worker;

pub(crate) struct Shared {
    state: Mutex<State>,
    /// Wakes threads that wait for requests or mails.
    changed: Condvar,
    /// Wakes connections that wait for them.
    notify: Notify,
    connections: Mutex<Connections>,
}

pub(crate) struct State {
    seed: Seed,
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) limiter: Limiter,
    pub(crate) rate_limit: bool,
    rate_limit_at_start: bool,
    pub(crate) requests: Vec<RecordedRequest>,
    pub(crate) worker: Worker,
    pub(crate) events: Events,
    pub(crate) mails: Vec<Mail>,
    /// Whether mails are written to the standard error, too.
    pub(crate) show_mails: bool,
}

impl Shared {
    pub(crate) fn new(seed: Seed, rate_limit: bool, show_mails: bool) -> Self {
        let state = State {
            database: seed.database(),
            seed,
            clock: Clock::new(),
            faults: Faults::default(),
            limiter: Limiter::default(),
            rate_limit,
            rate_limit_at_start: rate_limit,
            requests: Vec::new(),
            worker: Worker::default(),
            events: Events::default(),
            mails: Vec::new(),
            show_mails,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), notify: Notify::new(), connections: Mutex::default() }
    }

    pub(crate) fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A test that panicked while it held the lock leaves the state usable.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait, after a request or a mail was recorded. Call it with the lock released.
    pub(crate) fn announce(&self) {
        self.changed.notify_all();
        self.notify.notify_waiters();
    }

    /// Waits until there are as many as wanted of what `count` counts; `false` after the timeout.
    pub(crate) fn wait_for(&self, count: fn(&State) -> usize, wanted: usize, timeout: Duration) -> bool {
        let missing = |state: &mut State| count(state) < wanted;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, missing);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        count(&state) >= wanted
    }

    /// The same without blocking the server's thread.
    pub(crate) async fn until(&self, count: fn(&State) -> usize, wanted: usize, timeout: Duration) -> bool {
        let enough = async {
            loop {
                let next = self.notify.notified();
                if count(&self.lock()) >= wanted {
                    return;
                }
                next.await;
            }
        };
        tokio::time::timeout(timeout, enough).await.is_ok()
    }
}

impl State {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Applies the rate limits if they are on. `Err` has `retry-after`.
    pub(crate) fn admit(&mut self, token: Option<&str>, address: &str, path: &str) -> Result<(), u64> {
        if !self.rate_limit {
            return Ok(());
        }
        let elapsed = self.clock.elapsed();
        let identity: Identity = self.limiter.identity(token, address, elapsed);
        self.limiter.admit(&identity, path, elapsed)
    }

    pub(crate) fn set_rate_limit(&mut self, on: bool) {
        self.rate_limit = on;
        self.limiter = Limiter::default();
    }

    /// Back to the start: the seed's keys, the system's time, no faults, nothing recorded, no stream open.
    pub(crate) fn reset(&mut self) {
        self.database = self.seed.database();
        self.clock = Clock::new();
        self.faults.clear();
        self.set_rate_limit(self.rate_limit_at_start);
        self.requests.clear();
        self.worker = Worker::default();
        self.events = Events::default();
        self.mails.clear();
    }
}
