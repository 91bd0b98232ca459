//! Runs the README's quick start, which is built as `examples/quickstart.rs`, against a local Polar.

use mock_polar::{DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, NewKey};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const QUICKSTART: &str = include_str!("../examples/quickstart.rs");

#[test]
fn the_readme_shows_the_example_word_for_word() {
    let readme = include_str!("../README.md");
    let code = QUICKSTART.split_once("\n\n").unwrap().1;
    assert!(readme.contains(&format!("```rust\n{code}```\n")), "copy examples/quickstart.rs into README.md");
}

#[test]
fn the_readme_shows_the_web_apps_code_word_for_word() {
    let readme = include_str!("../README.md");
    let code = include_str!("fetch/readme.rs").split("// README\n").nth(1).unwrap();
    assert!(readme.contains(&format!("```rs\n{code}```\n")), "copy it from tests/fetch/readme.rs into README.md");
}

#[test]
fn the_readme_shows_the_code_for_tokio_word_for_word() {
    let readme = include_str!("../README.md");
    let code = include_str!("tokio/readme.rs").split("// README\n").nth(1).unwrap();
    assert!(readme.contains(&format!("```rs\n{code}```\n")), "copy it from tests/tokio/readme.rs into README.md");
}

#[test]
fn the_readme_has_the_lines_for_a_lost_key() {
    let readme = include_str!("../README.md");
    let code = include_str!("portal/readme.rs").split("// README\n").nth(1).unwrap();
    assert!(readme.contains(&format!("```rs\n{code}```\n")), "copy it from tests/portal/readme.rs into README.md");
}

#[test]
fn the_quick_start_activates_and_works_offline() {
    assert!(QUICKSTART.contains(DEMO_ORGANIZATION) && QUICKSTART.contains(DEMO_BENEFIT_PRO));
    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| -> Output {
        Command::new(example())
            .args(arguments)
            .env("POLAR", polar.url())
            .env("XDG_DATA_HOME", home.path())
            .env("HOME", home.path())
            .env("LOCALAPPDATA", home.path())
            .output()
            .unwrap()
    };

    let unlicensed = run(&[]);
    assert!(String::from_utf8_lossy(&unlicensed.stderr).contains("Enter a license key"));
    let mistyped = run(&["MISTYPED"]);
    assert!(String::from_utf8_lossy(&mistyped.stderr).contains("typos"));
    let basic = polar.add_key(NewKey::new("basic"));
    let not_included = run(&[&basic]);
    assert_eq!(
        String::from_utf8_lossy(&not_included.stderr),
        "Your license does not include this feature. Upgrade to use it.\n"
    );
    assert_eq!(run(&[&key]).stdout, b"exporting\n");
    polar.stop();
    assert_eq!(run(&[]).stdout, b"exporting\n");
    assert_eq!(polar.activations(&key).len(), 1);
}

/// Returns the program of the example, which cargo builds before it runs tests, in a folder beside that of the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let profile = test.ancestors().nth(2).unwrap_or_else(|| Path::new("."));
    let example = profile.join("examples").join(format!("quickstart{}", std::env::consts::EXE_SUFFIX));
    assert!(
        example.exists(),
        "`cargo test` builds it; for this test alone run `cargo build --example quickstart` first"
    );
    example
}
