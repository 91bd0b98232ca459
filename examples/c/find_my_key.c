/* Restores the license of a customer who has lost the key or whose machine is dead, and who has only the e-mail
 * address of the purchase. Exports if the license allows it. The environment variable POLAR is "production",
 * "sandbox" or an address, such as the address that `polar-license serve` prints. That command also shows the
 * e-mails. */
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

/* Prints the member `member` of each object in an array, and lets the user choose one of the objects. Returns the
 * handle of this object, or 0 if the user chooses none. */
static uint32_t choose(const polar_license_reply *reply, const char *array, const char *member)
{
    char pointer[60];
    size_t i;
    for (i = 0; i < polar_license_reply_count(reply, array); i++) {
        snprintf(pointer, sizeof pointer, "%s/%d/%s", array, (int)i, member);
        printf("%d: %s\n", (int)i + 1, polar_license_reply_text(reply, pointer));
    }
    snprintf(pointer, sizeof pointer, "%s/%ld", array, strtol(ask("Which one?"), NULL, 10) - 1);
    return polar_license_reply_handle(reply, pointer);
}

static int is(const polar_license_reply *reply, const char *pointer, const char *value)
{
    const char *text = polar_license_reply_text(reply, pointer);
    return text && strcmp(text, value) == 0;
}

/* Does what a button "I lost my key" in an app's dialog would do. */
static void find_my_key(const polar_license *license)
{
    polar_license_reply *request = NULL, *login = NULL, *restored = NULL;
    polar_license_error *error = NULL;
    uint32_t session = 0;

    const char *email = ask("The e-mail address of the purchase?");
    int32_t failed = polar_license_portal_request_code(license, email, &request, &error);
    if (!failed) {
        const char *message = polar_license_reply_text(request, "/message");
        if (message) /* NULL if several customers have this address: then let the user choose */
            puts(message);
        failed = polar_license_portal_authenticate(license, ask("The code from the mail?"), &login, &error);
    }
    if (!failed) {
        session = polar_license_reply_handle(login, "");
        failed = polar_license_portal_restore(license, session, &restored, &error);
    }
    while (!failed && !is(restored, "/kind", "licensed")) {
        uint32_t key = polar_license_reply_handle(restored, "/key"); /* the key that has no free seat */
        polar_license_reply *released = NULL, *next = NULL;
        if (key) {
            uint32_t device;
            puts(polar_license_reply_text(restored, "/error/message"));
            if (is(restored, "/devices/kind", "hidden")) {
                puts(polar_license_reply_text(restored, "/devices/message"));
                break;
            }
            device = choose(restored, "/devices/devices", "label");
            if (!device) break;
            failed = polar_license_portal_release(license, session, device, &released, &error);
            polar_license_reply_free(released);
        } else {
            key = choose(restored, "/keys", "displayKey");
            if (!key) break;
        }
        if (!failed)
            failed = polar_license_portal_activate(license, session, key, &next, &error);
        polar_license_reply_free(restored);
        restored = next;
    }
    if (failed)
        puts(polar_license_error_message(error));
    polar_license_error_free(error);
    polar_license_reply_free(restored);
    polar_license_reply_free(login); /* wipes the customer's token */
    polar_license_reply_free(request);
}

int main(void)
{
    const char *polar = getenv("POLAR"); /* for tests, never in a release */
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
