/* Reads a catalogue of sentences from the standard input, and prints the message that a user without a license sees. */
#include "check.h"

int main(void)
{
    static char catalogue[100000];
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license *license = NULL;
    polar_license_decision *decision = NULL;
    CHECK(fread(catalogue, 1, sizeof catalogue - 1, stdin) > 0);
    CHECK(polar_license_options_set_texts(options, catalogue) == POLAR_LICENSE_OK);
    CHECK(polar_license_options_set_memory_store(options) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    puts(polar_license_decision_message(decision));
    polar_license_decision_free(decision);
    polar_license_free(license);
    polar_license_options_free(options);
    return 0;
}
