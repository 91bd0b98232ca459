/* A window with a gate, in GTK 4: a field for the key, a button that the license enables, and messages for the user.
 * Calls that wait for Polar run on a separate thread. Widgets change on the main thread only. */
#include "window.h"

enum operation { REFRESH, ACTIVATE, DEACTIVATE };

typedef struct {
    const polar_license *license;
    GtkWidget *status, *problem, *key, *activate, *deactivate, *export_file, *why_off;
    uint64_t subscription;
    gboolean is_busy, is_gone;
} Window;

/* An operation that the window runs on another thread. */
typedef struct {
    const polar_license *license;
    enum operation operation;
    char *key;
} Job;

static Window *of(void *widget)
{
    return g_object_get_data(G_OBJECT(widget), "window");
}

static void show_license(Window *window)
{
    if (window->is_gone) return;
    polar_license_decision *decision = NULL;
    polar_license_current(window->license, &decision); /* from memory, so it does not block */
    gtk_label_set_text(GTK_LABEL(window->status), polar_license_decision_message(decision));
    const gboolean is_on = polar_license_decision_allows(decision, "export");
    gtk_widget_set_sensitive(window->export_file, is_on);
    gtk_label_set_text(GTK_LABEL(window->why_off), polar_license_decision_explain(decision, "export"));
    /* Without a license, `status` already says why the feature is off. */
    gtk_widget_set_visible(window->why_off, polar_license_decision_allowed(decision) && !is_on);
    gtk_widget_set_sensitive(window->activate, !window->is_busy);
    gtk_widget_set_sensitive(window->deactivate, !window->is_busy && polar_license_decision_allowed(decision));
    polar_license_decision_free(decision);
}

static void free_job(void *data)
{
    Job *job = data;
    g_free(job->key);
    g_free(job);
}

/* Runs the operation, on another thread. */
static void work(GTask *task, void *source, void *data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    const Job *job = data;
    polar_license_error *error = NULL;
    switch (job->operation) {
    case REFRESH: polar_license_refresh(job->license, NULL); break; /* never fails */
    case ACTIVATE: polar_license_activate(job->license, job->key, &error); break;
    case DEACTIVATE: polar_license_deactivate(job->license, NULL, &error); break;
    }
    g_task_return_pointer(task, g_strdup(polar_license_error_message(error)), g_free);
    polar_license_error_free(error);
}

/* Shows the result of the operation, on the main thread. */
static void done(GObject *source, GAsyncResult *result, void *data)
{
    (void)data;
    Window *window = of(source);
    char *message = g_task_propagate_pointer(G_TASK(result), NULL);
    if (!window->is_gone) gtk_label_set_text(GTK_LABEL(window->problem), message);
    g_free(message);
    window->is_busy = FALSE;
    show_license(window);
    if (g_application_get_default()) g_application_release(g_application_get_default());
}

static void start(GtkWidget *widget, enum operation operation)
{
    Window *window = of(widget);
    Job *job = g_new(Job, 1);
    *job = (Job){window->license, operation, g_strdup(gtk_editable_get_text(GTK_EDITABLE(window->key)))};
    window->is_busy = TRUE;
    show_license(window);
    /* Keeps the app running until the operation has ended, because the license is freed when the app ends. */
    if (g_application_get_default()) g_application_hold(g_application_get_default());
    GTask *task = g_task_new(gtk_widget_get_root(widget), NULL, done, NULL); /* holds the window until it is done */
    g_task_set_task_data(task, job, free_job);
    g_task_run_in_thread(task, work);
    g_object_unref(task);
}

static void on_activate(GtkWidget *widget)
{
    start(widget, ACTIVATE);
}

static void on_deactivate(GtkWidget *widget)
{
    start(widget, DEACTIVATE);
}

static void on_export(GtkWidget *widget)
{
    if (polar_license_allows(of(widget)->license, "export"))
        gtk_label_set_text(GTK_LABEL(of(widget)->problem), "Exported.");
}

static gboolean show_change(void *widget)
{
    show_license(of(widget));
    return G_SOURCE_REMOVE;
}

/* Runs on the thread of the operation, for example of the automatic refresh. The window may already be gone. */
static void on_change(void *data, const polar_license_decision *decision, const polar_license_decision *before)
{
    (void)decision, (void)before;
    GObject *widget = g_weak_ref_get(data);
    if (widget) g_idle_add_full(G_PRIORITY_DEFAULT, show_change, widget, g_object_unref);
}

static void free_weak(void *data)
{
    g_weak_ref_clear(data);
    g_free(data);
}

static void on_destroy(GtkWidget *widget)
{
    of(widget)->is_gone = TRUE;
    polar_license_off_change(of(widget)->license, of(widget)->subscription);
    polar_license_cancel(of(widget)->license); /* ends operations that still wait for Polar */
}

static GtkWidget *add(GtkWidget *box, GtkWidget *widget, const char *name, Window *window)
{
    gtk_box_append(GTK_BOX(box), widget);
    gtk_widget_set_name(widget, name);
    g_object_set_data(G_OBJECT(widget), "window", window);
    return widget;
}

static GtkWidget *button(GtkWidget *box, const char *label, const char *name, Window *window,
                         void (*clicked)(GtkWidget *))
{
    GtkWidget *widget = add(box, gtk_button_new_with_label(label), name, window);
    g_signal_connect(widget, "clicked", G_CALLBACK(clicked), NULL);
    return widget;
}

static GtkWidget *text(GtkWidget *box, const char *name, Window *window)
{
    GtkWidget *label = add(box, gtk_label_new(NULL), name, window);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    return label;
}

GtkWidget *acme_window_new(const polar_license *license)
{
    GtkWidget *widget = gtk_window_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8);
    Window *window = g_new0(Window, 1);
    window->license = license;
    g_object_set_data_full(G_OBJECT(widget), "window", window, g_free);
    gtk_window_set_title(GTK_WINDOW(widget), "Acme");
    gtk_window_set_default_size(GTK_WINDOW(widget), 360, -1);
    gtk_window_set_child(GTK_WINDOW(widget), box);
    for (int side = 0; side < 4; side++) {
        static void (*const margin[])(GtkWidget *, int) = {gtk_widget_set_margin_top, gtk_widget_set_margin_bottom,
                                                           gtk_widget_set_margin_start, gtk_widget_set_margin_end};
        margin[side](box, 12);
    }
    window->status = text(box, "status", window);
    window->problem = text(box, "problem", window);
    window->key = add(box, gtk_entry_new(), "key", window);
    gtk_entry_set_placeholder_text(GTK_ENTRY(window->key), "License key");
    g_signal_connect(window->key, "activate", G_CALLBACK(on_activate), NULL);
    window->activate = button(box, "Activate", "activate", window, on_activate);
    window->export_file = button(box, "Export", "export", window, on_export);
    window->why_off = text(box, "why-off", window);
    window->deactivate = button(box, "Deactivate this device", "deactivate", window, on_deactivate);

    GWeakRef *weak = g_new(GWeakRef, 1);
    g_weak_ref_init(weak, widget);
    polar_license_on_change(license, on_change, weak, free_weak, &window->subscription);
    g_signal_connect(widget, "destroy", G_CALLBACK(on_destroy), NULL);
    polar_license_start_auto_refresh(license, NULL);
    start(widget, REFRESH);
    return widget;
}
