/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory; see inventory.h. The kernel is read first, in one go; the owners are asked one
 * after the other, because a manager answers from what it has already told us.
 */
#include "failover/inventory.h"

void
gnf_primary_free(GnfPrimary *primary)
{
    if (!primary)
        return;
    g_clear_pointer(&primary->device, gnf_device_free);
    g_clear_pointer(&primary->link, gnf_link_free);
    g_clear_pointer(&primary->bond, gnf_link_free);
    g_clear_pointer(&primary->controller, gnf_link_free);
    g_free(primary->uppers);
    g_clear_pointer(&primary->ports, g_ptr_array_unref);
    g_clear_pointer(&primary->owner, gnf_owned_free);
    g_clear_pointer(&primary->bond_owner, gnf_owned_free);
    g_clear_pointer(&primary->standby_owner, gnf_owned_free);
    g_clear_pointer(&primary->conflicts, g_ptr_array_unref);
    g_free(primary);
}

const char *
gnf_primary_mac(const GnfPrimary *primary)
{
    if (primary->link->permanent_mac)
        return primary->link->permanent_mac;
    return primary->link->controller == 0 ? primary->link->mac : NULL;
}

gboolean
gnf_link_is_paravirtual(const GnfLink *link)
{
    return g_strcmp0(link->parent_bus, "virtio") == 0 ||
           g_strcmp0(link->parent_bus, "vmbus") == 0 || g_strcmp0(link->parent_bus, "xen") == 0;
}

/* The better standby of two: one with a link, then a para-virtual one, then the first. */
static gboolean
is_better_standby(const GnfLink *candidate, const GnfLink *best)
{
    if (!best)
        return TRUE;
    if (candidate->carrier != best->carrier)
        return candidate->carrier;
    return gnf_link_is_paravirtual(candidate) && !gnf_link_is_paravirtual(best);
}

static gboolean
read_bond(GnfNetlink *netlink, GnfPrimary *primary, GError **error)
{
    primary->ports = gnf_link_list_ports(netlink, primary->bond->ifindex, error);
    if (!primary->ports)
        return FALSE;
    for (guint i = primary->ports->len; i > 0; i--) {
        const GnfLink *port = g_ptr_array_index(primary->ports, i - 1);
        if (port->ifindex == primary->link->ifindex)
            g_ptr_array_remove_index(primary->ports, i - 1);
    }
    for (guint i = 0; i < primary->ports->len; i++) {
        GnfLink *port = g_ptr_array_index(primary->ports, i);
        if (is_better_standby(port, primary->standby))
            primary->standby = port;
    }
    return TRUE;
}

/* FALSE with *error as of read_primary. */
static gboolean
read_uppers(GnfNetlink *netlink, GnfPrimary *primary, GError **error)
{
    g_autoptr(GPtrArray) uppers = gnf_link_list_uppers(netlink, primary->link->ifindex, error);
    g_autoptr(GString) names = g_string_new(NULL);

    if (!uppers)
        return FALSE;
    for (guint i = 0; i < uppers->len; i++) {
        const GnfLink *upper = g_ptr_array_index(uppers, i);
        if (upper->ifindex != primary->link->controller)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", upper->name);
    }
    if (names->len > 0)
        primary->uppers = g_strdup(names->str);
    return TRUE;
}

static gboolean
read_controller(GnfNetlink *netlink, GnfPrimary *primary, GError **error)
{
    g_autoptr(GnfLink) controller = gnf_link_get(netlink, primary->link->controller, error);

    if (!controller)
        return FALSE;
    /* A controller without a kind is the kernel's own failover: see GnfLink.kind. */
    primary->kernel = controller->kind == NULL;
    if (!controller->bond) {
        primary->controller = g_steal_pointer(&controller);
        return TRUE;
    }
    primary->bond = g_steal_pointer(&controller);
    return read_bond(netlink, primary, error);
}

/* NULL with *error: it vanished, or the kernel would not answer. */
static GnfPrimary *
read_primary(GnfNetlink *netlink, const GnfDevice *device, GError **error)
{
    g_autoptr(GnfPrimary) primary = g_new0(GnfPrimary, 1);

    primary->link = gnf_link_get(netlink, device->ifindex, error);
    if (!primary->link)
        return NULL;
    primary->device = gnf_device_get(device->ifindex, error);
    if (!primary->device || !read_uppers(netlink, primary, error) ||
        (primary->link->controller != 0 && !read_controller(netlink, primary, error)))
        return NULL;
    return g_steal_pointer(&primary);
}

GPtrArray *
gnf_inventory_read(GnfNetlink *netlink, GError **error)
{
    g_autoptr(GPtrArray) devices = gnf_device_list_pci(error);
    g_autoptr(GPtrArray) primaries =
        g_ptr_array_new_with_free_func((GDestroyNotify)gnf_primary_free);

    if (!devices)
        return NULL;
    for (guint i = 0; i < devices->len; i++) {
        g_autoptr(GError) local_error = NULL;
        GnfPrimary *primary = read_primary(netlink, g_ptr_array_index(devices, i), &local_error);
        if (primary) {
            g_ptr_array_add(primaries, primary);
        } else if (!gnf_netlink_error_is_gone(local_error)) {
            g_propagate_error(error, g_steal_pointer(&local_error));
            return NULL;
        }
    }
    return g_steal_pointer(&primaries);
}

/* -- the owners -- */

typedef struct {
    GnfManagers *managers;
    GPtrArray *primaries;
    gboolean bindings;
    guint next;       /* which question to ask next: three a primary */
    GnfOwned **asked; /* where its answer goes */
} Walk;

static void
walk_free(gpointer data)
{
    Walk *walk = data;

    g_ptr_array_unref(walk->primaries);
    g_free(walk);
}

static void walk_next(GTask *task);

static void
on_owner(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    const Walk *walk = g_task_get_task_data(task);
    GError *error = NULL;

    *walk->asked = gnf_managers_probe_finish(result, &error);
    if (!*walk->asked)
        g_task_return_error(task, error);
    else
        walk_next(g_steal_pointer(&task));
}

/* The next interface whose owner is to be asked for; NULL when all are known. */
static const GnfLink *
walk_step(Walk *walk)
{
    while (walk->next < walk->primaries->len * 3) {
        GnfPrimary *primary = g_ptr_array_index(walk->primaries, walk->next / 3);
        const GnfLink *links[] = {primary->link, primary->bond, primary->standby};
        GnfOwned **answers[] = {&primary->owner, &primary->bond_owner, &primary->standby_owner};
        guint which = walk->next++ % 3;
        walk->asked = answers[which];
        if (links[which])
            return links[which];
    }
    return NULL;
}

static void
walk_next(GTask *task)
{
    Walk *walk = g_task_get_task_data(task);
    const GnfLink *link = walk_step(walk);

    if (!link) {
        g_task_return_pointer(
            task, g_ptr_array_ref(walk->primaries), (GDestroyNotify)g_ptr_array_unref);
        g_object_unref(task);
        return;
    }
    const GnfProbe what = {link->ifindex, link->name, walk->bindings};
    gnf_managers_probe_async(walk->managers, &what, g_task_get_cancellable(task), on_owner, task);
}

void
gnf_inventory_async(GnfNetlink *netlink,
                    GnfManagers *managers,
                    gboolean bindings,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    GError *error = NULL;
    GPtrArray *primaries = gnf_inventory_read(netlink, &error);

    if (!primaries) {
        g_task_return_error(task, error);
        g_object_unref(task);
        return;
    }
    Walk *walk = g_new0(Walk, 1);
    walk->managers = managers;
    walk->bindings = bindings;
    walk->primaries = primaries;
    g_task_set_task_data(task, walk, walk_free);
    walk_next(task);
}

GPtrArray *
gnf_inventory_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
