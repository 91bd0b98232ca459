//! The customer lost the key.

use super::{EMAIL, Story, licensed};
use mock_polar::{DEMO_MEMBERS_ORGANIZATION, Endpoint, Fault, MockPolar, NewKey, Seed};
use polar_license::portal::{CodeRequest, KeyStatus, Restored};
use polar_license::{ErrorKind, Reason, State};
use std::ops::ControlFlow::Continue;
use std::time::Duration;

#[test]
fn a_lost_key_on_a_new_machine_takes_three_actions_and_five_requests() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(2));
    let portal = story.client.portal();
    // the address
    let CodeRequest::Sent(code) = portal.request_code(&format!(" {EMAIL}\n")).unwrap() else { panic!("one customer") };
    assert_eq!(code.email(), EMAIL);
    let text = format!("If {EMAIL} bought it, a code is on its way to that address. Check the address for typos.");
    assert_eq!(code.message(), text);
    // the code, as people type it
    let typed = format!(" {} ", story.code().to_lowercase());
    let session = portal.authenticate(&typed).unwrap();
    // done
    let license = licensed(session.restore().unwrap());
    assert!(license.allowed() && license.state() == State::Active);
    let requests = story.polar.requests();
    assert!(requests.len() <= 5, "{} requests", requests.len());
    assert_eq!(story.polar.activations(&key).len(), 1);
    let with_token: Vec<_> = requests.iter().filter(|request| request.header("authorization").is_some()).collect();
    let endpoints: Vec<_> = with_token.iter().map(|request| request.endpoint().unwrap()).collect();
    assert_eq!(endpoints, [Endpoint::ListKeys], "the token goes nowhere else");
    // the next start
    let later = super::open(super::app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    assert!(later.current().allowed());
}

#[test]
fn several_keys_are_returned_to_choose_from_the_best_first() {
    let story = Story::begin();
    let day = Duration::from_secs(24 * 3600);
    story.bought(NewKey::new("pro").key("ENDS-SOON").expires_in(day));
    story.bought(NewKey::new("pro").key("ENDS-LATER").expires_in(day * 30));
    story.bought(NewKey::new("pro").key("FOR-EVER").limit_activations(1));
    let ended = story.bought(NewKey::new("pro").key("REVOKED"));
    story.polar.revoke(&ended);
    let session = story.session();
    let Restored::Choose(keys) = session.restore().unwrap() else { panic!("three can be used") };
    let shown: Vec<_> = keys.iter().map(|key| key.masked()).collect();
    assert_eq!(shown, ["****-EVER", "****-LATER", "****-SOON"]);
    assert_eq!(keys[0].limit_activations(), Some(1));
    assert!(licensed(session.activate(&keys[1]).unwrap()).allowed());
    // the key that is active here is the one
    assert!(licensed(session.restore().unwrap()).allowed());
    let listed = session.license_keys().unwrap();
    let statuses: Vec<_> = listed.iter().map(|key| key.status()).collect();
    assert_eq!(statuses, [KeyStatus::Granted, KeyStatus::Granted, KeyStatus::Granted, KeyStatus::Revoked]);
    assert!(story.client.current().license().unwrap().expires_at.is_some(), "the second key");
}

#[test]
fn all_pages_are_read_and_keys_of_other_benefits_are_left_out() {
    let story = Story::begin();
    for _ in 0..101 {
        story.bought(NewKey::new("pro"));
    }
    story.bought(NewKey::new("basic"));
    let session = story.session();
    assert_eq!(session.license_keys().unwrap().len(), 102);
    let config = super::app(&story.polar.url(), "com.example.basic").benefit(mock_polar::DEMO_BENEFIT_BASIC);
    let other = super::open(config, story.directory.path(), &story.hand);
    let session = other.portal().session_from_token(&story.polar.customer_token(EMAIL)).unwrap();
    let keys = session.license_keys().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].benefit_id().to_string(), mock_polar::DEMO_BENEFIT_BASIC);
}

#[test]
fn the_error_says_why_no_key_can_be_used_and_if_there_is_none() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").expires_in(Duration::from_secs(60)));
    story.pass(Duration::from_secs(61));
    let error = story.session().restore().unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, Some(Reason::Expired)));
    story.polar.delete(&key);
    let error = story.session().restore().unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, Some(Reason::NotFound)));
    assert_eq!(error.message(), "No license for this app was bought with this address. Try another address.");
}

#[test]
fn a_clock_that_is_ahead_refuses_no_key_that_was_paid_for() {
    let story = Story::begin();
    let day = Duration::from_secs(24 * 3600);
    story.bought(NewKey::new("pro").key("ENDS-SOON").expires_in(day));
    let best = story.bought(NewKey::new("pro").key("ENDS-LATER").limit_activations(1).expires_in(day * 30));
    story.hand.advance(day * 400);
    let session = story.session();
    assert_eq!(session.usable_keys().unwrap()[0].masked(), "****-LATER");
    assert!(licensed(session.restore().unwrap()).allowed());
    assert_eq!(story.polar.activations(&best).len(), 1);
    // one that lasts for ever can be used whatever the clock says, and comes first
    story.bought(NewKey::new("pro").key("FOR-EVER"));
    let keys = session.usable_keys().unwrap();
    assert_eq!(keys.iter().map(|key| key.masked()).collect::<Vec<_>>(), ["****-EVER"]);
}

#[test]
fn an_expired_key_takes_no_seat() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1).expires_in(Duration::from_secs(60)));
    story.pass(Duration::from_secs(61));
    let error = story.session().restore().unwrap_err();
    assert_eq!(error.message(), "This license key has expired. Renew it to continue.");
    assert!(story.polar.activations(&key).is_empty());
}

#[test]
fn an_expired_key_does_not_end_the_wait_for_another_one() {
    let story = Story::begin();
    story.bought(NewKey::new("pro").expires_in(Duration::from_secs(60)));
    story.pass(Duration::from_secs(61));
    let mut waits = 0;
    let restored = story.session().restore_when_granted(|progress| {
        waits += 1;
        if waits == 3 {
            story.bought(NewKey::new("pro").key("RENEWED"));
        }
        story.pass(progress.next_in());
        Continue(())
    });
    assert!(licensed(restored.unwrap()).allowed());
    let asked = story.polar.requests().into_iter().filter(|request| request.path.ends_with("/validate"));
    assert_eq!((waits, asked.count()), (3, 2), "Polar is asked once about each key");
}

#[test]
fn the_keys_that_can_be_used_are_one_at_least_or_the_error_says_why_there_is_none() {
    let story = Story::begin();
    // the address is a customer's, who has no key any more
    story.polar.delete(&story.bought(NewKey::new("pro")));
    let session = story.session();
    let none = session.usable_keys().unwrap_err();
    assert_eq!((none.kind(), none.reason()), (ErrorKind::Refused, Some(Reason::NotFound)));
    story.polar.revoke(&story.bought(NewKey::new("pro").key("REVOKED")));
    assert_eq!(session.usable_keys().unwrap_err().reason(), Some(Reason::Inactive));
    story.bought(NewKey::new("pro").key("EXPIRED").expires_in(Duration::from_secs(60)));
    story.pass(Duration::from_secs(61));
    let expired = session.usable_keys().unwrap();
    assert_eq!(
        expired.iter().map(|key| key.masked()).collect::<Vec<_>>(),
        ["****-RED"],
        "what can be renewed comes first"
    );
    assert_eq!(expired[0].status(), KeyStatus::Expired);
    assert_eq!(session.activate(&expired[0]).unwrap_err().reason(), Some(Reason::Expired));
    story.bought(NewKey::new("pro").key("ENDS-LATER").expires_in(Duration::from_secs(600)));
    story.bought(NewKey::new("pro").key("FOR-EVER"));
    let keys = session.usable_keys().unwrap();
    assert_eq!(keys.iter().map(|key| key.masked()).collect::<Vec<_>>(), ["****-EVER", "****-LATER"]);
    assert_eq!(session.license_keys().unwrap().len(), 4);
    assert!(story.client.current().license().is_none(), "nothing was activated");
}

#[test]
fn a_code_of_another_vendors_app_shows_no_keys() {
    let story = Story::begin();
    let member = mock_polar::DEMO_MEMBERS[2];
    story.polar.add_key(NewKey::new("studio").email(member));
    // another vendor's app requested it
    let config = polar_license::Config::builder(DEMO_MEMBERS_ORGANIZATION, "com.example.studio")
        .environment(story.polar.url().as_str())
        .device_id("a test machine");
    let other = super::open(config, story.directory.path(), &story.hand);
    drop(other.portal().request_code(member).unwrap());
    let session = story.client.portal().authenticate(&story.code()).unwrap();
    assert!(session.license_keys().unwrap().is_empty());
    assert_eq!(session.restore().unwrap_err().reason(), Some(Reason::NotFound));
}

#[test]
fn wrong_codes_and_sessions_that_have_ended_say_what_to_do() {
    let story = Story::begin();
    story.bought(NewKey::new("pro"));
    let session = story.session();
    let wrong = story.client.portal().authenticate("AAAAAA").unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::InvalidArgument);
    assert_eq!(wrong.message(), "This code is wrong or has expired. Check it, or ask for another one.");
    let asked = story.polar.requests().len();
    assert_eq!(story.client.portal().authenticate("AAA-AAA").unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(story.client.portal().request_code("iona").unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(story.polar.requests().len(), asked, "nothing was sent");
    story.pass(Duration::from_secs(3600));
    let ended = session.restore().unwrap_err();
    assert_eq!((ended.kind(), ended.reason()), (ErrorKind::Refused, None));
    assert_eq!(ended.message(), "The session has ended. Ask for another code.");
    let nowhere = story.client.portal().request_code("iona@nosuchdomain.example.org").unwrap_err();
    assert_eq!(nowhere.message(), "No mail can be sent to this address. Check it for typos.");
}

#[test]
fn an_address_of_several_customers_comes_back_as_a_choice() {
    let seed = include_str!("two-customers.json");
    let polar = MockPolar::builder().seed(Seed::from_json(seed).unwrap()).start().unwrap();
    let story = Story::with(polar);
    let portal = story.client.portal();
    let CodeRequest::Choose(choice) = portal.request_code("iona.larkspur@example.com").unwrap() else {
        panic!("two customers")
    };
    let names: Vec<_> = choice.customers().iter().map(|customer| customer.name()).collect();
    assert_eq!((names, choice.email()), (vec![Some("Studio Nord"), None], "iona.larkspur@example.com"));
    let sent = portal.request_code_for(&choice, &choice.customers()[1]).unwrap();
    assert!(matches!(sent, CodeRequest::Sent(_)));
    assert!(portal.authenticate(&story.code()).unwrap().license_keys().unwrap().is_empty());
}

#[test]
fn an_answer_that_is_not_polars_changes_nothing_and_can_be_tried_again() {
    let story = Story::begin();
    let key = story.bought(NewKey::new("pro").limit_activations(1));
    let session = story.session();
    for fault in
        [Fault::captive_portal(200), Fault::server_error(502), Fault::truncated_body(), Fault::drop_connection()]
    {
        let fault = story.polar.fault(fault);
        let error = session.restore().unwrap_err();
        assert!(error.kind().is_unreachable(), "{error:?}");
        let error = story.client.portal().claim_seat("ABC").unwrap_err();
        assert!(error.kind().is_unreachable() && error.maybe_applied(), "{error:?}");
        story.polar.clear_fault(fault);
    }
    assert!(story.polar.activations(&key).is_empty());
    assert!(licensed(session.restore().unwrap()).allowed());
}
