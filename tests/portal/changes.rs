//! Polar changes its answers to customers. Each member on which the library relies, as DESIGN.md lists them, is
//! renamed, left out, made null, given another type, or given an unknown value.
//!
//! The tests check three things: the license on the device and its seat stay, nothing is used up in silence, and the
//! error names the member that could not be read.

use super::support::TestClock;
use super::support::changes::{self, Case, Change};
use super::{EMAIL, Story, app, licensed, open};
use mock_polar::{DEMO_INVITATION, DEMO_LINK, Endpoint, Fault, MockPolar, NewKey, Seed};
use polar_license::blocking::{Client, HttpTransport, Session, Transport};
use polar_license::portal::{CodeRequest, ConfirmedByUser, Devices};
use polar_license::transport::{Answer, Request};
use polar_license::{Error, ErrorKind, State};
use std::ops::ControlFlow::Continue;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Returns the cases for a row of DESIGN.md's table of the customer portal.
fn cases(row: &str, endpoint: &'static str, status: u16) -> Vec<Case> {
    changes::cases("The customer portal:", row, endpoint, status)
}

/// The real network, in which a case changes Polar's answers to customers.
struct Changing {
    clock: TestClock,
    case: Case,
}

impl Transport for Changing {
    fn send(&self, request: &Request) -> Answer {
        self.clock.advance(Duration::from_millis(600));
        let mut answer = HttpTransport::new().send(request);
        if let Answer::Reply { status, body, .. } = &mut answer {
            self.case.apply(&request.url, *status, body);
        }
        answer
    }
}

impl Story {
    /// Begins a story in which the only key of a customer is active on this device. Returns the story and the key.
    fn with_license() -> (Self, String) {
        let story = Self::begin();
        let key = story.bought(NewKey::new("pro").limit_activations(3));
        assert!(story.client.activate(&key).unwrap().allowed());
        (story, key)
    }

    /// Opens the app on this device, in a network that changes Polar's answers.
    fn changed(&self, case: &Case) -> Client {
        let network = Changing { clock: self.clock.clone(), case: case.clone() };
        let client = Client::builder(app(&self.polar.url(), "com.example.app").build().unwrap());
        client.directory(self.directory.path()).clock(self.clock.clone()).transport(network).open().unwrap()
    }

    fn session_where(&self, case: &Case) -> Session {
        self.changed(case).portal().session_from_token(&self.polar.customer_token(EMAIL)).unwrap()
    }

    /// Checks that the license continues at the next start, and that its seat is the only one.
    #[track_caller]
    fn goes_on(&self, case: &Case) {
        let next = open(app(&self.polar.url(), "com.example.app"), self.directory.path(), &self.clock);
        assert!(next.current().allowed(), "{case:?}: {:?}", next.current());
        let decision = next.validate();
        assert_eq!((decision.state(), decision.problem()), (State::Active, None), "{case:?}");
        let seats: usize = self.polar.keys().iter().map(|key| key.activations.len()).sum();
        assert_eq!(seats, 1, "{case:?}");
    }
}

/// Checks that the error names the member, and says correctly whether the request may have been applied.
#[track_caller]
fn is_named(error: &Error, case: &Case, maybe_applied: bool) {
    assert!(case.is_named_in(error.detail()), "{case:?}: {error:?}");
    assert_eq!(error.maybe_applied(), maybe_applied, "{case:?}: {error:?}");
}

/// Returns `true` if the change puts another text in the place of a key. Only Polar can tell that this text is not the
/// key.
fn is_another_key(case: &Case) -> bool {
    case.member.ends_with("key") && case.change == Change::UnknownValue
}

#[test]
fn a_changed_list_of_keys_takes_nothing_from_the_license_here() {
    let cases = cases("`license-keys/` 200", "license-keys/", 200);
    for case in &cases {
        let (story, _) = Story::with_license();
        let session = story.session_where(case);
        match session.license_keys() {
            Ok(keys) => {
                assert!(!case.is_required || is_another_key(case), "{case:?}");
                assert!(keys.len() == 1 && keys[0].is_here(), "{case:?}: {keys:?}");
            }
            Err(error) => {
                assert!(case.is_required, "{case:?}: {error:?}");
                is_named(&error, case, false);
            }
        }
        assert_eq!(session.restore().is_err(), case.is_required, "{case:?}");
        story.goes_on(case);
    }
    println!("{} changes of a list of keys", cases.len());
}

#[test]
fn a_changed_answer_about_a_key_hides_no_device_and_loses_no_seat() {
    let cases = cases("`license-keys/{id}` 200", "license-keys/{id}", 200);
    for case in &cases {
        let (story, _) = Story::with_license();
        let session = story.session_where(case);
        let key = session.license_keys().unwrap().remove(0);
        match session.devices(&key) {
            Ok(Devices::Listed(devices)) => {
                assert!(!case.is_required || is_another_key(case), "{case:?}");
                assert!(devices.len() == 1 && devices[0].is_this(), "{case:?}: {devices:?}");
            }
            Ok(Devices::Hidden(hidden)) => panic!("{case:?}: {hidden:?}"),
            Err(error) => is_named(&error, case, false),
        }
        story.goes_on(case);
    }
    println!("{} changes of an answer about a key", cases.len());
}

#[test]
fn a_seat_whose_answer_was_lost_is_found_or_reported_whatever_has_changed() {
    for case in &cases("`license-keys/{id}` 200", "license-keys/{id}", 200) {
        let story = Story::begin();
        let key = story.bought(NewKey::new("pro").limit_activations(3));
        story.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).once());
        assert!(story.client.activate(&key).unwrap_err().maybe_applied());
        let decision = licensed(story.session_where(case).restore().unwrap());
        assert!(decision.allowed(), "{case:?}: {decision:?}");
        let is_reported = decision.problem().is_some_and(|problem| problem.kind == ErrorKind::SeatUncertain);
        assert_eq!(is_reported, story.polar.activations(&key).len() == 2, "{case:?}: {decision:?}");
        // Polar's answers are unchanged from here on
        licensed(story.session().restore().unwrap());
        story.goes_on(case);
    }
}

#[test]
fn a_rotation_whose_answer_has_changed_is_stored_or_reported() {
    let cases = cases("`license-keys/{id}/rotate` 200", "license-keys/{id}/rotate", 200);
    for case in &cases {
        let (story, key) = Story::with_license();
        let session = story.session_where(case);
        let listed = session.license_keys().unwrap().remove(0);
        assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here(), "{case:?}");
        assert!(story.polar.keys().iter().all(|known| known.key != key), "{case:?}");
        story.goes_on(case);
    }
    for case in cases.iter().filter(|case| case.is_required && !is_another_key(case)) {
        let (story, _) = Story::with_license();
        let session = story.session_where(case);
        let listed = session.license_keys().unwrap().remove(0);
        let unread = story.polar.fault(Fault::drop_connection().on(Endpoint::ListKeys).skip(1));
        let error = session.rotate(&listed, ConfirmedByUser).unwrap_err();
        is_named(&error, case, true);
        assert!(
            error.message().ends_with("The license key may have been replaced all the same."),
            "{case:?}: {error:?}"
        );
        assert!(story.client.current().allowed(), "{case:?}");
        // Polar's answers are unchanged from here on
        story.polar.clear_fault(unread);
        let session = story.session();
        let listed = session.license_keys().unwrap().remove(0);
        assert!(session.rotate(&listed, ConfirmedByUser).unwrap().is_here(), "{case:?}");
        story.goes_on(case);
    }
    println!("{} changes of an answer to a rotation", cases.len());
}

#[test]
fn a_code_or_an_invitation_is_not_used_up_in_silence() {
    let codes = cases("`customer-session/authenticate` 200", "customer-session/authenticate", 200);
    for case in &codes {
        let (story, _) = Story::with_license();
        drop(story.client.portal().request_code(EMAIL).unwrap());
        is_named(&story.changed(case).portal().authenticate(&story.code()).unwrap_err(), case, true);
        story.pass(MINUTE);
        assert_eq!(story.session().license_keys().unwrap().len(), 1, "{case:?}: another code");
        story.goes_on(case);
    }
    let invitations = cases("`customer-seats/claim` 200", "customer-seats/claim", 200);
    for case in &invitations {
        let (story, _) = Story::with_license();
        let error = story.changed(case).portal().claim_seat(DEMO_INVITATION).unwrap_err();
        is_named(&error, case, true);
        assert!(error.message().contains("may have been accepted all the same"), "{case:?}: {error:?}");
        story.goes_on(case);
    }
}

#[test]
fn a_changed_answer_to_a_request_for_a_code_says_that_it_may_be_on_its_way() {
    let choices = cases("`customer-session/request` 409", "customer-session/request", 409);
    for case in &choices {
        let seed = Seed::from_json(include_str!("two-customers.json")).unwrap();
        let story = Story::with(MockPolar::builder().seed(seed).start().unwrap());
        match story.changed(case).portal().request_code(EMAIL) {
            Ok(CodeRequest::Choose(choice)) => {
                assert!(!case.is_required && choice.customers().len() == 2, "{case:?}: {choice:?}");
            }
            Ok(CodeRequest::Sent(sent)) => panic!("{case:?}: {sent:?}"),
            Err(error) => {
                is_named(&error, case, true);
                assert!(case.is_required && error.detail().contains("may have been mailed"), "{case:?}: {error:?}");
            }
        }
    }
    let addresses = cases("422", "customer-session/request", 422);
    for case in &addresses {
        let (story, _) = Story::with_license();
        let error = story.changed(case).portal().request_code("iona@nosuchdomain.example.org").unwrap_err();
        is_named(&error, case, true);
        story.goes_on(case);
    }
}

#[test]
fn a_refusal_that_has_changed_is_named_and_changes_nothing() {
    let named = |endpoint, status, maybe_applied, refused: &dyn Fn(&Story, &Client, &Session) -> Error| {
        let cases = cases("400, 401, 403, 404, 410", endpoint, status);
        for case in &cases {
            let (story, _) = Story::with_license();
            let client = story.changed(case);
            let session = client.portal().session_from_token(&story.polar.customer_token(EMAIL)).unwrap();
            is_named(&refused(&story, &client, &session), case, maybe_applied);
            story.goes_on(case);
        }
        cases.len()
    };
    let cases = [
        named("license-keys/", 401, false, &|story, _, session| {
            story.pass(61 * MINUTE);
            session.license_keys().unwrap_err()
        }),
        named("customer-session/authenticate", 401, true, &|_, client, _| {
            client.portal().authenticate("ABC123").unwrap_err()
        }),
        named("customer-seats/claim", 400, true, &|_, client, _| client.portal().claim_seat("UNKNOWN").unwrap_err()),
        named("license-keys/{id}/rotate", 400, true, &|story, _, session| {
            let revoked = story.bought(NewKey::new("basic"));
            story.polar.revoke(&revoked);
            let listed = session.license_keys().unwrap().into_iter().find(|key| !key.is_here()).unwrap();
            session.rotate(&listed, ConfirmedByUser).unwrap_err()
        }),
        named("license-keys/{id}", 404, false, &|story, _, session| {
            let deleted = story.bought(NewKey::new("basic").limit_activations(1));
            let listed = session.license_keys().unwrap().into_iter().find(|key| !key.is_here()).unwrap();
            story.polar.delete(&deleted);
            session.devices(&listed).unwrap_err()
        }),
        named("checkouts/client/{client_secret}", 410, false, &|story, client, _| {
            let checkout = client.portal().checkout(DEMO_LINK).unwrap();
            story.pass(25 * 60 * MINUTE);
            checkout
                .follow(MINUTE, |progress| {
                    story.pass(progress.next_in());
                    Continue(())
                })
                .unwrap_err()
        }),
    ];
    assert_eq!(cases, [5; 6]);
}

#[test]
fn a_purchase_that_has_changed_is_followed_later_or_found_by_a_code() {
    let cases = cases("`checkouts/client/{client_secret}` 200", "checkouts/client/{client_secret}", 200);
    for case in &cases {
        let (story, _) = Story::with_license();
        let checkout = story.changed(case).portal().checkout(DEMO_LINK).unwrap();
        let secret = checkout.address().rsplit('/').next().unwrap();
        drop(story.polar.pay(secret, EMAIL));
        let wait = |progress: polar_license::portal::Progress| {
            story.pass(progress.next_in());
            Continue(())
        };
        let error = checkout.follow(MINUTE, wait).unwrap_err();
        match (case.member.as_str(), case.change) {
            // an unknown status counts as a purchase that is not over yet
            ("status", Change::UnknownValue) => assert_eq!(error.kind(), ErrorKind::Timeout, "{case:?}"),
            ("customer_email", _) => {
                assert_eq!(error.detail(), "the checkout names no e-mail address of its buyer", "{case:?}");
            }
            _ => is_named(&error, case, false),
        }
        let again = story.client.portal().checkout_from_secret(secret).unwrap();
        assert!(matches!(again.follow(MINUTE, wait).unwrap().code, CodeRequest::Sent(_)), "{case:?}");
        story.goes_on(case);
    }
    println!("{} changes of a checkout", cases.len());
}

/// Checks two things. The text says that a key has no device only if a grant shows this. The vendor's page is named
/// only if the vendor's name can be read.
fn says_what_is_hidden(story: &Story, session: &Session, case: &Case) {
    let key = session.license_keys().unwrap().remove(0);
    for are_shown in [false, true] {
        story.polar.show_activations("pro", are_shown);
        let Devices::Hidden(hidden) = session.devices(&key).unwrap() else { panic!("{case:?}: there is none") };
        let is_unread = |members: &[&str]| members.iter().any(|member| case.member.ends_with(member));
        let is_none = are_shown && !is_unread(&["].benefit_id", "enable_customer_admin"]);
        assert_eq!(hidden.message() == "This license key is active on no device.", is_none, "{case:?}: {hidden:?}");
        let has_page = !is_none && !is_unread(&["organization.id", "organization.slug"]);
        assert_eq!(hidden.page().is_some(), has_page, "{case:?}: {hidden:?}");
    }
}

#[test]
fn a_key_whose_grant_has_changed_is_there_for_a_restore() {
    let cases = cases("`benefit-grants/` 200", "benefit-grants/", 200);
    for case in &cases {
        let story = Story::begin();
        let checkout = story.client.portal().checkout(DEMO_LINK).unwrap();
        drop(story.polar.pay(checkout.address().rsplit('/').next().unwrap(), EMAIL));
        let wait = |progress: polar_license::portal::Progress| {
            story.pass(progress.next_in());
            Continue(())
        };
        let purchase = checkout.follow(MINUTE, wait).unwrap();
        story.polar.run_worker();
        story.polar.set_limit_activations(&story.polar.keys()[0].key, 1);
        let session = story.session_where(case);
        says_what_is_hidden(&story, &session, case);
        match session.restore_purchase(&purchase, wait) {
            Ok(restored) => assert!(licensed(restored).allowed(), "{case:?}"),
            Err(error) => {
                let is_rested_on = ["items[].benefit_id", "items[].properties.license_key_id"];
                assert!(is_rested_on.contains(&case.member.as_str()), "{case:?}: {error:?}");
                assert_eq!(
                    error.message(),
                    "The license key is not there yet. Try again in a few minutes.",
                    "{case:?}"
                );
                is_named(&error, case, false);
                assert!(licensed(session.restore().unwrap()).allowed(), "{case:?}");
            }
        }
        assert!(story.client.refresh().allowed(), "{case:?}");
    }
    println!("{} changes of a grant", cases.len());
}
