//! The events of which random stories consist, and how frequent each event is.

use super::polar::{Action, FIVE_USES, KEYS, ONE_SEAT, PLAIN, TEN_DAYS, TWO_SEATS};
use super::world::WITH_TRIAL;
use polar_license::engine::Patience;
use proptest::prelude::*;

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const YEAR: i64 = 365 * DAY;

/// An event in a world.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// An operation runs from its beginning to its end. Its first requests meet these faults, the others meet none.
    Do { who: ProcessId, call: Call, faults: Vec<Fault> },
    /// An operation begins. Later events continue it.
    Begin { who: ProcessId, call: Call },
    /// The device's other process interrupts an operation, at the request with the index `request`. If `sent` is false,
    /// the other process runs an operation just before this request is sent, and then the merchant acts. If `sent` is
    /// true, the merchant acts just after this request was sent, and then the other process runs. Afterwards the
    /// interrupted operation continues, and its next request meets `then`.
    Overtake {
        who: ProcessId,
        call: Call,
        request: usize,
        sent: bool,
        action: Option<(usize, Action)>,
        other: Call,
        then: Fault,
    },
    /// A running operation carries out one step.
    Step { pick: usize, fault: Fault },
    /// A running operation that is about to use the store reads the store, and continues later.
    Peek { pick: usize },
    /// The caller cancels a running operation or drops it.
    Cancel { pick: usize, dropped: bool },
    /// The process of a running operation crashes in the middle of a step: after the write, or after the request was
    /// sent.
    Crash { pick: usize },
    /// A process ends.
    Stop { who: ProcessId },
    /// A process starts, and replaces the process in its slot.
    Start { who: ProcessId, setup: usize, shared_pacer: bool },
    /// Time passes on all devices and at Polar.
    Pass { ms: i64 },
    /// A device sleeps, and its monotonic clock stops.
    Sleep { device: usize, ms: i64 },
    /// A device's wall clock is set. `error` is the difference between the wall clock and the true time, in ms.
    SetClock { device: usize, error: i64 },
    /// The merchant acts, or the customer acts in the customer portal.
    Polar { key: usize, action: Action },
    /// A device goes offline or online.
    Network { device: usize, down: bool },
    /// A disk begins to fail, or works again.
    Disk { device: usize, trouble: Trouble },
    /// Somebody edits the record of a device.
    EditRecord { device: usize, edit: RecordEdit },
}

/// The identity of a process: its device, and its slot on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessId {
    pub(crate) device: usize,
    pub(crate) slot: usize,
}

/// A function that the app calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Validate,
    Refresh(Patience),
    Consume(u32),
    Activate { key: Typed, replace: bool },
    Deactivate,
    Forget,
    StartTrial,
}

/// The key that the user types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// The user types no key, and the stored key is used.
    Stored,
    Key(usize),
    /// The original text of a key. The key may have been rotated since.
    FirstText(usize),
    Typo,
    Blank,
}

/// A fault that a request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Offline,
    LostRequest,
    LostReply,
    Portal(u16),
    /// The reply has an error status, and a JSON body that is not Polar's.
    Foreign(u16),
    ServerError {
        applied: bool,
    },
    Busy(Option<u32>),
    Garbage,
    Truncated,
    AnotherKey,
    AnotherOrganization,
    AnotherSeat,
    CancelledBefore,
    CancelledAfter {
        applied: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    Unreadable,
    Full,
    /// The lock cannot be acquired.
    Locked,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum RecordEdit {
    FlipByte(usize),
    Truncate(usize),
    CopyFromOther,
    Restore(usize),
    Delete,
}

/// A world's conditions, which determine the events of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Environment {
    /// Each device has one process, clocks are right and nobody edits records, so every result can be predicted
    /// exactly.
    Quiet,
    /// Like `Quiet`, but clocks jump.
    Clocks,
    /// Like `Quiet`, but with concurrent processes and more crashes.
    Processes,
    /// Like `Quiet`, but disks fail.
    Disks,
    /// Like `Quiet`, but records are edited.
    Edits,
    /// All of the above at once.
    Everything,
}

impl Environment {
    fn clocks(self) -> bool {
        matches!(self, Self::Clocks | Self::Everything)
    }

    fn processes(self) -> bool {
        matches!(self, Self::Processes | Self::Everything)
    }

    fn disks(self) -> bool {
        matches!(self, Self::Disks | Self::Everything)
    }

    fn edits(self) -> bool {
        matches!(self, Self::Edits | Self::Everything)
    }

    /// Returns random stories. In some of them, the app has a trial.
    pub(crate) fn story(self) -> impl Strategy<Value = Vec<Event>> {
        let events = prop::collection::vec(self.event(), 1..120);
        (events, prop::bool::weighted(0.4)).prop_map(
            |(events, has_trial)| {
                if has_trial { with_trial(events) } else { events }
            },
        )
    }

    fn event(self) -> impl Strategy<Value = Event> {
        let processes = u32::from(self.processes());
        let jumps = u32::from(self.clocks());
        let who = self.who();
        let begin = (who.clone(), call()).prop_map(|(who, call)| Event::Begin { who, call });
        let pick = 0..4_usize;
        let events: Vec<(u32, BoxedStrategy<Event>)> = vec![
            (
                40,
                (who.clone(), call(), prop::collection::vec(fault(), 0..5))
                    .prop_map(|(who, call, faults)| Event::Do { who, call, faults })
                    .boxed(),
            ),
            (14, pass().prop_map(|ms| Event::Pass { ms }).boxed()),
            (12, (key(), action()).prop_map(|(key, action)| Event::Polar { key, action }).boxed()),
            (8, self.start().boxed()),
            (
                8,
                (prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)], any::<bool>())
                    .prop_map(|(device, down)| Event::Network { device, down })
                    .boxed(),
            ),
            (4 + 20 * processes, begin.boxed()),
            (8 + 60 * processes, (pick.clone(), fault()).prop_map(|(pick, fault)| Event::Step { pick, fault }).boxed()),
            (4 * processes, pick.clone().prop_map(|pick| Event::Peek { pick }).boxed()),
            (
                1 + processes,
                (pick.clone(), any::<bool>()).prop_map(|(pick, dropped)| Event::Cancel { pick, dropped }).boxed(),
            ),
            (24 * processes, self.overtake().boxed()),
            (1 + 2 * processes, pick.prop_map(|pick| Event::Crash { pick }).boxed()),
            (2, who.prop_map(|who| Event::Stop { who }).boxed()),
            (
                14 * jumps,
                (0..2_usize, clock_error()).prop_map(|(device, error)| Event::SetClock { device, error }).boxed(),
            ),
            (4 * jumps, (0..2_usize, pass()).prop_map(|(device, ms)| Event::Sleep { device, ms }).boxed()),
            (
                12 * u32::from(self.disks()),
                (0..2_usize, trouble()).prop_map(|(device, trouble)| Event::Disk { device, trouble }).boxed(),
            ),
            (
                10 * u32::from(self.edits()),
                (0..2_usize, record_edit()).prop_map(|(device, edit)| Event::EditRecord { device, edit }).boxed(),
            ),
        ];
        prop::strategy::Union::new_weighted(events.into_iter().filter(|(weight, _)| *weight > 0).collect())
    }

    fn overtake(self) -> impl Strategy<Value = Event> {
        let turns = prop_oneof![Just(Action::Revoke), Just(Action::Grant)];
        let action = prop_oneof![Just(None), (key(), prop_oneof![action(), turns]).prop_map(Some)];
        // conflicts are most likely if both processes run the same operation
        let calls = prop_oneof![
            3 => Just((Call::Validate, Call::Validate)),
            2 => call().prop_map(|call| (call, call)),
            1 => Just((Call::Consume(1), Call::Validate)),
            1 => (call(), call()),
        ];
        let request = (0..3_usize, any::<bool>());
        (self.who(), calls, request, action, fault()).prop_map(|(who, (call, other), (request, sent), action, then)| {
            Event::Overtake { who, call, request, sent, action, other, then }
        })
    }

    fn who(self) -> BoxedStrategy<ProcessId> {
        let slots = if self.processes() { 2_usize } else { 1 };
        (prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)], 0..slots)
            .prop_map(|(device, slot)| ProcessId { device, slot })
            .boxed()
    }

    fn start(self) -> impl Strategy<Value = Event> {
        let setup = prop_oneof![4 => Just(0), 1 => 1..WITH_TRIAL];
        (self.who(), setup, any::<bool>()).prop_map(|(who, setup, shared_pacer)| Event::Start {
            who,
            setup,
            shared_pacer,
        })
    }
}

/// Changes a story so that the app has a trial, except for the processes that start with an unusual configuration.
fn with_trial(mut events: Vec<Event>) -> Vec<Event> {
    for event in &mut events {
        if let Event::Start { setup, .. } = event
            && *setup == 0
        {
            *setup = WITH_TRIAL;
        }
    }
    let devices = [0, 1].map(|device| ProcessId { device, slot: 0 });
    let starts = devices.map(|who| Event::Start { who, setup: WITH_TRIAL, shared_pacer: true });
    starts.into_iter().chain(events).collect()
}

fn call() -> impl Strategy<Value = Call> {
    let patience = prop_oneof![Just(Patience::Short), Just(Patience::Full), Just(Patience::Woken)];
    prop_oneof![
        4 => Just(Call::Validate),
        6 => patience.prop_map(Call::Refresh),
        2 => (0..4_u32).prop_map(Call::Consume),
        8 => (typed(), prop::bool::weighted(0.3)).prop_map(|(key, replace)| Call::Activate { key, replace }),
        2 => Just(Call::Deactivate),
        1 => Just(Call::Forget),
        2 => Just(Call::StartTrial),
    ]
}

fn typed() -> impl Strategy<Value = Typed> {
    prop_oneof![
        10 => key().prop_map(Typed::Key),
        2 => Just(Typed::Stored),
        1 => key().prop_map(Typed::FirstText),
        1 => Just(Typed::Typo),
        1 => Just(Typed::Blank),
    ]
}

fn key() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => Just(TWO_SEATS),
        3 => Just(ONE_SEAT),
        2 => Just(PLAIN),
        1 => Just(FIVE_USES),
        1 => Just(TEN_DAYS),
        2 => prop::sample::select(KEYS.to_vec()),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => Just(Action::Revoke),
        1 => Just(Action::Disable),
        4 => Just(Action::Grant),
        1 => Just(Action::Rotate),
        2 => any::<bool>().prop_map(|newest| Action::RemoveSeat { newest }),
        2 => prop_oneof![Just(None), Just(Some(1)), Just(Some(2)), Just(Some(3))].prop_map(Action::LimitSeats),
        2 => prop_oneof![Just(None), Just(Some(-DAY)), Just(Some(DAY)), Just(Some(30 * DAY))].prop_map(Action::ExpireIn),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        18 => Just(Fault::None),
        2 => Just(Fault::Offline),
        1 => Just(Fault::LostRequest),
        2 => Just(Fault::LostReply),
        2 => prop_oneof![Just(200), Just(302), Just(403), Just(404), Just(511)].prop_map(Fault::Portal),
        1 => prop_oneof![Just(403), Just(404), Just(400)].prop_map(Fault::Foreign),
        1 => any::<bool>().prop_map(|applied| Fault::ServerError { applied }),
        2 => prop_oneof![Just(None), Just(Some(1)), Just(Some(60)), Just(Some(4000))].prop_map(Fault::Busy),
        1 => Just(Fault::Garbage),
        1 => Just(Fault::Truncated),
        1 => Just(Fault::AnotherKey),
        1 => Just(Fault::AnotherOrganization),
        1 => Just(Fault::AnotherSeat),
        1 => Just(Fault::CancelledBefore),
        1 => any::<bool>().prop_map(|applied| Fault::CancelledAfter { applied }),
    ]
}

fn pass() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(300),
        Just(2 * SECOND),
        Just(70 * SECOND),
        Just(20 * MINUTE),
        Just(2 * HOUR),
        Just(10 * HOUR),
        Just(25 * HOUR),
        Just(5 * DAY),
        Just(15 * DAY),
        1..3 * DAY,
    ]
}

fn clock_error() -> impl Strategy<Value = i64> {
    let sign = prop_oneof![Just(1_i64), Just(-1_i64)];
    let size = prop_oneof![
        3 => Just(0),
        2 => Just(10 * MINUTE),
        2 => Just(8 * HOUR),
        2 => Just(25 * HOUR),
        2 => Just(27 * HOUR),
        2 => Just(10 * DAY),
        2 => Just(3 * YEAR),
        2 => 0..20 * DAY,
    ];
    (sign, size).prop_map(|(sign, size)| sign * size)
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        4 => Just(Trouble::None),
        1 => Just(Trouble::Unreadable),
        1 => Just(Trouble::Full),
        1 => Just(Trouble::Locked),
    ]
}

fn record_edit() -> impl Strategy<Value = RecordEdit> {
    prop_oneof![
        2 => (0..600_usize).prop_map(RecordEdit::FlipByte),
        1 => (0..600_usize).prop_map(RecordEdit::Truncate),
        2 => Just(RecordEdit::CopyFromOther),
        3 => (0..12_usize).prop_map(RecordEdit::Restore),
        1 => Just(RecordEdit::Delete),
    ]
}
