//! Measures the cost of one validate on a connection of its own: time, instructions, system calls, requests.
//!
//! This project's program calls the local Polar. The alternatives call a server of their own, which may be slower or
//! faster. So each of the two servers has its own baseline: a request written by hand.

use anyhow::Result;

use super::meter;
use super::row::Row;
use super::setting::{BARE, OURS, PEERS, Program, Server, Setting};

/// The number of validates in one run. A client sends at most two requests in a second, so this project's program uses
/// a new client for each validate.
const MANY: u32 = 11;

/// A request written by hand, which is sent to the server that the alternatives use.
const BARE_AT_PEERS: Program = Program { server: Server::Peers, ..BARE };

struct Case {
    subject: String,
    program: &'static Program,
    operation: &'static str,
    /// The index of this case's baseline: the case with a request written by hand to the same server.
    baseline: usize,
}

fn cases() -> Vec<Case> {
    let case =
        |subject: &str, program, baseline| Case { subject: subject.into(), program, operation: "validate", baseline };
    let own = [
        case("one request by ureq", &BARE, 0),
        case("polar-license", &OURS, 0),
        Case { operation: "validate-in-memory", ..case("polar-license, record in memory", &OURS, 0) },
        case("one request by ureq, to the server of the peers", &BARE_AT_PEERS, 3),
    ];
    own.into_iter().chain(PEERS.iter().map(|program| case(program.name, program, 3))).collect()
}

/// Returns how many nanoseconds one validate takes.
pub(crate) fn times(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let cases = cases();
    let mut runs: Vec<_> = cases.iter().map(|case| move || run(setting, case)).collect();
    let mut subjects: Vec<&mut dyn FnMut() -> Result<f64>> = Vec::new();
    subjects.extend(runs.iter_mut().map(|run| run as &mut dyn FnMut() -> Result<f64>));
    let times = meter::rounds(&mut subjects)?;
    let rows = cases.iter().zip(&times).map(|(case, own)| {
        let ratio = times.get(case.baseline).map(|baseline| meter::ratio(own, baseline));
        Row { ratio, ..Row::new(&case.subject, case.program.role, meter::median(own.clone())) }
    });
    Ok(rows.collect())
}

fn run(setting: &Setting<'_>, case: &Case) -> Result<f64> {
    meter::nanoseconds(setting.command_of(case.program, case.operation, MANY)?, MANY)
}

pub(crate) fn instructions(setting: &Setting<'_>) -> Result<Vec<Row>> {
    counted(|case, count| meter::instructions(setting.sh, setting.command_of(case.program, case.operation, count)?))
}

pub(crate) fn system_calls(setting: &Setting<'_>) -> Result<Vec<Row>> {
    counted(|case, count| meter::system_calls(setting.sh, setting.command_of(case.program, case.operation, count)?))
}

pub(crate) fn requests(setting: &Setting<'_>) -> Result<Vec<Row>> {
    counted(|case, count| {
        let command = setting.command_of(case.program, case.operation, count)?;
        let before = setting.requests(case.program.server)?;
        command.ignore_stdout().run()?;
        Ok((setting.requests(case.program.server)? - before).into())
    })
}

/// Returns the cost of one validate for each of the `cases`, and the ratio of this cost to the baseline.
fn counted(cost: impl Fn(&Case, u32) -> Result<u64>) -> Result<Vec<Row>> {
    let cases = cases();
    let costs: Vec<f64> =
        cases.iter().map(|case| meter::for_one(MANY, |count| cost(case, count))).collect::<Result<_>>()?;
    let rows = cases.iter().zip(&costs).map(|(case, cost)| {
        let ratio = costs.get(case.baseline).map(|baseline| cost / baseline);
        Row { ratio, ..Row::new(&case.subject, case.program.role, *cost) }
    });
    Ok(rows.collect())
}
