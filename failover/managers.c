/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of backends, and asking them in order; see managers.h. A module that cannot be loaded
 * is remembered with the loader's words, so that query can say why a manager cannot be asked.
 */
#include "failover/managers.h"

#include <gmodule.h>

#include "failover/bare.h"
#include "failover/error.h"

/* The loadable ones, in the order of policy; bare.c, which owns everything, is always last. */
static const struct {
    GnfManager manager;
    const char *module;
} modules[] = {
    {GNF_MANAGER_NETWORKMANAGER, "nm-backend.so"},
    {GNF_MANAGER_NETWORKD, "networkd-backend.so"},
    {GNF_MANAGER_IFUPDOWN, "ifcfg-backend.so"},
    {GNF_MANAGER_WICKED, "ifcfg-backend.so"},
    {GNF_MANAGER_IFCFG, "ifcfg-backend.so"},
};

typedef struct {
    GnfManager manager;
    const GnfBackend *backend; /* NULL: could not be loaded */
    gpointer instance;         /* NULL until first needed */
    GModule *module;
    char *failure;
} Slot;

struct GnfManagers {
    GnfNetlink *netlink;
    GPtrArray *slots;
};

static void
slot_free(gpointer data)
{
    Slot *slot = data;

    if (slot->instance)
        slot->backend->close(slot->instance);
    /* The module stays mapped: libnm registers GObject types, which cannot be unregistered. */
    g_free(slot->failure);
    g_free(slot);
}

static Slot *
slot_load(GnfManager manager, const char *module_dir, const char *name)
{
    Slot *slot = g_new0(Slot, 1);
    g_autofree char *path = g_build_filename(module_dir, name, NULL);
    gpointer symbol = NULL;

    slot->manager = manager;
    slot->module = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
    if (!slot->module || !g_module_symbol(slot->module, GNF_BACKEND_SYMBOL, &symbol)) {
        slot->failure = g_strdup_printf("its module could not be loaded: %s", g_module_error());
        return slot;
    }
    g_module_make_resident(slot->module);
    const GnfBackend *backend = symbol;
    if (backend->abi != GNF_BACKEND_ABI)
        slot->failure = g_strdup_printf("%s is of another version of this program", path);
    else
        slot->backend = backend;
    return slot;
}

GnfManagers *
gnf_managers_new(GnfNetlink *netlink, const char *module_dir)
{
    GnfManagers *self = g_new0(GnfManagers, 1);

    self->netlink = netlink;
    self->slots = g_ptr_array_new_with_free_func(slot_free);
    for (gsize i = 0; i < G_N_ELEMENTS(modules); i++)
        g_ptr_array_add(self->slots, slot_load(modules[i].manager, module_dir, modules[i].module));

    Slot *bare = g_new0(Slot, 1);
    bare->manager = GNF_MANAGER_NONE;
    bare->backend = &gnf_bare_backend;
    bare->instance = gnf_bare_new(netlink);
    g_ptr_array_add(self->slots, bare);
    return self;
}

void
gnf_managers_free(GnfManagers *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->slots);
    g_free(self);
}

guint
gnf_managers_count(const GnfManagers *self)
{
    return self->slots->len;
}

GnfManager
gnf_managers_nth(const GnfManagers *self, guint i)
{
    const Slot *slot = g_ptr_array_index(self->slots, i);

    return slot->manager;
}

/* The slot, with its instance made; NULL where it has no backend. */
static Slot *
slot_open(GnfManagers *self, guint i)
{
    Slot *slot = g_ptr_array_index(self->slots, i);

    if (!slot->backend)
        return NULL;
    if (!slot->instance)
        slot->instance = slot->backend->open(slot->manager);
    return slot;
}

static Slot *
slot_of_manager(GnfManagers *self, GnfManager manager)
{
    for (guint i = 0; i < self->slots->len; i++)
        if (gnf_managers_nth(self, i) == manager)
            return slot_open(self, i);
    return NULL;
}

void
gnf_owned_free(GnfOwned *owned)
{
    if (!owned)
        return;
    g_free(owned->profile);
    g_free(owned->detail);
    g_free(owned->binding);
    g_free(owned->rebinding);
    g_free(owned);
}

/* -- version -- */

static void
on_version(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    g_autoptr(GError) error = NULL;
    char *version = g_task_propagate_pointer(G_TASK(result), &error);

    if (version)
        g_task_return_pointer(task, version, g_free);
    else
        g_task_return_error(task, g_steal_pointer(&error));
}

void
gnf_managers_version_async(GnfManagers *self,
                           guint i,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Slot *slot = slot_open(self, i);

    if (!slot) {
        const Slot *failed = g_ptr_array_index(self->slots, i);
        g_task_return_new_error(
            task, GNF_ERROR, GNF_REASON_CODE_MANAGER_FAILED, "%s", failed->failure);
        g_object_unref(task);
        return;
    }
    slot->backend->version(slot->instance, cancellable, on_version, task);
}

char *
gnf_managers_version_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

/* -- conflicts -- */

static void
on_conflict(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    GError *error = NULL;
    char *text = g_task_propagate_pointer(G_TASK(result), &error);

    if (error)
        g_task_return_error(task, error);
    else
        g_task_return_pointer(task, text, g_free);
}

void
gnf_managers_conflict_async(GnfManagers *self,
                            guint i,
                            const GnfOwnedInterface *interface,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Slot *slot = slot_open(self, i);

    if (!slot || !slot->backend->conflict) {
        g_task_return_pointer(task, NULL, NULL);
        g_object_unref(task);
        return;
    }
    slot->backend->conflict(slot->instance, interface, cancellable, on_conflict, task);
}

char *
gnf_managers_conflict_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

/* -- probe -- */

typedef struct {
    GnfManagers *managers;
    GnfProbe what;
    char *interface; /* what's */
    guint next;      /* the slot to ask next */
    Slot *asked;     /* the slot that is being asked */
} Probe;

static void
probe_free(gpointer data)
{
    Probe *probe = data;

    g_free(probe->interface);
    g_free(probe);
}

static void probe_next(GTask *task);

static void
on_probe(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Probe *probe = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GnfOwnership) answer = g_task_propagate_pointer(G_TASK(result), &error);

    if (!answer) {
        g_task_return_error(task, error);
        return;
    }
    if (answer->owner == GNF_OWNER_ABSENT) {
        probe_next(g_steal_pointer(&task));
        return;
    }
    GnfOwned *owned = g_new0(GnfOwned, 1);
    owned->manager = probe->asked->manager;
    owned->profile = g_steal_pointer(&answer->profile);
    owned->detail = g_steal_pointer(&answer->detail);
    owned->binding = g_steal_pointer(&answer->binding);
    owned->rebinding = g_steal_pointer(&answer->rebinding);
    g_task_return_pointer(task, owned, (GDestroyNotify)gnf_owned_free);
}

/* By what NetworkManager keeps for its own next start. */
static gboolean
is_networkmanagers(int ifindex)
{
    g_autofree char *path = g_strdup_printf("/run/NetworkManager/devices/%d", ifindex);
    g_autoptr(GKeyFile) state = g_key_file_new();

    return g_key_file_load_from_file(state, path, G_KEY_FILE_NONE, NULL) &&
           g_key_file_get_boolean(state, "device", "managed", NULL);
}

/* The backend is a package of its own, and easily forgotten: what is done by netlink then is undone
 * at once. */
static gboolean
is_missed(const Slot *slot, int ifindex)
{
    return !slot->backend && slot->manager == GNF_MANAGER_NETWORKMANAGER &&
           is_networkmanagers(ifindex);
}

static void
return_missed(GTask *task, const Slot *slot)
{
    const Probe *probe = g_task_get_task_data(task);

    g_task_return_new_error(task,
                            GNF_ERROR,
                            GNF_REASON_CODE_MANAGER_FAILED,
                            "NetworkManager manages %s, and its backend is missing: install "
                            "qga-net-failover-nm (%s)",
                            probe->interface,
                            slot->failure);
    g_object_unref(task);
}

static void
probe_next(GTask *task)
{
    Probe *probe = g_task_get_task_data(task);

    /* The last slot, bare.c, owns everything: the walk ends there at the latest. */
    do {
        const Slot *slot = g_ptr_array_index(probe->managers->slots, probe->next);

        if (is_missed(slot, probe->what.ifindex)) {
            return_missed(task, slot);
            return;
        }
        probe->asked = slot_open(probe->managers, probe->next++);
    } while (!probe->asked);
    probe->asked->backend->probe(
        probe->asked->instance, &probe->what, g_task_get_cancellable(task), on_probe, task);
}

void
gnf_managers_probe_async(GnfManagers *self,
                         const GnfProbe *what,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Probe *probe = g_new0(Probe, 1);

    probe->managers = self;
    probe->what = *what;
    probe->what.interface = probe->interface = g_strdup(what->interface);
    g_task_set_task_data(task, probe, probe_free);
    probe_next(task);
}

GnfOwned *
gnf_managers_probe_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

/* -- detach and attach -- */

typedef struct {
    Slot *slot;
    GnfTarget target;
    GStringChunk *strings; /* the target's */
} Act;

static void
act_free(gpointer data)
{
    Act *act = data;

    g_string_chunk_free(act->strings);
    g_free(act);
}

static const char *
act_keep(Act *act, const char *string)
{
    return string ? g_string_chunk_insert(act->strings, string) : NULL;
}

/* The task of an act, or NULL after it has failed for want of a backend. */
static GTask *
act_task(GnfManagers *self, GnfManager manager, const GnfTarget *target, GTask *task)
{
    Slot *slot = slot_of_manager(self, manager);

    if (!slot) {
        g_task_return_new_error(task,
                                GNF_ERROR,
                                GNF_REASON_CODE_MANAGER_FAILED,
                                "%s belongs to %s, which this engine cannot act through here",
                                target->interface,
                                gnf_manager_to_string(manager));
        g_object_unref(task);
        return NULL;
    }
    Act *act = g_new0(Act, 1);
    act->slot = slot;
    act->strings = g_string_chunk_new(64);
    act->target = *target;
    act->target.interface = act_keep(act, target->interface);
    act->target.permanent_mac = act_keep(act, target->permanent_mac);
    act->target.bond = act_keep(act, target->bond);
    act->target.profile = act_keep(act, target->profile);
    act->target.old_interface = act_keep(act, target->old_interface);
    act->target.old_mac = act_keep(act, target->old_mac);
    g_task_set_task_data(task, act, act_free);
    return task;
}

static void
on_detached(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    GError *error = NULL;

    if (g_task_propagate_boolean(G_TASK(result), &error))
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

void
gnf_managers_detach_async(GnfManagers *self,
                          GnfManager manager,
                          const GnfTarget *target,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
    GTask *task =
        act_task(self, manager, target, g_task_new(NULL, cancellable, callback, user_data));

    if (!task)
        return;
    const Act *act = g_task_get_task_data(task);
    act->slot->backend->detach(act->slot->instance, &act->target, cancellable, on_detached, task);
}

gboolean
gnf_managers_detach_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

static void
on_attached(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    GError *error = NULL;
    GnfAttachment *attachment = g_task_propagate_pointer(G_TASK(result), &error);

    if (attachment)
        g_task_return_pointer(task, attachment, (GDestroyNotify)gnf_attachment_free);
    else
        g_task_return_error(task, error);
}

void
gnf_managers_attach_async(GnfManagers *self,
                          GnfManager manager,
                          const GnfTarget *target,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
    GTask *task =
        act_task(self, manager, target, g_task_new(NULL, cancellable, callback, user_data));

    if (!task)
        return;
    const Act *act = g_task_get_task_data(task);
    act->slot->backend->attach(act->slot->instance, &act->target, cancellable, on_attached, task);
}

GnfAttachment *
gnf_managers_attach_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
