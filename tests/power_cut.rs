//! Power cuts. strace records the changes that a process makes to the disk. The tests compute every state that a power
//! cut may leave, and open each state with Rust and with Node. They also cut the power of real file systems, if this
//! machine can mount them. A child process is this test program, in which an environment variable chooses the action.
#![cfg(all(feature = "http", target_os = "linux"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers fail by panicking")]

#[path = "power_cut/disk.rs"]
mod disk;
#[path = "power_cut/real.rs"]
mod real;
#[path = "support/skipped.rs"]
mod skipped;
#[path = "support/strace.rs"]
mod strace;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use disk::{Disk, State};
use mock_polar::{DEMO_KEY_ONE_DEVICE, MockPolar};
use polar_license::blocking::{FileStore, file_name};
use polar_license::store::{Durability, Store};
use strace::Call;
use support::{TestClock, app, open};
use tempfile::TempDir;

const DOES: &str = "POLAR_LICENSE_TEST_DOES";
const URL: &str = "POLAR_LICENSE_TEST_URL";
const DIRECTORY: &str = "POLAR_LICENSE_TEST_DIRECTORY";

const APP: &str = "com.acme.app";
const PRODUCT: [u8; 8] = [1; 8];
const DEVICE: [u8; 8] = [2; 8];

/// The implementation that writes the files, or that opens them after a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Node,
    Rust,
}

/// The steps of a process that uses a record.
const STORY: [&str; 7] = ["save a", "save b", "save c relaxed", "save d relaxed", "remove", "save e relaxed", "save f"];

/// The entry point of a child process. It is not a test of its own.
#[test]
fn child() {
    let Ok(does) = std::env::var(DOES) else { return };
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    if let Some(operation) = does.strip_prefix("client ") {
        let client = open(app(&std::env::var(URL).unwrap(), APP), &directory, &TestClock::new());
        match operation.split_once(' ') {
            Some(("activate", key)) => drop(client.activate(key).unwrap()),
            None if operation == "validate" => drop(client.validate()),
            None if operation == "deactivate" => drop(client.deactivate().unwrap()),
            _ => panic!("a child cannot `{operation}`"),
        }
        println!("done");
        return;
    }
    let store = store(&directory);
    for step in does.split(", ") {
        match *step.split(' ').collect::<Vec<_>>() {
            ["save", letter] => store.save(&record(letter), Durability::Synced).unwrap(),
            ["save", letter, "relaxed"] => store.save(&record(letter), Durability::Relaxed).unwrap(),
            ["remove"] => store.remove().unwrap(),
            _ => panic!("a child cannot `{step}`"),
        }
        println!("done");
    }
}

fn store(directory: &Path) -> FileStore {
    FileStore::new(directory, APP, PRODUCT, DEVICE)
}

fn record(letter: &str) -> Vec<u8> {
    letter.repeat(3000).into_bytes()
}

fn rust_child(directory: &Path, does: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(DOES, does).env(DIRECTORY, directory);
    // no connection uses TLS here, and reading a system's root certificates would take hundreds of system calls
    command.envs([("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")]);
    command
}

fn node(words: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/js/node/power-cut.mjs")).args(words);
    // with io_uring, Node would write without system calls, and strace would not see the writes
    command.env("UV_USE_IO_URING", "0");
    command
}

impl Side {
    fn story(self, directory: &Path, steps: &[&str]) -> Command {
        match self {
            Self::Rust => rust_child(directory, &steps.join(", ")),
            Self::Node => node(&[&["story", directory.to_str().unwrap()], steps].concat()),
        }
    }
}

/// Runs a command to its end. Returns the system calls by which it used files and sockets.
fn recorded(command: &Command) -> Vec<Call> {
    const CALLS: &str = "trace=open,openat,creat,close,write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,\
                         renameat2,link,linkat,unlink,unlinkat,ftruncate,truncate,copy_file_range,sendfile,sendto";
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut traced = strace::traced(trace.path(), &["--seccomp-bpf", "-xx", "-s", "100000", "-e", CALLS], command);
    let output = traced.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}; `npm ci` in bindings/wasm/ts installs what Node needs");
    strace::calls(&fs::read_to_string(trace.path()).unwrap())
}

/// Returns `true` if the process uses this call to print that a step is done.
fn is_done(call: &Call) -> bool {
    call.name == "write" && call.arguments.starts_with("1,") && disk::texts(&call.arguments)[0].ends_with(b"done\n")
}

fn sends(call: &Call, endpoint: &str) -> bool {
    let path = format!("license-keys/{endpoint} ");
    call.name == "sendto" && disk::texts(&call.arguments).iter().any(|text| contains(text, path.as_bytes()))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Returns every state that a power cut may leave during these calls, each together with the result of `found(n)`. Here
/// n is the number of calls before the power cut for which `counted` returns `true`.
fn states<T: Clone + Ord>(
    mut disk: Disk,
    calls: &[Call],
    counted: impl Fn(&Call) -> bool,
    found: impl Fn(usize) -> T,
) -> BTreeSet<(State, T)> {
    let mut count = 0;
    let mut states = BTreeSet::new();
    let mut add = |disk: &Disk, count| {
        states.extend(disk.after_power_cut().into_iter().map(|state| (state, found(count))));
    };
    add(&disk, 0);
    for call in calls {
        let changed = disk.follow(call);
        let counts = counted(call);
        count += usize::from(counts);
        if changed || counts {
            add(&disk, count);
        }
    }
    states
}

/// Creates a directory with these files. All files are so old that a lock counts as left behind by a dead process.
fn restore(state: &State) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in state {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        file.set_modified(modified - Duration::from_secs(11)).unwrap();
    }
    directory
}

/// Returns the records that a store may contain after `done` steps of the story: the record of the last synced step, or
/// of a later one.
fn may_hold(steps: &[&str], before: &str, done: usize) -> BTreeSet<String> {
    let held = |count: usize| match count.checked_sub(1).map(|last| steps[last]) {
        None => before.to_owned(),
        Some("remove") => String::from("nothing"),
        Some(step) => format!("3000 {}", step.split(' ').nth(1).unwrap()),
    };
    let certain = (1..=done).rev().find(|count| !steps[count - 1].ends_with("relaxed")).unwrap_or(0);
    let range: RangeInclusive<usize> = certain..=(done + 1).min(steps.len());
    range.map(held).collect()
}

/// Describes the record that Rust finds in the directory, and the record that Rust finds there after a save.
fn opened_by_rust(directory: &Path) -> String {
    let store = store(directory);
    let first = |store: &FileStore| match store.load().unwrap() {
        None => String::from("nothing"),
        Some(record) => format!("{} {}", record.len(), char::from(record.first().copied().unwrap_or(b' '))),
    };
    let found = first(&store);
    store.save(&record("z"), Durability::Synced).unwrap();
    format!("{found}, then {}", first(&store))
}

/// Describes the records that Node finds in many directories, each before and after a save.
fn opened_by_node(directories: &[TempDir]) -> Vec<String> {
    let paths: Vec<&str> = directories.iter().map(|directory| directory.path().to_str().unwrap()).collect();
    let mut lines = Vec::new();
    for some in paths.chunks(500) {
        let output = node(&[&["open"], some].concat()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        lines.extend(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned));
    }
    lines
}

/// Records a story that one side writes in the directory. Opens all states that a power cut may leave, with both sides.
fn survives(writer: Side, directory: &TempDir, before: &str) {
    let disk = Disk::of(directory.path());
    let calls = recorded(&writer.story(directory.path(), &STORY));
    assert_eq!(calls.iter().filter(|call| is_done(call)).count(), STORY.len(), "the story was recorded to its end");
    // cuts at several moments may leave the same state; then its record must be allowed at each of these moments
    let mut allowed: BTreeMap<State, BTreeSet<String>> = BTreeMap::new();
    for (state, may_hold) in states(disk, &calls, is_done, |done| may_hold(&STORY, before, done)) {
        allowed
            .entry(state)
            .and_modify(|allowed| allowed.retain(|record| may_hold.contains(record)))
            .or_insert(may_hold);
    }
    let restored = || allowed.keys().map(restore).collect::<Vec<_>>();
    let (for_rust, for_node) = (restored(), restored());
    let by_rust: Vec<String> = for_rust.iter().map(|directory| opened_by_rust(directory.path())).collect();
    let by_node = opened_by_node(&for_node);
    for (reader, directories, opened) in [(Side::Rust, for_rust, by_rust), (Side::Node, for_node, by_node)] {
        assert_eq!(opened.len(), allowed.len());
        for (((state, allowed), opened), directory) in allowed.iter().zip(opened).zip(directories) {
            let left: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(
                left,
                [file_name(APP, PRODUCT, DEVICE).as_str()],
                "a save must leave no other file of {:?}",
                sizes(state)
            );
            let is_right = allowed.iter().any(|record| opened == format!("{record}, then 3000 z"));
            assert!(
                is_right,
                "{writer:?} wrote, {reader:?} found `{opened}` instead of {allowed:?} in {:?}",
                sizes(state)
            );
        }
    }
    println!("{writer:?}: {} states after power cuts, each opened by Rust and by Node", allowed.len());
    assert!(allowed.len() > 40, "strace recorded almost nothing");
}

fn sizes(state: &State) -> Vec<(&str, usize)> {
    state.iter().map(|(name, content)| (name.as_str(), content.len())).collect()
}

#[test]
fn a_power_cut_leaves_a_whole_record_of_rust() {
    if strace::works() {
        survives(Side::Rust, &tempfile::tempdir().unwrap(), "nothing");
    }
}

#[test]
fn a_power_cut_leaves_a_whole_record_of_node() {
    if strace::works() {
        survives(Side::Node, &tempfile::tempdir().unwrap(), "nothing");
    }
}

/// The first save takes over the lock of a process that died and left half a record beside the lock.
#[test]
fn a_power_cut_while_a_lock_is_taken_over_leaves_a_whole_record() {
    if !strace::works() {
        return;
    }
    let name = file_name(APP, PRODUCT, DEVICE);
    let dead = State::from([
        (name.clone(), record("0")),
        (format!("{name}.lock"), b"0123456789abcdef".to_vec()),
        (format!("{name}.0123456789abcdef.tmp"), record("x")[..1000].to_vec()),
    ]);
    for side in [Side::Rust, Side::Node] {
        survives(side, &restore(&dead), "3000 0");
    }
}

/// A device on which the client runs, with its files, and Polar.
struct Device {
    polar: MockPolar,
    directory: TempDir,
}

impl Device {
    fn new() -> Self {
        let polar = MockPolar::start().unwrap();
        TestClock::with(&polar);
        Self { polar, directory: tempfile::tempdir().unwrap() }
    }

    fn activated() -> Self {
        let device = Self::new();
        device.client(device.directory.path()).activate(DEMO_KEY_ONE_DEVICE).unwrap();
        device
    }

    fn client(&self, directory: &Path) -> polar_license::blocking::Client {
        open(app(&self.polar.url(), APP), directory, &TestClock::new())
    }

    /// Runs an operation in a child process. Returns the disk as it was before, and the system calls of the child.
    fn record(&self, operation: &str) -> (Disk, Vec<Call>) {
        let disk = Disk::of(self.directory.path());
        let mut child = rust_child(self.directory.path(), &format!("client {operation}"));
        (disk, recorded(child.env(URL, self.polar.url())))
    }

    /// Opens a client on each state, and passes to `check` whether access is allowed.
    fn open_each<T: Ord>(&self, states: &BTreeSet<(State, T)>, check: impl Fn(&State, &T, bool)) {
        for (state, moment) in states {
            let directory = restore(state);
            check(state, moment, self.client(directory.path()).current().allowed());
        }
    }
}

#[test]
fn a_power_cut_during_an_activation_loses_no_seat() {
    if !strace::works() {
        return;
    }
    let device = Device::new();
    let (disk, calls) = device.record(&format!("activate {DEMO_KEY_ONE_DEVICE}"));
    let seats = device.polar.activations(DEMO_KEY_ONE_DEVICE);
    let digits: String = seats[0].id.chars().filter(|c| *c != '-').collect();
    let id = u128::from_str_radix(&digits, 16).unwrap().to_be_bytes();
    let attempt = seats[0].meta["seat"].as_str().unwrap();
    // the moments: 0, nothing was sent; 1, Polar may have given a seat; 2, the app has the result
    let states = states(disk, &calls, |call| is_done(call) || sends(call, "activate"), |count| count);
    device.open_each(&states, |state, moment, allowed| {
        let has_seat = state.iter().any(|(name, bytes)| {
            name.ends_with(".license") && (contains(bytes, &id) || contains(bytes, attempt.as_bytes()))
        });
        assert!(*moment == 0 || has_seat, "the seat is lost: {moment} {:?}", sizes(state));
        assert!(*moment < 2 || allowed, "the license is lost: {:?}", sizes(state));
    });
    println!("activate: {} states after power cuts", states.len());
    assert_eq!(states.iter().map(|(_, moment)| *moment).max(), Some(2), "the operation was recorded to its end");
}

#[test]
fn a_power_cut_while_asking_polar_keeps_the_license() {
    if !strace::works() {
        return;
    }
    let device = Device::activated();
    let (disk, calls) = device.record("validate");
    let states = states(disk, &calls, is_done, |count| count);
    device.open_each(&states, |state, _, allowed| assert!(allowed, "the license is lost: {:?}", sizes(state)));
    println!("validate: {} states after power cuts", states.len());
    assert!(states.iter().any(|(_, moment)| *moment == 1), "the operation was recorded to its end");
}

#[test]
fn a_power_cut_never_restores_a_deactivated_license() {
    if !strace::works() {
        return;
    }
    let device = Device::activated();
    let (disk, calls) = device.record("deactivate");
    // the moments: 0, nothing was sent; 1, Polar may have freed the seat; 2, the app has the result
    let states = states(disk, &calls, |call| is_done(call) || sends(call, "deactivate"), |count| count);
    device.open_each(&states, |state, moment, allowed| {
        assert!(*moment > 0 || allowed, "the license is lost: {:?}", sizes(state));
        assert!(*moment < 2 || !allowed, "the license is back: {:?}", sizes(state));
    });
    println!("deactivate: {} states after power cuts", states.len());
    assert_eq!(states.iter().map(|(_, moment)| *moment).max(), Some(2), "the operation was recorded to its end");
}
