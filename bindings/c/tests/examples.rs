//! The examples in C, C++ and Python, each run against a local Polar: a mistyped key, a key, offline, and back.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;

use common::{built, command, compile, printed, repository};
use mock_polar::{DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, NewKey};
use std::fs;
use std::process::{Command, Output};

fn gates(source: &str, start: impl Fn() -> Command) {
    let text = fs::read_to_string(repository().join(source)).unwrap();
    assert!(text.contains(DEMO_ORGANIZATION) && text.contains(DEMO_BENEFIT_PRO));
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| -> Output {
        let mut command = start();
        for variable in ["XDG_DATA_HOME", "HOME", "LOCALAPPDATA"] {
            command.env(variable, home.path());
        }
        command.args(arguments).env("POLAR", polar.url()).output().unwrap()
    };

    assert_eq!(printed(&run(&[])).replace("not allowed\n", ""), "");
    let mistyped = run(&["MISTYPED"]);
    assert!(!mistyped.status.success() && String::from_utf8_lossy(&mistyped.stderr).contains("typing errors"));
    let activated = run(&[&key]);
    assert_eq!(printed(&activated), "exporting\n", "{}", String::from_utf8_lossy(&activated.stderr));
    polar.stop();
    assert_eq!(printed(&run(&[])), "exporting\n");
    polar.restart().unwrap();
    assert_eq!(polar.activations(&key).len(), 1);
    assert_eq!(printed(&run(&["--deactivate"])), "the seat is free\n");
    assert_eq!(polar.activations(&key).len(), 0);
}

#[test]
fn c() {
    let program = compile("examples/c/gate.c");
    gates("examples/c/gate.c", || command(&program));
}

#[test]
fn cpp() {
    let program = compile("examples/cpp/gate.cpp");
    gates("examples/cpp/gate.cpp", || command(&program));
}

#[test]
fn python() {
    // the interpreter itself, not what may choose one by looking into HOME
    let found = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    let python = String::from_utf8(found.stdout).unwrap();
    gates("examples/python/gate.py", || {
        let mut command = Command::new(python.trim());
        command.arg(repository().join("examples/python/gate.py"));
        command.env("POLAR_LICENSE_LIBRARY", built().join("libpolar_license_c.so"));
        command
    });
}
