/* The gate of examples/c as a desktop app. POLAR is "production", "sandbox" or an address, such as the address that
 * `polar-license serve` prints. */
#include "window.h"

#include <stdio.h>

static const char *const ORGANIZATION = "de300000-0000-4000-8000-000000000001"; /* Polar: Settings, General */
static const char *const PRO = "de300000-0000-4000-8000-0000000000b1"; /* Polar: the id of the license key benefit */

int main(void)
{
    const char *polar = getenv("POLAR"); /* for tests, never in a release */
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license_options_set_environment(options, polar ? polar : "production");
    polar_license_options_add_feature(options, "export", PRO);
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    if (polar_license_open(options, &license, &error)) { /* fails only if the options are wrong */
        fprintf(stderr, "%s\n", polar_license_error_detail(error));
    } else {
        HWND window = acme_window_new(license);
        ShowWindow(window, SW_SHOW);
        for (MSG message; window && GetMessageW(&message, NULL, 0, 0) > 0;) {
            if (IsDialogMessageW(window, &message)) continue; /* handles the Tab key */
            TranslateMessage(&message);
            DispatchMessageW(&message);
        }
    }
    polar_license_error_free(error);
    polar_license_free(license);
    polar_license_options_free(options);
    return 0;
}
