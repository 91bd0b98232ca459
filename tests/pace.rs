//! Many clients of one process that begin an operation at the same time: they share one pace of requests.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "steps/polar.rs"]
mod polar;

use polar_license::device::DeviceId;
use polar_license::engine::{Change, Engine, Host, Operation, Outcome, Pacer, SendStep, Step};
use polar_license::time::Now;
use polar_license::{Config, ErrorKind, Timestamp};
use std::time::Duration;

const KEY: &str = "TURN-D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";

/// A client that has a record of its own.
struct Client {
    engine: Engine,
    stored: Option<Vec<u8>>,
    under_way: Option<UnderWay>,
    /// The time at which the client's operation ended, and the outcome.
    ended: Option<(u64, Outcome)>,
}

/// A request that waits to be sent, or that was sent and waits for its answer.
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

    /// Returns the time of the client's next event: its request is sent, or gets its answer.
    fn next(&self, latency: u64, now: u64) -> Option<u64> {
        let under_way = self.under_way.as_ref()?;
        Some(under_way.left_at.map_or(under_way.step.not_before.max(now), |left_at| left_at + latency))
    }
}

fn at(ms: u64) -> Now {
    let start = Timestamp::from_unix_ms(1_795_000_000_000);
    Now { wall: start.plus(Duration::from_millis(ms)), mono: ms + 10_000 }
}

/// Lets fifty clients activate at once. Returns the times at which requests were sent, and for each client the time and
/// the outcome of its activation.
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
