/* Takes one step of a license for a computer that is never online (A), as an app in C does. Another computer (B) has a
 * network. Texts and the license key are read from the standard input, one in each line, because other users of a
 * computer can see its command lines. Arguments: the address of Polar, a directory, the computer's identifier, and the
 * step:
 *
 *     A  request   writes the request
 *     B  answer    reads the request and the license key, and writes the answer
 *     A  import    reads the answer
 *     A  return    writes the return, or an empty line if there is nothing to release
 *     B  release   reads the return, and writes the outcome for the seat
 *     A  status    writes the state of the license, without asking Polar
 *
 * A step that fails writes the user's message to the standard error, and the exit code is then 1. */
#include "check.h"

#define OK POLAR_LICENSE_OK

static polar_license *opened(char **arguments)
{
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license *license = NULL;
    CHECK(polar_license_options_set_environment(options, arguments[0]) == OK);
    CHECK(polar_license_options_set_directory(options, arguments[1]) == OK);
    CHECK(polar_license_options_set_device_id(options, arguments[2]) == OK);
    CHECK(polar_license_options_set_app_secret(options, "hush") == OK);
    CHECK(polar_license_options_set_air_gap_days(options, 365) == OK);
    CHECK(polar_license_options_add_feature(options, "export", PRO) == OK);
    CHECK(polar_license_open(options, &license, NULL) == OK);
    polar_license_options_free(options);
    return license;
}

/* Reads a line into `line`. Texts for computers without a network are short enough for a line of this length. */
static const char *typed(char line[static 2000])
{
    CHECK(fgets(line, 2000, stdin) != NULL);
    line[strcspn(line, "\r\n")] = 0;
    return line;
}

/* Writes a text, and frees it, which wipes it. */
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
    printf("%s%s, export %s\n", polar_license_state_name(polar_license_decision_state(decision)),
           air_gapped ? " (air gap)" : "", polar_license_decision_allows(decision, "export") ? "on" : "off");
    polar_license_decision_free(decision);
}

/* Returns the kind of the error, or POLAR_LICENSE_OK. */
static int32_t take(const char *step, const polar_license *license, polar_license_error **error)
{
    char line[2000], key[2000];
    polar_license_offline_text *text = NULL;
    polar_license_decision *decision = NULL;
    int32_t deactivated, failed;
    if (strcmp(step, "request") == 0) {
        failed = polar_license_offline_request(license, &text, error);
        if (!failed)
            show_text(text);
    } else if (strcmp(step, "answer") == 0) {
        typed(line);
        failed = polar_license_offline_answer(license, line, typed(key), &text, NULL, error);
        if (!failed)
            show_text(text);
    } else if (strcmp(step, "import") == 0) {
        failed = polar_license_offline_import(license, typed(line), &decision, error);
        if (!failed)
            show_state(decision);
    } else if (strcmp(step, "return") == 0) {
        failed = polar_license_offline_return(license, &text, NULL, error);
        if (!failed)
            show_text(text);
    } else if (strcmp(step, "release") == 0) {
        failed = polar_license_offline_release(license, typed(line), &deactivated, NULL, error);
        if (!failed)
            puts(polar_license_deactivated_name(deactivated));
    } else {
        CHECK(strcmp(step, "status") == 0);
        failed = polar_license_current(license, &decision);
        show_state(decision);
    }
    return failed;
}

int main(int count, char **arguments)
{
    polar_license *license;
    polar_license_error *error = NULL;
    int32_t failed;
    CHECK(count == 5);
    license = opened(arguments + 1);
    failed = take(arguments[4], license, &error);
    CHECK((error != NULL) == (failed != OK));
    if (error)
        fprintf(stderr, "%s: %s\n", polar_license_kind_name(failed), polar_license_error_message(error));
    polar_license_error_free(error);
    polar_license_free(license);
    return failed != OK;
}
