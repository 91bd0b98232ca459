//! Many installations ask Polar: small situations of the simulation that `scale/program.rs` runs for 100,000.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "scale/mod.rs"]
mod scale;

#[test]
fn a_year_of_auto_refresh_sends_384_requests_and_saves_at_most_1000_times() {
    for seed in 1..=3 {
        let year = scale::year(seed);
        assert!((381..=387).contains(&year.requests), "{year:?}");
        assert!(year.saves <= 1_000, "{year:?}");
        assert_eq!((year.users_with_notice, year.users_without_access), (0, 0));
    }
}

#[test]
fn an_ordinary_weekday_and_an_outage_are_noticed_by_nobody() {
    for figures in [scale::ordinary_weekday(400, 1), scale::outage_of_six_hours(400, 1)] {
        assert_eq!((figures.users_with_notice, figures.users_without_access), (0, 0), "{figures:?}");
        assert_eq!((figures.rate_limited, figures.activations_without_result), (0, 0), "{figures:?}");
    }
}

#[test]
fn behind_one_address_and_after_a_restart_of_all_nobody_loses_access() {
    for figures in [scale::one_address(100, 5, 1), scale::restart_of_all(300, 1)] {
        assert_eq!((figures.users_with_notice, figures.users_without_access), (0, 0), "{figures:?}");
        assert_eq!(figures.activations_without_result, 0, "{figures:?}");
    }
}

/// The goal is two minutes. The machines that start in the first two minutes may keep the address blocked until then, so
/// a customer who enters a key in the first seconds waits a little longer with some seeds.
#[test]
fn behind_one_address_a_new_customer_waits_at_most_two_minutes() {
    for seed in 1..=2 {
        let figures = scale::one_address(500, 10, seed);
        assert!(figures.longest_activation_ms <= 120_000, "{figures:?}");
        assert_eq!((figures.users_with_notice, figures.users_without_access), (0, 0), "{figures:?}");
        assert_eq!(figures.activations_without_result, 0, "{figures:?}");
    }
}
