//! The life of a license, over real HTTP to a local Polar.

use std::time::Duration;

use mock_polar::{DEMO_KEY_PLAIN, Endpoint, Fault, Garbage, MockPolar, NewKey};
use polar_license::blocking;
use polar_license::clock::SystemClock;
use polar_license::config::ConfigBuilder;
use polar_license::engine::Deactivated;
use polar_license::future::BoxFuture;
use polar_license::tokio::{Client, HttpTransport};
use polar_license::transport::{Answer, AsyncTransport, Request};
use polar_license::{ErrorKind, Reason, State};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::support::{self, Directory, TestClock, app};

/// The real transport. Each request also advances the test's clock.
struct ClockedTransport(TestClock, HttpTransport);

impl AsyncTransport for ClockedTransport {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Answer> {
        self.0.advance(Duration::from_millis(600));
        self.1.send(request)
    }
}

pub(super) async fn open(config: ConfigBuilder, directory: &Directory, clock: &TestClock) -> Client {
    let builder = Client::builder(config.build().unwrap()).directory(directory.path()).clock(clock.clone());
    builder.transport(ClockedTransport(clock.clone(), HttpTransport::new())).open().await.unwrap()
}

#[tokio::test]
async fn a_running_app_sees_what_another_process_did() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let config = || app(&polar.url(), "com.example.app").build().unwrap();
    // each client has its own store, as in a process of its own
    let builder = Client::builder(config()).directory(directory.path()).clock(SystemClock::new());
    let running = builder.open().await.unwrap();
    let other = blocking::Client::builder(config()).directory(directory.path()).clock(SystemClock::new());
    let (sender, mut seen) = mpsc::unbounded_channel();
    let _listening = running.on_change(move |decision, _| sender.send(decision.state()).unwrap());
    running.start_auto_refresh();
    let other = spawn_blocking(move || {
        let other = other.open().unwrap();
        other.activate(DEMO_KEY_PLAIN).unwrap();
        other
    });
    assert_eq!(seen.recv().await, Some(State::Active));
    let other = other.await.unwrap();
    spawn_blocking(move || other.deactivate().unwrap()).await.unwrap();
    assert_eq!(seen.recv().await, Some(State::Unlicensed));
    assert_eq!(polar.requests().len(), 1, "the activation; to look asks nobody");
}

#[tokio::test]
async fn a_license_is_activated_works_offline_and_is_deactivated() {
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let (clock, directory, elsewhere) = (TestClock::with(&polar), Directory::new(), Directory::new());
    let config = || app(&polar.url(), "com.example.app");
    let client = open(config(), &directory, &clock).await;
    assert_eq!(client.refresh().await.state(), State::Unlicensed);
    assert_eq!(client.activate(&key).await.unwrap().state(), State::Active);
    assert!(client.allows("export"));

    let another = open(config().device_id("another"), &elsewhere, &clock).await;
    let error = another.activate(&key).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, Some(Reason::ActivationLimit)));

    polar.stop();
    clock.advance(Duration::from_secs(25 * 60 * 60));
    let client = open(config(), &directory, &clock).await;
    let decision = client.refresh().await;
    assert_eq!((decision.state(), decision.problem().unwrap().kind), (State::Grace, ErrorKind::Network));
    let blocking = support::open(config(), directory.path(), &clock);
    assert_eq!(blocking.current().state(), State::Grace, "the blocking client reads the same record");

    polar.restart().unwrap();
    polar.advance_clock(Duration::from_secs(25 * 60 * 60));
    assert_eq!(client.validate().await.state(), State::Active);
    assert_eq!(client.deactivate().await.unwrap().deactivated, Deactivated::Released);
    assert!(polar.activations(&key).is_empty());
    // the record that is left contains the times of the last requests, and nothing else
    let left = directory.files();
    assert!(left.iter().all(|(name, bytes)| name.ends_with(".license") && bytes.len() <= 120), "{left:?}");
}

#[tokio::test]
async fn a_reply_that_is_not_polars_leaves_the_license_unchanged() {
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let (clock, directory) = (TestClock::with(&polar), Directory::new());
    let client = open(app(&polar.url(), "com.example.app"), &directory, &clock).await;
    client.activate(&key).await.unwrap();
    let cases = [
        (Fault::truncated_body(), ErrorKind::Network),
        (Fault::huge_body(2_000_000), ErrorKind::Network),
        (Fault::garbage(Garbage::ForeignJson), ErrorKind::Network),
        (Fault::captive_portal(302), ErrorKind::Network),
        (Fault::captive_portal(200), ErrorKind::Network),
        (Fault::drop_connection().after_handling(), ErrorKind::Network),
        (Fault::server_error(503), ErrorKind::Server),
    ];
    for (fault, kind) in cases {
        let what = format!("{fault:?}");
        polar.fault(fault);
        let decision = client.validate().await;
        polar.clear_faults();
        assert_eq!(decision.problem().map(|problem| problem.kind), Some(kind), "{what}: {:?}", decision.problem());
        assert_eq!(decision.state(), State::Active, "{what}");
    }
    assert_eq!(client.validate().await.problem(), None);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_time_out() {
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro"));
    let (clock, directory) = (TestClock::with(&polar), Directory::new());
    let config = app(&polar.url(), "com.example.app").timeout(Duration::from_millis(300));
    let client = open(config, &directory, &clock).await;
    client.activate(&key).await.unwrap();
    polar.fault(Fault::stall());
    let decision = client.validate().await;
    assert_eq!((decision.state(), decision.problem().unwrap().kind), (State::Active, ErrorKind::Timeout));
}

#[tokio::test]
async fn an_activation_without_answer_may_have_taken_a_seat() {
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let (clock, directory) = (TestClock::with(&polar), Directory::new());
    let client = open(app(&polar.url(), "com.example.app"), &directory, &clock).await;
    polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate));
    let error = client.activate(&key).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Network, true));
    assert_eq!(polar.activations(&key).len(), 1);
    assert_eq!(client.current().problem().unwrap().kind, ErrorKind::SeatUncertain);
}
