/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does ifupdown configure an interface that belongs to another manager? Changes nothing.
 *
 * Only ifupdown is asked: what NetworkManager owns, it may own by the ifcfg files themselves, and
 * wicked has a daemon that would be the owner.
 */
#include "ifcfg-backend/ifcfg-operations.h"

static char *
judge(const GnfIfcfg *self, const GnfOwnedInterface *interface)
{
    gboolean is_asked = self->manager == GNF_MANAGER_IFUPDOWN &&
                        (interface->owner == GNF_MANAGER_NETWORKMANAGER ||
                         interface->owner == GNF_MANAGER_NETWORKD);
    const GnfNic nic = {.name = interface->interface, .mac = interface->permanent_mac};

    if (!is_asked)
        return NULL;
    g_autoptr(GnfManagerFiles) files = gnf_ifcfg_read(self);
    const GnfPlace *place = gnf_manager_files_find_place(files, &nic);
    if (!place)
        return NULL;
    return g_strdup_printf("%s configures %s as well (%s:%u), which belongs to %s: take it out of "
                           "that file, or have %s leave it alone",
                           files->ifupdown->name,
                           interface->interface,
                           place->file,
                           place->line,
                           gnf_manager_to_string(interface->owner),
                           gnf_manager_to_string(interface->owner));
}

void
gnf_ifcfg_conflict_start(gpointer self,
                         const GnfOwnedInterface *interface,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);

    g_task_return_pointer(task, judge(self, interface), g_free);
}
