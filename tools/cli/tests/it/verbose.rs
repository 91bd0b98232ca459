//! Tests that `--verbose` logs requests and replies.

use crate::support::{Device, start_polar};
use mock_polar::{DEMO_KEY_TWO_DEVICES, Fault};

const VALIDATE: &str = "debug: POST /v1/customer-portal/license-keys/validate: ";

#[test]
fn requests_are_shown_with_their_status_and_time_on_stderr() {
    let polar = start_polar();
    let device = Device::new(&polar);
    // `run` fails the test if a key of the local Polar is printed
    for words in [&["--verbose", "activate", DEMO_KEY_TWO_DEVICES][..], &["validate", "-v"], &["doctor", "-v"]] {
        let run = device.run(words);
        assert_eq!(run.status, 0, "{run:?}");
        let times: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix(VALIDATE)).collect();
        let [time] = times.as_slice() else { panic!("{run:?}") };
        let (status, ms) = time.split_once(" in ").unwrap();
        assert_eq!(status, if words.contains(&"doctor") { "404" } else { "200" }, "{run:?}");
        assert!(ms.strip_suffix(" ms").is_some_and(|ms| ms.parse::<u64>().is_ok()), "{run:?}");
        assert!(run.stderr.contains("debug: the reply is in version 2026-10 of Polar's API\n"), "{run:?}");
        assert!(!run.stdout.contains("POST") && !run.stderr.contains("127.0.0.1"), "{run:?}");
    }
    let quiet = device.run(&["validate"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_request_without_an_answer_says_why() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    polar.fault(Fault::drop_connection());
    let run = device.run(&["validate", "--json", "--verbose"]);
    assert!(run.stderr.contains(&format!("{VALIDATE}the connection to Polar broke")), "{run:?}");
    assert_eq!(run.json()["state"], "active");
}
