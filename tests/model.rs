//! The model test: random stories of users, merchants, networks, disks, clocks, crashes and vandals, told to the real
//! engine in a simulated world, and judged by the rules of ARCHITECTURE.md after every step.
//!
//! The engine is driven through its steps, without threads, files or sockets, so that any two processes can meet at any
//! step. `model/polar.rs` is a Polar small enough to be seen to be right, `model/world.rs` carries steps out,
//! `model/invariants.rs` holds what must be true at every instant, `model/reference.rs` what an operation must come to.
//!
//! Stories are the same at every run. To explore more of them:
//! ```text
//! POLAR_MODEL_SEED=7 POLAR_MODEL_CASES=5000 cargo test --test model -- --nocapture
//! ```
//!
//! A failure prints the rule that was broken, the story told by the smallest case that breaks it, and that case as
//! events, which `model::story::Event` documents.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking, and its devices and keys are where it put them"
)]

#[path = "model/invariants.rs"]
mod invariants;
#[path = "model/polar.rs"]
mod polar;
#[path = "model/reference.rs"]
mod reference;
#[path = "model/story.rs"]
mod story;
#[path = "model/world.rs"]
mod world;

use polar_license::engine::Patience;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::cell::Cell;
use story::{Ask, Climate, DAY, Event, HOUR, Who};
use world::{Check, World};

/// In each climate. Together they carry out at least 100,000 steps of the engine.
const CASES: u32 = 230;
const LEAST_STEPS_PER_CASE: u64 = 75;

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tells many stories in one climate. Returns how many events and how many engine steps they had.
fn stories(climate: Climate) -> (u64, u64) {
    let config = Config {
        cases: number("POLAR_MODEL_CASES", CASES),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut seed = [climate as u8; 32];
    seed[..4].copy_from_slice(&number("POLAR_MODEL_SEED", 0).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let events = Cell::new(0);
    let steps = Cell::new(0);
    let cases = Cell::new(0);
    let failed = Cell::new(false);
    let result = runner.run(&climate.story(), |story| {
        let mut world = World::new(climate);
        cases.set(cases.get() + u32::from(!failed.get()));
        events.set(events.get() + story.len() as u64);
        let told = tell(&mut world, story);
        steps.set(steps.get() + world.steps);
        failed.set(failed.get() || told.is_err());
        told.map_err(|rule| TestCaseError::fail(format!("{rule}\n\n{}", world.tale.join("\n"))))
    });
    match result {
        Ok(()) => (events.get(), steps.get()),
        Err(TestError::Fail(reason, story)) => panic!("in {climate:?}, case {}: {reason}\n\n{story:#?}", cases.get()),
        Err(abort) => panic!("in {climate:?}: {abort}"),
    }
}

fn tell(world: &mut World, story: Vec<Event>) -> Check {
    for event in story {
        world.happen(event)?;
    }
    all_is_well_in_the_end(world)
}

/// Once everything works, one validate brings every device to what Polar says, and a few rounds free its old seats.
fn all_is_well_in_the_end(world: &mut World) -> Check {
    world.heal()?;
    for device in 0..2 {
        let slot = usize::from(world.devices[device].processes[1].is_some());
        let who = Who { device, slot };
        let ask = |world: &mut World, ask| match world.begin(who, ask, vec![])? {
            Some(errand) => world.finish(errand),
            None => Ok(()),
        };
        ask(world, Ask::Validate)?;
        invariants::it_is_as_polar_says(world, who)?;
        for wait in [0, HOUR, HOUR, 8 * HOUR, DAY, DAY] {
            world.pass(wait, None)?;
            ask(world, Ask::Refresh(Patience::Full))?;
        }
        let decision = world.decision(who);
        invariants::old_seats_are_given_up(world, device, decision.as_ref().and_then(|decision| decision.license()))?;
    }
    Ok(())
}

macro_rules! climates {
    ($($name:ident: $climate:ident),+ $(,)?) => {$(
        #[test]
        fn $name() {
            let (events, steps) = stories(Climate::$climate);
            println!("{:?}: {events} events, {steps} steps of the engine", Climate::$climate);
            let cases = u64::from(number("POLAR_MODEL_CASES", CASES));
            assert!(events >= 40 * cases, "only {events} events");
            assert!(steps >= LEAST_STEPS_PER_CASE * cases, "only {steps} steps");
        }
    )+};
}

climates! {
    quiet_times_go_exactly_as_predicted: Quiet,
    clocks_may_jump: Clocks,
    processes_may_meet_and_die_at_any_step: Crowd,
    disks_may_fail: Disks,
    records_may_be_edited: Vandals,
    everything_may_happen_at_once: Storm,
}
