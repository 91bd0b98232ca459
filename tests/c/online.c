/* Takes a license through its life, over HTTP. Arguments: the server's address, a directory, a key with one seat
 * that is released in the end, a key with ten uses, and a key with one seat that is kept. */
#include "check.h"

#define OK POLAR_LICENSE_OK

static polar_license_options *options_of(const char *environment, const char *directory)
{
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_options_set_environment(options, environment) == OK);
    CHECK(polar_license_options_set_directory(options, directory) == OK);
    CHECK(polar_license_options_add_feature(options, "export", PRO) == OK);
    CHECK(polar_license_options_add_feature(options, "export", BASIC) == OK);
    CHECK(polar_license_options_add_feature(options, "basics", BASIC) == OK);
    CHECK(polar_license_options_set_label(options, "a test") == OK);
    CHECK(polar_license_options_set_bind_device(options, 0) == OK);
    CHECK(polar_license_options_set_condition(options, "edition", "plus") == OK);
    CHECK(polar_license_options_set_condition_integer(options, "major", 3) == OK);
    CHECK(polar_license_options_set_condition_bool(options, "beta", 0) == OK);
    CHECK(polar_license_options_set_condition_number(options, "odd", -1.0) == OK);
    CHECK(polar_license_options_set_meta(options, "from", "C") == OK);
    CHECK(polar_license_options_set_meta_integer(options, "build", 7) == OK);
    CHECK(polar_license_options_set_meta_bool(options, "demo", 1) == OK);
    CHECK(polar_license_options_set_meta_number(options, "even", 2.0) == OK);
    CHECK(polar_license_options_set_app_secret(options, "hush") == OK);
    CHECK(polar_license_options_add_previous_app_secret(options, "older hush") == OK);
    return options;
}

int main(int count, char **arguments)
{
    polar_license_options *options;
    polar_license *license = NULL;
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    const char *explanation;
    int32_t deactivated = -1;
    CHECK(count == 6);
    options = options_of(arguments[1], arguments[2]);
    CHECK(polar_license_open(options, &license, &error) == OK);
    CHECK(error == NULL);

    CHECK(polar_license_refresh(license, &decision) == OK);
    CHECK(polar_license_decision_state(decision) == POLAR_LICENSE_STATE_UNLICENSED);
    CHECK(polar_license_decision_next_step(decision) == POLAR_LICENSE_NEXT_ENTER_KEY);
    polar_license_decision_free(decision);
    CHECK(polar_license_activate(license, "MISTYPED", &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(strstr(polar_license_error_message(error), "typos") != NULL);
    polar_license_error_free(error);

    CHECK(polar_license_activate_with(license, arguments[3], 0, &decision, &error) == OK);
    CHECK(polar_license_decision_activation_id(decision) != NULL);
    CHECK(polar_license_decision_limit_activations(decision) == 1);
    CHECK(polar_license_decision_allows(decision, "export") == 1);
    CHECK(polar_license_decision_allows(decision, "basics") == 0);
    explanation = polar_license_decision_explain(decision, "basics");
    CHECK_TEXT(explanation, "Your license does not include this feature. Upgrade to use it.");
    CHECK_TEXT(polar_license_decision_explain(decision, "export"), "Your license includes this feature.");
    CHECK(strstr(polar_license_decision_explain_json(decision, "basics"), "\"reason\":\"not_included\"") != NULL);
    CHECK(polar_license_decision_explain(decision, "basics") == explanation); /* still alive */
    polar_license_decision_free(decision);
    CHECK(polar_license_allows(license, "export") == 1);
    CHECK(polar_license_consume(license, 1, NULL, NULL) == OK);
    polar_license_free(license);

    CHECK(polar_license_open(options, &license, NULL) == OK); /* opens the license again, as after a restart */
    CHECK(polar_license_allows(license, "export") == 1);
    CHECK(polar_license_deactivate(license, &deactivated, NULL) == OK);
    CHECK(deactivated == POLAR_LICENSE_DEACTIVATED_RELEASED);
    CHECK(polar_license_allows(license, "export") == 0);

    CHECK(polar_license_activate(license, arguments[4], NULL) == OK);
    CHECK(polar_license_consume(license, 7, &decision, NULL) == OK);
    CHECK(polar_license_decision_usage(decision) == 7 && polar_license_decision_limit_usage(decision) == 10);
    polar_license_decision_free(decision);
    CHECK(polar_license_consume(license, 7, &decision, &error) == POLAR_LICENSE_ERR_USAGE_EXHAUSTED);
    CHECK(decision == NULL);
    CHECK(polar_license_decision_usage(polar_license_error_decision(error)) == 7);
    polar_license_error_free(error);
    CHECK(polar_license_forget(license, NULL) == OK);
    CHECK(polar_license_activate(license, arguments[5], NULL) == OK);
    polar_license_free(license);
    polar_license_options_free(options);
    puts("ok");
    return 0;
}
