//! Measures how long it takes to read and to validate a license with the packed npm package, and how long a page takes
//! to load. The scripts in `bench/js` measure these times.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Cmd, cmd};

use super::goal::Goal;
use super::meter;
use super::row::{Role, Row};
use super::setting::{Server, Setting};
use crate::{npm_package, workspace};

/// The request written by hand.
const BARE: &str = "fetch";

/// Returns how many nanoseconds one read takes.
pub(crate) fn read_times(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let package = package(setting)?;
    rows(cmd!(setting.sh, "node bench/js/reads.mjs {package}"), |subject| match subject {
        "clocks" => (Role::Baseline, "clocks"),
        _ => (Role::Ours, "clocks"),
    })
}

/// Returns how many milliseconds one validate takes, with this project's package and with each alternative.
pub(crate) fn validate_times(setting: &Setting<'_>) -> Result<Vec<Row>> {
    const BARE_AT_PEERS: &str = "fetch to the peers' server";
    setting.install_npm_peers()?;
    let (package, polar, peers) = (package(setting)?, setting.url(Server::Polar)?, setting.url(Server::Peers)?);
    rows(cmd!(setting.sh, "node bench/js/validate.mjs {polar} {peers} {package}"), |subject| match subject {
        BARE => (Role::Baseline, BARE),
        BARE_AT_PEERS => (Role::Baseline, BARE_AT_PEERS),
        "polar-license" => (Role::Ours, BARE),
        "lemonsqueezy.js" => (Role::Peer, BARE_AT_PEERS),
        _ => (Role::Peer, BARE),
    })
}

/// Measures how many milliseconds pass until a page on a phone has its first decision, with this project's package and
/// with each alternative that uses Polar. The browser's cache is empty, so the page downloads everything.
pub(crate) fn cold_page_times(setting: &Setting<'_>) -> Result<Vec<Row>> {
    page_times(setting, "cold", Goal::at_most(300.0).because(DOWNLOAD))
}

/// Returns the same times as `cold_page_times`, but for a page whose files are all in the browser's cache.
pub(crate) fn warm_page_times(setting: &Setting<'_>) -> Result<Vec<Row>> {
    page_times(setting, "warm", Goal::at_most(160.0))
}

const DOWNLOAD: &str = "The network takes 200 ms of this time, for one request and 9 KB. The goal would take less work in \
                        the script before the first decision.";

fn page_times(setting: &Setting<'_>, cache: &str, goal: Goal) -> Result<Vec<Row>> {
    const SLIM: &str = "polar-license/slim";
    npm_package::install_all(setting.sh)?;
    setting.install_npm_peers()?;
    let (package, polar) = (package(setting)?, setting.url(Server::Polar)?);
    let mut rows =
        rows(cmd!(setting.sh, "node bench/js/pages.mjs {cache} {polar} {package}"), |subject| match subject {
            BARE => (Role::Baseline, BARE),
            "polar-license" | SLIM => (Role::Ours, BARE),
            _ => (Role::Peer, BARE),
        })?;
    let slim = rows.iter_mut().find(|row| row.subject == SLIM).context("the script measured no ./slim")?;
    slim.goal = Some(goal);
    Ok(rows)
}

/// Builds the npm package, and returns its folder.
fn package(setting: &Setting<'_>) -> Result<PathBuf> {
    npm_package::package(setting.sh)?;
    Ok(workspace::target()?.join("package/npm"))
}

/// Runs a script that prints the times of each subject in each round. `of` takes the name of a subject, and returns the
/// subject's role and the name of its baseline.
fn rows(script: Cmd<'_>, of: fn(&str) -> (Role, &'static str)) -> Result<Vec<Row>> {
    let times: BTreeMap<String, Vec<f64>> = serde_json::from_str(&script.read()?)?;
    let rows = times.iter().map(|(subject, own)| {
        let (role, baseline) = of(subject);
        let baseline = times.get(baseline).with_context(|| format!("the script printed no times of {baseline}"))?;
        Ok(Row::new(subject, role, meter::median(own.clone())).with_ratio(meter::ratio(own, baseline)))
    });
    rows.collect()
}
