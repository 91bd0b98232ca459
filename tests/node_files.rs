//! Uses the npm package's file store and the crate's on the same files at the same time. Checks that both use the same
//! file names, directory and machine id, that no update is lost, and that a dying process does no harm. The child
//! processes are `tests/js/node/child.mjs` and this test program, where an environment variable chooses the action.
#![cfg(all(feature = "blocking", unix))]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

#[path = "support/skipped.rs"]
mod skipped;

use polar_license::blocking::{FileStore, default_directory, device_source, file_name, machine_source, system_name};
use polar_license::store::{Durability, Store};
use skipped::skipped;
use tempfile::TempDir;

const DOES: &str = "POLAR_LICENSE_TEST_DOES";
const DIRECTORY: &str = "POLAR_LICENSE_TEST_DIRECTORY";

const APP: &str = "com.acme.app";
const PRODUCT: [u8; 8] = [1; 8];
const DEVICE: u8 = 2;

/// The implementation that a child process uses. Both implementations understand the same commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Node,
    Rust,
}

const SIDES: [Side; 2] = [Side::Node, Side::Rust];

/// The entry point of a child process. It is not a test of its own.
#[test]
fn child() {
    let Ok(does) = std::env::var(DOES) else { return };
    let words: Vec<&str> = does.split(' ').collect();
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    // ends the current line, which the test harness has begun
    println!();
    match words[..] {
        ["facts"] => {
            println!("{}", default_directory().map_or("nothing".into(), |path| path.display().to_string()));
            println!("{}", machine_source().unwrap_or("nothing".into()));
            println!("{}", system_name());
        }
        ["device"] => println!("{}", device_source(Some(&directory)).unwrap()),
        ["hold"] => {
            let hold = || loop {
                println!("held");
                std::thread::park();
            };
            store(&directory, DEVICE).locked(&mut || hold()).unwrap();
        }
        ["count", times] => {
            let store = store(&directory, DEVICE);
            (0..times.parse().unwrap()).for_each(|_: u32| increment(&store));
        }
        ["load", device] => println!("{}", load(&store(&directory, device_of(device)))),
        ["save", device, record] => {
            store(&directory, device_of(device)).save(record.as_bytes(), Durability::Synced).unwrap()
        }
        ["remove", device] => store(&directory, device_of(device)).remove().unwrap(),
        _ => panic!("a child cannot `{does}`"),
    }
}

impl Side {
    fn command(self, directory: &Path, does: &str) -> Command {
        let mut command = match self {
            Self::Node => {
                let mut command = Command::new("node");
                let (verb, rest) = does.split_once(' ').unwrap_or((does, ""));
                command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/js/node/child.mjs")).arg(verb).arg(directory);
                command.args(rest.split_whitespace());
                command
            }
            Self::Rust => {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.args(["--exact", "child", "--nocapture"]).env(DOES, does).env(DIRECTORY, directory);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(self, directory: &TempDir, does: &str) -> Child {
        self.command(directory.path(), does).spawn().unwrap()
    }

    /// Runs a child. Returns its output without the lines of the test harness.
    fn run(self, directory: &TempDir, does: &str) -> String {
        printed(self, &output(self, &mut self.command(directory.path(), does)))
    }

    /// Starts a child process that takes the lock and keeps it.
    fn hold(self, directory: &TempDir) -> Child {
        let mut child = self.start(directory, "hold");
        wait_for(&mut lines(&mut child), "held");
        child
    }
}

fn output(side: Side, command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{side:?}: {output:?}; `npm ci` in bindings/wasm/ts installs what Node needs");
    output
}

fn printed(side: Side, output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let text = match side {
        Side::Node => text.as_str(),
        // the child's lines come after `running 1 test` and an empty line, and before `test child ... ok`
        Side::Rust => text.split_once("\n\n").unwrap().1.split_once("\ntest ").map_or("", |(printed, _)| printed),
    };
    text.trim().to_owned()
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let stdout: ChildStdout = child.stdout.take().unwrap();
    BufReader::new(stdout).lines().map(Result::unwrap)
}

fn wait_for(lines: &mut impl Iterator<Item = String>, line: &str) {
    assert!(lines.any(|printed| printed == line), "the child ended without printing `{line}`");
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn store(directory: &Path, device: u8) -> FileStore {
    FileStore::new(directory, APP, PRODUCT, [device; 8])
}

/// Parses a device's tag in the form that Node uses: 16 hexadecimal digits.
fn device_of(digits: &str) -> u8 {
    u8::from_str_radix(digits.get(..2).unwrap(), 16).unwrap()
}

fn digits(device: u8) -> String {
    format!("{device:02x}").repeat(8)
}

fn load(store: &FileStore) -> String {
    store.load().unwrap().map_or("nothing".into(), |record| String::from_utf8(record).unwrap())
}

/// Adds one to the number in the record. If the lock could not be acquired, tries again.
fn increment(store: &FileStore) {
    let mut saved = false;
    while !saved {
        let _ = store.locked(&mut || {
            let count = store.load().unwrap().map_or(0, |record| String::from_utf8(record).unwrap().parse().unwrap());
            saved = store.save((count + 1u32).to_string().as_bytes(), Durability::Relaxed).is_ok();
        });
    }
}

/// Returns the name of the record's file. The names of the files beside it begin with this name.
fn name() -> String {
    file_name(APP, PRODUCT, [DEVICE; 8])
}

fn lock_path(directory: &TempDir) -> PathBuf {
    directory.path().join(name() + ".lock")
}

/// Returns the names and contents of all files in the directory.
fn files(directory: &TempDir) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| (name.clone(), fs::read(directory.path().join(name)).unwrap());
    names(directory).into_iter().map(read).collect()
}

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_writing(directory: &TempDir) -> bool {
    names(directory).iter().any(|name| name.ends_with(".tmp"))
}

/// Sets a file's modification time back. A lock that is so old counts as left behind by a dead process.
fn age(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_modified(modified - Duration::from_secs(11)).unwrap();
}

#[test]
fn directory_machine_and_system_agree() {
    let directory = TempDir::new().unwrap();
    let environments: [&[(&str, Option<&str>)]; 7] = [
        &[],
        &[("HOME", Some("/home/somebody")), ("XDG_DATA_HOME", None)],
        &[("HOME", Some("/home/somebody/")), ("XDG_DATA_HOME", Some("data"))],
        &[("HOME", Some("somewhere")), ("XDG_DATA_HOME", None)],
        &[("HOME", Some("/home/somebody")), ("XDG_DATA_HOME", Some("/data/../else//where/"))],
        &[("HOME", None), ("XDG_DATA_HOME", Some(""))],
        &[("HOME", None), ("XDG_DATA_HOME", Some("/ä/data"))],
    ];
    for environment in environments {
        let [node, rust] = SIDES.map(|side| {
            let mut command = side.command(directory.path(), "facts");
            for (name, value) in environment {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            printed(side, &output(side, &mut command))
        });
        assert_eq!(node.lines().count(), 3, "{node}");
        assert_eq!(node, rust, "{environment:?}");
    }
}

/// If the system has no identifier for this machine, the first side that needs one creates it, and both sides keep it.
#[test]
fn both_sides_have_the_same_device_id() {
    for (first, second) in [(Side::Node, Side::Rust), (Side::Rust, Side::Node)] {
        let directory = TempDir::new().unwrap();
        let device = first.run(&directory, "device");
        assert!(!device.is_empty());
        assert_eq!(second.run(&directory, "device"), device);
    }
}

#[test]
fn file_names_agree() {
    let long = "ä".repeat(63) + "𝄞x";
    let apps = ["com.acme.app", ".hidden", "..", "../..\\a/b:c", "-_.Az09", "Ä𝄞-_", "e\u{301}", "a\tb\u{7f}c", &long];
    let mut node = Side::Node.command(Path::new(""), "names");
    let node = printed(Side::Node, &output(Side::Node, node.args(apps)));
    let rust = apps.map(|app| file_name(app, PRODUCT, [0xab; 8]));
    assert_eq!(node.lines().collect::<Vec<_>>(), rust);
}

#[test]
fn each_side_reads_and_removes_the_records_of_the_other() {
    let [here, there] = [digits(DEVICE), digits(9)];
    for (one, other) in [(Side::Node, Side::Rust), (Side::Rust, Side::Node)] {
        let directory = TempDir::new().unwrap();
        one.run(&directory, &format!("save {here} first"));
        assert_eq!(other.run(&directory, &format!("load {here}")), "first");
        other.run(&directory, &format!("save {here} second"));
        assert_eq!(one.run(&directory, &format!("load {here}")), "second");
        assert_eq!(one.run(&directory, &format!("load {there}")), "second", "another device's record is found");
        other.run(&directory, &format!("remove {there}"));
        assert_eq!(one.run(&directory, &format!("load {there}")), "nothing", "and can be declined");
        let declined = (file_name(APP, PRODUCT, [9; 8]), b"no license\n".to_vec());
        assert!(files(&directory).contains(&declined), "{:?}", files(&directory));
        other.run(&directory, &format!("remove {here}"));
        assert_eq!(
            one.run(&directory, &format!("load {here}")),
            "nothing",
            "the mark of a declined record is not a record"
        );
        assert_eq!(names(&directory), [declined.0]);
    }
}

#[test]
fn a_living_holder_keeps_the_other_side_out() {
    for (holder, other) in [(Side::Node, Side::Rust), (Side::Rust, Side::Node)] {
        let directory = TempDir::new().unwrap();
        let child = holder.hold(&directory);
        let refused = other.command(directory.path(), &format!("save {} a", digits(DEVICE))).output().unwrap();
        assert!(!refused.status.success());
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains("another process has locked the license file; try again"), "{text}");
        assert_eq!(names(&directory), [name() + ".lock"]);
        kill(child);
    }
}

#[test]
fn a_dead_holders_lock_is_taken_over_by_either_side() {
    for holder in SIDES {
        for taker in SIDES {
            let directory = TempDir::new().unwrap();
            kill(holder.hold(&directory));
            let lock = lock_path(&directory);
            let token = fs::read_to_string(&lock).unwrap();
            assert!(token.len() == 16 && token.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{token}");
            fs::write(directory.path().join(format!("{}.{token}.tmp", name())), "half a rec").unwrap();
            age(&lock);
            taker.run(&directory, &format!("save {} whole", digits(DEVICE)));
            assert_eq!(files(&directory), [(name(), b"whole".to_vec())], "{taker:?} after {holder:?}");
        }
    }
}

/// Root writes in a user's home directory, as `sudo` does if it leaves `HOME` unchanged. The test needs root.
#[test]
fn files_that_root_writes_on_either_side_belong_to_the_user() {
    use std::os::unix::fs::{MetadataExt, chown};
    const USER: u32 = 65534;
    for root in SIDES {
        let home = TempDir::new().unwrap();
        if home.path().metadata().unwrap().uid() != 0 {
            return skipped("only root can be two users");
        }
        chown(home.path(), Some(USER), Some(USER)).unwrap();
        let data = home.path().join("share").join("polar-license");
        let run = |does: &str| output(root, &mut root.command(&data, does));
        let foreign = || {
            let (directory, record) = (fs::read_dir(&data).unwrap(), home.path().join("share"));
            let paths = directory.map(|entry| entry.unwrap().path()).chain([data.clone(), record]);
            let is_foreign = |path: &PathBuf| path.metadata().is_ok_and(|it| (it.uid(), it.gid()) != (USER, USER));
            paths.filter(is_foreign).collect::<Vec<_>>()
        };
        run(&format!("save {} first", digits(DEVICE)));
        assert_eq!(foreign(), [""; 0].map(PathBuf::from), "{root:?}");
        run(&format!("save {} second", digits(DEVICE)));
        let mut holder = root.command(&data, "hold").spawn().unwrap();
        wait_for(&mut lines(&mut holder), "held");
        assert!(data.join(name() + ".lock").exists());
        assert_eq!(foreign(), [""; 0].map(PathBuf::from), "{root:?}: the files of a process that dies");
        kill(holder);
    }
}

/// A process lists an empty directory. Meanwhile strace makes each attempt to close this directory fail. The test needs
/// strace, and the permission to trace.
#[test]
fn a_directory_that_cannot_be_closed_is_no_error() {
    let strace = |arguments: &[&str]| {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null"]).args(arguments);
        command
    };
    if !strace(&["-e", "trace=none", "true"]).status().is_ok_and(|status| status.success()) {
        return skipped("strace does not work here");
    }
    for side in SIDES {
        let directory = TempDir::new().unwrap();
        let path = directory.path().to_str().unwrap();
        let load = side.command(directory.path(), &format!("load {}", digits(DEVICE)));
        let mut traced = strace(&["-P", path, "-e", "inject=close:error=EIO"]);
        traced.arg(load.get_program()).args(load.get_args());
        traced.envs(load.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = output(side, &mut traced);
        assert_eq!(printed(side, &output), "nothing", "{side:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{side:?}: {output:?}");
    }
}

/// Each round begins with the lock of a dead process. All processes try to take over this lock at once.
#[test]
fn processes_of_both_sides_lose_no_update() {
    const EACH: usize = 3;
    const TIMES: usize = 40;
    for round in 1..=4 {
        let directory = TempDir::new().unwrap();
        fs::write(lock_path(&directory), "0123456789abcdef").unwrap();
        age(&lock_path(&directory));
        let children: Vec<_> = SIDES
            .repeat(EACH)
            .into_iter()
            .map(|side| (side, side.start(&directory, &format!("count {TIMES}"))))
            .collect();
        for (side, child) in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{side:?}: {output:?}");
        }
        let count = load(&store(directory.path(), DEVICE));
        assert_eq!(count, (SIDES.len() * EACH * TIMES).to_string(), "in round {round}");
        assert_eq!(names(&directory), [name()]);
    }
}

#[test]
fn node_killed_while_saving_leaves_a_whole_record() {
    const ROUNDS: usize = 50;
    let directory = TempDir::new().unwrap();
    let store = store(directory.path(), DEVICE);
    let (mut locked, mut writing) = (0, 0);
    for round in 0..ROUNDS {
        let mut child = Side::Node.start(&directory, "save-for-ever");
        let mut lines = lines(&mut child);
        for _ in 0..=round % 3 {
            wait_for(&mut lines, "saved");
        }
        // in every other round, kills the child while it writes; in the others, the reads below take time, so the child
        // may be at any point of a save
        if round % 2 == 0 {
            while !is_writing(&directory) {}
        } else {
            for _ in 0..round {
                store.load().unwrap().unwrap();
            }
        }
        kill(child);
        let record = store.load().unwrap().unwrap();
        let whole = [vec![b'o'; 70_000], vec![b'n'; 50_000]].contains(&record);
        assert!(whole, "{} bytes in round {round}", record.len());
        writing += usize::from(is_writing(&directory));
        if lock_path(&directory).exists() {
            locked += 1;
            age(&lock_path(&directory));
        }
    }
    println!("of {ROUNDS} kills {locked} left a lock and {writing} a record that was being written");
    assert!(locked > 0 && writing > 0, "no kill came during a save");
    store.save(b"a", Durability::Synced).unwrap();
    assert_eq!(names(&directory), [name()]);
    assert_eq!(load(&store), "a");
}
