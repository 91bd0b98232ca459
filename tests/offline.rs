//! Computers without a network: request, answer, import and return, with files and over real HTTP to the local Polar.
//! Computer A never gets a network: a request that it sends fails the test.
#![cfg(feature = "http")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

#[path = "offline/clocks.rs"]
mod clocks;
mod support;

use std::fs;
use std::time::Duration;

use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_TWO_DEVICES, Endpoint, Fault, MockPolar};
use polar_license::blocking::{Client, Transport};
use polar_license::config::ConfigBuilder;
use polar_license::engine::Deactivated;
use polar_license::transport::{Answer, Request};
use polar_license::{ErrorKind, NextStep, State};

use support::{Bytes, Directory, TestClock, app, open};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The network of a computer that has none.
struct NoNetwork;

impl Transport for NoNetwork {
    fn send(&self, request: &Request) -> Answer {
        panic!("a computer without a network sent a request to {}", *request.url);
    }
}

/// A vendor's two computers: A, which is never online, and B, which is. Each has a folder and a clock.
struct Computers {
    polar: MockPolar,
    folders: [Directory; 2],
    clocks: [TestClock; 2],
}

impl Computers {
    fn new() -> Self {
        let polar = MockPolar::start().unwrap();
        let clocks = [TestClock::new(), TestClock::with(&polar)];
        Self { polar, folders: [Directory::new(), Directory::new()], clocks }
    }

    fn config(&self) -> ConfigBuilder {
        app(&self.polar.url(), "com.example.app").app_secret("hush").air_gap_days(90)
    }

    fn a(&self) -> Client {
        self.a_with(self.config())
    }

    fn a_with(&self, config: ConfigBuilder) -> Client {
        let config = config.device_id("computer A").build().unwrap();
        let builder = Client::builder(config).directory(self.folders[0].path());
        builder.clock(self.clocks[0].clone()).transport(NoNetwork).open().unwrap()
    }

    fn b(&self) -> Client {
        open(self.config(), self.folders[1].path(), &self.clocks[1])
    }

    /// Lets this time pass for everybody.
    fn pass(&self, time: Duration) {
        self.clocks.iter().for_each(|clock| clock.advance(time));
        self.polar.advance_clock(time);
    }

    /// Licenses A by way of B.
    fn license(&self, key: &str) -> Client {
        let a = self.a();
        let answer = self.b().offline_answer(&a.offline_request().unwrap(), key).unwrap();
        a.offline_import(&answer.text).unwrap();
        a
    }
}

/// Returns the message of an error that must be about a wrong argument.
fn refusal<T: std::fmt::Debug>(result: Result<T, polar_license::Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    error.message().to_owned()
}

#[test]
fn a_computer_without_a_network_has_a_license_until_its_days_end_and_then_renews_it() {
    let computers = Computers::new();
    let a = computers.a();
    let request = a.offline_request().unwrap();
    assert_eq!(a.offline_request().unwrap(), request, "the request waits for its answer");
    computers.pass(DAY);

    let answer = computers.b().offline_answer(&request, DEMO_KEY_ONE_DEVICE).unwrap();
    assert_eq!(answer.decision.state(), State::Active);
    assert!(!format!("{answer:?}").contains(&answer.text));
    let seats = computers.polar.activations(DEMO_KEY_ONE_DEVICE);
    assert_eq!(seats.len(), 1);
    assert_eq!(computers.b().current().state(), State::Unlicensed, "B's own license is another one");
    computers.pass(DAY);

    let imported = a.offline_import(&answer.text).unwrap();
    assert_eq!((imported.state(), imported.allows("export")), (State::Active, true));
    assert!(imported.air_gapped() && !imported.notice());
    let license = imported.license().unwrap();
    assert_eq!(license.activation_id.unwrap().to_string(), seats[0].id);
    assert_eq!(license.activation_label.as_deref(), Some("Till 7"));
    let until = imported.offline_ends_at().unwrap();
    assert_eq!(until.since(license.confirmed_at), DAY * 90);
    assert_eq!(a.offline_import(&answer.text).unwrap(), imported, "the same answer again changes nothing");
    assert_eq!(a.refresh(), imported, "nobody is asked");

    computers.pass(DAY * 74);
    let reopened = computers.a();
    assert_eq!(reopened.current().next_step(), NextStep::None);
    computers.pass(DAY * 2);
    let warned = computers.a().current();
    assert_eq!((warned.state(), warned.next_step(), warned.notice()), (State::Active, NextStep::OfflineRequest, true));
    assert!(warned.message().contains(until.to_string().split('T').next().unwrap()), "{}", warned.message());

    // the renewal takes no further seat
    let renewal = a.offline_request().unwrap();
    assert_ne!(renewal, request);
    let answer = computers.b().offline_answer(&renewal, DEMO_KEY_ONE_DEVICE).unwrap();
    let renewed = a.offline_import(&answer.text).unwrap();
    assert_eq!(renewed.offline_ends_at().unwrap().since(until), DAY * 77);
    let again = computers.polar.activations(DEMO_KEY_ONE_DEVICE);
    assert_eq!(again.iter().map(|seat| &seat.id).collect::<Vec<_>>(), [&seats[0].id]);

    computers.pass(DAY * 90);
    let ended = computers.a().current();
    assert_eq!((ended.state(), ended.allows("export")), (State::Lapsed, false));
    assert!(ended.air_gapped() && ended.message().contains("Create a new request"), "{}", ended.message());
}

#[test]
fn an_answer_is_taken_once_and_only_for_the_latest_request() {
    let computers = Computers::new();
    let a = computers.license(DEMO_KEY_TWO_DEVICES);
    let b = computers.b();
    let request = a.offline_request().unwrap();
    let first = b.offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap().text;
    let second = b.offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap().text;
    computers.pass(DAY);
    a.offline_import(&first).unwrap();
    let until = a.current().offline_ends_at();
    a.offline_import(&second).unwrap();
    assert_eq!(a.current().offline_ends_at(), until, "this request was answered");
    let newer = a.offline_request().unwrap();
    assert!(
        refusal({
            let other = b.offline_answer(&newer, DEMO_KEY_TWO_DEVICES).unwrap().text;
            a.offline_import(&other).unwrap();
            a.offline_import(&first)
        })
        .contains("latest request")
    );
    assert_eq!(a.current().state(), State::Active);
}

#[test]
fn a_text_that_does_not_belong_here_is_refused_by_name_and_changes_nothing() {
    let computers = Computers::new();
    let (a, b) = (computers.a(), computers.b());
    let request = a.offline_request().unwrap();
    let answer = b.offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap().text;

    assert!(refusal(a.offline_import(&request)).contains("is a request"));
    assert!(refusal(b.offline_answer(&answer, DEMO_KEY_TWO_DEVICES)).contains("is an answer"));
    assert!(refusal(b.offline_release(&answer)).contains("is an answer"));
    let elsewhere = Client::builder(computers.config().device_id("computer C").build().unwrap());
    let elsewhere = elsewhere.store(Bytes::default()).transport(NoNetwork).open().unwrap();
    elsewhere.offline_request().unwrap();
    assert!(refusal(elsewhere.offline_import(&answer)).contains("another computer"));
    let other = app(&computers.polar.url(), "com.example.other").app_secret("hush").air_gap_days(90);
    assert!(refusal(computers.a_with(other).offline_import(&answer)).contains("another product"));
    let other = computers.config().app_secret("other");
    assert!(refusal(computers.a_with(other).offline_import(&answer)).contains("does not fit"));

    // one character of a long text is enough
    for (at, same) in answer.char_indices().filter(|(_, c)| *c != '-') {
        let changed = if same == '7' { '9' } else { '7' };
        let text: String = answer.char_indices().map(|(i, c)| if i == at { changed } else { c }).collect();
        assert!(refusal(a.offline_import(&text)).contains("Copy the whole text"), "{at}");
    }
    assert_eq!(a.current().state(), State::Unlicensed);
    assert_eq!(a.offline_import(&answer.to_lowercase()).unwrap().state(), State::Active);
}

#[test]
fn a_record_is_not_an_answer() {
    let computers = Computers::new();
    let a = computers.license(DEMO_KEY_TWO_DEVICES);
    a.offline_request().unwrap();
    let files = computers.folders[0].files();
    let (_, record) = files.iter().find(|(name, _)| name.ends_with(".license")).unwrap();
    // a thief would write the record's bytes as an answer; the tags stand at other places, so they are moved
    let body: Vec<u8> = [&record[10..34], &[0; 8], &record[34..]].concat();
    let text = body.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    assert!(refusal(a.offline_import(&format!("ANSWER1-{text}"))).contains("Copy the whole text"));
}

#[test]
fn the_setting_and_its_secret_are_needed() {
    let computers = Computers::new();
    let plain = computers.a_with(app(&computers.polar.url(), "com.example.app").app_secret("hush"));
    for error in [plain.offline_request().unwrap_err(), plain.offline_import("ANSWER1-").unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.detail().contains("air_gap_days"), "{error}");
    }
    let custom = Client::builder(computers.config().build().unwrap()).store(Bytes::default());
    let custom = custom.transport(NoNetwork).open().unwrap();
    let error = custom.offline_answer(&computers.a().offline_request().unwrap(), DEMO_KEY_PLAIN).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.detail().contains("own store"), "{error}");
}

#[test]
fn a_return_frees_the_seat_as_often_as_it_is_carried_out() {
    let computers = Computers::new();
    let a = computers.license(DEMO_KEY_ONE_DEVICE);
    let returned = a.offline_return().unwrap();
    assert_eq!(returned.decision.state(), State::Unlicensed);
    let text = returned.text.unwrap();
    assert_eq!(computers.a().offline_return().unwrap().text.unwrap(), text, "the text was lost");
    assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);

    computers.polar.stop();
    let b = computers.b();
    assert_eq!(b.offline_release(&text).unwrap_err().kind(), ErrorKind::Network);
    computers.polar.restart().unwrap();
    assert_eq!(computers.b().offline_release(&text).unwrap().deactivated, Deactivated::Released);
    assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 0);
    assert_eq!(computers.b().offline_release(&text).unwrap().deactivated, Deactivated::Unknown);

    // the license comes back, and the seat with it
    let a = computers.license(DEMO_KEY_ONE_DEVICE);
    assert_eq!(a.current().state(), State::Active);
    assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
}

#[test]
fn an_answer_does_not_bring_back_a_license_that_was_returned() {
    let computers = Computers::new();
    let a = computers.license(DEMO_KEY_ONE_DEVICE);
    let renewal = a.offline_request().unwrap();
    let answer = computers.b().offline_answer(&renewal, DEMO_KEY_ONE_DEVICE).unwrap().text;
    let returned = a.offline_return().unwrap().text.unwrap();
    computers.b().offline_release(&returned).unwrap();
    assert!(refusal(a.offline_import(&answer)).contains("latest request"));
    assert_eq!(computers.a().current().state(), State::Unlicensed);
}

#[test]
fn one_computer_answers_for_several_and_keeps_them_apart() {
    for bound in [false, true] {
        let computers = Computers::new();
        let config = || computers.config().bind_device(bound);
        let another = |id: &str| {
            let builder = Client::builder(config().device_id(id).build().unwrap()).store(Bytes::default());
            builder.clock(computers.clocks[0].clone()).transport(NoNetwork).open().unwrap()
        };
        let b = || open(config(), computers.folders[1].path(), &computers.clocks[1]);
        let keys = [DEMO_KEY_ONE_DEVICE, DEMO_KEY_TWO_DEVICES, DEMO_KEY_TWO_DEVICES];
        let seats: Vec<_> = ["one", "two", "three"]
            .into_iter()
            .zip(keys)
            .map(|(id, key)| {
                let a = another(id);
                let answer = b().offline_answer(&a.offline_request().unwrap(), key).unwrap();
                assert_eq!(answer.decision.problem(), None, "{id}");
                a.offline_import(&answer.text).unwrap().license().unwrap().activation_id.unwrap()
            })
            .collect();
        assert!(seats[0] != seats[1] && seats[1] != seats[2], "{seats:?}");
        assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1, "bound: {bound}");
        assert_eq!(computers.polar.activations(DEMO_KEY_TWO_DEVICES).len(), 2, "bound: {bound}");
        // B's own license is none of theirs
        assert_eq!(b().current().reason(), Some(polar_license::Reason::NoLicense), "bound: {bound}");
    }
}

#[test]
fn a_key_without_seats_returns_nothing() {
    let computers = Computers::new();
    let a = computers.license(DEMO_KEY_PLAIN);
    let returned = a.offline_return().unwrap();
    assert_eq!((returned.decision.state(), returned.text), (State::Unlicensed, None));
    assert_eq!(a.offline_return().unwrap_err().kind(), ErrorKind::NotActivated);
}

#[test]
fn a_lost_return_costs_no_second_seat() {
    let computers = Computers::new();
    computers.license(DEMO_KEY_ONE_DEVICE).offline_return().unwrap();
    let a = computers.license(DEMO_KEY_ONE_DEVICE);
    assert_eq!(a.current().state(), State::Active);
    assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 1);
    // the seat is in use again, so the next return gives up this seat only
    let text = a.offline_return().unwrap().text.unwrap();
    assert_eq!(computers.b().offline_release(&text).unwrap().deactivated, Deactivated::Released);
    assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 0);
}

#[test]
fn another_key_gives_up_the_seat_of_the_first() {
    let computers = Computers::new();
    computers.license(DEMO_KEY_ONE_DEVICE);
    let a = computers.license(DEMO_KEY_TWO_DEVICES);
    // B has the seat of the first key in A's record, and released it with the second activation
    assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 0);
    assert_eq!(computers.polar.activations(DEMO_KEY_TWO_DEVICES).len(), 1);
    let text = a.offline_return().unwrap().text.unwrap();
    computers.b().offline_release(&text).unwrap();
    assert_eq!(computers.polar.activations(DEMO_KEY_TWO_DEVICES).len(), 0);
}

#[test]
fn a_seat_whose_answer_was_lost_is_used_by_the_next_answer() {
    let computers = Computers::new();
    let a = computers.a();
    let request = a.offline_request().unwrap();
    computers.polar.fault(Fault::drop_connection().after_handling().on(Endpoint::Activate).once());
    let error = computers.b().offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap_err();
    assert!(error.maybe_applied() && error.message().contains("may have succeeded"), "{error}");
    let problem = computers.b().offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap().decision;
    assert_eq!(problem.problem().unwrap().kind, ErrorKind::SeatUncertain, "the first seat is not forgotten");
}

/// Begins an operation, and cancels it after Polar has received this number of requests.
fn cancelled<T: Send>(polar: &MockPolar, client: &Client, requests: usize, work: impl FnOnce() -> T + Send) -> T {
    polar.clear_requests();
    std::thread::scope(|scope| {
        let working = scope.spawn(work);
        assert!(polar.wait_for_requests(requests, DAY));
        client.cancel();
        working.join().unwrap()
    })
}

#[test]
fn a_cancelled_answer_ends_at_once_and_its_seat_is_remembered() {
    let computers = Computers::new();
    let (b, request) = (computers.b(), computers.a().offline_request().unwrap());
    computers.polar.fault(Fault::stall().after_handling().on(Endpoint::Activate));
    let answer = || b.offline_answer(&request, DEMO_KEY_TWO_DEVICES);
    let error = cancelled(&computers.polar, &b, 2, answer).unwrap_err();
    assert_eq!((error.kind(), error.maybe_applied()), (ErrorKind::Cancelled, true), "{error}");
    assert_eq!(computers.polar.activations(DEMO_KEY_TWO_DEVICES).len(), 1);
    computers.polar.clear_faults();
    let again = computers.b().offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap().decision;
    assert_eq!(again.problem().unwrap().kind, ErrorKind::SeatUncertain, "the first seat is not forgotten");
    assert_eq!(b.offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap().decision.state(), State::Active);
}

#[test]
fn a_cancelled_release_ends_at_once_and_can_be_repeated() {
    let computers = Computers::new();
    let text = computers.license(DEMO_KEY_ONE_DEVICE).offline_return().unwrap().text.unwrap();
    let b = computers.b();
    computers.polar.fault(Fault::stall().after_handling().on(Endpoint::Deactivate));
    let error = cancelled(&computers.polar, &b, 1, || b.offline_release(&text)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert_eq!(computers.polar.activations(DEMO_KEY_ONE_DEVICE).len(), 0);
    computers.polar.clear_faults();
    assert_eq!(b.offline_release(&text).unwrap().deactivated, Deactivated::Unknown);
}

#[test]
fn a_confirmation_online_makes_it_an_ordinary_license() {
    let computers = Computers::new();
    drop(computers.license(DEMO_KEY_ONE_DEVICE));
    let online = || open(computers.config().device_id("computer A"), computers.folders[0].path(), &computers.clocks[0]);
    assert!(online().refresh().air_gapped());
    let answer = computers.b().offline_answer(&online().offline_request().unwrap(), DEMO_KEY_ONE_DEVICE).unwrap();
    let confirmed = online().validate();
    assert_eq!((confirmed.state(), confirmed.air_gapped()), (State::Active, false));
    assert!(refusal(online().offline_import(&answer.text)).contains("latest request"), "Polar was asked since");
    computers.polar.revoke(DEMO_KEY_ONE_DEVICE);
    assert_eq!(online().validate().state(), State::Denied);
    assert_eq!(computers.a().current().state(), State::Denied);
}

#[test]
fn a_clock_that_is_years_off_costs_the_way_at_most() {
    for years in [-10_i64, 0, 10] {
        let computers = Computers::new();
        let off = DAY * 365 * u32::try_from(years.unsigned_abs()).unwrap();
        // A's clock differs from Polar's by `off`
        if years > 0 {
            computers.clocks[0].advance(off);
        } else {
            computers.clocks[1].advance(off);
            computers.polar.advance_clock(off);
        }
        let a = computers.a();
        let request = a.offline_request().unwrap();
        computers.pass(DAY);
        let answer = computers.b().offline_answer(&request, DEMO_KEY_TWO_DEVICES).unwrap();
        computers.pass(DAY);
        a.offline_import(&answer.text).unwrap();
        computers.pass(DAY * 87);
        assert_eq!(computers.a().current().state(), State::Active, "{years}");
        computers.pass(DAY * 4);
        assert_eq!(computers.a().current().state(), State::Lapsed, "{years}");
    }
}

#[test]
fn the_key_expires_although_the_days_last_longer() {
    let computers = Computers::new();
    let expires = mock_polar::Timestamp::parse("2026-12-21T12:00:00Z").unwrap();
    computers.polar.set_expires_at(DEMO_KEY_TWO_DEVICES, expires);
    let a = computers.license(DEMO_KEY_TWO_DEVICES);
    assert_eq!(a.current().offline_ends_at(), a.current().license().unwrap().expires_at);
    computers.pass(DAY * 31);
    assert_eq!(a.current().state(), State::Expired);
}

#[test]
fn a_folder_that_cannot_be_written_gives_no_request_and_loses_no_license() {
    let computers = Computers::new();
    let a = computers.license(DEMO_KEY_TWO_DEVICES);
    let folder = computers.folders[0].path();
    let moved = folder.with_extension("moved");
    fs::rename(folder, &moved).unwrap();
    fs::write(folder, "not a folder").unwrap();
    assert_eq!(a.offline_request().unwrap_err().kind(), ErrorKind::Storage);
    assert_eq!(a.offline_return().unwrap_err().kind(), ErrorKind::Storage);
    fs::remove_file(folder).unwrap();
    fs::rename(&moved, folder).unwrap();
    assert_eq!(computers.a().current().state(), State::Active);
}
