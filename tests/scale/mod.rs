//! Simulates many installations of one vendor's app that ask Polar: the real engine and the real watch of the automatic
//! refresh, the local Polar with its rate limits, and virtual time. There is no second model of the schedule.
//!
//! `tests/scale.rs` checks small situations in seconds. `program.rs` runs the large ones and prints the figures.
#![allow(dead_code, reason = "the test and the program use different parts")]

mod installation;
mod polar;
#[path = "../support/random.rs"]
mod random;
mod world;

use std::collections::BTreeMap;

use mock_polar::DEMO_ORGANIZATION;
use polar_license::Config;
use random::Random;
pub(crate) use world::Figures;
use world::{DAY, HOUR, MINUTE, SECOND, Situation, World};

/// The day that is measured. In the days before, the installations are activated, and reach their usual rhythm.
const MEASURED: u64 = 3 * DAY;

/// The time at which an office begins to work, since midnight.
const NINE: u64 = 9 * HOUR;

const NEVER: (u64, u64) = (0, 0);

fn simulate(situation: Situation, seed: u64) -> Figures {
    let config = Config::builder(DEMO_ORGANIZATION, "com.example.app").build().unwrap();
    World::run(&config, situation, seed)
}

fn between(random: &mut Random, from: u64, to: u64) -> u64 {
    from + random.below((to - from) as usize) as u64
}

/// Returns the runs of an installation on the days before the measured one and on that day. Of twenty installations,
/// twelve run on office days, five now and then, and three always.
fn weekday_runs(random: &mut Random, number: usize) -> Vec<(u64, u64)> {
    let mut runs = Vec::new();
    match number % 20 {
        0..12 => {
            // around nine o'clock: the sum of three random numbers is close to a normal distribution
            let usual: u64 = (0..3).map(|_| between(random, 0, HOUR)).sum();
            for day in (0..=MEASURED).step_by(DAY as usize) {
                let start = day + NINE - 90 * MINUTE + usual + between(random, 0, 10 * MINUTE);
                runs.push((start, start + between(random, 8 * HOUR, 10 * HOUR)));
            }
        }
        12..17 => {
            for day in (0..=MEASURED).step_by(DAY as usize) {
                for half in [7 * HOUR, 15 * HOUR] {
                    let start = day + half + between(random, 0, 7 * HOUR);
                    runs.push((start, start + between(random, 5 * MINUTE, HOUR)));
                }
            }
        }
        _ => runs.push((between(random, 0, DAY), u64::MAX)),
    }
    runs
}

/// An ordinary weekday, on which one of two hundred customers is new. Polar may be unreachable during `outage`.
fn weekday(name: &'static str, installations: usize, outage: (u64, u64), seed: u64) -> Figures {
    let mut random = Random(seed);
    let mut runs: Vec<_> = (0..installations).map(|number| weekday_runs(&mut random, number)).collect();
    let mut activations = BTreeMap::new();
    for _ in 0..installations / 200 {
        let mut at = between(&mut random, MEASURED + 8 * HOUR, MEASURED + 20 * HOUR);
        if (outage.0..outage.1).contains(&at) {
            // nobody can activate during an outage, whatever the schedule is
            at = outage.1 + (at - outage.0) % HOUR;
        }
        activations.insert(runs.len(), at);
        runs.push(vec![(at - MINUTE, u64::MAX)]);
    }
    let end = MEASURED + DAY;
    let situation =
        Situation { name, runs, activations, measured: MEASURED, end, outage, one_address: false, every_look: false };
    simulate(situation, seed)
}

pub(crate) fn ordinary_weekday(installations: usize, seed: u64) -> Figures {
    weekday("a weekday", installations, NEVER, seed)
}

/// A weekday on which Polar cannot be reached from ten o'clock to four.
pub(crate) fn outage_of_six_hours(installations: usize, seed: u64) -> Figures {
    let outage = (MEASURED + 10 * HOUR, MEASURED + 16 * HOUR);
    weekday("an outage of six hours", installations, outage, seed)
}

/// Machines behind one address that start within two minutes at nine o'clock, as they did the day before. In the ten
/// minutes from nine o'clock, `new` customers at that address activate.
pub(crate) fn one_address(machines: usize, new: usize, seed: u64) -> Figures {
    let mut random = Random(seed);
    let mut runs = Vec::new();
    for _ in 0..machines {
        let day_before = MEASURED - DAY + NINE + between(&mut random, 0, 2 * MINUTE);
        let start = MEASURED + NINE + between(&mut random, 0, 2 * MINUTE);
        runs.push(vec![(day_before, day_before + 9 * HOUR), (start, start + 9 * HOUR)]);
    }
    let mut activations = BTreeMap::new();
    for _ in 0..new {
        let at = MEASURED + NINE + between(&mut random, 0, 10 * MINUTE);
        activations.insert(runs.len(), at);
        runs.push(vec![(at - SECOND, u64::MAX)]);
    }
    let situation = Situation {
        name: "one address at nine o'clock",
        runs,
        activations,
        measured: MEASURED + NINE - MINUTE,
        end: MEASURED + DAY,
        outage: NEVER,
        one_address: true,
        every_look: false,
    };
    simulate(situation, seed)
}

/// Simulates installations that all start within one minute, after they have been off for two days.
pub(crate) fn restart_of_all(installations: usize, seed: u64) -> Figures {
    let mut random = Random(seed);
    let mut runs = Vec::new();
    for _ in 0..installations {
        let first = between(&mut random, MEASURED - 2 * DAY + 8 * HOUR, MEASURED - 2 * DAY + NINE);
        let again = MEASURED + NINE + between(&mut random, 0, MINUTE);
        runs.push(vec![(first, first + HOUR), (again, u64::MAX)]);
    }
    let situation = Situation {
        name: "a restart of all at once",
        runs,
        activations: BTreeMap::new(),
        measured: MEASURED + NINE - MINUTE,
        end: MEASURED + DAY,
        outage: NEVER,
        one_address: false,
        every_look: false,
    };
    simulate(situation, seed)
}

/// Simulates one installation that runs for a year with the automatic refresh.
pub(crate) fn year(seed: u64) -> Figures {
    let situation = Situation {
        name: "one installation for a year",
        runs: vec![vec![(0, u64::MAX)]],
        activations: BTreeMap::new(),
        measured: MINUTE,
        end: 365 * DAY,
        outage: NEVER,
        one_address: false,
        every_look: true,
    };
    simulate(situation, seed)
}
