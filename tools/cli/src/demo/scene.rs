//! The setting of the demo: an app on one of the user's computers, and the local Polar to which the app sends its
//! requests.

use super::clock::DemoClock;
use mock_polar::{DEMO_BENEFIT_BASIC, DEMO_BENEFIT_PRO, DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION, MockPolar, NewKey};
use polar_license::blocking::Client;
use polar_license::{Config, ConfigBuilder, Error};
use std::time::Duration;
use tempfile::TempDir;

/// The e-mail address with which the key was bought.
pub(super) const EMAIL: &str = "mira.sandoval@example.com";

/// Two features. The key's benefit turns the first one on. The second one needs another benefit.
pub(super) const FEATURES: [(&str, &str); 2] = [("export", DEMO_BENEFIT_PRO), ("sync", DEMO_BENEFIT_BASIC)];

pub(super) struct Scene {
    pub(super) polar: MockPolar,
    pub(super) app: Client,
    /// The key that the user bought, for the benefit `pro`.
    pub(super) key: String,
    config: Config,
    clock: DemoClock,
    directory: TempDir,
}

impl Scene {
    /// Creates a new device, and a new local Polar that has a key for two devices. Both are removed when the value is
    /// dropped.
    pub(super) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let (polar, clock, directory) = (MockPolar::start()?, DemoClock::default(), tempfile::tempdir()?);
        let config = config(&polar).build()?;
        let app = open(&config, &clock, &directory)?;
        Ok(Self { polar, app, key: DEMO_KEY_TWO_DEVICES.to_owned(), config, clock, directory })
    }

    /// Adds a key for one device, as if the user had bought it.
    pub(super) fn buy_for_one_device(&mut self) {
        self.key = self.polar.add_key(NewKey::new("pro").limit_activations(1).email(EMAIL));
    }

    /// Moves the app to another computer, on which nothing is stored.
    pub(super) fn move_to(&mut self, computer: &str) -> Result<(), Box<dyn std::error::Error>> {
        self.config = config(&self.polar).device_id(computer).label(computer).build()?;
        self.directory = tempfile::tempdir()?;
        self.app = open(&self.config, &self.clock, &self.directory)?;
        Ok(())
    }

    /// Returns the code in the last e-mail.
    pub(super) fn mailed_code(&self) -> Option<String> {
        self.polar.mails().pop()?.code
    }

    /// Restarts the app. Afterwards, the app knows only what it has stored.
    pub(super) fn restart_app(&mut self) -> Result<(), Error> {
        self.app = open(&self.config, &self.clock, &self.directory)?;
        Ok(())
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Lets days pass, for the app and for Polar.
    pub(super) fn pass_days(&self, days: u32) {
        let time = DAY.saturating_mul(days);
        self.clock.advance(time);
        self.polar.advance_clock(time);
    }

    /// Returns the number of days since the start.
    pub(super) fn day(&self) -> u64 {
        self.clock.ahead().as_secs() / DAY.as_secs()
    }

    /// Returns how many seats Polar counts as taken.
    pub(super) fn seats(&self) -> usize {
        self.polar.activations(&self.key).len()
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn config(polar: &MockPolar) -> ConfigBuilder {
    let config = Config::builder(DEMO_ORGANIZATION, "polar-license-demo").environment(polar.url());
    FEATURES.iter().fold(config, |config, (feature, benefit)| config.feature(*feature, [*benefit]))
}

fn open(config: &Config, clock: &DemoClock, directory: &TempDir) -> Result<Client, Error> {
    Client::builder(config.clone()).directory(directory.path()).clock(clock.clone()).open()
}
