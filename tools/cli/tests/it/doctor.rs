//! Tests that `doctor` names the fault, as text and as JSON, and that its output contains no secret or personal data,
//! so that a user can paste it into a bug report.

use crate::support::{BINARY, Device, Run, command, run, start_polar};
use mock_polar::{
    DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_KEY_EXPIRED, DEMO_KEY_REVOKED, DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION,
    Fault, MockPolar,
};
use serde_json::Value;
use std::fs;
use std::process::Command;

const DAY: i64 = 24 * 60 * 60;

/// The exit status and the JSON of a run of `doctor`.
#[derive(Debug)]
struct Found(i32, Value);

impl Found {
    /// Runs `doctor` twice, once for JSON and once for text, and compares the two outputs. The function `command`
    /// returns a command line whose last argument is `doctor`.
    fn by(command: impl Fn() -> Command) -> Self {
        let text = run(command(), "");
        let mut as_json = command();
        as_json.arg("--json");
        let json = run(as_json, "");
        let found = Self(json.status, json.json());
        assert_eq!(text.status, json.status, "{text:?}");
        // Times differ from run to run, so digits are removed. Some times have a decimal point and some have none, so
        // decimal points are removed too.
        let words = |text: &str| text.replace(|c: char| c.is_ascii_digit() || c == '.', "");
        for finding in found.findings() {
            let detail = words(finding["detail"].as_str().unwrap());
            assert!(words(&text.stdout).contains(&detail), "{finding} {text:?}");
            let advice = finding["advice"].as_str().unwrap_or_default();
            assert!(text.stdout.contains(advice), "{finding} {text:?}");
            assert_eq!(advice.is_empty(), finding["outcome"] == "good", "what is wrong says what to do: {finding}");
        }
        assert_is_safe(&text);
        assert_is_safe(&json);
        found
    }

    fn on(device: &Device<'_>, words: &[&str]) -> Self {
        Self::by(|| device.command(&[&["doctor"], words].concat()))
    }

    fn findings(&self) -> &[Value] {
        self.1["findings"].as_array().unwrap()
    }

    /// Returns each fault, with the check that found it.
    fn faults(&self) -> Vec<(&str, &str)> {
        let faulty = self.findings().iter().filter(|finding| finding["outcome"] == "fault");
        faulty.map(|it| (it["check"].as_str().unwrap(), it["fault"].as_str().unwrap())).collect()
    }

    fn finding(&self, check: &str) -> &Value {
        self.findings().iter().find(|finding| finding["check"] == check).unwrap()
    }

    fn detail(&self, check: &str) -> &str {
        self.finding(check)["detail"].as_str().unwrap()
    }

    /// Asserts that the run found exactly these faults, and that its exit status fits them.
    #[track_caller]
    fn is(&self, faults: &[(&str, &str)]) {
        assert_eq!(self.faults(), faults, "{self:#?}");
        assert_eq!((self.0, self.1["ok"].as_bool()), (i32::from(!faults.is_empty()), Some(faults.is_empty())));
    }
}

/// Asserts that the output may be pasted where everybody can read it.
fn assert_is_safe(run: &Run) {
    let secrets = [DEMO_KEY_TWO_DEVICES, DEMO_KEY_EXPIRED, DEMO_KEY_REVOKED, "the device of the tests", "@", "SECRET"];
    let home = std::env::home_dir().filter(|home| home.components().count() > 1);
    let home = home.map(|home| home.display().to_string());
    for secret in secrets.into_iter().chain(home.as_deref()) {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "`{secret}` was printed: {run:?}");
    }
}

#[test]
fn doctor_finds_nothing_and_leaves_nothing_behind() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let found = Found::on(&device, &[]);
    found.is(&[]);
    assert_eq!(found.finding("key")["outcome"], "unchecked");
    let requests = polar.requests();
    assert_eq!(requests.len(), 2, "one for each of the two runs");
    assert!(requests.iter().all(|request| request.header("polar-version").is_none()), "{requests:?}");
    assert_eq!(fs::read_dir(device.directory()).unwrap().count(), 0);

    let nowhere = device.directory().join("a").join("b");
    let found = Found::on(&device, &["--data-dir", nowhere.to_str().unwrap()]);
    found.is(&[]);
    assert!(found.detail("storage").ends_with("can be made, and written to"), "{found:?}");
    assert_eq!(fs::read_dir(device.directory()).unwrap().count(), 0);
}

#[test]
fn the_version_that_answers_is_shown_and_a_newer_one_is_noted() {
    for (version, expected) in [
        ("2026-04", ", version 2026-04"),
        ("2027-01", ", version 2027-01"),
        ("2027-04", ", version 2027-04, which is newer than those tested here (up to 2027-01)"),
    ] {
        let polar = MockPolar::builder().api_version(version.parse().unwrap()).start().unwrap();
        let found = Found::on(&Device::new(&polar), &[]);
        found.is(&[]);
        assert!(found.detail("polar").ends_with(expected), "{found:?}");
    }
}

/// If Polar has removed an API version or moved an endpoint, the error reply still comes from Polar itself. So `doctor`
/// must not blame the user's network.
#[test]
fn a_removed_endpoint_differs_from_a_foreign_network() {
    let polar = start_polar();
    let device = Device::new(&polar);
    polar.fault(Fault::reply(404, "application/json", r#"{"detail":"Not Found"}"#));
    let found = Found::on(&device, &[]);
    found.is(&[("polar", "endpoint_gone")]);
    assert!(found.finding("polar")["advice"].as_str().unwrap().contains("update the app"), "{found:?}");
    polar.clear_faults();
    polar.fault(Fault::reply(404, "text/html", "<html>Not Found</html>"));
    Found::on(&device, &[]).is(&[("polar", "not_polar")]);
}

#[test]
fn an_existing_license_stays_as_it_is() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    let before = fs::read(device.record().unwrap()).unwrap();
    let found = Found::on(&device, &[DEMO_KEY_TWO_DEVICES]);
    found.is(&[]);
    assert!(found.detail("license").starts_with(&format!("active; benefit {DEMO_BENEFIT_PRO}, seat ")), "{found:?}");
    assert!(found.detail("key").contains("knows the key"), "{found:?}");
    let hash = found.detail("device").split([' ', ',']).nth(1).unwrap();
    assert!(device.record().unwrap().to_str().unwrap().contains(&format!("-{hash}.license")), "{found:?}");
    assert_eq!(fs::read(device.record().unwrap()).unwrap(), before);
    assert_eq!(polar.activations(DEMO_KEY_TWO_DEVICES).len(), 1);
}

#[test]
fn no_server_answers_on_this_computer() {
    let polar = start_polar();
    let device = Device::new(&polar);
    polar.stop();
    let found = Found::on(&device, &[]);
    found.is(&[("polar", "no_local_server")]);
    let advice = found.finding("polar")["advice"].as_str().unwrap();
    assert!(advice.contains("`polar-license serve`") && !advice.contains("firewall"), "{found:?}");
    assert_eq!(found.finding("clock")["outcome"], "unchecked");
    assert_eq!(found.detail("key"), "no license key was given, and Polar did not answer");
}

#[test]
fn an_unchecked_setting_is_not_reported_as_right() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let without_key = device.run(&["doctor"]);
    let last = "\n\nNo fault was found in what could be checked.\nThe organization id was not checked: Polar tells only with \
                a license key whether it is right. Let it read one from standard input: `polar-license doctor -`.\n";
    assert!(without_key.stdout.ends_with(last), "{without_key:?}");
    polar.skew_clock(DAY);
    let faulty = device.run(&["doctor"]);
    assert!(faulty.stdout.ends_with("\n\nSomething is wrong: see FAULT above for what to do.\n"), "{faulty:?}");
    polar.skew_clock(0);
    let with_key = device.run(&["doctor", DEMO_KEY_TWO_DEVICES]);
    assert!(with_key.stdout.ends_with("\n\nNothing is wrong.\n"), "{with_key:?}");
}

#[test]
fn a_fault_that_is_named_after_its_check_is_named_once() {
    let polar = start_polar();
    polar.skew_clock(DAY);
    let run = Device::new(&polar).run(&["doctor"]);
    assert!(run.stdout.contains("FAULT    clock         this computer's clock is 24 hours behind"), "{run:?}");
}

#[test]
fn the_advice_on_a_wrong_setting_is_shown() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let found = Found::on(&device, &["--environment", "produktion"]);
    let advice = "the environment `…` is not `production`, `sandbox` or an address that starts with https://";
    assert!(found.detail("configuration").starts_with(advice), "{found:?}");
    let found = Found::on(&device, &["--app", "SECRET app"]);
    assert_eq!(found.detail("configuration"), "the app id `…` should look like `com.acme.app`");
}

#[test]
fn a_server_that_answers_in_place_of_polar_is_named() {
    for (fault, name) in [
        (Fault::captive_portal(302), "captive_portal"),
        (Fault::captive_portal(200), "captive_portal"),
        (Fault::captive_portal(511), "captive_portal"),
        (Fault::captive_portal(403), "not_polar"),
        (Fault::reply(404, "application/json", "{\"detail\":\"Not Found\"}"), "endpoint_gone"),
        (Fault::reply(404, "text/html", "<html>Not Found</html>"), "not_polar"),
        (Fault::server_error(502), "server_fault"),
        (Fault::rate_limited(60), "rate_limited"),
        (Fault::drop_connection(), "not_polar"),
    ] {
        let polar = start_polar();
        let what = format!("{fault:?}");
        polar.fault(fault);
        let found = Found::on(&Device::new(&polar), &[]);
        assert_eq!((found.0, found.faults()), (1, vec![("polar", name)]), "{what}: {found:?}");
    }
}

#[test]
fn polar_that_does_not_answer_in_time() {
    let polar = start_polar();
    polar.fault(Fault::stall());
    Found::on(&Device::new(&polar), &["--timeout", "300ms"]).is(&[("polar", "timeout")]);
}

#[test]
fn a_wrong_organization() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let malformed = Found::on(&device, &["--organization", "acme"]);
    assert_eq!((malformed.0, malformed.faults()), (2, vec![("configuration", "configuration")]), "{malformed:?}");
    assert!(
        malformed.detail("configuration").contains("the organization id `…` is not a UUID of version 4"),
        "{malformed:?}"
    );
    assert!(malformed.detail("polar").contains("answered in"), "the network is checked all the same: {malformed:?}");

    let other = "de300000-0000-4000-8000-00000000aaaa";
    let found = Found::on(&device, &["--organization", other, DEMO_KEY_TWO_DEVICES]);
    found.is(&[("key", "unknown_key")]);
    assert!(found.detail("key").contains(other), "{found:?}");
}

#[test]
fn input_in_the_wrong_place_is_not_shown() {
    let polar = start_polar();
    for words in [
        &["--organization", DEMO_KEY_TWO_DEVICES][..],
        &["--benefit", "ada.lovelace@example.com"],
        &["--environment", "https://ada:SECRET@polar.example"],
        &["--feature", &format!("export={DEMO_KEY_TWO_DEVICES}")],
    ] {
        // `Found` fails the test if `doctor` prints one of the secrets in `words`
        let found = Found::on(&Device::new(&polar), words);
        assert_eq!((found.0, found.faults()), (2, vec![("configuration", "configuration")]), "{words:?}: {found:?}");
        let asks = found.findings().iter().any(|finding| finding["check"] == "polar");
        assert_eq!(asks, words[0] != "--environment", "nothing is sent to an address that is wrong: {found:?}");
    }
}

#[test]
fn without_an_organization_the_rest_is_checked() {
    let polar = start_polar();
    let found = Found::by(|| {
        let mut command = command();
        command.args(["doctor", "--environment", &polar.url()]);
        command
    });
    assert_eq!((found.0, found.faults()), (2, vec![("configuration", "configuration")]), "{found:?}");
    assert!(found.detail("configuration").contains("POLAR_LICENSE_ORGANIZATION"), "{found:?}");
    assert!(found.detail("polar").contains("answered in"), "{found:?}");
}

#[test]
fn a_key_that_polar_denies() {
    let polar = start_polar();
    for (key, why) in [(DEMO_KEY_REVOKED, "no longer active"), (DEMO_KEY_EXPIRED, "expired")] {
        let found = Found::on(&Device::new(&polar), &[key]);
        found.is(&[("key", "key_denied")]);
        assert!(found.detail("key").contains(why), "{found:?}");
    }
    let (status, unusable) = (1, "\u{feff}");
    let found = Found::on(&Device::new(&polar), &[unusable]);
    assert_eq!((found.0, found.faults()), (status, vec![("key", "unknown_key")]), "{found:?}");
}

#[test]
fn a_key_of_a_benefit_that_the_app_does_not_accept() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let found = Found::on(&device, &["--benefit", DEMO_BENEFIT_BASIC, DEMO_KEY_TWO_DEVICES]);
    found.is(&[("key", "other_benefit")]);
    let detail = found.detail("key");
    assert!(detail.contains(DEMO_BENEFIT_PRO) && detail.contains(DEMO_BENEFIT_BASIC), "{found:?}");
    Found::on(&device, &["--benefit", DEMO_BENEFIT_PRO, DEMO_KEY_TWO_DEVICES]).is(&[]);
}

#[test]
fn a_clock_that_is_wrong() {
    for (seconds, by) in [
        (DAY, "24 hours behind"),
        (-DAY, "24 hours ahead of"),
        (365 * DAY, "365 days behind"),
        (-365 * DAY, "365 days ahead of"),
        (20 * 60, "20 minutes behind"),
    ] {
        let polar = start_polar();
        polar.skew_clock(seconds);
        let found = Found::on(&Device::new(&polar), &[]);
        found.is(&[("clock", "clock")]);
        assert!(found.detail("clock").contains(by), "{seconds}: {found:?}");
    }
    let polar = start_polar();
    polar.skew_clock(60);
    Found::on(&Device::new(&polar), &[]).is(&[]);
}

#[test]
fn something_else_is_in_place_of_the_license() {
    let polar = start_polar();
    let device = Device::new(&polar);
    let file = tempfile::NamedTempFile::new().unwrap();
    Found::on(&device, &["--data-dir", file.path().to_str().unwrap()]).is(&[("storage", "obstructed")]);
}

#[test]
fn a_license_that_cannot_be_used() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    device.tamper();
    let found = Found::on(&device, &[]);
    found.is(&[("license", "license_unusable")]);
    assert!(found.detail("license").starts_with("unlicensed, tampered"), "{found:?}");
}

#[test]
fn a_license_that_polar_has_denied() {
    let polar = start_polar();
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    polar.revoke(DEMO_KEY_TWO_DEVICES);
    device.run(&["validate"]);
    let found = Found::on(&device, &[]);
    found.is(&[("license", "license_unusable")]);
    assert!(found.detail("license").starts_with("denied, inactive"), "{found:?}");
}

#[test]
fn a_file_that_is_not_a_record() {
    let (polar, other) = (start_polar(), start_polar());
    let others = fs::read(Device::licensed(&other, DEMO_KEY_TWO_DEVICES).record().unwrap()).unwrap();
    for content in [&b"garbage"[..], b"", &[0; 1_100_000], &others] {
        let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
        fs::write(device.record().unwrap(), content).unwrap();
        Found::on(&device, &[]).is(&[("license", "license_unusable")]);
        polar.reset();
    }
}

#[test]
fn a_license_that_was_offline_for_too_long() {
    let polar = start_polar();
    let device = Device::licensed_days_ago(&polar, DEMO_KEY_TWO_DEVICES, 20);
    let found = Found::on(&device, &[]);
    found.is(&[("license", "license_lapsed")]);
    let license = found.finding("license");
    assert!(license["advice"].as_str().unwrap().starts_with("Go online once"), "{found:?}");
}

#[test]
fn a_license_for_another_organization_or_server_is_found() {
    let (polar, other) = (start_polar(), start_polar());
    let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
    Found::on(&device, &["--environment", &other.url()]).is(&[("license", "other_product")]);
}

/// Tests that need Unix permissions, mounts or namespaces, or root certificates from a file.
#[cfg(unix)]
mod unix {
    use super::*;
    use crate::internet::{
        Internet, PRODUCTION, SANDBOX, SignIn, leave_unread, proxy_answering, proxy_breaking_off, read_some,
        socks_proxy_refusing,
    };
    use crate::skipped::skipped;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::path::Path;

    /// Returns a command that runs `doctor` on a computer that reaches Polar only through this proxy.
    fn behind(proxy: &str, authority: Option<&Path>, directory: &Path, words: &[&str]) -> Command {
        let mut command = command();
        command.env("HTTPS_PROXY", proxy).args(["doctor", "--organization", DEMO_ORGANIZATION, "--data-dir"]);
        if let Some(authority) = authority {
            command.env("SSL_CERT_FILE", authority);
        }
        command.arg(directory).args(words);
        command
    }

    /// Returns `true` if this machine can run the program that a test needs. Otherwise prints a note.
    fn can(program: &str, args: &[&str]) -> bool {
        let can = Command::new(program).args(args).output().is_ok_and(|output| output.status.success());
        if !can {
            skipped(&format!("`{program} {}` does not work here", args.join(" ")));
        }
        can
    }

    /// Returns a command that runs `program`, which then runs `command`.
    fn under(program: &str, args: &[&str], command: &Command) -> Command {
        let mut outer = Command::new(program);
        outer.args(args).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        outer
    }

    #[test]
    fn over_a_proxy_and_tls_nothing_is_wrong() {
        let (production, directory) = (start_polar(), tempfile::tempdir().unwrap());
        let internet = Internet::new(&[(PRODUCTION, &production)]);
        let proxy = internet.proxy().replace("http://", "http://ada:SECRET@");
        let found = Found::by(|| behind(&proxy, Some(&internet.authority()), directory.path(), &[]));
        found.is(&[]);
        assert_eq!(found.detail("proxy"), "requests go over a proxy (http, with a user name)");
        assert_eq!(found.detail("certificates"), "the system has 1 root certificate");
        assert_eq!(production.requests().len(), 2, "one for each of the two runs");
    }

    #[test]
    fn a_key_of_the_other_environment() {
        let (production, sandbox) = (start_polar(), start_polar());
        let sold = sandbox.add_key(mock_polar::NewKey::new("pro"));
        let live = production.add_key(mock_polar::NewKey::new("pro"));
        let (internet, directory) = (both(&production, &sandbox), tempfile::tempdir().unwrap());
        for (key, environment, other) in
            [(&sold, "production", "Polar's sandbox does"), (&live, "sandbox", "Polar's production does")]
        {
            let words = [key.as_str(), "--environment", environment];
            let command = || behind(&internet.proxy(), Some(&internet.authority()), directory.path(), &words);
            let found = Found::by(command);
            found.is(&[("key", "other_environment")]);
            assert!(found.detail("key").ends_with(other), "{found:?}");
        }
        let command = || behind(&internet.proxy(), Some(&internet.authority()), directory.path(), &["NO-SUCH-KEY"]);
        let found = Found::by(command);
        found.is(&[("key", "unknown_key")]);
        assert!(found.detail("key").ends_with("nor does Polar's sandbox"), "{found:?}");
    }

    #[test]
    fn a_license_of_the_other_environment_is_found() {
        let (production, sandbox) = (start_polar(), start_polar());
        let (internet, directory) = (both(&production, &sandbox), tempfile::tempdir().unwrap());
        let authority = internet.authority();
        let mut activate = command();
        activate.env("HTTPS_PROXY", internet.proxy()).env("SSL_CERT_FILE", &authority).arg("--data-dir");
        activate.arg(directory.path()).args(["--organization", DEMO_ORGANIZATION, "--environment", "sandbox"]);
        activate.args(["activate", DEMO_KEY_TWO_DEVICES]);
        let activated = run(activate, "");
        assert_eq!(activated.status, 0, "{activated:?}");
        let found = Found::by(|| behind(&internet.proxy(), Some(&authority), directory.path(), &[]));
        found.is(&[("license", "other_environment")]);
    }

    fn both(production: &MockPolar, sandbox: &MockPolar) -> Internet {
        Internet::new(&[(PRODUCTION, production), (SANDBOX, sandbox)])
    }

    #[test]
    fn a_companys_certificate_is_missing() {
        let (production, directory) = (start_polar(), tempfile::tempdir().unwrap());
        let (internet, other) = (Internet::new(&[(PRODUCTION, &production)]), Internet::new(&[]));
        let found = Found::by(|| behind(&internet.proxy(), Some(&other.authority()), directory.path(), &[]));
        found.is(&[("polar", "unknown_authority"), ("certificates", "unknown_authority")]);
        assert!(found.finding("polar")["advice"].as_str().unwrap().contains("SSL_CERT_FILE"), "{found:?}");
        assert_eq!(production.requests().len(), 0, "nothing is sent");
    }

    #[test]
    fn the_advice_begins_with_signing_in_if_the_network_may_require_it() {
        let hotel = "In a hotel, a train or an airport, open any page in a browser and sign in to the network first.";
        let directory = tempfile::tempdir().unwrap();
        for (server, faults, advice) in [
            (
                SignIn::UnknownAuthority,
                &[("polar", "unknown_authority"), ("certificates", "unknown_authority")][..],
                hotel,
            ),
            (SignIn::Authority, &[("polar", "wrong_certificate"), ("certificates", "wrong_certificate")], hotel),
            (SignIn::WithoutEncryption, &[("polar", "captive_portal")], "Open any page in a browser and sign in"),
        ] {
            let address = server.start();
            let found = Found::by(|| {
                let mut command = command();
                command.args(["doctor", "--organization", DEMO_ORGANIZATION, "--environment", &address, "--data-dir"]);
                command.arg(directory.path());
                command
            });
            found.is(faults);
            assert!(found.finding("polar")["advice"].as_str().unwrap().starts_with(advice), "{found:?}");
            assert!(!found.detail("polar").contains("corrupt"), "{found:?}");
        }
    }

    #[test]
    fn a_clock_so_wrong_that_no_certificate_is_valid() {
        if !can("faketime", &["-f", "+1d", "true"]) {
            return;
        }
        let (production, directory) = (start_polar(), tempfile::tempdir().unwrap());
        let internet = Internet::new(&[(PRODUCTION, &production)]);
        for (shift, faults) in [
            (
                "+365d",
                &[("polar", "certificate_date"), ("certificates", "certificate_date"), ("clock", "certificate_date")][..],
            ),
            (
                "-365d",
                &[("polar", "certificate_date"), ("certificates", "certificate_date"), ("clock", "certificate_date")],
            ),
            ("+1d", &[("clock", "clock")]),
            ("-1d", &[("clock", "clock")]),
        ] {
            let doctor = || behind(&internet.proxy(), Some(&internet.authority()), directory.path(), &[]);
            Found::by(|| {
                let mut command = under("faketime", &["-f", shift], &doctor());
                command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
                command
            })
            .is(faults);
        }
    }

    #[test]
    fn a_proxy_that_refuses() {
        let directory = tempfile::tempdir().unwrap();
        for reply in [
            "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"SECRET\"\r\n\r\n",
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        ] {
            let proxy = proxy_answering(reply);
            let found = Found::by(|| behind(&proxy, None, directory.path(), &[]));
            found.is(&[("polar", "proxy_refused"), ("proxy", "proxy_refused")]);
            assert!(found.detail("polar").matches("407").count() < 2, "{found:?}");
        }
    }

    #[test]
    fn a_proxy_that_lets_nothing_through() {
        let directory = tempfile::tempdir().unwrap();
        for (proxy, why) in [
            (proxy_breaking_off(read_some), "the connection through the proxy failed: closed by the other side"),
            (proxy_breaking_off(leave_unread), "the connection through the proxy failed: connection reset"),
            (
                proxy_breaking_off(|connection| {
                    read_some(connection)?;
                    connection.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                }),
                "no secure connection to Polar: the answer is not encrypted",
            ),
            (socks_proxy_refusing(2), "the connection through the proxy failed: connection not allowed by ruleset"),
        ] {
            let found = Found::by(|| behind(&proxy, None, directory.path(), &[]));
            found.is(&[("polar", "proxy_refused"), ("proxy", "proxy_refused")]);
            assert!(found.detail("polar").ends_with(why), "{found:?}");
        }
    }

    #[test]
    fn a_proxy_that_takes_no_names() {
        let directory = tempfile::tempdir().unwrap();
        // this name never exists (RFC 6761)
        let words = ["--environment", "https://polar.invalid"];
        let found = Found::by(|| behind("socks5://127.0.0.1:9", None, directory.path(), &words));
        found.is(&[("polar", "proxy_lookup"), ("proxy", "proxy_lookup")]);
        assert!(found.detail("polar").contains("could not connect to Polar: failed to lookup"), "{found:?}");
        assert!(found.finding("polar")["advice"].as_str().unwrap().contains("socks5h://"), "{found:?}");
        let found = Found::by(|| behind("socks5h://127.0.0.1:9", None, directory.path(), &words));
        found.is(&[("polar", "proxy_unreachable"), ("proxy", "proxy_unreachable")]);
    }

    #[test]
    fn a_proxy_that_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        // this is the port of the discard protocol, where usually no program listens
        let found = Found::by(|| behind("http://127.0.0.1:9", None, directory.path(), &[]));
        found.is(&[("polar", "proxy_unreachable"), ("proxy", "proxy_unreachable")]);
        assert!(found.detail("polar").contains("could not connect to the proxy"), "{found:?}");
    }

    #[test]
    fn a_proxy_with_a_wrong_address() {
        let polar = start_polar();
        let device = Device::new(&polar);
        let found = Found::by(|| {
            let mut command = device.command(&["doctor"]);
            command.env("HTTPS_PROXY", "not an address: SECRET");
            command
        });
        found.is(&[("proxy", "proxy_address")]);
        assert!(found.detail("proxy").contains("HTTPS_PROXY"), "{found:?}");
        assert_eq!(found.findings()[0]["check"], "proxy", "what is to be mended first comes first: {found:?}");
    }

    #[test]
    fn nothing_is_sent_if_the_proxys_address_is_wrong() {
        let directory = tempfile::tempdir().unwrap();
        for words in
            [&["--environment", "https://polar.invalid"][..], &["--environment", "https://polar.invalid", "KEY"]]
        {
            let found = Found::by(|| behind("not an address: SECRET", None, directory.path(), words));
            found.is(&[("proxy", "proxy_address")]);
            assert!(found.detail("polar").ends_with("nothing was sent, because of the proxy's setting"), "{found:?}");
        }
    }

    #[test]
    fn a_variable_that_names_no_file_of_certificates_is_ignored() {
        let (production, directory) = (start_polar(), tempfile::tempdir().unwrap());
        let internet = Internet::new(&[(PRODUCTION, &production)]);
        let pipe = directory.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for file in [&pipe, Path::new("/dev/zero"), directory.path(), Path::new("/there/is/no/such/file")] {
            let found = Found::by(|| behind(&internet.proxy(), Some(file), &directory.path().join("data"), &[]));
            found.is(&[("polar", "unknown_authority"), ("certificates", "unknown_authority")]);
            assert!(found.detail("certificates").ends_with("SSL_CERT_FILE names no file of certificates"), "{found:?}");
        }
    }

    #[test]
    fn a_computer_without_any_network() {
        if !can("unshare", &["-n", "true"]) {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let mut doctor = command();
        doctor.args(["doctor", "--organization", DEMO_ORGANIZATION, "--data-dir"]).arg(directory.path());
        let found = Found::by(|| under("unshare", &["-n"], &doctor));
        found.is(&[("polar", "no_network")]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_to() {
        const NOBODY: u32 = 65534;
        let polar = start_polar();
        let device = Device::new(&polar);
        fs::set_permissions(device.directory(), fs::Permissions::from_mode(0o555)).unwrap();
        let is_root = fs::write(device.directory().join("x"), "").is_ok();
        let binary = tempfile::tempdir().unwrap();
        // Root may write everywhere, so another user runs `doctor`. That user runs a copy of the program, because the
        // build may be readable only by root.
        let program = binary.path().join("polar-license");
        fs::copy(BINARY, &program).unwrap();
        fs::set_permissions(binary.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let found = Found::by(|| {
            let doctor = device.command(&["doctor"]);
            let mut command = under("env", &[], &doctor);
            if is_root {
                command = under(program.to_str().unwrap(), &[], &doctor);
                command = without_program(&command);
                command.uid(NOBODY);
            }
            command
        });
        found.is(&[("storage", "not_writable")]);
        assert!(found.detail("storage").contains("permission denied"), "{found:?}");
    }

    /// Removes the program's path from a command that [`under`] has made. The path is the first argument.
    fn without_program(command: &Command) -> Command {
        let mut direct = Command::new(command.get_program());
        direct.args(command.get_args().skip(1));
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => direct.env(name, value),
                None => direct.env_remove(name),
            };
        }
        direct
    }

    #[test]
    fn a_users_name_is_in_no_path() {
        let (polar, outside) = (start_polar(), tempfile::tempdir().unwrap());
        let home = outside.path().join("ada.lovelace");
        fs::create_dir(&home).unwrap();
        let doctor = || {
            let mut command = command();
            command.env("HOME", &home).env("USER", "ada").env_remove("XDG_DATA_HOME").arg("doctor");
            command.args(["--organization", DEMO_ORGANIZATION, "--environment", &polar.url()]);
            command
        };
        let found = Found::by(doctor);
        found.is(&[]);
        assert!(found.detail("storage").starts_with("~/.local/share/polar-license: "), "{found:?}");
        let data = outside.path().join("data").join("Ada").join("app");
        let found = Found::by(|| {
            let mut command = doctor();
            command.arg("--data-dir").arg(&data);
            command
        });
        assert!(found.detail("storage").contains("/data/USER/app: "), "{found:?}");
        assert!(!found.1.to_string().to_lowercase().contains("ada"), "{found:?}");
        assert!(!data.exists() && !home.join(".local").exists(), "nothing is left behind");
    }

    #[test]
    fn a_full_disk() {
        let polar = start_polar();
        let device = Device::new(&polar);
        let place = device.directory().to_str().unwrap();
        let mount = format!("mount -t tmpfs -o size=64k none '{place}'");
        if !can("unshare", &["-m", "sh", "-c", &mount]) {
            return;
        }
        // `dd` writes until the disk is full
        let script = format!("{mount} && dd if=/dev/zero of='{place}/full' bs=4k 2>/dev/null; exec \"$@\"");
        let doctor = device.command(&["doctor"]);
        let found = Found::by(|| under("unshare", &["-m", "sh", "-c", &script, "sh"], &doctor));
        found.is(&[("storage", "disk_full")]);
        assert!(found.detail("space").starts_with("0 MiB free"), "{found:?}");
    }

    #[test]
    fn something_else_is_where_the_license_file_should_be() {
        let polar = start_polar();
        let make = |kind: &str, path: &Path| match kind {
            "directory" => fs::create_dir(path).unwrap(),
            "links to each other" => std::os::unix::fs::symlink(path, path).unwrap(),
            _ => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        };
        for kind in ["pipe", "directory", "links to each other"] {
            let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
            let record = device.record().unwrap();
            fs::remove_file(&record).unwrap();
            make(kind, &record);
            let found = Found::on(&device, &[]);
            found.is(&[("license", "obstructed")]);
            assert!(
                found.detail("license").contains("something else is where the license file should be"),
                "{found:?}"
            );
            assert!(found.detail("storage").ends_with("a license is kept there"), "{kind}: {found:?}");
            let advice = found.finding("license")["advice"].as_str().unwrap();
            let command = advice.split('`').nth(1).unwrap();
            assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{advice}");
            Found::on(&device, &[]).is(&[]);
            let activated = run(device.command(&["activate", DEMO_KEY_TWO_DEVICES]), "");
            assert_eq!(activated.status, 0, "{kind}: {activated:?}");
            polar.reset();
        }
    }

    #[test]
    fn a_license_that_others_can_read() {
        let polar = start_polar();
        let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
        fs::set_permissions(device.record().unwrap(), fs::Permissions::from_mode(0o644)).unwrap();
        let found = Found::on(&device, &[]);
        found.is(&[]);
        let open = found.findings().iter().find(|finding| finding["fault"] == "readable_by_others");
        assert_eq!(open.map(|finding| finding["outcome"].as_str()), Some(Some("warning")), "{found:?}");
    }

    #[test]
    fn a_license_that_another_process_has_locked() {
        let polar = start_polar();
        let device = Device::licensed(&polar, DEMO_KEY_TWO_DEVICES);
        let mut lock = device.record().unwrap().into_os_string();
        lock.push(".lock");
        let found = Found::by(|| {
            fs::write(&lock, "0123456789abcdef").unwrap();
            device.command(&["doctor"])
        });
        found.is(&[("storage", "locked")]);
        assert!(found.detail("storage").contains("another process has locked the license file for "), "{found:?}");
    }
}
