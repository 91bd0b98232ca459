/* A window with a gate, in plain Win32: a field for the key, a button that the license enables, and messages for the
 * user. Calls that wait for Polar run on a separate thread. Controls change on the window's thread only. */
#pragma once
#include <polar_license.h>
#include <stdlib.h>
#include <windows.h>

enum { STATUS = 100, PROBLEM, KEY, ACTIVATE, EXPORT_FILE, WHY_OFF, DEACTIVATE };

/* The messages that other threads post to the window. */
enum { LICENSE_CHANGED = WM_APP, WORK_DONE };

typedef struct {
    const polar_license *license;
    HWND handle;
    uint64_t subscription;
    HANDLE thread; /* NULL while no operation runs */
    int command;
    char key[256];
    wchar_t problem[1024];
} Window;

static void to_utf16(const char *text, wchar_t *buffer, int size)
{
    if (!MultiByteToWideChar(CP_UTF8, 0, text, -1, buffer, size)) buffer[0] = 0;
}

static void show(const Window *window, int id, const char *text)
{
    wchar_t wide[1024];
    to_utf16(text, wide, 1024);
    SetDlgItemTextW(window->handle, id, wide);
}

static void show_license(const Window *window)
{
    polar_license_decision *decision = NULL;
    polar_license_current(window->license, &decision); /* from memory, so it does not block */
    const int is_on = polar_license_decision_allows(decision, "export");
    /* Without a license, the status already says why the feature is off. */
    const int is_other_plan = polar_license_decision_allowed(decision) && !is_on;
    show(window, STATUS, polar_license_decision_message(decision));
    show(window, WHY_OFF, is_other_plan ? polar_license_decision_explain(decision, "export") : "");
    EnableWindow(GetDlgItem(window->handle, EXPORT_FILE), is_on);
    EnableWindow(GetDlgItem(window->handle, ACTIVATE), !window->thread);
    EnableWindow(GetDlgItem(window->handle, DEACTIVATE), !window->thread && polar_license_decision_allowed(decision));
    polar_license_decision_free(decision);
}

/* Runs the operation, on another thread. */
static DWORD WINAPI work(void *data)
{
    Window *window = data;
    polar_license_error *error = NULL;
    switch (window->command) {
    case ACTIVATE: polar_license_activate(window->license, window->key, &error); break;
    case DEACTIVATE: polar_license_deactivate(window->license, NULL, &error); break;
    default: polar_license_refresh(window->license, NULL); break; /* never fails */
    }
    to_utf16(polar_license_error_message(error), window->problem, 1024);
    polar_license_error_free(error);
    PostMessageW(window->handle, WORK_DONE, 0, 0);
    return 0;
}

static void start(Window *window, int command)
{
    wchar_t key[64];
    if (window->thread) return;
    GetDlgItemTextW(window->handle, KEY, key, 64);
    WideCharToMultiByte(CP_UTF8, 0, key, -1, window->key, sizeof window->key, NULL, NULL);
    window->command = command;
    window->thread = CreateThread(NULL, 0, work, window, 0, NULL);
    show_license(window);
}

/* Waits until the thread has ended, if there is one. */
static void join(Window *window)
{
    if (!window->thread) return;
    WaitForSingleObject(window->thread, INFINITE);
    CloseHandle(window->thread);
    window->thread = NULL;
}

/* Runs on the thread of the operation, for example of the automatic refresh. Does nothing if the window is already
 * gone. */
static void on_change(void *handle, const polar_license_decision *decision, const polar_license_decision *before)
{
    (void)decision, (void)before;
    PostMessageW(handle, LICENSE_CHANGED, 0, 0);
}

static LRESULT CALLBACK handle_message(HWND handle, UINT message, WPARAM parameter, LPARAM more)
{
    Window *window = (Window *)GetWindowLongPtrW(handle, GWLP_USERDATA);
    if (!window) return DefWindowProcW(handle, message, parameter, more);
    switch (message) {
    case LICENSE_CHANGED: show_license(window); return 0;
    case WORK_DONE:
        join(window);
        SetDlgItemTextW(handle, PROBLEM, window->problem);
        show_license(window);
        return 0;
    case WM_COMMAND:
        if (LOWORD(parameter) == EXPORT_FILE && polar_license_allows(window->license, "export"))
            SetDlgItemTextW(handle, PROBLEM, L"Exported.");
        if (LOWORD(parameter) == ACTIVATE || LOWORD(parameter) == DEACTIVATE) start(window, LOWORD(parameter));
        return 0;
    case WM_DESTROY:
        polar_license_off_change(window->license, window->subscription);
        polar_license_cancel(window->license); /* ends operations that still wait for Polar */
        join(window);
        SetWindowLongPtrW(handle, GWLP_USERDATA, 0);
        free(window);
        PostQuitMessage(0);
        return 0;
    default: return DefWindowProcW(handle, message, parameter, more);
    }
}

static void add(HWND window, const wchar_t *class, const wchar_t *text, DWORD style, int id)
{
    const int row = id - STATUS;
    CreateWindowW(class, text, WS_CHILD | WS_VISIBLE | style, 12, 12 + 36 * row, 336, 28, window, (HMENU)(INT_PTR)id,
                  NULL, NULL);
}

/* Returns a window with a gate, or NULL if the window could not be created. It uses `license`, which must outlive it.
 * */
static HWND acme_window_new(const polar_license *license)
{
    const WNDCLASSW class = {.lpfnWndProc = handle_message,
                             .lpszClassName = L"Acme",
                             .hCursor = LoadCursorW(NULL, (const wchar_t *)IDC_ARROW),
                             .hbrBackground = (HBRUSH)(COLOR_WINDOW + 1)};
    RegisterClassW(&class);
    HWND handle = CreateWindowW(L"Acme", L"Acme", WS_OVERLAPPEDWINDOW, CW_USEDEFAULT, CW_USEDEFAULT, 380, 316, NULL, NULL,
                                NULL, NULL);
    Window *window = calloc(1, sizeof *window);
    if (!handle || !window) return NULL;
    window->license = license;
    window->handle = handle;
    SetWindowLongPtrW(handle, GWLP_USERDATA, (LONG_PTR)window);
    add(handle, L"STATIC", L"", 0, STATUS);
    add(handle, L"STATIC", L"", 0, PROBLEM);
    add(handle, L"EDIT", L"", WS_BORDER | WS_TABSTOP | ES_AUTOHSCROLL, KEY);
    add(handle, L"BUTTON", L"Activate", WS_TABSTOP, ACTIVATE);
    add(handle, L"BUTTON", L"Export", WS_TABSTOP, EXPORT_FILE);
    add(handle, L"STATIC", L"", 0, WHY_OFF);
    add(handle, L"BUTTON", L"Deactivate this device", WS_TABSTOP, DEACTIVATE);
    polar_license_on_change(license, on_change, handle, NULL, &window->subscription);
    polar_license_start_auto_refresh(license, NULL);
    start(window, 0);
    return handle;
}
