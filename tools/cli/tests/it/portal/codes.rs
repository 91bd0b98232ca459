//! Tests the limits on codes, and that no code and no other secret is printed or stored.

use super::{Customer, EMAIL, Talk};
use crate::support::{Device, LONG, start_polar};
use mock_polar::{DEMO_INVITATION, Endpoint, Fault, MockPolar, NewKey};
use std::io::Write;
use std::process::Stdio;

#[test]
fn commands_at_once_never_meet_polars_limit_and_say_how_long_to_wait() {
    let polar = MockPolar::builder().rate_limit(true).start().unwrap();
    let device = Device::new(&polar);
    let key = polar.add_key(NewKey::new("pro").email(EMAIL));
    let start = || {
        let mut command = device.command(&["restore", EMAIL, "--json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // `no code` does not have the form of a code, so the command refuses it without a request. The input is
        // returned to the caller, and stays open until all commands have ended.
        writeln!(stdin, "no code").unwrap();
        (child, stdin)
    };
    let (started, _inputs): (Vec<_>, Vec<_>) = (0..12).map(|_| start()).unzip();
    let ended: Vec<_> = started.into_iter().map(|command| command.wait_with_output().unwrap()).collect();
    let refused: Vec<_> = ended.iter().filter(|output| output.status.code() == Some(4)).collect();
    assert_eq!((refused.len(), polar.mails().len(), polar.requests().len()), (10, 2, 2), "{ended:?}");
    for output in refused {
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let wait = json["error"]["retryAfterMs"].as_u64().unwrap();
        assert!((30_000..=75_000).contains(&wait), "{json}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("the next one may leave in ") && text.contains(" seconds"), "{text}");
    }
    assert_eq!(device.run(&["activate", &key]).status, 0, "nobody is blocked");
}

#[test]
fn nothing_secret_is_shown_or_stored_whatever_goes_wrong() {
    let polar = start_polar();
    for fault in [
        Fault::drop_connection(),
        Fault::captive_portal(200),
        Fault::server_error(500),
        Fault::rate_limited(900),
        Fault::reply(404, "application/json", format!(r#"{{"error":"ResourceNotFound","detail":"{EMAIL}"}}"#)),
    ] {
        for endpoint in [Endpoint::RequestCode, Endpoint::Authenticate, Endpoint::ListKeys, Endpoint::Activate] {
            polar.reset();
            let (customer, device) = (Customer { polar: &polar }, Device::new(&polar));
            customer.bought(NewKey::new("pro").limit_activations(1));
            polar.fault(fault.clone().on(endpoint));
            let mut talk = Talk::begin(&device, &["restore", "-v", "--json"]);
            talk.say(EMAIL);
            if endpoint == Endpoint::RequestCode {
                assert!(polar.wait_for_requests(1, LONG));
            } else {
                talk.say(&customer.code(0));
            }
            // `end` fails the test if a secret is printed or stored
            let run = talk.end();
            assert!(matches!(run.status, 1 | 3 | 4), "{endpoint:?}: {run:?}");
            assert!(run.json()["error"]["detail"].is_string(), "{run:?}");
        }
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let polar = start_polar();
    let device = Device::new(&polar);
    for (words, secret) in [
        (&[EMAIL][..], EMAIL),
        (&["status", EMAIL], EMAIL),
        (&["restore", EMAIL, "K7Q2MX"], "K7Q2MX"),
        (&["restore", EMAIL, "k7q2mx"], "k7q2mx"),
        (&["restore", EMAIL, "polar_cst_SECRET"], "SECRET"),
        (&["buy", "polar_cl_DEMO", "--within", EMAIL], EMAIL),
        (&["claim", DEMO_INVITATION, "https://polar.sh/x?token=S3CRET"], "S3CRET"),
    ] {
        let run = device.run(&[words, &["--json"]].concat());
        assert_eq!(run.status, 2, "{run:?}");
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{words:?}: {run:?}");
    }
}

#[test]
fn no_code_is_mailed_that_nobody_can_type() {
    let polar = start_polar();
    let device = Device::new(&polar);
    polar.add_key(NewKey::new("pro").email(EMAIL));
    for command in ["restore", "devices", "release", "rotate"] {
        let words: &[&str] = if command == "rotate" { &["rotate", "--yes", EMAIL] } else { &[command, EMAIL] };
        let mut nobody = device.command(&[words, &["--json"]].concat());
        let output = nobody.stdin(Stdio::null()).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let message = json["error"]["message"].as_str().unwrap();
        assert_eq!((output.status.code(), &json["error"]["kind"]), (Some(2), &"invalid_config".into()), "{json}");
        assert!(message.starts_with("Standard input ends before the code; keep it open"), "{json}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with("error: standard input ends before the code"), "{text}");
    }
    assert!(polar.mails().is_empty() && polar.requests().is_empty());
}

#[test]
fn a_hint_names_the_command_that_was_used() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let customer = Customer { polar: &polar };
    customer.bought(NewKey::new("pro"));
    for (command, words) in [
        ("restore", &["restore"][..]),
        ("devices", &["devices"]),
        ("release", &["release"]),
        ("rotate --yes", &["rotate", "--yes"]),
    ] {
        let ended = device.run(&[words, &["--code-sent"]].concat());
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.stderr.contains(&format!("`polar-license {command} --code-sent`")), "{ended:?}");
        let fault = polar.fault(Fault::server_error(500).on(Endpoint::Authenticate));
        let mut talk = Talk::begin(&device, &[words, &["--code-sent"]].concat());
        talk.say("ABCDEF");
        let unanswered = talk.end();
        assert!(unanswered.stderr.contains(&format!("`{command} --code-sent` takes it again")), "{unanswered:?}");
        polar.clear_fault(fault);
        polar.advance_clock(std::time::Duration::from_secs(3600));
        drop(std::fs::remove_file(device.record().unwrap()));
    }
}

#[test]
fn a_wrong_checkout_link_is_not_called_a_mistake_of_the_app() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let talk = Talk::begin(&device, &["buy", "not a link"]);
    let output = talk.child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("error: This is not a link to a checkout. Copy the whole link.\n"), "{text}");
    assert_eq!(output.status.code(), Some(1), "{text}");
}
