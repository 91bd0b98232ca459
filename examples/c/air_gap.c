/* A license for a computer that is never online (A), with the help of a computer that has a network (B). Each run takes
 * one step. The settings are in the environment, under the names that the command polar-license reads. All that
 * open_license() reads must be set, except the feature. The section "Linking" in docs/src/guides/c.md has the command
 * that builds an example.
 *
 *     A  air_gap request              prints the request
 *     B  air_gap answer REQUEST KEY   prints the answer
 *     A  air_gap import ANSWER        stores the license
 *     A  air_gap allows FEATURE       exits with 0 if the license allows the feature
 *     A  air_gap return               prints the return
 *     B  air_gap return TEXT          frees the seat
 *
 * An app asks its user for the texts instead, because every user of a computer can see its command lines. */
#include <polar_license.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On A: prints a request, which does not contain the license key. */
static int32_t print_request(const polar_license *license, polar_license_error **error)
{
    polar_license_offline_text *text = NULL;
    int32_t failed = polar_license_offline_request(license, &text, error);
    if (!failed)
        puts(polar_license_offline_text_string(text));
    polar_license_offline_text_free(text);
    return failed;
}

/* On B: activates the key for A, and prints the answer, which contains the license key. */
static int32_t print_answer(const polar_license *license, const char *request, const char *key,
                            polar_license_error **error)
{
    polar_license_offline_text *text = NULL;
    int32_t failed = polar_license_offline_answer(license, request, key, &text, NULL, error);
    if (!failed)
        puts(polar_license_offline_text_string(text));
    polar_license_offline_text_free(text); /* wipes the text */
    return failed;
}

/* On A: imports the answer. */
static int32_t import_answer(const polar_license *license, const char *answer, polar_license_error **error)
{
    polar_license_decision *decision = NULL;
    int32_t failed = polar_license_offline_import(license, answer, &decision, error);
    if (!failed)
        puts(polar_license_decision_message(decision));
    polar_license_decision_free(decision);
    return failed;
}

/* On A: removes the license, and prints a text that contains the license key. */
static int32_t print_return(const polar_license *license, polar_license_error **error)
{
    polar_license_offline_text *text = NULL;
    int32_t failed = polar_license_offline_return(license, &text, NULL, error);
    if (!failed) /* there is no text if the license took no seat */
        puts(text ? polar_license_offline_text_string(text) : "There is nothing else to do.");
    polar_license_offline_text_free(text);
    return failed;
}

/* On B: releases the seat. */
static int32_t release_seat(const polar_license *license, const char *returned, polar_license_error **error)
{
    int32_t deactivated;
    int32_t failed = polar_license_offline_release(license, returned, &deactivated, NULL, error);
    if (!failed)
        puts(polar_license_deactivated_name(deactivated));
    return failed;
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static polar_license *open_license(polar_license_error **error)
{
    polar_license_options *options =
        polar_license_options_new(setting("POLAR_LICENSE_ORGANIZATION"), setting("POLAR_LICENSE_APP"));
    polar_license *license = NULL;
    char feature[100] = "", benefit[100] = "";

    polar_license_options_set_environment(options, setting("POLAR_LICENSE_ENVIRONMENT"));
    polar_license_options_set_directory(options, setting("POLAR_LICENSE_DATA_DIR"));
    polar_license_options_set_device_id(options, setting("POLAR_LICENSE_DEVICE_ID"));
    polar_license_options_set_app_secret(options, setting("POLAR_LICENSE_APP_SECRET"));
    polar_license_options_set_air_gap_days(options, (uint32_t)atoi(setting("POLAR_LICENSE_AIR_GAP_DAYS")));
    if (sscanf(setting("POLAR_LICENSE_FEATURES"), "%99[^=]=%99s", feature, benefit) == 2)
        polar_license_options_add_feature(options, feature, benefit);
    polar_license_open(options, &license, error);
    polar_license_options_free(options);
    return license;
}

/* Takes the step that the arguments name. Returns 0, or another number if it failed. */
static int32_t take_step(const polar_license *license, int argc, char **argv, polar_license_error **error)
{
    const char *step = argc > 1 ? argv[1] : "", *first = argc > 2 ? argv[2] : NULL, *second = argc > 3 ? argv[3] : NULL;
    if (strcmp(step, "request") == 0)
        return print_request(license, error);
    if (strcmp(step, "answer") == 0)
        return print_answer(license, first, second, error);
    if (strcmp(step, "import") == 0)
        return import_answer(license, first, error);
    if (strcmp(step, "return") == 0)
        return first ? release_seat(license, first, error) : print_return(license, error);
    return strcmp(step, "allows") != 0 || !polar_license_allows(license, first);
}

int main(int argc, char **argv)
{
    polar_license_error *error = NULL;
    polar_license *license = open_license(&error);
    int32_t failed = license ? take_step(license, argc, argv, &error) : 1;
    if (error) /* says what the user can do */
        fprintf(stderr, "%s\n", polar_license_error_message(error));
    polar_license_error_free(error);
    polar_license_free(license);
    return failed != 0;
}
