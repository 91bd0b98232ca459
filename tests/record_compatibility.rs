//! Every later version can open a record that an earlier version has written, and detects that a byte was edited. The
//! files in `records/` are never written again. A version that appends to the record's format adds a new file.
#![cfg(feature = "blocking")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use polar_license::blocking::{Client, Transport};
use polar_license::clock::ManualClock;
use polar_license::store::{MemoryStore, Store};
use polar_license::transport::{Answer, Failure, Request, Sent};
use polar_license::{Config, Decision, Purchase, Reason, State, Timestamp};

/// The record of a device with a key for one device, sold as a subscription by the local Polar of version 0.1.0.
const ACTIVE: &[u8] = include_bytes!("records/0.1.0-active.license");

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

#[test]
fn a_record_of_0_1_0_that_was_edited_grants_nothing() {
    let mut edited = ACTIVE.to_vec();
    let middle = edited.len() / 2;
    edited[middle] ^= 1;
    let decision = open(&edited, 0);
    assert_eq!((decision.state(), decision.reason()), (State::Unlicensed, Some(Reason::Tampered)));
}
