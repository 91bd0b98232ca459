//! Runs programs under `strace`, which records their system calls or makes one of them fail. If strace is missing or is
//! not allowed to trace, a test prints that and is skipped.
#![allow(dead_code, reason = "each test that includes this uses only a part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Returns `true` if this machine allows tracing, and prints a line if it does not.
pub(crate) fn works() -> bool {
    let probe = traced(Path::new("/dev/null"), &["-e", "trace=none"], &Command::new("true"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let works = probe.is_ok_and(|status| status.success());
    if !works {
        crate::skipped::skipped("strace is missing, or may not trace here");
    }
    works
}

/// Returns a command that runs the given command under strace, with all its threads and children. strace writes its
/// output to the file `output`.
pub(crate) fn traced(output: &Path, options: &[&str], command: &Command) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(output).args(options).arg("--").arg(command.get_program());
    strace.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace
}

/// One system call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The thread that made the call.
    pub(crate) thread: u32,
    pub(crate) name: String,
    /// The text between the parentheses.
    pub(crate) arguments: String,
    /// The text after the equals sign. It is empty if the call never returned.
    pub(crate) result: String,
}

/// Parses strace's output into calls, in the order in which they returned.
pub(crate) fn calls(output: &str) -> Vec<Call> {
    let mut begun: BTreeMap<u32, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in output.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Ok(thread) = thread.parse() else { continue };
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, start.to_owned());
        } else if let Some(end) = rest.strip_prefix("<... ") {
            let end = end.split_once(" resumed>").map_or("", |(_, end)| end);
            calls.extend(call(thread, &(begun.remove(&thread).unwrap_or_default() + end)));
        } else {
            calls.extend(call(thread, rest));
        }
    }
    // adds the calls that had not returned when the process ended
    calls.extend(begun.into_iter().filter_map(|(thread, start)| call(thread, &(start + ") = "))));
    calls
}

fn call(thread: u32, text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ").or_else(|| Some((rest.strip_suffix(" =")?, "")))?;
    let is_name = !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    let arguments = arguments.trim_end().strip_suffix(')').unwrap_or(arguments);
    is_name.then(|| Call { thread, name: name.into(), arguments: arguments.into(), result: result.trim().into() })
}
