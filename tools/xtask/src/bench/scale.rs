//! Simulates the installations of one vendor in virtual time. Shows how many requests Polar receives from them, and how
//! the users are affected.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::goal::Goal;
use super::row::Row;
use super::setting::Setting;

/// A situation that `tests/scale/program.rs` simulates, and some of the numbers that the simulation counted.
#[derive(Deserialize)]
struct Situation {
    situation: String,
    requests: u32,
    peak_per_second: u32,
    saves: u32,
    longest_activation_ms: u32,
    users_with_notice: u32,
    users_without_access: u32,
}

/// The situation that simulates a single installation. All other situations simulate many installations.
const YEAR: &str = "one installation for a year";
const ONE_ADDRESS: &str = "one address at nine o'clock";

/// The situations in which no user should see a notice.
const UNNOTICED: [&str; 2] = ["a weekday", "an outage of six hours"];

fn situations(setting: &Setting<'_>) -> Result<Vec<Situation>> {
    serde_json::from_str(setting.simulation()?).context("the simulation did not print a list of situations")
}

fn of_many(setting: &Setting<'_>, row: fn(&Situation) -> Row) -> Result<Vec<Row>> {
    Ok(situations(setting)?.iter().filter(|situation| situation.situation != YEAR).map(row).collect())
}

/// Returns the number of requests that Polar receives in its busiest second.
pub(crate) fn peaks(setting: &Setting<'_>) -> Result<Vec<Row>> {
    of_many(setting, |figures| Row::ours(&figures.situation, figures.peak_per_second.into()))
}

/// Returns the number of licensed users who see a notice.
pub(crate) fn notices(setting: &Setting<'_>) -> Result<Vec<Row>> {
    of_many(setting, |figures| {
        let goal = UNNOTICED.contains(&figures.situation.as_str()).then_some(Goal::at_most(0.0));
        Row { goal, ..Row::ours(&figures.situation, figures.users_with_notice.into()) }
    })
}

/// Returns the number of licensed users who lose access.
pub(crate) fn losses(setting: &Setting<'_>) -> Result<Vec<Row>> {
    of_many(setting, |figures| {
        Row::ours(&figures.situation, figures.users_without_access.into()).with_goal(Goal::at_most(0.0))
    })
}

/// Returns how many seconds pass from the moment when a new customer enters a key until the app gives access.
pub(crate) fn activations(setting: &Setting<'_>) -> Result<Vec<Row>> {
    of_many(setting, |figures| {
        let goal = (figures.situation == ONE_ADDRESS).then_some(Goal::at_most(120.0).because(ACTIVATION));
        Row { goal, ..Row::ours(&figures.situation, f64::from(figures.longest_activation_ms) / 1_000.0) }
    })
}

const ACTIVATION: &str = "With four in five orders of arrival, the wait is below two minutes; the report shows the \
                          worst of 24 orders. Polar blocks the address, because all machines there ask when they start. \
                          To stay below two minutes with every order, apps would have to wait for up to an hour before \
                          their first request. DESIGN.md says what that would cost.";

/// Returns how many requests one installation sends, and how often it saves its record, in a year of automatic refresh.
pub(crate) fn year(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let situations = situations(setting)?;
    let year = situations.iter().find(|figures| figures.situation == YEAR).context("no year was simulated")?;
    Ok(vec![
        Row::ours("requests", year.requests.into()).with_goal(Goal::between(381.0, 387.0)),
        Row::ours("saves of the record", year.saves.into()).with_goal(Goal::at_most(1_000.0)),
    ])
}
