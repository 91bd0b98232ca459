/* A gate: it runs a feature only if the license allows it. Activates the key that is given on the command line, if
 * any, and then exports if the license allows it. With `--deactivate`, releases the seat. The environment variable
 * POLAR is "production", "sandbox" or an address, such as the address that `polar-license serve` prints. */
#include <polar_license.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORGANIZATION "de300000-0000-4000-8000-000000000001" /* Polar: Settings, General */
#define PRO "de300000-0000-4000-8000-0000000000b1" /* Polar: the id of the license key benefit */

int main(int argc, char **argv)
{
    const char *polar = getenv("POLAR"), *key = argc > 1 ? argv[1] : NULL; /* POLAR: for tests, never in a release */
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license *license = NULL;
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    int32_t deactivated;
    int status = 0;

    polar_license_options_set_environment(options, polar ? polar : "production");
    polar_license_options_add_feature(options, "export", PRO);
    if (polar_license_open(options, &license, &error)) {
        fprintf(stderr, "%s\n", polar_license_error_message(error));
        status = 1;
    } else if (key && strcmp(key, "--deactivate") == 0) {
        if (polar_license_deactivate(license, &deactivated, &error)) {
            fprintf(stderr, "%s\n", polar_license_error_message(error));
            status = 1;
        } else {
            puts(deactivated == POLAR_LICENSE_DEACTIVATED_RELEASED ? "the seat is free" : "there was no seat");
        }
    } else {
        polar_license_refresh(license, NULL); /* returns at once if the last confirmation is fresh */
        /* Activate only if the feature is off, so that the program also works while Polar is down. */
        if (key && !polar_license_allows(license, "export") && polar_license_activate(license, key, &error)) {
            fprintf(stderr, "%s\n", polar_license_error_message(error));
            status = 1;
        }
        polar_license_current(license, &decision);
        if (polar_license_decision_allows(decision, "export"))
            puts("exporting");
        else /* no license, or one for another plan */
            fprintf(stderr, "%s\n", polar_license_decision_explain(decision, "export"));
    }
    polar_license_error_free(error);
    polar_license_decision_free(decision);
    polar_license_free(license);
    polar_license_options_free(options);
    return status;
}
