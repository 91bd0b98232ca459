//! Runs the quick start of the README and of the book against a local Polar. The quick start is built as
//! `examples/quickstart.rs`. Also compares the book's pages with the tests that run their code.

use mock_polar::{DEMO_BENEFIT_PRO, DEMO_ORGANIZATION, MockPolar, NewKey};
use polar_license::State;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const QUICKSTART: &str = include_str!("../examples/quickstart.rs");

#[test]
fn the_readme_and_the_book_show_the_example_word_for_word() {
    let (_, code) = QUICKSTART.split_once("\n\n").unwrap();
    let in_readme = include_str!("../README.md").contains(&format!("```rust\n{code}```\n"));
    assert!(in_readme, "copy examples/quickstart.rs into README.md");
    let in_book = include_str!("../docs/src/start.md").contains(&format!("```rs\n{code}```\n"));
    assert!(in_book, "copy examples/quickstart.rs into docs/src/start.md");
}

#[test]
fn the_book_shows_the_code_of_the_tests_word_for_word() {
    let pages = [
        ("docs/src/guides/async.md", include_str!("../docs/src/guides/async.md"), include_str!("tokio/book.rs")),
        ("docs/src/guides/wasm.md", include_str!("../docs/src/guides/wasm.md"), include_str!("fetch/book.rs")),
        ("docs/src/portal.md", include_str!("../docs/src/portal.md"), include_str!("portal/book.rs")),
    ];
    for (page, text, test) in pages {
        let code = test.split("// BOOK\n").nth(1).unwrap();
        assert!(text.contains(&format!("```rs\n{code}```\n")), "copy the code between the marks into {page}:\n{code}");
    }
}

#[test]
fn the_diagram_of_the_book_has_every_state_and_says_which_allow_access() {
    let diagram = include_str!("../docs/src/states.svg");
    for state in State::ALL {
        let name = format!(">{state}</text>");
        let group = diagram.lines().find(|line| line.contains(&name)).unwrap_or_else(|| panic!("no {state}"));
        assert_eq!(group.contains("class=\"on\""), state.is_allowed(), "{state}");
    }
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

/// Returns the path of the example's program. Cargo builds it before it runs tests, in a folder beside the folder of
/// the tests.
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
