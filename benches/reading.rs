//! Measures how long a native client takes to read the license, in nanoseconds for each call. Asserts nothing. Run it by
//! `cargo bench --bench reading`.
//!
//! Each figure is measured in every round, so that all figures of a round have the same machine. The output has the
//! least and the median of the rounds.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, and fails by panicking"
)]

#[path = "../tests/steps/polar.rs"]
mod polar;

use polar_license::blocking::{Client, Transport};
use polar_license::clock::{Clock, SystemClock};
use polar_license::store::MemoryStore;
use polar_license::transport::{Answer, Request};
use polar_license::{Config, State};
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

const ROUNDS: usize = 21;
const CALLS: u32 = 100_000;
const KEY: &str = "READ-D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF";

struct Confirms;

impl Transport for Confirms {
    fn send(&self, request: &Request) -> Answer {
        polar::answer(request, SystemClock::new().now())
    }
}

fn main() {
    let config = Config::builder(polar::ORGANIZATION, "com.acme.app").device_id("bench");
    let config = config.feature("export", [polar::BENEFIT]).feature("audit", [polar::BENEFIT]).build().unwrap();
    let client = Client::builder(config).store(MemoryStore::new()).transport(Confirms).open().unwrap();
    assert_eq!(client.activate(KEY).unwrap().state(), State::Active);
    let clock = SystemClock::new();
    let clocks = || clock.now();
    let allows = || client.allows(black_box("export"));
    let current = || client.current();
    let mut figures = [
        ("both clocks", Vec::new()),
        ("allows", Vec::new()),
        ("allows, two threads", Vec::new()),
        ("current", Vec::new()),
        ("current, two threads", Vec::new()),
    ];
    for _ in 0..ROUNDS {
        let round = [alone(clocks), alone(allows), in_two_threads(allows), alone(current), in_two_threads(current)];
        figures.iter_mut().zip(round).for_each(|((_, all), figure)| all.push(figure));
    }
    println!("{:<26}{:>8}{:>8}", "ns for each call", "least", "median");
    for (name, mut all) in figures {
        all.sort_by(f64::total_cmp);
        println!("{name:<26}{:>8.1}{:>8.1}", all.first().unwrap(), all.get(ROUNDS / 2).unwrap());
    }
}

/// Returns the nanoseconds for each of [`CALLS`] calls.
fn alone<T>(call: impl Fn() -> T) -> f64 {
    let start = Instant::now();
    (0..CALLS).for_each(|_| drop(black_box(call())));
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

/// Returns the nanoseconds for each call if two threads call at the same time.
fn in_two_threads<T>(call: impl Fn() -> T + Sync) -> f64 {
    let together = Barrier::new(2);
    let measure = || {
        together.wait();
        alone(&call)
    };
    thread::scope(|scope| {
        let other = scope.spawn(measure);
        measure().max(other.join().unwrap())
    })
}
