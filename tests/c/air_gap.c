/* Plays a computer that is never online (A), or the computer with a network that answers it (B), as an app in C does. Each
 * run takes one step, which the arguments name. The settings are in the environment, under the names that the command
 * polar-license reads.
 *
 *     A  request              prints the request
 *     B  answer REQUEST KEY   prints the answer
 *     A  import ANSWER        prints the state of the license
 *     A  allows FEATURE       the exit code is 0 if the license allows the feature; never asks Polar
 *     A  return               prints the return, or an empty line if there is nothing to release
 *     B  return TEXT          prints the outcome for the seat
 *
 * If a step fails, the user's message goes to the standard error, and the exit code is 1. In this test, the texts are
 * arguments; an app reads them from the user, because other users of a computer can see its command lines. */
#include "check.h"

#define OK POLAR_LICENSE_OK

/* Returns a setting. */
static const char *setting(const char *name)
{
    const char *const value = getenv(name);
    CHECK(value != NULL);
    return value;
}

static polar_license *opened(void)
{
    polar_license_options *options =
        polar_license_options_new(setting("POLAR_LICENSE_ORGANIZATION"), setting("POLAR_LICENSE_APP"));
    polar_license *license = NULL;
    const uint32_t days = (uint32_t)strtoul(setting("POLAR_LICENSE_AIR_GAP_DAYS"), NULL, 10);
    char feature[100] = "", benefit[100] = "";
    CHECK(sscanf(setting("POLAR_LICENSE_FEATURES"), "%99[^=]=%99s", feature, benefit) == 2);
    CHECK(polar_license_options_set_environment(options, setting("POLAR_LICENSE_ENVIRONMENT")) == OK);
    CHECK(polar_license_options_set_directory(options, setting("POLAR_LICENSE_DATA_DIR")) == OK);
    CHECK(polar_license_options_set_device_id(options, setting("POLAR_LICENSE_DEVICE_ID")) == OK);
    CHECK(polar_license_options_set_app_secret(options, setting("POLAR_LICENSE_APP_SECRET")) == OK);
    CHECK(polar_license_options_set_air_gap_days(options, days) == OK);
    CHECK(polar_license_options_add_feature(options, feature, benefit) == OK);
    CHECK(polar_license_open(options, &license, NULL) == OK);
    polar_license_options_free(options);
    return license;
}

/* Prints a text, and frees it, which wipes it. */
static void show_text(polar_license_offline_text *text)
{
    puts(text ? polar_license_offline_text_string(text) : "");
    polar_license_offline_text_free(text);
}

static void show_state(polar_license_decision *decision)
{
    const int64_t end = polar_license_decision_offline_ends_at_ms(decision);
    const int air_gapped = polar_license_decision_air_gapped(decision);
    CHECK((end != POLAR_LICENSE_ABSENT) == air_gapped);
    printf("%s%s\n", polar_license_state_name(polar_license_decision_state(decision)), air_gapped ? " (air gap)" : "");
    polar_license_decision_free(decision);
}

/* Takes a step with one or two texts, of which the second may be NULL. Returns the kind of the error. */
static int32_t take(const char *step, const char *first, const char *second, const polar_license *license,
                    polar_license_error **error)
{
    polar_license_offline_text *text = NULL;
    polar_license_decision *decision = NULL;
    int32_t deactivated = -1, failed;
    if (strcmp(step, "request") == 0) {
        failed = polar_license_offline_request(license, &text, error);
        if (!failed)
            show_text(text);
    } else if (strcmp(step, "answer") == 0) {
        failed = polar_license_offline_answer(license, first, second, &text, NULL, error);
        if (!failed)
            show_text(text);
    } else if (strcmp(step, "import") == 0) {
        failed = polar_license_offline_import(license, first, &decision, error);
        if (!failed)
            show_state(decision);
    } else if (first) {
        CHECK(strcmp(step, "return") == 0);
        failed = polar_license_offline_release(license, first, &deactivated, NULL, error);
        if (!failed)
            puts(polar_license_deactivated_name(deactivated));
    } else {
        CHECK(strcmp(step, "return") == 0);
        failed = polar_license_offline_return(license, &text, NULL, error);
        if (!failed)
            show_text(text);
    }
    return failed;
}

int main(int count, char **arguments)
{
    const char *first = count > 2 ? arguments[2] : NULL, *second = count > 3 ? arguments[3] : NULL;
    polar_license *license = opened();
    polar_license_error *error = NULL;
    int exit_code;
    CHECK(count > 1);
    if (strcmp(arguments[1], "allows") == 0) {
        exit_code = !polar_license_allows(license, first);
    } else {
        const int32_t failed = take(arguments[1], first, second, license, &error);
        CHECK((error != NULL) == (failed != OK));
        if (error)
            fprintf(stderr, "%s: %s\n", polar_license_kind_name(failed), polar_license_error_message(error));
        exit_code = failed != OK;
    }
    polar_license_error_free(error);
    polar_license_free(license);
    return exit_code;
}
