//! What an app configures, parsed once into types that cannot be wrong. Everything below takes a [`Config`] and
//! checks nothing again.

use crate::error::{Error, ErrorKind};
use crate::values::{Value, Values};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A valid configuration; cheap to clone. Made by [`Config::new`] and [`ConfigBuilder::build`].
#[derive(Clone)]
pub struct Config(Arc<Settings>);

#[derive(Clone)]
struct Settings {
    organization: Uuid,
    app_id: String,
    environment: Environment,
    benefits: Vec<Uuid>,
    features: BTreeMap<String, Vec<Uuid>>,
    bind_device: bool,
    refresh_interval: Duration,
    offline_grace: Duration,
    timeout: Duration,
    label: Option<String>,
    conditions: Values,
    meta: Values,
    device_id: Option<String>,
    app_secret: Option<String>,
    previous_app_secrets: Vec<String>,
}

/// Which Polar to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// `https://api.polar.sh`
    Production,
    /// `https://sandbox-api.polar.sh`
    Sandbox,
    /// Another server: `https`, or `http` on a loopback address for tests.
    Url(String),
}

/// Collects the configuration; nothing is checked before [`ConfigBuilder::build`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    organization: String,
    app_id: String,
    environment: Environment,
    benefits: Vec<String>,
    features: BTreeMap<String, Vec<String>>,
    bind_device: bool,
    refresh_interval: Option<Duration>,
    offline_grace: Duration,
    timeout: Duration,
    label: Option<String>,
    conditions: Values,
    meta: Values,
    device_id: Option<String>,
    app_secret: Option<String>,
    previous_app_secrets: Vec<String>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The name of the condition that binds an activation to its device.
pub(crate) const DEVICE_CONDITION: &str = "device";

/// The name in `meta` of the random part of the label.
pub(crate) const SEAT_META: &str = "seat";

impl Config {
    /// Starts a configuration. `organization_id` is Polar's (Settings, General); `app_id` names this program among
    /// the vendor's, such as `com.acme.app`, and never changes.
    ///
    /// ```
    /// use polar_license::Config;
    ///
    /// const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";
    /// const PRO: &str = "b0010000-0000-4000-8000-000000000001";
    ///
    /// let config = Config::new(ORGANIZATION, "com.acme.app").feature("export", [PRO]).build()?;
    /// # Ok::<(), polar_license::Error>(())
    /// ```
    #[expect(clippy::new_ret_no_self, reason = "the short call site is worth more than the convention")]
    pub fn new(organization_id: impl Into<String>, app_id: impl Into<String>) -> ConfigBuilder {
        ConfigBuilder {
            organization: organization_id.into(),
            app_id: app_id.into(),
            environment: Environment::Production,
            benefits: Vec::new(),
            features: BTreeMap::new(),
            bind_device: true,
            refresh_interval: None,
            offline_grace: DAY.saturating_mul(14),
            timeout: Duration::from_secs(10),
            label: None,
            conditions: Values::default(),
            meta: Values::default(),
            device_id: None,
            app_secret: None,
            previous_app_secrets: Vec::new(),
        }
    }

    /// The organization that sells the keys.
    pub fn organization_id(&self) -> Uuid {
        self.0.organization
    }

    /// The app's name among the vendor's.
    pub fn app_id(&self) -> &str {
        &self.0.app_id
    }

    /// Which Polar is asked.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// How long a confirmation counts as fresh.
    pub fn refresh_interval(&self) -> Duration {
        self.0.refresh_interval
    }

    /// How long access lasts without a confirmation.
    pub fn offline_grace(&self) -> Duration {
        self.0.offline_grace
    }

    /// How long `validate` waits at most.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// The app's own device id, where it sets one.
    pub fn device_id(&self) -> Option<&str> {
        self.0.device_id.as_deref()
    }

    pub(crate) fn benefits(&self) -> &[Uuid] {
        &self.0.benefits
    }

    pub(crate) fn features(&self) -> &BTreeMap<String, Vec<Uuid>> {
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

    pub(crate) fn app_secret(&self) -> Option<&str> {
        self.0.app_secret.as_deref()
    }

    pub(crate) fn previous_app_secrets(&self) -> &[String] {
        &self.0.previous_app_secrets
    }
}

/// Without the secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("organization_id", &self.0.organization)
            .field("app_id", &self.0.app_id)
            .field("environment", &self.0.environment)
            .field("benefits", &self.0.benefits)
            .field("features", &self.0.features)
            .field("refresh_interval", &self.0.refresh_interval)
            .field("offline_grace", &self.0.offline_grace)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// The address that the endpoints' paths are appended to, without a slash at its end.
    pub fn base_url(&self) -> &str {
        match self {
            Self::Production => "https://api.polar.sh",
            Self::Sandbox => "https://sandbox-api.polar.sh",
            Self::Url(url) => url,
        }
    }

    fn check(self) -> Result<Self, Error> {
        let Self::Url(url) = &self else { return Ok(self) };
        let url = url.trim().trim_end_matches('/');
        let invalid = |what: &str| Err(invalid(format!("the environment `{url}` {what}")));
        let (host, secure) = if let Some(rest) = url.strip_prefix("https://") {
            (authority(rest), true)
        } else if let Some(rest) = url.strip_prefix("http://") {
            (authority(rest), false)
        } else {
            return invalid("is not `production`, `sandbox` or an address that starts with https://");
        };
        if host.is_empty() || url.contains(|c: char| c.is_whitespace() || c.is_control() || "?#@\\".contains(c)) {
            return invalid("is not a plain address; use one like https://polar.example");
        }
        if !secure && !is_loopback(host) {
            return invalid("is not encrypted; use https (http is for loopback addresses in tests)");
        }
        Ok(Self::Url(url.to_owned()))
    }
}

impl From<&str> for Environment {
    /// `production`, `sandbox`, or else an address.
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

fn authority(rest: &str) -> &str {
    rest.split('/').next().unwrap_or_default()
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl ConfigBuilder {
    /// Which Polar to ask: `"production"` (the default), `"sandbox"`, or the address of another server.
    pub fn environment(mut self, environment: impl Into<Environment>) -> Self {
        self.environment = environment.into();
        self
    }

    /// Accepts only keys of these benefits. Without, every key of the organization is accepted.
    pub fn benefits<B: Into<String>>(mut self, benefits: impl IntoIterator<Item = B>) -> Self {
        self.benefits = benefits.into_iter().map(Into::into).collect();
        self
    }

    /// Names a feature and the benefits that turn it on.
    pub fn feature<B: Into<String>>(mut self, name: impl Into<String>, benefits: impl IntoIterator<Item = B>) -> Self {
        self.features.entry(name.into()).or_default().extend(benefits.into_iter().map(Into::into));
        self
    }

    /// Whether a seat belongs to the device that took it, so that a copied record is refused by Polar. Default: yes.
    pub fn bind_device(mut self, bind: bool) -> Self {
        self.bind_device = bind;
        self
    }

    /// How long a confirmation counts as fresh before Polar is asked again. Default: 24 hours, or `offline_grace`
    /// where that is shorter. At least one second.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.refresh_interval = Some(interval);
        self
    }

    /// How long access lasts without a confirmation. Default: 14 days. At most ten years.
    pub fn offline_grace(mut self, grace: Duration) -> Self {
        self.offline_grace = grace;
        self
    }

    /// How long `validate` waits at most. Default: 10 seconds. Operations that change something at Polar wait 25
    /// seconds longer, since Polar can hold an answer for 30 s and a cut one costs a seat.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the vendor and the customer see beside an activation. Default: like `Debian 12 · 2026-11-21 · 7F3A`:
    /// system, day and a random part; never the name of the host or the user. Polar shows it in its portals, so
    /// put no personal data into it.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// A condition that Polar stores with an activation and compares at every validate. Changing conditions ends
    /// existing activations, since Polar compares all of them as a whole: to gate versions use `benefits`.
    pub fn condition(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.conditions.insert(name, value);
        self
    }

    /// A note that Polar stores with an activation.
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.insert(name, value);
        self
    }

    /// What identifies this device instead of the operating system's machine id. It is hashed before it is used.
    pub fn device_id(mut self, id: impl Into<String>) -> Self {
        self.device_id = Some(id.into());
        self
    }

    /// A secret compiled into the app that the record is sealed with, so that a script cannot forge it without
    /// taking the app apart.
    pub fn app_secret(mut self, secret: impl Into<String>) -> Self {
        self.app_secret = Some(secret.into());
        self
    }

    /// Secrets of earlier versions; records sealed with them still open and are sealed afresh.
    pub fn previous_app_secrets<S: Into<String>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.previous_app_secrets = secrets.into_iter().map(Into::into).collect();
        self
    }

    /// Checks everything. The error says which setting is wrong and what it should be.
    pub fn build(self) -> Result<Config, Error> {
        let refresh_interval = self.refresh_interval.unwrap_or(DAY.min(self.offline_grace));
        check_app_id(&self.app_id)?;
        check_times(refresh_interval, self.offline_grace, self.timeout)?;
        check_values("conditions", &self.conditions, DEVICE_CONDITION)?;
        check_values("meta", &self.meta, SEAT_META)?;
        check_text("label", self.label.as_deref())?;
        check_text("device_id", self.device_id.as_deref())?;
        check_text("app_secret", self.app_secret.as_deref())?;
        let features = self.features.into_iter().map(|(name, benefits)| {
            if name.is_empty() || benefits.is_empty() {
                return Err(invalid(format!("the feature `{name}` needs a name and at least one benefit id")));
            }
            let setting = format!("benefit of the feature `{name}`");
            Ok((name, parse_ids(&setting, &benefits)?))
        });
        Ok(Config(Arc::new(Settings {
            organization: parse_id("organization_id", &self.organization)?,
            app_id: self.app_id,
            environment: self.environment.check()?,
            benefits: parse_ids("benefit", &self.benefits)?,
            features: features.collect::<Result<_, Error>>()?,
            bind_device: self.bind_device,
            refresh_interval,
            offline_grace: self.offline_grace,
            timeout: self.timeout,
            label: self.label,
            conditions: self.conditions,
            meta: self.meta,
            device_id: self.device_id,
            app_secret: self.app_secret,
            previous_app_secrets: self.previous_app_secrets,
        })))
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

fn parse_ids(setting: &str, ids: &[String]) -> Result<Vec<Uuid>, Error> {
    ids.iter().map(|id| parse_id(setting, id)).collect()
}

/// Polar takes version 4 only and answers 422 to every other.
fn parse_id(setting: &str, text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text.trim())
        .ok()
        .filter(|id| id.get_version_num() == 4 && id.get_variant() == uuid::Variant::RFC4122)
        .ok_or_else(|| {
            invalid(format!("the {setting} `{text}` is not a UUID of version 4; copy it from Polar's dashboard"))
        })
}

fn check_app_id(app_id: &str) -> Result<(), Error> {
    let valid = (1..=100).contains(&app_id.len()) && app_id.chars().all(|c| !c.is_control() && !c.is_whitespace());
    if valid { Ok(()) } else { Err(invalid(format!("the app_id `{app_id}` should look like `com.acme.app`"))) }
}

fn check_times(refresh_interval: Duration, offline_grace: Duration, timeout: Duration) -> Result<(), Error> {
    const TEN_YEARS: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);
    let second = Duration::from_secs(1);
    if refresh_interval < second {
        return Err(invalid("the refresh_interval is shorter than one second; 24 hours is usual"));
    }
    if offline_grace < refresh_interval {
        return Err(invalid(
            "the offline_grace is shorter than the refresh_interval, so every pause would lock users out",
        ));
    }
    if offline_grace > TEN_YEARS {
        return Err(invalid("the offline_grace is longer than ten years"));
    }
    if timeout < Duration::from_millis(100) || timeout > second.saturating_mul(300) {
        return Err(invalid("the timeout is not between 0.1 and 300 seconds; 10 seconds is usual"));
    }
    Ok(())
}

fn check_values(setting: &str, values: &Values, reserved: &str) -> Result<(), Error> {
    if values.contains(reserved) {
        return Err(invalid(format!("the name `{reserved}` in {setting} is used by the library; choose another")));
    }
    if values.len() >= Values::MAX {
        return Err(invalid(format!("{setting} has {} entries; 49 fit beside the library's own", values.len())));
    }
    values.problem().map_or(Ok(()), |problem| Err(invalid(format!("{setting}: {problem}"))))
}

fn check_text(setting: &str, text: Option<&str>) -> Result<(), Error> {
    let wrong = text.is_some_and(|text| text.is_empty() || text.len() > 500 || text.contains('\0'));
    if wrong {
        Err(invalid(format!("the {setting} is empty, longer than 500 bytes, or has a NUL in it")))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATION: &str = "a0010000-0000-4000-8000-000000000001";

    fn message(builder: ConfigBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        error.to_string()
    }

    fn valid() -> ConfigBuilder {
        Config::new(ORGANIZATION, "com.acme.app")
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
    fn every_wrong_setting_is_named() {
        let hour = Duration::from_secs(3600);
        let cases = [
            (Config::new("acme", "com.acme.app"), "organization_id `acme`"),
            (Config::new("00000000-0000-0000-0000-000000000000", "a"), "organization_id"),
            (Config::new(ORGANIZATION, ""), "app_id"),
            (valid().benefits(["pro"]), "benefit `pro`"),
            (valid().feature("export", ["pro"]), "feature `export`"),
            (valid().feature("export", [""; 0]), "at least one benefit"),
            (valid().refresh_interval(Duration::ZERO), "refresh_interval"),
            (valid().refresh_interval(2 * hour).offline_grace(hour), "offline_grace"),
            (valid().offline_grace(Duration::MAX), "ten years"),
            (valid().timeout(Duration::ZERO), "timeout"),
            (valid().condition("device", "x"), "`device`"),
            (valid().condition("n", f64::NAN), "conditions: `n`"),
            (valid().meta("seat", "x"), "`seat`"),
            (valid().app_secret(""), "app_secret"),
            (valid().environment("http://polar.example"), "not encrypted"),
            (valid().environment("http://127.0.0.1.example"), "not encrypted"),
            (valid().environment("http://localhost@polar.example"), "plain address"),
            (valid().environment("ftp://polar.example"), "https://"),
            (valid().environment("https:///"), "starts with https://"),
        ];
        for (builder, expected) in cases {
            let message = message(builder);
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn loopback_needs_no_encryption() {
        for url in ["http://127.0.0.1:8080/", "http://localhost:1", "http://[::1]:9", "https://polar.example/base/"] {
            let config = valid().environment(url).build().unwrap();
            assert_eq!(config.environment().base_url(), url.trim_end_matches('/'));
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = valid().app_secret("hush-hush").previous_app_secrets(["older-hush"]).build().unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }
}
