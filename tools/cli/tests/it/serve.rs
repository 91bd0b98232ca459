//! Tests `serve` by running it in the same way as test suites in other languages do: as a separate process.

use crate::support::{BINARY, command, run};
use mock_polar::{
    ApiVersion, DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_EMAIL, DEMO_KEY_EXPIRED, DEMO_KEY_PLAIN, DEMO_ORGANIZATION,
};
use polar_license::blocking::Api;
use polar_license::wire::Validate;
use polar_license::{Environment, ErrorKind, Key};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

/// A running `serve`. If a test fails before it has ended `serve`, dropping this value kills the process.
struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut child = command().args(["serve", "--port", "0"]).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    #[cfg(unix)]
    fn end_by(mut self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // an error is ignored, because the process may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(url: &str, key: &str) -> Result<(), ErrorKind> {
    let (api, key) = (Api::new(&Environment::from(url)), Key::parse(key).unwrap());
    let request = Validate::new(&key, DEMO_ORGANIZATION.parse().unwrap());
    api.validate(&request).map(drop).map_err(|error| error.kind())
}

#[test]
fn the_first_line_tells_a_program_everything() {
    let mut server = Server::start(&["--json"]);
    let hello: Value = serde_json::from_str(&server.line()).unwrap();
    let url = hello["url"].as_str().unwrap();
    assert_eq!((&hello["organization"], &hello["email"]), (&DEMO_ORGANIZATION.into(), &DEMO_EMAIL.into()));
    assert_eq!(hello["benefits"], serde_json::json!({ "basic": DEMO_BENEFIT_BASIC, "pro": DEMO_BENEFIT_PRO }));
    let keys = hello["keys"].as_array().unwrap();
    let expired = keys.iter().find(|key| key["key"] == DEMO_KEY_EXPIRED).unwrap();
    assert_eq!((expired["status"].as_str(), &expired["limitActivations"]), (Some("expired"), &2.into()));
    for _ in 0..5 {
        assert_eq!(ask(url, DEMO_KEY_PLAIN), Ok(()), "without a rate limit");
    }
    assert_eq!(ask(url, DEMO_KEY_EXPIRED), Err(ErrorKind::Refused));
    #[cfg(unix)]
    server.end_by("-TERM");
}

#[test]
fn serve_says_which_version_of_the_api_it_serves_and_refuses_unknown_ones() {
    let mut server = Server::start(&["--json", "--api-version", "2027-01"]);
    let hello: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(hello["apiVersion"], "2027-01");
    let mut server = Server::start(&[]);
    let lines: Vec<String> = (0..4).map(|_| server.line()).collect();
    assert!(lines.contains(&format!("API version   {}\n", ApiVersion::default())), "{lines:?}");
    for unknown in ["2026-05", "2031-01", "latest"] {
        let mut serve = command();
        serve.args(["serve", "--port", "0", "--api-version", unknown]);
        let run = run(serve, "");
        assert_eq!(run.status, 2, "{run:?}");
        for version in ApiVersion::KNOWN {
            assert!(run.stderr.contains(&version.to_string()), "{run:?}");
        }
    }
}

#[test]
fn a_person_sees_what_to_try() {
    let mut server = Server::start(&[]);
    let first = server.line();
    let url = first.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")).unwrap().to_owned();
    let mut text = String::new();
    while !text.contains("polar-license claim DEMO-INVITATION\n") {
        text.push_str(&server.line());
    }
    let calls =
        [format!("{BINARY} activate"), format!("{BINARY} deactivate\n"), format!("{BINARY} restore {DEMO_EMAIL}\n")];
    for part in
        [DEMO_ORGANIZATION, DEMO_BENEFIT_PRO, DEMO_KEY_PLAIN, &url].into_iter().chain(calls.iter().map(|it| &**it))
    {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(ask(&url, DEMO_KEY_PLAIN), Ok(()));
    #[cfg(unix)]
    server.end_by("-INT");
}

#[test]
fn serve_can_limit_requests_and_sell_other_keys() {
    let mut seed = tempfile::NamedTempFile::new().unwrap();
    let keys = format!(
        r#"{{"organizations":{{"main":"{DEMO_ORGANIZATION}"}},"benefits":{{"pro":"{DEMO_BENEFIT_PRO}"}},
            "keys":[{{"key":"MINE-0001","benefit":"pro"}}]}}"#
    );
    seed.write_all(keys.as_bytes()).unwrap();
    let mut server = Server::start(&["--json", "--rate-limit", "--seed", seed.path().to_str().unwrap()]);
    let hello: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!((hello["keys"].as_array().unwrap().len(), &hello["email"]), (1, &Value::Null));
    let url = hello["url"].as_str().unwrap();
    // on a very slow machine, four requests may take more than a second, and then more requests are needed to reach the
    // limit
    let limited = (0..100).map(|_| ask(url, "MINE-0001")).find(Result::is_err);
    assert_eq!(limited, Some(Err(ErrorKind::RateLimited)));
}

#[test]
fn a_taken_port_and_an_unreadable_seed_are_reported() {
    let mut server = Server::start(&["--json"]);
    let hello: Value = serde_json::from_str(&server.line()).unwrap();
    let taken = hello["url"].as_str().unwrap().rsplit(':').next().unwrap();
    for (args, message) in [
        (["--port", taken], "choose another, or 0 for any that is free"),
        (["--seed", "no-such-file.json"], "the seed `no-such-file.json` cannot be read"),
        (["--seed", env!("CARGO_MANIFEST_PATH")], "the seed cannot be read"),
    ] {
        let mut serve = command();
        serve.arg("serve").args(args);
        let run = run(serve, "");
        assert!(run.status == 1 && run.stderr.contains(message), "{run:?}");
    }
}
