//! No license key and no personal data anywhere but in the record and on the wire: not in the log, in errors, in
//! decisions, in `Debug`, nor in any other file. A process of its own, since the log is one per process.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use log::{LevelFilter, Log, Metadata, Record};
use mock_polar::{
    DEMO_KEY_BASIC, DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES,
    DEMO_KEY_TWO_DEVICES, Endpoint, Fault, Garbage, MockPolar,
};
use polar_license::blocking::{ActivateOptions, Client};
use polar_license::{Decision, Error};
use support::{Directory, Hand, app, open};

/// Keeps everything that is logged at any level, except by `ureq_proto`: it writes requests and answers whole at `trace`,
/// as `src/blocking/http.rs` documents.
struct Captured(Mutex<Vec<String>>);

static LOG: Captured = Captured(Mutex::new(Vec::new()));

impl Log for Captured {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.target().starts_with("ureq_proto")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {}: {}", record.level(), record.target(), record.args());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }

    fn flush(&self) {}
}

/// Everything that an app, a user or a bug report could get to see.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn decision(&mut self, decision: &Decision) {
        let license = decision.license().map(|license| format!("{license:?}"));
        self.0.extend([decision.to_json(), format!("{decision:?}"), decision.message().to_owned()]);
        self.0.extend(license);
    }

    fn result<T>(&mut self, result: Result<T, Error>) {
        let Err(error) = result else { return };
        self.0.extend([error.to_string(), format!("{error:?}"), format!("{error:#?}"), error.to_json()]);
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            self.0.extend([error.to_string(), format!("{error:?}")]);
            source = error.source();
        }
    }

    fn everything(&mut self, client: &Client, key: &str) {
        self.result(client.activate(key));
        self.decision(&client.current());
        self.decision(&client.validate());
        self.decision(&client.refresh());
        self.result(client.consume(1));
        self.result(client.consume(2_000_000_000));
        self.result(client.activate_with(ActivateOptions::new().replace_previous(true)));
        self.0.push(format!("{client:?} {:?}", ActivateOptions::new().key(key)));
        self.decision(&client.current());
    }
}

fn faults() -> Vec<Fault> {
    let malformed = br#"{"error":"RequestValidationError","detail":[{"type":"value_error","loc":["body","key"],"msg":"Value error","input":"DEMO-ONE-DEVICE"}]}"#;
    let mut faults = vec![
        Fault::drop_connection(),
        Fault::captive_portal(200),
        Fault::captive_portal(302),
        Fault::server_error(500),
        Fault::reply(422, "application/json", malformed.to_vec()),
        Fault::reply(
            404,
            "application/json",
            r#"{"error":"ResourceNotFound","detail":"ada@example.com DEMO-ONE-DEVICE"}"#,
        ),
        Fault::truncated_body(),
        Fault::huge_body(1 << 20),
    ];
    faults.extend(
        [Garbage::Binary, Garbage::ForeignJson, Garbage::OtherKey, Garbage::OtherOrganization].map(Fault::garbage),
    );
    faults.push(Fault::rate_limited(60));
    faults
}

#[test]
fn nothing_but_the_record_knows_the_key_and_nothing_at_all_knows_the_customer() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let polar = MockPolar::start().unwrap();
    let directory = Directory::new();
    let mut seen = Seen::default();
    let keys = [
        DEMO_KEY_PLAIN,
        DEMO_KEY_TWO_DEVICES,
        DEMO_KEY_ONE_DEVICE,
        DEMO_KEY_BASIC,
        DEMO_KEY_TEN_USES,
        DEMO_KEY_EXPIRED,
        DEMO_KEY_REVOKED,
        "UNKNOWN-KEY-OF-SOMEBODY",
    ];
    let personal = polar.personal_data();
    assert!(personal.iter().any(|text| text.contains('@')), "{personal:?}");

    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &Hand::with(&polar));
    for key in keys {
        seen.everything(&client, key);
    }
    polar.revoke(DEMO_KEY_TEN_USES);
    seen.decision(&client.validate());
    seen.result(client.deactivate());
    seen.result(client.forget());
    for fault in faults() {
        polar.reset();
        let directory = Directory::new();
        let client = open(app(&polar.url(), "com.example.app"), directory.path(), &Hand::with(&polar));
        client.activate(DEMO_KEY_TWO_DEVICES).unwrap();
        let first = polar.fault(fault.clone().on(Endpoint::Activate));
        seen.result(client.activate(DEMO_KEY_ONE_DEVICE));
        seen.decision(&client.current());
        polar.clear_fault(first);
        polar.fault(fault);
        seen.everything(&client, DEMO_KEY_ONE_DEVICE);
        seen.result(client.deactivate());
        let later = open(app(&polar.url(), "com.example.app"), directory.path(), &Hand::with(&polar));
        seen.decision(&later.current());
        check_files(&directory, &keys, &personal);
    }
    polar.stop();
    seen.everything(&client, DEMO_KEY_PLAIN);
    let cannot_be_kept = directory.path().join("file");
    std::fs::write(&cannot_be_kept, "").unwrap();
    polar.restart().unwrap();
    polar.reset();
    let broken = open(app(&polar.url(), "com.example.app"), &cannot_be_kept, &Hand::with(&polar));
    seen.everything(&broken, DEMO_KEY_TWO_DEVICES);
    let config =
        app(&polar.url(), "com.example.app").app_secret("a secret of the app's").timeout(Duration::from_secs(5));
    seen.0.push(format!("{:?}", config.build().unwrap()));
    check_files(&directory, &keys, &personal);

    let logged = LOG.0.lock().unwrap();
    assert!(logged.iter().any(|line| line.contains(" polar_license")), "the log was captured: {logged:?}");
    assert!(seen.0.iter().any(|text| text.contains("****-")), "keys are shown as their last six");
    let secrets: Vec<&str> =
        keys.into_iter().chain(personal.iter().map(String::as_str)).chain(["a secret of the app's"]).collect();
    for text in logged.iter().chain(&seen.0) {
        let leaked = secrets.iter().find(|secret| text.contains(**secret));
        assert!(leaked.is_none(), "`{}` is in: {text}", leaked.unwrap());
    }
}

/// Keys are in the record alone; the customer is nowhere.
fn check_files(directory: &Directory, keys: &[&str], personal: &[String]) {
    for (name, bytes) in directory.files() {
        let contains = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(personal.iter().all(|text| !contains(text)), "{name} knows the customer");
        let is_record = name.ends_with(".license");
        assert!(is_record || keys.iter().all(|key| !contains(key)), "{name} knows a key");
        assert!(keys.iter().all(|key| !name.contains(key)), "{name} is named after a key");
    }
}
