//! Runs a command, and makes one of its system calls fail, or kills the process during that call.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use mock_polar::MockPolar;

use crate::device::{Device, Run, each};
use crate::{soak, strace};

/// A fault in a system call.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The call fails with this error.
    Error(&'static str),
    /// This call and all later calls fail with this error, as on a disk that stays full.
    ErrorsFromHere(&'static str),
    /// The process is killed during the call.
    Kill,
}

#[derive(Clone, Debug)]
struct Case {
    call: String,
    /// The number of the call. Each thread counts its calls with this name, and starts at 1.
    number: usize,
    fault: Fault,
}

/// A command that meets faults.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Brings a new device into the situation in which the command runs. Returns the words of the command.
    pub(crate) prepare: fn(&Device) -> Vec<String>,
    /// Checks the device after the run. The error says what is wrong.
    pub(crate) check: fn(&Prepared<'_>, &Run, &Run) -> Result<(), String>,
}

/// A device that is ready for its command, and the words of the command.
pub(crate) struct Prepared<'a> {
    pub(crate) device: Device<'a>,
    pub(crate) words: Vec<String>,
}

const ACTIVATE: Operation =
    Operation { name: "activate", prepare: |device| owned(&["activate", &device.key]), check: check_activate };

const VALIDATE: Operation =
    Operation { name: "validate", prepare: |device| licensed(device, &["validate"]), check: check_validate };

const CONSUME: Operation =
    Operation { name: "consume", prepare: |device| licensed(device, &["consume", "3"]), check: check_consume };

const DEACTIVATE: Operation =
    Operation { name: "deactivate", prepare: |device| licensed(device, &["deactivate"]), check: check_deactivate };

#[test]
fn every_system_call_of_activate_may_fail() {
    fail_each_call(&ACTIVATE);
}

#[test]
fn every_system_call_of_validate_may_fail() {
    fail_each_call(&VALIDATE);
}

#[test]
fn every_system_call_of_consume_may_fail() {
    fail_each_call(&CONSUME);
}

#[test]
fn every_system_call_of_deactivate_may_fail() {
    fail_each_call(&DEACTIVATE);
}

/// Activates the device's key, and returns the words of a command.
fn licensed(device: &Device, words: &[&str]) -> Vec<String> {
    device.succeed(&["activate", &device.key]);
    owned(words)
}

pub(crate) fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn check_activate(Prepared { device, .. }: &Prepared<'_>, run: &Run, next: &Run) -> Result<(), String> {
    let (seats, _) = device.seats();
    ensure(seats.len() <= 1, "it took two seats")?;
    if run.status == Some(0) {
        ensure(run.is_allowed() && next.is_allowed(), "it succeeded, and the next start denies")?;
        ensure(next.seat() == seats.first().map(String::as_str), "it succeeded without its seat")?;
    }
    ensure(!next.is_allowed() || seats.len() == 1, "access without a seat")
}

fn check_validate(Prepared { device, .. }: &Prepared<'_>, _: &Run, next: &Run) -> Result<(), String> {
    let (seats, _) = device.seats();
    ensure(seats.len() == 1, "its seat is gone")?;
    ensure(next.is_allowed() && next.seat() == seats.first().map(String::as_str), "the license is lost")
}

fn check_consume(prepared: &Prepared<'_>, run: &Run, next: &Run) -> Result<(), String> {
    check_validate(prepared, run, next)?;
    let device = &prepared.device;
    let used = device.polar.usage(&device.key);
    ensure(used == 0 || used == 3, &format!("{used} uses were counted instead of 3"))?;
    if run.status == Some(0) {
        return ensure(used == 3, "it succeeded without counting");
    }
    // A command that was killed, or that could not print its output, cannot report anything.
    let told = run.status.is_none() || run.printed["error"].is_null() || run.reports_doubt();
    ensure(used == 0 || told, "it failed after counting, and does not say that it may have")
}

fn check_deactivate(Prepared { device, .. }: &Prepared<'_>, run: &Run, next: &Run) -> Result<(), String> {
    let (seats, _) = device.seats();
    if run.status == Some(0) {
        ensure(seats.is_empty(), "it succeeded, and the seat is taken")?;
        ensure(!next.is_allowed(), "it succeeded, and the next start allows")?;
    } else {
        ensure(seats.is_empty() || next.is_allowed(), "it failed, and the license is lost with its seat taken")?;
    }
    // no more faults are injected, so a second `deactivate` must free the seat and remove the license
    let again = device.run(&["deactivate"]);
    let (left, _) = device.seats();
    let after = device.run(&["status"]);
    let detail = format!("repeated, it leaves {} seats and {again:?}, {after:?}", left.len());
    ensure(left.is_empty() && !after.is_allowed(), &detail)
}

/// The result of one run.
struct Tried {
    /// A description of the first condition that did not hold after the run, if there is one.
    wrong: Option<String>,
    was_hit: bool,
    /// The exit status, or `None` if the command was killed.
    status: Option<i32>,
}

/// Injects every fault into every call, one in each run. Each run uses a new device.
pub(crate) fn fail_each_call(operation: &Operation) {
    if !strace::works() {
        return;
    }
    let polar = MockPolar::start().unwrap();
    let cases = cases(&polar, operation);
    let tried = cases.len();
    let results = each(cases, |case| {
        let prepared = prepared(&polar, operation);
        let (run, was_hit) = run_with(&prepared, &case);
        prepared.device.age_locks();
        let next = prepared.device.run(&["status"]);
        let wrong = check(&prepared, operation, &run, &next).err();
        let wrong = wrong.map(|wrong| format!("{case:?}: {wrong}\n  {run:?}\n  next start: {next:?}"));
        Tried { wrong, was_hit, status: run.status }
    });
    let hit = results.iter().filter(|it| it.was_hit).count();
    let killed = results.iter().filter(|it| it.was_hit && it.status.is_none()).count();
    let failed = results.iter().filter(|it| it.was_hit && it.status.is_some_and(|status| status != 0)).count();
    let name = operation.name;
    println!(
        "{name}: {hit} injected failures in {tried} runs; {killed} ended the process, {failed} made the command fail"
    );
    let wrong: Vec<_> = results.into_iter().filter_map(|it| it.wrong).collect();
    assert!(wrong.is_empty(), "{} of {tried} runs of {name}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(hit * 10 > tried * 8, "only {hit} of {tried} calls were reached");
}

/// Checks the conditions that must hold after every operation, and then the conditions that belong to this operation.
fn check(prepared: &Prepared<'_>, operation: &Operation, run: &Run, next: &Run) -> Result<(), String> {
    let device = &prepared.device;
    // Two panics of the standard library are allowed: one if a thread cannot be started, and one if a directory cannot
    // be closed. The client catches the one about the directory.
    let ours = run.errors.lines().any(|line| line.contains(" panicked at ") && !line.contains("/library/std/src/sys/"));
    ensure(!ours, "it panicked")?;
    ensure(!run.errors.contains(&device.key) && !run.printed.to_string().contains(&device.key), "it printed the key")?;
    ensure(next.status.is_some() && next.printed["reason"] != "tampered", "the record is damaged")?;
    let (_, unknown) = device.seats();
    let told = run.reports_doubt() || unknown.iter().all(|seat| Some(seat.as_str()) == run.seat());
    ensure(unknown.is_empty() || (run.status.is_some_and(|status| status != 0) && told), "a seat is lost in silence")?;
    (operation.check)(prepared, run, next)
}

pub(crate) fn ensure(holds: bool, wrong: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong.to_owned()) }
}

fn prepared<'a>(polar: &'a MockPolar, operation: &Operation) -> Prepared<'a> {
    let device = Device::new(polar, 1);
    let words = (operation.prepare)(&device);
    Prepared { device, words }
}

impl Prepared<'_> {
    fn command(&self) -> Command {
        self.device.command(&self.words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// Runs the operation with a fault in one system call. Returns the run, and whether that call was reached.
fn run_with(prepared: &Prepared<'_>, case: &Case) -> (Run, bool) {
    let seen = tempfile::NamedTempFile::new().unwrap();
    let Case { call, number, fault } = case;
    let fault = match fault {
        Fault::Error(error) => format!("error={error}:when={number}"),
        Fault::ErrorsFromHere(error) => format!("error={error}:when={number}+"),
        Fault::Kill => format!("signal=KILL:when={number}"),
    };
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{fault}"));
    let options = ["-e", &trace, "-e", &inject];
    let output = strace::traced(seen.path(), &options, &prepared.command()).output().unwrap();
    let seen = fs::read_to_string(seen.path()).unwrap();
    let killed = output.status.signal().is_some();
    (Run::of(&output), killed || seen.contains("(INJECTED)"))
}

/// Returns the cases of an operation. A soak test tries every system call with every fault that it can have. Other
/// tests try only the calls that matter for the license, each with one error and one kill.
fn cases(polar: &MockPolar, operation: &Operation) -> Vec<Case> {
    let prepared = prepared(polar, operation);
    let seen = tempfile::NamedTempFile::new().unwrap();
    let output = strace::traced(seen.path(), &["-y"], &prepared.command()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let calls = strace::calls(&fs::read_to_string(seen.path()).unwrap());
    let directory = prepared.device.directory();
    let all = soak::time().is_some();
    let mut counts: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    let mut chosen = BTreeSet::new();
    for call in &calls {
        let count = counts.entry((call.thread, &call.name)).or_default();
        *count += 1;
        let matters = matters(call, &directory);
        if all || matters {
            chosen.insert((call.name.as_str(), *count, matters));
        }
    }
    let mut cases = Vec::new();
    for (call, number, matters) in chosen {
        let mut faults = vec![Fault::Kill];
        faults.extend(errors(call).iter().take(if all { usize::MAX } else { 1 }).map(|error| Fault::Error(error)));
        // If saving always fails, a command tries again until its time limit, which takes half a minute in each case.
        // So these cases run only in a soak test.
        let lasts = all && matters && matches!(call, "write" | "fsync" | "rename" | "unlink" | "openat");
        faults.extend(errors(call).first().filter(|_| lasts).map(|error| Fault::ErrorsFromHere(error)));
        cases.extend(faults.into_iter().map(|fault| Case { call: call.to_owned(), number, fault }));
    }
    cases
}

/// Returns `true` if a fault in this call could do harm to a license or hide the outcome, that is, if the call concerns
/// the record's directory, the network, a thread, or the output.
fn matters(call: &strace::Call, directory: &str) -> bool {
    let about = |text| call.arguments.contains(text) || call.result.contains(text);
    let is_debug_assertion = call.name == "fcntl" && call.arguments.contains("F_GETFD");
    let writes_output = call.name == "write" && (call.arguments.starts_with("1<") || call.arguments.starts_with("2<"));
    let begins_something = matches!(call.name.as_str(), "clone3" | "clone" | "getrandom" | "socket");
    !is_debug_assertion && (about(directory) || about("socket:[") || writes_output || begins_something)
}

/// Returns the errors that are injected into a call. Some calls have none:
///
/// - the calls at the end of a process,
/// - the calls that the standard library makes only in debug assertions,
/// - `futex`, because the standard library ignores its failures.
fn errors(call: &str) -> &'static [&'static str] {
    match call {
        "futex" | "fcntl" | "exit" | "exit_group" | "execve" | "rt_sigreturn" | "gettid" | "rseq" => &[],
        "open" | "openat" | "openat2" => &["EIO", "EMFILE", "EACCES", "ENOSPC"],
        "write" | "writev" | "pwrite64" => &["ENOSPC", "EIO", "EINTR"],
        "fsync" | "fdatasync" => &["EIO", "ENOSPC"],
        "rename" | "renameat" | "renameat2" | "unlink" | "unlinkat" | "link" | "linkat" => &["EIO", "EACCES", "EROFS"],
        "mkdir" | "mkdirat" => &["ENOSPC", "EACCES"],
        "socket" => &["EMFILE", "EACCES"],
        "connect" => &["ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT"],
        "sendto" | "sendmsg" => &["ECONNRESET", "EPIPE", "EINTR"],
        "recvfrom" | "recvmsg" => &["ECONNRESET", "EINTR", "EAGAIN"],
        "poll" | "ppoll" => &["EINTR", "ENOMEM"],
        "clone" | "clone3" => &["EAGAIN"],
        "mmap" | "mprotect" | "munmap" | "brk" | "madvise" => &["ENOMEM"],
        "getrandom" => &["ENOSYS"],
        _ => &["EIO", "EACCES"],
    }
}
