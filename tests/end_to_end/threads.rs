//! Tests several threads that use one client, and the client's own threads.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, Endpoint, Fault, MockPolar, Timestamp as PolarTime};
use polar_license::blocking::{Client, Subscription};
use polar_license::clock::{Clock, SystemClock};
use polar_license::store::{Durability, MemoryStore, Store, StoreError};
use polar_license::time::Now;
use polar_license::{ErrorKind, State};

use crate::support::{Directory, TestClock, app, open};

/// A time limit that is far longer than any operation takes. Only a failing test waits for it.
const LONG: Duration = Duration::from_secs(300);

fn elapsed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let clock = SystemClock::new();
    let before = clock.now().mono;
    let result = work();
    (result, Duration::from_millis(clock.now().mono - before))
}

/// Returns a Polar, and a client that has activated `DEMO_KEY_PLAIN`.
fn activated() -> (MockPolar, Directory, Client) {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar));
    client.activate(DEMO_KEY_PLAIN).unwrap();
    polar.clear_requests();
    (polar, directory, client)
}

#[test]
fn the_current_decision_never_waits_and_a_cancel_ends_a_request_at_once() {
    let (polar, _directory, client) = activated();
    polar.fault(Fault::stall());
    thread::scope(|scope| {
        let validating = scope.spawn(|| client.validate());
        assert!(polar.wait_for_requests(1, LONG));
        assert_eq!((client.current().state(), client.allows("export")), (State::Active, true));
        assert!(!validating.is_finished(), "the request is held, so its operation is running");
        client.cancel();
        let decision = validating.join().unwrap();
        assert_eq!((decision.state(), decision.problem().unwrap().kind), (State::Active, ErrorKind::Cancelled));
    });
    polar.clear_faults();
    assert_eq!(client.validate().problem(), None, "a cancel ends running operations, not later ones");
}

#[test]
fn a_cancelled_activation_is_not_forgotten() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let clock = TestClock::with(&polar);
    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
    polar.fault(Fault::stall().after_handling().on(Endpoint::Activate));
    let error = thread::scope(|scope| {
        let activating = scope.spawn(|| client.activate(DEMO_KEY_ONE_DEVICE));
        assert!(polar.wait_for_requests(2, LONG));
        client.cancel();
        activating.join().unwrap().unwrap_err()
    });
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Cancelled, true));
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
    let later = open(app(&polar.url(), "com.example.app"), directory.path(), &clock).current();
    let problem = later.problem().unwrap();
    assert_eq!((problem.kind, problem.maybe_applied), (ErrorKind::SeatUncertain, true));
    assert!(problem.message.contains("Till 7"), "{}", problem.message);
}

#[test]
fn a_cancelled_deactivation_and_use_leave_the_license() {
    let (polar, _directory, client) = activated();
    client.activate(DEMO_KEY_ONE_DEVICE).unwrap();
    polar.fault(Fault::stall());
    let cancelled = |count: usize, work: &(dyn Fn() -> ErrorKind + Sync)| {
        polar.clear_requests();
        thread::scope(|scope| {
            let working = scope.spawn(work);
            assert!(polar.wait_for_requests(count, LONG));
            client.cancel();
            assert_eq!(working.join().unwrap(), ErrorKind::Cancelled);
        });
        assert!(client.current().allowed());
    };
    cancelled(1, &|| client.deactivate().unwrap_err().kind());
    cancelled(1, &|| client.consume(1).unwrap_err().kind());
}

/// The threads that have read this clock. Every operation reads the clock first.
struct Readers {
    clock: TestClock,
    seen: Mutex<HashSet<ThreadId>>,
    changed: Condvar,
}

#[derive(Clone)]
struct ObservedClock(Arc<Readers>);

impl Clock for ObservedClock {
    fn now(&self) -> Now {
        self.0.seen.lock().unwrap().insert(thread::current().id());
        self.0.changed.notify_all();
        self.0.clock.now()
    }
}

#[test]
fn validates_at_the_same_time_share_one_request() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let readers = Readers { clock: TestClock::with(&polar), seen: Mutex::default(), changed: Condvar::new() };
    let clock = ObservedClock(Arc::new(readers));
    let client = Client::builder(app(&polar.url(), "com.example.app").build().unwrap())
        .directory(directory.path())
        .clock(clock.clone())
        .open()
        .unwrap();
    client.activate(DEMO_KEY_PLAIN).unwrap();
    polar.clear_requests();
    polar.fault(Fault::stall());
    let validate = || {
        let decision = client.validate();
        assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    };
    thread::scope(|scope| {
        scope.spawn(validate);
        assert!(polar.wait_for_requests(1, LONG));
        let others: Vec<ThreadId> = (0..7).map(|_| scope.spawn(validate).thread().id()).collect();
        let some_missing = |seen: &mut HashSet<ThreadId>| !others.iter().all(|id| seen.contains(id));
        let seen = clock.0.seen.lock().unwrap();
        let (seen, _) = clock.0.changed.wait_timeout_while(seen, LONG, some_missing).unwrap();
        assert!(others.iter().all(|id| seen.contains(id)), "every thread asks while the request is held");
        drop(seen);
        polar.clear_faults();
    });
    assert_eq!(polar.requests().len(), 1);
}

#[test]
fn a_refresh_does_not_keep_a_licensed_app_waiting() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let clock = TestClock::with(&polar);
    let client = open(app(&polar.url(), "com.example.app").timeout(LONG), directory.path(), &clock);
    client.activate(DEMO_KEY_PLAIN).unwrap();
    clock.advance(Duration::from_secs(2 * 24 * 60 * 60));
    polar.fault(Fault::stall());
    let (decision, took) = elapsed(|| client.refresh());
    assert_eq!((decision.state(), decision.problem().unwrap().kind), (State::Grace, ErrorKind::Timeout));
    assert!(took < LONG / 2, "two seconds and a busy machine's delay, not the app's time limit: {took:?}");
}

#[test]
fn auto_refresh_asks_when_it_is_due_and_stops_at_once() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let patient = app(&polar.url(), "com.example.app").timeout(LONG);
    let config = patient.refresh_interval(Duration::from_secs(1)).build().unwrap();
    // uses the system's clock, because the thread waits in real time; the client gets it as its own clock, so that
    // requests of other tests do not count for its pace
    let client = Client::builder(config).directory(directory.path()).clock(SystemClock::new()).open().unwrap();
    client.activate(DEMO_KEY_PLAIN).unwrap();
    client.start_auto_refresh();
    client.start_auto_refresh();
    assert!(polar.wait_for_requests(3, LONG), "one to activate, two when they became due");

    client.stop_auto_refresh();
    client.start_auto_refresh();
    polar.fault(Fault::stall());
    polar.clear_requests();
    assert!(polar.wait_for_requests(1, LONG));
    let clone = client.clone();
    drop(client);
    assert!(clone.current().allowed());
    let ((), took) = elapsed(|| drop(clone));
    assert!(took < LONG / 2, "dropped while a request is held: {took:?}");
}

#[test]
fn thirty_two_clients_that_are_due_at_once_on_one_record_send_one_request() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let clock = TestClock::with(&polar);
    // the refreshes below begin without access, so they wait as long as the app allows, however busy the machine is
    let patient = || app(&polar.url(), "com.example.app").timeout(LONG);
    let first = open(patient(), directory.path(), &clock);
    first.activate(DEMO_KEY_PLAIN).unwrap();
    clock.advance(Duration::from_secs(20 * 24 * 60 * 60));
    polar.freeze_clock(PolarTime::parse("2026-12-11T12:00:00Z").unwrap());
    // each client has its own store and its own pace, as in a process of its own
    let open_one = |_| open(patient(), directory.path(), &clock);
    let clients: Vec<Client> = (0..32).map(open_one).collect();
    polar.clear_requests();
    let decisions: Vec<_> = thread::scope(|scope| {
        let refreshing: Vec<_> = clients.iter().map(|client| scope.spawn(|| client.refresh())).collect();
        refreshing.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for decision in decisions {
        assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    }
    assert_eq!(polar.requests().len(), 1);
}

/// A store that sends a message whenever it is read.
struct ReportingStore(MemoryStore, Mutex<mpsc::Sender<()>>);

impl Store for ReportingStore {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        // sending fails if the test no longer listens
        let _ = self.1.lock().unwrap().send(());
        Store::load(&self.0)
    }

    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError> {
        Store::save(&self.0, record, durability)
    }

    fn remove(&self) -> Result<(), StoreError> {
        Store::remove(&self.0)
    }
}

#[test]
fn auto_refresh_that_began_before_the_activation_learns_of_it() {
    let polar = MockPolar::start().unwrap();
    let config = app(&polar.url(), "com.example.app").refresh_interval(Duration::from_secs(1)).build().unwrap();
    let (sender, read) = mpsc::channel();
    let store = ReportingStore(MemoryStore::new(), Mutex::new(sender));
    let client = Client::builder(config).store(store).clock(SystemClock::new()).open().unwrap();
    read.recv_timeout(LONG).unwrap();
    client.start_auto_refresh();
    // the first round finds nothing to ask about, and plans the next round in ten minutes
    read.recv_timeout(LONG).unwrap();
    client.activate(DEMO_KEY_PLAIN).unwrap();
    assert!(polar.wait_for_requests(3, LONG), "one to activate, two when they became due, before the planned round");
}

#[test]
fn a_running_app_sees_what_another_process_did() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    // each client has its own store, as in a process of its own
    let open = || {
        let config = app(&polar.url(), "com.example.app").build().unwrap();
        Client::builder(config).directory(directory.path()).clock(SystemClock::new()).open().unwrap()
    };
    let (running, other) = (open(), open());
    let (sender, seen) = mpsc::channel();
    let _listening = running.on_change(move |decision, _| sender.send(decision.state()).unwrap());
    running.start_auto_refresh();
    other.activate(DEMO_KEY_PLAIN).unwrap();
    assert_eq!(seen.recv_timeout(LONG), Ok(State::Active));
    other.deactivate().unwrap();
    assert_eq!(seen.recv_timeout(LONG), Ok(State::Unlicensed));
    assert_eq!(polar.requests().len(), 1, "the activation; to look asks nobody");
}

#[test]
fn a_listener_is_notified_when_grace_ends_by_time_alone() {
    let (polar, directory) = (MockPolar::start().unwrap(), Directory::new());
    let second = Duration::from_secs(1);
    let config = app(&polar.url(), "com.example.app").refresh_interval(second).offline_grace(3 * second);
    let builder = Client::builder(config.build().unwrap()).directory(directory.path());
    let client = builder.clock(SystemClock::new()).open().unwrap();
    client.activate(DEMO_KEY_PLAIN).unwrap();
    polar.fault(Fault::server_error(503));
    polar.clear_requests();
    let (sender, seen) = mpsc::channel();
    let _listening = client.on_change(move |decision, _| sender.send(decision.state()).unwrap());
    client.start_auto_refresh();
    while seen.recv_timeout(LONG).unwrap() != State::Lapsed {}
    assert_eq!(polar.requests().len(), 1, "before the next request, a minute later");
}

/// The system's clock, and a counter of its owners.
struct OwnedClock(SystemClock, #[expect(dead_code, reason = "it counts the owners")] Arc<()>);

impl Clock for OwnedClock {
    fn now(&self) -> Now {
        self.0.now()
    }
}

#[test]
fn clones_are_the_same_client_and_auto_refresh_ends_with_the_last() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let config = app(&polar.url(), "com.example.app").refresh_interval(Duration::from_secs(1)).build().unwrap();
    let owners = Arc::new(());
    let clock = OwnedClock(SystemClock::new(), Arc::clone(&owners));
    let client = Client::builder(config).directory(directory.path()).clock(clock).open().unwrap();
    let clone = client.clone();
    let (sender, notified) = mpsc::channel();
    let subscription = client.on_change(move |decision, _| sender.send(decision.allowed()).unwrap());
    clone.activate(DEMO_KEY_PLAIN).unwrap();
    assert!(client.current().allowed());
    assert_eq!(notified.try_recv(), Ok(true), "a listener of one is notified by the other");

    client.start_auto_refresh();
    drop((client, subscription));
    polar.clear_requests();
    assert!(polar.wait_for_requests(1, LONG), "the clone still refreshes");
    drop(clone);
    assert_eq!(Arc::strong_count(&owners), 1, "the thread has ended and dropped what it owned");
}

#[test]
fn listeners_are_notified_of_changes_may_call_the_client_and_can_be_removed() {
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let client = Arc::new(open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar)));
    let (sender, notified) = mpsc::channel();
    let inner = Arc::downgrade(&client);
    let sender = Mutex::new(sender);
    let subscription = client.on_change(move |decision, before| {
        let client = inner.upgrade().unwrap();
        let agrees = client.current().state() == decision.state() && client.allows("export") == decision.allowed();
        sender.lock().unwrap().send((before.state(), decision.state(), agrees)).unwrap();
    });
    client.activate(DEMO_KEY_PLAIN).unwrap();
    assert_eq!(notified.try_iter().collect::<Vec<_>>(), [(State::Unlicensed, State::Active, true)]);
    client.refresh();
    assert_eq!(notified.try_iter().count(), 0, "nothing was sent, and nothing has changed");
    polar.revoke(DEMO_KEY_PLAIN);
    client.validate();
    assert_eq!(notified.try_iter().collect::<Vec<_>>(), [(State::Active, State::Denied, true)]);
    drop(subscription);
    polar.grant(DEMO_KEY_PLAIN);
    client.validate();
    assert_eq!(notified.try_iter().count(), 0, "the listener was removed");
}

#[test]
fn a_listener_may_ask_polar_and_be_removed_while_it_is_called() {
    let (polar, _directory, client) = activated();
    let (polar, client) = (Arc::new(polar), Arc::new(client));
    let calls = Arc::new(AtomicUsize::new(0));
    let own: Arc<Mutex<Option<Subscription>>> = Arc::default();
    let (inner, merchant, counted, itself) =
        (Arc::downgrade(&client), Arc::clone(&polar), Arc::clone(&calls), Arc::clone(&own));
    *own.lock().unwrap() = Some(client.on_change(move |decision, _| {
        assert_eq!(decision.state(), State::Denied);
        counted.fetch_add(1, Ordering::SeqCst);
        // the subscription is removed first, so that the listener is not notified of its own validate
        drop(itself.lock().unwrap().take());
        merchant.grant(DEMO_KEY_PLAIN);
        assert_eq!(inner.upgrade().unwrap().validate().state(), State::Active);
    }));
    polar.revoke(DEMO_KEY_PLAIN);
    assert_eq!(client.validate().state(), State::Denied, "the result of this validate");
    assert_eq!((client.current().state(), calls.load(Ordering::SeqCst)), (State::Active, 1));
}
