//! The model test: runs the real engine through random stories in a simulated world with users, merchants, networks,
//! disks, clocks, crashes and edited records. Checks the rules of ARCHITECTURE.md after every step.
//!
//! The test carries out the engine's steps without threads, files or sockets, so that the steps of several processes
//! can alternate in any order. `model/polar.rs` is a small Polar, `model/world.rs` carries out steps,
//! `model/invariants.rs` checks the rules that always hold, and `model/reference.rs` predicts the result of an
//! operation.
//!
//! Every run has the same stories. To run other stories:
//! ```text
//! POLAR_MODEL_SEED=7 POLAR_MODEL_CASES=5000 cargo test --test model -- --nocapture
//! ```
//! `cargo xtask soak` begins with a random seed, and continues with the next seeds for as long as there is time.
//!
//! A failure prints the broken rule, the smallest story that breaks it, and the events of that story.
//! `model::story::Event` documents the events.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking, and its devices and keys are where it put them"
)]

#[path = "model/air_gap.rs"]
mod air_gap;
#[path = "model/invariants.rs"]
mod invariants;
#[path = "model/polar.rs"]
mod polar;
#[path = "model/reference.rs"]
mod reference;
#[path = "support/soak.rs"]
mod soak;
#[path = "model/story.rs"]
mod story;
#[path = "model/world.rs"]
mod world;

use polar_license::ErrorKind;
use polar_license::engine::Patience;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::cell::Cell;
use story::{Call, DAY, Environment, Event, HOUR, MINUTE, ProcessId};
use world::{Check, World};

/// The number of stories that run in each environment. Together they run at least 100,000 steps of the engine.
const CASES: u32 = 250;
const LEAST_STEPS_PER_CASE: u64 = 68;

/// The number of stories of a computer that is never online, for each kind of clock.
const AIR_GAP_CASES: u32 = 300;

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The numbers of things that happened in the stories of one environment.
struct Happened {
    events: u64,
    /// The steps that the engine carried out.
    steps: u64,
    /// The devices on which a trial was started.
    trials: u64,
}

/// Runs many stories in one environment.
fn stories(environment: Environment, seed: u32) -> Happened {
    let config = Config {
        cases: number("POLAR_MODEL_CASES", CASES),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut bytes = [environment as u8; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let events = Cell::new(0);
    let steps = Cell::new(0);
    let trials = Cell::new(0);
    let cases = Cell::new(0);
    let failed = Cell::new(false);
    let result = runner.run(&environment.story(), |story| {
        let mut world = World::new(environment);
        cases.set(cases.get() + u32::from(!failed.get()));
        events.set(events.get() + story.len() as u64);
        let result = run_story(&mut world, story);
        steps.set(steps.get() + world.steps);
        trials.set(trials.get() + world.devices.iter().filter(|device| device.trial.is_some()).count() as u64);
        failed.set(failed.get() || result.is_err());
        result.map_err(|rule| TestCaseError::fail(format!("{rule}\n\n{}", world.story.join("\n"))))
    });
    match result {
        Ok(()) => Happened { events: events.get(), steps: steps.get(), trials: trials.get() },
        Err(TestError::Fail(reason, story)) => {
            panic!("in {environment:?}, seed {seed}, case {}: {reason}\n\n{story:#?}", cases.get())
        }
        Err(abort) => panic!("in {environment:?}, seed {seed}: {abort}"),
    }
}

fn run_story(world: &mut World, story: Vec<Event>) -> Check {
    for event in story {
        world.apply(event)?;
    }
    everything_recovers(world)
}

/// Checks that everything recovers after the faults: one validate gives every device Polar's answer, and a few
/// refreshes release the seats that the device no longer uses.
fn everything_recovers(world: &mut World) -> Check {
    world.repair()?;
    for device in 0..2 {
        let slot = usize::from(world.devices[device].processes[1].is_some());
        let who = ProcessId { device, slot };
        let call = |world: &mut World, call| match world.begin(who, call, vec![])? {
            Some(task) => world.finish(task),
            None => Ok(()),
        };
        call(world, Call::Validate)?;
        let problem = world.decision(who).and_then(|decision| decision.problem().map(|problem| problem.kind));
        if problem == Some(ErrorKind::RateLimited) {
            // a pause that was saved while the wall clock was ahead takes effect only when the clock comes close to its
            // end
            world.pass(35 * MINUTE, None)?;
            call(world, Call::Validate)?;
        }
        invariants::the_decision_is_what_polar_says(world, who)?;
        for wait in [0, HOUR, HOUR, 8 * HOUR, DAY, DAY] {
            world.pass(wait, None)?;
            call(world, Call::Refresh(Patience::Full))?;
        }
        let decision = world.decision(who);
        invariants::old_seats_are_given_up(world, device, decision.as_ref().and_then(|decision| decision.license()))?;
    }
    Ok(())
}

/// Runs many stories of a computer that is never online. Returns how many answers it imported.
fn air_gap_stories(has_right_clock: bool, seed: u32) -> u64 {
    let cases = number("POLAR_MODEL_CASES", AIR_GAP_CASES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut bytes = [64 + u8::from(has_right_clock); 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let imports = Cell::new(0);
    let result = runner.run(&air_gap::story(has_right_clock), |story| {
        let mut world = air_gap::World::new(has_right_clock);
        let result =
            story.into_iter().try_for_each(|event| world.apply(event)).and_then(|()| world.everything_recovers());
        imports.set(imports.get() + world.imports);
        result.map_err(|rule| TestCaseError::fail(format!("{rule}\n\n{}", world.story.join("\n"))))
    });
    match result {
        Ok(()) => imports.get(),
        Err(error) => panic!("with a right clock: {has_right_clock}, seed {seed}: {error}"),
    }
}

fn air_gap_rounds(has_right_clock: bool) {
    for round in soak::rounds(1) {
        let seed = number("POLAR_MODEL_SEED", 0).wrapping_add(round as u32);
        let imports = air_gap_stories(has_right_clock, seed);
        println!("never online, right clock: {has_right_clock}, seed {seed}: {imports} answers imported");
        if seed == 0 && number("POLAR_MODEL_CASES", AIR_GAP_CASES) >= AIR_GAP_CASES {
            assert!(2 * imports >= 3 * u64::from(AIR_GAP_CASES), "only {imports} imports");
        }
    }
}

#[test]
fn a_computer_that_is_never_online_has_exactly_what_it_imported() {
    air_gap_rounds(true);
}

#[test]
fn a_computer_that_is_never_online_has_no_more_if_its_clock_jumps() {
    air_gap_rounds(false);
}

macro_rules! environments {
    ($($name:ident: $environment:ident),+ $(,)?) => {$(
        #[test]
        fn $name() {
            for round in soak::rounds(1) {
                let seed = number("POLAR_MODEL_SEED", 0).wrapping_add(round as u32);
                let Happened { events, steps, trials } = stories(Environment::$environment, seed);
                let environment = Environment::$environment;
                println!("{environment:?}, seed {seed}: {events} events, {steps} steps of the engine, {trials} trials");
                let cases = number("POLAR_MODEL_CASES", CASES);
                // a few stories can be shorter than most
                if seed == 0 && cases >= CASES {
                    assert!(events >= 40 * u64::from(cases), "only {events} events");
                    assert!(steps >= LEAST_STEPS_PER_CASE * u64::from(cases), "only {steps} steps");
                    assert!(trials >= u64::from(cases) / 8, "only {trials} trials");
                }
            }
        }
    )+};
}

environments! {
    every_result_is_as_predicted_if_nothing_disturbs: Quiet,
    the_rules_hold_if_clocks_jump: Clocks,
    the_rules_hold_if_processes_interleave_and_crash_at_any_step: Processes,
    the_rules_hold_if_disks_fail: Disks,
    the_rules_hold_if_records_are_edited: Edits,
    the_rules_hold_if_everything_happens_at_once: Everything,
}
