//! Tests operations whose futures are dropped, that are cancelled, or whose runtime ends. Also tests panics in the
//! app's store and transport.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use polar_license::blocking::FileStore;
use polar_license::engine::Operation;
use polar_license::future::BoxFuture;
use polar_license::store::{Durability, HeldTurn, MemoryStore, Store, StoreError};
use polar_license::tokio::Client;
use polar_license::transport::{Answer, AsyncTransport, Request};
use polar_license::{Config, Decision, ErrorKind, State};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::polar::ORGANIZATION;
use super::support::Directory;
use super::world::{KEY, Polar};

const SEAT: &str = "ac700000-0000-4000-8000-000000000001";

fn seat(decision: &Decision) -> String {
    decision.license().unwrap().activation_id.unwrap().to_string()
}

/// Begins an activation, and drops its future when a request to this endpoint has been sent.
async fn activate_and_drop(client: &Client, polar: &Polar, endpoint: &'static str) {
    tokio::select! {
        result = client.activate(KEY) => panic!("the activation has ended: {result:?}"),
        () = polar.is_asked_to(endpoint) => {}
    }
}

#[tokio::test]
async fn an_activation_dropped_after_it_was_sent_still_stores_its_seat() {
    let (polar, directory) = (Polar::holding("activate"), Directory::new());
    let client = polar.client().directory(directory.path()).open().await.unwrap();
    activate_and_drop(&client, &polar, "activate").await;
    assert_eq!(client.current().state(), State::Unlicensed);
    polar.answer_now();
    // operations run one after the other, so the activation has ended when this refresh begins
    let decision = client.refresh().await;
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    assert_eq!(seat(&decision), SEAT);
    let reopened = polar.client().directory(directory.path()).open().await.unwrap();
    assert_eq!(seat(&reopened.current()), SEAT);
    assert_eq!(polar.asked(), ["validate", "activate"]);
}

#[tokio::test]
async fn draining_waits_for_the_answers_to_requests_that_were_sent() {
    let (polar, directory) = (Polar::holding("activate"), Directory::new());
    let client = polar.client().directory(directory.path()).open().await.unwrap();
    client.start_auto_refresh();
    let activating = tokio::spawn({
        let client = client.clone();
        async move { client.activate(KEY).await }
    });
    polar.is_asked_to("activate").await;
    let mut drained = pin!(client.drain());
    assert!(drained.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    polar.answer_now();
    drained.await;
    // `drain` has ended, so the seat is stored and this process could end
    let reopened = polar.client().directory(directory.path()).open().await.unwrap();
    assert_eq!(seat(&reopened.current()), SEAT);
    assert_eq!(activating.await.unwrap().unwrap().state(), State::Active);
    client.drain().await;
}

/// Returns a client for computers that are never online, on a computer with this device id.
async fn air_gapped(polar: &Polar, device: &str, directory: &Directory) -> Client {
    let client = polar.client_with(|config| config.device_id(device).app_secret("hush").air_gap_days(365));
    client.directory(directory.path()).open().await.unwrap()
}

#[tokio::test]
async fn draining_waits_for_the_answer_to_another_computer() {
    let (polar, directory) = (Polar::holding("activate"), Directory::new());
    let request = air_gapped(&polar, "rack 7", &Directory::new()).await.offline_request().await.unwrap();
    let client = air_gapped(&polar, "laptop", &directory).await;
    let answering = tokio::spawn({
        let (client, request) = (client.clone(), request.clone());
        async move { client.offline_answer(&request, KEY).await }
    });
    polar.is_asked_to("activate").await;
    let mut drained = pin!(client.drain());
    assert!(drained.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    polar.answer_now();
    drained.await;
    // `drain` has ended, so the seat of the other computer is stored and this process could end
    let again = air_gapped(&polar, "laptop", &directory).await.offline_answer(&request, KEY).await.unwrap();
    assert_eq!(seat(&again.decision), SEAT);
    assert_eq!(answering.await.unwrap().unwrap().decision.state(), State::Active);
    assert_eq!(polar.asked().iter().filter(|endpoint| *endpoint == "activate").count(), 1);
}

#[tokio::test]
async fn an_answer_to_another_computer_is_cancelled_alone() {
    let polar = Polar::holding("validate");
    let request = air_gapped(&polar, "rack 7", &Directory::new()).await.offline_request().await.unwrap();
    let directory = Directory::new();
    let client = air_gapped(&polar, "laptop", &directory).await;
    let cancelled = client.offline_answer_until(&request, KEY, polar.is_asked_to("validate")).await.unwrap();
    assert_eq!(cancelled.result.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(client.offline_answer_until("no request", KEY, std::future::pending()).await.is_err());
    polar.answer_now();
    assert_eq!(client.offline_answer(&request, KEY).await.unwrap().decision.state(), State::Active);
    let returned = client.offline_release_until("no return", std::future::pending()).await;
    assert_eq!(returned.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn cancelling_the_client_ends_an_answer_to_another_computer() {
    let (polar, directory) = (Polar::holding("activate"), Directory::new());
    let request = air_gapped(&polar, "rack 7", &Directory::new()).await.offline_request().await.unwrap();
    let client = air_gapped(&polar, "laptop", &directory).await;
    let (answered, ()) = tokio::join!(client.offline_answer(&request, KEY), async {
        polar.is_asked_to("activate").await;
        client.cancel();
    });
    let error = answered.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Cancelled, true), "{error}");
    polar.answer_now();
    let again = air_gapped(&polar, "laptop", &directory).await.offline_answer(&request, KEY).await.unwrap();
    assert_eq!((again.decision.state(), seat(&again.decision).as_str()), (State::Active, SEAT));
}

#[tokio::test]
async fn one_operation_is_cancelled_and_another_is_not() {
    let polar = Polar::holding("validate");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    let activate = || Operation::Activate { key: Some(KEY.to_owned().into()), replace_previous: false };
    let cancelled = client.run_until(activate(), polar.is_asked_to("validate"));
    let (cancelled, other) = tokio::join!(cancelled, async {
        polar.is_asked_to("validate").await;
        let other = client.run_until(activate(), std::future::pending());
        polar.answer_now();
        other.await
    });
    assert_eq!(cancelled.result.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(other.result.unwrap().state(), State::Active);
}

#[tokio::test]
async fn an_activation_dropped_before_it_was_sent_takes_no_seat() {
    let polar = Polar::holding("validate");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    activate_and_drop(&client, &polar, "validate").await;
    polar.answer_now();
    let decision = client.refresh().await;
    assert_eq!(decision.state(), State::Unlicensed);
    assert!(decision.problem().is_some_and(|problem| !problem.maybe_applied), "{:?}", decision.problem());
    assert_eq!(polar.asked(), ["validate"]);
}

#[tokio::test]
async fn an_operation_that_was_never_polled_never_began() {
    let polar = Polar::holding("validate");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    drop(client.activate(KEY));
    assert_eq!(client.refresh().await.state(), State::Unlicensed);
    assert!(polar.asked().is_empty());
}

#[tokio::test]
async fn a_cancelled_activation_says_that_it_may_have_taken_a_seat() {
    let polar = Polar::holding("activate");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    let cancel = async {
        polar.is_asked_to("activate").await;
        client.cancel();
    };
    let (activated, ()) = tokio::join!(client.activate(KEY), cancel);
    let error = activated.unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Cancelled, true));
    assert_eq!(client.current().problem().unwrap().kind, ErrorKind::SeatUncertain);
    assert!(polar.was_given_up(), "the request is dropped as well");
}

#[tokio::test(start_paused = true)]
async fn validates_at_the_same_time_share_one_answer() {
    let polar = Polar::holding("nothing");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    client.activate(KEY).await.unwrap();
    let (first, second) = tokio::join!(client.validate(), client.validate());
    assert_eq!((first.problem(), second.problem()), (None, None));
    assert_eq!(polar.asked(), ["validate", "activate", "validate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_on_many_threads_take_turns() {
    let (polar, directory) = (Polar::holding("nothing"), Directory::new());
    let client = polar.client().directory(directory.path()).open().await.unwrap();
    client.activate(KEY).await.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.refresh().await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().problem(), None);
    }
    assert_eq!(polar.asked(), ["validate", "activate"], "the license is fresh, so no client asks");
}

/// Two clients that do not know of each other behave like two processes.
#[tokio::test]
async fn clients_that_share_a_record_ask_one_after_the_other() {
    let (polar, directory) = (Polar::holding("nothing"), Directory::new());
    let tries = watch::Sender::new(0);
    let open = || {
        let file = FileStore::new(directory.path(), "com.example.app", [0; 8], [0; 8]);
        polar.client().blocking_store(Turns { file, tries: tries.clone() }).open()
    };
    let first = open().await.unwrap();
    first.activate(KEY).await.unwrap();
    let second = open().await.unwrap();
    polar.advance(Duration::from_secs(25 * 60 * 60));
    polar.hold("validate");
    let meanwhile = async {
        polar.has_received(3).await;
        let before = *tries.borrow();
        let second = second.refresh();
        let mut tries = tries.subscribe();
        let answer = async {
            tokio::select! {
                _ = tries.wait_for(|tries| *tries > before + 1) => {}
                () = polar.has_received(4) => {}
            }
            polar.answer_now();
        };
        tokio::join!(second, answer).0
    };
    let (one, other) = tokio::join!(first.refresh(), meanwhile);
    assert_eq!((one.state(), other.state()), (State::Active, State::Active));
    assert_eq!(polar.asked(), ["validate", "activate", "validate"], "the second client reads the answer");
}

/// A file store that counts how often somebody tries to take the turn.
struct Turns {
    file: FileStore,
    tries: watch::Sender<u32>,
}

impl Store for Turns {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.file.load()
    }

    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError> {
        self.file.save(record, durability)
    }

    fn remove(&self) -> Result<(), StoreError> {
        self.file.remove()
    }

    fn locked_within(&self, timeout: Duration, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.file.locked_within(timeout, work)
    }

    fn take_turn(&self, timeout: Duration) -> Option<Box<dyn HeldTurn + '_>> {
        self.tries.send_modify(|tries| *tries += 1);
        self.file.take_turn(timeout)
    }
}

#[tokio::test]
async fn an_operation_that_waits_for_the_turn_of_another_client_can_be_dropped() {
    let (polar, directory) = (Polar::holding("activate"), Directory::new());
    let open = || polar.client().directory(directory.path()).open();
    let (first, second) = (open().await.unwrap(), open().await.unwrap());
    let meanwhile = async {
        polar.is_asked_to("activate").await;
        let waiting = pin!(second.activate(KEY));
        assert!(waiting.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        polar.answer_now();
    };
    let (activated, ()) = tokio::join!(first.activate(KEY), meanwhile);
    assert_eq!(activated.unwrap().state(), State::Active);
    assert_eq!(second.refresh().await.state(), State::Active);
    assert_eq!(polar.asked(), ["validate", "activate"]);
}

#[tokio::test]
async fn an_operation_that_waits_for_another_operation_can_be_dropped() {
    let polar = Polar::holding("activate");
    let client = polar.client().store(MemoryStore::new()).open().await.unwrap();
    let second = async {
        polar.is_asked_to("activate").await;
        let waiting = pin!(client.activate(KEY));
        assert!(waiting.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        polar.answer_now();
    };
    let (first, ()) = tokio::join!(client.activate(KEY), second);
    assert_eq!(first.unwrap().state(), State::Active);
    assert_eq!(client.refresh().await.state(), State::Active);
    assert_eq!(polar.asked(), ["validate", "activate"], "the second activation sent nothing");
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn an_activation_ends_with_its_runtime_and_the_next_start_reports_it() {
    let directory = Directory::new();
    let ending = runtime();
    let polar = ending.block_on(async { Polar::holding("activate") });
    let client = ending.block_on(polar.client().directory(directory.path()).open()).unwrap();
    let mut activation = Box::pin(client.activate(KEY));
    ending.block_on(async {
        tokio::select! {
            result = &mut activation => panic!("the activation has ended: {result:?}"),
            () = polar.is_asked_to("activate") => {}
        }
    });
    drop(ending);
    let Poll::Ready(Err(error)) = activation.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the activation waits for a runtime that is gone");
    };
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Cancelled, true));
    // waits more than a minute, because a younger attempt counts as running
    polar.advance(Duration::from_secs(61));
    let reopened = runtime().block_on(polar.client().directory(directory.path()).open()).unwrap();
    assert_eq!(reopened.current().problem().unwrap().kind, ErrorKind::SeatUncertain);
}

#[test]
fn opening_outside_of_a_runtime_is_an_error() {
    let config = Config::builder(ORGANIZATION, "com.example.app").build().unwrap();
    let opening = pin!(Client::open(config));
    let Poll::Ready(Err(error)) = opening.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("opening waits");
    };
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.detail().contains("no tokio runtime"), "{error}");
}

struct Panics;

impl AsyncTransport for Panics {
    fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Answer> {
        panic!("a bug in the app")
    }
}

impl Store for Panics {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        panic!("a bug in the app")
    }

    fn save(&self, _: &[u8], _: Durability) -> Result<(), StoreError> {
        Ok(())
    }

    fn remove(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_of_the_transport_is_a_network_error() {
    let client = Polar::holding("nothing").client().store(MemoryStore::new()).transport(Panics).open().await.unwrap();
    let error = client.activate(KEY).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.detail().contains("panicked"), "{error}");
}

#[tokio::test]
async fn a_panic_of_the_store_reaches_the_caller() {
    let opening = tokio::spawn(Polar::holding("nothing").client().blocking_store(Panics).open());
    assert!(opening.await.unwrap_err().is_panic());
}
