//! Reads any text as a configuration in JSON.

use polar_license::{ConfigBuilder, ErrorKind};

use super::{KEY, assert_printable};

const SECRET: &str = "a secret of the app";

/// Reads a configuration. The result is a configuration or an error. Neither of them shows the app's secret.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let has_secret = text.contains(&format!("\"appSecret\":\"{SECRET}\"")) && text.matches(SECRET).count() == 1;
    match ConfigBuilder::from_json(text).and_then(ConfigBuilder::build) {
        Ok(config) => {
            assert!(config.timeout().as_millis() > 0 && !config.app_id().is_empty());
            assert!(config.refresh_interval() <= config.offline_grace() || !config.offline_grace().is_zero());
            assert!(!has_secret || !format!("{config:?}").contains(SECRET), "the secret is shown");
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
            // `KEY` is not a secret here: settings have no member for a license key
            assert_printable(&error.to_string().replace(KEY, ""));
            assert!(error.to_string().len() < 1000, "{} bytes of message", error.to_string().len());
            assert!(!has_secret || !format!("{error:?}").contains(SECRET), "the secret is shown");
        }
    }
}
