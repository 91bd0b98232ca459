/* Uses the window of examples/win32 as a person would, and prints the lines that the gate of examples/c prints. */
#include "../../examples/win32/window.h"

#include <stdio.h>
#include <string.h>

static int is_on(HWND window, int id)
{
    return IsWindowEnabled(GetDlgItem(window, id));
}

/* Waits until the operation has ended, that is, until a key can be entered again. */
static void wait_for_operation(HWND window)
{
    for (MSG message; !is_on(window, ACTIVATE) && GetMessageW(&message, NULL, 0, 0) > 0;) DispatchMessageW(&message);
}

static void click(HWND window, int id)
{
    SendDlgItemMessageW(window, id, BM_CLICK, 0, 0);
    wait_for_operation(window);
}

static void print(HWND window, int id)
{
    char text[1024] = "";
    GetDlgItemTextA(window, id, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
    const char *argument = argc > 1 ? argv[1] : "";
    polar_license_options *options = polar_license_options_new("de300000-0000-4000-8000-000000000001", "com.acme.app");
    polar_license_options_set_environment(options, getenv("POLAR"));
    polar_license_options_add_feature(options, "export", "de300000-0000-4000-8000-0000000000b1");
    polar_license *license = NULL;
    if (polar_license_open(options, &license, NULL)) return 2;
    HWND window = acme_window_new(license);
    if (!window) return 3;
    wait_for_operation(window);
    int status = 0;
    if (!strcmp(argument, "--deactivate")) {
        click(window, DEACTIVATE);
        puts(is_on(window, DEACTIVATE) || is_on(window, EXPORT_FILE) ? "still active" : "the seat is free");
    } else {
        if (*argument) {
            SetDlgItemTextA(window, KEY, argument);
            click(window, ACTIVATE);
        }
        if (is_on(window, EXPORT_FILE)) {
            char text[64] = "";
            click(window, EXPORT_FILE);
            GetDlgItemTextA(window, PROBLEM, text, sizeof text);
            puts(strcmp(text, "Exported.") ? "not exported" : "exporting");
        } else {
            print(window, STATUS);
            print(window, WHY_OFF);
            print(window, PROBLEM);
            status = *argument != 0;
        }
    }
    DestroyWindow(window);
    polar_license_free(license);
    polar_license_options_free(options);
    return status;
}
