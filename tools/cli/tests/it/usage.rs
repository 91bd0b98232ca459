//! Tests wrong command lines, and options before and after the subcommand.

use crate::support::{Device, command, run, start_polar};
use mock_polar::{DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_KEY_BASIC, DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION};

#[test]
fn wrong_usage_exits_two_and_says_what_to_do() {
    let polar = start_polar();
    let device = Device::new(&polar);
    for (args, advice) in [
        (
            &["status", "--organization", "acme"][..],
            "`acme` is not a UUID of version 4; copy it from Polar's dashboard",
        ),
        (&["status", "--benefit", "pro"], "`pro` is not a UUID of version 4; copy it from Polar's dashboard"),
        (&["status", "--feature", "export=pro"], "`pro` is not a UUID of version 4; copy it from Polar's dashboard"),
        (&["status", "--feature", "export"], "write NAME=BENEFIT"),
        (&["status", "--feature", "export="], "write NAME=BENEFIT"),
        (&["status", "--feature", &format!("={DEMO_BENEFIT_PRO}")], "write NAME=BENEFIT"),
        (&["status", "--environment", "staging"], "https://"),
        (&["status", "--environment", "http://polar.example"], "use https"),
        (&["status", "--app", "my app"], "com.acme.app"),
        (&["status", "--offline-grace", "14"], "time unit needed"),
        (&["status", "--offline-grace", "1h", "--refresh-interval", "2h"], "offline grace is shorter"),
        (&["status", "--timeout", "1h"], "10 seconds is usual"),
        (&["consume", "0"], "1..=2147483647"),
        (&["consume"], "<N>"),
        (&["allows"], "<FEATURE>"),
        (&["allows", "import"], "--feature import=BENEFIT"),
        (&["valdiate"], "'validate'"),
        (&[], "Usage:"),
    ] {
        let run = device.run(args);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{args:?}: {run:?}");
        assert!(run.stderr.contains(advice), "{args:?}: {run:?}");
    }
    assert_eq!((device.record(), polar.requests().len()), (None, 0));
}

#[test]
fn an_unknown_option_is_not_read_as_a_key() {
    let polar = start_polar();
    let device = Device::new(&polar);
    for args in [&["activate", "--bogus"][..], &["activate", "KEY", "--replace-previous", "--bogus"]] {
        let run = device.run(args);
        assert_eq!(run.status, 2, "{run:?}");
        let lines: Vec<_> = run.stderr.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["error: unexpected argument '--bogus' found", "For more information, try '--help'."]);
    }
    let typo = device.run(&["activate", "--jsn"]);
    assert!(typo.stderr.contains("a similar argument exists: '--json'"), "{typo:?}");
}

#[test]
fn without_an_organization_the_error_says_how_to_set_one() {
    let mut bare = command();
    bare.arg("status");
    let run = run(bare, "");
    assert!(run.status == 2 && run.stderr.contains("missing required option `--organization`"), "{run:?}");
}

#[test]
fn a_key_in_the_wrong_place_is_not_repeated() {
    let polar = start_polar();
    let device = Device::new(&polar);
    // `run` fails the test if a key of the local Polar is printed
    for args in [
        &[DEMO_KEY_TWO_DEVICES][..],
        &["validate", DEMO_KEY_TWO_DEVICES],
        &["activate", DEMO_KEY_TWO_DEVICES, DEMO_KEY_BASIC],
        &["consume", DEMO_KEY_TWO_DEVICES],
    ] {
        let run = device.run(args);
        assert!(run.status == 2 && run.stderr.contains("****-"), "{args:?}: {run:?}");
    }
}

#[test]
fn a_code_as_the_value_of_an_option_without_one_is_not_repeated() {
    let polar = start_polar();
    for args in [["rotate", "--yes=ABC123"], ["restore", "--code-sent=K7Q2MX"], ["status", "--json=ada@example.com"]] {
        let run = Device::new(&polar).run(&args);
        let (_, secret) = args[1].split_once('=').unwrap();
        assert!(run.status == 2 && run.stderr.contains("'****'"), "{args:?}: {run:?}");
        assert!(!run.stderr.contains(secret) && !run.stdout.contains(secret), "{args:?}: {run:?}");
    }
}

#[test]
fn a_wrong_configuration_is_one_object_too() {
    let polar = start_polar();
    let (status, after) = Device::new(&polar).json(&["validate", "--benefit", "pro"]);
    assert_eq!((status, after["error"]["kind"].as_str()), (2, Some("invalid_config")), "{after}");
}

#[test]
fn options_count_before_and_after_the_subcommand_and_from_the_environment() {
    let polar = start_polar();
    let directory = tempfile::tempdir().unwrap();
    let (export, sync) = (format!("export={DEMO_BENEFIT_PRO}"), format!("sync={DEMO_BENEFIT_BASIC}"));
    let mut activate = command();
    activate.env("POLAR_LICENSE_ENVIRONMENT", polar.url()).env("POLAR_LICENSE_ORGANIZATION", "overridden");
    activate.args(["--json", "--organization", DEMO_ORGANIZATION, "--benefit", DEMO_BENEFIT_PRO, "--feature", &export]);
    activate.arg("--data-dir").arg(directory.path()).args(["activate", DEMO_KEY_BASIC]);
    activate.args(["--benefit", DEMO_BENEFIT_BASIC, "--feature", &sync]);
    let run = run(activate, "");
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.json()["features"], serde_json::json!({ "export": false, "sync": true }));
}
