/* The calls of all setters of settings. Written by bindings/c/tests/settings from the core's description: do not
 * edit. `CALL` is a macro that takes the function and its arguments in parentheses. */

/* Calls each setter with the options `o` and valid types. */
#define CALL_EVERY_SETTER(CALL, o) \
    CALL(polar_license_options_set_environment, (o, "x")); \
    CALL(polar_license_options_add_benefit, (o, "x")); \
    CALL(polar_license_options_add_feature, (o, "x", "x")); \
    CALL(polar_license_options_set_bind_device, (o, 1)); \
    CALL(polar_license_options_set_refresh_interval_ms, (o, 1)); \
    CALL(polar_license_options_set_offline_grace_ms, (o, 1)); \
    CALL(polar_license_options_set_timeout_ms, (o, 1)); \
    CALL(polar_license_options_set_label, (o, "x")); \
    CALL(polar_license_options_set_condition, (o, "x", "x")); \
    CALL(polar_license_options_set_condition_integer, (o, "x", 1)); \
    CALL(polar_license_options_set_condition_number, (o, "x", 1)); \
    CALL(polar_license_options_set_condition_bool, (o, "x", 1)); \
    CALL(polar_license_options_set_meta, (o, "x", "x")); \
    CALL(polar_license_options_set_meta_integer, (o, "x", 1)); \
    CALL(polar_license_options_set_meta_number, (o, "x", 1)); \
    CALL(polar_license_options_set_meta_bool, (o, "x", 1)); \
    CALL(polar_license_options_set_device_id, (o, "x")); \
    CALL(polar_license_options_set_app_secret, (o, "x")); \
    CALL(polar_license_options_add_previous_app_secret, (o, "x")); \
    CALL(polar_license_options_set_updates, (o, 1, "x")); \
    CALL(polar_license_options_set_purchase_url, (o, "x")); \
    CALL(polar_license_options_set_portal_url, (o, "x")); \
    CALL(polar_license_options_set_support_url, (o, "x")); \
    CALL(polar_license_options_set_texts, (o, "x")); \
    CALL(polar_license_options_set_text, (o, "x", "x"));

/* Calls each setter that takes strings: once for each of its strings, which is then `text`. */
#define CALL_SETTERS_OF_STRINGS(CALL, o, text) \
    CALL(polar_license_options_set_environment, (o, text)); \
    CALL(polar_license_options_add_benefit, (o, text)); \
    CALL(polar_license_options_add_feature, (o, text, "x")); \
    CALL(polar_license_options_add_feature, (o, "x", text)); \
    CALL(polar_license_options_set_label, (o, text)); \
    CALL(polar_license_options_set_condition, (o, text, "x")); \
    CALL(polar_license_options_set_condition, (o, "x", text)); \
    CALL(polar_license_options_set_condition_integer, (o, text, 1)); \
    CALL(polar_license_options_set_condition_number, (o, text, 1)); \
    CALL(polar_license_options_set_condition_bool, (o, text, 1)); \
    CALL(polar_license_options_set_meta, (o, text, "x")); \
    CALL(polar_license_options_set_meta, (o, "x", text)); \
    CALL(polar_license_options_set_meta_integer, (o, text, 1)); \
    CALL(polar_license_options_set_meta_number, (o, text, 1)); \
    CALL(polar_license_options_set_meta_bool, (o, text, 1)); \
    CALL(polar_license_options_set_device_id, (o, text)); \
    CALL(polar_license_options_set_app_secret, (o, text)); \
    CALL(polar_license_options_add_previous_app_secret, (o, text)); \
    CALL(polar_license_options_set_updates, (o, 1, text)); \
    CALL(polar_license_options_set_purchase_url, (o, text)); \
    CALL(polar_license_options_set_portal_url, (o, text)); \
    CALL(polar_license_options_set_support_url, (o, text)); \
    CALL(polar_license_options_set_texts, (o, text)); \
    CALL(polar_license_options_set_text, (o, text, "x")); \
    CALL(polar_license_options_set_text, (o, "x", text));

/* The setters whose only argument is a string. */
#define SETTERS_OF_ONE_STRING \
    polar_license_options_set_environment, \
    polar_license_options_add_benefit, \
    polar_license_options_set_label, \
    polar_license_options_set_device_id, \
    polar_license_options_set_app_secret, \
    polar_license_options_add_previous_app_secret, \
    polar_license_options_set_purchase_url, \
    polar_license_options_set_portal_url, \
    polar_license_options_set_support_url, \
    polar_license_options_set_texts
