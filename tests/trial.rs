//! The trial before the purchase, with files and with every setting of the clock. Nothing is ever sent.
#![cfg(feature = "blocking")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use polar_license::blocking::{Client, Transport};
use polar_license::clock::ManualClock;
use polar_license::transport::{Answer, Request};
use polar_license::{ErrorKind, Reason, State, Timestamp};

use support::{Directory, app};

const DAYS: u32 = 14;
const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A network that must not be used.
struct NoNetwork;

impl Transport for NoNetwork {
    fn send(&self, request: &Request) -> Answer {
        panic!("a trial sent a request to {}", *request.url);
    }
}

/// Runs the app in this folder, with a wall clock that shows `wall`.
fn run(folder: &Path, wall: Timestamp) -> (Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(wall));
    let config = app("https://polar.example", "com.example.trial").trial_days(DAYS).build().unwrap();
    let builder = Client::builder(config).directory(folder).clock(Arc::clone(&clock)).transport(NoNetwork);
    (builder.open().unwrap(), clock)
}

fn start() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

fn moved(at: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(at.unix_ms() + ms)
}

#[test]
fn a_trial_lasts_for_its_days_however_often_the_app_starts() {
    let folder = Directory::new();
    let (client, _) = run(folder.path(), start());
    let trial = client.start_trial().unwrap();
    assert_eq!(trial.trial_ends_at(), Some(moved(start(), 14 * DAY_MS)));
    assert_eq!(trial.explain("export").message(), "The trial includes this feature.");
    for day in 0..20 {
        let (client, _) = run(folder.path(), moved(start(), day * DAY_MS));
        let license = client.refresh();
        assert_eq!(license.state() == State::Trial, day < 14, "day {day}: {license:?}");
        assert_eq!(client.allows("export"), day < 14);
        assert_eq!(license.notice(), (11..14).contains(&day), "day {day}");
    }
    let (client, _) = run(folder.path(), moved(start(), 20 * DAY_MS));
    let error = client.start_trial().unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, Some(Reason::TrialEnded)));
}

#[test]
fn a_trial_lasts_for_its_days_within_one_run() {
    let folder = Directory::new();
    let (client, clock) = run(folder.path(), start());
    client.start_trial().unwrap();
    clock.advance(Duration::from_millis(14 * DAY_MS.unsigned_abs() - 1));
    assert!(client.allows("export"));
    clock.advance(Duration::from_millis(1));
    assert!(!client.allows("export"));
    assert_eq!(client.current().reason(), Some(Reason::TrialEnded));
}

#[test]
fn many_processes_that_start_the_trial_agree_about_its_end() {
    let folder = Directory::new();
    let started = thread::scope(|scope| {
        let open = |hour| run(folder.path(), moved(start(), hour * HOUR_MS)).0;
        let threads: Vec<_> = (0..8).map(|hour| (scope, open(hour))).collect();
        let threads = threads.into_iter().map(|(scope, client)| scope.spawn(move || client.start_trial().unwrap()));
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap().trial_ends_at()).collect::<Vec<_>>()
    });
    let (client, _) = run(folder.path(), start());
    let ends_at = client.current().trial_ends_at();
    assert!(ends_at.is_some() && started.iter().all(|end| *end == ends_at), "{started:?}, {ends_at:?}");
}

/// For each reading of the clock at the start of the trial, at a second run of the app, and at a third one: access is
/// allowed if the trial has not ended by the latest reading so far, and if the clock is not more than 26 hours behind
/// that reading. So nobody gains more than 26 hours of the wall clock by setting it back.
#[test]
fn the_clock_gives_nobody_more_than_26_hours() {
    let shifts = [-400 * DAY_MS, -27 * HOUR_MS, -26 * HOUR_MS, -HOUR_MS, 0, 13 * DAY_MS, 14 * DAY_MS, 400 * DAY_MS];
    let mut cases = 0;
    for first in [-20 * HOUR_MS, 0, 300 * DAY_MS] {
        for second in shifts {
            for third in shifts {
                let folder = Directory::new();
                let started = moved(start(), first);
                run(folder.path(), started).0.start_trial().unwrap();
                let mut latest = started;
                for shift in [second, third] {
                    let wall = moved(started, shift);
                    let is_trusted = wall >= moved(latest, -26 * HOUR_MS);
                    if is_trusted {
                        latest = latest.max(wall);
                    }
                    let expected = is_trusted && latest < moved(started, 14 * DAY_MS);
                    // a refresh saves the latest time, as the app does at each start
                    let license = run(folder.path(), wall).0.refresh();
                    assert_eq!(license.allowed(), expected, "{first} {second} {third}: {license:?}");
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 3 * 8 * 8 * 2);
}

#[test]
fn a_folder_that_cannot_be_written_starts_no_trial() {
    let folder = Directory::new();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let (client, _) = run(&file.join("below a file"), start());
    let error = client.start_trial().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
    assert!(error.message().starts_with("The trial could not be started"), "{}", error.message());
    assert_eq!(client.current().state(), State::Unlicensed);
    assert!(!client.allows("export"));
}
