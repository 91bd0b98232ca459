//! Limits how many system calls and instructions `status` may take, because an app or a script may run it at every
//! start.
//!
//! The limit for system calls is the measured number. The limit for instructions is 3 % above the measured number.
//! These tests run a command that was built without optimization, and count only the instructions of `main`. `cargo
//! xtask bench` measures the command that users get, from its first instruction to its last.

use crate::support::{Device, command, start_polar};
use crate::{skipped, strace};
use mock_polar::DEMO_KEY_PLAIN;
use std::process::{Command, Stdio};

/// The number of system calls that `status` makes beyond those of `--version`. The calls that load a program differ
/// between systems, but both commands make them, so the difference is the same on every Linux.
const SYSTEM_CALLS: usize = 10;

/// The maximum number of instructions that `main` may execute for `status`. The test program is built without
/// optimization, and with the features that a build of the whole workspace enables. Two fifths of the instructions
/// describe the commands to the argument parser.
const INSTRUCTIONS: u64 = 3_323_000;

/// Returns the number of system calls of a run.
fn system_calls(run: &Command) -> usize {
    let output = tempfile::NamedTempFile::new().unwrap();
    let status = strace::traced(output.path(), &[], run).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{status}");
    strace::calls(&std::fs::read_to_string(output.path()).unwrap()).len()
}

#[test]
fn status_makes_few_system_calls() {
    if !strace::works() {
        return;
    }
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_PLAIN);
    let status = system_calls(&device.command(&["status"]));
    let mut version = command();
    let version = system_calls(version.arg("--version"));
    assert!(status <= version + SYSTEM_CALLS, "{status} system calls, and {version} of `--version`");
}

#[test]
fn status_executes_few_instructions() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_PLAIN);
    let status = device.command(&["status"]);
    let mut callgrind = Command::new("valgrind");
    callgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=main"]);
    callgrind.arg(status.get_program()).args(status.get_args());
    let Ok(run) = callgrind.output() else {
        return skipped::skipped("valgrind is missing");
    };
    let printed = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success(), "{printed}");
    let count = printed.lines().find_map(|line| line.split_once("Collected :")).unwrap().1;
    let count: u64 = count.trim().parse().unwrap();
    assert!(count <= INSTRUCTIONS, "{count} instructions; the limit is {INSTRUCTIONS}");
}
