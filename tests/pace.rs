//! Tests the pace of requests in simulated time: many clients of one process begin an operation at once, and a client
//! asks again after Polar has answered 429.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "steps/polar.rs"]
mod polar;

use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Operation, Outcome, Pacer, Patience, SendStep, Step};
use polar_license::time::Now;
use polar_license::transport::Answer;
use polar_license::{Config, ErrorKind, Timestamp};
use std::time::Duration;

const KEY: &str = "TURN-D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";

/// A client that has its own record.
struct Client {
    engine: Engine,
    stored: Option<Vec<u8>>,
    under_way: Option<UnderWay>,
    /// When the client's operation ended, and with which outcome.
    ended: Option<(u64, Outcome)>,
}

/// A request that is waiting to be sent, or for its answer.
struct UnderWay {
    step: SendStep,
    left_at: Option<u64>,
}

impl Client {
    fn new(number: usize, pacer: &Pacer) -> Self {
        let config = Config::builder(polar::ORGANIZATION, format!("com.acme.app{number}")).build().unwrap();
        let device = DeviceId::derive(&config.organization_id(), "here");
        let host = Host { device, system: "Debian 12".into(), seed: [7; 16], takes_turns: false };
        let engine = Engine::new(config, host, pacer.clone());
        let mut client = Self { engine, stored: None, under_way: None, ended: None };
        client.begin(Operation::Open, at(0));
        client.ended = None;
        client
    }

    fn begin(&mut self, operation: Operation, now: Now) {
        let step = self.engine.begin(operation, now);
        self.go_on(step, now);
    }

    fn go_on(&mut self, mut step: Step, now: Now) {
        loop {
            step = match step {
                Step::Store(mut step) => {
                    match step.merge(&self.engine, Ok(self.stored.as_deref()), now) {
                        Change::Keep => {}
                        Change::Put(record, _) => self.stored = Some(record),
                        Change::Remove => self.stored = None,
                    }
                    step.resume(&mut self.engine, Ok(()), now)
                }
                Step::Send(step) => {
                    self.under_way = Some(UnderWay { step, left_at: None });
                    return;
                }
                Step::Done(outcome) => {
                    self.ended = Some((now.mono, outcome));
                    return;
                }
                Step::Turn(_) | Step::Join(_) => panic!("each has a record and an operation of its own"),
            };
        }
    }

    /// Returns the time of this client's next event: its request is sent, or is answered.
    fn next(&self, latency: u64, now: u64) -> Option<u64> {
        let under_way = self.under_way.as_ref()?;
        Some(under_way.left_at.map_or(under_way.step.not_before.max(now), |left_at| left_at + latency))
    }
}

fn at(ms: u64) -> Now {
    let start = Timestamp::from_unix_ms(1_795_000_000_000);
    Now { wall: start.plus(Duration::from_millis(ms)), mono: ms + 10_000 }
}

/// Makes fifty clients activate at once. Returns the times at which requests were sent, and when and how each client
/// ended.
fn fifty_at_once(latency: u64) -> (Vec<u64>, Vec<(u64, Outcome)>) {
    let pacer = Pacer::new();
    let mut clients: Vec<Client> = (0..50).map(|number| Client::new(number, &pacer)).collect();
    for client in &mut clients {
        client.begin(Operation::Activate { key: Some(KEY.into()), replace_previous: false }, at(0));
    }
    let (mut sent, mut now) = (Vec::new(), at(0));
    loop {
        let next = clients.iter_mut().filter_map(|client| Some((client.next(latency, now.mono)?, client)));
        let Some((mono, client)) = next.min_by_key(|(mono, _)| *mono) else { break };
        now = at(mono - 10_000);
        let UnderWay { step, left_at } = client.under_way.take().unwrap();
        if left_at.is_none() {
            sent.push(mono);
            client.under_way = Some(UnderWay { step, left_at: Some(mono) });
            continue;
        }
        let answer = polar::answer(&step.request, now);
        let step = step.resume(&mut client.engine, answer, now);
        client.go_on(step, now);
    }
    (sent, clients.into_iter().map(|client| client.ended.unwrap()).collect())
}

#[test]
fn fifty_clients_of_a_process_activate_in_order_or_are_told_at_once_how_long_to_wait() {
    for latency in [20, 300, 900] {
        let (sent, ended) = fifty_at_once(latency);
        let spread = sent.windows(3).map(|three| three[2] - three[0]).min();
        assert!(spread >= Some(1_000), "{latency} ms: three requests in {spread:?} ms");
        let activated: Vec<u64> =
            ended.iter().map_while(|(at, outcome)| outcome.result.is_ok().then_some(*at)).collect();
        assert!(activated.len() >= 18 && activated.is_sorted(), "{latency} ms: {activated:?}");
        assert!(activated[0] - 10_000 < 1_200 + 2 * latency, "the first does not wait for the others");
        for (at, outcome) in ended.into_iter().skip(activated.len()) {
            let error = outcome.result.unwrap_err();
            assert_eq!((error.kind(), at), (ErrorKind::RateLimited, 10_000), "{latency} ms: {error:?}");
            let wait = error.retry_after().unwrap();
            assert!((Duration::from_secs(20)..Duration::from_secs(36)).contains(&wait), "{wait:?}");
            assert!(error.message().contains(" seconds."), "{error:?}");
        }
    }
}

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Client {
    /// Returns a client with a license that Polar has confirmed at the start.
    fn activated() -> Self {
        let mut client = Self::new(0, &Pacer::new());
        client.begin(Operation::Activate { key: Some(KEY.into()), replace_previous: false }, at(0));
        while let Some(UnderWay { step, .. }) = client.under_way.take() {
            let answer = polar::answer(&step.request, at(0));
            let step = step.resume(&mut client.engine, answer, at(0));
            client.go_on(step, at(0));
        }
        client
    }

    /// Runs a refresh, to which Polar answers 429 with a pause of a minute. Returns the time for the next timer.
    fn refused(&mut self, ms: u64) -> u64 {
        self.begin(Operation::Refresh(Patience::Full), at(ms));
        let UnderWay { step, .. } = self.under_way.take().unwrap();
        let refused = Answer::Reply { status: 429, retry_after: Some(60), location: None, body: Vec::new().into() };
        let step = step.resume(&mut self.engine, refused, at(ms));
        self.go_on(step, at(ms));
        self.ended.take().unwrap().1.wake_at.unwrap() - 10_000
    }

    /// Returns whether a refresh would send a request. Sends nothing.
    fn asks(&mut self, patience: Patience, ms: u64) -> bool {
        self.begin(Operation::Refresh(patience), at(ms));
        self.under_way.take().is_some()
    }
}

#[test]
fn after_a_429_a_timer_rests_and_nobody_who_waits_does() {
    let mut client = Client::activated();
    let wake_at = client.refused(DAY);
    assert!((DAY + 5 * MINUTE..=DAY + MINUTE + HOUR).contains(&wake_at), "{wake_at}");
    for (patience, asks) in [(Patience::Full, false), (Patience::Short, true), (Patience::Started, true)] {
        assert_eq!(client.asks(patience, DAY + 4 * MINUTE), asks, "{patience:?}");
    }
    assert!(!client.asks(Patience::Full, wake_at - 1));
    assert!(client.asks(Patience::Full, wake_at));
}

#[test]
fn a_timer_does_not_rest_if_its_user_would_notice() {
    let mut client = Client::activated();
    let since_start = |at_time: Option<Timestamp>| (at_time.unwrap().unix_ms() - at(0).wall.unix_ms()).unsigned_abs();
    let decision = client.engine.current(at(0));
    let (notice_at, grace_ends_at) = (since_start(decision.notice_at()), since_start(decision.grace_ends_at()));
    for refused_at in [notice_at - 2 * MINUTE, notice_at + MINUTE, grace_ends_at + MINUTE] {
        let mut client = Client::activated();
        let wake_at = client.refused(refused_at);
        assert!(wake_at <= refused_at + 67_000, "{wake_at}");
        assert!(client.asks(Patience::Full, refused_at + 67_000));
    }
}
