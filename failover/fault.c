/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault points; see fault.h. Not in release builds.
 */
#include "failover/fault.h"

#include <glib/gstdio.h>

typedef struct {
    GFile *file; /* reached-STEP */
    GFileMonitor *monitor;
    guint limit_ms;
    GnfFaultNext next;
    gpointer data;
} Halt;

static guint limit_ms; /* of the step begun last, until it is used; 0 = its own */

static void
on_file_event(
    GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer data)
{
    Halt *halt = data;

    if (event != G_FILE_MONITOR_EVENT_DELETED || !g_file_equal(file, halt->file))
        return;
    g_signal_handlers_disconnect_by_data(monitor, halt);
    g_object_unref(halt->monitor);
    g_object_unref(halt->file);
    limit_ms = halt->limit_ms;
    halt->next(halt->data);
    g_free(halt);
}

/* The armed point's file, taken away; its contents, or NULL if this point is not armed. */
static char *
disarm(const char *folder, const char *step, const GnfOperationDevice *device)
{
    g_autofree char *name = device ? g_strdup_printf("fault-%s-%s", step, device->interface) : NULL;
    g_autofree char *any = g_strdup_printf("fault-%s", step);
    const char *names[] = {any, name};
    char *contents = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(names) && names[i] && !contents; i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        if (g_file_get_contents(path, &contents, NULL, NULL))
            (void)g_unlink(path);
    }
    return contents;
}

void
gnf_fault_point(const GnfContext *context,
                GnfStep step,
                const GnfOperationDevice *device,
                GnfFaultNext next,
                gpointer data)
{
    const char *name = gnf_step_to_string(step);
    g_autofree char *folder = g_path_get_dirname(context->record_path);
    g_autofree char *contents = disarm(folder, name, device);

    limit_ms = 0;
    if (!contents) {
        next(data);
        return;
    }
    g_autofree char *file_name = g_strdup_printf("reached-%s", name);
    g_autofree char *path = g_build_filename(folder, file_name, NULL);
    Halt *halt = g_new0(Halt, 1);

    halt->file = g_file_new_for_path(path);
    halt->limit_ms = (guint)g_ascii_strtoull(contents, NULL, 10);
    halt->next = next;
    halt->data = data;
    halt->monitor = g_file_monitor_file(halt->file, G_FILE_MONITOR_NONE, NULL, NULL);
    g_signal_connect(halt->monitor, "changed", G_CALLBACK(on_file_event), halt);
    g_file_set_contents_full(path, "", 0, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

guint
gnf_fault_limit(guint timeout_ms)
{
    guint limit = limit_ms > 0 ? limit_ms : timeout_ms;

    limit_ms = 0;
    return limit;
}
