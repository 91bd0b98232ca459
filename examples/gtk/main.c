/* The gate of examples/c as a desktop app. POLAR is "production", "sandbox" or an address, such as the address that
 * `polar-license serve` prints. */
#include "window.h"

static const char *const ORGANIZATION = "de300000-0000-4000-8000-000000000001"; /* Polar: Settings, General */
static const char *const PRO = "de300000-0000-4000-8000-0000000000b1"; /* Polar: the id of the license key benefit */

static void activate(GtkApplication *app, void *license)
{
    GtkWidget *window = acme_window_new(license);
    gtk_application_add_window(app, GTK_WINDOW(window));
    gtk_window_present(GTK_WINDOW(window));
}

int main(int argc, char **argv)
{
    const char *polar = g_getenv("POLAR"); /* for tests, never in a release */
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license_options_set_environment(options, polar ? polar : "production");
    polar_license_options_add_feature(options, "export", PRO);
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    int result = 1;
    if (polar_license_open(options, &license, &error)) { /* fails only if the options are wrong */
        g_printerr("%s\n", polar_license_error_detail(error));
    } else {
        GtkApplication *app = gtk_application_new("com.acme.app", G_APPLICATION_DEFAULT_FLAGS);
        g_signal_connect(app, "activate", G_CALLBACK(activate), license);
        result = g_application_run(G_APPLICATION(app), argc, argv);
        g_object_unref(app);
    }
    polar_license_error_free(error);
    polar_license_free(license);
    polar_license_options_free(options);
    return result;
}
