//! Lanes of steps, which run at the same time, each in a process of its own. Each line of output is shown as it
//! arrives, after the name of its lane. The last lines of a failed lane are shown again at the end, because often only
//! the end of a log is kept.

use std::collections::VecDeque;
use std::env;
use std::io::{self, BufRead, BufReader, PipeReader, Write};
use std::mem;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

/// Steps that run one after the other.
pub(super) struct Lane {
    pub(super) name: &'static str,
    pub(super) steps: Vec<&'static str>,
}

/// The time for which a lane's output is still read after the lane's process has ended. A process that the lane has
/// started may run longer and keep the output open.
const LEFT_OPEN: Duration = Duration::from_secs(10);

/// The number of lines from the end of a failed lane's output that are shown again. The messages of a failed test are
/// usually shorter.
const LAST_LINES: usize = 100;

/// Runs all lanes to their end, even if one fails.
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
        // `command` holds the writing end of the pipe, so without this `drop` the pipe would never close
        drop(command);

        let last = Arc::new(Mutex::new(VecDeque::new()));
        let (ended, all_shown) = mpsc::channel();
        let (name, lines) = (self.name, Arc::clone(&last));
        thread::spawn(move || ended.send(show(name, output, &lines)));
        let status = process.wait()?;
        // an error is ignored, because a lane whose output cannot be shown can still pass
        let _ = all_shown.recv_timeout(LEFT_OPEN);
        if status.success() {
            return Ok(());
        }
        let last: Vec<_> = last.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        bail!("a step of {name} failed; its last lines again:\n\n{}", String::from_utf8_lossy(&last.concat()));
    }
}

/// Copies each line of the lane's output to standard output, with the lane's name in front. Also keeps the last lines
/// in `last`.
fn show(name: &str, output: PipeReader, last: &Mutex<VecDeque<Vec<u8>>>) -> io::Result<()> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        // writes the name of the lane and the line with one call, so that the other lane cannot print between the two
        io::stdout().write_all(&[format!("{name:8} │ ").as_bytes(), &line].concat())?;
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_back(mem::take(&mut line));
        if last.len() > LAST_LINES {
            last.pop_front();
        }
    }
    Ok(())
}
