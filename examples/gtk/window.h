/* The window of this example, which main.c shows. */
#pragma once
#include <gtk/gtk.h>
#include <polar_license.h>

/* Returns a window with a gate. The window uses `license`, which must outlive it. */
GtkWidget *acme_window_new(const polar_license *license);
