//! Runs every command in the README, and adds every fault that the README shows. The commands and faults are taken from
//! the README without changes.

use mock_polar::{DEMO_EMAIL, DEMO_KEY_BASIC, DEMO_KEY_ONE_DEVICE, DEMO_LINK_PAID};
use serde_json::{Value, json};

use super::polar::Polar;
use crate::wire::{REQUEST_CODE, Reply, activate, call, open_checkout, validate};

const README: &str = include_str!("../../../README.md");

fn block(language: &str) -> Vec<&'static str> {
    let (_, after) = README.split_once(&format!("```{language}\n")).expect("a block");
    let (block, _) = after.split_once("```").unwrap();
    block.lines().filter(|line| !line.is_empty()).collect()
}

fn mock(polar: &Polar, method: &str, path: &str, body: &str) -> Reply {
    call(polar, method, path, &[], body)
}

/// Runs a command as curl does. `-X` gives the method. Without `-X`, the method is POST if the command has a body, and
/// otherwise GET.
fn run(polar: &Polar, command: &str) -> Reply {
    let (command, body) = match command.split_once(" -d '") {
        Some((command, body)) => (command, body.split('\'').next().unwrap()),
        None => (command.split(" #").next().unwrap(), ""),
    };
    let words: Vec<&str> = command.split_whitespace().map(|word| word.trim_matches('"')).collect();
    let method = words.iter().position(|word| *word == "-X").map(|at| words[at + 1]);
    let url = words.iter().find(|word| word.starts_with("$POLAR")).unwrap();
    let method = method.unwrap_or(if body.is_empty() { "GET" } else { "POST" });
    mock(polar, method, url.strip_prefix("$POLAR").unwrap(), body)
}

#[test]
fn every_command_succeeds_in_the_order_written() {
    let polar = Polar::start().unwrap();
    let seat = activate(&polar, DEMO_KEY_ONE_DEVICE).json()["id"].as_str().unwrap().to_owned();
    let code = json!({ "email": DEMO_EMAIL, "organization_id": polar.organization() }).to_string();
    call(&polar, "POST", REQUEST_CODE, &[], &code);
    let checkout = open_checkout(&polar, DEMO_LINK_PAID);
    let commands = block("sh");
    assert!(commands.len() > 20, "{}", commands.len());
    for command in commands {
        let command = command.replace("$ACTIVATION", &seat).replace("$CHECKOUT", &checkout);
        let reply = run(&polar, &command);
        assert!((200..300).contains(&reply.status), "{command}: {} {}", reply.status, reply.text());
    }
    assert!(polar.keys().len() == 8 && polar.requests().is_empty(), "the last one is reset");
}

#[test]
fn every_fault_is_accepted_as_written() {
    let faults = block("json");
    assert!(faults.len() > 20, "{}", faults.len());
    for fault in faults {
        let polar = Polar::start().unwrap();
        let added = mock(&polar, "POST", "/_mock/faults", fault);
        assert_eq!((added.status, added.json()), (201, json!({ "id": 1 })), "{fault}");
        let given: Value = serde_json::from_str(fault).unwrap();
        let listed = mock(&polar, "GET", "/_mock/faults", "").json();
        for (name, value) in given.as_object().unwrap() {
            assert_eq!(&listed[0][name], value, "{fault}");
        }
    }
}

#[test]
fn fields_of_faults_with_a_default_can_be_left_out() {
    let polar = Polar::start().unwrap();
    for (fault, field, default) in [
        (json!({ "fault": "captive_portal" }), "status", 302),
        (json!({ "fault": "server_error" }), "status", 503),
        (json!({ "fault": "reply", "content_type": "text/plain", "body": "teapot" }), "status", 200),
        (json!({ "fault": "huge_body" }), "bytes", 20_000_000),
        (json!({ "fault": "skewed_clock" }), "seconds", 86_400),
    ] {
        assert_eq!(mock(&polar, "POST", "/_mock/faults", &fault.to_string()).status, 201, "{fault}");
        assert_eq!(mock(&polar, "GET", "/_mock/faults", "").json()[0][field], default, "{fault}");
        mock(&polar, "DELETE", "/_mock/faults", "");
    }
}

#[test]
fn faults_by_json_are_the_faults_of_the_api() {
    let polar = Polar::start().unwrap();
    let fault = r#"{"fault":"server_error","status":503,"on":"validate","times":1,"skip":1,"after_handling":true}"#;
    mock(&polar, "POST", "/_mock/faults", fault);
    activate(&polar, DEMO_KEY_ONE_DEVICE);
    let statuses: Vec<u16> = (0..3).map(|_| validate(&polar, DEMO_KEY_BASIC).status).collect();
    assert_eq!(statuses, [200, 503, 200]);
    assert_eq!(polar.key(DEMO_KEY_BASIC).validations, 3, "the one in the middle was handled too");
}

#[test]
fn commands_change_the_replies_of_the_endpoints() {
    let polar = Polar::start().unwrap();
    let issued = mock(&polar, "POST", "/_mock/keys", r#"{"benefit":"pro","key":"A KEY/with ü","limit_activations":1}"#);
    assert_eq!((issued.status, &issued.json()["key"]), (201, &json!("A KEY/with ü")));
    let path = "/_mock/keys/A%20KEY%2Fwith%20%C3%BC";
    mock(&polar, "PATCH", path, r#"{"status":"disabled"}"#);
    assert_eq!(validate(&polar, "A KEY/with ü").status, 404);
    let patch = r#"{"status":"granted","limit_activations":null,"limit_usage":4,"usage":4,"benefit":"basic"}"#;
    let changed = mock(&polar, "PATCH", path, patch).json();
    assert_eq!((&changed["limit_usage"], &changed["benefit"]), (&json!(4), &json!("basic")));
    assert_eq!(changed["limit_activations"], json!(null));
    let rotated = mock(&polar, "POST", &format!("{path}/rotate"), "").json()["key"].as_str().unwrap().to_owned();
    assert_eq!(validate(&polar, &rotated).status, 200);
    assert_eq!(mock(&polar, "GET", path, "").status, 404);
    assert_eq!(mock(&polar, "DELETE", &format!("/_mock/keys/{rotated}"), "").status, 204);
    assert_eq!(validate(&polar, &rotated).status, 404);
    let seat = activate(&polar, DEMO_KEY_ONE_DEVICE).json()["id"].as_str().unwrap().to_owned();
    let listed = mock(&polar, "GET", &format!("/_mock/keys/{DEMO_KEY_ONE_DEVICE}"), "").json();
    assert_eq!(listed["activations"][0]["id"], seat.as_str());
    mock(&polar, "DELETE", &format!("/_mock/activations/{seat}"), "");
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
    let requests = mock(&polar, "GET", "/_mock/requests?wait=1&timeout_ms=1", "").json();
    assert_eq!(requests[0]["path"], "/v1/customer-portal/license-keys/validate");
    assert!(requests[0]["body"].as_str().unwrap().contains("A KEY"));
    mock(&polar, "POST", "/_mock/clock", r#"{"freeze":"2030-01-01T00:00:00Z"}"#);
    assert_eq!(mock(&polar, "POST", "/_mock/clock", r#"{"advance_seconds":61}"#).json()["now"], "2030-01-01T00:01:01Z");
    mock(&polar, "POST", "/_mock/rate-limit", r#"{"on":true}"#);
    let statuses: Vec<u16> = (0..4).map(|_| validate(&polar, DEMO_KEY_BASIC).status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    mock(&polar, "POST", "/_mock/reset", "");
    assert_eq!(validate(&polar, DEMO_KEY_BASIC).status, 200);
}

#[test]
fn the_reply_to_an_unknown_path_names_every_path_of_the_readme() {
    let polar = Polar::start().unwrap();
    let reply = mock(&polar, "GET", "/_mock/nothing", "").json();
    for command in block("sh") {
        let Some((_, path)) = command.split_once("$POLAR/_mock/") else { continue };
        let name = path.split(['/', '?', '"', ' ']).next().unwrap();
        assert!(reply["message"].as_str().unwrap().contains(&format!("`{name}`")), "{reply}: {command}");
    }
}

#[test]
fn the_reply_to_an_invalid_command_says_what_is_wrong() {
    let polar = Polar::start().unwrap();
    for (method, path, body, status, part) in [
        ("GET", "/_mock/nothing", "", 404, "`clock`"),
        ("POST", "/_mock/faults", r#"{"fault":"stall","time":1}"#, 400, "`time`"),
        ("POST", "/_mock/faults", r#"{"fault":"stall","status":500}"#, 400, "`stall` has no `status`"),
        ("POST", "/_mock/faults", r#"{"fault":"earthquake"}"#, 400, "earthquake"),
        ("POST", "/_mock/faults", r#"{"fault":"stall","for":1}"#, 400, "`after_handling`"),
        ("POST", "/_mock/faults", r#"{"fault":"delay"}"#, 400, "missing field `ms`"),
        ("POST", "/_mock/faults", "", 400, "body"),
        ("DELETE", "/_mock/faults/7", "", 404, "fault"),
        ("POST", "/_mock/keys", r#"{"benefit":"gold"}"#, 400, "one of `pro`, `basic`"),
        ("POST", "/_mock/keys", r#"{"benefit":"pro","limit":1}"#, 400, "`limit`"),
        ("PATCH", "/_mock/keys/DEMO-PLAIN", r#"{"statsu":"revoked"}"#, 400, "`statsu`"),
        ("PATCH", "/_mock/keys/DEMO-PLAIN", r#"{"status":"gone"}"#, 400, "`gone`"),
        ("PATCH", "/_mock/keys/NONE", "{}", 404, "key"),
        ("DELETE", "/_mock/activations/x", "", 404, "activation"),
        ("POST", "/_mock/clock", r#"{"rewind":1}"#, 400, "`rewind`"),
        ("POST", "/_mock/clock", r#"{"advance_seconds":-1}"#, 400, "`advance_seconds`"),
        ("POST", "/_mock/tokens", r#"{"email":"nobody@example.com"}"#, 404, "customer"),
        ("POST", "/_mock/rate-limit", "{}", 400, "on"),
        ("POST", "/_mock/versions", r#"{"current":"2026-4"}"#, 400, "`2026-4` is not a version"),
        ("POST", "/_mock/versions", r#"{"remove":"2026-04"}"#, 400, "`remove`"),
        ("DELETE", "/_mock/versions/2026-10", "", 400, "make another one current first"),
        ("DELETE", "/_mock/versions/2025-01", "", 400, "there is no version 2025-01"),
        ("PATCH", "/_mock/keys/DEMO-PLAIN", r#"{"subscription":{"state":"active"}}"#, 400, "`state`"),
        ("POST", "/_mock/worker", r#"{"sleep":1}"#, 400, "`sleep`"),
        ("PATCH", "/_mock/benefits/gold", r#"{"show_activations":true}"#, 404, "benefit"),
        ("PATCH", "/_mock/benefits/pro", r#"{"show":true}"#, 400, "`show`"),
        ("POST", "/_mock/checkouts/nope/pay", "{}", 404, "Not found"),
    ] {
        let reply = mock(&polar, method, path, body);
        let message = reply.json()["message"].as_str().unwrap().to_owned();
        assert!(reply.status == status && message.contains(part), "{method} {path}: {} {message}", reply.status);
    }
}
