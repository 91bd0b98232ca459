//! Compiles each test program in `tests/c` with strict warnings, links it with the static library, and runs it.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;
#[expect(clippy::arithmetic_side_effects, reason = "shared with tests of a crate whose lints are not the same")]
#[path = "../../../tests/hostile/mod.rs"]
mod hostile;
mod members;
mod portal;

use common::{command, compile, compile_with, package, run};
use hostile::judge::{App, try_all};
use hostile::program::Program;
use mock_polar::{MockPolar, NewKey};
use serde_json::{Value, json};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn passes(source: &str) {
    assert_eq!(run(&mut command(&compile(source))).lines().last(), Some("ok"));
}

#[test]
fn misuse() {
    passes("tests/c/misuse.c");
}

#[test]
fn callbacks() {
    passes("tests/c/callbacks.c");
}

#[test]
fn threads() {
    passes("tests/c/threads.c");
}

#[test]
fn stalled() {
    passes("tests/c/stalled.c");
}

#[test]
fn story() {
    passes("tests/c/story.c");
}

#[test]
fn hpp() {
    passes("tests/c/hpp.cpp");
}

#[test]
fn portal_hpp() {
    passes("tests/c/portal_hpp.cpp");
}

/// Runs the test cases with a hostile server, which the test programs in other languages run too. Under a memory
/// checker or another runner, which is slow, runs only one case in 50.
#[test]
fn hostile() {
    let program = compile("tests/c/hostile.c");
    try_all("c", if is_checked() { 50 } else { 1 }, 8, || {
        let mut app = command(&program);
        // The tests need no root certificates, and reading the system's takes longer than the rest of a test. So these
        // variables make the program find no certificates.
        InC(Program::start(app.env("SSL_CERT_DIR", "/nonexistent").env("SSL_CERT_FILE", "/dev/null")))
    });
}

/// The program in C. It gets the fields of a test case as one line, because it cannot read JSON.
struct InC(Program);

impl App for InC {
    fn run(&mut self, case: &Value) -> Value {
        let fields = ["ask", "key", "count", "wallMs", "firstLoadMs", "firstSaveMs", "saveMs", "record", "settings"];
        let field = |name: &str| match &case[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut seen = self.0.answer(&fields.map(field).join("\t"));
        let deactivated = seen.as_object_mut().unwrap().remove("deactivated").unwrap();
        if deactivated != "" {
            seen["now"]["deactivated"] = deactivated;
        }
        seen
    }
}

fn is_checked() -> bool {
    env::var_os("POLAR_LICENSE_C_RUNNER").is_some() || env::var_os("POLAR_LICENSE_C_LIBRARY").is_some()
}

#[test]
fn online() {
    let polar = MockPolar::start().unwrap();
    let seat = polar.add_key(NewKey::new("pro").limit_activations(1));
    let uses = polar.add_key(NewKey::new("pro").limit_usage(10));
    let kept = polar.add_key(NewKey::new("pro").limit_activations(1));
    let directory = tempfile::tempdir().unwrap();
    let mut online = command(&compile("tests/c/online.c"));
    assert_eq!(run(online.arg(polar.url()).arg(directory.path()).args([&seat, &uses, &kept])), "ok\n");
    assert_eq!(polar.activations(&seat).len(), 0);
    assert!(polar.requests().iter().all(|request| request.header("polar-version").is_none()), "a version is named");
    // The label, conditions and meta that the program has set with the setters in C.
    let activation = &polar.activations(&kept)[0];
    assert_eq!(activation.label, "a test");
    assert_eq!(activation.conditions, json!({ "beta": false, "edition": "plus", "major": 3, "odd": -1 }));
    let mut meta = activation.meta.clone();
    assert!(meta.as_object_mut().unwrap().remove("seat").is_some());
    assert_eq!(meta, json!({ "build": 7, "demo": true, "even": 2, "from": "C" }));
}

/// Takes a license to a computer that is never online, and takes it back from there. Uses the C++ header. One process
/// plays both computers.
#[test]
fn air_gap_hpp() {
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let directory = tempfile::tempdir().unwrap();
    let mut app = command(&compile("tests/c/air_gap_hpp.cpp"));
    assert_eq!(run(app.arg(polar.url()).arg(directory.path()).arg(&key)), "ok\n");
    assert!(polar.activations(&key).is_empty());
}

/// Plays three customers: one has lost a key, one has a device that no longer works, and one has just bought a license.
/// Checks that no output contains a secret.
#[test]
fn customer_portal() {
    portal::run_with_polar(&mut command(&compile("tests/c/portal.c")));
}

/// Checks that no panic leaves the library. Links the program with a build of the library in which a function panics if
/// an environment variable contains its name.
#[test]
fn panics() {
    let library = env::var_os("POLAR_LICENSE_C_PANICKING").map_or_else(panicking, PathBuf::from);
    let program = compile_with("tests/c/panics.c", &library);
    assert_eq!(run(&mut command(&program)).lines().last(), Some("ok"));
}

fn panicking() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("panic");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "polar-license-c", "--lib", "--no-default-features"]);
    cargo.args(["--features", "portal,test-panic", "--target-dir"]).arg(&target).current_dir(package());
    run(&mut cargo);
    target.join("debug/libpolar_license_c.a")
}
