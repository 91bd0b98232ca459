//! Tests the help, the completions and the manual pages.

use crate::skipped::skipped;
use crate::support::{command, run};
use std::collections::BTreeSet;
use std::fs;

fn output(words: &[&str]) -> String {
    output_with(&[], words)
}

fn output_with(variables: &[(&str, &str)], words: &[&str]) -> String {
    let mut command = command();
    command.envs(variables.iter().copied()).args(words);
    let run = run(command, "");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words:?}: {run:?}");
    run.stdout
}

/// Returns the subcommands that are listed in the help.
fn subcommands() -> Vec<String> {
    let help = output(&["-h"]);
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

fn common_options() -> BTreeSet<String> {
    let help = output(&["--help"]);
    let (_, options) = help.split_once("Common options:\n").unwrap();
    let options = options.lines().filter_map(|line| line.split("--").nth(1).filter(|_| line.trim().starts_with('-')));
    options.map(|option| option.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn help_fits_into_80_columns() {
    let subcommands = subcommands();
    assert!(subcommands.len() >= 13, "{subcommands:?}");
    for flag in ["-h", "--help"] {
        let mut pages = vec![output(&[flag])];
        pages.extend(subcommands.iter().map(|name| output(&[name, flag])));
        // the organization is set by its variable, as the README recommends
        let organization = ("POLAR_LICENSE_ORGANIZATION", mock_polar::DEMO_ORGANIZATION);
        pages.extend(subcommands.iter().map(|name| output_with(&[organization], &[name, flag])));
        for line in pages.iter().flat_map(|page| page.lines()) {
            assert!(line.chars().count() <= 80, "{flag}: {line}");
        }
    }
}

#[test]
fn a_subcommands_own_options_come_first_and_its_exit_status_last() {
    for name in ["activate", "validate", "allows", "consume", "doctor"] {
        let help = output(&[name, "--help"]);
        let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("no `{text}` in {help}"));
        let own = if name == "activate" { "--replace-previous" } else { "Options:\n  -h, --help" };
        assert!(place(own) < place("Common options:"), "{name}");
        assert!(place("Common options:") < place("Exit status:\n  0  "), "{name}");
    }
    let short = output(&["activate", "-h"]);
    assert!(!short.contains("--app-secret"), "rare options are for the long help: {short}");
}

#[test]
fn every_common_option_but_flags_has_a_variable() {
    let help = output(&["status", "--help"]);
    let options = common_options();
    assert!(options.len() >= 14, "{options:?}");
    for option in &options {
        let flag = matches!(option.as_str(), "json" | "verbose");
        let (_, about) = help.split_once(&format!("--{option}")).unwrap();
        let about = about.split("\n      --").next().unwrap();
        assert_eq!(about.contains("[env: POLAR_LICENSE_"), !flag, "{option}: {about}");
    }
}

#[test]
fn help_shows_no_secret() {
    for words in [&["--help"][..], &["status", "--help"], &["man"]] {
        let mut command = command();
        for name in ["APP_SECRET", "PREVIOUS_APP_SECRETS", "DEVICE_ID"] {
            command.env(format!("POLAR_LICENSE_{name}"), "hunter2");
        }
        command.args(words);
        let run = run(command, "");
        assert!(run.status == 0 && !run.stdout.contains("hunter2"), "{run:?}");
    }
}

#[test]
fn the_help_says_what_doctor_shows_of_paths() {
    let help = output(&["doctor", "--help"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("no license key and no user's name; a path in it is shown in full, but"), "{help}");
}

#[test]
fn the_help_of_serve_names_all_known_versions_of_the_api() {
    let help = output(&["serve", "--help"]);
    let (_, about) = help.split_once("--api-version").unwrap();
    for version in mock_polar::ApiVersion::KNOWN {
        assert!(about.contains(&version.to_string()), "{about}");
    }
}

#[test]
fn the_help_says_that_an_apps_own_license_can_be_looked_at() {
    let help = output(&["--help"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("To look at the license of your app, give"), "{help}");
}

#[test]
fn completions_know_every_subcommand_and_option() {
    for (shell, option) in [
        ("bash", "--data-dir"),
        ("zsh", "--data-dir"),
        ("fish", "-l data-dir"),
        ("powershell", "'--data-dir'"),
        ("elvish", "--data-dir"),
    ] {
        let script = output(&["completions", shell]);
        for name in subcommands() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
        assert!(script.contains(option), "{shell}");
    }
}

/// Makes bash read the completion script and complete a word. Does nothing if bash is not installed.
#[cfg(unix)]
#[test]
fn bash_completes() {
    let script = output(&["completions", "bash"]);
    let ask = "COMP_WORDS=(polar-license doc); COMP_CWORD=1; _polar__license polar-license doc polar-license; echo ${COMPREPLY[@]}";
    let Ok(bash) = std::process::Command::new("bash").args(["-c", &format!("{script}\n{ask}")]).output() else {
        return skipped("there is no bash");
    };
    assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), "doctor", "{bash:?}");
}

#[test]
fn manual_pages_are_written_for_every_subcommand() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man1");
    assert_eq!(output(&["man", pages.to_str().unwrap()]), "");
    let mut expected: Vec<String> = subcommands().iter().map(|name| format!("polar-license-{name}.1")).collect();
    expected.push(String::from("polar-license.1"));
    expected.sort();
    let mut written: Vec<String> =
        fs::read_dir(&pages).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    written.sort();
    assert_eq!(written, expected);
    let page = fs::read_to_string(pages.join("polar-license-activate.1")).unwrap();
    for line in page.split(".TP\n").skip(1) {
        assert!(line.lines().nth(1).is_some_and(|text| !text.is_empty()), "an option without a text: {line}");
    }
    for part in [
        ".TH polar-license-activate 1",
        ".SH OPTIONS",
        "replace\\-previous",
        "POLAR_LICENSE_ORGANIZATION",
        "Exit status",
    ] {
        assert!(page.contains(part), "no `{part}` in {page}");
    }
    assert!(output(&["man"]).contains(".TH polar-license 1"));
}
