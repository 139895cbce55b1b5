/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The instance, and whose an interface is. Changes nothing.
 *
 * Of the three managers only wicked has a daemon, and its files may lie in a guest that does not
 * run it: it is looked for on the system bus, and never started.
 */
#include <net/if.h>

#include "failover/error.h"
#include "ifcfg-backend/ifcfg-operations.h"

/* wickedd's own name, as in its D-Bus policy. */
#define WICKED_NAME "org.opensuse.Network"

GnfIfcfg *
gnf_ifcfg_new(GnfManager manager, const char *root)
{
    GnfIfcfg *self = g_new0(GnfIfcfg, 1);

    self->manager = manager;
    self->root = g_strdup(root);
    self->netlink = gnf_netlink_new(&self->open_error);
    return self;
}

void
gnf_ifcfg_free(GnfIfcfg *self)
{
    gnf_system_bus_clear(&self->bus);
    g_clear_pointer(&self->netlink, gnf_netlink_free);
    g_clear_error(&self->open_error);
    g_free(self->root);
    g_free(self);
}

GnfManagerFiles *
gnf_ifcfg_read(const GnfIfcfg *self)
{
    return gnf_manager_files_read(self->root, self->manager);
}

GnfNic
gnf_ifcfg_nic(const GnfTarget *target)
{
    return (GnfNic){.name = target->interface, .mac = target->permanent_mac};
}

gboolean
gnf_ifcfg_is_there(const char *name)
{
    return if_nametoindex(name) != 0;
}

/* -- is wickedd there? Ends with TRUE or FALSE, or with an error. -- */

static void
return_boolean(GTask *task, gboolean value)
{
    g_task_return_pointer(task, GINT_TO_POINTER(value + 1), NULL);
}

static void
on_has_owner(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    gboolean owned = FALSE;

    if (!answer) {
        gnf_error_wrap(&error, GNF_REASON_CODE_MANAGER_FAILED, "asking the system bus for wicked");
        g_task_return_error(task, error);
        return;
    }
    g_variant_get(answer, "(b)", &owned);
    return_boolean(task, owned);
}

static void
on_bus(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GDBusConnection) bus = gnf_system_bus_connect_finish(result, &error);
    GCancellable *cancellable = g_task_get_cancellable(task);

    if (!bus && gnf_system_bus_is_absence(error)) {
        g_error_free(error);
        return_boolean(task, FALSE);
    } else if (!bus) {
        gnf_error_wrap(&error, GNF_REASON_CODE_MANAGER_FAILED, "asking the system bus for wicked");
        g_task_return_error(task, error);
    } else {
        g_dbus_connection_call(bus,
                               "org.freedesktop.DBus",
                               "/org/freedesktop/DBus",
                               "org.freedesktop.DBus",
                               "NameHasOwner",
                               g_variant_new("(s)", WICKED_NAME),
                               G_VARIANT_TYPE("(b)"),
                               G_DBUS_CALL_FLAGS_NONE,
                               -1,
                               cancellable,
                               on_has_owner,
                               g_steal_pointer(&task));
    }
}

static void
find_daemon_async(GnfIfcfg *self,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);

    if (self->manager == GNF_MANAGER_WICKED) {
        gnf_system_bus_connect_async(&self->bus, cancellable, on_bus, task);
        return;
    }
    /* The others have none. */
    return_boolean(task, TRUE);
    g_object_unref(task);
}

static gboolean
find_daemon_finish(GAsyncResult *result, gboolean *ret_there, GError **error)
{
    gpointer value = g_task_propagate_pointer(G_TASK(result), error);

    *ret_there = GPOINTER_TO_INT(value) == TRUE + 1;
    return value != NULL;
}

/* -- probe -- */

typedef struct {
    GnfIfcfg *self;
    int ifindex;
    char *interface;
    GnfManagerFiles *files;
} Probe;

static void
probe_free(gpointer data)
{
    Probe *probe = data;

    g_free(probe->interface);
    gnf_manager_files_free(probe->files);
    g_free(probe);
}

static void
return_ownership(GTask *task, GnfOwnership *ownership)
{
    g_task_return_pointer(task, ownership, (GDestroyNotify)gnf_ownership_free);
}

static void
return_absent(GTask *task, const char *why)
{
    GnfOwnership *ownership = g_new0(GnfOwnership, 1);

    ownership->owner = GNF_OWNER_ABSENT;
    ownership->detail = g_strdup(why);
    return_ownership(task, ownership);
}

static void
judge(GTask *task, const Probe *probe)
{
    GError *error = NULL;
    g_autoptr(GnfLink) link = gnf_link_get(probe->self->netlink, probe->ifindex, &error);
    g_autoptr(GnfLink) controller = NULL;

    if (!link) {
        GnfReasonCode code = gnf_netlink_error_is_gone(error) ? GNF_REASON_CODE_NO_SUCH_DEVICE
                                                              : GNF_REASON_CODE_MANAGER_FAILED;
        gnf_error_wrap(&error, code, "%s", probe->interface);
        g_task_return_error(task, error);
        return;
    }
    if (link->controller)
        controller = gnf_link_get(probe->self->netlink, link->controller, NULL);
    const GnfNic nic = {link->name, link->permanent_mac, controller ? controller->name : NULL};
    return_ownership(task, gnf_manager_files_judge(probe->files, &nic));
}

static void
on_daemon(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    gboolean there = FALSE;
    GError *error = NULL;

    if (!find_daemon_finish(result, &there, &error))
        g_task_return_error(task, error);
    else if (there)
        judge(task, g_task_get_task_data(task));
    else
        return_absent(task, "wickedd is not running");
}

void
gnf_ifcfg_probe_start(gpointer self,
                      const GnfProbe *what,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    Probe *probe = g_new0(Probe, 1);
    const char *why = NULL;

    probe->self = self;
    probe->ifindex = what->ifindex;
    probe->interface = g_strdup(what->interface);
    probe->files = gnf_ifcfg_read(self);
    g_task_set_task_data(task, probe, probe_free);
    if (!probe->self->netlink)
        g_task_return_error(task, g_error_copy(probe->self->open_error));
    else if (!gnf_manager_files_is_used(probe->files, &why))
        return_absent(task, why);
    else
        find_daemon_async(self, cancellable, on_daemon, g_steal_pointer(&task));
}

/* -- version: none of them tells it but by being run -- */

static void
on_daemon_for_version(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    gboolean there = FALSE;
    GError *error = NULL;

    if (!find_daemon_finish(result, &there, &error))
        g_task_return_error(task, error);
    else if (there)
        g_task_return_pointer(task, g_strdup(""), g_free);
    else
        g_task_return_new_error(
            task, GNF_ERROR, GNF_REASON_CODE_MANAGER_FAILED, "wickedd is not running");
}

void
gnf_ifcfg_version_start(gpointer self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    g_autoptr(GnfManagerFiles) files = gnf_ifcfg_read(self);
    const char *why = NULL;

    if (gnf_manager_files_is_used(files, &why))
        find_daemon_async(self, cancellable, on_daemon_for_version, g_steal_pointer(&task));
    else
        g_task_return_new_error(task, GNF_ERROR, GNF_REASON_CODE_MANAGER_FAILED, "%s", why);
}
