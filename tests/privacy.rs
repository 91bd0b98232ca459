//! Checks that license keys occur only in the record and in requests and answers, and that personal data occurs
//! nowhere: neither in the log, errors, decisions and `Debug` output, nor in any other file. This test is a process of
//! its own, because a process has only one log.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

#[cfg(feature = "portal")]
use std::ops::ControlFlow::Break;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use log::{Level, LevelFilter, Log, Metadata, Record};
#[cfg(feature = "portal")]
use mock_polar::{DEMO_INVITATION, DEMO_LINK, NewKey};
use mock_polar::{
    DEMO_KEY_BASIC, DEMO_KEY_EXPIRED, DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES,
    DEMO_KEY_TWO_DEVICES, Endpoint, Fault, Garbage, MockPolar,
};
use polar_license::blocking::{ActivateOptions, Client};
#[cfg(feature = "portal")]
use polar_license::blocking::{Checkout, Session};
#[cfg(feature = "portal")]
use polar_license::portal::{ConfirmedByUser, Devices};
use polar_license::{Decision, Error};
use support::{Directory, TestClock, app, open};

/// A log that keeps lines of all levels. It omits the lines of `ureq_proto`, which writes whole requests and answers at
/// the level `trace`, as `src/blocking/http.rs` documents. With the portal it also omits `ureq`'s lines of the level
/// `trace`, which contain addresses.
struct Captured(Mutex<Vec<String>>);

static LOG: Captured = Captured(Mutex::new(Vec::new()));

impl Log for Captured {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let shows_addresses =
            cfg!(feature = "portal") && metadata.target().starts_with("ureq") && metadata.level() == Level::Trace;
        !metadata.target().starts_with("ureq_proto") && !shows_addresses
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {}: {}", record.level(), record.target(), record.args());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }

    fn flush(&self) {}
}

/// All texts that an app or a user could see, or that could be in a bug report.
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

/// Uses the customer portal with each fault, and without faults. None of the portal's secrets may be seen.
#[cfg(feature = "portal")]
impl Seen {
    /// Uses the portal, and returns its secrets: addresses, codes, tokens, invitations and checkouts.
    fn portal(&mut self, polar: &MockPolar) -> Vec<String> {
        let mut secrets = vec![PORTAL_EMAIL.to_owned(), DEMO_INVITATION.to_owned(), "IONA".to_owned()];
        let faults = faults().into_iter().map(Some).chain([None]);
        for fault in faults {
            polar.reset();
            let directory = Directory::new();
            let clock = TestClock::with(polar);
            let client = open(app(&polar.url(), "com.example.app"), directory.path(), &clock);
            polar.add_key(NewKey::new("pro").limit_activations(1).email(PORTAL_EMAIL));
            let checkout = client.portal().checkout(DEMO_LINK).unwrap();
            secrets.push(checkout.address().rsplit('/').next().unwrap().to_owned());
            let token = polar.customer_token(PORTAL_EMAIL);
            let session = client.portal().session_from_token(&token).unwrap();
            let fault = fault.map(|fault| polar.fault(fault));
            self.everything_of_the_portal(&client, &session, &checkout, polar);
            fault.into_iter().for_each(|fault| polar.clear_fault(fault));
            let requests = polar.requests();
            let tokens = requests.iter().filter_map(|request| request.header("authorization")?.strip_prefix("Bearer "));
            secrets.extend(tokens.map(str::to_owned));
            secrets.extend(polar.mails().into_iter().flat_map(|mail| [mail.code, mail.invitation_token]).flatten());
            check_files(&directory, &[], &secrets);
        }
        assert!(secrets.iter().any(|secret| secret.len() == 6) && secrets.len() > 20, "{secrets:?}");
        secrets
    }

    fn everything_of_the_portal(&mut self, client: &Client, session: &Session, checkout: &Checkout, polar: &MockPolar) {
        let portal = client.portal();
        self.debug(portal.request_code(PORTAL_EMAIL));
        self.debug(portal.request_code("IONA@no domain"));
        let code = polar.mails().last().and_then(|mail| mail.code.clone()).unwrap_or_else(|| "AAAAAA".to_owned());
        self.debug(portal.authenticate(&code));
        self.debug(portal.authenticate(&code));
        self.debug(portal.claim_seat(DEMO_INVITATION));
        self.debug(portal.session_from_token("IONA"));
        self.debug(session.restore());
        self.debug(checkout.follow(Duration::ZERO, |_| Break(())));
        drop(polar.pay(checkout.address().rsplit('/').next().unwrap(), PORTAL_EMAIL));
        polar.run_worker();
        let purchase = checkout.follow(Duration::ZERO, |_| Break(()));
        if let Ok(purchase) = &purchase {
            self.debug(session.restore_purchase(purchase, |_| Break(())));
        }
        self.debug(purchase);
        let keys = session.license_keys();
        for key in keys.iter().flatten() {
            let devices = session.devices(key);
            if let Ok(Devices::Listed(devices)) = &devices {
                devices.iter().for_each(|device| self.debug(session.release(key, device)));
            }
            self.debug(devices);
            self.debug(session.rotate(key, ConfirmedByUser));
        }
        self.debug(keys);
        self.0.push(format!("{portal:?} {session:?} {checkout:?}"));
        self.decision(&client.current());
    }

    fn debug<T: std::fmt::Debug>(&mut self, result: Result<T, Error>) {
        self.0.push(format!("{result:?} {result:#?}"));
        self.result(result);
    }
}

#[cfg(feature = "portal")]
const PORTAL_EMAIL: &str = "iona.larkspur@example.com";

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
fn only_the_record_contains_keys_and_nothing_contains_personal_data() {
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

    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(&polar));
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
        operations_with(fault, &polar, &directory, &mut seen);
        check_files(&directory, &keys, &personal);
    }
    polar.stop();
    seen.everything(&client, DEMO_KEY_PLAIN);
    let not_a_directory = directory.path().join("file");
    std::fs::write(&not_a_directory, "").unwrap();
    polar.restart().unwrap();
    polar.reset();
    let broken = open(app(&polar.url(), "com.example.app"), &not_a_directory, &TestClock::with(&polar));
    seen.everything(&broken, DEMO_KEY_TWO_DEVICES);
    #[cfg(feature = "portal")]
    let personal = personal.into_iter().chain(seen.portal(&polar)).collect::<Vec<_>>();
    let config =
        app(&polar.url(), "com.example.app").app_secret("a secret of the app's").timeout(Duration::from_secs(5));
    seen.0.push(format!("{:?}", config.build().unwrap()));
    check_files(&directory, &keys, &personal);

    let logged = LOG.0.lock().unwrap();
    assert!(logged.iter().any(|line| line.contains(" polar_license")), "the log was captured: {logged:?}");
    assert!(seen.0.iter().any(|text| text.contains("****-")), "keys are shown as their last six characters");
    let secrets: Vec<&str> =
        keys.into_iter().chain(personal.iter().map(String::as_str)).chain(["a secret of the app's"]).collect();
    for text in logged.iter().chain(&seen.0) {
        let leaked = secrets.iter().find(|secret| text.contains(**secret));
        assert!(leaked.is_none(), "`{}` is in: {text}", leaked.unwrap());
    }
}

/// Runs all operations while `fault` happens. At first, the fault affects only the activation, and then every request.
fn operations_with(fault: Fault, polar: &MockPolar, directory: &Directory, seen: &mut Seen) {
    let client = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(polar));
    client.activate(DEMO_KEY_TWO_DEVICES).unwrap();
    let first = polar.fault(fault.clone().on(Endpoint::Activate));
    seen.result(client.activate(DEMO_KEY_ONE_DEVICE));
    seen.decision(&client.current());
    polar.clear_fault(first);
    polar.fault(fault);
    seen.everything(&client, DEMO_KEY_ONE_DEVICE);
    seen.result(client.deactivate());
    let later = open(app(&polar.url(), "com.example.app"), directory.path(), &TestClock::with(polar));
    seen.decision(&later.current());
}

/// Checks that only the record contains a key, and that no file contains personal data.
fn check_files(directory: &Directory, keys: &[&str], personal: &[String]) {
    for (name, bytes) in directory.files() {
        let contains = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(personal.iter().all(|text| !contains(text)), "{name} contains personal data");
        let is_record = name.ends_with(".license");
        assert!(is_record || keys.iter().all(|key| !contains(key)), "{name} contains a key");
        assert!(keys.iter().all(|key| !name.contains(key)), "{name} is named after a key");
    }
}
