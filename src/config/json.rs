//! The configuration as one JSON object, for bindings and for apps that keep it in a file. Names are written as in
//! JavaScript. This file only checks that each value has the right type; [`ConfigBuilder::build`] checks everything
//! else.

use super::{Config, ConfigBuilder, Secret, invalid, shown};
use crate::error::Error;
use crate::json::Json;
use crate::values::{Value, Values};
use litemap::LiteMap;
#[cfg(any(test, feature = "schema"))]
use std::collections::BTreeMap;
use std::sync::Arc;

impl ConfigBuilder {
    /// Reads the settings from one JSON object. Each setting is a member with the name of the builder's method, written
    /// in camel case. If a method adds one of several values, the member's name is in the plural, such as `benefits` or
    /// `conditions`. If the setting is a duration, the member's name ends in `Ms`, and its value is in milliseconds.
    /// `organizationId` and `appId` are required. A member whose value is `null` counts as absent.
    ///
    /// ```
    /// use polar_license::ConfigBuilder;
    ///
    /// let settings = r#"{
    ///     "organizationId": "a0010000-0000-4000-8000-000000000001",
    ///     "appId": "com.acme.app",
    ///     "features": { "export": ["b0010000-0000-4000-8000-000000000001"] },
    ///     "offlineGraceMs": 604800000
    /// }"#;
    /// let config = ConfigBuilder::from_json(settings)?.build()?;
    /// assert_eq!(config.offline_grace().as_secs(), 7 * 24 * 60 * 60);
    /// # Ok::<(), polar_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails with `invalid_config` if `settings` is not a JSON object, if it contains a name that is not a setting, or
    /// if a value has the wrong type.
    pub fn from_json(settings: &str) -> Result<Self, Error> {
        let json = Json::parse(settings.as_bytes());
        let Some(members) = json.and_then(Json::members) else {
            return Err(invalid("the settings are not a JSON object"));
        };
        let mut builder = Config::builder("", "");
        for (name, value) in members {
            if let Some(name) = name.string().filter(|_| !value.is_null()) {
                let Some((_, read)) = SETTINGS.iter().find(|(known, _)| *known == name) else {
                    return Err(invalid(format!("there is no setting `{}`", shown(&name))));
                };
                read(&mut builder, Setting { name: &name, value })?;
            }
        }
        for required in ["organizationId", "appId"] {
            if json.and_then(|json| json.get(required)).is_none_or(Json::is_null) {
                return Err(invalid(format!("the setting `{required}` is missing")));
            }
        }
        Ok(builder)
    }
}

type Read = fn(&mut ConfigBuilder, Setting<'_>) -> Result<(), Error>;

/// All settings by name. `SettingsJson` describes them.
const SETTINGS: &[(&str, Read)] = &[
    ("organizationId", |builder, setting| set(&mut builder.organization, setting.string())),
    ("appId", |builder, setting| set(&mut builder.settings.app_id, setting.string())),
    ("environment", |builder, setting| set(&mut builder.settings.environment, setting.string().map(Into::into))),
    ("benefits", |builder, setting| set(&mut builder.benefits, setting.strings())),
    ("features", |builder, setting| set(&mut builder.features, setting.features())),
    ("bindDevice", |builder, setting| set(&mut builder.settings.bind_device, setting.boolean())),
    ("refreshIntervalMs", |builder, setting| set(&mut builder.refresh_ms, setting.milliseconds().map(Some))),
    ("offlineGraceMs", |builder, setting| set(&mut builder.settings.grace_ms, setting.milliseconds())),
    ("airGapDays", |builder, setting| set(&mut builder.air_gap_days, setting.days().map(Some))),
    ("trialDays", |builder, setting| set(&mut builder.trial_days, setting.days().map(Some))),
    ("trialFeatures", |builder, setting| set(&mut builder.trial_features, setting.strings().map(Some))),
    ("timeoutMs", |builder, setting| set(&mut builder.settings.timeout_ms, setting.milliseconds())),
    ("label", |builder, setting| set(&mut builder.settings.label, setting.string().map(Some))),
    ("conditions", |builder, setting| set(&mut builder.settings.conditions, setting.values())),
    ("meta", |builder, setting| set(&mut builder.settings.meta, setting.values())),
    ("deviceId", |builder, setting| set(&mut builder.settings.device_id, setting.string().map(Some))),
    ("appSecret", |builder, setting| {
        set(&mut builder.settings.app_secret, setting.string().map(Secret::new).map(Some))
    }),
    ("previousAppSecrets", |builder, setting| {
        let secrets = setting.strings().map(|secrets| secrets.into_iter().map(Secret::new).collect());
        set(&mut builder.settings.previous_app_secrets, secrets)
    }),
    ("updates", |builder, setting| set(&mut builder.updates, setting.updates().map(Some))),
    ("purchaseUrl", |builder, setting| set(&mut builder.settings.links.purchase, setting.link())),
    ("portalUrl", |builder, setting| set(&mut builder.settings.links.portal, setting.link())),
    ("supportUrl", |builder, setting| set(&mut builder.settings.links.support, setting.link())),
    ("texts", |builder, setting| set(&mut builder.texts, texts_of(setting.value).map_err(invalid))),
];

fn set<T>(place: &mut T, value: Result<T, Error>) -> Result<(), Error> {
    *place = value?;
    Ok(())
}

/// A member of the object. Each method reads the value as one type, or returns an error that says which type is
/// expected.
#[derive(Clone, Copy)]
struct Setting<'a> {
    name: &'a str,
    value: Json<'a>,
}

impl Setting<'_> {
    fn string(self) -> Result<String, Error> {
        self.value.string().ok_or_else(|| wrong(self.name, "a string"))
    }

    fn link(self) -> Result<Option<Arc<str>>, Error> {
        self.string().map(|link| Some(link.into()))
    }

    fn strings(self) -> Result<Vec<String>, Error> {
        strings(self.name, self.value)
    }

    fn boolean(self) -> Result<bool, Error> {
        self.value.boolean().ok_or_else(|| wrong(self.name, "true or false"))
    }

    fn milliseconds(self) -> Result<i64, Error> {
        let milliseconds = self.value.integer().filter(|milliseconds| *milliseconds >= 0);
        milliseconds.ok_or_else(|| wrong(self.name, "a whole number of milliseconds"))
    }

    fn days(self) -> Result<i64, Error> {
        self.value.integer().ok_or_else(|| wrong(self.name, "a whole number of days"))
    }

    fn updates(self) -> Result<(i64, String), Error> {
        let mut members = self.value.members().ok_or_else(|| wrong(self.name, "an object of `days` and `built`"))?;
        if let Some(unknown) = members.find_map(|(name, _)| name.string().filter(|name| !is_of_updates(name))) {
            return Err(invalid(format!("there is no setting `{}.{}`", self.name, shown(&unknown))));
        }
        let days = self.value.get("days").and_then(Json::integer);
        let built = self.value.get("built").and_then(Json::string);
        Ok((
            days.ok_or_else(|| wrong("updates.days", "a whole number of days"))?,
            built.ok_or_else(|| wrong("updates.built", "a day like `2026-11-21`"))?,
        ))
    }

    fn features(self) -> Result<LiteMap<String, Vec<String>>, Error> {
        let mut features = LiteMap::new();
        for (name, benefits) in self.value.members().ok_or_else(|| wrong(self.name, "an object"))? {
            let name = name.string().ok_or_else(|| wrong(self.name, "an object with names in UTF-8"))?;
            let benefits = strings(&format!("{}.{}", self.name, shown(&name)), benefits)?;
            features.insert(name, benefits);
        }
        Ok(features)
    }

    fn values(self) -> Result<Values, Error> {
        let mut values = Values::default();
        for (name, value) in self.value.members().ok_or_else(|| wrong(self.name, "an object"))? {
            let name = name.string().ok_or_else(|| wrong(self.name, "an object with names in UTF-8"))?;
            let value = Value::read(value)
                .ok_or_else(|| invalid(format!("{}: `{}` {}", self.name, shown(&name), Value::MUST_BE)))?;
            values.insert(name, value);
        }
        Ok(values)
    }
}

/// Returns `true` if the setting `updates` has a member with this name.
fn is_of_updates(name: &str) -> bool {
    matches!(name, "days" | "built")
}

/// Reads a catalogue of texts: a JSON object that maps the code of each text to the text itself.
pub(super) fn texts(catalogue: &str) -> Result<Vec<(String, String)>, String> {
    Json::parse(catalogue.as_bytes()).ok_or_else(not_texts).and_then(texts_of)
}

fn texts_of(value: Json<'_>) -> Result<Vec<(String, String)>, String> {
    let mut texts = Vec::new();
    for (code, sentence) in value.members().ok_or_else(not_texts)? {
        let code = code.string().ok_or_else(not_texts)?;
        let sentence = sentence.string().ok_or_else(|| format!("the text `{}` must be a string", shown(&code)))?;
        texts.push((code, sentence));
    }
    Ok(texts)
}

fn not_texts() -> String {
    String::from("the texts are not a JSON object of strings")
}

fn strings(name: &str, value: Json<'_>) -> Result<Vec<String>, Error> {
    let strings = value.items().and_then(|items| items.map(Json::string).collect());
    strings.ok_or_else(|| wrong(name, "an array of strings"))
}

fn wrong(name: &str, expected: &str) -> Error {
    invalid(format!("the setting `{name}` must be {expected}"))
}

/// The settings of an app.
///
/// The types in other languages and the setters in C and C++ are generated from this type. Tests compare its members
/// with the settings that [`ConfigBuilder::from_json`] reads, and its doc comments with those of the builder's methods.
#[cfg(any(test, feature = "schema"))]
#[derive(Default, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Settings"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsJson {
    /// Polar's id of your organization (Settings, General).
    organization_id: String,
    /// A name, such as `com.acme.app`, that distinguishes this program from your other programs. Never change it.
    app_id: String,
    /// The Polar server: `production` (the default), `sandbox`, or the address of another server, which must be `https`
    /// unless it is on this machine.
    environment: Option<String>,
    /// The benefits whose keys are accepted. Each benefit is named by its id at Polar. Without this setting, every key
    /// of the organization is accepted.
    benefits: Option<Vec<String>>,
    /// The features of the app. Each feature has the ids of the benefits that turn it on.
    features: Option<BTreeMap<String, Vec<String>>>,
    /// Whether a seat works only on the device that took it. If so, Polar denies a license that was copied from another
    /// device. Default: true.
    bind_device: Option<bool>,
    /// The time after which Polar is asked to confirm the license again. Default: 24 hours, or `offlineGraceMs` if that
    /// is shorter. At least one second.
    refresh_interval_ms: Option<u64>,
    /// The time for which access lasts without a confirmation. Default: 14 days. At most ten years.
    offline_grace_ms: Option<u64>,
    /// The number of days for which a license is valid on a computer that is never online. The days count from Polar's
    /// confirmation. At least one day, at most ten years. Requires an app secret, because without one anybody could
    /// forge such a license. Default: such licenses are not permitted.
    air_gap_days: Option<u32>,
    /// The number of days for which people can try the app before they buy a license. At least one day, at most a year.
    /// The app starts the trial. A trial exists only on the device, so people who delete the app's data can start it
    /// again. Without this setting, there is no trial.
    trial_days: Option<u32>,
    /// The features that the trial includes. Default: all features of the app.
    trial_features: Option<Vec<String>>,
    /// The longest time that `validate` waits. Default: 10 seconds. Operations that change something at Polar wait up
    /// to 25 seconds longer, because Polar may take 30 seconds to answer and a lost answer can cost a seat.
    timeout_ms: Option<u64>,
    /// The label of an activation, which the vendor and the customer see. Default: the system, the day, and a word with
    /// random digits. Polar shows the label in its portals, so put no personal data into it.
    label: Option<String>,
    /// The conditions that Polar stores with an activation. Each request that asks Polar about the license sends the
    /// conditions again. If they differ from the stored conditions, Polar denies the license, so any change ends
    /// existing activations. Up to 49 conditions are allowed; the name `device` is reserved. To restrict a key to
    /// certain versions, use `benefits`. Numbers must be whole and at most 9007199254740991.
    conditions: Option<BTreeMap<String, Value>>,
    /// The notes that Polar stores with an activation. Up to 49 are allowed; the name `seat` is reserved. Numbers must
    /// be whole and at most 9007199254740991.
    meta: Option<BTreeMap<String, Value>>,
    /// An identifier for this device, which replaces the identifier that the library finds. Your identifier is hashed
    /// before it is used.
    device_id: Option<String>,
    /// A secret that is compiled into the app and seals the record. It keeps others from forging a record, as long as
    /// nobody reads the secret from the app's code.
    app_secret: Option<String>,
    /// The secrets of earlier versions of the app. Records that were sealed with one of them can still be opened, and
    /// are sealed again with the current secret. An empty string stands for versions without a secret.
    previous_app_secrets: Option<Vec<String>>,
    /// The versions of the app that a license includes: only versions that were built within `days` days after the
    /// purchase. A version that was built later gets no access, and the reason is `updates_ended`. Default: a license
    /// includes every version.
    updates: Option<UpdatesJson>,
    /// The page for buying or renewing a license: an `https` address. It is the `nextUrl` of a decision or an error if
    /// the next step is to buy or renew a license, or to enter a key.
    purchase_url: Option<String>,
    /// The page on which customers see and remove their devices, such as your organization's customer portal at Polar:
    /// an `https` address. It is the `nextUrl` of a decision or an error if the next step is to manage devices.
    portal_url: Option<String>,
    /// The way to contact the vendor: an `https` address, or an e-mail address with `mailto:`. It is the `nextUrl` of a
    /// decision or an error if the next step is to contact the vendor.
    support_url: Option<String>,
    /// The sentences that replace the English ones. Each sentence is named by its code. `texts/en.json` has all codes
    /// with the English sentences, and `texts/de.json` has the German sentences. The sentences of the customer portal
    /// are in `texts/portal.en.json` and `texts/portal.de.json`; only builds with the portal accept them. Placeholders
    /// in braces, such as `{key}`, are filled in; a sentence may omit them.
    texts: Option<BTreeMap<String, String>>,
}

/// The versions of the app that a license includes.
#[cfg(any(test, feature = "schema"))]
#[derive(Default, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Updates"))]
pub(crate) struct UpdatesJson {
    /// The number of days after the purchase, such as 365. The license includes versions that are built within this
    /// time.
    days: u32,
    /// The day on which this version was built, such as `2026-11-21`. A date and time in the format of RFC 3339 is also
    /// accepted; its day in UTC counts. Let the build set it.
    built: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Access;
    use crate::time::Timestamp;
    use std::time::Duration;

    const MINIMUM: &str = r#""organizationId": "a0010000-0000-4000-8000-000000000001", "appId": "com.acme.app""#;

    fn read(more: &str) -> Result<Config, Error> {
        ConfigBuilder::from_json(&format!("{{{MINIMUM}{more}}}"))?.build()
    }

    #[test]
    fn every_setting_is_read() {
        let config = read(
            r#", "environment": "sandbox", "benefits": ["b0010000-0000-4000-8000-000000000001"],
            "features": {"export": ["b0010000-0000-4000-8000-000000000002"]}, "bindDevice": false,
            "refreshIntervalMs": 3600000, "offlineGraceMs": 7200000, "trialDays": 14, "trialFeatures": ["export"],
            "timeoutMs": 5000, "label": "kiosk",
            "conditions": {"major": 9007199254740991, "beta": true, "edition": "pro"}, "meta": {"build": "x"},
            "deviceId": "rack 7", "appSecret": "s", "previousAppSecrets": ["r"],
            "updates": {"days": 365, "built": "2026-11-21"},
            "purchaseUrl": "https://acme.example/buy", "portalUrl": "https://polar.sh/acme/portal",
            "supportUrl": "mailto:help@acme.example", "texts": {"state.active": "Die Lizenz ist aktiv."}"#,
        )
        .unwrap();
        assert_eq!(config.environment().base_url(), "https://sandbox-api.polar.sh");
        assert_eq!(config.benefits().len(), 1);
        assert!(config.features().enabled_for(Access::Denied).iter().any(|(name, _)| name == "export"));
        assert!(!config.bind_device());
        assert_eq!(config.refresh_interval(), Duration::from_secs(3600));
        assert_eq!(config.offline_grace(), Duration::from_secs(7200));
        let trial = config.trial().unwrap();
        assert_eq!(trial.ms, 14 * 24 * 60 * 60 * 1000);
        assert!(config.features().enabled_for(Access::Trial(trial.features.clone())).allows("export"));
        assert_eq!(config.certainly_past().to_string(), "2026-11-21T00:00:00Z", "the day of the build");
        assert_eq!(read("").unwrap().certainly_past().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(config.timeout(), Duration::from_secs(5));
        assert_eq!(config.label(), Some("kiosk"));
        assert_eq!(config.conditions().json(), r#"{"beta":true,"edition":"pro","major":9007199254740991}"#);
        assert_eq!(config.meta().json(), r#"{"build":"x"}"#);
        assert_eq!(config.device_id(), Some("rack 7"));
        assert_eq!(config.app_secret(), Some("s"));
        assert!(config.previous_app_secrets().eq(["r"]));
        assert_eq!(config.texts().get(crate::texts::Text::Active), "Die Lizenz ist aktiv.");
        let sold = Timestamp::parse("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(config.updates().unwrap().until(sold).to_string(), "2027-01-02");
        let links = config.links();
        assert_eq!(links.purchase.as_deref(), Some("https://acme.example/buy"));
        assert_eq!(links.portal.as_deref(), Some("https://polar.sh/acme/portal"));
        assert_eq!(links.support.as_deref(), Some("mailto:help@acme.example"));
    }

    #[test]
    fn null_counts_as_absent() {
        assert_eq!(read(r#", "label": null, "offlineGraceMs": null"#).unwrap().label(), None);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let message = |settings: &str| ConfigBuilder::from_json(settings).err().unwrap().to_string();
        assert_eq!(message("[]"), "the settings are not a JSON object");
        assert_eq!(message("{}"), "the setting `organizationId` is missing");
        assert_eq!(message(r#"{"organizationId": 3}"#), "the setting `organizationId` must be a string");
        let with = |more: &str| read(more).err().unwrap().to_string();
        assert_eq!(with(r#", "organisationId": "x""#), "there is no setting `organisationId`");
        assert_eq!(with(r#", "timeoutMs": "10s""#), "the setting `timeoutMs` must be a whole number of milliseconds");
        assert_eq!(with(r#", "timeoutMs": -1"#), "the setting `timeoutMs` must be a whole number of milliseconds");
        assert_eq!(with(r#", "benefits": "b""#), "the setting `benefits` must be an array of strings");
        assert_eq!(with(r#", "features": ["export"]"#), "the setting `features` must be an object");
        assert_eq!(
            with(r#", "features": {"export": "b"}"#),
            "the setting `features.export` must be an array of strings"
        );
        let value = "must be a string, a whole number up to 9007199254740991 or a boolean";
        for wrong in ["{}", "null", "1.5", "2.0", "9007199254740992", "9223372036854775808"] {
            let settings = format!(r#", "conditions": {{"ratio": {wrong}}}"#);
            assert_eq!(with(&settings), format!("conditions: `ratio` {value}"), "{wrong}");
        }
        assert_eq!(with(r#", "meta": []"#), "the setting `meta` must be an object");
        assert_eq!(with(r#", "updates": 365"#), "the setting `updates` must be an object of `days` and `built`");
        let updates = |members: &str| with(&format!(r#", "updates": {{{members}}}"#));
        assert_eq!(updates(r#""days": 365"#), "the setting `updates.built` must be a day like `2026-11-21`");
        assert_eq!(
            updates(r#""days": "1y", "built": "x""#),
            "the setting `updates.days` must be a whole number of days"
        );
        assert_eq!(updates(r#""days": 365, "build": "x""#), "there is no setting `updates.build`");
        assert!(updates(r#""days": 365, "built": "x""#).starts_with("the build date `x` is not a day"));
        assert_eq!(with(r#", "bindDevice": 1"#), "the setting `bindDevice` must be true or false");
    }

    #[test]
    fn the_description_names_every_setting() {
        let described = serde_json::to_value(SettingsJson::default()).unwrap();
        let mut read: Vec<_> = SETTINGS.iter().map(|(name, _)| *name).collect();
        read.sort_unstable();
        let mut described: Vec<_> = described.as_object().unwrap().keys().collect();
        described.sort_unstable();
        assert_eq!(described, read);
    }
}
