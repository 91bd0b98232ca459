//! Calls of all setters. Written by bindings/c/tests/settings from the core's description: do not edit.

use std::ffi::c_char;

use polar_license_c::exported::*;

/// Calls the setter with the number `setter`. Passes `text` for each argument that is a string, and `number` for each
/// argument that is a number.
pub(super) fn call(setter: u8, options: *mut Options, text: *const c_char, number: u32) -> i32 {
    match setter % 28 {
        0 => polar_license_options_set_environment(options, text),
        1 => polar_license_options_add_benefit(options, text),
        2 => polar_license_options_add_feature(options, text, text),
        3 => polar_license_options_set_bind_device(options, i32::from(number != 0)),
        4 => polar_license_options_set_refresh_interval_ms(options, number.into()),
        5 => polar_license_options_set_offline_grace_ms(options, number.into()),
        6 => polar_license_options_set_air_gap_days(options, number),
        7 => polar_license_options_set_trial_days(options, number),
        8 => polar_license_options_add_trial_feature(options, text),
        9 => polar_license_options_set_timeout_ms(options, number.into()),
        10 => polar_license_options_set_label(options, text),
        11 => polar_license_options_set_condition(options, text, text),
        12 => polar_license_options_set_condition_integer(options, text, number.into()),
        13 => polar_license_options_set_condition_number(options, text, number.into()),
        14 => polar_license_options_set_condition_bool(options, text, i32::from(number != 0)),
        15 => polar_license_options_set_meta(options, text, text),
        16 => polar_license_options_set_meta_integer(options, text, number.into()),
        17 => polar_license_options_set_meta_number(options, text, number.into()),
        18 => polar_license_options_set_meta_bool(options, text, i32::from(number != 0)),
        19 => polar_license_options_set_device_id(options, text),
        20 => polar_license_options_set_app_secret(options, text),
        21 => polar_license_options_add_previous_app_secret(options, text),
        22 => polar_license_options_set_updates(options, number, text),
        23 => polar_license_options_set_purchase_url(options, text),
        24 => polar_license_options_set_portal_url(options, text),
        25 => polar_license_options_set_support_url(options, text),
        26 => polar_license_options_set_texts(options, text),
        _ => polar_license_options_set_text(options, text, text),
    }
}
