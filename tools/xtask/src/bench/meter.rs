//! Measures with other tools: callgrind counts instructions, and strace counts system calls. Times are measured in
//! rounds, in which the subjects take turns.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::{Cmd, Shell, cmd};

/// The number of rounds in which times are measured. In each round, every subject is measured once.
const ROUNDS: usize = 15;

/// Returns the cost of one operation. Measures a run with many operations and a run with one, and divides the
/// difference in cost by the number of additional operations. So the cost of starting the program is not included.
pub(crate) fn for_one(many: u32, mut cost: impl FnMut(u32) -> Result<u64>) -> Result<f64> {
    let (base, more) = (cost(1)?, cost(many)?);
    Ok((more as f64 - base as f64) / f64::from(many.saturating_sub(1)))
}

/// Returns the number of instructions that a process executes.
pub(crate) fn instructions(sh: &Shell, command: Cmd<'_>) -> Result<u64> {
    let callgrind = cmd!(sh, "valgrind --tool=callgrind --callgrind-out-file=/dev/null");
    let printed = wrapped(callgrind, command).ignore_stdout().read_stderr()?;
    let line = printed.lines().find_map(|line| line.split_once("Collected :")).context("callgrind printed no count")?;
    Ok(line.1.trim().parse()?)
}

/// Returns the number of system calls that a process and its threads make.
pub(crate) fn system_calls(sh: &Shell, command: Cmd<'_>) -> Result<u64> {
    let counts = tempfile::NamedTempFile::new()?;
    let strace = cmd!(sh, "strace -f -c -U calls,name -o").arg(counts.path());
    wrapped(strace, command).ignore_stdout().run()?;
    let table = fs::read_to_string(counts.path())?;
    let total = table.lines().find_map(|line| line.trim().strip_suffix(" total")).context("strace printed no total")?;
    Ok(total.trim().parse()?)
}

/// Returns a command that runs `command` under `tool`, with the environment of `command`.
fn wrapped<'a>(tool: Cmd<'a>, command: Cmd<'_>) -> Cmd<'a> {
    let command = Command::from(command);
    let tool = tool.arg(command.get_program()).args(command.get_args()).quiet();
    command.get_envs().fold(tool, |tool, (name, value)| match value {
        Some(value) => tool.env(name, value),
        None => tool.env_remove(name),
    })
}

/// Measures every subject once in each round, and returns the times of each subject. The subjects take turns, so that a
/// machine that is busy for a while slows all subjects down alike.
pub(crate) fn rounds(subjects: &mut [&mut dyn FnMut() -> Result<f64>]) -> Result<Vec<Vec<f64>>> {
    let mut times = vec![Vec::new(); subjects.len()];
    for _ in 0..ROUNDS {
        for (subject, times) in subjects.iter_mut().zip(&mut times) {
            times.push(subject()?);
        }
    }
    Ok(times)
}

/// Divides each time by the baseline's time in the same round, and returns the median of the results.
pub(crate) fn ratio(times: &[f64], baseline: &[f64]) -> f64 {
    median(times.iter().zip(baseline).map(|(time, baseline)| time / baseline).collect())
}

/// Returns the median. For an even number of values, it is the mean of the two middle values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 { at(middle) } else { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 }
}

/// Runs a program of `bench/`, which prints the nanoseconds that `count` operations took. Returns the nanoseconds per
/// operation.
pub(crate) fn nanoseconds(command: Cmd<'_>, count: u32) -> Result<f64> {
    Ok(command.read()?.parse::<f64>()? / f64::from(count))
}

/// Starts a process `count` times, one after the other, and returns how long one process takes on average, in
/// nanoseconds.
pub(crate) fn processes(command: Cmd<'_>, count: u32) -> Result<f64> {
    let mut command = Command::from(command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (result, time) = timed(|| (0..count).try_for_each(|_| succeed(&mut command)));
    result?;
    Ok(time.as_nanos() as f64 / f64::from(count))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("`{command:?}` failed ({status})");
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time, and nothing else depends on it")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// Returns the CPU seconds of all processes that this process has started and that have ended.
pub(crate) fn cpu_seconds_of_children() -> Result<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // the fields are counted from the end of the program's name, which may contain spaces; see `man proc_pid_stat`
    let (_, fields) = stat.rsplit_once(')').context("`/proc/self/stat` has no name")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_the_ratios_of_the_rounds() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
        // the machine was busy in the second round
        assert_eq!(ratio(&[20.0, 90.0, 22.0], &[10.0, 45.0, 11.0]), 2.0);
    }

    #[test]
    fn preparation_is_not_counted() {
        let cost = |count: u32| Ok(1000 + 7 * u64::from(count));
        assert_eq!(for_one(11, cost).unwrap(), 7.0);
    }
}
