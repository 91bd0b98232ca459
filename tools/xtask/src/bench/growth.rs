//! Measures how costs grow with the number of features, of unreleased seats, of clients, and of processes.

use std::process::{Child, Command, Stdio};

use anyhow::{Result, bail};

use super::meter;
use super::row::Row;
use super::setting::{OURS, Server, Setting};
use crate::npm_package::grouped;
use crate::workspace;

const FEATURES: [u32; 5] = [1, 10, 100, 1_000, 10_000];

/// The numbers of unreleased seats in the measured records. A record keeps an unreleased seat until its deactivation
/// reaches Polar. A record can contain at most 256 unreleased seats.
const RELEASES: [u32; 5] = [0, 1, 16, 64, 256];

const PROCESSES: u32 = 1_000;

/// Returns how many instructions an operation takes in apps with different numbers of features.
pub(crate) fn features(setting: &Setting<'_>, operation: &str, many: u32) -> Result<Vec<Row>> {
    let rows = FEATURES.map(|features| {
        let cost = |count| {
            let command = setting.command_of(&OURS, operation, count)?;
            meter::instructions(setting.sh, command.env("FEATURES", features.to_string()))
        };
        Ok(Row::ours(grouped(features.into()), meter::for_one(many, cost)?))
    });
    rows.into_iter().collect()
}

/// Returns how many instructions a cold start takes with records of different sizes.
pub(crate) fn releases(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let rows = RELEASES.map(|releases| {
        let folder = setting.folder("releases")?;
        let command =
            |operation, count| anyhow::Ok(setting.command_of(&OURS, operation, count)?.env("FOLDER", &folder));
        command("releases", releases)?.run()?;
        let bytes: u64 = workspace::files(&folder)?.iter().filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        let cost = |count| meter::instructions(setting.sh, command("open", count)?);
        Ok(Row::ours(format!("{releases} (record of {} bytes)", grouped(bytes)), meter::for_one(11, cost)?))
    });
    rows.into_iter().collect()
}

/// Returns how many bytes of memory open clients occupy. Each client has a license and a store of its own.
pub(crate) fn memory(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let occupied = |count| anyhow::Ok(setting.command_of(&OURS, "memory", count)?.read()?.parse::<f64>()?);
    let (one, all) = (occupied(1)?, occupied(10_000)?);
    let each = (all - one) / 9_999.0;
    Ok(vec![Row::ours("one client", one), Row::ours("10,000 clients", all), Row::ours("each further client", each)])
}

/// Returns the number of requests that reach the local Polar when many processes validate one license at once.
pub(crate) fn requests_of_processes(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let before = setting.requests(Server::Polar)?;
    validate_together(setting)?;
    let requests = setting.requests(Server::Polar)?.saturating_sub(before);
    Ok(vec![Row::ours("1,000 processes", requests.into())])
}

/// Returns how many seconds many processes take to validate one license at once.
pub(crate) fn time_of_processes(setting: &Setting<'_>) -> Result<Vec<Row>> {
    Ok(vec![Row::ours("1,000 processes", validate_together(setting)?)])
}

/// Runs the processes, and returns how many seconds pass until the last one has ended. Fails if the license gives no
/// access in one of them.
fn validate_together(setting: &Setting<'_>) -> Result<f64> {
    let command = || setting.command_of(&OURS, "validate-together", 1).map(Command::from);
    let commands: Vec<Command> = (0..PROCESSES).map(|_| command()).collect::<Result<_>>()?;
    let (failed, time) = meter::timed(|| {
        let started = commands.into_iter().map(|mut command| command.stdout(Stdio::null()).spawn());
        let started: Vec<Child> = started.collect::<Result<_, _>>()?;
        let ended = started.into_iter().map(|mut process| Ok(process.wait()?.success()));
        anyhow::Ok(ended.collect::<Result<Vec<bool>>>()?.iter().filter(|success| !**success).count())
    });
    match failed? {
        0 => Ok(time.as_secs_f64()),
        failed => bail!("{failed} of {PROCESSES} processes had no access"),
    }
}
