/* Uses the window of examples/gtk as a person would, and prints the lines that the gate of examples/c prints. If
 * SCREENSHOT names a folder, saves a picture of the window in that folder. */
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static GtkWidget *find(GtkWidget *widget, const char *name)
{
    if (!strcmp(gtk_widget_get_name(widget), name)) return widget;
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find(child, name);
        if (found) return found;
    }
    return NULL;
}

static void click(GtkWidget *window, const char *name)
{
    g_signal_emit_by_name(find(window, name), "clicked");
}

static gboolean is_on(GtkWidget *window, const char *name)
{
    return gtk_widget_get_sensitive(find(window, name));
}

/* Waits until the operation has ended, that is, until a key can be entered again. */
static void wait_for_operation(GtkWidget *window)
{
    while (!is_on(window, "activate")) g_main_context_iteration(NULL, TRUE);
}

/* Returns a picture of the window, or NULL until the window is drawn. */
static GskRenderNode *drawn(GtkWidget *window)
{
    GdkPaintable *paintable = gtk_widget_paintable_new(window);
    GtkSnapshot *snapshot = gtk_snapshot_new();
    gdk_paintable_snapshot(paintable, snapshot, gtk_widget_get_width(window), gtk_widget_get_height(window));
    g_object_unref(paintable);
    return gtk_snapshot_free_to_node(snapshot);
}

static void save(GtkWidget *window, const char *name)
{
    const char *folder = getenv("SCREENSHOT");
    if (!folder) return;
    GskRenderNode *node;
    while (!(node = drawn(window))) g_main_context_iteration(NULL, TRUE);
    GdkTexture *texture = gsk_renderer_render_texture(gtk_native_get_renderer(GTK_NATIVE(window)), node, NULL);
    char *path = g_strdup_printf("%s/%s.png", folder, name);
    gdk_texture_save_to_png(texture, path);
    g_free(path);
    g_object_unref(texture);
    gsk_render_node_unref(node);
}

static const char *label(GtkWidget *window, const char *name)
{
    return gtk_label_get_text(GTK_LABEL(find(window, name)));
}

static void print_label(GtkWidget *window, const char *name)
{
    if (gtk_widget_get_visible(find(window, name))) fprintf(stderr, "%s\n", label(window, name));
}

static int use(GtkWidget *window, const char *argument)
{
    wait_for_operation(window);
    save(window, "start");
    if (argument && !strcmp(argument, "--deactivate")) {
        click(window, "deactivate");
        wait_for_operation(window);
        puts(is_on(window, "deactivate") || is_on(window, "export") ? "still active" : "the seat is free");
        return 0;
    }
    if (argument) {
        gtk_editable_set_text(GTK_EDITABLE(find(window, "key")), argument);
        click(window, "activate");
        wait_for_operation(window);
        save(window, "activated");
    }
    if (is_on(window, "export")) {
        click(window, "export");
        puts(!strcmp(label(window, "problem"), "Exported.") ? "exporting" : "not exported");
        return 0;
    }
    print_label(window, "status");
    print_label(window, "problem");
    print_label(window, "why-off");
    return argument ? 1 : 0;
}

int main(int argc, char **argv)
{
    gtk_init();
    polar_license_options *options = polar_license_options_new("de300000-0000-4000-8000-000000000001", "com.acme.app");
    polar_license_options_set_environment(options, getenv("POLAR"));
    polar_license_options_add_feature(options, "export", "de300000-0000-4000-8000-0000000000b1");
    polar_license *license = NULL;
    if (polar_license_open(options, &license, NULL)) return 2;
    polar_license_options_free(options);
    GtkWidget *window = acme_window_new(license);
    gtk_window_present(GTK_WINDOW(window));
    const int result = use(window, argc > 1 ? argv[1] : NULL);
    gtk_window_destroy(GTK_WINDOW(window));
    polar_license_free(license);
    return result;
}
