/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does networkd configure an interface that belongs to another manager? Changes nothing.
 */
#include "networkd-backend/networkd-operations.h"

typedef struct {
    char *interface;
    GnfManager owner;
} Conflict;

static void
conflict_free(gpointer data)
{
    Conflict *conflict = data;

    g_free(conflict->interface);
    g_free(conflict);
}

static char *
judge(const Conflict *conflict, const GnfNetworkdLink *link)
{
    if (link->state != GNF_NETWORKD_CONFIGURING && link->state != GNF_NETWORKD_CONFIGURED &&
        link->state != GNF_NETWORKD_FAILED)
        return NULL;
    return g_strdup_printf("networkd configures %s as well (%s%s%s), which belongs to %s: have its "
                           "file not match it, or say so in one with Unmanaged=yes",
                           conflict->interface,
                           link->word,
                           link->file ? ", file " : "",
                           link->file ? link->file : "",
                           gnf_manager_to_string(conflict->owner));
}

static void
on_link(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GnfNetworkdLink) link = gnf_networkd_ask_finish(result, &error);

    if (link)
        g_task_return_pointer(task, judge(g_task_get_task_data(task), link), g_free);
    else
        g_task_return_error(task, error);
}

void
gnf_networkd_conflict_start(gpointer self,
                            const GnfOwnedInterface *interface,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Conflict *conflict = g_new0(Conflict, 1);

    conflict->interface = g_strdup(interface->interface);
    conflict->owner = interface->owner;
    g_task_set_task_data(task, conflict, conflict_free);
    if (interface->owner == GNF_MANAGER_NETWORKD) {
        g_task_return_pointer(task, NULL, NULL);
        g_object_unref(task);
        return;
    }
    gnf_networkd_ask_async(self, interface->ifindex, cancellable, on_link, task);
}
