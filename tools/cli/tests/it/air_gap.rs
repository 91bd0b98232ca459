//! Tests the commands for a computer that is never online. The local Polar counts the requests that computer A sends.

use crate::support::{Device, Run, run, start_polar};
use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_TWO_DEVICES, MockPolar};
use serde_json::{Value, json};

/// Runs the command on computer A, which is never online.
fn on_a(a: &Device<'_>, args: &[&str], input: impl AsRef<[u8]>) -> Run {
    let mut command = a.command(args);
    command.args(["--device-id", "computer A"]);
    command.envs([("POLAR_LICENSE_APP_SECRET", "hush"), ("POLAR_LICENSE_AIR_GAP_DAYS", "365")]);
    run(command, input)
}

fn on_b(b: &Device<'_>, args: &[&str], input: impl AsRef<[u8]>) -> Run {
    let mut command = b.command(args);
    command.envs([("POLAR_LICENSE_APP_SECRET", "hush"), ("POLAR_LICENSE_AIR_GAP_DAYS", "365")]);
    run(command, input)
}

/// Returns the text that a run printed, without the advice on stderr.
fn text(run: &Run) -> &str {
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout.trim_end()
}

#[test]
fn a_license_goes_to_a_computer_without_a_network_and_back() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let request = on_a(&a, &["request"], "");
    assert!(request.stderr.contains("polar-license answer"), "{request:?}");
    let answer = on_b(&b, &["answer", text(&request), "-"], DEMO_KEY_ONE_DEVICE);
    assert!(!answer.stdout.contains(DEMO_KEY_ONE_DEVICE) && !answer.stderr.contains(DEMO_KEY_ONE_DEVICE));
    let before = polar.requests().len();
    let imported = on_a(&a, &["import", "-"], &answer.stdout);
    assert!(imported.status == 0 && imported.stdout.contains("offline     until "), "{imported:?}");
    assert_eq!(on_a(&a, &["refresh"], "").status, 0);
    assert_eq!(on_a(&a, &["allows", "export"], "").status, 0);
    assert_eq!(polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);

    let returned = on_a(&a, &["return"], "");
    assert_eq!(text(&on_a(&a, &["return"], "")), text(&returned), "again, because the text was lost");
    assert_eq!(polar.requests().len(), before, "A has sent nothing");
    let released = on_b(&b, &["return", text(&returned)], "");
    assert!(released.status == 0 && released.stdout.contains("returned: the seat is free again"), "{released:?}");
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
    assert_eq!(on_a(&a, &["status"], "").status, 3);
}

#[test]
fn a_key_without_seats_has_nothing_to_return() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let request = on_a(&a, &["request"], "");
    let answer = on_b(&b, &["answer", "-", DEMO_KEY_PLAIN], &request.stdout);
    assert_eq!(on_a(&a, &["import", text(&answer)], "").status, 0);
    let returned = on_a(&a, &["return"], "");
    assert!(returned.status == 0 && returned.stdout.contains("returned: the license took no seat"), "{returned:?}");
}

#[test]
fn mistakes_say_what_to_do() {
    let polar: MockPolar = start_polar();
    let device = Device::new(&polar);
    let without = device.run(&["request"]);
    assert!(without.status == 2 && without.stderr.contains("air_gap_days"), "{without:?}");
    let damaged = on_a(&device, &["import", "ANSWER1-ABC"], "");
    assert!(damaged.status == 1 && damaged.stderr.contains("Copy the whole text again"), "{damaged:?}");
    let request = on_a(&device, &["request"], "");
    let swapped = on_a(&device, &["import", text(&request)], "");
    assert!(swapped.stderr.contains("This text is a request"), "{swapped:?}");
    let nothing = on_a(&device, &["return"], "");
    assert!(nothing.status == 1 && nothing.stderr.contains("no license to remove"), "{nothing:?}");
}

/// The key is of another computer, so B must not be told to activate it for itself.
#[test]
fn after_a_failed_answer_the_next_step_is_the_same_answer() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let request = on_a(&a, &["request"], "");
    let answer = |key: &str| on_b(&b, &["answer", text(&request), key], "");
    let unknown = answer("NO-SUCH-KEY");
    let advice = "next step: run the same `polar-license answer` again, with the right key\n";
    assert_eq!((unknown.status, unknown.stdout.as_str()), (3, ""), "{unknown:?}");
    assert!(unknown.stderr.starts_with("error: ") && unknown.stderr.ends_with(advice), "{unknown:?}");

    let seated = Device::licensed(&polar, DEMO_KEY_ONE_DEVICE);
    let full = answer(DEMO_KEY_ONE_DEVICE);
    let advice = "customer portal, then run the same `polar-license answer` again\n";
    assert!(full.stdout.is_empty() && full.stderr.ends_with(advice), "{full:?}");
    assert_eq!(seated.run(&["deactivate"]).status, 0);
    assert_eq!(answer(DEMO_KEY_ONE_DEVICE).status, 0);
    polar.stop();
    let offline = answer(DEMO_KEY_TWO_DEVICES);
    let advice = "next step: go online, then run the same `polar-license answer` again\n";
    assert!(offline.status == 4 && offline.stderr.ends_with(advice), "{offline:?}");
}

/// B also stores A's license. It must neither be shown as the license of B, nor change the exit status.
#[test]
fn a_failure_does_not_depend_on_the_license_of_the_other_computer() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let request = on_a(&a, &["request"], "");
    let wrong = |more: &[&str]| on_b(&b, &[&["answer", text(&request), "NO-SUCH-KEY"], more].concat(), "");
    let before = (wrong(&[]), wrong(&["--json"]));
    assert_eq!(on_b(&b, &["answer", text(&request), DEMO_KEY_ONE_DEVICE], "").status, 0);
    let after = (wrong(&[]), wrong(&["--json"]));
    for (before, after) in [(&before.0, &after.0), (&before.1, &after.1)] {
        assert_eq!((before.status, &before.stdout, &before.stderr), (after.status, &after.stdout, &after.stderr));
        assert_eq!(after.status, 3, "{after:?}");
    }
    let failure = after.1.json();
    assert_eq!((&failure["error"]["reason"], &failure["license"]), (&json!("not_found"), &Value::Null), "{failure}");
}

#[test]
fn a_result_for_the_other_computer_does_not_look_like_the_license_here() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let request = on_a(&a, &["request"], "");
    let answer = on_b(&b, &["answer", text(&request), DEMO_KEY_ONE_DEVICE, "--json"], "").json();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        (members(&answer), &answer["otherLicense"]["allowed"]),
        (vec!["otherLicense".into(), "text".into()], &json!(true))
    );
    assert_eq!(on_a(&a, &["import", answer["text"].as_str().unwrap()], "").status, 0);

    let returned = on_a(&a, &["return"], "");
    let release = |more: &[&str]| on_b(&b, &[&["return", text(&returned)], more].concat(), "");
    polar.stop();
    let failed = release(&[]);
    let advice = "next step: go online, then run the same `polar-license return` again\n";
    assert_eq!((failed.status, failed.stdout.as_str()), (4, ""), "{failed:?}");
    assert!(failed.stderr.ends_with(advice), "{failed:?}");
    assert_eq!(release(&["--json"]).json()["license"], Value::Null);
    polar.restart().unwrap();
    assert_eq!(release(&[]).stdout, "returned: the seat is free again\n");
    assert_eq!(release(&["--json"]).json(), json!({ "deactivated": "unknown" }));
}

#[test]
fn a_text_may_be_broken_into_lines_or_be_utf_16() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let folded =
        |text: &str| text.as_bytes().chunks(60).map(|line| [line, b"\r\n"].concat()).collect::<Vec<_>>().concat();
    let utf_16 = |text: &str, bytes: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{text}\r\n").encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let request = on_a(&a, &["request"], "");
    let answer = on_b(&b, &["answer", "-", DEMO_KEY_ONE_DEVICE], folded(text(&request)));
    let imported = on_a(&a, &["import", "-"], folded(text(&answer)));
    assert_eq!(imported.status, 0, "{imported:?}");
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let key = utf_16(DEMO_KEY_ONE_DEVICE, bytes);
        assert_eq!(on_b(&b, &["answer", text(&request), "-"], key).status, 0);
        assert_eq!(on_a(&a, &["import", "-"], utf_16(text(&answer), bytes)).status, 0);
    }
    let latin_1 = on_a(&a, &["import", "-"], b"ANSWER1-\xe4");
    assert!(latin_1.status == 2 && latin_1.stderr.contains("save the text as UTF-8"), "{latin_1:?}");
    let returned = on_a(&a, &["return"], "");
    assert_eq!(on_b(&b, &["return", "-"], folded(text(&returned))).status, 0);
}

#[test]
fn standard_input_is_only_one_of_request_and_key() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let both = on_b(&device, &["answer", "-", "-"], "REQUEST1-ABC\nKEY\n");
    assert!(both.status == 2 && both.stderr.contains("cannot both come from standard input"), "{both:?}");
    for nothing in ["", " \n\n"] {
        let nothing = on_b(&device, &["import", "-"], nothing);
        assert!(nothing.status == 2 && nothing.stderr.contains("no text on standard input"), "{nothing:?}");
    }
}

#[test]
fn the_next_step_of_a_computer_that_is_never_online_needs_no_network() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let other_way = ", or `polar-license request` if this computer is never online\n";
    let fresh = on_a(&a, &["status"], "");
    assert!(fresh.stdout.contains("activate KEY") && fresh.stdout.contains(other_way), "{fresh:?}");
    assert!(!b.run(&["status"]).stdout.contains("polar-license request"), "not permitted without the days");
    let request = on_a(&a, &["request"], "");
    let answer = on_b(&b, &["answer", text(&request), DEMO_KEY_ONE_DEVICE], "");
    polar.stop();
    let activation = on_a(&a, &["activate", DEMO_KEY_ONE_DEVICE], "");
    assert!(
        activation.stdout.contains(&format!("go online, then run the same command again{other_way}")),
        "{activation:?}"
    );
    assert_eq!(on_a(&a, &["import", text(&answer)], "").status, 0);
    let ends_soon = on_a(&a, &["status", "--air-gap-days", "14"], "");
    let advice = "  next step   run `polar-license request`, and import its answer\n";
    assert!(ends_soon.status == 0 && ends_soon.stdout.contains(advice), "{ends_soon:?}");
    let deactivation = on_a(&a, &["deactivate"], "");
    let advice = "  next step   run `polar-license return`, or go online, then run the same command again\n";
    assert!(deactivation.status == 4 && deactivation.stdout.contains(advice), "{deactivation:?}");
}

#[test]
fn an_app_whose_secret_was_replaced_gets_its_answer() {
    let polar = start_polar();
    let (a, b) = (Device::new(&polar), Device::new(&polar));
    let newer = |args: &[&str], variable: &str| {
        let request = on_a(&a, &["request"], "");
        let mut command = b.command(&[&["answer", text(&request), DEMO_KEY_ONE_DEVICE], args].concat());
        command.envs([("POLAR_LICENSE_APP_SECRET", "newer"), ("POLAR_LICENSE_AIR_GAP_DAYS", "365")]);
        command.env("POLAR_LICENSE_PREVIOUS_APP_SECRETS", variable);
        run(command, "")
    };
    assert_eq!(newer(&[], "").status, 1);
    for (args, variable) in [
        (&["--previous-app-secret", "older", "--previous-app-secret", "hush"][..], ""),
        (&["--previous-app-secret", "hush"], "replaced by the option"),
        (&[], "hush"),
        (&[], "older, with a comma\r\nhush\n"),
    ] {
        let answer = newer(args, variable);
        assert_eq!(on_a(&a, &["import", text(&answer)], "").status, 0, "{args:?} {variable}");
    }
}
