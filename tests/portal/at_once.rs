//! Tests of simultaneous use: operations of one session, and processes that share a record.

use super::{EMAIL, Story, app, licensed, open};
use mock_polar::{MockPolar, NewKey};
use polar_license::State;
use polar_license::portal::ConfirmedByUser;
use std::process::{Command, Stdio};
use std::time::Duration;

const URL: &str = "POLAR_LICENSE_TEST_URL";
const DIRECTORY: &str = "POLAR_LICENSE_TEST_DIRECTORY";

/// The program of a child process. It is not a test of its own.
#[test]
fn child() {
    let [Ok(url), Ok(directory)] = [URL, DIRECTORY].map(std::env::var) else { return };
    let config = app(&url, "com.example.app").build().unwrap();
    let client = polar_license::blocking::Client::builder(config).directory(directory).open().unwrap();
    // the result does not matter, because the local Polar counts the requests that arrive
    drop(client.portal().request_code(EMAIL));
}

#[test]
fn fifty_processes_at_once_never_meet_polars_limit() {
    let polar = MockPolar::builder().rate_limit(true).start().unwrap();
    let key = polar.add_key(NewKey::new("pro").email(EMAIL));
    let directory = super::Directory::new();
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "at_once::child"])
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
        // Polar confirms the license, both to this client and after the next start
        let next = open(app(&story.polar.url(), "com.example.app"), story.directory.path(), &story.clock);
        for client in [&story.client, &next] {
            let license = client.validate();
            assert!(license.problem().is_none() && license.state() == State::Active, "{license:?}");
        }
        story.pass(Duration::from_secs(5));
    }
}
