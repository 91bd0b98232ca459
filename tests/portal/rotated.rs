//! The customer replaces a key.

use super::{Story, licensed};
use mock_polar::{Endpoint, Fault, NewKey};
use polar_license::portal::ConfirmedByUser;
use polar_license::{ErrorKind, State};

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
fn where_nobody_can_tell_the_error_says_so() {
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
