//! Runs the fuzz targets as ordinary tests: with the seeds of their corpus, and with random changes to the seeds, which
//! are the same in every run. `cargo xtask soak` does this for minutes, and also runs libFuzzer, which looks for
//! changes that reach new code.
#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a fuzz target fails by panicking"
)]

#[path = "support/random.rs"]
mod random;
#[path = "support/soak.rs"]
mod soak;
#[expect(
    unreachable_pub,
    unsafe_code,
    reason = "the folder `fuzz` is a library of its own, which reads strings from C"
)]
#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use random::Random;

/// The number of changed seeds for each target in `cargo xtask test`.
const CHANGES: u64 = 8000;

#[test]
fn reply() {
    fuzz("reply");
}

#[test]
fn record() {
    fuzz("record");
}

#[test]
fn json() {
    fuzz("json");
}

#[test]
fn time() {
    fuzz("time");
}

#[test]
fn settings() {
    fuzz("settings");
}

#[test]
fn steps() {
    fuzz("steps");
}

#[test]
fn calls() {
    fuzz("calls");
}

#[test]
fn offline() {
    fuzz("offline");
}

#[test]
fn every_target_has_a_test_a_program_and_seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in targets::TARGETS {
        assert!(include_str!("fuzz.rs").contains(&format!("fuzz(\"{name}\")")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(folder.join(format!("fuzz_targets/{name}.rs")).exists(), "{name}");
        let size: u64 = corpus(name).iter().map(|seed| seed.len() as u64).sum();
        assert!((1..200_000).contains(&size), "{name}: {size} bytes of corpus");
    }
}

/// The functions of C that `calls` leaves out: those that read a file or wait for a browser, and those that only look a
/// number or a text up.
const NOT_CALLED: [&str; 8] = [
    "abi_version",
    "deactivated_name",
    "kind_name",
    "options_set_directory",
    "reason_name",
    "retry_after_s",
    "success_page_wait",
    "version",
];

#[test]
fn calls_uses_every_function_of_the_c_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let calls = read("fuzz/src/calls.rs") + &read("fuzz/src/setters.rs");
    let header = read("bindings/c/include/polar_license.h");
    let declarations = header.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let words = declarations.filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next());
    let names: Vec<&str> = words.filter_map(|word| word.strip_prefix("polar_license_")).collect();
    assert!(names.contains(&"offline_return") && names.contains(&"options_free"), "{names:?}");
    for name in names {
        let is_called =
            calls.contains(&format!("polar_license_{name}(")) || calls.contains(&format!("polar_license_{name})"));
        assert_ne!(is_called, NOT_CALLED.contains(&name), "{name}");
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn fuzz(name: &str) {
    let (_, target) = *targets::TARGETS.iter().find(|(other, _)| *other == name).unwrap();
    let corpus = corpus(name);
    let run = |input: &[u8], what: &str| {
        if catch_unwind(|| target(input)).is_err() {
            panic!("{what} of {name} fails: {:?}", String::from_utf8_lossy(input));
        }
    };
    for (number, seed) in corpus.iter().enumerate() {
        run(seed, &format!("seed {number}"));
    }
    let mut runs = corpus.len() as u64;
    for round in soak::rounds(CHANGES) {
        let mut random = Random(round);
        let seed = &corpus[random.below(corpus.len())];
        let other = &corpus[random.below(corpus.len())];
        run(&changed(seed, other, &mut random), &format!("round {round}"));
        runs += 1;
    }
    println!("{name}: {runs} executions over {} seeds", corpus.len());
}

/// Changes `seed` in a few places. Some changes copy bytes from `other`.
fn changed(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const TOKENS: [&[u8]; 14] = [
        b"null",
        b"-1",
        b"1e999",
        b"\\ud800",
        b"\\u0000",
        b"\"",
        b"{",
        b"[",
        b"}",
        b",",
        b"\xff",
        b"99999999999999999999",
        b"\xe2\x80\xae",
        b"2026-11-21T12:00:00Z",
    ];
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.below(256) as u8),
            2 => drop(bytes.splice(at..at, TOKENS[random.below(TOKENS.len())].iter().copied())),
            3 => {
                let end = (at + random.below(16)).min(bytes.len());
                drop(bytes.drain(at..end));
            }
            4 => {
                let from = random.below(other.len() + 1);
                let end = (from + random.below(64)).min(other.len());
                drop(bytes.splice(at..at, other[from..end].iter().copied()));
            }
            5 => {
                let end = (at + random.below(32)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            6 => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << random.below(8)),
            _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte = random.below(256) as u8),
        }
    }
    bytes
}
