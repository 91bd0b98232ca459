//! What can happen in a world, and how often: the alphabet that random stories are written in.

use super::polar::{Deed, FIVE_USES, KEYS, ONE_SEAT, PLAIN, TEN_DAYS, TWO_SEATS};
use polar_license::engine::Patience;
use proptest::prelude::*;

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const YEAR: i64 = 365 * DAY;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// An operation from its beginning to its end; its requests meet these faults, the rest none.
    Do { who: Who, ask: Ask, faults: Vec<Fault> },
    /// An operation begins, and is carried out by the events below.
    Begin { who: Who, ask: Ask },
    /// While an operation waits for the reply to its `request`-th request, the merchant acts, and the device's other
    /// process carries out an operation of its own; then the reply arrives.
    Overtake { who: Who, ask: Ask, request: usize, deed: Option<(usize, Deed)>, other: Ask },
    /// One of the operations under way goes on by one step.
    Step { pick: usize, fault: Fault },
    /// One that is about to read the store looks, and goes on later.
    Peek { pick: usize },
    /// The caller of one gives up.
    Cancel { pick: usize, dropped: bool },
    /// The process of one dies in the middle of its step: what it wrote is written, what it sent is sent.
    Crash { pick: usize },
    /// A process ends.
    Stop { who: Who },
    /// A process starts, in place of the one that was there.
    Start { who: Who, setup: usize, shared_pacer: bool },
    /// Time passes for all.
    Pass { ms: i64 },
    /// A device sleeps: its monotonic clock stands still.
    Sleep { device: usize, ms: i64 },
    /// A device's wall clock is set; ms off the truth.
    SetClock { device: usize, error: i64 },
    /// The merchant, or the customer in the portal.
    Polar { key: usize, deed: Deed },
    /// A device goes offline, or online again.
    Network { device: usize, down: bool },
    /// A disk begins, or ends, to fail.
    Disk { device: usize, trouble: Trouble },
    /// Somebody changes a record.
    Vandal { device: usize, edit: Vandalism },
}

/// A process: its device and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) device: usize,
    pub(crate) slot: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Validate,
    Refresh(Patience),
    Consume(u32),
    Activate { key: Typed, replace: bool },
    Deactivate,
    Forget,
}

/// What a user types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Nothing: the stored key.
    Stored,
    Key(usize),
    /// The key as it was before it was ever rotated.
    FirstText(usize),
    Typo,
    Blank,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Offline,
    LostRequest,
    LostReply,
    Portal(u16),
    /// 404 or 403 in JSON, but not Polar's.
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
    /// The lock is not to be had.
    Locked,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Vandalism {
    FlipByte(usize),
    Truncate(usize),
    CopyFromOther,
    Restore(usize),
    Delete,
}

/// What kind of things happen in a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Climate {
    /// One process, honest clocks, no vandals: everything can be predicted exactly.
    Quiet,
    /// And clocks that jump.
    Clocks,
    /// Honest clocks, but processes that run beside each other, two devices, crashes.
    Crowd,
    /// And disks that fail.
    Disks,
    /// And records that are edited.
    Vandals,
    /// Everything at once.
    Storm,
}

impl Climate {
    fn clocks(self) -> bool {
        matches!(self, Self::Clocks | Self::Storm)
    }

    fn crowd(self) -> bool {
        matches!(self, Self::Crowd | Self::Storm)
    }

    fn disks(self) -> bool {
        matches!(self, Self::Disks | Self::Storm)
    }

    fn vandals(self) -> bool {
        matches!(self, Self::Vandals | Self::Storm)
    }

    pub(crate) fn story(self) -> impl Strategy<Value = Vec<Event>> {
        prop::collection::vec(self.event(), 1..120)
    }

    fn event(self) -> impl Strategy<Value = Event> {
        let crowd = u32::from(self.crowd());
        let jumps = u32::from(self.clocks());
        let who = self.who();
        let begin = (who.clone(), ask()).prop_map(|(who, ask)| Event::Begin { who, ask });
        let pick = 0..4_usize;
        let events: Vec<(u32, BoxedStrategy<Event>)> = vec![
            (
                40,
                (who.clone(), ask(), prop::collection::vec(fault(), 0..5))
                    .prop_map(|(who, ask, faults)| Event::Do { who, ask, faults })
                    .boxed(),
            ),
            (14, pass().prop_map(|ms| Event::Pass { ms }).boxed()),
            (12, (key(), deed()).prop_map(|(key, deed)| Event::Polar { key, deed }).boxed()),
            (8, self.start().boxed()),
            (
                8,
                (prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)], any::<bool>())
                    .prop_map(|(device, down)| Event::Network { device, down })
                    .boxed(),
            ),
            (4 + 20 * crowd, begin.boxed()),
            (8 + 60 * crowd, (pick.clone(), fault()).prop_map(|(pick, fault)| Event::Step { pick, fault }).boxed()),
            (4 * crowd, pick.clone().prop_map(|pick| Event::Peek { pick }).boxed()),
            (
                1 + crowd,
                (pick.clone(), any::<bool>()).prop_map(|(pick, dropped)| Event::Cancel { pick, dropped }).boxed(),
            ),
            (24 * crowd, self.overtake().boxed()),
            (1 + 2 * crowd, pick.prop_map(|pick| Event::Crash { pick }).boxed()),
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
                10 * u32::from(self.vandals()),
                (0..2_usize, vandalism()).prop_map(|(device, edit)| Event::Vandal { device, edit }).boxed(),
            ),
        ];
        prop::strategy::Union::new_weighted(events.into_iter().filter(|(weight, _)| *weight > 0).collect())
    }

    fn overtake(self) -> impl Strategy<Value = Event> {
        let turns = prop_oneof![Just(Deed::Revoke), Just(Deed::Grant)];
        let deed = prop_oneof![Just(None), (key(), prop_oneof![deed(), turns]).prop_map(Some)];
        // most of all it matters where both are about the same
        let asks = prop_oneof![
            3 => Just((Ask::Validate, Ask::Validate)),
            2 => ask().prop_map(|ask| (ask, ask)),
            1 => Just((Ask::Consume(1), Ask::Validate)),
            1 => (ask(), ask()),
        ];
        (self.who(), asks, 0..3_usize, deed).prop_map(|(who, (ask, other), request, deed)| Event::Overtake {
            who,
            ask,
            request,
            deed,
            other,
        })
    }

    fn who(self) -> BoxedStrategy<Who> {
        let slots = if self.crowd() { 2_usize } else { 1 };
        (prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)], 0..slots)
            .prop_map(|(device, slot)| Who { device, slot })
            .boxed()
    }

    fn start(self) -> impl Strategy<Value = Event> {
        let setup = prop_oneof![4 => Just(0), 1 => 1..super::world::SETUPS];
        (self.who(), setup, any::<bool>()).prop_map(|(who, setup, shared_pacer)| Event::Start {
            who,
            setup,
            shared_pacer,
        })
    }
}

fn ask() -> impl Strategy<Value = Ask> {
    let patience = prop_oneof![Just(Patience::Short), Just(Patience::Full), Just(Patience::Woken)];
    prop_oneof![
        4 => Just(Ask::Validate),
        6 => patience.prop_map(Ask::Refresh),
        2 => (0..4_u32).prop_map(Ask::Consume),
        8 => (typed(), prop::bool::weighted(0.3)).prop_map(|(key, replace)| Ask::Activate { key, replace }),
        2 => Just(Ask::Deactivate),
        1 => Just(Ask::Forget),
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

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::Revoke),
        1 => Just(Deed::Disable),
        4 => Just(Deed::Grant),
        1 => Just(Deed::Rotate),
        2 => any::<bool>().prop_map(|newest| Deed::RemoveSeat { newest }),
        2 => prop_oneof![Just(None), Just(Some(1)), Just(Some(2)), Just(Some(3))].prop_map(Deed::LimitSeats),
        2 => prop_oneof![Just(None), Just(Some(-DAY)), Just(Some(DAY)), Just(Some(30 * DAY))].prop_map(Deed::ExpireIn),
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
        1 => Just(3 * YEAR),
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

fn vandalism() -> impl Strategy<Value = Vandalism> {
    prop_oneof![
        2 => (0..600_usize).prop_map(Vandalism::FlipByte),
        1 => (0..600_usize).prop_map(Vandalism::Truncate),
        2 => Just(Vandalism::CopyFromOther),
        3 => (0..12_usize).prop_map(Vandalism::Restore),
        1 => Just(Vandalism::Delete),
    ]
}
