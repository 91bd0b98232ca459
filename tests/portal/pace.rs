//! Polar blocks an address that asks for too many codes. It is never asked for too many.

use super::{EMAIL, Story, app, open};
use mock_polar::{Endpoint, Fault, MockPolar, NewKey};
use polar_license::{ErrorKind, Reason};
use std::process::{Command, Stdio};
use std::time::Duration;

const URL: &str = "POLAR_LICENSE_TEST_URL";
const DIRECTORY: &str = "POLAR_LICENSE_TEST_DIRECTORY";

#[test]
fn the_sixth_in_a_minute_and_the_eleventh_in_an_hour_wait() {
    let story = limited();
    let portal = story.client.portal();
    drop(portal.request_code(EMAIL).unwrap());
    for _ in 0..4 {
        assert_eq!(portal.authenticate("AAAAAA").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let early = portal.authenticate("AAAAAA").unwrap_err();
    assert_eq!(early.kind(), ErrorKind::RateLimited);
    let wait = early.retry_after().unwrap();
    assert!((60..=75).contains(&wait.as_secs()), "{wait:?}");
    assert!(early.message().starts_with("Too many codes were requested or tried. Try again in "), "{early:?}");
    assert_eq!(story.polar.requests().len(), 5);
    // another process knows
    let other = open(app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    assert_eq!(other.portal().request_code(EMAIL).unwrap_err().kind(), ErrorKind::RateLimited);
    story.pass(wait);
    for _ in 0..5 {
        assert_eq!(other.portal().authenticate("AAAAAA").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    story.pass(Duration::from_secs(120));
    let early = portal.request_code(EMAIL).unwrap_err();
    assert!(early.retry_after().unwrap() > Duration::from_secs(3000), "{early:?}");
    assert!(early.message().ends_with(" minutes."), "{early:?}");
    story.pass(early.retry_after().unwrap());
    assert!(portal.request_code(EMAIL).is_ok());
    // removing the license does not make room
    for _ in 0..4 {
        drop(portal.authenticate("AAAAAA"));
    }
    story.client.forget().unwrap();
    assert_eq!(portal.request_code(EMAIL).unwrap_err().kind(), ErrorKind::RateLimited);
}

#[test]
fn no_code_is_mailed_that_could_not_be_tried() {
    let story = limited();
    story.bought(NewKey::new("pro"));
    let portal = story.client.portal();
    let mut requested = 0;
    let early = loop {
        match portal.request_code(EMAIL) {
            Ok(_) => requested += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((early.kind(), requested, story.polar.mails().len()), (ErrorKind::RateLimited, 2, 2));
    assert!(!early.message().contains("mail"), "{early:?}");
    for mail in story.polar.mails() {
        drop(portal.authenticate(&mail.code.unwrap()).unwrap());
    }
}

#[test]
fn an_address_that_gets_no_mail_leaves_room_for_the_right_one() {
    let story = limited();
    story.bought(NewKey::new("pro"));
    let portal = story.client.portal();
    for _ in 0..3 {
        let error = portal.request_code("ada@nosuchdomain.example").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error:?}");
    }
    drop(portal.request_code(EMAIL).unwrap());
    drop(portal.authenticate(&story.code()).unwrap());
}

#[test]
fn a_code_that_cannot_be_tried_now_says_whether_it_is_still_good_then() {
    let story = limited();
    story.bought(NewKey::new("pro"));
    let portal = story.client.portal();
    drop(portal.request_code(EMAIL).unwrap());
    for _ in 0..4 {
        drop(portal.authenticate("AAAAAA").unwrap_err());
    }
    let paced = portal.authenticate(&story.code()).unwrap_err();
    assert_eq!(paced.kind(), ErrorKind::RateLimited);
    assert!(paced.message().ends_with(" seconds. The code from the last mail is still good then."), "{paced:?}");
    story.pass(paced.retry_after().unwrap());
    let fault = story.polar.fault(Fault::rate_limited(900).on(Endpoint::Authenticate));
    let blocked = portal.authenticate(&story.code()).unwrap_err();
    let words = "Too many codes were requested or tried. Try again in 15 minutes. The code from the last mail is still good then.";
    assert_eq!(blocked.message(), words);
    story.polar.clear_fault(fault);
    story.pass(Duration::from_secs(901));
    story.polar.fault(Fault::rate_limited(900).on(Endpoint::Authenticate));
    let over = portal.authenticate(&story.code()).unwrap_err();
    let words = "Too many codes were requested or tried. Try again in 15 minutes. The code from the last mail will have \
                 expired by then: ask for another one.";
    assert_eq!(over.message(), words);
}

#[test]
fn a_block_of_polars_is_known_to_other_processes() {
    let story = limited();
    let fault = story.polar.fault(Fault::rate_limited(900).on(Endpoint::RequestCode));
    let blocked = story.client.portal().request_code(EMAIL).unwrap_err();
    assert_eq!((blocked.kind(), blocked.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(900))));
    story.polar.clear_fault(fault);
    let other = open(app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    story.pass(Duration::from_secs(800));
    let blocked = other.portal().request_code(EMAIL).unwrap_err();
    assert!(blocked.retry_after().unwrap() <= Duration::from_secs(100), "{blocked:?}");
    assert_eq!(story.polar.requests().len(), 1);
    story.pass(Duration::from_secs(101));
    assert!(other.portal().request_code(EMAIL).is_ok());
}

#[test]
fn a_block_is_reported_with_its_real_wait_whatever_request_meets_it() {
    let story = limited();
    // that of codes, met by what asks for none
    let fault = story.polar.fault(Fault::rate_limited(892).on(Endpoint::ClaimSeat));
    let claim = story.client.portal().claim_seat("ABC").unwrap_err();
    assert_eq!((claim.kind(), claim.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(892))));
    assert_eq!(claim.message(), "The license server is busy. Try again in 15 minutes.");
    assert_eq!(claim.detail(), "Polar limits requests; the next one may leave in 15 minutes");
    story.polar.clear_fault(fault);
    // that of validate, met by the first code
    let fault = story.polar.fault(Fault::rate_limited(60).on(Endpoint::RequestCode));
    let first = story.client.portal().request_code(EMAIL).unwrap_err();
    assert_eq!(first.message(), "The license server is busy. Try again in 60 seconds.");
    story.polar.clear_fault(fault);
    let other = open(app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    story.pass(Duration::from_secs(59));
    let second = other.portal().request_code(EMAIL).unwrap_err();
    assert_eq!(second.message(), "The license server is busy. Try again in a second.");
}

#[test]
fn a_try_that_cannot_be_counted_is_not_sent() {
    let story = limited();
    let file = story.directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let client = open(app(&story.polar.url(), "com.example.app"), &file, &story.hand);
    assert_eq!(client.portal().request_code(EMAIL).unwrap_err().kind(), ErrorKind::Storage);
    assert!(story.polar.requests().is_empty());
}

#[test]
fn a_record_that_cannot_be_trusted_counts_too_and_stays_as_it_is() {
    let story = limited();
    let key = story.bought(NewKey::new("pro"));
    story.client.activate(&key).unwrap();
    let (name, mut bytes) = story.directory.files().into_iter().find(|(name, _)| name.ends_with(".license")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(story.directory.path().join(name), bytes).unwrap();
    let reopened = || open(app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.hand);
    for _ in 0..2 {
        let client = reopened();
        assert_eq!(client.current().reason(), Some(Reason::Tampered));
        drop(client.portal().request_code(EMAIL).unwrap());
    }
    assert_eq!(reopened().portal().request_code(EMAIL).unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(reopened().current().reason(), Some(Reason::Tampered));
    assert!(reopened().validate().allowed(), "Polar's confirmation restores it");
}

/// A Polar with its limits.
fn limited() -> Story {
    Story::with(MockPolar::builder().rate_limit(true).start().unwrap())
}

/// Not a test of its own: what a child process does.
#[test]
fn child() {
    let [Ok(url), Ok(directory)] = [URL, DIRECTORY].map(std::env::var) else { return };
    let config = app(&url, "com.example.app").build().unwrap();
    let client = polar_license::blocking::Client::builder(config).directory(directory).open().unwrap();
    // what it comes to is Polar's to see
    drop(client.portal().request_code(EMAIL));
}

#[test]
fn fifty_processes_at_once_never_meet_polars_limit() {
    let polar = MockPolar::builder().rate_limit(true).start().unwrap();
    let key = polar.add_key(NewKey::new("pro").email(EMAIL));
    let directory = super::Directory::new();
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "pace::child"])
            .env(URL, polar.url())
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..50).map(|_| start()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let requests = polar.requests();
    assert_eq!(requests.len(), 2, "as many as there is room for, with a try for each");
    assert_eq!(polar.mails().len(), 2);
    let config = app(&polar.url(), "com.example.app").build().unwrap();
    let client = polar_license::blocking::Client::builder(config).directory(directory.path()).open().unwrap();
    assert!(client.activate(&key).unwrap().allowed(), "nobody is blocked");
}
