//! Reading the license while other threads use the client: a reader waits for nothing, allocates next to nothing, and
//! gets the decision of the last step. `tests/scenarios/clock.json` tests that reading forgets no time.
#![cfg(feature = "blocking")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "steps/polar.rs"]
mod polar;

use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use polar_license::blocking::{Client, Transport};
use polar_license::clock::{Clock, ManualClock};
use polar_license::store::{Durability, MemoryStore, Store, StoreError};
use polar_license::time::Now;
use polar_license::transport::{Answer, Request};
use polar_license::{Config, Date, Decision, ErrorKind, State, Timestamp};

const KEY: &str = "READ-D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";

/// A time limit that is far longer than any read takes. Only a failing test waits for it.
const LONG: Duration = Duration::from_secs(20);

/// A call that the client makes to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Clock,
    Load,
    Save,
    Send,
}

type Hook = Arc<dyn Fn(Call) + Send + Sync>;

/// The clock, the store and the network of one device. A test can set a hook, which runs at each call that does not
/// come from a reader. The client holds its engine's lock during some of the calls of the clock.
#[derive(Clone)]
struct Device(Arc<Parts>);

struct Parts {
    clock: ManualClock,
    store: MemoryStore,
    hook: Mutex<Option<Hook>>,
}

thread_local! {
    static IS_READER: Cell<bool> = const { Cell::new(false) };
    /// The number of times that this thread has read the clock.
    static CLOCK_READINGS: Cell<usize> = const { Cell::new(0) };
    /// Runs once, after this thread has read the clock and before it gets the time.
    static AFTER_CLOCK: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

impl Device {
    fn new() -> Self {
        let clock = ManualClock::new(Timestamp::parse("2026-11-21T12:00:00Z").unwrap());
        Self(Arc::new(Parts { clock, store: MemoryStore::new(), hook: Mutex::default() }))
    }

    fn client(&self) -> Client {
        let config = Config::builder(polar::ORGANIZATION, "com.acme.app").device_id("laptop");
        let config = config.feature("export", [polar::BENEFIT]).build().unwrap();
        Client::builder(config).clock(self.clone()).store(self.clone()).transport(self.clone()).open().unwrap()
    }

    /// Returns a client that has a license and was read.
    fn licensed(&self) -> Client {
        let client = self.client();
        client.activate(KEY).unwrap();
        assert_eq!(client.current().state(), State::Active);
        client
    }

    fn hook(&self, hook: impl Fn(Call) + Send + Sync + 'static) {
        *self.0.hook.lock().unwrap() = Some(Arc::new(hook));
    }

    fn unhook(&self) {
        *self.0.hook.lock().unwrap() = None;
    }

    fn called(&self, call: Call) {
        let hook = self.0.hook.lock().unwrap().clone();
        if let Some(hook) = hook.filter(|_| !IS_READER.get()) {
            hook(call);
        }
    }
}

impl Clock for Device {
    fn now(&self) -> Now {
        CLOCK_READINGS.set(CLOCK_READINGS.get() + 1);
        self.called(Call::Clock);
        let now = self.0.clock.now();
        if let Some(work) = AFTER_CLOCK.take() {
            work();
        }
        now
    }
}

impl Store for Device {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.called(Call::Load);
        self.0.store.load()
    }

    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError> {
        self.called(Call::Save);
        self.0.store.save(record, durability)
    }

    fn remove(&self) -> Result<(), StoreError> {
        self.0.store.remove()
    }
}

impl Transport for Device {
    fn send(&self, request: &Request) -> Answer {
        self.0.clock.advance(Duration::from_millis(600));
        self.called(Call::Send);
        polar::answer(request, self.0.clock.now())
    }
}

/// Reads the license on a thread of its own. Returns `None` if the reader has to wait for this thread.
fn read(client: &Client) -> Option<Decision> {
    let (sender, receiver) = mpsc::channel();
    let client = client.clone();
    thread::spawn(move || {
        IS_READER.set(true);
        let allows = client.allows("export");
        let decision = client.current();
        assert_eq!(allows, decision.allows("export"));
        let _ = sender.send(decision);
    });
    receiver.recv_timeout(LONG).ok()
}

#[test]
fn no_reader_waits_while_a_license_is_validated_and_saved() {
    let device = Device::new();
    let client = device.licensed();
    let (calls, waits) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    device.hook({
        let (client, calls, waits) = (client.clone(), Arc::clone(&calls), Arc::clone(&waits));
        move |call| {
            calls.lock().unwrap().push(call);
            // the operation continues after the read; once a reader has had to wait, no further reader is started
            if waits.load(Ordering::SeqCst) == 0 && read(&client).is_none() {
                waits.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let decision = client.validate();
    device.unhook();
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    let calls = calls.lock().unwrap();
    assert_eq!(waits.load(Ordering::SeqCst), 0, "a reader waited during the last of {calls:?}");
    for call in [Call::Clock, Call::Load, Call::Send, Call::Save] {
        assert!(calls.contains(&call), "no reader read during {call:?}");
    }
}

#[test]
fn an_answer_is_read_without_an_allocation_and_a_decision_with_two() {
    let client = Device::new().licensed();
    assert!(client.allows("export"));
    let reads = measure(|| (0..100).for_each(|_| assert!(client.allows("export"))));
    assert_eq!(reads.count_total, 0, "{reads:?}");
    let day = Date::parse("2026-11-21").unwrap();
    let reads = measure(|| (0..100).for_each(|_| assert!(client.covers(day))));
    assert_eq!(reads.count_total, 0, "{reads:?}");
    let reads = measure(|| assert!(client.read(Decision::allowed)));
    assert_eq!(reads.count_total, 0, "{reads:?}");
    let decision = measure(|| assert!(client.current().allowed()));
    assert!(decision.count_total <= 2, "{decision:?}");
}

#[test]
fn a_reader_that_an_operation_overtakes_does_not_lock() {
    let device = Device::new();
    let client = device.licensed();
    let operation = {
        let (device, client) = (device.clone(), client.clone());
        move || {
            device.0.clock.advance(Duration::from_secs(1));
            assert_eq!(client.validate().problem(), None);
        }
    };
    // the operation ends while the reader is between the decision and the time
    AFTER_CLOCK.set(Some(Box::new(move || thread::spawn(operation).join().unwrap())));
    let before = CLOCK_READINGS.get();
    assert!(client.allows("export"));
    assert_eq!(CLOCK_READINGS.get() - before, 1, "a reader that locks reads the clock again");
}

#[test]
fn a_reader_gets_the_decision_that_an_operation_has_returned() {
    let client = Device::new().licensed();
    assert_eq!((client.forget().unwrap().state(), client.current().state()), (State::Unlicensed, State::Unlicensed));
    assert!(!client.allows("export"));
    client.activate(KEY).unwrap();
    assert!(client.allows("export"));
}

#[test]
fn a_client_that_nobody_reads_publishes_nothing() {
    let device = Device::new();
    let client = device.client();
    client.activate(KEY).unwrap();
    let before = CLOCK_READINGS.get();
    assert!(client.current().allowed());
    assert_eq!(CLOCK_READINGS.get() - before, 2, "the first reader finds no decision, and locks");
    let before = CLOCK_READINGS.get();
    assert!(client.current().allowed());
    assert_eq!(CLOCK_READINGS.get() - before, 1, "the next one finds a decision");
}

#[test]
fn a_reader_asks_the_engine_after_a_minute_and_when_the_clock_is_set_back() {
    let device = Device::new();
    let client = device.licensed();
    let locks = || {
        let before = CLOCK_READINGS.get();
        assert!(client.allows("export"));
        CLOCK_READINGS.get() - before - 1
    };
    device.0.clock.advance(Duration::from_millis(59_999));
    assert_eq!(locks(), 0);
    device.0.clock.advance(Duration::from_millis(1));
    assert_eq!((locks(), locks()), (1, 0), "after a minute");
    device.0.clock.set_wall(device.0.clock.now().wall - Duration::from_millis(1));
    assert_eq!((locks(), locks()), (1, 0), "after the clock was set back");
}

/// A flag that one thread sets and others wait for.
#[derive(Default)]
struct Flag(Mutex<bool>, Condvar);

impl Flag {
    fn set(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        drop(self.1.wait_timeout_while(self.0.lock().unwrap(), LONG, |is_set| !*is_set).unwrap());
    }
}

/// The store panics after a seat was taken, while a validate waits for its turn. When the validate begins, nobody waits
/// for the activation any more, so its outcome is a problem that readers must get at once.
#[test]
fn readers_get_the_decision_of_an_operation_that_waited_for_another() {
    let device = Device::new();
    let client = device.client();
    assert_eq!(client.current().state(), State::Unlicensed);
    let (has_joined, sends, saves) = (Arc::new(Flag::default()), AtomicUsize::new(0), AtomicUsize::new(0));
    let (sender, receiver) = mpsc::channel();
    device.hook({
        let (device, client, has_joined) = (device.clone(), client.clone(), Arc::clone(&has_joined));
        move |call| {
            let is_waiting = thread::current().name() == Some("validate");
            match call {
                Call::Clock if is_waiting => has_joined.set(),
                // the second request takes the seat
                Call::Send if sends.fetch_add(1, Ordering::SeqCst) == 1 => {
                    let client = client.clone();
                    thread::Builder::new().name("validate".into()).spawn(move || client.validate()).unwrap();
                    has_joined.wait();
                    let wall = device.0.clock.now().wall;
                    device.0.clock.set_wall(wall + Duration::from_secs(61));
                }
                Call::Save if !is_waiting && saves.fetch_add(1, Ordering::SeqCst) == 1 => {
                    resume_unwind(Box::new("the store panics"));
                }
                // the validate has begun, and has done nothing yet
                Call::Load if is_waiting => sender.send(read(&client)).unwrap(),
                Call::Clock | Call::Load | Call::Save | Call::Send => {}
            }
        }
    });
    assert!(thread::spawn(move || client.activate(KEY)).join().is_err());
    let decision = receiver.recv_timeout(LONG).unwrap().unwrap();
    device.unhook();
    assert_eq!(decision.problem().map(|problem| problem.kind), Some(ErrorKind::SeatUncertain));
}
