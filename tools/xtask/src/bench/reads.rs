//! What a read costs, a cold start, and a run of the command's `status`.

use anyhow::Result;
use xshell::{Cmd, Shell};

use super::meter;
use super::row::{Role, Row};
use super::setting::{OURS, Server, Setting};

/// The reads, and the least that they could cost: reading both clocks.
const READS: [(&str, &str, Role); 3] = [
    ("reading both clocks", "clocks", Role::Baseline),
    ("`allows`", "allows", Role::Ours),
    ("`current`", "current", Role::Ours),
];

const MANY: u32 = 200_000;

/// The subject of the figures about a cold start.
const OPEN: &str = "`Client::open` and `current`";

/// The program that does nothing.
const TRUE: &str = "/bin/true";

/// The organization of the local Polar.
const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001";

/// Returns the nanoseconds of one read.
pub(crate) fn times(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let run = |operation| meter::nanoseconds(setting.command_of(&OURS, operation, MANY)?, MANY);
    let [mut clocks, mut allows, mut current] = READS.map(|(_, operation, _)| move || run(operation));
    let times = meter::rounds(&mut [&mut clocks, &mut allows, &mut current])?;
    let baseline = times.first().cloned().unwrap_or_default();
    let rows = READS.iter().zip(times).map(|((subject, _, role), times)| {
        let ratio = meter::ratio(&times, &baseline);
        Row::new(*subject, *role, meter::median(times)).with_ratio(Some(ratio))
    });
    Ok(rows.collect())
}

/// Returns the instructions of one read.
pub(crate) fn instructions(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let rows = READS.iter().map(|(subject, operation, role)| {
        let cost = |count| meter::instructions(setting.sh, setting.command_of(&OURS, operation, count)?);
        Ok(Row::new(*subject, *role, meter::for_one(1001, cost)?))
    });
    rows.collect()
}

/// Returns the nanoseconds of one cold start.
pub(crate) fn open_time(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut open = || meter::nanoseconds(setting.command_of(&OURS, "open", 500)?, 500);
    let times = meter::rounds(&mut [&mut open])?;
    Ok(times.into_iter().map(|times| Row::ours(OPEN, meter::median(times))).collect())
}

/// Returns the instructions of one cold start.
pub(crate) fn open_instructions(setting: &Setting<'_>) -> Result<Vec<Row>> {
    open_count(setting, meter::instructions)
}

/// Returns the system calls of one cold start.
pub(crate) fn open_system_calls(setting: &Setting<'_>) -> Result<Vec<Row>> {
    open_count(setting, meter::system_calls)
}

fn open_count(setting: &Setting<'_>, count: fn(&Shell, Cmd<'_>) -> Result<u64>) -> Result<Vec<Row>> {
    let cost = |clients| count(setting.sh, setting.command_of(&OURS, "open", clients)?);
    Ok(vec![Row::ours(OPEN, meter::for_one(11, cost)?)])
}

/// Returns the nanoseconds of a process that runs `polar-license status` with a license.
pub(crate) fn status_time(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut baseline = || meter::processes(setting.process(TRUE), 20);
    let mut ours = || meter::processes(status(setting)?, 20);
    let times = meter::rounds(&mut [&mut baseline, &mut ours])?;
    let [baseline, ours] = times.as_slice() else { return Ok(Vec::new()) };
    Ok(vec![
        Row::new(TRUE, Role::Baseline, meter::median(baseline.clone())).with_ratio(Some(1.0)),
        Row::ours("`status`", meter::median(ours.clone())).with_ratio(Some(meter::ratio(ours, baseline))),
    ])
}

/// Returns the system calls of `polar-license status`.
pub(crate) fn status_calls(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let baseline = meter::system_calls(setting.sh, setting.process(TRUE))?;
    let ours = meter::system_calls(setting.sh, status(setting)?)?;
    Ok(vec![Row::new(TRUE, Role::Baseline, baseline as f64), Row::ours("`status`", ours as f64)])
}

/// Returns the command that shows the license of [`Setting::licensed`].
fn status<'a>(setting: &Setting<'a>) -> Result<Cmd<'a>> {
    let status = setting.process(setting.command()?).args(["status", "--organization", ORGANIZATION]);
    let status = status.args(["--app", "com.acme.app", "--environment", setting.url(Server::Polar)?]);
    Ok(status.arg("--data-dir").arg(setting.licensed()?))
}
