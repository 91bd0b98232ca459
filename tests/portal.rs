//! The customer portal as an app's developer uses it, over real HTTP to a local Polar. These tests cover what the
//! scenarios in `tests/scenarios/portal` cannot express.
#![cfg(all(feature = "http", feature = "portal"))]
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

#[path = "portal/at_once.rs"]
mod at_once;
#[path = "portal/book.rs"]
mod book;
#[path = "portal/boundary.rs"]
mod boundary;
#[path = "portal/changes.rs"]
mod changes;
#[path = "portal/devices.rs"]
mod devices;
#[path = "portal/success_page.rs"]
mod success_page;
#[path = "portal/typed.rs"]
mod typed;

use mock_polar::{MockPolar, NewKey};
use polar_license::blocking::{Client, Session};
use polar_license::portal::{CodeRequest, Restored};
use polar_license::{ConfigBuilder, Decision};
use support::{Directory, TestClock, app, open};

const EMAIL: &str = "iona.larkspur@example.com";

/// A customer's machine on which an app runs, and Polar.
struct Story {
    polar: MockPolar,
    clock: TestClock,
    directory: Directory,
    client: Client,
}

impl Story {
    fn begin() -> Self {
        Self::with(MockPolar::start().unwrap())
    }

    fn with(polar: MockPolar) -> Self {
        Self::configured(polar, |config| config)
    }

    fn configured(polar: MockPolar, configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        let (clock, directory) = (TestClock::with(&polar), Directory::new());
        let client = open(configure(app(&polar.url(), "com.example.app")), directory.path(), &clock);
        Self { polar, clock, directory, client }
    }

    /// Advances this machine's clock and Polar's clock.
    fn pass(&self, time: std::time::Duration) {
        self.clock.advance(time);
        self.polar.advance_clock(time);
    }

    fn bought(&self, key: NewKey) -> String {
        self.polar.add_key(key.email(EMAIL))
    }

    /// Activates the key on another machine.
    fn active_elsewhere(&self, key: &str, label: &str) {
        let elsewhere = Directory::new();
        let config = app(&self.polar.url(), "com.example.app").device_id(label).label(label);
        let _: Decision = open(config, elsewhere.path(), &self.clock).activate(key).unwrap();
        self.pass(std::time::Duration::from_secs(2));
    }

    /// Returns the code in the newest mail.
    fn code(&self) -> String {
        self.polar.mails().last().unwrap().code.clone().unwrap()
    }

    fn session(&self) -> Session {
        self.session_of(EMAIL)
    }

    fn session_of(&self, email: &str) -> Session {
        let requested = self.client.portal().request_code(email).unwrap();
        assert!(matches!(requested, CodeRequest::Sent(_)), "{requested:?}");
        self.client.portal().authenticate(&self.code()).unwrap()
    }
}

#[track_caller]
fn licensed(restored: Restored) -> Decision {
    match restored {
        Restored::Licensed(decision) => *decision,
        other @ (Restored::Choose(_) | Restored::NoSeat(_)) => panic!("{other:?}"),
    }
}
