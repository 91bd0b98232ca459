//! The setters of the settings. Written by bindings/c/tests/settings from the core's description: do not edit.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use super::{Options, set, whole};
use crate::argument;
use std::ffi::c_char;
use std::time::Duration;

/// Sets the Polar server: `production` (the default), `sandbox`, or the address of another server, which must be
/// `https` unless it is on this machine.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: environment.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_environment(options: *mut Options, environment: *const c_char) -> i32 {
    set("polar_license_options_set_environment", options, |options| {
        let environment = argument::string("environment", environment)?;
        options.edit(|config| config.environment(environment));
        Ok(())
    })
}

/// Adds one of the benefits whose keys are accepted. Each benefit is named by its id at Polar. Without this setting,
/// every key of the organization is accepted. Call it again for each further value.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: benefits.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_benefit(options: *mut Options, benefit: *const c_char) -> i32 {
    set("polar_license_options_add_benefit", options, |options| {
        let benefit = argument::string("benefit", benefit)?;
        options.edit(|config| config.benefit(benefit));
        Ok(())
    })
}

/// Adds a value to one of the features of the app. Each feature has the ids of the benefits that turn it on. Call it
/// again for each further name or value.
///
/// The strings are copied. Only one thread may use the options at a time. Never blocks. In JSON: features.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_feature(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    set("polar_license_options_add_feature", options, |options| {
        let name = argument::string("name", name)?;
        let value = argument::string("value", value)?;
        options.edit(|config| config.feature(name, [value]));
        Ok(())
    })
}

/// Sets whether a seat works only on the device that took it. If so, Polar denies a license that was copied from
/// another device. Default: true. Any value but 0 is true.
///
/// Only one thread may use the options at a time. Never blocks. In JSON: bindDevice.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_bind_device(options: *mut Options, bind_device: i32) -> i32 {
    set("polar_license_options_set_bind_device", options, |options| {
        options.edit(|config| config.bind_device(bind_device != 0));
        Ok(())
    })
}

/// Sets the time after which Polar is asked to confirm the license again. Default: 24 hours, or
/// polar_license_options_set_offline_grace_ms() if that is shorter. At least one second.
///
/// Only one thread may use the options at a time. Never blocks. In JSON: refreshIntervalMs.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_refresh_interval_ms(
    options: *mut Options,
    refresh_interval_ms: u64,
) -> i32 {
    set("polar_license_options_set_refresh_interval_ms", options, |options| {
        options.edit(|config| config.refresh_interval(Duration::from_millis(refresh_interval_ms)));
        Ok(())
    })
}

/// Sets the time for which access lasts without a confirmation. Default: 14 days. At most ten years.
///
/// Only one thread may use the options at a time. Never blocks. In JSON: offlineGraceMs.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_offline_grace_ms(options: *mut Options, offline_grace_ms: u64) -> i32 {
    set("polar_license_options_set_offline_grace_ms", options, |options| {
        options.edit(|config| config.offline_grace(Duration::from_millis(offline_grace_ms)));
        Ok(())
    })
}

/// Sets the number of days for which a license is valid on a computer that is never online. The days count from Polar's
/// confirmation. At least one day, at most ten years. Requires an app secret, because without one anybody could forge
/// such a license. Default: such licenses are not permitted.
///
/// Only one thread may use the options at a time. Never blocks. In JSON: airGapDays.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_air_gap_days(options: *mut Options, air_gap_days: u32) -> i32 {
    set("polar_license_options_set_air_gap_days", options, |options| {
        options.edit(|config| config.air_gap_days(air_gap_days));
        Ok(())
    })
}

/// Sets the number of days for which people can try the app before they buy a license. At least one day, at most a
/// year. The app starts the trial. A trial exists only on the device, so people who delete the app's data can start it
/// again. Without this setting, there is no trial.
///
/// Only one thread may use the options at a time. Never blocks. In JSON: trialDays.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_trial_days(options: *mut Options, trial_days: u32) -> i32 {
    set("polar_license_options_set_trial_days", options, |options| {
        options.edit(|config| config.trial_days(trial_days));
        Ok(())
    })
}

/// Adds one of the features that the trial includes. Default: all features of the app. Call it again for each further
/// value.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: trialFeatures.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_trial_feature(options: *mut Options, trial_feature: *const c_char) -> i32 {
    set("polar_license_options_add_trial_feature", options, |options| {
        let trial_feature = argument::string("trial_feature", trial_feature)?;
        options.edit(|config| config.trial_feature(trial_feature));
        Ok(())
    })
}

/// Sets the longest time that polar_license_validate() waits. Default: 10 seconds. Operations that change something at
/// Polar wait up to 25 seconds longer, because Polar may take 30 seconds to answer and a lost answer can cost a seat.
///
/// Only one thread may use the options at a time. Never blocks. In JSON: timeoutMs.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_timeout_ms(options: *mut Options, timeout_ms: u64) -> i32 {
    set("polar_license_options_set_timeout_ms", options, |options| {
        options.edit(|config| config.timeout(Duration::from_millis(timeout_ms)));
        Ok(())
    })
}

/// Sets the label of an activation, which the vendor and the customer see. Default: the system, the day, and a word
/// with random digits. Polar shows the label in its portals, so put no personal data into it.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: label.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_label(options: *mut Options, label: *const c_char) -> i32 {
    set("polar_license_options_set_label", options, |options| {
        let label = argument::string("label", label)?;
        options.edit(|config| config.label(label));
        Ok(())
    })
}

/// Adds one of the conditions that Polar stores with an activation. Each request that asks Polar about the license
/// sends the conditions again. If they differ from the stored conditions, Polar denies the license, so any change ends
/// existing activations. Up to 49 conditions are allowed; the name `device` is reserved. To restrict a key to certain
/// versions, use polar_license_options_add_benefit(). Numbers must be whole and at most 9007199254740991.
///
/// The strings are copied. Only one thread may use the options at a time. Never blocks. In JSON: conditions.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    set("polar_license_options_set_condition", options, |options| {
        let name = argument::string("name", name)?;
        let value = argument::string("value", value)?;
        options.edit(|config| config.condition(name, value));
        Ok(())
    })
}

/// Adds a value that is an integer. See polar_license_options_set_condition().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition_integer(
    options: *mut Options,
    name: *const c_char,
    value: i64,
) -> i32 {
    set("polar_license_options_set_condition_integer", options, |options| {
        let name = argument::string("name", name)?;
        options.edit(|config| config.condition(name, value));
        Ok(())
    })
}

/// Adds a value that is a whole number from -9007199254740991 to 9007199254740991, because Polar cannot compare others
/// reliably. See polar_license_options_set_condition().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition_number(
    options: *mut Options,
    name: *const c_char,
    value: f64,
) -> i32 {
    set("polar_license_options_set_condition_number", options, |options| {
        let name = argument::string("name", name)?;
        let value = whole(name, value)?;
        options.edit(|config| config.condition(name, value));
        Ok(())
    })
}

/// Adds a value that is true (any value but 0) or false. See polar_license_options_set_condition().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition_bool(
    options: *mut Options,
    name: *const c_char,
    value: i32,
) -> i32 {
    set("polar_license_options_set_condition_bool", options, |options| {
        let name = argument::string("name", name)?;
        options.edit(|config| config.condition(name, value != 0));
        Ok(())
    })
}

/// Adds one of the notes that Polar stores with an activation. Up to 49 are allowed; the name `seat` is reserved.
/// Numbers must be whole and at most 9007199254740991.
///
/// The strings are copied. Only one thread may use the options at a time. Never blocks. In JSON: meta.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    set("polar_license_options_set_meta", options, |options| {
        let name = argument::string("name", name)?;
        let value = argument::string("value", value)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// Adds a value that is an integer. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_integer(
    options: *mut Options,
    name: *const c_char,
    value: i64,
) -> i32 {
    set("polar_license_options_set_meta_integer", options, |options| {
        let name = argument::string("name", name)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// Adds a value that is a whole number from -9007199254740991 to 9007199254740991, because Polar cannot compare others
/// reliably. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_number(options: *mut Options, name: *const c_char, value: f64) -> i32 {
    set("polar_license_options_set_meta_number", options, |options| {
        let name = argument::string("name", name)?;
        let value = whole(name, value)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// Adds a value that is true (any value but 0) or false. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_bool(options: *mut Options, name: *const c_char, value: i32) -> i32 {
    set("polar_license_options_set_meta_bool", options, |options| {
        let name = argument::string("name", name)?;
        options.edit(|config| config.meta(name, value != 0));
        Ok(())
    })
}

/// Sets an identifier for this device, which replaces the identifier that the library finds. Your identifier is hashed
/// before it is used.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: deviceId.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_device_id(options: *mut Options, device_id: *const c_char) -> i32 {
    set("polar_license_options_set_device_id", options, |options| {
        let device_id = argument::string("device_id", device_id)?;
        options.edit(|config| config.device_id(device_id));
        Ok(())
    })
}

/// Sets a secret that is compiled into the app and seals the record. It keeps others from forging a record, as long as
/// nobody reads the secret from the app's code.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: appSecret.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_app_secret(options: *mut Options, app_secret: *const c_char) -> i32 {
    set("polar_license_options_set_app_secret", options, |options| {
        let app_secret = argument::string("app_secret", app_secret)?;
        options.edit(|config| config.app_secret(app_secret));
        Ok(())
    })
}

/// Adds one of the secrets of earlier versions of the app. Records that were sealed with one of them can still be
/// opened, and are sealed again with the current secret. An empty string stands for versions without a secret. Call it
/// again for each further value.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: previousAppSecrets.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_previous_app_secret(
    options: *mut Options,
    previous_app_secret: *const c_char,
) -> i32 {
    set("polar_license_options_add_previous_app_secret", options, |options| {
        let previous_app_secret = argument::string("previous_app_secret", previous_app_secret)?;
        options.edit(|config| config.previous_app_secret(previous_app_secret));
        Ok(())
    })
}

/// Sets the versions of the app that a license includes: only versions that were built within `days` days after the
/// purchase. A version that was built later gets no access, and the reason is POLAR_LICENSE_REASON_UPDATES_ENDED.
/// Default: a license includes every version. `days` is the number of days after the purchase, such as 365. The license
/// includes versions that are built within this time. `built` is the day on which this version was built, such as
/// `2026-11-21`. A date and time in the format of RFC 3339 is also accepted; its day in UTC counts. Let the build set
/// it, for example with CMake: string(TIMESTAMP BUILT "%Y-%m-%d" UTC).
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: updates.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_updates(options: *mut Options, days: u32, built: *const c_char) -> i32 {
    set("polar_license_options_set_updates", options, |options| {
        let built = argument::string("built", built)?;
        options.edit(|config| config.updates(days, built));
        Ok(())
    })
}

/// Sets the page for buying or renewing a license: an `https` address. polar_license_decision_next_url() and
/// polar_license_error_next_url() return it if the next step is to buy or renew a license, or to enter a key.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: purchaseUrl.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_purchase_url(options: *mut Options, purchase_url: *const c_char) -> i32 {
    set("polar_license_options_set_purchase_url", options, |options| {
        let purchase_url = argument::string("purchase_url", purchase_url)?;
        options.edit(|config| config.purchase_url(purchase_url));
        Ok(())
    })
}

/// Sets the page on which customers see and remove their devices, such as your organization's customer portal at Polar:
/// an `https` address. polar_license_decision_next_url() and polar_license_error_next_url() return it if the next step
/// is to manage devices.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: portalUrl.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_portal_url(options: *mut Options, portal_url: *const c_char) -> i32 {
    set("polar_license_options_set_portal_url", options, |options| {
        let portal_url = argument::string("portal_url", portal_url)?;
        options.edit(|config| config.portal_url(portal_url));
        Ok(())
    })
}

/// Sets the way to contact the vendor: an `https` address, or an e-mail address with `mailto:`.
/// polar_license_decision_next_url() and polar_license_error_next_url() return it if the next step is to contact the
/// vendor.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: supportUrl.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_support_url(options: *mut Options, support_url: *const c_char) -> i32 {
    set("polar_license_options_set_support_url", options, |options| {
        let support_url = argument::string("support_url", support_url)?;
        options.edit(|config| config.support_url(support_url));
        Ok(())
    })
}

/// Adds the values of a JSON object to the sentences that replace the English ones. Each sentence is named by its code.
/// `texts/en.json` has all codes with the English sentences, and `texts/de.json` has the German sentences. The
/// sentences of the customer portal are in `texts/portal.en.json` and `texts/portal.de.json`; only builds with the
/// portal accept them. Placeholders in braces, such as `{key}`, are filled in; a sentence may omit them.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: texts.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_texts(options: *mut Options, catalogue: *const c_char) -> i32 {
    set("polar_license_options_set_texts", options, |options| {
        let catalogue = argument::string("catalogue", catalogue)?;
        options.edit(|config| config.texts(catalogue));
        Ok(())
    })
}

/// Adds a sentence under its code. See polar_license_options_set_texts().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_text(
    options: *mut Options,
    code: *const c_char,
    sentence: *const c_char,
) -> i32 {
    set("polar_license_options_set_text", options, |options| {
        let code = argument::string("code", code)?;
        let sentence = argument::string("sentence", sentence)?;
        options.edit(|config| config.text(code, sentence));
        Ok(())
    })
}
