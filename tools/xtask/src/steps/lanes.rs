//! Chains of steps that run at the same time, each in a process of its own. Their lines are shown as they come, with the
//! chain's name before them.

use std::env;
use std::io::{self, BufRead, BufReader, PipeReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

/// Steps that run one after the other.
pub(super) struct Lane {
    pub(super) name: &'static str,
    pub(super) steps: Vec<&'static str>,
}

/// How long the output of a lane that has ended may be held open by a process that it left behind.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs all of them to their end, also if one fails.
pub(super) fn run(lanes: &[Lane]) -> Result<()> {
    let results: Vec<Result<()>> = thread::scope(|scope| {
        let running: Vec<_> = lanes.iter().map(|lane| scope.spawn(|| lane.run())).collect();
        running.into_iter().map(|lane| lane.join().unwrap_or_else(|_| Err(anyhow!("a lane panicked")))).collect()
    });
    let failures: Vec<_> = results.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if failures.is_empty() { Ok(()) } else { bail!("{}", failures.join("\n")) }
}

impl Lane {
    fn run(&self) -> Result<()> {
        let (output, end) = io::pipe()?;
        let mut command = Command::new(env::current_exe()?);
        command.arg("test").args(&self.steps).stdin(Stdio::null()).stdout(end.try_clone()?).stderr(end);
        let mut process = command.spawn().with_context(|| format!("cannot start the steps of {}", self.name))?;
        // it holds the other end of the pipe, which would never close
        drop(command);

        let (ended, all_shown) = mpsc::channel();
        let name = self.name;
        thread::spawn(move || ended.send(show(name, output)));
        let status = process.wait()?;
        // what could not be shown fails nothing
        let _ = all_shown.recv_timeout(PATIENCE);
        if status.success() { Ok(()) } else { bail!("a step of {name} failed: see the lines that begin with `{name}`") }
    }
}

/// Copies lines to the standard output.
fn show(name: &str, output: PipeReader) -> io::Result<()> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        // at once, so that no line of the other lane comes between
        let mut shown = format!("{name:8} │ ").into_bytes();
        shown.append(&mut line);
        if !shown.ends_with(b"\n") {
            shown.push(b'\n');
        }
        io::stdout().write_all(&shown)?;
    }
    Ok(())
}
