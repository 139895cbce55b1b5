/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conflicts; see conflicts.h. The questions are asked one after the other, as the owners are.
 */
#include "failover/conflicts.h"

typedef struct {
    GnfManagers *managers;
    GPtrArray *inventory; /* of GnfPrimary */
    guint next;           /* which question to ask next: for each primary three interfaces, for each
                             of these every manager */
    GnfPrimary *asked;    /* where the answer goes */
    GnfOwnedInterface interface;
} Walk;

static void
walk_free(gpointer data)
{
    Walk *walk = data;

    g_ptr_array_unref(walk->inventory);
    g_free(walk);
}

static void walk_next(GTask *task);

static void
note(GnfPrimary *primary, char *text)
{
    if (!primary->conflicts)
        primary->conflicts = g_ptr_array_new_with_free_func(g_free);
    if (g_ptr_array_find_with_equal_func(primary->conflicts, text, g_str_equal, NULL))
        g_free(text);
    else
        g_ptr_array_add(primary->conflicts, text);
}

static void
on_conflict(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    const Walk *walk = g_task_get_task_data(task);
    g_autoptr(GError) ignored = NULL;
    char *text = gnf_managers_conflict_finish(result, &ignored);

    if (text)
        note(walk->asked, text);
    walk_next(task);
}

/* Which interface a question is about. FALSE if that has no link, or its owner was not asked for.
 */
static gboolean
set_question(Walk *walk, guint which)
{
    GnfPrimary *primary = g_ptr_array_index(walk->inventory, which / 3);
    const GnfLink *links[] = {primary->link, primary->standby, primary->bond};
    const GnfOwned *owners[] = {primary->owner, primary->standby_owner, primary->bond_owner};
    const GnfLink *link = links[which % 3];
    const GnfOwned *owner = owners[which % 3];

    if (!link || !owner)
        return FALSE;
    walk->asked = primary;
    walk->interface = (GnfOwnedInterface){
        .ifindex = link->ifindex,
        .interface = link->name,
        .permanent_mac = link->permanent_mac,
        .owner = owner->manager,
    };
    return TRUE;
}

static void
walk_next(GTask *task)
{
    Walk *walk = g_task_get_task_data(task);
    guint managers = gnf_managers_count(walk->managers);

    while (walk->next < walk->inventory->len * 3 * managers) {
        guint question = walk->next++;
        if (!set_question(walk, question / managers))
            continue;
        gnf_managers_conflict_async(walk->managers,
                                    question % managers,
                                    &walk->interface,
                                    g_task_get_cancellable(task),
                                    on_conflict,
                                    task);
        return;
    }
    g_task_return_boolean(task, TRUE);
    g_object_unref(task);
}

void
gnf_conflicts_async(GnfManagers *managers,
                    GPtrArray *inventory,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Walk *walk = g_new0(Walk, 1);

    walk->managers = managers;
    walk->inventory = g_ptr_array_ref(inventory);
    g_task_set_task_data(task, walk, walk_free);
    walk_next(task);
}

gboolean
gnf_conflicts_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
