//! Records of earlier versions can be opened, and an edit of a single byte is still detected. The files in `records/`
//! were written by those versions, and are never written again.
#![cfg(feature = "blocking")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use polar_license::blocking::{Client, Transport};
use polar_license::clock::ManualClock;
use polar_license::store::{MemoryStore, Store};
use polar_license::transport::{Answer, Failure, Request, Sent};
use polar_license::{Config, Decision, Reason, State, Timestamp};

/// A record of a license that was activated on the device `first`, with a key for one device.
const ACTIVE: &[u8] = include_bytes!("records/0.1.0-active.license");

struct Offline;

impl Transport for Offline {
    fn post(&self, _: &Request) -> Answer {
        Answer::Failed { failure: Failure::Network, sent: Sent::No, message: String::from("offline") }
    }
}

fn open(record: &[u8], days_later: i64) -> Decision {
    let config = Config::builder("de300000-0000-4000-8000-000000000001", "com.acme.app")
        .environment("http://127.0.0.1:8787")
        .device_id("first")
        .updates(365, "2099-01-01")
        .build()
        .unwrap();
    let confirmed = Timestamp::parse("2026-11-22T11:08:07.102Z").unwrap();
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
    assert_eq!(license.activation_id.unwrap().to_string(), "be6821e9-5591-4168-ad57-4639636a6fc1");
    assert_eq!((license.limit_activations, &license.activation_label), (Some(1), &None));
    assert_eq!((open(ACTIVE, 13).state(), open(ACTIVE, 15).state()), (State::Grace, State::Lapsed));
}

/// It does not say when the key was sold, which refuses no access.
#[test]
fn a_record_of_0_1_0_includes_every_version_until_polar_is_asked() {
    let decision = open(ACTIVE, 0);
    assert_eq!((decision.state(), decision.updates_until(), decision.purchase()), (State::Active, None, None));
}

#[test]
fn a_record_of_0_1_0_that_was_edited_grants_nothing() {
    let mut edited = ACTIVE.to_vec();
    let middle = edited.len() / 2;
    edited[middle] ^= 1;
    let decision = open(&edited, 0);
    assert_eq!((decision.state(), decision.reason()), (State::Unlicensed, Some(Reason::Tampered)));
}
