//! Polar's scale: how many requests the installations of one vendor send to Polar, and what their users notice. The
//! same seed gives the same figures on every machine.
//!
//! ```text
//! cargo bench --bench scale                              a table, for 100,000 installations
//! cargo bench --bench scale -- --json                    the same figures as JSON
//! cargo bench --bench scale -- --installations 5000 --seed 7
//! cargo bench --bench scale -- --one-address 60          only the one address, for the seeds 1 to 60
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    reason = "a wrong simulation must stop"
)]

#[path = "mod.rs"]
mod scale;

use scale::Figures;

const MACHINES_BEHIND_ONE_ADDRESS: usize = 500;
const NEW_CUSTOMERS_THERE: usize = 10;
/// The number of orders in which the machines behind one address are simulated to start.
const ORDERS_OF_ARRIVAL: u64 = 24;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |option: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == option);
        at.map_or(default, |at| arguments[at + 1].parse().unwrap())
    };
    let seeds = number("--one-address", 0);
    if seeds > 0 {
        return print_seeds(seeds);
    }
    let seed = number("--seed", 1);
    let installations = usize::try_from(number("--installations", 100_000)).unwrap();
    let situations = [
        scale::ordinary_weekday(installations, seed),
        scale::outage_of_six_hours(installations, seed),
        worst_order_of_arrival(seed),
        scale::restart_of_all(installations, seed),
        scale::year(seed),
    ];
    if arguments.iter().any(|argument| argument == "--json") {
        println!("{}", serde_json::to_string_pretty(&situations).unwrap());
    } else {
        print_table(&situations);
    }
}

/// Simulates the one address with many seeds, each of which gives one order of arrival. Returns the figures of the order
/// with the longest wait for an activation.
fn worst_order_of_arrival(first_seed: u64) -> Figures {
    let seeds = first_seed..first_seed + ORDERS_OF_ARRIVAL;
    let figures = seeds.map(|seed| scale::one_address(MACHINES_BEHIND_ONE_ADDRESS, NEW_CUSTOMERS_THERE, seed));
    figures.max_by_key(|figures| figures.longest_activation_ms).unwrap()
}

/// Prints the figures of the one address for each seed, that is, for each order of arrival.
fn print_seeds(seeds: u64) {
    println!("seed longest tries requests 429s notices no-access");
    for seed in 1..=seeds {
        let figures = scale::one_address(MACHINES_BEHIND_ONE_ADDRESS, NEW_CUSTOMERS_THERE, seed);
        println!(
            "{seed:>4} {:>5} s {:>5} {:>8} {:>4} {:>7} {:>9}",
            figures.longest_activation_ms / 1_000,
            figures.activation_attempts,
            figures.requests,
            figures.rate_limited,
            figures.users_with_notice,
            figures.users_without_access,
        );
    }
}

fn print_table(situations: &[Figures]) {
    println!(
        "{:<28} {:>9} {:>8} {:>9} {:>7} {:>11} {:>6} {:>9} {:>8} {:>9}",
        "situation",
        "requests",
        "peak/s",
        "peak/min",
        "429s",
        "activations",
        "tries",
        "longest",
        "notices",
        "no access"
    );
    for figures in situations {
        println!(
            "{:<28} {:>9} {:>8} {:>9} {:>7} {:>11} {:>6} {:>7} s {:>8} {:>9}",
            figures.situation,
            figures.requests,
            figures.peak_per_second,
            figures.peak_per_minute,
            figures.rate_limited,
            figures.activations,
            figures.activation_attempts,
            figures.longest_activation_ms / 1_000,
            figures.users_with_notice,
            figures.users_without_access,
        );
    }
}
