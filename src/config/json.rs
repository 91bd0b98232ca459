//! A configuration as one JSON object, for those who keep it in a file or come from another language. The names are
//! JavaScript's. What a value may be is checked by [`ConfigBuilder::build`]; here only that it has the right type.

use super::{Config, ConfigBuilder, Environment, invalid};
use crate::error::Error;
use crate::json::Json;
use crate::values::{Value, Values};

impl ConfigBuilder {
    /// Reads `organizationId`, `appId`, `environment`, `benefits`, `features` (an object of lists), `bindDevice`,
    /// `refreshIntervalMs`, `offlineGraceMs`, `timeoutMs`, `label`, `conditions`, `meta`, `deviceId`, `appSecret` and
    /// `previousAppSecrets`. The first two are required; `null` counts as absent.
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
    /// `invalid_config` for what is no JSON object, for a name that is not one of these, and for a value of another type.
    pub fn from_json(settings: &str) -> Result<Self, Error> {
        let mut builder = Config::new("", "");
        builder.read(settings)?;
        Ok(builder)
    }

    fn read(&mut self, settings: &str) -> Result<(), Error> {
        let json = Json::parse(settings.as_bytes());
        let Some(members) = json.and_then(Json::members) else {
            return Err(invalid("the settings are not a JSON object", "", ""));
        };
        for (name, value) in members {
            if let Some(name) = name.string().filter(|_| !value.is_null()) {
                self.set(&name, value)?;
            }
        }
        for required in ["organizationId", "appId"] {
            if json.and_then(|json| json.get(required)).is_none_or(Json::is_null) {
                return Err(invalid("the setting `", required, "` is missing"));
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: Json<'_>) -> Result<(), Error> {
        let settings = &mut self.settings;
        let place = match name {
            "organizationId" => Place::Text(&mut self.organization),
            "appId" => Place::Text(&mut settings.app_id),
            "environment" => Place::Environment(&mut settings.environment),
            "benefits" => Place::Texts(&mut self.benefits),
            "features" => return self.add_features(name, value),
            "bindDevice" => Place::Flag(&mut settings.bind_device),
            "refreshIntervalMs" => Place::Milliseconds(self.refresh_ms.insert(0)),
            "offlineGraceMs" => Place::Milliseconds(&mut settings.grace_ms),
            "timeoutMs" => Place::Milliseconds(&mut settings.timeout_ms),
            "label" => Place::OptText(&mut settings.label),
            "conditions" => Place::Values(&mut settings.conditions),
            "meta" => Place::Values(&mut settings.meta),
            "deviceId" => Place::OptText(&mut settings.device_id),
            "appSecret" => Place::OptText(&mut settings.app_secret),
            "previousAppSecrets" => Place::Texts(&mut settings.previous_app_secrets),
            other => return Err(invalid("there is no setting `", other, "`")),
        };
        let (read, expected) = match place {
            Place::Text(place) => (value.string().map(|text| *place = text), "a text"),
            Place::OptText(place) => (value.string().map(|text| *place = Some(text)), "a text"),
            Place::Texts(place) => (texts(value).map(|texts| *place = texts), "a list of texts"),
            Place::Flag(place) => (value.boolean().map(|flag| *place = flag), "true or false"),
            Place::Milliseconds(place) => {
                let ms = value.integer().filter(|ms| *ms >= 0);
                (ms.map(|ms| *place = ms), "a whole number of milliseconds")
            }
            Place::Values(place) => (read_values(place, value), "an object of texts, numbers and booleans"),
            Place::Environment(place) => (value.string().map(|text| *place = text.into()), "a text"),
        };
        read.ok_or_else(|| wrong(name, expected))
    }

    fn add_features(&mut self, name: &str, value: Json<'_>) -> Result<(), Error> {
        for (feature, benefits) in value.members().ok_or_else(|| wrong(name, "an object"))? {
            let feature = feature.string().ok_or_else(|| wrong(name, "a text"))?;
            let benefits = texts(benefits).ok_or_else(|| wrong(&[name, ".", &feature].concat(), "a list of texts"))?;
            self.features.insert(feature, benefits);
        }
        Ok(())
    }
}

/// Where a setting goes, and so what it must be.
enum Place<'a> {
    Text(&'a mut String),
    OptText(&'a mut Option<String>),
    Texts(&'a mut Vec<String>),
    Flag(&'a mut bool),
    Milliseconds(&'a mut i64),
    Values(&'a mut Values),
    Environment(&'a mut Environment),
}

fn texts(value: Json<'_>) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for item in value.items()? {
        texts.push(item.string()?);
    }
    Some(texts)
}

fn read_values(values: &mut Values, value: Json<'_>) -> Option<()> {
    for (name, value) in value.members()? {
        values.insert(name.string()?, Value::read(value)?);
    }
    Some(())
}

fn wrong(name: &str, expected: &str) -> Error {
    invalid("the setting `", name, &["` should be ", expected].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MINIMUM: &str = r#""organizationId": "a0010000-0000-4000-8000-000000000001", "appId": "com.acme.app""#;

    fn read(more: &str) -> Result<Config, Error> {
        ConfigBuilder::from_json(&format!("{{{MINIMUM}{more}}}"))?.build()
    }

    #[test]
    fn every_setting_arrives() {
        let config = read(
            r#", "environment": "sandbox", "benefits": ["b0010000-0000-4000-8000-000000000001"],
            "features": {"export": ["b0010000-0000-4000-8000-000000000002"]}, "bindDevice": false,
            "refreshIntervalMs": 3600000, "offlineGraceMs": 7200000, "timeoutMs": 5000, "label": "kiosk",
            "conditions": {"major": 2, "beta": true, "ratio": 1.5, "edition": "pro"}, "meta": {"build": "x"},
            "deviceId": "rack 7", "appSecret": "s", "previousAppSecrets": ["r"]"#,
        )
        .unwrap();
        assert_eq!(config.environment().base_url(), "https://sandbox-api.polar.sh");
        assert_eq!(config.benefits().len(), 1);
        assert_eq!(config.features().get("export").unwrap().len(), 1);
        assert!(!config.bind_device());
        assert_eq!(config.refresh_interval(), Duration::from_secs(3600));
        assert_eq!(config.offline_grace(), Duration::from_secs(7200));
        assert_eq!(config.timeout(), Duration::from_secs(5));
        assert_eq!(config.label(), Some("kiosk"));
        assert_eq!(config.conditions().json(), r#"{"beta":true,"edition":"pro","major":2,"ratio":1.5}"#);
        assert_eq!(config.meta().json(), r#"{"build":"x"}"#);
        assert_eq!(config.device_id(), Some("rack 7"));
        assert_eq!(config.app_secret(), Some("s"));
        assert_eq!(config.previous_app_secrets(), ["r"]);
    }

    #[test]
    fn null_counts_as_absent() {
        assert_eq!(read(r#", "label": null, "offlineGraceMs": null"#).unwrap().label(), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = |settings: &str| ConfigBuilder::from_json(settings).err().unwrap().to_string();
        assert_eq!(message("[]"), "the settings are not a JSON object");
        assert_eq!(message("{}"), "the setting `organizationId` is missing");
        assert_eq!(message(r#"{"organizationId": 3}"#), "the setting `organizationId` should be a text");
        let with = |more: &str| read(more).err().unwrap().to_string();
        assert_eq!(with(r#", "organisationId": "x""#), "there is no setting `organisationId`");
        assert_eq!(with(r#", "timeoutMs": "10s""#), "the setting `timeoutMs` should be a whole number of milliseconds");
        assert_eq!(with(r#", "timeoutMs": -1"#), "the setting `timeoutMs` should be a whole number of milliseconds");
        assert_eq!(with(r#", "benefits": "b""#), "the setting `benefits` should be a list of texts");
        assert_eq!(with(r#", "features": ["export"]"#), "the setting `features` should be an object");
        assert_eq!(with(r#", "features": {"export": "b"}"#), "the setting `features.export` should be a list of texts");
        let nested = "the setting `conditions` should be an object of texts, numbers and booleans";
        assert_eq!(with(r#", "conditions": {"a": {}}"#), nested);
        assert_eq!(with(r#", "bindDevice": 1"#), "the setting `bindDevice` should be true or false");
    }
}
