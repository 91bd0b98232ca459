//! The story of a computer that is never online, on two computers with different networks. Computer A is a network
//! namespace whose only interface is a loopback that is down. Computer B has the network of the test.
//!
//! The command plays both computers. Another program can play a computer too: set `POLAR_AIR_GAP_PROGRAM` to its
//! command line, as a JSON array of strings. The story then runs with every pair of the command and this program.
//!
//! ```text
//! POLAR_AIR_GAP_PROGRAM='["node", "/folder/computer.mjs"]' cargo test --package polar-license-cli --test it namespaces
//! ```
//!
//! | the program runs with the arguments | it prints, on standard output |
//! |---|---|
//! | `request` | the request |
//! | `answer REQUEST KEY` | the answer |
//! | `import ANSWER` | anything |
//! | `allows export` | anything |
//! | `return` | the return |
//! | `return TEXT` | anything; the seat is free |
//!
//! If an operation fails, or if the license does not allow the feature `export`, the exit status is not 0. The program
//! takes its settings from the command's variables `POLAR_LICENSE_ORGANIZATION`, `POLAR_LICENSE_APP`,
//! `POLAR_LICENSE_ENVIRONMENT` (the local Polar's address), `POLAR_LICENSE_APP_SECRET`, `POLAR_LICENSE_AIR_GAP_DAYS`,
//! `POLAR_LICENSE_DEVICE_ID`, `POLAR_LICENSE_DATA_DIR` and `POLAR_LICENSE_FEATURES` (`export=` and a benefit). Each run
//! is a process of its own.

use crate::skipped::skipped;
use crate::strace;
use crate::support::{BINARY, Run, command, run, start_polar};
use mock_polar::{DEMO_BENEFIT_PRO, DEMO_KEY_ONE_DEVICE, DEMO_ORGANIZATION, MockPolar};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// A program that plays a computer, as a command line.
type Program = Vec<String>;

/// A computer: its folder, its device id, and the program that runs on it.
struct Computer<'a> {
    polar: &'a MockPolar,
    folder: TempDir,
    device: &'a str,
    program: &'a [String],
}

impl<'a> Computer<'a> {
    fn new(polar: &'a MockPolar, device: &'a str, program: &'a [String]) -> Self {
        Self { polar, folder: tempfile::tempdir().unwrap(), device, program }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut clean = command();
        clean.envs([
            ("POLAR_LICENSE_ORGANIZATION", DEMO_ORGANIZATION),
            ("POLAR_LICENSE_APP", "com.example.app"),
            ("POLAR_LICENSE_ENVIRONMENT", &self.polar.url()),
            ("POLAR_LICENSE_APP_SECRET", "hush"),
            ("POLAR_LICENSE_AIR_GAP_DAYS", "365"),
            ("POLAR_LICENSE_DEVICE_ID", self.device),
            ("POLAR_LICENSE_FEATURES", &format!("export={DEMO_BENEFIT_PRO}")),
        ]);
        clean.env("POLAR_LICENSE_DATA_DIR", self.folder.path().join("data"));
        let mut played = Command::new(&self.program[0]);
        played.args(&self.program[1..]).args(args);
        with_variables_of(&clean, played)
    }

    /// Runs the program with the network of the test.
    fn online(&self, args: &[&str]) -> Run {
        run(self.command(args), "")
    }

    /// Runs the program in a network namespace without a network. Checks that it has sent nothing. If `traces` is true,
    /// also checks that it has opened no socket.
    fn offline(&self, args: &[&str], traces: bool) -> Run {
        let (run, trace) = self.isolated(args, traces);
        assert!(!trace.contains("AF_INET"), "{args:?} has opened a socket:\n{trace}");
        run
    }

    /// Runs the program in a network namespace without a network, and checks that no packet was sent. Returns the run
    /// and, if `traces` is true, the network calls that strace has recorded.
    fn isolated(&self, args: &[&str], traces: bool) -> (Run, String) {
        let (counts, trace) = (self.folder.path().join("counts"), self.folder.path().join("trace"));
        fs::write(&trace, "").unwrap();
        let program = self.command(args);
        let program = if traces { strace::traced(&trace, &["-e", "trace=network"], &program) } else { program };
        let mut isolated = Command::new("unshare");
        let script = r#"counts=$1; shift; "$@"; status=$?; cat /proc/net/dev > "$counts"; exit $status"#;
        isolated.args(["-n", "sh", "-c", script, "sh"]).arg(&counts);
        isolated.arg(program.get_program()).args(program.get_args());
        let run = run(with_variables_of(&program, isolated), "");
        let counts = fs::read_to_string(counts).unwrap();
        let interfaces: Vec<&str> = counts.lines().skip(2).map(str::trim).collect();
        assert_eq!(interfaces.len(), 1, "{counts}");
        let (name, numbers) = interfaces[0].split_once(':').unwrap();
        assert!(name == "lo" && numbers.split_whitespace().all(|number| number == "0"), "{args:?}: {counts}");
        (run, fs::read_to_string(trace).unwrap())
    }
}

/// Copies the variables of `from` to `to`.
fn with_variables_of(from: &Command, mut to: Command) -> Command {
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    to
}

/// Returns the text that a successful run printed.
fn text(run: &Run) -> &str {
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout.trim()
}

/// Carries a license from B to A, renews it, and gives it back.
fn story(a_plays: &[String], b_plays: &[String], traces: bool) {
    let polar = start_polar();
    let (a, b) = (Computer::new(&polar, "computer A", a_plays), Computer::new(&polar, "computer B", b_plays));
    let on_a = |args: &[&str]| {
        let before = polar.requests().len();
        let run = a.offline(args, traces);
        assert_eq!(polar.requests().len(), before);
        run
    };
    assert_ne!(on_a(&["allows", "export"]).status, 0, "before the license");
    let request = on_a(&["request"]);
    assert_eq!(text(&on_a(&["request"])), text(&request), "the request waits for its answer");
    let answer = b.online(&["answer", text(&request), DEMO_KEY_ONE_DEVICE]);
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
    assert_ne!(on_a(&["import", &text(&answer).replace('-', "-0")]).status, 0, "a mistake in the text");
    assert_ne!(on_a(&["allows", "export"]).status, 0, "a refused text changes nothing");
    text(&on_a(&["import", text(&answer)]));
    text(&on_a(&["allows", "export"]));

    let renewal = on_a(&["request"]);
    assert_ne!(text(&renewal), text(&request));
    let renewed = b.online(&["answer", text(&renewal), DEMO_KEY_ONE_DEVICE]);
    text(&on_a(&["import", text(&renewed)]));
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1, "the renewal takes no seat");
    assert_ne!(on_a(&["import", text(&answer)]).status, 0, "an answer is imported once");

    let returned = on_a(&["return"]);
    assert_eq!(text(&on_a(&["return"])), text(&returned), "the return can be made again");
    assert_ne!(on_a(&["allows", "export"]).status, 0);
    text(&b.online(&["return", text(&returned)]));
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
}

/// Returns the programs that can play a computer: the command, and the program that `POLAR_AIR_GAP_PROGRAM` names, if
/// it is set.
fn programs() -> Vec<Program> {
    let other = std::env::var("POLAR_AIR_GAP_PROGRAM").ok();
    let other = other.map(|line| serde_json::from_str(&line).unwrap());
    [vec![BINARY.to_owned()]].into_iter().chain(other).collect()
}

/// Returns `true` if this machine allows network namespaces, and prints a line if it does not.
fn has_namespaces() -> bool {
    let can = Command::new("unshare").args(["-n", "true"]).output().is_ok_and(|output| output.status.success());
    if !can {
        skipped("`unshare -n true` does not work here");
    }
    can
}

#[test]
fn nothing_leaves_a_computer_without_an_interface() {
    if !has_namespaces() {
        return;
    }
    let (traces, programs) = (strace::works(), programs());
    for a in &programs {
        programs.iter().for_each(|b| story(a, b, traces));
    }
}

/// Tests the test itself: it must notice a program on computer A that opens a socket.
#[test]
fn a_program_that_asks_polar_is_noticed() {
    if !has_namespaces() || !strace::works() {
        return;
    }
    let (polar, programs) = (start_polar(), programs());
    let (run, trace) =
        Computer::new(&polar, "computer A", &programs[0]).isolated(&["activate", DEMO_KEY_ONE_DEVICE], true);
    assert!(run.status != 0 && trace.contains("AF_INET"), "{run:?}\n{trace}");
}
