//! A record that was written by any version can be opened by every later version, and an edit of a single byte is
//! detected. The files in `records/` are never written again. If a version appends something to the record, a file of
//! that version is added.
#![cfg(feature = "blocking")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use polar_license::blocking::{Client, Transport};
use polar_license::clock::ManualClock;
use polar_license::store::{MemoryStore, Store};
use polar_license::transport::{Answer, Failure, Request, Sent};
use polar_license::{Config, Decision, Purchase, Reason, State, Timestamp};

/// The record of a device whose key allows one device and was sold with a subscription, by the local Polar of version
/// 0.1.0.
const ACTIVE: &[u8] = include_bytes!("records/0.1.0-active.license");

/// The record of a device that is never online, with a license for 90 days and a request that waits.
const AIR_GAPPED: &[u8] = include_bytes!("records/0.1.0-air-gapped.license");

/// The same record, after a version that did not know such licenses has rewritten it.
const AIR_GAPPED_REWRITTEN: &[u8] = include_bytes!("records/0.1.0-air-gapped-rewritten.license");

struct Offline;

impl Transport for Offline {
    fn send(&self, _: &Request) -> Answer {
        Answer::Failed { failure: Failure::Network, sent: Sent::No, message: String::from("offline") }
    }
}

fn open(record: &[u8], days_later: i64) -> Decision {
    let config = Config::builder("de300000-0000-4000-8000-000000000001", "com.acme.app")
        .environment("http://127.0.0.1:8787")
        .device_id("first")
        .updates(365, "2026-06-01")
        .build()
        .unwrap();
    let confirmed = Timestamp::parse("2026-11-23T13:10:00.073Z").unwrap();
    let now = Timestamp::from_unix_ms(confirmed.unix_ms() + days_later * 24 * 60 * 60 * 1000);
    let store = MemoryStore::new();
    store.save(record, polar_license::store::Durability::Synced).unwrap();
    let client = Client::builder(config).store(store).transport(Offline).clock(ManualClock::new(now));
    client.open().unwrap().current()
}

#[test]
fn a_record_of_0_1_0_grants_what_it_granted() {
    let decision = open(ACTIVE, 0);
    let license = decision.license().unwrap();
    assert_eq!((decision.state(), decision.problem()), (State::Active, None));
    assert_eq!(license.display_key, "****-DEVICE");
    assert_eq!(license.activation_id.unwrap().to_string(), "a680c559-4a5d-4483-8cdd-2118fcbd6ec0");
    assert_eq!(license.activation_label.as_deref(), Some("Debian GNU/Linux 12 · 2026-11-23 · dragon FE50"));
    assert_eq!(license.limit_activations, Some(1));
    assert_eq!(decision.updates_until().unwrap().to_string(), "2027-01-02");
    let Some(Purchase::Subscription(subscription)) = decision.purchase() else { panic!("{:?}", decision.purchase()) };
    assert_eq!((subscription.status.as_str(), subscription.cancels_at_period_end), ("trialing", true));
    assert_eq!((open(ACTIVE, 13).state(), open(ACTIVE, 15).state()), (State::Grace, State::Lapsed));
}

/// Opens a record of a device that is never online, this many days after Polar's confirmation.
fn open_air_gapped(record: &[u8], days_later: i64) -> Client {
    let config = Config::builder("de300000-0000-4000-8000-000000000001", "com.acme.app")
        .environment("http://127.0.0.1:8787")
        .device_id("first")
        .app_secret("hush")
        .air_gap_days(90)
        .build()
        .unwrap();
    let confirmed = Timestamp::parse("2026-11-24T12:00:02Z").unwrap();
    let now = Timestamp::from_unix_ms(confirmed.unix_ms() + days_later * 24 * 60 * 60 * 1000);
    let store = MemoryStore::new();
    store.save(record, polar_license::store::Durability::Synced).unwrap();
    Client::builder(config).store(store).transport(Offline).clock(ManualClock::new(now)).open().unwrap()
}

#[test]
fn an_imported_license_of_0_1_0_lasts_as_long_as_it_did() {
    let decision = open_air_gapped(AIR_GAPPED, 0).current();
    assert_eq!((decision.state(), decision.air_gapped()), (State::Active, true));
    assert_eq!(decision.license().unwrap().activation_id.unwrap().to_string(), "a680c559-4a5d-4483-8cdd-2118fcbd6ec0");
    let state = |days| open_air_gapped(AIR_GAPPED, days).current().state();
    assert_eq!((state(89), state(90)), (State::Active, State::Lapsed));
}

/// An older version keeps the license, but does not know that it was imported. So it counts the usual grace, and so
/// does every later version.
#[test]
fn an_older_version_makes_an_imported_license_no_longer() {
    let decision = open_air_gapped(AIR_GAPPED_REWRITTEN, 0).current();
    assert_eq!((decision.state(), decision.air_gapped()), (State::Active, false));
    let state = |days| open_air_gapped(AIR_GAPPED_REWRITTEN, days).current().state();
    assert_eq!((state(13), state(15)), (State::Grace, State::Lapsed));
    // the request still waits, so its answer restores the license
    let request = |record| open_air_gapped(record, 0).offline_request().unwrap();
    assert_eq!(request(AIR_GAPPED_REWRITTEN), request(AIR_GAPPED));
}

#[test]
fn a_record_of_0_1_0_that_was_edited_grants_nothing() {
    let mut edited = ACTIVE.to_vec();
    let middle = edited.len() / 2;
    edited[middle] ^= 1;
    let decision = open(&edited, 0);
    assert_eq!((decision.state(), decision.reason()), (State::Unlicensed, Some(Reason::Tampered)));
}
