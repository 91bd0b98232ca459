//! The customer replaces a key.

use super::support::Hand;
use super::{EMAIL, Story, licensed};
use mock_polar::{Endpoint, Fault, NewKey};
use polar_license::blocking::{Client, HttpTransport, Session, Transport};
use polar_license::portal::{ConfirmedByUser, Devices};
use polar_license::store::{Durability, Store, StoreError};
use polar_license::transport::{Answer, Request};
use polar_license::{Deactivated, ErrorKind, Reason, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn a_key_is_replaced_and_the_license_here_goes_on() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    let old = session.license_keys().unwrap().remove(0);
    let new = session.rotate(&old, ConfirmedByUser).unwrap();
    assert_ne!(old.masked(), new.masked());
    // stored before anything else: the next start has it
    let later = super::open(super::app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    assert!(later.validate().problem().is_none() && later.current().state() == State::Active);
    assert_eq!(story.polar.keys().iter().filter(|known| known.key == key).count(), 0, "the old one is unknown");
    let rotated = story.polar.keys().into_iter().find(|known| known.activations.len() == 1).unwrap();
    assert!(rotated.key.ends_with(new.masked().trim_start_matches("****-")));
}

#[test]
fn after_a_lost_answer_the_key_is_read_again() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    let old = session.license_keys().unwrap().remove(0);
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::RotateKey).once());
    let new = session.rotate(&old, ConfirmedByUser).unwrap();
    assert_ne!(old.masked(), new.masked());
    let rotations = story.polar.requests().iter().filter(|request| request.path.ends_with("/rotate")).count();
    assert_eq!(rotations, 1, "it is never sent twice");
    assert!(story.client.validate().problem().is_none() && story.client.current().allowed());
}

#[test]
fn the_error_says_if_the_outcome_of_a_rotation_is_unknown() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    let old = session.license_keys().unwrap().remove(0);
    story.polar.fault(Fault::drop_connection().on(Endpoint::RotateKey).once());
    let error = session.rotate(&old, ConfirmedByUser).unwrap_err();
    assert!(error.maybe_applied() && error.message().ends_with("may have been replaced all the same."), "{error:?}");
    assert!(
        story.client.validate().problem().is_none() && story.client.current().allowed(),
        "the old one is still good"
    );
}

#[test]
fn a_key_is_replaced_even_if_its_devices_cannot_be_listed() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    story.polar.fault(Fault::drop_connection().on(Endpoint::GetKey));
    let listed = session.license_keys().unwrap().remove(0);
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here());
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::RotateKey).once());
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here());
    story.is_licensed();
}

#[test]
fn a_key_of_the_license_here_is_known_although_its_devices_are_hidden_and_its_text_was_replaced_elsewhere() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    story.polar.show_activations("pro", false);
    story.polar.rotate(&key);
    let listed = session.license_keys().unwrap().remove(0);
    assert!(listed.is_here());
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here());
    story.is_licensed();
}

#[test]
fn a_denial_of_the_old_key_during_the_rotation_does_not_deny_the_new_one() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    licensed(story.session().restore().unwrap());
    let running = story.another();
    let session = story.session_while_rotating(move || {
        let decision = running.validate();
        assert_eq!((decision.state(), decision.reason()), (State::Denied, Some(Reason::NotFound)));
    });
    // it cannot be asked about afterwards
    story.polar.fault(Fault::drop_connection().on(Endpoint::Validate).skip(1));
    let listed = session.license_keys().unwrap().remove(0);
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here());
    let offline = story.another();
    assert_eq!(offline.validate().problem().unwrap().kind, ErrorKind::Network);
    assert_eq!(offline.current().state(), State::Active);
}

#[test]
fn a_denial_from_before_the_rotation_is_asked_about_again() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    story.polar.rotate(&key);
    assert_eq!(story.client.validate().reason(), Some(Reason::NotFound));
    let listed = session.license_keys().unwrap().remove(0);
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here());
    assert_eq!(story.client.current().state(), State::Active);
    assert_eq!(story.another().current().state(), State::Active);
}

#[test]
fn a_seat_that_was_given_up_while_its_key_was_replaced_is_released() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    licensed(story.session().restore().unwrap());
    let running = story.another();
    let session = story.session_while_rotating(move || {
        assert_eq!(running.deactivate().unwrap().deactivated, Deactivated::KeyUnknown);
    });
    let listed = session.license_keys().unwrap().remove(0);
    drop(session.rotate(&listed, ConfirmedByUser).unwrap());
    assert!(story.another().current().license().is_none());
    assert!(story.polar.keys().iter().all(|key| key.activations.is_empty()), "no seat is lost");
}

/// The real transport, where something happens after Polar has replaced a key and before its answer is there.
struct WhileRotating {
    hand: Hand,
    happens: Box<dyn Fn() + Send + Sync>,
}

impl Transport for WhileRotating {
    fn send(&self, request: &Request) -> Answer {
        self.hand.advance(Duration::from_millis(600));
        let answer = HttpTransport::new().send(request);
        if request.url.ends_with("/rotate") {
            (self.happens)();
        }
        answer
    }
}

#[test]
fn a_revoked_key_is_not_replaced() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro"));
    story.polar.revoke(&key);
    let session = story.session();
    let keys = session.license_keys().unwrap();
    let error = session.rotate(&keys[0], ConfirmedByUser).unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Refused, false));
    assert_eq!(error.message(), "This is not possible for this license. Contact the vendor.");
}

#[test]
fn the_license_here_goes_on_whichever_text_of_the_key_the_app_still_has() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    let listed = session.license_keys().unwrap().remove(0);
    let second = session.rotate(&listed, ConfirmedByUser).unwrap();
    let third = session.rotate(&listed, ConfirmedByUser).unwrap();
    assert!(second.masked() != third.masked() && third.is_here());
    story.is_licensed();
}

#[test]
fn two_rotations_at_once_leave_the_license_with_the_last_key() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    let listed = session.license_keys().unwrap().remove(0);
    for _ in 0..5 {
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| session.rotate(&listed, ConfirmedByUser).unwrap());
            }
        });
        story.is_licensed();
        story.pass(Duration::from_secs(5));
    }
}

#[test]
fn a_rotation_whose_result_is_unknown_is_stored_by_the_next_one() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    let listed = session.license_keys().unwrap().remove(0);
    story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::RotateKey).once());
    // the key is read before, and once more after it
    let unread = story.polar.fault(Fault::drop_connection().on(Endpoint::ListKeys).skip(1));
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap_err().maybe_applied());
    story.polar.clear_fault(unread);
    let listed = session.license_keys().unwrap().remove(0);
    assert!(listed.is_here(), "whatever text of it is stored");
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here());
    story.is_licensed();
}

#[test]
fn a_key_that_was_replaced_on_another_device_can_be_replaced_here() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(2));
    let session = story.session();
    licensed(session.restore().unwrap());
    story.polar.rotate(&key);
    let listed = session.license_keys().unwrap().remove(0);
    assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here());
    story.is_licensed();
}

#[test]
fn another_key_than_that_of_the_license_here_is_replaced_and_the_license_stays_as_it_is() {
    let story = Story::begin();
    let here = story.bought(NewKey::new("pro").limit_activations(1));
    story.bought(NewKey::new("basic").limit_activations(1));
    drop(story.client.activate(&here).unwrap());
    let session = story.session();
    let other = session.license_keys().unwrap().into_iter().find(|key| !key.is_here()).unwrap();
    assert!(!session.rotate(&other, ConfirmedByUser).unwrap().is_here());
    story.is_licensed();
    assert!(here.ends_with(story.client.current().license().unwrap().display_key.trim_start_matches("****-")));
}

#[test]
fn a_seat_is_released_here_whichever_text_of_its_key_is_known() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1));
    let session = story.session();
    let release = |key| {
        let Devices::Listed(devices) = session.devices(key).unwrap() else { panic!("they are shown") };
        assert_eq!(session.release(key, &devices[0]).unwrap(), Deactivated::Released);
        assert!(story.client.current().license().is_none());
        assert!(story.polar.keys().iter().all(|known| known.activations.is_empty()));
    };
    // the app has listed the key before it was replaced
    licensed(session.restore().unwrap());
    let listed = session.license_keys().unwrap().remove(0);
    let new = session.rotate(&listed, ConfirmedByUser).unwrap();
    release(&listed);
    // it was replaced on another device
    licensed(session.activate(&new).unwrap());
    let known = story.polar.keys().into_iter().find(|known| known.activations.len() == 1).unwrap().key;
    assert_ne!(known, key);
    story.polar.rotate(&known);
    release(&session.license_keys().unwrap()[0]);
}

#[test]
fn a_key_is_not_replaced_if_nothing_can_be_stored() {
    let story = Story::begin();
    let (client, disk, key) = story.licensed_with_a_disk();
    let session = client.portal().session_from_token(&story.polar.customer_token(EMAIL)).unwrap();
    let listed = session.license_keys().unwrap().remove(0);
    disk.fill_after(0);
    let error = session.rotate(&listed, ConfirmedByUser).unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Storage, false));
    assert!(error.detail().starts_with("the license key was not replaced"), "{error:?}");
    assert!(story.polar.keys().iter().any(|known| known.key == key));
    assert!(client.validate().allowed());
}

#[test]
fn the_error_for_a_new_key_that_could_not_be_stored_says_where_to_find_it() {
    let story = Story::begin();
    let (client, disk, key) = story.licensed_with_a_disk();
    let session = client.portal().session_from_token(&story.polar.customer_token(EMAIL)).unwrap();
    let listed = session.license_keys().unwrap().remove(0);
    // it can be written before Polar is asked
    disk.fill_after(1);
    let error = session.rotate(&listed, ConfirmedByUser).unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Storage, true));
    assert!(error.message().starts_with("The license key was replaced, but could not be stored on this device. "));
    assert!(error.detail().starts_with("Polar replaced the license key, but "), "{error:?}");
    assert!(story.polar.keys().iter().all(|known| known.key != key));
    disk.empty();
    assert!(client.validate().problem().is_none() && client.current().allowed(), "and it is stored then");
    licensed(session.restore().unwrap());
}

/// A disk that is full after so many writes. Time passes until an operation gives it up.
#[derive(Clone)]
struct Disk {
    record: Arc<Mutex<Option<Vec<u8>>>>,
    writes_left: Arc<Mutex<Option<u32>>>,
    hand: Hand,
}

impl Disk {
    fn fill_after(&self, writes: u32) {
        *self.writes_left.lock().unwrap() = Some(writes);
    }

    fn empty(&self) {
        *self.writes_left.lock().unwrap() = None;
    }

    fn write(&self, record: Option<Vec<u8>>) -> Result<(), StoreError> {
        if let Some(left) = self.writes_left.lock().unwrap().as_mut() {
            let Some(one_less) = left.checked_sub(1) else {
                self.hand.advance(Duration::from_secs(60));
                return Err(StoreError::new("the disk is full"));
            };
            *left = one_less;
        }
        *self.record.lock().unwrap() = record;
        Ok(())
    }
}

impl Store for Disk {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.record.lock().unwrap().clone())
    }

    fn save(&self, record: &[u8], _: Durability) -> Result<(), StoreError> {
        self.write(Some(record.to_vec()))
    }

    fn remove(&self) -> Result<(), StoreError> {
        self.write(None)
    }
}

impl Story {
    /// Another process on this device.
    fn another(&self) -> Client {
        super::open(super::app(&self.polar.url(), "com.example.app"), self.directory.path(), &self.hand)
    }

    /// A session on this device.
    fn session_while_rotating(&self, happens: impl Fn() + Send + Sync + 'static) -> Session {
        let transport = WhileRotating { hand: self.hand.clone(), happens: Box::new(happens) };
        let config = super::app(&self.polar.url(), "com.example.app").build().unwrap();
        let client = Client::builder(config).directory(self.directory.path()).clock(self.hand.clone());
        let client = client.transport(transport).open().unwrap();
        client.portal().session_from_token(&self.polar.customer_token(EMAIL)).unwrap()
    }

    /// Another client on this machine, with a disk of its own, and its key, which is active there.
    fn licensed_with_a_disk(&self) -> (Client, Disk, String) {
        let disk = Disk { record: Arc::default(), writes_left: Arc::default(), hand: self.hand.clone() };
        let config = super::app(&self.polar.url(), "com.example.app").build().unwrap();
        let client = Client::builder(config).store(disk.clone()).clock(self.hand.clone());
        let client = client.open().unwrap();
        let key = self.bought(NewKey::new("pro").limit_activations(1));
        drop(client.activate(&key).unwrap());
        (client, disk, key)
    }

    /// Polar confirms the license, here and after the next start.
    #[track_caller]
    fn is_licensed(&self) {
        let next = super::open(super::app(&self.polar.url(), "com.example.app"), self.directory.path(), &self.hand);
        for client in [&self.client, &next] {
            let license = client.validate();
            assert!(license.problem().is_none() && license.state() == State::Active, "{license:?}");
        }
    }
}
