//! Checks that other descriptions of the operations agree with `src/client/operations`. These are the tables of how
//! long each operation waits, and the doc comments that list the kinds of errors.

use std::collections::BTreeSet;
use std::fs;

use polar_license::ErrorKind;

use crate::repository;

/// The files that have a table of the operations.
const TABLES: [&str; 7] = [
    "src/client/client.md",
    "docs/src/start.md",
    "pkg-template/README.md",
    "bindings/python/PYPI.md",
    "bindings/wasm/ts/src/license.ts",
    "bindings/python/src/polar_license/_license.py",
    "bindings/c/src/client.rs",
];

#[test]
fn tables_have_the_waits_of_the_operations() {
    for file in TABLES {
        let text = read(file);
        let tables = text.split(" asks Polar | waits at most |\n").skip(1);
        let mut names = 0;
        for line in tables.flat_map(rows_of) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            for name in operations_in(cells[1]) {
                let (asks, waits) = row(&name);
                assert!(cells[2].starts_with(&asks), "{file}: `{name}` asks Polar: {asks}");
                assert!(cells[3].starts_with(&waits), "{file}: `{name}` waits at most: {waits}");
                names += 1;
            }
        }
        assert!(names >= 7, "{file} names only {names} operations");
    }
}

#[test]
fn comments_name_the_kinds_of_errors_of_the_operations() {
    let offline = ["offline_request", "offline_answer", "offline_import", "offline_return", "offline_release"];
    let others = ["activate", "consume", "deactivate", "forget", "start_trial"];
    for name in others.into_iter().chain(offline) {
        let operation = read(&format!("src/client/operations/{name}.md"));
        let expected = kinds(operation.split_once("# Errors").unwrap().1);
        let python = read("bindings/python/src/polar_license/_license.py");
        let (_, method) = python.split_once(&format!("    def {name}(")).unwrap();
        assert_eq!(kinds(method.split("\"\"\"").nth(1).unwrap()), expected, "{name} in _license.py");
        if offline.contains(&name) {
            continue;
        }
        let typescript = read("bindings/wasm/ts/src/license.ts");
        let (before, _) = typescript.split_once(&format!("\n  {}(this: void", camel_case(name))).unwrap();
        assert_eq!(kinds(before.rsplit_once("/**").unwrap().1), expected, "{name} in license.ts");
    }
}

#[test]
fn comments_in_typescript_name_the_kinds_of_errors_of_the_offline_operations() {
    let typescript = read("bindings/wasm/ts/src/license.ts");
    for name in ["offlineRequest", "offlineAnswer", "offlineImport", "offlineReturn"] {
        let operation = read(&file_of(&snake_case(name)));
        let (before, _) = typescript.split_once(&format!("\n  {name}(this: void")).unwrap();
        let expected = kinds(operation.split_once("# Errors").unwrap().1);
        assert_eq!(kinds(before.rsplit_once("/**").unwrap().1), expected, "{name}");
    }
}

/// Returns the rows of the table at the start of a text.
fn rows_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.trim_start_matches([' ', '*', '/'])).take_while(|line| line.starts_with('|'))
}

/// Returns the operations that are named in a cell of a table. Each name may be written as `onChange(listener)` or as
/// polar_license_on_change().
fn operations_in(cell: &str) -> Vec<String> {
    let words = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names: BTreeSet<String> = words.map(|word| snake_case(word.trim_start_matches("polar_license_"))).collect();
    names.into_iter().filter(|name| repository().join(file_of(name)).is_file()).collect()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default();
    words.fold(first.to_owned(), |text, word| {
        let (initial, rest) = word.split_at(1);
        text + &initial.to_ascii_uppercase() + rest
    })
}

fn snake_case(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.into() };
    name.chars().map(letter).collect()
}

/// Returns the two cells for the operation in the table: when the operation asks Polar, and how long it waits at most.
fn row(name: &str) -> (String, String) {
    let text = read(&file_of(name));
    if text.contains("\nNever asks Polar, and never waits.\n") {
        return ("never".into(), "not at all".into());
    }
    let line = text.lines().find_map(|line| line.strip_prefix("Asks Polar: "));
    let (asks, rest) = line.and_then(|line| line.split_once(". Waits at most: ")).unwrap();
    let (waits, _) = rest.split_once('.').unwrap();
    // the tables say how long an operation waits, but not why
    let (waits, _) = waits.split_once(", if another operation is running").unwrap_or((waits, ""));
    (asks.into(), waits.into())
}

/// Returns the kinds of errors whose names appear in backticks in a text.
fn kinds(text: &str) -> BTreeSet<&str> {
    let is_kind = |word: &&str| ErrorKind::ALL.iter().any(|kind| kind.as_str() == *word);
    text.split('`').skip(1).step_by(2).filter(is_kind).collect()
}

fn file_of(name: &str) -> String {
    format!("src/client/operations/{name}.md")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap().replace("\r\n", "\n")
}
