//! The state of a server, behind one lock. The server's connections share the state with the tests that control the
//! server.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::database::Database;
use crate::events::Events;
use crate::fault::Faults;
use crate::limit::{Identity, Limiter};
use crate::mails::Mail;
use crate::request::RecordedRequest;
use crate::seed::Seed;
use crate::timer::Timer;
use crate::timestamp::Timestamp;
use crate::versions::{ApiVersion, Versions};
use crate::worker::Worker;

pub(crate) struct Shared {
    state: Mutex<State>,
    /// Wakes threads that wait for requests or mails.
    #[cfg(feature = "server")]
    changed: std::sync::Condvar,
    /// Wakes tasks that wait for requests or mails.
    notify: Notify,
}

pub(crate) struct State {
    seed: Seed,
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) limiter: Limiter,
    pub(crate) rate_limit: bool,
    rate_limit_at_start: bool,
    pub(crate) versions: Versions,
    version_at_start: ApiVersion,
    pub(crate) requests: Vec<RecordedRequest>,
    pub(crate) worker: Worker,
    pub(crate) events: Events,
    pub(crate) mails: Vec<Mail>,
    /// If set, shows each mail to a developer who waits for the code in it.
    pub(crate) show_mail: Option<fn(&Mail)>,
}

impl Shared {
    pub(crate) fn new(seed: Seed, rate_limit: bool, version: ApiVersion, show_mail: Option<fn(&Mail)>) -> Self {
        let state = State {
            database: seed.database(),
            seed,
            clock: Clock::new(),
            faults: Faults::default(),
            limiter: Limiter::default(),
            rate_limit,
            rate_limit_at_start: rate_limit,
            versions: Versions::starting_with(version),
            version_at_start: version,
            requests: Vec::new(),
            worker: Worker::default(),
            events: Events::default(),
            mails: Vec::new(),
            show_mail,
        };
        Self {
            state: Mutex::new(state),
            #[cfg(feature = "server")]
            changed: std::sync::Condvar::new(),
            notify: Notify::new(),
        }
    }

    /// Locks the state. Works even if a test panicked while it held the lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the threads and connections that wait for a request or a mail. After recording a request or a mail,
    /// release the lock and call this method.
    pub(crate) fn announce(&self) {
        #[cfg(feature = "server")]
        self.changed.notify_all();
        self.notify.notify_waiters();
    }

    /// Blocks until `count` returns `wanted` or more. Returns `false` if that takes longer than the timeout.
    #[cfg(feature = "server")]
    pub(crate) fn wait_for(&self, count: fn(&State) -> usize, wanted: usize, timeout: Duration) -> bool {
        let missing = |state: &mut State| count(state) < wanted;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, missing);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        count(&state) >= wanted
    }

    /// Waits until `count` returns `wanted` or more, or until `timer` says that the timeout has passed.
    pub(crate) async fn until(&self, count: fn(&State) -> usize, wanted: usize, timeout: Duration, timer: &impl Timer) {
        let enough = async {
            loop {
                let next = self.notify.notified();
                if count(&self.lock()) >= wanted {
                    return;
                }
                next.await;
            }
        };
        let (mut enough, mut late) = (pin!(enough), pin!(timer.sleep(timeout)));
        let either = |cx: &mut Context<'_>| match enough.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => late.as_mut().poll(cx),
        };
        std::future::poll_fn(either).await;
    }
}

impl State {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Applies the rate limits if they are on. Returns `Err` with the seconds for `retry-after` if the request is not
    /// admitted.
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

    /// Restores the initial state: the seed's keys, the system's time, and all versions of the API. Removes faults,
    /// recorded requests, mails and open streams.
    pub(crate) fn reset(&mut self) {
        self.database = self.seed.database();
        self.clock = Clock::new();
        self.faults.clear();
        self.set_rate_limit(self.rate_limit_at_start);
        self.versions = Versions::starting_with(self.version_at_start);
        self.requests.clear();
        self.worker = Worker::default();
        self.events = Events::default();
        self.mails.clear();
    }
}
