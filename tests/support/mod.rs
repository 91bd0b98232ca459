//! A device for tests over real HTTP: a directory, a clock that the test moves, and a client that uses both.
#![allow(dead_code, reason = "each test that includes this uses only a part of it")]

pub(crate) mod changes;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mock_polar::{DEMO_BENEFIT_PRO, MockPolar, Timestamp as PolarTime};
use polar_license::blocking::{Client, HttpTransport, Transport};
use polar_license::clock::{Clock, ManualClock};
use polar_license::config::ConfigBuilder;
use polar_license::store::{Durability, Store, StoreError};
use polar_license::time::Now;
use polar_license::transport::{Answer, Request};
use polar_license::{Config, Timestamp};

/// The time at which each test begins, on the device's clock and on Polar's.
const START: &str = "2026-11-21T12:00:00Z";

/// A directory. It is removed when this value is dropped.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the names and contents of all files in the directory. If a file disappears meanwhile, its content counts
    /// as empty.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let paths = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        paths.map(|path| (name(&path), fs::read(&path).unwrap_or_default())).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A store whose bytes the test can read and replace.
#[derive(Clone, Default)]
pub(crate) struct Bytes(pub(crate) Arc<Mutex<Option<Vec<u8>>>>);

impl Store for Bytes {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&self, record: &[u8], _: Durability) -> Result<(), StoreError> {
        *self.0.lock().unwrap() = Some(record.to_vec());
        Ok(())
    }

    fn remove(&self) -> Result<(), StoreError> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
}

/// A clock that the test sets. Every request advances the clock, so that the pace of requests never makes a test wait.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<ManualClock>);

impl TestClock {
    /// Creates the clock, and sets Polar's clock to the same time.
    pub(crate) fn with(polar: &MockPolar) -> Self {
        polar.freeze_clock(PolarTime::parse(START).unwrap());
        Self::new()
    }

    pub(crate) fn new() -> Self {
        Self(Arc::new(ManualClock::new(Timestamp::parse(START).unwrap())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    /// Sets this wall clock: it then differs from the wall clock of `right` by this many ms.
    pub(crate) fn set_error(&self, ms: i64, right: &Self) {
        self.0.set_wall(Timestamp::from_unix_ms(right.now().wall.unix_ms() + ms));
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        self.0.now()
    }
}

/// The real transport. Each request also advances the test's clock.
struct ClockedTransport(TestClock, HttpTransport);

impl Transport for ClockedTransport {
    fn send(&self, request: &Request) -> Answer {
        self.0.advance(Duration::from_millis(600));
        self.1.send(request)
    }
}

/// Returns the configuration of an app that uses this Polar. The device is the same in all tests.
pub(crate) fn app(url: &str, app_id: &str) -> ConfigBuilder {
    Config::builder(mock_polar::DEMO_ORGANIZATION, app_id)
        .environment(url)
        .device_id("a test machine")
        .label("Till 7")
        .feature("export", [DEMO_BENEFIT_PRO])
}

pub(crate) fn open(config: ConfigBuilder, directory: &Path, clock: &TestClock) -> Client {
    Client::builder(config.build().unwrap())
        .directory(directory)
        .clock(clock.clone())
        .transport(ClockedTransport(clock.clone(), HttpTransport::new()))
        .open()
        .unwrap()
}
