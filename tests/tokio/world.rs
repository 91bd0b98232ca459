//! A simulated Polar that confirms everything and can delay the answers of one endpoint, and a clock that follows
//! tokio's time. A test with paused time can let months pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use polar_license::clock::Clock;
use polar_license::future::BoxFuture;
use polar_license::time::Now;
use polar_license::tokio::{Client, ClientBuilder};
use polar_license::transport::{Answer, AsyncTransport, Request};
use polar_license::{Config, ConfigBuilder, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::polar;

pub(crate) const KEY: &str = "D1E50003-AAAA-4BBB-8CCC-DDDD0000EEE3";

/// The name of an endpoint, such as `validate`. Any other text stands for no endpoint.
type Endpoint = &'static str;

#[derive(Clone)]
pub(crate) struct Polar {
    asked: watch::Sender<Vec<String>>,
    holds: watch::Sender<Endpoint>,
    answers: watch::Sender<bool>,
    given_up: Arc<AtomicBool>,
    clock: TokioClock,
}

impl Polar {
    pub(crate) fn holding(holds: Endpoint) -> Self {
        let (asked, answers) = (watch::Sender::default(), watch::Sender::default());
        Self { asked, holds: watch::Sender::new(holds), answers, given_up: Arc::default(), clock: TokioClock::new() }
    }

    /// From now on, delays the answers to requests to this endpoint.
    pub(crate) fn hold(&self, endpoint: Endpoint) {
        self.answers.send_replace(false);
        self.holds.send_replace(endpoint);
    }

    pub(crate) fn answer_now(&self) {
        self.answers.send_replace(true);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    /// Waits until the first request to this endpoint has arrived.
    pub(crate) async fn is_asked_to(&self, endpoint: Endpoint) {
        let mut asked = self.asked.subscribe();
        asked.wait_for(|asked| asked.iter().any(|one| one == endpoint)).await.unwrap();
    }

    /// Waits until this many requests have been sent.
    pub(crate) async fn has_received(&self, count: usize) {
        self.asked.subscribe().wait_for(|asked| asked.len() >= count).await.unwrap();
    }

    /// Returns `true` if a request was dropped while its answer was delayed.
    pub(crate) fn was_given_up(&self) -> bool {
        self.given_up.load(Ordering::SeqCst)
    }

    /// Returns the time on Polar's clock.
    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    /// Advances the clock without waiting.
    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap();
        self.clock.ahead_ms.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the wall clock forward, or back if `by_ms` is negative. The monotonic clock stays as it is, as it does on
    /// most systems while the machine sleeps.
    pub(crate) fn set_wall(&self, by_ms: i64) {
        self.clock.wall_ahead_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// Returns a builder for a client that uses this Polar and its clock.
    pub(crate) fn client(&self) -> ClientBuilder {
        self.client_with(|config| config)
    }

    /// Like [`client`](Self::client), with further settings.
    pub(crate) fn client_with(&self, set: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> ClientBuilder {
        let config = Config::builder(polar::ORGANIZATION, "com.example.app").device_id("laptop");
        // a time-out longer than any test may take, so that a deadline cannot hide a missing wake-up
        let config = set(config.timeout(Duration::from_secs(300))).build();
        Client::builder(config.unwrap()).transport(self.clone()).clock(self.clock.clone())
    }
}

impl AsyncTransport for Polar {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Answer> {
        Box::pin(async {
            let endpoint = polar::endpoint(request);
            self.asked.send_modify(|asked| asked.push(endpoint.to_owned()));
            if endpoint == *self.holds.borrow() {
                let waits = GivenUp(&self.given_up);
                self.answers.subscribe().wait_for(|answers| *answers).await.unwrap();
                std::mem::forget(waits);
            }
            polar::answer(request, self.clock.now())
        })
    }
}

struct GivenUp<'a>(&'a AtomicBool);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[derive(Clone)]
struct TokioClock {
    origin: Instant,
    ahead_ms: Arc<AtomicU64>,
    wall_ahead_ms: Arc<AtomicI64>,
}

impl TokioClock {
    fn new() -> Self {
        Self { origin: Instant::now(), ahead_ms: Arc::default(), wall_ahead_ms: Arc::default() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Now {
        let elapsed = self.origin.elapsed() + Duration::from_millis(self.ahead_ms.load(Ordering::SeqCst));
        let start = Timestamp::parse("2026-11-21T12:00:00Z").unwrap().unix_ms();
        let start = Timestamp::from_unix_ms(start + self.wall_ahead_ms.load(Ordering::SeqCst));
        Now { wall: start.plus(elapsed), mono: u64::try_from(elapsed.as_millis()).unwrap() }
    }
}
