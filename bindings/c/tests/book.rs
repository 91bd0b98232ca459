//! Extracts the gate from the book's page "C and C++": the code that opens the license and checks a feature. Adds a
//! line that selects a local Polar, puts the code into a function, compiles it, and runs it.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod common;

use common::{NOT_INCLUDED, NOT_LICENSED, command, compile, folder, package, repository};
use mock_polar::{DEMO_BENEFIT_PRO, DEMO_KEY_BASIC, DEMO_ORGANIZATION, MockPolar, NewKey};
use std::fs;

/// The program around the book's example code, as a reader would write it. The example code, called the gate, opens the
/// license and checks a feature. The test replaces `@GATE@` with the gate. The test also adds a line that selects the
/// local Polar, because the gate does not read the environment variable `POLAR`.
const AROUND: &str = r#"#include <polar_license.h>
#include <stdio.h>
#define ORGANIZATION "@ORGANIZATION@"
#define PRO "@PRO@"
static void export_file(void) { puts("exporting"); }
static int gate(const char *key)
{
@GATE@
    return 0;
}
int main(int argc, char **argv) { return gate(argc > 1 ? argv[1] : NULL); }
"#;

fn gate(text: &str) -> String {
    let start = text.find("polar_license_options *options").unwrap();
    let lines = text.get(start..).unwrap().lines().take_while(|line| line.contains(';'));
    lines.map(|line| line.trim_start_matches([' ', '*'])).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_gate_of_the_book_works_and_is_the_headers() {
    let page = fs::read_to_string(repository().join("docs/src/guides/c.md")).unwrap();
    let gate_in_book = gate(&page);
    assert_eq!(gate_in_book, gate(&fs::read_to_string(package().join("include/polar_license.h")).unwrap()));

    let polar = MockPolar::start().unwrap();
    let key = polar.add_key(NewKey::new("pro").limit_activations(1));
    let home = tempfile::tempdir().unwrap();
    let opens = gate_in_book.find("polar_license *license").unwrap();
    let mut local = gate_in_book;
    local.insert_str(opens, &format!("polar_license_options_set_environment(options, \"{}\");\n", polar.url()));
    let program = AROUND.replace("@ORGANIZATION@", DEMO_ORGANIZATION).replace("@PRO@", DEMO_BENEFIT_PRO);
    let source = folder().join("book_gate.c");
    fs::write(&source, program.replace("@GATE@", &local)).unwrap();

    let program = compile(&source.to_string_lossy());
    let run = |arguments: &[&str]| {
        let mut command = command(&program);
        command.env("HOME", home.path()).env("XDG_DATA_HOME", home.path()).args(arguments);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(run(&[]), format!("{NOT_LICENSED}\n"));
    assert!(run(&["MISTYPED"]).contains("typos"));
    assert_eq!(run(&[DEMO_KEY_BASIC]), format!("{NOT_INCLUDED}\n"));
    assert_eq!(run(&[&key]), "exporting\n");
    polar.stop();
    assert_eq!(run(&[]), "exporting\n");
}
