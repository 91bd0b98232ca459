/* Lost key, dead machine: restores the license of a customer who has only the e-mail address of the purchase, and
 * exports if the license allows it. POLAR is "production", "sandbox" or an address, such as the one that
 * `polar-license serve` prints; that command also shows the e-mails. */
#include <polar_license.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORGANIZATION "de300000-0000-4000-8000-000000000001" /* Polar: Settings, General */
#define PRO "de300000-0000-4000-8000-0000000000b1" /* Polar: the id of the license key benefit */

static char line[200];

static const char *ask(const char *question)
{
    printf("%s ", question);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        line[0] = 0;
    line[strcspn(line, "\r\n")] = 0;
    return line;
}

static size_t choice(void)
{
    return (size_t)strtoul(ask("Which one?"), NULL, 10) - 1;
}

static const polar_license_key *choose_key(const polar_license_keys *keys)
{
    for (size_t i = 0; i < polar_license_keys_count(keys); i++)
        printf("%d: %s\n", (int)i + 1, polar_license_key_masked(polar_license_keys_at(keys, i)));
    return polar_license_keys_at(keys, choice());
}

static const polar_license_device *choose_device(const polar_license_devices *devices)
{
    puts(polar_license_devices_message(devices)); /* empty if the devices are listed */
    for (size_t i = 0; i < polar_license_devices_count(devices); i++)
        printf("%d: %s\n", (int)i + 1, polar_license_device_label(polar_license_devices_at(devices, i)));
    return polar_license_devices_hidden(devices) ? NULL : polar_license_devices_at(devices, choice());
}

/* Runs the part of an app's dialog behind "I lost my key". */
static void find_my_key(const polar_license *license)
{
    polar_license_code_request *request = NULL;
    polar_license_session *session = NULL;
    polar_license_restored *restored = NULL;
    polar_license_error *error = NULL;

    const char *email = ask("The e-mail address of the purchase?");
    int32_t failed = polar_license_portal_request_code(license, email, &request, &error);
    if (!failed) {
        puts(polar_license_code_request_message(request));
        failed = polar_license_portal_authenticate(license, ask("The code from the mail?"), &session, &error);
    }
    if (!failed)
        failed = polar_license_session_restore(session, &restored, &error);
    while (!failed && polar_license_restored_outcome(restored) != POLAR_LICENSE_RESTORED_LICENSED) {
        const polar_license_key *key = polar_license_restored_key(restored); /* the key that has no free seat */
        const polar_license_device *device;
        polar_license_restored *next = NULL;
        if (key) {
            puts(polar_license_error_message(polar_license_restored_error(restored)));
            device = choose_device(polar_license_restored_devices(restored));
            if (!device) break; /* the devices are hidden, or none was chosen */
            failed = polar_license_session_release(session, key, device, NULL, &error);
        } else {
            key = choose_key(polar_license_restored_keys(restored));
            if (!key) break;
        }
        if (!failed)
            failed = polar_license_session_activate(session, key, &next, &error);
        polar_license_restored_free(restored);
        restored = next;
    }
    if (failed)
        puts(polar_license_error_message(error));
    polar_license_error_free(error);
    polar_license_restored_free(restored);
    polar_license_session_free(session); /* wipes the customer's token */
    polar_license_code_request_free(request);
}

int main(void)
{
    const char *polar = getenv("POLAR");
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license *license = NULL;
    int status = 1;

    polar_license_options_set_environment(options, polar ? polar : "production");
    polar_license_options_add_feature(options, "export", PRO);
    if (!polar_license_open(options, &license, NULL)) {
        polar_license_refresh(license, NULL); /* returns at once if the last confirmation is fresh */
        if (!polar_license_allows(license, "export"))
            find_my_key(license);
        if (polar_license_allows(license, "export")) {
            puts("exporting");
            status = 0;
        }
    }
    polar_license_free(license);
    polar_license_options_free(options);
    return status;
}
