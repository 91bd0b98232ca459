//! The app's configuration, parsed once into types that cannot be invalid. All other modules take a [`Config`] and
//! check nothing again.

pub(crate) mod json;

use crate::address::{authority, is_blank, is_loopback};
use crate::codes::ErrorKind;
use crate::error::Error;
use crate::features::{Features, TrialFeatures};
use crate::links::{self, Links, Schemes};
use crate::text::{parse_uuid, printable};
use crate::texts::{self, Texts};
use crate::time::{Date, Timestamp, signed_milliseconds};
use crate::values::{Value, Values};
use litemap::LiteMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A valid configuration. Clones share the same data. [`Config::builder`] starts a configuration, and
/// [`ConfigBuilder::build`] checks and creates it.
///
/// ```
/// use polar_license::Config;
/// use std::time::Duration;
///
/// let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app") // Polar: Settings, General
///     .environment("sandbox")
///     .feature("export", ["b0010000-0000-4000-8000-000000000001"]) // the ids of the benefits that turn it on
///     .offline_grace(Duration::from_secs(30 * 24 * 60 * 60))
///     .build()?;
/// assert_eq!(config.app_id(), "com.acme.app");
///
/// let error = Config::builder("acme", "com.acme.app").build().unwrap_err();
/// assert!(error.detail().contains("is not a UUID"));
/// # Ok::<(), polar_license::Error>(())
/// ```
#[derive(Clone)]
pub struct Config(Arc<Settings>);

#[derive(Clone)]
struct Settings {
    organization: Uuid,
    app_id: String,
    environment: Environment,
    benefits: Vec<Uuid>,
    features: Features,
    bind_device: bool,
    refresh_ms: i64,
    grace_ms: i64,
    air_gap_ms: Option<i64>,
    trial: Option<Trial>,
    timeout_ms: i64,
    label: Option<String>,
    conditions: Values,
    meta: Values,
    device_id: Option<String>,
    app_secret: Option<Secret>,
    previous_app_secrets: Vec<Secret>,
    updates: Option<Updates>,
    links: Links,
    texts: Texts,
}

/// The setting `updates`, which limits the versions of the app that a license includes.
#[derive(Clone, Copy)]
pub(crate) struct Updates {
    /// The number of days after the purchase. The license includes versions that are built within this time.
    days: u32,
    /// The day on which this version was built.
    built: Date,
}

/// The trial that the app offers before the purchase.
#[derive(Clone)]
pub(crate) struct Trial {
    /// The length of the trial.
    pub(crate) ms: i64,
    pub(crate) features: TrialFeatures,
}

/// A secret that is wiped from memory when it is dropped.
type Secret = Zeroizing<String>;

/// The Polar server to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// `https://api.polar.sh`
    Production,
    /// `https://sandbox-api.polar.sh`
    Sandbox,
    /// Another server: `https`, or `http` on a loopback address for tests.
    Url(String),
}

/// Collects the settings of a configuration. Nothing is checked before [`ConfigBuilder::build`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    organization: String,
    benefits: Vec<String>,
    features: LiteMap<String, Vec<String>>,
    refresh_ms: Option<i64>,
    air_gap_days: Option<i64>,
    trial_days: Option<i64>,
    trial_features: Option<Vec<String>>,
    /// The arguments of [`ConfigBuilder::updates`]: the number of days, and the day on which this version was built.
    updates: Option<(i64, String)>,
    texts: Vec<(String, String)>,
    /// The reason why the app's catalogue of sentences could not be read, or `None` if it could.
    texts_fault: Option<String>,
    /// The other settings. `build` checks them, and adds the settings that it parses from the fields above.
    settings: Settings,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A day before the release of this version of the library. A clock that shows an earlier day is wrong.
const BEFORE_THIS_VERSION: Timestamp = Timestamp::from_unix_ms(1_767_225_600_000); // 2026-01-01

/// The name of the condition that binds an activation to its device.
pub(crate) const DEVICE_CONDITION: &str = "device";

/// The member of `meta` that holds an activation's marker: the random digits in its label.
pub(crate) const MARKER_META: &str = "seat";

impl Config {
    /// Starts a configuration. `organization_id` is Polar's id of your organization (Settings, General). `app_id` is a
    /// name, such as `com.acme.app`, that distinguishes this program from your other programs; never change it.
    ///
    /// ```
    /// use polar_license::Config;
    ///
    /// const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
    /// const PRO: &str = "b0010000-0000-4000-8000-000000000001";
    ///
    /// let config = Config::builder(ORGANIZATION, "com.acme.app").feature("export", [PRO]).build()?;
    /// # Ok::<(), polar_license::Error>(())
    /// ```
    pub fn builder(organization_id: impl Into<String>, app_id: impl Into<String>) -> ConfigBuilder {
        ConfigBuilder {
            organization: organization_id.into(),
            benefits: Vec::new(),
            features: LiteMap::new(),
            refresh_ms: None,
            air_gap_days: None,
            trial_days: None,
            trial_features: None,
            updates: None,
            texts: Vec::new(),
            texts_fault: None,
            settings: Settings {
                organization: Uuid::nil(),
                app_id: app_id.into(),
                environment: Environment::Production,
                benefits: Vec::new(),
                features: Features::default(),
                bind_device: true,
                refresh_ms: DAY_MS,
                grace_ms: 14 * DAY_MS,
                air_gap_ms: None,
                trial: None,
                timeout_ms: 10_000,
                label: None,
                conditions: Values::default(),
                meta: Values::default(),
                device_id: None,
                app_secret: None,
                previous_app_secrets: Vec::new(),
                updates: None,
                links: Links::default(),
                texts: Texts::default(),
            },
        }
    }

    /// Returns the organization that sells the keys.
    pub fn organization_id(&self) -> Uuid {
        self.0.organization
    }

    /// Returns the id that distinguishes this app from the vendor's other programs.
    pub fn app_id(&self) -> &str {
        &self.0.app_id
    }

    /// Returns the Polar server to ask.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// Returns how long a confirmation counts as fresh.
    pub fn refresh_interval(&self) -> Duration {
        duration(self.0.refresh_ms)
    }

    /// Returns how long access lasts without a confirmation.
    pub fn offline_grace(&self) -> Duration {
        duration(self.0.grace_ms)
    }

    /// Returns the longest time that `validate` waits.
    pub fn timeout(&self) -> Duration {
        duration(self.0.timeout_ms)
    }

    /// Returns the device id that the app has set, if there is one.
    pub fn device_id(&self) -> Option<&str> {
        self.0.device_id.as_deref()
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    /// Returns the same configuration for another Polar server.
    #[cfg(all(feature = "http", not(all(target_arch = "wasm32", target_os = "unknown"))))]
    pub(crate) fn in_environment(&self, environment: Environment) -> Self {
        Self(Arc::new(Settings { environment, ..(*self.0).clone() }))
    }

    /// Returns the configuration for answering another device's request. It has no `updates`, because that setting
    /// describes the version of the app that runs here. The other device may run an earlier version.
    pub(crate) fn for_device(&self) -> Self {
        Self(Arc::new(Settings { updates: None, ..(*self.0).clone() }))
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.0.texts
    }

    pub(crate) fn timeout_ms(&self) -> u64 {
        self.0.timeout_ms.unsigned_abs()
    }

    pub(crate) fn refresh_ms(&self) -> i64 {
        self.0.refresh_ms
    }

    pub(crate) fn grace_ms(&self) -> i64 {
        self.0.grace_ms
    }

    pub(crate) fn air_gap_ms(&self) -> Option<i64> {
        self.0.air_gap_ms
    }

    pub(crate) fn trial(&self) -> Option<&Trial> {
        self.0.trial.as_ref()
    }

    /// Returns a time that is certainly in the past: a clock that shows an earlier time is wrong. If the configuration
    /// has the day on which this version of the app was built, returns that day. Otherwise returns a day before this
    /// version of the library was released.
    pub(crate) fn certainly_past(&self) -> Timestamp {
        self.0.updates.map_or(BEFORE_THIS_VERSION, |updates| updates.built.start().max(BEFORE_THIS_VERSION))
    }

    pub(crate) fn benefits(&self) -> &[Uuid] {
        &self.0.benefits
    }

    pub(crate) fn features(&self) -> &Features {
        &self.0.features
    }

    pub(crate) fn bind_device(&self) -> bool {
        self.0.bind_device
    }

    pub(crate) fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    pub(crate) fn conditions(&self) -> &Values {
        &self.0.conditions
    }

    pub(crate) fn meta(&self) -> &Values {
        &self.0.meta
    }

    pub(crate) fn updates(&self) -> Option<Updates> {
        self.0.updates
    }

    pub(crate) fn app_secret(&self) -> Option<&str> {
        self.0.app_secret.as_ref().map(|secret| secret.as_str())
    }

    pub(crate) fn previous_app_secrets(&self) -> impl Iterator<Item = &str> {
        self.0.previous_app_secrets.iter().map(|secret| secret.as_str())
    }
}

/// Shows the main settings. Shows no secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("organization_id", &self.0.organization)
            .field("app_id", &self.0.app_id)
            .field("environment", &self.0.environment)
            .field("benefits", &self.0.benefits)
            .field("features", &self.0.features)
            .field("refresh_interval", &self.refresh_interval())
            .field("offline_grace", &self.offline_grace())
            .finish_non_exhaustive()
    }
}

impl Updates {
    /// Returns the last day of updates for a license that was sold at the time `created_at`. The license includes
    /// versions that were built on this day or earlier.
    pub(crate) fn until(self, created_at: Timestamp) -> Date {
        created_at.day().plus_days(self.days)
    }

    /// Returns `true` if this version was built on the day `until` or earlier.
    pub(crate) fn are_included(self, until: Date) -> bool {
        self.built <= until
    }
}

impl Environment {
    /// Returns the address to which the endpoints' paths are appended. It does not end in a slash.
    pub fn base_url(&self) -> &str {
        match self {
            Self::Production => "https://api.polar.sh",
            Self::Sandbox => "https://sandbox-api.polar.sh",
            Self::Url(url) => url,
        }
    }

    fn check(&mut self) -> Result<(), Error> {
        let Self::Url(address) = self else { return Ok(()) };
        let url = address.trim().trim_end_matches('/');
        let secure = url.strip_prefix("https://");
        let fault = match secure.or_else(|| url.strip_prefix("http://")).map(authority) {
            None => {
                "is not `production`, `sandbox` or an address that starts with https://, or for a local Polar with http://"
            }
            Some(authority)
                if authority.is_empty() || url.chars().any(|c| is_blank(c) || matches!(c, '?' | '#' | '@' | '\\')) =>
            {
                "is not a plain address; use one like https://polar.example"
            }
            Some(authority) if secure.is_none() && !is_loopback(authority) => {
                "is not encrypted; use https (http is for loopback addresses in tests)"
            }
            Some(_) => {
                *address = url.to_owned();
                return Ok(());
            }
        };
        Err(invalid(format!("the environment `{}` {fault}", shown(url))))
    }
}

/// Writes the name that the configuration uses: `production`, `sandbox`, or the address.
impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
            Self::Url(url) => url,
        })
    }
}

impl From<&str> for Environment {
    /// Converts the name `production` or `sandbox`, or an address, to an environment.
    fn from(text: &str) -> Self {
        match text {
            "production" => Self::Production,
            "sandbox" => Self::Sandbox,
            url => Self::Url(url.to_owned()),
        }
    }
}

impl From<String> for Environment {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl ConfigBuilder {
    /// Sets the Polar server: `production` (the default), `sandbox`, or the address of another server, which must be
    /// `https` unless it is on this machine.
    pub fn environment(mut self, environment: impl Into<Environment>) -> Self {
        self.settings.environment = environment.into();
        self
    }

    /// Sets the benefits whose keys are accepted. Each benefit is named by its id at Polar. Without this setting, every
    /// key of the organization is accepted.
    pub fn benefits<B: Into<String>>(mut self, benefits: impl IntoIterator<Item = B>) -> Self {
        self.benefits = benefits.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts keys of this benefit, in addition to the benefits that were set before.
    pub fn benefit(mut self, benefit: impl Into<String>) -> Self {
        self.benefits.push(benefit.into());
        self
    }

    /// Adds one of the features of the app. Each feature has the ids of the benefits that turn it on.
    pub fn feature<B: Into<String>>(mut self, name: impl Into<String>, benefits: impl IntoIterator<Item = B>) -> Self {
        self.features.entry(name.into()).or_default().extend(benefits.into_iter().map(Into::into));
        self
    }

    /// Sets whether a seat works only on the device that took it. If so, Polar denies a license that was copied from
    /// another device. Default: true.
    pub fn bind_device(mut self, bind: bool) -> Self {
        self.settings.bind_device = bind;
        self
    }

    /// Sets the time after which Polar is asked to confirm the license again. Default: 24 hours, or `offline_grace` if
    /// that is shorter. At least one second.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.refresh_ms = Some(signed_milliseconds(interval));
        self
    }

    /// Sets the time for which access lasts without a confirmation. Default: 14 days. At most ten years.
    pub fn offline_grace(mut self, grace: Duration) -> Self {
        self.settings.grace_ms = signed_milliseconds(grace);
        self
    }

    /// Sets the number of days for which a license is valid on a computer that is never online. The days count from
    /// Polar's confirmation. At least one day, at most ten years. Requires an app secret, because without one anybody
    /// could forge such a license. Default: such licenses are not permitted.
    pub fn air_gap_days(mut self, days: u32) -> Self {
        self.air_gap_days = Some(days.into());
        self
    }

    /// Sets the number of days for which people can try the app before they buy a license. At least one day, at most a
    /// year. The app starts the trial. A trial exists only on the device, so people who delete the app's data can start
    /// it again. Without this setting, there is no trial.
    pub fn trial_days(mut self, days: u32) -> Self {
        self.trial_days = Some(days.into());
        self
    }

    /// Sets the features that the trial includes. Default: all features of the app.
    pub fn trial_features<F: Into<String>>(mut self, features: impl IntoIterator<Item = F>) -> Self {
        self.trial_features = Some(features.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a feature to those that the trial includes.
    pub fn trial_feature(mut self, feature: impl Into<String>) -> Self {
        self.trial_features.get_or_insert_default().push(feature.into());
        self
    }

    /// Sets the longest time that `validate` waits. Default: 10 seconds. Operations that change something at Polar wait
    /// up to 25 seconds longer, because Polar may take 30 seconds to answer and a lost answer can cost a seat.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout_ms = signed_milliseconds(timeout);
        self
    }

    /// Sets the label of an activation, which the vendor and the customer see. Default: the system, the day, and a word
    /// with random digits. Polar shows the label in its portals, so put no personal data into it.
    ///
    /// The default looks like `Debian 12 · 2026-11-21 · otter 7F2B`. It never contains the name of the host or of the
    /// user.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.settings.label = Some(label.into());
        self
    }

    /// Adds one of the conditions that Polar stores with an activation. Each request that asks Polar about the license
    /// sends the conditions again. If they differ from the stored conditions, Polar denies the license, so any change
    /// ends existing activations. Up to 49 conditions are allowed; the name `device` is reserved. To restrict a key to
    /// certain versions, use `benefits`. Numbers must be whole and at most 9007199254740991.
    pub fn condition(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.conditions.insert(name, value);
        self
    }

    /// Adds one of the notes that Polar stores with an activation. Up to 49 are allowed; the name `seat` is reserved.
    /// Numbers must be whole and at most 9007199254740991.
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.meta.insert(name, value);
        self
    }

    /// Sets an identifier for this device, which replaces the identifier that the library finds. Your identifier is
    /// hashed before it is used.
    pub fn device_id(mut self, id: impl Into<String>) -> Self {
        self.settings.device_id = Some(id.into());
        self
    }

    /// Sets a secret that is compiled into the app and seals the record. It keeps others from forging a record, as long
    /// as nobody reads the secret from the app's code.
    pub fn app_secret(mut self, secret: impl Into<String>) -> Self {
        self.settings.app_secret = Some(Secret::new(secret.into()));
        self
    }

    /// Sets the secrets of earlier versions of the app. Records that were sealed with one of them can still be opened,
    /// and are sealed again with the current secret. An empty string stands for versions without a secret.
    pub fn previous_app_secrets<S: Into<String>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.settings.previous_app_secrets = secrets.into_iter().map(Into::into).map(Secret::new).collect();
        self
    }

    /// Adds the secret of one earlier version. See [`ConfigBuilder::previous_app_secrets`].
    pub fn previous_app_secret(mut self, secret: impl Into<String>) -> Self {
        self.settings.previous_app_secrets.push(Secret::new(secret.into()));
        self
    }

    /// Sets the versions of the app that a license includes: only versions that were built within `days` days after the
    /// purchase. A version that was built later gets no access, and the reason is
    /// [`updates_ended`](crate::Reason::UpdatesEnded). Default: a license includes every version.
    ///
    /// `built` is the day on which this version was built, such as `2026-11-21`. A date and time in the format of RFC
    /// 3339 is also accepted; its day in UTC counts.
    ///
    /// The device's clock does not matter, because `built` is compared with the day on which Polar created the key.
    /// This day stays the same when the key is rotated. A build script can set `built`. For that, the script needs this
    /// crate as a build dependency, without its default features:
    ///
    /// ```
    /// // in `main` of build.rs
    /// println!("cargo::rustc-env=BUILT={}", polar_license::Date::from(std::time::SystemTime::now()));
    /// ```
    ///
    /// ```ignore
    /// let config = Config::builder(ORGANIZATION, "com.acme.app").updates(365, env!("BUILT")).build()?;
    /// ```
    pub fn updates(mut self, days: u32, built: impl Into<String>) -> Self {
        self.updates = Some((days.into(), built.into()));
        self
    }

    /// Sets the page for buying or renewing a license: an `https` address. It is the
    /// [`next_url`](crate::Decision::next_url) of a decision or an error if the next step is to buy or renew a license,
    /// or to enter a key.
    pub fn purchase_url(mut self, url: impl Into<String>) -> Self {
        self.settings.links.purchase = Some(url.into().into());
        self
    }

    /// Sets the page on which customers see and remove their devices, such as your organization's customer portal at
    /// Polar: an `https` address. It is the [`next_url`](crate::Decision::next_url) of a decision or an error if the
    /// next step is to manage devices.
    pub fn portal_url(mut self, url: impl Into<String>) -> Self {
        self.settings.links.portal = Some(url.into().into());
        self
    }

    /// Sets the way to contact the vendor: an `https` address, or an e-mail address with `mailto:`. It is the
    /// [`next_url`](crate::Decision::next_url) of a decision or an error if the next step is to contact the vendor.
    pub fn support_url(mut self, url: impl Into<String>) -> Self {
        self.settings.links.support = Some(url.into().into());
        self
    }

    /// Adds the sentences of a JSON object to the sentences that replace the English ones. Each sentence is named by
    /// its code. `texts/en.json` has all codes with the English sentences, and `texts/de.json` has the German
    /// sentences. The sentences of the customer portal are in `texts/portal.en.json` and `texts/portal.de.json`; only
    /// builds with the portal accept them. Placeholders in braces, such as `{key}`, are filled in; a sentence may omit
    /// them.
    ///
    /// ```
    /// # let config = polar_license::Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app");
    /// let config = config.texts(r#"{ "state.active": "Die Lizenz ist aktiv." }"#).build()?;
    /// # Ok::<(), polar_license::Error>(())
    /// ```
    pub fn texts(mut self, catalogue: &str) -> Self {
        match json::texts(catalogue) {
            Ok(texts) => self.texts.extend(texts),
            Err(fault) => self.texts_fault = Some(fault),
        }
        self
    }

    /// Replaces the English sentence that has this code. See [`ConfigBuilder::texts`].
    pub fn text(mut self, code: impl Into<String>, sentence: impl Into<String>) -> Self {
        self.texts.push((code.into(), sentence.into()));
        self
    }

    /// Checks all settings, and returns the configuration.
    ///
    /// # Errors
    /// Fails with `invalid_config`. The error says which setting is wrong and what it should be.
    pub fn build(mut self) -> Result<Config, Error> {
        self.check()?;
        Ok(Config(Arc::new(self.settings)))
    }

    /// Checks the settings, and adds the settings that are derived from others.
    fn check(&mut self) -> Result<(), Error> {
        let settings = &mut self.settings;
        settings.refresh_ms = self.refresh_ms.unwrap_or(DAY_MS.min(settings.grace_ms));
        check_app_id(&settings.app_id)?;
        check_times(settings)?;
        check_values("conditions", &settings.conditions, DEVICE_CONDITION)?;
        check_values("meta", &settings.meta, MARKER_META)?;
        check_texts("label", settings.label.iter(), 1)?;
        check_texts("device id", settings.device_id.iter(), 1)?;
        check_texts("app secret", settings.app_secret.iter().map(|secret| &**secret), 1)?;
        // an empty string stands for versions that had no secret
        check_texts("previous app secret", settings.previous_app_secrets.iter().map(|secret| &**secret), 0)?;
        settings.organization = parse_id("organization id", &self.organization)?;
        settings.environment.check()?;
        if let Some(fault) = &self.texts_fault {
            return Err(invalid(fault.as_str()));
        }
        settings.texts = Texts::new(&self.texts).map_err(|fault| invalid(describe(&fault)))?;
        settings.air_gap_ms = self.air_gap_days.map(parse_air_gap).transpose()?;
        if settings.air_gap_ms.is_some() && settings.app_secret.is_none() {
            return Err(invalid(
                "the setting `air_gap_days` requires an app secret, since anybody could forge an answer",
            ));
        }
        settings.updates = self.updates.as_ref().map(parse_updates).transpose()?;
        check_link("purchase", &mut settings.links.purchase, Schemes::Web)?;
        check_link("portal", &mut settings.links.portal, Schemes::Web)?;
        check_link("support", &mut settings.links.support, Schemes::WebOrMail)?;
        settings.benefits = parse_ids("benefit", &self.benefits)?;
        settings.features = parse_features(&self.features)?;
        settings.trial = parse_trial(self.trial_days, self.trial_features.as_deref(), &settings.features)?;
        Ok(())
    }
}

/// Converts a setting in milliseconds, which is never negative, to a duration.
fn duration(ms: i64) -> Duration {
    Duration::from_millis(ms.unsigned_abs())
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

/// Makes a setting safe to show in a message, and shortens it to a recognizable part.
fn shown(setting: &str) -> String {
    const MOST: usize = 200;
    let mut shown = printable(&setting.chars().take(MOST).collect::<String>());
    if setting.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn parse_features(features: &LiteMap<String, Vec<String>>) -> Result<Features, Error> {
    let mut parsed = LiteMap::new();
    for (name, benefits) in features {
        if name.is_empty() || benefits.is_empty() {
            return Err(invalid(format!("the feature `{}` needs a name and at least one benefit id", shown(name))));
        }
        let setting = format!("benefit of the feature `{}`", shown(name));
        parsed.insert(name.clone(), parse_ids(&setting, benefits)?);
    }
    Ok(Features::new(parsed))
}

fn parse_ids(setting: &str, ids: &[String]) -> Result<Vec<Uuid>, Error> {
    ids.iter().map(|id| parse_id(setting, id)).collect()
}

/// Parses a UUID of version 4. Polar answers 422 to every other version.
fn parse_id(setting: &str, text: &str) -> Result<Uuid, Error> {
    parse_uuid(text.trim())
        .filter(|id| id.get_version_num() == 4 && id.get_variant() == uuid::Variant::RFC4122)
        .ok_or_else(|| {
            let text = shown(text);
            invalid(format!("the {setting} `{text}` is not a UUID of version 4; copy it from Polar's dashboard"))
        })
}

fn parse_air_gap(days: i64) -> Result<i64, Error> {
    const TEN_YEARS: i64 = 3_660;
    let days = Some(days).filter(|days| (1..=TEN_YEARS).contains(days));
    let days = days.ok_or_else(|| invalid("the days of the air gap are not between 1 and 3660; 365 are usual"))?;
    Ok(days.saturating_mul(DAY_MS))
}

fn parse_trial(days: Option<i64>, features: Option<&[String]>, configured: &Features) -> Result<Option<Trial>, Error> {
    const A_YEAR: i64 = 366;
    let Some(days) = days else {
        let fault = "the setting `trial_features` has no effect without `trial_days`; set the days of the trial too";
        return if features.is_some() { Err(invalid(fault)) } else { Ok(None) };
    };
    if !(1..=A_YEAR).contains(&days) {
        return Err(invalid("the days of the trial are not between 1 and 366; 14 are usual"));
    }
    if let Some(unknown) = features.unwrap_or_default().iter().find(|name| !configured.names(name)) {
        return Err(invalid(format!("the trial names the feature `{}`, which is not configured", shown(unknown))));
    }
    let features = features.map_or(TrialFeatures::All, |names| TrialFeatures::Named(names.into()));
    Ok(Some(Trial { ms: days.saturating_mul(DAY_MS), features }))
}

fn parse_updates((days, built): &(i64, String)) -> Result<Updates, Error> {
    const A_CENTURY: i64 = 36_525;
    let days = Some(*days).filter(|days| (1..=A_CENTURY).contains(days)).and_then(|days| u32::try_from(days).ok());
    let days = days.ok_or_else(|| invalid("the days of the updates are not between 1 and 36525; 365 are usual"))?;
    let built = Date::parse(built.trim()).ok_or_else(|| {
        invalid(format!(
            "the build date `{}` is not a day like `2026-11-21`; set it when the app is built",
            shown(built)
        ))
    })?;
    Ok(Updates { days, built })
}

fn check_app_id(app_id: &str) -> Result<(), Error> {
    let valid = (1..=100).contains(&app_id.len()) && !app_id.chars().any(is_blank);
    if valid { Ok(()) } else { Err(invalid(format!("the app id `{}` should look like `com.acme.app`", shown(app_id)))) }
}

fn check_times(settings: &Settings) -> Result<(), Error> {
    const TEN_YEARS_MS: i64 = 3660 * DAY_MS;
    let Settings { refresh_ms, grace_ms, timeout_ms, .. } = *settings;
    let fault = if refresh_ms < 1000 {
        "the refresh interval is shorter than one second; 24 hours is usual"
    } else if grace_ms < refresh_ms {
        "the offline grace is shorter than the refresh interval, so every pause would lock users out"
    } else if grace_ms > TEN_YEARS_MS {
        "the offline grace is longer than ten years"
    } else if !(100..=300_000).contains(&timeout_ms) {
        "the timeout is not between 0.1 and 300 seconds; 10 seconds is usual"
    } else {
        return Ok(());
    };
    Err(invalid(fault))
}

fn check_values(setting: &str, values: &Values, reserved: &str) -> Result<(), Error> {
    if values.contains(reserved) {
        return Err(invalid(format!("the name `{reserved}` in {setting} is used by the library; choose another")));
    }
    if values.len() >= Values::MAX {
        let count = values.len();
        return Err(invalid(format!("{setting} has {count} entries; 49 fit beside the library's own")));
    }
    match values.problem() {
        Some(problem) => Err(invalid(format!("{setting}: {}", shown(&problem)))),
        None => Ok(()),
    }
}

fn check_texts<'a>(setting: &str, texts: impl Iterator<Item = &'a String>, least: usize) -> Result<(), Error> {
    for text in texts {
        if !(least..=500).contains(&text.len()) || text.contains('\0') {
            return Err(invalid(format!("the {setting} is empty, longer than 500 bytes, or has a NUL in it")));
        }
    }
    Ok(())
}

fn describe(fault: &texts::Fault) -> String {
    match fault {
        texts::Fault::NoSuchCode { code } => {
            format!("there is no text `{}`; the English files in texts/ list them", shown(code))
        }
        texts::Fault::Empty { text } => {
            format!("the text `{}` is empty or has a NUL in it; leave it out to show the English one", text.code())
        }
        texts::Fault::NoSuchPlaceholder { text, name } => {
            let (code, name) = (text.code(), shown(name));
            format!("the text `{code}` has no placeholder `{{{name}}}`; its English shows those that it has")
        }
    }
}

fn check_link(name: &str, link: &mut Option<Arc<str>>, schemes: Schemes) -> Result<(), Error> {
    let Some(text) = link.as_deref().map(str::trim) else { return Ok(()) };
    if let Some(fault) = links::fault(text, schemes) {
        return Err(invalid(format!("the {name} URL `{}` {fault}", shown(text))));
    }
    *link = Some(text.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::NextStep;
    use crate::texts::Text;

    const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn message(builder: ConfigBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        error.to_string()
    }

    fn valid() -> ConfigBuilder {
        Config::builder(ORGANIZATION, "com.acme.app")
    }

    #[test]
    fn defaults() {
        let config = valid().build().unwrap();
        assert_eq!(config.environment().base_url(), "https://api.polar.sh");
        assert_eq!(config.refresh_interval(), DAY);
        assert_eq!(config.offline_grace(), 14 * DAY);
        assert!(config.bind_device());
    }

    #[test]
    fn a_short_grace_shortens_the_default_interval() {
        let config = valid().offline_grace(Duration::from_secs(60)).build().unwrap();
        assert_eq!(config.refresh_interval(), Duration::from_secs(60));
    }

    #[test]
    fn a_trial_has_days_and_configured_features() {
        for (builder, expected) in [
            (valid().trial_days(0), "days of the trial are not between 1 and 366"),
            (valid().trial_days(367), "days of the trial are not between 1 and 366"),
            (valid().trial_feature("export"), "`trial_features` has no effect without `trial_days`"),
            (valid().trial_days(14).trial_feature("exprot"), "the trial names the feature `exprot`, which is not"),
        ] {
            let error = builder.build().unwrap_err();
            assert!(error.detail().contains(expected), "{error}");
        }
    }

    #[test]
    fn the_error_names_the_wrong_setting() {
        let hour = Duration::from_secs(3600);
        let cases = [
            (Config::builder("acme", "com.acme.app"), "organization id `acme`"),
            (Config::builder("00000000-0000-0000-0000-000000000000", "a"), "organization id"),
            (Config::builder(ORGANIZATION, ""), "app id"),
            (valid().benefits(["pro"]), "benefit `pro`"),
            (valid().feature("export", ["pro"]), "feature `export`"),
            (valid().feature("export", [""; 0]), "at least one benefit"),
            (valid().refresh_interval(Duration::ZERO), "refresh interval"),
            (valid().refresh_interval(2 * hour).offline_grace(hour), "offline grace"),
            (valid().offline_grace(Duration::MAX), "ten years"),
            (valid().timeout(Duration::ZERO), "timeout"),
            (valid().condition("device", "x"), "`device`"),
            (
                valid().condition("n", i64::MAX),
                "conditions: `n` must be a string, a whole number up to 9007199254740991",
            ),
            (valid().meta("seat", "x"), "`seat`"),
            (valid().app_secret(""), "app secret"),
            (valid().air_gap_days(365), "`air_gap_days` requires an app secret"),
            (valid().app_secret("hush").air_gap_days(0), "days of the air gap are not between 1 and 3660"),
            (valid().app_secret("hush").air_gap_days(3_661), "days of the air gap are not between 1 and 3660"),
            (valid().updates(0, "2026-11-21"), "days of the updates are not between 1 and 36525"),
            (valid().updates(36_526, "2026-11-21"), "days of the updates are not between 1 and 36525"),
            (valid().updates(365, ""), "the build date `` is not a day like `2026-11-21`"),
            (valid().updates(365, "Nov 21 2026"), "the build date `Nov 21 2026` is not a day"),
            (valid().environment("http://polar.example"), "not encrypted"),
            (valid().environment("http://127.0.0.1.example"), "not encrypted"),
            (valid().environment("http://1270.0.0.1"), "not encrypted"),
            (valid().environment("http://localhost.polar.example"), "not encrypted"),
            (valid().environment("http://localhost@polar.example"), "plain address"),
            (valid().environment("ftp://polar.example"), "https://"),
            (valid().environment("https:///"), "starts with https://"),
            (valid().texts("[]"), "the texts are not a JSON object"),
            (valid().texts(r#"{"state.active": 3}"#), "the text `state.active` must be a string"),
            (valid().text("state.activ", "x"), "there is no text `state.activ`; the English files in texts/ list them"),
            (valid().text("state.active", " "), "the text `state.active` is empty"),
            (
                valid().text("state.active", "{count}"),
                "the text `state.active` has no placeholder `{count}`; its English shows those",
            ),
            (
                valid().text("error.seat_uncertain", "{key} {name}"),
                "`error.seat_uncertain` has no placeholder `{name}`",
            ),
            (
                valid().purchase_url("acme.example"),
                "the purchase URL `acme.example` is not a web address; use one like",
            ),
            (valid().portal_url("http://acme.example"), "the portal URL `http://acme.example` is not encrypted"),
            (valid().portal_url("mailto:help@acme.example"), "the portal URL `mailto:help@acme.example` is not a web"),
            (valid().support_url("help@acme.example"), "mailto:support@acme.example"),
        ];
        for (builder, expected) in cases {
            let message = message(builder);
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_loopback_address_may_be_unencrypted() {
        for url in [
            "http://127.0.0.1:8080/",
            "http://localhost:1",
            "http://[::1]:9",
            "http://[::1]",
            "https://polar.example/base/",
        ] {
            let config = valid().environment(url).build().unwrap();
            assert_eq!(config.environment().base_url(), url.trim_end_matches('/'));
        }
    }

    #[test]
    fn links_are_trimmed() {
        let builder = valid().purchase_url(" https://acme.example/buy\n").support_url("mailto:help@acme.example");
        let config = builder.build().unwrap();
        assert_eq!(config.links().of(NextStep::Renew), Some("https://acme.example/buy"));
        assert_eq!(config.links().of(NextStep::ContactVendor), Some("mailto:help@acme.example"));
        assert_eq!(config.links().of(NextStep::ManageDevices), None);
    }

    #[test]
    fn the_last_text_of_a_code_counts() {
        let builder =
            valid().texts(r#"{"state.active": "Eins.", "state.expired": "Zwei."}"#).text("state.active", "Drei.");
        let config = builder.build().unwrap();
        let texts = [Text::Active, Text::Expired, Text::Lapsed].map(|text| config.texts().get(text));
        assert_eq!(texts, ["Drei.", "Zwei.", Text::Lapsed.english()]);
    }

    #[test]
    fn a_message_shortens_a_huge_setting() {
        let message =
            Config::builder(ORGANIZATION, "a").environment("x".repeat(3_000_000)).build().unwrap_err().to_string();
        assert!(message.len() < 500 && message.contains("x…`"), "{message}");
        let message = valid().feature("f".repeat(3_000_000), ["pro"]).build().unwrap_err().to_string();
        assert!(message.len() < 500 && message.contains("f…`"), "{message}");
        let secret = "s".repeat(501);
        let message = valid().previous_app_secrets([secret]).build().unwrap_err().to_string();
        assert_eq!(message, "the previous app secret is empty, longer than 500 bytes, or has a NUL in it");
    }

    #[test]
    fn single_values_are_added_to_those_before() {
        let other = "b0020000-0000-4000-8000-000000000002";
        let builder = valid().benefits([ORGANIZATION]).benefit(other);
        let config = builder.previous_app_secrets(["first"]).previous_app_secret("second").build().unwrap();
        assert_eq!(config.benefits().iter().map(Uuid::to_string).collect::<Vec<_>>(), [ORGANIZATION, other]);
        assert_eq!(config.previous_app_secrets().collect::<Vec<_>>(), ["first", "second"]);
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = valid().app_secret("hush-hush").previous_app_secrets(["older-hush"]).build().unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }
}
