//! The test programs in `tests/c`, each compiled strictly, linked with the static library, and run.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;

use common::{command, compile, compile_with, package, repository, run};
use mock_polar::{MockPolar, NewKey};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

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
fn hpp() {
    passes("tests/c/hpp.cpp");
}

/// The files that every driver runs. Under a checker, which makes it slow, the program tests itself a little only.
#[test]
fn scenarios() {
    let is_checked =
        env::var_os("POLAR_LICENSE_C_RUNNER").is_some() || env::var_os("POLAR_LICENSE_C_LIBRARY").is_some();
    let folder = repository().join("tests/scenarios");
    let (files, count) = scenario_files(&folder);
    let mut scenarios = command(&compile("tests/c/scenarios.c"));
    scenarios.arg(if is_checked { "50" } else { "1" }).arg(folder.join("common.json")).args(files);
    let printed = run(scenarios.env_remove("SCENARIO"));
    println!("{printed}");
    assert!(printed.starts_with(&format!("{count} scenarios, 0 not as they say\n1 step skipped:")), "{printed}");
    assert_eq!(printed.lines().last(), Some("ok"));
}

/// All but what they share, and how many scenarios are in them.
fn scenario_files(folder: &Path) -> (Vec<PathBuf>, usize) {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json") && !path.ends_with("common.json"));
    files.sort();
    let count = |path: &PathBuf| {
        let file: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        file["scenarios"].as_array().unwrap().len()
    };
    let count = files.iter().map(count).sum();
    (files, count)
}

#[test]
fn online() {
    let polar = MockPolar::start().unwrap();
    let seat = polar.add_key(NewKey::new("pro").limit_activations(1));
    let uses = polar.add_key(NewKey::new("pro").limit_usage(10));
    let directory = tempfile::tempdir().unwrap();
    let mut online = command(&compile("tests/c/online.c"));
    assert_eq!(run(online.arg(polar.url()).arg(directory.path()).args([&seat, &uses])), "ok\n");
    assert_eq!(polar.activations(&seat).len(), 0);
}

/// In a build of its own, whose functions panic when they are asked to.
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
    cargo.args(["--features", "test-panic", "--target-dir"]).arg(&target).current_dir(package());
    run(&mut cargo);
    target.join("debug/libpolar_license_c.a")
}
