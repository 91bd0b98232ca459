/* The window of this example; main.c shows it. */
#pragma once
#include <gtk/gtk.h>
#include <polar_license.h>

/* A window with a gate over `license`, which it must not outlive. */
GtkWidget *acme_window_new(const polar_license *license);
