//! The costs of a read, of a cold start, and of the command `status`.

use anyhow::Result;
use xshell::{Cmd, Shell};

use super::goal::Goal;
use super::meter;
use super::row::{Role, Row};
use super::setting::{OURS, Server, Setting};

/// A measured read.
struct Read {
    subject: &'static str,
    operation: &'static str,
    role: Role,
    /// The read may be at most this many nanoseconds slower than the baseline.
    goal: Option<f64>,
}

/// The measured reads. The baseline, reading both clocks, is the least that any read could cost.
const READS: [Read; 3] = [
    Read { subject: "reading both clocks", operation: "clocks", role: Role::Baseline, goal: None },
    Read { subject: "`allows`", operation: "allows", role: Role::Ours, goal: Some(60.0) },
    Read { subject: "`current`", operation: "current", role: Role::Ours, goal: Some(130.0) },
];

const TWO_THREADS: &str = "Readers share no lock, but two threads of a virtual machine slow each other down even if they only \
                           read the clocks. The goal would take a processor for each.";

const MANY: u32 = 200_000;

/// The name of the report's rows about a cold start.
const OPEN: &str = "`Client::open` and `current`";

/// The goal for the instructions of a cold start. It is 75 % of 402,000, the number for a cold start that runs
/// HKDF-Extract once for each key. The library runs HKDF-Extract only once, for all keys.
const OPEN_GOAL: f64 = 301_500.0;

/// The name of the report's rows about the command `polar-license status`.
const STATUS: &str = "`status`";

const LOADING: &str = "Most of it is the time in which the system loads the program, as for `--version`. The goal \
                       would take a smaller program.";

/// The program that does nothing.
const TRUE: &str = "/bin/true";

/// The organization of the local Polar.
const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001";

/// Returns how many nanoseconds one read takes.
pub(crate) fn times(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let [mut clocks, mut allows, mut current] = READS.map(|read| move || time(setting, read.operation));
    let times = meter::rounds(&mut [&mut clocks, &mut allows, &mut current])?;
    let baseline = times.first().cloned().unwrap_or_default();
    let rows = READS.iter().zip(times).map(|(read, times)| {
        let ratio = meter::ratio(&times, &baseline);
        let row = Row::new(read.subject, read.role, meter::median(times)).with_ratio(ratio);
        Row { goal: read.goal.map(Goal::above_baseline), ..row }
    });
    Ok(rows.collect())
}

/// Returns how many nanoseconds one read takes on one thread, and on each of two threads that read at the same time.
pub(crate) fn times_on_two_threads(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for read in READS.iter().filter(|read| read.role == Role::Ours) {
        let mut one = || time(setting, read.operation);
        let mut two = || time(setting, &format!("{}-on-two-threads", read.operation));
        let times = meter::rounds(&mut [&mut one, &mut two])?;
        let [one, two] = times.as_slice() else { continue };
        let row = |threads, times: &[f64]| {
            let row = Row::ours(format!("{} on {threads}", read.subject), meter::median(times.to_vec()));
            row.with_ratio(meter::ratio(times, one))
        };
        rows.push(row("one thread", one));
        rows.push(row("two threads", two).with_goal(Goal::times_baseline(1.25).because(TWO_THREADS)));
    }
    Ok(rows)
}

fn time(setting: &Setting<'_>, operation: &str) -> Result<f64> {
    meter::nanoseconds(setting.command_of(&OURS, operation, MANY)?, MANY)
}

/// Returns the number of instructions that one read takes.
pub(crate) fn instructions(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let rows = READS.iter().map(|read| {
        let cost = |count| meter::instructions(setting.sh, setting.command_of(&OURS, read.operation, count)?);
        Ok(Row::new(read.subject, read.role, meter::for_one(1001, cost)?))
    });
    rows.collect()
}

/// Returns how many nanoseconds one cold start takes.
pub(crate) fn open_time(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut open = || meter::nanoseconds(setting.command_of(&OURS, "open", 500)?, 500);
    let times = meter::rounds(&mut [&mut open])?;
    Ok(times.into_iter().map(|times| Row::ours(OPEN, meter::median(times))).collect())
}

/// Returns the number of instructions that one cold start takes.
pub(crate) fn open_instructions(setting: &Setting<'_>) -> Result<Vec<Row>> {
    Ok(vec![open_count(setting, meter::instructions)?.with_goal(Goal::at_most(OPEN_GOAL))])
}

/// Returns the number of system calls that one cold start makes.
pub(crate) fn open_system_calls(setting: &Setting<'_>) -> Result<Vec<Row>> {
    Ok(vec![open_count(setting, meter::system_calls)?])
}

fn open_count(setting: &Setting<'_>, count: fn(&Shell, Cmd<'_>) -> Result<u64>) -> Result<Row> {
    let cost = |clients| count(setting.sh, setting.command_of(&OURS, "open", clients)?);
    Ok(Row::ours(OPEN, meter::for_one(11, cost)?))
}

/// Returns how many nanoseconds `polar-license status` takes as a process, with a license.
pub(crate) fn status_time(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut baseline = || meter::processes(setting.process(TRUE), 20);
    let mut ours = || meter::processes(status(setting)?, 20);
    let times = meter::rounds(&mut [&mut baseline, &mut ours])?;
    let [baseline, ours] = times.as_slice() else { return Ok(Vec::new()) };
    let status = Row::ours(STATUS, meter::median(ours.clone())).with_ratio(meter::ratio(ours, baseline));
    Ok(vec![
        Row::new(TRUE, Role::Baseline, meter::median(baseline.clone())).with_ratio(1.0),
        status.with_goal(Goal::times_baseline(2.2).because(LOADING)),
    ])
}

/// Returns the number of instructions that `polar-license status` takes.
pub(crate) fn status_instructions(setting: &Setting<'_>) -> Result<Vec<Row>> {
    status_count(setting, meter::instructions).map(Vec::from)
}

/// Returns the number of system calls that `polar-license status` makes.
pub(crate) fn status_system_calls(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let [baseline, status] = status_count(setting, meter::system_calls)?;
    Ok(vec![baseline, status.with_goal(Goal::at_most(80.0))])
}

fn status_count(setting: &Setting<'_>, count: fn(&Shell, Cmd<'_>) -> Result<u64>) -> Result<[Row; 2]> {
    let baseline = count(setting.sh, setting.process(TRUE))?;
    let status = count(setting.sh, status(setting)?)?;
    Ok([Row::new(TRUE, Role::Baseline, baseline as f64), Row::ours(STATUS, status as f64)])
}

/// Returns the command `polar-license status` for the license in the folder of [`Setting::licensed`].
fn status<'a>(setting: &Setting<'a>) -> Result<Cmd<'a>> {
    let status = setting.process(setting.command()?).args(["status", "--organization", ORGANIZATION]);
    let status = status.args(["--app", "com.acme.app", "--environment", setting.url(Server::Polar)?]);
    Ok(status.arg("--data-dir").arg(setting.licensed()?))
}
