//! The customer portal with the client for tokio, over real HTTP. More stories are in `tests/portal.rs`.

use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

use mock_polar::{DEMO_INVITATION, DEMO_LINK, Endpoint, Fault, MockPolar, NewKey};
use polar_license::portal::{CodeRequest, ConfirmedByUser, Devices, Restored};
use polar_license::tokio::{Client, Session};
use polar_license::{Deactivated, Decision, ErrorKind};

use super::life::open;
use super::support::{Directory, TestClock, app};

const EMAIL: &str = "iona.larkspur@example.com";

/// A time limit that is far longer than any operation takes. Only a failing test waits for it.
const LONG: Duration = Duration::from_secs(300);

struct Story {
    polar: MockPolar,
    clock: TestClock,
    directory: Directory,
    client: Client,
}

impl Story {
    async fn begin() -> Self {
        let polar = MockPolar::start().unwrap();
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let client = open(app(&polar.url(), "com.example.app"), &directory, &clock).await;
        Self { polar, clock, directory, client }
    }

    async fn session(&self) -> Session {
        let portal = self.client.portal();
        assert!(matches!(portal.request_code(EMAIL).await.unwrap(), CodeRequest::Sent(_)));
        let code = self.polar.mails().last().unwrap().code.clone().unwrap();
        portal.authenticate(&code).await.unwrap()
    }
}

#[track_caller]
fn licensed(restored: Restored) -> Decision {
    match restored {
        Restored::Licensed(decision) => *decision,
        other @ (Restored::Choose(_) | Restored::NoSeat(_)) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_lost_key_of_a_dead_machine_is_restored() {
    let story = Story::begin().await;
    let key = story.polar.add_key(NewKey::new("pro").limit_activations(1).email(EMAIL));
    let elsewhere = Directory::new();
    let dead = app(&story.polar.url(), "com.example.app").device_id("dead").label("A dead machine");
    open(dead, &elsewhere, &story.clock).await.activate(&key).await.unwrap();
    let session = story.session().await;
    let Restored::NoSeat(full) = session.restore().await.unwrap() else { panic!("the only seat is taken") };
    let Devices::Listed(devices) = &full.devices else { panic!("the devices are listed") };
    assert_eq!(devices[0].label(), "A dead machine");
    assert_eq!(session.release(&full.key, &devices[0]).await.unwrap(), Deactivated::Released);
    assert!(licensed(session.activate(&full.key).await.unwrap()).allowed());
    let keys = session.usable_keys().await.unwrap();
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::RotateKey).once());
    let new = session.rotate(&keys[0], ConfirmedByUser).await.unwrap();
    assert_ne!(new.masked(), keys[0].masked());
    assert!(story.client.validate().await.problem().is_none());
}

#[tokio::test]
async fn a_purchase_is_followed_and_an_invitation_accepted() {
    let story = Story::begin().await;
    let portal = story.client.portal();
    let checkout = portal.checkout(DEMO_LINK).await.unwrap();
    assert_eq!(checkout.follow(LONG, |_| Break(())).await.unwrap_err().kind(), ErrorKind::Cancelled);
    drop(story.polar.pay(checkout.address().rsplit('/').next().unwrap(), EMAIL));
    story.polar.run_worker();
    let purchase = checkout.follow(LONG, |_| Continue(())).await.unwrap();
    let session = portal.authenticate(&story.polar.mails().pop().unwrap().code.unwrap()).await.unwrap();
    assert!(licensed(session.restore_purchase(&purchase, |_| Continue(())).await.unwrap()).allowed());
    let session = portal.claim_seat(DEMO_INVITATION).await.unwrap();
    story.polar.run_worker();
    assert!(matches!(session.restore_when_granted(|_| Continue(())).await.unwrap(), Restored::Licensed(_)));
}

/// The new key is stored even if no caller waits for it. Otherwise the key would be lost.
#[tokio::test]
async fn a_dropped_rotation_is_stored() {
    let story = Story::begin().await;
    story.polar.add_key(NewKey::new("pro").limit_activations(1).email(EMAIL));
    let session = story.session().await;
    licensed(session.restore().await.unwrap());
    let old = session.license_keys().await.unwrap().remove(0);
    let asked = story.polar.requests().len();
    let held = story.polar.fault(Fault::stall().on(Endpoint::RotateKey));
    let rotation = tokio::spawn({
        let (session, old) = (session.clone(), old.clone());
        async move { session.rotate(&old, ConfirmedByUser).await }
    });
    let polar = std::sync::Arc::new(story.polar);
    let waits = std::sync::Arc::clone(&polar);
    assert!(tokio::task::spawn_blocking(move || waits.wait_for_requests(asked + 2, LONG)).await.unwrap());
    rotation.abort();
    polar.clear_fault(held);
    let stored = async {
        loop {
            let later = open(app(&polar.url(), "com.example.app"), &story.directory, &story.clock).await;
            if later.validate().await.problem().is_none() && later.current().allowed() && !has(&polar, &old.masked()) {
                return;
            }
        }
    };
    tokio::time::timeout(LONG, stored).await.unwrap();
}

fn has(polar: &MockPolar, masked: &str) -> bool {
    polar.keys().iter().any(|key| key.key.ends_with(masked.trim_start_matches("****-")))
}
