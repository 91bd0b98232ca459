//! What the demo runs on: an app on a device, and the local Polar that it asks.

use super::clock::DemoClock;
use mock_polar::{DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION, MockPolar};
use polar_license::blocking::Client;
use polar_license::{Config, Error};
use std::time::Duration;
use tempfile::TempDir;

/// The key that the user buys: for the benefit `pro`, on two devices.
pub(super) const KEY: &str = DEMO_KEY_TWO_DEVICES;

/// The feature that the key's benefit turns on, and one of another benefit.
pub(super) const FEATURES: [(&str, &str); 2] = [("export", DEMO_BENEFIT_PRO), ("sync", DEMO_BENEFIT_BASIC)];

pub(super) struct Scene {
    pub(super) polar: MockPolar,
    pub(super) app: Client,
    config: Config,
    clock: DemoClock,
    directory: TempDir,
}

impl Scene {
    /// A fresh device and a fresh Polar, both gone when this is dropped.
    pub(super) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let (polar, clock, directory) = (MockPolar::start()?, DemoClock::default(), tempfile::tempdir()?);
        let mut config = Config::builder(DEMO_ORGANIZATION, "polar-license-demo").environment(polar.url());
        for (feature, benefit) in FEATURES {
            config = config.feature(feature, [benefit]);
        }
        let config = config.build()?;
        let app = open(&config, &clock, &directory)?;
        Ok(Self { polar, app, config, clock, directory })
    }

    /// The app ends and starts again: it knows only what it has stored.
    pub(super) fn restart_app(&mut self) -> Result<(), Error> {
        self.app = open(&self.config, &self.clock, &self.directory)?;
        Ok(())
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Time passes, for the app as for Polar.
    pub(super) fn pass_days(&self, days: u32) {
        let time = DAY.saturating_mul(days);
        self.clock.advance(time);
        self.polar.advance_clock(time);
    }

    /// Days since the start.
    pub(super) fn day(&self) -> u64 {
        self.clock.ahead().as_secs() / DAY.as_secs()
    }

    /// The seats taken, as Polar sees them.
    pub(super) fn seats(&self) -> usize {
        self.polar.activations(KEY).len()
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn open(config: &Config, clock: &DemoClock, directory: &TempDir) -> Result<Client, Error> {
    Client::builder(config.clone()).directory(directory.path()).clock(clock.clone()).open()
}
